//! The transforms, for one instruction set at a time: vectors of channels, a tile at a time.

use super::output::{OutputTile, ScatterTile, output, scatter};
use super::product::{Product, ProductFn, TILE, product};
use super::{IN, OUT, POSITIONS};
use crate::Isa;
use crate::gemm::lanes::{Lanes, Portable};
use std::mem::MaybeUninit;

/// The interpolation points besides 0 and infinity are +-A and +-B; A * B = 1.
pub(super) const A: f32 = 2.0 / 3.0;
pub(super) const B: f32 = 1.5;
pub(super) const A2: f32 = A * A;
pub(super) const B2: f32 = B * B;

/// The inputs of a tile, and where its 36 transformed rows go.
pub(super) struct InputTile {
    /// The first channel of every pixel; pixels that do not exist point at zeros.
    pub pixels: [[*const f32; IN]; IN],
    pub channels: usize,
    /// The tile's row at position 0, and the step from position to position.
    pub out: *mut f32,
    pub step: usize,
}

/// The gradient of a tile's outputs, and where its 36 transformed rows go.
pub(super) struct GradTile {
    /// The first channel of every pixel; pixels that do not exist point at zeros.
    pub pixels: [[*const f32; OUT]; OUT],
    pub channels: usize,
    pub out: *mut f32,
    pub step: usize,
}

/// The transforms of one instruction set.
///
/// # Safety
/// For all of them: the machine has the instruction set, and every element that the argument names is valid; what is written
/// overlaps nothing that is read, except that an output may be its own residual or mask.
pub(super) struct Functions {
    pub input: unsafe fn(&InputTile),
    pub grad: unsafe fn(&GradTile),
    pub output: unsafe fn(&OutputTile),
    /// `(matrices, step, len)`: nine taps in the last nine of 36 matrices become 36 positions.
    pub filter: unsafe fn(*mut f32, usize, usize),
    /// Adds to what the pixels hold.
    pub scatter: unsafe fn(&ScatterTile),
    /// `(matrices, step, dw, dw_step, len, accumulate)`: `len` elements of 36 sums become those of the gradients of nine taps.
    pub taps: unsafe fn(*const f32, usize, *mut f32, usize, usize, bool),
    /// The products at a position; `None` where the tiles of the general kernel are larger.
    pub product: Option<ProductFn>,
}

pub(super) fn functions(isa: Isa) -> &'static Functions {
    match isa {
        Isa::Portable => &portable::FUNCTIONS,
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => &neon::FUNCTIONS,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => &avx2::FUNCTIONS,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => &avx512::FUNCTIONS,
        #[allow(unreachable_patterns, reason = "which levels are left depends on the architecture")]
        other => panic!("the {} kernels are not part of this build", other.name()),
    }
}

/// `x[0] + x[1] * even`-like pairs: `(sum + factor * odd, sum - factor * odd)`.
///
/// # Safety
/// The caller is compiled for `L`.
#[inline(always)]
unsafe fn pair<L: Lanes>(even: L::Vector, odd: L::Vector, factor: f32) -> [L::Vector; 2] {
    // SAFETY: the caller's contract.
    unsafe { [L::fma(L::splat(factor), odd, even), L::fma(L::splat(-factor), odd, even)] }
}

/// `B^T d`.
///
/// # Safety
/// The caller is compiled for `L`.
#[inline(always)]
unsafe fn input_line<L: Lanes>(d: [L::Vector; IN]) -> [L::Vector; IN] {
    // SAFETY: the caller's contract.
    unsafe {
        let less = |x, factor: f32, from| L::fma(L::splat(-factor), x, from);
        let [plus_a, minus_a] = pair::<L>(less(d[2], B2, d[4]), less(d[1], B2, d[3]), A);
        let [plus_b, minus_b] = pair::<L>(less(d[2], A2, d[4]), less(d[1], A2, d[3]), B);
        let first = L::add(d[0], less(d[2], A2 + B2, d[4]));
        let last = L::add(d[1], less(d[3], A2 + B2, d[5]));
        [first, plus_a, minus_a, plus_b, minus_b, last]
    }
}

/// `A y`.
///
/// # Safety
/// The caller is compiled for `L`.
#[inline(always)]
unsafe fn grad_line<L: Lanes>(y: [L::Vector; OUT]) -> [L::Vector; IN] {
    // SAFETY: the caller's contract.
    unsafe {
        let plus = |x, factor: f32, y| L::fma(L::splat(factor), y, x);
        let [plus_a, minus_a] = pair::<L>(plus(y[0], A2, y[2]), plus(y[1], A2, y[3]), A);
        let [plus_b, minus_b] = pair::<L>(plus(y[0], B2, y[2]), plus(y[1], B2, y[3]), B);
        [y[0], plus_a, minus_a, plus_b, minus_b, y[3]]
    }
}

/// The factors of G's rows for the points +-A and +-B.
const GA: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const GB: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

