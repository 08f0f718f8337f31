//! Operations: handles in, handles out.

mod convolution;
mod custom;
mod einsum;
mod image;
mod linalg;
mod order;
mod pooling;
mod spectral;

use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::ops::elementwise::{self, BinaryKind, UnaryKind};
use hornbeam_engine::graph::ops::random::RandomKind;
use hornbeam_engine::graph::ops::reduce::ReduceKind;
use hornbeam_engine::graph::ops::{contraction, indexing, movement, norm, random, reduce, softmax};
use hornbeam_engine::graph::{
    DType, Error, Op, Result as GraphResult, Shape, Tensor, TensorType, gradients as differentiate,
};
use hornbeam_engine::{immediate, trace};
use napi::Env;
use napi_derive::napi;

use crate::convert::{count, counts, dtype, integer, integers, parameters, shape};
use crate::error::{Result, thrown};
use crate::handles::Handle;
use crate::tensor::{Handles, NativeTensor, Numbered, give, give_number, tensors, wrap};

fn unknown(what: &str, name: &str) -> Error {
    Error::config(format!("unknown {what} \"{name}\""))
}

/// The result of a small operation computed at once, without a node of the graph; else the node that `build` makes.
fn at_once(env: Env, op: &Op, operands: &[&Tensor], build: impl FnOnce() -> GraphResult<Tensor>) -> Result<Numbered> {
    match immediate::apply(op, operands).map_err(thrown)? {
        Some(tensor) => wrap(env, tensor).map(Numbered),
        None => give_number(env, build()),
    }
}

/// Names of the kinds that [`unary`] takes by number.
#[napi(catch_unwind)]
pub fn unary_kinds() -> Vec<&'static str> {
    UnaryKind::ALL.iter().map(|kind| kind.name()).collect()
}

/// Names of the kinds that [`binary`] takes by number.
#[napi(catch_unwind)]
pub fn binary_kinds() -> Vec<&'static str> {
    BinaryKind::ALL.iter().map(|kind| kind.name()).collect()
}

#[napi(catch_unwind)]
pub fn unary(env: Env, kind: u32, x: Handle) -> Result<Numbered> {
    let kind = *UnaryKind::ALL.get(kind as usize).ok_or_else(|| thrown(unknown("operation", &kind.to_string())))?;
    let x = x.get()?;
    let op = elementwise::Unary(kind);
    at_once(env, &op.into(), &[x], || elementwise::unary(kind, x))
}

#[napi(catch_unwind)]
pub fn binary(env: Env, kind: u32, a: Handle, b: Handle) -> Result<Numbered> {
    let kind = *BinaryKind::ALL.get(kind as usize).ok_or_else(|| thrown(unknown("operation", &kind.to_string())))?;
    let (a, b) = (a.get()?, b.get()?);
    let op = elementwise::Binary(kind);
    at_once(env, &op.into(), &[a, b], || elementwise::binary(kind, a, b))
}

#[napi(catch_unwind)]
pub fn select(env: Env, condition: &NativeTensor, a: &NativeTensor, b: &NativeTensor) -> Result<Numbered> {
    give_number(env, elementwise::select(condition.get()?, a.get()?, b.get()?))
}

#[napi(catch_unwind)]
pub fn cast(env: Env, x: Handle, to: String) -> Result<Numbered> {
    let x = x.get()?;
    give_number(env, dtype(&to).and_then(|to| elementwise::cast(x, to)))
}

#[napi(catch_unwind)]
pub fn fill(env: Env, value: f64, dims: Vec<f64>, kind: String) -> Result<NativeTensor> {
    give(env, shape(&dims).and_then(|dims| movement::fill(value, dims, dtype(&kind)?)))
}

#[napi(catch_unwind)]
pub fn iota(env: Env, dims: Vec<f64>, axis: f64, kind: String) -> Result<NativeTensor> {
    give(env, shape(&dims).and_then(|dims| movement::iota(dims, count("iota", axis)?, dtype(&kind)?)))
}

/// To the shape that is the parameters.
#[napi(catch_unwind)]
pub fn reshape(env: Env, x: Handle, rank: u32) -> Result<Numbered> {
    let x = x.get()?;
    let build = || {
        let dims = integers("reshape", &parameters(0, rank as usize))?;
        if let Some(shape) = dims.iter().map(|&dim| usize::try_from(dim).ok()).collect::<Option<Vec<usize>>>()
            && let Some(result) = immediate::apply(&Op::from(movement::Reshape { shape: Shape::new(&shape)? }), &[x])?
        {
            return Ok(result);
        }
        movement::reshape(x, &dims)
    };
    give_number(env, build())
}

#[napi(catch_unwind)]
pub fn transpose(env: Env, x: &NativeTensor, order: Vec<f64>) -> Result<Numbered> {
    let x = x.get()?;
    give_number(env, counts("transpose", &order).and_then(|order| movement::transpose(x, &order)))
}

