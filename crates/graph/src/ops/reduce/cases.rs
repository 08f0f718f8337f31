//! Test cases of reductions.

use super::{ArgReduce, Reduce, ReduceKind};
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;

const SHAPES: [(&[usize], &[usize]); 14] = [
    (&[7], &[0]),
    (&[3, 5], &[0]),
    (&[3, 5], &[1]),
    (&[3, 5], &[0, 1]),
    (&[2, 3, 4], &[0, 2]),
    (&[2, 3, 4], &[1]),
    (&[0, 3], &[0]),
    (&[0, 3], &[1]),
    (&[3, 5], &[]),
    (&[2, 3, 4, 5], &[0, 1, 2]),
    (&[2, 3, 4, 5], &[3]),
    (&[1, 1, 7], &[2]),
    (&[19, 3], &[0]),
    (&[2, 41], &[1]),
];

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    use ReduceKind::*;
    let mut cases = Vec::new();
    for kind in [Sum, Prod, Max, Min, All, Any] {
        for (dims, axes) in SHAPES {
            let op = || Reduce { kind, axes: axes.to_vec() };
            if matches!(kind, All | Any) {
                cases.push(Case::new(op(), vec![Operand::booleans(dims)]));
                continue;
            }
            let operand = match kind {
                Sum => Operand::floats(dims, -2.0, 2.0),
                Prod => Operand::floats(dims, 0.5, 1.5),
                _ => Operand::distinct(dims),
            };
            // The extreme of nothing is infinite: there is no slope to compare.
            let infinite = matches!(kind, Max | Min) && axes.iter().any(|&axis| dims[axis] == 0);
            cases.push(Case::new(op(), vec![operand]).with_gradient_if(!infinite));
            cases.push(Case::new(op(), vec![Operand::integers(dims, -9, 9)]));
        }
    }
    let zeros = Fill::Values(vec![0.0, 2.0, 3.0, 0.0, 0.0, 5.0, 1.5, -2.0, 4.0]);
    let thirds = Operand::new(&[3, 3], DType::F32, zeros);
    cases.push(Case::new(Reduce { kind: Prod, axes: vec![1] }, vec![thirds.clone()]).with_gradient());
    cases.push(Case::new(Reduce { kind: Prod, axes: vec![0] }, vec![thirds]).with_gradient());
    for kind in [Sum, Prod, Max, Min] {
        let special =
            Operand::new(&[2, 3], DType::F32, Fill::Values(vec![1.0, f64::NAN, 3.0, -1.0, f64::INFINITY, 2.0]));
        cases.push(Case::new(Reduce { kind, axes: vec![1] }, vec![special]));
        let large = Operand::integers(&[3, 9], i32::MIN as i64, i32::MAX as i64);
        cases.push(Case::new(Reduce { kind, axes: vec![1] }, vec![large]));
    }
    // Rounding does not grow with the length.
    cases.push(
        Case::new(Reduce { kind: Sum, axes: vec![0] }, vec![Operand::floats(&[20_000], 0.0, 1.0)]).within(1e-5, 2e-6),
    );
    for max in [true, false] {
        for (dims, axis) in [(&[7][..], 0), (&[3, 5], 0), (&[3, 5], 1), (&[2, 3, 4], 1), (&[0, 3], 1), (&[4, 40], 1)] {
            cases.push(Case::new(ArgReduce { max, axis }, vec![Operand::distinct(dims)]));
            cases.push(Case::new(ArgReduce { max, axis }, vec![Operand::integers(dims, 0, 3)]));
        }
        let special = Operand::values(DType::F32, &[1.0, f64::NAN, f64::INFINITY, f64::NAN]);
        cases.push(Case::new(ArgReduce { max, axis: 0 }, vec![special]));
    }
    cases
}
