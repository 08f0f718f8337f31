//! Depthwise convolution, one filter a channel, and its gradient in the images: lanes run over channels.
//!
//! Both are one loop: a pixel of the result is a sum over taps of a pixel that is read times the tap's weights, and along a row the
//! pixels that are read move on by a constant step. For the gradient that holds for every `stride`-th pixel of a row, so a row is done
//! in `stride` phases. Where nothing strides, 3 x 3 filters have a loop of their own (`window.rs`). Taps that meet the padding are left out instead of multiplied by zero.

use super::{ConvShape, image_step, outputs_within};
use crate::gemm::{Epilogue, RawEpilogue};
use crate::simd::{Kernel, Simd, dispatch};
use crate::stack_vec::StackVec;
use crate::{Isa, View, ViewMut};
use std::ops::Range;

/// Taps of one pass; a larger filter adds the next ones to what it stored.
const TAPS: usize = 64;
/// Pixels whose sums are in registers at once. They share the loads of the weights; 8 sums hide the latency of the additions and leave half of
/// AVX2's 16 registers free. Over 14 x 14 x 256, 3 x 3, stride 1 the loop runs at about the speed of its loads.
const PIXELS: usize = 8;

/// Dims of the filter of a depthwise convolution.
fn filter_dims(shape: &ConvShape) -> [usize; 4] {
    assert_eq!(shape.in_c, shape.out_c, "a depthwise convolution keeps its channels");
    [shape.kernel_h, shape.kernel_w, 1, shape.out_c]
}

/// The filter's weights, a row of channels a tap.
pub(super) fn weights(shape: &ConvShape, w: &View) -> *const f32 {
    assert_eq!(w.dims(), filter_dims(shape), "the dims of the filter");
    w.as_slice::<f32>().expect("the filter lies without gaps").as_ptr()
}

/// Computes the output rows `rows` of every image: `y` is `[batch, rows.len(), out_w, channels]`, and so are the epilogue's residual and
/// mask. `w` is `[kernel_h, kernel_w, 1, channels]`, contiguous:
/// `y[n, oh, ow, c] = sum over kh, kw of x[n, the pixel that (oh, ow) reads at (kh, kw), c] * w[kh, kw, 0, c]`.
///
/// `x` and `y` lie without gaps but for the step from image to image. Panics when dims do not match.
pub fn depthwise(isa: Isa, shape: &ConvShape, x: View, w: View, rows: Range<usize>, mut y: ViewMut, ep: &Epilogue) {
    assert!(rows.end <= shape.out_h, "rows {rows:?} of {} were asked for", shape.out_h);
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let y_dims = [shape.batch, rows.len(), shape.out_w, shape.out_c];
    let job = Job {
        shape,
        transposed: false,
        x: x.as_ptr::<f32>(),
        x_step,
        x_size: [shape.in_h, shape.in_w],
        weights: weights(shape, &w),
        y_step: image_step(y.dims(), y.strides(), y_dims, "y"),
        y: y.as_mut_ptr::<f32>(),
        y_width: shape.out_w,
        rows,
        epilogue: RawEpilogue::new(ep, &y_dims),
    };
    dispatch(isa, job);
}

/// Computes the rows `rows` of the gradient of [`depthwise`] in every image: `dx` is `[batch, rows.len(), in_w, channels]`, and so are the
/// epilogue's residual and mask.
///
/// Requirements as for [`depthwise`].
pub fn depthwise_input_grad(
    isa: Isa,
    shape: &ConvShape,
    dy: View,
    w: View,
    rows: Range<usize>,
    mut dx: ViewMut,
    ep: &Epilogue,
) {
    assert!(rows.end <= shape.in_h, "rows {rows:?} of {} were asked for", shape.in_h);
    let x_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let dx_dims = [shape.batch, rows.len(), shape.in_w, shape.in_c];
    let job = Job {
        shape,
        transposed: true,
        x: dy.as_ptr::<f32>(),
        x_step,
        x_size: [shape.out_h, shape.out_w],
        weights: weights(shape, &w),
        y_step: image_step(dx.dims(), dx.strides(), dx_dims, "dx"),
        y: dx.as_mut_ptr::<f32>(),
        y_width: shape.in_w,
        rows,
        epilogue: RawEpilogue::new(ep, &dx_dims),
    };
    dispatch(isa, job);
}