#[napi(catch_unwind)]
pub fn broadcast_to(env: Env, x: &NativeTensor, dims: Vec<f64>) -> Result<Numbered> {
    let x = x.get()?;
    give_number(env, shape(&dims).and_then(|dims| movement::broadcast_to(x, dims)))
}

#[napi(catch_unwind)]
pub fn slice(env: Env, x: &NativeTensor, starts: Vec<f64>, limits: Vec<f64>, strides: Vec<f64>) -> Result<Numbered> {
    let x = x.get()?;
    let build =
        || movement::slice(x, &counts("slice", &starts)?, &counts("slice", &limits)?, &counts("slice", &strides)?);
    give_number(env, build())
}

/// The block of `sizes` at `starts`, which are the parameters. Outside traces the starts are operands (or the block is cut out at once), so that a loop which slices
/// at `i` runs one program.
#[napi(catch_unwind)]
pub fn slice_block(env: Env, x: Handle, rank: u32) -> Result<Numbered> {
    let (x, rank) = (x.get()?, rank as usize);
    let build = || {
        let (starts, sizes) = (counts("slice", &parameters(0, rank))?, counts("slice", &parameters(rank, rank))?);
        let limits: Vec<usize> = starts.iter().zip(&sizes).map(|(start, size)| start.saturating_add(*size)).collect();
        let op = Op::from(movement::Slice { starts, limits, strides: vec![1; sizes.len()] });
        if let Some(block) = immediate::apply(&op, &[x])? {
            return Ok(block);
        }
        let Op::Slice(movement::Slice { starts, .. }) = &op else { unreachable!("made above") };
        let (starts, fixed) = (starts.clone(), Tensor::apply1(op, vec![x.clone()])?);
        let traced = trace::current().is_some() || x.node().scope() != 0;
        if traced || starts.iter().all(|&start| start == 0) {
            return Ok(fixed);
        }
        let at = |&start: &usize| {
            let bytes = i32::try_from(start).unwrap_or(i32::MAX).to_ne_bytes();
            Ok(Buffer::from_bytes(TensorType::scalar(DType::I32), &bytes)?.into_tensor())
        };
        let starts = starts.iter().map(at).collect::<GraphResult<Vec<Tensor>>>()?;
        indexing::dynamic_slice(x, &starts, fixed.shape())
    };
    give_number(env, build())
}

#[napi(catch_unwind)]
pub fn pad(
    env: Env,
    x: &NativeTensor,
    value: &NativeTensor,
    low: Vec<f64>,
    high: Vec<f64>,
    interior: Vec<f64>,
) -> Result<NativeTensor> {
    let (x, value) = (x.get()?, value.get()?);
    let build =
        || movement::pad(x, value, &integers("pad", &low)?, &integers("pad", &high)?, &counts("pad", &interior)?);
    give(env, build())
}

#[napi(catch_unwind)]
pub fn concat(env: Env, xs: Handles, axis: f64) -> Result<NativeTensor> {
    let xs = tensors(&xs)?;
    give(env, integer("concat", axis).and_then(|axis| movement::concat(&xs, axis)))
}

#[napi(catch_unwind)]
pub fn reverse(env: Env, x: &NativeTensor, axes: Vec<f64>) -> Result<NativeTensor> {
    let x = x.get()?;
    give(env, integers("reverse", &axes).and_then(|axes| movement::reverse(x, &axes)))
}

#[napi(catch_unwind)]
pub fn gather(env: Env, x: &NativeTensor, ids: &NativeTensor, axis: f64) -> Result<NativeTensor> {
    let (x, ids) = (x.get()?, ids.get()?);
    give(env, integer("gather", axis).and_then(|axis| indexing::gather(x, ids, axis)))
}

#[napi(catch_unwind)]
pub fn scatter_add(
    env: Env,
    x: &NativeTensor,
    ids: &NativeTensor,
    updates: &NativeTensor,
    axis: f64,
) -> Result<NativeTensor> {
    let (x, ids, updates) = (x.get()?, ids.get()?, updates.get()?);
    give(env, integer("scatterAdd", axis).and_then(|axis| indexing::scatter_add(x, ids, updates, axis)))
}

#[napi(catch_unwind)]
pub fn dynamic_slice(env: Env, x: &NativeTensor, starts: Handles, sizes: Vec<f64>) -> Result<NativeTensor> {
    let (x, starts) = (x.get()?, tensors(&starts)?);
    give(env, shape(&sizes).and_then(|sizes| indexing::dynamic_slice(x, &starts, sizes)))
}

#[napi(catch_unwind)]
pub fn dynamic_update_slice(
    env: Env,
    x: &NativeTensor,
    update: &NativeTensor,
    starts: Handles,
) -> Result<NativeTensor> {
    give(env, indexing::dynamic_update_slice(x.get()?, update.get()?, &tensors(&starts)?))
}

