//! Sorting rows, and searching sorted ones.

use super::{BadRow, RowKernel};
use crate::{Elem, Isa, Scalar, View, ViewMut};

/// `x [rows, n]` (F32 or I32) to `values [rows, keep]` of its type and `indices [rows, keep]` (I32): the first `keep` elements
/// in order, stable, NaN as the largest of all.
#[derive(Debug)]
pub struct SortRows {
    /// Elements of a row.
    pub n: usize,
    /// Elements kept of it.
    pub keep: usize,
    /// The largest first.
    pub descending: bool,
}

/// `sorted [rows, n]` (or, when all rows search the same, `[n]`) and `values [rows, k]`, both F32 or both I32, to
/// `positions [rows, k]` (I32): how many elements are less than (or, `right`, not greater than) each value.
#[derive(Debug)]
pub struct SearchRows {
    /// Elements of a sorted row.
    pub n: usize,
    /// Whether equal elements count.
    pub right: bool,
}

/// A number that can be put in order.
trait Ordered: Scalar {
    /// An unsigned number that orders as this one does.
    fn key(self) -> u32;
}

impl Ordered for f32 {
    /// NaN last, both zeros equal.
    fn key(self) -> u32 {
        if self.is_nan() {
            return u32::MAX;
        }
        // Adding 0 makes -0 a 0.
        let bits = (self + 0.0).to_bits();
        if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
    }
}

impl Ordered for i32 {
    fn key(self) -> u32 {
        self.cast_unsigned() ^ 1 << 31
    }
}

impl SortRows {
    /// A row: key and position side by side in one number, so that an unstable sort of those is a stable one of the row.
    fn row<T: Ordered>(&self, x: &[T], values: &mut [T], indices: &mut [i32], pairs: &mut [u64]) {
        let flip = if self.descending { u32::MAX } else { 0 };
        for (i, (pair, &x)) in pairs.iter_mut().zip(x).enumerate() {
            *pair = u64::from(x.key() ^ flip) << 32 | i as u64;
        }
        if self.keep < self.n {
            pairs.select_nth_unstable(self.keep);
        }
        let kept = &mut pairs[..self.keep];
        kept.sort_unstable();
        for (nth, &mut pair) in kept.iter_mut().enumerate() {
            let position = pair as u32;
            indices[nth] = position.cast_signed();
            values[nth] = x[position as usize];
        }
    }

    fn rows<T: Ordered>(&self, x: &View, outputs: &mut [ViewMut], pairs: &mut [u64]) {
        let [values, indices] = outputs else { panic!("a sort has two outputs") };
        let x = x.as_slice::<T>().expect("rows are dense");
        let values = values.as_mut_slice::<T>().expect("rows are dense");
        let indices = indices.as_mut_slice::<i32>().expect("rows are dense");
        if self.keep == 0 {
            return;
        }
        let results = values.chunks_exact_mut(self.keep).zip(indices.chunks_exact_mut(self.keep));
        for (x, (values, indices)) in x.chunks_exact(self.n).zip(results) {
            self.row(x, values, indices, pairs);
        }
    }
}

impl RowKernel for SortRows {
    fn scratch(&self) -> usize {
        // A pair is as large as two numbers; one more for scratch that begins between two pairs.
        2 * self.n + 1
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        // SAFETY: every bit pattern is a u64 and an f32.
        let (_, pairs, _) = unsafe { scratch.align_to_mut::<u64>() };
        let pairs = &mut pairs[..self.n];
        match inputs[0].elem() {
            Elem::F32 => self.rows::<f32>(&inputs[0], outputs, pairs),
            _ => self.rows::<i32>(&inputs[0], outputs, pairs),
        }
        Ok(())
    }
}

impl SearchRows {
    fn rows<T: Ordered>(&self, sorted: &View, values: &View, out: &mut ViewMut) {
        let [rows, k] = *values.dims() else { panic!("values are [rows, k]") };
        let all = sorted.as_slice::<T>().expect("rows are dense");
        let values = values.as_slice::<T>().expect("rows are dense");
        let out = out.as_mut_slice::<i32>().expect("rows are dense");
        // One row for all has one axis.
        let step = if sorted.dims().len() == 2 { self.n } else { 0 };
        for row in 0..rows {
            let sorted = &all[row * step..row * step + self.n];
            for (position, value) in out[row * k..(row + 1) * k].iter_mut().zip(&values[row * k..(row + 1) * k]) {
                let key = value.key();
                let found = sorted.partition_point(|x| if self.right { x.key() <= key } else { x.key() < key });
                *position = found as i32;
            }
        }
    }
}

impl RowKernel for SearchRows {
    fn run(&self, _: Isa, _: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        match inputs[0].elem() {
            Elem::F32 => self.rows::<f32>(&inputs[0], &inputs[1], &mut outputs[0]),
            _ => self.rows::<i32>(&inputs[0], &inputs[1], &mut outputs[0]),
        }
        Ok(())
    }
}
