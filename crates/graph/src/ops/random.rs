//! Counter-based random numbers (Philox4x32-10): a pure function of key, counter and position.

mod cases;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Rule, Vjp, operands};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;

/// A distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RandomKind {
    /// int32, all 32 bits.
    Bits,
    /// float32 in [0, 1), multiples of 2^-24.
    Uniform,
    /// float32, mean 0, standard deviation 1.
    Normal,
    /// [`RandomKind::Normal`] conditioned on `|x| <= 2`.
    TruncatedNormal,
}

/// `(seed int32 [2], counter int32 []) -> shape`: element `i` (flat) depends on seed, counter, `draw` and `i` alone, so slices, threads
/// and resumed runs agree. Not differentiable.
///
/// The convention is binding, since checkpoints and tests rely on it. Key: the two words of the seed. Counter words:
/// `[i / 4 (low), i / 4 (high), counter, draw]`; element `i` takes word `i % 4`. Uniform: `(bits >> 8) * 2^-24`. Normal (Box
/// and Muller): `r = sqrt(-2 ln(1 - u0))`, `theta = 2 pi u1` of words 0 and 1 give lanes 0 (`r cos theta`) and 1 (`r sin theta`),
/// words 2 and 3 give lanes 2 and 3. Truncated normal: attempt `a = 0, 1, ...` adds `a << 24` to counter word 1 until the
/// element is within 2. Philox4x32-10: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Random {
    /// The distribution.
    pub kind: RandomKind,
    /// The shape made.
    pub shape: Shape,
    /// Tells draws of one seed and counter apart.
    pub draw: u32,
}

impl Rule for Random {
    fn name(&self) -> &'static str {
        match self.kind {
            RandomKind::Bits => "randomBits",
            RandomKind::Uniform => "randomUniform",
            RandomKind::Normal => "randomNormal",
            RandomKind::TruncatedNormal => "truncatedNormal",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [seed, counter] = operands(self.name(), inputs)?;
        if seed != TensorType::new(Shape::new(&[2])?, DType::I32) || counter != TensorType::scalar(DType::I32) {
            return Err(Error::shape(format!(
                "{} takes a seed int32[2] and a counter int32[], got {seed} and {counter}",
                self.name()
            )));
        }
        let dtype = if self.kind == RandomKind::Bits { DType::I32 } else { DType::F32 };
        Ok(vec![TensorType::new(self.shape, dtype)])
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }
}

/// See [`Random`].
pub fn random(kind: RandomKind, shape: Shape, seed: &Tensor, counter: &Tensor, draw: u32) -> Result<Tensor> {
    Tensor::apply1(Random { kind, shape, draw }.into(), vec![seed.clone(), counter.clone()])
}