/// `G g`.
///
/// # Safety
/// The caller is compiled for `L`.
#[inline(always)]
unsafe fn filter_line<L: Lanes>(g: [L::Vector; 3]) -> [L::Vector; IN] {
    // SAFETY: the caller's contract.
    unsafe {
        let even = |square: f32, factor: f32| L::fma(L::splat(square * factor), g[2], L::mul(L::splat(factor), g[0]));
        let [plus_a, minus_a] = pair::<L>(even(A2, GA), g[1], A * GA);
        let [plus_b, minus_b] = pair::<L>(even(B2, GB), g[1], B * GB);
        [g[0], plus_a, minus_a, plus_b, minus_b, g[2]]
    }
}

/// `G^T u`.
///
/// # Safety
/// The caller is compiled for `L`.
#[inline(always)]
unsafe fn taps_line<L: Lanes>(u: [L::Vector; IN]) -> [L::Vector; 3] {
    // SAFETY: the caller's contract.
    unsafe {
        let minus = |x, y| L::fma(L::splat(-1.0), y, x);
        let (even_a, odd_a) = (L::add(u[1], u[2]), minus(u[1], u[2]));
        let (even_b, odd_b) = (L::add(u[3], u[4]), minus(u[3], u[4]));
        [
            L::fma(L::splat(GA), even_a, L::fma(L::splat(GB), even_b, u[0])),
            L::fma(L::splat(A * GA), odd_a, L::mul(L::splat(B * GB), odd_b)),
            L::fma(L::splat(A2 * GA), even_a, L::fma(L::splat(B2 * GB), even_b, u[5])),
        ]
    }
}

/// `count` elements; all of a vector when there are so many.
///
/// # Safety
/// As [`Lanes::load_part`].
#[inline(always)]
pub(super) unsafe fn load<L: Lanes>(from: *const f32, count: usize) -> L::Vector {
    // SAFETY: the caller's contract.
    unsafe { if count == L::LANES { L::load(from) } else { L::load_part(from, count) } }
}

/// Stores `count` elements.
///
/// # Safety
/// As [`Lanes::store_part`].
#[inline(always)]
pub(super) unsafe fn store<L: Lanes>(to: *mut f32, value: L::Vector, count: usize) {
    // SAFETY: the caller's contract.
    unsafe { if count == L::LANES { L::store(to, value) } else { L::store_part(to, value, count) } }
}

/// # Safety
/// See [`Functions`].
#[allow(clippy::needless_range_loop, reason = "columns of one array become rows of another")]
#[inline(always)]
unsafe fn input<L: Lanes>(tile: &InputTile) {
    for channel in (0..tile.channels).step_by(L::LANES) {
        let count = L::LANES.min(tile.channels - channel);
        // SAFETY: see Functions; `count` channels exist from `channel` on.
        unsafe {
            let mut half = MaybeUninit::<[[L::Vector; IN]; IN]>::uninit();
            let half = half.as_mut_ptr();
            for column in 0..IN {
                let d = std::array::from_fn(|row| load::<L>(tile.pixels[row][column].wrapping_add(channel), count));
                let line = input_line::<L>(d);
                for row in 0..IN {
                    (*half)[row][column] = line[row];
                }
            }
            for row in 0..IN {
                let line = input_line::<L>((*half)[row]);
                for (column, value) in line.into_iter().enumerate() {
                    store::<L>(tile.out.wrapping_add((row * IN + column) * tile.step + channel), value, count);
                }
            }
        }
    }
}

/// # Safety
/// See [`Functions`].
#[allow(clippy::needless_range_loop, reason = "columns of one array become rows of another")]
#[inline(always)]
unsafe fn grad<L: Lanes>(tile: &GradTile) {
    for channel in (0..tile.channels).step_by(L::LANES) {
        let count = L::LANES.min(tile.channels - channel);
        // SAFETY: see Functions; `count` channels exist from `channel` on.
        unsafe {
            let mut half = MaybeUninit::<[[L::Vector; OUT]; IN]>::uninit();
            let half = half.as_mut_ptr();
            for column in 0..OUT {
                let y = std::array::from_fn(|row| load::<L>(tile.pixels[row][column].wrapping_add(channel), count));
                let line = grad_line::<L>(y);
                for row in 0..IN {
                    (*half)[row][column] = line[row];
                }
            }
            for row in 0..IN {
                let line = grad_line::<L>((*half)[row]);
                for (column, value) in line.into_iter().enumerate() {
                    store::<L>(tile.out.wrapping_add((row * IN + column) * tile.step + channel), value, count);
                }
            }
        }
    }
}

