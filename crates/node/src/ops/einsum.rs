//! Products over named or chosen axes.

use hornbeam_engine::graph::ops::contraction;
use napi::Env;
use napi_derive::napi;

use crate::convert::integers;
use crate::error::Result;
use crate::tensor::{Handles, NativeTensor, give, tensors};

#[napi(catch_unwind)]
pub fn einsum(env: Env, equation: String, operands: Handles) -> Result<NativeTensor> {
    give(env, contraction::einsum(&equation, &tensors(&operands)?))
}

#[napi(catch_unwind)]
pub fn tensordot(
    env: Env,
    a: &NativeTensor,
    b: &NativeTensor,
    axes_a: Vec<f64>,
    axes_b: Vec<f64>,
) -> Result<NativeTensor> {
    let (a, b) = (a.get()?, b.get()?);
    let build = || contraction::tensordot(a, b, &integers("tensordot", &axes_a)?, &integers("tensordot", &axes_b)?);
    give(env, build())
}
