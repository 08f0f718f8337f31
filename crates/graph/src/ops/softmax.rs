//! Softmax and its cross-entropy, fused for stability.

mod cases;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::{BinaryKind, UnaryKind};
use crate::ops::{Rule, Vjp, elementwise, movement, normalize_axis, operands, reduce, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;

/// Softmax over the last axis: `exp(x - max) / sum exp(x - max)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// Give the logarithm: `x - max - log sum exp(x - max)`.
    pub log: bool,
}

/// `(y [..., c], dy [..., c]) -> [..., c]`, the gradient of [`Softmax`] by its result: `y * (dy - sum(y * dy))` for every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoftmaxGrad;

/// `(logits [..., c], labels int32 [...]) -> [...]`: `logsumexp(logits) - logits[label]` for every row.
/// A label outside `0..c` is a run-time data error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoftmaxCrossEntropy;

impl Rule for Softmax {
    fn name(&self) -> &'static str {
        if self.log { "logSoftmax" } else { "softmax" }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands(self.name(), inputs)?;
        require_dtype(self.name(), x, &[DType::F32])?;
        if x.shape.rank() == 0 {
            return Err(Error::shape(format!("{} takes a tensor of rank 1 or more, got a scalar", self.name())));
        }
        Ok(vec![x])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (y, dy) = (&ctx.outputs[0], ctx.cotangent());
        let dx = match self.log {
            true => {
                let probabilities = elementwise::unary(UnaryKind::Exp, y)?;
                elementwise::sub(dy, &elementwise::mul(&probabilities, &reduce::sum(dy, &[-1], true)?)?)?
            }
            false => gradient(y, dy)?,
        };
        Ok(vec![Some(dx)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        // A maximum, a difference, an exponential (ten), a sum, a product.
        14 * inputs[0].shape.size() as u64
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        Some(self.primitives(&inputs[0]).map(|y| vec![y]))
    }
}

impl Softmax {
    fn primitives(&self, x: &Tensor) -> Result<Tensor> {
        // The result does not depend on what is subtracted, so no gradient flows through the maximum.
        let max = movement::stop_gradient(&reduce::max(x, &[-1], true)?)?;
        let shifted = elementwise::sub(x, &max)?;
        let powers = elementwise::unary(UnaryKind::Exp, &shifted)?;
        let total = reduce::sum(&powers, &[-1], true)?;
        match self.log {
            true => elementwise::sub(&shifted, &elementwise::unary(UnaryKind::Log, &total)?),
            false => elementwise::div(&powers, &total),
        }
    }
}

impl Rule for SoftmaxGrad {
    fn name(&self) -> &'static str {
        "softmaxGrad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [y, dy] = operands("softmaxGrad", inputs)?;
        require_dtype("softmaxGrad", y, &[DType::F32])?;
        if y != dy || y.shape.rank() == 0 {
            return Err(Error::shape(format!(
                "softmaxGrad takes two tensors of one shape of rank 1 or more, got {y} and {dy}"
            )));
        }
        Ok(vec![y])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (y, dy, u) = (&ctx.inputs[0], &ctx.inputs[1], ctx.cotangent());
        let sum = |a: &Tensor| reduce::sum(&elementwise::mul(a, y)?, &[-1], true);
        let through = elementwise::mul(u, &elementwise::sub(dy, &sum(dy)?)?)?;
        let by_result = elementwise::sub(&through, &elementwise::mul(dy, &sum(u)?)?)?;
        // It is its own transpose in dy.
        Ok(vec![Some(by_result), Some(gradient(y, u)?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        4 * inputs[0].shape.size() as u64
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        let build = |y: &Tensor, dy: &Tensor| {
            let sum = reduce::sum(&elementwise::mul(dy, y)?, &[-1], true)?;
            Ok(vec![elementwise::mul(y, &elementwise::sub(dy, &sum)?)?])
        };
        Some(build(&inputs[0], &inputs[1]))
    }
}

/// See [`SoftmaxGrad`].
fn gradient(y: &Tensor, dy: &Tensor) -> Result<Tensor> {
    Tensor::apply1(SoftmaxGrad.into(), vec![y.clone(), dy.clone()])
}

impl Rule for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        "softmaxCrossEntropy"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [logits, labels] = operands("softmaxCrossEntropy", inputs)?;
        require_dtype("softmaxCrossEntropy (logits)", logits, &[DType::F32])?;
        require_dtype("softmaxCrossEntropy (labels)", labels, &[DType::I32])?;
        let rank = logits.shape.rank();
        if rank == 0 || logits.shape[..rank - 1] != labels.shape[..] {
            return Err(Error::shape(format!(
                "softmaxCrossEntropy takes logits [..., classes] and one label for every row, got {} and {}",
                logits.shape, labels.shape
            )));
        }
        Ok(vec![TensorType::new(labels.shape, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (logits, labels, dy) = (&ctx.inputs[0], &ctx.inputs[1], ctx.cotangent());
        let target = elementwise::cast(&hits(labels, logits.shape())?, DType::F32)?;
        let error = elementwise::sub(&softmax(logits, -1)?, &target)?;
        Ok(vec![Some(elementwise::mul(&column(dy)?, &error)?), None])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        13 * inputs[0].shape.size() as u64
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        let build = |logits: &Tensor, labels: &Tensor| {
            let logs = Softmax { log: true }.primitives(logits)?;
            let zero = movement::scalar(0.0, DType::F32)?;
            let chosen = elementwise::select(&hits(labels, logits.shape())?, &elementwise::neg(&logs)?, &zero)?;
            Ok(vec![reduce::sum(&chosen, &[-1], false)?])
        };
        Some(build(&inputs[0], &inputs[1]))
    }
}

/// bool of `shape`: whether the index along the last axis is the row's label.
fn hits(labels: &Tensor, shape: Shape) -> Result<Tensor> {
    let classes = movement::iota(Shape::new(&shape[shape.rank() - 1..])?, 0, DType::I32)?;
    elementwise::binary(BinaryKind::Eq, &column(labels)?, &classes)
}

/// `[...]` as `[..., 1]`.
fn column(x: &Tensor) -> Result<Tensor> {
    movement::reshape_to(x, Shape::new(&[&x.shape()[..], &[1]].concat())?)
}

/// Applies [`Softmax`] along any axis: it is moved to the end and back.
fn along(op: Softmax, x: &Tensor, axis: i64) -> Result<Tensor> {
    let rank = x.shape().rank();
    let axis = normalize_axis(op.name(), axis, rank)?;
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(axis, rank - 1);
    let y = Tensor::apply1(op.into(), vec![movement::transpose(x, &order)?])?;
    // A swap is its own inverse.
    movement::transpose(&y, &order)
}

/// Softmax along `axis` (negative counts from the end).
pub fn softmax(x: &Tensor, axis: i64) -> Result<Tensor> {
    along(Softmax { log: false }, x, axis)
}

/// The logarithm of [`softmax`].
pub fn log_softmax(x: &Tensor, axis: i64) -> Result<Tensor> {
    along(Softmax { log: true }, x, axis)
}

/// See [`SoftmaxCrossEntropy`].
pub fn softmax_cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    Tensor::apply1(SoftmaxCrossEntropy.into(), vec![logits.clone(), labels.clone()])
}
