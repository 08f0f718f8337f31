//! Order along the last axis, and look-ups whose positions differ from row to row.

use hornbeam_graph::ops::indexing::ScatterKind;
use hornbeam_graph::ops::sorting::CumulativeKind;
use hornbeam_graph::ops::{Cumulative, RavelIndex, Scatter, SearchSorted, Sort};
use hornbeam_graph::{DType, Error, Result};
use std::cmp::Ordering;

use crate::arithmetic::{extreme, wrap};
use crate::value::Value;

/// The rows along the last axis.
fn rows(x: &Value) -> Vec<&[f64]> {
    let shape = x.shape();
    let width = shape[shape.rank() - 1];
    (0..shape[..shape.rank() - 1].iter().product()).map(|row| &x.data[row * width..(row + 1) * width]).collect()
}

/// Numbers in their order, NaN behind them.
fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

pub(crate) fn sort(op: &Sort, x: &Value) -> Vec<Vec<f64>> {
    let (mut values, mut indices) = (Vec::new(), Vec::new());
    for row in rows(x) {
        let mut positions: Vec<usize> = (0..row.len()).collect();
        // The standard library's sort is stable.
        positions.sort_by(|&i, &j| if op.descending { order(row[j], row[i]) } else { order(row[i], row[j]) });
        for &i in &positions[..op.keep] {
            values.push(row[i]);
            indices.push(i as f64);
        }
    }
    vec![values, indices]
}

pub(crate) fn search_sorted(op: &SearchSorted, sorted: &Value, values: &Value) -> Vec<f64> {
    let mut result = Vec::new();
    for (row, wanted) in rows(sorted).into_iter().zip(rows(values)) {
        for &value in wanted {
            let before = |&&x: &&f64| match order(x, value) {
                Ordering::Less => true,
                Ordering::Equal => op.right,
                Ordering::Greater => false,
            };
            result.push(row.iter().filter(before).count() as f64);
        }
    }
    result
}

pub(crate) fn cumulative(op: &Cumulative, x: &Value) -> Vec<f64> {
    let integer = x.ty.dtype == DType::I32;
    let nothing = match op.kind {
        CumulativeKind::Sum => 0.0,
        CumulativeKind::Prod => 1.0,
        CumulativeKind::Max if integer => i32::MIN as f64,
        CumulativeKind::Max => f64::NEG_INFINITY,
        CumulativeKind::Min if integer => i32::MAX as f64,
        CumulativeKind::Min => f64::INFINITY,
    };
    let mut result = Vec::new();
    for row in rows(x) {
        for i in 0..row.len() {
            let included = match (op.exclusive, op.reverse) {
                (false, false) => 0..i + 1,
                (true, false) => 0..i,
                (false, true) => i..row.len(),
                (true, true) => i + 1..row.len(),
            };
            result.push(row[included].iter().fold(nothing, |so_far, &value| match op.kind {
                CumulativeKind::Sum => wrap(so_far + value, x.ty.dtype),
                CumulativeKind::Prod if integer => (so_far as i32).wrapping_mul(value as i32) as f64,
                CumulativeKind::Prod => so_far * value,
                CumulativeKind::Max => extreme(true, so_far, value),
                CumulativeKind::Min => extreme(false, so_far, value),
            }));
        }
    }
    result
}

/// Calls `visit` with the position of a slice in `x`, that of its place in the result or updates, and the size of the slice.
fn visit_ids(name: &str, x: &Value, ids: &Value, mut visit: impl FnMut(usize, usize, usize)) -> Result<()> {
    let batch = ids.shape().rank() - 1;
    let (n, k) = (x.shape()[batch], ids.shape()[batch]);
    let inner: usize = x.shape()[batch + 1..].iter().product();
    for (position, &id) in ids.data.iter().enumerate() {
        if id < 0.0 || id >= n as f64 {
            return Err(Error::data(format!("{name}: id {id} at position {position} is outside of 0..{n}")));
        }
        visit((position / k * n + id as usize) * inner, position * inner, inner);
    }
    Ok(())
}

pub(crate) fn batch_gather(x: &Value, ids: &Value) -> Result<Vec<f64>> {
    let mut result = Vec::new();
    visit_ids("batchGather", x, ids, |from, _, inner| result.extend(&x.data[from..from + inner]))?;
    Ok(result)
}

pub(crate) fn scatter(op: &Scatter, x: &Value, ids: &Value, updates: &Value) -> Result<Vec<f64>> {
    let mut result = x.data.clone();
    let integer = x.ty.dtype == DType::I32;
    visit_ids("scatter", x, ids, |to, from, inner| {
        for i in 0..inner {
            let (old, update) = (result[to + i], updates.data[from + i]);
            result[to + i] = match op.kind {
                ScatterKind::Add => wrap(old + update, x.ty.dtype),
                ScatterKind::Set => update,
                ScatterKind::Max => extreme(true, old, update),
                ScatterKind::Min => extreme(false, old, update),
                ScatterKind::Mul if integer => (old as i32).wrapping_mul(update as i32) as f64,
                ScatterKind::Mul => old * update,
            };
        }
    })?;
    Ok(result)
}

pub(crate) fn ravel_index(op: &RavelIndex, indices: &Value) -> Result<Vec<f64>> {
    let mut result = Vec::new();
    let count: usize = indices.shape()[..indices.shape().rank() - 1].iter().product();
    for i in 0..count {
        let index = &indices.data[i * op.dims.rank()..(i + 1) * op.dims.rank()];
        let mut flat = 0.0;
        for (&at, &dim) in index.iter().zip(op.dims.iter()) {
            if at < 0.0 || at >= dim as f64 {
                return Err(Error::data(format!("index {index:?} at position {i} is outside of shape {}", op.dims)));
            }
            flat = flat * dim as f64 + at;
        }
        result.push(flat);
    }
    Ok(result)
}
