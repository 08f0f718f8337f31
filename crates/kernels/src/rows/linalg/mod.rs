//! Small linear algebra: a row is one matrix. Numbers are float32 in memory and float64 inside, which costs little beside the
//! copies and leaves an error of one rounding for well-conditioned matrices of any size that is small.

mod factor;
mod jacobi;
mod qr;
mod solve;

use super::{BadRow, RowKernel, row_of, row_of_mut};
use crate::{Isa, View, ViewMut};

/// Cholesky factors of `n x n` matrices; bad where one is not positive definite.
#[derive(Clone, Copy, Debug)]
pub struct CholeskyRows {
    /// Rows and columns.
    pub n: usize,
}

/// Solutions of triangular systems, operands `A [n, n]` and `B [n, k]`; bad where a diagonal element is zero.
#[derive(Clone, Copy, Debug)]
pub struct TriangularRows {
    /// Rows of both.
    pub n: usize,
    /// Right-hand sides.
    pub k: usize,
    /// Which triangle is read.
    pub lower: bool,
    /// Solves with the transpose.
    pub transpose: bool,
    /// The diagonal is ones.
    pub unit: bool,
}

/// Solutions of general systems, operands `A [n, n]` and `B [n, k]`; bad where a matrix is singular.
#[derive(Clone, Copy, Debug)]
pub struct SolveRows {
    /// Rows of both.
    pub n: usize,
    /// Right-hand sides.
    pub k: usize,
    /// Solves with the transpose.
    pub transpose: bool,
}

/// Factors with row exchanges: packed `[n, n]`, order int32 `[n]`, sign.
#[derive(Clone, Copy, Debug)]
pub struct LuRows {
    /// Rows and columns.
    pub n: usize,
}

/// Householder's QR of `[m, n]`: `Q [m, k]`, `R [k, n]`, `k` being `m` if `full`, else the smaller of both.
#[derive(Clone, Copy, Debug)]
pub struct QrRows {
    /// Rows.
    pub m: usize,
    /// Columns.
    pub n: usize,
    /// A square `Q`.
    pub full: bool,
}

/// Eigenvalues `[n]` and eigenvectors `[n, n]` of symmetric matrices.
#[derive(Clone, Copy, Debug)]
pub struct EighRows {
    /// Rows and columns.
    pub n: usize,
}

/// Singular value decomposition of `[m, n]`: `U [m, k]`, `s [k]`, `V^T [k, n]`.
#[derive(Clone, Copy, Debug)]
pub struct SvdRows {
    /// Rows.
    pub m: usize,
    /// Columns.
    pub n: usize,
}

/// Scratch of float32 that has room for `count` aligned float64.
const fn room(count: usize) -> usize {
    2 * count + 2
}

/// The float64 numbers in a scratch of `room(count)`.
fn doubles(scratch: &mut [f32], count: usize) -> &mut [f64] {
    // SAFETY: any bits are a valid f64, and the middle part is aligned for it.
    let (_, middle, _) = unsafe { scratch.align_to_mut::<f64>() };
    &mut middle[..count]
}

fn load(from: &[f32], to: &mut [f64]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to = f64::from(from);
    }
}

fn store(view: &mut ViewMut, row: usize, from: &[f64]) {
    for (to, &from) in row_of_mut(view, row).iter_mut().zip(from) {
        *to = from as f32;
    }
}

fn bad(row: usize, message: &str) -> BadRow {
    BadRow { row, message: message.to_owned() }
}

const SINGULAR: &str = "the matrix is singular";

impl RowKernel for CholeskyRows {
    fn scratch(&self) -> usize {
        room(self.n * self.n)
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let a = doubles(scratch, self.n * self.n);
        for row in 0..inputs[0].dims()[0] {
            load(row_of(&inputs[0], row), a);
            if !factor::cholesky(a, self.n) {
                return Err(bad(row, "the matrix is not positive definite"));
            }
            store(&mut outputs[0], row, a);
        }
        Ok(())
    }
}

