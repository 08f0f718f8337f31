//! Test cases of sorting, searching and running combinations.

use super::{Cumulative, CumulativeKind, SearchSorted, Sort, cumulative, sort};
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;
use crate::ops::movement;
use crate::tensor::Tensor;

/// Numbers that order badly.
const SPECIAL: [f64; 10] = [1.0, f64::NAN, -0.0, f64::INFINITY, 0.0, f64::NEG_INFINITY, f64::NAN, -1.0, 1.0, 0.0];

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    [sorted(), searched(), running(), along_axes()].concat()
}

fn sorted() -> Vec<Case> {
    // (x, keep)
    let rows: [(&[usize], usize); 14] = [
        (&[7], 7),
        (&[1], 1),
        (&[0], 0),
        (&[5], 0),
        (&[9], 4),
        (&[3, 5], 5),
        (&[3, 5], 2),
        (&[2, 3, 4], 4),
        (&[0, 3], 3),
        (&[2, 0], 0),
        (&[4, 40], 40),
        (&[3, 200], 7),
        (&[1, 1, 1, 6], 6),
        (&[2, 2, 2, 3], 1),
    ];
    let mut cases = Vec::new();
    for (dims, keep) in rows {
        for descending in [false, true] {
            let op = Sort { descending, keep };
            cases.push(Case::new(op, vec![Operand::distinct(dims)]).with_gradient());
            // Ties stay in order.
            cases.push(Case::new(op, vec![Operand::integers(dims, -2, 3)]));
        }
    }
    for descending in [false, true] {
        for keep in [10, 4] {
            let op = Sort { descending, keep };
            cases.push(Case::new(op, vec![Operand::values(DType::F32, &SPECIAL)]));
            let extremes = [0.0, i32::MAX as f64, i32::MIN as f64, -1.0, 1.0, i32::MAX as f64, 7.0, 7.0, -7.0, 2.0];
            cases.push(Case::new(op, vec![Operand::values(DType::I32, &extremes)]));
        }
        cases.push(Case::new(Sort { descending, keep: 3000 }, vec![Operand::integers(&[2, 3000], -500, 500)]));
    }
    cases
}

fn searched() -> Vec<Case> {
    let ascending = |rows: usize, n: usize| -> Operand {
        let values = (0..rows * n).map(|i| (i / n) as f64 * 0.25 + (i % n / 2) as f64).collect();
        Operand::new(&[rows, n], DType::F32, Fill::Values(values))
    };
    let mut cases = Vec::new();
    for right in [false, true] {
        let op = SearchSorted { right };
        for (rows, n, k) in [(1, 5, 7), (2, 9, 4), (3, 64, 33), (1, 1, 3), (2, 0, 3), (0, 4, 2), (2, 4, 0)] {
            let values = (0..rows * k).map(|i| (i % 13) as f64 * 0.5 - 1.0).collect();
            cases.push(Case::new(
                op,
                vec![ascending(rows, n), Operand::new(&[rows, k], DType::F32, Fill::Values(values))],
            ));
        }
        let whole = Operand::values(DType::I32, &[-5.0, -5.0, 0.0, 3.0, 3.0, 3.0, 2147483647.0]);
        cases.push(Case::new(op, vec![whole, Operand::integers(&[12], -7, 7)]));
        let special = Operand::values(DType::F32, &[f64::NEG_INFINITY, -0.0, 0.0, 2.0, f64::INFINITY, f64::NAN]);
        cases.push(Case::new(op, vec![special, Operand::values(DType::F32, &SPECIAL)]));
    }
    cases
}

fn running() -> Vec<Case> {
    use CumulativeKind::*;
    let shapes: [&[usize]; 7] = [&[6], &[1], &[0], &[3, 5], &[2, 3, 4], &[2, 0], &[2, 37]];
    let mut cases = Vec::new();
    for kind in [Sum, Prod, Max, Min] {
        for (exclusive, reverse) in [(false, false), (false, true), (true, false), (true, true)] {
            let op = Cumulative { kind, exclusive, reverse };
            for dims in shapes {
                let operand = match kind {
                    Sum => Operand::floats(dims, -2.0, 2.0),
                    Prod => Operand::floats(dims, 0.5, 1.5),
                    Max | Min => Operand::distinct(dims),
                };
                // The extreme of nothing is infinite: there is no slope to compare.
                let infinite = exclusive && matches!(kind, Max | Min) && dims.last() != Some(&0);
                cases.push(Case::new(op, vec![operand]).with_gradient_if(!infinite));
                cases.push(Case::new(op, vec![Operand::integers(dims, -9, 9)]));
            }
            let zeros = Operand::new(&[2, 4], DType::F32, Fill::Values(vec![2.0, 0.0, 3.0, 0.0, -1.5, 4.0, 0.5, 0.0]));
            cases.push(Case::new(op, vec![zeros]).with_gradient_if(kind == Prod));
            cases.push(Case::new(op, vec![Operand::values(DType::F32, &[1.0, 3.0, f64::NAN, f64::INFINITY, 2.0])]));
            cases.push(Case::new(op, vec![Operand::integers(&[9], i32::MIN as i64, i32::MAX as i64)]));
        }
    }
    // Rounding does not grow with the length.
    let long = Cumulative { kind: Sum, exclusive: false, reverse: false };
    cases.push(Case::new(long, vec![Operand::floats(&[20_000], 0.0, 1.0)]).within(1e-5, 1e-6));
    cases
}

/// Along other axes than the last; exclusive extremes without their first (infinite) element.
fn along_axes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (dims, axis) in [(&[5, 3][..], 0), (&[2, 4, 3], 1), (&[2, 3, 4], -3), (&[0, 3], 0)] {
        let ordered = move |t: &[Tensor]| sort(&t[0], axis, true).map(Vec::from);
        cases.push(Case::composed("sort", vec![Operand::distinct(dims)], ordered).with_gradient());
        let summed = move |t: &[Tensor]| Ok(vec![cumulative(CumulativeKind::Sum, &t[0], axis, true, true)?]);
        cases.push(Case::composed("cumsum", vec![Operand::floats(dims, -1.0, 1.0)], summed).with_gradient());
    }
    for (kind, reverse) in [(CumulativeKind::Max, false), (CumulativeKind::Min, true)] {
        let inner = move |t: &[Tensor]| {
            let y = cumulative(kind, &t[0], -1, true, reverse)?;
            let (start, limit) = if reverse { (0, 5) } else { (1, 6) };
            Ok(vec![movement::slice_axis(&y, 1, start, limit)?])
        };
        cases.push(Case::composed("exclusive extreme", vec![Operand::distinct(&[2, 6])], inner).with_gradient());
    }
    cases
}
