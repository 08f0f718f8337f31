//! Control flow: operations that carry graphs. Captured values are explicit operands.

use crate::ops::Body;

/// `(captured..., carry..., xs...) -> (carry..., ys...)`: runs `body(captured..., carry..., x_t...) -> (carry..., y_t...)` for every index `t` of the
/// leading axis of `xs` (size `length`, which may be 0), stacking the `y_t`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scan {
    /// The step.
    pub body: Body,
    /// Operands that every step sees unchanged.
    pub captured: usize,
    /// Values handed from step to step; their types do not change.
    pub carry: usize,
    /// Number of steps.
    pub length: usize,
    /// From the last index to the first.
    pub reverse: bool,
}

/// `(predicate bool [], operands...) -> results of one branch`; both branches take all operands and return the same types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cond {
    /// Run when the predicate is true.
    pub then: Body,
    /// Run when it is false.
    pub otherwise: Body,
}

/// `(captured..., carry...) -> carry...`: while `condition(captured..., carry...)` is true, `carry = body(captured..., carry...)`. No gradient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct While {
    /// Gives one bool scalar.
    pub condition: Body,
    /// The step.
    pub body: Body,
    /// Operands that every step sees unchanged.
    pub captured: usize,
}
