//! Layer normalization of rows: each pass over a row finds it in the L1, so that memory sees it once.
//!
//! `mean` and `inverse` (`1 / sqrt(variance + epsilon)`) are one number a row. Sums along columns are taken four rows at a time.

use super::sums::{Sink, Summand, load, start, start_mut, store, sums};
use super::{BadRow, RowKernel};
use crate::simd::{Kernel, Simd, dispatch};
use crate::{Isa, View, ViewMut};
use std::ops::Range;

/// `(x [rows, n], gamma [n], beta [n]) -> (y [rows, n], mean, inverse)`: `y = (x - mean) inverse gamma + beta`. gamma and beta are shared.
#[derive(Debug)]
pub struct LayerNormRows {
    /// Elements of a row.
    pub n: usize,
    /// Added to the variance.
    pub epsilon: f32,
}

/// `(x [rows, n], gamma [n], dy [rows, n], mean, inverse) -> dx [rows, n]`: with `g = gamma dy` and `h = (x - mean) inverse`,
/// `dx = inverse (g - mean g - h mean(g h))`. gamma is shared.
#[derive(Debug)]
pub struct LayerNormGradRows {
    /// Elements of a row.
    pub n: usize,
}

/// The most rows that are taken [`together`].
const GROUP: usize = 8;

/// Rows of `n` elements whose sums are taken one after the other before their results are, so that the end of one row's sum, where every step waits for the one
/// before it, overlaps the next row: as many as stay in the L1.
fn together(n: usize) -> usize {
    (2048 / n.max(1)).clamp(1, GROUP)
}

impl RowKernel for LayerNormRows {
    fn run(&self, isa: Isa, _: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let (n, rows) = (self.n, inputs[0].dims()[0]);
        let (x, gamma, beta) = (start(&inputs[0], rows * n), start(&inputs[1], n), start(&inputs[2], n));
        let [y, mean, inverse] = outputs else { panic!("layer normalization has three results") };
        let streamed = y.is_streamed();
        let (y, mean, inverse) = (start_mut(y, rows * n), start_mut(mean, rows), start_mut(inverse, rows));
        dispatch(isa, Forward { rows, n, epsilon: self.epsilon, x, gamma, beta, y, mean, inverse, streamed });
        Ok(())
    }
}

impl RowKernel for LayerNormGradRows {
    fn run(&self, isa: Isa, _: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let (n, rows) = (self.n, inputs[0].dims()[0]);
        let (x, gamma, dy) = (start(&inputs[0], rows * n), start(&inputs[1], n), start(&inputs[2], rows * n));
        let (mean, inverse) = (start(&inputs[3], rows), start(&inputs[4], rows));
        let streamed = outputs[0].is_streamed();
        let dx = start_mut(&mut outputs[0], rows * n);
        dispatch(isa, Backward { rows, n, x, gamma, dy, mean, inverse, dx, streamed });
        Ok(())
    }
}

/// The gradients of gamma and beta, columns `columns` of them: `out [2, columns]` is (added to, if `accumulate`) the sums over all rows
/// of `dy (x - mean) inverse` and of `dy`. `x` and `dy` are `[rows, n]`, `mean` and `inverse` hold a number a row, all dense.
pub fn layer_norm_sums(isa: Isa, operands: [View; 4], mut out: ViewMut, columns: Range<usize>, accumulate: bool) {
    let [x, dy, mean, inverse] = operands;
    let [rows, n] = *x.dims() else { panic!("x is [rows, n], not {:?}", x.dims()) };
    assert!(columns.end <= n, "columns that are not there");
    assert_eq!(out.dims(), [2, columns.len()], "a row of sums for gamma and one for beta");
    assert!(columns.len() <= 1 || out.strides()[1] == 1, "the columns lie next to each other");
    let stride = out.strides()[0];
    let gamma = out.as_mut_ptr::<f32>();
    let sums = Sums {
        rows,
        n,
        x: start(&x, rows * n),
        dy: start(&dy, rows * n),
        mean: start(&mean, rows),
        inverse: start(&inverse, rows),
        gamma,
        beta: gamma.wrapping_offset(stride),
        columns,
        accumulate,
    };
    dispatch(isa, sums);
}

