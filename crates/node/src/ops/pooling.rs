//! Pooling in one to three dimensions, and the places of maxima.

use hornbeam_engine::graph::ops::pool::PoolWindow;
use hornbeam_engine::graph::ops::pool::build::{self, Geometry, PoolKind};
use hornbeam_engine::graph::{Error, Result as GraphResult};
use napi::Env;
use napi_derive::napi;

use super::convolution::pairs;
use crate::convert::{counts, pair};
use crate::error::Result;
use crate::tensor::{NativeTensor, give, wrap};

fn kind(name: &str) -> GraphResult<PoolKind> {
    match name {
        "max" => Ok(PoolKind::Max),
        "avg" => Ok(PoolKind::Average),
        other => Err(Error::config(format!("unknown pooling \"{other}\": expected max or avg"))),
    }
}

#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments, reason = "one call instead of an object to take apart")]
pub fn pool(
    env: Env,
    name: String,
    x: &NativeTensor,
    size: Vec<f64>,
    strides: Vec<f64>,
    dilation: Vec<f64>,
    pads: Vec<f64>,
    channels_first: bool,
) -> Result<NativeTensor> {
    let x = x.get()?;
    let build = || {
        let geometry = Geometry {
            size: counts("pool size", &size)?,
            strides: counts("pool strides", &strides)?,
            dilation: counts("pool dilation", &dilation)?,
            pads: pairs("pool padding", &pads)?,
            channels_first,
        };
        build::pool(kind(&name)?, x, &geometry)
    };
    give(env, build())
}

#[napi(catch_unwind)]
pub fn max_pool_with_argmax(
    env: Env,
    x: &NativeTensor,
    size: Vec<f64>,
    strides: Vec<f64>,
    pads: Vec<f64>,
    include_batch: bool,
) -> Result<Vec<NativeTensor>> {
    let x = x.get()?;
    let build = || {
        let pads = pairs("pool padding", &pads)?;
        let [pad_h, pad_w] = <[[usize; 2]; 2]>::try_from(pads).map_err(|_| Error::config("two axes are padded"))?;
        let window = PoolWindow {
            size: pair("pool size", &size)?,
            strides: pair("pool strides", &strides)?,
            pad_h,
            pad_w,
            dilation: [1, 1],
        };
        build::max_pool_with_argmax(x, window, include_batch)
    };
    let made = build().map_err(crate::error::thrown)?;
    made.into_iter().map(|t| wrap(env, t)).collect()
}
