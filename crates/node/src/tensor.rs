//! Tensor handles.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::{Def, Error, Result as GraphResult, Tensor, TensorType};
use hornbeam_engine::runtime::panic_error;
use hornbeam_engine::{eval, trace};
use napi::Env;
use napi::bindgen_prelude::{ClassInstance, ObjectFinalize};
use napi_derive::napi;

use crate::convert::{self, Numbers, Source};
use crate::error::{Result, rejected, state, thrown};

/// Tensors smaller than this are not reported to V8: the call would cost more than it helps.
const REPORTED: usize = 4096;
/// Pending nodes made without a trace before the graph is computed where it stands.
const MAX_PENDING: u32 = 10_000;

thread_local! {
    static PENDING: Cell<u32> = const { Cell::new(0) };
}

/// Number of handles alive.
pub static HANDLES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// A handle on one output of a node of the graph.
#[napi(custom_finalize)]
pub struct NativeTensor {
    tensor: Option<Tensor>,
    reported: i64,
}

/// Many handles, as operations take them.
pub type Handles<'a> = Vec<ClassInstance<'a, NativeTensor>>;

impl NativeTensor {
    /// The tensor behind the handle.
    ///
    /// # Errors
    /// State: disposed.
    pub fn get(&self) -> Result<&Tensor> {
        self.tensor
            .as_ref()
            .ok_or_else(|| state("the tensor is disposed: its memory was given back, so it cannot be used any more"))
    }

    fn release(&mut self, env: Env) {
        if let Some(tensor) = self.tensor.take() {
            HANDLES.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            tensor.node().release();
        }
        if self.reported > 0 {
            // Only a hint to the garbage collector.
            let _ = env.adjust_external_memory(-self.reported);
            self.reported = 0;
        }
    }
}

impl ObjectFinalize for NativeTensor {
    fn finalize(mut self, env: Env) -> napi::Result<()> {
        self.release(env);
        Ok(())
    }
}

/// A handle on `tensor`.
///
/// # Errors
/// Whatever computing a graph that grew too long reports.
pub fn wrap(env: Env, tensor: Tensor) -> Result<NativeTensor> {
    HANDLES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    tensor.node().hold();
    let bytes = tensor.ty().bytes();
    let traced = tensor.node().scope() != 0;
    let reported = if bytes >= REPORTED && !traced { bytes as i64 } else { 0 };
    if reported > 0 {
        let _ = env.adjust_external_memory(reported);
    }
    let handle = NativeTensor { tensor: Some(tensor.clone()), reported };
    if !traced && tensor.node().is_pending() && PENDING.get() >= MAX_PENDING {
        PENDING.set(0);
        eval::evaluate(&[tensor]).map_err(thrown)?;
    } else {
        PENDING.set(PENDING.get() + 1);
    }
    Ok(handle)
}

/// [`wrap`] of a result.
///
/// # Errors
/// The result's, as a JavaScript error.
pub fn give(env: Env, tensor: GraphResult<Tensor>) -> Result<NativeTensor> {
    wrap(env, tensor.map_err(thrown)?)
}

/// The tensors behind many handles.
///
/// # Errors
/// State: one is disposed.
pub fn tensors(handles: &Handles) -> Result<Vec<Tensor>> {
    handles.iter().map(|h| h.get().cloned()).collect()
}

#[napi]
impl NativeTensor {
    #[napi(getter, catch_unwind)]
    pub fn shape(&self) -> Result<Vec<f64>> {
        Ok(self.get()?.shape().dims().iter().map(|&d| d as f64).collect())
    }

    #[napi(getter, catch_unwind)]
    pub fn dtype(&self) -> Result<&'static str> {
        Ok(self.get()?.dtype().name())
    }

    #[napi(getter, catch_unwind)]
    pub fn size(&self) -> Result<f64> {
        Ok(self.get()?.shape().size() as f64)
    }

    #[napi(getter)]
    pub fn is_disposed(&self) -> bool {
        self.tensor.is_none()
    }

    /// Whether the tensor belongs to a trace, so that it has no numbers.
    #[napi(getter, catch_unwind)]
    pub fn is_traced(&self) -> Result<bool> {
        let node = self.get()?.node();
        let traced = match &*node.def() {
            Def::Param | Def::Variable(_) => true,
            Def::Op(..) => node.scope() != 0,
            Def::Value(_) | Def::Failed(_) => false,
        };
        Ok(traced)
    }

    /// Whether reading the numbers waits for nothing.
    #[napi(getter, catch_unwind)]
    pub fn is_ready(&self) -> Result<bool> {
        Ok(eval::is_ready(self.get()?))
    }

    #[napi(getter, catch_unwind)]
    pub fn id(&self) -> Result<f64> {
        Ok(self.get()?.node().id() as f64)
    }

    #[napi(catch_unwind)]
    pub fn dispose(&mut self, env: Env) {
        self.release(env);
    }

    /// The numbers, computed on a native thread.
    #[napi(catch_unwind, ts_return_type = "Promise<Float32Array | Int32Array | Uint8Array | Int8Array>")]
    pub fn data<'env>(&self, env: &'env Env) -> Result<napi::bindgen_prelude::Object<'env>> {
        let tensor = self.get()?.clone();
        readable(&tensor)?;
        PENDING.set(0);
        let small = eval::is_small(&tensor);
        let deferral = env.create_deferred::<Numbers, _>().map_err(|e| thrown(Error::native(e.reason.clone())))?;
        let (deferred, promise) = deferral;
        let settle = move || {
            let read = catch_unwind(AssertUnwindSafe(|| eval::read(&tensor)))
                .unwrap_or_else(|payload| Err(panic_error(&*payload)));
            match read {
                Ok(buffer) => deferred.resolve(Box::new(move |_env: Env| Ok(convert::numbers(&buffer))) as Settle),
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
    pub fn data_sync(&self) -> Result<Numbers> {
        let tensor = self.get()?;
        readable(tensor)?;
        PENDING.set(0);
        let buffer = eval::read(tensor).map_err(thrown)?;
        Ok(convert::numbers(&buffer))
    }
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
pub fn from_data(env: Env, data: Source, shape: Vec<f64>, dtype: String) -> Result<NativeTensor> {
    let buffer = || -> GraphResult<Buffer> { data.buffer(convert::shape(&shape)?, convert::dtype(&dtype)?) };
    give(env, buffer().map(Buffer::into_tensor))
}

/// A scalar: part of the program inside a trace, an operand outside.
#[napi(catch_unwind)]
pub fn constant(env: Env, value: f64, dtype: String) -> Result<NativeTensor> {
    let build = || {
        let dtype = convert::dtype(&dtype)?;
        if trace::current().is_some() {
            return hornbeam_engine::graph::ops::movement::scalar(value, dtype);
        }
        let bytes = convert::encode(std::iter::once(value), dtype);
        Ok(Buffer::from_bytes(TensorType::scalar(dtype), &bytes)?.into_tensor())
    };
    give(env, build())
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
