//! Single-core SIMD loops. No tensor, no graph, no threads, no allocation on a hot path: callers hand in views and scratch.
//!
//! Every entry point takes an [`Isa`] level that was detected at run time, and gives the same result for the same
//! arguments whatever thread calls it. Units: sizes and strides are in elements unless a name says bytes.

pub mod cache;
mod cascade;
pub mod conv;
pub mod copy;
pub mod elementwise;
pub mod gather;
pub mod gemm;
pub mod isa;
pub mod peak;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod rows;
mod simd;
pub mod softmax;
mod stack_vec;
mod vecmath;
pub mod view;

pub use isa::Isa;
pub use view::{Elem, Layout, Scalar, View, ViewMut};
