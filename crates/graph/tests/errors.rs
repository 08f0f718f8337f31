//! What a user reads when shapes do not fit: the operation, the rule, what was received.

use hornbeam_graph::ops::conv::Window;
use hornbeam_graph::ops::elementwise::{self, BinaryKind, UnaryKind};
use hornbeam_graph::ops::indexing::ScatterKind;
use hornbeam_graph::ops::pool::PoolWindow;
use hornbeam_graph::ops::random::RandomKind;
use hornbeam_graph::ops::sorting::{self, CumulativeKind};
use hornbeam_graph::ops::{contraction, control, conv, indexing, movement, norm, pool, random, reduce, softmax};
use hornbeam_graph::{DType, Error, ErrorKind, Result, Shape, Tensor, TensorType, gradients};

fn of(dims: &[usize], dtype: DType) -> Tensor {
    Tensor::param(TensorType::new(Shape::new(dims).unwrap(), dtype))
}

fn f(dims: &[usize]) -> Tensor {
    of(dims, DType::F32)
}

fn ids(dims: &[usize]) -> Tensor {
    of(dims, DType::I32)
}

fn zero() -> Tensor {
    movement::scalar(0.0, DType::F32).unwrap()
}

/// Fails with exactly that sentence.
#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, sentence: &str) {
    let error = result.expect_err(sentence);
    assert_eq!((error.kind, error.message.as_str()), (kind, sentence));
}

#[track_caller]
fn shape_says<T: std::fmt::Debug>(result: Result<T>, sentence: &str) {
    says(result, ErrorKind::Shape, sentence);
}

#[test]
fn elementwise_operations() {
    shape_says(
        elementwise::add(&f(&[2, 3]), &f(&[4])),
        "add: shapes [2, 3] and [4] do not broadcast: aligned at the last axis, dimensions must be equal or 1",
    );
    shape_says(
        elementwise::mul(&f(&[2]), &ids(&[2])),
        "mul takes operands of one dtype, got float32[2] and int32[2]. Cast one of them first",
    );
    shape_says(
        elementwise::unary(UnaryKind::Exp, &of(&[2], DType::U8)),
        "exp takes float32, got uint8[2]. Cast it first",
    );
    shape_says(
        elementwise::binary(BinaryKind::And, &f(&[2]), &f(&[2])),
        "logicalAnd takes bool, got float32[2]. Cast it first",
    );
    shape_says(
        elementwise::select(&f(&[2]), &f(&[2]), &f(&[2])),
        "select (condition) takes bool, got float32[2]. Cast it first",
    );
}

#[test]
fn movements() {
    shape_says(Shape::new(&[1; 9]), "tensors have at most 8 dimensions, got 9 ([1, 1, 1, 1, 1, 1, 1, 1, 1])");
    shape_says(Shape::new(&[usize::MAX, 2]), "shape [18446744073709551615, 2] has more than 2^48 elements");
    shape_says(
        movement::reshape(&f(&[2, 3]), &[4]),
        "reshape keeps the number of elements: [2, 3] has 6, [4] would have 4",
    );
    shape_says(
        movement::reshape(&f(&[2, 3]), &[-1, 4]),
        "reshape: the 6 elements of shape [2, 3] do not divide into [-1, 4]",
    );
    shape_says(
        movement::reshape(&f(&[2, 3]), &[-1, -1]),
        "reshape takes non-negative dimensions and at most one -1, got [-1, -1]",
    );
    shape_says(
        movement::transpose(&f(&[2, 3]), &[0, 0]),
        "transpose: [0, 0] is not a permutation of the 2 axes of shape [2, 3]",
    );
    shape_says(
        movement::broadcast_to(&f(&[2, 3]), Shape::new(&[2, 4]).unwrap()),
        "broadcastTo: [2, 3] does not broadcast to [2, 4]: aligned at the last axis, dimensions must be equal or 1",
    );
    shape_says(movement::slice(&f(&[5]), &[2], &[6], &[1]), "slice: 2..6 of axis 0 is outside of shape [5]");
    says(
        movement::slice(&f(&[5]), &[2], &[5], &[0]),
        ErrorKind::Config,
        "slice: the stride of axis 0 must be at least 1, got 0",
    );
    shape_says(
        movement::pad(&f(&[5]), &zero(), &[-3], &[-3], &[0]),
        "pad: low -3 and high -3 remove more than the 5 elements of axis 0",
    );
    shape_says(movement::pad(&f(&[5]), &ids(&[]), &[1], &[1], &[0]), "pad: the value is a float32 scalar, got int32[]");
    shape_says(
        movement::concat(&[f(&[2, 3]), f(&[3, 4])], 0),
        "concat along axis 0 takes tensors that are alike but for that axis, got float32[2, 3] and float32[3, 4]",
    );
    shape_says(movement::concat(&[], 0), "concat takes at least one operand, got none");
    shape_says(movement::reverse(&f(&[2, 3]), &[1, -1]), "reverse: axes [1, 1] are given twice");
    shape_says(movement::iota(Shape::new(&[3]).unwrap(), 1, DType::I32), "iota: axis 1 is out of range for shape [3]");
}

