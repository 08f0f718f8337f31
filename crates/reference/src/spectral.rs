//! Fourier transforms by their sums.

use std::f64::consts::TAU;

use crate::value::Value;

/// `sum_j (re_j + i im_j) e^(sign 2 pi i j k / n)` for `k` below `count`, a row at a time.
fn transform(re: &[f64], im: &[f64], n: usize, sign: f64, count: usize) -> Vec<Vec<f64>> {
    let mut outputs = vec![Vec::new(), Vec::new()];
    for (re, im) in re.chunks_exact(n).zip(im.chunks_exact(n)) {
        for k in 0..count {
            let (mut real, mut imaginary) = (0.0, 0.0);
            for j in 0..n {
                let (s, c) = (sign * TAU * ((j * k) % n) as f64 / n as f64).sin_cos();
                real += re[j] * c - im[j] * s;
                imaginary += re[j] * s + im[j] * c;
            }
            outputs[0].push(real);
            outputs[1].push(imaginary);
        }
    }
    outputs
}

fn last(x: &Value) -> usize {
    x.shape()[x.shape().rank() - 1]
}

pub(crate) fn fft(inverse: bool, re: &Value, im: &Value) -> Vec<Vec<f64>> {
    let n = last(re);
    transform(&re.data, &im.data, n, if inverse { 1.0 } else { -1.0 }, n)
}

pub(crate) fn rfft(x: &Value) -> Vec<Vec<f64>> {
    let n = last(x);
    transform(&x.data, &vec![0.0; x.data.len()], n, -1.0, n / 2 + 1)
}

/// The half spectrum, completed by its conjugate, then the sum.
pub(crate) fn irfft(n: usize, re: &Value, im: &Value) -> Vec<f64> {
    let half = n / 2 + 1;
    let (mut whole_re, mut whole_im) = (Vec::new(), Vec::new());
    for (re, im) in re.data.chunks_exact(half).zip(im.data.chunks_exact(half)) {
        for k in 0..n {
            let own = k < half;
            whole_re.push(if own { re[k] } else { re[n - k] });
            let alone = k == 0 || 2 * k == n;
            whole_im.push(if alone {
                0.0
            } else if own {
                im[k]
            } else {
                -im[n - k]
            });
        }
    }
    transform(&whole_re, &whole_im, n, 1.0, n).swap_remove(0)
}
