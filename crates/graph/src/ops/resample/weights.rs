//! Tables of weights: interpolation along an axis, and bins of adaptive pooling.

use super::Taps;

/// How values between elements are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// The nearest element.
    Nearest,
    /// Two elements, by distance.
    Bilinear,
    /// Keys' cubic with a = -1/2 over four (Keys 1981).
    Bicubic,
    /// `sinc(x) sinc(x / 3)` over six (Duchon 1979).
    Lanczos3,
    /// `sinc(x) sinc(x / 5)` over ten.
    Lanczos5,
    /// The mean of what a result covers.
    Area,
}

/// Where result `i` of `outputs` lies among `inputs` elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coordinates {
    /// Elements are cells: `(i + 1/2) inputs / outputs - 1/2`.
    HalfPixel,
    /// `i inputs / outputs`.
    Asymmetric,
    /// First on first and last on last: `i (inputs - 1) / (outputs - 1)`.
    AlignCorners,
}

impl Coordinates {
    /// Elements from result to result, as a fraction: as [`Self::AlignCorners`] says only if there are two results.
    fn step(self, inputs: usize, outputs: usize) -> (usize, usize) {
        match self {
            Coordinates::AlignCorners if outputs > 1 => (inputs - 1, outputs - 1),
            _ => (inputs, outputs),
        }
    }
}

/// The nearest element of result `i`, in whole numbers: no rounding decides a tie.
fn nearest(i: usize, inputs: usize, outputs: usize, coordinates: Coordinates) -> usize {
    let (up, down) = coordinates.step(inputs, outputs);
    let at = match coordinates {
        Coordinates::HalfPixel => (2 * i + 1) * up / (2 * down),
        Coordinates::Asymmetric => i * up / down,
        Coordinates::AlignCorners => (2 * i * up + down) / (2 * down),
    };
    at.min(inputs - 1)
}

fn sinc(x: f64) -> f64 {
    let turn = std::f64::consts::PI * x;
    if x == 0.0 { 1.0 } else { turn.sin() / turn }
}

impl Method {
    /// Reach of the method's function to either side, in elements.
    fn radius(self) -> f64 {
        match self {
            Method::Nearest | Method::Area => 0.5,
            Method::Bilinear => 1.0,
            Method::Bicubic => 2.0,
            Method::Lanczos3 => 3.0,
            Method::Lanczos5 => 5.0,
        }
    }

    /// Weight of an element at a distance.
    fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        if x >= self.radius() {
            return 0.0;
        }
        match self {
            Method::Nearest | Method::Area => 1.0,
            Method::Bilinear => 1.0 - x,
            Method::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Method::Bicubic => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Method::Lanczos3 => sinc(x) * sinc(x / 3.0),
            Method::Lanczos5 => sinc(x) * sinc(x / 5.0),
        }
    }
}

/// The shares of a result that covers `inputs / outputs` elements.
fn area(i: usize, inputs: usize, outputs: usize) -> Vec<(usize, f64)> {
    // In units of 1 / outputs of an element all borders are whole.
    let (start, end) = (i * inputs, (i + 1) * inputs);
    let covered = |j: usize| ((j + 1) * outputs).min(end) - (j * outputs).max(start);
    (start / outputs..end.div_ceil(outputs)).map(|j| (j, covered(j) as f64 / inputs as f64)).collect()
}

/// Interpolation from `inputs` elements (at least 1) to `outputs`. Weights beyond the ends are dropped and the rest scaled to a sum of 1, as
/// TensorFlow does. With `antialias` the function is as wide as the results are apart, where that is more than an element.
pub fn interpolation(inputs: usize, outputs: usize, method: Method, coordinates: Coordinates, antialias: bool) -> Taps {
    let (up, down) = coordinates.step(inputs, outputs);
    let step = up as f64 / down.max(1) as f64;
    let width = if antialias { step.max(1.0) } else { 1.0 };
    let row = |i: usize| -> Vec<(usize, f64)> {
        let at = match coordinates {
            Coordinates::HalfPixel => (i as f64 + 0.5) * step - 0.5,
            _ => i as f64 * step,
        };
        match method {
            Method::Nearest => return vec![(nearest(i, inputs, outputs, coordinates), 1.0)],
            Method::Area => return area(i, inputs, outputs),
            _ => {}
        }
        let reach = method.radius() * width;
        let first = (at - reach).ceil().max(0.0) as usize;
        let last = ((at + reach).floor() as usize).min(inputs - 1);
        let all: Vec<(usize, f64)> = (first..=last).map(|j| (j, method.weight((j as f64 - at) / width))).collect();
        let sum: f64 = all.iter().map(|tap| tap.1).sum();
        all.into_iter().map(|(j, weight)| (j, weight / sum)).collect()
    };
    Taps::new(inputs, &(0..outputs).map(row).collect::<Vec<_>>())
}

/// First element and one past the last of bin `i` of `outputs` over `inputs` elements: `floor(i n / m)..ceil((i + 1) n / m)`.
pub fn bin(i: usize, inputs: usize, outputs: usize) -> std::ops::Range<usize> {
    i * inputs / outputs..((i + 1) * inputs).div_ceil(outputs)
}

/// The means of bins.
pub fn bin_means(inputs: usize, outputs: usize) -> Taps {
    let row = |i: usize| {
        let bin = bin(i, inputs, outputs);
        let share = 1.0 / bin.len() as f64;
        bin.map(|j| (j, share)).collect()
    };
    Taps::new(inputs, &(0..outputs).map(row).collect::<Vec<_>>())
}
