//! Test cases of look-ups and dynamic slices.

use super::{DynamicSlice, DynamicUpdateSlice, Gather, ScatterAdd};
use crate::cases::{Case, Operand};
use crate::dtype::DType;
use crate::shape::Shape;

/// `(x, axis, ids)`.
const LOOKUPS: [(&[usize], usize, &[usize]); 12] = [
    (&[5], 0, &[3]),
    (&[5], 0, &[]),
    (&[4, 3], 0, &[6]),
    (&[4, 3], 1, &[5]),
    (&[4, 3], 0, &[2, 3]),
    (&[4, 3, 2], 1, &[2, 2]),
    (&[4, 3, 2], 2, &[]),
    (&[4, 3], 0, &[0]),
    (&[4, 0], 0, &[2]),
    (&[0, 3], 0, &[0]),
    (&[9, 33], 0, &[17]),
    (&[1, 2, 3, 4], 3, &[1, 2]),
];

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, (dims, axis, ids)) in LOOKUPS.into_iter().enumerate() {
        let indices = || Operand::integers(ids, 0, dims[axis] as i64);
        let op = Gather { axis };
        let floats = || Operand::floats(dims, -2.0, 2.0);
        cases.push(Case::new(op, vec![floats(), indices()]).with_gradient());
        cases.push(Case::new(op, vec![Operand::any(dims, DType::ALL[1 + i % 6]), indices()]));
        let updates = [&dims[..axis], ids, &dims[axis + 1..]].concat();
        let inputs = vec![floats(), indices(), Operand::floats(&updates, -2.0, 2.0)];
        cases.push(Case::new(ScatterAdd { axis }, inputs).with_gradient());
        let whole = |dims: &[usize]| Operand::integers(dims, -9, 9);
        cases.push(Case::new(ScatterAdd { axis }, vec![whole(dims), indices(), whole(&updates)]));
    }
    // (x, block); starts run past both ends, to be clamped.
    let blocks: [(&[usize], &[usize]); 8] = [
        (&[7], &[3]),
        (&[7], &[7]),
        (&[5], &[0]),
        (&[3, 5], &[2, 2]),
        (&[3, 5], &[1, 5]),
        (&[2, 3, 4], &[1, 2, 3]),
        (&[], &[]),
        (&[4, 35], &[1, 35]),
    ];
    for (i, (dims, sizes)) in blocks.into_iter().enumerate() {
        for dtype in [DType::F32, DType::ALL[1 + i % 6]] {
            let starts = || (0..dims.len()).map(|axis| Operand::integers(&[], -2, dims[axis] as i64 + 2));
            let op = DynamicSlice { sizes: Shape::new(sizes).expect("the dims of a case") };
            let inputs: Vec<Operand> = std::iter::once(Operand::any(dims, dtype)).chain(starts()).collect();
            cases.push(Case::new(op, inputs).with_gradient_if(dtype == DType::F32));
            let both = [Operand::any(dims, dtype), Operand::any(sizes, dtype)];
            let inputs: Vec<Operand> = both.into_iter().chain(starts()).collect();
            cases.push(Case::new(DynamicUpdateSlice, inputs).with_gradient_if(dtype == DType::F32));
        }
    }
    cases
}
