//! Order along the last axis: sorting with positions, search in sorted rows, running sums and extremes.

mod cases;
mod cumulative;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::indexing::{Scatter, ScatterKind};
use crate::ops::{Rule, Vjp, movement, normalize_axis, operands, require_dtype};
use crate::shape::TensorType;
use crate::tensor::Tensor;

pub use cases::cases;
pub use cumulative::{Cumulative, CumulativeKind, cumulative};

/// `x [..., n]` (float32 or int32) sorted along its last axis: outputs `(values, indices)`, both `[..., keep]`, the first
/// `keep` in order and their positions (int32).
///
/// Stable: equal elements stay in the order of their positions, in both directions. NaN counts as larger than all numbers
/// (NumPy's order): the last ascending, the first descending. -0 and 0 are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// The largest first.
    pub descending: bool,
    /// How many are kept, at most `n`: top-k is a sort that keeps k, and costs less than a whole one.
    pub keep: usize,
}

/// `(sorted [..., n], values [..., k])`, both float32 or both int32: for each value the number of elements of its row that
/// are less (`right`: not greater) than it, int32 `[..., k]`: where it would be inserted. Rows are ascending, NaN last; of
/// other rows the result is some number in `0..=n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SearchSorted {
    /// Behind equal elements instead of before them.
    pub right: bool,
}

impl Rule for Sort {
    fn name(&self) -> &'static str {
        "sort"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("sort", inputs)?;
        require_dtype("sort", x, &[DType::F32, DType::I32])?;
        let n = check_length("sort", x)?;
        if self.keep > n {
            return Err(Error::shape(format!(
                "topk: k must be at most {n}, the size of the last axis of shape {}, got {}",
                x.shape, self.keep
            )));
        }
        let shape = x.shape.with_dim(x.shape.rank() - 1, self.keep)?;
        Ok(vec![TensorType::new(shape, x.dtype), TensorType::new(shape, DType::I32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let Some(dy) = &ctx.cotangents[0] else { return Ok(vec![None]) };
        let x = &ctx.inputs[0];
        let zeros = movement::fill(0.0, x.shape(), dy.dtype())?;
        let scatter = Scatter { kind: ScatterKind::Add };
        Ok(vec![Some(Tensor::apply1(scatter.into(), vec![zeros, ctx.outputs[1].clone(), dy.clone()])?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        let shape = inputs[0].shape;
        // A comparison counts as one; branches and moves make it cost some eight.
        shape.size() as u64 * 8 * u64::from(shape.last().map_or(0, |n| n.max(&1).ilog2()) + 1)
    }
}

impl Rule for SearchSorted {
    fn name(&self) -> &'static str {
        "searchSorted"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [sorted, values] = operands("searchSorted", inputs)?;
        require_dtype("searchSorted", sorted, &[DType::F32, DType::I32])?;
        check_length("searchSorted", sorted)?;
        let rank = sorted.shape.rank();
        let alike = values.dtype == sorted.dtype
            && values.shape.rank() == rank
            && values.shape[..rank - 1] == sorted.shape[..rank - 1];
        if !alike {
            return Err(Error::shape(format!(
                "searchSorted takes values of the dtype of the sorted rows, and as many rows, got {sorted} and {values}"
            )));
        }
        Ok(vec![TensorType::new(values.shape, DType::I32)])
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }

    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or(0);
        outputs[0].shape.size() as u64 * 4 * u64::from(n.max(1).ilog2() + 1)
    }
}

/// The size of the last axis, which positions in int32 must reach.
fn check_length(name: &str, x: TensorType) -> Result<usize> {
    match x.shape.last() {
        None => Err(Error::shape(format!("{name} takes a tensor of rank 1 or more, got a scalar"))),
        Some(&n) if n > i32::MAX as usize => {
            Err(Error::shape(format!("{name}: the last axis of shape {} is too long for int32 positions", x.shape)))
        }
        Some(&n) => Ok(n),
    }
}

/// The permutation that brings `axis` to the end, and its inverse (the other axes stay in order).
fn to_last(rank: usize, axis: usize) -> (Vec<usize>, Vec<usize>) {
    let order: Vec<usize> = (0..rank).filter(|&a| a != axis).chain([axis]).collect();
    let mut inverse = vec![0; rank];
    for (i, &from) in order.iter().enumerate() {
        inverse[from] = i;
    }
    (order, inverse)
}

/// `(values, indices)` along an axis (negative counts from the end); see [`Sort`].
pub fn sort(x: &Tensor, axis: i64, descending: bool) -> Result<[Tensor; 2]> {
    let axis = normalize_axis("sort", axis, x.shape().rank())?;
    let (order, inverse) = to_last(x.shape().rank(), axis);
    let moved = movement::transpose(x, &order)?;
    let keep = x.shape()[axis];
    let outputs = Tensor::apply(Sort { descending, keep }.into(), vec![moved])?;
    Ok([movement::transpose(&outputs[0], &inverse)?, movement::transpose(&outputs[1], &inverse)?])
}

/// The `k` largest elements along the last axis in descending order, and their positions.
pub fn top_k(x: &Tensor, k: usize) -> Result<[Tensor; 2]> {
    let mut outputs = Tensor::apply(Sort { descending: true, keep: k }.into(), vec![x.clone()])?;
    let indices = outputs.swap_remove(1);
    Ok([outputs.swap_remove(0), indices])
}

/// See [`SearchSorted`].
pub fn search_sorted(sorted: &Tensor, values: &Tensor, right: bool) -> Result<Tensor> {
    Tensor::apply1(SearchSorted { right }.into(), vec![sorted.clone(), values.clone()])
}
