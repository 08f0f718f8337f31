//! Test cases of random numbers: the reference draws the same words.

use super::{Law, Random, RandomKind, Sample};
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;
use crate::shape::Shape;

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let shapes: [&[usize]; 7] = [&[], &[1], &[7], &[3, 5], &[0, 4], &[2, 3, 4], &[601]];
    let mut cases = Vec::new();
    for kind in [RandomKind::Bits, RandomKind::Uniform, RandomKind::Normal, RandomKind::TruncatedNormal] {
        for (draw, dims) in shapes.into_iter().enumerate() {
            let op = Random { kind, shape: Shape::new(dims).expect("the dims of a case"), draw: draw as u32 };
            let seed = Operand::integers(&[2], i32::MIN as i64, i32::MAX as i64);
            cases.push(Case::new(op, vec![seed, Operand::integers(&[], -5, 1000)]));
        }
    }
    cases.extend(samples());
    cases
}

/// Parameters on both sides of where the method changes.
fn samples() -> Vec<Case> {
    let shapes: [&[usize]; 5] = [&[], &[7], &[3, 5], &[0, 4], &[301]];
    let mut cases = Vec::new();
    for (draw, dims) in shapes.into_iter().enumerate() {
        let draw = draw as u32;
        let mut add = |law: Law, parameters: Vec<Operand>| {
            let seed = Operand::integers(&[2], i32::MIN as i64, i32::MAX as i64);
            let inputs = [vec![seed, Operand::integers(&[], -5, 1000)], parameters].concat();
            cases.push(Case::new(Sample { law, draw }, inputs));
        };
        for (low, high) in [(0.05, 1.0), (1.0, 50.0), (-0.5, 0.5)] {
            add(Law::Gamma, vec![Operand::floats(dims, low, high)]);
        }
        for (low, high) in [(0.0, 10.0), (10.0, 300.0), (-1.0, 1.0)] {
            add(Law::Poisson, vec![Operand::floats(dims, low, high)]);
        }
        for (low, high) in [(0, 19), (40, 1000), (-2, 3)] {
            let counts = Operand::new(dims, DType::F32, Fill::Integers(low, high));
            add(Law::Binomial, vec![counts.clone(), Operand::floats(dims, 0.0, 1.0)]);
            add(Law::Binomial, vec![counts, Operand::floats(dims, -0.1, 1.1)]);
        }
    }
    cases
}
