//! Test cases of matrix products.

use super::MatMul;
use crate::cases::{Case, Operand};

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    // Leading dims of both, then m, k, n.
    let rows: [(&[usize], &[usize], [usize; 3]); 15] = [
        (&[], &[], [1, 1, 1]),
        (&[], &[], [3, 5, 7]),
        (&[], &[], [17, 33, 9]),
        (&[], &[], [1, 64, 1]),
        (&[], &[], [65, 3, 2]),
        (&[], &[], [1, 7, 35]),
        (&[], &[], [0, 3, 4]),
        (&[], &[], [3, 0, 4]),
        (&[], &[], [4, 3, 0]),
        (&[2], &[2], [3, 4, 5]),
        (&[2, 1], &[3], [3, 4, 5]),
        (&[], &[2], [3, 4, 5]),
        (&[2, 3], &[], [3, 4, 5]),
        (&[0], &[], [3, 4, 5]),
        (&[1, 2], &[3, 1], [2, 9, 3]),
    ];
    let mut cases = Vec::new();
    for (lead_a, lead_b, [m, k, n]) in rows {
        for (transpose_a, transpose_b) in [(false, false), (false, true), (true, false), (true, true)] {
            let a = [lead_a, &if transpose_a { [k, m] } else { [m, k] }].concat();
            let b = [lead_b, &if transpose_b { [n, k] } else { [k, n] }].concat();
            let inputs = vec![Operand::floats(&a, -1.0, 1.0), Operand::floats(&b, -1.0, 1.0)];
            cases.push(Case::new(MatMul { transpose_a, transpose_b }, inputs).with_gradient());
        }
    }
    cases
}
