//! The gradient with respect to the filter.

use super::adjoint::tile_pixels;
use super::forward::Image;
use super::product::Product;
use super::transform::{self, Functions, GradTile, InputTile};
use super::{Cut, OUT, POSITIONS, is_winograd, most, position_step, tiles};
use crate::conv::{ConvShape, FilterPart, clear, image_step};
use crate::gemm::panel_width;
use crate::{Isa, View, ViewMut};
use std::ops::Range;

/// Elements of a filter from which a strip has [`MANY`] tiles, since its 36 sums leave the caches and pass through memory once a strip.
const LARGE: usize = 128 * 128;
const MANY: usize = 126;

/// How the work of a part is cut, for `wide` as [`Cut::new`] says. Strips, and so the order of the sums, depend on the whole alone.
fn cut(wide: bool, shape: &ConvShape, part: &FilterPart, tiles: usize) -> Cut {
    let whole = Cut::new(wide, [shape.in_c, shape.out_c], tiles);
    let many = if shape.in_c * shape.out_c > LARGE { tiles.min(MANY) } else { 0 };
    Cut { strip: many.max(whole.strip), ..Cut::new(wide, [part.inputs.len(), part.outputs.len()], tiles) }
}

/// Columns of a transformed row of `dy`: whole panels of any instruction set.
fn grad_row(cut: &Cut) -> usize {
    cut.columns.next_multiple_of(32)
}

/// Elements of scratch that [`winograd_filter_grad`] needs for a part.
pub fn winograd_filter_grad_scratch(shape: &ConvShape, part: &FilterPart) -> usize {
    let [down, across] = tiles(shape.out_h, shape.out_w);
    let total = shape.batch * down * across;
    let [inputs, outputs] = [part.inputs.len(), part.outputs.len()];
    most(|wide| {
        let cut = cut(wide, shape, part, total);
        let blocks = if total > cut.strip { cut.blocks(outputs).count() } else { 1 };
        let transformed = position_step(cut.strip * inputs) + position_step(cut.strip * grad_row(&cut));
        let sums = blocks * position_step(inputs * cut.row);
        shape.in_c.max(shape.out_c) + POSITIONS * (sums + transformed)
    })
}

/// The gradient of the filter, as [`filter_grad`](crate::conv::filter_grad) computes it, of some channels. `scratch` holds
/// [`winograd_filter_grad_scratch`] elements. Panics when dims do not match, where [`is_winograd`] is false, or where the part has not
/// all rows.
#[allow(clippy::too_many_arguments, reason = "the operands of a gradient and the part that is asked for")]
pub fn winograd_filter_grad(
    isa: Isa,
    shape: &ConvShape,
    x: View,
    dy: View,
    part: &FilterPart,
    mut dw: ViewMut,
    accumulate: bool,
    scratch: &mut [f32],
) {
    assert!(is_winograd(shape), "not a convolution for Winograd's algorithm");
    assert!(
        scratch.len() >= winograd_filter_grad_scratch(shape, part),
        "the gradient of the filter needs more scratch"
    );
    part.check(isa, shape, &dw.as_view());
    assert!(part.rows.len() == shape.kernel_h, "Winograd's gradient has all rows");
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let [down, across] = tiles(shape.out_h, shape.out_w);
    let total = shape.batch * down * across;
    let cut = cut(isa == Isa::Avx512, shape, part, total).even(isa, total);
    let (zeros, rest) = scratch.split_at_mut(shape.in_c.max(shape.out_c));
    let (inputs, rest) = rest.split_at_mut(POSITIONS * position_step(cut.strip * part.inputs.len()));
    let (grads, sums) = rest.split_at_mut(POSITIONS * position_step(cut.strip * grad_row(&cut)));
    zeros.fill(0.0);
    if total == 0 {
        if !accumulate {
            clear(&mut dw);
        }
        return;
    }
    let job = Job {
        isa,
        functions: transform::functions(isa),
        shape,
        x: x.as_ptr::<f32>().wrapping_add(part.inputs.start),
        x_step,
        dy: dy.as_ptr(),
        dy_step,
        zeros: zeros.as_ptr(),
        channels: part.inputs.len(),
        filters: part.outputs.clone(),
        dw_steps: [dw.strides()[1], dw.strides()[2]],
        dw: dw.as_mut_ptr(),
        accumulate,
        grid: [down, across],
        cut,
    };
    for first in (0..total).step_by(cut.strip) {
        let tiles = first..total.min(first + cut.strip);
        // SAFETY: the views promise their elements, and the scratch holds the strip's rows and the sums.
        unsafe { job.run(tiles, total, inputs, grads, sums) };
    }
}

