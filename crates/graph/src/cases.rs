//! Test cases of operations: a case is a row that the generic tests walk.

use std::fmt;
use std::sync::Arc;

use crate::dtype::DType;
use crate::error::Result;
use crate::ops::Op;
use crate::tensor::Tensor;

/// How an operand of a case is filled (seeded by the case's position).
#[derive(Clone, Debug)]
pub enum Fill {
    /// Uniform in `low..high`.
    Uniform(f64, f64),
    /// Whole numbers in `low..high`.
    Integers(i64, i64),
    /// Distinct values in random order, none of them whole, far enough apart for finite differences to stay on one side of
    /// every tie and jump.
    Distinct,
    /// These values.
    Values(Vec<f64>),
}

/// One operand of a case.
#[derive(Clone, Debug)]
pub struct Operand {
    /// Its shape.
    pub dims: Vec<usize>,
    /// Its element type.
    pub dtype: DType,
    /// Its elements.
    pub fill: Fill,
}

/// A function of tensors that is made of several operations.
pub type Builder = Arc<dyn Fn(&[Tensor]) -> Result<Vec<Tensor>> + Send + Sync>;

/// What a case is about.
#[derive(Clone)]
pub enum Subject {
    /// One operation.
    Op(Op),
    /// A function made of several.
    Composed {
        /// Its name, for messages.
        name: String,
        /// Makes its results.
        build: Builder,
    },
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Op(op) => op.fmt(f),
            Subject::Composed { name, .. } => f.write_str(name),
        }
    }
}

/// An operation (or a function made of several) on given operands, and how close the engine must come to the f64 reference.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is tested.
    pub subject: Subject,
    /// Its operands.
    pub inputs: Vec<Operand>,
    /// Absolute tolerance against the reference, on top of `rtol`.
    pub atol: f64,
    /// Relative tolerance against the reference.
    pub rtol: f64,
    /// Whether the gradient is checked by central differences.
    pub gradient: bool,
}

impl Operand {
    /// An operand from its parts.
    pub fn new(dims: &[usize], dtype: DType, fill: Fill) -> Operand {
        Operand { dims: dims.to_vec(), dtype, fill }
    }

    /// float32, uniform in `low..high`.
    pub fn floats(dims: &[usize], low: f64, high: f64) -> Operand {
        Operand::new(dims, DType::F32, Fill::Uniform(low, high))
    }

    /// float32, [`Fill::Distinct`].
    pub fn distinct(dims: &[usize]) -> Operand {
        Operand::new(dims, DType::F32, Fill::Distinct)
    }

    /// int32, whole numbers in `low..high`.
    pub fn integers(dims: &[usize], low: i64, high: i64) -> Operand {
        Operand::new(dims, DType::I32, Fill::Integers(low, high))
    }

    /// Booleans at random.
    pub fn booleans(dims: &[usize]) -> Operand {
        Operand::new(dims, DType::Bool, Fill::Integers(0, 2))
    }

    /// Given numbers, along one axis.
    pub fn values(dtype: DType, values: &[f64]) -> Operand {
        Operand::new(&[values.len()], dtype, Fill::Values(values.to_vec()))
    }

    /// A random operand of any dtype, small whole numbers where it is not float32.
    pub fn any(dims: &[usize], dtype: DType) -> Operand {
        match dtype {
            DType::F32 => Operand::floats(dims, -2.0, 2.0),
            DType::Bool => Operand::booleans(dims),
            DType::U8 => Operand::new(dims, dtype, Fill::Integers(0, 9)),
            _ => Operand::new(dims, dtype, Fill::Integers(-9, 9)),
        }
    }
}

impl Case {
    /// A case within 1e-5 of the reference (relative and absolute), whose gradient is not checked.
    pub fn new(op: impl Into<Op>, inputs: Vec<Operand>) -> Case {
        Case { subject: Subject::Op(op.into()), inputs, atol: 1e-5, rtol: 1e-5, gradient: false }
    }

    /// A case of a function that is made of several operations: `build` makes its results from its operands.
    pub fn composed(
        name: impl Into<String>,
        inputs: Vec<Operand>,
        build: impl Fn(&[Tensor]) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    ) -> Case {
        let subject = Subject::Composed { name: name.into(), build: Arc::new(build) };
        Case { subject, inputs, atol: 1e-5, rtol: 1e-5, gradient: false }
    }

    /// The operation, if the case is about one.
    pub fn op(&self) -> Option<&Op> {
        match &self.subject {
            Subject::Op(op) => Some(op),
            Subject::Composed { .. } => None,
        }
    }

    /// Name of what is tested.
    pub fn name(&self) -> &str {
        match &self.subject {
            Subject::Op(op) => op.name(),
            Subject::Composed { name, .. } => name,
        }
    }

    /// The results for `operands`.
    ///
    /// # Errors
    /// What the shape rules report.
    pub fn build(&self, operands: &[Tensor]) -> Result<Vec<Tensor>> {
        match &self.subject {
            Subject::Op(op) => Tensor::apply(op.clone(), operands.to_vec()),
            Subject::Composed { build, .. } => build(operands),
        }
    }

    /// The same, with its gradient checked.
    pub fn with_gradient(self) -> Case {
        self.with_gradient_if(true)
    }

    /// The same, with its gradient checked if `differentiable`.
    pub fn with_gradient_if(self, differentiable: bool) -> Case {
        Case { gradient: differentiable, ..self }
    }

    /// The same, within other distances of the reference.
    pub fn within(self, atol: f64, rtol: f64) -> Case {
        Case { atol, rtol, ..self }
    }
}
