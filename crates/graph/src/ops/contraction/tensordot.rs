//! Products of tensors over chosen axes.

use crate::error::{Error, Result};
use crate::ops::{movement, normalize_axis};
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::matmul;

/// Sums the products of `a` and `b` over `axes_a` of `a` paired with `axes_b` of `b`; the result has the other axes of `a`,
/// then those of `b`. One matrix product. Negative axes count from the end.
///
/// # Errors
/// Shape: the lists differ in length, an axis is out of range or given twice, or the sizes of a pair differ.
pub fn tensordot(a: &Tensor, b: &Tensor, axes_a: &[i64], axes_b: &[i64]) -> Result<Tensor> {
    if axes_a.len() != axes_b.len() {
        return Err(Error::shape(format!("tensordot: as many axes of a as of b, got {axes_a:?} and {axes_b:?}")));
    }
    let (a_axes, a_free) = split(a, axes_a)?;
    let (b_axes, b_free) = split(b, axes_b)?;
    for (&i, &j) in a_axes.iter().zip(&b_axes) {
        if a.shape()[i] != b.shape()[j] {
            return Err(Error::shape(format!(
                "tensordot: axis {i} of shape {} and axis {j} of shape {} differ: {} and {}",
                a.shape(),
                b.shape(),
                a.shape()[i],
                b.shape()[j]
            )));
        }
    }
    let dims = |x: &Tensor, axes: &[usize]| axes.iter().map(|&axis| x.shape()[axis]).collect::<Vec<usize>>();
    let inner: usize = dims(a, &a_axes).iter().product();
    let (rows, columns) = (dims(a, &a_free), dims(b, &b_free));
    let left = movement::transpose(a, &[&a_free[..], &a_axes].concat())?;
    let left = movement::reshape_to(&left, Shape::new(&[rows.iter().product(), inner])?)?;
    let right = movement::transpose(b, &[&b_axes[..], &b_free].concat())?;
    let right = movement::reshape_to(&right, Shape::new(&[inner, columns.iter().product()])?)?;
    let product = matmul(&left, &right, false, false)?;
    movement::reshape_to(&product, Shape::new(&[rows, columns].concat())?)
}

/// The named axes, counted from the front, and the others.
fn split(x: &Tensor, axes: &[i64]) -> Result<(Vec<usize>, Vec<usize>)> {
    let rank = x.shape().rank();
    let named = axes.iter().map(|&axis| normalize_axis("tensordot", axis, rank)).collect::<Result<Vec<usize>>>()?;
    if let Some(i) = (0..named.len()).find(|&i| named[..i].contains(&named[i])) {
        return Err(Error::shape(format!("tensordot: axis {} is given twice in {axes:?}", named[i])));
    }
    let others = (0..rank).filter(|axis| !named.contains(axis)).collect();
    Ok((named, others))
}
