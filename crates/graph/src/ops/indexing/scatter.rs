//! Look-ups and writes whose positions differ from batch entry to batch entry, and writes other than sums.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::BinaryKind;
use crate::ops::{Rule, Vjp, elementwise, movement, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

/// `(x [batch..., n, inner...], ids [batch..., k])`: `y[b, i] = x[b, ids[b, i]]`, shape `[batch..., k, inner...]`. The batch
/// axes are all axes of the (int32) ids but the last. An id outside `0..n` is a run-time data error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchGather;

/// What an update does to the element that it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScatterKind {
    /// Is added.
    Add,
    /// Replaces it: of several updates of one id the last stays.
    Set,
    /// The larger stays; NaN wins.
    Max,
    /// The smaller stays; NaN wins.
    Min,
    /// Is multiplied.
    Mul,
}

/// `(x [batch..., n, inner...], ids [batch..., k], updates [batch..., k, inner...])`: `x` with `updates[b, i]` combined into
/// `x[b, ids[b, i]]`, in the order of i. float32 or int32 (`Set`: any dtype). An id outside `0..n` is a run-time data error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scatter {
    /// How.
    pub kind: ScatterKind,
}

/// `indices [..., m]` (int32), each an index of the `m` axes of `dims`: its position in row-major order, int32 `[...]`. An
/// index outside of `dims` is a run-time data error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RavelIndex {
    /// The shape indexed: at most 2^31 elements.
    pub dims: Shape,
}

/// The shape of a look-up of `ids` in `x`.
fn looked_up(name: &str, x: TensorType, ids: TensorType) -> Result<Shape> {
    require_dtype(name, ids, &[DType::I32])?;
    let Some(batch) = ids.shape.rank().checked_sub(1) else {
        return Err(Error::shape(format!("{name} takes ids of rank 1 or more, got a scalar")));
    };
    if x.shape.rank() <= batch || x.shape[..batch] != ids.shape[..batch] {
        return Err(Error::shape(format!(
            "{name}: {x} and ids {} must agree in all axes of the ids but the last",
            ids.shape
        )));
    }
    Shape::new(&[&ids.shape[..], &x.shape[batch + 1..]].concat())
}