impl RowKernel for TriangularRows {
    fn scratch(&self) -> usize {
        room(self.n * (self.n + self.k))
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let (a, x) = doubles(scratch, self.n * (self.n + self.k)).split_at_mut(self.n * self.n);
        for row in 0..inputs[0].dims()[0] {
            load(row_of(&inputs[0], row), a);
            load(row_of(&inputs[1], row), x);
            if !self.unit && (0..self.n).any(|i| a[i * self.n + i] == 0.0) {
                return Err(bad(row, SINGULAR));
            }
            solve::triangular(a, x, self.n, self.k, self.lower, self.transpose, self.unit);
            store(&mut outputs[0], row, x);
        }
        Ok(())
    }
}

impl RowKernel for SolveRows {
    fn scratch(&self) -> usize {
        room(self.n * (self.n + 2 * self.k + 1))
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let &SolveRows { n, k, transpose } = self;
        let all = doubles(scratch, n * (n + 2 * k + 1));
        let (a, rest) = all.split_at_mut(n * n);
        let (order, rest) = rest.split_at_mut(n);
        let (b, x) = rest.split_at_mut(n * k);
        for row in 0..inputs[0].dims()[0] {
            load(row_of(&inputs[0], row), a);
            load(row_of(&inputs[1], row), b);
            factor::lu(a, n, order);
            if (0..n).any(|i| a[i * n + i] == 0.0) {
                return Err(bad(row, SINGULAR));
            }
            solve::factored(a, order, b, x, n, k, transpose);
            store(&mut outputs[0], row, x);
        }
        Ok(())
    }
}

impl RowKernel for LuRows {
    fn scratch(&self) -> usize {
        room(self.n * (self.n + 1))
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let n = self.n;
        let (a, order) = doubles(scratch, n * (n + 1)).split_at_mut(n * n);
        for row in 0..inputs[0].dims()[0] {
            load(row_of(&inputs[0], row), a);
            let sign = factor::lu(a, n, order);
            store(&mut outputs[0], row, a);
            let rows = outputs[1].as_mut_slice::<i32>().expect("dense int32 rows");
            for (to, &from) in rows[row * n..(row + 1) * n].iter_mut().zip(order.iter()) {
                *to = from as i32;
            }
            store(&mut outputs[2], row, &[sign]);
        }
        Ok(())
    }
}

impl RowKernel for QrRows {
    fn scratch(&self) -> usize {
        room(qr::scratch(self.m, self.n))
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let &QrRows { m, n, full } = self;
        let k = if full { m } else { m.min(n) };
        let (a, rest) = doubles(scratch, qr::scratch(m, n)).split_at_mut(m * n);
        for row in 0..inputs[0].dims()[0] {
            load(row_of(&inputs[0], row), a);
            let q = qr::factor(a, m, n, k, rest);
            store(&mut outputs[0], row, q);
            store(&mut outputs[1], row, &a[..k * n]);
        }
        Ok(())
    }
}

impl RowKernel for EighRows {
    fn scratch(&self) -> usize {
        room(jacobi::eigh_scratch(self.n))
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let n = self.n;
        let (a, rest) = doubles(scratch, jacobi::eigh_scratch(n)).split_at_mut(n * n);
        for row in 0..inputs[0].dims()[0] {
            load(row_of(&inputs[0], row), a);
            let (values, vectors) = jacobi::eigh(a, n, rest);
            store(&mut outputs[0], row, values);
            store(&mut outputs[1], row, vectors);
        }
        Ok(())
    }
}

impl RowKernel for SvdRows {
    fn scratch(&self) -> usize {
        room(jacobi::svd_scratch(self.m, self.n))
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let &SvdRows { m, n } = self;
        let (a, rest) = doubles(scratch, jacobi::svd_scratch(m, n)).split_at_mut(m * n);
        for row in 0..inputs[0].dims()[0] {
            load(row_of(&inputs[0], row), a);
            let (u, s, vt) = jacobi::svd(a, m, n, rest);
            store(&mut outputs[0], row, u);
            store(&mut outputs[1], row, s);
            store(&mut outputs[2], row, vt);
        }
        Ok(())
    }
}
