//! Builders of movements.

use super::{Broadcast, Concat, Constant, Iota, Pad, Reshape, Reverse, Slice, StopGradient, Transpose};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{normalize_axes, normalize_axis};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A scalar constant.
pub fn scalar(value: f64, dtype: DType) -> Result<Tensor> {
    Tensor::apply1(Constant { value: value.into(), dtype }.into(), Vec::new())
}

/// `value` in every element (a broadcast scalar: no memory until somebody asks).
pub fn fill(value: f64, shape: Shape, dtype: DType) -> Result<Tensor> {
    broadcast_to(&scalar(value, dtype)?, shape)
}

/// See [`Iota`].
pub fn iota(shape: Shape, axis: usize, dtype: DType) -> Result<Tensor> {
    Tensor::apply1(Iota { shape, axis, dtype }.into(), Vec::new())
}

/// `x` under another shape; one dim may be -1 and is then computed.
pub fn reshape(x: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let size = x.shape().size();
    let mut known = 1usize;
    let mut open = None;
    let mut resolved = Vec::with_capacity(dims.len());
    for (axis, &dim) in dims.iter().enumerate() {
        if dim == -1 && open.is_none() {
            open = Some(axis);
            resolved.push(1);
            continue;
        }
        let dim = usize::try_from(dim).map_err(|_| {
            Error::shape(format!("reshape takes non-negative dimensions and at most one -1, got {dims:?}"))
        })?;
        known = known.saturating_mul(dim);
        resolved.push(dim);
    }
    if let Some(axis) = open {
        if known == 0 || !size.is_multiple_of(known) {
            return Err(Error::shape(format!(
                "reshape: the {size} elements of shape {} do not divide into {dims:?}",
                x.shape()
            )));
        }
        resolved[axis] = size / known;
    }
    reshape_to(x, Shape::new(&resolved)?)
}

/// `x` under another shape; `x` itself when it has it already.
pub fn reshape_to(x: &Tensor, shape: Shape) -> Result<Tensor> {
    if x.shape() == shape {
        return Ok(x.clone());
    }
    Tensor::apply1(Reshape { shape }.into(), vec![x.clone()])
}

/// Axis `i` of the result is axis `order[i]` of `x`; `x` itself when nothing moves.
pub fn transpose(x: &Tensor, order: &[usize]) -> Result<Tensor> {
    if order.len() == x.shape().rank() && order.iter().copied().eq(0..order.len()) {
        return Ok(x.clone());
    }
    Tensor::apply1(Transpose { order: order.to_vec() }.into(), vec![x.clone()])
}

/// NumPy's `broadcast_to`; `x` itself when it has the shape already.
pub fn broadcast_to(x: &Tensor, shape: Shape) -> Result<Tensor> {
    if x.shape() == shape {
        return Ok(x.clone());
    }
    Tensor::apply1(Broadcast { shape }.into(), vec![x.clone()])
}

/// See [`Slice`].
pub fn slice(x: &Tensor, starts: &[usize], limits: &[usize], strides: &[usize]) -> Result<Tensor> {
    let op = Slice { starts: starts.to_vec(), limits: limits.to_vec(), strides: strides.to_vec() };
    Tensor::apply1(op.into(), vec![x.clone()])
}

/// `x[..., start..limit, ...]` along one axis.
pub fn slice_axis(x: &Tensor, axis: usize, start: usize, limit: usize) -> Result<Tensor> {
    let rank = x.shape().rank();
    let mut starts = vec![0; rank];
    let mut limits = x.shape().to_vec();
    if axis >= rank {
        return Err(Error::shape(format!("slice: axis {axis} is out of range for shape {}", x.shape())));
    }
    (starts[axis], limits[axis]) = (start, limit);
    slice(x, &starts, &limits, &vec![1; rank])
}

/// See [`Pad`].
pub fn pad(x: &Tensor, value: &Tensor, low: &[i64], high: &[i64], interior: &[usize]) -> Result<Tensor> {
    let op = Pad { low: low.to_vec(), high: high.to_vec(), interior: interior.to_vec() };
    Tensor::apply1(op.into(), vec![x.clone(), value.clone()])
}

/// Tensors end to end along an axis (negative counts from the end).
pub fn concat(tensors: &[Tensor], axis: i64) -> Result<Tensor> {
    let rank = tensors.first().map_or(0, |t| t.shape().rank());
    let axis = if tensors.is_empty() { 0 } else { normalize_axis("concat", axis, rank)? };
    Tensor::apply1(Concat { axis }.into(), tensors.to_vec())
}

/// The elements in reverse order along some axes (negative counts from the end).
pub fn reverse(x: &Tensor, axes: &[i64]) -> Result<Tensor> {
    let axes = normalize_axes("reverse", axes, x.shape())?;
    if axes.is_empty() {
        return Ok(x.clone());
    }
    Tensor::apply1(Reverse { axes }.into(), vec![x.clone()])
}

/// `x`, as a constant to the gradient.
pub fn stop_gradient(x: &Tensor) -> Result<Tensor> {
    Tensor::apply1(StopGradient.into(), vec![x.clone()])
}
