//! The transforms that end in pixels: of the products of a tile to its outputs, and of a tile's gradient to the inputs it came from.

use super::transform::{A, A2, B, B2, load, store};
use super::{IN, OUT};
use crate::gemm::lanes::Lanes;
use std::mem::MaybeUninit;
use std::ops::Range;

/// The products of a tile, and where its outputs go.
pub(super) struct OutputTile {
    /// The tile's row at position 0, and the step from position to position.
    pub products: *const f32,
    pub step: usize,
    pub channels: usize,
    /// Rows and columns that exist.
    pub size: [usize; 2],
    /// The first output, and the steps from row to row and from pixel to pixel.
    pub out: Pixels<*mut f32>,
    pub accumulate: bool,
    /// One value a channel; null for none.
    pub bias: *const f32,
    /// Null for none.
    pub residual: Pixels<*const f32>,
    pub relu: bool,
    /// Null for none.
    pub mask: Pixels<*const f32>,
}

/// The products of a tile of `dy`, and the pixels of `dx` that they are added to.
pub(super) struct ScatterTile {
    /// The tile's row at position 0, and the step from position to position.
    pub products: *const f32,
    pub step: usize,
    pub channels: usize,
    /// Those of the tile's 6 x 6 pixels that exist.
    pub rows: Range<usize>,
    pub columns: Range<usize>,
    /// The first pixel, whether it exists or not, and the steps from row to row and from pixel to pixel.
    pub out: Pixels<*mut f32>,
}

/// The pixels of a tile of an operand: the first, and the steps from row to row and from pixel to pixel.
#[derive(Clone, Copy)]
pub(super) struct Pixels<P> {
    pub first: P,
    pub steps: [isize; 2],
}

/// `A^T m`.
///
/// # Safety
/// The caller is compiled for `L`.
#[inline(always)]
unsafe fn output_line<L: Lanes>(m: [L::Vector; IN]) -> [L::Vector; OUT] {
    // SAFETY: the caller's contract.
    unsafe {
        let minus = |x, y| L::fma(L::splat(-1.0), y, x);
        let (even_a, odd_a) = (L::add(m[1], m[2]), minus(m[1], m[2]));
        let (even_b, odd_b) = (L::add(m[3], m[4]), minus(m[3], m[4]));
        [
            L::add(m[0], L::add(even_a, even_b)),
            L::fma(L::splat(A), odd_a, L::mul(L::splat(B), odd_b)),
            L::fma(L::splat(A2), even_a, L::mul(L::splat(B2), even_b)),
            L::add(m[5], L::fma(L::splat(A2 * A), odd_a, L::mul(L::splat(B2 * B), odd_b))),
        ]
    }
}

/// # Safety
/// See [`Functions`](super::transform::Functions).
#[allow(clippy::needless_range_loop, reason = "columns of one array become rows of another")]
#[inline(always)]
pub(super) unsafe fn output<L: Lanes>(tile: &OutputTile) {
    let plain = !tile.accumulate && tile.residual.first.is_null() && tile.mask.first.is_null();
    for channel in (0..tile.channels).step_by(L::LANES) {
        let count = L::LANES.min(tile.channels - channel);
        // SAFETY: see Functions; `count` channels exist from `channel` on, and only pixels that exist are touched.
        unsafe {
            let mut half = MaybeUninit::<[[L::Vector; IN]; OUT]>::uninit();
            let half = half.as_mut_ptr();
            for column in 0..IN {
                let m = std::array::from_fn(|row| {
                    load::<L>(tile.products.wrapping_add((row * IN + column) * tile.step + channel), count)
                });
                let line = output_line::<L>(m);
                for row in 0..OUT {
                    (*half)[row][column] = line[row];
                }
            }
            if plain && count == L::LANES {
                plain_lines::<L>(tile, half, channel);
                continue;
            }
            for row in 0..tile.size[0] {
                let line = output_line::<L>((*half)[row]);
                for (column, value) in line.into_iter().enumerate().take(tile.size[1]) {
                    finish::<L>(tile, [row, column], channel, count, value);
                }
            }
        }
    }
}

