//! Operations whose positions are data: gather, scatter, dynamic slices.

use crate::shape::Shape;

/// `(x, ids)`: `x` with `axis` replaced by the axes of `ids` (int32, any rank), each id naming a slice of `x`.
/// An id outside `0..dim` is a run-time data error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gather {
    /// The axis of `x` looked up.
    pub axis: usize,
}

/// `(x, ids, updates)`: `x` with every slice of `updates` (shaped as [`Gather`]'s result) added at its id along `axis`.
/// Updates of one id are added in index order. float32 or int32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// The axis of `x` written.
    pub axis: usize,
}

/// `(x, start_0, ..., start_{r-1})`, int32 scalars: the block of `sizes` that starts there. Starts are clamped so that the
/// block lies inside `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DynamicSlice {
    /// The block's shape.
    pub sizes: Shape,
}

/// `(x, update, start_0, ..., start_{r-1})`: `x` with the block at the (clamped) starts replaced by `update`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DynamicUpdateSlice;