#[test]
fn reductions_and_lookups() {
    shape_says(reduce::sum(&f(&[2, 3]), &[2], false), "sum: axis 2 is out of range for a tensor of rank 2 (-2 to 1)");
    shape_says(reduce::arg_reduce(true, &f(&[0, 3]), 0, false), "argMax: axis 0 of shape [0, 3] is empty");
    shape_says(reduce::all(&f(&[2]), &[0], false), "all takes bool, got float32[2]. Cast it first");
    shape_says(reduce::mean(&ids(&[2]), &[0], false), "mean takes float32, got int32[2]. Cast it first");
    shape_says(indexing::gather(&f(&[2, 3]), &f(&[4]), 0), "gather (ids) takes int32, got float32[4]. Cast it first");
    shape_says(
        indexing::scatter_add(&f(&[5, 3]), &ids(&[2]), &f(&[2, 4]), 0),
        "scatterAdd into float32[5, 3] along axis 0 at ids of shape [2] takes updates float32[2, 3], got float32[2, 4]",
    );
    shape_says(
        indexing::dynamic_slice(&f(&[5, 3]), &[ids(&[])], Shape::new(&[2, 2]).unwrap()),
        "dynamicSlice of float32[5, 3] takes 2 starts, one an axis, got 1",
    );
    shape_says(
        indexing::dynamic_slice(&f(&[5]), &[ids(&[])], Shape::new(&[6]).unwrap()),
        "dynamicSlice: a block of shape [6] does not fit in shape [5]",
    );
}

#[test]
fn contractions_and_windows() {
    shape_says(
        contraction::matmul(&f(&[2, 3]), &f(&[4, 5]), false, false),
        "matMul: inner dimensions differ: 3 of [2, 3] and 4 of [4, 5]",
    );
    shape_says(
        contraction::matmul(&f(&[3]), &f(&[3, 5]), true, false),
        "matMul takes tensors of rank 1 or more, a vector only where it is not transposed; got shapes [3] and [3, 5]",
    );
    shape_says(
        contraction::matmul(&f(&[2, 3, 4]), &f(&[3, 4, 5]), false, false),
        "matMul: leading dimensions of shapes [2, 3, 4] and [3, 4, 5] do not broadcast",
    );
    let window = Window { strides: [1, 1], dilation: [1, 1], pad_h: [0, 0], pad_w: [0, 0] };
    shape_says(
        conv::conv2d(&f(&[1, 5, 5, 1]), &f(&[3, 3, 3, 8]), window),
        "conv2d: the input has 1 channels ([1, 5, 5, 1]), the kernel takes 3 ([3, 3, 3, 8])",
    );
    shape_says(
        conv::conv2d(&f(&[1, 2, 5, 1]), &f(&[3, 3, 1, 8]), window),
        "conv2d: a kernel of [3, 3] with dilation [1, 1] does not fit an input of [2, 5] padded by [0, 0] and [0, 0]",
    );
    shape_says(
        conv::conv2d(&f(&[5, 5, 1]), &f(&[3, 3, 1, 8]), window),
        "conv2d: the input has rank 4, [batch, height, width, channels], got shape [5, 5, 1]",
    );
    says(
        conv::conv2d(&f(&[1, 5, 5, 1]), &f(&[3, 3, 1, 8]), Window { strides: [0, 1], ..window }),
        ErrorKind::Config,
        "conv2d: strides and dilation must be at least 1, got [0, 1] and [1, 1]",
    );
    let pool = PoolWindow { size: [2, 2], strides: [2, 2], pad_h: [0, 0], pad_w: [0, 0], dilation: [1, 1] };
    shape_says(
        pool::max_pool2d(&f(&[1, 1, 4, 1]), pool),
        "maxPool2d: a window of [2, 2] does not fit an input of [1, 4] padded by [0, 0] and [0, 0]",
    );
    says(
        pool::avg_pool2d(&f(&[1, 4, 4, 1]), PoolWindow { pad_h: [2, 0], ..pool }),
        ErrorKind::Config,
        "avgPool2d: padding [2, 0] must be smaller than the window, 2",
    );
    says(
        pool::max_pool2d(&f(&[1, 40, 40, 1]), PoolWindow { size: [17, 17], ..pool }),
        ErrorKind::Config,
        "maxPool2d: windows have at most 256 cells, got window [17, 17]",
    );
}

