//! Growing by operations that mix elements: reductions, products, gathers and blocks at computed places.

use hornbeam_engine::graph::ops::elementwise::{self as ew, BinaryKind, UnaryKind};
use hornbeam_engine::graph::ops::reduce::{self, ReduceKind};
use hornbeam_engine::graph::ops::{contraction, indexing, movement, softmax};
use hornbeam_engine::graph::{DType, Result, Shape, Tensor};

use super::grow::Garden;

impl Garden {
    pub fn softmax(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.dtype() == DType::F32 && t.shape().rank() > 0)?;
        let axis = self.choices.below(x.shape().rank()) as i64;
        Some(if self.choices.once_in(2) { softmax::softmax(&x, axis) } else { softmax::log_softmax(&x, axis) })
    }

    pub fn reduce(&mut self) -> Option<Result<Tensor>> {
        let integers = self.choices.once_in(5);
        let dtype = if integers { DType::I32 } else { DType::F32 };
        let x = self.find(|t| t.dtype() == dtype && t.shape().rank() > 0 && t.shape().size() > 0)?;
        let rank = x.shape().rank();
        let axes: Vec<i64> = (0..rank as i64).filter(|_| self.choices.once_in(2)).collect();
        let count: usize = axes.iter().map(|&a| x.shape()[a as usize]).product();
        let keep = self.choices.once_in(2);
        let kind =
            self.choices.of(&[ReduceKind::Sum, ReduceKind::Sum, ReduceKind::Sum, ReduceKind::Max, ReduceKind::Min]);
        let reduced = reduce::reduce(kind, &x, &axes, keep);
        let sums = kind == ReduceKind::Sum && !integers;
        Some(if sums { reduced.and_then(|t| ew::scale(&t, 1.0 / (count as f64).sqrt().max(1.0))) } else { reduced })
    }

    pub fn arg_reduce(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.dtype() == DType::F32 && t.shape().rank() > 0 && t.shape().size() > 0)?;
        let axis = self.choices.below(x.shape().rank()) as i64;
        Some(reduce::arg_reduce(self.choices.once_in(2), &x, axis, self.choices.once_in(2)))
    }

    pub fn matmul(&mut self) -> Option<Result<Tensor>> {
        let rank = self.choices.of(&[2, 2, 2, 3]);
        let a = self.find(|t| t.dtype() == DType::F32 && t.shape().rank() == rank && t.shape().size() > 0)?;
        let transpose_a = self.choices.once_in(3);
        let transpose_b = self.choices.once_in(3);
        let k = a.shape()[if transpose_a { rank - 2 } else { rank - 1 }];
        let fits = |t: &Tensor| {
            let r = t.shape().rank();
            t.dtype() == DType::F32
                && (2..=3).contains(&r)
                && t.shape()[if transpose_b { r - 1 } else { r - 2 }] == k
                && (r == 2 || rank == 2 || t.shape()[0] == a.shape()[0] || t.shape()[0] == 1 || a.shape()[0] == 1)
        };
        let b = match self.find(fits) {
            Some(b) if !self.choices.once_in(4) => b,
            _ => {
                let n = self.choices.of(&[1, 3, 16, 33]);
                self.param(&if transpose_b { [n, k] } else { [k, n] }, DType::F32, false)
            }
        };
        let product = contraction::matmul(&a, &b, transpose_a, transpose_b);
        let product = product.and_then(|t| ew::scale(&t, 1.0 / (k.max(1) as f64).sqrt()));
        if !self.choices.once_in(2) {
            return Some(product);
        }
        // A bias and a ReLU: what contractions take in.
        Some(product.and_then(|t| {
            let columns = *t.shape().last().expect("a matrix");
            let bias = self.param(&[columns], DType::F32, false);
            ew::unary(UnaryKind::Relu, &ew::add(&t, &bias)?)
        }))
    }

    pub fn gather(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.shape().rank() > 0 && t.shape().size() > 0)?;
        let axis = self.choices.below(x.shape().rank());
        let ids = self.ids(x.shape()[axis])?;
        Some(ids.and_then(|ids| indexing::gather(&x, &ids, axis as i64)))
    }

    /// Indices in `0..dim`.
    fn ids(&mut self, dim: usize) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.dtype() == DType::I32 && t.shape().rank() <= 2)?;
        Some(movement::scalar(dim as f64, DType::I32).and_then(|dim| ew::binary(BinaryKind::Mod, &x, &dim)))
    }

    pub fn scatter(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.dtype() == DType::F32 && t.shape().rank() > 0 && t.shape().size() > 0)?;
        let axis = self.choices.below(x.shape().rank());
        let ids = self.ids(x.shape()[axis])?;
        Some(ids.and_then(|ids| {
            let updates = indexing::gather(&x, &ids, axis as i64)?;
            let scaled = ew::scale(&ew::unary(UnaryKind::Sin, &updates)?, 0.3)?;
            indexing::scatter_add(&x, &ids, &scaled, axis as i64)
        }))
    }

    pub fn dynamic(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.shape().rank() > 0 && t.shape().size() > 0)?;
        let number = self.find(|t| t.dtype() == DType::I32 && t.shape().size() > 0)?;
        let update = self.choices.once_in(2);
        let sizes: Vec<usize> = x.shape().iter().map(|&d| 1 + self.choices.below(d)).collect();
        let build = || {
            let flat = movement::reshape(&number, &[-1])?;
            let scalar = movement::reshape(&movement::slice_axis(&flat, 0, 0, 1)?, &[])?;
            let starts = vec![scalar; sizes.len()];
            let block = indexing::dynamic_slice(&x, &starts, Shape::new(&sizes)?)?;
            if !update {
                return Ok(block);
            }
            let zero: Vec<Tensor> = sizes.iter().map(|_| movement::scalar(1.0, DType::I32)).collect::<Result<_>>()?;
            indexing::dynamic_update_slice(&x, &block, &zero)
        };
        Some(build())
    }
}
