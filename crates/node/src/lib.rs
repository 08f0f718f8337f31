//! The napi-rs binding: handles in, handles out, promises and errors; no arithmetic.
//!
//! Every export catches panics; what runs on other threads catches its own. `unsafe` is in `convert` only, where a typed array's memory is
//! read during the call that brings it.

#![deny(unsafe_code)]
#![allow(missing_docs, reason = "the public documentation is in ts/native.ts; exports of one line repeat their names")]

#[allow(unsafe_code)]
mod convert;
mod error;
mod ops;
mod order;
mod process;
mod tensor;
mod trace;
mod train;
