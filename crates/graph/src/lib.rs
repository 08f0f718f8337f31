#![forbid(unsafe_code)]
//! A lazy graph of a small set of operations: element types, shapes, the operations themselves (each with its shape rule,
//! gradient and cost in one place), sub-graphs, and transforms (gradient, simplification, common subexpressions).
//!
//! Two forms of the same thing: [`Tensor`]s are reference-counted nodes, as a user builds them; a [`Graph`] is a closed,
//! linear, hashable copy, as the engine compiles it and as control flow carries its bodies.

pub mod cases;
pub mod describe;
pub mod dtype;
pub mod error;
pub mod gradient;
pub mod graph;
pub mod ops;
pub mod shape;
pub mod simplify;
pub mod tensor;

pub use dtype::DType;
pub use error::{Error, ErrorKind, Result};
pub use gradient::gradients;
pub use graph::{Graph, GraphNode, Ref};
pub use ops::Op;
pub use shape::{MAX_RANK, Shape, TensorType};
pub use tensor::{Def, Node, Recording, Scope, Storage, Tensor};
