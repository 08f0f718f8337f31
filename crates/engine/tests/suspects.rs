//! Graphs that broke the engine once, each as small as it gets.

mod common;
mod fuzz;

use std::sync::Arc;

use common::run;
use fuzz::Judge;
use hornbeam_engine::buffer::Variable;
use hornbeam_engine::graph::cases::Operand;
use hornbeam_engine::graph::ops::elementwise::{self as ew, BinaryKind, UnaryKind};
use hornbeam_engine::graph::ops::{contraction, control, indexing, movement, reduce};
use hornbeam_engine::graph::{DType, Error, ErrorKind, Graph, Shape, Tensor, TensorType};
use hornbeam_engine::runtime::Priority;
use hornbeam_engine::trainer::{Order, Trainer};
use hornbeam_engine::{eval, trace};
use hornbeam_kernels::isa;
use hornbeam_reference::{Value, random_value};

fn param(dims: &[usize], dtype: DType) -> Tensor {
    Tensor::param(TensorType::new(Shape::new(dims).expect("small"), dtype))
}

/// Runs outputs over random arguments on every instruction set, whole and with the parameters' leading axis as batch where it is `n`.
fn check(params: &[Tensor], outputs: &[Tensor], n: usize) {
    let (graph, captured) = Graph::capture(outputs, params, 0).expect("a closed graph");
    assert!(captured.is_empty());
    let args: Vec<Value> = params
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let operand = match p.dtype() {
                DType::I32 => Operand::integers(p.shape().dims(), 0, 3),
                dtype => Operand { dtype, ..Operand::floats(p.shape().dims(), -1.0, 1.0) },
            };
            random_value(&operand, i as u64)
        })
        .collect();
    let judge = Judge::new(&graph, &args).expect("good data");
    assert_eq!(judge.judged(), outputs.len());
    let flags: Vec<bool> = params.iter().map(|p| p.shape().dims().first() == Some(&n)).collect();
    for level in isa::available() {
        for batch in [None, Some((n, flags.clone()))] {
            let actual = run(&graph, &args, batch.clone(), level).expect("good data");
            if let Some(what) = judge.check(&actual) {
                panic!("{level:?}, batch {batch:?}: {what}");
            }
        }
    }
}

/// Gates of a recurrent cell: products with slices of one matrix of weights.
#[test]
fn slices_of_one_matrix_are_packed_apart() {
    let (x, w) = (param(&[32, 8], DType::F32), param(&[8, 48], DType::F32));
    let gate = |from: usize, to: usize| {
        let part = movement::slice_axis(&w, 1, from, to).expect("inside");
        contraction::matmul(&x, &part, false, false).expect("shapes fit")
    };
    check(&[x.clone(), w.clone()], &[gate(0, 16), gate(16, 32), gate(32, 48), gate(0, 48), gate(40, 48)], 32);
    let rows = |from: usize, to: usize| {
        let part = movement::slice_axis(&w, 0, from, to).expect("inside");
        let left = movement::slice_axis(&x, 1, 0, to - from).expect("inside");
        contraction::matmul(&left, &part, false, false).expect("shapes fit")
    };
    check(&[x.clone(), w.clone()], &[rows(0, 3), rows(3, 6), rows(2, 8)], 32);
}

/// A sum of many views of one tensor is one chain with many operands.
#[test]
fn a_chain_reads_many_views_of_one_tensor() {
    for count in [15, 16, 17, 20, 26, 40] {
        let x = param(&[9, count], DType::F32);
        let mut sum = movement::slice_axis(&x, 1, 0, 1).expect("inside");
        for i in 1..count {
            let next = movement::slice_axis(&x, 1, i, i + 1).expect("inside");
            sum = ew::add(&sum, &next).expect("floats");
        }
        let total = reduce::sum(&sum, &[1], false).expect("floats");
        check(std::slice::from_ref(&x), &[sum, total], 9);
    }
}

