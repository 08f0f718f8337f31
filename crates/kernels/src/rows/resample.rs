//! Sums of weighted slices: interpolation along an axis. Lanes run over what comes after the axis.

use super::{BadRow, RowKernel};
use crate::simd::{Kernel, Simd, dispatch};
use crate::{Isa, View, ViewMut};

/// Rows `[inputs, inner]` to `[outputs, inner]`: slice `i` is the sum of the weighted slices that taps `starts[i]..starts[i + 1]` name.
#[derive(Debug)]
pub struct ResampleRows {
    /// Slices of a row.
    pub inputs: usize,
    /// Elements of a slice.
    pub inner: usize,
    /// Where the taps of every result begin, and one past the last.
    pub starts: Vec<u32>,
    /// Slice of every tap, below `inputs`.
    pub sources: Vec<u32>,
    /// Weight of every tap.
    pub weights: Vec<f32>,
}

impl RowKernel for ResampleRows {
    fn run(
        &self,
        isa: Isa,
        _first: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        _scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let x = inputs[0].as_slice::<f32>().expect("rows lie without gaps");
        let y = outputs[0].as_mut_slice::<f32>().expect("rows lie without gaps");
        let [from, to] = [self.inputs, self.starts.len() - 1].map(|slices| slices * self.inner);
        assert!(self.sources.iter().all(|&source| (source as usize) < self.inputs), "a tap outside the row");
        assert!(from == 0 || x.len() / from * to == y.len(), "as many rows are read as written");
        if from == 0 {
            y.fill(0.0);
        } else if to > 0 {
            dispatch(isa, Rows { table: self, x, y });
        }
        Ok(())
    }
}

struct Rows<'a> {
    table: &'a ResampleRows,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let ResampleRows { inputs, inner, starts, sources, weights } = self.table;
        let (inputs, inner) = (*inputs, *inner);
        let outputs = starts.len() - 1;
        let rows = self.x.chunks_exact(inputs * inner).zip(self.y.chunks_exact_mut(outputs * inner));
        for (x, y) in rows {
            for (result, range) in y.chunks_exact_mut(inner).zip(starts.windows(2)) {
                let taps = range[0] as usize..range[1] as usize;
                let taps = Taps { sources: &sources[taps.clone()], weights: &weights[taps] };
                let whole = inner / S::LANES * S::LANES;
                for at in (0..whole).step_by(S::LANES) {
                    // SAFETY: a vector of the slice is left at `at` in every slice of x and in the result.
                    unsafe { taps.sum::<S, true>(s, x, inner, at, S::LANES, result) };
                }
                if whole < inner {
                    // SAFETY: the elements that are left.
                    unsafe { taps.sum::<S, false>(s, x, inner, whole, inner - whole, result) };
                }
            }
        }
    }
}

/// The taps of one result.
struct Taps<'a> {
    sources: &'a [u32],
    weights: &'a [f32],
}

impl Taps<'_> {
    /// `count` elements from `at` on (a vector when `WHOLE`). A tap alone with weight 1 is a copy, to the bit.
    ///
    /// # Safety
    /// Those elements exist in every slice of `x` that a tap names, and in `result`.
    #[inline(always)]
    unsafe fn sum<S: Simd, const WHOLE: bool>(
        &self,
        s: S,
        x: &[f32],
        inner: usize,
        at: usize,
        count: usize,
        result: &mut [f32],
    ) {
        // SAFETY: the caller's contract.
        unsafe {
            let mut sum = s.splat(0.0);
            for (tap, (&source, &weight)) in self.sources.iter().zip(self.weights).enumerate() {
                let from = x.as_ptr().add(source as usize * inner + at);
                let value = if WHOLE { s.load(from) } else { s.load_partial(from, count, 0.0) };
                sum = if tap == 0 { s.mul(value, s.splat(weight)) } else { s.fma(value, s.splat(weight), sum) };
            }
            let to = result.as_mut_ptr().add(at);
            if WHOLE { s.store(to, sum) } else { s.store_partial(to, count, sum) }
        }
    }
}
