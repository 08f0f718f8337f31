//! Inverses of the trigonometric and hyperbolic functions.

use super::double::{self, LOG2_LONG};
use super::{atan2, polynomial};
use crate::simd::Simd;
use std::f32::consts::{FRAC_PI_2, PI};

/// What pi/2 and pi lose as f32.
const FRAC_PI_2_LOW: f32 = -4.371_139e-8;
const PI_LOW: f32 = -8.742_278e-8;

/// From here on `x^2 + 1` and `x^2 - 1` are `x^2` to f32's precision.
const SQUARE_ONLY: f32 = 1e9;

/// For `a <= 1/2`: (asin a, false lanes); else (asin(sqrt((1 - a) / 2)), true lanes), of which `acos a` is the double.
#[inline(always)]
fn arc<S: Simd>(s: S, a: S::F) -> (S::F, S::M) {
    let large = s.lt(s.splat(0.5), a);
    let half = s.mul(s.sub(s.splat(1.0), a), s.splat(0.5));
    let square = s.select(large, half, s.mul(a, a));
    let y = s.select(large, s.sqrt(half), a);
    // (asin y / y - 1) / y^2 on [0, 1/2], error 4.9e-9 of asin y. Beyond a = 1 the root is NaN.
    let p = polynomial(s, square, [0.166_667_52, 0.074_953_094, 0.045_469_15, 0.024_184_778, 0.042_158_306]);
    (s.fma(s.mul(y, square), p, y), large)
}

/// Arc sine, within 3 ulp; NaN beyond -1..=1.
#[inline(always)]
pub(crate) fn asin<S: Simd>(s: S, x: S::F) -> S::F {
    let (angle, large) = arc(s, s.abs(x));
    let twice = s.add(angle, angle);
    let complement = s.add(s.sub(s.splat(FRAC_PI_2), twice), s.splat(FRAC_PI_2_LOW));
    s.copy_sign(s.select(large, complement, angle), x)
}

/// Arc cosine, within 3 ulp; NaN beyond -1..=1.
#[inline(always)]
pub(crate) fn acos<S: Simd>(s: S, x: S::F) -> S::F {
    let (angle, large) = arc(s, s.abs(x));
    let twice = s.add(angle, angle);
    let behind = s.lt(x, s.splat(0.0));
    let beyond = s.add(s.sub(s.splat(PI), twice), s.splat(PI_LOW));
    let signed = s.copy_sign(angle, x);
    let middle = s.sub(s.splat(FRAC_PI_2), s.sub(signed, s.splat(FRAC_PI_2_LOW)));
    s.select(large, s.select(behind, beyond, twice), middle)
}

/// Arc tangent, within 4 ulp.
#[inline(always)]
pub(crate) fn atan<S: Simd>(s: S, x: S::F) -> S::F {
    atan2(s, x, s.splat(1.0))
}

/// `log(a + sqrt(square))` for `a >= 0` where `square = a^2 +- 1` in f64; `log(2 a)` for large `a`.
#[inline(always)]
fn log_with_root<S: Simd>(s: S, a: S::F, square: S::D) -> S::F {
    let large = s.le(s.splat(SQUARE_ONLY), a);
    let root = s.sqrt(s.narrow(square));
    let wide = s.widen(root);
    // One step of Newton's method gives the root f64's precision.
    let step = s.div_d(double::sub_d(s, square, s.mul_d(wide, wide)), s.add_d(wide, wide));
    let sum = s.add_d(s.widen(a), s.add_d(wide, step));
    let near = s.select(large, a, s.narrow(sum));
    let wide = s.widen(near);
    let rest = s.narrow(s.div_d(double::sub_d(s, sum, wide), wide));
    // For large a the sum may be infinite or NaN: it is 2 a.
    let rest = s.select(large, s.splat(std::f32::consts::LN_2), rest);
    let log2 = double::log2(s, near, LOG2_LONG);
    s.narrow(s.fma_d(log2, s.splat_d(std::f64::consts::LN_2), s.widen(rest)))
}

/// Inverse hyperbolic sine, within 2 ulp.
#[inline(always)]
pub(crate) fn asinh<S: Simd>(s: S, x: S::F) -> S::F {
    let a = s.abs(x);
    let wide = s.widen(a);
    let value = log_with_root(s, a, s.fma_d(wide, wide, s.splat_d(1.0)));
    // Near 0: a - a^3/6 + 3 a^5/40, error 5e-14 below 0.01.
    let square = s.mul(a, a);
    let p = polynomial(s, square, [-1.0 / 6.0, 3.0 / 40.0]);
    let near = s.fma(s.mul(a, square), p, a);
    s.copy_sign(s.select(s.lt(a, s.splat(0.01)), near, value), x)
}

/// Inverse hyperbolic cosine, within 2 ulp; NaN below 1.
#[inline(always)]
pub(crate) fn acosh<S: Simd>(s: S, x: S::F) -> S::F {
    let one = s.splat(1.0);
    let wide = s.widen(x);
    let value = log_with_root(s, x, s.fma_d(wide, wide, s.splat_d(-1.0)));
    // At 1 Newton's step divides by 0.
    let value = s.select(s.eq(x, one), s.splat(0.0), value);
    s.select(s.lt(x, one), s.splat(f32::NAN), value)
}

/// Inverse hyperbolic tangent, within 2 ulp; infinite at -1 and 1, NaN beyond.
#[inline(always)]
pub(crate) fn atanh<S: Simd>(s: S, x: S::F) -> S::F {
    let a = s.abs(x);
    let (wide, one) = (s.widen(a), s.splat_d(1.0));
    let ratio = s.div_d(s.add_d(one, wide), double::sub_d(s, one, wide));
    let value = s.narrow(s.mul_d(double::log(s, ratio), s.splat_d(0.5)));
    // Near 0: a + a^3/3 + a^5/5, error 1.5e-13 below 0.01.
    let square = s.mul(a, a);
    let near = s.fma(s.mul(a, square), polynomial(s, square, [1.0 / 3.0, 1.0 / 5.0]), a);
    let value = s.select(s.lt(a, s.splat(0.01)), near, value);
    let value = s.select(s.eq(a, s.splat(1.0)), s.splat(f32::INFINITY), value);
    let value = s.select(s.lt(s.splat(1.0), a), s.splat(f32::NAN), value);
    s.copy_sign(value, x)
}
