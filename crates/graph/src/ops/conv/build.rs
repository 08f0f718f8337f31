//! Convolution in one to three dimensions, transposed or not, channels last or first: functions of the primitives.

use super::{Window, check_groups};
use super::{conv2d_grouped, input_grad, positions};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::gradient::gradients;
use crate::ops::{elementwise, movement};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Geometry of a convolution in one to three dimensions: an entry a spatial axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Steps of the kernel, at least 1.
    pub strides: Vec<usize>,
    /// Steps between taps, at least 1.
    pub dilation: Vec<usize>,
    /// Zeros before the first and after the last cell.
    pub pads: Vec<[usize; 2]>,
    /// Groups of channels.
    pub groups: usize,
    /// Images are `[batch, channels, spatial...]`, else `[batch, spatial..., channels]`. Kernels are `[spatial..., in, out]` always.
    pub channels_first: bool,
}

/// `x` with its channels, axis 1, moved to the end.
pub(crate) fn channels_to_end(x: &Tensor) -> Result<Tensor> {
    let order: Vec<usize> = [0].into_iter().chain(2..x.shape().rank()).chain([1]).collect();
    movement::transpose(x, &order)
}

/// `x` with its channels, the last axis, moved to axis 1.
pub(crate) fn channels_to_front(x: &Tensor) -> Result<Tensor> {
    let rank = x.shape().rank();
    let order: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
    movement::transpose(x, &order)
}

/// `t` with an axis of size 1 put in at `axis`.
pub(crate) fn with_axis(t: &Tensor, axis: usize) -> Result<Tensor> {
    let mut dims = t.shape().to_vec();
    dims.insert(axis, 1);
    movement::reshape_to(t, Shape::new(&dims)?)
}

/// `t` without its `axis`, which has size 1.
pub(crate) fn without_axis(t: &Tensor, axis: usize) -> Result<Tensor> {
    let mut dims = t.shape().to_vec();
    dims.remove(axis);
    movement::reshape_to(t, Shape::new(&dims)?)
}

impl Geometry {
    /// The number of spatial axes, checked against the operands: images and kernel have two axes more.
    fn rank(&self, name: &str, images: &Tensor, kernel: &Tensor) -> Result<usize> {
        let rank = self.strides.len();
        if !(1..=3).contains(&rank) || self.dilation.len() != rank || self.pads.len() != rank {
            return Err(Error::config(format!(
                "{name}: strides, dilation and padding have an entry for each of one to three spatial axes, got {:?}, {:?} and {:?}",
                self.strides, self.dilation, self.pads
            )));
        }
        let layout =
            if self.channels_first { "[batch, channels, spatial...]" } else { "[batch, spatial..., channels]" };
        if images.shape().rank() != rank + 2 || kernel.shape().rank() != rank + 2 {
            return Err(Error::shape(format!(
                "{name} in {rank} dimensions takes {layout} and a kernel [spatial..., in, out], got shapes {} and {}",
                images.shape(),
                kernel.shape()
            )));
        }
        if self.strides.contains(&0) || self.dilation.contains(&0) {
            return Err(Error::config(format!(
                "{name}: strides and dilation must be at least 1, got {:?} and {:?}",
                self.strides, self.dilation
            )));
        }
        Ok(rank)
    }

    /// The geometry of the last two of its axes; that of one axis is as if there were another of one cell.
    fn plane(&self) -> Window {
        let from_end = |values: &[usize], back: usize, missing: usize| {
            values.len().checked_sub(back).map_or(missing, |at| values[at])
        };
        let pads = |back: usize| self.pads.len().checked_sub(back).map_or([0, 0], |at| self.pads[at]);
        Window {
            strides: [from_end(&self.strides, 2, 1), from_end(&self.strides, 1, 1)],
            dilation: [from_end(&self.dilation, 2, 1), from_end(&self.dilation, 1, 1)],
            pad_h: pads(2),
            pad_w: pads(1),
        }
    }
}

/// Convolution of `x` with `kernel [spatial..., in / groups, out]` in as many dimensions (one to three) as the geometry has:
/// [`Conv2D`](super::Conv2D) with one axis less or more.
///
/// # Errors
/// Shape, config: ranks, channels or groups that do not fit, a kernel larger than the padded input, strides of 0.
pub fn conv(x: &Tensor, kernel: &Tensor, geometry: &Geometry) -> Result<Tensor> {
    let rank = geometry.rank("conv", x, kernel)?;
    let x = if geometry.channels_first { channels_to_end(x)? } else { x.clone() };
    let x = elementwise::cast(&x, DType::F32)?;
    let y = match rank {
        1 => {
            let (plane, filter) = (with_axis(&x, 1)?, with_axis(kernel, 0)?);
            without_axis(&conv2d_grouped(&plane, &filter, geometry.plane(), geometry.groups)?, 1)?
        }
        2 => conv2d_grouped(&x, kernel, geometry.plane(), geometry.groups)?,
        _ => conv3d(&x, kernel, geometry)?,
    };
    if geometry.channels_first { channels_to_front(&y) } else { Ok(y) }
}

