//! The convolution, and the gradient with respect to the images.

use std::ops::Range;
use std::ptr;

use super::adjoint::{adjoint, adjoint_scratch};
use super::output::{OutputTile, Pixels};
use super::product::Product;
use super::transform::{self, Functions, InputTile};
use super::{
    Cut, IN, OUT, POSITIONS, filter_step, is_adjoint, is_winograd, most, position_step, reversed, tiles,
    winograd_filter_len,
};
use crate::conv::{ConvShape, OutputPart, image_step};
use crate::gemm::{Epilogue, RawEpilogue, panel_width};
use crate::{Isa, View, ViewMut};

/// Elements of scratch that [`winograd`] needs for any rows of the images.
pub fn winograd_scratch(shape: &ConvShape) -> usize {
    let [down, across] = tiles(shape.out_h, shape.out_w);
    most(|wide| {
        let cut = Cut::new(wide, [shape.in_c, shape.out_c], shape.batch * down * across);
        shape.in_c + POSITIONS * (position_step(cut.strip * shape.in_c) + position_step(cut.strip * cut.row))
    })
}

/// Elements of scratch that [`winograd_input_grad`] needs.
pub fn winograd_input_grad_scratch(shape: &ConvShape) -> usize {
    winograd_scratch(&reversed(shape)).max(adjoint_scratch(shape))
}

/// Computes a part of every image, as [`forward`](crate::conv::forward) does. `packed` comes from [`pack_winograd_filter`](super::pack_winograd_filter) for the same
/// `isa`. Tiles begin at the part's first row: the same rows give the same bits, others differ in rounding. Panics when dims do not match,
/// or where [`is_winograd`] is false.
#[allow(clippy::too_many_arguments, reason = "the operands of a convolution and the part that is asked for")]
pub fn winograd(
    isa: Isa,
    shape: &ConvShape,
    x: View,
    packed: &[f32],
    part: &OutputPart,
    mut y: ViewMut,
    ep: &Epilogue,
    scratch: &mut [f32],
) {
    assert!(is_winograd(shape), "not a convolution for Winograd's algorithm");
    assert!(packed.len() >= winograd_filter_len(shape), "the transformed filter is too short");
    assert!(scratch.len() >= winograd_scratch(shape), "the convolution needs more scratch");
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let (y_dims, y_step) = part.check(isa, shape, &y);
    let [down, across] = tiles(part.rows.len(), shape.out_w);
    let total = shape.batch * down * across;
    let cut = Cut::new(isa == Isa::Avx512, [shape.in_c, shape.out_c], total).even(isa, total);
    let (zeros, work) = scratch.split_at_mut(shape.in_c);
    zeros.fill(0.0);
    let job = Job {
        isa,
        functions: transform::functions(isa),
        shape,
        x: x.as_ptr(),
        x_step,
        zeros: zeros.as_ptr(),
        packed,
        part,
        y: y.as_mut_ptr(),
        y_step,
        epilogue: RawEpilogue::new(ep, &y_dims),
        grid: [down, across],
        cut,
    };
    let (inputs, products) = work.split_at_mut(POSITIONS * position_step(cut.strip * shape.in_c));
    for first in (0..total).step_by(cut.strip.max(1)) {
        let tiles = first..total.min(first + cut.strip);
        // SAFETY: the views promise their elements and that y overlaps nothing but its own epilogue's; the scratch is long enough.
        unsafe { job.run(tiles, inputs, products) };
    }
}

/// Computes the rows `rows` of the gradient of every image, as [`input_grad`](crate::conv::input_grad) does. `packed` comes from
/// [`pack_winograd_filter_transposed`](super::pack_winograd_filter_transposed).
#[allow(clippy::too_many_arguments, reason = "the operands of a convolution and the part that is asked for")]
pub fn winograd_input_grad(
    isa: Isa,
    shape: &ConvShape,
    dy: View,
    packed: &[f32],
    rows: Range<usize>,
    dx: ViewMut,
    ep: &Epilogue,
    scratch: &mut [f32],
) {
    if is_adjoint(shape) {
        adjoint(isa, shape, dy, packed, rows, dx, ep, scratch);
    } else {
        let shape = reversed(shape);
        winograd(isa, &shape, dy, packed, &OutputPart::rows(&shape, rows), dx, ep, scratch);
    }
}

/// A checked convolution.
struct Job<'a> {
    isa: Isa,
    functions: &'static Functions,
    shape: &'a ConvShape,
    x: *const f32,
    x_step: isize,
    /// A pixel outside the image.
    zeros: *const f32,
    packed: &'a [f32],
    part: &'a OutputPart,
    y: *mut f32,
    y_step: isize,
    epilogue: RawEpilogue,
    /// Tiles down and across.
    grid: [usize; 2],
    cut: Cut,
}

