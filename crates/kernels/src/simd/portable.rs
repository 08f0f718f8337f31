//! Plain Rust: 8 lanes in arrays, which compilers turn into whatever vectors the build's baseline has.

use super::{Kernel, MAX_LANES, Simd};

/// The level that is always there.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

const N: usize = 8;
type F = [f32; N];
type I = [i32; N];
type M = [bool; N];
type D = [f64; N];

#[inline(always)]
fn zip<A: Copy, B: Copy, R: Copy + Default>(a: [A; N], b: [B; N], f: impl Fn(A, B) -> R) -> [R; N] {
    let mut result = [R::default(); N];
    for lane in 0..N {
        result[lane] = f(a[lane], b[lane]);
    }
    result
}

#[inline(always)]
fn map<A: Copy, R: Copy + Default>(a: [A; N], f: impl Fn(A) -> R) -> [R; N] {
    let mut result = [R::default(); N];
    for lane in 0..N {
        result[lane] = f(a[lane]);
    }
    result
}

/// Methods that do the same to every lane.
macro_rules! lanes {
    ($(fn $name:ident($a:ident: $ta:ty) -> $result:ty = $body:expr;)*) => {$(
        #[inline(always)]
        fn $name(self, $a: $ta) -> $result {
            map($a, |$a| $body)
        }
    )*};
}
macro_rules! lane_pairs {
    ($(fn $name:ident($a:ident: $ta:ty, $b:ident: $tb:ty) -> $result:ty = $body:expr;)*) => {$(
        #[inline(always)]
        fn $name(self, $a: $ta, $b: $tb) -> $result {
            zip($a, $b, |$a, $b| $body)
        }
    )*};
}

/// Nearest integer, halves to even, for any f32 (the baseline of x86-64 has no instruction for it): adding and taking
/// away 2^23 leaves no room for a fraction.
#[inline(always)]
fn round_even(a: f32) -> f32 {
    const SHIFT: f32 = 8_388_608.0;
    let rounded = (a.abs() + SHIFT) - SHIFT;
    // From 2^23 on every number is whole; the comparison is false for NaN, which stays.
    if a.abs() < SHIFT { rounded.copysign(a) } else { a }
}

#[inline(always)]
fn floor(a: f32) -> f32 {
    let rounded = round_even(a);
    let lower = if rounded > a { rounded - 1.0 } else { rounded };
    if lower == 0.0 { lower.copysign(a) } else { lower }
}

#[inline(always)]
fn round_even_f64(a: f64) -> f64 {
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    let rounded = (a.abs() + SHIFT) - SHIFT;
    if a.abs() < SHIFT { rounded.copysign(a) } else { a }
}

impl Simd for Portable {
    type F = F;
    type I = I;
    type M = M;
    type D = D;
    const LANES: usize = N;

    #[inline(always)]
    fn vectorize<K: Kernel>(self, kernel: K) -> K::Output {
        #[inline(never)]
        fn compiled<K: Kernel>(s: Portable, kernel: K) -> K::Output {
            kernel.run(s)
        }
        compiled(self, kernel)
    }

    lane_pairs! {
        fn add(a: F, b: F) -> F = a + b;
        fn sub(a: F, b: F) -> F = a - b;
        fn mul(a: F, b: F) -> F = a * b;
        fn div(a: F, b: F) -> F = a / b;
        fn min(a: F, b: F) -> F = if a < b { a } else { b };
        fn max(a: F, b: F) -> F = if a > b { a } else { b };
        fn eq(a: F, b: F) -> M = a == b;
        fn lt(a: F, b: F) -> M = a < b;
        fn le(a: F, b: F) -> M = a <= b;
        fn add_i(a: I, b: I) -> I = a.wrapping_add(b);
        fn sub_i(a: I, b: I) -> I = a.wrapping_sub(b);
        fn mul_i(a: I, b: I) -> I = a.wrapping_mul(b);
        fn min_i(a: I, b: I) -> I = a.min(b);
        fn max_i(a: I, b: I) -> I = a.max(b);
        fn and(a: I, b: I) -> I = a & b;
        fn or(a: I, b: I) -> I = a | b;
        fn xor(a: I, b: I) -> I = a ^ b;
        fn shl_each(a: I, by: I) -> I = a.checked_shl(by as u32).unwrap_or(0);
        fn shr_each(a: I, by: I) -> I = a >> (by as u32).min(31);
        fn eq_i(a: I, b: I) -> M = a == b;
        fn lt_i(a: I, b: I) -> M = a < b;
        fn and_m(a: M, b: M) -> M = a & b;
        fn or_m(a: M, b: M) -> M = a | b;
        fn add_d(a: D, b: D) -> D = a + b;
        fn mul_d(a: D, b: D) -> D = a * b;
        fn div_d(a: D, b: D) -> D = a / b;
        fn min_d(a: D, b: D) -> D = if a < b { a } else { b };
        fn max_d(a: D, b: D) -> D = if a > b { a } else { b };
    }
    lanes! {
        fn sqrt(a: F) -> F = a.sqrt();
        fn floor(a: F) -> F = floor(a);
        fn ceil(a: F) -> F = -floor(-a);
        fn round(a: F) -> F = round_even(a);
        fn bits(a: F) -> I = a.to_bits() as i32;
        fn float_from_bits(a: I) -> F = f32::from_bits(a as u32);
        fn to_float(a: I) -> F = a as f32;
        fn truncate(a: F) -> I = a as i32;
        fn not_m(a: M) -> M = !a;
        fn widen(a: F) -> D = f64::from(a);
        fn narrow(a: D) -> F = a as f32;
        fn round_d(a: D) -> D = round_even_f64(a);
    }

