//! Shapes and tensor types. [`Shape::new`] is the only way to a shape, so no later code sees an unchecked size.

use std::fmt;
use std::ops::Deref;

use crate::dtype::DType;
use crate::error::{Error, Result};

/// The highest rank of a tensor.
pub const MAX_RANK: usize = 8;

/// The largest number of elements of a tensor: byte sizes and flat indices then fit an `isize` with room to spare.
pub const MAX_ELEMENTS: usize = 1 << 48;

/// The dims of a tensor; derefs to a slice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    rank: u8,
    dims: [usize; MAX_RANK],
}

impl Shape {
    /// A shape of at most 8 dims whose product (zeros counted as ones) is at most 2^48.
    pub fn new(dims: &[usize]) -> Result<Shape> {
        if dims.len() > MAX_RANK {
            return Err(Error::shape(format!(
                "tensors have at most {MAX_RANK} dimensions, got {} ({dims:?})",
                dims.len()
            )));
        }
        let mut product = 1usize;
        for &dim in dims {
            product = product
                .checked_mul(dim.max(1))
                .filter(|&p| p <= MAX_ELEMENTS)
                .ok_or_else(|| Error::shape(format!("shape {dims:?} has more than 2^48 elements")))?;
        }
        let mut shape = Shape { rank: dims.len() as u8, dims: [0; MAX_RANK] };
        shape.dims[..dims.len()].copy_from_slice(dims);
        Ok(shape)
    }

    /// The shape of a scalar: rank 0, one element.
    pub const fn scalar() -> Shape {
        Shape { rank: 0, dims: [0; MAX_RANK] }
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.rank as usize
    }

    /// Elements along every axis.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank as usize]
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.dims().iter().product()
    }

    /// This shape with one dim replaced.
    pub fn with_dim(&self, axis: usize, dim: usize) -> Result<Shape> {
        let mut dims = self.dims().to_vec();
        dims[axis] = dim;
        Shape::new(&dims)
    }

    /// The shape that `self` and `other` broadcast to by NumPy's rule: aligned at the end, a dim of 1 stretches.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.rank().max(other.rank());
        let mut dims = [0; MAX_RANK];
        for (axis, dim) in dims[..rank].iter_mut().enumerate() {
            let of = |shape: &Shape| (axis + shape.rank()).checked_sub(rank).map_or(1, |i| shape.dims[i]);
            *dim = match (of(self), of(other)) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Shape::new(&dims[..rank]).ok()
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        self.dims()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.dims())
    }
}

/// What is known of a tensor before its numbers are: shape and element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// The dims.
    pub shape: Shape,
    /// The element type.
    pub dtype: DType,
}

impl TensorType {
    /// A type from its parts.
    pub fn new(shape: Shape, dtype: DType) -> TensorType {
        TensorType { shape, dtype }
    }

    /// A scalar's type.
    pub fn scalar(dtype: DType) -> TensorType {
        TensorType { shape: Shape::scalar(), dtype }
    }

    /// Bytes of all elements.
    pub fn bytes(&self) -> usize {
        self.shape.size() * self.dtype.size()
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.dtype.name(), self.shape.dims())
    }
}
