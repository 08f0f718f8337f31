//! Operations that move or make elements without arithmetic.

mod build;
mod cases;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Bits, Rule, Vjp, check_axes, elementwise, operands, reduce, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use build::{
    broadcast_to, concat, fill, iota, pad, reshape, reshape_to, reverse, scalar, slice, slice_axis, stop_gradient,
    transpose,
};
pub use cases::cases;

/// A scalar known while building.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// The number, converted to the dtype as a cast from f64 would.
    pub value: Bits,
    /// The element type.
    pub dtype: DType,
}

/// Indices along one axis: element `[i0, i1, ...]` is `i_axis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Iota {
    /// The shape made.
    pub shape: Shape,
    /// The axis counted.
    pub axis: usize,
    /// `I32` or `F32`.
    pub dtype: DType,
}

/// The same elements, in row-major order, under another shape of the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The new shape.
    pub shape: Shape,
}

/// Axis `i` of the result is axis `order[i]` of the operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// A permutation of the axes.
    pub order: Vec<usize>,
}

/// NumPy's `broadcast_to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broadcast {
    /// The new shape.
    pub shape: Shape,
}

/// `x[starts[0]:limits[0]:strides[0], ...]`, strides at least 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// First index of every axis.
    pub starts: Vec<usize>,
    /// One past the last index of every axis.
    pub limits: Vec<usize>,
    /// Steps.
    pub strides: Vec<usize>,
}

/// Operands `(x, value)`, value a scalar: `low` and `high` elements at the ends of every axis (negative removes elements),
/// and `interior` between neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pad {
    /// Added before every axis.
    pub low: Vec<i64>,
    /// Added after every axis.
    pub high: Vec<i64>,
    /// Added between neighbours of every axis.
    pub interior: Vec<usize>,
}

/// Any number of operands, end to end along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The axis.
    pub axis: usize,
}

/// The elements in reverse order along some axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reverse {
    /// The axes, ascending.
    pub axes: Vec<usize>,
}

/// The operand itself; no gradient flows through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StopGradient;

impl Rule for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [] = operands("constant", inputs)?;
        Ok(vec![TensorType::scalar(self.dtype)])
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(Vec::new())
    }
}

impl Rule for Iota {
    fn name(&self) -> &'static str {
        "iota"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [] = operands("iota", inputs)?;
        if self.axis >= self.shape.rank() {
            return Err(Error::shape(format!("iota: axis {} is out of range for shape {}", self.axis, self.shape)));
        }
        let ty = TensorType::new(self.shape, self.dtype);
        require_dtype("iota", ty, &[DType::I32, DType::F32])?;
        Ok(vec![ty])
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(Vec::new())
    }
}

impl Rule for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("reshape", inputs)?;
        if x.shape.size() != self.shape.size() {
            return Err(Error::shape(format!(
                "reshape keeps the number of elements: {} has {}, {} would have {}",
                x.shape,
                x.shape.size(),
                self.shape,
                self.shape.size()
            )));
        }
        Ok(vec![TensorType::new(self.shape, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(reshape_to(ctx.cotangent(), ctx.inputs[0].shape())?)])
    }
}

