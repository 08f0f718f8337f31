//! Max and average pooling over NHWC images, with gradients. Vectors run over channels; windows are walked cell by cell.
//!
//! A cell of a window that lies outside the image does not exist: it is no maximum and is not counted by the average.

mod windows;

use crate::conv::image_step;
use crate::{Elem, Isa, View, ViewMut};
use std::ops::Range;
use std::ptr;
use windows::{Job, Kind, run};

/// The sizes of a pooling: the window of output `(oh, ow)` starts at input `(oh * stride_h - pad_top, ow * stride_w - pad_left)`,
/// and its cells are `dilation` apart.
/// Padding below and to the right follows from the output's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolShape {
    pub batch: usize,
    pub in_h: usize,
    pub in_w: usize,
    pub channels: usize,
    pub out_h: usize,
    pub out_w: usize,
    pub window_h: usize,
    pub window_w: usize,
    pub stride_h: usize,
    pub stride_w: usize,
    pub pad_top: usize,
    pub pad_left: usize,
    pub dilation_h: usize,
    pub dilation_w: usize,
}

impl PoolShape {
    fn x_dims(&self) -> [usize; 4] {
        [self.batch, self.in_h, self.in_w, self.channels]
    }

    fn y_dims(&self) -> [usize; 4] {
        [self.batch, self.out_h, self.out_w, self.channels]
    }

    /// Whether the windows tile the image from its corner, so that a gradient is written rather than added.
    fn is_tiling(&self) -> bool {
        (self.stride_h, self.stride_w) == (self.window_h, self.window_w)
            && (self.pad_top, self.pad_left) == (0, 0)
            && (self.dilation_h, self.dilation_w) == (1, 1)
    }

    /// The rows of a window of output row `oh` that exist.
    fn window_rows(&self, oh: usize) -> Range<usize> {
        span(oh * self.stride_h, self.pad_top, [self.window_h, self.dilation_h], self.in_h)
    }

    /// The columns of a window of output column `ow` that exist.
    fn window_columns(&self, ow: usize) -> Range<usize> {
        span(ow * self.stride_w, self.pad_left, [self.window_w, self.dilation_w], self.in_w)
    }

    /// The output columns whose windows lie in the image with all columns; empty at its end where there are none.
    fn whole_columns(&self) -> Range<usize> {
        let reach = (self.window_w - 1) * self.dilation_w;
        let first = self.pad_left.div_ceil(self.stride_w);
        let end = (self.in_w + self.pad_left).checked_sub(reach + 1).map_or(0, |last| last / self.stride_w + 1);
        first..end.min(self.out_w)
    }
}

/// The cells of a window (so many, so far apart) from `start` on, in padded coordinates, that lie in the image.
fn span(start: usize, pad: usize, [window, dilation]: [usize; 2], image: usize) -> Range<usize> {
    let first = pad.saturating_sub(start).div_ceil(dilation).min(window);
    first..(image + pad).saturating_sub(start).div_ceil(dilation).clamp(first, window)
}

/// The maximum of every window, and in `indices` (`U8`, dims of `y`) the position of the first maximum within its window,
/// row-major. A NaN counts as the maximum. Windows without cells give minus infinity.
///
/// All operands lie without gaps but for the step from image to image. Panics when dims do not match, or when indices are
/// asked for of windows of more than 256 cells.
pub fn max_pool(isa: Isa, shape: &PoolShape, x: View, mut y: ViewMut, indices: Option<ViewMut>) {
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let y_step = image_step(y.dims(), y.strides(), shape.y_dims(), "y");
    let mut job = Job::new(shape, (x.as_ptr::<f32>().cast_mut(), x_step), (y.as_mut_ptr::<f32>(), y_step));
    if let Some(mut indices) = indices {
        job.indices_step = indices_step(shape, indices.elem(), indices.dims(), indices.strides());
        job.indices = indices.as_bytes_mut_ptr();
    }
    // SAFETY: the views promise their elements, and that y and the indices, which are written, overlap nothing.
    unsafe { run(isa, Kind::Max, &job) }
}

/// The maxima of [`max_pool`], or the means of [`avg_pool`] if `mean`, of the channels `channels` alone: `x` and `y` have these, of pixels
/// that lie as those of `shape` do.
///
/// Panics when dims or steps do not match.
pub fn pool_channels(isa: Isa, shape: &PoolShape, mean: bool, channels: Range<usize>, x: View, mut y: ViewMut) {
    assert!(channels.end <= shape.channels, "channels {channels:?} of {} were asked for", shape.channels);
    let x_step = part_step(x.dims(), x.strides(), shape.x_dims(), channels.len(), "x");
    let y_step = part_step(y.dims(), y.strides(), shape.y_dims(), channels.len(), "y");
    let mut job = Job::new(shape, (x.as_ptr::<f32>().cast_mut(), x_step), (y.as_mut_ptr::<f32>(), y_step));
    job.channels = channels.len();
    // SAFETY: the views promise their elements, and that y, which is written, overlaps nothing.
    unsafe { run(isa, if mean { Kind::Average } else { Kind::Max }, &job) }
}

