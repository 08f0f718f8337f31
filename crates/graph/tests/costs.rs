//! Counts of floating-point operations.

use hornbeam_graph::ops::conv::{self, Window};
use hornbeam_graph::ops::{contraction, control, elementwise, movement};
use hornbeam_graph::{DType, Error, Graph, Shape, Tensor, TensorType};

fn f(dims: &[usize]) -> Tensor {
    Tensor::param(TensorType::new(Shape::new(dims).unwrap(), DType::F32))
}

fn flops(outputs: &[Tensor], params: &[Tensor]) -> u64 {
    Graph::capture(outputs, params, 0).unwrap().0.flops()
}

#[test]
fn products_count_twice_and_movements_nothing() {
    let (a, b) = (f(&[5, 2, 3]), f(&[4, 3]));
    let y = contraction::matmul(&a, &b, false, true).unwrap();
    let y = movement::transpose(&y, &[2, 0, 1]).unwrap();
    assert_eq!(flops(&[y], &[a, b]), 2 * 5 * 2 * 3 * 4);
    let (x, kernel) = (f(&[2, 28, 28, 1]), f(&[3, 3, 1, 32]));
    let window = Window { strides: [1, 1], dilation: [1, 1], pad_h: [0, 0], pad_w: [0, 0] };
    let y = conv::conv2d(&x, &kernel, window).unwrap();
    let forward = 2 * (2 * 26 * 26 * 32) * 9;
    assert_eq!(flops(std::slice::from_ref(&y), &[x.clone(), kernel.clone()]), forward);
    // Both gradients cost what the forward pass costs.
    let dy = f(&[2, 26, 26, 32]);
    let dx = conv::conv2d_input_grad(&dy, &kernel, window, [28, 28]).unwrap();
    let dk = conv::conv2d_filter_grad(&x, &dy, window, [3, 3]).unwrap();
    assert_eq!(flops(&[dx, dk], &[x, kernel, dy]), 2 * forward);
}

#[test]
fn loops_count_every_step() {
    let carry = [f(&[10])];
    let step = |carry: &[Tensor], _: &[Tensor]| Ok((vec![elementwise::add(&carry[0], &carry[0])?], vec![]));
    let outputs = control::trace_scan::<Error>(&carry, &[], 7, false, step).unwrap();
    assert_eq!(flops(&outputs, &carry), 70);
}
