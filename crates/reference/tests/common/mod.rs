//! What the tests share: from tensors to numbers.
#![allow(dead_code, reason = "each test binary uses its part")]

use hornbeam_graph::cases::{Case, Operand};
use hornbeam_graph::{DType, Graph, Shape, Tensor, TensorType};
use hornbeam_reference::{Value, evaluate, random_value};

/// The operands' types.
pub fn types(operands: &[Operand]) -> Vec<TensorType> {
    operands.iter().map(|o| TensorType::new(Shape::new(&o.dims).unwrap(), o.dtype)).collect()
}

/// Operands of the case at `position` of the table.
pub fn operands(case: &Case, position: usize) -> Vec<Value> {
    let seed = |i: usize| (position * 64 + i) as u64;
    case.inputs.iter().enumerate().map(|(i, operand)| random_value(operand, seed(i))).collect()
}

/// Random float32 of a shape, in -1..1.
pub fn floats(dims: &[usize], seed: u64) -> Value {
    random_value(&Operand::floats(dims, -1.0, 1.0), seed)
}

/// A parameter.
pub fn param(dims: &[usize], dtype: DType) -> Tensor {
    Tensor::param(TensorType::new(Shape::new(dims).unwrap(), dtype))
}

/// The closed graph of tensors over their parameters.
pub fn close(outputs: &[Tensor], params: &[Tensor]) -> Graph {
    let (graph, captured) = Graph::capture(outputs, params, 0).unwrap();
    assert!(captured.is_empty());
    graph
}

/// The numbers of tensors over their parameters.
pub fn run(outputs: &[Tensor], params: &[Tensor], args: &[Value]) -> Vec<Value> {
    evaluate(&close(outputs, params), args).unwrap()
}

/// Whether two numbers are the same within tolerances; NaN and infinities must be equal.
pub fn near(a: f64, b: f64, atol: f64, rtol: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= atol + rtol * a.abs().max(b.abs())
}

/// Fails unless two lists of values agree.
pub fn assert_near(what: &str, actual: &[Value], expected: &[Value], atol: f64, rtol: f64) {
    assert_eq!(actual.len(), expected.len(), "{what}: number of results");
    for (k, (a, b)) in actual.iter().zip(expected).enumerate() {
        assert_eq!(a.ty, b.ty, "{what}: type of result {k}");
        for (i, (&x, &y)) in a.data.iter().zip(&b.data).enumerate() {
            assert!(near(x, y, atol, rtol), "{what}: element {i} of result {k} is {x}, expected {y}");
        }
    }
}

/// Positions checked in a tensor of `size` elements: all of few, else some, spread.
pub fn sample(size: usize, most: usize) -> Vec<usize> {
    if size <= most { (0..size).collect() } else { (0..most).map(|k| (k * size + size / 2) / most).collect() }
}

/// Checks `gradients` of the scalar `function` at `args` against central differences: one gradient an argument (`None`:
/// that argument is not moved), at up to `most` elements of each.
pub fn check_differences(
    what: &str,
    args: &[Value],
    gradients: &[Option<Value>],
    most: usize,
    mut function: impl FnMut(&[Value]) -> f64,
) {
    const EPSILON: f64 = 1e-6;
    let mut moved = args.to_vec();
    for (k, gradient) in gradients.iter().enumerate() {
        let Some(gradient) = gradient else { continue };
        assert_eq!(gradient.ty, args[k].ty, "{what}: type of the gradient of operand {k}");
        for i in sample(gradient.data.len(), most) {
            let at = args[k].data[i];
            moved[k].data[i] = at + EPSILON;
            let above = function(&moved);
            moved[k].data[i] = at - EPSILON;
            let below = function(&moved);
            moved[k].data[i] = at;
            let slope = (above - below) / (2.0 * EPSILON);
            let found = gradient.data[i];
            assert!(
                near(found, slope, 1e-5, 1e-3),
                "{what}: gradient of element {i} of operand {k} is {found}, by differences {slope}"
            );
        }
    }
}
