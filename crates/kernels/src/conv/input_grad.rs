//! The gradient with respect to the images.
//!
//! Every tap of the filter is a matrix product of all `dy` pixels that the tap connects to the image, added to the `dx`
//! pixels they came from. Nothing is multiplied by a padding zero or by the gaps of a stride, which on small images would
//! be most of the work (a 3x3 filter over 5x5 pixels: 225 products of which 81 count); the price is that the sums of `dx`
//! pass through memory once a tap.

use super::ending::end;
use super::input_grad_few::{input_grad_few, input_grad_few_scratch, is_few};
use super::{ConvShape, image_step, outputs_within};
use crate::gemm::contraction::{Contraction, Rows};
use crate::gemm::tile::Reduction;
use crate::gemm::{Epilogue, RawEpilogue, panel_width};
use crate::{Isa, View, ViewMut, isa};
use std::ops::Range;

/// Elements of `dx` that are summed before the next images: they pass through memory once a tap, so they should stay in L1.
const BLOCK: usize = 6 * 1024;
/// Pixels of `dy` that a block has at least: fewer would leave the tiles short.
const PIXELS: usize = 48;

/// Elements of scratch that [`input_grad`] needs, for any range of rows.
pub fn input_grad_scratch(shape: &ConvShape) -> usize {
    let few = isa::available().into_iter().any(|isa| is_few(isa, shape));
    if few { input_grad_few_scratch(shape) } else { 0 }
}

/// Computes the rows `rows` of the gradient of every image: `dx` is `[batch, rows.len(), in_w, in_c]`, and so are the
/// epilogue's residual and mask.
///
/// `dx[n, h, w, i] = sum of dy[n, oh, ow, o] * w[kh, kw, i, o]` over all `oh, ow, kh, kw, o` that read `x[n, h, w, i]`.
/// `packed` comes from [`pack_filter_transposed`](super::pack_filter_transposed) for the same `isa`; `dy` and `dx` lie
/// without gaps but for the step from image to image. Panics when dims do not match.
#[allow(clippy::too_many_arguments, reason = "the operands of a convolution and the part that is asked for")]
pub fn input_grad(
    isa: Isa,
    shape: &ConvShape,
    dy: View,
    packed: &[f32],
    rows: Range<usize>,
    mut dx: ViewMut,
    ep: &Epilogue,
    scratch: &mut [f32],
) {
    assert!(rows.end <= shape.in_h, "rows {rows:?} of {} were asked for", shape.in_h);
    assert!(packed.len() >= super::packed_filter_transposed_len(shape), "the packed filter is too short");
    if is_few(isa, shape) {
        return input_grad_few(isa, shape, dy, packed, rows, dx, ep, scratch);
    }
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let dx_dims = [shape.batch, rows.len(), shape.in_w, shape.in_c];
    let dx_step = image_step(dx.dims(), dx.strides(), dx_dims, "dx");
    let job = Job {
        isa,
        shape,
        dy: dy.as_ptr::<f32>(),
        dy_step,
        packed,
        rows: rows.clone(),
        dx: dx.as_mut_ptr::<f32>(),
        dx_step,
        epilogue: RawEpilogue::new(ep, &dx_dims),
    };
    let image = (rows.len() * shape.in_w * shape.in_c).max(1);
    let pixels = (shape.out_h * shape.out_w).max(1);
    let images = (BLOCK / image).max(PIXELS.div_ceil(pixels)).max(1);
    for first in (0..shape.batch).step_by(images) {
        let block = first..shape.batch.min(first + images);
        // SAFETY: the views promise their elements and that dx overlaps nothing but, element by element, its epilogue's.
        unsafe { job.run(block) };
    }
}

/// A checked gradient.
struct Job<'a> {
    isa: Isa,
    shape: &'a ConvShape,
    dy: *const f32,
    dy_step: isize,
    packed: &'a [f32],
    rows: Range<usize>,
    dx: *mut f32,
    dx_step: isize,
    epilogue: RawEpilogue,
}

