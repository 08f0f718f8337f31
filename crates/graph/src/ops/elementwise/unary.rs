//! Functions of one number.

use super::{NUMBERS, REAL, TRUTH, WHOLE, binary, div, gamma, kinds, mul, neg, scale, select, shift, sub, unary};
use crate::dtype::DType;
use crate::error::Result;
use crate::ops::elementwise::BinaryKind;
use crate::ops::{Rule, Vjp, movement, operands, require_dtype};
use crate::shape::TensorType;
use crate::tensor::Tensor;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LN_2, LN_10};

kinds! {
    /// A function of one number.
    UnaryKind {
        Neg: "neg", NUMBERS;
        /// The gradient at 0 is 0.
        Abs: "abs", NUMBERS;
        /// -1, 0 or 1; the gradient is 0.
        Sign: "sign", NUMBERS;
        Square: "square", NUMBERS;
        Exp: "exp", REAL;
        /// `2^x`.
        Exp2: "exp2", REAL;
        Expm1: "expm1", REAL;
        Log: "log", REAL;
        Log2: "log2", REAL;
        Log10: "log10", REAL;
        Log1p: "log1p", REAL;
        Sqrt: "sqrt", REAL;
        /// `1 / sqrt(x)`.
        Rsqrt: "rsqrt", REAL;
        /// The real cube root, of negative numbers too.
        Cbrt: "cbrt", REAL;
        /// `1 / x`.
        Reciprocal: "reciprocal", REAL;
        Sin: "sin", REAL;
        Cos: "cos", REAL;
        Tan: "tan", REAL;
        Asin: "asin", REAL;
        Acos: "acos", REAL;
        Atan: "atan", REAL;
        Sinh: "sinh", REAL;
        Cosh: "cosh", REAL;
        Tanh: "tanh", REAL;
        Asinh: "asinh", REAL;
        Acosh: "acosh", REAL;
        Atanh: "atanh", REAL;
        /// `1 / (1 + exp(-x))`.
        Sigmoid: "sigmoid", REAL;
        /// The error function `2/sqrt(pi) * integral_0^x exp(-t^2) dt`.
        Erf: "erf", REAL;
        /// `1 - erf(x)`, exact in relative terms where it is small.
        Erfc: "erfc", REAL;
        /// The inverse of the error function on -1..=1.
        Erfinv: "erfinv", REAL;
        /// `x P(X <= x)` for a standard normal X.
        Gelu: "gelu", REAL;
        /// The derivative of [`UnaryKind::Gelu`]: `P(X <= x) + x p(x)`.
        GeluSlope: "geluSlope", REAL;
        /// `log |Gamma(x)|`.
        Lgamma: "lgamma", REAL;
        /// The derivative of `log Gamma(x)`.
        Digamma: "digamma", REAL;
        /// The second derivative of `log Gamma(x)`.
        Trigamma: "trigamma", REAL;
        Floor: "floor", REAL;
        Ceil: "ceil", REAL;
        /// To the nearest integer, halves to even.
        Round: "round", REAL;
        /// Towards zero.
        Trunc: "trunc", REAL;
        /// `max(x, 0)`; the gradient at 0 is 0.
        Relu: "relu", NUMBERS;
        IsNan: "isNaN", REAL;
        IsInf: "isInf", REAL;
        IsFinite: "isFinite", REAL;
        /// Of booleans.
        Not: "logicalNot", TRUTH;
        /// Every bit of an integer turned: `-x - 1`.
        BitNot: "bitwiseNot", WHOLE;
    }
}

/// Applies a [`UnaryKind`] to every element. Arithmetic kinds take float32 (some int32), tests give bool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unary(pub UnaryKind);

impl UnaryKind {
    /// Whether numbers go in and bool comes out.
    pub fn is_test(self) -> bool {
        matches!(self, UnaryKind::IsNan | UnaryKind::IsInf | UnaryKind::IsFinite)
    }
}

