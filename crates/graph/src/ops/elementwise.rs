//! Elementwise arithmetic with NumPy broadcasting: unary maths, binary arithmetic and comparisons, selection, casts.

mod binary;
mod cases;
mod gamma;
mod unary;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Rule, Vjp, movement, operands, require_dtype};
use crate::shape::TensorType;
use crate::tensor::Tensor;

pub use binary::{Binary, BinaryKind};
pub use cases::cases;
pub use unary::{Unary, UnaryKind};

/// An enum of kinds with the name and the dtypes of each.
macro_rules! kinds {
    ($(#[$about:meta])* $kinds:ident { $($(#[$doc:meta])* $kind:ident: $name:literal, $dtypes:expr;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum $kinds {
            $($(#[$doc])* $kind,)*
        }

        impl $kinds {
            /// All kinds.
            pub const ALL: &[$kinds] = &[$($kinds::$kind),*];

            /// The name in bindings and errors.
            pub const fn name(self) -> &'static str {
                match self {
                    $($kinds::$kind => $name,)*
                }
            }

            /// The kind of a [`name`](Self::name).
            pub fn parse(name: &str) -> Option<$kinds> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }

            /// The dtypes of operands.
            pub const fn dtypes(self) -> &'static [DType] {
                match self {
                    $($kinds::$kind => $dtypes,)*
                }
            }
        }
    };
}
use kinds;

const REAL: &[DType] = &[DType::F32];
const WHOLE: &[DType] = &[DType::I32];
const NUMBERS: &[DType] = &[DType::F32, DType::I32];
const TRUTH: &[DType] = &[DType::Bool];

/// `cond ? a : b`, all three broadcast against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Select;

/// Conversion to another element type. Float to integer truncates toward zero and saturates (NaN gives 0); int32 to a
/// narrower integer wraps; anything to bool is `x != 0`; to bfloat16 and float16 rounds to nearest even.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cast(pub DType);

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
