//! The gradient of softmax by rows.

use super::sums::{Sink, Summand, load, start, start_mut, sums};
use super::{BadRow, RowKernel};
use crate::simd::{Kernel, Simd, dispatch};
use crate::{Isa, View, ViewMut};

/// `(y [rows, n], dy [rows, n]) -> dx [rows, n]`: `dx = y (dy - sum(y dy))`.
#[derive(Debug)]
pub struct SoftmaxGradRows {
    /// Elements of a row.
    pub n: usize,
}

impl RowKernel for SoftmaxGradRows {
    fn run(&self, isa: Isa, _: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let (n, rows) = (self.n, inputs[0].dims()[0]);
        let (y, dy) = (start(&inputs[0], rows * n), start(&inputs[1], rows * n));
        let streamed = outputs[0].is_streamed();
        let dx = start_mut(&mut outputs[0], rows * n);
        dispatch(isa, Gradient { rows, n, y, dy, dx, streamed });
        Ok(())
    }
}

/// The products of a row.
struct Products {
    y: *const f32,
    dy: *const f32,
}

impl<S: Simd> Summand<S, 1> for Products {
    #[inline(always)]
    unsafe fn add(&self, s: S, [sum]: [S::F; 1], i: usize, left: usize) -> [S::F; 1] {
        // SAFETY: the caller's promise.
        unsafe { [s.fma(load(s, self.y.add(i), left, 0.0), load(s, self.dy.add(i), left, 0.0), sum)] }
    }
}

struct Gradient {
    rows: usize,
    n: usize,
    y: *const f32,
    dy: *const f32,
    dx: *mut f32,
    streamed: bool,
}

impl Kernel for Gradient {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let n = self.n;
        for row in 0..self.rows {
            // SAFETY: rows and columns are within the operands, whose sizes were checked.
            unsafe {
                let (y, dy) = (self.y.add(row * n), self.dy.add(row * n));
                let dx = Sink::new::<S>(self.dx.add(row * n), self.streamed);
                let sum = s.splat(sums(s, n, &Products { y, dy })[0]);
                for i in (0..n).step_by(S::LANES) {
                    let left = n - i;
                    let rest = s.sub(load(s, dy.add(i), left, 0.0), sum);
                    dx.put(s, i, left, s.mul(load(s, y.add(i), left, 0.0), rest));
                }
            }
        }
        if self.streamed {
            s.fence();
        }
    }
}
