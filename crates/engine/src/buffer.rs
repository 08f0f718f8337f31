//! Tensors in memory, results on their way, and variables.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hornbeam_graph::{DType, Error, Result, Storage, Tensor, TensorType};
use hornbeam_kernels::Elem;

use crate::arena::{Base, Block};
use crate::pack::PackKey;

static BUFFERS: AtomicUsize = AtomicUsize::new(0);
static VARIABLES: AtomicUsize = AtomicUsize::new(0);

/// The kernels' name of an element type.
pub fn elem(dtype: DType) -> Elem {
    match dtype {
        DType::F32 => Elem::F32,
        DType::Bf16 => Elem::Bf16,
        DType::F16 => Elem::F16,
        DType::I32 => Elem::I32,
        DType::I8 => Elem::I8,
        DType::U8 => Elem::U8,
        DType::Bool => Elem::Bool,
    }
}

/// The numbers of a tensor, row-major. Written by whoever makes it, before it is shared.
#[derive(Debug)]
pub struct Buffer {
    ty: TensorType,
    block: Block,
}

impl Buffer {
    /// A buffer with unspecified contents.
    ///
    /// # Errors
    /// Native: out of memory.
    pub fn new(ty: TensorType) -> Result<Buffer> {
        Block::new(ty.bytes()).map(|block| Buffer::on(ty, block))
    }

    /// A buffer of zeros.
    ///
    /// # Errors
    /// Native: out of memory.
    pub fn zeroed(ty: TensorType) -> Result<Buffer> {
        Block::zeroed(ty.bytes()).map(|block| Buffer::on(ty, block))
    }

    fn on(ty: TensorType, block: Block) -> Buffer {
        BUFFERS.fetch_add(1, Ordering::Relaxed);
        Buffer { ty, block }
    }

    /// A buffer with a copy of `bytes`.
    ///
    /// # Errors
    /// Native: out of memory. Shape: another number of bytes than the type has.
    pub fn from_bytes(ty: TensorType, bytes: &[u8]) -> Result<Buffer> {
        if bytes.len() != ty.bytes() {
            return Err(Error::shape(format!("{ty} takes {} bytes, got {}", ty.bytes(), bytes.len())));
        }
        let mut buffer = Buffer::new(ty)?;
        buffer.bytes_mut().copy_from_slice(bytes);
        Ok(buffer)
    }

    /// Shape and element type.
    pub fn ty(&self) -> TensorType {
        self.ty
    }

