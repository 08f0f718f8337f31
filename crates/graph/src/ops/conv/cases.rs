//! Test cases of convolutions: one list of geometries serves the forward pass and both gradients.

use super::build::{Geometry as Spatial, conv, conv_transpose};
use super::{Conv2D, Conv2DFilterGrad, Conv2DInputGrad, Window};
use crate::cases::{Case, Operand};

/// Input `[n, h, w, ci]`, kernel `[kh, kw, co]`, strides, dilation, padding.
type Geometry = ([usize; 4], [usize; 3], [usize; 2], [usize; 2], [usize; 2], [usize; 2]);

const ONE: [usize; 2] = [1, 1];
const NONE: [usize; 2] = [0, 0];

const GEOMETRIES: [Geometry; 32] = [
    ([1, 1, 1, 1], [1, 1, 1], ONE, ONE, NONE, NONE),
    ([1, 5, 5, 1], [3, 3, 1], ONE, ONE, NONE, NONE),
    ([2, 5, 6, 3], [3, 3, 4], ONE, ONE, NONE, NONE),
    ([2, 5, 6, 3], [3, 3, 4], ONE, ONE, ONE, ONE),
    ([3, 4, 4, 2], [1, 1, 5], ONE, ONE, NONE, NONE),
    ([1, 7, 5, 2], [2, 3, 3], ONE, ONE, [0, 1], [1, 1]),
    ([1, 7, 7, 2], [3, 3, 2], [2, 2], ONE, NONE, NONE),
    ([2, 8, 7, 1], [3, 3, 3], [2, 2], ONE, [0, 1], ONE),
    ([1, 9, 9, 2], [3, 3, 2], ONE, [2, 2], NONE, NONE),
    ([1, 9, 8, 1], [3, 2, 2], ONE, [2, 3], [2, 2], [1, 2]),
    ([1, 9, 9, 1], [3, 3, 2], [3, 3], ONE, NONE, NONE),
    ([1, 9, 9, 2], [2, 2, 2], [3, 2], ONE, NONE, NONE),
    ([1, 6, 6, 2], [1, 1, 3], [2, 2], ONE, NONE, NONE),
    ([1, 8, 8, 1], [3, 3, 1], [2, 1], [1, 2], ONE, NONE),
    ([0, 5, 5, 3], [3, 3, 4], ONE, ONE, NONE, NONE),
    ([1, 5, 5, 0], [3, 3, 2], ONE, ONE, NONE, NONE),
    ([1, 5, 5, 2], [3, 3, 0], ONE, ONE, NONE, NONE),
    ([1, 3, 3, 1], [3, 3, 2], ONE, ONE, NONE, NONE),
    ([1, 2, 2, 1], [3, 3, 2], ONE, ONE, ONE, ONE),
    ([1, 1, 9, 2], [1, 5, 3], ONE, ONE, NONE, [2, 2]),
    ([1, 9, 1, 2], [5, 1, 3], ONE, ONE, [2, 2], NONE),
    ([1, 6, 6, 17], [3, 3, 5], ONE, ONE, NONE, NONE),
    ([1, 6, 6, 3], [3, 3, 33], ONE, ONE, NONE, NONE),
    ([1, 5, 5, 16], [3, 3, 16], ONE, ONE, NONE, NONE),
    ([2, 5, 5, 8], [3, 3, 35], ONE, ONE, ONE, ONE),
    ([1, 12, 12, 1], [5, 5, 6], ONE, ONE, [2, 2], [2, 2]),
    ([1, 11, 10, 3], [7, 7, 4], [2, 2], ONE, [3, 3], [3, 3]),
    ([5, 3, 3, 4], [3, 3, 4], ONE, ONE, NONE, NONE),
    ([1, 4, 30, 1], [3, 3, 16], ONE, ONE, NONE, NONE),
    ([1, 6, 5, 2], [2, 2, 2], ONE, ONE, [0, 3], [2, 0]),
    ([2, 6, 6, 2], [4, 4, 3], [4, 4], ONE, [1, 1], [1, 1]),
    ([1, 4, 4, 1], [2, 2, 1], [3, 3], ONE, NONE, NONE),
];

