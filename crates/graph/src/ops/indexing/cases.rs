//! Test cases of look-ups and dynamic slices.

use super::{
    BatchGather, DynamicSlice, DynamicUpdateSlice, Gather, RavelIndex, Scatter, ScatterAdd, ScatterKind, gather_nd,
    scatter_nd,
};
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// `(x, axis, ids)`.
const LOOKUPS: [(&[usize], usize, &[usize]); 15] = [
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
    (&[1, 5], 1, &[11]),
    (&[3, 1, 2], 1, &[2, 1, 2]),
    (&[70], 0, &[2, 35]),
];

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    [looked_up(), batched(), by_index()].concat()
}

fn looked_up() -> Vec<Case> {
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

/// `(x, ids)`: the batch axes are all of the ids' but the last.
const BATCHED: [(&[usize], &[usize]); 9] = [
    (&[5], &[3]),
    (&[5], &[9]),
    (&[4, 3], &[6]),
    (&[2, 4], &[2, 3]),
    (&[2, 4, 3], &[2, 5]),
    (&[2, 3, 4], &[2, 3, 2]),
    (&[3, 4, 2], &[3, 0]),
    (&[0, 3], &[0, 2]),
    (&[2, 9, 17], &[2, 12]),
];

fn batched() -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, (dims, ids)) in BATCHED.into_iter().enumerate() {
        let batch = ids.len() - 1;
        let indices = || Operand::integers(ids, 0, dims[batch] as i64);
        let updates = [ids, &dims[batch + 1..]].concat();
        let floats = |dims: &[usize]| Operand::floats(dims, -2.0, 2.0);
        cases.push(Case::new(BatchGather, vec![floats(dims), indices()]).with_gradient());
        let dtype = DType::ALL[1 + i % 6];
        cases.push(Case::new(BatchGather, vec![Operand::any(dims, dtype), indices()]));
        let set = Scatter { kind: ScatterKind::Set };
        cases.push(Case::new(set, vec![Operand::any(dims, dtype), indices(), Operand::any(&updates, dtype)]));
        for kind in [ScatterKind::Add, ScatterKind::Set, ScatterKind::Max, ScatterKind::Min, ScatterKind::Mul] {
            let inputs = vec![floats(dims), indices(), floats(&updates)];
            cases.push(Case::new(Scatter { kind }, inputs).with_gradient());
            let whole = |dims: &[usize]| Operand::integers(dims, -9, 9);
            cases.push(Case::new(Scatter { kind }, vec![whole(dims), indices(), whole(&updates)]));
        }
    }
    for kind in [ScatterKind::Max, ScatterKind::Min, ScatterKind::Set, ScatterKind::Add] {
        let special = Operand::values(DType::F32, &[1.0, f64::NAN, f64::INFINITY, 2.0, f64::NEG_INFINITY]);
        let inputs = vec![Operand::floats(&[3], -1.0, 1.0), Operand::values(DType::I32, &[0.0, 1.0, 2.0, 1.0, 2.0])];
        cases.push(Case::new(Scatter { kind }, [inputs, vec![special]].concat()));
    }
    // Zeros among the factors: too large for the test of second derivatives, which are not exact there.
    let zeros: Vec<f64> = (0..90).map(|i| if i % 4 == 0 { 0.0 } else { 0.5 + (i % 7) as f64 / 4.0 }).collect();
    let factors = Operand::new(&[90], DType::F32, Fill::Values(zeros));
    let inputs = vec![Operand::floats(&[40], 0.5, 1.5), Operand::integers(&[90], 0, 40), factors];
    cases.push(Case::new(Scatter { kind: ScatterKind::Mul }, inputs).with_gradient());
    let shape = |dims: &[usize]| Shape::new(dims).expect("the dims of a case");
    for (dims, indices) in [
        (&[4][..], &[3, 1][..]),
        (&[4, 4], &[5, 2]),
        (&[4, 4], &[2]),
        (&[4, 7, 5], &[2, 3, 3]),
        (&[4, 9], &[0, 2]),
        (&[], &[3, 0]),
        (&[4; 8], &[6, 8]),
        (&[1000, 1000], &[11, 2]),
    ] {
        let op = RavelIndex { dims: shape(dims) };
        cases.push(Case::new(op, vec![Operand::integers(indices, 0, 4)]));
    }
    cases
}

/// Look-ups and writes by lists of indices, which are made of several operations.
fn by_index() -> Vec<Case> {
    let mut cases = Vec::new();
    // (x, indices, inner axes of the updates)
    let rows: [(&[usize], &[usize], &[usize]); 7] = [
        (&[5], &[3, 1], &[]),
        (&[4, 3], &[5, 2], &[]),
        (&[4, 3], &[5, 1], &[3]),
        (&[3, 4, 2], &[2, 3, 2], &[2]),
        (&[3, 3, 3], &[4, 3], &[]),
        (&[4, 3], &[2, 0], &[4, 3]),
        (&[4, 3], &[0, 2], &[]),
    ];
    for (dims, indices, inner) in rows {
        let least = dims.iter().copied().min().unwrap_or(1) as i64;
        let index = || Operand::integers(indices, 0, least);
        let updates = [&indices[..indices.len() - 1], inner].concat();
        let x = || Operand::floats(dims, -2.0, 2.0);
        let gather = |t: &[Tensor]| Ok(vec![gather_nd(&t[0], &t[1])?]);
        cases.push(Case::composed("gatherND", vec![x(), index()], gather).with_gradient());
        for kind in [ScatterKind::Add, ScatterKind::Set, ScatterKind::Max] {
            let inputs = vec![x(), index(), Operand::floats(&updates, -2.0, 2.0)];
            let write = move |t: &[Tensor]| Ok(vec![scatter_nd(kind, &t[0], &t[1], &t[2])?]);
            cases.push(Case::composed("scatterND", inputs, write).with_gradient());
        }
    }
    cases
}
