//! The napi-rs binding: handles in, handles out, promises and errors; no arithmetic.
//!
//! Every export catches panics; what runs on other threads catches its own. `unsafe` is in `convert`, where a typed array's memory is
//! read during the call that brings it, and in `handles`, which numbers the tensors that JavaScript holds.

#![deny(unsafe_code)]
#![allow(missing_docs, reason = "the public documentation is in ts/native.ts; exports of one line repeat their names")]

#[allow(unsafe_code)]
mod convert;
mod environments;
mod error;
#[allow(unsafe_code)]
mod handles;
mod ops;
mod order;
mod process;
mod tensor;
mod trace;
mod train;

/// Runs on every thread that loads the addon. Node unloads it when the last such thread is a worker_thread that ends, but the pool's
/// threads, the evaluation thread and a training in its last step still run its code.
#[napi_derive::napi(module_exports, catch_unwind)]
pub fn stay_loaded(exports: napi::bindgen_prelude::Object, env: napi::Env) -> napi::Result<()> {
    napi::bindgen_prelude::retain_current_module_for_unload_safety();
    environments::enter(env, exports)
}

/// A tensor is a handful of small objects, made and freed by the ten thousand: the C library's allocator spent a third of the time of an
/// eager loop, merging and splitting pieces.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