impl Job<'_> {
    /// All of the gradient of the images `images`.
    ///
    /// # Safety
    /// `dy`, `dx` and the epilogue's operands are valid for the shape, and `dx` overlaps none of them except as
    /// [`Contraction::run`] allows.
    unsafe fn run(&self, images: Range<usize>) {
        let shape = self.shape;
        let dx = self.dx.wrapping_offset(images.start as isize * self.dx_step);
        // One tap that reaches every pixel finishes it too.
        let single = shape.taps() == 1
            && (shape.stride_h, shape.stride_w) == (1, 1)
            && (shape.pad_top, shape.pad_left) == (0, 0)
            && shape.out_h >= self.rows.end
            && shape.out_w == shape.in_w;
        if !single && !self.epilogue.accumulate {
            let len = self.rows.len() * shape.in_w * shape.in_c;
            for image in 0..images.len() {
                // SAFETY: the image's rows are `len` writable elements without gaps.
                unsafe { dx.wrapping_offset(image as isize * self.dx_step).write_bytes(0, len) };
            }
        }
        for tap in 0..shape.taps() {
            let (kh, kw) = (tap / shape.kernel_w, tap % shape.kernel_w);
            let offset_h = (kh * shape.dilation_h) as isize - shape.pad_top as isize;
            let offset_w = (kw * shape.dilation_w) as isize - shape.pad_left as isize;
            let ys = outputs_within(shape.out_h, shape.stride_h, offset_h, self.rows.start, self.rows.end);
            let xs = outputs_within(shape.out_w, shape.stride_w, offset_w, 0, shape.in_w);
            let mut contraction = self.tap(tap, &images, ys, xs, [offset_h, offset_w], dx);
            contraction.accumulate = true;
            contraction.by_rows = shape.goes_by_rows(self.isa);
            if single {
                contraction.accumulate = self.epilogue.accumulate;
                self.finish(&mut contraction, images.start);
            }
            // SAFETY: the ranges of output pixels are those that the tap connects to `rows`.
            unsafe { contraction.run(self.isa) };
        }
        if !single {
            let part = [images.start, images.len(), self.rows.len()];
            // SAFETY: the pixels are those of this block.
            unsafe { end(self.isa, shape, &self.epilogue, part, dx, self.dx_step) };
        }
    }

    /// The product of the `dy` pixels `ys` x `xs` with one tap, added to the `dx` pixels at `offset` from them.
    fn tap(
        &self,
        tap: usize,
        images: &Range<usize>,
        ys: Range<usize>,
        xs: Range<usize>,
        offset: [isize; 2],
        dx: *mut f32,
    ) -> Contraction {
        let shape = self.shape;
        let panel = panel_width(self.isa) as isize;
        let (inputs, outputs) = (shape.in_c as isize, shape.out_c as isize);
        let dy_line = shape.out_w as isize * outputs;
        let rows = Rows {
            counts: [images.len(), ys.len(), xs.len()],
            a: [self.dy_step, dy_line, outputs],
            out: self.dx_strides(shape.stride_h, shape.stride_w),
            ..Rows::default()
        };
        let reduction = Reduction { counts: [1, 1, shape.out_c], a: [0, 0, 1], b: [0, 0, panel] };
        let first = images.start as isize * self.dy_step + ys.start as isize * dy_line + xs.start as isize * outputs;
        let y = (ys.start * shape.stride_h) as isize + offset[0] - self.rows.start as isize;
        let x = (xs.start * shape.stride_w) as isize + offset[1];
        let b = self.packed.as_ptr().wrapping_offset((shape.taps() - 1 - tap) as isize * outputs * panel);
        let target = dx.wrapping_offset((y * shape.in_w as isize + x) * inputs);
        let mut contraction = Contraction::plain(self.dy.wrapping_offset(first), rows, reduction, b, target);
        contraction.b_panel = shape.taps() as isize * outputs * panel;
        contraction.columns = 0..shape.in_c;
        contraction
    }

    /// The steps of dx from image to image, and over `rows` rows and `columns` columns.
    fn dx_strides(&self, rows: usize, columns: usize) -> [isize; 3] {
        let pixel = self.shape.in_c as isize;
        [self.dx_step, rows as isize * self.shape.in_w as isize * pixel, columns as isize * pixel]
    }

    /// Ends a contraction over whole rows of dx with the epilogue.
    fn finish(&self, contraction: &mut Contraction, first_image: usize) {
        let strides = |strides: &[isize; 8]| [strides[0], strides[1], strides[2]];
        contraction.rows.residual = strides(&self.epilogue.residual_strides);
        contraction.rows.mask = strides(&self.epilogue.mask_strides);
        self.epilogue.finish(contraction, [first_image]);
    }
}
