//! The gradient with respect to images of few channels (those of a first layer).
//!
//! Tap by tap, a tile of [`input_grad`](super::input_grad) would have as many columns as there are channels: one, of a vector. Here the
//! columns are those of all taps, so a pixel of `dy` is multiplied once, and then added to the pixels of `dx` that it came from.

use super::ending::end;
use super::{ConvShape, image_step, outputs_within};
use crate::gemm::contraction::{Contraction, Rows};
use crate::gemm::tile::Reduction;
use crate::gemm::{self, Epilogue, RawEpilogue, panel_width};
use crate::{Isa, View, ViewMut};
use std::ops::Range;

/// Pixels of `dy` that are multiplied before their products are added, about: those of 32 columns fill 32 KB.
const PIXELS: usize = 256;

/// Input channels that are few whatever the sums' lengths, and output channels from which more are. Nine channels and 5 x 5 taps took
/// 11 % longer with 8 output channels, 18 % less with 32 (AVX-512).
const CHANNELS: usize = 8;
const SUMMANDS: usize = 16;

/// Whether the columns of all taps are fewer than those of vectors of channels, and by enough to pay for the additions. Channels that
/// fill vectors of 16 are not few.
pub(super) fn is_few(isa: Isa, shape: &ConvShape) -> bool {
    let vector = panel_width(isa) / 2;
    let columns = (shape.taps() * shape.in_c).next_multiple_of(panel_width(isa));
    let fewer = columns * 3 <= shape.taps() * shape.in_c.next_multiple_of(vector) * 2;
    // The additions take a channel at a time where there are many: the sums have to be long enough to outweigh them.
    shape.in_c > 0 && fewer && (shape.in_c <= CHANNELS || shape.out_c >= SUMMANDS)
}

/// Output rows that are multiplied together.
fn lines(shape: &ConvShape) -> usize {
    (PIXELS / shape.out_w.max(1)).clamp(1, shape.out_h.max(1))
}

/// Elements of scratch that [`input_grad_few`] needs on any level.
pub(super) fn input_grad_few_scratch(shape: &ConvShape) -> usize {
    lines(shape) * shape.out_w * (shape.taps() * shape.in_c).next_multiple_of(32)
}

/// Packs the HWIO filter: a row an output channel, a column a tap and input channel.
pub(super) fn pack_few(isa: Isa, shape: &ConvShape, w: &[f32], out: &mut [f32]) {
    let rows = View::from_slice(w, &[shape.taps() * shape.in_c, shape.out_c]);
    let turned = crate::Layout::strided(&[shape.out_c, shape.taps() * shape.in_c], &[1, shape.out_c as isize]);
    gemm::pack_b(isa, rows.with_layout(turned), out);
}

/// As [`input_grad`](super::input_grad()). Every pixel's sum goes through the rows of `dy` in order: the same bits for any `rows`.
#[allow(clippy::too_many_arguments, reason = "the operands of a convolution and the part that is asked for")]
pub(super) fn input_grad_few(
    isa: Isa,
    shape: &ConvShape,
    dy: View,
    packed: &[f32],
    rows: Range<usize>,
    mut dx: ViewMut,
    ep: &Epilogue,
    scratch: &mut [f32],
) {
    assert!(scratch.len() >= input_grad_few_scratch(shape), "the gradient needs more scratch");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let dx_dims = [shape.batch, rows.len(), shape.in_w, shape.in_c];
    let dx_step = image_step(dx.dims(), dx.strides(), dx_dims, "dx");
    let columns = shape.taps() * shape.in_c;
    let job = Job { isa, shape, packed, rows, row: columns.next_multiple_of(panel_width(isa)) };
    let epilogue = RawEpilogue::new(ep, &dx_dims);
    let (dy, dx) = (dy.as_ptr::<f32>(), dx.as_mut_ptr::<f32>());
    for image in 0..shape.batch as isize {
        let (dy, dx) = (dy.wrapping_offset(image * dy_step), dx.wrapping_offset(image * dx_step));
        // SAFETY: the views promise their elements and that dx overlaps nothing but, element by element, its epilogue's.
        unsafe { job.image(dy, dx, !epilogue.accumulate, scratch) };
    }
    // SAFETY: as above.
    unsafe { end(isa, shape, &epilogue, [0, shape.batch, job.rows.len()], dx, dx_step) };
}

/// A checked gradient.
struct Job<'a> {
    isa: Isa,
    shape: &'a ConvShape,
    packed: &'a [f32],
    rows: Range<usize>,
    /// Elements from one pixel's products to the next.
    row: usize,
}

