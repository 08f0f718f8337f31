//! Test cases of operations that move or make elements.

use super::{Broadcast, Concat, Constant, Iota, Pad, Reshape, Reverse, Slice, StopGradient, Transpose};
use crate::cases::{Case, Operand};
use crate::dtype::DType;
use crate::shape::Shape;

fn shape(dims: &[usize]) -> Shape {
    Shape::new(dims).expect("the dims of a case")
}

/// dtypes in turn, float32 every other time.
fn dtype(i: usize) -> DType {
    if i.is_multiple_of(2) { DType::F32 } else { DType::ALL[i / 2 % DType::ALL.len()] }
}

/// A case on one operand of each dtype in turn.
fn moved(i: usize, op: impl Into<crate::ops::Op>, dims: &[usize]) -> Case {
    Case::new(op, vec![Operand::any(dims, dtype(i))]).with_gradient_if(dtype(i) == DType::F32)
}

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    [made(), rearranged(), sliced(), padded(), joined()].concat()
}

fn made() -> Vec<Case> {
    let numbers = [
        (0.1, DType::F32),
        (-0.0, DType::F32),
        (f64::INFINITY, DType::F32),
        (f64::NAN, DType::F32),
        (0.1, DType::Bf16),
        (1e-3, DType::F16),
        (-7.0, DType::I32),
        (200.0, DType::U8),
        (-128.0, DType::I8),
        (1.0, DType::Bool),
    ];
    let mut cases: Vec<Case> =
        numbers.iter().map(|&(value, dtype)| Case::new(Constant { value: value.into(), dtype }, vec![])).collect();
    let shapes: [(&[usize], usize); 9] = [
        (&[5], 0),
        (&[0], 0),
        (&[3, 4], 0),
        (&[3, 4], 1),
        (&[2, 3, 5], 1),
        (&[2, 0, 5], 2),
        (&[1], 0),
        (&[600], 0),
        (&[1, 1, 2, 1, 1, 2, 1, 3], 7),
    ];
    for (dims, axis) in shapes {
        for dtype in [DType::I32, DType::F32] {
            cases.push(Case::new(Iota { shape: shape(dims), axis, dtype }, vec![]));
        }
    }
    cases
}

fn rearranged() -> Vec<Case> {
    let mut cases = Vec::new();
    let reshapes: [(&[usize], &[usize]); 9] = [
        (&[6], &[2, 3]),
        (&[2, 3, 4], &[4, 6]),
        (&[], &[1, 1]),
        (&[1], &[]),
        (&[0, 3], &[7, 0]),
        (&[2, 3, 4], &[24]),
        (&[5, 1], &[1, 5]),
        (&[2, 2, 2, 2, 2], &[4, 8]),
        (&[3], &[3, 1, 1, 1, 1, 1, 1, 1]),
    ];
    for (i, (from, to)) in reshapes.into_iter().enumerate() {
        cases.push(moved(2 * i, Reshape { shape: shape(to) }, from));
        cases.push(moved(2 * i + 1, Reshape { shape: shape(to) }, from));
    }
    let orders: [(&[usize], &[usize]); 10] = [
        (&[3, 5], &[1, 0]),
        (&[2, 3, 4], &[0, 2, 1]),
        (&[2, 3, 4], &[2, 0, 1]),
        (&[2, 3, 4], &[1, 2, 0]),
        (&[0, 3], &[1, 0]),
        (&[17, 33], &[1, 0]),
        (&[2, 3, 4, 5], &[0, 3, 1, 2]),
        (&[2, 3, 4, 5], &[3, 2, 1, 0]),
        (&[1, 2, 1, 3, 1, 2, 1, 2], &[7, 6, 5, 4, 3, 2, 1, 0]),
        (&[4], &[0]),
    ];
    for (i, (dims, order)) in orders.into_iter().enumerate() {
        cases.push(moved(2 * i, Transpose { order: order.to_vec() }, dims));
        cases.push(moved(2 * i + 1, Transpose { order: order.to_vec() }, dims));
    }
    let broadcasts: [(&[usize], &[usize]); 9] = [
        (&[], &[3, 2]),
        (&[3], &[2, 3]),
        (&[2, 1], &[2, 5]),
        (&[1, 3, 1], &[4, 3, 2]),
        (&[1], &[0]),
        (&[0], &[3, 0]),
        (&[], &[]),
        (&[7], &[33, 7]),
        (&[2, 1], &[1, 2, 1, 1, 2, 1, 2, 3]),
    ];
    for (i, (from, to)) in broadcasts.into_iter().enumerate() {
        cases.push(moved(2 * i, Broadcast { shape: shape(to) }, from));
        cases.push(moved(2 * i + 1, Broadcast { shape: shape(to) }, from));
    }
    let reverses: [(&[usize], &[usize]); 8] = [
        (&[5], &[0]),
        (&[3, 4], &[1]),
        (&[3, 4], &[0, 1]),
        (&[2, 3, 4], &[0, 2]),
        (&[0, 3], &[0]),
        (&[19, 3], &[0]),
        (&[3, 37], &[1]),
        (&[4], &[]),
    ];
    for (i, (dims, axes)) in reverses.into_iter().enumerate() {
        cases.push(moved(2 * i, Reverse { axes: axes.to_vec() }, dims));
        cases.push(moved(2 * i + 1, Reverse { axes: axes.to_vec() }, dims));
    }
    let dims: [&[usize]; 8] = [&[], &[5], &[0], &[3, 4], &[2, 0], &[1, 1, 1], &[40], &[2, 3, 2]];
    cases.extend(dims.iter().enumerate().map(|(i, dims)| Case::new(StopGradient, vec![Operand::any(dims, dtype(i))])));
    cases
}

