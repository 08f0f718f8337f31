//! Running combinations along the last axis.

use super::{check_length, to_last};
use crate::dtype::DType;
use crate::error::Result;
use crate::ops::elementwise::BinaryKind;
use crate::ops::indexing::{Scatter, ScatterKind};
use crate::ops::{Rule, Vjp, elementwise, movement, normalize_axis, operands, require_dtype};
use crate::shape::TensorType;
use crate::tensor::Tensor;

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CumulativeKind {
    /// Of nothing: 0. int32 wraps.
    Sum,
    /// Of nothing: 1. int32 wraps.
    Prod,
    /// NaN propagates. Of nothing: -infinity (the smallest int32).
    Max,
    /// NaN propagates. Of nothing: infinity (the largest int32).
    Min,
}

/// `y[..., i]` combines `x[..., j]` for all `j <= i` along the last axis (`exclusive`: `j < i`; `reverse`: `j >= i`, `j > i`).
/// float32 or int32. float32 sums are accumulated in double precision, so the error does not grow with the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cumulative {
    /// How.
    pub kind: CumulativeKind,
    /// Without the element itself.
    pub exclusive: bool,
    /// From the end.
    pub reverse: bool,
}

impl Rule for Cumulative {
    fn name(&self) -> &'static str {
        match self.kind {
            CumulativeKind::Sum => "cumsum",
            CumulativeKind::Prod => "cumprod",
            CumulativeKind::Max => "cummax",
            CumulativeKind::Min => "cummin",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands(self.name(), inputs)?;
        require_dtype(self.name(), x, &[DType::F32, DType::I32])?;
        check_length(self.name(), x)?;
        Ok(vec![x])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let dy = ctx.cotangent();
        if self.kind == CumulativeKind::Sum {
            let back = Cumulative { reverse: !self.reverse, ..*self };
            return Ok(vec![Some(Tensor::apply1(back.into(), vec![dy.clone()])?)]);
        }
        let turn = |t: &Tensor| if self.reverse { movement::reverse(t, &[-1]) } else { Ok(t.clone()) };
        let x = turn(&ctx.inputs[0])?;
        // An exclusive result is the inclusive one moved on by one.
        let dy = if self.exclusive { shift(&turn(dy)?, -1, 0.0)? } else { turn(dy)? };
        let dx = if self.kind == CumulativeKind::Prod { product_gradient(&x, &dy)? } else { self.choice(&x, &dy)? };
        Ok(vec![Some(turn(&dx)?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        // Every step waits for the one before: about four operations' time.
        4 * inputs[0].shape.size() as u64
    }
}

impl Cumulative {
    /// Gradient of a running extreme: every result's cotangent goes to the (last) element that it is.
    fn choice(&self, x: &Tensor, dy: &Tensor) -> Result<Tensor> {
        let running = |kind: CumulativeKind, t: &Tensor| {
            let op = Cumulative { kind, exclusive: false, reverse: false };
            Tensor::apply1(op.into(), vec![t.clone()])
        };
        let leads = elementwise::binary(BinaryKind::Eq, x, &running(self.kind, x)?)?;
        let axis = x.shape().rank() - 1;
        let positions = movement::iota(x.shape(), axis, DType::I32)?;
        // A row that begins with NaN has no leader; its cotangents go to the first element.
        let candidates = elementwise::select(&leads, &positions, &movement::scalar(0.0, DType::I32)?)?;
        let leaders = running(CumulativeKind::Max, &candidates)?;
        let zeros = movement::fill(0.0, x.shape(), dy.dtype())?;
        Tensor::apply1(Scatter { kind: ScatterKind::Add }.into(), vec![zeros, leaders, dy.clone()])
    }
}

/// `t` moved by `by` along its last axis, `value` in the places that become free.
fn shift(t: &Tensor, by: i64, value: f64) -> Result<Tensor> {
    let rank = t.shape().rank();
    let (mut low, mut high) = (vec![0; rank], vec![0; rank]);
    (low[rank - 1], high[rank - 1]) = (by, -by);
    movement::pad(t, &movement::scalar(value, t.dtype())?, &low, &high, &vec![0; rank])
}

/// Gradient of a running product, exact where elements are zero: `dx_j = prod_(k<j) x_k * b_j`, where
/// `b_j = dy_j + x_(j+1) * b_(j+1)`. The recurrence is solved by doubling, which is `O(n log n)` and differentiable again.
fn product_gradient(x: &Tensor, dy: &Tensor) -> Result<Tensor> {
    let n = x.shape()[x.shape().rank() - 1];
    if n == 0 {
        return Ok(dy.clone());
    }
    let before = Cumulative { kind: CumulativeKind::Prod, exclusive: true, reverse: false };
    let before = Tensor::apply1(before.into(), vec![x.clone()])?;
    // b_j over `step` terms, and the product of the `step` factors that lead to the next ones.
    let (mut sums, mut factors) = (dy.clone(), shift(x, -1, 0.0)?);
    let mut step = 1;
    while step < n {
        let next = elementwise::mul(&factors, &shift(&sums, -step.cast_signed() as i64, 0.0)?)?;
        sums = elementwise::add(&sums, &next)?;
        factors = elementwise::mul(&factors, &shift(&factors, -step.cast_signed() as i64, 0.0)?)?;
        step *= 2;
    }
    elementwise::mul(&before, &sums)
}

/// See [`Cumulative`]; along any axis (negative counts from the end).
pub fn cumulative(kind: CumulativeKind, x: &Tensor, axis: i64, exclusive: bool, reverse: bool) -> Result<Tensor> {
    let op = Cumulative { kind, exclusive, reverse };
    let axis = normalize_axis(op.name(), axis, x.shape().rank())?;
    let (order, inverse) = to_last(x.shape().rank(), axis);
    let moved = movement::transpose(x, &order)?;
    movement::transpose(&Tensor::apply1(op.into(), vec![moved])?, &inverse)
}
