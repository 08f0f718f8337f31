//! The operations. Each family's file holds all that is not speed: documentation, attributes, shape rule, gradient, cost
//! and test cases.

pub mod contraction;
pub mod control;
pub mod conv;
pub mod custom;
pub mod elementwise;
pub mod indexing;
pub mod linalg;
pub mod movement;
pub mod norm;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod resample;
pub mod softmax;
pub mod sorting;
pub mod spectral;

use std::sync::Arc;

use crate::cases::Case;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use contraction::MatMul;
pub use control::{Cond, Scan, While};
pub use conv::{Conv2D, Conv2DFilterGrad, Conv2DInputGrad};
pub use custom::CustomGradient;
pub use elementwise::{Binary, Cast, Select, Unary};
pub use indexing::{BatchGather, DynamicSlice, DynamicUpdateSlice, Gather, RavelIndex, Scatter, ScatterAdd};
pub use linalg::{Cholesky, Eigh, Lu, Qr, Solve, Svd, TriangularSolve};
pub use movement::{Broadcast, Concat, Constant, Iota, Pad, Reshape, Reverse, Slice, StopGradient, Transpose};
pub use norm::{BatchNorm, LayerNorm, LayerNormInputGrad, LayerNormParamGrad};
pub use pool::{AvgPool2D, AvgPool2DGrad, MaxPool2D, MaxPool2DGather, MaxPool2DGrad};
pub use random::{Random, Sample};
pub use reduce::{ArgReduce, Reduce};
pub use resample::Resample;
pub use softmax::{Softmax, SoftmaxCrossEntropy, SoftmaxGrad};
pub use sorting::{Cumulative, SearchSorted, Sort};
pub use spectral::{Fft, InverseRealFft, RealFft};

/// What a gradient rule is given: the operation's operands, its outputs, and the cotangents of those outputs.
pub struct Vjp<'a> {
    /// Operands.
    pub inputs: &'a [Tensor],
    /// Outputs.
    pub outputs: &'a [Tensor],
    /// Cotangent of every output; `None` is zero. At least one is there.
    pub cotangents: &'a [Option<Tensor>],
}

impl Vjp<'_> {
    /// The cotangent of an operation that has one output.
    pub fn cotangent(&self) -> &Tensor {
        self.cotangents[0].as_ref().expect("the driver asks only when there is a cotangent")
    }
}

/// What every operation says of itself.
pub trait Rule {
    /// The name in errors, summaries and plots.
    fn name(&self) -> &'static str;

    /// Types of the outputs.
    ///
    /// # Errors
    /// Shape or config: the operands do not fit.
    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>>;

    /// Cotangents of the operands (of their shape, or of the shape they broadcast to), `None` where none flows.
    ///
    /// # Errors
    /// Config: the operation has no gradient.
    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>>;

    /// Floating-point operations of one run; none for what only moves or compares positions.
    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        let _ = (inputs, outputs);
        0
    }

    /// The same maths in primitives, for fused operations: their reference, second derivative and export.
    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        let _ = inputs;
        None
    }
}

macro_rules! ops {
    ($($variant:ident,)*) => {
        /// An operation with its attributes.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Op {
            /// A parameter of a closed graph.
            Param,
            $(#[allow(missing_docs)] $variant($variant),)*
        }

        impl Op {
            /// Names of all variants but `Param`: what tests over the table of operations must meet.
            pub const VARIANTS: &'static [&'static str] = &[$(stringify!($variant),)*];

            /// The variant's name, which does not depend on attributes as [`Op::name`] may.
            pub fn variant(&self) -> &'static str {
                match self {
                    Op::Param => "Param",
                    $(Op::$variant(_) => stringify!($variant),)*
                }
            }

            fn rule(&self) -> &dyn Rule {
                match self {
                    Op::Param => &Parameter,
                    $(Op::$variant(op) => op,)*
                }
            }
        }

        $(impl From<$variant> for Op {
            fn from(op: $variant) -> Op {
                Op::$variant(op)
            }
        })*
    };
}

ops! {
    Unary, Binary, Select, Cast,
    Constant, Iota, Reshape, Transpose, Broadcast, Slice, Pad, Concat, Reverse, StopGradient,
    Gather, ScatterAdd, DynamicSlice, DynamicUpdateSlice,
    Reduce, ArgReduce,
    MatMul, Conv2D, Conv2DInputGrad, Conv2DFilterGrad,
    MaxPool2D, MaxPool2DGrad, MaxPool2DGather, AvgPool2D, AvgPool2DGrad,
    Resample,
    Softmax, SoftmaxGrad, SoftmaxCrossEntropy, BatchNorm, LayerNorm, LayerNormInputGrad, LayerNormParamGrad,
    Fft, RealFft, InverseRealFft,
    Cholesky, TriangularSolve, Solve, Lu, Qr, Eigh, Svd,
    Random, Sample, Scan, Cond, While,
    CustomGradient,
    BatchGather, Scatter, RavelIndex, Sort, SearchSorted, Cumulative,
}