/// Grouped geometries: the same, with the input channels of a group in the kernel's place of `ci`, and the groups.
type Grouped = ([usize; 4], [usize; 3], [usize; 2], [usize; 2], [usize; 2], [usize; 2], usize);

const GROUPED: [Grouped; 42] = [
    // Depthwise, one result a channel: kernels of their own.
    ([1, 1, 1, 2], [1, 1, 2], ONE, ONE, NONE, NONE, 2),
    ([1, 5, 5, 3], [3, 3, 3], ONE, ONE, NONE, NONE, 3),
    ([2, 5, 6, 3], [3, 3, 3], ONE, ONE, ONE, ONE, 3),
    ([1, 7, 9, 17], [3, 3, 17], ONE, ONE, ONE, ONE, 17),
    ([2, 6, 7, 16], [3, 3, 16], [2, 2], ONE, [0, 1], [1, 1], 16),
    ([1, 9, 9, 5], [3, 3, 5], ONE, [2, 2], [2, 2], [2, 2], 5),
    ([1, 8, 7, 4], [5, 5, 4], ONE, ONE, [2, 2], [2, 2], 4),
    ([1, 9, 8, 2], [3, 2, 2], ONE, [2, 3], [2, 2], [1, 2], 2),
    ([1, 9, 9, 4], [2, 2, 4], [3, 2], ONE, NONE, NONE, 4),
    ([1, 6, 6, 6], [1, 1, 6], [2, 2], ONE, NONE, NONE, 6),
    ([0, 5, 5, 3], [3, 3, 3], ONE, ONE, NONE, NONE, 3),
    ([1, 2, 2, 2], [3, 3, 2], ONE, ONE, ONE, ONE, 2),
    ([1, 1, 19, 2], [1, 5, 2], ONE, ONE, NONE, [2, 2], 2),
    ([1, 19, 1, 2], [5, 1, 2], ONE, ONE, [2, 2], NONE, 2),
    ([1, 4, 25, 7], [3, 3, 7], ONE, ONE, ONE, ONE, 7),
    ([1, 4, 25, 3], [3, 3, 3], [1, 2], ONE, ONE, ONE, 3),
    ([3, 4, 4, 33], [3, 3, 33], ONE, ONE, ONE, ONE, 33),
    ([1, 11, 12, 2], [9, 9, 2], ONE, ONE, [4, 4], [4, 4], 2),
    ([1, 8, 8, 3], [4, 4, 3], [4, 4], ONE, [1, 1], [1, 1], 3),
    ([1, 4, 4, 2], [2, 2, 2], [3, 3], ONE, NONE, NONE, 2),
    ([1, 6, 5, 2], [2, 2, 2], ONE, ONE, [0, 3], [2, 0], 2),
    ([1, 8, 8, 2], [3, 3, 2], [2, 1], [1, 2], ONE, NONE, 2),
    ([2, 7, 7, 20], [3, 3, 20], [2, 2], ONE, ONE, ONE, 20),
    ([1, 10, 10, 2], [3, 3, 2], [3, 3], [2, 2], [1, 2], [2, 1], 2),
    // Depthwise, several results a channel.
    ([1, 5, 5, 3], [3, 3, 6], ONE, ONE, NONE, NONE, 3),
    ([2, 6, 5, 4], [3, 3, 12], ONE, ONE, ONE, ONE, 4),
    ([1, 7, 7, 2], [3, 3, 8], [2, 2], ONE, ONE, ONE, 2),
    ([1, 9, 9, 2], [3, 3, 4], ONE, [2, 2], NONE, NONE, 2),
    ([1, 5, 5, 5], [1, 1, 10], ONE, ONE, NONE, NONE, 5),
    ([1, 5, 5, 3], [3, 3, 0], ONE, ONE, NONE, NONE, 3),
    // Groups of several channels.
    ([1, 5, 5, 2], [3, 3, 4], ONE, ONE, NONE, NONE, 2),
    ([2, 6, 5, 3], [3, 3, 6], ONE, ONE, ONE, ONE, 2),
    ([1, 7, 7, 2], [3, 3, 3], [2, 2], ONE, ONE, ONE, 3),
    ([1, 8, 9, 2], [3, 2, 4], ONE, [2, 3], [2, 2], [1, 2], 2),
    ([1, 6, 6, 8], [3, 3, 8], ONE, ONE, ONE, ONE, 4),
    ([2, 5, 5, 4], [1, 1, 6], ONE, ONE, NONE, NONE, 2),
    ([1, 5, 5, 3], [3, 3, 3], ONE, ONE, NONE, NONE, 3),
    ([1, 5, 5, 2], [3, 3, 2], ONE, ONE, NONE, NONE, 2),
    ([0, 5, 5, 2], [3, 3, 4], ONE, ONE, NONE, NONE, 2),
    ([1, 9, 7, 17], [3, 3, 34], [2, 1], ONE, ONE, ONE, 2),
    ([5, 7, 8, 3], [2, 2, 16], [3, 3], [2, 2], ONE, NONE, 4),
    ([4, 6, 5, 2], [3, 3, 20], ONE, ONE, NONE, ONE, 4),
];

