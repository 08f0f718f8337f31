//! Simplification keeps every number, and does what it is for.

mod common;

use common::{assert_near, close, floats, operands, param, run, types};
use hornbeam_graph::cases::{Fill, Operand};
use hornbeam_graph::ops::elementwise::{self, BinaryKind, UnaryKind};
use hornbeam_graph::ops::pool::{self, PoolWindow};
use hornbeam_graph::ops::reduce::ReduceKind;
use hornbeam_graph::ops::{all_cases, contraction, control, indexing, movement, reduce, softmax};
use hornbeam_graph::simplify::{decompose_all, simplify};
use hornbeam_graph::{DType, Graph, Op, Shape, Tensor, gradients};
use hornbeam_reference::{evaluate, random_value};

fn names(graph: &Graph) -> Vec<&'static str> {
    graph.nodes[graph.params..].iter().map(|node| node.op.name()).collect()
}

fn simple(outputs: &[Tensor], params: &[Tensor]) -> Graph {
    simplify(&close(outputs, params))
}

#[test]
fn every_case_and_its_gradient_keep_their_numbers() {
    for (position, case) in all_cases().iter().enumerate() {
        let params: Vec<Tensor> = types(&case.inputs).into_iter().map(Tensor::param).collect();
        let mut outputs = case.build(&params).unwrap();
        if case.gradient {
            let floating: Vec<Tensor> = outputs.iter().filter(|t| t.dtype().is_float()).cloned().collect();
            outputs.extend(gradients(&floating, &[], &params).unwrap().into_iter().flatten());
        }
        let args = operands(case, position);
        let graph = close(&outputs, &params);
        let expected = evaluate(&graph, &args).unwrap();
        let what = format!("case {position} ({})", case.name());
        let simple = simplify(&graph);
        assert_eq!(simplify(&simple), simple, "{what}: simplified twice");
        assert_near(&what, &evaluate(&simple, &args).unwrap(), &expected, 1e-12, 1e-12);
        let primitive = decompose_all(&graph, |_| false).unwrap();
        assert!(primitive.nodes.iter().all(|node| !matches!(node.op, Op::Softmax(_) | Op::BatchNorm(_))));
        assert_near(&what, &evaluate(&primitive, &args).unwrap(), &expected, 1e-9, 1e-9);
    }
}

#[test]
fn identities_vanish() {
    let x = param(&[3, 4], DType::F32);
    let c = |value: f64| movement::scalar(value, DType::F32).unwrap();
    let ones = movement::fill(1.0, x.shape(), DType::F32).unwrap();
    let negative_zero = c(-0.0);
    let rows: Vec<(&str, Tensor)> = vec![
        ("x * 1", elementwise::mul(&x, &ones).unwrap()),
        ("1 * x", elementwise::mul(&c(1.0), &x).unwrap()),
        ("x / 1", elementwise::div(&x, &ones).unwrap()),
        ("x - 0", elementwise::sub(&x, &c(0.0)).unwrap()),
        ("x + -0", elementwise::add(&x, &negative_zero).unwrap()),
        ("--x", elementwise::neg(&elementwise::neg(&x).unwrap()).unwrap()),
        ("x * -1 * -1", elementwise::scale(&elementwise::scale(&x, -1.0).unwrap(), -1.0).unwrap()),
        ("pow(x, 1)", elementwise::binary(BinaryKind::Pow, &x, &c(1.0)).unwrap()),
        ("stopGradient", movement::stop_gradient(&x).unwrap()),
        ("slice of all", movement::slice(&x, &[0, 0], &[3, 4], &[1, 1]).unwrap()),
        ("pad by nothing", movement::pad(&x, &c(0.0), &[0, 0], &[0, 0], &[0, 0]).unwrap()),
        ("concat of one", movement::concat(std::slice::from_ref(&x), 0).unwrap()),
        ("reverse twice", movement::reverse(&movement::reverse(&x, &[1]).unwrap(), &[-1]).unwrap()),
        ("transpose twice", movement::transpose(&movement::transpose(&x, &[1, 0]).unwrap(), &[1, 0]).unwrap()),
        ("reshape and back", movement::reshape(&movement::reshape(&x, &[2, -1]).unwrap(), &[3, 4]).unwrap()),
        ("select of equals", {
            let condition = elementwise::binary(BinaryKind::Gt, &x, &c(0.0)).unwrap();
            elementwise::select(&condition, &x, &x).unwrap()
        }),
        ("select by a constant", {
            let condition = movement::fill(1.0, x.shape(), DType::Bool).unwrap();
            elementwise::select(&condition, &x, &ones).unwrap()
        }),
    ];
    for (what, tensor) in rows {
        let graph = simple(&[tensor], std::slice::from_ref(&x));
        assert_eq!(names(&graph), Vec::<&str>::new(), "{what}");
        assert_eq!(graph.outputs[0].node, 0, "{what}");
    }
    // Adding 0 makes 0 of -0, so it stays.
    assert_eq!(names(&simple(&[elementwise::add(&x, &c(0.0)).unwrap()], &[x])).last(), Some(&"add"));
}

