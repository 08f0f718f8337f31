//! Elementwise operations and conversions.

use std::cmp::Ordering;

use hornbeam_graph::ops::elementwise::{BinaryKind, UnaryKind};
use hornbeam_graph::{DType, Shape};

use crate::special::{digamma, erf, erfc, erfinv, lgamma, trigamma};
use crate::value::Value;

/// int32 arithmetic wraps; everything else is left as it is.
pub(crate) fn wrap(x: f64, dtype: DType) -> f64 {
    // Results of one addition or subtraction are below 2^53, so the i64 is exact.
    if dtype == DType::I32 { x as i64 as i32 as f64 } else { x }
}

/// The nearest number of a binary format with `bits` bits of significand (the leading one included), the smallest
/// normal exponent `min_exponent` and the largest finite number `max`; halves to even, beyond `max` infinity.
fn round_to(x: f64, bits: i32, min_exponent: i32, max: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let mut exponent = x.abs().log2().floor() as i32;
    // log2 may be off by one next to a power of two.
    if 2f64.powi(exponent) > x.abs() {
        exponent -= 1;
    } else if 2f64.powi(exponent + 1) <= x.abs() {
        exponent += 1;
    }
    let unit = 2f64.powi(exponent.max(min_exponent) - bits + 1);
    let rounded = (x / unit).round_ties_even() * unit;
    if rounded.abs() > max { f64::INFINITY.copysign(x) } else { rounded }
}

/// A number converted from one element type to another, as [`Cast`](hornbeam_graph::ops::Cast) says. To float32 it is
/// left as it is: the reference computes in f64.
pub fn convert(x: f64, from: DType, to: DType) -> f64 {
    // From floating point `as` truncates, saturates and makes 0 of NaN; between integers it wraps.
    match to {
        DType::F32 => x,
        // There is no way from int32 to bfloat16 but by float32.
        DType::Bf16 if from == DType::I32 => convert(x as f32 as f64, DType::F32, to),
        DType::Bf16 => round_to(x, 8, -126, 3.3895313892515355e38),
        DType::F16 => round_to(x, 11, -14, 65504.0),
        DType::Bool => (x != 0.0) as u8 as f64,
        DType::I32 => x as i32 as f64,
        DType::I8 if from.is_float() => x as i8 as f64,
        DType::U8 if from.is_float() => x as u8 as f64,
        DType::I8 => x as i64 as i8 as f64,
        DType::U8 => x as i64 as u8 as f64,
    }
}

/// A constant: the nearest number of its type.
pub(crate) fn constant(value: f64, dtype: DType) -> f64 {
    match dtype {
        DType::F32 => value as f32 as f64,
        _ => convert(value, DType::F32, dtype),
    }
}

/// `P(X <= x)` for a standard normal X.
fn normal_below(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

fn unary_of(kind: UnaryKind, x: f64) -> f64 {
    use UnaryKind::*;
    match kind {
        Neg => -x,
        Abs => x.abs(),
        Sign if x > 0.0 => 1.0,
        Sign if x < 0.0 => -1.0,
        Sign => x,
        Square => x * x,
        Exp => x.exp(),
        Expm1 => x.exp_m1(),
        Log => x.ln(),
        Log1p => x.ln_1p(),
        Sqrt => x.sqrt(),
        Rsqrt => 1.0 / x.sqrt(),
        Reciprocal => 1.0 / x,
        Sin => x.sin(),
        Cos => x.cos(),
        Tanh => x.tanh(),
        Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Exp2 => x.exp2(),
        Log2 => x.log2(),
        Log10 => x.log10(),
        Cbrt => x.cbrt(),
        Tan => x.tan(),
        Asin => x.asin(),
        Acos => x.acos(),
        Atan => x.atan(),
        Sinh => x.sinh(),
        Cosh => x.cosh(),
        Asinh => x.asinh(),
        Acosh => x.acosh(),
        Atanh => x.atanh(),
        Erf => erf(x),
        Erfc => erfc(x),
        Erfinv => erfinv(x),
        // The limits: 0 times infinity is no number.
        Gelu if x.is_infinite() => x.max(0.0),
        Gelu => x * normal_below(x),
        GeluSlope if x.is_infinite() => normal_below(x),
        GeluSlope => normal_below(x) + x * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt(),
        Lgamma => lgamma(x),
        Digamma => digamma(x),
        Trigamma => trigamma(x),
        Trunc => x.trunc(),
        BitNot => !(x as i32) as f64,
        Floor => x.floor(),
        Ceil => x.ceil(),
        Round => x.round_ties_even(),
        Relu if x.is_nan() => x,
        Relu => x.max(0.0),
        IsNan => x.is_nan() as u8 as f64,
        IsInf => x.is_infinite() as u8 as f64,
        IsFinite => x.is_finite() as u8 as f64,
        Not => 1.0 - x,
    }
}

pub(crate) fn unary(kind: UnaryKind, x: &Value) -> Vec<f64> {
    x.data
        .iter()
        .map(|&x_i| wrap_product(unary_of(kind, x_i), x_i, x_i, x.ty.dtype, kind == UnaryKind::Square))
        .collect()
}

/// `result`, or for products of int32 the wrapped product (which may need more than f64's 53 bits).
fn wrap_product(result: f64, a: f64, b: f64, dtype: DType, product: bool) -> f64 {
    match (dtype, product) {
        (DType::I32, true) => (a as i32).wrapping_mul(b as i32) as f64,
        _ => wrap(result, dtype),
    }
}

/// The larger or smaller; NaN wins.
pub(crate) fn extreme(largest: bool, a: f64, b: f64) -> f64 {
    match () {
        _ if a.is_nan() => a,
        _ if b.is_nan() => b,
        _ if largest == (a >= b) => a,
        _ => b,
    }
}

fn next_after(a: f32, b: f32) -> f32 {
    match a.partial_cmp(&b) {
        None => f32::NAN,
        Some(Ordering::Less) => a.next_up(),
        Some(Ordering::Equal) => b,
        Some(Ordering::Greater) => a.next_down(),
    }
}

/// Modulo 2^32; a negative power by division towards zero.
fn integer_power(a: i32, b: i32) -> i32 {
    match a {
        _ if b >= 0 => a.wrapping_pow(b as u32),
        1 => 1,
        -1 if b % 2 == 0 => 1,
        -1 => -1,
        _ => 0,
    }
}

fn common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { common_divisor(b, a % b) }
}

