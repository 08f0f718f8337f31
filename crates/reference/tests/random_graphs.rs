//! Random graphs, and their gradients, before and after simplification.

mod common;

use common::{assert_near, close, floats, param};
use hornbeam_graph::cases::Operand;
use hornbeam_graph::ops::elementwise::{self, BinaryKind, UnaryKind};
use hornbeam_graph::ops::reduce::ReduceKind;
use hornbeam_graph::ops::{contraction, control, indexing, movement, reduce, softmax};
use hornbeam_graph::simplify::simplify;
use hornbeam_graph::{DType, Error, Result, Shape, Tensor, gradients};
use hornbeam_reference::{evaluate, philox4x32_10, random_value};

/// Choices of one graph.
struct Choices {
    graph: u32,
    made: u32,
}

impl Choices {
    /// A number below `count`.
    fn below(&mut self, count: usize) -> usize {
        self.made += 1;
        philox4x32_10([self.made, self.graph, 0, 0], [17, 4])[0] as usize % count
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A float32 tensor made so far, late ones more often.
    fn tensor(&mut self, pool: &[Tensor]) -> Tensor {
        let back = self.below(pool.len()).min(self.below(pool.len()));
        pool[pool.len() - 1 - back].clone()
    }
}

/// A tensor that broadcasts with `x`: of the pool, if one does, else a constant, perhaps filled.
fn partner(choices: &mut Choices, pool: &[Tensor], x: &Tensor) -> Result<Tensor> {
    let y = choices.tensor(pool);
    let joint = x.shape().broadcast(&y.shape());
    if joint.is_some_and(|shape| shape.size() <= 200) && choices.below(3) > 0 {
        return Ok(y);
    }
    let value = choices.of(&[0.0, -0.0, 1.0, -1.0, 2.0, 0.5]);
    match choices.below(2) {
        0 => movement::scalar(value, DType::F32),
        _ => movement::fill(value, x.shape(), DType::F32),
    }
}

/// One more operation on tensors of the pool.
fn grow(choices: &mut Choices, pool: &[Tensor], ids: &Tensor) -> Result<Tensor> {
    use BinaryKind::*;
    let x = choices.tensor(pool);
    let rank = x.shape().rank();
    let axis = if rank > 0 { choices.below(rank) } else { 0 };
    match choices.below(16) {
        0 | 1 => {
            let kind =
                choices.of(&[UnaryKind::Neg, UnaryKind::Tanh, UnaryKind::Sin, UnaryKind::Relu, UnaryKind::Sigmoid]);
            elementwise::unary(kind, &x)
        }
        2..=4 => {
            let y = partner(choices, pool, &x)?;
            let (a, b) = if choices.below(2) == 0 { (&x, &y) } else { (&y, &x) };
            elementwise::binary(choices.of(&[Add, Sub, Mul, Max, Min]), a, b)
        }
        5 => {
            let y = partner(choices, pool, &x)?;
            let mut condition = elementwise::binary(choices.of(&[Lt, Ge]), &x, &y)?;
            if choices.below(2) == 0 {
                condition = elementwise::unary(UnaryKind::Not, &condition)?;
            }
            elementwise::select(&condition, &x, &y)
        }
        6 => elementwise::scale(&x, choices.of(&[1.0, -1.0, 0.25])),
        7 => {
            let mut order: Vec<usize> = (0..rank).collect();
            order.rotate_left(axis);
            movement::transpose(&x, &order)
        }
        8 => movement::reshape(&x, choices.of(&[&[-1][..], &[1, -1], &[-1, 1]])),
        9 if x.shape().size() <= 50 && rank < 4 => {
            movement::broadcast_to(&x, Shape::new(&[&[choices.of(&[1, 2])], &x.shape()[..]].concat())?)
        }
        10 if rank > 0 => {
            let kind = choices.of(&[ReduceKind::Sum, ReduceKind::Max]);
            reduce::reduce(kind, &x, &[axis as i64], choices.below(2) == 0)
        }
        11 if rank > 0 && x.shape()[axis] > 1 => match choices.below(3) {
            0 => movement::slice_axis(&x, axis, 0, x.shape()[axis]),
            1 => movement::slice_axis(&x, axis, 1, x.shape()[axis]),
            _ => movement::reverse(&x, &[axis as i64]),
        },
        12 if rank == 2 => contraction::matmul(&x, &movement::transpose(&x, &[1, 0])?, false, false),
        13 if rank > 0 && x.shape()[0] >= 3 => indexing::gather(&x, ids, 0),
        14 if rank > 0 => softmax::softmax(&x, axis as i64),
        15 if rank > 0 && x.shape()[0] > 0 => {
            let rows = std::slice::from_ref(&x);
            let start = [movement::fill(0.5, Shape::new(&x.shape()[1..])?, DType::F32)?];
            let outputs =
                control::trace_scan::<Error>(&start, rows, x.shape()[0], choices.below(2) == 0, |carry, x| {
                    let next = elementwise::unary(UnaryKind::Tanh, &elementwise::add(&carry[0], &x[0])?)?;
                    Ok((vec![next.clone()], vec![elementwise::mul(&next, &x[0])?, elementwise::scale(&next, 1.0)?]))
                })?;
            Ok(outputs[choices.below(3)].clone())
        }
        _ => movement::stop_gradient(&x),
    }
}

#[test]
fn random_graphs_keep_their_numbers() {
    let shapes: [&[usize]; 4] = [&[3, 4], &[4], &[], &[5, 1, 4]];
    let (mut before, mut after) = (0, 0);
    for graph in 0..400 {
        let mut choices = Choices { graph, made: 0 };
        let mut params: Vec<Tensor> = shapes.iter().map(|dims| param(dims, DType::F32)).collect();
        let ids = param(&[3], DType::I32);
        let mut pool = params.clone();
        let wrt = params.clone();
        params.push(ids.clone());
        for _ in 0..12 {
            let grown = grow(&mut choices, &pool, &ids).unwrap_or_else(|error| panic!("graph {graph}: {error}"));
            // Products of products leave the range where differences of rounding stay small.
            pool.push(if grown.shape().size() > 600 { reduce::sum_all(&grown).unwrap() } else { grown });
        }
        let mut outputs = vec![pool[pool.len() - 1].clone(), pool[pool.len() - 2].clone()];
        let found = gradients(&outputs, &[], &wrt).unwrap_or_else(|error| panic!("graph {graph}: {error}"));
        outputs.extend(found.into_iter().flatten());
        let whole = close(&outputs, &params);
        let simple = simplify(&whole);
        let mut args: Vec<_> =
            shapes.iter().enumerate().map(|(i, dims)| floats(dims, u64::from(graph) * 8 + i as u64)).collect();
        args.push(random_value(&Operand::integers(&[3], 0, 3), u64::from(graph) * 8 + 7));
        let expected = evaluate(&whole, &args).unwrap();
        assert_near(&format!("graph {graph}"), &evaluate(&simple, &args).unwrap(), &expected, 1e-9, 1e-9);
        (before, after) = (before + whole.nodes.len(), after + simple.nodes.len());
    }
    assert!(after < before, "{before} nodes became {after}");
}
