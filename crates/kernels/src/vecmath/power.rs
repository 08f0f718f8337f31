//! `x^y`, through f64: `2^(y log2 |x|)` needs 8 bits more than f32 has.

use super::{logarithm::split, polynomial_d};
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
    let (m, e) = split(s, base);
    let m = s.widen(m);
    // log2 m = t L(t^2) with t = (m - 1) / (m + 1), error 8e-14.
    let t = s.div_d(s.add_d(m, s.splat_d(-1.0)), s.add_d(m, s.splat_d(1.0)));
    let l = polynomial_d(
        s,
        s.mul_d(t, t),
        [
            2.885390081777849,
            0.9617966941151214,
            0.5770779418305716,
            0.41220930800652955,
            0.3199033509781204,
            0.2829345643165327,
        ],
    );
    let log2 = s.narrow_edges(base, s.fma_d(t, l, s.widen(e)));
    let exponent = s.mul_d(s.widen(y), log2);
    let exponent = s.max_d(s.splat_d(-200.0), s.min_d(s.splat_d(200.0), exponent));
    let n = s.round_d(exponent);
    let f = s.add_d(exponent, s.mul_d(n, s.splat_d(-1.0)));
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
    s.scale(s.narrow(p), s.narrow(n))
}

/// The logarithms that the bit pattern cannot give.
trait LogarithmEdges: Simd {
    /// `log2` with the values for base 0, infinity and NaN put in.
    fn narrow_edges(self, base: Self::F, log2: Self::D) -> Self::D;
}

impl<S: Simd> LogarithmEdges for S {
    #[inline(always)]
    fn narrow_edges(self, base: S::F, log2: S::D) -> S::D {
        // As a summand: 0 for ordinary bases, else an infinity or NaN that wins over any number.
        let (zero, infinity) = (self.splat(0.0), self.splat(f32::INFINITY));
        let large = self.select(self.lt(base, infinity), zero, base);
        let edge = self.select(self.eq(base, zero), self.splat(f32::NEG_INFINITY), large);
        self.add_d(log2, self.widen(edge))
    }
}