fn binary_of(kind: BinaryKind, a: f64, b: f64, dtype: DType) -> f64 {
    use BinaryKind::*;
    let truth = |t: bool| t as u8 as f64;
    match kind {
        Add => wrap(a + b, dtype),
        Sub => wrap(a - b, dtype),
        Mul => wrap_product(a * b, a, b, dtype, true),
        Div if dtype == DType::I32 && b == 0.0 => 0.0,
        Div if dtype == DType::I32 => wrap((a / b).floor(), dtype),
        Div => a / b,
        Pow if dtype == DType::I32 => integer_power(a as i32, b as i32) as f64,
        Pow => a.powf(b),
        Max => extreme(true, a, b),
        Min => extreme(false, a, b),
        Mod if dtype == DType::I32 && b == 0.0 => 0.0,
        Mod => a - (a / b).floor() * b,
        Rem if dtype == DType::I32 && b == 0.0 => 0.0,
        Rem => a % b,
        Atan2 => a.atan2(b),
        NextAfter => next_after(a as f32, b as f32) as f64,
        Gcd => common_divisor(a as i64, b as i64) as i32 as f64,
        BitAnd => (a as i32 & b as i32) as f64,
        BitOr => (a as i32 | b as i32) as f64,
        BitXor => (a as i32 ^ b as i32) as f64,
        LeftShift => (a as i32).checked_shl(b as i32 as u32).unwrap_or(0) as f64,
        RightShift => (a as i32 >> (b as i32 as u32).min(31)) as f64,
        Eq => truth(a == b),
        Ne => truth(a != b),
        Lt => truth(a < b),
        Le => truth(a <= b),
        Gt => truth(a > b),
        Ge => truth(a >= b),
        And => a * b,
        Or => a.max(b),
        Xor => truth(a != b),
    }
}

pub(crate) fn binary(kind: BinaryKind, a: &Value, b: &Value, shape: Shape) -> Vec<f64> {
    let rank = shape.rank();
    Value::build(shape, |index| binary_of(kind, a.broadcast(index, rank), b.broadcast(index, rank), a.ty.dtype))
}

pub(crate) fn select(inputs: &[&Value], shape: Shape) -> Vec<f64> {
    let rank = shape.rank();
    Value::build(shape, |index| {
        let branch = if inputs[0].broadcast(index, rank) != 0.0 { 1 } else { 2 };
        inputs[branch].broadcast(index, rank)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_round_saturate_and_wrap() {
        let cases = [
            (1.0 + 1.0 / 256.0, DType::F32, DType::Bf16, 1.0),
            (1.0 + 3.0 / 256.0, DType::F32, DType::Bf16, 1.0 + 4.0 / 256.0),
            (65519.0, DType::F32, DType::F16, 65504.0),
            (65520.0, DType::F32, DType::F16, f64::INFINITY),
            (2f64.powi(-25), DType::F32, DType::F16, 0.0),
            (2f64.powi(-24) * 1.5, DType::F32, DType::F16, 2f64.powi(-23)),
            // 2^24 + 2^16 + 1 is above the middle of two bfloat16, but float32 rounds it down to the middle.
            (16_842_753.0, DType::I32, DType::Bf16, 16_777_216.0),
            (-1.9, DType::F32, DType::I32, -1.0),
            (3e9, DType::F32, DType::I32, i32::MAX as f64),
            (300.0, DType::F32, DType::U8, 255.0),
            (300.0, DType::I32, DType::U8, 44.0),
            (200.0, DType::U8, DType::I8, -56.0),
            (f64::NAN, DType::F32, DType::I8, 0.0),
            (f64::NAN, DType::F32, DType::Bool, 1.0),
            (-0.0, DType::F32, DType::Bool, 0.0),
        ];
        for (x, from, to, expected) in cases {
            assert_eq!(convert(x, from, to), expected, "{x} from {from:?} to {to:?}");
        }
    }

    #[test]
    fn int32_wraps() {
        use BinaryKind::*;
        let (max, min) = (i32::MAX as f64, i32::MIN as f64);
        assert_eq!(binary_of(Add, max, 1.0, DType::I32), min);
        assert_eq!(binary_of(Mul, max, max, DType::I32), 1.0);
        assert_eq!(binary_of(Div, min, -1.0, DType::I32), min);
        assert_eq!(binary_of(Div, -7.0, 2.0, DType::I32), -4.0);
        assert_eq!(binary_of(Mod, -7.0, 2.0, DType::I32), 1.0);
        assert_eq!(binary_of(Div, 7.0, 0.0, DType::I32), 0.0);
        assert_eq!(unary(UnaryKind::Square, &Value::scalar(65536.0, DType::I32)), [0.0]);
    }
}
