//! Distributions with parameters: the documented methods, with sums of logarithms for factorials.

use hornbeam_graph::ops::Sample;
use hornbeam_graph::ops::random::Law;

use crate::philox::philox4x32_10;
use crate::value::Value;

pub(crate) fn sample(op: &Sample, inputs: &[&Value]) -> Vec<f64> {
    let word = |x: f64| x as i32 as u32;
    let key = [word(inputs[0].data[0]), word(inputs[0].data[1])];
    let element = |i: usize| {
        let uniforms = |attempt: u32| {
            let high = ((i as u64 >> 32) as u32).wrapping_add(attempt << 16);
            philox4x32_10([i as u32, high, word(inputs[1].data[0]), op.draw], key)
                .map(|word| (word as f64 + 0.5) * 2f64.powi(-32))
        };
        let first = inputs[2].data[i];
        match op.law {
            Law::Gamma => gamma(first, uniforms),
            Law::Poisson => poisson(first, uniforms),
            Law::Binomial => binomial(first.floor(), inputs[3].data[i], uniforms),
        }
    };
    (0..inputs[2].data.len()).map(element).collect()
}

fn gamma(alpha: f64, uniforms: impl Fn(u32) -> [f64; 4]) -> f64 {
    if alpha < 0.0 || alpha.is_nan() {
        return f64::NAN;
    }
    if alpha == 0.0 {
        return 0.0;
    }
    let d = if alpha < 1.0 { alpha + 2.0 / 3.0 } else { alpha - 1.0 / 3.0 };
    let mut attempt = 0;
    loop {
        let u = uniforms(attempt);
        let x = (-2.0 * u[0].ln()).sqrt() * (2.0 * std::f64::consts::PI * u[1]).cos();
        let v = (1.0 + x / (3.0 * d.sqrt())).powi(3);
        if v > 0.0 && u[2].ln() < x * x / 2.0 + d * (1.0 - v + v.ln()) {
            return d * v * if alpha < 1.0 { u[3].powf(1.0 / alpha) } else { 1.0 };
        }
        attempt += 1;
    }
}

/// The smallest `k` whose cumulative probability reaches `u`.
fn quantile(u: f64, most: f64, log_probability: impl Fn(f64) -> f64) -> f64 {
    let (mut k, mut sum) = (0.0, log_probability(0.0).exp());
    while u > sum && k < most {
        k += 1.0;
        sum += log_probability(k).exp();
    }
    k
}

fn poisson(mean: f64, uniforms: impl Fn(u32) -> [f64; 4]) -> f64 {
    if mean < 0.0 || mean.is_nan() {
        return f64::NAN;
    }
    if mean == 0.0 {
        return 0.0;
    }
    let log_probability = |k: f64| k * mean.ln() - mean - log_factorial(k);
    if mean < 10.0 {
        return quantile(uniforms(0)[0], 200.0, log_probability);
    }
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.02483 * b;
    let mut attempt = 0;
    loop {
        let [u, v, ..] = uniforms(attempt);
        let us = 0.5 - (u - 0.5).abs();
        let k = ((2.0 * a / us + b) * (u - 0.5) + mean + 0.43).floor();
        let at_once = us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2.0);
        let never = k < 0.0 || (us < 0.013 && v > us);
        let density = (v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (us * us) + b)).ln();
        if at_once || (!never && density <= log_probability(k)) {
            return k;
        }
        attempt += 1;
    }
}

fn binomial(trials: f64, probability: f64, uniforms: impl Fn(u32) -> [f64; 4]) -> f64 {
    if trials < 0.0 || trials.is_nan() || !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    let p = probability.min(1.0 - probability);
    let log_probability = |k: f64| {
        let power = |base: f64, exponent: f64| if exponent == 0.0 { 0.0 } else { exponent * base.ln() };
        let ways = log_factorial(trials) - log_factorial(k) - log_factorial(trials - k);
        ways + power(p, k) + power(1.0 - p, trials - k)
    };
    let k = if trials * p < 10.0 {
        quantile(uniforms(0)[0], trials, log_probability)
    } else {
        let spread = (trials * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let mode = ((trials + 1.0) * p).floor();
        let mut attempt = 0;
        loop {
            let [u, v, ..] = uniforms(attempt);
            let us = 0.5 - (u - 0.5).abs();
            let k = ((2.0 * a / us + b) * (u - 0.5) + trials * p + 0.5).floor();
            if us >= 0.07 && v <= 0.92 - 4.2 / b {
                break k;
            }
            let density = (v * (2.83 + 5.1 / b) * spread / (a / (us * us) + b)).ln();
            if (0.0..=trials).contains(&k) && density <= log_probability(k) - log_probability(mode) {
                break k;
            }
            attempt += 1;
        }
    };
    if probability > 0.5 { trials - k } else { k }
}

fn log_factorial(k: f64) -> f64 {
    (1..=k as u64).map(|i| (i as f64).ln()).sum()
}
