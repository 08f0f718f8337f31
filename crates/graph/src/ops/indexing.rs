//! Operations whose positions are data: gather, scatter, dynamic slices.

mod cases;
mod scatter;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Rule, Vjp, elementwise, movement, normalize_axis, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;
pub use scatter::{
    BatchGather, RavelIndex, Scatter, ScatterKind, batch_gather, gather_nd, ravel_index, scatter, scatter_nd,
};

/// `(x, ids)`: `x` with `axis` replaced by the axes of `ids` (int32, any rank), each id naming a slice of `x`.
/// An id outside `0..dim` is a run-time data error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gather {
    /// The axis of `x` looked up.
    pub axis: usize,
}

/// `(x, ids, updates)`: `x` with every slice of `updates` (shaped as [`Gather`]'s result) added at its id along `axis`.
/// Updates of one id are added in index order. float32 or int32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// The axis of `x` written.
    pub axis: usize,
}

/// `(x, start_0, ..., start_{r-1})`, int32 scalars: the block of `sizes` that starts there. Starts are clamped so that the
/// block lies inside `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DynamicSlice {
    /// The block's shape.
    pub sizes: Shape,
}

/// `(x, update, start_0, ..., start_{r-1})`: `x` with the block at the (clamped) starts replaced by `update`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DynamicUpdateSlice;

impl Gather {
    /// The shape of `x` with `axis` replaced by the axes of `ids`.
    fn result(&self, name: &str, x: Shape, ids: Shape) -> Result<Shape> {
        if self.axis >= x.rank() {
            return Err(Error::shape(format!("{name}: axis {} is out of range for shape {x}", self.axis)));
        }
        Shape::new(&[&x[..self.axis], &ids[..], &x[self.axis + 1..]].concat())
    }
}

impl Rule for Gather {
    fn name(&self) -> &'static str {
        "gather"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, ids] = operands("gather", inputs)?;
        require_dtype("gather (ids)", ids, &[DType::I32])?;
        Ok(vec![TensorType::new(self.result("gather", x.shape, ids.shape)?, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, ids) = (&ctx.inputs[0], &ctx.inputs[1]);
        // Sums of many rows are made in float32 whatever the table's type is; the driver casts back.
        let dy = elementwise::cast(ctx.cotangent(), DType::F32)?;
        let zeros = movement::fill(0.0, x.shape(), DType::F32)?;
        Ok(vec![Some(Tensor::apply1(ScatterAdd { axis: self.axis }.into(), vec![zeros, ids.clone(), dy])?), None])
    }
}

impl Rule for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatterAdd"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, ids, updates] = operands("scatterAdd", inputs)?;
        require_dtype("scatterAdd", x, &[DType::F32, DType::I32])?;
        require_dtype("scatterAdd (ids)", ids, &[DType::I32])?;
        let expected = TensorType::new(Gather { axis: self.axis }.result("scatterAdd", x.shape, ids.shape)?, x.dtype);
        if updates != expected {
            return Err(Error::shape(format!(
                "scatterAdd into {x} along axis {} at ids of shape {} takes updates {expected}, got {updates}",
                self.axis, ids.shape
            )));
        }
        Ok(vec![x])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let dy = ctx.cotangent();
        let updates = Tensor::apply1(Gather { axis: self.axis }.into(), vec![dy.clone(), ctx.inputs[1].clone()])?;
        Ok(vec![Some(dy.clone()), None, Some(updates)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        inputs[2].shape.size() as u64
    }
}

/// Checks that `starts` are one int32 scalar an axis of `x`.
fn check_starts(name: &str, x: TensorType, starts: &[TensorType]) -> Result<()> {
    if starts.len() != x.shape.rank() {
        return Err(Error::shape(format!(
            "{name} of {x} takes {} starts, one an axis, got {}",
            x.shape.rank(),
            starts.len()
        )));
    }
    match starts.iter().find(|&&ty| ty != TensorType::scalar(DType::I32)) {
        Some(ty) => Err(Error::shape(format!("{name}: starts are int32 scalars, got {ty}"))),
        None => Ok(()),
    }
}

