//! Pooling: windows cell by cell.

use hornbeam_graph::Shape;
use hornbeam_graph::ops::pool::PoolWindow;

use crate::value::{Value, ravel, unravel};

/// The position in the input of cell `cell` (row-major) of the window at `out` (`[n, i, j, c]`); `None` in the padding.
fn cell_at(window: &PoolWindow, out: &[usize], cell: usize, input: Shape) -> Option<[usize; 4]> {
    let (a, b) = (cell / window.size[1], cell % window.size[1]);
    let row = (out[1] * window.strides[0] + a * window.dilation[0])
        .checked_sub(window.pad_h[0])
        .filter(|&row| row < input[1])?;
    let column = (out[2] * window.strides[1] + b * window.dilation[1])
        .checked_sub(window.pad_w[0])
        .filter(|&column| column < input[2])?;
    Some([out[0], row, column, out[3]])
}

/// All real cells of a window: number and position.
fn cells(window: &PoolWindow, out: &[usize], input: Shape) -> Vec<(usize, [usize; 4])> {
    let all = 0..window.size[0] * window.size[1];
    all.filter_map(|cell| Some((cell, cell_at(window, out, cell, input)?))).collect()
}

pub(crate) fn max(window: &PoolWindow, x: &Value, shape: Shape) -> Vec<Vec<f64>> {
    let (mut largest, mut indices) = (Vec::new(), Vec::new());
    for flat in 0..shape.size() {
        let all = cells(window, &unravel(flat, shape), x.shape());
        let mut best = all[0];
        for &rival in &all[1..] {
            let (champion, value) = (x.at(&best.1), x.at(&rival.1));
            if !champion.is_nan() && (value > champion || value.is_nan()) {
                best = rival;
            }
        }
        largest.push(x.at(&best.1));
        indices.push(best.0 as f64);
    }
    vec![largest, indices]
}

pub(crate) fn max_grad(window: &PoolWindow, indices: &Value, dy: &Value, shape: Shape) -> Vec<f64> {
    let mut dx = vec![0.0; shape.size()];
    for (flat, &cotangent) in dy.data.iter().enumerate() {
        let chosen = cell_at(window, &unravel(flat, dy.shape()), indices.data[flat] as usize, shape);
        dx[ravel(&chosen.expect("indices name real cells"), shape)] += cotangent;
    }
    dx
}

pub(crate) fn max_gather(window: &PoolWindow, indices: &Value, g: &Value) -> Vec<f64> {
    Value::build(indices.shape(), |out| {
        let chosen = cell_at(window, out, indices.at(out) as usize, g.shape());
        g.at(&chosen.expect("indices name real cells"))
    })
}

pub(crate) fn average(window: &PoolWindow, x: &Value, shape: Shape) -> Vec<f64> {
    Value::build(shape, |out| {
        let all = cells(window, out, x.shape());
        all.iter().map(|(_, at)| x.at(at)).sum::<f64>() / all.len() as f64
    })
}

pub(crate) fn average_grad(window: &PoolWindow, dy: &Value, shape: Shape) -> Vec<f64> {
    let mut dx = vec![0.0; shape.size()];
    for (flat, &cotangent) in dy.data.iter().enumerate() {
        let all = cells(window, &unravel(flat, dy.shape()), shape);
        for (_, at) in &all {
            dx[ravel(at, shape)] += cotangent / all.len() as f64;
        }
    }
    dx
}
