//! The napi-rs binding: handles in, handles out, promises and errors; no arithmetic.
//!
//! Every export catches panics; what runs on other threads catches its own. `unsafe` is in `convert`, where a typed array's memory is
//! read during the call that brings it, and in `handles`, which numbers the tensors that JavaScript holds.

#![deny(unsafe_code)]
#![allow(missing_docs, reason = "the public documentation is in ts/native.ts; exports of one line repeat their names")]

#[allow(unsafe_code)]
mod convert;
mod error;
#[allow(unsafe_code)]
mod handles;
mod ops;
mod order;
mod process;
mod tensor;
mod trace;
mod train;

/// A tensor is a handful of small objects, made and freed by the ten thousand: the C library's allocator spent a third of the time of an
/// eager loop, merging and splitting pieces.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
