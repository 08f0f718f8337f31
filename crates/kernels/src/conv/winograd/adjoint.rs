//! The gradient with respect to the images, by tiles of `dy`: each adds to the 6 x 6 pixels that its outputs read.

use std::ops::Range;

use super::output::{Pixels, ScatterTile};
use super::product::Product;
use super::transform::{self, GradTile};
use super::{
    Cut, IN, OUT, POSITIONS, filter_step, is_winograd, most, position_step, tiles, winograd_filter_transposed_len,
};
use crate::conv::ending::end;
use crate::conv::{ConvShape, image_step};
use crate::gemm::{Epilogue, RawEpilogue, panel_width};
use crate::{Isa, View, ViewMut};

/// Elements of scratch that [`adjoint`] needs.
pub(super) fn adjoint_scratch(shape: &ConvShape) -> usize {
    let [down, across] = tiles(shape.out_h, shape.out_w);
    most(|wide| {
        let cut = Cut::new(wide, [shape.out_c, shape.in_c], shape.batch * down * across);
        shape.out_c + POSITIONS * (position_step(cut.strip * shape.out_c) + position_step(cut.strip * cut.row))
    })
}

/// The rows `rows` of the gradient, as [`winograd_input_grad`](super::winograd_input_grad) says. A pixel's sum over tiles goes in the
/// order of the tiles: the same bits for any rows.
#[allow(clippy::too_many_arguments, reason = "the operands of a convolution and the part that is asked for")]
pub(super) fn adjoint(
    isa: Isa,
    shape: &ConvShape,
    dy: View,
    packed: &[f32],
    rows: Range<usize>,
    mut dx: ViewMut,
    ep: &Epilogue,
    scratch: &mut [f32],
) {
    assert!(is_winograd(shape), "not a convolution for Winograd's algorithm");
    assert!(rows.end <= shape.in_h, "rows {rows:?} of {} were asked for", shape.in_h);
    assert!(packed.len() >= winograd_filter_transposed_len(shape), "the transformed filter is too short");
    assert!(scratch.len() >= adjoint_scratch(shape), "the gradient needs more scratch");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let dx_dims = [shape.batch, rows.len(), shape.in_w, shape.in_c];
    let dx_step = image_step(dx.dims(), dx.strides(), dx_dims, "dx");
    let epilogue = RawEpilogue::new(ep, &dx_dims);
    // Tiles that reach the rows: tile t adds to rows 4 t - pad_top .. 4 t - pad_top + 6.
    let [down, across] = tiles(shape.out_h, shape.out_w);
    let first = (rows.start + shape.pad_top + 1).saturating_sub(IN).div_ceil(OUT);
    let last = if rows.is_empty() { first } else { (rows.end + shape.pad_top).div_ceil(OUT).min(down).max(first) };
    let total = shape.batch * (last - first) * across;
    let cut = Cut::new(isa == Isa::Avx512, [shape.out_c, shape.in_c], total).even(isa, total);
    let (zeros, work) = scratch.split_at_mut(shape.out_c);
    zeros.fill(0.0);
    let (grads, products) = work.split_at_mut(POSITIONS * position_step(cut.strip * shape.out_c));
    let job = Job {
        isa,
        shape,
        dy: dy.as_ptr(),
        dy_step,
        zeros: zeros.as_ptr(),
        packed,
        rows,
        dx: dx.as_mut_ptr(),
        dx_step,
        grid: [first..last, 0..across],
        cut,
    };
    // SAFETY: the views promise their elements and that dx overlaps nothing but, element by element, its epilogue's; the scratch is
    // long enough.
    unsafe {
        if !epilogue.accumulate {
            job.clear();
        }
        for first in (0..total).step_by(cut.strip.max(1)) {
            job.run(first..total.min(first + cut.strip), grads, products);
        }
        end(isa, shape, &epilogue, [0, shape.batch, job.rows.len()], job.dx, dx_step);
    }
}

/// A checked gradient.
struct Job<'a> {
    isa: Isa,
    shape: &'a ConvShape,
    dy: *const f32,
    dy_step: isize,
    /// A pixel outside the image.
    zeros: *const f32,
    packed: &'a [f32],
    rows: Range<usize>,
    dx: *mut f32,
    dx_step: isize,
    /// Tiles down and across.
    grid: [Range<usize>; 2],
    cut: Cut,
}

