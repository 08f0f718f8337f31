//! 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3): 36 products instead of 144 for a tile of 4 x 4 outputs.
//!
//! `Y = A^T [(G g G^T) . (B^T d B)] A` for a filter `g`, the 6 x 6 inputs `d` of a tile and its outputs `Y`. Summed over input
//! channels, the products at each of the 36 positions are a matrix product `[tiles, channels] x [channels, filters]`. The
//! interpolation points are 0, 2/3, -2/3, 3/2, -3/2 and infinity: with the usual 0, 1, -1, 2, -2 the result has twice the error
//! (2.6e-6 against 1.1e-6 of the result's norm, 256 channels). Their product is 1, which saves multiplications too.
//!
//! The gradient with respect to the images is the same with the filter turned around, or, tile of outputs by tile of outputs, the
//! adjoint `B [(G g G^T) . (A dY A^T)] B^T` added to the tile's inputs, where that has fewer tiles; the one with respect to the filter is
//! `G^T [sum over tiles of (B^T d B) . (A dY A^T)] G`.

mod adjoint;
mod filter_grad;
mod forward;
mod output;
mod product;
mod transform;

pub use filter_grad::{winograd_filter_grad, winograd_filter_grad_scratch};
pub use forward::{winograd, winograd_input_grad, winograd_input_grad_scratch, winograd_scratch};

use product::{TILE, WIDE_TILE};
use std::ops::Range;

use super::ConvShape;
use crate::gemm::{pack, packed_len, panel_width};
use crate::{Isa, View};

/// Outputs of a tile along an axis.
pub(crate) const OUT: usize = 4;
/// Inputs of a tile along an axis.
pub(crate) const IN: usize = 6;
/// Products of a tile.
pub(crate) const POSITIONS: usize = IN * IN;

/// Whether a convolution can be computed so: 3 x 3 taps next to each other, stride 1, padding of at most 2, channels at all.
pub fn is_winograd(shape: &ConvShape) -> bool {
    let square = [shape.kernel_h, shape.kernel_w] == [3, 3];
    let dense = [shape.stride_h, shape.stride_w, shape.dilation_h, shape.dilation_w] == [1; 4];
    square && dense && shape.pad_top <= 2 && shape.pad_left <= 2 && shape.in_c > 0 && shape.out_c > 0
}

/// The convolution that computes the gradient with respect to the images, from `dy` to `dx`.
fn reversed(shape: &ConvShape) -> ConvShape {
    ConvShape {
        in_h: shape.out_h,
        in_w: shape.out_w,
        in_c: shape.out_c,
        out_h: shape.in_h,
        out_w: shape.in_w,
        out_c: shape.in_c,
        pad_top: 2 - shape.pad_top,
        pad_left: 2 - shape.pad_left,
        ..*shape
    }
}

/// Elements of a transformed filter, whatever the instruction set.
pub fn winograd_filter_len(shape: &ConvShape) -> usize {
    POSITIONS * filter_step(shape.in_c, shape.out_c)
}

/// Elements from position to position of a transformed filter.
fn filter_step(rows: usize, columns: usize) -> usize {
    position_step(packed_len(rows, columns))
}

/// Elements of a transformed filter for [`winograd_input_grad`].
pub fn winograd_filter_transposed_len(shape: &ConvShape) -> usize {
    winograd_filter_len(&reversed(shape))
}

/// Transforms the HWIO filter `w`, contiguous, for [`winograd`]: 36 matrices `[in_c, out_c]`, each packed as a right-hand side.
pub fn pack_winograd_filter(isa: Isa, shape: &ConvShape, w: View, out: &mut [f32]) {
    transform_filter(isa, shape, w, false, out);
}

/// Transforms the HWIO filter `w`, contiguous, for [`winograd_input_grad`]: from `out_c` to `in_c`, and turned by half a
/// circle unless the gradient goes by tiles of `dy`.
pub fn pack_winograd_filter_transposed(isa: Isa, shape: &ConvShape, w: View, out: &mut [f32]) {
    transform_filter(isa, shape, w, true, out);
}

/// Tiles of an image for [`winograd`] and [`winograd_filter_grad`].
pub fn winograd_tiles(shape: &ConvShape) -> usize {
    tiles(shape.out_h, shape.out_w).iter().product()
}

/// Tiles of an image for [`winograd_input_grad`].
pub fn winograd_input_grad_tiles(shape: &ConvShape) -> usize {
    if is_adjoint(shape) { winograd_tiles(shape) } else { winograd_tiles(&reversed(shape)) }
}

