//! Loops: a scanned LSTM cell against the unrolled one, in values and gradients.

mod common;

use common::{assert_near, check_differences, close, floats, param};
use hornbeam_graph::ops::elementwise::{self, UnaryKind};
use hornbeam_graph::ops::{contraction, control, movement, reduce};
use hornbeam_graph::simplify::simplify;
use hornbeam_graph::{DType, Error, Graph, Op, Result, Tensor, gradients};
use hornbeam_reference::{Value, evaluate};

const BATCH: usize = 2;
const INPUTS: usize = 3;
const UNITS: usize = 4;

/// Kernel, recurrent kernel, bias, first hidden state, first cell state, sequence.
fn shapes(length: usize) -> Vec<Vec<usize>> {
    vec![
        vec![INPUTS, 4 * UNITS],
        vec![UNITS, 4 * UNITS],
        vec![4 * UNITS],
        vec![BATCH, UNITS],
        vec![BATCH, UNITS],
        vec![length, BATCH, INPUTS],
    ]
}

/// One step of S. Hochreiter and J. Schmidhuber's cell, gates in the order input, forget, candidate, output.
fn cell(weights: &[Tensor], h: &Tensor, c: &Tensor, x: &Tensor) -> Result<[Tensor; 2]> {
    let (now, before) =
        (contraction::matmul(x, &weights[0], false, false)?, contraction::matmul(h, &weights[1], false, false)?);
    let z = elementwise::add(&elementwise::add(&now, &before)?, &weights[2])?;
    let gate = |k: usize| movement::slice_axis(&z, 1, k * UNITS, (k + 1) * UNITS);
    let sigmoid = |t: &Tensor| elementwise::unary(UnaryKind::Sigmoid, t);
    let tanh = |t: &Tensor| elementwise::unary(UnaryKind::Tanh, t);
    let kept = elementwise::mul(&sigmoid(&gate(1)?)?, c)?;
    let written = elementwise::mul(&sigmoid(&gate(0)?)?, &tanh(&gate(2)?)?)?;
    let c = elementwise::add(&kept, &written)?;
    Ok([elementwise::mul(&sigmoid(&gate(3)?)?, &tanh(&c)?)?, c])
}

/// A scalar of all outputs, and its gradients with respect to all parameters.
fn with_gradients(h: &Tensor, c: &Tensor, hidden: &Tensor, params: &[Tensor]) -> Vec<Tensor> {
    let weighted = elementwise::mul(hidden, &elementwise::unary(UnaryKind::Cos, hidden).unwrap()).unwrap();
    let sums = [reduce::sum_all(&weighted), reduce::sum_all(h), reduce::sum_all(c)].map(Result::unwrap);
    let loss = elementwise::add(&elementwise::add(&sums[0], &sums[1]).unwrap(), &sums[2]).unwrap();
    let found = gradients(std::slice::from_ref(&loss), &[None], params).unwrap();
    std::iter::once(loss).chain(found.into_iter().map(|g| g.expect("everything takes part"))).collect()
}

fn params(length: usize) -> Vec<Tensor> {
    shapes(length).iter().map(|dims| param(dims, DType::F32)).collect()
}

fn arguments(length: usize) -> Vec<Value> {
    shapes(length).iter().enumerate().map(|(i, dims)| floats(dims, i as u64)).collect()
}

fn scanned(length: usize) -> Graph {
    let params = params(length);
    let outputs = control::trace_scan::<Error>(&params[3..5], &params[5..], length, false, |carry, x| {
        let [h, c] = cell(&params[..3], &carry[0], &carry[1], &x[0])?;
        Ok((vec![h.clone(), c], vec![h]))
    })
    .unwrap();
    let mut results = with_gradients(&outputs[0], &outputs[1], &outputs[2], &params);
    results.push(outputs[2].clone());
    close(&results, &params)
}

fn unrolled(length: usize) -> Graph {
    let params = params(length);
    let (mut h, mut c) = (params[3].clone(), params[4].clone());
    let mut hidden = Vec::new();
    for t in 0..length {
        let row = movement::slice_axis(&params[5], 0, t, t + 1).unwrap();
        let x = movement::reshape(&row, &[BATCH as i64, INPUTS as i64]).unwrap();
        [h, c] = cell(&params[..3], &h, &c, &x).unwrap();
        hidden.push(movement::reshape(&h, &[1, BATCH as i64, UNITS as i64]).unwrap());
    }
    let hidden = movement::concat(&hidden, 0).unwrap();
    let mut results = with_gradients(&h, &c, &hidden, &params);
    results.push(hidden);
    close(&results, &params)
}

