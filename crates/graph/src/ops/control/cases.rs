//! Test cases of control flow.

use std::sync::Arc;

use super::{Cond, Scan, While, list};
use crate::cases::{Case, Operand};
use crate::dtype::DType;
use crate::error::Result;
use crate::graph::Graph;
use crate::ops::elementwise::{self, BinaryKind, UnaryKind};
use crate::ops::{Body, contraction, control, indexing, movement, reduce};
use crate::shape::{Shape, TensorType};
use crate::tensor::{Scope, Tensor};

/// The graph of a function of parameters of the operands' types.
fn body(params: &[Operand], function: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>) -> Body {
    let ty = |operand: &Operand| TensorType::new(Shape::new(&operand.dims).expect("the dims of a case"), operand.dtype);
    let types: Vec<TensorType> = params.iter().map(ty).collect();
    let scope = Scope::enter();
    let params: Vec<Tensor> = types.iter().map(|&ty| Tensor::param(ty)).collect();
    let traced = function(&params).and_then(|results| Graph::capture(&results, &params, scope.id()));
    match traced {
        Ok((graph, _)) => Arc::new(graph),
        Err(error) => panic!("the body of a case on {}: {error}", list(&types)),
    }
}

fn floats(dims: &[usize]) -> Operand {
    Operand::floats(dims, -1.0, 1.0)
}

/// A scan whose operands are given as captured, carried, and one row of each sequence.
fn scan_of(
    parts: [Vec<Operand>; 3],
    length: usize,
    reverse: bool,
    step: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
) -> Case {
    let [captured, carry, rows] = &parts;
    let op = Scan { body: body(&parts.concat(), step), captured: captured.len(), carry: carry.len(), length, reverse };
    let stacked = rows.iter().map(|row| Operand { dims: [&[length], &row.dims[..]].concat(), ..row.clone() });
    let inputs = captured.iter().chain(carry).cloned().chain(stacked).collect();
    Case::new(op, inputs).with_gradient()
}

fn tanh(x: &Tensor) -> Result<Tensor> {
    elementwise::unary(UnaryKind::Tanh, x)
}

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    [scan_cases(), cond_cases(), while_cases()].concat()
}

fn scan_cases() -> Vec<Case> {
    let running_sum = |p: &[Tensor]| {
        let sum = elementwise::add(&p[0], &p[1])?;
        Ok(vec![sum.clone(), sum])
    };
    let recurrent = |p: &[Tensor]| {
        let [w, u, h, x] = p else { unreachable!() };
        let (a, b) = (contraction::matmul(x, w, false, false)?, contraction::matmul(h, u, false, false)?);
        let next = tanh(&elementwise::add(&a, &b)?)?;
        Ok(vec![next.clone(), next])
    };
    let cell = |batch: usize, inputs: usize, units: usize| {
        let weights = vec![floats(&[inputs, units]), floats(&[units, units])];
        [weights, vec![floats(&[batch, units])], vec![floats(&[batch, inputs])]]
    };
    let mut cases = Vec::new();
    for (length, reverse) in [(5, false), (5, true), (1, false), (0, false), (0, true)] {
        cases.push(scan_of([vec![], vec![floats(&[3])], vec![floats(&[3])]], length, reverse, running_sum));
    }
    for (length, reverse) in [(4, false), (3, true), (0, false)] {
        cases.push(scan_of(cell(2, 3, 4), length, reverse, recurrent));
    }
    // Only carried values, only rows, several of each, a carried integer, a broadcast captured value, a constant result.
    let squares = |p: &[Tensor]| Ok(vec![elementwise::scale(&elementwise::mul(&p[0], &p[1])?, 1.5)?]);
    cases.push(scan_of([vec![floats(&[])], vec![floats(&[2])], vec![]], 3, false, squares));
    let mapped = |p: &[Tensor]| Ok(vec![elementwise::mul(&p[1], &tanh(&p[0])?)?, elementwise::neg(&p[2])?]);
    cases.push(scan_of([vec![floats(&[1])], vec![], vec![floats(&[3]), floats(&[])]], 4, false, mapped));
    let counted = |p: &[Tensor]| {
        let [scale, count, state, row] = p else { unreachable!() };
        let weight = elementwise::mul(&elementwise::cast(count, DType::F32)?, scale)?;
        let next = elementwise::add(&elementwise::mul(state, row)?, &weight)?;
        Ok(vec![elementwise::shift(count, 1.0)?, next.clone(), count.clone(), tanh(&next)?])
    };
    let parts = [vec![floats(&[2])], vec![Operand::integers(&[], 0, 5), floats(&[2])], vec![floats(&[1])]];
    cases.push(scan_of(parts, 4, true, counted));
    let swapped = |p: &[Tensor]| {
        let [a, b, x] = p else { unreachable!() };
        let one = movement::scalar(1.0, DType::F32)?;
        Ok(vec![b.clone(), elementwise::mul(a, x)?, one, elementwise::sub(a, b)?])
    };
    cases.push(scan_of([vec![], vec![floats(&[2]), floats(&[2])], vec![floats(&[2])]], 5, false, swapped));
    // A scan inside a scan.
    let nested = |p: &[Tensor]| {
        let [w, state, rows] = p else { unreachable!() };
        control::trace_scan(std::slice::from_ref(state), std::slice::from_ref(rows), 3, false, |carry, x| {
            let next = tanh(&elementwise::add(&elementwise::mul(&carry[0], w)?, &x[0])?)?;
            Ok::<_, crate::error::Error>((vec![next.clone()], vec![next]))
        })
    };
    cases.push(scan_of([vec![floats(&[2])], vec![floats(&[2])], vec![floats(&[3, 2])]], 2, false, nested));
    cases.extend(product_cases());
    cases
}

