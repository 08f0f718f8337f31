//! Builders of linear algebra: leading axes broadcast, and what is made of several operations.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::{BinaryKind, UnaryKind};
use crate::ops::{elementwise, movement, reduce};
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::gradient::{Part, only};
use super::{Cholesky, Eigh, Lu, Qr, Solve, Svd, TriangularSolve, matrix, square};

/// The last two axes exchanged.
pub(super) fn transposed(x: &Tensor) -> Result<Tensor> {
    let rank = x.shape().rank();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank - 1, rank - 2);
    movement::transpose(x, &order)
}

/// `(A + A^T) / 2`: for what stands for symmetric matrices, so that the gradient is symmetric too.
fn symmetric(name: &str, a: &Tensor) -> Result<Tensor> {
    square(name, a.ty())?;
    elementwise::scale(&elementwise::add(a, &transposed(a)?)?, 0.5)
}

/// The Cholesky factor of the symmetric part of `a`: see [`Cholesky`].
pub fn cholesky(a: &Tensor) -> Result<Tensor> {
    Tensor::apply1(Cholesky.into(), vec![symmetric("cholesky", a)?])
}

/// Eigenvalues and eigenvectors of the symmetric part of `a`: see [`Eigh`].
pub fn eigh(a: &Tensor) -> Result<[Tensor; 2]> {
    let outputs = Tensor::apply(Eigh.into(), vec![symmetric("eigh", a)?])?;
    Ok(<[Tensor; 2]>::try_from(outputs).expect("values and vectors"))
}

/// `a` and `b` with leading axes that broadcast, and whether `b` was a vector and is now a column.
fn broadcast_pair(name: &str, a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor, bool)> {
    let (lead, n) = square(name, a.ty())?;
    let is_vector = b.shape().rank() == 1;
    let b = if is_vector { movement::reshape_to(b, Shape::new(&[b.shape()[0], 1])?)? } else { b.clone() };
    let (lead_of_b, m, k) = matrix(name, b.ty())?;
    let together = Shape::new(&lead)?.broadcast(&Shape::new(&lead_of_b)?).filter(|_| m == n).ok_or_else(|| {
        Error::shape(format!(
            "{name}: a [..., n, n] and b [..., n, k] have the same n and leading axes that broadcast, got shapes {} and {}",
            a.shape(),
            b.shape()
        ))
    })?;
    let full = |last: [usize; 2]| Shape::new(&[&together[..], &last].concat());
    Ok((movement::broadcast_to(a, full([n, n])?)?, movement::broadcast_to(&b, full([n, k])?)?, is_vector))
}

fn without_column(x: Tensor, is_vector: bool) -> Result<Tensor> {
    match is_vector {
        true => movement::reshape_to(&x, Shape::new(&x.shape()[..x.shape().rank() - 1])?),
        false => Ok(x),
    }
}

/// See [`TriangularSolve`]; leading axes broadcast, a vector `b` is one column.
pub fn triangular_solve(op: TriangularSolve, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b, is_vector) = broadcast_pair("triangularSolve", a, b)?;
    without_column(op.apply(&a, &b)?, is_vector)
}

/// See [`Solve`]; leading axes broadcast, a vector `b` is one column.
pub fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b, is_vector) = broadcast_pair("solve", a, b)?;
    without_column(Tensor::apply1(Solve { transpose: false }.into(), vec![a, b])?, is_vector)
}

/// The inverse: `solve(a, identity)`.
pub fn inverse(a: &Tensor) -> Result<Tensor> {
    let (lead, n) = square("inverse", a.ty())?;
    let ones = movement::fill(1.0, Shape::new(&[n, n])?, DType::F32)?;
    let identity = movement::broadcast_to(&only(Part::Diagonal, &ones)?, Shape::new(&[&lead[..], &[n, n]].concat())?)?;
    Tensor::apply1(Solve { transpose: false }.into(), vec![a.clone(), identity])
}

/// See [`Lu`]: packed factors, order of the rows, sign of that order.
pub fn lu(a: &Tensor) -> Result<[Tensor; 3]> {
    let outputs = Tensor::apply(Lu.into(), vec![a.clone()])?;
    Ok(<[Tensor; 3]>::try_from(outputs).expect("factors, order, sign"))
}

/// `L` (with its unit diagonal) and `U` of packed factors.
pub(super) fn lu_parts(packed: &Tensor) -> Result<(Tensor, Tensor)> {
    let ones = movement::fill(1.0, packed.shape(), DType::F32)?;
    let l = elementwise::add(&only(Part::StrictlyLower, packed)?, &only(Part::Diagonal, &ones)?)?;
    Ok((l, only(Part::Upper, packed)?))
}

