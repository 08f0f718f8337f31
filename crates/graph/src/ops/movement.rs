//! Operations that move or make elements without arithmetic.

use crate::dtype::DType;
use crate::ops::Bits;
use crate::shape::Shape;

/// A scalar known while building.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// The number, converted to the dtype as a cast from f64 would.
    pub value: Bits,
    /// The element type.
    pub dtype: DType,
}

/// Indices along one axis: element `[i0, i1, ...]` is `i_axis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Iota {
    /// The shape made.
    pub shape: Shape,
    /// The axis counted.
    pub axis: usize,
    /// `I32` or `F32`.
    pub dtype: DType,
}

/// The same elements, in row-major order, under another shape of the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The new shape.
    pub shape: Shape,
}

/// Axis `i` of the result is axis `order[i]` of the operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// A permutation of the axes.
    pub order: Vec<usize>,
}

/// NumPy's `broadcast_to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broadcast {
    /// The new shape.
    pub shape: Shape,
}

/// `x[starts[0]:limits[0]:strides[0], ...]`, strides at least 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// First index of every axis.
    pub starts: Vec<usize>,
    /// One past the last index of every axis.
    pub limits: Vec<usize>,
    /// Steps.
    pub strides: Vec<usize>,
}

/// Operands `(x, value)`, value a scalar: `low` and `high` elements at the ends of every axis (negative removes elements),
/// and `interior` between neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pad {
    /// Added before every axis.
    pub low: Vec<i64>,
    /// Added after every axis.
    pub high: Vec<i64>,
    /// Added between neighbours of every axis.
    pub interior: Vec<usize>,
}

/// Any number of operands, end to end along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// The axis.
    pub axis: usize,
}

/// The elements in reverse order along some axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reverse {
    /// The axes, ascending.
    pub axes: Vec<usize>,
}

/// The operand itself; no gradient flows through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StopGradient;