/// Scans with products, whose gradients are taken after the loop or in it, and whose right-hand sides are packed before it.
fn product_cases() -> Vec<Case> {
    let matmul = |a: &Tensor, b: &Tensor| contraction::matmul(a, b, false, false);
    let mut cases = Vec::new();
    // A kernel that two products and something else read, and a bias.
    let twice = |p: &[Tensor]| {
        let [w, bias, h, x] = p else { unreachable!() };
        let first = tanh(&elementwise::add(&matmul(h, w)?, bias)?)?;
        let second = elementwise::add(&matmul(&first, w)?, &elementwise::mul(&tanh(w)?, x)?)?;
        Ok(vec![tanh(&second)?, first])
    };
    // Products of a captured value and of a constant: there are no rows of these.
    let unstacked = |p: &[Tensor]| {
        let [w, a, h] = p else { unreachable!() };
        let ones = movement::fill(1.0, Shape::new(&[3, 3])?, DType::F32)?;
        Ok(vec![tanh(&elementwise::add(&elementwise::add(&matmul(a, w)?, &matmul(&ones, w)?)?, h)?)?])
    };
    // Rows of a product that are also the gradient of the sequence, and the carried cotangent as it comes.
    let shared = |p: &[Tensor]| {
        let [w, h, x] = p else { unreachable!() };
        let product = matmul(x, w)?;
        Ok(vec![elementwise::add(h, &product)?, elementwise::add(&product, x)?])
    };
    // A kernel whose gradient is a sum of very many parts.
    let doubled = |p: &[Tensor]| {
        let mut w = p[0].clone();
        for _ in 0..6 {
            w = elementwise::add(&w, &w)?;
        }
        Ok(vec![tanh(&matmul(&p[1], &elementwise::scale(&w, 1.0 / 64.0)?)?)?])
    };
    cases.push(scan_of([vec![floats(&[3, 3])], vec![floats(&[3, 3])], vec![]], 2, false, doubled));
    for (length, reverse) in [(3, false), (2, true), (0, false)] {
        let square = || floats(&[3, 3]);
        let parts = [vec![square(), floats(&[3])], vec![square()], vec![square()]];
        cases.push(scan_of(parts, length, reverse, twice));
        cases.push(scan_of([vec![square(), square()], vec![square()], vec![]], length, reverse, unstacked));
        cases.push(scan_of([vec![square()], vec![square()], vec![square()]], length, reverse, shared));
    }
    // Rows enough to be packed for; the inner loop's right-hand side is another one in every step of the outer one.
    let tall = |p: &[Tensor]| {
        let [w, h, x] = p else { unreachable!() };
        let next = tanh(&elementwise::add(&contraction::matmul(h, w, false, true)?, x)?)?;
        Ok(vec![next.clone(), next])
    };
    let parts = || [vec![floats(&[5, 5])], vec![floats(&[17, 5])], vec![floats(&[17, 5])]];
    cases.push(scan_of(parts(), 3, false, tall));
    cases.push(scan_of(parts(), 2, true, tall));
    let nested = |p: &[Tensor]| {
        let [state, rows] = p else { unreachable!() };
        control::trace_scan(std::slice::from_ref(state), std::slice::from_ref(rows), 2, false, |carry, x| {
            let next = tanh(&elementwise::add(&matmul(&carry[0], state)?, &x[0])?)?;
            Ok::<_, crate::error::Error>((vec![next.clone()], vec![next]))
        })
    };
    cases.push(scan_of([vec![], vec![floats(&[16, 16])], vec![floats(&[2, 16, 16])]], 2, false, nested));
    cases.into_iter().map(|case| case.within(1e-5, 1e-4)).collect()
}

