//! Batch normalization, fused.

use crate::ops::Bits;

/// `(x [..., c], gamma [c], beta [c]) -> (y [..., c], mean [c], variance [c])`: moments over all axes but the last (biased
/// variance), `y = (x - mean) * rsqrt(variance + epsilon) * gamma + beta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchNorm {
    /// Added to the variance.
    pub epsilon: Bits,
}
