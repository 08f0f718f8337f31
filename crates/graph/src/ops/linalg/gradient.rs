//! Gradients of linear algebra. A bar means a cotangent.

use crate::dtype::DType;
use crate::error::Result;
use crate::ops::elementwise::BinaryKind;
use crate::ops::{Vjp, contraction, elementwise, movement};
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::build::{lu_parts, transposed};
use super::{Qr, Solve, TriangularSolve, build};

/// Which elements of the last two axes a mask keeps.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Lower,
    StrictlyLower,
    Diagonal,
    Upper,
}

/// `x` with zeros outside a part of its last two axes.
pub(super) fn only(part: Part, x: &Tensor) -> Result<Tensor> {
    let rank = x.shape().rank();
    let dims = Shape::new(&x.shape()[rank - 2..])?;
    let (i, j) = (movement::iota(dims, 0, DType::I32)?, movement::iota(dims, 1, DType::I32)?);
    let kind = match part {
        Part::Lower => BinaryKind::Ge,
        Part::StrictlyLower => BinaryKind::Gt,
        Part::Diagonal => BinaryKind::Eq,
        Part::Upper => BinaryKind::Le,
    };
    // A choice, not a product: what is left out may be infinite.
    elementwise::select(&elementwise::binary(kind, &i, &j)?, x, &movement::scalar(0.0, x.dtype())?)
}

fn mm(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    contraction::matmul(a, b, false, false)
}

/// `a^T b`.
fn tmm(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    contraction::matmul(a, b, true, false)
}

/// `a b^T`.
fn mmt(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    contraction::matmul(a, b, false, true)
}

/// What a function of the lower triangle alone gets of a cotangent of the symmetric matrix it stands for.
fn fold_lower(x: &Tensor) -> Result<Tensor> {
    let both = elementwise::add(x, &transposed(x)?)?;
    elementwise::add(&only(Part::StrictlyLower, &both)?, &only(Part::Diagonal, x)?)
}

/// The lower triangle and its mirror image.
fn mirror_lower(x: &Tensor) -> Result<Tensor> {
    elementwise::add(&only(Part::Lower, x)?, &transposed(&only(Part::StrictlyLower, x)?)?)
}

/// `A_bar = fold(L^-T P L^-1)`, `P` the lower triangle of `L^T L_bar` with half its diagonal.
pub(super) fn cholesky(l: &Tensor, cotangent: &Tensor) -> Result<Tensor> {
    let inner = tmm(l, &only(Part::Lower, cotangent)?)?;
    let half = elementwise::scale(&only(Part::Diagonal, &inner)?, 0.5)?;
    let p = elementwise::add(&only(Part::StrictlyLower, &inner)?, &half)?;
    let back = TriangularSolve { lower: true, transpose: true, unit: false };
    // X = L^-T P, then S L = X, which is L^T S^T = X^T.
    let x = back.apply(l, &p)?;
    fold_lower(&back.apply(l, &transposed(&x)?)?)
}

/// `B_bar = A^-T X_bar`, `A_bar` the triangle of `-B_bar X^T`.
pub(super) fn triangular_solve(op: &TriangularSolve, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
    let (a, x) = (&ctx.inputs[0], &ctx.outputs[0]);
    let b_bar = TriangularSolve { transpose: !op.transpose, ..*op }.apply(a, ctx.cotangent())?;
    let product = if op.transpose { mmt(x, &b_bar)? } else { mmt(&b_bar, x)? };
    let triangle = only(if op.lower { Part::Lower } else { Part::Upper }, &elementwise::neg(&product)?)?;
    let a_bar = match op.unit {
        true => elementwise::sub(&triangle, &only(Part::Diagonal, &triangle)?)?,
        false => triangle,
    };
    Ok(vec![Some(a_bar), Some(b_bar)])
}

/// `B_bar = A^-T X_bar`, `A_bar = -B_bar X^T`.
pub(super) fn solve(op: &Solve, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
    let (a, x) = (&ctx.inputs[0], &ctx.outputs[0]);
    let back = Solve { transpose: !op.transpose };
    let b_bar = Tensor::apply1(back.into(), vec![a.clone(), ctx.cotangent().clone()])?;
    let product = if op.transpose { mmt(x, &b_bar)? } else { mmt(&b_bar, x)? };
    Ok(vec![Some(elementwise::neg(&product)?), Some(b_bar)])
}

