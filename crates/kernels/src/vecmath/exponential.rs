//! exp, expm1, tanh, sigmoid.

use super::polynomial;
use crate::simd::Simd;
use std::f32::consts::LOG2_E;

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
    let (n, r) = reduce(s, x);
    // (e^r - 1 - r) / r^2, error 3e-9 of e^r.
    let q = polynomial(s, r, [0.499_999_94, 0.166_665_17, 0.041_668_106, 0.008_369_146, 0.001_383_688]);
    let p = s.add(s.fma(s.mul(r, r), q, r), s.splat(1.0));
    s.scale(p, n)
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