impl Job<'_> {
    /// The gradient of one image without its epilogue.
    ///
    /// # Safety
    /// `dy` is valid for an image, `dx` for the rows of one.
    unsafe fn image(&self, dy: *const f32, dx: *mut f32, clear: bool, products: &mut [f32]) {
        let shape = self.shape;
        if clear {
            // SAFETY: the image's rows lie without gaps.
            unsafe { dx.write_bytes(0, self.rows.len() * shape.in_w * shape.in_c) };
        }
        let line = shape.out_w * shape.out_c;
        for top in (0..shape.out_h).step_by(lines(shape)) {
            let ys = top..shape.out_h.min(top + lines(shape));
            let reached = |y: usize| (0..shape.kernel_h).any(|kh| self.row_of(y, kh).is_some());
            if !ys.clone().any(reached) {
                continue;
            }
            let pixels = ys.len() * shape.out_w;
            let rows = Rows {
                counts: [1, 1, pixels],
                a: [0, 0, shape.out_c as isize],
                out: [0, 0, self.row as isize],
                ..Rows::default()
            };
            let panel = panel_width(self.isa);
            let reduction = Reduction { counts: [1, 1, shape.out_c], a: [0, 0, 1], b: [0, 0, panel as isize] };
            let from = dy.wrapping_add(top * line);
            let mut contraction =
                Contraction::plain(from, rows, reduction, self.packed.as_ptr(), products.as_mut_ptr());
            contraction.b_panel = (shape.out_c * panel) as isize;
            contraction.columns = 0..shape.taps() * shape.in_c;
            // SAFETY: the rows of dy exist, the filter's length was checked, and the scratch holds a row for every pixel.
            unsafe { contraction.run(self.isa) };
            for y in ys {
                let products = products[(y - top) * shape.out_w * self.row..].as_ptr();
                // SAFETY: the products of the row's pixels were computed.
                unsafe { self.add_row(y, products, dx) };
            }
        }
    }

    /// The row of `dx`, of those asked for, that the output row `y` reads at the filter row `kh`.
    fn row_of(&self, y: usize, kh: usize) -> Option<usize> {
        let shape = self.shape;
        let row = (y * shape.stride_h + kh * shape.dilation_h).checked_sub(shape.pad_top)?;
        self.rows.contains(&row).then(|| row - self.rows.start)
    }

    /// Adds the products of the output row `y` to `dx`.
    ///
    /// # Safety
    /// As [`Job::image`]; `products` holds a row for every pixel of `y`.
    unsafe fn add_row(&self, y: usize, products: *const f32, dx: *mut f32) {
        let (shape, channels) = (self.shape, self.shape.in_c);
        for kh in 0..shape.kernel_h {
            let Some(row) = self.row_of(y, kh) else { continue };
            let line = dx.wrapping_add(row * shape.in_w * channels);
            for kw in 0..shape.kernel_w {
                let offset = (kw * shape.dilation_w) as isize - shape.pad_left as isize;
                let xs = outputs_within(shape.out_w, shape.stride_w, offset, 0, shape.in_w);
                if xs.is_empty() {
                    continue;
                }
                let first = (xs.start * shape.stride_w) as isize + offset;
                let column = (kh * shape.kernel_w + kw) * channels;
                let run = Run {
                    from: products.wrapping_add(xs.start * self.row + column),
                    from_step: self.row,
                    to: line.wrapping_add(first as usize * channels),
                    to_step: shape.stride_w * channels,
                    pixels: xs.len(),
                };
                // SAFETY: the tap's pixels exist in dx, and have products.
                unsafe {
                    match channels {
                        1 => run.add::<1>(),
                        2 => run.add::<2>(),
                        3 => run.add::<3>(),
                        4 => run.add::<4>(),
                        _ => (0..channels).for_each(|channel| run.channel(channel).add::<1>()),
                    }
                }
            }
        }
    }
}

/// Pixels that are added to others.
struct Run {
    from: *const f32,
    from_step: usize,
    to: *mut f32,
    to_step: usize,
    pixels: usize,
}

impl Run {
    /// The same pixels from a channel on.
    fn channel(&self, channel: usize) -> Run {
        Run { from: self.from.wrapping_add(channel), to: self.to.wrapping_add(channel), ..*self }
    }

    /// Adds `CHANNELS` channels of every pixel.
    ///
    /// # Safety
    /// They are valid, and `to` overlaps nothing of `from`.
    #[inline(always)]
    unsafe fn add<const CHANNELS: usize>(&self) {
        for pixel in 0..self.pixels {
            let (from, to) =
                (self.from.wrapping_add(pixel * self.from_step), self.to.wrapping_add(pixel * self.to_step));
            for channel in 0..CHANNELS {
                // SAFETY: the pixel's channels exist.
                unsafe { *to.add(channel) += *from.add(channel) };
            }
        }
    }
}
