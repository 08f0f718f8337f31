//! Convolution in one to three dimensions and its transpose.

use hornbeam_engine::graph::Result as GraphResult;
use hornbeam_engine::graph::ops::conv::build::{self, Geometry};
use napi::Env;
use napi_derive::napi;

use crate::convert::{count, counts};
use crate::error::Result;
use crate::tensor::{NativeTensor, give};

/// Pairs of consecutive numbers.
pub(super) fn pairs(name: &str, values: &[f64]) -> GraphResult<Vec<[usize; 2]>> {
    Ok(counts(name, values)?.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

fn geometry(
    strides: &[f64],
    dilation: &[f64],
    pads: &[f64],
    groups: f64,
    channels_first: bool,
) -> GraphResult<Geometry> {
    Ok(Geometry {
        strides: counts("convolution strides", strides)?,
        dilation: counts("convolution dilation", dilation)?,
        pads: pairs("convolution padding", pads)?,
        groups: count("convolution groups", groups)?,
        channels_first,
    })
}

#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments, reason = "one call instead of an object to take apart")]
pub fn conv(
    env: Env,
    x: &NativeTensor,
    kernel: &NativeTensor,
    strides: Vec<f64>,
    dilation: Vec<f64>,
    pads: Vec<f64>,
    groups: f64,
    channels_first: bool,
) -> Result<NativeTensor> {
    let (x, kernel) = (x.get()?, kernel.get()?);
    let geometry = geometry(&strides, &dilation, &pads, groups, channels_first);
    give(env, geometry.and_then(|geometry| build::conv(x, kernel, &geometry)))
}

#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments, reason = "one call instead of an object to take apart")]
pub fn conv_transpose(
    env: Env,
    x: &NativeTensor,
    kernel: &NativeTensor,
    strides: Vec<f64>,
    dilation: Vec<f64>,
    pads: Vec<f64>,
    groups: f64,
    channels_first: bool,
    output_size: Vec<f64>,
) -> Result<NativeTensor> {
    let (x, kernel) = (x.get()?, kernel.get()?);
    let made = geometry(&strides, &dilation, &pads, groups, channels_first).and_then(|geometry| {
        build::conv_transpose(x, kernel, &geometry, &counts("convTranspose output size", &output_size)?)
    });
    give(env, made)
}
