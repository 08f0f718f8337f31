//! Resampling along an axis with constant weights: what resizing images and adaptive pooling are made of, in [`build`].

pub mod build;
mod cases;
pub mod sample;
pub mod weights;

use std::sync::Arc;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Bits, Rule, Vjp, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;

/// Which elements along an axis each result is made of, and with what weights: the non-zero elements of a matrix, row by row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Taps {
    inputs: usize,
    /// Where the taps of every result begin, and one past the last.
    starts: Vec<u32>,
    sources: Vec<u32>,
    weights: Vec<Bits>,
}

impl Taps {
    /// Taps (position, weight) of every result over `inputs` elements. Weights of 0 are dropped: what they weigh, be it NaN, does not count.
    /// Panics when a position is not below `inputs`.
    pub fn new(inputs: usize, rows: &[Vec<(usize, f64)>]) -> Taps {
        let mut taps = Taps { inputs, starts: vec![0], sources: Vec::new(), weights: Vec::new() };
        for row in rows {
            for &(source, weight) in row.iter().filter(|tap| tap.1 != 0.0) {
                assert!(source < inputs, "a tap at {source} of {inputs}");
                taps.sources.push(source as u32);
                taps.weights.push(weight.into());
            }
            taps.starts.push(taps.sources.len() as u32);
        }
        taps
    }

    /// Elements that are read.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Results.
    pub fn outputs(&self) -> usize {
        self.starts.len() - 1
    }

    /// The taps of a result: positions and weights.
    pub fn of(&self, output: usize) -> impl Iterator<Item = (usize, f64)> {
        let range = self.starts[output] as usize..self.starts[output + 1] as usize;
        range.map(|at| (self.sources[at] as usize, self.weights[at].get()))
    }

    /// The transposed matrix.
    pub fn transposed(&self) -> Taps {
        let mut rows = vec![Vec::new(); self.inputs];
        for output in 0..self.outputs() {
            self.of(output).for_each(|(source, weight)| rows[source].push((output, weight)));
        }
        Taps::new(self.outputs(), &rows)
    }
}

/// `y[..., i, ...] = sum over taps (j, w) of i of w * x[..., j, ...]` along one axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resample {
    /// The axis.
    pub axis: usize,
    /// What each result along it is made of.
    pub taps: Arc<Taps>,
}

impl Rule for Resample {
    fn name(&self) -> &'static str {
        "resample"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("resample", inputs)?;
        require_dtype("resample", x, &[DType::F32])?;
        let mut dims = x.shape.to_vec();
        if dims.get(self.axis) != Some(&self.taps.inputs) {
            return Err(Error::shape(format!(
                "resample: axis {} of shape {} should have {} elements",
                self.axis, x.shape, self.taps.inputs
            )));
        }
        dims[self.axis] = self.taps.outputs();
        Ok(vec![TensorType::new(Shape::new(&dims)?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(resample(ctx.cotangent(), self.axis, Arc::new(self.taps.transposed()))?)])
    }

    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        let others = outputs[0].shape.size() / self.taps.outputs().max(1);
        2 * (others * self.taps.sources.len()) as u64
    }
}

/// See [`Resample`].
pub fn resample(x: &Tensor, axis: usize, taps: Arc<Taps>) -> Result<Tensor> {
    Tensor::apply1(Resample { axis, taps }.into(), vec![x.clone()])
}
