//! Kernels that work on independent rows: sorts, running sums, factorizations, transforms. They need no cutting rule of their
//! own: the caller hands in as many rows as a task has.

pub mod cumulative;
pub mod fft;
pub mod layer_norm;
pub mod linalg;
pub mod lookup;
pub mod order;
pub mod resample;
pub mod sampling;
pub mod softmax;
pub(crate) mod sums;

use crate::{Isa, View, ViewMut};

/// A row that holds bad data.
#[derive(Debug)]
pub struct BadRow {
    /// Its number among the rows handed in.
    pub row: usize,
    /// What is wrong with it.
    pub message: String,
}

/// A kernel that computes each row of its outputs from the same row of its inputs (and from shared inputs, if it has any).
/// It must give a row the same bits whatever rows come with it.
pub trait RowKernel: std::fmt::Debug + Send + Sync {
    /// float32 numbers of scratch that one task needs. They come with any content.
    fn scratch(&self) -> usize {
        0
    }

    /// Computes some rows: `first` is the number of the first of them in the whole tensor (which counts rows of earlier
    /// chunks of a batch), each by-row input and each output is a dense `[rows, length]`, a shared input dense in its own shape.
    ///
    /// # Errors
    /// The first row with bad data; later rows may then be left as they were.
    fn run(
        &self,
        isa: Isa,
        first: usize,
        inputs: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut [f32],
    ) -> Result<(), BadRow>;
}

/// Row `row` of a by-row operand of float32.
fn row_of<'a>(view: &View<'a>, row: usize) -> &'a [f32] {
    let length = view.dims()[1];
    &view.as_slice::<f32>().expect("dense float32 rows")[row * length..(row + 1) * length]
}

/// Row `row` of an output of float32.
fn row_of_mut<'a>(view: &'a mut ViewMut, row: usize) -> &'a mut [f32] {
    let length = view.dims()[1];
    &mut view.as_mut_slice::<f32>().expect("dense float32 rows")[row * length..(row + 1) * length]
}
