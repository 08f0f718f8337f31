//! The error function.

use super::{exp, polynomial};
use crate::simd::Simd;

/// `2 / sqrt(pi) * integral of e^(-t^2) from 0 to x`, within 4 ulp.
#[inline(always)]
pub(crate) fn erf<S: Simd>(s: S, x: S::F) -> S::F {
    let magnitude = s.abs(x);
    // Near 0: erf x = x + x P(x^2), error 1.3e-9.
    let p = polynomial(
        s,
        s.mul(x, x),
        [0.128_379_17, -0.376_126_3, 0.112_836_18, -0.026_855_126, 0.005_190_733_5, -0.000_803_075_03, 7.920_303e-5],
    );
    let near = s.fma(x, p, x);
    // From 1 on: erf x = 1 - e^(-Q(x)), error 9e-11; beyond 4 the nearest f32 is 1. NaN stays, as the second operand.
    let capped = s.min(s.splat(4.0), magnitude);
    let q = polynomial(
        s,
        capped,
        [
            -0.000_174_686_34,
            1.129_514_9,
            0.633_346_9,
            0.108_280_06,
            -0.025_119_39,
            0.004_171_033,
            -0.000_434_450_5,
            2.109_333_8e-5,
        ],
    );
    let far = s.copy_sign(s.sub(s.splat(1.0), exp(s, s.neg(q))), x);
    s.select(s.lt(magnitude, s.splat(1.0)), near, far)
}
