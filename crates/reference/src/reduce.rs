//! Reductions: every element of the operand visits its group.

use hornbeam_graph::ops::reduce::ReduceKind;
use hornbeam_graph::ops::{ArgReduce, Reduce};
use hornbeam_graph::{DType, Shape, TensorType};

use crate::arithmetic::{extreme, wrap};
use crate::value::{Value, ravel, unravel};

pub(crate) fn reduce(op: &Reduce, x: &Value, ty: TensorType) -> Vec<f64> {
    let integer = ty.dtype == DType::I32;
    let nothing = match op.kind {
        ReduceKind::Sum | ReduceKind::Any => 0.0,
        ReduceKind::Prod | ReduceKind::All => 1.0,
        ReduceKind::Max if integer => i32::MIN as f64,
        ReduceKind::Max => f64::NEG_INFINITY,
        ReduceKind::Min if integer => i32::MAX as f64,
        ReduceKind::Min => f64::INFINITY,
    };
    let mut result = vec![nothing; ty.shape.size()];
    for (flat, &value) in x.data.iter().enumerate() {
        let index = unravel(flat, x.shape());
        let kept: Vec<usize> = (0..x.shape().rank()).filter(|axis| !op.axes.contains(axis)).map(|a| index[a]).collect();
        let so_far = &mut result[ravel(&kept, ty.shape)];
        *so_far = match op.kind {
            ReduceKind::Sum => wrap(*so_far + value, ty.dtype),
            ReduceKind::Prod if integer => (*so_far as i32).wrapping_mul(value as i32) as f64,
            ReduceKind::Prod => *so_far * value,
            ReduceKind::Max => extreme(true, *so_far, value),
            ReduceKind::Min => extreme(false, *so_far, value),
            ReduceKind::All => *so_far * value,
            ReduceKind::Any => so_far.max(value),
        };
    }
    result
}

pub(crate) fn arg_reduce(op: &ArgReduce, x: &Value, shape: Shape) -> Vec<f64> {
    Value::build(shape, |index| {
        let element = |k: usize| {
            let mut from = index[..shape.rank()].to_vec();
            from.insert(op.axis, k);
            x.at(&from)
        };
        let mut best = 0;
        for k in 1..x.shape()[op.axis] {
            let (champion, rival) = (element(best), element(k));
            let better = if op.max { rival > champion } else { rival < champion };
            // The first NaN is the extreme.
            if !champion.is_nan() && (better || rival.is_nan()) {
                best = k;
            }
        }
        best as f64
    })
}
