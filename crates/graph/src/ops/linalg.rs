//! Small linear algebra: factorizations and solutions of one matrix or a batch of them, in the last two axes. float32; the
//! engine computes inside a matrix in float64.
//!
//! The set is closed under differentiation: every gradient is made of these operations, products and masks.
//! Source of the formulas: M. B. Giles, "An extended collection of matrix derivative results for forward and reverse mode
//! algorithmic differentiation", 2008; S. F. Walter et al., "Algorithmic differentiation of linear algebra functions", 2010
//! (QR); J. Townsend, "Differentiating the singular value decomposition", 2016.

mod build;
mod cases;
mod gradient;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Rule, Vjp, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use build::{cholesky, det, eigh, inverse, lu, pinv_times, qr, slogdet, solve, svd, triangular_solve};
pub use cases::cases;

/// `L` with `L L^T = A` and positive diagonal, zero above it: `[..., n, n] -> [..., n, n]`. Reads the lower triangle.
/// Fails at run time when a matrix is not positive definite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cholesky;

/// `(A, B)`: the `X` with `A X = B` for a triangular `A`: `[..., n, n], [..., n, k] -> [..., n, k]`, the same leading axes.
/// The other triangle is not read. Fails at run time when a diagonal element is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TriangularSolve {
    /// `A` is lower triangular (else upper).
    pub lower: bool,
    /// Solves `A^T X = B`.
    pub transpose: bool,
    /// The diagonal counts as ones and is not read.
    pub unit: bool,
}

/// `(A, B)`: the `X` with `A X = B` (or `A^T X = B`), by elimination with row exchanges: `[..., n, n], [..., n, k] -> [..., n, k]`, the
/// same leading axes. Fails at run time when a matrix is singular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Solve {
    /// Solves `A^T X = B`.
    pub transpose: bool,
}

/// `[..., n, n] -> (LU [..., n, n], order int32 [..., n], sign [...])`: row `i` of `L U` is row `order[i]` of `A`; `L` has a unit
/// diagonal and lies below that of `U`. `sign` is that of the permutation. The pivot of a column is its largest element
/// in modulus, the first of equal ones; a column of zeros is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lu;

/// `[..., m, n] -> (Q [..., m, k], R [..., k, n])` with `k = min(m, n)`, `Q R = A`, orthonormal columns in `Q`, `R` upper triangular.
/// Householder's reflections with LAPACK's signs: `R_ii` has the sign opposite to the element that was there, and a column
/// that is zero below the diagonal is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Qr {
    /// `Q [..., m, m]`, `R [..., m, n]`. Has no gradient when `m > n`: the additional columns are not determined by `A`.
    pub full: bool,
}

/// `[..., n, n] -> (w [..., n], V [..., n, n])`: eigenvalues of symmetric matrices in ascending order and orthonormal eigenvectors
/// as columns: `A V = V diag(w)`. Reads the lower triangle. The largest component in modulus (the first of equal ones) of
/// each eigenvector is positive. The gradient is infinite where eigenvalues are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Eigh;

/// `[..., m, n] -> (U [..., m, k], s [..., k], V^T [..., k, n])` with `k = min(m, n)`, `A = U diag(s) V^T`, `s` descending and not negative.
/// The largest component in modulus (the first of equal ones) of each column of `U` is positive; columns of `U` that a zero in `s` leaves
/// open are completed to an orthonormal set. The gradient is infinite where singular values are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Svd;

/// Leading axes, rows and columns of a float32 matrix or a batch of them.
fn matrix(name: &str, x: TensorType) -> Result<(Vec<usize>, usize, usize)> {
    require_dtype(name, x, &[DType::F32])?;
    match x.shape.dims() {
        [lead @ .., m, n] => Ok((lead.to_vec(), *m, *n)),
        _ => Err(Error::shape(format!("{name} takes matrices (rank 2 or more), got shape {}", x.shape))),
    }
}

/// Leading axes and size of a square matrix or a batch of them.
fn square(name: &str, x: TensorType) -> Result<(Vec<usize>, usize)> {
    let (lead, m, n) = matrix(name, x)?;
    if m == n {
        return Ok((lead, n));
    }
    Err(Error::shape(format!("{name} takes square matrices: the last two axes of shape {} differ", x.shape)))
}

