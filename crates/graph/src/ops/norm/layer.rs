//! Layer normalization, fused, and the two halves of its gradient.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::{UnaryKind, mul, neg, scale, sub};
use crate::ops::{Bits, Rule, Vjp, elementwise, movement, operands, reduce, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

/// `(x [..., c], gamma [c], beta [c]) -> (y [..., c], mean [...], inverse [...])`: moments over the last axis (biased variance),
/// `inverse = rsqrt(variance + epsilon)`, `y = (x - mean) * inverse * gamma + beta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerNorm {
    /// Added to the variance.
    pub epsilon: Bits,
}

/// `(x [..., c], gamma [c], dy [..., c], mean [...], inverse [...]) -> dx [..., c]`: with `g = gamma * dy` and
/// `h = (x - mean) * inverse`, `dx = inverse * (g - mean(g) - h * mean(g * h))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerNormInputGrad;

/// `(x [..., c], dy [..., c], mean [...], inverse [...]) -> [2, c]`, the gradients of gamma and beta: the sums over all rows of
/// `dy * (x - mean) * inverse` and of `dy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerNormParamGrad;

/// `[...]` as `[..., 1]`.
fn column(x: &Tensor) -> Result<Tensor> {
    movement::reshape_to(x, Shape::new(&[&x.shape()[..], &[1]].concat())?)
}

/// The mean along the last axis, which stays with one entry.
fn row_mean(x: &Tensor) -> Result<Tensor> {
    reduce::mean(x, &[-1], true)
}

/// The sum along the last axis, which is dropped.
fn dropped_sum(x: &Tensor) -> Result<Tensor> {
    reduce::sum(x, &[-1], false)
}

/// `1 / c` for rows of `c` elements.
fn share(x: &Tensor) -> f64 {
    1.0 / x.shape().last().copied().unwrap_or(1) as f64
}

/// `(x - mean, (x - mean) * inverse, inverse [..., 1])`.
fn normalized(x: &Tensor, mean: &Tensor, inverse: &Tensor) -> Result<[Tensor; 3]> {
    let (centered, inverse) = (sub(x, &column(mean)?)?, column(inverse)?);
    let normal = mul(&centered, &inverse)?;
    Ok([centered, normal, inverse])
}

/// `g - mean(g) - h * mean(g * h)`: its own transpose.
fn projected(g: &Tensor, h: &Tensor) -> Result<Tensor> {
    let along = mul(h, &row_mean(&mul(g, h)?)?)?;
    sub(&sub(g, &row_mean(g)?)?, &along)
}

/// Fails unless the operands are float32, x has a last axis, and every other one is of the shape that goes with it.
fn check(
    name: &str,
    x: TensorType,
    rows: &[TensorType],
    channels: &[TensorType],
    moments: &[TensorType],
) -> Result<()> {
    for &ty in [&[x], rows, channels, moments].concat().iter() {
        require_dtype(name, ty, &[DType::F32])?;
    }
    let Some((&c, leading)) = x.shape.split_last() else {
        return Err(Error::shape(format!("{name} takes a tensor of rank 1 or more, got a scalar")));
    };
    let wrong = |ty: &&TensorType, shape: &[usize]| ty.shape[..] != *shape;
    let misfit = (rows.iter().find(|ty| wrong(ty, &x.shape)))
        .or(channels.iter().find(|ty| wrong(ty, &[c])))
        .or(moments.iter().find(|ty| wrong(ty, leading)));
    match misfit {
        Some(ty) => {
            Err(Error::shape(format!("{name} of shape {}: an operand of shape {} does not fit", x.shape, ty.shape)))
        }
        None => Ok(()),
    }
}

impl Rule for LayerNorm {
    fn name(&self) -> &'static str {
        "layerNorm"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, gamma, beta] = operands("layerNorm", inputs)?;
        check("layerNorm", x, &[], &[gamma, beta], &[])?;
        let moment = TensorType::new(Shape::new(&x.shape[..x.shape.rank() - 1])?, DType::F32);
        Ok(vec![x, moment, moment])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, gamma) = (&ctx.inputs[0], &ctx.inputs[1]);
        let (mean, inverse) = (&ctx.outputs[1], &ctx.outputs[2]);
        let mut terms: Vec<Tensor> = Vec::new();
        let (mut dgamma, mut dbeta) = (None, None);
        if let Some(dy) = &ctx.cotangents[0] {
            let of = |list: [&Tensor; 5]| list.map(Tensor::clone).to_vec();
            terms.push(Tensor::apply1(LayerNormInputGrad.into(), of([x, gamma, dy, mean, inverse]))?);
            let operands = vec![x.clone(), dy.clone(), mean.clone(), inverse.clone()];
            let sums = Tensor::apply1(LayerNormParamGrad.into(), operands)?;
            (dgamma, dbeta) = (Some(part(&sums, 0)?), Some(part(&sums, 1)?));
        }
        if let Some(dmean) = &ctx.cotangents[1] {
            terms.push(movement::broadcast_to(&column(&scale(dmean, share(x))?)?, x.shape())?);
        }
        if let Some(dinverse) = &ctx.cotangents[2] {
            // d inverse = -inverse^3 (x - mean) / c.
            let cube = mul(&elementwise::unary(UnaryKind::Square, inverse)?, inverse)?;
            let [centered, ..] = normalized(x, mean, inverse)?;
            terms.push(mul(&centered, &column(&scale(&mul(dinverse, &cube)?, -share(x))?)?)?);
        }
        let dx = terms.into_iter().map(Ok).reduce(|a, b: Result<Tensor>| elementwise::add(&a?, &b?)).transpose()?;
        Ok(vec![dx, dgamma, dbeta])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        // Two passes of sums, one of normalization.
        8 * inputs[0].shape.size() as u64
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        let build = |x: &Tensor, gamma: &Tensor, beta: &Tensor| {
            let mean = reduce::mean(x, &[-1], false)?;
            let centered = sub(x, &column(&mean)?)?;
            let variance = reduce::mean(&elementwise::unary(UnaryKind::Square, &centered)?, &[-1], false)?;
            let inverse = elementwise::unary(UnaryKind::Rsqrt, &elementwise::shift(&variance, self.epsilon.get())?)?;
            let y = elementwise::add(&mul(&mul(&centered, &column(&inverse)?)?, gamma)?, beta)?;
            Ok(vec![y, mean, inverse])
        };
        Some(build(&inputs[0], &inputs[1], &inputs[2]))
    }
}