/// Checks that a block of `sizes` lies inside `x`.
fn check_block(name: &str, x: TensorType, sizes: Shape) -> Result<()> {
    let fits = sizes.rank() == x.shape.rank() && sizes.iter().zip(x.shape.iter()).all(|(size, dim)| size <= dim);
    match fits {
        true => Ok(()),
        false => Err(Error::shape(format!("{name}: a block of shape {sizes} does not fit in shape {}", x.shape))),
    }
}

impl Rule for DynamicSlice {
    fn name(&self) -> &'static str {
        "dynamicSlice"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let Some((&x, starts)) = inputs.split_first() else {
            return Err(Error::shape("dynamicSlice takes a tensor and its starts, got nothing"));
        };
        check_starts("dynamicSlice", x, starts)?;
        check_block("dynamicSlice", x, self.sizes)?;
        Ok(vec![TensorType::new(self.sizes, x.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, starts) = (&ctx.inputs[0], &ctx.inputs[1..]);
        let dy = ctx.cotangent();
        let zeros = movement::fill(0.0, x.shape(), dy.dtype())?;
        let mut cotangents = vec![Some(dynamic_update_slice(&zeros, dy, starts)?)];
        cotangents.resize(ctx.inputs.len(), None);
        Ok(cotangents)
    }
}

impl Rule for DynamicUpdateSlice {
    fn name(&self) -> &'static str {
        "dynamicUpdateSlice"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, update, starts @ ..] = inputs else {
            return Err(Error::shape(format!(
                "dynamicUpdateSlice takes a tensor, an update and its starts, got {} operands",
                inputs.len()
            )));
        };
        if x.dtype != update.dtype {
            return Err(Error::shape(format!("dynamicUpdateSlice takes operands of one dtype, got {x} and {update}")));
        }
        check_starts("dynamicUpdateSlice", *x, starts)?;
        check_block("dynamicUpdateSlice", *x, update.shape)?;
        Ok(vec![*x])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (update, starts) = (&ctx.inputs[1], &ctx.inputs[2..]);
        let dy = ctx.cotangent();
        let hole = movement::fill(0.0, update.shape(), dy.dtype())?;
        let mut cotangents =
            vec![Some(dynamic_update_slice(dy, &hole, starts)?), Some(dynamic_slice(dy, starts, update.shape())?)];
        cotangents.resize(ctx.inputs.len(), None);
        Ok(cotangents)
    }
}

/// See [`Gather`]; a negative axis counts from the end.
pub fn gather(x: &Tensor, ids: &Tensor, axis: i64) -> Result<Tensor> {
    let axis = normalize_axis("gather", axis, x.shape().rank())?;
    Tensor::apply1(Gather { axis }.into(), vec![x.clone(), ids.clone()])
}

/// See [`ScatterAdd`]; a negative axis counts from the end.
pub fn scatter_add(x: &Tensor, ids: &Tensor, updates: &Tensor, axis: i64) -> Result<Tensor> {
    let axis = normalize_axis("scatterAdd", axis, x.shape().rank())?;
    Tensor::apply1(ScatterAdd { axis }.into(), vec![x.clone(), ids.clone(), updates.clone()])
}

/// See [`DynamicSlice`].
pub fn dynamic_slice(x: &Tensor, starts: &[Tensor], sizes: Shape) -> Result<Tensor> {
    let inputs = std::iter::once(x).chain(starts).cloned().collect();
    Tensor::apply1(DynamicSlice { sizes }.into(), inputs)
}

/// See [`DynamicUpdateSlice`].
pub fn dynamic_update_slice(x: &Tensor, update: &Tensor, starts: &[Tensor]) -> Result<Tensor> {
    let inputs = [x, update].into_iter().chain(starts).cloned().collect();
    Tensor::apply1(DynamicUpdateSlice.into(), inputs)
}
