//! Random numbers of distributions with parameters: a row is one element, whose words depend on its own number alone.

use super::{BadRow, RowKernel};
use crate::random::philox;
use crate::{Isa, View, ViewMut};

/// A distribution with parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parametric {
    /// Shape, scale 1.
    Gamma,
    /// Mean.
    Poisson,
    /// Trials, probability.
    Binomial,
}

/// Operands: seed int32 `[2]` and counter int32 `[]` (shared), then one float32 a row for each parameter.
#[derive(Clone, Copy, Debug)]
pub struct SampleRows {
    /// The distribution.
    pub law: Parametric,
    /// Tells draws of one seed and counter apart.
    pub draw: u32,
}

/// The random words of one element.
#[derive(Clone, Copy)]
struct Stream {
    key: [u32; 2],
    element: u64,
    counter: u32,
    draw: u32,
}

impl Stream {
    /// Four numbers in (0, 1) for every attempt.
    fn uniforms(&self, attempt: u32) -> [f64; 4] {
        // Elements are numbered below 2^48: the upper half of the second word is free for attempts.
        let high = ((self.element >> 32) as u32).wrapping_add(attempt << 16);
        philox([self.element as u32, high, self.counter, self.draw], self.key)
            .map(|word| (f64::from(word) + 0.5) / 4_294_967_296.0)
    }
}

/// Rejections in a row have probabilities below 0.3: a hundred do not happen.
const ATTEMPTS: u32 = 100;
/// Inversion takes as many steps as its mean, rejection a fixed number of logarithms: they cost the same about here.
const INVERTED_BELOW: f64 = 10.0;

impl RowKernel for SampleRows {
    fn run(&self, _: Isa, first: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let seed = inputs[0].as_slice::<i32>().expect("a dense seed");
        let counter = inputs[1].as_slice::<i32>().expect("a dense counter");
        let parameters = |i: usize| inputs[i].as_slice::<f32>().expect("dense parameters");
        let (a, b) = (parameters(2), parameters(inputs.len() - 1));
        let out = outputs[0].as_mut_slice::<f32>().expect("dense float32 rows");
        for (row, to) in out.iter_mut().enumerate() {
            let stream = Stream {
                key: [seed[0] as u32, seed[1] as u32],
                element: (first + row) as u64,
                counter: counter[0] as u32,
                draw: self.draw,
            };
            let a = f64::from(a[row]);
            *to = match self.law {
                Parametric::Gamma => gamma(stream, a),
                Parametric::Poisson => poisson(stream, a),
                Parametric::Binomial => binomial(stream, a.floor(), f64::from(b[row])),
            } as f32;
        }
        Ok(())
    }
}

/// G. Marsaglia, W. W. Tsang: "A simple method for generating gamma variables", 2000.
fn gamma(stream: Stream, alpha: f64) -> f64 {
    if alpha.is_nan() || alpha < 0.0 {
        return f64::NAN;
    }
    if alpha == 0.0 || alpha.is_infinite() {
        return alpha;
    }
    let boosted = if alpha < 1.0 { alpha + 1.0 } else { alpha };
    let d = boosted - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    for attempt in 0..ATTEMPTS {
        let [first, second, third, fourth] = stream.uniforms(attempt);
        let x = (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && third.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            let boost = if alpha < 1.0 { fourth.powf(1.0 / alpha) } else { 1.0 };
            return d * v * boost;
        }
    }
    d
}

/// Steps through the probabilities until their sum passes `u`: `next(k)` is the ratio of the `k`-th to the one before.
fn invert(mut u: f64, zero: f64, most: f64, next: impl Fn(f64) -> f64) -> f64 {
    let (mut k, mut probability) = (0.0, zero);
    while u > probability && k < most {
        u -= probability;
        k += 1.0;
        probability *= next(k);
    }
    k
}

/// W. Hoermann: "The transformed rejection method for generating Poisson random variables", 1993 (PTRS).
fn poisson(stream: Stream, mean: f64) -> f64 {
    if mean.is_nan() || mean < 0.0 {
        return f64::NAN;
    }
    if mean < INVERTED_BELOW {
        // Beyond 200 the probabilities are below 1e-150.
        return invert(stream.uniforms(0)[0], (-mean).exp(), 200.0, |k| mean / k);
    }
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let squeeze = 0.9277 - 3.6224 / (b - 2.0);
    for attempt in 0..ATTEMPTS {
        let [u, v, ..] = stream.uniforms(attempt);
        let u = u - 0.5;
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + mean + 0.43).floor();
        if edge >= 0.07 && v <= squeeze {
            return k;
        }
        if k < 0.0 || (edge < 0.013 && v > edge) {
            continue;
        }
        let ratio = v.ln() + inverse_alpha.ln() - (a / (edge * edge) + b).ln();
        if ratio <= k * mean.ln() - mean - log_factorial(k) {
            return k;
        }
    }
    mean.floor()
}

/// W. Hoermann: "The generation of binomial random variates", 1993 (BTRS).
fn binomial(stream: Stream, trials: f64, probability: f64) -> f64 {
    if trials.is_nan() || trials < 0.0 || !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    let p = probability.min(1.0 - probability);
    let q = 1.0 - p;
    let flipped = |k: f64| if probability > 0.5 { trials - k } else { k };
    if trials * p < INVERTED_BELOW {
        let next = |k: f64| (trials - k + 1.0) / k * (p / q);
        return flipped(invert(stream.uniforms(0)[0], q.powf(trials), trials, next));
    }
    let spread = (trials * p * q).sqrt();
    let b = 1.15 + 2.53 * spread;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let center = trials * p + 0.5;
    let squeeze = 0.92 - 4.2 / b;
    let alpha = (2.83 + 5.1 / b) * spread;
    let mode = ((trials + 1.0) * p).floor();
    let height = log_factorial(mode) + log_factorial(trials - mode);
    for attempt in 0..ATTEMPTS {
        let [u, v, ..] = stream.uniforms(attempt);
        let u = u - 0.5;
        let edge = 0.5 - u.abs();
        let k = ((2.0 * a / edge + b) * u + center).floor();
        if edge >= 0.07 && v <= squeeze {
            return flipped(k);
        }
        if k < 0.0 || k > trials {
            continue;
        }
        let ratio = (v * alpha / (a / (edge * edge) + b)).ln();
        if ratio <= height - log_factorial(k) - log_factorial(trials - k) + (k - mode) * (p / q).ln() {
            return flipped(k);
        }
    }
    flipped(mode)
}

/// `ln k!`: the product of small numbers, Stirling's series of large ones (below 1e-13 from 16 on).
fn log_factorial(k: f64) -> f64 {
    if k < 16.0 {
        return (2..=k as u64).map(|i| i as f64).product::<f64>().ln();
    }
    let n = k + 1.0;
    let square = n * n;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / n;
    (n - 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln() + series
}
