//! A function with a gradient of its own.

mod cases;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::ops::control::close;
use crate::ops::{Body, Rule, Vjp};
use crate::shape::TensorType;
use crate::tensor::{Scope, Tensor};

pub use cases::cases;

/// `(value, inputs..., captured...) -> value`, whose gradient is a given function: the cotangents of the `inputs` are
/// `backward(captured..., dy)`. Nothing flows to `value` and to what is captured. The simplifier puts `value` in its
/// place, so a computed graph never holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomGradient {
    /// From the captured operands and the cotangent of the value to one cotangent an input.
    pub backward: Body,
    /// Operands that get cotangents.
    pub inputs: usize,
}

impl Rule for CustomGradient {
    fn name(&self) -> &'static str {
        "customGrad"
    }

    fn infer(&self, operands: &[TensorType]) -> Result<Vec<TensorType>> {
        let Some((&value, rest)) = operands.split_first().filter(|(_, rest)| rest.len() >= self.inputs) else {
            return Err(Error::shape(format!("customGrad takes a value and {} inputs", self.inputs)));
        };
        let (inputs, captured) = rest.split_at(self.inputs);
        let taken: Vec<TensorType> = captured.iter().copied().chain([value]).collect();
        if self.backward.param_types() != taken {
            return Err(Error::shape("customGrad: the gradient function takes other operands than those it is given"));
        }
        let given = self.backward.output_types();
        if given.len() != inputs.len() {
            return Err(Error::shape(format!(
                "customGrad: the gradient function must return one tensor for each of the {} arguments, got {}",
                inputs.len(),
                given.len()
            )));
        }
        for (i, (input, gradient)) in inputs.iter().zip(&given).enumerate() {
            if input.shape != gradient.shape {
                return Err(Error::shape(format!(
                    "customGrad: argument {i} has shape {}, but the gradient function returned shape {} for it",
                    input.shape, gradient.shape
                )));
            }
        }
        Ok(vec![value])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let captured = &ctx.inputs[1 + self.inputs..];
        let args: Vec<Tensor> = captured.iter().chain([ctx.cotangent()]).cloned().collect();
        let cotangents = self.backward.inline(&args)?;
        let mut result = vec![None];
        result.extend(cotangents.into_iter().map(|c| c.dtype().is_float().then_some(c)));
        result.resize(ctx.inputs.len(), None);
        Ok(result)
    }

    fn decompose(&self, operands: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        Some(Ok(vec![operands[0].clone()]))
    }
}

/// See [`CustomGradient`]: `value` with the gradient `backward(captured..., dy)` with respect to `inputs`.
///
/// # Errors
/// Shape: the gradient function returns other shapes than the inputs have.
pub fn custom_gradient(value: &Tensor, inputs: &[Tensor], captured: &[Tensor], backward: Body) -> Result<Tensor> {
    let op = CustomGradient { backward, inputs: inputs.len() };
    Tensor::apply1(op.into(), [std::slice::from_ref(value), inputs, captured].concat())
}

/// The same from a function of the value's cotangent, which is called once.
///
/// # Errors
/// Shape: it returns other shapes than the inputs have. Whatever `backward` fails with.
pub fn trace_custom_gradient<E: From<Error>>(
    value: &Tensor,
    inputs: &[Tensor],
    backward: impl FnOnce(&Tensor) -> std::result::Result<Vec<Tensor>, E>,
) -> std::result::Result<Tensor, E> {
    let (graph, captured) = {
        let scope = Scope::enter();
        let dy = Tensor::param(value.ty());
        close(&backward(&dy)?, &[dy], &scope)?
    };
    Ok(custom_gradient(value, inputs, &captured, Arc::new(graph))?)
}
