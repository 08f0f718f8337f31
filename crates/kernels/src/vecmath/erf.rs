//! The error function, its complement and its inverse.

use super::double::{self, sub_d};
use super::{exp_normal, log, polynomial, polynomial_d};
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
    let far = s.copy_sign(s.sub(s.splat(1.0), exp_normal(s, s.neg(q))), x);
    s.select(s.lt(magnitude, s.splat(1.0)), near, far)
}

/// `1 - erf x`, within 2 ulp also where it is small: `e^(-x^2)` in f64, since x^2 has more bits than f32.
#[inline(always)]
pub(crate) fn erfc<S: Simd>(s: S, x: S::F) -> S::F {
    // From 10.06 on the nearest f32 is 0. NaN stays, as the second operand.
    let a = s.widen(s.min(s.splat(10.1), s.abs(x)));
    let t = s.div_d(s.add_d(a, s.splat_d(-3.5)), s.add_d(a, s.splat_d(3.5)));
    // e^(a^2) erfc a on [0, 10.1], error 4.7e-10.
    let scaled = polynomial_d(
        s,
        t,
        [
            0.15529365567593817,
            -0.2892650444197965,
            0.2331304699992105,
            -0.16133854026803437,
            0.09442811044585714,
            -0.04543647578651259,
            0.016973994185695094,
            -0.0042453624297028,
            0.0002774609323365229,
            0.00030427427831264696,
            -0.00011757168586587343,
            -3.273134850633668e-05,
        ],
    );
    let exponent = s.mul_d(s.mul_d(a, a), s.splat_d(-std::f64::consts::LOG2_E));
    let value = double::exp2(s, exponent, scaled);
    s.select(s.lt(x, s.splat(0.0)), s.sub(s.splat(2.0), value), value)
}

/// The x whose erf is given, within 4 ulp; infinite of -1 and 1, NaN beyond. `erfinv(x) / x` is a smooth function of
/// `w = -log(1 - x^2)`, and of its root towards the ends.
#[inline(always)]
pub(crate) fn erfinv<S: Simd>(s: S, x: S::F) -> S::F {
    let (a, one) = (s.abs(x), s.splat(1.0));
    let w = s.neg(log(s, s.mul(s.sub(one, a), s.add(one, a))));
    // On w in [0, 5], error 5.6e-9.
    let middle = polynomial_d(
        s,
        s.add_d(s.widen(w), s.splat_d(-2.5)),
        [
            1.5014093592822777,
            0.24664028615529407,
            -0.004177386779906782,
            -0.0012527418825871153,
            0.00021834443843790285,
            -4.963345379633388e-06,
            -3.4627044967646024e-06,
            4.6617012120879475e-07,
            2.3232622810251705e-08,
            -8.791017050256074e-09,
        ],
    );
    // On sqrt w in [2.23, 4.1], error 1.1e-8.
    let root = s.widen(s.sqrt(w));
    let ends = polynomial_d(
        s,
        sub_d(s, root, s.splat_d(3.0)),
        [
            2.8329768027042173,
            1.001674946802098,
            0.009445192766840003,
            -0.00763695421597622,
            0.005687804361469347,
            -0.003598990910375769,
            0.0014828682502681801,
            -5.376466266647788e-05,
            -0.00030776140670179847,
            0.00011364723980262415,
        ],
    );
    let slope = s.select(s.lt(w, s.splat(5.0)), s.narrow(middle), s.narrow(ends));
    let slope = s.select(s.eq(a, one), s.splat(f32::INFINITY), slope);
    s.mul(x, slope)
}
