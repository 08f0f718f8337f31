//! lgamma and its derivatives digamma and trigamma: Stirling's series in f64 from 8 on, below by the recurrence from
//! x to x + 8, for negative numbers by reflection.

use super::double::{self, sub_d};
use super::polynomial_d;
use crate::simd::Simd;
use std::f64::consts::PI;

/// From here on the asymptotic series are exact to 3e-13.
const ASYMPTOTIC: f32 = 8.0;
/// So many factors take a positive number there.
const STEPS: usize = 8;

/// A positive argument brought to where the series holds.
struct Shifted<S: Simd> {
    /// The argument, or it plus 8.
    z: S::D,
    /// `1 / z`.
    inverse: S::D,
    /// `1 / z^2`.
    square: S::D,
    /// Where to begin the recurrence: the argument, or 1 where none is needed.
    start: S::D,
    /// 1 where the recurrence is needed, else 0.
    weight: S::D,
}

#[inline(always)]
fn shift<S: Simd>(s: S, a: S::F) -> Shifted<S> {
    let small = s.lt(a, s.splat(ASYMPTOTIC));
    let z = s.add_d(s.widen(a), s.widen(s.select(small, s.splat(ASYMPTOTIC), s.splat(0.0))));
    let inverse = s.div_d(s.splat_d(1.0), z);
    Shifted {
        z,
        inverse,
        square: s.mul_d(inverse, inverse),
        start: s.widen(s.select(small, a, s.splat(1.0))),
        weight: s.widen(s.select(small, s.splat(1.0), s.splat(0.0))),
    }
}

/// `sin(pi r)` for `|r| <= 1/2`, error 2e-15.
#[inline(always)]
fn sin_pi<S: Simd>(s: S, r: S::D) -> S::D {
    let p = polynomial_d(
        s,
        s.mul_d(r, r),
        [
            3.1415926535897922,
            -5.16771278004969,
            2.550164039856638,
            -0.5992645287042444,
            0.08214587747370593,
            -0.007370356683052177,
            0.0004659654029209454,
            -2.1109549625719222e-05,
        ],
    );
    s.mul_d(p, r)
}

/// `cos(pi r)` for `|r| <= 1/2`, error 3e-15.
#[inline(always)]
fn cos_pi<S: Simd>(s: S, r: S::D) -> S::D {
    polynomial_d(
        s,
        s.mul_d(r, r),
        [
            0.9999999999999986,
            -4.934802200543727,
            4.0587121263355375,
            -1.335262766230491,
            0.23533058881369284,
            -0.02580653459531626,
            0.001927876814879939,
            -0.0001004232981269631,
        ],
    )
}

/// lgamma of a positive number in f64.
#[inline(always)]
fn lgamma_positive<S: Simd>(s: S, a: S::F) -> S::D {
    let at = shift(s, a);
    let mut product = at.start;
    for k in 1..STEPS {
        product = s.mul_d(product, s.add_d(at.start, s.splat_d(k as f64)));
    }
    // (z - 1/2) log z - z + log(2 pi) / 2 + 1/(12 z) - 1/(360 z^3) + ...
    let series = polynomial_d(s, at.square, [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0]);
    let tail = s.fma_d(series, at.inverse, s.splat_d(0.918_938_533_204_672_7));
    let main = s.fma_d(s.add_d(at.z, s.splat_d(-0.5)), double::log(s, at.z), sub_d(s, tail, at.z));
    let value = sub_d(s, main, s.mul_d(at.weight, double::log(s, product)));

    // About the zeros 1 and 2: (a - 1) (a - 2) P(a - 3/2) on [3/4, 9/4], error 4.2e-11.
    let near = s.and_m(s.le(s.splat(0.75), a), s.le(a, s.splat(2.25)));
    let b = s.widen(s.select(near, a, s.splat(1.5)));
    let p = polynomial_d(
        s,
        s.add_d(b, s.splat_d(-1.5)),
        [
            0.48312895050403193,
            -0.14595989549001384,
            0.0629114093476279,
            -0.031308519359447916,
            0.01679679603958828,
            -0.009424919454688176,
            0.00545064697639696,
            -0.0032190589609614978,
            0.0018947242406702472,
            -0.0011277193505187552,
            0.000812755239366253,
            -0.0005460033248375192,
            7.681835564102352e-05,
            6.357117467491704e-06,
            0.0002834059516178173,
            -0.0002036315095525362,
        ],
    );
    let zeros = s.mul_d(s.add_d(b, s.splat_d(-1.0)), s.add_d(b, s.splat_d(-2.0)));
    let weight = s.widen(s.select(near, s.splat(1.0), s.splat(0.0)));
    s.fma_d(weight, s.mul_d(zeros, p), s.mul_d(sub_d(s, s.splat_d(1.0), weight), value))
}