/// A checked convolution or gradient: `x` is what is read, `y` what is written.
pub(super) struct Job<'a> {
    pub(super) shape: &'a ConvShape,
    pub(super) transposed: bool,
    pub(super) x: *const f32,
    pub(super) x_step: isize,
    /// Height and width of what is read.
    pub(super) x_size: [usize; 2],
    pub(super) weights: *const f32,
    pub(super) y: *mut f32,
    pub(super) y_step: isize,
    pub(super) y_width: usize,
    pub(super) rows: Range<usize>,
    pub(super) epilogue: RawEpilogue,
}

/// One tap of the pixels of a run: where the first of them reads, from the image's first element, and the tap's weights.
#[derive(Clone, Copy)]
struct Tap {
    input: isize,
    weight: usize,
}

/// Every `step`-th pixel of a row from `first` on: pixel `t` of the phase reads at tap `kw` the column `t * stride + offset(kw)`.
struct Phase {
    first: usize,
    step: usize,
    count: usize,
    stride: usize,
}

/// Neighbours of a phase that have the same taps.
struct Run {
    image: usize,
    /// Row of `y`.
    line: usize,
    /// Column of `y` of the first, and the columns to the next.
    column: usize,
    step: usize,
    count: usize,
    /// Elements between the pixels that neighbours read.
    x_step: usize,
}

