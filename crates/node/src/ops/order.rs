//! Sorting, searching, running combinations; look-ups and writes whose positions are data.

use hornbeam_engine::graph::Result as GraphResult;
use hornbeam_engine::graph::ops::indexing::{self, ScatterKind};
use hornbeam_engine::graph::ops::sorting::{self, CumulativeKind};
use napi::Env;
use napi_derive::napi;

use super::unknown;
use crate::convert::{count, integer};
use crate::error::{Result, thrown};
use crate::tensor::{NativeTensor, give, wrap};

/// Values and indices.
#[napi(catch_unwind)]
pub fn sort(env: Env, x: &NativeTensor, axis: f64, descending: bool) -> Result<Vec<NativeTensor>> {
    let x = x.get()?;
    let results = integer("sort", axis).and_then(|axis| sorting::sort(x, axis, descending)).map_err(thrown)?;
    results.into_iter().map(|t| wrap(env, t)).collect()
}

/// The largest of the last axis and their indices.
#[napi(catch_unwind)]
pub fn top_k(env: Env, x: &NativeTensor, k: f64) -> Result<Vec<NativeTensor>> {
    let x = x.get()?;
    let results = count("topk", k).and_then(|k| sorting::top_k(x, k)).map_err(thrown)?;
    results.into_iter().map(|t| wrap(env, t)).collect()
}

#[napi(catch_unwind)]
pub fn search_sorted(env: Env, sorted: &NativeTensor, values: &NativeTensor, right: bool) -> Result<NativeTensor> {
    give(env, sorting::search_sorted(sorted.get()?, values.get()?, right))
}

#[napi(catch_unwind)]
pub fn cumulative(
    env: Env,
    kind: String,
    x: &NativeTensor,
    axis: f64,
    exclusive: bool,
    reverse: bool,
) -> Result<NativeTensor> {
    let x = x.get()?;
    let build = || {
        let kind = match kind.as_str() {
            "sum" => CumulativeKind::Sum,
            "prod" => CumulativeKind::Prod,
            "max" => CumulativeKind::Max,
            "min" => CumulativeKind::Min,
            other => return Err(unknown("running combination", other)),
        };
        sorting::cumulative(kind, x, integer("cumulative", axis)?, exclusive, reverse)
    };
    give(env, build())
}

fn scatter_kind(name: &str) -> GraphResult<ScatterKind> {
    Ok(match name {
        "add" => ScatterKind::Add,
        "set" => ScatterKind::Set,
        "max" => ScatterKind::Max,
        "min" => ScatterKind::Min,
        "mul" => ScatterKind::Mul,
        other => return Err(unknown("scatter", other)),
    })
}

#[napi(catch_unwind)]
pub fn batch_gather(env: Env, x: &NativeTensor, ids: &NativeTensor) -> Result<NativeTensor> {
    give(env, indexing::batch_gather(x.get()?, ids.get()?))
}

#[napi(catch_unwind)]
pub fn scatter(
    env: Env,
    kind: String,
    x: &NativeTensor,
    ids: &NativeTensor,
    updates: &NativeTensor,
) -> Result<NativeTensor> {
    let (x, ids, updates) = (x.get()?, ids.get()?, updates.get()?);
    give(env, scatter_kind(&kind).and_then(|kind| indexing::scatter(kind, x, ids, updates)))
}

#[napi(js_name = "gatherND", catch_unwind)]
pub fn gather_nd(env: Env, x: &NativeTensor, indices: &NativeTensor) -> Result<NativeTensor> {
    give(env, indexing::gather_nd(x.get()?, indices.get()?))
}

#[napi(js_name = "scatterND", catch_unwind)]
pub fn scatter_nd(
    env: Env,
    kind: String,
    x: &NativeTensor,
    indices: &NativeTensor,
    updates: &NativeTensor,
) -> Result<NativeTensor> {
    let (x, indices, updates) = (x.get()?, indices.get()?, updates.get()?);
    give(env, scatter_kind(&kind).and_then(|kind| indexing::scatter_nd(kind, x, indices, updates)))
}