#[test]
fn constants_fold_through_broadcasts() {
    let fill = |value| movement::fill(value, Shape::new(&[5, 2]).unwrap(), DType::F32).unwrap();
    let sum = elementwise::add(&fill(0.1), &elementwise::mul(&fill(3.0), &fill(0.5)).unwrap()).unwrap();
    let graph = simple(&[sum], &[]);
    assert_eq!(names(&graph), ["constant", "broadcastTo"]);
    let folded = evaluate(&graph, &[]).unwrap();
    assert_eq!(folded[0].data, vec![(0.1f32 + 1.5) as f64; 10]);
    let x = param(&[5, 2], DType::F32);
    let scaled = elementwise::mul(&x, &fill(2.0)).unwrap();
    assert_eq!(names(&simple(&[scaled], &[x])), ["constant", "mul"], "elementwise operations broadcast by themselves");
}

/// What the gradient of a mean leaves: ones, reshaped and broadcast in steps, are one scalar.
#[test]
fn shapes_of_ones_are_left_to_broadcasting() {
    let x = param(&[5, 2], DType::F32);
    let c = movement::scalar(3.0, DType::F32).unwrap();
    let row = movement::reshape(
        &movement::broadcast_to(&movement::reshape(&c, &[1]).unwrap(), Shape::new(&[5]).unwrap()).unwrap(),
        &[5, 1],
    );
    let scaled = elementwise::mul(&x, &row.unwrap()).unwrap();
    assert_eq!(names(&simple(std::slice::from_ref(&scaled), &[x])), ["constant", "mul"]);
    let (x, bias) = (param(&[5, 2], DType::F32), param(&[2], DType::F32));
    let sum = elementwise::add(&x, &movement::reshape(&bias, &[1, 2]).unwrap()).unwrap();
    assert_eq!(names(&simple(&[sum], &[x, bias.clone()])), ["add"]);
    let doubled = elementwise::scale(&movement::reshape(&bias, &[1, 2]).unwrap(), 2.0).unwrap();
    assert_eq!(simple(&[doubled], &[bias]).output_types()[0].shape[..], [1, 2]);
}

#[test]
fn equal_nodes_and_dead_nodes_go() {
    let (x, y) = (param(&[3], DType::F32), param(&[3], DType::F32));
    let (a, b) = (elementwise::add(&x, &y).unwrap(), elementwise::add(&y, &x).unwrap());
    let _dead = elementwise::unary(UnaryKind::Exp, &a).unwrap();
    let graph = simple(&[elementwise::mul(&a, &b).unwrap(), b], &[x, y]);
    assert_eq!(names(&graph), ["add", "mul"]);
    assert_eq!(graph.params, 2);
}

#[test]
fn casts_are_skipped_only_when_exact() {
    let chain = |from: DType, through: DType, to: DType| {
        let x = param(&[3], from);
        let cast = elementwise::cast(&elementwise::cast(&x, through).unwrap(), to).unwrap();
        names(&simple(&[cast], &[x])).len()
    };
    assert_eq!(chain(DType::U8, DType::I32, DType::F32), 1);
    assert_eq!(chain(DType::U8, DType::F32, DType::U8), 0);
    assert_eq!(chain(DType::Bf16, DType::F32, DType::Bf16), 0);
    assert_eq!(chain(DType::F32, DType::Bf16, DType::F32), 2, "rounds");
    assert_eq!(chain(DType::I32, DType::F32, DType::I32), 2, "float32 does not hold every int32");
    assert_eq!(chain(DType::U8, DType::F32, DType::I8), 2, "floats saturate, integers wrap");
}

