//! Arithmetic on scalar constants.

use crate::dtype::DType;
use crate::ops::elementwise::{BinaryKind, UnaryKind};

/// A constant as its dtype holds it; `None` for the 16-bit floats, which are left to the engine.
pub(super) fn held(value: f64, dtype: DType) -> Option<f64> {
    match dtype {
        DType::F32 => Some(value as f32 as f64),
        DType::I32 => Some(value as i32 as f64),
        DType::I8 => Some(value as i8 as f64),
        DType::U8 => Some(value as u8 as f64),
        DType::Bool => Some((value != 0.0) as u8 as f64),
        DType::Bf16 | DType::F16 => None,
    }
}

/// A held constant cast to another dtype, as [`Cast`](crate::ops::Cast) says.
pub(super) fn cast(value: f64, from: DType, to: DType) -> f64 {
    match to {
        // Between integers a cast wraps; from floats it saturates, as a constant does.
        DType::I8 if !from.is_float() => value as i64 as i8 as f64,
        DType::U8 if !from.is_float() => value as i64 as u8 as f64,
        _ => held(value, to).unwrap_or(value),
    }
}

/// `kind(x)` of a held constant: float32 rounded once, int32 wrapped. `None`: left to the engine.
pub(super) fn unary(kind: UnaryKind, x: f64, dtype: DType) -> Option<f64> {
    use UnaryKind::*;
    let truth = |t: bool| t as u8 as f64;
    let result = match kind {
        Neg => -x,
        Abs => x.abs(),
        Sign if x == 0.0 || x.is_nan() => x,
        Sign => x.signum(),
        Square if dtype == DType::I32 => (x as i32).wrapping_mul(x as i32) as f64,
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
        Floor => x.floor(),
        Ceil => x.ceil(),
        Round => x.round_ties_even(),
        Relu if x.is_nan() => x,
        Relu => x.max(0.0),
        IsNan => return Some(truth(x.is_nan())),
        IsInf => return Some(truth(x.is_infinite())),
        IsFinite => return Some(truth(x.is_finite())),
        Trunc => x.trunc(),
        Exp2 => x.exp2(),
        Not => 1.0 - x,
        BitNot => !(x as i32) as f64,
        // Left to the engine: the standard library has other last digits or none of them.
        Tan | Asin | Acos | Atan | Sinh | Cosh | Asinh | Acosh | Atanh | Log2 | Log10 | Cbrt | Erf | Erfc | Erfinv
        | Gelu | GeluSlope | Lgamma | Digamma | Trigamma => return None,
    };
    Some(round(result, dtype))
}

/// `kind(a, b)` of held constants of one dtype. `None`: left to the engine.
pub(super) fn binary(kind: BinaryKind, a: f64, b: f64, dtype: DType) -> Option<f64> {
    use BinaryKind::*;
    let truth = |t: bool| Some(t as u8 as f64);
    let integer = dtype == DType::I32;
    let nan = a.is_nan() || b.is_nan();
    let result = match kind {
        Add => a + b,
        Sub => a - b,
        Mul if integer => (a as i32).wrapping_mul(b as i32) as f64,
        Mul => a * b,
        Div if integer && b == 0.0 => 0.0,
        Div if integer => (a / b).floor(),
        Div => a / b,
        Pow if integer => return None,
        Pow => a.powf(b),
        Max | Min if nan => f64::NAN,
        Max => a.max(b),
        Min => a.min(b),
        Eq => return truth(a == b),
        Ne => return truth(a != b),
        Lt => return truth(a < b),
        Le => return truth(a <= b),
        Gt => return truth(a > b),
        Ge => return truth(a >= b),
        And => return truth(a != 0.0 && b != 0.0),
        Or => return truth(a != 0.0 || b != 0.0),
        Xor => return truth(a != b),
        BitAnd => ((a as i32) & (b as i32)) as f64,
        BitOr => ((a as i32) | (b as i32)) as f64,
        BitXor => ((a as i32) ^ (b as i32)) as f64,
        Mod | Rem | Atan2 | NextAfter | Gcd | LeftShift | RightShift => return None,
    };
    Some(round(result, dtype))
}

/// float32 results are rounded (of one operation on float32 in f64: correctly), int32 results wrap.
fn round(x: f64, dtype: DType) -> f64 {
    match dtype {
        DType::F32 => x as f32 as f64,
        DType::I32 => x as i64 as i32 as f64,
        _ => x,
    }
}
