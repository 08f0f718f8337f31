//! sin, cos, tan, atan2.

use super::polynomial;
use crate::simd::{MAX_LANES, Simd};
use std::f32::consts::{FRAC_PI_2, PI};

/// Above this magnitude the reduction by three parts of pi/2 loses bits; those lanes are computed one by one in f64.
const REDUCIBLE: f32 = 1e5;

/// pi/2 in f64, split so that whole numbers up to 2^17 times the first part are exact.
const HALF_PI_HIGH: f64 = 1.570_796_326_734_125_6;
const HALF_PI_LOW: f64 = 6.077_100_506_506_192e-11;

/// `x = n pi/2 + r`: (r, n mod 4 in the low bits).
#[inline(always)]
fn reduce<S: Simd>(s: S, x: S::F) -> (S::F, S::I) {
    let n = s.round(s.mul(x, s.splat(std::f32::consts::FRAC_2_PI)));
    let (wide_n, wide_x) = (s.widen(n), s.widen(x));
    let r = s.fma_d(wide_n, s.splat_d(-HALF_PI_HIGH), wide_x);
    let r = s.fma_d(wide_n, s.splat_d(-HALF_PI_LOW), r);
    (s.narrow(r), s.truncate(n))
}

/// (sin r, cos r) for `|r| <= 0.79`.
#[inline(always)]
fn both<S: Simd>(s: S, r: S::F) -> (S::F, S::F) {
    let square = s.mul(r, r);
    // (sin r / r - 1) / r^2, error 4.1e-9 of sin r; (cos r - 1 + r^2 / 2) / r^4, error 1.1e-10.
    let p = polynomial(s, square, [-0.166_666_54, 0.008_332_102, -0.000_195_068_5]);
    let sin = s.fma(s.mul(square, r), p, r);
    let q = polynomial(s, square, [0.041_666_646, -0.001_388_730_1, 2.443_067_2e-5]);
    let cos = s.fma(s.mul(square, square), q, s.fma(square, s.splat(-0.5), s.splat(1.0)));
    (sin, cos)
}

/// sin of the angle with remainder r in quadrant n.
#[inline(always)]
fn in_quadrant<S: Simd>(s: S, r: S::F, n: S::I) -> S::F {
    let (sin, cos) = both(s, r);
    let value = s.select(s.non_zero(s.and(n, s.splat_i(1))), cos, sin);
    let sign = s.shl(s.and(n, s.splat_i(2)), 30);
    s.float_from_bits(s.xor(s.bits(value), sign))
}

/// Replaces the lanes whose argument is too large to reduce by `exact`, computed in f64.
#[inline(always)]
fn with_fallback<S: Simd>(s: S, x: S::F, value: S::F, exact: fn(f64) -> f64) -> S::F {
    let ordinary = s.le(s.abs(x), s.splat(REDUCIBLE));
    if !s.any(s.not_m(ordinary)) {
        return value;
    }
    let (arguments, mut values) = (s.to_array(x), s.to_array(value));
    for lane in 0..S::LANES.min(MAX_LANES) {
        let argument = arguments[lane];
        // NaN is not ordinary either.
        if argument.is_nan() || argument.abs() > REDUCIBLE {
            values[lane] = exact(f64::from(argument)) as f32;
        }
    }
    s.of_array(&values)
}

/// Sine, within 4 ulp.
#[inline(always)]
pub(crate) fn sin<S: Simd>(s: S, x: S::F) -> S::F {
    let (r, n) = reduce(s, x);
    let value = in_quadrant(s, r, n);
    // Keeps -0 and tiny x.
    let value = s.select(s.lt(s.abs(x), s.splat(1e-6)), x, value);
    with_fallback(s, x, value, f64::sin)
}

/// Cosine, within 4 ulp.
#[inline(always)]
pub(crate) fn cos<S: Simd>(s: S, x: S::F) -> S::F {
    let (r, n) = reduce(s, x);
    let value = in_quadrant(s, r, s.add_i(n, s.splat_i(1)));
    with_fallback(s, x, value, f64::cos)
}

