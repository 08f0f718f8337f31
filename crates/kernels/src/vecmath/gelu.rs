//! The Gaussian error linear unit `x P(X <= x)`, X standard normal, and its slope: a quotient of polynomials each, which is a third of the
//! steps that an exponential of the square takes; where a table is looked up by one instruction, polynomials of intervals, without the quotient's
//! division. Far below 0 they are as good as sums with 1/2 can be, not digit by digit.

mod tables;

use super::polynomial;
use crate::simd::Simd;
use tables::{HALVES, HALVES_WIDTH, SLOPES, SLOPES_WIDTH};

/// Beyond it `P(X <= x)` is 0 or 1 in f32, within 2e-8.
const END: f32 = 5.5;
/// Beyond it the slope is 0 or 1, within 2e-7.
const SLOPE_END: f32 = 5.8;

/// `x p(x^2) / q(x^2)`, an odd function; q is at least 1.
#[inline(always)]
fn odd<S: Simd, const P: usize, const Q: usize>(s: S, x: S::F, p: [f32; P], q: [f32; Q]) -> S::F {
    let square = s.mul(x, x);
    s.div(s.mul(x, polynomial(s, square, p)), polynomial(s, square, q))
}

/// Of x in `0..=15.5 width` the polynomial of its interval; NaN stays.
#[inline(always)]
fn piecewise<S: Simd, const N: usize>(s: S, x: S::F, width: f32, table: &[[f32; 16]; N]) -> S::F {
    // The unit of a number of this size is 1: what is added is rounded, and stands in the lowest bits.
    let large = s.splat(12_582_912.0);
    let place = s.fma(x, s.splat(1.0 / width), large);
    let middle = s.sub(place, large);
    let off = s.fma(middle, s.splat(-width), x);
    let at = s.bits(place);
    let mut sum = s.lookup(&table[N - 1], at);
    for row in table[..N - 1].iter().rev() {
        sum = s.fma(sum, off, s.lookup(row, at));
    }
    sum
}

/// `x P(X <= x)`, within 8 ulp from -0.5 on and `2e-7 x` below; 0 below -5.5.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    // NaN stays, as the second operand; infinity times 0 does not come up.
    let x = s.max(s.splat(-END), x);
    if S::HAS_LOOKUP {
        // |x| times the half of |x| has the sign that x times its half has; at the ends both sides are x / 2.
        let size = s.abs(x);
        let t = piecewise(s, s.min(s.splat(END), size), HALVES_WIDTH, &HALVES);
        return s.fma(size, t, s.mul(x, s.splat(0.5)));
    }
    let capped = s.min(s.splat(END), x);
    // P(X <= x) - 1/2, error 7e-9, at least 1/2 at the end.
    let t = odd(
        s,
        capped,
        [0.398_942_23, 0.033_852_75, 0.004_677_263, 0.000_168_826_11, 6.352_068e-6, 2.274_901_7e-8],
        [1.0, 0.251_522_2, 0.028_645_92, 0.001_884_447_6, 7.364_736e-5, 1.197_49e-6],
    );
    let half = s.splat(0.5);
    s.mul(x, s.add(half, s.max(s.splat(-0.5), s.min(half, t))))
}

/// The derivative of [`gelu`], `P(X <= x) + x e^(-x^2 / 2) / sqrt(2 pi)`, within 3e-7.
#[inline(always)]
pub(crate) fn gelu_slope<S: Simd>(s: S, x: S::F) -> S::F {
    if S::HAS_LOOKUP {
        let t = piecewise(s, s.min(s.splat(SLOPE_END), s.abs(x)), SLOPES_WIDTH, &SLOPES);
        return s.add(s.splat(0.5), s.copy_sign(t, x));
    }
    let capped = s.max(s.splat(-SLOPE_END), s.min(s.splat(SLOPE_END), x));
    // Less 1/2, error 3e-9.
    let t = odd(
        s,
        capped,
        [
            0.797_884_5,
            -0.022_982_895,
            0.013_767_153,
            0.000_195_859_42,
            3.206_377_7e-5,
            8.874_08e-7,
            1.149_765_2e-8,
            -2.803_554e-11,
        ],
        [1.0, 0.304_528_27, 0.043_764_826, 0.003_897_740_6, 0.000_236_541_13, 9.664_035e-6, 3.010_661e-7],
    );
    s.add(s.splat(0.5), t)
}