    // Two roundings: without hardware `fma` is a library call of a hundred instructions.
    #[inline(always)]
    fn fma(self, a: F, b: F, c: F) -> F {
        self.add(self.mul(a, b), c)
    }
    #[inline(always)]
    fn fma_d(self, a: D, b: D, c: D) -> D {
        self.add_d(self.mul_d(a, b), c)
    }
    #[inline(always)]
    fn splat(self, value: f32) -> F {
        [value; N]
    }
    #[inline(always)]
    fn splat_i(self, value: i32) -> I {
        [value; N]
    }
    #[inline(always)]
    fn splat_d(self, value: f64) -> D {
        [value; N]
    }
    #[inline(always)]
    fn select(self, mask: M, a: F, b: F) -> F {
        let mut result = b;
        for lane in 0..N {
            result[lane] = if mask[lane] { a[lane] } else { b[lane] };
        }
        result
    }
    #[inline(always)]
    fn select_i(self, mask: M, a: I, b: I) -> I {
        let mut result = b;
        for lane in 0..N {
            result[lane] = if mask[lane] { a[lane] } else { b[lane] };
        }
        result
    }
    #[inline(always)]
    fn exchange(self, a: I, distance: usize) -> I {
        std::array::from_fn(|lane| a[lane ^ distance])
    }
    #[inline(always)]
    fn shl(self, a: I, by: i32) -> I {
        map(a, |a| a << by)
    }
    #[inline(always)]
    fn shr(self, a: I, by: i32) -> I {
        map(a, |a| a >> by)
    }
    #[inline(always)]
    fn shr_logical(self, a: I, by: i32) -> I {
        map(a, |a| (a as u32 >> by) as i32)
    }
    #[inline(always)]
    fn any(self, a: M) -> bool {
        a.iter().fold(false, |any, lane| any | lane)
    }
    #[inline(always)]
    fn mul_wide(self, a: I, b: I) -> (I, I) {
        let product = |a: i32, b: i32| u64::from(a as u32) * u64::from(b as u32);
        (zip(a, b, |a, b| (product(a, b) >> 32) as i32), zip(a, b, |a, b| product(a, b) as i32))
    }
    #[inline(always)]
    fn transpose4(self, rows: [I; 4]) -> [I; 4] {
        let mut result = rows;
        for square in 0..N / 4 {
            for (row, values) in rows.iter().enumerate() {
                for (column, line) in result.iter_mut().enumerate() {
                    line[4 * square + row] = values[4 * square + column];
                }
            }
        }
        result
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> F {
        // SAFETY: the caller promises N readable, aligned elements.
        unsafe { from.cast::<F>().read() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, a: F) {
        // SAFETY: the caller promises N writable, aligned elements.
        unsafe { to.cast::<F>().write(a) }
    }
    #[inline(always)]
    unsafe fn load_i(self, from: *const i32) -> I {
        // SAFETY: the caller promises N readable, aligned elements.
        unsafe { from.cast::<I>().read() }
    }
    #[inline(always)]
    unsafe fn store_i(self, to: *mut i32, a: I) {
        // SAFETY: the caller promises N writable, aligned elements.
        unsafe { to.cast::<I>().write(a) }
    }
    #[inline(always)]
    unsafe fn load_u8(self, from: *const u8) -> I {
        // SAFETY: the caller promises N readable bytes.
        map(unsafe { from.cast::<[u8; N]>().read() }, i32::from)
    }
    #[inline(always)]
    unsafe fn load_i8(self, from: *const u8) -> I {
        // SAFETY: the caller promises N readable bytes.
        map(unsafe { from.cast::<[i8; N]>().read() }, i32::from)
    }
    #[inline(always)]
    unsafe fn load_u16(self, from: *const u16) -> I {
        // SAFETY: the caller promises N readable, aligned elements.
        map(unsafe { from.cast::<[u16; N]>().read() }, i32::from)
    }
    #[inline(always)]
    unsafe fn store_u8(self, to: *mut u8, a: I) {
        // SAFETY: the caller promises N writable bytes.
        unsafe { to.cast::<[u8; N]>().write(map(a, |a| a as u8)) }
    }
    #[inline(always)]
    unsafe fn store_u16(self, to: *mut u16, a: I) {
        // SAFETY: the caller promises N writable, aligned elements.
        unsafe { to.cast::<[u16; N]>().write(map(a, |a| a as u16)) }
    }
}

const _: () = assert!(N <= MAX_LANES && N.is_multiple_of(4));