/// Tangent, within 4 ulp.
#[inline(always)]
pub(crate) fn tan<S: Simd>(s: S, x: S::F) -> S::F {
    let (r, n) = reduce(s, x);
    let square = s.mul(r, r);
    // (tan r / r - 1) / r^2 on [0, pi/4], error 1.3e-9 of tan r.
    let p = polynomial(
        s,
        square,
        [0.333_333_5, 0.133_326_75, 0.054_058_906, 0.021_286_298, 0.010_827_079, 9.886_279_4e-5, 0.004_372_324],
    );
    let near = s.fma(s.mul(r, square), p, r);
    let turned = s.div(s.splat(-1.0), near);
    let value = s.select(s.non_zero(s.and(n, s.splat_i(1))), turned, near);
    let value = s.select(s.lt(s.abs(x), s.splat(1e-6)), x, value);
    with_fallback(s, x, value, f64::tan)
}

/// (sin, cos) of `2 pi turns` for turns in [0, 1): for uniform numbers, where the reduction is exact.
#[inline(always)]
pub(crate) fn sin_cos_turns<S: Simd>(s: S, turns: S::F) -> (S::F, S::F) {
    let quarters = s.mul(turns, s.splat(4.0));
    let n = s.round(quarters);
    let r = s.mul(s.sub(quarters, n), s.splat(FRAC_PI_2));
    let (sin, cos) = both(s, r);
    let n = s.truncate(n);
    let swap = s.non_zero(s.and(n, s.splat_i(1)));
    let next = s.add_i(n, s.splat_i(1));
    let sign_of = |bits: S::I| s.shl(s.and(bits, s.splat_i(2)), 30);
    let signed = |value: S::F, sign: S::I| s.float_from_bits(s.xor(s.bits(value), sign));
    (signed(s.select(swap, cos, sin), sign_of(n)), signed(s.select(swap, sin, cos), sign_of(next)))
}

/// The angle of the point (x, y), within 4 ulp, with the special cases of C's `atan2`.
#[inline(always)]
pub(crate) fn atan2<S: Simd>(s: S, y: S::F, x: S::F) -> S::F {
    let (tall, wide) = (s.abs(y), s.abs(x));
    let steep = s.lt(wide, tall);
    let (small, large) = (s.select(steep, wide, tall), s.select(steep, tall, wide));
    // Equal magnitudes are ratio 1 (two infinities too), two zeros are ratio 0.
    let ratio = s.select(s.eq(small, large), s.splat(1.0), s.div(small, large));
    let ratio = s.select(s.eq(large, s.splat(0.0)), s.splat(0.0), ratio);
    let square = s.mul(ratio, ratio);
    // (atan a / a - 1) / a^2 on [0, 1], error 2.4e-9 of atan a.
    let p = polynomial(
        s,
        square,
        [
            -0.333_333_02,
            0.199_986_26,
            -0.142_650_92,
            0.109_566_57,
            -0.084_164_545,
            0.058_177_873,
            -0.031_394_17,
            0.011_028_756,
            -0.001_818_654_2,
        ],
    );
    let angle = s.fma(s.mul(square, ratio), p, ratio);
    // The low parts of pi/2 and pi keep the differences as exact as the angle.
    let angle = s.select(steep, s.add(s.sub(s.splat(FRAC_PI_2), angle), s.splat(-4.371_139e-8)), angle);
    let behind = s.lt_i(s.bits(x), s.splat_i(0));
    let angle = s.select(behind, s.add(s.sub(s.splat(PI), angle), s.splat(-8.742_278e-8)), angle);
    let angle = s.copy_sign(angle, y);
    let nan = s.or_m(s.is_nan(x), s.is_nan(y));
    s.select(nan, s.splat(f32::NAN), angle)
}