/// The elements of a row.
struct Plain(*const f32);

impl<S: Simd> Summand<S, 1> for Plain {
    #[inline(always)]
    unsafe fn add(&self, s: S, [sum]: [S::F; 1], i: usize, left: usize) -> [S::F; 1] {
        // SAFETY: the caller's promise.
        unsafe { [s.add(sum, load(s, self.0.add(i), left, 0.0))] }
    }
}

/// The squares of what a row's elements are off its mean.
struct Deviations<S: Simd> {
    x: *const f32,
    mean: f32,
    means: S::F,
}

impl<S: Simd> Summand<S, 1> for Deviations<S> {
    #[inline(always)]
    unsafe fn add(&self, s: S, [sum]: [S::F; 1], i: usize, left: usize) -> [S::F; 1] {
        // SAFETY: the caller's promise.
        let off = s.sub(unsafe { load(s, self.x.add(i), left, self.mean) }, self.means);
        [s.fma(off, off, sum)]
    }
}

struct Forward {
    rows: usize,
    n: usize,
    epsilon: f32,
    x: *const f32,
    gamma: *const f32,
    beta: *const f32,
    y: *mut f32,
    mean: *mut f32,
    inverse: *mut f32,
    streamed: bool,
}

impl Kernel for Forward {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (n, share) = (self.n, self.n as f32);
        let mut moments = [[0.0; 2]; GROUP];
        for first in (0..self.rows).step_by(together(n)) {
            let rows = first..self.rows.min(first + together(n));
            // SAFETY: rows and columns are within the operands, whose sizes were checked.
            unsafe {
                for (row, [mean, _]) in rows.clone().zip(&mut moments) {
                    *mean = sums(s, n, &Plain(self.x.add(row * n)))[0] / share;
                }
                for (row, [mean, inverse]) in rows.clone().zip(&mut moments) {
                    let deviations = Deviations { x: self.x.add(row * n), mean: *mean, means: s.splat(*mean) };
                    let variance = sums(s, n, &deviations)[0] / share;
                    *inverse = 1.0 / (variance + self.epsilon).sqrt();
                }
                for (row, &[mean, inverse]) in rows.zip(&moments) {
                    let x = self.x.add(row * n);
                    let y = Sink::new::<S>(self.y.add(row * n), self.streamed);
                    self.mean.add(row).write(mean);
                    self.inverse.add(row).write(inverse);
                    let (mean, inverse) = (s.splat(mean), s.splat(inverse));
                    for i in (0..n).step_by(S::LANES) {
                        let left = n - i;
                        let normal = s.mul(s.sub(load(s, x.add(i), left, 0.0), mean), inverse);
                        let (gamma, beta) =
                            (load(s, self.gamma.add(i), left, 0.0), load(s, self.beta.add(i), left, 0.0));
                        y.put(s, i, left, s.fma(normal, gamma, beta));
                    }
                }
            }
        }
        if self.streamed {
            s.fence();
        }
    }
}

/// `g` of the formula, and `g (x - mean)`.
struct Products<S: Simd> {
    x: *const f32,
    gamma: *const f32,
    dy: *const f32,
    mean: S::F,
}

impl<S: Simd> Products<S> {
    /// `g` and `x - mean`.
    ///
    /// # Safety
    /// As for [`Summand::add`].
    #[inline(always)]
    unsafe fn pair(&self, s: S, i: usize, left: usize) -> [S::F; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let g = s.mul(load(s, self.gamma.add(i), left, 0.0), load(s, self.dy.add(i), left, 0.0));
            [g, s.sub(load(s, self.x.add(i), left, 0.0), self.mean)]
        }
    }
}

impl<S: Simd> Summand<S, 2> for Products<S> {
    #[inline(always)]
    unsafe fn add(&self, s: S, [sum, dot]: [S::F; 2], i: usize, left: usize) -> [S::F; 2] {
        // SAFETY: the caller's promise.
        let [g, off] = unsafe { self.pair(s, i, left) };
        [s.add(sum, g), s.fma(g, off, dot)]
    }
}

struct Backward {
    rows: usize,
    n: usize,
    x: *const f32,
    gamma: *const f32,
    dy: *const f32,
    mean: *const f32,
    inverse: *const f32,
    dx: *mut f32,
    streamed: bool,
}