impl Job<'_> {
    /// All of the outputs of some tiles, which are numbered through all images.
    ///
    /// # Safety
    /// The operands are valid for the shape; `inputs` and `products` hold 36 rows of channels for every tile of a strip.
    unsafe fn run(&self, tiles: Range<usize>, inputs: &mut [f32], products: &mut [f32]) {
        let (shape, count, cut) = (self.shape, tiles.len(), self.cut);
        let (input_step, step) = (position_step(cut.strip * shape.in_c), position_step(cut.strip * cut.row));
        for (at, tile) in tiles.clone().enumerate() {
            let [image, row, column] = self.place(tile);
            let source = Image { x: self.x.wrapping_offset(image as isize * self.x_step), zeros: self.zeros };
            let origin = [
                (self.part.rows.start + row) as isize - shape.pad_top as isize,
                column as isize - shape.pad_left as isize,
            ];
            let tile = InputTile {
                pixels: source.pixels(shape, origin),
                channels: shape.in_c,
                out: inputs[at * shape.in_c..].as_mut_ptr(),
                step: input_step,
            };
            // SAFETY: every pixel of the tile exists or points at zeros.
            unsafe { (self.functions.input)(&tile) };
        }
        let panel = panel_width(self.isa);
        let columns = &self.part.columns;
        for block in cut.blocks(columns.len()) {
            for position in 0..POSITIONS {
                let column = columns.start + block.start;
                let filter = position * filter_step(shape.in_c, shape.out_c) + column * shape.in_c;
                let product = Product {
                    a: inputs[position * input_step..].as_ptr(),
                    a_step: shape.in_c,
                    turned: false,
                    b: self.packed[filter..].as_ptr(),
                    b_step: panel,
                    b_panel: shape.in_c * panel,
                    out: products[position * step..].as_mut_ptr(),
                    out_step: cut.row,
                    rows: count,
                    depth: shape.in_c,
                    columns: block.len(),
                    add: false,
                };
                // SAFETY: the transformed inputs and the products have `count` rows at every position; the filter's length was checked.
                unsafe { product.run(self.isa, self.functions) };
            }
            for (at, tile) in tiles.clone().enumerate() {
                let tile = self.output(tile, &block, products[at * cut.row..].as_ptr(), step);
                // SAFETY: the pixels that exist of the tile lie in y, and in the epilogue's operands.
                unsafe { (self.functions.output)(&tile) };
            }
        }
    }

    /// Image, first row and first column of a tile.
    fn place(&self, tile: usize) -> [usize; 3] {
        let [down, across] = self.grid;
        [tile / (down * across), tile / across % down * OUT, tile % across * OUT]
    }

    /// A tile's outputs of the filters `block` of the part.
    fn output(&self, tile: usize, block: &Range<usize>, products: *const f32, step: usize) -> OutputTile {
        let (shape, ep) = (self.shape, &self.epilogue);
        let [image, row, column] = self.place(tile);
        let pixels = |first: *const f32, strides: &[isize; 8]| {
            let offset: isize = [image, row, column].iter().zip(strides).map(|(&i, &s)| i as isize * s).sum();
            let first =
                if first.is_null() { ptr::null() } else { first.wrapping_offset(offset + block.start as isize) };
            Pixels { first, steps: [strides[1], strides[2]] }
        };
        let line = (shape.out_w * shape.out_c) as isize;
        let at = image as isize * self.y_step + row as isize * line + (column * shape.out_c + block.start) as isize;
        let bias = if ep.bias.is_null() { ptr::null() } else { ep.bias.wrapping_add(block.start) };
        OutputTile {
            products,
            step,
            channels: block.len(),
            size: [OUT.min(self.part.rows.len() - row), OUT.min(shape.out_w - column)],
            out: Pixels { first: self.y.wrapping_offset(at), steps: [line, shape.out_c as isize] },
            accumulate: ep.accumulate,
            bias,
            residual: pixels(ep.residual, &ep.residual_strides),
            relu: ep.relu,
            mask: pixels(ep.mask, &ep.mask_strides),
        }
    }
}

/// An image without gaps, and a pixel of zeros.
pub(super) struct Image {
    pub x: *const f32,
    pub zeros: *const f32,
}

impl Image {
    /// The 6 x 6 input pixels whose first is `origin`.
    pub fn pixels(&self, shape: &ConvShape, [top, left]: [isize; 2]) -> [[*const f32; IN]; IN] {
        let (line, pixel) = ((shape.in_w * shape.in_c) as isize, shape.in_c as isize);
        let inside = top >= 0
            && left >= 0
            && top + IN as isize <= shape.in_h as isize
            && left + IN as isize <= shape.in_w as isize;
        let first = self.x.wrapping_offset(top * line + left * pixel);
        std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let (y, x) = (top + row as isize, left + column as isize);
                let exists = inside || ((0..shape.in_h as isize).contains(&y) && (0..shape.in_w as isize).contains(&x));
                let at = first.wrapping_offset(row as isize * line + column as isize * pixel);
                if exists { at } else { self.zeros }
            })
        })
    }
}