#[test]
fn fused_operations_and_random_numbers() {
    shape_says(
        softmax::softmax_cross_entropy(&f(&[4, 3]), &ids(&[5])),
        "softmaxCrossEntropy takes logits [..., classes] and one label for every row, got [4, 3] and [5]",
    );
    shape_says(softmax::softmax(&zero(), -1), "softmax: axis -1 is out of range: a scalar has no axes");
    shape_says(
        norm::batch_norm(&f(&[4, 3]), &f(&[4]), &f(&[3]), 1e-3),
        "batchNorm of shape [4, 3] takes gamma and beta of shape [3], got [4] and [3]",
    );
    shape_says(
        random::random(RandomKind::Normal, Shape::scalar(), &ids(&[3]), &ids(&[]), 0),
        "randomNormal takes a seed int32[2] and a counter int32[], got int32[3] and int32[]",
    );
}

#[test]
fn control_flow() {
    let carry = [f(&[2])];
    shape_says(
        control::trace_scan::<Error>(&carry, &[f(&[4, 2])], 5, false, |carry, _| Ok((carry.to_vec(), vec![]))),
        "scan over 5 steps takes sequences with 5 as their first dimension, got shape [4, 2]",
    );
    shape_says(
        control::trace_scan::<Error>(&carry, &[], 5, false, |carry, _| {
            Ok((vec![movement::concat(&[carry[0].clone(), carry[0].clone()], 0)?], vec![]))
        }),
        "scan: carried value 0 enters the body as float32[2] and leaves as float32[4]; its type must not change",
    );
    let predicate = of(&[], DType::Bool);
    shape_says(
        control::trace_cond::<Error>(&predicate, || Ok(vec![zero()]), || Ok(vec![f_zeros(&[2])])),
        "cond: both branches return the same types, got (float32[]) and (float32[2])",
    );
    shape_says(
        control::trace_cond::<Error>(&f(&[]), || Ok(vec![zero()]), || Ok(vec![zero()])),
        "cond: the condition is a bool scalar, got float32[]",
    );
    let results = control::trace_while::<Error>(
        &carry,
        |carry| elementwise::binary(BinaryKind::Lt, &reduce::sum_all(&carry[0])?, &zero()),
        |carry| Ok(vec![elementwise::shift(&carry[0], 1.0)?]),
    )
    .unwrap();
    says(
        gradients(&results, &[None], &carry),
        ErrorKind::Config,
        "whileLoop has no gradient: its number of steps is not known. Use scan, which has one, or stopGradient",
    );
}

fn f_zeros(dims: &[usize]) -> Tensor {
    movement::fill(0.0, Shape::new(dims).unwrap(), DType::F32).unwrap()
}

#[test]
fn gradients_of_what_has_none() {
    let x = ids(&[2]);
    shape_says(
        gradients(std::slice::from_ref(&x), &[None], std::slice::from_ref(&x)),
        "gradients flow through floating-point tensors only, got int32[2]",
    );
    let x = f(&[2]);
    shape_says(
        gradients(std::slice::from_ref(&x), &[Some(f(&[3]))], std::slice::from_ref(&x)),
        "a cotangent has the shape of its output: expected [2], got [3]",
    );
}

#[test]
fn order_and_scatters() {
    shape_says(sorting::sort(&zero(), -1, false), "sort: axis -1 is out of range: a scalar has no axes");
    shape_says(
        sorting::top_k(&f(&[2, 3]), 4),
        "topk: k must be at most 3, the size of the last axis of shape [2, 3], got 4",
    );
    shape_says(
        sorting::search_sorted(&f(&[2, 3]), &f(&[3, 1]), false),
        "searchSorted takes values of the dtype of the sorted rows, and as many rows, got float32[2, 3] and float32[3, 1]",
    );
    shape_says(
        sorting::cumulative(CumulativeKind::Sum, &of(&[2], DType::U8), 0, false, false),
        "cumsum takes float32 or int32, got uint8[2]. Cast it first",
    );
    shape_says(
        indexing::batch_gather(&f(&[2, 3]), &ids(&[3, 1])),
        "batchGather: float32[2, 3] and ids [3, 1] must agree in all axes of the ids but the last",
    );
    shape_says(
        indexing::scatter(ScatterKind::Max, &f(&[4]), &ids(&[2]), &f(&[3])),
        "scatterMax into float32[4] at ids of shape [2] takes updates float32[2], got float32[3]",
    );
    shape_says(
        indexing::gather_nd(&f(&[2, 3]), &ids(&[5, 3])),
        "indices of shape [5, 3] name 3 axes each, a tensor of shape [2, 3] has 2",
    );
    shape_says(
        indexing::ravel_index(&ids(&[1, 2]), Shape::new(&[1 << 20, 1 << 20]).unwrap()),
        "shape [1048576, 1048576] has more than 2^31 - 1 positions",
    );
}
