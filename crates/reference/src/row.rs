//! The fused operations: softmax, its cross-entropy, batch and layer normalization, each from its formula.

use hornbeam_graph::{Error, Result};

use crate::value::Value;

/// The rows along the last axis (none when it is empty).
fn rows(x: &Value) -> std::slice::ChunksExact<'_, f64> {
    let width = x.shape()[x.shape().rank() - 1];
    x.data.chunks_exact(width.max(1))
}

/// `(max, log sum exp(x - max))` of a row.
fn log_sum_exp(row: &[f64]) -> (f64, f64) {
    let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (max, row.iter().map(|x| (x - max).exp()).sum::<f64>().ln())
}

pub(crate) fn softmax(log: bool, x: &Value) -> Vec<f64> {
    let mut result = Vec::with_capacity(x.data.len());
    for row in rows(x) {
        let (max, total) = log_sum_exp(row);
        result.extend(row.iter().map(|x| if log { x - max - total } else { (x - max - total).exp() }));
    }
    result
}

pub(crate) fn softmax_grad(y: &Value, dy: &Value) -> Vec<f64> {
    let mut result = Vec::with_capacity(y.data.len());
    for (y, dy) in rows(y).zip(rows(dy)) {
        let sum: f64 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
        result.extend(y.iter().zip(dy).map(|(y, dy)| y * (dy - sum)));
    }
    result
}

pub(crate) fn softmax_cross_entropy(logits: &Value, labels: &Value) -> Result<Vec<f64>> {
    let classes = logits.shape()[logits.shape().rank() - 1];
    let mut losses = Vec::with_capacity(labels.data.len());
    for (i, &label) in labels.data.iter().enumerate() {
        if label < 0.0 || label >= classes as f64 {
            return Err(Error::data(format!(
                "softmaxCrossEntropy: label {label} at position {i} is outside of 0..{classes}"
            )));
        }
        let row = &logits.data[i * classes..(i + 1) * classes];
        let (max, total) = log_sum_exp(row);
        losses.push(max + total - row[label as usize]);
    }
    Ok(losses)
}

pub(crate) fn batch_norm(epsilon: f64, x: &Value, gamma: &Value, beta: &Value) -> Vec<Vec<f64>> {
    let channels = gamma.data.len();
    let count = (x.data.len() / channels.max(1)) as f64;
    let mut mean = vec![0.0; channels];
    for row in rows(x) {
        for (sum, value) in mean.iter_mut().zip(row) {
            *sum += value / count;
        }
    }
    let mut variance = vec![0.0; channels];
    for row in rows(x) {
        for (c, value) in row.iter().enumerate() {
            variance[c] += (value - mean[c]).powi(2) / count;
        }
    }
    if count == 0.0 {
        // Moments of nothing.
        (mean, variance) = (vec![f64::NAN; channels], vec![f64::NAN; channels]);
    }
    let normal =
        |c: usize, value: f64| (value - mean[c]) / (variance[c] + epsilon).sqrt() * gamma.data[c] + beta.data[c];
    let y = rows(x).flat_map(|row| row.iter().enumerate().map(|(c, &value)| normal(c, value)).collect::<Vec<_>>());
    vec![y.collect(), mean, variance]
}

pub(crate) fn layer_norm(epsilon: f64, x: &Value, gamma: &Value, beta: &Value) -> Vec<Vec<f64>> {
    let leading: usize = x.shape()[..x.shape().rank() - 1].iter().product();
    if gamma.data.is_empty() {
        // Moments of nothing.
        return vec![Vec::new(), vec![f64::NAN; leading], vec![f64::NAN; leading]];
    }
    let (mut y, mut means, mut inverses) = (Vec::with_capacity(x.data.len()), Vec::new(), Vec::new());
    for row in rows(x) {
        let count = row.len() as f64;
        let mean = row.iter().sum::<f64>() / count;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let inverse = 1.0 / (variance + epsilon).sqrt();
        y.extend(row.iter().enumerate().map(|(c, x)| (x - mean) * inverse * gamma.data[c] + beta.data[c]));
        means.push(mean);
        inverses.push(inverse);
    }
    vec![y, means, inverses]
}

pub(crate) fn layer_norm_input_grad([x, gamma, dy, mean, inverse]: [&Value; 5]) -> Vec<f64> {
    let mut dx = Vec::with_capacity(x.data.len());
    for (i, (x, dy)) in rows(x).zip(rows(dy)).enumerate() {
        let (mean, inverse, count) = (mean.data[i], inverse.data[i], x.len() as f64);
        let g: Vec<f64> = dy.iter().zip(&gamma.data).map(|(dy, gamma)| dy * gamma).collect();
        let h: Vec<f64> = x.iter().map(|x| (x - mean) * inverse).collect();
        let sum = g.iter().sum::<f64>() / count;
        let dot = g.iter().zip(&h).map(|(g, h)| g * h).sum::<f64>() / count;
        dx.extend(g.iter().zip(&h).map(|(g, h)| inverse * (g - sum - h * dot)));
    }
    dx
}

pub(crate) fn layer_norm_param_grad([x, dy, mean, inverse]: [&Value; 4]) -> Vec<f64> {
    let c = x.shape()[x.shape().rank() - 1];
    let mut sums = vec![0.0; 2 * c];
    for (i, (x, dy)) in rows(x).zip(rows(dy)).enumerate() {
        for (at, (x, dy)) in x.iter().zip(dy).enumerate() {
            sums[at] += dy * (x - mean.data[i]) * inverse.data[i];
            sums[c + at] += dy;
        }
    }
    sums
}