/// Frames are folded into the batch. With one group the taps along the depth become channels: one convolution, whose sums stay in
/// registers, over an input that is copied once a tap. With more groups the taps' convolutions are added.
fn conv3d(x: &Tensor, kernel: &Tensor, geometry: &Geometry) -> Result<Tensor> {
    let [n, d, h, w, ci] = <[usize; 5]>::try_from(&x.shape()[..]).expect("the rank was checked");
    let [kd, kh, kw, kci, co] = <[usize; 5]>::try_from(&kernel.shape()[..]).expect("the rank was checked");
    let (stride, dilation, pad) = (geometry.strides[0], geometry.dilation[0], geometry.pads[0]);
    let frames = positions(d, kd, stride, dilation, pad).ok_or_else(|| {
        Error::shape(format!("conv3d: a kernel of depth {kd} does not fit an input of depth {d} padded by {pad:?}"))
    })?;
    if ci != kci.saturating_mul(geometry.groups) {
        return Err(Error::shape(format!(
            "conv3d: the input has {ci} channels ({}), the kernel takes {kci} in each of {} groups ({})",
            x.shape(),
            geometry.groups,
            kernel.shape()
        )));
    }
    check_groups("conv3d", geometry.groups, co)?;
    let zero = movement::scalar(0.0, DType::F32)?;
    let deep = match pad {
        [0, 0] => x.clone(),
        [low, high] => movement::pad(x, &zero, &[0, low as i64, 0, 0, 0], &[0, high as i64, 0, 0, 0], &[0; 5])?,
    };
    let tap = |a: usize| -> Result<Tensor> {
        let first = a * dilation;
        let limits = [n, first + (frames - 1) * stride + 1, h, w, ci];
        movement::slice(&deep, &[0, first, 0, 0, 0], &limits, &[1, stride, 1, 1, 1])
    };
    let folded = |x: &Tensor, channels: usize| movement::reshape_to(x, Shape::new(&[n * frames, h, w, channels])?);
    let window = geometry.plane();
    let y = if geometry.groups == 1 {
        let taps = (0..kd).map(tap).collect::<Result<Vec<Tensor>>>()?;
        let wide = if kd == 1 { taps[0].clone() } else { movement::concat(&taps, 4)? };
        let filter = movement::transpose(kernel, &[1, 2, 0, 3, 4])?;
        let filter = movement::reshape_to(&filter, Shape::new(&[kh, kw, kd * kci, co])?)?;
        conv2d_grouped(&folded(&wide, kd * ci)?, &filter, window, 1)?
    } else {
        let mut sum: Option<Tensor> = None;
        for a in 0..kd {
            let filter = without_axis(&movement::slice_axis(kernel, 0, a, a + 1)?, 0)?;
            let term = conv2d_grouped(&folded(&tap(a)?, ci)?, &filter, window, geometry.groups)?;
            sum = Some(match sum {
                Some(so_far) => elementwise::add(&so_far, &term)?,
                None => term,
            });
        }
        sum.ok_or_else(|| Error::shape("conv3d: the kernel has no depth"))?
    };
    let [_, oh, ow, _] = <[usize; 4]>::try_from(&y.shape()[..]).expect("an image");
    movement::reshape_to(&y, Shape::new(&[n, frames, oh, ow, co])?)
}

/// The transpose of [`conv`] in its input: `dy` has the shape of the result of `conv` for an input of spatial dims `input`, whose shape the
/// result has. The kernel is that of `conv`: its `in` are the channels of the result, its `out` those of `dy`.
///
/// # Errors
/// As [`conv`]; shape: `dy` is not of that shape.
pub fn conv_transpose(dy: &Tensor, kernel: &Tensor, geometry: &Geometry, input: &[usize]) -> Result<Tensor> {
    let rank = geometry.rank("convTranspose", dy, kernel)?;
    if input.len() != rank {
        return Err(Error::shape(format!("convTranspose: the output has {rank} spatial dims, got {input:?}")));
    }
    let dy = if geometry.channels_first { channels_to_end(dy)? } else { dy.clone() };
    let dy = elementwise::cast(&dy, DType::F32)?;
    let groups = geometry.groups;
    let dx = match rank {
        1 => {
            let (plane, filter) = (with_axis(&dy, 1)?, with_axis(kernel, 0)?);
            without_axis(&input_grad(&plane, &filter, geometry.plane(), [1, input[0]], groups)?, 1)?
        }
        2 => input_grad(&dy, kernel, geometry.plane(), [input[0], input[1]], groups)?,
        _ => {
            // The gradient of the convolution of anything: it is linear in its input, so its numbers do not count.
            let channels = kernel.shape()[3].saturating_mul(groups);
            let dims = [dy.shape()[0], input[0], input[1], input[2], channels];
            let x = movement::fill(0.0, Shape::new(&dims)?, DType::F32)?;
            let y = conv3d(&x, kernel, geometry)?;
            if y.shape() != dy.shape() {
                return Err(Error::shape(format!(
                    "convTranspose: the convolution of an input of {input:?} gives shape {}, got {}",
                    y.shape(),
                    dy.shape()
                )));
            }
            let [dx] = <[Option<Tensor>; 1]>::try_from(gradients(&[y], &[Some(dy)], &[x])?).expect("one gradient");
            dx.ok_or_else(|| Error::shape("convTranspose: the kernel has no depth"))?
        }
    };
    if geometry.channels_first { channels_to_front(&dx) } else { Ok(dx) }
}
