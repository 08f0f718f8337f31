//! Test cases of resampling: tables of any weights, every method of resizing, adaptive pooling, crops.

use std::sync::Arc;

use super::build::{adaptive_pool, resize};
use super::sample::{Outside, crop_and_resize, sample};
use super::weights::{Coordinates, Method};
use super::{Resample, Taps};
use crate::cases::{Case, Operand};
use crate::dtype::DType;
use crate::ops::pool::build::PoolKind;

/// Weights that are all different: result `i` has `i % 4` taps.
fn uneven(inputs: usize, outputs: usize) -> Taps {
    let row = |i: usize| (0..i % 4).map(|k| ((i * 3 + k * 5) % inputs, 0.5 + 0.25 * (i * 4 + k) as f64)).collect();
    Taps::new(inputs, &(0..outputs).map(row).collect::<Vec<_>>())
}

/// Spatial sizes from and to, with an odd number of channels where it matters.
const SIZES: [(&[usize], &[usize]); 8] = [
    (&[3], &[5]),
    (&[7], &[3]),
    (&[4, 4], &[8, 8]),
    (&[5, 7], &[3, 9]),
    (&[1, 6], &[4, 1]),
    (&[8, 6], &[4, 3]),
    (&[3, 2], &[3, 5]),
    (&[2, 3, 4], &[4, 2, 5]),
];

const METHODS: [Method; 6] =
    [Method::Nearest, Method::Bilinear, Method::Bicubic, Method::Lanczos3, Method::Lanczos5, Method::Area];

fn images(spatial: &[usize], channels_first: bool) -> Operand {
    let dims = if channels_first { [&[2, 3], spatial].concat() } else { [&[2], spatial, &[5]].concat() };
    Operand::distinct(&dims)
}

fn resizes(cases: &mut Vec<Case>) {
    for method in METHODS {
        for (at, (from, to)) in SIZES.into_iter().enumerate() {
            let settings = [
                (Coordinates::HalfPixel, false),
                (Coordinates::Asymmetric, false),
                (Coordinates::AlignCorners, false),
                (Coordinates::HalfPixel, true),
            ];
            for (coordinates, antialias) in settings {
                let first = at % 2 == 1;
                let name = format!("resize {from:?} to {to:?}: {method:?}, {coordinates:?}, antialias {antialias}");
                let build = move |x: &[_]| Ok(vec![resize(&x[0], to, method, coordinates, antialias, first)?]);
                cases.push(Case::composed(name, vec![images(from, first)], build).with_gradient());
            }
        }
    }
}

fn adaptive(cases: &mut Vec<Case>) {
    let sizes: [(&[usize], &[usize]); 16] = [
        (&[1], &[1]),
        (&[6], &[3]),
        (&[7], &[3]),
        (&[7], &[5]),
        (&[3], &[5]),
        (&[10], &[7]),
        (&[4, 4], &[2, 2]),
        (&[5, 7], &[3, 2]),
        (&[5, 7], &[1, 1]),
        (&[6, 5], &[6, 2]),
        (&[2, 2], &[3, 4]),
        (&[9, 4], &[4, 3]),
        (&[4, 4, 4], &[2, 2, 2]),
        (&[3, 5, 4], &[2, 3, 4]),
        (&[2, 3, 3], &[1, 2, 1]),
        (&[5, 2, 3], &[3, 3, 2]),
    ];
    for (from, to) in sizes {
        for first in [false, true] {
            for kind in [PoolKind::Max, PoolKind::Average] {
                let name = format!("adaptive {kind:?} pooling {from:?} to {to:?}");
                let build = move |x: &[_]| Ok(vec![adaptive_pool(kind, &x[0], to, first)?]);
                cases.push(Case::composed(name, vec![images(from, first)], build).with_gradient());
            }
        }
    }
}

/// Boxes whose cells are read away from whole rows and columns, where the gradient jumps; some leave the image.
fn crops(cases: &mut Vec<Case>) {
    let sizes = [[3, 3], [1, 1], [2, 5], [4, 1], [5, 4]];
    let all = [[0.113, 0.071, 0.837, 0.913], [0.731, 0.219, 0.157, 0.877], [-0.213, 0.317, 0.533, 1.291]];
    for dims in [[2, 5, 6, 3], [3, 4, 4, 1], [2, 7, 3, 17]] {
        for size in sizes {
            for bilinear in [true, false] {
                let boxes: Vec<f64> = all.iter().flatten().copied().collect();
                let boxes = Operand::new(&[3, 4], DType::F32, crate::cases::Fill::Values(boxes));
                let which = Operand::values(DType::I32, &[1.0, 0.0, 1.0]);
                let name = format!("crop and resize {dims:?} to {size:?}, bilinear {bilinear}");
                let inputs = vec![Operand::distinct(&dims), boxes, which];
                let build = move |t: &[_]| Ok(vec![crop_and_resize(&t[0], &t[1], &t[2], size, bilinear, 0.5)?]);
                cases.push(Case::composed(name, inputs, build).within(1e-4, 1e-4).with_gradient());
            }
        }
    }
    for bilinear in [true, false] {
        let places = || Operand::floats(&[2, 4, 3], -1.7, 4.6);
        let which = Operand::new(&[2, 1, 1], DType::I32, crate::cases::Fill::Values(vec![0.0, 1.0]));
        let inputs = vec![Operand::distinct(&[2, 4, 5, 3]), which, places(), places()];
        let build = move |t: &[_]| Ok(vec![sample(&t[0], &t[1], &t[2], &t[3], bilinear, Outside::Cells(0.25))?]);
        cases.push(
            Case::composed(format!("sample, bilinear {bilinear}"), inputs, build).within(1e-4, 1e-4).with_gradient(),
        );
    }
}

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (dims, axis) in [
        (&[5][..], 0),
        (&[4, 3], 0),
        (&[4, 3], 1),
        (&[2, 5, 17], 1),
        (&[2, 3, 40], 1),
        (&[3, 2, 5, 3], 2),
        (&[2, 3, 4, 33], 1),
        (&[0, 3, 4], 1),
        (&[2, 3, 0], 1),
        (&[2, 2, 6, 1], 2),
    ] {
        let taps = Arc::new(uneven(dims[axis], 7));
        let x = Operand::floats(dims, -1.0, 1.0);
        cases.push(Case::new(Resample { axis, taps }, vec![x]).with_gradient());
    }
    // What has no weight is not read: a NaN stays where it is.
    let taps = Arc::new(Taps::new(3, &[vec![(0, 1.0), (1, 0.0)], vec![(1, 0.5), (2, 0.5)], vec![(2, 1.0)]]));
    let nan = Operand::values(DType::F32, &[1.0, f64::NAN, f64::INFINITY]);
    cases.push(Case::new(Resample { axis: 0, taps }, vec![nan]));
    resizes(&mut cases);
    adaptive(&mut cases);
    crops(&mut cases);
    cases
}
