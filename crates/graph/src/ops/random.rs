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
        check_key(self.name(), seed, counter)?;
        let dtype = if self.kind == RandomKind::Bits { DType::I32 } else { DType::F32 };
        Ok(vec![TensorType::new(self.shape, dtype)])
    }

    fn vjp(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }
}

/// A distribution with parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// Gamma with shape `alpha` and scale 1: parameter `alpha`. NaN for a negative one, 0 for 0.
    Gamma,
    /// Poisson: parameter the mean. NaN for a negative one.
    Poisson,
    /// Binomial: parameters the number of trials (rounded down) and the probability of one. NaN for a negative number or a
    /// probability outside of 0..1.
    Binomial,
}

/// `(seed int32 [2], counter int32 [], parameters...) -> float32`, all parameters float32 of the result's shape: element `i` (flat) depends on
/// seed, counter, `draw`, `i` and its own parameters alone. Not differentiable.
///
/// The convention is binding. Key: the two words of the seed. Attempt `a = 0, 1, ...` of element `i` has the words of counter
/// `[i (low), i (high) + (a << 16), counter, draw]`; `u_j = (word_j + 1/2) 2^-32`; all is computed in float64.
/// - Gamma (Marsaglia and Tsang 2000): of `max(alpha, alpha + 1 if alpha < 1)`, normal from `u_0, u_1` by Box and Muller's cosine, accepted by `u_2`;
///   for `alpha < 1` times `u_3^(1 / alpha)`.
/// - Poisson: below a mean of 10 by inversion of `u_0` (attempt 0), else Hoermann's PTRS (1993) with `u_0, u_1`.
/// - Binomial: of the smaller of `p` and `1 - p`; below a mean of 10 by inversion of `u_0`, else Hoermann's BTRS (1993) with `u_0, u_1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sample {
    /// The distribution.
    pub law: Law,
    /// Tells draws of one seed and counter apart.
    pub draw: u32,
}

impl Rule for Sample {
    fn name(&self) -> &'static str {
        match self.law {
            Law::Gamma => "randomGamma",
            Law::Poisson => "randomPoisson",
            Law::Binomial => "randomBinomial",
        }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let parameters = if self.law == Law::Binomial { 2 } else { 1 };
        let [seed, counter, given @ ..] = inputs else {
            return Err(Error::shape(format!("{} takes a seed, a counter and parameters", self.name())));
        };
        check_key(self.name(), *seed, *counter)?;
        if given.len() != parameters || given.iter().any(|x| x.dtype != DType::F32 || x.shape != given[0].shape) {
            return Err(Error::shape(format!(
                "{} takes {parameters} float32 parameter(s) of one shape after seed and counter, got {given:?}",
                self.name()
            )));
        }
        Ok(vec![given[0]])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None; ctx.inputs.len()])
    }

    /// Ten rounds of the generator and some logarithms.
    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        200 * outputs[0].shape.size() as u64
    }
}

fn check_key(name: &str, seed: TensorType, counter: TensorType) -> Result<()> {
    if seed == TensorType::new(Shape::new(&[2])?, DType::I32) && counter == TensorType::scalar(DType::I32) {
        return Ok(());
    }
    Err(Error::shape(format!("{name} takes a seed int32[2] and a counter int32[], got {seed} and {counter}")))
}

/// See [`Sample`].
pub fn sample(law: Law, seed: &Tensor, counter: &Tensor, parameters: &[Tensor], draw: u32) -> Result<Tensor> {
    let operands = [&[seed.clone(), counter.clone()], parameters].concat();
    Tensor::apply1(Sample { law, draw }.into(), operands)
}

/// See [`Random`].
pub fn random(kind: RandomKind, shape: Shape, seed: &Tensor, counter: &Tensor, draw: u32) -> Result<Tensor> {
    Tensor::apply1(Random { kind, shape, draw }.into(), vec![seed.clone(), counter.clone()])
}