/// Whether the gradient with respect to the images goes by tiles of `dy`: the images of a convolution without padding are larger than
/// its outputs, and may have a last row of tiles that is mostly outside.
fn is_adjoint(shape: &ConvShape) -> bool {
    winograd_tiles(shape) < winograd_tiles(&reversed(shape))
}

fn transform_filter(isa: Isa, shape: &ConvShape, w: View, transposed: bool, out: &mut [f32]) {
    assert_eq!(w.dims(), shape.w_dims(), "the dims of the filter");
    let w = w.as_slice::<f32>().expect("the filter lies without gaps");
    let (inputs, outputs) = (shape.in_c, shape.out_c);
    let (rows, columns, strides) =
        if transposed { (outputs, inputs, [1, outputs as isize]) } else { (inputs, outputs, [outputs as isize, 1]) };
    let (panel, step) = (panel_width(isa), filter_step(rows, columns));
    let whole = rows * columns.next_multiple_of(panel);
    assert!(out.len() >= POSITIONS * step, "the transformed filter is longer than its room");
    // The nine taps are packed where the last nine positions go; the transform then works in place, element by element.
    let first = POSITIONS - 9;
    for tap in 0..9 {
        let source = if transposed && !is_adjoint(shape) { 8 - tap } else { tap };
        let from = w[source * inputs * outputs..].as_ptr();
        let to = &mut out[(first + tap) * step..][..whole];
        // SAFETY: a tap is `inputs` x `outputs` elements of `w`, read along `strides`; `to` holds whole panels.
        unsafe { pack::pack_panels(isa, from, strides, rows, columns, panel, to.as_mut_ptr()) };
    }
    // SAFETY: `out` holds 36 matrices of `whole` elements, `step` apart, the taps in the last nine.
    unsafe { (transform::functions(isa).filter)(out.as_mut_ptr(), step, whole) };
}

/// Tiles along each axis of an image.
fn tiles(rows: usize, columns: usize) -> [usize; 2] {
    [rows.div_ceil(OUT), columns.div_ceil(OUT)]
}

/// Bytes that the transformed operands of a strip of tiles may take: about half of a 1 MB L2.
const STRIP_BYTES: usize = 480 << 10;
/// Tiles of a strip, at least: enough rows for the register tile, and work for the transformed filter that streams past.
const STRIP_TILES: usize = 28;
/// Filters that are multiplied, and transformed back, together, but for AVX-512: whole panels of every level, and few enough that
/// their products and their part of the transformed filter stay in an L2 of 512 KB.
const COLUMNS: usize = 32;

/// How the work is cut. The AVX-512 servers have an L2 for all filters at once.
#[derive(Clone, Copy)]
struct Cut {
    /// Tiles that are transformed together.
    strip: usize,
    /// Filters that are multiplied together.
    columns: usize,
    /// Elements of a row of products of so many filters.
    row: usize,
}

impl Cut {
    /// For `tiles` tiles, transformed from `inputs` to `outputs` channels; `wide` is for AVX-512.
    fn new(wide: bool, [inputs, outputs]: [usize; 2], tiles: usize) -> Cut {
        let (columns, tall) = if wide { (outputs, WIDE_TILE) } else { (outputs.min(COLUMNS), TILE) };
        let row = columns.next_multiple_of(if wide { 32 } else { 16 });
        // Multiples of the tallest register tile, so that none is cut.
        let fit = STRIP_BYTES / (4 * POSITIONS * (inputs + row).max(1)) / tall * tall;
        let most = fit.max(STRIP_TILES.next_multiple_of(tall));
        Cut { strip: most.min(tiles.next_multiple_of(tall)), columns, row }
    }

    /// The same in strips of even size.
    fn even(self, isa: Isa, tiles: usize) -> Cut {
        let tall = if isa == Isa::Avx512 { WIDE_TILE } else { TILE };
        let strips = tiles.div_ceil(self.strip.max(1)).max(1);
        Cut { strip: tiles.div_ceil(strips).next_multiple_of(tall).min(self.strip), ..self }
    }

    /// Blocks of filters.
    fn blocks(&self, filters: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let columns = self.columns.max(1);
        (0..filters).step_by(columns).map(move |first| first..filters.min(first + columns))
    }
}

/// The largest of what the cuts of all levels need.
fn most(room: impl Fn(bool) -> usize) -> usize {
    room(false).max(room(true))
}

/// Elements from position to position for `len` elements: an odd number of cache lines, so that the 36 rows of a tile fall into
/// different sets of the L1.
fn position_step(len: usize) -> usize {
    (len.div_ceil(16) | 1) * 16
}
