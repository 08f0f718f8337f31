//! The fused operations: softmax, its cross-entropy, batch normalization, each from its formula.

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
