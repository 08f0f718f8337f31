//! The Gaussian error linear unit `x P(X <= x)`, X standard normal, and its slope.

use super::exponential::exp_of_sum;
use super::polynomial;
use crate::simd::Simd;

/// From here on, a tail of the distribution is smaller than a normal number, and 0 stands for it.
const END: f32 = 13.1;

/// For `a = min(|x|, END)`: `(a, r, e)` with `P(X <= -a) = r e` and `e = e^(-a^2 / 2)`. The tail is taken and not `erf`, whose
/// sum with 1 has no digits of it left.
#[inline(always)]
fn tail<S: Simd>(s: S, x: S::F) -> (S::F, S::F, S::F) {
    // NaN stays, as the second operand.
    let a = s.min(s.splat(END), s.abs(x));
    // P(X <= -a) e^(a^2 / 2) (a + 3.75) as a polynomial in 1 - 7.5 / (a + 3.75), error 1.5e-8.
    let near = s.div(s.splat(1.0), s.add(a, s.splat(3.75)));
    let scaled = polynomial(
        s,
        s.fma(near, s.splat(-7.5), s.splat(1.0)),
        [
            0.750_294_1,
            -0.588_188_3,
            0.352_939_6,
            -0.151_520_83,
            0.037_492_562,
            0.001_200_125_9,
            -0.004_169_155_4,
            0.000_509_382_8,
            0.000_443_343_4,
        ],
    );
    // The square of the upper half of the digits is exact, the rest is small: an exponent of 85 has to be good to 1e-7.
    let high = s.float_from_bits(s.and(s.bits(a), s.splat_i(-4096)));
    let low = s.mul(s.sub(a, high), s.add(a, high));
    let half = s.splat(-0.5);
    let e = exp_of_sum(s, s.mul(s.mul(high, high), half), s.mul(low, half));
    (a, s.mul(near, scaled), s.select(s.lt(a, s.splat(END)), e, s.splat(0.0)))
}

/// `x P(X <= x)`, within 8 ulp; 0 below -13.1.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let (a, r, e) = tail(s, x);
    // In this order nothing on the way is smaller than the result.
    let below = s.neg(s.mul(s.mul(a, r), e));
    let above = s.mul(x, s.sub(s.splat(1.0), s.mul(r, e)));
    s.select(s.lt(x, s.splat(0.0)), below, above)
}

/// The derivative of [`gelu`], `P(X <= x) + x e^(-x^2 / 2) / sqrt(2 pi)`: within 8 ulp or 3e-7.
#[inline(always)]
pub(crate) fn gelu_slope<S: Simd>(s: S, x: S::F) -> S::F {
    let (a, r, e) = tail(s, x);
    let tail = s.mul(r, e);
    let below = s.select(s.lt(x, s.splat(0.0)), tail, s.sub(s.splat(1.0), tail));
    s.fma(s.mul(s.copy_sign(a, x), s.splat(0.398_942_3)), e, below)
}
