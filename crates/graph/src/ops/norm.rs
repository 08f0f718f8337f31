//! Batch and layer normalization, fused.

mod cases;
mod layer;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::UnaryKind;
use crate::ops::{Bits, Rule, Vjp, elementwise, movement, operands, reduce, require_dtype};
use crate::shape::TensorType;
use crate::tensor::Tensor;

pub use cases::cases;
pub use layer::{LayerNorm, LayerNormInputGrad, LayerNormParamGrad, layer_norm};

/// `(x [..., c], gamma [c], beta [c]) -> (y [..., c], mean [c], variance [c])`: moments over all axes but the last (biased
/// variance), `y = (x - mean) * rsqrt(variance + epsilon) * gamma + beta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchNorm {
    /// Added to the variance.
    pub epsilon: Bits,
}

/// Elements of a sample and channel from which on its moments are taken by themselves: with fewer, the sums of samples cost more than a pass
/// over memory.
const LARGE_SAMPLE: usize = 256;

impl BatchNorm {
    /// `rsqrt(variance + epsilon)`.
    fn inverse_deviation(&self, variance: &Tensor) -> Result<Tensor> {
        elementwise::unary(UnaryKind::Rsqrt, &elementwise::shift(variance, self.epsilon.get())?)
    }
}

/// The axes of the moments: all but the last.
fn moment_axes(x: &Tensor) -> Vec<i64> {
    (0..x.shape().rank() as i64 - 1).collect()
}

/// Mean and biased variance over all axes but the last.
///
/// Large samples are summed one by one, and the variance is what they vary within themselves and between them: whatever makes `x` sample by sample
/// sums both while a sample is in the cache, where squares about the mean of all could only begin when that is known.
fn moments(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let square = |x: &Tensor| elementwise::unary(UnaryKind::Square, x);
    let axes = moment_axes(x);
    let samples = x.shape()[0];
    let pixels: usize = x.shape()[..axes.len()].iter().skip(1).product();
    if pixels < LARGE_SAMPLE {
        let mean = reduce::mean(x, &axes, false)?;
        let variance = reduce::mean(&square(&elementwise::sub(x, &mean)?)?, &axes, false)?;
        return Ok((mean, variance));
    }
    let own = reduce::mean(x, &axes[1..], true)?;
    let within = reduce::sum(&square(&elementwise::sub(x, &own)?)?, &axes[1..], true)?;
    let mean = reduce::mean(&own, &axes, false)?;
    let between = elementwise::scale(&square(&elementwise::sub(&own, &mean)?)?, pixels as f64)?;
    let sum = reduce::sum(&elementwise::add(&within, &between)?, &axes, false)?;
    let count = movement::scalar((samples * pixels) as f64, DType::F32)?;
    Ok((mean, elementwise::div(&sum, &count)?))
}

impl Rule for BatchNorm {
    fn name(&self) -> &'static str {
        "batchNorm"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, gamma, beta] = operands("batchNorm", inputs)?;
        for ty in [x, gamma, beta] {
            require_dtype("batchNorm", ty, &[DType::F32])?;
        }
        let Some(&channels) = x.shape.last() else {
            return Err(Error::shape("batchNorm takes a tensor of rank 1 or more, got a scalar"));
        };
        if gamma.shape[..] != [channels] || beta.shape[..] != [channels] {
            return Err(Error::shape(format!(
                "batchNorm of shape {} takes gamma and beta of shape [{channels}], got {} and {}",
                x.shape, gamma.shape, beta.shape
            )));
        }
        Ok(vec![x, gamma, gamma])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, gamma) = (&ctx.inputs[0], &ctx.inputs[1]);
        let (mean, variance) = (&ctx.outputs[1], &ctx.outputs[2]);
        let axes = moment_axes(x);
        let channels = x.shape()[x.shape().rank() - 1];
        let share = channels as f64 / x.shape().size() as f64;
        let centered = elementwise::sub(x, mean)?;
        let mut dx: Option<Tensor> = None;
        let (mut dgamma, mut dbeta) = (None, None);
        let mut add = |term: Tensor| -> Result<()> {
            dx = Some(match dx.take() {
                Some(so_far) => elementwise::add(&so_far, &term)?,
                None => term,
            });
            Ok(())
        };
        if let Some(dy) = &ctx.cotangents[0] {
            // dx = gamma inv (dy - mean(dy) - xhat mean(dy xhat)), with the sums that are the gradients of beta and gamma.
            let inverse = self.inverse_deviation(variance)?;
            let normal = elementwise::mul(&centered, &inverse)?;
            let sum = reduce::sum(dy, &axes, false)?;
            let dot = reduce::sum(&elementwise::mul(dy, &normal)?, &axes, false)?;
            let along = elementwise::mul(&normal, &elementwise::scale(&dot, share)?)?;
            let rest = elementwise::sub(&elementwise::sub(dy, &elementwise::scale(&sum, share)?)?, &along)?;
            add(elementwise::mul(&rest, &elementwise::mul(gamma, &inverse)?)?)?;
            (dgamma, dbeta) = (Some(dot), Some(sum));
        }
        if let Some(dmean) = &ctx.cotangents[1] {
            add(movement::broadcast_to(&elementwise::scale(dmean, share)?, x.shape())?)?;
        }
        if let Some(dvariance) = &ctx.cotangents[2] {
            add(elementwise::mul(&centered, &elementwise::scale(dvariance, 2.0 * share)?)?)?;
        }
        Ok(vec![dx, dgamma, dbeta])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        // Two passes of sums, one of normalization.
        7 * inputs[0].shape.size() as u64
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        let build = |x: &Tensor, gamma: &Tensor, beta: &Tensor| {
            let (mean, variance) = moments(x)?;
            let centered = elementwise::sub(x, &mean)?;
            let factor = elementwise::mul(&self.inverse_deviation(&variance)?, gamma)?;
            let y = elementwise::add(&elementwise::mul(&centered, &factor)?, beta)?;
            Ok(vec![y, mean, variance])
        };
        Some(build(&inputs[0], &inputs[1], &inputs[2]))
    }
}

/// See [`BatchNorm`]: the result, the mean and the biased variance.
pub fn batch_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Result<[Tensor; 3]> {
    let op = BatchNorm { epsilon: epsilon.into() };
    let outputs = Tensor::apply(op.into(), vec![x.clone(), gamma.clone(), beta.clone()])?;
    Ok(outputs.try_into().expect("batch normalization has three results"))
}