impl Rule for Transpose {
    fn name(&self) -> &'static str {
        "transpose"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("transpose", inputs)?;
        let mut sorted = self.order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..x.shape.rank()) {
            return Err(Error::shape(format!(
                "transpose: {:?} is not a permutation of the {} axes of shape {}",
                self.order,
                x.shape.rank(),
                x.shape
            )));
        }
        let dims: Vec<usize> = self.order.iter().map(|&axis| x.shape[axis]).collect();
        Ok(vec![TensorType::new(Shape::new(&dims)?, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let mut inverse = vec![0; self.order.len()];
        for (i, &axis) in self.order.iter().enumerate() {
            inverse[axis] = i;
        }
        Ok(vec![Some(transpose(ctx.cotangent(), &inverse)?)])
    }
}

impl Rule for Broadcast {
    fn name(&self) -> &'static str {
        "broadcastTo"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("broadcastTo", inputs)?;
        if x.shape.broadcast(&self.shape) != Some(self.shape) {
            return Err(Error::shape(format!(
                "broadcastTo: {} does not broadcast to {}: aligned at the last axis, dimensions must be equal or 1",
                x.shape, self.shape
            )));
        }
        Ok(vec![TensorType::new(self.shape, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        // The driver sums down to the operand's shape.
        Ok(vec![Some(ctx.cotangent().clone())])
    }
}

impl Rule for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("slice", inputs)?;
        let rank = x.shape.rank();
        if [self.starts.len(), self.limits.len(), self.strides.len()] != [rank; 3] {
            return Err(Error::shape(format!(
                "slice of shape {} takes {rank} starts, limits and strides, got {}, {} and {}",
                x.shape,
                self.starts.len(),
                self.limits.len(),
                self.strides.len()
            )));
        }
        let mut dims = Vec::with_capacity(rank);
        for axis in 0..rank {
            let (start, limit, stride) = (self.starts[axis], self.limits[axis], self.strides[axis]);
            if stride == 0 {
                return Err(Error::config(format!("slice: the stride of axis {axis} must be at least 1, got 0")));
            }
            if start > limit || limit > x.shape[axis] {
                return Err(Error::shape(format!(
                    "slice: {start}..{limit} of axis {axis} is outside of shape {}",
                    x.shape
                )));
            }
            dims.push((limit - start).div_ceil(stride));
        }
        Ok(vec![TensorType::new(Shape::new(&dims)?, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, dy) = (&ctx.inputs[0], ctx.cotangent());
        let rank = x.shape().rank();
        let (mut low, mut high, mut interior) =
            (Vec::with_capacity(rank), Vec::with_capacity(rank), Vec::with_capacity(rank));
        for axis in 0..rank {
            let (start, stride, count) = (self.starts[axis], self.strides[axis], dy.shape()[axis]);
            let spread = if count == 0 { 0 } else { (count - 1) * stride + 1 };
            low.push(start as i64);
            high.push((x.shape()[axis] - start - spread) as i64);
            interior.push(stride - 1);
        }
        Ok(vec![Some(pad(dy, &scalar(0.0, dy.dtype())?, &low, &high, &interior)?)])
    }
}

impl Rule for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, value] = operands("pad", inputs)?;
        let rank = x.shape.rank();
        if [self.low.len(), self.high.len(), self.interior.len()] != [rank; 3] {
            return Err(Error::shape(format!(
                "pad of shape {} takes {rank} numbers for each of low, high and interior, got {}, {} and {}",
                x.shape,
                self.low.len(),
                self.high.len(),
                self.interior.len()
            )));
        }
        if value != TensorType::scalar(x.dtype) {
            return Err(Error::shape(format!("pad: the value is a {} scalar, got {value}", x.dtype.name())));
        }
        let mut dims = Vec::with_capacity(rank);
        for axis in 0..rank {
            let n = x.shape[axis] as i128;
            let spread = n + (n - 1).max(0) * self.interior[axis] as i128;
            let dim = spread + self.low[axis] as i128 + self.high[axis] as i128;
            dims.push(usize::try_from(dim).map_err(|_| {
                Error::shape(format!(
                    "pad: low {} and high {} remove more than the {spread} elements of axis {axis}",
                    self.low[axis], self.high[axis]
                ))
            })?);
        }
        Ok(vec![TensorType::new(Shape::new(&dims)?, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, dy) = (&ctx.inputs[0], ctx.cotangent());
        let rank = x.shape().rank();
        let negate = |amounts: &[i64]| amounts.iter().map(|a| -a).collect::<Vec<i64>>();
        let zero = scalar(0.0, dy.dtype())?;
        let spread = pad(dy, &zero, &negate(&self.low), &negate(&self.high), &vec![0; rank])?;
        let steps: Vec<usize> = self.interior.iter().map(|i| i + 1).collect();
        let dx = slice(&spread, &vec![0; rank], &spread.shape(), &steps)?;
        // A mask, not a difference of sums: the padding's share stays exact however large the rest is.
        let inside = fill(0.0, x.shape(), DType::Bool)?;
        let padded = pad(&inside, &scalar(1.0, DType::Bool)?, &self.low, &self.high, &self.interior)?;
        let shares = elementwise::cast(&elementwise::select(&padded, dy, &zero)?, DType::F32)?;
        let dvalue = reduce::sum_all(&shares)?;
        Ok(vec![Some(dx), Some(dvalue)])
    }
}

impl Rule for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let Some((first, rest)) = inputs.split_first() else {
            return Err(Error::shape("concat takes at least one operand, got none"));
        };
        if self.axis >= first.shape.rank() {
            return Err(Error::shape(format!("concat: axis {} is out of range for shape {}", self.axis, first.shape)));
        }
        let mut total = first.shape[self.axis];
        for ty in rest {
            let fits = ty.dtype == first.dtype
                && ty.shape.rank() == first.shape.rank()
                && (0..first.shape.rank()).all(|axis| axis == self.axis || ty.shape[axis] == first.shape[axis]);
            if !fits {
                return Err(Error::shape(format!(
                    "concat along axis {} takes tensors that are alike but for that axis, got {first} and {ty}",
                    self.axis
                )));
            }
            total = total.saturating_add(ty.shape[self.axis]);
        }
        Ok(vec![TensorType::new(first.shape.with_dim(self.axis, total)?, first.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let dy = ctx.cotangent();
        let mut at = 0;
        let mut parts = Vec::with_capacity(ctx.inputs.len());
        for input in ctx.inputs {
            let next = at + input.shape()[self.axis];
            parts.push(Some(slice_axis(dy, self.axis, at, next)?));
            at = next;
        }
        Ok(parts)
    }
}

impl Rule for Reverse {
    fn name(&self) -> &'static str {
        "reverse"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("reverse", inputs)?;
        check_axes("reverse", &self.axes, x.shape)?;
        Ok(vec![x])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(Tensor::apply1(self.clone().into(), vec![ctx.cotangent().clone()])?)])
    }
}

impl Rule for StopGradient {
    fn name(&self) -> &'static str {
        "stopGradient"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        Ok(operands::<1>("stopGradient", inputs)?.to_vec())
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }
}
