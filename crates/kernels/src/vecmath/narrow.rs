//! Conversions between f32 lanes and narrower numbers.

use crate::simd::Simd;

/// To i32: towards zero, saturating, NaN gives 0.
#[inline(always)]
pub(crate) fn float_to_int<S: Simd>(s: S, x: S::F) -> S::I {
    let too_large = s.le(s.splat(2_147_483_648.0), x);
    let too_small = s.lt(x, s.splat(-2_147_483_648.0));
    let value = s.select_i(too_large, s.splat_i(i32::MAX), s.truncate(x));
    let value = s.select_i(too_small, s.splat_i(i32::MIN), value);
    s.select_i(s.is_nan(x), s.splat_i(0), value)
}

/// The bits of the nearest bfloat16 (halves to even) in the low half of every lane; NaN stays a quiet NaN.
#[inline(always)]
pub(crate) fn float_to_bfloat<S: Simd>(s: S, x: S::F) -> S::I {
    let bits = s.bits(x);
    let odd = s.and(s.shr_logical(bits, 16), s.splat_i(1));
    let rounded = s.shr_logical(s.add_i(bits, s.add_i(odd, s.splat_i(0x7fff))), 16);
    let quiet = s.or(s.shr_logical(bits, 16), s.splat_i(0x40));
    s.select_i(s.is_nan(x), quiet, rounded)
}

/// The value of the IEEE binary16 in the low half of every lane.
#[inline(always)]
pub(crate) fn half_to_float<S: Simd>(s: S, half: S::I) -> S::F {
    let sign = s.shl(s.and(half, s.splat_i(0x8000)), 16);
    let low = s.and(half, s.splat_i(0x7fff));
    let magnitude = s.shl(low, 13);
    // The exponents' difference is 127 - 15. Denormals go through the integer: as f32 bits they would be denormal too,
    // and a worker that flushes those would lose them.
    let normal = s.float_from_bits(s.add_i(magnitude, s.splat_i((127 - 15) << 23)));
    let denormal = s.mul(s.to_float(low), s.splat(5.960_464_5e-8));
    let value = s.select(s.lt_i(low, s.splat_i(0x400)), denormal, normal);
    let special = s.lt_i(s.splat_i(0x0f7f_ffff), magnitude);
    let bits = s.select_i(special, s.or(magnitude, s.splat_i(0x7f80_0000)), s.bits(value));
    // The processor's conversion quiets a signalling NaN: so does this one.
    let nan = s.lt_i(s.splat_i(0x0f80_0000), magnitude);
    let bits = s.select_i(nan, s.or(bits, s.splat_i(0x0040_0000)), bits);
    s.float_from_bits(s.or(bits, sign))
}

/// The bits of the nearest IEEE binary16 (halves to even) in the low half of every lane; NaN stays a quiet NaN.
#[inline(always)]
pub(crate) fn float_to_half<S: Simd>(s: S, x: S::F) -> S::I {
    let bits = s.bits(x);
    let sign = s.and(s.shr_logical(bits, 16), s.splat_i(0x8000));
    let magnitude = s.and(bits, s.splat_i(i32::MAX));
    // Normal results: round at bit 13, then move the exponent.
    let odd = s.and(s.shr_logical(magnitude, 13), s.splat_i(1));
    let rounded = s.add_i(magnitude, s.add_i(odd, s.splat_i(0xfff)));
    let normal = s.sub_i(s.shr_logical(rounded, 13), s.splat_i((127 - 15) << 10));
    // Denormal results: adding 1/2 puts their last bit at the last bit of f32, and the addition rounds.
    let shifted = s.add(s.float_from_bits(magnitude), s.splat(0.5));
    let denormal = s.sub_i(s.bits(shifted), s.splat_i(0.5f32.to_bits() as i32));
    let value = s.select_i(s.lt_i(magnitude, s.splat_i(0x3880_0000)), denormal, normal);
    // From 65520 on it rounds to infinity.
    let value = s.select_i(s.lt_i(magnitude, s.splat_i(0x477f_f000)), value, s.splat_i(0x7c00));
    let quiet = s.or(s.and(s.shr_logical(magnitude, 13), s.splat_i(0x7fff)), s.splat_i(0x7e00));
    let value = s.select_i(s.lt_i(s.splat_i(0x7f80_0000), magnitude), s.and(quiet, s.splat_i(0x7fff)), value);
    s.or(value, sign)
}