/// # Safety
/// See [`Functions`].
#[allow(clippy::needless_range_loop, reason = "columns of one array become rows of another")]
#[inline(always)]
unsafe fn filter<L: Lanes>(matrices: *mut f32, step: usize, len: usize) {
    for at in (0..len).step_by(L::LANES) {
        let count = L::LANES.min(len - at);
        // SAFETY: see Functions; all nine taps are read before a position is written.
        unsafe {
            let mut half = MaybeUninit::<[[L::Vector; 3]; IN]>::uninit();
            let half = half.as_mut_ptr();
            for column in 0..3 {
                let g = std::array::from_fn(|row| {
                    load::<L>(matrices.wrapping_add((POSITIONS - 9 + row * 3 + column) * step + at), count)
                });
                let line = filter_line::<L>(g);
                for row in 0..IN {
                    (*half)[row][column] = line[row];
                }
            }
            for row in 0..IN {
                let line = filter_line::<L>((*half)[row]);
                for (column, value) in line.into_iter().enumerate() {
                    store::<L>(matrices.wrapping_add((row * IN + column) * step + at), value, count);
                }
            }
        }
    }
}

/// # Safety
/// See [`Functions`].
#[allow(clippy::needless_range_loop, reason = "columns of one array become rows of another")]
#[inline(always)]
unsafe fn taps<L: Lanes>(
    matrices: *const f32,
    step: usize,
    dw: *mut f32,
    dw_step: usize,
    len: usize,
    accumulate: bool,
) {
    for at in (0..len).step_by(L::LANES) {
        let count = L::LANES.min(len - at);
        // SAFETY: see Functions.
        unsafe {
            let mut half = MaybeUninit::<[[L::Vector; IN]; 3]>::uninit();
            let half = half.as_mut_ptr();
            for column in 0..IN {
                let u =
                    std::array::from_fn(|row| load::<L>(matrices.wrapping_add((row * IN + column) * step + at), count));
                let line = taps_line::<L>(u);
                for row in 0..3 {
                    (*half)[row][column] = line[row];
                }
            }
            for row in 0..3 {
                let line = taps_line::<L>((*half)[row]);
                for (column, value) in line.into_iter().enumerate() {
                    let to = dw.wrapping_add((row * 3 + column) * dw_step + at);
                    let value = if accumulate { L::add(load::<L>(to, count), value) } else { value };
                    store::<L>(to, value, count);
                }
            }
        }
    }
}

/// Instantiates the transforms for one level.
macro_rules! level {
    ($name:ident, $lanes:ty, $product:expr $(, #[$feature:meta])?) => {
        mod $name {
            use super::*;

            /// # Safety
            /// See [`Functions`].
            $(#[$feature])?
            unsafe fn input(tile: &InputTile) {
                // SAFETY: the caller keeps the contract, and this function has the level's features.
                unsafe { super::input::<$lanes>(tile) }
            }

            /// # Safety
            /// See [`Functions`].
            $(#[$feature])?
            unsafe fn grad(tile: &GradTile) {
                // SAFETY: as above.
                unsafe { super::grad::<$lanes>(tile) }
            }

            /// # Safety
            /// See [`Functions`].
            $(#[$feature])?
            unsafe fn output(tile: &OutputTile) {
                // SAFETY: as above.
                unsafe { super::output::<$lanes>(tile) }
            }

            /// # Safety
            /// See [`Functions`].
            $(#[$feature])?
            unsafe fn filter(matrices: *mut f32, step: usize, len: usize) {
                // SAFETY: as above.
                unsafe { super::filter::<$lanes>(matrices, step, len) }
            }

            /// # Safety
            /// See [`Functions`].
            $(#[$feature])?
            unsafe fn taps(
                matrices: *const f32,
                step: usize,
                dw: *mut f32,
                dw_step: usize,
                len: usize,
                accumulate: bool,
            ) {
                // SAFETY: as above.
                unsafe { super::taps::<$lanes>(matrices, step, dw, dw_step, len, accumulate) }
            }

            /// # Safety
            /// See [`Functions`].
            $(#[$feature])?
            unsafe fn scatter(tile: &ScatterTile) {
                // SAFETY: as above.
                unsafe { super::scatter::<$lanes>(tile) }
            }

            pub(super) static FUNCTIONS: Functions =
                Functions { input, grad, output, filter, scatter, taps, product: $product };
        }
    };
}

level!(portable, Portable, Some(product::<Portable, TILE>));
#[cfg(target_arch = "aarch64")]
level!(neon, crate::gemm::lanes_neon::Neon, None, #[target_feature(enable = "neon")]);
#[cfg(target_arch = "x86_64")]
level!(avx2, crate::gemm::lanes_x86::Avx2, Some(product_avx2), #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
level!(avx512, crate::gemm::lanes_x86::Avx512, Some(product_avx512), #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]);

/// # Safety
/// See [`ProductFn`]; the machine has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn product_avx2(operands: &Product) {
    // SAFETY: the caller keeps the contract, and this function has the features.
    unsafe { product::<crate::gemm::lanes_x86::Avx2, TILE>(operands) }
}

/// # Safety
/// See [`ProductFn`]; the machine has AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
unsafe fn product_avx512(operands: &Product) {
    // SAFETY: the caller keeps the contract, and this function has the features.
    unsafe { product::<crate::gemm::lanes_x86::Avx512, { super::product::WIDE_TILE }>(operands) }
}
