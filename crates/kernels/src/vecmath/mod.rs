//! Vector mathematics over any [`Simd`] level: exponentials, logarithms, powers, trigonometry, error and
//! gamma functions, narrow floats.
//!
//! The polynomials are minimax fits made for this crate (Remez exchange or iterated weighted least squares on Chebyshev
//! nodes, coefficients rounded to their type); the comments give their relative error. Bounds in ulp hold on every level and are asserted by `tests/vecmath.rs`.

mod double;
mod erf;
mod exponential;
mod gamma;
mod gelu;
mod inverse;
mod logarithm;
mod narrow;
mod power;
mod trigonometry;

pub(crate) use erf::{erf, erfc, erfinv};
pub(crate) use exponential::{cosh, exp, exp_normal, exp2, expm1, sigmoid, sinh, tanh};
pub(crate) use gamma::{digamma, lgamma, trigamma};
pub(crate) use gelu::{gelu, gelu_slope};
pub(crate) use inverse::{acos, acosh, asin, asinh, atan, atanh};
pub(crate) use logarithm::{log, log1p, log2, log10};
pub(crate) use narrow::{float_to_bfloat, float_to_half, float_to_int, half_to_float};
pub(crate) use power::{cbrt, pow};
pub(crate) use trigonometry::{atan2, cos, sin, sin_cos_turns, tan};

use crate::simd::Simd;

/// `c[0] + c[1] x + c[2] x^2 + ...` by Horner's rule.
#[inline(always)]
pub(crate) fn polynomial<S: Simd, const N: usize>(s: S, x: S::F, c: [f32; N]) -> S::F {
    let mut sum = s.splat(c[N - 1]);
    for k in (0..N - 1).rev() {
        sum = s.fma(sum, x, s.splat(c[k]));
    }
    sum
}

/// [`polynomial`] in f64.
#[inline(always)]
fn polynomial_d<S: Simd, const N: usize>(s: S, x: S::D, c: [f64; N]) -> S::D {
    let mut sum = s.splat_d(c[N - 1]);
    for k in (0..N - 1).rev() {
        sum = s.fma_d(sum, x, s.splat_d(c[k]));
    }
    sum
}
