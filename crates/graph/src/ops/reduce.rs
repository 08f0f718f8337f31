//! Reductions over axes. Reduced axes are dropped; builders put ones in their place where asked.

mod cases;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::BinaryKind;
use crate::ops::{
    Rule, Vjp, check_axes, elementwise, movement, normalize_axes, normalize_axis, operands, require_dtype,
};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceKind {
    /// Of nothing: 0. float32 and int32 (wrapping).
    Sum,
    /// Of nothing: 1.
    Prod,
    /// NaN propagates. Of nothing: -infinity (the smallest int32).
    Max,
    /// NaN propagates. Of nothing: infinity (the largest int32).
    Min,
    /// Of booleans: and. Of nothing: true.
    All,
    /// Of booleans: or. Of nothing: false.
    Any,
}

/// Combines the elements along some axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reduce {
    /// How.
    pub kind: ReduceKind,
    /// The axes, ascending.
    pub axes: Vec<usize>,
}

/// Where the largest or smallest element along an axis is: int32, the first of equals, a NaN counts as the extreme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArgReduce {
    /// The largest, else the smallest.
    pub max: bool,
    /// The axis, which is dropped and not empty.
    pub axis: usize,
}

impl Rule for Reduce {
    fn name(&self) -> &'static str {
        match self.kind {
            ReduceKind::Sum => "sum",
            ReduceKind::Prod => "prod",
            ReduceKind::Max => "max",
            ReduceKind::Min => "min",
            ReduceKind::All => "all",
            ReduceKind::Any => "any",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands(self.name(), inputs)?;
        let allowed: &[DType] = match self.kind {
            ReduceKind::All | ReduceKind::Any => &[DType::Bool],
            _ => &[DType::F32, DType::I32],
        };
        require_dtype(self.name(), x, allowed)?;
        check_axes(self.name(), &self.axes, x.shape)?;
        let kept: Vec<usize> =
            (0..x.shape.rank()).filter(|axis| !self.axes.contains(axis)).map(|a| x.shape[a]).collect();
        Ok(vec![TensorType::new(Shape::new(&kept)?, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, y, dy) = (&ctx.inputs[0], &ctx.outputs[0], ctx.cotangent());
        let kept = kept_shape(x.shape(), &self.axes)?;
        let dy = movement::reshape_to(dy, kept)?;
        let dx = match self.kind {
            ReduceKind::Sum => movement::broadcast_to(&dy, x.shape())?,
            ReduceKind::Max | ReduceKind::Min => {
                let chosen = elementwise::binary(BinaryKind::Eq, x, &movement::reshape_to(y, kept)?)?;
                let ties = Reduce { kind: ReduceKind::Sum, axes: self.axes.clone() };
                let count = Tensor::apply1(ties.into(), vec![elementwise::cast(&chosen, x.dtype())?])?;
                let share = elementwise::div(&dy, &movement::reshape_to(&count, kept)?)?;
                elementwise::select(&chosen, &share, &movement::scalar(0.0, x.dtype())?)?
            }
            ReduceKind::Prod => elementwise::mul(&dy, &product_of_others(x, &self.axes)?)?,
            ReduceKind::All | ReduceKind::Any => return Ok(vec![None]),
        };
        Ok(vec![Some(dx)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        inputs[0].shape.size() as u64
    }
}

impl Rule for ArgReduce {
    fn name(&self) -> &'static str {
        if self.max { "argMax" } else { "argMin" }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands(self.name(), inputs)?;
        require_dtype(self.name(), x, &[DType::F32, DType::I32])?;
        check_axes(self.name(), &[self.axis], x.shape)?;
        if x.shape[self.axis] == 0 {
            return Err(Error::shape(format!("{}: axis {} of shape {} is empty", self.name(), self.axis, x.shape)));
        }
        let kept: Vec<usize> = (0..x.shape.rank()).filter(|&axis| axis != self.axis).map(|a| x.shape[a]).collect();
        Ok(vec![TensorType::new(Shape::new(&kept)?, DType::I32)])
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        inputs[0].shape.size() as u64
    }
}

/// `shape` with ones in place of the reduced axes.
fn kept_shape(shape: Shape, axes: &[usize]) -> Result<Shape> {
    let dims: Vec<usize> = (0..shape.rank()).map(|a| if axes.contains(&a) { 1 } else { shape[a] }).collect();
    Shape::new(&dims)
}

/// For every element the product of the others of its group: exact where elements are zero, and differentiable again.
/// Products before and after each element, by doubling: `O(n log n)`, no division.
fn product_of_others(x: &Tensor, axes: &[usize]) -> Result<Tensor> {
    let rank = x.shape().rank();
    let order: Vec<usize> = (0..rank).filter(|a| !axes.contains(a)).chain(axes.iter().copied()).collect();
    let moved = movement::transpose(x, &order)?;
    let count: usize = axes.iter().map(|&a| x.shape()[a]).product();
    let groups: usize = (0..rank).filter(|a| !axes.contains(a)).map(|a| x.shape()[a]).product();
    let rows = movement::reshape_to(&moved, Shape::new(&[groups, count])?)?;
    let one = movement::scalar(1.0, x.dtype())?;
    let exclusive = |toward_end: bool| -> Result<Tensor> {
        let shift = |t: &Tensor, by: usize| {
            let by = if toward_end { by as i64 } else { -(by as i64) };
            movement::pad(t, &one, &[0, by], &[0, -by], &[0, 0])
        };
        let mut products = shift(&rows, 1)?;
        let mut step = 1;
        while step < count {
            products = elementwise::mul(&products, &shift(&products, step)?)?;
            step *= 2;
        }
        Ok(products)
    };
    let others = if count == 0 { rows.clone() } else { elementwise::mul(&exclusive(true)?, &exclusive(false)?)? };
    let mut back = vec![0; rank];
    for (i, &axis) in order.iter().enumerate() {
        back[axis] = i;
    }
    movement::transpose(&movement::reshape_to(&others, moved.shape())?, &back)
}

/// Reduces along `axes` (negative counts from the end; none leaves `x` as it is); `keep_dims` leaves ones in their place.
pub fn reduce(kind: ReduceKind, x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    let op = Reduce { kind, axes: normalize_axes(Reduce { kind, axes: Vec::new() }.name(), axes, x.shape())? };
    let kept = kept_shape(x.shape(), &op.axes)?;
    if op.axes.is_empty() {
        op.infer(&[x.ty()])?;
        return Ok(x.clone());
    }
    let y = Tensor::apply1(op.into(), vec![x.clone()])?;
    if keep_dims { movement::reshape_to(&y, kept) } else { Ok(y) }
}

/// The sum along `axes`.
pub fn sum(x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    reduce(ReduceKind::Sum, x, axes, keep_dims)
}

/// The sum of all elements, a scalar.
pub fn sum_all(x: &Tensor) -> Result<Tensor> {
    let axes: Vec<i64> = (0..x.shape().rank() as i64).collect();
    sum(x, &axes, false)
}

/// The mean along `axes` (float32): the sum divided by the count, NaN of nothing.
pub fn mean(x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    require_dtype("mean", x.ty(), &[DType::F32])?;
    let count: usize = normalize_axes("mean", axes, x.shape())?.iter().map(|&a| x.shape()[a]).product();
    // Not a product with 1/n: the mean of equal numbers is that number.
    elementwise::div(&sum(x, axes, keep_dims)?, &movement::scalar(count as f64, x.dtype())?)
}

/// The product along `axes`.
pub fn prod(x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    reduce(ReduceKind::Prod, x, axes, keep_dims)
}

/// The largest element along `axes`.
pub fn max(x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    reduce(ReduceKind::Max, x, axes, keep_dims)
}

/// The smallest element along `axes`.
pub fn min(x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    reduce(ReduceKind::Min, x, axes, keep_dims)
}

/// Whether all booleans along `axes` are true.
pub fn all(x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    reduce(ReduceKind::All, x, axes, keep_dims)
}

/// Whether any boolean along `axes` is true.
pub fn any(x: &Tensor, axes: &[i64], keep_dims: bool) -> Result<Tensor> {
    reduce(ReduceKind::Any, x, axes, keep_dims)
}

/// See [`ArgReduce`]; a negative axis counts from the end.
pub fn arg_reduce(max: bool, x: &Tensor, axis: i64, keep_dims: bool) -> Result<Tensor> {
    let axis = normalize_axis(ArgReduce { max, axis: 0 }.name(), axis, x.shape().rank())?;
    let y = Tensor::apply1(ArgReduce { max, axis }.into(), vec![x.clone()])?;
    if keep_dims { movement::reshape_to(&y, kept_shape(x.shape(), &[axis])?) } else { Ok(y) }
}

/// The transpose of a broadcast: `x` summed over the axes along which `target` was stretched to its shape. Axes that
/// `x` lacks are added; `x` itself when the shapes agree.
pub fn unbroadcast(x: &Tensor, target: Shape) -> Result<Tensor> {
    if x.shape() == target {
        return Ok(x.clone());
    }
    let extra = x.shape().rank().saturating_sub(target.rank());
    let missing = target.rank().saturating_sub(x.shape().rank());
    let axes: Vec<usize> = (0..x.shape().rank())
        .filter(|&axis| axis < extra || (target[axis - extra + missing] == 1 && x.shape()[axis] != 1))
        .collect();
    let summed = match axes.is_empty() {
        true => x.clone(),
        false => Tensor::apply1(Reduce { kind: ReduceKind::Sum, axes }.into(), vec![x.clone()])?,
    };
    if summed.shape().size() == target.size() {
        return movement::reshape_to(&summed, target);
    }
    movement::broadcast_to(&summed, target)
}