#[test]
fn transposes_go_into_products() {
    let (a, b) = (param(&[2, 3, 4], DType::F32), param(&[2, 5, 4], DType::F32));
    let turned = movement::transpose(&b, &[0, 2, 1]).unwrap();
    let product = contraction::matmul(&a, &turned, false, false).unwrap();
    let graph = simple(std::slice::from_ref(&product), &[a.clone(), b.clone()]);
    assert_eq!(names(&graph), ["matMul"]);
    let args = [floats(&[2, 3, 4], 1), floats(&[2, 5, 4], 2)];
    assert_near("product", &evaluate(&graph, &args).unwrap(), &run(&[product], &[a, b], &args), 0.0, 1e-12);
}

#[test]
fn the_mask_of_relu_goes_below_the_gradient_of_pooling() {
    let x = param(&[2, 5, 6, 3], DType::F32);
    let y = elementwise::unary(UnaryKind::Relu, &x).unwrap();
    // Windows overlap, so an element can be chosen twice.
    let window = PoolWindow { size: [3, 2], strides: [1, 2], pad_h: [0, 0], pad_w: [0, 0], dilation: [1, 1] };
    let pooled = pool::max_pool2d(&y, window).unwrap();
    let weighted = elementwise::mul(&pooled, &pooled).unwrap();
    let dx = gradients(&[weighted], &[], std::slice::from_ref(&x)).unwrap()[0].clone().unwrap();
    let graph = simple(std::slice::from_ref(&dx), std::slice::from_ref(&x));
    let select = graph.nodes.iter().find(|node| node.op.name() == "select").unwrap();
    assert_eq!(select.types[0].shape, pooled.shape(), "the smaller tensor is masked");
    let args = [floats(&[2, 5, 6, 3], 1)];
    assert_near("dx", &evaluate(&graph, &args).unwrap(), &run(&[dx], &[x], &args), 0.0, 1e-12);
}

#[test]
fn gathers_go_below_elementwise_chains() {
    let images = param(&[50, 4, 3], DType::U8);
    let (mean, ids) = (param(&[3], DType::F32), param(&[8], DType::I32));
    let params = [images.clone(), mean.clone(), ids.clone()];
    let scaled = elementwise::div(
        &elementwise::cast(&images, DType::F32).unwrap(),
        &movement::fill(255.0, images.shape(), DType::F32).unwrap(),
    )
    .unwrap();
    let centered = elementwise::sub(&scaled, &mean).unwrap();
    let flat = movement::reshape(&centered, &[50, 12]).unwrap();
    let batch = indexing::gather(&flat, &ids, 0).unwrap();
    let graph = simple(std::slice::from_ref(&batch), &params);
    assert_eq!(graph.nodes[graph.params..].iter().filter(|n| n.types[0].shape[..].first() == Some(&50)).count(), 0);
    let gather = graph.nodes.iter().find(|node| node.op.name() == "gather").unwrap();
    assert_eq!(gather.types[0].dtype, DType::U8, "bytes are gathered");
    let args = [
        random_value(&Operand::any(&[50, 4, 3], DType::U8), 1),
        floats(&[3], 2),
        random_value(&Operand::integers(&[8], 0, 50), 3),
    ];
    assert_near(
        "batch",
        &evaluate(&graph, &args).unwrap(),
        &run(std::slice::from_ref(&batch), &params, &args),
        0.0,
        1e-12,
    );
    // With another user the chain is computed anyway.
    let total = reduce::reduce(ReduceKind::Sum, &flat, &[0, 1], false).unwrap();
    let graph = simple(&[batch, total], &params);
    let gather = graph.nodes.iter().find(|node| node.op.name() == "gather").unwrap();
    assert_eq!(gather.types[0].dtype, DType::F32);
}

#[test]
fn a_constant_condition_leaves_one_branch() {
    let x = param(&[3], DType::F32);
    let truth = movement::scalar(0.0, DType::Bool).unwrap();
    let results = control::trace_cond::<hornbeam_graph::Error>(
        &truth,
        || Ok(vec![elementwise::unary(UnaryKind::Exp, &x)?]),
        || Ok(vec![elementwise::unary(UnaryKind::Sin, &x)?]),
    );
    assert_eq!(names(&simple(&results.unwrap(), &[x])), ["sin"]);
}

