//! Small operations on numbers that are there, computed where they stand. Handing a microsecond of work to another thread, or compiling a chain
//! of a thousand such operations as one program, would cost more than computing each at once.
//!
//! A thread keeps a compiled form for each operation and types it met, and memory to run them in. It asks neither for a lease nor for
//! the pool: what it reads cannot change (values, never variables), and what it writes is its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hornbeam_graph::ops::elementwise::{Unary, UnaryKind};
use hornbeam_graph::{DType, Def, Graph, GraphNode, Op, Recording, Ref, Result, Scope, Storage, Tensor, TensorType};
use hornbeam_kernels::{Layout, copy};

use crate::algorithm::Precision;
use crate::alias::view_of;
use crate::arena::{Base, Block, Frame, Position, Slot, WORK};
use crate::buffer::{Buffer, Deferred, elem};
use crate::exec::{FaultCell, Outcome, Run, fault_error};
use crate::plan::{self, Plan, Spec};
use crate::pool::{DenormalGuard, Pool};
use crate::runtime::{panic_error, runtime};

/// The most bytes of operands and results of what is computed at once.
const BYTES: usize = 16 << 10;
/// The most bytes of a slice that is cut out at once: a copy of some microseconds, against a program that has to be run.
const SLICE_BYTES: usize = 256 << 10;
/// The most estimated nanoseconds: what the schedule would keep on one thread anyway.
const COST: u64 = 8_000;
/// The most scratch, workspace and local bytes.
const MEMORY: usize = 256 << 10;
/// Compiled operations that a thread keeps; beyond it, it begins anew.
const PLANS: usize = 1024;
/// Operands that are themselves still to be computed are followed so far down: what one call of a builder makes.
const DEPTH: usize = 4;

/// Multiplies and rotates word by word: keys are a few small numbers, and nobody chooses them with malice.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }
    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }
}

/// An operation on types; without a plan where it is not for here.
struct Known {
    op: Op,
    inputs: Vec<TensorType>,
    plan: Option<Arc<Plan>>,
}

struct Bench {
    known: HashMap<u64, Vec<Known>, BuildHasherDefault<Quick>>,
    count: usize,
    frame: Frame,
    pool: Pool,
    work: Block,
    private: Block,
}

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

/// Bytes of the threads' own memory.
static MEMORIES: AtomicUsize = AtomicUsize::new(0);

/// Bytes of working memory that threads keep for small operations.
pub fn memory_bytes() -> usize {
    MEMORIES.load(Ordering::Relaxed)
}

impl Drop for Bench {
    fn drop(&mut self) {
        MEMORIES.fetch_sub(self.work.capacity() + self.private.capacity(), Ordering::Relaxed);
    }
}

impl Bench {
    fn new() -> Result<Bench> {
        let (work, private) = (Block::new(MEMORY)?, Block::new(2 * MEMORY)?);
        MEMORIES.fetch_add(work.capacity() + private.capacity(), Ordering::Relaxed);
        Ok(Bench { known: HashMap::default(), count: 0, frame: Frame::new(0), pool: Pool::new(1), work, private })
    }

    /// The compiled form of an operation, if it is small enough.
    fn plan(&mut self, op: &Op, inputs: &[TensorType], outputs: &[TensorType]) -> Option<Arc<Plan>> {
        let mut hasher = Quick::default();
        (op, inputs).hash(&mut hasher);
        let key = hasher.finish();
        let same = |known: &&Known| known.op == *op && known.inputs == inputs;
        if let Some(known) = self.known.get(&key).and_then(|all| all.iter().find(same)) {
            return known.plan.clone();
        }
        if self.count == PLANS {
            self.known.clear();
            self.count = 0;
        }
        self.count += 1;
        let plan = compile(op, inputs, outputs);
        let known = Known { op: op.clone(), inputs: inputs.to_vec(), plan: plan.clone() };
        self.known.entry(key).or_default().push(known);
        plan
    }