/// A view that one reader wants in memory of its own, after another view was laid over what it was a view of.
#[test]
fn views_over_copied_views_are_copied_too() {
    let (x, ids) = (param(&[1], DType::F32), param(&[2], DType::I32));
    let wide = movement::broadcast_to(&x, Shape::new(&[4, 5]).expect("small")).expect("stretches");
    let part = movement::slice(&wide, &[0, 1], &[4, 4], &[1, 1]).expect("inside");
    let flat = movement::reshape(&part, &[-1]).expect("the same size");
    let rows = indexing::gather(&wide, &ids, 0).expect("rows");
    check(&[x, ids], &[ew::unary(UnaryKind::Exp, &flat).expect("floats"), rows], 4);
    let (x, ids) = (param(&[4, 6], DType::F32), param(&[2], DType::I32));
    let turned = movement::reverse(&x, &[0]).expect("an axis");
    let some = movement::slice(&turned, &[0, 0], &[4, 4], &[1, 2]).expect("inside");
    let back = movement::reverse(&some, &[0]).expect("an axis");
    let kept = movement::reshape(&back, &[2, -1]).expect("the same size");
    let rows = indexing::gather(&turned, &ids, 0).expect("rows");
    let soft = indexing::gather(&kept, &ids, 1).expect("columns");
    check(
        &[x, ids],
        &[rows, soft, indexing::gather(&back, &param(&[2], DType::I32), 0).map(|_| kept.clone()).expect("rows")],
        4,
    );
}

/// Bad data in a loop end the loop: its condition would look at numbers that nobody wrote.
#[test]
fn a_loop_ends_with_its_first_bad_index() {
    let (table, start) = (param(&[3], DType::I32), param(&[], DType::I32));
    let zero = movement::scalar(0.0, DType::I32).expect("a scalar");
    let outputs = control::trace_while::<Error>(
        std::slice::from_ref(&start),
        |carry| ew::binary(BinaryKind::Ge, &carry[0], &zero),
        |carry| Ok(vec![indexing::gather(&table, &carry[0], 0)?]),
    )
    .expect("types fit");
    let (graph, _) = Graph::capture(&outputs, &[table, start], 0).expect("closed");
    let table = |values: [f64; 3]| Value::new(&[3], DType::I32, values.to_vec());
    let args = |values| [table(values), Value::scalar(0.0, DType::I32)];
    let level = common::isa();
    assert_eq!(run(&graph, &args([1.0, 2.0, -7.0]), None, level).expect("ends")[0].data, [-7.0]);
    assert!(run(&graph, &args([1.0, 2.0, 3.0]), None, level).is_err(), "index 3 is out of range");
}

/// An epoch has so many batches and no more.
#[test]
fn batches_beyond_the_epoch_are_refused() {
    let counter = Variable::new("counter", Arc::new(common::to_buffer(&Value::scalar(0.0, DType::I32))));
    trace::begin("count");
    let ids = param(&[4], DType::I32);
    let sum = reduce::sum_all(&ids).expect("integers");
    let next = ew::add(&trace::read_variable(&counter), &sum).expect("integers");
    trace::assign_variable(&counter, &next).expect("the same type");
    let program = Arc::new(trace::compile(&[ids], &[], &[true]).expect("compiles"));
    let trainer = Trainer::new(program, None, None, 12, 4, Priority::Training).expect("three batches");
    trainer.begin_epoch(Order::Sequential, 0, 0);
    assert_eq!(trainer.run(2..4, false).expect_err("there is no fourth").kind, ErrorKind::Config);
    assert_eq!(trainer.run(2..3, false).expect("the third"), 1);
    let sum = eval::read(&trace::read_variable(&counter)).expect("a number");
    assert_eq!(common::from_buffer(&sum).data, [f64::from(8 + 9 + 10 + 11)]);
}

/// The mask of ReLU's gradient is "greater than zero", so where the output is NaN no gradient passes.
#[test]
fn a_mask_of_nan_lets_nothing_through() {
    let (y, dy, w) = (param(&[6, 5], DType::F32), param(&[6, 3], DType::F32), param(&[5, 3], DType::F32));
    let dx = contraction::matmul(&dy, &w, false, true).expect("shapes fit");
    let zero = movement::scalar(0.0, DType::F32).expect("a scalar");
    let positive = ew::binary(BinaryKind::Gt, &y, &zero).expect("floats");
    let masked = ew::select(&positive, &dx, &zero).expect("floats");
    let (graph, _) = Graph::capture(&[masked], &[y, dy, w], 0).expect("a closed graph");
    let value = |dims: &[usize], data: Vec<f64>| Value {
        ty: TensorType::new(Shape::new(dims).expect("small"), DType::F32),
        data,
    };
    let signs = (0..30).map(|i| [1.0, f64::NAN, -1.0, 0.0][i % 4]).collect();
    let args = [value(&[6, 5], signs), value(&[6, 3], vec![1.0; 18]), value(&[5, 3], vec![1.0; 15])];
    for level in isa::available() {
        for batch in [None, Some((6, vec![true, true, false]))] {
            let result = run(&graph, &args, batch, level).expect("good data");
            let expected = (0..30).map(|i| if i % 4 == 0 { 3.0 } else { 0.0 });
            assert!(result[0].data.iter().copied().eq(expected), "{level:?}: {:?}", result[0].data);
        }
    }
}
