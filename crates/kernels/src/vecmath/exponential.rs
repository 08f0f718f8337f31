//! exp, exp2, expm1, sinh, cosh, tanh, sigmoid.

use super::polynomial;
use crate::simd::Simd;
use std::f32::consts::{LN_2, LOG2_E};

/// ln 2 in two parts: the first has 9 significant bits, so that whole numbers up to 2^15 times it are exact without fma.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// `x = n ln 2 + r` with whole `n` and `|r| <= ln 2 / 2`.
#[inline(always)]
fn reduce<S: Simd>(s: S, x: S::F) -> (S::F, S::F) {
    let n = s.round(s.mul(x, s.splat(LOG2_E)));
    let r = s.fma(n, s.splat(-LN2_HIGH), x);
    (n, s.fma(n, s.splat(-LN2_LOW), r))
}

/// `e^x`, within 2 ulp, denormal results included.
#[inline(always)]
pub(crate) fn exp<S: Simd>(s: S, x: S::F) -> S::F {
    // Past these bounds the result is infinite or zero all the same; x is the second operand, so NaN stays NaN.
    let x = s.max(s.splat(-104.5), s.min(s.splat(89.0), x));
    let (p, n) = exp_parts(s, x);
    s.scale(p, n)
}

/// [`exp`] for `x` within -87..=88, where the result is a normal number, and for NaN: fewer steps, the same bits.
#[inline(always)]
pub(crate) fn exp_normal<S: Simd>(s: S, x: S::F) -> S::F {
    let (p, n) = exp_parts(s, x);
    s.scale_normal(p, n)
}

/// `e^x = p 2^n`: (p, n).
#[inline(always)]
fn exp_parts<S: Simd>(s: S, x: S::F) -> (S::F, S::F) {
    let (n, r) = reduce(s, x);
    (exp_near(s, r), n)
}

/// `e^r` for `|r| <= 0.4`.
#[inline(always)]
fn exp_near<S: Simd>(s: S, r: S::F) -> S::F {
    // (e^r - 1 - r) / r^2, error 3e-9 of e^r.
    let q = polynomial(s, r, [0.499_999_94, 0.166_665_17, 0.041_668_106, 0.008_369_146, 0.001_383_688]);
    s.add(s.fma(s.mul(r, r), q, r), s.splat(1.0))
}

/// `2^x`, within 2 ulp, exact of whole numbers.
#[inline(always)]
pub(crate) fn exp2<S: Simd>(s: S, x: S::F) -> S::F {
    let x = s.max(s.splat(-151.0), s.min(s.splat(129.0), x));
    let n = s.round(x);
    let f = s.sub(x, n);
    // (2^f - 1) / f, error 3e-9 of 2^f.
    let q = polynomial(s, f, [LN_2, 0.240_226_48, 0.055_503_6, 0.009_618_506, 0.001_339_080_6, 0.000_153_264_63]);
    s.scale(s.fma(f, q, s.splat(1.0)), n)
}

/// `e^a / 2` for `a >= 0`, which is finite where `e^a` is not.
#[inline(always)]
fn half_exp<S: Simd>(s: S, a: S::F) -> S::F {
    let (p, n) = exp_parts(s, s.min(s.splat(90.0), a));
    s.scale(p, s.sub(n, s.splat(1.0)))
}

/// Hyperbolic sine, within 4 ulp.
#[inline(always)]
pub(crate) fn sinh<S: Simd>(s: S, x: S::F) -> S::F {
    let a = s.abs(x);
    let half = half_exp(s, a);
    let far = s.sub(half, s.div(s.splat(0.25), half));
    // (sinh a / a - 1) / a^2 on [0, 1], error 3e-10 of sinh a.
    let square = s.mul(a, a);
    let p = polynomial(s, square, [0.166_666_67, 0.008_333_310_5, 0.000_198_428_96, 2.782_213_2e-6]);
    let near = s.fma(s.mul(a, square), p, a);
    s.copy_sign(s.select(s.lt(a, s.splat(1.0)), near, far), x)
}

/// Hyperbolic cosine, within 4 ulp.
#[inline(always)]
pub(crate) fn cosh<S: Simd>(s: S, x: S::F) -> S::F {
    let half = half_exp(s, s.abs(x));
    s.add(half, s.div(s.splat(0.25), half))
}

/// `e^x - 1`, within 4 ulp, exact in relative terms near 0.
#[inline(always)]
pub(crate) fn expm1<S: Simd>(s: S, x: S::F) -> S::F {
    let clamped = s.max(s.splat(-20.0), s.min(s.splat(89.0), x));
    let (n, r) = reduce(s, clamped);
    // (e^r - 1 - r) / r^2, error 1.4e-8 of e^r - 1.
    let q = polynomial(s, r, [0.5, 0.166_665_39, 0.041_666_612, 0.008_367_101, 0.001_391_757_6]);
    let p = s.fma(s.mul(r, r), q, r);
    // 2^n may not fit f32 where the result does: work with half of it.
    let half = s.power_of_two(s.sub_i(s.truncate(n), s.splat_i(1)));
    let result = s.fma(p, half, s.sub(half, s.splat(0.5)));
    let result = s.add(result, result);
    // Keeps -0, and denormals, which half of them would lose.
    s.select(s.lt(s.abs(x), s.splat(1e-9)), x, result)
}

/// Hyperbolic tangent, within 4 ulp: `(e^2|x| - 1) / (e^2|x| + 1)` with the sign of x.
#[inline(always)]
pub(crate) fn tanh<S: Simd>(s: S, x: S::F) -> S::F {
    // From 9.011 on the nearest f32 is 1; x is the second operand, so NaN stays NaN.
    let magnitude = s.min(s.splat(9.5), s.abs(x));
    let grown = expm1(s, s.add(magnitude, magnitude));
    s.copy_sign(s.div(grown, s.add(grown, s.splat(2.0))), x)
}

/// `1 / (1 + e^-x)`, within 4 ulp, denormal results included: only the exponential of a negative number is taken.
#[inline(always)]
pub(crate) fn sigmoid<S: Simd>(s: S, x: S::F) -> S::F {
    let small = exp(s, s.neg(s.abs(x)));
    let one = s.splat(1.0);
    s.div(s.select(s.lt(x, s.splat(0.0)), small, one), s.add(one, small))
}
