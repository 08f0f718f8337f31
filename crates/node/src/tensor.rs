//! Tensor handles.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::{Def, Error, Result as GraphResult, Tensor, TensorType};
use hornbeam_engine::runtime::panic_error;
use hornbeam_engine::{eval, immediate, trace};
use napi::Env;
use napi::bindgen_prelude::{Object, Uint8ArraySlice};
use napi_derive::napi;

use crate::convert::{self, Numbers, Source};
use crate::error::{Result, rejected, state, thrown};
use crate::handles;
pub use crate::handles::{Handles, NativeTensor, Numbered};

/// Pending nodes made without a trace before the graph is computed where it stands.
const MAX_PENDING: u32 = 10_000;

thread_local! {
    static PENDING: Cell<u32> = const { Cell::new(0) };
}

/// A handle on `tensor`.
///
/// # Errors
/// Whatever computing a graph that grew too long reports.
pub fn wrap(_env: Env, tensor: Tensor) -> Result<NativeTensor> {
    if tensor.node().scope() == 0 && tensor.node().is_pending() && !immediate::settle(&tensor).map_err(thrown)? {
        if PENDING.get() >= MAX_PENDING {
            PENDING.set(0);
            eval::evaluate(std::slice::from_ref(&tensor)).map_err(thrown)?;
        } else {
            PENDING.set(PENDING.get() + 1);
        }
    }
    Ok(NativeTensor::new(tensor))
}

/// [`wrap`] of a result.
///
/// # Errors
/// The result's, as a JavaScript error.
pub fn give(env: Env, tensor: GraphResult<Tensor>) -> Result<NativeTensor> {
    wrap(env, tensor.map_err(thrown)?)
}

/// [`give`] for operations that are made often: the result is named by its number.
///
/// # Errors
/// As [`give`].
pub fn give_number(env: Env, tensor: GraphResult<Tensor>) -> Result<Numbered> {
    give(env, tensor).map(Numbered)
}

/// The tensors behind many handles.
///
/// # Errors
/// State: one is disposed.
pub fn tensors(handles: &Handles) -> Result<Vec<Tensor>> {
    handles.iter().map(|h| h.get().cloned()).collect()
}

#[napi(catch_unwind)]
pub fn tensor_shape(x: &NativeTensor) -> Vec<f64> {
    x.ty().shape.dims().iter().map(|&d| d as f64).collect()
}

/// Names of the dtypes, in the order in which results' numbers tell them.
#[napi(catch_unwind)]
pub fn dtype_names() -> Vec<&'static str> {
    handles::DTYPES.iter().map(|dtype| dtype.name()).collect()
}

/// Whether the tensor belongs to a trace, so that it has no numbers.
#[napi(catch_unwind)]
pub fn tensor_is_traced(x: &NativeTensor) -> Result<bool> {
    let node = x.get()?.node();
    let traced = match &*node.def() {
        Def::Param | Def::Variable(_) => true,
        Def::Op(..) => node.scope() != 0,
        Def::Value(_) | Def::Failed(_) => false,
    };
    Ok(traced)
}

/// Whether reading the numbers waits for nothing.
#[napi(catch_unwind)]
pub fn tensor_is_ready(x: &NativeTensor) -> Result<bool> {
    Ok(eval::is_ready(x.get()?))
}

/// Identity of the node.
#[napi(catch_unwind)]
pub fn tensor_node(x: &NativeTensor) -> Result<f64> {
    Ok(x.get()?.node().id() as f64)
}

#[napi(catch_unwind)]
pub fn tensor_dispose(env: Env, number: u32) {
    handles::dispose(env, number);
}

/// Many at once.
#[napi(catch_unwind)]
pub fn tensors_dispose(env: Env, numbers: &[u32]) {
    numbers.iter().for_each(|&number| handles::dispose(env, number));
}

/// The numbers, computed on a native thread.
#[napi(catch_unwind, ts_return_type = "Promise<Float32Array | Int32Array | Uint8Array | Int8Array>")]
pub fn tensor_data<'env>(env: &'env Env, x: &NativeTensor) -> Result<Object<'env>> {
    let tensor = x.get()?.clone();
    readable(&tensor)?;
    PENDING.set(0);
    let small = eval::is_small(&tensor);
    let deferral = env.create_deferred::<Numbers, _>().map_err(|e| thrown(Error::native(e.reason.clone())))?;
    let (deferred, promise) = deferral;
    let settle = move || {
        let read = catch_unwind(AssertUnwindSafe(|| eval::read(&tensor)))
            .unwrap_or_else(|payload| Err(panic_error(&*payload)));
        match read {
            Ok(buffer) => deferred.resolve(Box::new(move |_env: Env| Ok(Numbers(buffer))) as Settle),
            Err(error) => deferred.reject(rejected(&error)),
        }
    };
    if small {
        settle();
    } else {
        eval::spawn(settle);
    }
    Ok(promise)
}

