//! Running combinations of rows.

use super::{BadRow, RowKernel};
use crate::{Elem, Isa, Scalar, View, ViewMut};

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Running {
    /// Sum.
    Sum,
    /// Product.
    Prod,
    /// The larger; NaN wins.
    Max,
    /// The smaller; NaN wins.
    Min,
}

/// `x [rows, n]` (F32 or I32) to `y [rows, n]`: each element combined with those before it.
#[derive(Debug)]
pub struct CumulativeRows {
    /// Elements of a row.
    pub n: usize,
    /// How.
    pub kind: Running,
    /// Without the element itself.
    pub exclusive: bool,
    /// From the end.
    pub reverse: bool,
}

impl CumulativeRows {
    /// All rows, from `start`, by `combine`. What runs along is wider than the elements where that keeps rounding from growing.
    fn rows<T: Scalar, W: Copy>(
        &self,
        x: &View,
        y: &mut ViewMut,
        start: W,
        narrow: impl Fn(W) -> T,
        combine: impl Fn(W, T) -> W,
    ) {
        let x = x.as_slice::<T>().expect("rows are dense");
        let y = y.as_mut_slice::<T>().expect("rows are dense");
        for (x, y) in x.chunks_exact(self.n.max(1)).zip(y.chunks_exact_mut(self.n.max(1))) {
            let mut running = start;
            let mut step = |(y, &x): (&mut T, &T)| {
                let next = combine(running, x);
                *y = narrow(if self.exclusive { running } else { next });
                running = next;
            };
            if self.reverse {
                y.iter_mut().zip(x).rev().for_each(&mut step);
            } else {
                y.iter_mut().zip(x).for_each(&mut step);
            }
        }
    }
}

impl RowKernel for CumulativeRows {
    fn run(&self, _: Isa, _: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let (x, y) = (&inputs[0], &mut outputs[0]);
        let float = x.elem() == Elem::F32;
        match self.kind {
            Running::Sum if float => self.rows(x, y, 0.0, |w| w as f32, |w: f64, x: f32| w + f64::from(x)),
            Running::Prod if float => self.rows(x, y, 1.0, |w| w as f32, |w: f64, x: f32| w * f64::from(x)),
            Running::Max if float => {
                let larger = |w: f32, x: f32| if x > w || x.is_nan() { x } else { w };
                self.rows(x, y, f32::NEG_INFINITY, |w| w, larger);
            }
            Running::Min if float => {
                let smaller = |w: f32, x: f32| if x < w || x.is_nan() { x } else { w };
                self.rows(x, y, f32::INFINITY, |w| w, smaller);
            }
            Running::Sum => self.rows(x, y, 0, |w| w, i32::wrapping_add),
            Running::Prod => self.rows(x, y, 1, |w| w, i32::wrapping_mul),
            Running::Max => self.rows(x, y, i32::MIN, |w| w, |w: i32, x: i32| w.max(x)),
            Running::Min => self.rows(x, y, i32::MAX, |w| w, |w: i32, x: i32| w.min(x)),
        }
        Ok(())
    }
}