    fn run(&mut self, plan: &Plan, inputs: &[Arc<Buffer>], outputs: &[Buffer]) -> Result<()> {
        let Bench { frame, pool, work, private, .. } = self;
        frame.resize(2 + inputs.len() + outputs.len());
        frame.bind(WORK, Base::write(work));
        let memory = Base::write(private);
        frame.bind_workers(std::iter::once((memory.part(0, MEMORY), memory.part(MEMORY, MEMORY))));
        let blocks = inputs.iter().map(|b| Base::read(b.block())).chain(outputs.iter().map(|b| Base::write(b.block())));
        for (i, base) in blocks.enumerate() {
            frame.bind(2 + i as u32, base);
        }
        let faults = FaultCell::default();
        let committed = AtomicBool::new(false);
        let run = Run { frame, isa: plan.isa, pool, faults: &faults, committed: &committed, recorder: None };
        let outcome = {
            let _denormals = DenormalGuard::enter();
            catch_unwind(AssertUnwindSafe(|| run.plan(plan)))
        };
        match outcome {
            Ok(Outcome::Complete) => Ok(()),
            Ok(Outcome::Faulty) => Err(fault_error(&faults.take().expect("a faulty run says why"), |row| row)),
            Err(payload) => Err(panic_error(&*payload)),
        }
    }

    /// Copies `from`, seen with a layout, into `to`.
    fn copy(&mut self, from: &Buffer, layout: &Layout, start: isize, to: &Buffer) {
        let frame = &mut self.frame;
        frame.resize(4);
        frame.bind(2, Base::read(from.block()));
        frame.bind(3, Base::write(to.block()));
        let slot = |root| Slot { root, offset: 0, row_bytes: 0, part_bytes: 0 };
        let (at, kind) = (Position::default(), elem(from.ty().dtype));
        copy::copy(
            frame.view(&slot(2), at, kind, layout, start),
            frame.view_mut(&slot(3), at, kind, &Layout::contiguous(to.ty().shape.dims()), 0),
        );
    }
}

/// A program of the one operation, if it is small.
fn compile(op: &Op, inputs: &[TensorType], outputs: &[TensorType]) -> Option<Arc<Plan>> {
    let params = inputs.len() as u32;
    let mut nodes: Vec<GraphNode> =
        inputs.iter().map(|&ty| GraphNode { op: Op::Param, inputs: Vec::new(), types: vec![ty] }).collect();
    let operands = (0..params).map(|node| Ref { node, output: 0 }).collect();
    nodes.push(GraphNode { op: op.clone(), inputs: operands, types: outputs.to_vec() });
    let results = (0..outputs.len() as u32).map(|output| Ref { node: params, output }).collect();
    let graph = Graph { nodes, params: inputs.len(), outputs: results };
    let spec = Spec { graph, batch: None, updates: Vec::new(), variables: Vec::new(), precision: Precision::Exact };
    let plan = plan::compile(&spec, runtime().isa).ok()?;
    let fits = plan.work <= MEMORY && plan.local <= MEMORY && plan.scratch * 4 <= MEMORY && plan.packs.is_empty();
    (fits && plan.cost < COST).then(|| Arc::new(plan))
}

/// The numbers of a tensor, if they are there.
pub(crate) fn ready(tensor: &Tensor) -> Option<Arc<Buffer>> {
    let storage = match &*tensor.node().def() {
        Def::Value(storages) => storages[tensor.output()].clone(),
        _ => return None,
    };
    let storage = match storage.as_any().downcast_ref::<Deferred>() {
        Some(deferred) => deferred.poll()?.ok()?,
        None => storage,
    };
    let any: Arc<dyn std::any::Any + Send + Sync> = storage;
    any.downcast().ok()
}

/// Computes a pending tensor outside traces if that is a matter of microseconds; says whether it did.
///
/// # Errors
/// Native: out of memory, a panic. Bad data settle the tensor with that error.
pub fn settle(tensor: &Tensor) -> Result<bool> {
    settle_to(tensor, DEPTH)
}