/// Checks images of which `channels` channels are seen; returns the step from image to image.
fn part_step(dims: &[usize], strides: &[isize], whole: [usize; 4], channels: usize, what: &str) -> isize {
    let [images, height, width, pixel] = whole;
    assert_eq!(dims, [images, height, width, channels], "the dims of {what}");
    for (axis, step) in [(1, width * pixel), (2, pixel), (3, 1)] {
        let lies = dims[axis] <= 1 || strides[axis] == step as isize;
        assert!(lies, "an image of {what} lies without gaps but for the channels that are not asked for");
    }
    strides[0]
}

/// The gradient of [`max_pool`]: `dx` is zero but for the maxima, each the sum of `dy` over the windows that chose it.
///
/// Requirements as for [`max_pool`].
pub fn max_pool_grad(isa: Isa, shape: &PoolShape, indices: View, dy: View, mut dx: ViewMut) {
    let dx_step = image_step(dx.dims(), dx.strides(), shape.x_dims(), "dx");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let mut job = Job::new(shape, (dx.as_mut_ptr::<f32>(), dx_step), (dy.as_ptr::<f32>().cast_mut(), dy_step));
    job.indices_step = indices_step(shape, indices.elem(), indices.dims(), indices.strides());
    job.indices = indices.as_bytes_ptr().cast_mut();
    // SAFETY: the views promise their elements; only dx is written.
    unsafe {
        clear(&job);
        run(isa, Kind::MaxGrad, &job);
    }
}

/// The elements of `g` (dims of `x`) at the maxima that `indices` name: `out` has the dims of `y`. It is the transpose of
/// [`max_pool_grad`], hence its gradient with respect to `dy`.
///
/// Requirements as for [`max_pool`].
pub fn max_pool_gather(isa: Isa, shape: &PoolShape, indices: View, g: View, mut out: ViewMut) {
    let g_step = image_step(g.dims(), g.strides(), shape.x_dims(), "g");
    let out_step = image_step(out.dims(), out.strides(), shape.y_dims(), "out");
    let mut job = Job::new(shape, (g.as_ptr::<f32>().cast_mut(), g_step), (out.as_mut_ptr::<f32>(), out_step));
    job.indices_step = indices_step(shape, indices.elem(), indices.dims(), indices.strides());
    job.indices = indices.as_bytes_ptr().cast_mut();
    // SAFETY: the views promise their elements; only `out` is written.
    unsafe { run(isa, Kind::MaxGather, &job) }
}

/// The mean of the cells of every window that exist; zero where there are none.
///
/// Operands lie without gaps but for the step from image to image. Panics when dims do not match.
pub fn avg_pool(isa: Isa, shape: &PoolShape, x: View, mut y: ViewMut) {
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let y_step = image_step(y.dims(), y.strides(), shape.y_dims(), "y");
    let job = Job::new(shape, (x.as_ptr::<f32>().cast_mut(), x_step), (y.as_mut_ptr::<f32>(), y_step));
    // SAFETY: the views promise their elements; only y is written.
    unsafe { run(isa, Kind::Average, &job) }
}

/// The gradient of [`avg_pool`]: every cell gets its windows' `dy`, each divided by the number of its window's cells.
///
/// Requirements as for [`avg_pool`].
pub fn avg_pool_grad(isa: Isa, shape: &PoolShape, dy: View, mut dx: ViewMut) {
    let dx_step = image_step(dx.dims(), dx.strides(), shape.x_dims(), "dx");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let job = Job::new(shape, (dx.as_mut_ptr::<f32>(), dx_step), (dy.as_ptr::<f32>().cast_mut(), dy_step));
    // SAFETY: the views promise their elements; only dx is written.
    unsafe {
        clear(&job);
        run(isa, Kind::AverageGrad, &job);
    }
}

/// Checks the indices of a pooling; returns their step from image to image.
fn indices_step(shape: &PoolShape, elem: Elem, dims: &[usize], strides: &[isize]) -> isize {
    assert!(shape.window_h * shape.window_w <= 256, "a byte holds the positions of a window of 256 cells at most");
    assert_eq!(elem, Elem::U8, "positions within windows are bytes");
    image_step(dims, strides, shape.y_dims(), "the indices")
}

/// Zeroes the elements of dx (the job's x) that no window writes; all of them when windows add.
///
/// # Safety
/// The job's x is writable.
unsafe fn clear(job: &Job) {
    let shape = job.shape;
    let line = shape.in_w * shape.channels;
    let (covered_h, covered_w) = if shape.is_tiling() {
        (shape.in_h.min(shape.out_h * shape.stride_h), shape.in_w.min(shape.out_w * shape.stride_w))
    } else {
        (0, 0)
    };
    for image in 0..shape.batch {
        let image = job.x.wrapping_offset(image as isize * job.x_step);
        // SAFETY: the rows, and the ends of the rows, lie in the image.
        unsafe {
            if covered_w < shape.in_w {
                for row in 0..covered_h {
                    let rest = image.add(row * line + covered_w * shape.channels);
                    ptr::write_bytes(rest, 0, (shape.in_w - covered_w) * shape.channels);
                }
            }
            ptr::write_bytes(image.wrapping_add(covered_h * line), 0, (shape.in_h - covered_h) * line);
        }
    }
}
