//! The lazy graph as it is built: reference-counted nodes, each an operation on other nodes or a leaf.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::Op;
use crate::shape::{Shape, TensorType};

/// Numbers that the engine attached to a node; this crate only carries them.
pub trait Storage: Any + Send + Sync + fmt::Debug {
    /// For the engine's downcast.
    fn as_any(&self) -> &dyn Any;
    /// Where the memory or cell is: leaves with the same address are the same operand.
    fn address(&self) -> usize;
}

/// What a node is at the moment.
#[derive(Clone, Debug)]
pub enum Def {
    /// Not computed: an operation on other tensors.
    Op(Op, Vec<Tensor>),
    /// A placeholder, bound when the traced function's program runs.
    Param,
    /// A variable's value at the time the program runs (inside a trace only).
    Variable(Arc<dyn Storage>),
    /// Computed, or handed in: one storage an output.
    Value(Vec<Arc<dyn Storage>>),
    /// The computation failed; every reader gets the error.
    Failed(Error),
}

/// An operation and its operands.
type Origin = (Op, Vec<Tensor>);

/// A node of the graph; [`Tensor`] names one of its outputs.
pub struct Node {
    id: u64,
    scope: u64,
    types: Box<[TensorType]>,
    def: Mutex<Def>,
    holders: AtomicU32,
    /// Made while recording: keeps its operation when it is settled.
    recorded: bool,
    origin: Mutex<Option<Box<Origin>>>,
}

/// One output of a node: what a user holds.
#[derive(Clone)]
pub struct Tensor {
    node: Arc<Node>,
    output: u32,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static SCOPES: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    static RECORDINGS: Cell<u32> = const { Cell::new(0) };
}

/// While it lives, nodes made on this thread remember the operation that made them even after they are computed, so that gradients can be
/// built through them: a function that is differentiated outside a trace may look at its own numbers.
#[derive(Debug)]
pub struct Recording(());

impl Recording {
    /// Begins recording; recordings nest.
    pub fn enter() -> Recording {
        RECORDINGS.set(RECORDINGS.get() + 1);
        Recording(())
    }

    /// Whether this thread records.
    pub fn is_on() -> bool {
        RECORDINGS.get() > 0
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        RECORDINGS.set(RECORDINGS.get() - 1);
    }
}

/// A trace in progress on this thread: nodes made while it lives belong to it. Ends when dropped.
#[derive(Debug)]
pub struct Scope {
    id: u64,
}

impl Scope {
    /// Begins a scope inside the current one. Ids grow, so a node belongs to an outer scope exactly when its scope's id is lower.
    pub fn enter() -> Scope {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        SCOPES.with_borrow_mut(|scopes| scopes.push(id));
        Scope { id }
    }

    /// The scope's id.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The innermost scope of this thread, 0 outside of any.
    pub fn current() -> u64 {
        SCOPES.with_borrow(|scopes| scopes.last().copied().unwrap_or(0))
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // A thread that ends in the middle of a trace drops its thread-locals in any order: the list may be gone, and that is as good.
        let _ = SCOPES.try_with(|scopes| scopes.borrow_mut().retain(|&id| id != self.id));
    }
}

impl Tensor {
    /// Applies an operation: checks the operands and gives one tensor an output.
    pub fn apply(op: Op, inputs: Vec<Tensor>) -> Result<Vec<Tensor>> {
        let types: Vec<TensorType> = inputs.iter().map(Tensor::ty).collect();
        let outputs = op.infer(&types)?;
        let count = outputs.len() as u32;
        let node = Node::new(outputs.into_boxed_slice(), Def::Op(op, inputs));
        Ok((0..count).map(|output| Tensor { node: node.clone(), output }).collect())
    }

    /// Applies an operation that has one output.
    pub fn apply1(op: Op, inputs: Vec<Tensor>) -> Result<Tensor> {
        let mut outputs = Tensor::apply(op, inputs)?;
        debug_assert_eq!(outputs.len(), 1);
        Ok(outputs.swap_remove(0))
    }

    /// A placeholder of a trace.
    pub fn param(ty: TensorType) -> Tensor {
        Tensor { node: Node::new(Box::new([ty]), Def::Param), output: 0 }
    }

    /// A leaf with numbers.
    pub fn value(ty: TensorType, storage: Arc<dyn Storage>) -> Tensor {
        Tensor { node: Node::new(Box::new([ty]), Def::Value(vec![storage])), output: 0 }
    }