/// `A_bar = P L^-T (strictly lower of L^T L_bar + upper of U_bar U^T) U^-T`.
pub(super) fn lu(packed: &Tensor, order: &Tensor, cotangent: &Tensor) -> Result<Tensor> {
    let (l, u) = lu_parts(packed)?;
    let of_l = only(Part::StrictlyLower, &tmm(&l, &only(Part::StrictlyLower, cotangent)?)?)?;
    let of_u = only(Part::Upper, &mmt(&only(Part::Upper, cotangent)?, &u)?)?;
    let inner = elementwise::add(&of_l, &of_u)?;
    let x = TriangularSolve { lower: true, transpose: true, unit: true }.apply(packed, &inner)?;
    // Y U^T = X, which is U Y^T = X^T.
    let y = TriangularSolve { lower: false, transpose: false, unit: false }.apply(packed, &transposed(&x)?)?;
    contraction::matmul(&build::permutation(order)?, &y, true, true)
}

/// The cotangent of output `i`, zeros where there is none.
fn given(ctx: &Vjp, i: usize) -> Result<Tensor> {
    match &ctx.cotangents[i] {
        Some(cotangent) => Ok(cotangent.clone()),
        None => movement::fill(0.0, ctx.outputs[i].shape(), DType::F32),
    }
}

/// Tall or square: `A_bar = (Q_bar + Q mirror(M)) R^-T` with `M = R R_bar^T - Q_bar^T Q`. Wide: that of the square part, whose `Q` the
/// other columns of `R` depend on.
pub(super) fn qr(ctx: &Vjp) -> Result<Tensor> {
    let (q, r) = (&ctx.outputs[0], &ctx.outputs[1]);
    let (q_bar, r_bar) = (given(ctx, 0)?, given(ctx, 1)?);
    let axis = r.shape().rank() - 1;
    let (k, n) = (r.shape()[axis - 1], r.shape()[axis]);
    if k == n {
        return qr_tall(q, r, &q_bar, &r_bar);
    }
    let part = |x: &Tensor, from: usize, to: usize| movement::slice_axis(x, axis, from, to);
    let others = part(&ctx.inputs[0], k, n)?;
    let others_bar = part(&r_bar, k, n)?;
    let q_bar = elementwise::add(&q_bar, &mmt(&others, &others_bar)?)?;
    let square = qr_tall(q, &part(r, 0, k)?, &q_bar, &part(&r_bar, 0, k)?)?;
    movement::concat(&[square, mm(q, &others_bar)?], -1)
}

fn qr_tall(q: &Tensor, r: &Tensor, q_bar: &Tensor, r_bar: &Tensor) -> Result<Tensor> {
    // What is below the diagonal of R is zero whatever A is.
    let r_bar = only(Part::Upper, r_bar)?;
    let m = elementwise::sub(&mmt(r, &r_bar)?, &tmm(q_bar, q)?)?;
    let z = elementwise::add(q_bar, &mm(q, &mirror_lower(&m)?)?)?;
    let y = TriangularSolve { lower: false, transpose: false, unit: false }.apply(r, &transposed(&z)?)?;
    transposed(&y)
}

/// `1 / (x_j - x_i)` off the diagonal of `[..., n, n]`, zeros on it.
fn inverse_gaps(x: &Tensor) -> Result<Tensor> {
    let dims = x.shape().to_vec();
    let n = dims[dims.len() - 1];
    let column = movement::reshape_to(x, Shape::new(&[&dims[..], &[1]].concat())?)?;
    let row = movement::reshape_to(x, Shape::new(&[&dims[..dims.len() - 1], &[1, n]].concat())?)?;
    let gaps = elementwise::sub(&row, &column)?;
    let square = Shape::new(&[n, n])?;
    let (i, j) = (movement::iota(square, 0, DType::I32)?, movement::iota(square, 1, DType::I32)?);
    let same = elementwise::binary(BinaryKind::Eq, &i, &j)?;
    let one = movement::scalar(1.0, DType::F32)?;
    // The diagonal is taken out before the division as well, or its infinite slope would reach the second gradient.
    let inverse = elementwise::div(&one, &elementwise::select(&same, &one, &gaps)?)?;
    elementwise::select(&same, &movement::scalar(0.0, DType::F32)?, &inverse)
}