fn float(lead: &[usize], last: &[usize]) -> Result<TensorType> {
    Ok(TensorType::new(Shape::new(&[lead, last].concat())?, DType::F32))
}

/// The type of `X` with `A X = B`.
fn solution(name: &str, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
    let [a, b] = operands(name, inputs)?;
    let (lead, n) = square(name, a)?;
    let (lead_of_b, m, _) = matrix(name, b)?;
    if lead != lead_of_b || m != n {
        return Err(Error::shape(format!(
            "{name}: a [..., n, n] and b [..., n, k] have the same leading axes and n, got shapes {} and {}",
            a.shape, b.shape
        )));
    }
    Ok(vec![b])
}

/// Operations of `c n^3` for every matrix of `x`.
fn cubic(x: TensorType, c: f64) -> u64 {
    let n = x.shape.last().copied().unwrap_or(0) as f64;
    (c * n * x.shape.size() as f64) as u64
}

impl Rule for Cholesky {
    fn name(&self) -> &'static str {
        "cholesky"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a] = operands("cholesky", inputs)?;
        square("cholesky", a)?;
        Ok(vec![a])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(gradient::cholesky(&ctx.outputs[0], ctx.cotangent())?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        cubic(inputs[0], 1.0 / 3.0)
    }
}

impl Rule for TriangularSolve {
    fn name(&self) -> &'static str {
        "triangularSolve"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        solution("triangularSolve", inputs)
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        gradient::triangular_solve(self, ctx)
    }

    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        inputs[0].shape.last().copied().unwrap_or(0) as u64 * outputs[0].shape.size() as u64
    }
}

impl Rule for Solve {
    fn name(&self) -> &'static str {
        "solve"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        solution("solve", inputs)
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        gradient::solve(self, ctx)
    }

    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or(0) as u64;
        cubic(inputs[0], 2.0 / 3.0) + 2 * n * outputs[0].shape.size() as u64
    }
}

impl Rule for Lu {
    fn name(&self) -> &'static str {
        "lu"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a] = operands("lu", inputs)?;
        let (lead, n) = square("lu", a)?;
        let order = TensorType::new(Shape::new(&[&lead[..], &[n]].concat())?, DType::I32);
        Ok(vec![a, order, float(&lead, &[])?])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        // The sign does not change where there is a derivative.
        let Some(cotangent) = &ctx.cotangents[0] else { return Ok(vec![None]) };
        Ok(vec![Some(gradient::lu(&ctx.outputs[0], &ctx.outputs[1], cotangent)?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        cubic(inputs[0], 2.0 / 3.0)
    }
}

impl Rule for Qr {
    fn name(&self) -> &'static str {
        "qr"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a] = operands("qr", inputs)?;
        let (lead, m, n) = matrix("qr", a)?;
        let k = if self.full { m } else { m.min(n) };
        Ok(vec![float(&lead, &[m, k])?, float(&lead, &[k, n])?])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (_, m, n) = matrix("qr", ctx.inputs[0].ty())?;
        if self.full && m > n {
            return Err(Error::config(format!(
                "qr with fullMatrices has no gradient for matrices of more rows than columns ({m} x {n}): the additional \
                 columns are not determined by the matrix"
            )));
        }
        Ok(vec![Some(gradient::qr(ctx)?)])
    }

    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        4 * inputs[0].shape.size() as u64 * outputs[1].shape.iter().rev().nth(1).copied().unwrap_or(0) as u64
    }
}

impl Rule for Eigh {
    fn name(&self) -> &'static str {
        "eigh"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a] = operands("eigh", inputs)?;
        let (lead, n) = square("eigh", a)?;
        Ok(vec![float(&lead, &[n])?, a])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(gradient::eigh(ctx)?)])
    }

    /// About six sweeps of `n^2 / 2` rotations of three rows.
    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        cubic(inputs[0], 54.0)
    }
}

impl Rule for Svd {
    fn name(&self) -> &'static str {
        "svd"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a] = operands("svd", inputs)?;
        let (lead, m, n) = matrix("svd", a)?;
        let k = m.min(n);
        Ok(vec![float(&lead, &[m, k])?, float(&lead, &[k])?, float(&lead, &[k, n])?])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(gradient::svd(ctx)?)])
    }

    /// About eight sweeps.
    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        let k = outputs[1].shape.last().copied().unwrap_or(0) as u64;
        64 * k * inputs[0].shape.size() as u64
    }
}
