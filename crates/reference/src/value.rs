//! Numbers with a type, and walks over indices.

use hornbeam_graph::{DType, MAX_RANK, Shape, TensorType};

/// A tensor of f64 in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Shape and the element type that the numbers stand for.
    pub ty: TensorType,
    /// The elements.
    pub data: Vec<f64>,
}

/// A position in a tensor of up to eight axes; the axes in use are the shape's.
pub(crate) type Index = [usize; MAX_RANK];

impl Value {
    /// A value from its parts.
    ///
    /// # Panics
    /// When the number of elements is not the shape's.
    pub fn new(dims: &[usize], dtype: DType, data: Vec<f64>) -> Value {
        let shape = Shape::new(dims).expect("the dims of a value");
        assert_eq!(data.len(), shape.size(), "elements of a value of shape {shape}");
        Value { ty: TensorType::new(shape, dtype), data }
    }

    /// A scalar.
    pub fn scalar(value: f64, dtype: DType) -> Value {
        Value::new(&[], dtype, vec![value])
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        self.ty.shape
    }

    /// The elements of a tensor of `shape`, each from its index.
    pub(crate) fn build(shape: Shape, mut element: impl FnMut(&Index) -> f64) -> Vec<f64> {
        (0..shape.size()).map(|flat| element(&unravel(flat, shape))).collect()
    }

    /// The element at an index of as many axes as the tensor has.
    pub(crate) fn at(&self, index: &[usize]) -> f64 {
        self.data[ravel(index, self.ty.shape)]
    }

    /// The element that the tensor, broadcast to `rank` axes or stretched along axes of one, has at `index`.
    pub(crate) fn broadcast(&self, index: &Index, rank: usize) -> f64 {
        let shape = self.ty.shape;
        let offset = rank - shape.rank();
        let own: Vec<usize> =
            (0..shape.rank()).map(|axis| if shape[axis] == 1 { 0 } else { index[axis + offset] }).collect();
        self.at(&own)
    }
}

/// The index of the `flat`-th element of `shape`.
pub(crate) fn unravel(mut flat: usize, shape: Shape) -> Index {
    let mut index = [0; MAX_RANK];
    for axis in (0..shape.rank()).rev() {
        index[axis] = flat % shape[axis];
        flat /= shape[axis];
    }
    index
}

/// The position of an index in row-major order.
pub(crate) fn ravel(index: &[usize], shape: Shape) -> usize {
    (0..shape.rank()).fold(0, |flat, axis| {
        assert!(index[axis] < shape[axis], "index {index:?} outside of shape {shape}");
        flat * shape[axis] + index[axis]
    })
}