fn settle_to(tensor: &Tensor, depth: usize) -> Result<bool> {
    let node = tensor.node();
    if node.scope() != 0 || node.is_recorded() {
        return Ok(false);
    }
    let outputs = node.types();
    let Some((op, operands)) = node.pending() else { return Ok(false) };
    if matches!(op, Op::Scan(_) | Op::Cond(_) | Op::While(_)) {
        return Ok(false);
    }
    let mut inputs = Vec::with_capacity(operands.len());
    for operand in &operands {
        let there = match ready(operand) {
            Some(buffer) => Some(buffer),
            None if depth > 0 && settle_to(operand, depth - 1)? => ready(operand),
            None => None,
        };
        let Some(buffer) = there else { return Ok(false) };
        inputs.push(buffer);
    }
    let types: Vec<TensorType> = operands.iter().map(Tensor::ty).collect();
    let value = match compute(&op, &types, &inputs, outputs)? {
        None => return Ok(false),
        Some(Err(error)) => Def::Failed(error),
        Some(Ok(results)) => Def::Value(results.into_iter().map(|b| Arc::new(b) as Arc<dyn Storage>).collect()),
    };
    if is_looked_for(&op) {
        node.settle_with_origin(value)
    } else {
        node.settle(value)
    }
    Ok(true)
}

/// Whether losses look for the operation behind their input.
fn is_looked_for(op: &Op) -> bool {
    matches!(op, Op::Softmax(_) | Op::Unary(Unary(UnaryKind::Sigmoid)))
}

/// [`settle`] for an operation with one result that nobody has made a node of yet: `None` if it is to be recorded, or is not small.
///
/// # Errors
/// What the operation's shape rule reports, and [`settle`].
pub fn apply(op: &Op, operands: &[&Tensor]) -> Result<Option<Tensor>> {
    if Scope::current() != 0 || Recording::is_on() || operands.len() > 4 || is_looked_for(op) {
        return Ok(None);
    }
    let mut types = [TensorType::scalar(DType::F32); 4];
    let mut inputs = Vec::with_capacity(operands.len());
    for (operand, ty) in operands.iter().zip(&mut types) {
        let Some(buffer) = ready(operand) else { return Ok(None) };
        inputs.push(buffer);
        *ty = operand.ty();
    }
    let types = &types[..operands.len()];
    let outputs = op.infer(types)?;
    match compute(op, types, &inputs, &outputs)? {
        // Bad data are reported by who reads the numbers: that is for a node.
        None | Some(Err(_)) => Ok(None),
        Some(Ok(results)) => Ok(results.into_iter().next().map(Buffer::into_tensor)),
    }
}

/// The results of an operation, or the bad data that it found; `None` if it is not small.
fn compute(
    op: &Op,
    types: &[TensorType],
    inputs: &[Arc<Buffer>],
    outputs: &[TensorType],
) -> Result<Option<Result<Vec<Buffer>>>> {
    let most = if matches!(op, Op::Slice(_)) { SLICE_BYTES } else { BYTES };
    if outputs.iter().map(TensorType::bytes).sum::<usize>() > most {
        return Ok(None);
    }
    BENCH.with_borrow_mut(|bench| {
        let bench = match bench {
            Some(bench) => bench,
            None => bench.insert(Bench::new()?),
        };
        if let &[ty] = types
            && let Some((layout, start)) = view_of(op, &Layout::contiguous(ty.shape.dims()), 0, outputs[0].shape.dims())
        {
            let result = Buffer::new(outputs[0])?;
            bench.copy(&inputs[0], &layout, start, &result);
            return Ok(Some(Ok(vec![result])));
        }
        if types.iter().map(TensorType::bytes).sum::<usize>() > BYTES {
            return Ok(None);
        }
        let Some(plan) = bench.plan(op, types, outputs) else { return Ok(None) };
        let results = outputs.iter().map(|&ty| Buffer::new(ty)).collect::<Result<Vec<Buffer>>>()?;
        Ok(Some(bench.run(&plan, inputs, &results).map(|()| results)))
    })
}
