//! The gradient with respect to the filter.

use super::forward::Image;
use super::transform::{self, Functions, GradTile, InputTile};
use super::{OUT, POSITIONS, is_winograd, strip, tiles};
use crate::conv::{ConvShape, image_step};
use crate::gemm::contraction::{Contraction, Rows};
use crate::gemm::panel_width;
use crate::gemm::tile::Reduction;
use crate::{Isa, View, ViewMut};
use std::ops::Range;

/// Columns of a transformed row of `dy`: whole panels of any instruction set.
fn padded(shape: &ConvShape) -> usize {
    shape.out_c.next_multiple_of(32)
}

/// Elements of scratch that [`winograd_filter_grad`] needs.
pub fn winograd_filter_grad_scratch(shape: &ConvShape) -> usize {
    let [down, across] = tiles(shape.out_h, shape.out_w);
    let strip = strip(shape, shape.batch * down * across);
    let zeros = shape.in_c.max(shape.out_c);
    zeros + POSITIONS * (shape.in_c * shape.out_c + strip * (shape.in_c + padded(shape)))
}

/// The gradient of the filter, as [`filter_grad`](crate::conv::filter_grad) computes it. `scratch` holds
/// [`winograd_filter_grad_scratch`] elements. Panics when dims do not match, or where [`is_winograd`] is false.
pub fn winograd_filter_grad(
    isa: Isa,
    shape: &ConvShape,
    x: View,
    dy: View,
    mut dw: ViewMut,
    accumulate: bool,
    scratch: &mut [f32],
) {
    assert!(is_winograd(shape), "not a convolution for Winograd's algorithm");
    assert!(scratch.len() >= winograd_filter_grad_scratch(shape), "the gradient of the filter needs more scratch");
    assert_eq!(dw.dims(), shape.w_dims(), "the dims of dw");
    assert!(dw.layout().is_contiguous(), "dw lies without gaps");
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let [down, across] = tiles(shape.out_h, shape.out_w);
    let total = shape.batch * down * across;
    let strip = strip(shape, total);
    let len = shape.in_c * shape.out_c;
    let (zeros, rest) = scratch.split_at_mut(shape.in_c.max(shape.out_c));
    let (sums, rest) = rest.split_at_mut(POSITIONS * len);
    let (inputs, grads) = rest.split_at_mut(POSITIONS * strip * shape.in_c);
    zeros.fill(0.0);
    if total == 0 {
        sums.fill(0.0);
    }
    let functions = transform::functions(isa);
    let job = Job {
        isa,
        functions,
        shape,
        x: x.as_ptr(),
        x_step,
        dy: dy.as_ptr(),
        dy_step,
        zeros: zeros.as_ptr(),
        grid: [down, across],
    };
    for first in (0..total).step_by(strip) {
        let tiles = first..total.min(first + strip);
        // SAFETY: the views promise their elements, and the scratch holds the strip's rows and the sums.
        unsafe { job.run(tiles, inputs, grads, sums, first > 0) };
    }
    // SAFETY: `sums` has 36 matrices of `len` elements, dw nine without gaps.
    unsafe { (functions.taps)(sums.as_ptr(), len, dw.as_mut_ptr(), len, accumulate) };
}

/// A checked gradient.
struct Job<'a> {
    isa: Isa,
    functions: &'static Functions,
    shape: &'a ConvShape,
    x: *const f32,
    x_step: isize,
    dy: *const f32,
    dy_step: isize,
    /// A pixel outside the image.
    zeros: *const f32,
    /// Tiles down and across.
    grid: [usize; 2],
}

impl Job<'_> {
    /// The products of some tiles, which are numbered through all images, added to the sums if `add`.
    ///
    /// # Safety
    /// `x` and `dy` are valid for the shape; the scratch is as long as [`winograd_filter_grad_scratch`] says.
    unsafe fn run(&self, tiles: Range<usize>, inputs: &mut [f32], grads: &mut [f32], sums: &mut [f32], add: bool) {
        let (shape, count) = (self.shape, tiles.len());
        let (channels, filters, row_len) = (shape.in_c, shape.out_c, padded(shape));
        let [down, across] = self.grid;
        for (at, tile) in tiles.enumerate() {
            let [image, row, column] = [tile / (down * across), tile / across % down * OUT, tile % across * OUT];
            let source = Image { x: self.x.wrapping_offset(image as isize * self.x_step), zeros: self.zeros };
            let origin = [row as isize - shape.pad_top as isize, column as isize - shape.pad_left as isize];
            let input = InputTile {
                pixels: source.pixels(shape, origin),
                channels,
                out: inputs[at * channels..].as_mut_ptr(),
                step: count * channels,
            };
            let first = image as isize * self.dy_step + ((row * shape.out_w + column) * filters) as isize;
            let first = self.dy.wrapping_offset(first);
            let pixels = std::array::from_fn(|y| {
                std::array::from_fn(|x| {
                    let exists = row + y < shape.out_h && column + x < shape.out_w;
                    if exists { first.wrapping_add((y * shape.out_w + x) * filters) } else { self.zeros }
                })
            });
            let grad =
                GradTile { pixels, channels: filters, out: grads[at * row_len..].as_mut_ptr(), step: count * row_len };
            // SAFETY: every pixel of the tile exists or points at zeros.
            unsafe {
                (self.functions.input)(&input);
                (self.functions.grad)(&grad);
            }
        }
        for position in 0..POSITIONS {
            let rows =
                Rows { counts: [1, 1, channels], a: [0, 0, 1], out: [0, 0, filters as isize], ..Rows::default() };
            let reduction =
                Reduction { counts: [1, 1, count], a: [0, 0, channels as isize], b: [0, 0, row_len as isize] };
            let a = inputs[position * count * channels..].as_ptr();
            let b = grads[position * count * row_len..].as_ptr();
            let out = sums[position * channels * filters..].as_mut_ptr();
            let mut contraction = Contraction::plain(a, rows, reduction, b, out);
            contraction.b_panel = panel_width(self.isa) as isize;
            contraction.columns = 0..filters;
            contraction.accumulate = add;
            // SAFETY: every row of dy holds whole panels; columns past the last filter are computed and dropped.
            unsafe { contraction.run(self.isa) };
        }
    }
}
