//! Matrix products.

/// `(a, b)`: `[..., m, k] x [..., k, n] -> [..., m, n]`, leading dims broadcast. A flag says that the operand is stored with
/// its last two axes swapped. float32; both of rank 2 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatMul {
    /// `a` is stored `[..., k, m]`.
    pub transpose_a: bool,
    /// `b` is stored `[..., n, k]`.
    pub transpose_b: bool,
}