impl Op {
    /// See [`Rule::name`].
    pub fn name(&self) -> &'static str {
        self.rule().name()
    }

    /// See [`Rule::infer`].
    pub fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        self.rule().infer(inputs)
    }

    /// See [`Rule::vjp`].
    pub fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        self.rule().vjp(ctx)
    }

    /// See [`Rule::flops`].
    pub fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        self.rule().flops(inputs, outputs)
    }

    /// See [`Rule::decompose`].
    pub fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        self.rule().decompose(inputs)
    }
}

/// Test cases of every family; the generic test fails for an operation that has none.
pub fn all_cases() -> Vec<Case> {
    [
        elementwise::cases(),
        movement::cases(),
        indexing::cases(),
        reduce::cases(),
        contraction::cases(),
        conv::cases(),
        pool::cases(),
        resample::cases(),
        softmax::cases(),
        sorting::cases(),
        norm::cases(),
        linalg::cases(),
        spectral::cases(),
        random::cases(),
        control::cases(),
        custom::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Parameter;

impl Rule for Parameter {
    fn name(&self) -> &'static str {
        "param"
    }
    fn infer(&self, _: &[TensorType]) -> Result<Vec<TensorType>> {
        Err(Error::state("a parameter's type is given, not inferred"))
    }
    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(Vec::new())
    }
}

/// An `f64` attribute that hashes and compares by its bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bits(u64);

impl Bits {
    /// The number.
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl From<f64> for Bits {
    fn from(value: f64) -> Bits {
        Bits(value.to_bits())
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.get())
    }
}

/// A body of control flow.
pub type Body = Arc<crate::graph::Graph>;

/// The operands of an operation that takes exactly `N`.
pub(crate) fn operands<const N: usize>(name: &str, inputs: &[TensorType]) -> Result<[TensorType; N]> {
    <[TensorType; N]>::try_from(inputs)
        .map_err(|_| Error::shape(format!("{name} takes {N} operands, got {}", inputs.len())))
}

/// Fails unless `x` has one of the `allowed` dtypes.
pub(crate) fn require_dtype(name: &str, x: TensorType, allowed: &[DType]) -> Result<()> {
    if allowed.contains(&x.dtype) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().map(|d| d.name()).collect();
    Err(Error::shape(format!("{name} takes {}, got {x}. Cast it first", names.join(" or "))))
}

/// `axis` counted from the front, checked against `rank`.
pub fn normalize_axis(name: &str, axis: i64, rank: usize) -> Result<usize> {
    if rank == 0 {
        return Err(Error::shape(format!("{name}: axis {axis} is out of range: a scalar has no axes")));
    }
    let from_front = if axis < 0 { axis + rank as i64 } else { axis };
    if (0..rank as i64).contains(&from_front) {
        Ok(from_front as usize)
    } else {
        Err(Error::shape(format!(
            "{name}: axis {axis} is out of range for a tensor of rank {rank} (-{rank} to {})",
            rank as i64 - 1
        )))
    }
}

/// `axes` counted from the front, ascending; checked against `shape` and for repetition.
pub fn normalize_axes(name: &str, axes: &[i64], shape: Shape) -> Result<Vec<usize>> {
    let mut sorted =
        axes.iter().map(|&axis| normalize_axis(name, axis, shape.rank())).collect::<Result<Vec<usize>>>()?;
    sorted.sort_unstable();
    check_axes(name, &sorted, shape)?;
    Ok(sorted)
}

/// Fails unless `axes` are ascending axes of `shape`.
pub(crate) fn check_axes(name: &str, axes: &[usize], shape: Shape) -> Result<()> {
    if let Some(pair) = axes.windows(2).find(|pair| pair[0] >= pair[1]) {
        let what = if pair[0] == pair[1] { "are given twice" } else { "are not ascending" };
        return Err(Error::shape(format!("{name}: axes {axes:?} {what}")));
    }
    match axes.last() {
        Some(&axis) if axis >= shape.rank() => {
            Err(Error::shape(format!("{name}: axis {axis} is out of range for shape {shape}")))
        }
        _ => Ok(()),
    }
}
