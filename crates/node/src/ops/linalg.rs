//! Linear algebra.

use hornbeam_engine::graph::ops::linalg::{self, TriangularSolve};
use napi::Env;
use napi_derive::napi;

use super::unknown;
use crate::error::{Result, thrown};
use crate::tensor::{NativeTensor, give, wrap};

/// The results of a function of one matrix: factors, values, ...
#[napi(catch_unwind)]
pub fn matrix_function(env: Env, kind: String, x: &NativeTensor) -> Result<Vec<NativeTensor>> {
    let x = x.get()?;
    let results = match kind.as_str() {
        "cholesky" => linalg::cholesky(x).map(|t| vec![t]),
        "inverse" => linalg::inverse(x).map(|t| vec![t]),
        "det" => linalg::det(x).map(|t| vec![t]),
        "slogdet" => linalg::slogdet(x).map(Vec::from),
        "lu" => linalg::lu(x).map(Vec::from),
        "eigh" => linalg::eigh(x).map(Vec::from),
        "svd" => linalg::svd(x).map(Vec::from),
        "qr" => linalg::qr(x, false).map(Vec::from),
        "qrFull" => linalg::qr(x, true).map(Vec::from),
        other => Err(unknown("function of a matrix", other)),
    };
    results.map_err(thrown)?.into_iter().map(|t| wrap(env, t)).collect()
}

#[napi(catch_unwind)]
pub fn solve(env: Env, a: &NativeTensor, b: &NativeTensor) -> Result<NativeTensor> {
    give(env, linalg::solve(a.get()?, b.get()?))
}

#[napi(catch_unwind)]
pub fn triangular_solve(
    env: Env,
    a: &NativeTensor,
    b: &NativeTensor,
    lower: bool,
    transpose: bool,
    unit: bool,
) -> Result<NativeTensor> {
    give(env, linalg::triangular_solve(TriangularSolve { lower, transpose, unit }, a.get()?, b.get()?))
}

/// The least-squares solution of least norm.
#[napi(catch_unwind)]
pub fn least_squares(env: Env, a: &NativeTensor, b: &NativeTensor, cutoff: f64) -> Result<NativeTensor> {
    give(env, linalg::pinv_times(a.get()?, b.get()?, cutoff))
}
