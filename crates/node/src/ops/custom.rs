//! A function with a gradient of its own.

use std::sync::Arc;

use hornbeam_engine::graph::ops::custom;
use napi::Env;
use napi_derive::napi;

use crate::error::Result;
use crate::tensor::{Handles, NativeTensor, give, tensors};
use crate::trace::NativeBody;

/// `value` whose gradient with respect to `inputs` is `backward(dy)`.
#[napi(catch_unwind)]
pub fn custom_gradient(env: Env, value: &NativeTensor, inputs: Handles, backward: &NativeBody) -> Result<NativeTensor> {
    let (graph, captured) = backward.after_captured();
    give(env, custom::custom_gradient(value.get()?, &tensors(&inputs)?, &captured, Arc::new(graph)))
}
