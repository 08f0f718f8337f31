//! Test cases of batch normalization.

use super::BatchNorm;
use crate::cases::{Case, Operand};

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let shapes: [&[usize]; 10] =
        [&[8, 3], &[2, 3, 3, 4], &[5], &[1, 1], &[7, 1], &[4, 17], &[3, 5, 2], &[2, 2, 2, 33], &[40, 2], &[6, 0]];
    let of = |dims: &[usize], epsilon: f64, low: f64, high: f64| {
        let channels = [dims[dims.len() - 1]];
        let inputs = vec![
            Operand::floats(dims, low, high),
            Operand::floats(&channels, 0.5, 1.5),
            Operand::floats(&channels, -1.0, 1.0),
        ];
        Case::new(BatchNorm { epsilon: epsilon.into() }, inputs).within(2e-5, 1e-4)
    };
    let mut cases: Vec<Case> = shapes.iter().map(|dims| of(dims, 1e-3, -2.0, 2.0).with_gradient()).collect();
    cases.push(of(&[16, 2], 1e-5, 0.0, 3.0).with_gradient());
    // A mean far from zero: the squares' mean less the mean's square would lose the variance.
    cases.push(of(&[64, 3], 1e-3, 99.0, 101.0).within(1e-3, 1e-3));
    cases.push(of(&[0, 3], 1e-3, 0.0, 1.0));
    cases
}
