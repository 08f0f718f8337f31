//! Elementwise arithmetic with NumPy broadcasting: unary maths, binary arithmetic and comparisons, selection, casts.

mod cases;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Rule, Vjp, movement, operands, require_dtype};
use crate::shape::TensorType;
use crate::tensor::Tensor;

pub use cases::cases;

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum UnaryKind {
    Neg,
    Abs,
    /// -1, 0 or 1; the gradient is 0.
    Sign,
    Square,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sqrt,
    /// `1 / sqrt(x)`.
    Rsqrt,
    /// `1 / x`.
    Reciprocal,
    Sin,
    Cos,
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The error function `2/sqrt(pi) * integral_0^x exp(-t^2) dt`.
    Erf,
    Floor,
    Ceil,
    /// To the nearest integer, halves to even.
    Round,
    /// `max(x, 0)`; the gradient at 0 is 0.
    Relu,
    IsNan,
    IsInf,
    IsFinite,
    /// Of booleans.
    Not,
}

/// Applies a [`UnaryKind`] to every element. Arithmetic kinds take float32 (some int32), tests give bool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unary(pub UnaryKind);

/// A function of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryKind {
    Add,
    Sub,
    Mul,
    /// Of int32: the floor of the quotient, 0 where the divisor is 0.
    Div,
    /// `a^b` by C's rules for special values.
    Pow,
    /// NaN propagates; where equal, half of the gradient goes to each side.
    Max,
    /// NaN propagates; where equal, half of the gradient goes to each side.
    Min,
    /// `a - floor(a / b) * b`: the sign of the divisor. Of int32: 0 where the divisor is 0.
    Mod,
    Atan2,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Of booleans.
    And,
    /// Of booleans.
    Or,
    /// Of booleans.
    Xor,
}

/// Applies a [`BinaryKind`] to two tensors of one dtype, broadcast against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binary(pub BinaryKind);

/// `cond ? a : b`, all three broadcast against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Select;

/// Conversion to another element type. Float to integer truncates toward zero and saturates (NaN gives 0); int32 to a
/// narrower integer wraps; anything to bool is `x != 0`; to bfloat16 and float16 rounds to nearest even.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cast(pub DType);

impl BinaryKind {
    /// Whether the result is bool whatever the operands are.
    pub fn is_comparison(self) -> bool {
        use BinaryKind::*;
        matches!(self, Eq | Ne | Lt | Le | Gt | Ge)
    }

    /// Whether the operands are booleans.
    pub fn is_logical(self) -> bool {
        matches!(self, BinaryKind::And | BinaryKind::Or | BinaryKind::Xor)
    }
}

