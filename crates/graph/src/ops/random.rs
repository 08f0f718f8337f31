//! Counter-based random numbers (Philox4x32-10): a pure function of key, counter and position.

use crate::shape::Shape;

/// A distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RandomKind {
    /// int32, all 32 bits.
    Bits,
    /// float32 in [0, 1), multiples of 2^-24.
    Uniform,
    /// float32, mean 0, standard deviation 1.
    Normal,
    /// [`RandomKind::Normal`] conditioned on `|x| <= 2`.
    TruncatedNormal,
}

/// `(seed int32 [2], counter int32 []) -> shape`: element `i` (flat) depends on seed, counter, `draw` and `i` alone, so slices, threads
/// and resumed runs agree. Not differentiable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Random {
    /// The distribution.
    pub kind: RandomKind,
    /// The shape made.
    pub shape: Shape,
    /// Tells draws of one seed and counter apart.
    pub draw: u32,
}
