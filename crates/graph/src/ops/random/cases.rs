//! Test cases of random numbers: the reference draws the same words.

use super::{Random, RandomKind};
use crate::cases::{Case, Operand};
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
    cases
}
