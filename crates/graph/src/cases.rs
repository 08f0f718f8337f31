//! Test cases of operations: a case is a row that the generic tests walk.

use crate::dtype::DType;
use crate::ops::Op;

/// How an operand of a case is filled (seeded by the case's position).
#[derive(Clone, Debug)]
pub enum Fill {
    /// Uniform in `low..high`.
    Uniform(f64, f64),
    /// Whole numbers in `low..high`.
    Integers(i64, i64),
    /// Distinct values in random order, far enough apart for finite differences to stay on one side (maxima, ties).
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

/// An operation on given operands, and how close the engine must come to the f64 reference.
#[derive(Clone, Debug)]
pub struct Case {
    /// The operation.
    pub op: Op,
    /// Its operands.
    pub inputs: Vec<Operand>,
    /// Absolute tolerance against the reference, on top of `rtol`.
    pub atol: f64,
    /// Relative tolerance against the reference.
    pub rtol: f64,
    /// Whether the gradient is checked by central differences.
    pub gradient: bool,
}