impl Rule for BatchGather {
    fn name(&self) -> &'static str {
        "batchGather"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, ids] = operands("batchGather", inputs)?;
        Ok(vec![TensorType::new(looked_up("batchGather", x, ids)?, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        // Sums of many rows are made in float32 whatever the table's type is; the driver casts back.
        let dy = elementwise::cast(ctx.cotangent(), DType::F32)?;
        let zeros = movement::fill(0.0, ctx.inputs[0].shape(), DType::F32)?;
        Ok(vec![Some(scatter(ScatterKind::Add, &zeros, &ctx.inputs[1], &dy)?), None])
    }
}

impl Rule for Scatter {
    fn name(&self) -> &'static str {
        match self.kind {
            ScatterKind::Add => "batchScatterAdd",
            ScatterKind::Set => "scatterSet",
            ScatterKind::Max => "scatterMax",
            ScatterKind::Min => "scatterMin",
            ScatterKind::Mul => "scatterMul",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, ids, updates] = operands(self.name(), inputs)?;
        if self.kind != ScatterKind::Set {
            require_dtype(self.name(), x, &[DType::F32, DType::I32])?;
        }
        let expected = TensorType::new(looked_up(self.name(), x, ids)?, x.dtype);
        if updates != expected {
            return Err(Error::shape(format!(
                "{} into {x} at ids of shape {} takes updates {expected}, got {updates}",
                self.name(),
                ids.shape
            )));
        }
        Ok(vec![x])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, ids, updates) = (&ctx.inputs[0], &ctx.inputs[1], &ctx.inputs[2]);
        let (y, dy) = (&ctx.outputs[0], ctx.cotangent());
        let [dx, dupdates] = match self.kind {
            ScatterKind::Add => [dy.clone(), batch_gather(dy, ids)?],
            ScatterKind::Set => {
                let hole = movement::fill(0.0, updates.shape(), dy.dtype())?;
                let stays = self.last_of_id(x, ids)?;
                let arrived = batch_gather(dy, ids)?;
                let nothing = movement::scalar(0.0, dy.dtype())?;
                let stays = along_inner(&stays, updates.shape())?;
                [scatter(ScatterKind::Set, dy, ids, &hole)?, elementwise::select(&stays, &arrived, &nothing)?]
            }
            ScatterKind::Max | ScatterKind::Min => extreme_gradient(x, ids, updates, y, dy)?,
            ScatterKind::Mul => [scatter(ScatterKind::Mul, dy, ids, updates)?, factor_gradient(x, ids, updates, dy)?],
        };
        Ok(vec![Some(dx), None, Some(dupdates)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        inputs[2].shape.size() as u64
    }
}

impl Scatter {
    /// Which ids have no equal behind them, as bool of the ids' shape.
    fn last_of_id(&self, x: &Tensor, ids: &Tensor) -> Result<Tensor> {
        let batch = ids.shape().rank() - 1;
        let positions = movement::iota(ids.shape(), batch, DType::I32)?;
        let none = movement::fill(-1.0, Shape::new(&x.shape()[..=batch])?, DType::I32)?;
        let last = scatter(ScatterKind::Set, &none, ids, &positions)?;
        elementwise::binary(BinaryKind::Eq, &batch_gather(&last, ids)?, &positions)
    }
}

/// A tensor of the ids' shape stretched along the inner axes of `shape`.
fn along_inner(t: &Tensor, shape: Shape) -> Result<Tensor> {
    let mut dims = t.shape().to_vec();
    dims.resize(shape.rank(), 1);
    movement::broadcast_to(&movement::reshape_to(t, Shape::new(&dims)?)?, shape)
}

/// The cotangent shared among all that equal the extreme: the element of `x` and the updates.
fn extreme_gradient(x: &Tensor, ids: &Tensor, updates: &Tensor, y: &Tensor, dy: &Tensor) -> Result<[Tensor; 2]> {
    let nothing = movement::scalar(0.0, dy.dtype())?;
    let stays = elementwise::binary(BinaryKind::Eq, x, y)?;
    let arrives = elementwise::binary(BinaryKind::Eq, updates, &batch_gather(y, ids)?)?;
    let (ours, theirs) = (elementwise::cast(&stays, dy.dtype())?, elementwise::cast(&arrives, dy.dtype())?);
    let share = elementwise::div(dy, &scatter(ScatterKind::Add, &ours, ids, &theirs)?)?;
    Ok([
        elementwise::select(&stays, &share, &nothing)?,
        elementwise::select(&arrives, &batch_gather(&share, ids)?, &nothing)?,
    ])
}

/// `dy * x * product of the other updates of the id`, exact where updates are zero: the product of those that are not, and
/// the number of those that are.
fn factor_gradient(x: &Tensor, ids: &Tensor, updates: &Tensor, dy: &Tensor) -> Result<Tensor> {
    let dtype = updates.dtype();
    let (zero, one) = (movement::scalar(0.0, dtype)?, movement::scalar(1.0, dtype)?);
    let is_zero = elementwise::binary(BinaryKind::Eq, updates, &zero)?;
    let factors = elementwise::select(&is_zero, &one, updates)?;
    let ones = movement::fill(1.0, x.shape(), dtype)?;
    let product = batch_gather(&scatter(ScatterKind::Mul, &ones, ids, &factors)?, ids)?;
    let none = movement::fill(0.0, x.shape(), dtype)?;
    let zeros = batch_gather(&scatter(ScatterKind::Add, &none, ids, &elementwise::cast(&is_zero, dtype)?)?, ids)?;
    // The number of zeros among the others.
    let others = elementwise::sub(&zeros, &elementwise::cast(&is_zero, dtype)?)?;
    let without = elementwise::div(&product, &factors)?;
    let alive = elementwise::binary(BinaryKind::Eq, &others, &zero)?;
    let slope = elementwise::select(&alive, &without, &zero)?;
    elementwise::mul(&batch_gather(&elementwise::mul(dy, x)?, ids)?, &slope)
}

impl Rule for RavelIndex {
    fn name(&self) -> &'static str {
        "ravelIndex"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [indices] = operands("ravelIndex", inputs)?;
        require_dtype("ravelIndex", indices, &[DType::I32])?;
        let Some((&axes, rest)) = indices.shape.split_last() else {
            return Err(Error::shape("an index list has rank 1 or more, got a scalar"));
        };
        if axes != self.dims.rank() {
            return Err(Error::shape(format!(
                "indices of shape {} name {axes} axes each, shape {} has {}",
                indices.shape,
                self.dims,
                self.dims.rank()
            )));
        }
        if self.dims.size() > i32::MAX as usize {
            return Err(Error::shape(format!("shape {} has more than 2^31 - 1 positions", self.dims)));
        }
        Ok(vec![TensorType::new(Shape::new(rest)?, DType::I32)])
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }
}

