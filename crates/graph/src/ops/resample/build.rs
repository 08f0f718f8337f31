//! Resizing and adaptive pooling of images with any number of spatial axes: functions of the primitives.

use std::sync::Arc;

use super::weights::{Coordinates, Method, bin, bin_means, interpolation};
use super::{Taps, resample};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::conv::build::{channels_to_end, channels_to_front};
use crate::ops::pool::build::{Geometry, PoolKind, pool};
use crate::ops::{elementwise, movement};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The images as float32 with channels last, checked: batch, so many spatial axes of at least one cell, channels; sizes of at least 1.
fn images(name: &str, x: &Tensor, sizes: &[usize], channels_first: bool) -> Result<Tensor> {
    if x.shape().rank() != sizes.len() + 2 || sizes.is_empty() {
        return Err(Error::shape(format!(
            "{name} to {sizes:?} takes images with batch, {} spatial axes and channels, got shape {}",
            sizes.len(),
            x.shape()
        )));
    }
    let x = if channels_first { channels_to_end(x)? } else { x.clone() };
    if sizes.contains(&0) || x.shape()[1..=sizes.len()].contains(&0) {
        return Err(Error::shape(format!(
            "{name}: images and sizes have at least one cell along every axis, got shape {} and sizes {sizes:?}",
            x.shape()
        )));
    }
    elementwise::cast(&x, DType::F32)
}

fn back(y: Tensor, channels_first: bool) -> Result<Tensor> {
    if channels_first { channels_to_front(&y) } else { Ok(y) }
}

/// Images `x [n, spatial..., c]` at other sizes, axis by axis. Those that shrink come first, from the front, so that the others have less to do;
/// of those that grow the last comes first, where the fewest rows are.
///
/// # Errors
/// Shape: a rank that does not fit, an axis or size of 0.
pub fn resize(
    x: &Tensor,
    sizes: &[usize],
    method: Method,
    coordinates: Coordinates,
    antialias: bool,
    channels_first: bool,
) -> Result<Tensor> {
    let mut y = images("resize", x, sizes, channels_first)?;
    let dims = y.shape();
    let shrinks = |axis: &usize| sizes[axis - 1] < dims[*axis];
    let (smaller, larger): (Vec<usize>, Vec<usize>) = (1..=sizes.len()).partition(shrinks);
    for axis in smaller.into_iter().chain(larger.into_iter().rev()) {
        let taps = interpolation(dims[axis], sizes[axis - 1], method, coordinates, antialias);
        let same = taps.inputs() == taps.outputs() && (0..taps.outputs()).all(|i| taps.of(i).eq([(i, 1.0)]));
        if !same {
            y = resample(&y, axis, Arc::new(taps))?;
        }
    }
    back(y, channels_first)
}

/// Pooling of images `x [n, spatial..., c]` to given sizes: result `i` of `m` along an axis of `n` cells is made of the cells
/// `floor(i n / m)..ceil((i + 1) n / m)`.
///
/// # Errors
/// Shape: a rank that does not fit, an axis or size of 0. Config: over 256 cells in a bin, for maxima.
pub fn adaptive_pool(kind: PoolKind, x: &Tensor, sizes: &[usize], channels_first: bool) -> Result<Tensor> {
    let mut y = images("adaptive pooling", x, sizes, channels_first)?;
    for (at, &size) in sizes.iter().enumerate() {
        let (axis, dim) = (at + 1, y.shape()[at + 1]);
        y = match kind {
            _ if dim == size => y,
            PoolKind::Average => resample(&y, axis, Arc::new(bin_means(dim, size)))?,
            PoolKind::Max => bin_maxima(&y, axis, size)?,
        };
    }
    back(y, channels_first)
}

/// The maxima of bins along an axis. Bins of several lengths are made one by repeating their last cell, which is no other maximum.
fn bin_maxima(x: &Tensor, axis: usize, size: usize) -> Result<Tensor> {
    let dims = x.shape();
    let dim = dims[axis];
    let bins: Vec<_> = (0..size).map(|i| bin(i, dim, size)).collect();
    let longest = bins.iter().map(|b| b.len()).max().unwrap_or(1);
    let outer: usize = dims[..axis].iter().product();
    let inner: usize = dims[axis + 1..].iter().product();
    let mut cells = x.clone();
    if size * longest != dim {
        let cell = |at: usize| vec![(at, 1.0)];
        let all = bins.iter().flat_map(|b| (0..longest).map(move |k| cell((b.start + k).min(b.end - 1))));
        cells = resample(x, axis, Arc::new(Taps::new(dim, &all.collect::<Vec<_>>())))?;
    }
    let rows = movement::reshape_to(&cells, Shape::new(&[outer, size * longest, inner])?)?;
    let geometry = Geometry {
        size: vec![longest],
        strides: vec![longest],
        dilation: vec![1],
        pads: vec![[0, 0]],
        channels_first: false,
    };
    let pooled = pool(PoolKind::Max, &rows, &geometry)?;
    let mut result = dims.to_vec();
    result[axis] = size;
    movement::reshape_to(&pooled, Shape::new(&result)?)
}
