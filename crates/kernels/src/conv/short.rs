//! The first layer of a network: so few products an output that all weights of some channels stay in registers.
//!
//! With nine products a tile of the general kernel spends as long on its pointers as on its sums. Here a row of pixels runs
//! past the weights, four at a time. With the 16 registers of AVX2 the weights come from the L1 instead, for six pixels at a time;
//! then there may be more products. The order of the sums, and so every bit, is that of the general kernel.

use super::ConvShape;
use crate::Isa;
use crate::gemm::lanes::{Lanes, Portable};

/// Products an output, at most, with weights in registers: 3 x 3 taps of one channel.
const PRODUCTS: usize = 9;
/// The same with weights in the L1: 4 x 4 taps of two channels, or 3 x 3 of three.
const MOST: usize = 32;
/// Vectors of output channels at once.
const VECTORS: usize = 2;
/// Pixels whose sums are in flight: 18 vectors of weights, 8 of sums and 2 of bias live in 32 registers.
const PIXELS: usize = 4;
/// The same with weights in the L1: 12 vectors of sums, 2 of weights and one of input live in 16 registers.
const MORE_PIXELS: usize = 6;

/// A row of output pixels.
pub(super) struct Row {
    /// What the first pixel reads at the first tap, and the step from pixel to pixel.
    pub x: *const f32,
    pub x_step: usize,
    /// The inputs of one output, from `x`.
    pub offsets: [isize; MOST],
    /// How many there are.
    pub products: usize,
    /// The first of the panel's weights, of `panel` an input.
    pub weights: *const f32,
    pub panel: usize,
    /// The first output, and the step from pixel to pixel.
    pub y: *mut f32,
    pub y_step: usize,
    pub pixels: usize,
    /// The first channel's bias; null for none.
    pub bias: *const f32,
    pub relu: bool,
}

/// A function for rows, with a fixed number of products an output or any, for some output channels at once.
///
/// # Safety
/// The machine has the function's instruction set; all inputs, weights, outputs and biases of the row are valid, and the
/// outputs overlap nothing.
pub(super) type RowFn = unsafe fn(&Row);

/// The function for the shape's products, and the channels it computes at once; `None` where the general kernel serves.
pub(super) fn row_function(isa: Isa, shape: &ConvShape) -> Option<(RowFn, usize)> {
    let (function, channels): (RowFn, usize) = match (isa, shape.depth()) {
        (Isa::Portable, 1..=MOST) => (row_of_many::<Portable>, VECTORS * Portable::LANES),
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx512, products @ 1..=PRODUCTS) => (avx512::ROWS[products - 1], avx512::CHANNELS),
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx2, 1..=MOST) => (row_avx2, VECTORS * crate::gemm::lanes_x86::Avx2::LANES),
        #[cfg(target_arch = "aarch64")]
        (Isa::Neon, products @ 1..=PRODUCTS) => (neon::ROWS[products - 1], neon::CHANNELS),
        _ => return None,
    };
    shape.out_c.is_multiple_of(channels).then_some((function, channels))
}

/// Where the inputs of an output lie, from its first: taps row by row, channels within; `line` elements a row.
pub(super) fn offsets(shape: &ConvShape, line: isize) -> [isize; MOST] {
    std::array::from_fn(|i| {
        let (tap, channel) = (i / shape.in_c, i % shape.in_c);
        let (kh, kw) = (tap / shape.kernel_w, tap % shape.kernel_w);
        (kh * shape.dilation_h) as isize * line + (kw * shape.dilation_w * shape.in_c + channel) as isize
    })
}

/// All pixels of a row.
///
/// # Safety
/// See [`RowFn`]; the caller is compiled for `L`.
#[inline(always)]
unsafe fn row<L: Lanes, const COUNT: usize>(row: &Row) {
    // SAFETY: the pixels are the row's.
    unsafe {
        let weights: [[L::Vector; VECTORS]; COUNT] =
            std::array::from_fn(|i| std::array::from_fn(|v| L::load(row.weights.add(i * row.panel + v * L::LANES))));
        let bias: [L::Vector; VECTORS] =
            std::array::from_fn(
                |v| {
                    if row.bias.is_null() { L::splat(0.0) } else { L::load(row.bias.add(v * L::LANES)) }
                },
            );
        let whole = row.pixels / PIXELS * PIXELS;
        for first in (0..whole).step_by(PIXELS) {
            pixels::<L, COUNT, PIXELS>(row, &weights, &bias, first);
        }
        match row.pixels - whole {
            1 => pixels::<L, COUNT, 1>(row, &weights, &bias, whole),
            2 => pixels::<L, COUNT, 2>(row, &weights, &bias, whole),
            3 => pixels::<L, COUNT, 3>(row, &weights, &bias, whole),
            _ => {}
        }
    }
}

