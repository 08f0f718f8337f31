//! Control flow on the engine: scan, cond and while inside each other, all lengths and directions, captured values, carried values of several
//! types, gradients, whole and batched, against the reference.

mod common;
mod fuzz;

use std::sync::Arc;

use common::{from_buffer, run, to_buffer};
use fuzz::{Choices, Judge, close};
use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::graph::cases::Operand;
use hornbeam_engine::graph::ops::elementwise::{self as ew, BinaryKind, UnaryKind};
use hornbeam_engine::graph::ops::{contraction, control, movement, reduce};
use hornbeam_engine::graph::{DType, Error, Graph, Result, Shape, Tensor, TensorType, gradients};
use hornbeam_engine::plan::{Spec, compile};
use hornbeam_engine::program::{Binding, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_kernels::isa;
use hornbeam_reference::{Value, random_value};

fn param(dims: &[usize], dtype: DType) -> Tensor {
    Tensor::param(TensorType::new(Shape::new(dims).expect("small"), dtype))
}

fn arguments(params: &[Tensor], seed: u64) -> Vec<Value> {
    let operand = |p: &Tensor| match p.dtype() {
        DType::F32 => Operand::floats(p.shape().dims(), -1.0, 1.0),
        dtype => Operand::any(p.shape().dims(), dtype),
    };
    params.iter().enumerate().map(|(i, p)| random_value(&operand(p), seed * 64 + i as u64)).collect()
}

/// Runs on every instruction set, whole and batched, with one and three threads.
fn check(what: &str, params: &[Tensor], outputs: &[Tensor], seed: u64, batch: (usize, Vec<bool>)) {
    let (graph, captured) = Graph::capture(outputs, params, 0).expect("a closed graph");
    assert!(captured.is_empty());
    let args = arguments(params, seed);
    let judge = Judge::new(&graph, &args).expect("good data");
    assert!(
        judge.judged() * 3 >= outputs.len() * 2,
        "{what}: {} of {} outputs can be judged",
        judge.judged(),
        outputs.len()
    );
    for level in isa::available() {
        for batch in [None, Some(batch.clone())] {
            let mut bits: Vec<Vec<Value>> = Vec::new();
            for threads in [1, 3] {
                runtime().set_threads(threads);
                let actual = run(&graph, &args, batch.clone(), level).expect("good data");
                if let Some(wrong) = judge.check(&actual) {
                    panic!("{what}, {level:?}, batch {batch:?}, {threads} threads: {wrong}");
                }
                bits.push(actual);
            }
            let same = |a: &Value, b: &Value| a.data.iter().zip(&b.data).all(|(x, y)| x.to_bits() == y.to_bits());
            assert!(bits[0].iter().zip(&bits[1]).all(|(a, b)| same(a, b)), "{what}: other bits with three threads");
        }
    }
}

/// Control flow inside control flow over `x` ([rows, width]), `w` ([width, width]) and an int32 scalar.
fn nest(choices: &mut Choices, depth: usize, x: &Tensor, w: &Tensor, count: &Tensor) -> Result<Tensor> {
    if depth == 0 {
        return match choices.below(4) {
            0 => ew::unary(UnaryKind::Tanh, &contraction::matmul(x, w, false, false)?),
            1 => ew::scale(&ew::add(x, &reduce::sum(w, &[0], true)?)?, 0.4),
            2 => ew::unary(UnaryKind::Sin, &movement::reverse(x, &[1])?),
            _ => ew::mul(&ew::unary(UnaryKind::Cos, x)?, &ew::unary(UnaryKind::Sigmoid, x)?),
        };
    }
    let choice = choices.below(3);
    let inner = &mut *choices;
    match choice {
        0 => {
            let length = inner.of(&[0, 1, 2, 5]);
            let reverse = inner.once_in(2);
            let steps = movement::iota(Shape::new(&[length])?, 0, DType::I32)?;
            let scaled = ew::scale(&ew::cast(&steps, DType::F32)?, 0.1)?;
            let mixed = inner.once_in(2);
            let outputs = control::trace_scan::<Error>(
                &[x.clone(), count.clone()],
                &[steps, scaled],
                length,
                reverse,
                |carry, xs| {
                    let moved = ew::add(&carry[0], &xs[1])?;
                    let next = nest(inner, depth - 1, &moved, w, &carry[1])?;
                    // Captured values from outside, and what is carried handed out as it came.
                    let row = reduce::sum(&next, &[0], false)?;
                    let kept = if mixed { ew::add(&row, &reduce::sum(x, &[0], false)?)? } else { row };
                    Ok((vec![next, ew::add(&carry[1], &xs[0])?], vec![kept, carry[0].clone(), carry[1].clone()]))
                },
            )?;
            let stacked = ew::scale(&reduce::sum(&outputs[3], &[0], false)?, 0.2)?;
            let rows = ew::scale(&reduce::sum(&outputs[2], &[0], false)?, 0.05)?;
            let counted = ew::scale(&ew::cast(&outputs[1], DType::F32)?, 0.01)?;
            ew::add(&ew::add(&ew::add(&outputs[0], &stacked)?, &rows)?, &counted)
        }
        1 => {
            let limit = movement::scalar(f64::from(inner.bits() % 5), DType::I32)?;
            let predicate = ew::binary(BinaryKind::Lt, count, &limit)?;
            // Both branches are traced with the same stream of choices.
            let inner = std::cell::RefCell::new(inner);
            let outputs = control::trace_cond::<Error>(
                &predicate,
                || Ok(vec![nest(&mut inner.borrow_mut(), depth - 1, x, w, count)?, x.clone(), limit.clone()]),
                || {
                    Ok(vec![
                        ew::scale(x, 0.5)?,
                        nest(&mut inner.borrow_mut(), depth - 1, x, w, &limit)?,
                        ew::add(count, &limit)?,
                    ])
                },
            )?;
            let counted = ew::scale(&ew::cast(&outputs[2], DType::F32)?, 0.01)?;
            ew::add(&ew::scale(&ew::add(&outputs[0], &outputs[1])?, 0.5)?, &counted)
        }
        _ => {
            let rounds = movement::scalar(f64::from(inner.bits() % 4), DType::I32)?;
            let start = movement::scalar(0.0, DType::I32)?;
            let outputs = control::trace_while::<Error>(
                &[start, x.clone()],
                |carry| ew::binary(BinaryKind::Lt, &carry[0], &rounds),
                |carry| {
                    let next = nest(inner, depth - 1, &carry[1], w, &carry[0])?;
                    Ok(vec![ew::shift(&carry[0], 1.0)?, ew::scale(&ew::add(&next, x)?, 0.5)?])
                },
            )?;
            Ok(outputs[1].clone())
        }
    }
}

#[test]
fn control_flow_nests() {
    for seed in 0..60 {
        let mut choices = Choices::new(seed);
        let rows = choices.of(&[4, 7, 16, 33]);
        let width = choices.of(&[1, 3, 8]);
        let (x, w, count) =
            (param(&[rows, width], DType::F32), param(&[width, width], DType::F32), param(&[], DType::I32));
        let depth = 1 + choices.below(3);
        // Elementwise work before and after, so that there is something to walk by sample.
        let before = ew::unary(UnaryKind::Tanh, &x).expect("floats");
        let inside = nest(&mut choices, depth, &before, &w, &count).expect("types fit");
        let after = ew::mul(&inside, &before).expect("fits");
        let sum = reduce::sum(&after, &[0], false).expect("floats");
        check(&format!("nest {seed}"), &[x, w, count], &[inside, after, sum], seed, (rows, vec![true, false, false]));
    }
}

#[test]
fn gradients_flow_through_scans_and_branches() {
    for seed in 0..24 {
        let mut choices = Choices::new(1000 + seed);
        let rows = choices.of(&[4, 9]);
        let length = [0, 1, 2, 6][seed as usize % 4];
        let reverse = seed % 8 > 3;
        let (x, w, count) = (param(&[rows, 5], DType::F32), param(&[5, 5], DType::F32), param(&[], DType::I32));
        let xs = param(&[length, rows, 5], DType::F32);
        let outputs = control::trace_scan::<Error>(
            std::slice::from_ref(&x),
            std::slice::from_ref(&xs),
            length,
            reverse,
            |carry, xs| {
                let sum = reduce::sum_all(&carry[0])?;
                let positive = ew::binary(BinaryKind::Gt, &sum, &movement::scalar(0.3, DType::F32)?)?;
                let branches = control::trace_cond::<Error>(
                    &positive,
                    || Ok(vec![ew::unary(UnaryKind::Tanh, &contraction::matmul(&carry[0], &w, false, false)?)?]),
                    || Ok(vec![ew::add(&ew::mul(&carry[0], &xs[0])?, &x)?]),
                )?;
                let inner =
                    control::trace_scan::<Error>(&branches, std::slice::from_ref(&xs[0]), rows, true, |carry, row| {
                        let next = ew::unary(UnaryKind::Sin, &ew::add(&carry[0], &row[0])?)?;
                        Ok((vec![next.clone()], vec![reduce::sum(&next, &[0], false)?]))
                    })?;
                Ok((vec![inner[0].clone()], vec![ew::mul(&inner[1], &xs[0])?]))
            },
        )
        .expect("types fit");
        let wrt = [x.clone(), w.clone(), xs.clone()];
        let mut results = outputs.clone();
        let found = gradients(&outputs, &[], &wrt).expect("differentiable");
        results.extend(found.into_iter().flatten());
        check(&format!("gradient {seed}"), &[x, w, count, xs], &results, seed, (rows, vec![true, false, false, false]));
    }
}

const BATCH: usize = 6;
const INPUTS: usize = 3;
const UNITS: usize = 4;

/// One step of S. Hochreiter and J. Schmidhuber's cell, gates in the order input, forget, candidate, output.
fn cell(weights: &[Tensor], h: &Tensor, c: &Tensor, x: &Tensor) -> Result<[Tensor; 2]> {
    let (now, before) =
        (contraction::matmul(x, &weights[0], false, false)?, contraction::matmul(h, &weights[1], false, false)?);
    let z = ew::add(&ew::add(&now, &before)?, &weights[2])?;
    let gate = |k: usize| movement::slice_axis(&z, 1, k * UNITS, (k + 1) * UNITS);
    let sigmoid = |t: &Tensor| ew::unary(UnaryKind::Sigmoid, t);
    let tanh = |t: &Tensor| ew::unary(UnaryKind::Tanh, t);
    let c = ew::add(&ew::mul(&sigmoid(&gate(1)?)?, c)?, &ew::mul(&sigmoid(&gate(0)?)?, &tanh(&gate(2)?)?)?)?;
    Ok([ew::mul(&sigmoid(&gate(3)?)?, &tanh(&c)?)?, c])
}

fn lstm(length: usize, scanned: bool) -> Graph {
    let dims: [&[usize]; 6] = [
        &[INPUTS, 4 * UNITS],
        &[UNITS, 4 * UNITS],
        &[4 * UNITS],
        &[BATCH, UNITS],
        &[BATCH, UNITS],
        &[length, BATCH, INPUTS],
    ];
    let params: Vec<Tensor> = dims.iter().map(|d| param(d, DType::F32)).collect();
    let build = || -> Result<Vec<Tensor>> {
        let (h, c, hidden) = if scanned {
            let outputs = control::trace_scan::<Error>(&params[3..5], &params[5..], length, false, |carry, x| {
                let [h, c] = cell(&params[..3], &carry[0], &carry[1], &x[0])?;
                Ok((vec![h.clone(), c], vec![h]))
            })?;
            (outputs[0].clone(), outputs[1].clone(), outputs[2].clone())
        } else {
            let (mut h, mut c) = (params[3].clone(), params[4].clone());
            let mut hidden = Vec::new();
            for t in 0..length {
                let row = movement::slice_axis(&params[5], 0, t, t + 1)?;
                [h, c] = cell(&params[..3], &h, &c, &movement::reshape(&row, &[BATCH as i64, INPUTS as i64])?)?;
                hidden.push(movement::reshape(&h, &[1, BATCH as i64, UNITS as i64])?);
            }
            (h, c, movement::concat(&hidden, 0)?)
        };
        let sums = [
            reduce::sum_all(&ew::mul(&hidden, &ew::unary(UnaryKind::Cos, &hidden)?)?)?,
            reduce::sum_all(&h)?,
            reduce::sum_all(&c)?,
        ];
        let loss = ew::add(&ew::add(&sums[0], &sums[1])?, &sums[2])?;
        let found = gradients(std::slice::from_ref(&loss), &[None], &params)?;
        Ok([loss, hidden].into_iter().chain(found.into_iter().flatten()).collect())
    };
    Graph::capture(&build().expect("types fit"), &params, 0).expect("closed").0
}

fn floats(graph: &Graph) -> Vec<Value> {
    graph
        .param_types()
        .iter()
        .enumerate()
        .map(|(i, ty)| random_value(&Operand::floats(ty.shape.dims(), -1.0, 1.0), i as u64))
        .collect()
}

#[test]
fn two_hundred_steps_of_an_lstm_equal_the_unrolled_cell() {
    let (scanned, unrolled) = (lstm(200, true), lstm(200, false));
    let args = floats(&scanned);
    let judge = Judge::new(&scanned, &args).expect("good data");
    assert_eq!(judge.judged(), scanned.outputs.len());
    let by_scan = run(&scanned, &args, None, common::isa()).expect("runs");
    let by_hand = run(&unrolled, &args, None, common::isa()).expect("runs");
    for (i, (a, b)) in by_scan.iter().zip(&by_hand).enumerate() {
        let most = b.data.iter().map(|x| x.abs()).fold(1.0, f64::max);
        assert_eq!(close(a, b, 2e-5 * most), None, "output {i}: scanned against unrolled");
        assert_eq!(close(a, &judge.expected[i], 2e-5 * most), None, "output {i}: scanned against the reference");
    }
}

/// A program with loops leaves nothing behind in them: the same arguments give the same bits, others their own.
#[test]
fn loops_start_afresh() {
    let graph = lstm(7, true);
    let spec = Spec {
        graph: graph.clone(),
        batch: None,
        updates: Vec::new(),
        variables: Vec::new(),
        precision: Precision::Fast,
    };
    let plan = Arc::new(compile(&spec, common::isa()).expect("compiles"));
    // Two programs share one plan, so its bodies too.
    let programs = [0, 1].map(|_| Program::new(plan.clone(), vec![Binding::Argument; graph.params]));
    let first = floats(&graph);
    let second: Vec<Value> =
        first.iter().map(|v| Value { ty: v.ty, data: v.data.iter().map(|x| -x).collect() }).collect();
    let run = |program: usize, args: &[Value]| -> Vec<Value> {
        let args: Vec<_> = args.iter().map(|a| Arc::new(to_buffer(a))).collect();
        programs[program].run(&args, Priority::Inference).expect("runs").iter().map(|b| from_buffer(b)).collect()
    };
    let (a, b) = (run(0, &first), run(1, &second));
    assert!(a != b);
    assert!(run(1, &first) == a && run(0, &second) == b && run(0, &first) == a);
    std::thread::scope(|scope| {
        for program in 0..2 {
            let (run, a, b, first, second) = (&run, &a, &b, &first, &second);
            scope.spawn(move || (0..50).for_each(|_| assert!(run(program, first) == *a && run(program, second) == *b)));
        }
    });
}