impl Kernel for Backward {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (n, share) = (self.n, self.n as f32);
        let mut means = [[0.0; 2]; GROUP];
        for first in (0..self.rows).step_by(together(n)) {
            let rows = first..self.rows.min(first + together(n));
            let products = |row: usize| {
                // SAFETY: the row is within the operands, whose sizes were checked.
                let (x, dy, mean) = unsafe { (self.x.add(row * n), self.dy.add(row * n), self.mean.add(row).read()) };
                Products { x, gamma: self.gamma, dy, mean: s.splat(mean) }
            };
            // SAFETY: as above.
            unsafe {
                for (row, means) in rows.clone().zip(&mut means) {
                    *means = sums(s, n, &products(row)).map(|sum| sum / share);
                }
                for (row, &[sum, dot]) in rows.zip(&means) {
                    let products = products(row);
                    let dx = Sink::new::<S>(self.dx.add(row * n), self.streamed);
                    let inverse = self.inverse.add(row).read();
                    // dx = inverse g - inverse^3 (x - mean) mean(g (x - mean)) - inverse mean g.
                    let along = s.splat(-(dot * inverse * inverse * inverse));
                    let (rest, inverse) = (s.splat(-(sum * inverse)), s.splat(inverse));
                    for i in (0..n).step_by(S::LANES) {
                        let [g, off] = products.pair(s, i, n - i);
                        dx.put(s, i, n - i, s.fma(g, inverse, s.fma(off, along, rest)));
                    }
                }
            }
        }
        if self.streamed {
            s.fence();
        }
    }
}

struct Sums {
    rows: usize,
    n: usize,
    x: *const f32,
    dy: *const f32,
    mean: *const f32,
    inverse: *const f32,
    gamma: *mut f32,
    beta: *mut f32,
    columns: Range<usize>,
    accumulate: bool,
}

impl Sums {
    /// Adds `ROWS` rows from `row` on; the sums begin with them if `fresh`.
    ///
    /// # Safety
    /// The rows are there.
    #[inline(always)]
    unsafe fn add<S: Simd, const ROWS: usize>(&self, s: S, row: usize, fresh: bool) {
        let mut moments = [[s.splat(0.0); 2]; ROWS];
        // SAFETY: rows and columns are within the operands, whose sizes were checked.
        unsafe {
            for (k, moments) in moments.iter_mut().enumerate() {
                *moments = [self.mean, self.inverse].map(|from| s.splat(from.add(row + k).read()));
            }
            for i in (0..self.columns.len()).step_by(S::LANES) {
                let left = self.columns.len() - i;
                let at = row * self.n + self.columns.start + i;
                let (mut gamma, mut beta) = (s.splat(0.0), s.splat(0.0));
                for (k, [mean, inverse]) in moments.iter().copied().enumerate() {
                    let dy = load(s, self.dy.add(at + k * self.n), left, 0.0);
                    let x = load(s, self.x.add(at + k * self.n), left, 0.0);
                    gamma = s.fma(dy, s.mul(s.sub(x, mean), inverse), gamma);
                    beta = s.add(beta, dy);
                }
                let (to_gamma, to_beta) = (self.gamma.add(i), self.beta.add(i));
                if !fresh {
                    gamma = s.add(load(s, to_gamma, left, 0.0), gamma);
                    beta = s.add(load(s, to_beta, left, 0.0), beta);
                }
                store(s, to_gamma, left, gamma);
                store(s, to_beta, left, beta);
            }
        }
    }
}

impl Kernel for Sums {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        const ROWS: usize = 4;
        let whole = self.rows - self.rows % ROWS;
        let fresh = |row: usize| row == 0 && !self.accumulate;
        // SAFETY: the rows are below `rows`.
        unsafe {
            for row in (0..whole).step_by(ROWS) {
                self.add::<S, ROWS>(s, row, fresh(row));
            }
            for row in whole..self.rows {
                self.add::<S, 1>(s, row, fresh(row));
            }
            if self.rows == 0 && !self.accumulate {
                self.add::<S, 0>(s, 0, true);
            }
        }
    }
}
