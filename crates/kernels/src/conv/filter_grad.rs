//! The gradient with respect to the filter.
//!
//! A register tile holds some (tap, input channel) rows of the filter by a panel of output channels and runs over the
//! pixels: `x` by broadcast, `dy` as it lies. Pixels are taken in blocks that depend on the shape alone.

use super::padding::{Window, copy_padded};
use super::{ConvShape, FilterPart, clear, image_step, outputs_within};
use crate::gemm::contraction::{Contraction, Rows};
use crate::gemm::tile::{Reduction, kernels};
use crate::gemm::{pack, panel_width};
use crate::{Isa, View, ViewMut};
use std::ops::Range;
use std::ptr;

/// Output pixels of a block (at least one row of an image): with those of the next, which are asked for meanwhile, they fill an L2 of 1 MB.
/// 64 and 256 channels take 4 % less from memory in blocks of 512 than of 1024, and 1 % more where all is in the caches.
const PIXELS: Range<usize> = 256..1024;
/// Elements of a block's operands, about.
const ELEMENTS: usize = 160 << 10;
/// From so many input channels on, a padded convolution goes tap by tap over the pixels whose input exists: the tiles are
/// tall enough, and nothing is copied.
const TALL: usize = 8;

/// Images and output rows of a block, at most those of a block of [`PIXELS`] where no next one is asked for (`asks`).
fn block(shape: &ConvShape, asks: bool) -> [usize; 2] {
    let fit = ELEMENTS / (shape.in_c + shape.out_c).max(1);
    let most = if asks { fit.clamp(PIXELS.start, PIXELS.end) } else { PIXELS.end };
    let pixels = (shape.out_h * shape.out_w).max(1);
    if pixels <= most {
        [(most / pixels).min(shape.batch.max(1)), shape.out_h.max(1)]
    } else {
        [1, (most / shape.out_w).max(1)]
    }
}

/// Whether the block's input is copied with a zero border.
fn copies_input(shape: &ConvShape) -> bool {
    shape.is_padded() && shape.in_c < TALL
}

/// Whether every tap is a contraction of its own.
fn goes_tap_by_tap(shape: &ConvShape) -> bool {
    shape.is_padded() && !copies_input(shape)
}

/// Elements of scratch that [`filter_grad`] needs.
pub fn filter_grad_scratch(shape: &ConvShape) -> usize {
    let [images, rows] = block(shape, false);
    let tail = if shape.out_c.is_multiple_of(32) { 0 } else { images * rows * shape.out_w * 32 };
    let input = images * shape.reach_h(rows) * shape.reach_w() * shape.in_c;
    tail + if copies_input(shape) { input } else { 0 }
}

/// `dw[kh, kw, i, o] = sum over n, oh, ow of x[n, the pixel that (oh, ow) reads at (kh, kw), i] * dy[n, oh, ow, o]`, summed
/// over the batch handed in and, with `accumulate`, added to what `dw` holds.
///
/// `dw` holds the part `part` of the HWIO filter, its output channels contiguous. `x` and `dy` lie without gaps but for the step
/// from image to image; `scratch` holds [`filter_grad_scratch`] elements. Panics when dims do not match.
#[allow(clippy::too_many_arguments, reason = "the operands of a gradient and the part that is asked for")]
pub fn filter_grad(
    isa: Isa,
    shape: &ConvShape,
    x: View,
    dy: View,
    part: &FilterPart,
    mut dw: ViewMut,
    accumulate: bool,
    scratch: &mut [f32],
) {
    assert!(scratch.len() >= filter_grad_scratch(shape), "the gradient of the filter needs more scratch");
    part.check(isa, shape, &dw.as_view());
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    // A single contraction a block writes all of dw; else, and where there is nothing to sum, dw starts from zero.
    let pixels = shape.batch * shape.out_h * shape.out_w;
    let mut add = accumulate || pixels == 0 || goes_tap_by_tap(shape);
    if add && !accumulate {
        clear(&mut dw);
    }
    let job = Job {
        isa,
        shape,
        part,
        x: x.as_ptr::<f32>(),
        x_step,
        dy: dy.as_ptr::<f32>(),
        dy_step,
        dw_steps: [dw.strides()[0], dw.strides()[1], dw.strides()[2]],
        dw: dw.as_mut_ptr::<f32>(),
    };
    let [images, rows] = block(shape, kernels(isa).asks());
    for image in (0..shape.batch).step_by(images) {
        for row in (0..shape.out_h).step_by(rows) {
            let block = [image..shape.batch.min(image + images), row..shape.out_h.min(row + rows)];
            // SAFETY: the views promise their elements, and that dw overlaps neither input.
            unsafe { job.run(block, add, scratch) };
            add = true;
        }
    }
}