/// A shape, starts, limits, strides.
type SliceRow = (&'static [usize], &'static [usize], &'static [usize], &'static [usize]);

fn sliced() -> Vec<Case> {
    let rows: [SliceRow; 11] = [
        (&[7], &[2], &[5], &[1]),
        (&[7], &[0], &[7], &[3]),
        (&[7], &[1], &[6], &[2]),
        (&[3, 5], &[1, 0], &[3, 5], &[1, 2]),
        (&[3, 5], &[0, 2], &[3, 2], &[1, 1]),
        (&[0, 5], &[0, 1], &[0, 4], &[1, 1]),
        (&[2, 3, 4], &[0, 1, 1], &[2, 3, 4], &[1, 1, 2]),
        (&[2, 3, 4, 5], &[1, 0, 1, 0], &[2, 3, 3, 5], &[1, 2, 1, 4]),
        (&[40], &[3], &[40], &[1]),
        (&[9], &[4], &[9], &[100]),
        (&[], &[], &[], &[]),
    ];
    let of = |i: usize, row: SliceRow| {
        let op = Slice { starts: row.1.to_vec(), limits: row.2.to_vec(), strides: row.3.to_vec() };
        moved(i, op, row.0)
    };
    rows.into_iter().enumerate().flat_map(|(i, row)| [of(2 * i, row), of(2 * i + 1, row)]).collect()
}

/// A shape, what is added before, after and between.
type PadRow = (&'static [usize], &'static [i64], &'static [i64], &'static [usize]);

fn padded() -> Vec<Case> {
    let rows: [PadRow; 16] = [
        (&[5], &[1], &[2], &[0]),
        (&[5], &[0], &[0], &[2]),
        (&[5], &[-1], &[-2], &[0]),
        (&[5], &[-2], &[3], &[1]),
        (&[0], &[2], &[1], &[3]),
        (&[1], &[0], &[0], &[4]),
        (&[3, 4], &[1, 0], &[0, 2], &[0, 1]),
        (&[3, 4], &[-1, 1], &[1, -2], &[2, 0]),
        (&[2, 3, 2], &[0, 1, 0], &[0, 1, 0], &[0, 0, 0]),
        (&[5], &[-3], &[-2], &[0]),
        (&[], &[], &[], &[]),
        (&[2, 17], &[1, 2], &[1, 3], &[0, 0]),
        (&[2, 2, 3, 2], &[0, 1, -1, 2], &[1, 0, 2, -1], &[0, 0, 1, 0]),
        (&[33], &[-4], &[9], &[0]),
        (&[0, 3], &[2, 0], &[0, 1], &[0, 0]),
        (&[1, 1, 4], &[0, 0, 5], &[0, 2, 0], &[3, 0, 1]),
    ];
    let of = |i: usize, row: PadRow| {
        let op = Pad { low: row.1.to_vec(), high: row.2.to_vec(), interior: row.3.to_vec() };
        let inputs = vec![Operand::any(row.0, dtype(i)), Operand::any(&[], dtype(i))];
        Case::new(op, inputs).with_gradient_if(dtype(i) == DType::F32)
    };
    rows.into_iter().enumerate().flat_map(|(i, row)| [of(2 * i, row), of(2 * i + 1, row)]).collect()
}

fn joined() -> Vec<Case> {
    let rows: [(usize, &[&[usize]]); 15] = [
        (0, &[&[3], &[4]]),
        (0, &[&[3]]),
        (1, &[&[2, 3], &[2, 1], &[2, 4]]),
        (0, &[&[2, 3], &[1, 3]]),
        (0, &[&[0, 3], &[2, 3]]),
        (1, &[&[2, 0], &[2, 0]]),
        (2, &[&[2, 3, 1], &[2, 3, 5]]),
        (1, &[&[2, 1, 3], &[2, 2, 3], &[2, 1, 3], &[2, 3, 3]]),
        (3, &[&[1, 2, 2, 17], &[1, 2, 2, 3]]),
        (0, &[&[0], &[0]]),
        (0, &[&[1], &[1], &[1], &[1], &[1]]),
        (0, &[&[2, 0, 3], &[1, 0, 3]]),
        (1, &[&[3, 0], &[3, 2], &[3, 0]]),
        (2, &[&[1, 1, 1, 2], &[1, 1, 4, 2], &[1, 1, 2, 2]]),
        (0, &[&[35], &[1], &[64]]),
    ];
    let of = |i: usize, (axis, shapes): (usize, &[&[usize]])| {
        let inputs = shapes.iter().map(|dims| Operand::any(dims, dtype(i))).collect();
        Case::new(Concat { axis }, inputs).with_gradient_if(dtype(i) == DType::F32)
    };
    rows.into_iter().enumerate().flat_map(|(i, row)| [of(2 * i, row), of(2 * i + 1, row)]).collect()
}