#[test]
fn two_hundred_steps_equal_the_unrolled_cell() {
    let args = arguments(200);
    let expected = evaluate(&unrolled(200), &args).unwrap();
    let graph = scanned(200);
    assert_near("scan", &evaluate(&graph, &args).unwrap(), &expected, 1e-9, 1e-9);
    assert_near("simplified scan", &evaluate(&simplify(&graph), &args).unwrap(), &expected, 1e-9, 1e-9);
}

/// Nodes of a graph and of the bodies inside.
fn size(graph: &Graph) -> usize {
    let inside = |node: &hornbeam_graph::GraphNode| match &node.op {
        Op::Scan(scan) => 1 + size(&scan.body),
        _ => 1,
    };
    graph.nodes.iter().map(inside).sum()
}

#[test]
fn the_graph_does_not_grow_with_the_length() {
    let (short, long) = (scanned(3), scanned(2000));
    assert_eq!(size(&short), size(&long));
    let (short, long) = (simplify(&short), simplify(&long));
    assert_eq!(size(&short), size(&long));
    let scans = long.nodes.iter().filter(|node| matches!(node.op, Op::Scan(_))).count();
    assert_eq!(scans, 2, "one pass forward, one back");
}

/// The gradient of a gradient norm, through both scans.
#[test]
fn the_gradient_of_a_scan_is_differentiated_again() {
    let length = 4;
    let params = params(length);
    let outputs = control::trace_scan::<Error>(&params[3..5], &params[5..], length, true, |carry, x| {
        let [h, c] = cell(&params[..3], &carry[0], &carry[1], &x[0])?;
        Ok((vec![h.clone(), c], vec![h]))
    })
    .unwrap();
    let first = with_gradients(&outputs[0], &outputs[1], &outputs[2], &params);
    let mut norm = movement::scalar(0.0, DType::F32).unwrap();
    for gradient in &first[1..] {
        let square = reduce::sum_all(&elementwise::unary(UnaryKind::Square, gradient).unwrap()).unwrap();
        norm = elementwise::add(&norm, &square).unwrap();
    }
    let second = gradients(std::slice::from_ref(&norm), &[None], &params).unwrap();
    let second: Vec<Tensor> = second.into_iter().map(Option::unwrap).collect();
    let args = arguments(length);
    let graph = close(&second, &params);
    let found: Vec<Option<Value>> = evaluate(&graph, &args).unwrap().into_iter().map(Some).collect();
    let function = close(&[norm], &params);
    check_differences("norm of the gradient", &args, &found, 4, |args| evaluate(&function, args).unwrap()[0].data[0]);
    let simple: Vec<Option<Value>> = evaluate(&simplify(&graph), &args).unwrap().into_iter().map(Some).collect();
    let unwrap = |values: Vec<Option<Value>>| values.into_iter().map(Option::unwrap).collect::<Vec<_>>();
    assert_near("simplified", &unwrap(simple), &unwrap(found), 1e-9, 1e-9);
}

/// Newton's method for a square root: as many rounds as the numbers ask for.
#[test]
fn a_while_loop_runs_until_its_condition_fails() {
    let (a, start) = (param(&[], DType::F32), param(&[], DType::F32));
    let outputs = control::trace_while::<Error>(
        std::slice::from_ref(&start),
        |x| {
            let error = elementwise::sub(&elementwise::mul(&x[0], &x[0])?, &a)?;
            let size = elementwise::unary(UnaryKind::Abs, &error)?;
            elementwise::binary(elementwise::BinaryKind::Gt, &size, &movement::scalar(1e-6, DType::F32)?)
        },
        |x| Ok(vec![elementwise::scale(&elementwise::add(&x[0], &elementwise::div(&a, &x[0])?)?, 0.5)?]),
    )
    .unwrap();
    let graph = simplify(&close(&outputs, &[a, start]));
    for square in [2.0, 9.0, 1e4] {
        let args = [Value::scalar(square, DType::F32), Value::scalar(1.0, DType::F32)];
        let root = evaluate(&graph, &args).unwrap()[0].data[0];
        assert!((root * root - square).abs() <= 1e-6, "the root of {square} is not {root}");
    }
}