/// `WIDTH` pixels from `first` on.
///
/// # Safety
/// See [`row`].
#[allow(clippy::needless_range_loop, reason = "pixels, products and vectors index several register arrays at once")]
#[inline(always)]
unsafe fn pixels<L: Lanes, const COUNT: usize, const WIDTH: usize>(
    row: &Row,
    weights: &[[L::Vector; VECTORS]; COUNT],
    bias: &[L::Vector; VECTORS],
    first: usize,
) {
    // SAFETY: pixels first .. first + WIDTH exist.
    unsafe {
        let mut sums = [[L::splat(0.0); VECTORS]; WIDTH];
        let x = row.x.add(first * row.x_step);
        for i in 0..COUNT {
            let input = x.offset(row.offsets[i]);
            for p in 0..WIDTH {
                let value = L::splat(*input.add(p * row.x_step));
                for v in 0..VECTORS {
                    sums[p][v] = L::fma(value, weights[i][v], sums[p][v]);
                }
            }
        }
        finish::<L, WIDTH>(row, sums, bias, first);
    }
}

/// Bias, ReLU and store of the sums of `WIDTH` pixels from `first` on.
///
/// # Safety
/// See [`row`].
#[allow(clippy::needless_range_loop, reason = "pixels and vectors index several register arrays at once")]
#[inline(always)]
unsafe fn finish<L: Lanes, const WIDTH: usize>(
    row: &Row,
    sums: [[L::Vector; VECTORS]; WIDTH],
    bias: &[L::Vector; VECTORS],
    first: usize,
) {
    // SAFETY: pixels first .. first + WIDTH exist.
    unsafe {
        for p in 0..WIDTH {
            for v in 0..VECTORS {
                let mut sum = L::add(sums[p][v], bias[v]);
                if row.relu {
                    sum = L::relu(sum);
                }
                L::store(row.y.add((first + p) * row.y_step + v * L::LANES), sum);
            }
        }
    }
}

/// All pixels of a row, with the weights in memory.
///
/// # Safety
/// See [`row`].
#[inline(always)]
unsafe fn row_of_many<L: Lanes>(row: &Row) {
    // SAFETY: the pixels are the row's.
    unsafe {
        let whole = row.pixels / MORE_PIXELS * MORE_PIXELS;
        for first in (0..whole).step_by(MORE_PIXELS) {
            pixels_of_many::<L, MORE_PIXELS>(row, first);
        }
        match row.pixels - whole {
            1 => pixels_of_many::<L, 1>(row, whole),
            2 => pixels_of_many::<L, 2>(row, whole),
            3 => pixels_of_many::<L, 3>(row, whole),
            4 => pixels_of_many::<L, 4>(row, whole),
            5 => pixels_of_many::<L, 5>(row, whole),
            _ => {}
        }
    }
}

/// `WIDTH` pixels from `first` on, with the weights in memory.
///
/// # Safety
/// See [`row`].
#[allow(clippy::needless_range_loop, reason = "pixels and vectors index several register arrays at once")]
#[inline(always)]
unsafe fn pixels_of_many<L: Lanes, const WIDTH: usize>(row: &Row, first: usize) {
    // SAFETY: pixels first .. first + WIDTH exist.
    unsafe {
        let mut sums = [[L::splat(0.0); VECTORS]; WIDTH];
        let x = row.x.add(first * row.x_step);
        let mut weights = row.weights;
        for &offset in &row.offsets[..row.products] {
            let input = x.offset(offset);
            let factors = [L::load(weights), L::load(weights.add(L::LANES))];
            for p in 0..WIDTH {
                let value = L::splat(*input.add(p * row.x_step));
                for v in 0..VECTORS {
                    sums[p][v] = L::fma(value, factors[v], sums[p][v]);
                }
            }
            weights = weights.add(row.panel);
        }
        let bias = if row.bias.is_null() {
            [L::splat(0.0); VECTORS]
        } else {
            [L::load(row.bias), L::load(row.bias.add(L::LANES))]
        };
        finish::<L, WIDTH>(row, sums, &bias, first);
    }
}

/// # Safety
/// See [`RowFn`]; the machine has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn row_avx2(row: &Row) {
    // SAFETY: the caller keeps the contract, and this function has the features.
    unsafe { row_of_many::<crate::gemm::lanes_x86::Avx2>(row) }
}

/// Instantiates [`row`] for one level.
macro_rules! level {
    ($name:ident, $lanes:ty, $feature:meta) => {
        mod $name {
            use super::*;

            /// Output channels of a row function.
            pub(super) const CHANNELS: usize = VECTORS * <$lanes as Lanes>::LANES;

            /// # Safety
            /// See [`RowFn`].
            #[$feature]
            unsafe fn sized<const COUNT: usize>(row: &Row) {
                // SAFETY: the caller keeps RowFn's contract, and this function has the level's features.
                unsafe { super::row::<$lanes, COUNT>(row) }
            }

            pub(super) static ROWS: [RowFn; PRODUCTS] = [
                sized::<1>, sized::<2>, sized::<3>, sized::<4>, sized::<5>, sized::<6>, sized::<7>, sized::<8>,
                sized::<9>,
            ];
        }
    };
}

#[cfg(target_arch = "aarch64")]
level!(neon, crate::gemm::lanes_neon::Neon, target_feature(enable = "neon"));
#[cfg(target_arch = "x86_64")]
level!(avx512, crate::gemm::lanes_x86::Avx512, target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma"));