/// Row `row` of `[2, c]` as `[c]`.
fn part(sums: &Tensor, row: usize) -> Result<Tensor> {
    let c = sums.shape()[1];
    let slice = movement::Slice { starts: vec![row, 0], limits: vec![row + 1, c], strides: vec![1, 1] };
    movement::reshape_to(&Tensor::apply1(slice.into(), vec![sums.clone()])?, Shape::new(&[c])?)
}

impl Rule for LayerNormInputGrad {
    fn name(&self) -> &'static str {
        "layerNormInputGrad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, gamma, dy, mean, inverse] = operands(self.name(), inputs)?;
        check(self.name(), x, &[dy], &[gamma], &[mean, inverse])?;
        Ok(vec![x])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let [x, gamma, dy, mean, inverse] = ctx.inputs else { unreachable!("five operands") };
        let [centered, h, inverse] = normalized(x, mean, inverse)?;
        let (g, u) = (mul(gamma, dy)?, ctx.cotangent());
        let scaled = mul(u, &inverse)?;
        let dg = projected(&scaled, &h)?;
        let means = |a: &Tensor| row_mean(&mul(a, &h)?);
        let dh = neg(&elementwise::add(&mul(&scaled, &means(&g)?)?, &mul(&g, &means(&scaled)?)?)?)?;
        let dx = mul(&dh, &inverse)?;
        let dmean = neg(&dropped_sum(&dx)?)?;
        let dinverse = elementwise::add(&mul(u, &projected(&g, &h)?)?, &mul(&dh, &centered)?)?;
        Ok(vec![Some(dx), Some(mul(&dg, dy)?), Some(mul(&dg, gamma)?), Some(dmean), Some(dropped_sum(&dinverse)?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        11 * inputs[0].shape.size() as u64
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        let build = |x: &Tensor, gamma: &Tensor, dy: &Tensor, mean: &Tensor, inverse: &Tensor| {
            let [_, h, inverse] = normalized(x, mean, inverse)?;
            Ok(vec![mul(&inverse, &projected(&mul(gamma, dy)?, &h)?)?])
        };
        Some(build(&inputs[0], &inputs[1], &inputs[2], &inputs[3], &inputs[4]))
    }
}

impl Rule for LayerNormParamGrad {
    fn name(&self) -> &'static str {
        "layerNormParamGrad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, dy, mean, inverse] = operands(self.name(), inputs)?;
        check(self.name(), x, &[dy], &[], &[mean, inverse])?;
        Ok(vec![TensorType::new(Shape::new(&[2, x.shape[x.shape.rank() - 1]])?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let [x, dy, mean, inverse] = ctx.inputs else { unreachable!("four operands") };
        let [centered, h, inverse] = normalized(x, mean, inverse)?;
        let (gamma, beta) = (part(ctx.cotangent(), 0)?, part(ctx.cotangent(), 1)?);
        let dh = mul(dy, &gamma)?;
        let ddy = elementwise::add(&mul(&h, &gamma)?, &beta)?;
        let dx = mul(&dh, &inverse)?;
        let (dmean, dinverse) = (neg(&dropped_sum(&dx)?)?, dropped_sum(&mul(&dh, &centered)?)?);
        Ok(vec![Some(dx), Some(ddy), Some(dmean), Some(dinverse)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        5 * inputs[0].shape.size() as u64
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        let build = |x: &Tensor, dy: &Tensor, mean: &Tensor, inverse: &Tensor| {
            let [_, h, _] = normalized(x, mean, inverse)?;
            let axes: Vec<i64> = (0..x.shape().rank() as i64 - 1).collect();
            let row = |sums: Tensor| movement::reshape_to(&sums, Shape::new(&[&[1], &sums.shape()[..]].concat())?);
            let sums = [reduce::sum(&mul(dy, &h)?, &axes, false)?, reduce::sum(dy, &axes, false)?];
            let [gamma, beta] = sums.map(row);
            Ok(vec![movement::concat(&[gamma?, beta?], 0)?])
        };
        Some(build(&inputs[0], &inputs[1], &inputs[2], &inputs[3]))
    }
}

/// See [`LayerNorm`]: the normalized tensor.
pub fn layer_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor, epsilon: f64) -> Result<Tensor> {
    let op = LayerNorm { epsilon: epsilon.into() };
    let mut outputs = Tensor::apply(op.into(), vec![x.clone(), gamma.clone(), beta.clone()])?;
    Ok(outputs.swap_remove(0))
}