/// `diag(x)` of the last axis.
fn diagonal_matrix(x: &Tensor) -> Result<Tensor> {
    let dims = x.shape().to_vec();
    let n = dims[dims.len() - 1];
    let row = movement::reshape_to(x, Shape::new(&[&dims[..dims.len() - 1], &[1, n]].concat())?)?;
    only(Part::Diagonal, &movement::broadcast_to(&row, Shape::new(&[&dims[..], &[n]].concat())?)?)
}

/// `A_bar = fold(V (diag(w_bar) + F * (V^T V_bar)) V^T)`, `F_ij = 1 / (w_j - w_i)`.
pub(super) fn eigh(ctx: &Vjp) -> Result<Tensor> {
    let (w, v) = (&ctx.outputs[0], &ctx.outputs[1]);
    let mut inner = diagonal_matrix(&given(ctx, 0)?)?;
    if let Some(v_bar) = &ctx.cotangents[1] {
        let turned = elementwise::mul(&inverse_gaps(w)?, &tmm(v, v_bar)?)?;
        inner = elementwise::add(&inner, &turned)?;
    }
    fold_lower(&mmt(&mm(v, &inner)?, v)?)
}

/// With `F_ij = 1 / (s_j^2 - s_i^2)` and `skew(M) = M - M^T`:
/// `A_bar = U (diag(s_bar) + (F * skew(U^T U_bar)) S + S (F * skew(V^T V_bar))) V^T + (I - U U^T) U_bar S^-1 V^T + U S^-1 V_bar^T (I - V V^T)`.
/// The last two terms are there only when `A` is tall or wide.
pub(super) fn svd(ctx: &Vjp) -> Result<Tensor> {
    let (u, s, vt) = (&ctx.outputs[0], &ctx.outputs[1], &ctx.outputs[2]);
    let dims = s.shape().to_vec();
    let row_shape = Shape::new(&[&dims[..dims.len() - 1], &[1, dims[dims.len() - 1]]].concat())?;
    let s_row = movement::reshape_to(s, row_shape)?;
    let s_column = transposed(&s_row)?;
    let skew = |x: &Tensor| -> Result<Tensor> { elementwise::sub(x, &transposed(x)?) };
    let mut inner = diagonal_matrix(&given(ctx, 1)?)?;
    if ctx.cotangents[0].is_none() && ctx.cotangents[2].is_none() {
        return mm(&mm(u, &inner)?, vt);
    }
    let f = inverse_gaps(&elementwise::mul(s, s)?)?;
    let mut a_bar = None;
    let mut add = |term: Tensor| -> Result<()> {
        a_bar = Some(match a_bar.take() {
            None => term,
            Some(sum) => elementwise::add(&sum, &term)?,
        });
        Ok(())
    };
    if let Some(u_bar) = &ctx.cotangents[0] {
        let within = tmm(u, u_bar)?;
        let turned = elementwise::mul(&elementwise::mul(&f, &skew(&within)?)?, &s_row)?;
        inner = elementwise::add(&inner, &turned)?;
        if u.shape()[dims.len() - 1] > vt.shape()[dims.len() - 1] {
            let outside = elementwise::sub(u_bar, &mm(u, &within)?)?;
            add(mm(&elementwise::div(&outside, &s_row)?, vt)?)?;
        }
    }
    if let Some(vt_bar) = &ctx.cotangents[2] {
        let within = mmt(vt, vt_bar)?;
        let turned = elementwise::mul(&elementwise::mul(&f, &skew(&within)?)?, &s_column)?;
        inner = elementwise::add(&inner, &turned)?;
        if vt.shape()[dims.len()] > u.shape()[dims.len() - 1] {
            // V_bar^T (I - V V^T).
            let outside = elementwise::sub(vt_bar, &mm(&mmt(vt_bar, vt)?, vt)?)?;
            add(mm(u, &elementwise::div(&outside, &s_column)?)?)?;
        }
    }
    add(mm(&mm(u, &inner)?, vt)?)?;
    Ok(a_bar.expect("a term was added"))
}

impl TriangularSolve {
    /// The solution as a node.
    pub(super) fn apply(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        Tensor::apply1(self.into(), vec![a.clone(), b.clone()])
    }
}

impl Qr {
    /// Both factors as nodes.
    pub(super) fn apply(self, a: &Tensor) -> Result<[Tensor; 2]> {
        let outputs = Tensor::apply(self.into(), vec![a.clone()])?;
        Ok(<[Tensor; 2]>::try_from(outputs).expect("two factors"))
    }
}
