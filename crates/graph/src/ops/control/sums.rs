//! Gradients of captured operands that are taken once, after a loop.
//!
//! What a step adds to the gradient of a recurrent kernel is a product of two of the step's values, summed over the batch. The products of all
//! steps are one product over the stacked values: a tall one, and the sum so far is not read and written every step.

use std::collections::HashMap;

use crate::error::Result;
use crate::ops::contraction::{self, MatMul};
use crate::ops::elementwise::{self, BinaryKind};
use crate::ops::reduce::{self, ReduceKind};
use crate::ops::{Op, movement};
use crate::shape::Shape;
use crate::tensor::{Def, Tensor};

/// A part of a gradient that a step adds to what the steps before it added.
pub(super) enum Term {
    /// `a^T b` of `a [rows, m]` and `b [rows, n]`.
    Product([Tensor; 2]),
    /// The sum of `[rows, ...]` over its leading axis.
    Sum(Tensor),
}

impl Term {
    /// The term that `gradient` is, if it is one.
    fn of(gradient: &Tensor) -> Option<Term> {
        let def = gradient.node().def();
        match &*def {
            Def::Op(Op::MatMul(MatMul { transpose_a: true, transpose_b: false }), inputs)
                if inputs.iter().all(|input| input.shape().rank() == 2) =>
            {
                Some(Term::Product([inputs[0].clone(), inputs[1].clone()]))
            }
            Def::Op(Op::Reduce(op), inputs) if op.kind == ReduceKind::Sum && op.axes == [0] => {
                Some(Term::Sum(inputs[0].clone()))
            }
            _ => None,
        }
    }

    /// The values of a step that it is made of.
    pub(super) fn operands(&self) -> &[Tensor] {
        match self {
            Term::Product(operands) => operands,
            Term::Sum(operand) => std::slice::from_ref(operand),
        }
    }

    /// The elements of a step's sum.
    pub(super) fn size(&self) -> usize {
        match self {
            Term::Product([a, b]) => a.shape()[1] * b.shape()[1],
            Term::Sum(operand) => operand.shape()[1..].iter().product(),
        }
    }

    /// The sum of the terms of all steps, of the operands' stacked values.
    pub(super) fn total(&self, stacked: &HashMap<(u64, u32), Tensor>) -> Result<Tensor> {
        // The steps and the rows are one axis.
        let tall = |operand: &Tensor| {
            let rows = &stacked[&operand.key()];
            let shape = rows.shape();
            movement::reshape_to(rows, Shape::new(&[&[shape[0] * shape[1]], &shape[2..]].concat())?)
        };
        match self {
            Term::Product([a, b]) => contraction::matmul(&tall(a)?, &tall(b)?, true, false),
            Term::Sum(operand) => reduce::sum(&tall(operand)?, &[0], false),
        }
    }
}

/// The most parts that a gradient is taken apart into: a sum of sums that share parts may have a great many.
const MAX_PARTS: usize = 32;

/// The parts whose sum a gradient is, in order; `None` where there are too many.
fn parts(gradient: &Tensor) -> Option<Vec<Tensor>> {
    let (mut parts, mut left) = (Vec::new(), vec![gradient.clone()]);
    while let Some(part) = left.pop() {
        let addends = match &*part.node().def() {
            Def::Op(Op::Binary(op), inputs) if op.0 == BinaryKind::Add => {
                inputs.iter().all(|input| input.ty() == part.ty()).then(|| inputs.clone())
            }
            _ => None,
        };
        match addends {
            // The first is taken first.
            Some(addends) => left.extend(addends.into_iter().rev()),
            None => parts.push(part),
        }
        if parts.len() + left.len() > MAX_PARTS {
            return None;
        }
    }
    Some(parts)
}

/// What a step adds to a gradient, as terms for after the loop, those for which `is_stacked` holds, and what is left to be summed step by step.
pub(super) fn split(
    gradient: &Tensor,
    is_stacked: &mut dyn FnMut(&Term) -> bool,
) -> Result<(Vec<Term>, Option<Tensor>)> {
    let (mut terms, mut rest): (Vec<Term>, Option<Tensor>) = (Vec::new(), None);
    for part in parts(gradient).unwrap_or_else(|| vec![gradient.clone()]) {
        match Term::of(&part).filter(|term| is_stacked(term)) {
            Some(term) => terms.push(term),
            None => {
                rest = Some(match rest {
                    Some(so_far) => elementwise::add(&so_far, &part)?,
                    None => part,
                });
            }
        }
    }
    // What stays is what it was, not added up anew.
    Ok(if terms.is_empty() { (terms, Some(gradient.clone())) } else { (terms, rest) })
}
