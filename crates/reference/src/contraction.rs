//! Sums of products, by their definitions.

use hornbeam_graph::Shape;
use hornbeam_graph::ops::conv::Window;
use hornbeam_graph::ops::{MatMul, Resample};

use crate::value::{Value, ravel};

pub(crate) fn matmul(op: &MatMul, a: &Value, b: &Value, shape: Shape) -> Vec<f64> {
    let rank = shape.rank();
    let inner = a.shape()[a.shape().rank() - if op.transpose_a { 2 } else { 1 }];
    // The element of an operand at batch `index`, row `i`, column `j` (as multiplied), leading axes broadcast.
    let element = |x: &Value, swapped: bool, index: &[usize; 8], i: usize, j: usize| {
        let own = x.shape().rank();
        let mut at = vec![0; own];
        for (axis, position) in at[..own - 2].iter_mut().enumerate() {
            *position = if x.shape()[axis] == 1 { 0 } else { index[axis + rank - own] };
        }
        (at[own - 2], at[own - 1]) = if swapped { (j, i) } else { (i, j) };
        x.at(&at)
    };
    Value::build(shape, |index| {
        let (i, j) = (index[rank - 2], index[rank - 1]);
        (0..inner).map(|k| element(a, op.transpose_a, index, i, k) * element(b, op.transpose_b, index, k, j)).sum()
    })
}

/// The row (or column) of the input that tap `tap` of the kernel meets at position `out`; `None` in the padding.
fn meets(window: &Window, axis: usize, out: usize, tap: usize, dim: usize) -> Option<usize> {
    let low = if axis == 0 { window.pad_h[0] } else { window.pad_w[0] };
    (out * window.strides[axis] + tap * window.dilation[axis]).checked_sub(low).filter(|&at| at < dim)
}

/// Visits every product of the convolution of an input and a kernel in groups: indices into input, kernel and result.
fn products(
    (window, groups): (&Window, usize),
    input: Shape,
    kernel: Shape,
    result: Shape,
    mut visit: impl FnMut([usize; 4], [usize; 4], [usize; 4]),
) {
    for n in 0..result[0] {
        for i in 0..result[1] {
            for j in 0..result[2] {
                for a in 0..kernel[0] {
                    for b in 0..kernel[1] {
                        let row = meets(window, 0, i, a, input[1]);
                        let column = meets(window, 1, j, b, input[2]);
                        let (Some(row), Some(column)) = (row, column) else { continue };
                        for c in 0..kernel[2] {
                            for o in 0..kernel[3] {
                                let first = o / (kernel[3] / groups) * kernel[2];
                                visit([n, row, column, first + c], [a, b, c, o], [n, i, j, o]);
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn conv2d(window: (&Window, usize), x: &Value, kernel: &Value, shape: Shape) -> Vec<f64> {
    let mut y = vec![0.0; shape.size()];
    products(window, x.shape(), kernel.shape(), shape, |at, tap, out| {
        y[ravel(&out, shape)] += x.at(&at) * kernel.at(&tap);
    });
    y
}

pub(crate) fn conv2d_input_grad(window: (&Window, usize), dy: &Value, kernel: &Value, shape: Shape) -> Vec<f64> {
    let mut dx = vec![0.0; shape.size()];
    products(window, shape, kernel.shape(), dy.shape(), |at, tap, out| {
        dx[ravel(&at, shape)] += dy.at(&out) * kernel.at(&tap);
    });
    dx
}

pub(crate) fn conv2d_filter_grad(window: (&Window, usize), x: &Value, dy: &Value, shape: Shape) -> Vec<f64> {
    let mut dkernel = vec![0.0; shape.size()];
    products(window, x.shape(), shape, dy.shape(), |at, tap, out| {
        dkernel[ravel(&tap, shape)] += x.at(&at) * dy.at(&out);
    });
    dkernel
}

pub(crate) fn resample(op: &Resample, x: &Value, shape: Shape) -> Vec<f64> {
    let rank = shape.rank();
    Value::build(shape, |index| {
        let read = |source: usize| {
            let mut at = index[..rank].to_vec();
            at[op.axis] = source;
            x.at(&at)
        };
        op.taps.of(index[op.axis]).map(|(source, weight)| weight * read(source)).sum()
    })
}