#[napi(js_name = "reduce", catch_unwind)]
pub fn reduce_axes(env: Env, kind: String, x: &NativeTensor, axes: Vec<f64>, keep_dims: bool) -> Result<Numbered> {
    let x = x.get()?;
    let build = || {
        let kind = match kind.as_str() {
            "sum" => ReduceKind::Sum,
            "prod" => ReduceKind::Prod,
            "max" => ReduceKind::Max,
            "min" => ReduceKind::Min,
            "all" => ReduceKind::All,
            "any" => ReduceKind::Any,
            other => return Err(unknown("reduction", other)),
        };
        reduce::reduce(kind, x, &integers("reduce", &axes)?, keep_dims)
    };
    give_number(env, build())
}

#[napi(catch_unwind)]
pub fn arg_reduce(env: Env, kind: String, x: &NativeTensor, axis: f64) -> Result<NativeTensor> {
    let x = x.get()?;
    give(env, integer("argReduce", axis).and_then(|axis| reduce::arg_reduce(kind == "max", x, axis, false)))
}

#[napi(catch_unwind)]
pub fn mat_mul(env: Env, a: &NativeTensor, b: &NativeTensor, transpose_a: bool, transpose_b: bool) -> Result<Numbered> {
    give_number(env, contraction::matmul(a.get()?, b.get()?, transpose_a, transpose_b))
}

#[napi(js_name = "softmax", catch_unwind)]
pub fn softmax_axis(env: Env, x: &NativeTensor, axis: f64) -> Result<NativeTensor> {
    let x = x.get()?;
    give(env, integer("softmax", axis).and_then(|axis| softmax::softmax(x, axis)))
}

#[napi(catch_unwind)]
pub fn log_softmax(env: Env, x: &NativeTensor, axis: f64) -> Result<NativeTensor> {
    let x = x.get()?;
    give(env, integer("logSoftmax", axis).and_then(|axis| softmax::log_softmax(x, axis)))
}

#[napi(catch_unwind)]
pub fn softmax_cross_entropy(env: Env, logits: &NativeTensor, labels: &NativeTensor) -> Result<NativeTensor> {
    give(env, softmax::softmax_cross_entropy(logits.get()?, labels.get()?))
}

#[napi(catch_unwind)]
pub fn batch_norm(
    env: Env,
    x: &NativeTensor,
    gamma: &NativeTensor,
    beta: &NativeTensor,
    epsilon: f64,
) -> Result<Vec<NativeTensor>> {
    let results = norm::batch_norm(x.get()?, gamma.get()?, beta.get()?, epsilon).map_err(thrown)?;
    results.into_iter().map(|t| wrap(env, t)).collect()
}

#[napi(catch_unwind)]
pub fn layer_norm(
    env: Env,
    x: &NativeTensor,
    gamma: &NativeTensor,
    beta: &NativeTensor,
    epsilon: f64,
) -> Result<NativeTensor> {
    give(env, norm::layer_norm(x.get()?, gamma.get()?, beta.get()?, epsilon))
}

#[napi(js_name = "random", catch_unwind)]
pub fn random_numbers(
    env: Env,
    kind: String,
    dims: Vec<f64>,
    seed: &NativeTensor,
    counter: &NativeTensor,
    draw: u32,
) -> Result<NativeTensor> {
    let (seed, counter) = (seed.get()?, counter.get()?);
    let build = || {
        let kind = match kind.as_str() {
            "bits" => RandomKind::Bits,
            "uniform" => RandomKind::Uniform,
            "normal" => RandomKind::Normal,
            "truncatedNormal" => RandomKind::TruncatedNormal,
            other => return Err(unknown("distribution", other)),
        };
        random::random(kind, shape(&dims)?, seed, counter, draw)
    };
    give(env, build())
}

#[napi(catch_unwind)]
pub fn stop_gradient(env: Env, x: &NativeTensor) -> Result<NativeTensor> {
    give(env, movement::stop_gradient(x.get()?))
}

/// Name of the operation that makes the tensor, while it is pending.
#[napi(catch_unwind)]
pub fn producer(x: &NativeTensor) -> Result<Option<&'static str>> {
    Ok(x.get()?.node().operation().map(|(op, _)| op.name()))
}

/// Operands of that operation.
#[napi(catch_unwind)]
pub fn producer_inputs(env: Env, x: &NativeTensor) -> Result<Vec<NativeTensor>> {
    let inputs = x.get()?.node().operation().map_or_else(Vec::new, |(_, inputs)| inputs);
    inputs.into_iter().map(|t| wrap(env, t)).collect()
}

/// Gradients of the outputs' sum, weighted by cotangents (ones where null); null where an output does not depend on a tensor.
#[napi(catch_unwind)]
pub fn gradients(
    env: Env,
    outputs: Handles,
    cotangents: Vec<Option<Handle>>,
    wrt: Handles,
) -> Result<Vec<Option<NativeTensor>>> {
    let cotangents: Vec<Option<Tensor>> =
        cotangents.iter().map(|c| c.as_ref().map(|c| c.get().cloned()).transpose()).collect::<Result<_>>()?;
    let results = differentiate(&tensors(&outputs)?, &cotangents, &tensors(&wrt)?).map_err(thrown)?;
    results.into_iter().map(|t| t.map(|t| wrap(env, t)).transpose()).collect()
}