    /// A leaf that reads a variable when the program runs.
    pub fn variable(ty: TensorType, cell: Arc<dyn Storage>) -> Tensor {
        Tensor { node: Node::new(Box::new([ty]), Def::Variable(cell)), output: 0 }
    }

    /// The node.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Which output of the node.
    pub fn output(&self) -> usize {
        self.output as usize
    }

    /// Shape and element type.
    pub fn ty(&self) -> TensorType {
        self.node.types[self.output as usize]
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        self.ty().shape
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.ty().dtype
    }

    /// Another output of the same node.
    pub fn sibling(&self, output: usize) -> Tensor {
        assert!(output < self.node.types.len());
        Tensor { node: self.node.clone(), output: output as u32 }
    }

    /// Identity: two tensors with the same key are the same output of the same node.
    pub fn key(&self) -> (u64, u32) {
        (self.node.id, self.output)
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor#{}.{} {}", self.node.id, self.output, self.ty())
    }
}

impl Node {
    fn new(types: Box<[TensorType]>, def: Def) -> Arc<Node> {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Node {
            id,
            scope: Scope::current(),
            types,
            def: Mutex::new(def),
            holders: AtomicU32::new(0),
            recorded: Recording::is_on(),
            origin: Mutex::new(None),
        })
    }

    /// Unique in the process; grows with time of creation, so operands have lower ids than what uses them.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The trace in which the node was made, 0 outside of any.
    pub fn scope(&self) -> u64 {
        self.scope
    }

    /// Types of all outputs.
    pub fn types(&self) -> &[TensorType] {
        &self.types
    }

    /// What the node is now. Hold the guard briefly.
    pub fn def(&self) -> MutexGuard<'_, Def> {
        // A panic while a guard is held leaves a whole Def behind: it is replaced in one assignment.
        self.def.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A user took a handle on the node: when something that depends on it is computed, its numbers are worth keeping.
    pub fn hold(&self) {
        self.holders.fetch_add(1, Ordering::Relaxed);
    }

    /// A user's handle is gone.
    pub fn release(&self) {
        self.holders.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether any user has a handle on the node.
    pub fn is_held(&self) -> bool {
        self.holders.load(Ordering::Relaxed) > 0
    }

    /// Whether it was made while recording.
    pub fn is_recorded(&self) -> bool {
        self.recorded
    }

    /// Whether the node is an operation still to be computed.
    pub fn is_pending(&self) -> bool {
        matches!(*self.def(), Def::Op(..))
    }

    /// The operation, while it is pending.
    pub fn pending(&self) -> Option<(Op, Vec<Tensor>)> {
        match &*self.def() {
            Def::Op(op, inputs) => Some((op.clone(), inputs.clone())),
            _ => None,
        }
    }

    /// Puts the computed numbers (or the failure) in the operation's place and lets go of its operands.
    pub fn settle(&self, def: Def) {
        self.settle_as(def, self.recorded);
    }

    /// The same, but the node goes on telling which operation made it: a loss looks whether its input comes from a softmax.
    pub fn settle_with_origin(&self, def: Def) {
        self.settle_as(def, true);
    }

    fn settle_as(&self, def: Def, keeps_origin: bool) {
        let old = std::mem::replace(&mut *self.def(), def);
        if let Def::Op(op, inputs) = old {
            if keeps_origin {
                *self.origin.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new((op, inputs)));
            } else {
                drop_chain(inputs);
            }
        }
    }

    /// The operation that makes the node, as long as it is known: while it is pending, and for good when it was made while recording.
    pub fn operation(&self) -> Option<(Op, Vec<Tensor>)> {
        match &*self.def() {
            Def::Op(op, inputs) => Some((op.clone(), inputs.clone())),
            _ => self.origin.lock().unwrap_or_else(PoisonError::into_inner).as_deref().cloned(),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop_chain(self.take_operands());
    }
}

impl Node {
    /// All operands that the node still holds, at its end.
    fn take_operands(&mut self) -> Vec<Tensor> {
        let def = std::mem::replace(self.def.get_mut().unwrap_or_else(PoisonError::into_inner), Def::Param);
        let origin = self.origin.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let mut operands = origin.map_or_else(Vec::new, |origin| origin.1);
        if let Def::Op(_, inputs) = def {
            operands.extend(inputs);
        }
        operands
    }
}

/// Drops operands iteratively: a chain of a million pending nodes must not recurse a million times.
fn drop_chain(inputs: Vec<Tensor>) {
    let mut waiting = inputs;
    while let Some(tensor) = waiting.pop() {
        if let Some(mut node) = Arc::into_inner(tensor.node) {
            waiting.extend(node.take_operands());
        }
    }
}
