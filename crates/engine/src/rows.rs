//! Operations whose rows are independent: one arm in [`row_op`] is all that the engine asks of them.

use hornbeam_graph::{Op, TensorType};
use hornbeam_kernels::rows::RowKernel;

/// How an operation is computed by rows.
pub struct RowOp {
    /// Computes some rows. It may depend on what comes after the leading axes only: a chunk of a batch has fewer rows.
    pub kernel: Box<dyn RowKernel>,
    /// How many leading axes number the rows: the same axes of every output and of every operand that is not shared.
    pub leading: usize,
    /// Bit `i`: operand `i` is read whole by every row.
    pub shared: u32,
}

impl RowOp {
    /// Whether operand `i` is read whole by every row.
    pub fn is_shared(&self, i: usize) -> bool {
        self.shared >> i & 1 == 1
    }
}

/// The row kernel of an operation on operands and results of some types, if it is computed by one. An operation that can find
/// bad data must be named in `stage::is_fallible` as well.
#[allow(clippy::match_single_binding, reason = "an arm an operation")]
pub fn row_op(op: &Op, inputs: &[TensorType], outputs: &[TensorType]) -> Option<RowOp> {
    let _ = (inputs, outputs);
    match op {
        _ => None,
    }
}
