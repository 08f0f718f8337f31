//! Logarithms and powers in f64 lanes, for functions whose f32 arguments or cancellations need more bits than f32 has.

use super::{logarithm::split, polynomial_d};
use crate::simd::Simd;

/// `t L(t^2) + e = log2(m 2^e)` with `t = (m - 1) / (m + 1)`: the coefficients of L, error 8e-14.
pub(super) const LOG2_SHORT: [f64; 6] = [
    2.885390081777849,
    0.9617966941151214,
    0.5770779418305716,
    0.41220930800652955,
    0.3199033509781204,
    0.2829345643165327,
];
/// The same with error 3e-15.
pub(super) const LOG2_LONG: [f64; 8] = [
    2.8853900817779277,
    0.9617966939259476,
    0.577078016348618,
    0.41219858491383765,
    0.32059863572066544,
    0.2623288177879734,
    0.22106003946817263,
    0.21214679416929705,
];

#[inline(always)]
pub(super) fn sub_d<S: Simd>(s: S, a: S::D, b: S::D) -> S::D {
    s.fma_d(b, s.splat_d(-1.0), a)
}

/// `log2 x` for x that is not negative: -inf of 0, infinity and NaN as they are.
#[inline(always)]
pub(super) fn log2<S: Simd, const N: usize>(s: S, x: S::F, coefficients: [f64; N]) -> S::D {
    let (m, e) = split(s, x);
    let m = s.widen(m);
    let t = s.div_d(s.add_d(m, s.splat_d(-1.0)), s.add_d(m, s.splat_d(1.0)));
    let l = polynomial_d(s, s.mul_d(t, t), coefficients);
    // What the bit pattern cannot give is a summand: 0 for ordinary x, else an infinity or NaN that wins over any number.
    let (zero, infinity) = (s.splat(0.0), s.splat(f32::INFINITY));
    let edge = s.select(s.lt(x, infinity), zero, x);
    let edge = s.select(s.eq(x, zero), s.splat(f32::NEG_INFINITY), edge);
    s.add_d(s.fma_d(t, l, s.widen(e)), s.widen(edge))
}

/// Natural logarithm of a positive finite number within f32's range: of the nearest f32, and the rest to first order
/// (error 2e-15).
#[inline(always)]
pub(super) fn log<S: Simd>(s: S, x: S::D) -> S::D {
    let near = s.narrow(x);
    let wide = s.widen(near);
    let rest = s.div_d(sub_d(s, x, wide), wide);
    s.fma_d(log2(s, near, LOG2_LONG), s.splat_d(std::f64::consts::LN_2), rest)
}

/// `factor 2^exponent` in f32 for an exponent whose result is 0 or infinite beyond -200..=200; error 2e-9 before rounding.
#[inline(always)]
pub(super) fn exp2<S: Simd>(s: S, exponent: S::D, factor: S::D) -> S::F {
    // The exponent is the second operand, so NaN stays.
    let exponent = s.max_d(s.splat_d(-200.0), s.min_d(s.splat_d(200.0), exponent));
    let n = s.round_d(exponent);
    let f = sub_d(s, exponent, n);
    // 2^f on [-1/2, 1/2], error 1.9e-9.
    let p = polynomial_d(
        s,
        f,
        [
            1.0000000005551386,
            0.6931472057660786,
            0.24022646885238022,
            0.05550328713224984,
            0.009618489334599346,
            0.0013399957268637446,
            0.00015345766054470622,
        ],
    );
    s.scale(s.narrow(s.mul_d(p, factor)), s.narrow(n))
}
