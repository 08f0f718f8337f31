//! Test cases of pooling: one list of geometries serves all five operations, another pooling in one and three dimensions.

use super::build::{Geometry as Spatial, PoolKind, max_pool_with_argmax, pool};
use super::{AvgPool2D, AvgPool2DGrad, MaxPool2D, MaxPool2DGather, MaxPool2DGrad, PoolWindow};
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;

/// Input `[n, h, w, c]`, window, strides, padding of rows and columns.
type Geometry = ([usize; 4], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

const NONE: [usize; 2] = [0, 0];
const ONE: [usize; 2] = [1, 1];

const GEOMETRIES: [Geometry; 30] = [
    ([1, 1, 1, 1], [1, 1], [1, 1], NONE, NONE),
    ([1, 4, 4, 1], [2, 2], [2, 2], NONE, NONE),
    ([2, 6, 4, 3], [2, 2], [2, 2], NONE, NONE),
    ([2, 5, 7, 3], [2, 2], [2, 2], NONE, NONE),
    ([1, 5, 5, 2], [3, 3], [1, 1], NONE, NONE),
    ([1, 5, 5, 2], [3, 3], [2, 2], NONE, NONE),
    ([1, 5, 5, 2], [3, 3], [2, 2], [1, 1], [1, 1]),
    ([1, 6, 5, 2], [2, 3], [1, 2], [0, 1], [1, 1]),
    ([3, 3, 3, 5], [3, 3], [3, 3], NONE, NONE),
    ([1, 7, 7, 1], [2, 2], [3, 3], NONE, NONE),
    ([1, 9, 1, 2], [3, 1], [2, 1], [1, 1], NONE),
    ([1, 1, 9, 2], [1, 3], [1, 2], NONE, [1, 1]),
    ([0, 4, 4, 3], [2, 2], [2, 2], NONE, NONE),
    ([2, 4, 4, 0], [2, 2], [2, 2], NONE, NONE),
    ([1, 4, 4, 16], [2, 2], [2, 2], NONE, NONE),
    ([1, 4, 4, 17], [2, 2], [2, 2], NONE, NONE),
    ([1, 4, 6, 33], [2, 2], [2, 2], NONE, NONE),
    ([2, 6, 6, 7], [2, 2], [1, 1], NONE, NONE),
    ([1, 8, 8, 2], [4, 4], [2, 2], NONE, NONE),
    ([1, 8, 8, 1], [8, 8], [8, 8], NONE, NONE),
    ([1, 16, 16, 1], [16, 16], [1, 1], NONE, NONE),
    ([1, 3, 3, 4], [3, 3], [1, 1], [2, 2], [2, 2]),
    ([1, 2, 2, 3], [3, 3], [2, 2], [1, 1], [1, 1]),
    ([1, 5, 4, 2], [2, 2], [2, 2], [1, 0], [0, 1]),
    ([1, 5, 4, 2], [1, 1], [2, 2], NONE, NONE),
    ([1, 4, 4, 2], [1, 2], [2, 1], NONE, [1, 0]),
    ([2, 7, 6, 3], [3, 2], [3, 2], [1, 1], NONE),
    ([1, 5, 5, 1], [2, 2], [5, 5], NONE, NONE),
    ([4, 2, 2, 2], [2, 2], [1, 1], [1, 1], [1, 1]),
    ([1, 6, 20, 1], [2, 2], [2, 2], NONE, NONE),
];

/// A real cell for every window, a different one each time.
fn indices(window: &PoolWindow, input: [usize; 4], pooled: [usize; 4]) -> Operand {
    let inside = |out: usize, stride: usize, tap: usize, pad: usize, dim: usize| {
        (out * stride + tap).checked_sub(pad).is_some_and(|at| at < dim)
    };
    let mut chosen = Vec::new();
    for flat in 0..pooled.iter().product::<usize>() {
        let (i, j) = (flat / (pooled[2] * pooled[3]) % pooled[1], flat / pooled[3] % pooled[2]);
        let real: Vec<usize> = (0..window.size[0] * window.size[1])
            .filter(|cell| {
                let (a, b) = (cell / window.size[1], cell % window.size[1]);
                inside(i, window.strides[0], a * window.dilation[0], window.pad_h[0], input[1])
                    && inside(j, window.strides[1], b * window.dilation[1], window.pad_w[0], input[2])
            })
            .collect();
        chosen.push(real[(flat * 7 + flat / 3) % real.len()] as f64);
    }
    Operand::new(&pooled, DType::U8, Fill::Values(chosen))
}

/// The same, with the dilation.
type Dilated = ([usize; 4], [usize; 2], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

const DILATED: [Dilated; 6] = [
    ([1, 7, 7, 2], [2, 2], [1, 1], NONE, NONE, [2, 2]),
    ([2, 9, 8, 3], [3, 2], [2, 1], [1, 2], NONE, [2, 3]),
    ([1, 6, 6, 17], [3, 3], [1, 1], [2, 2], [2, 2], [2, 2]),
    ([1, 1, 12, 2], [1, 3], [1, 2], NONE, [3, 1], [1, 4]),
    ([1, 8, 8, 2], [2, 2], [2, 2], NONE, NONE, [3, 1]),
    ([1, 5, 5, 1], [3, 3], [1, 1], [1, 1], [2, 2], [1, 2]),
];

/// Pooling in one or three dimensions: spatial dims, window, strides, dilation, padding.
type Nd = (&'static [usize], &'static [usize], &'static [usize], &'static [usize], &'static [[usize; 2]]);

const ND: [Nd; 32] = [
    (&[1], &[1], &[1], &[1], &[NONE]),
    (&[8], &[2], &[2], &[1], &[NONE]),
    (&[9], &[2], &[2], &[1], &[NONE]),
    (&[9], &[3], &[1], &[1], &[[1, 1]]),
    (&[9], &[3], &[2], &[1], &[[0, 1]]),
    (&[9], &[3], &[1], &[2], &[[2, 2]]),
    (&[12], &[4], &[3], &[1], &[NONE]),
    (&[7], &[7], &[7], &[1], &[NONE]),
    (&[20], &[5], &[2], &[3], &[[1, 4]]),
    (&[5], &[1], &[3], &[1], &[NONE]),
    (&[6], &[4], &[1], &[1], &[[3, 3]]),
    (&[300], &[256], &[40], &[1], &[NONE]),
    (&[8], &[2], &[3], &[1], &[NONE]),
    (&[11], &[4], &[2], &[2], &[[3, 2]]),
    (&[16], &[2], &[2], &[5], &[NONE]),
    (&[13], &[5], &[4], &[1], &[[2, 0]]),
    (&[1, 1, 1], &[1, 1, 1], &[1, 1, 1], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[2, 3, 4], &[2, 1, 2], &[1, 2, 1], &[1, 1, 1], &[NONE, NONE, [1, 0]]),
    (&[6, 4, 2], &[2, 2, 1], &[2, 2, 1], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[4, 4, 4], &[3, 3, 3], &[1, 1, 1], &[1, 1, 1], &[[1, 1], [1, 1], [1, 1]]),
    (&[5, 3, 4], &[2, 2, 2], &[2, 1, 2], &[2, 1, 1], &[[1, 0], NONE, NONE]),
    (&[4, 4, 4], &[2, 2, 2], &[2, 2, 2], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[5, 4, 3], &[2, 2, 2], &[1, 1, 1], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[5, 5, 5], &[3, 3, 3], &[2, 2, 2], &[1, 1, 1], &[[1, 1], [1, 1], [1, 1]]),
    (&[4, 5, 6], &[3, 2, 3], &[1, 2, 2], &[1, 1, 1], &[[1, 1], [0, 1], [1, 0]]),
    (&[3, 4, 4], &[1, 2, 2], &[1, 2, 2], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[6, 3, 3], &[3, 1, 1], &[3, 1, 1], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[5, 5, 5], &[2, 2, 2], &[1, 1, 1], &[2, 2, 2], &[NONE, [1, 1], NONE]),
    (&[3, 3, 3], &[3, 3, 3], &[3, 3, 3], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[2, 20, 20], &[1, 18, 17], &[1, 1, 2], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[5, 2, 2], &[2, 2, 2], &[3, 3, 3], &[1, 1, 1], &[NONE, NONE, NONE]),
    (&[4, 3, 5], &[2, 3, 2], &[2, 1, 1], &[1, 1, 1], &[[1, 1], [2, 0], [0, 1]]),
];

/// Both kinds in one and three dimensions, channels last and first; positions in two.
fn composed(cases: &mut Vec<Case>) {
    for (dims, size, strides, dilation, pads) in ND {
        for channels_first in [false, true] {
            let geometry = Spatial {
                size: size.to_vec(),
                strides: strides.to_vec(),
                dilation: dilation.to_vec(),
                pads: pads.to_vec(),
                channels_first,
            };
            let shape = if channels_first { [&[2, 3], dims].concat() } else { [&[1], dims, &[5]].concat() };
            for kind in [PoolKind::Max, PoolKind::Average] {
                let name = format!("{kind:?} pooling {geometry:?}");
                let geometry = geometry.clone();
                // Distinct values step over no tie in the finite differences; a thousand are too near to each other for that.
                let count: usize = shape.iter().product();
                cases.push(
                    Case::composed(name, vec![Operand::distinct(&shape)], move |x| {
                        Ok(vec![pool(kind, &x[0], &geometry)?])
                    })
                    .with_gradient_if(count < 1000),
                );
            }
        }
    }
    for (at, (dims, size, strides, pad_h, pad_w)) in GEOMETRIES.into_iter().enumerate() {
        let window = PoolWindow { size, strides, pad_h, pad_w, dilation: ONE };
        cases.push(Case::composed(format!("maxPoolWithArgmax {window:?}"), vec![Operand::distinct(&dims)], move |x| {
            Ok(max_pool_with_argmax(&x[0], window, at % 2 == 0)?.to_vec())
        }));
    }
}

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let plain = GEOMETRIES.map(|(dims, size, strides, pad_h, pad_w)| (dims, size, strides, pad_h, pad_w, ONE));
    for (dims, size, strides, pad_h, pad_w, dilation) in plain.into_iter().chain(DILATED) {
        let window = PoolWindow { size, strides, pad_h, pad_w, dilation };
        let [n, h, w, c] = dims;
        let [oh, ow] = window.output("pool", [h, w]).expect("the geometry of a case");
        let pooled = [n, oh, ow, c];
        let input = [h, w];
        let floats = |dims: &[usize]| Operand::floats(dims, -1.0, 1.0);
        let chosen = indices(&window, dims, pooled);
        cases.push(Case::new(MaxPool2D { window }, vec![Operand::distinct(&dims)]).with_gradient());
        cases.push(Case::new(MaxPool2DGrad { window, input }, vec![chosen.clone(), floats(&pooled)]).with_gradient());
        cases.push(Case::new(MaxPool2DGather { window }, vec![chosen, floats(&dims)]).with_gradient());
        cases.push(Case::new(AvgPool2D { window }, vec![floats(&dims)]).with_gradient());
        cases.push(Case::new(AvgPool2DGrad { window, input }, vec![floats(&pooled)]).with_gradient());
    }
    // Ties and NaN: the first of equals, and NaN above all.
    let window = PoolWindow { size: [2, 2], strides: [2, 2], pad_h: NONE, pad_w: NONE, dilation: ONE };
    let ties = Operand::new(&[1, 6, 6, 19], DType::F32, Fill::Integers(0, 2));
    cases.push(Case::new(MaxPool2D { window }, vec![ties]));
    let (nan, low) = (f64::NAN, f64::NEG_INFINITY);
    let special = vec![1.0, nan, 5.0, low, 2.0, 3.0, low, low, nan, 0.0, low, low, 7.0, nan, low, low];
    cases.push(Case::new(MaxPool2D { window }, vec![Operand::new(&[1, 4, 4, 1], DType::F32, Fill::Values(special))]));
    composed(&mut cases);
    cases
}