fn cond_cases() -> Vec<Case> {
    let of = |truth: f64, operands: Vec<Operand>, then: Body, otherwise: Body| {
        let predicate = Operand::new(&[], DType::Bool, crate::cases::Fill::Values(vec![truth]));
        Case::new(Cond { then, otherwise }, std::iter::once(predicate).chain(operands).collect()).with_gradient()
    };
    let mut cases = Vec::new();
    for truth in [0.0, 1.0] {
        let two = vec![floats(&[3]), floats(&[2, 3])];
        let product = body(&two, |p| Ok(vec![elementwise::mul(&p[0], &p[1])?]));
        let sum = body(&two, |p| Ok(vec![tanh(&elementwise::add(&p[0], &p[1])?)?]));
        let second = body(&two, |p| Ok(vec![p[1].clone()]));
        let zeros = body(&two, |p| Ok(vec![movement::fill(0.0, p[1].shape(), DType::F32)?]));
        cases.push(of(truth, two.clone(), product.clone(), sum.clone()));
        cases.push(of(truth, two.clone(), second, product));
        cases.push(of(truth, two, zeros, sum));
        let mixed = vec![floats(&[4, 2]), Operand::integers(&[3], 0, 4)];
        let looked_up = body(&mixed, |p| Ok(vec![indexing::gather(&p[0], &p[1], 0)?, p[1].clone()]));
        let first = body(&mixed, |p| {
            let row = movement::slice_axis(&p[0], 0, 0, 1)?;
            Ok(vec![movement::broadcast_to(&row, Shape::new(&[3, 2])?)?, elementwise::neg(&p[1])?])
        });
        cases.push(of(truth, mixed, looked_up, first));
        let empty = vec![floats(&[0, 3])];
        let total = body(&empty, |p| Ok(vec![reduce::sum_all(&p[0])?]));
        let one = body(&empty, |_| Ok(vec![movement::scalar(1.0, DType::F32)?]));
        cases.push(of(truth, empty, total, one));
    }
    cases
}

fn while_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // Doubles until a limit is passed; counts the rounds.
    let doubled = [floats(&[]), floats(&[]), Operand::integers(&[], 0, 1)];
    let below = body(&doubled, |p| Ok(vec![elementwise::binary(BinaryKind::Lt, &p[1], &p[0])?]));
    let twice = body(&doubled, |p| Ok(vec![elementwise::scale(&p[1], 2.0)?, elementwise::shift(&p[2], 1.0)?]));
    for limit in [0.0, 1.0, 5.0, 1000.0] {
        let of = |value: f64| Operand::floats(&[], value, value);
        let inputs = vec![of(limit), of(1.0), Operand::integers(&[], 0, 1)];
        cases.push(Case::new(While { condition: below.clone(), body: twice.clone(), captured: 1 }, inputs));
    }
    // A fixed number of rounds over tensors of several types and sizes.
    for (rounds, dims) in [(0, &[3][..]), (1, &[]), (4, &[2, 5]), (7, &[0]), (3, &[40])] {
        let carried = [Operand::integers(&[], 0, 1), floats(dims), Operand::booleans(dims)];
        let condition = body(&carried, |p| {
            let end = movement::scalar(f64::from(rounds), DType::I32)?;
            Ok(vec![elementwise::binary(BinaryKind::Lt, &p[0], &end)?])
        });
        let step = body(&carried, |p| {
            let next = elementwise::select(&p[2], &tanh(&p[1])?, &elementwise::shift(&p[1], 0.5)?)?;
            Ok(vec![elementwise::shift(&p[0], 1.0)?, next, elementwise::unary(UnaryKind::Not, &p[2])?])
        });
        cases.push(Case::new(While { condition, body: step, captured: 0 }, carried.to_vec()));
    }
    // A captured kernel, of which the loop makes a packed copy.
    let operands = [floats(&[5, 5]), Operand::integers(&[], 0, 1), floats(&[17, 5])];
    let condition = body(&operands, |p| {
        let end = movement::scalar(3.0, DType::I32)?;
        Ok(vec![elementwise::binary(BinaryKind::Lt, &p[1], &end)?])
    });
    let step = body(&operands, |p| {
        Ok(vec![elementwise::shift(&p[1], 1.0)?, tanh(&contraction::matmul(&p[2], &p[0], false, false)?)?])
    });
    cases.push(Case::new(While { condition, body: step, captured: 1 }, operands.to_vec()));
    cases
}
