//! Test cases of batch and layer normalization.

use super::{BatchNorm, LayerNorm, LayerNormInputGrad, LayerNormParamGrad};
use crate::cases::{Case, Operand};

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    [batch_cases(), layer_cases()].concat()
}

fn layer_cases() -> Vec<Case> {
    let shapes: [&[usize]; 11] = [
        &[8, 3],
        &[2, 3, 3, 4],
        &[5],
        &[3, 2],
        &[7, 1],
        &[4, 17],
        &[3, 5, 2],
        &[2, 2, 2, 33],
        &[9, 40],
        &[6, 0],
        &[0, 3],
    ];
    let mut cases = Vec::new();
    let mut of = |dims: &[usize], epsilon: f64, gradient: bool| {
        let (&c, leading) = dims.split_last().unwrap_or((&1, &[]));
        let x = || Operand::floats(dims, -2.0, 2.0);
        let (gamma, dy) = (|| Operand::floats(&[c], 0.5, 1.5), || Operand::floats(dims, -1.0, 1.0));
        let (mean, inverse) = (|| Operand::floats(leading, -0.5, 0.5), || Operand::floats(leading, 0.5, 1.5));
        let beta = Operand::floats(&[c], -1.0, 1.0);
        let forward = Case::new(LayerNorm { epsilon: epsilon.into() }, vec![x(), gamma(), beta]);
        let input = Case::new(LayerNormInputGrad, vec![x(), gamma(), dy(), mean(), inverse()]);
        let sums = Case::new(LayerNormParamGrad, vec![x(), dy(), mean(), inverse()]);
        cases.extend([forward, input, sums].map(|case| case.within(2e-5, 1e-4).with_gradient_if(gradient)));
    };
    for dims in shapes {
        of(dims, 0.125, !dims.contains(&0));
    }
    // Rows of several chunks of sums, and more rows than a task adds at once.
    of(&[3, 1100], 1e-3, false);
    of(&[70, 6], 1e-3, false);
    // A mean far from zero: the squares' mean less the mean's square would lose the variance.
    let far = vec![
        Operand::floats(&[3, 64], 99.0, 101.0),
        Operand::floats(&[64], 0.5, 1.5),
        Operand::floats(&[64], -1.0, 1.0),
    ];
    cases.push(Case::new(LayerNorm { epsilon: 1e-3.into() }, far).within(1e-3, 1e-3));
    cases
}

fn batch_cases() -> Vec<Case> {
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
    // Samples whose moments are taken by themselves, and the last that are not.
    for dims in [&[3, 16, 16, 5][..], &[1, 256, 3], &[4, 2, 11, 13, 2], &[2, 15, 17, 3], &[0, 16, 16, 3]] {
        cases.push(of(dims, 1e-3, -2.0, 2.0).with_gradient_if(dims == [1, 256, 3]));
        cases.push(of(dims, 1e-3, 99.0, 101.0).within(1e-3, 1e-3));
    }
    cases
}
