//! Images: resizing, adaptive pooling, crops, reading at computed places.

use hornbeam_engine::graph::ops::pool::build::PoolKind;
use hornbeam_engine::graph::ops::resample::build::{adaptive_pool as adaptive, resize as resample};
use hornbeam_engine::graph::ops::resample::sample::{self, Outside};
use hornbeam_engine::graph::ops::resample::weights::{Coordinates, Method};
use hornbeam_engine::graph::{Error, Result as GraphResult};
use napi::Env;
use napi_derive::napi;

use crate::convert::{counts, pair};
use crate::error::Result;
use crate::tensor::{NativeTensor, give};

fn method(name: &str) -> GraphResult<Method> {
    Ok(match name {
        "nearest" => Method::Nearest,
        "bilinear" => Method::Bilinear,
        "bicubic" => Method::Bicubic,
        "lanczos3" => Method::Lanczos3,
        "lanczos5" => Method::Lanczos5,
        "area" => Method::Area,
        other => return Err(Error::config(format!("unknown interpolation \"{other}\""))),
    })
}

fn coordinates(name: &str) -> GraphResult<Coordinates> {
    Ok(match name {
        "halfPixel" => Coordinates::HalfPixel,
        "asymmetric" => Coordinates::Asymmetric,
        "alignCorners" => Coordinates::AlignCorners,
        other => return Err(Error::config(format!("unknown coordinates \"{other}\""))),
    })
}

#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments, reason = "one call instead of an object to take apart")]
pub fn resize(
    env: Env,
    x: &NativeTensor,
    sizes: Vec<f64>,
    interpolation: String,
    places: String,
    antialias: bool,
    channels_first: bool,
) -> Result<NativeTensor> {
    let x = x.get()?;
    let build = || {
        let sizes = counts("resize sizes", &sizes)?;
        resample(x, &sizes, method(&interpolation)?, coordinates(&places)?, antialias, channels_first)
    };
    give(env, build())
}

#[napi(catch_unwind)]
pub fn adaptive_pool(
    env: Env,
    kind: String,
    x: &NativeTensor,
    sizes: Vec<f64>,
    channels_first: bool,
) -> Result<NativeTensor> {
    let x = x.get()?;
    let kind = if kind == "max" { PoolKind::Max } else { PoolKind::Average };
    give(env, counts("adaptive pooling sizes", &sizes).and_then(|sizes| adaptive(kind, x, &sizes, channels_first)))
}

#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments, reason = "one call instead of an object to take apart")]
pub fn crop_and_resize(
    env: Env,
    x: &NativeTensor,
    boxes: &NativeTensor,
    which: &NativeTensor,
    size: Vec<f64>,
    bilinear: bool,
    extrapolation: f64,
) -> Result<NativeTensor> {
    let (x, boxes, which) = (x.get()?, boxes.get()?, which.get()?);
    let made = pair("cropAndResize size", &size)
        .and_then(|size| sample::crop_and_resize(x, boxes, which, size, bilinear, extrapolation));
    give(env, made)
}

#[napi(catch_unwind)]
pub fn sample_image(
    env: Env,
    x: &NativeTensor,
    which: &NativeTensor,
    ys: &NativeTensor,
    xs: &NativeTensor,
    bilinear: bool,
    fill: f64,
) -> Result<NativeTensor> {
    let (x, which, ys, xs) = (x.get()?, which.get()?, ys.get()?, xs.get()?);
    give(env, sample::sample(x, which, ys, xs, bilinear, Outside::Cells(fill)))
}
