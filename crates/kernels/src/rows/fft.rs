//! Fourier transforms of rows, by the crates rustfft and realfft without their per-instruction-set loops: results are then
//! the same on every machine, and the addon stays small. Nothing is divided by n.

use std::fmt;
use std::sync::{Arc, OnceLock};

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftDirection, FftPlanner};

use super::{BadRow, RowKernel, row_of, row_of_mut};
use crate::{Isa, View, ViewMut};

/// Complex rows of `n`, operands and results `re`, `im`.
pub struct FftRows {
    n: usize,
    inverse: bool,
    plan: OnceLock<Arc<dyn Fft<f32>>>,
}

/// Real rows of `n` to `re`, `im` of `n / 2 + 1` frequencies.
pub struct RealFftRows {
    n: usize,
    plan: OnceLock<Arc<dyn RealToComplex<f32>>>,
}

/// `re`, `im` of `n / 2 + 1` frequencies to real rows of `n`.
pub struct InverseRealFftRows {
    n: usize,
    plan: OnceLock<Arc<dyn ComplexToReal<f32>>>,
}

impl FftRows {
    /// Transforms of `n >= 1` numbers. Twiddle factors are made when first needed: not every kernel that is looked at runs.
    pub fn new(n: usize, inverse: bool) -> FftRows {
        FftRows { n, inverse, plan: OnceLock::new() }
    }

    fn plan(&self) -> &Arc<dyn Fft<f32>> {
        let direction = if self.inverse { FftDirection::Inverse } else { FftDirection::Forward };
        self.plan.get_or_init(|| FftPlanner::new().plan_fft(self.n, direction))
    }
}

impl RealFftRows {
    /// Transforms of `n >= 1` numbers.
    pub fn new(n: usize) -> RealFftRows {
        RealFftRows { n, plan: OnceLock::new() }
    }

    fn plan(&self) -> &Arc<dyn RealToComplex<f32>> {
        self.plan.get_or_init(|| RealFftPlanner::new().plan_fft_forward(self.n))
    }
}

impl InverseRealFftRows {
    /// Transforms to `n >= 1` numbers.
    pub fn new(n: usize) -> InverseRealFftRows {
        InverseRealFftRows { n, plan: OnceLock::new() }
    }

    fn plan(&self) -> &Arc<dyn ComplexToReal<f32>> {
        self.plan.get_or_init(|| RealFftPlanner::new().plan_fft_inverse(self.n))
    }
}

impl fmt::Debug for FftRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FftRows {{ n: {}, inverse: {} }}", self.n, self.inverse)
    }
}

impl fmt::Debug for RealFftRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RealFftRows {{ n: {} }}", self.n)
    }
}

impl fmt::Debug for InverseRealFftRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InverseRealFftRows {{ n: {} }}", self.n)
    }
}

/// The first `count` complex numbers of a scratch, and the rest of it.
fn complex(scratch: &mut [f32], count: usize) -> (&mut [Complex32], &mut [f32]) {
    let (head, rest) = scratch.split_at_mut(2 * count);
    // SAFETY: `Complex32` is `repr(C)` with two f32: `2 * count` f32 are `count` of them, aligned alike, and any bits are valid.
    let numbers = unsafe { std::slice::from_raw_parts_mut(head.as_mut_ptr().cast::<Complex32>(), count) };
    (numbers, rest)
}

fn join(re: &[f32], im: &[f32], to: &mut [Complex32]) {
    for ((to, &re), &im) in to.iter_mut().zip(re).zip(im) {
        *to = Complex32::new(re, im);
    }
}

fn part(outputs: &mut [ViewMut], row: usize, from: &[Complex32]) {
    for (to, from) in row_of_mut(&mut outputs[0], row).iter_mut().zip(from) {
        *to = from.re;
    }
    for (to, from) in row_of_mut(&mut outputs[1], row).iter_mut().zip(from) {
        *to = from.im;
    }
}

const LENGTHS: &str = "the plan's lengths";

impl RowKernel for FftRows {
    fn scratch(&self) -> usize {
        2 * (self.n + self.plan().get_inplace_scratch_len())
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let plan = self.plan();
        let (numbers, rest) = complex(scratch, self.n);
        let (work, _) = complex(rest, plan.get_inplace_scratch_len());
        for row in 0..inputs[0].dims()[0] {
            join(row_of(&inputs[0], row), row_of(&inputs[1], row), numbers);
            plan.process_with_scratch(numbers, work);
            part(outputs, row, numbers);
        }
        Ok(())
    }
}

impl RowKernel for RealFftRows {
    fn scratch(&self) -> usize {
        self.n + 2 * (self.n / 2 + 1 + self.plan().get_scratch_len())
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let plan = self.plan();
        let (signal, rest) = scratch.split_at_mut(self.n);
        let (spectrum, rest) = complex(rest, self.n / 2 + 1);
        let (work, _) = complex(rest, plan.get_scratch_len());
        for row in 0..inputs[0].dims()[0] {
            // The transform uses its input as scratch.
            signal.copy_from_slice(row_of(&inputs[0], row));
            plan.process_with_scratch(signal, spectrum, work).expect(LENGTHS);
            part(outputs, row, spectrum);
        }
        Ok(())
    }
}

impl RowKernel for InverseRealFftRows {
    fn scratch(&self) -> usize {
        2 * (self.n / 2 + 1 + self.plan().get_scratch_len())
    }

    fn run(
        &self,
        _: Isa,
        _: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow> {
        let plan = self.plan();
        let (spectrum, rest) = complex(scratch, self.n / 2 + 1);
        let (work, _) = complex(rest, plan.get_scratch_len());
        for row in 0..inputs[0].dims()[0] {
            join(row_of(&inputs[0], row), row_of(&inputs[1], row), spectrum);
            // A real signal's spectrum has none there, and the transform insists on it.
            spectrum[0].im = 0.0;
            if self.n.is_multiple_of(2) {
                spectrum[self.n / 2].im = 0.0;
            }
            plan.process_with_scratch(spectrum, row_of_mut(&mut outputs[0], row), work).expect(LENGTHS);
        }
        Ok(())
    }
}
