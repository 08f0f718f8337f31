//! Functions of two numbers, broadcast against each other.

use super::{NUMBERS, REAL, TRUTH, WHOLE, add, binary, div, kinds, mul, neg, scale, select, sub, unary};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::UnaryKind;
use crate::ops::{Rule, Vjp, movement, operands, require_dtype};
use crate::shape::TensorType;
use crate::tensor::Tensor;

const ALIKE: &[DType] = &[DType::F32, DType::I32, DType::Bool];

kinds! {
    /// A function of two numbers.
    BinaryKind {
        Add: "add", NUMBERS;
        Sub: "sub", NUMBERS;
        Mul: "mul", NUMBERS;
        /// Of int32: the floor of the quotient, 0 where the divisor is 0.
        Div: "div", NUMBERS;
        /// `a^b` by C's rules for special values. The gradient with respect to a is 0 where b is 0, that with respect to b
        /// is 0 where a is not positive. Of int32: wrapping; of a negative b `1 / a^|b|` towards zero, 0 where a is 0.
        Pow: "pow", NUMBERS;
        /// NaN propagates; where equal, half of the gradient goes to each side.
        Max: "maximum", NUMBERS;
        /// NaN propagates; where equal, half of the gradient goes to each side.
        Min: "minimum", NUMBERS;
        /// `a - floor(a / b) * b`: the sign of the divisor. Of int32: 0 where the divisor is 0.
        Mod: "mod", NUMBERS;
        /// `a - trunc(a / b) * b`: the sign of the dividend. Of int32: 0 where the divisor is 0.
        Rem: "fmod", NUMBERS;
        Atan2: "atan2", REAL;
        /// The float32 next to a in the direction of b; no gradient flows.
        NextAfter: "nextafter", REAL;
        /// The greatest common divisor, not negative.
        Gcd: "gcd", WHOLE;
        BitAnd: "bitwiseAnd", WHOLE;
        BitOr: "bitwiseOr", WHOLE;
        BitXor: "bitwiseXor", WHOLE;
        /// `a * 2^b`, wrapping; 0 where b is not within 0..32.
        LeftShift: "leftShift", WHOLE;
        /// `floor(a / 2^b)`; the sign (0 or -1) where b is not within 0..32.
        RightShift: "rightShift", WHOLE;
        Eq: "equal", ALIKE;
        Ne: "notEqual", ALIKE;
        Lt: "less", NUMBERS;
        Le: "lessEqual", NUMBERS;
        Gt: "greater", NUMBERS;
        Ge: "greaterEqual", NUMBERS;
        /// Of booleans.
        And: "logicalAnd", TRUTH;
        /// Of booleans.
        Or: "logicalOr", TRUTH;
        /// Of booleans.
        Xor: "logicalXor", TRUTH;
    }
}

/// Applies a [`BinaryKind`] to two tensors of one dtype, broadcast against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binary(pub BinaryKind);

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

impl Rule for Binary {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a, b] = operands(self.name(), inputs)?;
        if a.dtype != b.dtype {
            return Err(Error::shape(format!(
                "{} takes operands of one dtype, got {a} and {b}. Cast one of them first",
                self.name()
            )));
        }
        require_dtype(self.name(), a, self.0.dtypes())?;
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
                let (zero, one) = (movement::scalar(0.0, a.dtype())?, movement::scalar(1.0, a.dtype())?);
                // At b = 0 the slope along a is 0, also at a = 0, where 0 * 0^-1 would be NaN.
                let less = select(&binary(Eq, b, &zero)?, &one, &sub(b, &one)?)?;
                let da = mul(dy, &mul(b, &binary(Pow, a, &less)?)?)?;
                // At a = 0 the slope along b is 0 (or infinite, for b <= 0): log(0) must not make NaN of it.
                let safe = select(&binary(Gt, a, &zero)?, a, &one)?;
                (da, mul(dy, &mul(y, &unary(UnaryKind::Log, &safe)?)?)?)
            }
            Max | Min => {
                let wins = if self.0 == Max { Gt } else { Lt };
                let (zero, half) = (movement::scalar(0.0, a.dtype())?, scale(dy, 0.5)?);
                let tie = select(&binary(Eq, a, b)?, &half, &zero)?;
                (select(&binary(wins, a, b)?, dy, &tie)?, select(&binary(wins, b, a)?, dy, &tie)?)
            }
            Mod => (dy.clone(), neg(&mul(dy, &unary(UnaryKind::Floor, &div(a, b)?)?)?)?),
            Rem => (dy.clone(), neg(&mul(dy, &unary(UnaryKind::Trunc, &div(a, b)?)?)?)?),
            Atan2 => {
                let norm = div(dy, &add(&unary(UnaryKind::Square, a)?, &unary(UnaryKind::Square, b)?)?)?;
                (mul(&norm, b)?, neg(&mul(&norm, a)?)?)
            }
            _ => return Ok(vec![None, None]),
        };
        Ok(vec![Some(da), Some(db)])
    }

    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        use BinaryKind::*;
        let each = match self.0 {
            Pow | Atan2 => 20,
            Mod | Rem | Gcd => 10,
            _ => 1,
        };
        each * outputs[0].shape.size() as u64
    }
}