/// `log |Gamma(x)|`, within 4 ulp or 1e-11; infinite at 0 and the negative integers.
#[inline(always)]
pub(crate) fn lgamma<S: Simd>(s: S, x: S::F) -> S::F {
    let (zero, infinity) = (s.splat(0.0), s.splat(f32::INFINITY));
    let a = s.abs(x);
    let positive = lgamma_positive(s, a);
    let mut value = s.narrow(positive);
    let reflected = s.lt(x, s.splat(-1e-8));
    if s.any(reflected) {
        // Gamma(x) Gamma(-x) = -pi / (x sin(pi x)). Closer to 0 both sides are equal to f32's precision.
        let r = s.abs(s.sub(a, s.round(a)));
        let product = s.mul_d(s.widen(a), sin_pi(s, s.widen(r)));
        let other = sub_d(s, sub_d(s, s.splat_d(1.144_729_885_849_400_2), double::log(s, product)), positive);
        let other = s.select(s.eq(r, zero), infinity, s.narrow(other));
        value = s.select(reflected, other, value);
    }
    s.select(s.or_m(s.eq(a, infinity), s.eq(a, zero)), infinity, value)
}

/// `d/dx log Gamma(x)`, within 4 ulp or 1e-11; -inf at 0 (+inf at -0), NaN at the negative integers.
#[inline(always)]
pub(crate) fn digamma<S: Simd>(s: S, x: S::F) -> S::F {
    let (zero, infinity) = (s.splat(0.0), s.splat(f32::INFINITY));
    let a = s.abs(x);
    let at = shift(s, a);
    // The sum of 1 / (a + k) over the steps, as one quotient.
    let (mut numerator, mut denominator) = (s.splat_d(1.0), at.start);
    for k in 1..STEPS {
        let factor = s.add_d(at.start, s.splat_d(k as f64));
        numerator = s.fma_d(numerator, factor, denominator);
        denominator = s.mul_d(denominator, factor);
    }
    let steps = s.mul_d(at.weight, s.div_d(numerator, denominator));
    // log z - 1/(2 z) - 1/(12 z^2) + 1/(120 z^4) - ...
    let series = polynomial_d(
        s,
        at.square,
        [-1.0 / 12.0, 1.0 / 120.0, -1.0 / 252.0, 1.0 / 240.0, -1.0 / 132.0, 691.0 / 32760.0],
    );
    let tail = s.fma_d(series, at.square, s.mul_d(at.inverse, s.splat_d(-0.5)));
    let positive = sub_d(s, s.add_d(double::log(s, at.z), tail), steps);
    let mut value = s.narrow(positive);
    let negative = s.lt(x, zero);
    if s.any(negative) {
        // digamma(-a) = digamma(a) + 1/a + pi cot(pi a).
        let fraction = s.sub(a, s.round(a));
        let r = s.widen(fraction);
        let cotangent = s.div_d(s.mul_d(cos_pi(s, r), s.splat_d(PI)), sin_pi(s, r));
        let other = s.add_d(positive, s.add_d(s.div_d(s.splat_d(1.0), s.widen(a)), cotangent));
        let other = s.select(s.eq(fraction, zero), s.splat(f32::NAN), s.narrow(other));
        value = s.select(negative, other, value);
    }
    let value = s.select(s.eq(x, infinity), infinity, value);
    s.select(s.eq(x, zero), s.neg(s.div(s.splat(1.0), x)), value)
}

/// `d/dx digamma(x)`, within 4 ulp; infinite at 0 and the negative integers.
#[inline(always)]
pub(crate) fn trigamma<S: Simd>(s: S, x: S::F) -> S::F {
    let one = s.splat_d(1.0);
    let a = s.abs(x);
    let at = shift(s, a);
    let mut steps = s.splat_d(0.0);
    for k in 0..STEPS {
        let term = s.div_d(one, s.add_d(at.start, s.splat_d(k as f64)));
        steps = s.fma_d(term, term, steps);
    }
    // 1/z + 1/(2 z^2) + 1/(6 z^3) - 1/(30 z^5) + ...
    let series =
        polynomial_d(s, at.square, [1.0, 1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0]);
    let asymptotic = s.fma_d(series, at.inverse, s.mul_d(at.square, s.splat_d(0.5)));
    let positive = s.fma_d(at.weight, steps, asymptotic);
    let mut value = s.narrow(positive);
    let negative = s.lt(x, s.splat(0.0));
    if s.any(negative) {
        // trigamma(-a) = (pi / sin(pi a))^2 + 1/a^2 - trigamma(a).
        let ratio = s.div_d(s.splat_d(PI), sin_pi(s, s.widen(s.sub(a, s.round(a)))));
        let inverse = s.div_d(one, s.widen(a));
        let other = sub_d(s, s.fma_d(ratio, ratio, s.mul_d(inverse, inverse)), positive);
        value = s.select(negative, s.narrow(other), value);
    }
    value
}