/// A vector of channels of all pixels, with no more than a bias and a ReLU.
///
/// # Safety
/// See [`output`].
#[allow(clippy::needless_range_loop, reason = "a line that does not exist ends the loop")]
#[inline(always)]
unsafe fn plain_lines<L: Lanes>(tile: &OutputTile, half: *const [[L::Vector; IN]; OUT], channel: usize) {
    // SAFETY: `half` is complete, the channels exist, and so do the pixels that are written.
    unsafe {
        let has_bias = !tile.bias.is_null();
        let bias = if has_bias { L::load(tile.bias.wrapping_add(channel)) } else { L::splat(0.0) };
        for row in 0..OUT {
            if row == tile.size[0] {
                break;
            }
            let mut line = output_line::<L>((*half)[row]);
            if has_bias {
                line = line.map(|value| L::add(value, bias));
            }
            if tile.relu {
                line = line.map(|value| L::relu(value));
            }
            let out = tile.out.first.wrapping_offset(row as isize * tile.out.steps[0]).wrapping_add(channel);
            for column in 0..OUT {
                if column < tile.size[1] {
                    L::store(out.wrapping_offset(column as isize * tile.out.steps[1]), line[column]);
                }
            }
        }
    }
}

/// The epilogue of one vector of a pixel.
///
/// # Safety
/// See [`output`].
#[inline(always)]
unsafe fn finish<L: Lanes>(
    tile: &OutputTile,
    [row, column]: [usize; 2],
    channel: usize,
    count: usize,
    value: L::Vector,
) {
    let offset = |steps: [isize; 2]| row as isize * steps[0] + column as isize * steps[1] + channel as isize;
    // SAFETY: the pixel and the channels exist in every operand that is there.
    unsafe {
        let out = tile.out.first.wrapping_offset(offset(tile.out.steps));
        let mut value = value;
        if tile.accumulate {
            value = L::add(load::<L>(out, count), value);
        }
        if !tile.bias.is_null() {
            value = L::add(value, load::<L>(tile.bias.wrapping_add(channel), count));
        }
        if !tile.residual.first.is_null() {
            let residual = tile.residual.first.wrapping_offset(offset(tile.residual.steps));
            value = L::add(value, load::<L>(residual, count));
        }
        if tile.relu {
            value = L::relu(value);
        }
        if !tile.mask.first.is_null() {
            let mask = tile.mask.first.wrapping_offset(offset(tile.mask.steps));
            value = L::zero_where_not_positive(value, load::<L>(mask, count));
        }
        store::<L>(out, value, count);
    }
}

/// `B m`.
///
/// # Safety
/// The caller is compiled for `L`.
#[inline(always)]
unsafe fn scatter_line<L: Lanes>(m: [L::Vector; IN]) -> [L::Vector; IN] {
    // SAFETY: the caller's contract.
    unsafe {
        let times = |factor: f32, x, y| L::fma(L::splat(factor), x, y);
        let (even_a, odd_a) = (L::add(m[1], m[2]), times(-1.0, m[2], m[1]));
        let (even_b, odd_b) = (L::add(m[3], m[4]), times(-1.0, m[4], m[3]));
        [
            m[0],
            times(-A, odd_b, times(-B, odd_a, m[5])),
            times(-(A2 + B2), m[0], times(-B2, even_a, L::mul(L::splat(-A2), even_b))),
            times(-(A2 + B2), m[5], times(A, odd_a, L::mul(L::splat(B), odd_b))),
            L::add(m[0], L::add(even_a, even_b)),
            m[5],
        ]
    }
}

/// # Safety
/// See [`Functions`](super::transform::Functions).
#[allow(clippy::needless_range_loop, reason = "columns of one array become rows of another")]
#[inline(always)]
pub(super) unsafe fn scatter<L: Lanes>(tile: &ScatterTile) {
    for channel in (0..tile.channels).step_by(L::LANES) {
        let count = L::LANES.min(tile.channels - channel);
        // SAFETY: see Functions; `count` channels exist from `channel` on, and only pixels that exist are touched.
        unsafe {
            let mut half = MaybeUninit::<[[L::Vector; IN]; IN]>::uninit();
            let half = half.as_mut_ptr();
            for column in 0..IN {
                let m = std::array::from_fn(|row| {
                    load::<L>(tile.products.wrapping_add((row * IN + column) * tile.step + channel), count)
                });
                let line = scatter_line::<L>(m);
                for row in 0..IN {
                    (*half)[row][column] = line[row];
                }
            }
            for row in 0..IN {
                if !tile.rows.contains(&row) {
                    continue;
                }
                let line = scatter_line::<L>((*half)[row]);
                let out = tile.out.first.wrapping_offset(row as isize * tile.out.steps[0]).wrapping_add(channel);
                for column in 0..IN {
                    if tile.columns.contains(&column) {
                        let to = out.wrapping_offset(column as isize * tile.out.steps[1]);
                        store::<L>(to, L::add(load::<L>(to, count), line[column]), count);
                    }
                }
            }
        }
    }
}
