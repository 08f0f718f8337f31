//! Test cases of convolutions: one list of geometries serves the forward pass and both gradients.

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

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for ([n, h, w, ci], [kh, kw, co], strides, dilation, pad_h, pad_w) in GEOMETRIES {
        let window = Window { strides, dilation, pad_h, pad_w };
        let [oh, ow] = window.output("conv2d", [h, w], [kh, kw]).expect("the geometry of a case");
        let operand = |dims: &[usize]| Operand::floats(dims, -1.0, 1.0);
        let (x, kernel, dy) = (operand(&[n, h, w, ci]), operand(&[kh, kw, ci, co]), operand(&[n, oh, ow, co]));
        cases.push(Case::new(Conv2D { window }, vec![x.clone(), kernel.clone()]).with_gradient());
        cases.push(Case::new(Conv2DInputGrad { window, input: [h, w] }, vec![dy.clone(), kernel]).with_gradient());
        cases.push(Case::new(Conv2DFilterGrad { window, kernel: [kh, kw] }, vec![x, dy]).with_gradient());
    }
    cases
}
