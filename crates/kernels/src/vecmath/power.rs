//! `x^y`, through f64: `2^(y log2 |x|)` needs 8 bits more than f32 has.

use super::double::{self, LOG2_SHORT};
use crate::simd::Simd;

/// `x^y`, within 2 ulp, with the special cases of C's `pow`: `x^0 = 1^y = 1` even for NaN, a negative base with a whole
/// exponent takes its sign from the exponent's parity, with another exponent it gives NaN.
#[inline(always)]
pub(crate) fn pow<S: Simd>(s: S, x: S::F, y: S::F) -> S::F {
    let (zero, one, infinity) = (s.splat(0.0), s.splat(1.0), s.splat(f32::INFINITY));
    let base = s.abs(x);
    let magnitude = magnitude(s, base, y);

    let whole = s.eq(s.floor(y), y);
    let half = s.mul(y, s.splat(0.5));
    // Infinities and everything from 2^24 on are even: half of them is whole as well.
    let odd = s.and_m(whole, s.ne(s.floor(half), half));
    let negative = s.lt_i(s.bits(x), s.splat_i(0));
    let flip = s.and_m(negative, odd);
    let result = s.select(flip, s.neg(magnitude), magnitude);
    let undefined = s.and_m(s.and_m(s.lt(x, zero), s.lt(base, infinity)), s.not_m(whole));
    let result = s.select(undefined, s.splat(f32::NAN), result);
    // |x| = 1 would be 0 * inf for an infinite y; for finite y log2 is exactly 0 already.
    let unit = s.and_m(s.eq(base, one), s.eq(s.abs(y), infinity));
    let certain = s.or_m(s.or_m(s.eq(y, zero), s.eq(x, one)), unit);
    s.select(certain, one, result)
}

/// `base^y` for a base that is not negative.
#[inline(always)]
fn magnitude<S: Simd>(s: S, base: S::F, y: S::F) -> S::F {
    let exponent = s.mul_d(s.widen(y), double::log2(s, base, LOG2_SHORT));
    double::exp2(s, exponent, s.splat_d(1.0))
}

/// The real cube root, within 1 ulp.
#[inline(always)]
pub(crate) fn cbrt<S: Simd>(s: S, x: S::F) -> S::F {
    let exponent = s.mul_d(double::log2(s, s.abs(x), LOG2_SHORT), s.splat_d(1.0 / 3.0));
    s.copy_sign(double::exp2(s, exponent, s.splat_d(1.0)), x)
}
