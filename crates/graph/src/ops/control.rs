//! Control flow: operations that carry graphs. Captured values are explicit operands.

mod cases;
mod gradient;
mod sums;
mod trace;

use std::sync::Arc;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::ops::{Body, Rule, Vjp};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;
pub use trace::{close, trace_cond, trace_scan, trace_while};

/// `(captured..., carry..., xs...) -> (carry..., ys...)`: runs `body(captured..., carry..., x_t...) -> (carry..., y_t...)` for every index `t` of the
/// leading axis of `xs` (size `length`, which may be 0), stacking the `y_t`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scan {
    /// The step.
    pub body: Body,
    /// Operands that every step sees unchanged.
    pub captured: usize,
    /// Values handed from step to step; their types do not change.
    pub carry: usize,
    /// Number of steps.
    pub length: usize,
    /// From the last index to the first.
    pub reverse: bool,
}

/// `(predicate bool [], operands...) -> results of one branch`; both branches take all operands and return the same types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cond {
    /// Run when the predicate is true.
    pub then: Body,
    /// Run when it is false.
    pub otherwise: Body,
}

/// `(captured..., carry...) -> carry...`: while `condition(captured..., carry...)` is true, `carry = body(captured..., carry...)`. No gradient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct While {
    /// Gives one bool scalar.
    pub condition: Body,
    /// The step.
    pub body: Body,
    /// Operands that every step sees unchanged.
    pub captured: usize,
}

/// The types as a sentence shows them.
fn list(types: &[TensorType]) -> String {
    let written: Vec<String> = types.iter().map(TensorType::to_string).collect();
    format!("({})", written.join(", "))
}

/// Checks what a body takes against what it is given.
fn check_params(name: &str, body: &Graph, given: &[TensorType]) -> Result<()> {
    let expected = body.param_types();
    if expected == given {
        return Ok(());
    }
    Err(Error::shape(format!("{name} takes operands {}, got {}", list(&expected), list(given))))
}

/// Checks that a body returns the values it carries as it took them.
fn check_carry(name: &str, carry: &[TensorType], returned: &[TensorType]) -> Result<()> {
    if returned.len() < carry.len() {
        return Err(Error::shape(format!(
            "{name}: the body takes {} carried values and returns {}",
            carry.len(),
            returned.len()
        )));
    }
    match carry.iter().zip(returned).position(|(enters, leaves)| enters != leaves) {
        Some(i) => Err(Error::shape(format!(
            "{name}: carried value {i} enters the body as {} and leaves as {}; its type must not change",
            carry[i], returned[i]
        ))),
        None => Ok(()),
    }
}

impl Rule for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let fixed = self.captured + self.carry;
        if inputs.len() < fixed {
            return Err(Error::shape(format!(
                "scan takes {} captured and {} carried operands, got {}",
                self.captured,
                self.carry,
                inputs.len()
            )));
        }
        let mut step = inputs[..fixed].to_vec();
        for x in &inputs[fixed..] {
            if x.shape.first() != Some(&self.length) {
                return Err(Error::shape(format!(
                    "scan over {} steps takes sequences with {} as their first dimension, got shape {}",
                    self.length, self.length, x.shape
                )));
            }
            step.push(TensorType::new(Shape::new(&x.shape[1..])?, x.dtype));
        }
        check_params("scan", &self.body, &step)?;
        let returned = self.body.output_types();
        check_carry("scan", &inputs[self.captured..fixed], &returned)?;
        let mut outputs = returned[..self.carry].to_vec();
        for y in &returned[self.carry..] {
            let stacked = Shape::new(&[&[self.length], &y.shape[..]].concat())?;
            outputs.push(TensorType::new(stacked, y.dtype));
        }
        Ok(outputs)
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        gradient::scan(self, ctx)
    }

    fn flops(&self, _: &[TensorType], _: &[TensorType]) -> u64 {
        self.body.flops().saturating_mul(self.length as u64)
    }
}

impl Rule for Cond {
    fn name(&self) -> &'static str {
        "cond"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let Some((predicate, operands)) = inputs.split_first() else {
            return Err(Error::shape("cond takes a predicate, got no operands"));
        };
        check_predicate("cond", *predicate)?;
        check_params("cond (then)", &self.then, operands)?;
        check_params("cond (otherwise)", &self.otherwise, operands)?;
        let (then, otherwise) = (self.then.output_types(), self.otherwise.output_types());
        if then != otherwise {
            return Err(Error::shape(format!(
                "cond: both branches return the same types, got {} and {}",
                list(&then),
                list(&otherwise)
            )));
        }
        Ok(then)
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        gradient::cond(self, ctx)
    }

    fn flops(&self, _: &[TensorType], _: &[TensorType]) -> u64 {
        self.then.flops().max(self.otherwise.flops())
    }
}

impl Rule for While {
    fn name(&self) -> &'static str {
        "whileLoop"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        if inputs.len() < self.captured {
            return Err(Error::shape(format!(
                "whileLoop takes {} captured operands, got {}",
                self.captured,
                inputs.len()
            )));
        }
        check_params("whileLoop (condition)", &self.condition, inputs)?;
        check_params("whileLoop (body)", &self.body, inputs)?;
        match self.condition.output_types()[..] {
            [predicate] => check_predicate("whileLoop", predicate)?,
            ref types => {
                return Err(Error::shape(format!(
                    "whileLoop: the condition returns one bool scalar, got {}",
                    list(types)
                )));
            }
        }
        let (carry, returned) = (&inputs[self.captured..], self.body.output_types());
        check_carry("whileLoop", carry, &returned)?;
        if returned.len() != carry.len() {
            return Err(Error::shape(format!(
                "whileLoop: the body takes {} carried values and returns {}",
                carry.len(),
                returned.len()
            )));
        }
        Ok(carry.to_vec())
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Err(Error::config(
            "whileLoop has no gradient: its number of steps is not known. Use scan, which has one, or stopGradient",
        ))
    }

    /// Of one step: how many there are is not known.
    fn flops(&self, _: &[TensorType], _: &[TensorType]) -> u64 {
        self.body.flops() + self.condition.flops()
    }
}

fn check_predicate(name: &str, ty: TensorType) -> Result<()> {
    if ty == TensorType::scalar(DType::Bool) {
        return Ok(());
    }
    Err(Error::shape(format!("{name}: the condition is a bool scalar, got {ty}")))
}

/// See [`Scan`]: `body` takes `captured`, then `carry`, then one step of `xs`.
pub fn scan(
    body: Graph,
    captured: &[Tensor],
    carry: &[Tensor],
    xs: &[Tensor],
    length: usize,
    reverse: bool,
) -> Result<Vec<Tensor>> {
    let op = Scan { body: Arc::new(body), captured: captured.len(), carry: carry.len(), length, reverse };
    Tensor::apply(op.into(), [captured, carry, xs].concat())
}

/// See [`Cond`]: both graphs take `operands`.
pub fn cond(predicate: &Tensor, operands: &[Tensor], then: Graph, otherwise: Graph) -> Result<Vec<Tensor>> {
    let op = Cond { then: Arc::new(then), otherwise: Arc::new(otherwise) };
    Tensor::apply(op.into(), [std::slice::from_ref(predicate), operands].concat())
}

/// See [`While`]: both graphs take `captured`, then `carry`.
pub fn while_loop(condition: Graph, body: Graph, captured: &[Tensor], carry: &[Tensor]) -> Result<Vec<Tensor>> {
    let op = While { condition: Arc::new(condition), body: Arc::new(body), captured: captured.len() };
    Tensor::apply(op.into(), [captured, carry].concat())
}
