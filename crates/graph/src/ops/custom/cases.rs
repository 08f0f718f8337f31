//! Test cases of functions with gradients of their own: here the true ones, in other words than the rules would give, so
//! that differences can check them.

use super::trace_custom_gradient;
use crate::cases::{Case, Operand};
use crate::dtype::DType;
use crate::error::Error;
use crate::ops::elementwise::{self, UnaryKind};
use crate::ops::{CustomGradient, reduce};
use crate::tensor::Tensor;

const SHAPES: [&[usize]; 8] = [&[], &[1], &[5], &[2, 3], &[3, 1, 2], &[0, 4], &[17], &[2, 1, 2, 3]];

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dims in SHAPES {
        cases.push(alone(dims));
        // The square, by a captured operand.
        cases.push(composed("customGrad (square)", vec![dims], |x| {
            let value = elementwise::unary(UnaryKind::Square, &x[0])?;
            trace_custom_gradient(&value, x, |dy| {
                Ok::<_, Error>(vec![elementwise::mul(dy, &elementwise::scale(&x[0], 2.0)?)?])
            })
        }));
        // The exponential function, by its own value.
        cases.push(composed("customGrad (exp)", vec![dims], |x| {
            let value = elementwise::unary(UnaryKind::Exp, &x[0])?;
            trace_custom_gradient(&value, x, |dy| Ok::<_, Error>(vec![elementwise::mul(dy, &value)?]))
        }));
        // Two arguments, and more operations around.
        cases.push(composed("customGrad (product)", vec![dims, dims], |x| {
            let value = elementwise::mul(&x[0], &x[1])?;
            let custom = trace_custom_gradient(&value, x, |dy| {
                Ok::<_, Error>(vec![elementwise::mul(dy, &x[1])?, elementwise::mul(&x[0], dy)?])
            })?;
            elementwise::unary(UnaryKind::Sin, &elementwise::add(&custom, &x[0])?)
        }));
    }
    // One inside the gradient of another.
    cases.push(composed("customGrad (nested)", vec![&[4]], |x| {
        let cube = elementwise::mul(&elementwise::unary(UnaryKind::Square, &x[0])?, &x[0])?;
        let total = reduce::sum_all(&cube)?;
        trace_custom_gradient(&total, x, |dy| {
            let square = elementwise::unary(UnaryKind::Square, &x[0])?;
            let inner = trace_custom_gradient(&square, x, |dz| {
                Ok::<_, Error>(vec![elementwise::mul(dz, &elementwise::scale(&x[0], 2.0)?)?])
            })?;
            Ok::<_, Error>(vec![elementwise::mul(dy, &elementwise::scale(&inner, 3.0)?)?])
        })
    }));
    cases
}

fn composed(
    name: &str,
    dims: Vec<&[usize]>,
    build: impl Fn(&[Tensor]) -> crate::error::Result<Tensor> + Send + Sync + 'static,
) -> Case {
    let operands = dims.into_iter().map(|dims| Operand::floats(dims, -1.5, 1.5)).collect();
    Case::composed(name, operands, move |x| Ok(vec![build(x)?])).with_gradient()
}

/// The operation alone: its value is its first operand.
fn alone(dims: &[usize]) -> Case {
    let types = Operand::floats(dims, -1.0, 1.0);
    let value = Tensor::param(crate::shape::TensorType::new(
        crate::shape::Shape::new(dims).expect("a short shape"),
        DType::F32,
    ));
    let traced = trace_custom_gradient(&value, std::slice::from_ref(&value), |dy| Ok::<_, Error>(vec![dy.clone()]));
    let (op, _) = traced.expect("shapes fit").node().operation().expect("an operation was applied");
    let op: CustomGradient = match op {
        crate::ops::Op::CustomGradient(op) => op,
        other => unreachable!("a custom gradient was made, got {}", other.name()),
    };
    Case::new(op, vec![types.clone(), types])
}
