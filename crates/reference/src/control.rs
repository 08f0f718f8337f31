//! Control flow: bodies are evaluated once a step.

use hornbeam_graph::ops::{Cond, Scan, While};
use hornbeam_graph::{Result, Shape, TensorType};

use crate::evaluate;
use crate::value::Value;

pub(crate) fn scan(op: &Scan, inputs: &[&Value], types: &[TensorType]) -> Result<Vec<Vec<f64>>> {
    let owned = |values: &[&Value]| -> Vec<Value> { values.iter().map(|&value| value.clone()).collect() };
    let captured = owned(&inputs[..op.captured]);
    let mut carry = owned(&inputs[op.captured..op.captured + op.carry]);
    let xs = &inputs[op.captured + op.carry..];
    let mut ys: Vec<Vec<f64>> = types[op.carry..].iter().map(|ty| vec![0.0; ty.shape.size()]).collect();
    for step in 0..op.length {
        let t = if op.reverse { op.length - 1 - step } else { step };
        let mut args = captured.clone();
        args.append(&mut carry);
        for x in xs {
            let shape = Shape::new(&x.shape()[1..])?;
            let row = x.data[t * shape.size()..(t + 1) * shape.size()].to_vec();
            args.push(Value { ty: TensorType::new(shape, x.ty.dtype), data: row });
        }
        carry = evaluate(&op.body, &args)?;
        for (y, row) in ys.iter_mut().zip(carry.split_off(op.carry)) {
            let width = row.data.len();
            y[t * width..(t + 1) * width].copy_from_slice(&row.data);
        }
    }
    Ok(carry.into_iter().map(|value| value.data).chain(ys).collect())
}

pub(crate) fn cond(op: &Cond, inputs: &[&Value]) -> Result<Vec<Vec<f64>>> {
    let args: Vec<Value> = inputs[1..].iter().map(|&value| value.clone()).collect();
    let branch = if inputs[0].data[0] != 0.0 { &op.then } else { &op.otherwise };
    Ok(evaluate(branch, &args)?.into_iter().map(|value| value.data).collect())
}

pub(crate) fn while_loop(op: &While, inputs: &[&Value]) -> Result<Vec<Vec<f64>>> {
    let mut args: Vec<Value> = inputs.iter().map(|&value| value.clone()).collect();
    while evaluate(&op.condition, &args)?[0].data[0] != 0.0 {
        let next = evaluate(&op.body, &args)?;
        args.truncate(op.captured);
        args.extend(next);
    }
    Ok(args.split_off(op.captured).into_iter().map(|value| value.data).collect())
}