fn primitives(
    cases: &mut Vec<Case>,
    [n, h, w, ci]: [usize; 4],
    [kh, kw, kci, co]: [usize; 4],
    window: Window,
    groups: usize,
) {
    let [oh, ow] = window.output("conv2d", [h, w], [kh, kw]).expect("the geometry of a case");
    let operand = |dims: &[usize]| Operand::floats(dims, -1.0, 1.0);
    let (x, kernel, dy) = (operand(&[n, h, w, ci]), operand(&[kh, kw, kci, co]), operand(&[n, oh, ow, co]));
    cases.push(Case::new(Conv2D { window, groups }, vec![x.clone(), kernel.clone()]).with_gradient());
    cases.push(Case::new(Conv2DInputGrad { window, input: [h, w], groups }, vec![dy.clone(), kernel]).with_gradient());
    cases.push(Case::new(Conv2DFilterGrad { window, kernel: [kh, kw], groups }, vec![x, dy]).with_gradient());
}

/// A convolution of one or three dimensions: spatial dims, kernel, strides, dilation, padding; channels in a group and out; groups.
type Nd = (&'static [usize], &'static [usize], &'static [usize], &'static [usize], &'static [[usize; 2]], [usize; 3]);

const ND: [Nd; 36] = [
    (&[1], &[1], &[1], &[1], &[NONE], [1, 1, 1]),
    (&[9], &[3], &[1], &[1], &[NONE], [2, 3, 1]),
    (&[9], &[3], &[1], &[1], &[ONE], [2, 3, 1]),
    (&[10], &[3], &[2], &[1], &[[0, 1]], [3, 2, 1]),
    (&[12], &[3], &[1], &[2], &[[4, 0]], [2, 2, 1]),
    (&[12], &[3], &[1], &[4], &[[8, 0]], [1, 2, 1]),
    (&[7], &[2], &[3], &[1], &[NONE], [2, 1, 1]),
    (&[7], &[7], &[1], &[1], &[[3, 3]], [1, 1, 1]),
    (&[20], &[5], &[1], &[1], &[[2, 2]], [1, 17, 1]),
    (&[20], &[4], &[2], &[1], &[[1, 2]], [17, 2, 1]),
    (&[6], &[1], &[1], &[1], &[NONE], [4, 5, 1]),
    (&[6], &[1], &[2], &[1], &[NONE], [4, 5, 1]),
    (&[11], &[3], &[1], &[1], &[ONE], [1, 4, 4]),
    (&[11], &[3], &[2], &[1], &[ONE], [1, 8, 4]),
    (&[11], &[3], &[1], &[2], &[[2, 2]], [2, 4, 2]),
    (&[8], &[8], &[8], &[1], &[NONE], [3, 2, 1]),
    (&[5], &[3], &[1], &[1], &[[2, 2]], [2, 2, 1]),
    (&[13], &[2], &[4], &[3], &[[1, 0]], [2, 2, 1]),
    (&[1, 1, 1], &[1, 1, 1], &[1, 1, 1], &[1, 1, 1], &[NONE, NONE, NONE], [2, 2, 1]),
    (&[4, 4, 4], &[2, 2, 2], &[1, 1, 1], &[1, 1, 1], &[NONE, NONE, NONE], [1, 2, 1]),
    (&[3, 4, 5], &[3, 3, 3], &[1, 1, 1], &[1, 1, 1], &[ONE, ONE, ONE], [2, 3, 1]),
    (&[5, 4, 4], &[3, 3, 3], &[2, 2, 2], &[1, 1, 1], &[ONE, ONE, ONE], [2, 2, 1]),
    (&[5, 4, 3], &[2, 1, 1], &[1, 1, 1], &[2, 1, 1], &[NONE, NONE, NONE], [1, 2, 1]),
    (&[3, 5, 5], &[1, 3, 3], &[1, 1, 1], &[1, 1, 1], &[NONE, ONE, ONE], [2, 2, 1]),
    (&[3, 5, 5], &[1, 3, 3], &[2, 2, 1], &[1, 1, 1], &[NONE, ONE, ONE], [1, 2, 1]),
    (&[6, 3, 3], &[3, 1, 1], &[1, 1, 1], &[1, 1, 1], &[ONE, NONE, NONE], [3, 2, 1]),
    (&[6, 3, 3], &[4, 2, 3], &[1, 1, 2], &[1, 1, 1], &[[0, 3], [1, 0], ONE], [1, 2, 1]),
    (&[5, 5, 5], &[2, 2, 2], &[1, 1, 1], &[2, 2, 2], &[ONE, NONE, NONE], [1, 2, 1]),
    (&[4, 4, 4], &[2, 2, 2], &[2, 2, 2], &[1, 1, 1], &[NONE, NONE, NONE], [2, 4, 1]),
    (&[4, 4, 4], &[2, 2, 2], &[3, 3, 3], &[1, 1, 1], &[NONE, NONE, NONE], [2, 2, 1]),
    (&[3, 3, 4], &[2, 2, 2], &[1, 1, 1], &[1, 1, 1], &[[1, 0], [0, 1], NONE], [1, 4, 4]),
    (&[3, 3, 4], &[2, 2, 2], &[2, 1, 1], &[1, 1, 1], &[[1, 0], [0, 1], NONE], [2, 4, 2]),
    (&[3, 3, 3], &[3, 3, 3], &[1, 1, 1], &[1, 1, 1], &[NONE, NONE, NONE], [5, 2, 1]),
    (&[2, 2, 9], &[1, 1, 5], &[1, 1, 1], &[1, 1, 1], &[NONE, NONE, [2, 2]], [2, 3, 1]),
    (&[2, 3, 3], &[3, 2, 2], &[1, 1, 1], &[1, 1, 1], &[[2, 2], NONE, NONE], [2, 2, 1]),
    (&[7, 2, 2], &[3, 2, 2], &[3, 1, 1], &[1, 1, 1], &[ONE, ONE, ONE], [2, 2, 1]),
];

/// Convolution and its transpose, channels last and first.
fn composed(cases: &mut Vec<Case>, (dims, size, strides, dilation, pads, [ci, co, groups]): Nd) {
    let rank = dims.len();
    for batch in [1, 2] {
        let channels_first = batch == 2;
        let place = |channels: usize, spatial: &[usize]| -> Vec<usize> {
            let around =
                if channels_first { [&[batch, channels], spatial, &[]] } else { [&[batch], spatial, &[channels]] };
            around.concat()
        };
        let geometry = Spatial {
            strides: strides.to_vec(),
            dilation: dilation.to_vec(),
            pads: pads.to_vec(),
            groups,
            channels_first,
        };
        let positions = |a: usize| super::positions(dims[a], size[a], strides[a], dilation[a], pads[a]);
        let out: Vec<usize> = (0..rank).map(|a| positions(a).expect("the geometry of a case")).collect();
        let kernel = Operand::floats(&[size, &[ci, co]].concat(), -1.0, 1.0);
        let x = Operand::floats(&place(ci * groups, dims), -1.0, 1.0);
        let dy = Operand::floats(&place(co, &out), -1.0, 1.0);
        let forward = geometry.clone();
        cases.push(
            Case::composed(format!("conv{rank}d {geometry:?}"), vec![x, kernel.clone()], move |inputs| {
                Ok(vec![conv(&inputs[0], &inputs[1], &forward)?])
            })
            .with_gradient(),
        );
        cases.push(
            Case::composed(format!("conv{rank}dTranspose {geometry:?}"), vec![dy, kernel], move |inputs| {
                Ok(vec![conv_transpose(&inputs[0], &inputs[1], &geometry, dims)?])
            })
            .with_gradient(),
        );
    }
}

/// Input, filters, padding of height and of width.
type Wide = ([usize; 4], usize, [usize; 2], [usize; 2]);

/// Sizes around the edges of 4 x 4 tiles and of vectors, with so many channels that Winograd's algorithm may serve them. The gradients'
/// own gradients are those of the smaller cases.
const MANY_CHANNELS: [Wide; 12] = [
    ([4, 16, 16, 16], 16, ONE, ONE),
    ([5, 10, 10, 17], 33, NONE, NONE),
    ([4, 13, 13, 32], 64, NONE, NONE),
    ([1, 20, 17, 16], 31, ONE, ONE),
    ([6, 8, 12, 40], 16, ONE, ONE),
    ([4, 11, 14, 16], 48, [2, 2], [2, 2]),
    ([2, 18, 18, 24], 20, [1, 2], [0, 1]),
    ([9, 7, 9, 16], 16, [2, 0], [0, 2]),
    ([4, 5, 5, 64], 64, NONE, NONE),
    ([3, 32, 32, 16], 18, ONE, ONE),
    // Fewer than four images: the gradient of the filter is cut into tasks, by rows or output channels.
    ([1, 21, 19, 15], 35, NONE, ONE),
    ([2, 9, 10, 33], 97, NONE, ONE),
];

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (x, [kh, kw, co], strides, dilation, pad_h, pad_w) in GEOMETRIES {
        let window = Window { strides, dilation, pad_h, pad_w };
        primitives(&mut cases, x, [kh, kw, x[3], co], window, 1);
    }
    for ([n, h, w, channels], [kh, kw, co], strides, dilation, pad_h, pad_w, groups) in GROUPED {
        let window = Window { strides, dilation, pad_h, pad_w };
        // Depthwise geometries name all channels of the input, the others those of a group.
        let depthwise = channels == groups;
        let (ci, kci) = if depthwise { (channels, 1) } else { (channels * groups, channels) };
        primitives(&mut cases, [n, h, w, ci], [kh, kw, kci, co], window, groups);
    }
    for ([n, h, w, ci], co, pad_h, pad_w) in MANY_CHANNELS {
        let window = Window { strides: ONE, dilation: ONE, pad_h, pad_w };
        let mut wide = Vec::new();
        primitives(&mut wide, [n, h, w, ci], [3, 3, ci, co], window, 1);
        // Sums of some hundred products of up to 1; Winograd's are of numbers that cancel.
        cases.extend(wide.into_iter().map(|case| case.with_gradient_if(false).within(2e-4, 1e-5)));
    }
    for geometry in ND {
        composed(&mut cases, geometry);
    }
    cases
}