/// A checked gradient.
struct Job<'a> {
    isa: Isa,
    shape: &'a ConvShape,
    part: &'a FilterPart,
    x: *const f32,
    x_step: isize,
    dy: *const f32,
    dy_step: isize,
    /// The part's first element, and the steps between rows of the filter, columns and input channels.
    dw: *mut f32,
    dw_steps: [isize; 3],
}

/// `dy` of a block for some of the part's columns: its pixel (0, 0) of the first image, and the steps from image to image, row to row,
/// pixel to pixel and panel to panel.
struct Source {
    dy: *const f32,
    steps: [isize; 3],
    panel: isize,
    columns: Range<usize>,
    /// Whether the sums are added to what dw holds.
    add: bool,
    /// What the next block reads.
    next: [(*const f32, usize); 2],
}

impl Job<'_> {
    /// The sums over the images and output rows of a block, added to dw if `add`.
    ///
    /// # Safety
    /// `x`, `dy` and `dw` are valid for the shape; `scratch` is as long as [`filter_grad_scratch`] says.
    unsafe fn run(&self, [images, ys]: [Range<usize>; 2], add: bool, scratch: &mut [f32]) {
        let shape = self.shape;
        let panel = panel_width(self.isa);
        let (pitch, outputs) = (shape.out_c, self.part.outputs.len());
        let line = (shape.out_w * pitch) as isize;
        let first = images.start as isize * self.dy_step + ys.start as isize * line;
        let dy = self.dy.wrapping_offset(first).wrapping_add(self.part.outputs.start);
        let whole = outputs / panel * panel;
        let pixels = ys.len() * shape.out_w;
        let (tail, copies) = scratch.split_at_mut(if whole < outputs { images.len() * pixels * panel } else { 0 });
        let next = self.after([&images, &ys]);
        let none = [(ptr::null(), 0); 2];
        let sources = [
            Source {
                dy,
                steps: [self.dy_step, line, pitch as isize],
                panel: panel as isize,
                columns: 0..whole,
                add,
                next,
            },
            Source {
                dy: tail.as_ptr(),
                steps: [pixels * panel, shape.out_w * panel, panel].map(|step| step as isize),
                panel: 0,
                columns: whole..outputs,
                add,
                next: if whole > 0 { none } else { next },
            },
        ];
        if whole < outputs {
            for image in 0..images.len() {
                let from = dy.wrapping_offset(image as isize * self.dy_step).wrapping_add(whole);
                let to = &mut tail[image * pixels * panel..(image + 1) * pixels * panel];
                // SAFETY: the pixels of the block's rows exist in the image, and `to` has a panel's row for each.
                unsafe {
                    pack::pack_panels(
                        self.isa,
                        from,
                        [pitch as isize, 1],
                        pixels,
                        outputs - whole,
                        panel,
                        to.as_mut_ptr(),
                    )
                };
            }
        }
        for source in &sources {
            // SAFETY: the sources hold the block's pixels; the rest is this function's contract.
            unsafe {
                if copies_input(shape) {
                    self.over_copies(&images, &ys, source, copies);
                } else if goes_tap_by_tap(shape) {
                    self.tap_by_tap(&images, &ys, source);
                } else {
                    let line = (shape.in_w * shape.in_c) as isize;
                    let first = images.start as isize * self.x_step + (ys.start * shape.stride_h) as isize * line;
                    self.all_taps([images.len(), ys.len()], self.x.wrapping_offset(first), [self.x_step, line], source);
                }
            }
        }
    }

    /// The `dy` and the input after those of a block, as long as they are; nothing where a block is not one contraction, or only some of
    /// its channels are read.
    fn after(&self, [images, ys]: [&Range<usize>; 2]) -> [(*const f32, usize); 2] {
        let (shape, part) = (self.shape, self.part);
        if shape.is_padded() || [part.inputs.len(), part.outputs.len()] != [shape.in_c, shape.out_c] {
            return [(ptr::null(), 0); 2];
        }
        let run = |first: *const f32, step: isize, line: usize, stride: usize| {
            let len = images.len() * ys.len() * stride * line;
            let at = images.start as isize * step + (ys.start * stride * line) as isize;
            (first.wrapping_offset(at).wrapping_add(len), len)
        };
        let dy = run(self.dy, self.dy_step, shape.out_w * shape.out_c, 1);
        [dy, run(self.x, self.x_step, shape.in_w * shape.in_c, shape.stride_h)]
    }

    /// All taps at once, over input that exists at every tap: `x` is what the block's first pixel reads at the first tap.
    ///
    /// # Safety
    /// As [`Job::run`], and the input exists at every tap.
    unsafe fn all_taps(&self, [images, ys]: [usize; 2], x: *const f32, [x_step, x_line]: [isize; 2], source: &Source) {
        let shape = self.shape;
        let part = self.part;
        let inputs = shape.in_c as isize;
        let down = shape.dilation_h as isize * x_line;
        let rows = Rows {
            counts: [part.rows.len(), shape.kernel_w, part.inputs.len()],
            a: [down, shape.dilation_w as isize * inputs, 1],
            out: self.dw_steps,
            ..Rows::default()
        };
        let x = x.wrapping_offset(part.rows.start as isize * down).wrapping_add(part.inputs.start);
        let reduction = Reduction {
            counts: [images, ys, shape.out_w],
            a: [x_step, shape.stride_h as isize * x_line, shape.stride_w as isize * inputs],
            b: source.steps,
        };
        // SAFETY: the caller's contract.
        unsafe { self.contract(x, rows, reduction, source.dy, self.dw, source) };
    }

    /// One tap after the other, each over the pixels whose input exists.
    ///
    /// # Safety
    /// As [`Job::run`].
    unsafe fn tap_by_tap(&self, images: &Range<usize>, ys: &Range<usize>, source: &Source) {
        let (shape, part) = (self.shape, self.part);
        let inputs = shape.in_c as isize;
        let line = shape.in_w as isize * inputs;
        for tap in part.rows.start * shape.kernel_w..part.rows.end * shape.kernel_w {
            let (kh, kw) = (tap / shape.kernel_w, tap % shape.kernel_w);
            let offset_h = (kh * shape.dilation_h) as isize - shape.pad_top as isize;
            let offset_w = (kw * shape.dilation_w) as isize - shape.pad_left as isize;
            let valid = outputs_within(shape.out_h, shape.stride_h, offset_h, 0, shape.in_h);
            let (top, bottom) = (valid.start.max(ys.start), valid.end.min(ys.end));
            let xs = outputs_within(shape.out_w, shape.stride_w, offset_w, 0, shape.in_w);
            if top >= bottom || xs.is_empty() {
                continue;
            }
            let y = (top * shape.stride_h) as isize + offset_h;
            let x = (xs.start * shape.stride_w) as isize + offset_w;
            let first = self.x.wrapping_offset(images.start as isize * self.x_step + y * line + x * inputs);
            let first = first.wrapping_add(part.inputs.start);
            let rows = Rows {
                counts: [1, 1, part.inputs.len()],
                a: [0, 0, 1],
                out: [0, 0, self.dw_steps[2]],
                ..Rows::default()
            };
            let reduction = Reduction {
                counts: [images.len(), bottom - top, xs.len()],
                a: [self.x_step, shape.stride_h as isize * line, shape.stride_w as isize * inputs],
                b: source.steps,
            };
            let skipped = (top - ys.start) as isize * source.steps[1] + xs.start as isize * source.steps[2];
            let at = (kh - part.rows.start) as isize * self.dw_steps[0] + kw as isize * self.dw_steps[1];
            let dw = self.dw.wrapping_offset(at);
            // SAFETY: the ranges hold only pixels whose input exists.
            unsafe { self.contract(first, rows, reduction, source.dy.wrapping_offset(skipped), dw, source) };
        }
    }

    /// All taps at once, over a copy of the block's input with a zero border.
    ///
    /// # Safety
    /// As [`Job::run`]; `copies` holds the block's input with its border.
    unsafe fn over_copies(&self, images: &Range<usize>, ys: &Range<usize>, source: &Source, copies: &mut [f32]) {
        let shape = self.shape;
        let window = Window {
            image: [shape.in_h, shape.in_w, shape.in_c],
            origin: [(ys.start * shape.stride_h) as isize - shape.pad_top as isize, -(shape.pad_left as isize)],
            size: [shape.reach_h(ys.len()), shape.reach_w()],
        };
        let line = window.size[1] * shape.in_c;
        let size = window.size[0] * line;
        for (copy, image) in copies.chunks_exact_mut(size.max(1)).zip(images.clone()) {
            // SAFETY: the image exists in x, and `copy` is as long as the window.
            unsafe { copy_padded(&window, self.x.wrapping_offset(image as isize * self.x_step), copy.as_mut_ptr()) };
        }
        let steps = [size, line].map(|step| step as isize);
        // SAFETY: the copies hold every input of the block.
        unsafe { self.all_taps([images.len(), ys.len()], copies.as_ptr(), steps, source) };
    }

    /// The rows of `dw` at `out` from the sums over pixels that start at `x` and `dy`.
    ///
    /// # Safety
    /// As [`Contraction::run`].
    unsafe fn contract(
        &self,
        x: *const f32,
        rows: Rows,
        reduction: Reduction,
        dy: *const f32,
        out: *mut f32,
        source: &Source,
    ) {
        let mut contraction = Contraction::plain(x, rows, reduction, dy, out);
        contraction.b_panel = source.panel;
        contraction.columns = source.columns.clone();
        contraction.accumulate = source.add;
        contraction.next = source.next;
        // SAFETY: the caller's contract.
        unsafe { contraction.run(self.isa) };
    }
}