impl Rule for Unary {
    fn name(&self) -> &'static str {
        use UnaryKind::*;
        match self.0 {
            Neg => "neg",
            Abs => "abs",
            Sign => "sign",
            Square => "square",
            Exp => "exp",
            Expm1 => "expm1",
            Log => "log",
            Log1p => "log1p",
            Sqrt => "sqrt",
            Rsqrt => "rsqrt",
            Reciprocal => "reciprocal",
            Sin => "sin",
            Cos => "cos",
            Tanh => "tanh",
            Sigmoid => "sigmoid",
            Erf => "erf",
            Floor => "floor",
            Ceil => "ceil",
            Round => "round",
            Relu => "relu",
            IsNan => "isNaN",
            IsInf => "isInf",
            IsFinite => "isFinite",
            Not => "logicalNot",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        use UnaryKind::*;
        let [x] = operands(self.name(), inputs)?;
        let allowed: &[DType] = match self.0 {
            Not => &[DType::Bool],
            Neg | Abs | Sign | Square | Relu => &[DType::F32, DType::I32],
            _ => &[DType::F32],
        };
        require_dtype(self.name(), x, allowed)?;
        let dtype = if matches!(self.0, IsNan | IsInf | IsFinite) { DType::Bool } else { x.dtype };
        Ok(vec![TensorType::new(x.shape, dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        use UnaryKind::*;
        let (x, y, dy) = (&ctx.inputs[0], &ctx.outputs[0], ctx.cotangent());
        let dx = match self.0 {
            Neg => neg(dy)?,
            Abs => mul(dy, &unary(Sign, x)?)?,
            Square => mul(dy, &scale(x, 2.0)?)?,
            Exp => mul(dy, y)?,
            Expm1 => mul(dy, &shift(y, 1.0)?)?,
            Log => div(dy, x)?,
            Log1p => div(dy, &shift(x, 1.0)?)?,
            Sqrt => div(&scale(dy, 0.5)?, y)?,
            Rsqrt => mul(&scale(dy, -0.5)?, &div(y, x)?)?,
            Reciprocal => neg(&mul(dy, &unary(Square, y)?)?)?,
            Sin => mul(dy, &unary(Cos, x)?)?,
            Cos => neg(&mul(dy, &unary(Sin, x)?)?)?,
            Tanh => mul(dy, &shift(&neg(&unary(Square, y)?)?, 1.0)?)?,
            Sigmoid => mul(dy, &mul(y, &shift(&neg(y)?, 1.0)?)?)?,
            Erf => {
                let slope = scale(&unary(Exp, &neg(&unary(Square, x)?)?)?, std::f64::consts::FRAC_2_SQRT_PI)?;
                mul(dy, &slope)?
            }
            Relu => {
                let zero = movement::scalar(0.0, x.dtype())?;
                select(&binary(BinaryKind::Gt, y, &zero)?, dy, &zero)?
            }
            Sign | Floor | Ceil | Round | IsNan | IsInf | IsFinite | Not => return Ok(vec![None]),
        };
        Ok(vec![Some(dx)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        use UnaryKind::*;
        // Transcendental functions are polynomials of about ten terms.
        let each = match self.0 {
            Exp | Expm1 | Log | Log1p | Sin | Cos | Tanh | Sigmoid | Erf => 10,
            _ => 1,
        };
        each * inputs[0].shape.size() as u64
    }
}

impl Rule for Binary {
    fn name(&self) -> &'static str {
        use BinaryKind::*;
        match self.0 {
            Add => "add",
            Sub => "sub",
            Mul => "mul",
            Div => "div",
            Pow => "pow",
            Max => "maximum",
            Min => "minimum",
            Mod => "mod",
            Atan2 => "atan2",
            Eq => "equal",
            Ne => "notEqual",
            Lt => "less",
            Le => "lessEqual",
            Gt => "greater",
            Ge => "greaterEqual",
            And => "logicalAnd",
            Or => "logicalOr",
            Xor => "logicalXor",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a, b] = operands(self.name(), inputs)?;
        if a.dtype != b.dtype {
            return Err(Error::shape(format!(
                "{} takes operands of one dtype, got {a} and {b}. Cast one of them first",
                self.name()
            )));
        }
        let allowed: &[DType] = match self.0 {
            kind if kind.is_logical() => &[DType::Bool],
            BinaryKind::Eq | BinaryKind::Ne => &[DType::F32, DType::I32, DType::Bool],
            BinaryKind::Pow | BinaryKind::Atan2 => &[DType::F32],
            _ => &[DType::F32, DType::I32],
        };
        require_dtype(self.name(), a, allowed)?;
        let shape = a.shape.broadcast(&b.shape).ok_or_else(|| {
            Error::shape(format!(
                "{}: shapes {} and {} do not broadcast: aligned at the last axis, dimensions must be equal or 1",
                self.name(),
                a.shape,
                b.shape
            ))
        })?;
        let dtype = if self.0.is_comparison() { DType::Bool } else { a.dtype };
        Ok(vec![TensorType::new(shape, dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        use BinaryKind::*;
        let (a, b, y, dy) = (&ctx.inputs[0], &ctx.inputs[1], &ctx.outputs[0], ctx.cotangent());
        let (da, db) = match self.0 {
            Add => (dy.clone(), dy.clone()),
            Sub => (dy.clone(), neg(dy)?),
            Mul => (mul(dy, b)?, mul(dy, a)?),
            Div => {
                let da = div(dy, b)?;
                let db = neg(&mul(&da, &div(a, b)?)?)?;
                (da, db)
            }
            Pow => {
                let da = mul(dy, &mul(b, &binary(Pow, a, &shift(b, -1.0)?)?)?)?;
                // At a = 0 the slope along b is 0 (or infinite, for b <= 0): log(0) must not make NaN of it.
                let positive = binary(Gt, a, &movement::scalar(0.0, a.dtype())?)?;
                let safe = select(&positive, a, &movement::scalar(1.0, a.dtype())?)?;
                (da, mul(dy, &mul(y, &unary(UnaryKind::Log, &safe)?)?)?)
            }
            Max | Min => {
                let wins = if self.0 == Max { Gt } else { Lt };
                let (zero, half) = (movement::scalar(0.0, a.dtype())?, scale(dy, 0.5)?);
                let tie = select(&binary(Eq, a, b)?, &half, &zero)?;
                (select(&binary(wins, a, b)?, dy, &tie)?, select(&binary(wins, b, a)?, dy, &tie)?)
            }
            Mod => (dy.clone(), neg(&mul(dy, &unary(UnaryKind::Floor, &div(a, b)?)?)?)?),
            Atan2 => {
                let norm = div(dy, &add(&unary(UnaryKind::Square, a)?, &unary(UnaryKind::Square, b)?)?)?;
                (mul(&norm, b)?, neg(&mul(&norm, a)?)?)
            }
            _ => return Ok(vec![None, None]),
        };
        Ok(vec![Some(da), Some(db)])
    }

    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        outputs[0].shape.size() as u64
    }
}

impl Rule for Select {
    fn name(&self) -> &'static str {
        "select"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [cond, a, b] = operands("select", inputs)?;
        require_dtype("select (condition)", cond, &[DType::Bool])?;
        if a.dtype != b.dtype {
            return Err(Error::shape(format!("select takes branches of one dtype, got {a} and {b}")));
        }
        let shape = a.shape.broadcast(&b.shape).and_then(|s| s.broadcast(&cond.shape)).ok_or_else(|| {
            Error::shape(format!("select: shapes {}, {} and {} do not broadcast", cond.shape, a.shape, b.shape))
        })?;
        Ok(vec![TensorType::new(shape, a.dtype)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (cond, dy) = (&ctx.inputs[0], ctx.cotangent());
        let zero = movement::scalar(0.0, dy.dtype())?;
        Ok(vec![None, Some(select(cond, dy, &zero)?), Some(select(cond, &zero, dy)?)])
    }

    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        outputs[0].shape.size() as u64
    }
}

impl Rule for Cast {
    fn name(&self) -> &'static str {
        "cast"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("cast", inputs)?;
        Ok(vec![TensorType::new(x.shape, self.0)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let x = &ctx.inputs[0];
        if !self.0.is_float() || !x.dtype().is_float() {
            return Ok(vec![None]);
        }
        Ok(vec![Some(cast(ctx.cotangent(), x.dtype())?)])
    }
}

/// `kind(x)`.
pub fn unary(kind: UnaryKind, x: &Tensor) -> Result<Tensor> {
    Tensor::apply1(Unary(kind).into(), vec![x.clone()])
}

/// `kind(a, b)`.
pub fn binary(kind: BinaryKind, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    Tensor::apply1(Binary(kind).into(), vec![a.clone(), b.clone()])
}

/// `a + b`.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary(BinaryKind::Add, a, b)
}

/// `a - b`.
pub fn sub(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary(BinaryKind::Sub, a, b)
}

/// `a * b`.
pub fn mul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary(BinaryKind::Mul, a, b)
}

/// `a / b`.
pub fn div(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    binary(BinaryKind::Div, a, b)
}

/// `-x`.
pub fn neg(x: &Tensor) -> Result<Tensor> {
    unary(UnaryKind::Neg, x)
}

/// `x * factor`.
pub fn scale(x: &Tensor, factor: f64) -> Result<Tensor> {
    mul(x, &movement::scalar(factor, x.dtype())?)
}

/// `x + offset`.
pub fn shift(x: &Tensor, offset: f64) -> Result<Tensor> {
    add(x, &movement::scalar(offset, x.dtype())?)
}

/// `cond ? a : b`.
pub fn select(cond: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    Tensor::apply1(Select.into(), vec![cond.clone(), a.clone(), b.clone()])
}

/// `x` as `dtype`; `x` itself when it is that already.
pub fn cast(x: &Tensor, dtype: DType) -> Result<Tensor> {
    if x.dtype() == dtype {
        return Ok(x.clone());
    }
    Tensor::apply1(Cast(dtype).into(), vec![x.clone()])
}