impl Rule for Unary {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands(self.name(), inputs)?;
        require_dtype(self.name(), x, self.0.dtypes())?;
        let dtype = if self.0.is_test() { DType::Bool } else { x.dtype };
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
            Exp2 => mul(dy, &scale(y, LN_2)?)?,
            Log2 => div(&scale(dy, 1.0 / LN_2)?, x)?,
            Log10 => div(&scale(dy, 1.0 / LN_10)?, x)?,
            Log1p => div(dy, &shift(x, 1.0)?)?,
            Sqrt => div(&scale(dy, 0.5)?, y)?,
            Rsqrt => mul(&scale(dy, -0.5)?, &div(y, x)?)?,
            // y / (3 x) would be NaN at 0, where the slope is infinite.
            Cbrt => div(&scale(dy, 1.0 / 3.0)?, &unary(Square, y)?)?,
            Reciprocal => neg(&mul(dy, &unary(Square, y)?)?)?,
            Sin => mul(dy, &unary(Cos, x)?)?,
            Cos => neg(&mul(dy, &unary(Sin, x)?)?)?,
            Tan => mul(dy, &shift(&unary(Square, y)?, 1.0)?)?,
            Asin => mul(dy, &unary(Rsqrt, &one_less_square(x)?)?)?,
            Acos => neg(&mul(dy, &unary(Rsqrt, &one_less_square(x)?)?)?)?,
            Atan => div(dy, &shift(&unary(Square, x)?, 1.0)?)?,
            Sinh => mul(dy, &unary(Cosh, x)?)?,
            Cosh => mul(dy, &unary(Sinh, x)?)?,
            Asinh => mul(dy, &unary(Rsqrt, &shift(&unary(Square, x)?, 1.0)?)?)?,
            // Two roots: x^2 - 1 would lose digits near 1 and give numbers below -1, where acosh has none.
            Acosh => mul(dy, &mul(&unary(Rsqrt, &shift(x, -1.0)?)?, &unary(Rsqrt, &shift(x, 1.0)?)?)?)?,
            Atanh => div(dy, &one_less_square(x)?)?,
            Tanh => mul(dy, &shift(&neg(&unary(Square, y)?)?, 1.0)?)?,
            Sigmoid => mul(dy, &mul(y, &shift(&neg(y)?, 1.0)?)?)?,
            Erf => mul(dy, &bell(x, FRAC_2_SQRT_PI)?)?,
            Erfc => mul(dy, &bell(x, -FRAC_2_SQRT_PI)?)?,
            Erfinv => mul(dy, &scale(&unary(Exp, &unary(Square, y)?)?, 1.0 / FRAC_2_SQRT_PI)?)?,
            Gelu => mul(dy, &unary(GeluSlope, x)?)?,
            // (2 - x^2) p(x) with the density p.
            GeluSlope => {
                let density = bell(&scale(x, FRAC_1_SQRT_2)?, 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2)?;
                mul(dy, &mul(&shift(&neg(&unary(Square, x)?)?, 2.0)?, &density)?)?
            }
            Lgamma => mul(dy, &unary(Digamma, x)?)?,
            Digamma => mul(dy, &unary(Trigamma, x)?)?,
            Trigamma => mul(dy, &gamma::tetragamma(x)?)?,
            Relu => {
                let zero = movement::scalar(0.0, x.dtype())?;
                select(&binary(BinaryKind::Gt, y, &zero)?, dy, &zero)?
            }
            Sign | Floor | Ceil | Round | Trunc | IsNan | IsInf | IsFinite | Not | BitNot => return Ok(vec![None]),
        };
        Ok(vec![Some(dx)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        use UnaryKind::*;
        // Polynomials of about ten terms; the larger ones in f64, those of the gamma functions with a recurrence.
        let each = match self.0 {
            Exp | Exp2 | Expm1 | Log | Log2 | Log10 | Log1p | Sin | Cos | Tan | Tanh | Sigmoid | Erf | Cbrt => 10,
            Asin | Acos | Atan | Sinh | Cosh | Asinh | Acosh | Atanh | Erfc | Erfinv | Gelu | GeluSlope => 20,
            Lgamma | Digamma | Trigamma => 60,
            _ => 1,
        };
        each * inputs[0].shape.size() as u64
    }
}

/// `1 - x^2`, as `(1 - x) (1 + x)`, which keeps the digits near the ends.
fn one_less_square(x: &Tensor) -> Result<Tensor> {
    let one = movement::scalar(1.0, x.dtype())?;
    mul(&sub(&one, x)?, &shift(x, 1.0)?)
}

/// `factor e^(-x^2)`.
fn bell(x: &Tensor, factor: f64) -> Result<Tensor> {
    scale(&unary(UnaryKind::Exp, &neg(&unary(UnaryKind::Square, x)?)?)?, factor)
}