/// The numbers, computed on the calling thread (and the pool).
#[napi(catch_unwind)]
pub fn tensor_data_sync(x: &NativeTensor) -> Result<Numbers> {
    let tensor = x.get()?;
    readable(tensor)?;
    PENDING.set(0);
    let buffer = eval::read(tensor).map_err(thrown)?;
    Ok(Numbers(buffer))
}

/// Copies bytes of the numbers to `target`: those from `begin` on. For tensors that are there: what is pending is computed on the
/// calling thread.
#[napi(catch_unwind)]
pub fn tensor_copy(x: &NativeTensor, begin: f64, mut target: Uint8ArraySlice<'_>) -> Result<()> {
    let tensor = x.get()?;
    readable(tensor)?;
    let buffer = eval::read(tensor).map_err(thrown)?;
    let first = convert::count("begin", begin).map_err(thrown)?;
    let source = first.checked_add(target.len()).and_then(|end| buffer.bytes().get(first..end));
    let Some(source) = source else {
        let error = format!("a tensor of {} bytes has no {} from {begin} on", buffer.bytes().len(), target.len());
        return Err(thrown(Error::shape(error)));
    };
    convert::copy_out(source, &mut target);
    Ok(())
}

/// See [`convert::set_parameters`].
#[napi(catch_unwind, ts_args_type = "array: Float64Array")]
pub fn set_parameters(array: Source) -> Result<()> {
    convert::set_parameters(&array).map_err(thrown)
}

/// Says which class results are made of.
#[napi(catch_unwind)]
pub fn set_handle_class(env: Env, constructor: Object) -> napi::Result<()> {
    handles::set_constructor(env, constructor)
}

/// The tensors made from now on live as long as `object`.
#[napi(catch_unwind)]
pub fn open_group(env: Env, object: Object) -> napi::Result<()> {
    handles::open_group(env, object)
}

/// Tensor `number` lives as long as `object`.
#[napi(catch_unwind)]
pub fn own_group(env: Env, object: Object, number: u32) -> napi::Result<()> {
    handles::own_group(env, object, number)
}

/// Frees the tensors that the garbage collector took; gives how many are left.
#[napi(catch_unwind)]
pub fn free_collected(env: Env) -> f64 {
    handles::look(env);
    handles::live() as f64
}

/// What a promise of numbers is resolved by, on the JavaScript thread.
type Settle = Box<dyn FnOnce(Env) -> napi::Result<Numbers>>;

/// Numbers can be had outside traces only.
fn readable(tensor: &Tensor) -> Result<()> {
    if let Some(name) = trace::current() {
        return Err(state(&format!(
            "the numbers of a tensor cannot be read while {name} is traced: a trace only records what to compute. \
             Use tensor operations instead, or return the tensor"
        )));
    }
    if tensor.node().scope() != 0 && tensor.node().is_pending() {
        return Err(state(
            "the tensor belongs to a trace that is over and has no numbers: return it from the traced function instead",
        ));
    }
    Ok(())
}

/// A tensor with a copy of `data`.
#[napi(catch_unwind, ts_args_type = "data: ArrayBufferView, shape: Array<number>, dtype: string")]
pub fn from_data(env: Env, data: Source, shape: Vec<f64>, dtype: String) -> Result<Numbered> {
    let buffer = || -> GraphResult<Buffer> { data.buffer(convert::shape(&shape)?, convert::dtype(&dtype)?) };
    give_number(env, buffer().map(Buffer::into_tensor))
}

/// A scalar: part of the program inside a trace, an operand outside.
#[napi(catch_unwind)]
pub fn constant(env: Env, value: f64, dtype: String) -> Result<Numbered> {
    let build = || {
        let dtype = convert::dtype(&dtype)?;
        if trace::current().is_some() {
            return hornbeam_engine::graph::ops::movement::scalar(value, dtype);
        }
        let bytes = convert::encode(std::iter::once(value), dtype);
        Ok(Buffer::from_bytes(TensorType::scalar(dtype), &bytes)?.into_tensor())
    };
    give_number(env, build())
}

/// `start + i * step` for i below `count`, computed in double precision; the last one is `last` where that is given. The memory is
/// asked for first: a count by mistake is refused before anything is computed.
#[napi(catch_unwind)]
pub fn sequence(env: Env, start: f64, step: f64, count: f64, last: Option<f64>, dtype: String) -> Result<NativeTensor> {
    /// Numbers that are encoded together.
    const BLOCK: usize = 4096;
    let build = || -> GraphResult<Buffer> {
        let shape = convert::shape(&[count])?;
        let dtype = convert::dtype(&dtype)?;
        let size = shape.size();
        let mut buffer = Buffer::new(TensorType::new(shape, dtype))?;
        let value = |i: usize| match last {
            Some(last) if i + 1 == size => last,
            _ => start + i as f64 * step,
        };
        for (block, bytes) in buffer.bytes_mut().chunks_mut(BLOCK * dtype.size()).enumerate() {
            let first = block * BLOCK;
            bytes.copy_from_slice(&convert::encode((first..size.min(first + BLOCK)).map(value), dtype));
        }
        Ok(buffer)
    };
    give(env, build().map(Buffer::into_tensor))
}
