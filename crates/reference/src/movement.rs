//! Moving elements: by index, without arithmetic.

use hornbeam_graph::ops::{Concat, DynamicSlice, Gather, Pad, Reverse, ScatterAdd, Slice, Transpose};
use hornbeam_graph::{Error, Result, Shape};

use crate::arithmetic::wrap;
use crate::value::{Value, ravel, unravel};

pub(crate) fn transpose(op: &Transpose, x: &Value, shape: Shape) -> Vec<f64> {
    Value::build(shape, |index| {
        let mut from = [0; 8];
        for (i, &axis) in op.order.iter().enumerate() {
            from[axis] = index[i];
        }
        x.at(&from)
    })
}

pub(crate) fn slice(op: &Slice, x: &Value, shape: Shape) -> Vec<f64> {
    Value::build(shape, |index| {
        let from: Vec<usize> = (0..shape.rank()).map(|axis| op.starts[axis] + index[axis] * op.strides[axis]).collect();
        x.at(&from)
    })
}

pub(crate) fn pad(op: &Pad, x: &Value, value: &Value, shape: Shape) -> Vec<f64> {
    Value::build(shape, |index| {
        let mut from = [0; 8];
        for axis in 0..shape.rank() {
            let step = op.interior[axis] as i64 + 1;
            let at = index[axis] as i64 - op.low[axis];
            if at < 0 || at % step != 0 || at / step >= x.shape()[axis] as i64 {
                return value.data[0];
            }
            from[axis] = (at / step) as usize;
        }
        x.at(&from)
    })
}

pub(crate) fn concat(op: &Concat, inputs: &[&Value], shape: Shape) -> Vec<f64> {
    Value::build(shape, |index| {
        let mut from = *index;
        for input in inputs {
            let dim = input.shape()[op.axis];
            if from[op.axis] < dim {
                return input.at(&from);
            }
            from[op.axis] -= dim;
        }
        unreachable!("the axis is as long as the operands together")
    })
}

pub(crate) fn reverse(op: &Reverse, x: &Value) -> Vec<f64> {
    Value::build(x.shape(), |index| {
        let mut from = *index;
        for &axis in &op.axes {
            from[axis] = x.shape()[axis] - 1 - from[axis];
        }
        x.at(&from)
    })
}

/// An id as an index, checked.
fn checked(name: &str, ids: &Value, position: usize, dim: usize) -> Result<usize> {
    let id = ids.data[position];
    if id < 0.0 || id >= dim as f64 {
        return Err(Error::data(format!("{name}: id {id} at position {position} is outside of 0..{dim}")));
    }
    Ok(id as usize)
}

/// For a position in the result of a gather along `axis`: the position in `x`.
fn source(name: &str, axis: usize, index: &[usize; 8], x: Shape, ids: &Value) -> Result<[usize; 8]> {
    let width = ids.shape().rank();
    let position = ravel(&index[axis..], ids.shape());
    let mut from = [0; 8];
    from[..axis].copy_from_slice(&index[..axis]);
    from[axis] = checked(name, ids, position, x[axis])?;
    for after in axis + 1..x.rank() {
        from[after] = index[after - 1 + width];
    }
    Ok(from)
}

pub(crate) fn gather(op: &Gather, x: &Value, ids: &Value, shape: Shape) -> Result<Vec<f64>> {
    (0..shape.size()).map(|flat| Ok(x.at(&source("gather", op.axis, &unravel(flat, shape), x.shape(), ids)?))).collect()
}

pub(crate) fn scatter_add(op: &ScatterAdd, x: &Value, ids: &Value, updates: &Value) -> Result<Vec<f64>> {
    let mut result = x.data.clone();
    for flat in 0..updates.data.len() {
        let to = source("scatterAdd", op.axis, &unravel(flat, updates.shape()), x.shape(), ids)?;
        let at = ravel(&to, x.shape());
        result[at] = wrap(result[at] + updates.data[flat], x.ty.dtype);
    }
    Ok(result)
}

/// Starts, clamped so that a block of `sizes` lies inside `x`.
fn clamped(x: Shape, sizes: Shape, starts: &[&Value]) -> Vec<usize> {
    (0..x.rank()).map(|axis| starts[axis].data[0].clamp(0.0, (x[axis] - sizes[axis]) as f64) as usize).collect()
}

pub(crate) fn dynamic_slice(op: &DynamicSlice, x: &Value, starts: &[&Value]) -> Vec<f64> {
    let starts = clamped(x.shape(), op.sizes, starts);
    Value::build(op.sizes, |index| {
        let from: Vec<usize> = starts.iter().zip(index).map(|(start, i)| start + i).collect();
        x.at(&from)
    })
}

pub(crate) fn dynamic_update_slice(x: &Value, update: &Value, starts: &[&Value]) -> Vec<f64> {
    let starts = clamped(x.shape(), update.shape(), starts);
    let mut result = x.data.clone();
    for (flat, &new) in update.data.iter().enumerate() {
        let index = unravel(flat, update.shape());
        let to: Vec<usize> = starts.iter().zip(index).map(|(start, i)| start + i).collect();
        result[ravel(&to, x.shape())] = new;
    }
    result
}
