//! Softmax and its cross-entropy, fused for stability.

/// Softmax over the last axis: `exp(x - max) / sum exp(x - max)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// Give the logarithm: `x - max - log sum exp(x - max)`.
    pub log: bool,
}

/// `(logits [..., c], labels int32 [...]) -> [...]`: `logsumexp(logits) - logits[label]` for every row.
/// A label outside `0..c` is a run-time data error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoftmaxCrossEntropy;