/// See [`BatchGather`].
pub fn batch_gather(x: &Tensor, ids: &Tensor) -> Result<Tensor> {
    Tensor::apply1(BatchGather.into(), vec![x.clone(), ids.clone()])
}

/// See [`Scatter`].
pub fn scatter(kind: ScatterKind, x: &Tensor, ids: &Tensor, updates: &Tensor) -> Result<Tensor> {
    Tensor::apply1(Scatter { kind }.into(), vec![x.clone(), ids.clone(), updates.clone()])
}

/// See [`RavelIndex`].
pub fn ravel_index(indices: &Tensor, dims: Shape) -> Result<Tensor> {
    Tensor::apply1(RavelIndex { dims }.into(), vec![indices.clone()])
}

/// The leading `m` axes of `x` as one, where `indices [..., m]` names positions in them; and those positions, `[...]`.
fn flattened(x: &Tensor, indices: &Tensor) -> Result<(Tensor, Tensor)> {
    let shape = x.shape();
    let Some(&axes) = indices.shape().last() else {
        return Err(Error::shape("an index list has rank 1 or more, got a scalar"));
    };
    if axes > shape.rank() {
        return Err(Error::shape(format!(
            "indices of shape {} name {axes} axes each, a tensor of shape {shape} has {}",
            indices.shape(),
            shape.rank()
        )));
    }
    let (named, inner) = shape.split_at(axes);
    let ids = ravel_index(indices, Shape::new(named)?)?;
    let flat: Vec<usize> = std::iter::once(named.iter().product()).chain(inner.iter().copied()).collect();
    Ok((movement::reshape_to(x, Shape::new(&flat)?)?, ids))
}

/// `y[i...] = x[indices[i..., 0], ..., indices[i..., m - 1]]`, shape `[i..., inner...]`: TensorFlow's `gather_nd`.
pub fn gather_nd(x: &Tensor, indices: &Tensor) -> Result<Tensor> {
    let (flat, ids) = flattened(x, indices)?;
    super::gather(&flat, &ids, 0)
}

/// `x` with `updates [i..., inner...]` combined, in order, into the slices that `indices [i..., m]` names: TensorFlow's
/// `tensor_scatter_nd_*`.
pub fn scatter_nd(kind: ScatterKind, x: &Tensor, indices: &Tensor, updates: &Tensor) -> Result<Tensor> {
    let (flat, ids) = flattened(x, indices)?;
    let expected = [&ids.shape()[..], &flat.shape()[1..]].concat();
    if updates.shape().dims() != expected {
        return Err(Error::shape(format!(
            "scatterND into shape {} at indices of shape {} takes updates of shape {expected:?}, got {}",
            x.shape(),
            indices.shape(),
            updates.shape()
        )));
    }
    let count = ids.shape().size();
    let ids = movement::reshape_to(&ids, Shape::new(&[count])?)?;
    let rows = Shape::new(&[&[count], &flat.shape()[1..]].concat())?;
    let updates = movement::reshape_to(updates, rows)?;
    movement::reshape_to(&scatter(kind, &flat, &ids, &updates)?, x.shape())
}
