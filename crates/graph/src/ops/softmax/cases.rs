//! Test cases of softmax and its cross-entropy.

use super::{Softmax, SoftmaxCrossEntropy, SoftmaxGrad};
use crate::cases::{Case, Operand};

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let shapes: [&[usize]; 10] =
        [&[5], &[1], &[3, 10], &[4, 1], &[2, 3, 4], &[0, 5], &[3, 17], &[2, 130], &[2, 1, 2, 3], &[33, 3]];
    let mut cases = Vec::new();
    for dims in shapes {
        for log in [false, true] {
            cases.push(Case::new(Softmax { log }, vec![Operand::floats(dims, -4.0, 4.0)]).with_gradient());
        }
        let (classes, rows) = dims.split_last().expect("softmax has an axis");
        let inputs = vec![Operand::floats(dims, -4.0, 4.0), Operand::integers(rows, 0, *classes as i64)];
        cases.push(Case::new(SoftmaxCrossEntropy, inputs).with_gradient());
        let inputs = vec![Operand::floats(dims, 0.0, 1.0), Operand::floats(dims, -2.0, 2.0)];
        cases.push(Case::new(SoftmaxGrad, inputs).with_gradient());
    }
    // Exponentials that would overflow without the maximum taken off.
    for log in [false, true] {
        cases.push(Case::new(Softmax { log }, vec![Operand::floats(&[3, 7], -500.0, 500.0)]).within(1e-4, 1e-5));
        cases.push(Case::new(Softmax { log }, vec![Operand::floats(&[3, 0], 0.0, 1.0)]));
    }
    let inputs = vec![Operand::floats(&[3, 7], -500.0, 500.0), Operand::integers(&[3], 0, 7)];
    cases.push(Case::new(SoftmaxCrossEntropy, inputs).within(1e-4, 1e-5));
    cases
}