/// The gradient of a scan emits its forward scan again with residuals: both become one, and what is not asked for goes.
#[test]
fn a_scan_and_its_gradient_share_one_forward_scan() {
    let (w, h, xs) = (param(&[4, 4], DType::F32), param(&[2, 4], DType::F32), param(&[5, 2, 4], DType::F32));
    let params = [w.clone(), h.clone(), xs.clone()];
    let outputs =
        control::trace_scan::<hornbeam_graph::Error>(&[h], std::slice::from_ref(&xs), 5, false, |carry, x| {
            let sum = elementwise::add(&contraction::matmul(&carry[0], &w, false, false)?, &x[0])?;
            let next = elementwise::unary(UnaryKind::Tanh, &sum)?;
            Ok((vec![next.clone()], vec![next]))
        })
        .unwrap();
    let loss = reduce::sum_all(&elementwise::unary(UnaryKind::Square, &outputs[1]).unwrap()).unwrap();
    let gradient = gradients(std::slice::from_ref(&loss), &[None], std::slice::from_ref(&w)).unwrap();
    let results = [loss, gradient[0].clone().unwrap()];
    let graph = close(&results, &params);
    let short = simplify(&graph);
    let scans: Vec<_> =
        short.nodes.iter().filter_map(|node| if let Op::Scan(s) = &node.op { Some(s) } else { None }).collect();
    assert_eq!(scans.len(), 2, "one forward, one backward: {:?}", names(&short));
    // The last state is read by nobody, tanh's result is both stacked and a residual: carry, state before, state after.
    assert_eq!((scans[0].carry, scans[0].body.outputs.len()), (1, 3));
    // The backward scan carries the cotangent of h and stacks what the kernel's gradient is a product of, which comes after it.
    assert_eq!((scans[1].carry, scans[1].body.outputs.len()), (1, 2));
    let products = |graph: &Graph| graph.nodes.iter().filter(|node| node.op.name() == "matMul").count();
    assert_eq!((products(&short), products(&scans[1].body)), (1, 1));
    let args = [floats(&[4, 4], 1), floats(&[2, 4], 2), floats(&[5, 2, 4], 3)];
    assert_near("scan", &evaluate(&short, &args).unwrap(), &evaluate(&graph, &args).unwrap(), 1e-12, 1e-12);
}

/// Scans become one only when their carried values are the same: then however many there are.
#[test]
fn scans_of_one_course_are_merged() {
    let (h, xs) = (param(&[2], DType::F32), param(&[3, 2], DType::F32));
    let params = [h.clone(), xs.clone()];
    let scan = |update: UnaryKind, row: UnaryKind| {
        let rows = std::slice::from_ref(&xs);
        control::trace_scan::<hornbeam_graph::Error>(std::slice::from_ref(&h), rows, 3, false, |carry, x| {
            let next = elementwise::add(&elementwise::unary(update, &carry[0])?, &x[0])?;
            Ok((vec![next.clone()], vec![elementwise::unary(row, &next)?]))
        })
        .unwrap()
    };
    let args = [floats(&[2], 1), floats(&[3, 2], 2)];
    for (updates, expected) in [([UnaryKind::Tanh; 3], 1), ([UnaryKind::Tanh, UnaryKind::Sin, UnaryKind::Tanh], 2)] {
        let rows = [UnaryKind::Cos, UnaryKind::Neg, UnaryKind::Square];
        let outputs: Vec<Tensor> = updates.into_iter().zip(rows).flat_map(|(update, row)| scan(update, row)).collect();
        let graph = close(&outputs, &params);
        let short = simplify(&graph);
        assert_eq!(names(&short), vec!["scan"; expected]);
        assert_near("scans", &evaluate(&short, &args).unwrap(), &evaluate(&graph, &args).unwrap(), 0.0, 1e-12);
    }
}

/// A loss as a training step has it stays small, and fused operations stay whole where they are kept.
#[test]
fn decomposition_keeps_what_it_is_told_to() {
    let (logits, labels) = (param(&[4, 3], DType::F32), param(&[4], DType::I32));
    let losses = softmax::softmax_cross_entropy(&softmax::softmax(&logits, -1).unwrap(), &labels).unwrap();
    let graph = close(&[losses], &[logits, labels]);
    let kept = decompose_all(&graph, |op| matches!(op, Op::Softmax(_))).unwrap();
    assert!(names(&kept).contains(&"softmax") && !names(&kept).contains(&"softmaxCrossEntropy"));
    let args = [
        random_value(&Operand::floats(&[4, 3], -2.0, 2.0), 1),
        random_value(&Operand::new(&[4], DType::I32, Fill::Values(vec![0.0, 2.0, 1.0, 1.0])), 2),
    ];
    assert_near("losses", &evaluate(&kept, &args).unwrap(), &evaluate(&graph, &args).unwrap(), 1e-12, 1e-12);
}