impl Job<'_> {
    /// Sets all pixels to zero.
    ///
    /// # Safety
    /// `dx` is valid for the shape and the rows.
    unsafe fn clear(&self) {
        let len = self.rows.len() * self.shape.in_w * self.shape.in_c;
        for image in 0..self.shape.batch {
            // SAFETY: the image's rows are `len` writable elements without gaps.
            unsafe { self.dx.wrapping_offset(image as isize * self.dx_step).write_bytes(0, len) };
        }
    }

    /// What some tiles, which are numbered through all images, add.
    ///
    /// # Safety
    /// The operands are valid for the shape; `grads` and `products` hold 36 rows of channels for every tile of a strip.
    unsafe fn run(&self, tiles: Range<usize>, grads: &mut [f32], products: &mut [f32]) {
        let (shape, count, cut) = (self.shape, tiles.len(), self.cut);
        let (inputs, outputs) = (shape.in_c, shape.out_c);
        let (grad_step, step) = (position_step(cut.strip * outputs), position_step(cut.strip * cut.row));
        let functions = transform::functions(self.isa);
        for (at, tile) in tiles.clone().enumerate() {
            let pixels = tile_pixels(shape, self.dy, self.dy_step, self.zeros, self.place(tile));
            let tile = GradTile { pixels, channels: outputs, out: grads[at * outputs..].as_mut_ptr(), step: grad_step };
            // SAFETY: every pixel of the tile exists or points at zeros.
            unsafe { (functions.grad)(&tile) };
        }
        let panel = panel_width(self.isa);
        for block in cut.blocks(inputs) {
            for position in 0..POSITIONS {
                let product = Product {
                    a: grads[position * grad_step..].as_ptr(),
                    a_step: outputs,
                    turned: false,
                    b: self.packed[position * filter_step(outputs, inputs) + block.start * outputs..].as_ptr(),
                    b_step: panel,
                    b_panel: outputs * panel,
                    out: products[position * step..].as_mut_ptr(),
                    out_step: cut.row,
                    rows: count,
                    depth: outputs,
                    columns: block.len(),
                    add: false,
                };
                // SAFETY: the transformed gradients and the products have `count` rows at every position; the filter's length was
                // checked.
                unsafe { product.run(self.isa, functions) };
            }
            for (at, tile) in tiles.clone().enumerate() {
                let tile = self.target(tile, &block, products[at * cut.row..].as_ptr(), step);
                // SAFETY: the pixels that exist of the tile lie in dx.
                unsafe { (functions.scatter)(&tile) };
            }
        }
    }

    /// Image, first row and first column of dy of a tile.
    fn place(&self, tile: usize) -> [usize; 3] {
        let [down, across] = &self.grid;
        let (line, column) = (tile / across.len(), tile % across.len());
        [line / down.len(), (down.start + line % down.len()) * OUT, column * OUT]
    }

    /// Where a tile adds to the channels `block`.
    fn target(&self, tile: usize, block: &Range<usize>, products: *const f32, step: usize) -> ScatterTile {
        let shape = self.shape;
        let [image, row, column] = self.place(tile);
        let top = row as isize - shape.pad_top as isize - self.rows.start as isize;
        let left = column as isize - shape.pad_left as isize;
        let existing = |first: isize, len: usize| {
            (-first).clamp(0, IN as isize) as usize..(len as isize - first).clamp(0, IN as isize) as usize
        };
        let (line, pixel) = ((shape.in_w * shape.in_c) as isize, shape.in_c as isize);
        let at = image as isize * self.dx_step + top * line + left * pixel + block.start as isize;
        ScatterTile {
            products,
            step,
            channels: block.len(),
            rows: existing(top, self.rows.len()),
            columns: existing(left, shape.in_w),
            out: Pixels { first: self.dx.wrapping_offset(at), steps: [line, pixel] },
        }
    }
}

/// The 4 x 4 pixels of `dy` from `row` and `column` of an image on.
pub(super) fn tile_pixels(
    shape: &ConvShape,
    dy: *const f32,
    dy_step: isize,
    zeros: *const f32,
    [image, row, column]: [usize; 3],
) -> [[*const f32; OUT]; OUT] {
    let pixel = ((row * shape.out_w + column) * shape.out_c) as isize;
    let first = dy.wrapping_offset(image as isize * dy_step + pixel);
    std::array::from_fn(|y| {
        std::array::from_fn(|x| {
            let exists = row + y < shape.out_h && column + x < shape.out_w;
            if exists { first.wrapping_add((y * shape.out_w + x) * shape.out_c) } else { zeros }
        })
    })
}