/// The matrix `P [..., n, n]` with `(P A)[i] = A[order[i]]`.
pub(super) fn permutation(order: &Tensor) -> Result<Tensor> {
    let dims = order.shape().to_vec();
    let n = dims[dims.len() - 1];
    let column = movement::reshape_to(order, Shape::new(&[&dims[..], &[1]].concat())?)?;
    let counted = movement::iota(Shape::new(&[n, n])?, 1, DType::I32)?;
    elementwise::cast(&elementwise::binary(BinaryKind::Eq, &column, &counted)?, DType::F32)
}

/// The diagonal of the last two axes.
fn diagonal(x: &Tensor) -> Result<Tensor> {
    reduce::sum(&only(Part::Diagonal, x)?, &[-1], false)
}

/// The determinant `[..., n, n] -> [...]`: the product of the pivots. That of a singular matrix is 0; its gradient fails.
pub fn det(a: &Tensor) -> Result<Tensor> {
    let [packed, _, sign] = lu(a)?;
    elementwise::mul(&sign, &reduce::prod(&diagonal(&packed)?, &[-1], false)?)
}

/// Sign and logarithm of the modulus of the determinant: 0 and -infinity of a singular matrix.
pub fn slogdet(a: &Tensor) -> Result<[Tensor; 2]> {
    let [packed, _, sign] = lu(a)?;
    let pivots = diagonal(&packed)?;
    let signs = reduce::prod(&elementwise::unary(UnaryKind::Sign, &pivots)?, &[-1], false)?;
    let logs = elementwise::unary(UnaryKind::Log, &elementwise::unary(UnaryKind::Abs, &pivots)?)?;
    Ok([elementwise::mul(&sign, &signs)?, reduce::sum(&logs, &[-1], false)?])
}

/// See [`Qr`].
pub fn qr(a: &Tensor, full: bool) -> Result<[Tensor; 2]> {
    Qr { full }.apply(a)
}

/// See [`Svd`].
pub fn svd(a: &Tensor) -> Result<[Tensor; 3]> {
    let outputs = Tensor::apply(Svd.into(), vec![a.clone()])?;
    Ok(<[Tensor; 3]>::try_from(outputs).expect("three factors"))
}

/// `A^+ B`, the least-squares solution of `A X = B` of least norm: `[..., m, n], [..., m, k] -> [..., n, k]`. Singular values of at most
/// `cutoff` times the largest count as zero. A vector `b` is one column.
pub fn pinv_times(a: &Tensor, b: &Tensor, cutoff: f64) -> Result<Tensor> {
    let (lead, m, n) = matrix("lstsq", a.ty())?;
    let is_vector = b.shape().rank() == 1;
    let b = if is_vector { movement::reshape_to(b, Shape::new(&[b.shape()[0], 1])?)? } else { b.clone() };
    let (_, rows, _) = matrix("lstsq", b.ty())?;
    if rows != m {
        return Err(Error::shape(format!(
            "lstsq: a [..., m, n] and b [..., m, k] have the same m, got shapes {} and {}",
            a.shape(),
            b.shape()
        )));
    }
    let [u, s, vt] = svd(a)?;
    let k = m.min(n);
    if k == 0 {
        let zeros =
            movement::fill(0.0, Shape::new(&[&lead[..], &[n, b.shape()[b.shape().rank() - 1]]].concat())?, DType::F32)?;
        return without_column(zeros, is_vector);
    }
    let largest = reduce::max(&s, &[-1], true)?;
    let counts = elementwise::binary(BinaryKind::Gt, &s, &elementwise::scale(&largest, cutoff)?)?;
    let (one, zero) = (movement::scalar(1.0, DType::F32)?, movement::scalar(0.0, DType::F32)?);
    let inverse = elementwise::div(&one, &elementwise::select(&counts, &s, &one)?)?;
    let inverse = elementwise::select(&counts, &inverse, &zero)?;
    let column = movement::reshape_to(&inverse, Shape::new(&[&lead[..], &[k, 1]].concat())?)?;
    let product = crate::ops::contraction::matmul(&u, &b, true, false)?;
    let scaled = elementwise::mul(&column, &product)?;
    without_column(crate::ops::contraction::matmul(&vt, &scaled, true, false)?, is_vector)
}
