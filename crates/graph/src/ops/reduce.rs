//! Reductions over axes. Reduced axes are dropped; builders put ones in their place where asked.

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReduceKind {
    /// Of nothing: 0. float32 and int32 (wrapping).
    Sum,
    /// Of nothing: 1.
    Prod,
    /// NaN propagates. Of nothing: -infinity (the smallest int32).
    Max,
    /// NaN propagates. Of nothing: infinity (the largest int32).
    Min,
    /// Of booleans: and. Of nothing: true.
    All,
    /// Of booleans: or. Of nothing: false.
    Any,
}

/// Combines the elements along some axes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reduce {
    /// How.
    pub kind: ReduceKind,
    /// The axes, ascending.
    pub axes: Vec<usize>,
}

/// Where the largest or smallest element along an axis is: int32, the first of equals, a NaN counts as the extreme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArgReduce {
    /// The largest, else the smallest.
    pub max: bool,
    /// The axis, which is dropped and not empty.
    pub axis: usize,
}
