//! Compiles a graph into a program and runs it on all cores of the machine.
//!
//! [`plan::compile`] turns a closed graph into a [`plan::Plan`] (fused units, places in memory, stages); a [`program::Program`] binds a plan's
//! parameters to numbers and variables; [`trainer::Trainer`] runs a program for every batch. `unsafe` is in `arena` and `pool` only.

#![deny(unsafe_code)]

pub mod algorithm;
pub mod alias;
#[allow(unsafe_code)]
pub mod arena;
pub mod batch;
pub mod buffer;
pub mod chunk;
pub mod code;
pub mod control;
mod cut;
pub mod describe;
pub mod eval;
pub mod exec;
pub mod fuse;
pub mod geometry;
pub mod immediate;
pub mod instr;
mod join;
pub mod kernel;
pub mod lower;
pub mod pack;
pub mod place;
pub mod plan;
#[allow(unsafe_code)]
pub mod pool;
pub mod profile;
pub mod program;
mod recompute;
mod rows;
pub mod runtime;
pub mod stage;
pub mod streaming;
pub mod trace;
pub mod trainer;

pub use hornbeam_graph as graph;
