//! Settings and figures of the process.

use hornbeam_engine::algorithm::{self, Precision};
use hornbeam_engine::buffer::Variable;
use hornbeam_engine::graph::Error;
use hornbeam_engine::runtime::runtime;
use hornbeam_engine::{arena, immediate, profile};
use napi::Env;
use napi_derive::napi;

use crate::convert::count;
use crate::error::{Result, thrown};
use crate::handles;

/// What the addon holds.
#[napi(object)]
pub struct Memory {
    pub tensors: f64,
    pub variables: f64,
    pub programs: f64,
    pub tensor_bytes: f64,
    pub cache_bytes: f64,
    pub workspace_bytes: f64,
    pub program_bytes: f64,
}

#[napi(catch_unwind)]
pub fn memory(env: Env) -> Memory {
    handles::look(env);
    let (live, cached) = arena::usage();
    let (programs, program_bytes) = runtime().program_usage();
    let workspace = runtime().workspace_bytes() + immediate::memory_bytes();
    Memory {
        tensors: handles::live() as f64,
        variables: Variable::count() as f64,
        programs: programs as f64,
        tensor_bytes: live.saturating_sub(workspace) as f64,
        cache_bytes: cached as f64,
        workspace_bytes: workspace as f64,
        program_bytes: program_bytes as f64,
    }
}

#[napi(catch_unwind)]
pub fn set_threads(threads: f64) -> Result<()> {
    let threads = count("setThreads", threads).ok().filter(|&n| (1..=1024).contains(&n)).ok_or_else(|| {
        thrown(Error::config(format!("setThreads takes a whole number from 1 to 1024, got {threads}")))
    })?;
    runtime().set_threads(threads);
    Ok(())
}

#[napi(catch_unwind)]
pub fn threads() -> u32 {
    runtime().threads() as u32
}

/// Sets what the programs that this thread compiles from now on may do for speed, `fast` or `exact`; returns what it was.
#[napi(catch_unwind)]
pub fn set_precision(name: String) -> Result<&'static str> {
    let precision = Precision::from_name(&name)
        .ok_or_else(|| thrown(Error::config(format!("a precision is fast or exact, got {name}"))))?;
    Ok(algorithm::set_precision(precision).name())
}

#[napi(catch_unwind)]
pub fn precision() -> &'static str {
    algorithm::precision().name()
}

#[napi(catch_unwind)]
pub fn isa() -> &'static str {
    runtime().isa.name()
}

/// Begins to record what the workers do.
#[napi(catch_unwind)]
pub fn start_profile() {
    profile::start(runtime().threads());
}

/// What they did since, as JSON; empty when nothing was recorded. Ends recording.
#[napi(catch_unwind)]
pub fn stop_profile() -> String {
    profile::stop().map_or_else(String::new, |recorder| recorder.json())
}

/// For tests: makes the next `count` tasks of pool workers panic.
#[napi(catch_unwind)]
pub fn inject_panics(count: u32) {
    hornbeam_engine::pool::inject_panics(count as usize);
}

#[napi(catch_unwind)]
pub fn native_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