impl Job<'_> {
    /// The row that row `row` of the result reads at tap `kh`.
    #[inline(always)]
    fn row_at(&self, row: usize, kh: usize) -> Option<usize> {
        let shape = self.shape;
        let at = if self.transposed {
            let distance = (row + shape.pad_top).checked_sub(kh * shape.dilation_h)?;
            distance.is_multiple_of(shape.stride_h).then(|| distance / shape.stride_h)?
        } else {
            (row * shape.stride_h + kh * shape.dilation_h).checked_sub(shape.pad_top)?
        };
        (at < self.x_size[0]).then_some(at)
    }

    /// The column that pixel 0 of a phase reads at tap `kw`; `None` when its pixels never meet the tap.
    #[inline(always)]
    fn offset(&self, phase: &Phase, kw: usize) -> Option<isize> {
        let shape = self.shape;
        let tap = (kw * shape.dilation_w) as isize - shape.pad_left as isize;
        if !self.transposed {
            return Some(tap);
        }
        let (distance, stride) = (phase.first as isize - tap, shape.stride_w as isize);
        (distance % stride == 0).then_some(distance / stride)
    }

    /// The pixels of a phase at which every tap that the phase meets exists.
    #[inline(always)]
    fn inside(&self, phase: &Phase) -> Range<usize> {
        let mut all = 0..phase.count;
        for kw in 0..self.shape.kernel_w {
            if let Some(offset) = self.offset(phase, kw) {
                let valid = outputs_within(phase.count, phase.stride, offset, 0, self.x_size[1]);
                all = all.start.max(valid.start)..all.end.min(valid.end);
            }
        }
        all.start..all.end.max(all.start)
    }

    /// The pixels `pixels` of a phase of a row, all of which have the taps of the first.
    ///
    /// # Safety
    /// The operands are valid for the shape, and the row and the pixels exist.
    #[inline(always)]
    unsafe fn pixels<S: Simd>(&self, s: S, image: usize, row: usize, phase: &Phase, pixels: Range<usize>) {
        let shape = self.shape;
        let channels = shape.in_c;
        let run = Run {
            image,
            line: row - self.rows.start,
            column: phase.first + pixels.start * phase.step,
            step: phase.step,
            count: pixels.len(),
            x_step: phase.stride * channels,
        };
        let mut taps = StackVec::<Tap, TAPS>::new();
        let mut add = self.epilogue.accumulate;
        // Columns of taps from the left to the right, each from the top down: the order of `window`, so that a pixel has the same bits
        // whoever computes it.
        let ordered = |tap: usize, taps: usize| if self.transposed { taps - 1 - tap } else { tap };
        for kw in (0..shape.kernel_w).map(|tap| ordered(tap, shape.kernel_w)) {
            let Some(offset) = self.offset(phase, kw) else { continue };
            let column = (pixels.start * phase.stride) as isize + offset;
            if column < 0 || column >= self.x_size[1] as isize {
                continue;
            }
            for kh in (0..shape.kernel_h).map(|tap| ordered(tap, shape.kernel_h)) {
                let Some(at) = self.row_at(row, kh) else { continue };
                if taps.len() == TAPS {
                    // SAFETY: the caller's contract; the taps are those of existing pixels.
                    unsafe { self.run(s, &run, &taps, add, false) };
                    (taps, add) = (StackVec::new(), true);
                }
                let input = (at * self.x_size[1]) as isize + column;
                taps.push(Tap { input: input * channels as isize, weight: (kh * shape.kernel_w + kw) * channels });
            }
        }
        // SAFETY: as above.
        unsafe { self.run(s, &run, &taps, add, true) };
    }

    /// The sums of some taps, added to what is there if `add`, and finished if `last`.
    ///
    /// # Safety
    /// As [`Job::pixels`]; the taps exist for every pixel of the run.
    #[inline(always)]
    unsafe fn run<S: Simd>(&self, s: S, run: &Run, taps: &[Tap], add: bool, last: bool) {
        let mut done = 0;
        while done < run.count {
            let left = run.count - done;
            // SAFETY: the caller's contract.
            unsafe {
                if left >= PIXELS {
                    self.block::<S, PIXELS>(s, run, done, taps, add, last);
                    done += PIXELS;
                } else if left >= 4 {
                    self.block::<S, 4>(s, run, done, taps, add, last);
                    done += 4;
                } else if left >= 2 {
                    self.block::<S, 2>(s, run, done, taps, add, last);
                    done += 2;
                } else {
                    self.block::<S, 1>(s, run, done, taps, add, last);
                    done += 1;
                }
            }
        }
    }

    /// `N` pixels of a run from its pixel `first` on.
    ///
    /// # Safety
    /// As [`Job::run`].
    #[inline(always)]
    unsafe fn block<S: Simd, const N: usize>(
        &self,
        s: S,
        run: &Run,
        first: usize,
        taps: &[Tap],
        add: bool,
        last: bool,
    ) {
        let channels = self.shape.in_c;
        let source = self.x.wrapping_offset(run.image as isize * self.x_step).wrapping_add(first * run.x_step);
        let column = run.column + first * run.step;
        let block = Block {
            source,
            x_step: run.x_step,
            target: self
                .y
                .wrapping_offset(run.image as isize * self.y_step)
                .wrapping_add((run.line * self.y_width + column) * channels),
            y_step: run.step * channels,
            at: [run.image, run.line, column],
            column_step: run.step,
            add,
            last,
        };
        let whole = channels / S::LANES * S::LANES;
        for channel in (0..whole).step_by(S::LANES) {
            // SAFETY: a vector of channels of existing pixels.
            unsafe { self.vector::<S, N, true>(s, &block, taps, channel, S::LANES) };
        }
        if whole < channels {
            // SAFETY: as above, the channels that are left.
            unsafe { self.vector::<S, N, false>(s, &block, taps, whole, channels - whole) };
        }
    }

    /// `count` channels from `channel` on of a block's `N` pixels; `WHOLE`: all lanes.
    ///
    /// # Safety
    /// As [`Job::run`]; the channels exist.
    #[inline(always)]
    unsafe fn vector<S: Simd, const N: usize, const WHOLE: bool>(
        &self,
        s: S,
        block: &Block,
        taps: &[Tap],
        channel: usize,
        count: usize,
    ) {
        // SAFETY: the pixels, taps and channels exist (this function's contract).
        unsafe {
            let mut sums = [s.splat(0.0); N];
            if block.add {
                for (pixel, sum) in sums.iter_mut().enumerate() {
                    *sum = load::<S, WHOLE>(s, block.target.add(pixel * block.y_step + channel), count);
                }
            }
            for tap in taps {
                let weight = load::<S, WHOLE>(s, self.weights.add(tap.weight + channel), count);
                let from = block.source.wrapping_offset(tap.input).wrapping_add(channel);
                for (pixel, sum) in sums.iter_mut().enumerate() {
                    *sum = s.fma(load::<S, WHOLE>(s, from.wrapping_add(pixel * block.x_step), count), weight, *sum);
                }
            }
            for (pixel, &sum) in sums.iter().enumerate() {
                let value =
                    if block.last { self.finish::<S, WHOLE>(s, block, pixel, channel, count, sum) } else { sum };
                store::<S, WHOLE>(s, block.target.add(pixel * block.y_step + channel), count, value);
            }
        }
    }

    /// Bias, residual, ReLU and mask of one vector.
    ///
    /// # Safety
    /// As [`Job::vector`].
    #[inline(always)]
    pub(super) unsafe fn finish<S: Simd, const WHOLE: bool>(
        &self,
        s: S,
        block: &Block,
        pixel: usize,
        channel: usize,
        count: usize,
        mut value: S::F,
    ) -> S::F {
        let ep = &self.epilogue;
        let place = |strides: &[isize; 8]| -> isize {
            let column = block.at[2] + pixel * block.column_step;
            block.at[0] as isize * strides[0]
                + block.at[1] as isize * strides[1]
                + column as isize * strides[2]
                + channel as isize
        };
        // SAFETY: the epilogue's operands have the result's dims and a contiguous last axis.
        unsafe {
            if !ep.bias.is_null() {
                value = s.add(value, load::<S, WHOLE>(s, ep.bias.add(channel), count));
            }
            if !ep.residual.is_null() {
                value = s.add(value, load::<S, WHOLE>(s, ep.residual.offset(place(&ep.residual_strides)), count));
            }
            if ep.relu {
                value = s.max(s.splat(0.0), value);
            }
            if !ep.mask.is_null() {
                let mask = load::<S, WHOLE>(s, ep.mask.offset(place(&ep.mask_strides)), count);
                value = s.select(s.lt(s.splat(0.0), mask), value, s.splat(0.0));
            }
        }
        value
    }
}