/// A checked gradient.
struct Job<'a> {
    isa: Isa,
    functions: &'static Functions,
    shape: &'a ConvShape,
    /// The first input channel whose gradient is computed, of the first pixel.
    x: *const f32,
    x_step: isize,
    dy: *const f32,
    dy_step: isize,
    /// A pixel outside the image.
    zeros: *const f32,
    /// How many input channels have their gradient computed.
    channels: usize,
    /// The filters whose gradient is computed.
    filters: Range<usize>,
    /// The gradient of the first of them, and the steps between taps and input channels.
    dw: *mut f32,
    dw_steps: [isize; 2],
    accumulate: bool,
    /// Tiles down and across.
    grid: [usize; 2],
    cut: Cut,
}

impl Job<'_> {
    /// The products of some tiles of `total`, which are numbered through all images, added to the sums but for the first; after the
    /// last tile the sums become the gradient.
    ///
    /// # Safety
    /// `x`, `dy` and `dw` are valid for the shape; the scratch is as long as [`winograd_filter_grad_scratch`] says.
    unsafe fn run(&self, tiles: Range<usize>, total: usize, inputs: &mut [f32], grads: &mut [f32], sums: &mut [f32]) {
        let (shape, count, cut) = (self.shape, tiles.len(), self.cut);
        let (channels, row_len) = (self.channels, grad_row(&cut));
        let (input_step, grad_step) = (position_step(cut.strip * channels), position_step(cut.strip * row_len));
        let sum_step = position_step(channels * cut.row);
        for (at, tile) in tiles.clone().enumerate() {
            let [image, row, column] = self.place(tile);
            let source = Image { x: self.x.wrapping_offset(image as isize * self.x_step), zeros: self.zeros };
            let origin = [row as isize - shape.pad_top as isize, column as isize - shape.pad_left as isize];
            let input = InputTile {
                pixels: source.pixels(shape, origin),
                channels,
                out: inputs[at * channels..].as_mut_ptr(),
                step: input_step,
            };
            // SAFETY: every pixel of the tile exists or points at zeros.
            unsafe { (self.functions.input)(&input) };
        }
        for (index, block) in cut.blocks(self.filters.len()).enumerate() {
            for (at, tile) in tiles.clone().enumerate() {
                let pixels = tile_pixels(shape, self.dy, self.dy_step, self.zeros, self.place(tile));
                let grad = GradTile {
                    pixels: pixels.map(|line| line.map(|pixel| pixel.wrapping_add(self.filters.start + block.start))),
                    channels: block.len(),
                    out: grads[at * row_len..].as_mut_ptr(),
                    step: grad_step,
                };
                // SAFETY: every pixel of the tile exists or points at zeros.
                unsafe { (self.functions.grad)(&grad) };
            }
            // Every block has sums of its own only if there are more tiles to come.
            let first = if total > cut.strip { index * POSITIONS * sum_step } else { 0 };
            let sums = &mut sums[first..][..POSITIONS * sum_step];
            for position in 0..POSITIONS {
                let product = Product {
                    a: inputs[position * input_step..].as_ptr(),
                    a_step: channels,
                    turned: true,
                    b: grads[position * grad_step..].as_ptr(),
                    b_step: row_len,
                    b_panel: panel_width(self.isa),
                    out: sums[position * sum_step..].as_mut_ptr(),
                    out_step: cut.row,
                    rows: channels,
                    depth: count,
                    columns: block.len(),
                    add: tiles.start > 0,
                };
                // SAFETY: every row of dy holds whole panels; what its columns past the last filter give is not read.
                unsafe { product.run(self.isa, self.functions) };
            }
            if tiles.end == total {
                // SAFETY: the sums of the block are complete.
                unsafe { self.finish(&block, sums, sum_step) };
            }
        }
    }

    /// The gradient of the filters `block`, of those that are computed, from its sums.
    ///
    /// # Safety
    /// `dw` is valid for the shape; `sums` holds 36 matrices of [`Cut::row`] columns.
    unsafe fn finish(&self, block: &Range<usize>, sums: &[f32], step: usize) {
        let (channels, row) = (self.channels, self.cut.row);
        let [dw_step, dw_line] = self.dw_steps;
        let gapless = row == block.len() && dw_line == row as isize;
        let (lines, len) = if gapless { (1, channels * row) } else { (channels, block.len()) };
        for line in 0..lines {
            let dw = self.dw.wrapping_offset(line as isize * dw_line).wrapping_add(block.start);
            let sums = sums[line * row..].as_ptr();
            // SAFETY: the caller's contract; the taps of a filter of three columns are equally far apart in a part of all rows.
            unsafe { (self.functions.taps)(sums, step, dw, dw_step as usize, len, self.accumulate) };
        }
    }

    /// Image, first row and first column of a tile.
    fn place(&self, tile: usize) -> [usize; 3] {
        let [down, across] = self.grid;
        [tile / (down * across), tile / across % down * OUT, tile % across * OUT]
    }
}
