//! Programs that write variables: swaps, sums of each other, views, the same value twice, snapshots held by readers; against a model that
//! computes all new values from the old ones and only then writes them.

mod common;
mod fuzz;

use std::sync::Arc;

use common::{from_buffer, to_buffer};
use fuzz::{Choices, Judge, hazards};
use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::buffer::{Buffer, Variable};
use hornbeam_engine::graph::cases::Operand;
use hornbeam_engine::graph::ops::elementwise::{self as ew, BinaryKind, UnaryKind};
use hornbeam_engine::graph::ops::{contraction, indexing, movement, reduce};
use hornbeam_engine::graph::{DType, Graph, Result, Shape, Tensor, TensorType};
use hornbeam_engine::plan::{Spec, compile};
use hornbeam_engine::program::{Binding, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_engine::{eval, trace};
use hornbeam_reference::{Value, random_value};

/// Side of the square variables; one in some has more elements than a task of the machine takes.
fn side(choices: &mut Choices) -> usize {
    if choices.once_in(40) { 130 } else { choices.of(&[1, 2, 3, 5, 8, 17]) }
}

/// One more value from the square matrices there are.
fn grow(choices: &mut Choices, pool: &[Tensor]) -> Result<Tensor> {
    let mut some = || pool[pool.len() - 1 - choices.below(pool.len()).min(choices.below(pool.len()))].clone();
    let (x, y) = (some(), some());
    let side = x.shape()[0];
    match choices.below(14) {
        0..=3 => ew::scale(&ew::add(&x, &y)?, 0.7),
        4 => ew::sub(&x, &y),
        5 => ew::unary(choices.of(&[UnaryKind::Tanh, UnaryKind::Relu, UnaryKind::Neg, UnaryKind::Cos]), &x),
        6 => ew::mul(&ew::unary(UnaryKind::Sin, &x)?, &y),
        7 => movement::transpose(&x, &[1, 0]),
        8 => movement::reverse(&x, &[choices.below(2) as i64]),
        // The reference takes its time over large products.
        9 if side < 100 => ew::unary(UnaryKind::Sin, &contraction::matmul(&x, &y, false, choices.once_in(2))?),
        10 => ew::add(&x, &ew::unary(UnaryKind::Tanh, &reduce::sum(&y, &[choices.below(2) as i64], true)?)?),
        11 => {
            // Rows turned by one: views of the old value at other places.
            let cut = choices.below(side);
            let parts = [movement::slice_axis(&x, 0, cut, side)?, movement::slice_axis(&x, 0, 0, cut)?];
            movement::concat(&parts, 0)
        }
        12 => {
            // Something that can fail, so that it has to come before all writing.
            let ids = movement::iota(Shape::new(&[side])?, 0, DType::I32)?;
            indexing::gather(&x, &movement::reverse(&ids, &[0])?, 0)
        }
        _ => ew::binary(BinaryKind::Max, &x, &movement::broadcast_to(&movement::slice_axis(&y, 0, 0, 1)?, y.shape())?),
    }
}

/// The variables, a program that writes some of them, and the same as a graph from all variables to (results..., new values...).
struct Case {
    variables: Vec<Arc<Variable>>,
    program: Program,
    graph: Graph,
    results: usize,
    /// Variables written, in the order of the last outputs.
    written: Vec<usize>,
}

fn build(seed: u64) -> Case {
    let mut choices = Choices::new(seed);
    let side = side(&mut choices);
    let count = 2 + choices.below(4);
    let ty = TensorType::new(Shape::new(&[side, side]).expect("small"), DType::F32);
    let params: Vec<Tensor> = (0..count).map(|_| Tensor::param(ty)).collect();
    let mut pool = params.clone();
    for _ in 0..choices.below(12) {
        let grown = grow(&mut choices, &pool).expect("shapes fit");
        pool.push(grown);
    }
    let mut written: Vec<usize> = (0..count).filter(|_| !choices.once_in(4)).collect();
    if choices.once_in(2) {
        written.reverse();
    }
    let mut news: Vec<Tensor> = Vec::new();
    for &at in &written {
        let next = match choices.below(6) {
            // Another variable's old value, this one's own, a view, the value assigned just before.
            0 => choices.of(&params),
            1 => movement::transpose(&choices.of(&params), &[1, 0]).expect("a matrix"),
            2 if !news.is_empty() => choices.of(&news),
            // Sums of each other: nobody can be written first.
            3 => ew::scale(&ew::add(&params[at], &choices.of(&params)).expect("fits"), 0.5).expect("floats"),
            _ => pool[pool.len() - 1 - choices.below(pool.len()).min(3)].clone(),
        };
        news.push(next);
    }
    let mut outputs: Vec<Tensor> = Vec::new();
    for _ in 0..choices.below(4) {
        let of_news = !news.is_empty() && choices.once_in(2);
        let x = if of_news { choices.of(&news) } else { choices.of(&pool) };
        outputs.push(if choices.once_in(3) { movement::reshape(&x, &[-1]).expect("fits") } else { x });
    }
    let results = outputs.len();
    outputs.extend(news);
    let (graph, _) = Graph::capture(&outputs, &params, 0).expect("closed");
    let variables: Vec<Arc<Variable>> = (0..count)
        .map(|i| {
            let value = random_value(&Operand::floats(&[side, side], -1.0, 1.0), seed * 16 + i as u64);
            Variable::new(&format!("v{i}"), Arc::new(to_buffer(&value)))
        })
        .collect();
    let batch = choices.once_in(2).then(|| (side, vec![choices.once_in(2); count]));
    let plan = compile(
        &Spec {
            graph: graph.clone(),
            batch,
            updates: written.clone(),
            variables: (0..graph.params).collect(),
            precision: Precision::Fast,
        },
        common::isa(),
    )
    .expect("compiles");
    let hazard = hazards(&plan);
    assert!(hazard.is_none(), "program {seed}: {hazard:?}\n{}", plan.describe());
    let program = Program::new(Arc::new(plan), variables.iter().map(|v| Binding::Variable(v.clone())).collect());
    Case { variables, program, graph, results, written }
}

fn read(variable: &Arc<Variable>) -> Arc<Buffer> {
    eval::read(&trace::read_variable(variable)).expect("numbers")
}

#[test]
fn programs_write_all_variables_from_their_old_values() {
    for seed in 0..200 {
        let case = build(seed);
        let mut choices = Choices::new(1 << 40 | seed);
        runtime().set_threads(1 + seed as usize % 3);
        let mut held: Vec<(Arc<Buffer>, Vec<u8>)> = Vec::new();
        for step in 0..3 {
            let args: Vec<Value> = case.variables.iter().map(|v| from_buffer(&read(v))).collect();
            let judge = Judge::new(&case.graph, &args).expect("good data");
            // Who holds a version makes the program write into fresh memory.
            for variable in case.variables.iter().filter(|_| choices.once_in(2)) {
                let buffer = read(variable);
                let bytes = buffer.bytes().to_vec();
                held.push((buffer, bytes));
            }
            let before: Vec<u64> = case.variables.iter().map(|v| v.version()).collect();
            let results = case.program.run(&[], Priority::Training).expect("runs");
            let mut actual: Vec<Value> = results.iter().map(|b| from_buffer(b)).collect();
            assert_eq!(actual.len(), case.results);
            actual.extend(case.written.iter().map(|&v| from_buffer(&read(&case.variables[v]))));
            if let Some(what) = judge.check(&actual) {
                panic!("program {seed}, step {step}: {what}\n{}", case.program.plan().describe());
            }
            for (i, variable) in case.variables.iter().enumerate() {
                let written = case.written.contains(&i);
                assert_eq!(variable.version(), before[i] + u64::from(written), "program {seed}: version of {i}");
                assert!(written || from_buffer(&read(variable)) == args[i], "program {seed}: {i} is not written");
            }
            assert!(
                held.iter().all(|(buffer, bytes)| buffer.bytes() == bytes),
                "program {seed}: a version that was read changed"
            );
            if choices.once_in(3) {
                held.clear();
            }
        }
    }
    runtime().set_threads(2);
}

/// Two parameters that are one variable: a tensor read in a trace before is used in this one.
#[test]
fn a_variable_read_in_an_older_trace_is_the_same_variable() {
    let start: Vec<u8> = (0..40_000u32).flat_map(|i| (i as f32).to_ne_bytes()).collect();
    let ty = TensorType::new(Shape::new(&[200, 200]).expect("small"), DType::F32);
    let variable = Variable::new("v", Arc::new(Buffer::from_bytes(ty, &start).expect("memory")));
    trace::begin("old");
    let old = trace::read_variable(&variable);
    trace::abort();
    trace::begin("new");
    let now = trace::read_variable(&variable);
    let doubled = ew::scale(&now, 2.0).expect("floats");
    let turned = movement::transpose(&old, &[1, 0]).expect("a matrix");
    trace::assign_variable(&variable, &ew::add(&doubled, &turned).expect("fits")).expect("the same type");
    let program = trace::compile(&[], &[], &[]).expect("compiles");
    program.run(&[], Priority::Training).expect("runs");
    let result = from_buffer(&read(&variable));
    let expected = |i: usize| 2.0 * i as f64 + (i % 200 * 200 + i / 200) as f64;
    assert!(result.data.iter().enumerate().all(|(i, &x)| x == expected(i)));
}

/// Programs share a variable's packed copies; whoever writes the variable, by whatever way, makes them out of date for all.
#[test]
fn packed_copies_follow_the_variable() {
    let value = |dims: &[usize], seed: u64| random_value(&Operand::floats(dims, -1.0, 1.0), seed);
    let leaf = |dims: &[usize], seed: u64| Arc::new(to_buffer(&value(dims, seed)));
    let weights = Variable::new("w", leaf(&[16, 24], 1));
    let (x, dy) = (leaf(&[32, 16], 2), leaf(&[32, 24], 3));
    let build = |update: bool| {
        trace::begin("product");
        let types = [[32, 16], [32, 24]].map(|d| TensorType::new(Shape::new(&d).expect("small"), DType::F32));
        let params = types.map(Tensor::param);
        let w = trace::read_variable(&weights);
        let part = movement::slice_axis(&w, 1, 8, 24).expect("inside");
        let outputs = [
            contraction::matmul(&params[0], &w, false, false).expect("fits"),
            contraction::matmul(&params[1], &w, false, true).expect("fits"),
            contraction::matmul(&params[0], &part, false, false).expect("fits"),
        ];
        if update {
            trace::assign_variable(&weights, &ew::scale(&w, -1.25).expect("floats")).expect("the same type");
        }
        trace::compile(&params, &outputs, &[true, true]).expect("compiles")
    };
    let programs = [build(false), build(true), build(false)];
    let mut choices = Choices::new(5);
    let mut held = Vec::new();
    for round in 0..60 {
        let w = from_buffer(&read(&weights));
        let (xs, dys) = (from_buffer(&x), from_buffer(&dy));
        match choices.below(6) {
            0 => trace::assign_variable(&weights, &Tensor::value(w.ty, leaf(&[16, 24], 100 + round))).expect("a value"),
            1 => held.push(read(&weights)),
            2 => held.clear(),
            _ => {
                let program = &programs[choices.below(3)];
                let results = program.run(&[x.clone(), dy.clone()], Priority::Inference).expect("runs");
                let results: Vec<Value> = results.iter().map(|b| from_buffer(b)).collect();
                let scale = w.data.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
                let entry = |row: usize, column: usize| w.data[row * 24 + column];
                for i in 0..32 {
                    let y = |c: usize| (0..16).map(|k| xs.data[i * 16 + k] * entry(k, c)).sum::<f64>();
                    let dx = |k: usize| (0..24).map(|c| dys.data[i * 24 + c] * entry(k, c)).sum::<f64>();
                    let near = |a: f64, b: f64| (a - b).abs() <= 1e-5 * scale;
                    assert!((0..24).all(|c| near(results[0].data[i * 24 + c], y(c))), "round {round}: the product");
                    assert!((0..16).all(|k| near(results[1].data[i * 16 + k], dx(k))), "round {round}: transposed");
                    assert!((0..16).all(|c| near(results[2].data[i * 16 + c], y(c + 8))), "round {round}: of a slice");
                }
            }
        }
    }
}