/// Where a block of pixels reads and writes.
pub(super) struct Block {
    pub(super) source: *const f32,
    pub(super) x_step: usize,
    pub(super) target: *mut f32,
    pub(super) y_step: usize,
    /// Image, row and column of the first, as the epilogue's operands have them.
    pub(super) at: [usize; 3],
    pub(super) column_step: usize,
    pub(super) add: bool,
    pub(super) last: bool,
}

/// # Safety
/// `count` elements (a vector when `WHOLE`) are readable.
#[inline(always)]
pub(super) unsafe fn load<S: Simd, const WHOLE: bool>(s: S, from: *const f32, count: usize) -> S::F {
    // SAFETY: the caller's contract.
    unsafe { if WHOLE { s.load(from) } else { s.load_partial(from, count, 0.0) } }
}

/// # Safety
/// `count` elements (a vector when `WHOLE`) are writable.
#[inline(always)]
pub(super) unsafe fn store<S: Simd, const WHOLE: bool>(s: S, to: *mut f32, count: usize, value: S::F) {
    // SAFETY: the caller's contract.
    unsafe { if WHOLE { s.store(to, value) } else { s.store_partial(to, count, value) } }
}

impl Kernel for Job<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let step = if self.transposed { self.shape.stride_w } else { 1 };
        let stride = if self.transposed { 1 } else { self.shape.stride_w };
        for image in 0..self.shape.batch {
            let inner = self.window_rows();
            for row in (inner.start..inner.end).step_by(2) {
                // SAFETY: the views promised the operands; the rows are those of `window_rows`.
                unsafe { self.window(s, image, row) };
            }
            for row in self.rows.clone() {
                let windowed = inner.contains(&row);
                for first in 0..step.min(self.y_width) {
                    let phase = Phase { first, step, count: (self.y_width - first).div_ceil(step), stride };
                    let inside = self.inside(&phase);
                    // At the borders every pixel has taps of its own.
                    for pixel in (0..inside.start).chain(inside.end..phase.count) {
                        // SAFETY: the views promised the operands; row and pixel exist.
                        unsafe { self.pixels(s, image, row, &phase, pixel..pixel + 1) };
                    }
                    if !inside.is_empty() && !windowed {
                        // SAFETY: as above.
                        unsafe { self.pixels(s, image, row, &phase, inside) };
                    }
                }
            }
        }
    }
}
