//! Control flow from functions: a function is traced once, and what it captured becomes operands.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::ops::control;
use crate::shape::{Shape, TensorType};
use crate::tensor::{Scope, Tensor};

/// The graph of `outputs`, traced inside `scope`, with the captured tensors as its FIRST parameters and `params` after
/// them, as [`Scan`](super::Scan) and [`While`](super::While) want it; and those captured tensors.
///
/// # Errors
/// As [`Graph::capture`].
pub fn close(outputs: &[Tensor], params: &[Tensor], scope: &Scope) -> Result<(Graph, Vec<Tensor>)> {
    let (graph, captured) = Graph::capture(outputs, params, scope.id())?;
    let types: Vec<TensorType> = captured.iter().chain(params).map(Tensor::ty).collect();
    let places: Vec<usize> = (captured.len()..types.len()).chain(0..captured.len()).collect();
    Ok((graph.with_params(&types, &places), captured))
}

/// Several graphs with parameters of their own after (`own` each) captured ones in common.
fn share_captured(traced: Vec<(Graph, Vec<Tensor>)>, own: usize) -> (Vec<Graph>, Vec<Tensor>) {
    let mut all: Vec<Tensor> = Vec::new();
    let mut index: HashMap<(u64, u32), usize> = HashMap::new();
    for tensor in traced.iter().flat_map(|(_, captured)| captured) {
        index.entry(tensor.key()).or_insert_with(|| {
            all.push(tensor.clone());
            all.len() - 1
        });
    }
    let graphs = traced.iter().map(|(graph, captured)| {
        let own_types = graph.param_types().split_off(captured.len());
        let types: Vec<TensorType> = all.iter().map(Tensor::ty).chain(own_types).collect();
        let places: Vec<usize> = captured.iter().map(|t| index[&t.key()]).chain(all.len()..all.len() + own).collect();
        graph.with_params(&types, &places)
    });
    (graphs.collect(), all)
}

/// [`Scan`](super::Scan) of a function `(carry, x_t) -> (carry, y_t)`, which is called once: `(carry..., ys...)`.
///
/// # Errors
/// Shape: `xs` have not `length` as their first dim, or a carried value changes its type. Whatever `step` fails with.
pub fn trace_scan<E: From<Error>>(
    carry: &[Tensor],
    xs: &[Tensor],
    length: usize,
    reverse: bool,
    step: impl FnOnce(&[Tensor], &[Tensor]) -> std::result::Result<(Vec<Tensor>, Vec<Tensor>), E>,
) -> std::result::Result<Vec<Tensor>, E> {
    let mut types: Vec<TensorType> = carry.iter().map(Tensor::ty).collect();
    for x in xs {
        if x.shape().first() != Some(&length) {
            return Err(E::from(Error::shape(format!(
                "scan over {length} steps takes sequences with {length} as their first dimension, got shape {}",
                x.shape()
            ))));
        }
        types.push(TensorType::new(Shape::new(&x.shape()[1..])?, x.dtype()));
    }
    let (body, captured) = {
        let scope = Scope::enter();
        let params: Vec<Tensor> = types.into_iter().map(Tensor::param).collect();
        let (next, ys) = step(&params[..carry.len()], &params[carry.len()..])?;
        if next.len() != carry.len() {
            return Err(E::from(Error::shape(format!(
                "scan: the body takes {} carried values and returns {}",
                carry.len(),
                next.len()
            ))));
        }
        close(&[next, ys].concat(), &params, &scope)?
    };
    Ok(control::scan(body, &captured, carry, xs, length, reverse)?)
}

/// [`Cond`](super::Cond) of two functions, each of which is called once: the results of the one that `predicate` chooses.
///
/// # Errors
/// Shape: the branches return different types. Whatever a branch fails with.
pub fn trace_cond<E: From<Error>>(
    predicate: &Tensor,
    then: impl FnOnce() -> std::result::Result<Vec<Tensor>, E>,
    otherwise: impl FnOnce() -> std::result::Result<Vec<Tensor>, E>,
) -> std::result::Result<Vec<Tensor>, E> {
    let first = {
        let scope = Scope::enter();
        close(&then()?, &[], &scope)?
    };
    let second = {
        let scope = Scope::enter();
        close(&otherwise()?, &[], &scope)?
    };
    let (graphs, captured) = share_captured(vec![first, second], 0);
    let [then, otherwise] = <[Graph; 2]>::try_from(graphs).expect("two graphs went in");
    Ok(control::cond(predicate, &captured, then, otherwise)?)
}

/// [`While`](super::While) of two functions of the carried values, each of which is called once.
///
/// # Errors
/// Shape: the condition is no bool scalar, or a carried value changes its type. Whatever a function fails with.
pub fn trace_while<E: From<Error>>(
    carry: &[Tensor],
    condition: impl FnOnce(&[Tensor]) -> std::result::Result<Tensor, E>,
    body: impl FnOnce(&[Tensor]) -> std::result::Result<Vec<Tensor>, E>,
) -> std::result::Result<Vec<Tensor>, E> {
    let params = || -> Vec<Tensor> { carry.iter().map(|t| Tensor::param(t.ty())).collect() };
    let first = {
        let scope = Scope::enter();
        let params = params();
        close(&[condition(&params)?], &params, &scope)?
    };
    let second = {
        let scope = Scope::enter();
        let params = params();
        close(&body(&params)?, &params, &scope)?
    };
    let (graphs, captured) = share_captured(vec![first, second], carry.len());
    let [condition, body] = <[Graph; 2]>::try_from(graphs).expect("two graphs went in");
    Ok(control::while_loop(condition, body, &captured, carry)?)
}
