//! log, log2, log10 and log1p.

use super::double::{self, LOG2_LONG};
use super::polynomial;
use crate::simd::Simd;

const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;
const SQRT_HALF: f32 = 0.707_106_77;

/// `x = m 2^e` with `m` in [sqrt(1/2), sqrt(2)), for positive finite x, denormals included. Returns (m, e).
#[inline(always)]
pub(super) fn split<S: Simd>(s: S, x: S::F) -> (S::F, S::F) {
    let tiny = s.lt(x, s.splat(f32::MIN_POSITIVE));
    let x = s.select(tiny, s.mul(x, s.splat(16_777_216.0)), x);
    // Subtracting the bits of sqrt(1/2) makes the exponent field switch there instead of at 1.
    let base = s.splat_i(SQRT_HALF.to_bits() as i32);
    let above = s.sub_i(s.bits(x), base);
    let exponent = s.to_float(s.shr(above, 23));
    let mantissa = s.float_from_bits(s.add_i(s.and(above, s.splat_i(0x007f_ffff)), base));
    (mantissa, s.sub(exponent, s.select(tiny, s.splat(24.0), s.splat(0.0))))
}

/// log of `m 2^e` plus a small correction; `f = m - 1`.
#[inline(always)]
fn assemble<S: Simd>(s: S, f: S::F, e: S::F, correction: S::F) -> S::F {
    // (log(1 + f) - f + f^2 / 2) / f^3, error 3.2e-9 of log(1 + f).
    let p = polynomial(
        s,
        f,
        [
            0.333_333_13,
            -0.250_000_1,
            0.200_021_19,
            -0.166_679_96,
            0.142_195_54,
            -0.124_055_9,
            0.118_881_53,
            -0.116_756_31,
            0.067_466_26,
        ],
    );
    let square = s.mul(f, f);
    let tail = s.fma(s.mul(square, f), p, s.fma(e, s.splat(LN2_LOW), correction));
    let rest = s.fma(square, s.splat(-0.5), tail);
    s.fma(e, s.splat(LN2_HIGH), s.add(f, rest))
}

/// Natural logarithm, within 2 ulp. log 0 = -inf, log of a negative number is NaN.
#[inline(always)]
pub(crate) fn log<S: Simd>(s: S, x: S::F) -> S::F {
    let (m, e) = split(s, x);
    let result = assemble(s, s.sub(m, s.splat(1.0)), e, s.splat(0.0));
    edges(s, x, result)
}

/// The values that the bit pattern of x cannot give: 0, infinity, negative numbers, NaN.
#[inline(always)]
fn edges<S: Simd>(s: S, x: S::F, result: S::F) -> S::F {
    let infinity = s.splat(f32::INFINITY);
    let result = s.select(s.lt(x, infinity), result, x);
    let result = s.select(s.eq(x, s.splat(0.0)), s.splat(f32::NEG_INFINITY), result);
    s.select(s.lt(x, s.splat(0.0)), s.splat(f32::NAN), result)
}

/// `log(1 + x)`, within 4 ulp, exact in relative terms near 0.
#[inline(always)]
pub(crate) fn log1p<S: Simd>(s: S, x: S::F) -> S::F {
    let one = s.splat(1.0);
    let u = s.add(x, one);
    let (m, e) = split(s, u);
    // What 1 + x lost by rounding: exact, whichever of the two is larger.
    let lost = s.select(s.lt(x, one), s.sub(x, s.sub(u, one)), s.sub(one, s.sub(u, x)));
    let result = assemble(s, s.sub(m, one), e, s.div(lost, u));
    let result = edges(s, u, result);
    s.select(s.lt(s.abs(x), s.splat(1e-9)), x, result)
}

/// Logarithm to base 2, within 1 ulp, exact of powers of 2.
#[inline(always)]
pub(crate) fn log2<S: Simd>(s: S, x: S::F) -> S::F {
    let value = s.narrow(double::log2(s, x, LOG2_LONG));
    s.select(s.lt(x, s.splat(0.0)), s.splat(f32::NAN), value)
}

/// Logarithm to base 10, within 1 ulp, exact of powers of 10.
#[inline(always)]
pub(crate) fn log10<S: Simd>(s: S, x: S::F) -> S::F {
    let value = s.mul_d(double::log2(s, x, LOG2_LONG), s.splat_d(std::f64::consts::LOG10_2));
    s.select(s.lt(x, s.splat(0.0)), s.splat(f32::NAN), s.narrow(value))
}
