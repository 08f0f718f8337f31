//! Fourier transforms, and random numbers of distributions with parameters.

use hornbeam_engine::graph::ops::random::Law;
use hornbeam_engine::graph::ops::{random, spectral};
use napi::Env;
use napi_derive::napi;

use super::unknown;
use crate::convert::count;
use crate::error::{Result, thrown};
use crate::tensor::{Handles, NativeTensor, give, tensors, wrap};

/// Real and imaginary part.
#[napi(catch_unwind)]
pub fn fft(env: Env, re: &NativeTensor, im: &NativeTensor, inverse: bool) -> Result<Vec<NativeTensor>> {
    let parts = spectral::fft(re.get()?, im.get()?, inverse).map_err(thrown)?;
    parts.into_iter().map(|t| wrap(env, t)).collect()
}

/// Real and imaginary part of the first half.
#[napi(catch_unwind)]
pub fn rfft(env: Env, x: &NativeTensor, length: f64) -> Result<Vec<NativeTensor>> {
    let x = x.get()?;
    let parts = count("rfft", length).and_then(|length| spectral::rfft(x, length)).map_err(thrown)?;
    parts.into_iter().map(|t| wrap(env, t)).collect()
}

#[napi(catch_unwind)]
pub fn irfft(env: Env, re: &NativeTensor, im: &NativeTensor, length: f64) -> Result<NativeTensor> {
    let (re, im) = (re.get()?, im.get()?);
    give(env, count("irfft", length).and_then(|length| spectral::irfft(re, im, length)))
}

#[napi(catch_unwind)]
pub fn random_sample(
    env: Env,
    law: String,
    seed: &NativeTensor,
    counter: &NativeTensor,
    parameters: Handles,
    draw: u32,
) -> Result<NativeTensor> {
    let (seed, counter, parameters) = (seed.get()?, counter.get()?, tensors(&parameters)?);
    let law = match law.as_str() {
        "gamma" => Law::Gamma,
        "poisson" => Law::Poisson,
        "binomial" => Law::Binomial,
        other => return Err(thrown(unknown("distribution", other))),
    };
    give(env, random::sample(law, seed, counter, &parameters, draw))
}