    /// The memory.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        self.block.bytes(self.ty.bytes())
    }

    /// All bytes, writable.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.ty.bytes();
        self.block.bytes_mut(len)
    }

    /// Number of buffers alive.
    pub fn count() -> usize {
        BUFFERS.load(Ordering::Relaxed)
    }

    /// A leaf tensor on this buffer.
    pub fn into_tensor(self) -> Tensor {
        Tensor::value(self.ty, Arc::new(self))
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        BUFFERS.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Storage for Buffer {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn address(&self) -> usize {
        self.block.address()
    }
}

/// A result that a native thread is computing.
#[derive(Debug, Default)]
pub struct Deferred {
    state: Mutex<Option<Result<Arc<dyn Storage>>>>,
    done: Condvar,
}

impl Deferred {
    /// Hands over the result and wakes who waits.
    pub fn fulfil(&self, result: Result<Arc<dyn Storage>>) {
        *lock(&self.state) = Some(result);
        self.done.notify_all();
    }

    /// The result, if it is there.
    pub fn poll(&self) -> Option<Result<Arc<dyn Storage>>> {
        lock(&self.state).clone()
    }

    /// Blocks until the result is there; meanwhile this thread runs what is handed over to the evaluation thread and has not begun.
    pub fn wait(&self) -> Result<Arc<dyn Storage>> {
        crate::eval::help(|| self.poll().is_some());
        let mut state = lock(&self.state);
        loop {
            if let Some(result) = &*state {
                return result.clone();
            }
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Storage for Deferred {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

/// A mutable cell: the weights of a layer, an optimizer's slots, a metric's sums. Holds one version of its numbers at a time; whoever
/// reads keeps that version alive, and the next write then goes to fresh memory.
#[derive(Debug)]
pub struct Variable {
    id: u64,
    name: String,
    ty: TensorType,
    buffer: Mutex<Arc<Buffer>>,
    /// Written under a lease only.
    version: AtomicU64,
    /// A step failed in the middle of an update: what is here may be part old, part new.
    inconsistent: AtomicBool,
    packs: Mutex<Vec<Packed>>,
}

/// A copy of a variable in the order that a kernel reads.
#[derive(Debug)]
struct Packed {
    key: PackKey,
    block: Block,
    /// The version that it is a copy of.
    version: Option<u64>,
}

static NEXT_VARIABLE: AtomicU64 = AtomicU64::new(1);

impl Variable {
    /// A variable that begins with `buffer`.
    pub fn new(name: &str, buffer: Arc<Buffer>) -> Arc<Variable> {
        VARIABLES.fetch_add(1, Ordering::Relaxed);
        let id = NEXT_VARIABLE.fetch_add(1, Ordering::Relaxed);
        let ty = buffer.ty();
        Arc::new(Variable {
            id,
            name: name.to_owned(),
            ty,
            buffer: Mutex::new(buffer),
            version: AtomicU64::new(0),
            inconsistent: AtomicBool::new(false),
            packs: Mutex::default(),
        })
    }

    /// Unique in the process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The name in errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Shape and element type.
    pub fn ty(&self) -> TensorType {
        self.ty
    }

    /// Grows with every write.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The present version; it stays as it is while the result lives. Call it under a lease (a running step writes in place).
    pub(crate) fn current(&self) -> Arc<Buffer> {
        lock(&self.buffer).clone()
    }

    /// Whether an update was broken off in its middle and nothing was set since.
    pub fn is_inconsistent(&self) -> bool {
        self.inconsistent.load(Ordering::Acquire)
    }

    pub(crate) fn mark_inconsistent(&self) {
        self.inconsistent.store(true, Ordering::Release);
    }

    /// Replaces the numbers. Call it under a lease.
    ///
    /// # Errors
    /// Shape: another shape or dtype.
    pub(crate) fn set(&self, buffer: Arc<Buffer>) -> Result<()> {
        if buffer.ty() != self.ty {
            return Err(Error::shape(format!("variable \"{}\" holds {}, got {}", self.name, self.ty, buffer.ty())));
        }
        *lock(&self.buffer) = buffer;
        self.bump();
        self.inconsistent.store(false, Ordering::Release);
        Ok(())
    }

    /// The present memory, for an update that may write it: nobody else holds it. Call it under a lease.
    pub(crate) fn writable_in_place(&self) -> Option<Base> {
        // Not the count of references, which is read relaxed: whoever gave up the last other one has read what it wanted before it is written
        // over.
        Arc::get_mut(&mut lock(&self.buffer)).map(|buffer| Base::write(buffer.block()))
    }

    /// After an update in place. Call it under a lease: then nobody else counts.
    pub(crate) fn bump(&self) {
        self.version.store(self.version() + 1, Ordering::Release);
    }

    /// Address of the present memory, as a base for writing or reading. Call it under a lease.
    pub(crate) fn with_block<R>(&self, f: impl FnOnce(&Block) -> R) -> R {
        f(lock(&self.buffer).block())
    }

    /// The memory of a packed copy, and whether it is of the present version. Call it under a lease.
    ///
    /// # Errors
    /// Native: out of memory.
    pub(crate) fn packed(&self, key: &PackKey, bytes: usize) -> Result<(Base, bool)> {
        let version = self.version();
        let mut packs = lock(&self.packs);
        let at = match packs.iter().position(|p| p.key == *key) {
            Some(at) => at,
            None => {
                packs.push(Packed { key: key.clone(), block: Block::new(bytes)?, version: None });
                packs.len() - 1
            }
        };
        Ok((Base::write(&packs[at].block), packs[at].version == Some(version)))
    }

    /// The packed copy was made from the present version. Call it under the same lease.
    pub(crate) fn set_packed(&self, key: &PackKey) {
        let version = self.version();
        lock(&self.packs).iter_mut().filter(|p| p.key == *key).for_each(|p| p.version = Some(version));
    }

    /// Number of variables alive.
    pub fn count() -> usize {
        VARIABLES.load(Ordering::Relaxed)
    }
}

impl Drop for Variable {
    fn drop(&mut self) {
        VARIABLES.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Storage for Variable {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every critical section here leaves its data whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
