//! Pooling in one to three dimensions, channels last or first, and the places of maxima: functions of the primitives.

use super::{MaxPool2D, PoolWindow, avg_pool2d, max_pool2d};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::conv::build::{channels_to_end, channels_to_front, with_axis, without_axis};
use crate::ops::elementwise::{self, BinaryKind, UnaryKind};
use crate::ops::movement;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What becomes of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Its largest element; a gradient goes to the first of equals.
    Max,
    /// The mean of its real cells.
    Average,
}

/// Geometry of pooling in one to three dimensions: an entry a spatial axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Cells of the window.
    pub size: Vec<usize>,
    /// Steps of the window, at least 1.
    pub strides: Vec<usize>,
    /// Steps between the cells of a window, at least 1.
    pub dilation: Vec<usize>,
    /// Cells of padding before the first and after the last; never chosen, never counted.
    pub pads: Vec<[usize; 2]>,
    /// Images are `[batch, channels, spatial...]`, else `[batch, spatial..., channels]`.
    pub channels_first: bool,
}

impl Geometry {
    /// A window along the given axes; 1 cell along an axis that is `None`.
    fn window(&self, axes: [Option<usize>; 2]) -> PoolWindow {
        let entry = |values: &[usize]| axes.map(|axis| axis.map_or(1, |a| values[a]));
        let pads = axes.map(|axis| axis.map_or([0, 0], |a| self.pads[a]));
        PoolWindow {
            size: entry(&self.size),
            strides: entry(&self.strides),
            dilation: entry(&self.dilation),
            pad_h: pads[0],
            pad_w: pads[1],
        }
    }
}

fn plane(kind: PoolKind, x: &Tensor, window: PoolWindow) -> Result<Tensor> {
    let trivial = window.size == [1, 1] && window.strides == [1, 1] && window.pad_h == [0, 0] && window.pad_w == [0, 0];
    match kind {
        _ if trivial => Ok(x.clone()),
        PoolKind::Max => max_pool2d(x, window),
        PoolKind::Average => avg_pool2d(x, window),
    }
}

/// Pooling of `x` in as many dimensions (one to three) as the geometry has.
///
/// Along three axes, and where a window has more cells than a position can number, it goes axis by axis: the maximum of maxima, the mean
/// of means (every row of a window has as many real cells as the others).
///
/// # Errors
/// Shape, config: a rank that does not fit, a window larger than the padded input, strides of 0, padding that fills a window, over 256 cells
/// along one axis for a maximum.
pub fn pool(kind: PoolKind, x: &Tensor, geometry: &Geometry) -> Result<Tensor> {
    let rank = geometry.size.len();
    let entries = [geometry.strides.len(), geometry.dilation.len(), geometry.pads.len()];
    if !(1..=3).contains(&rank) || entries != [rank; 3] {
        return Err(Error::config(format!(
            "pooling has one to three axes, each with all attributes, got {geometry:?}"
        )));
    }
    if x.shape().rank() != rank + 2 {
        let layout =
            if geometry.channels_first { "[batch, channels, spatial...]" } else { "[batch, spatial..., channels]" };
        return Err(Error::shape(format!("pooling in {rank} dimensions takes {layout}, got shape {}", x.shape())));
    }
    let x = if geometry.channels_first { channels_to_end(x)? } else { x.clone() };
    let x = elementwise::cast(&x, DType::F32)?;
    let y = match rank {
        1 => without_axis(&plane(kind, &with_axis(&x, 1)?, geometry.window([None, Some(0)]))?, 1)?,
        2 => over_plane(kind, &x, geometry, [0, 1])?,
        _ => {
            let [n, d, h, w, c] = <[usize; 5]>::try_from(&x.shape()[..]).expect("the rank was checked");
            let frames = movement::reshape_to(&x, Shape::new(&[n * d, h, w, c])?)?;
            let pooled = over_plane(kind, &frames, geometry, [1, 2])?;
            let [_, oh, ow, _] = <[usize; 4]>::try_from(&pooled.shape()[..]).expect("an image");
            let columns = movement::reshape_to(&pooled, Shape::new(&[n, d, oh * ow, c])?)?;
            let deep = plane(kind, &columns, geometry.window([Some(0), None]))?;
            movement::reshape_to(&deep, Shape::new(&[n, deep.shape()[1], oh, ow, c])?)?
        }
    };
    if geometry.channels_first { channels_to_front(&y) } else { Ok(y) }
}

/// Pooling along two axes of a geometry, one after the other for large windows.
fn over_plane(kind: PoolKind, x: &Tensor, geometry: &Geometry, [first, second]: [usize; 2]) -> Result<Tensor> {
    if geometry.size[first].saturating_mul(geometry.size[second]) <= 256 {
        return plane(kind, x, geometry.window([Some(first), Some(second)]));
    }
    let rows = plane(kind, x, geometry.window([None, Some(second)]))?;
    plane(kind, &rows, geometry.window([Some(first), None]))
}

/// The largest element of every window of `x [n, h, w, c]`, and where it lies (int32): `(row * w + column) * c + channel`, in the whole
/// batch (`((image * h + row) * w + ...`) if `include_batch`.
///
/// # Errors
/// As [`MaxPool2D`].
pub fn max_pool_with_argmax(x: &Tensor, window: PoolWindow, include_batch: bool) -> Result<[Tensor; 2]> {
    let x = elementwise::cast(x, DType::F32)?;
    let outputs = Tensor::apply(MaxPool2D { window }.into(), vec![x.clone()])?;
    let [_, h, w, c] = <[usize; 4]>::try_from(&x.shape()[..]).expect("pooling checked the rank");
    let shape = outputs[0].shape();
    // Cells within a window are below 256, so the row is exact in float32: floor((cell + 1/2) / width).
    let cell = elementwise::cast(&outputs[1], DType::F32)?;
    let width = window.size[1] as f64;
    let row =
        elementwise::unary(UnaryKind::Floor, &elementwise::scale(&elementwise::shift(&cell, 0.5)?, 1.0 / width)?)?;
    let column = elementwise::sub(&cell, &elementwise::scale(&row, width)?)?;
    let whole = |t: &Tensor| elementwise::cast(t, DType::I32);
    let number = |value: usize| movement::scalar(value as f64, DType::I32);
    let times = |t: &Tensor, factor: usize| elementwise::binary(BinaryKind::Mul, t, &number(factor)?);
    let plus = |a: &Tensor, b: &Tensor| elementwise::binary(BinaryKind::Add, a, b);
    // Where a window begins, and its chosen cell from there.
    let along = |axis: usize, cell: &Tensor, pad: usize| -> Result<Tensor> {
        let start = times(&movement::iota(shape, axis + 1, DType::I32)?, window.strides[axis])?;
        let inside = times(&whole(cell)?, window.dilation[axis])?;
        let at = plus(&start, &inside)?;
        elementwise::binary(BinaryKind::Sub, &at, &number(pad)?)
    };
    let mut at = along(0, &row, window.pad_h[0])?;
    if include_batch {
        at = plus(&times(&movement::iota(shape, 0, DType::I32)?, h)?, &at)?;
    }
    at = plus(&times(&at, w)?, &along(1, &column, window.pad_w[0])?)?;
    at = plus(&times(&at, c)?, &movement::iota(shape, 3, DType::I32)?)?;
    Ok([outputs[0].clone(), at])
}
