//! Raw memory: blocks, the cache that keeps them, and the frame from which a running program makes its views. One of the two
//! files of this crate that may contain `unsafe`.

use std::alloc::{Layout as AllocLayout, alloc_zeroed, dealloc};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hornbeam_graph::{Error, Result};
use hornbeam_kernels::{Elem, Layout, View, ViewMut};

/// Alignment of small blocks: a cache line, and a zmm register.
const ALIGN: usize = 64;
/// The memory of blocks from this size on starts at a 2 MB boundary, so that the kernel can back it with huge pages.
const HUGE: usize = 2 << 20;
/// Bytes of a page, after which addresses look alike to an L1.
const PAGE: usize = 4096;
/// Blocks and values from this size on begin at places of their own in a page.
const STAGGERED: usize = 32 << 10;

/// A piece of raw, writable memory. Freed blocks go to a cache, since fresh pages are expensive (a page fault costs more
/// than computing what the page holds).
#[derive(Debug)]
pub struct Block {
    ptr: *mut u8,
    capacity: usize,
    /// Bytes from the beginning of its memory to `ptr`.
    shift: usize,
}

// SAFETY: a Block owns its memory; who may touch it is decided by the frames made from it.
unsafe impl Send for Block {}
// SAFETY: what shared references give away reads: `bytes`. The one exception, `Base::write`, is for a caller that keeps all others from the
// block until its frame has run.
unsafe impl Sync for Block {}

static CACHE: Mutex<BTreeMap<usize, Vec<Block>>> = Mutex::new(BTreeMap::new());
static CACHED: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
/// Counts fresh blocks.
static STAGGER: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BUDGET: AtomicUsize = AtomicUsize::new(usize::MAX);
/// `--cfg hornbeam_strict_memory`, for sanitizers: blocks end where they were asked to end, are never reused, and begin with bytes
/// that no result survives (as f32: not a number), so an access past a block's end, after its end of life, or before its first
/// write is seen.
const STRICT: bool = cfg!(hornbeam_strict_memory);
/// The cache keeps at most this many bytes; beyond it, freed blocks go back to the system.
const CACHE_LIMIT: usize = if STRICT { 0 } else { 1 << 30 };
/// What fresh memory holds in strict mode; otherwise zeros.
const NOT_A_NUMBER: u8 = 0xff;

/// Bytes in blocks that are in use, and in blocks kept for reuse.
pub fn usage() -> (usize, usize) {
    (LIVE.load(Ordering::Relaxed), CACHED.load(Ordering::Relaxed))
}

/// How many blocks were asked for so far.
pub fn allocations() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}

/// Limits the bytes in use; an allocation past it is an error.
pub fn set_budget(bytes: usize) {
    BUDGET.store(bytes, Ordering::Relaxed);
}

/// Gives every cached block back to the system.
pub fn release_cache() {
    let cache = std::mem::take(&mut *CACHE.lock().unwrap_or_else(PoisonError::into_inner));
    for block in cache.into_values().flatten() {
        CACHED.fetch_sub(block.capacity, Ordering::Relaxed);
        block.free();
    }
}

/// Asks for huge pages behind a large block, before anything touches it: fewer page faults and misses of the address cache. A hint, so a refusal does
/// not matter.
fn prefer_huge_pages(ptr: *mut u8, capacity: usize) {
    #[cfg(target_os = "linux")]
    if capacity >= HUGE {
        unsafe extern "C" {
            fn madvise(addr: *mut std::ffi::c_void, length: usize, advice: i32) -> i32;
        }
        const MADV_HUGEPAGE: i32 = 14;
        // SAFETY: whole pages of a block that nobody else has; the advice changes no byte of it.
        unsafe { madvise(ptr.cast(), capacity / 4096 * 4096, MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (ptr, capacity);
}

/// How many bytes the `index`-th of a row of blocks, or of values within one, begins later than it might.
///
/// Large blocks begin at multiples of 64 kB, so that a loop finds what it reads and writes side by side in the same set of its L1, whose ways
/// are told apart by a hash of the address: where two hashes are equal, each access evicts the other's line. A loop over the weights and
/// moments of an optimizer, in arrays 2112 kB apart, took five times as long (Zen 4). Hence five places in a page, which is as
/// many as lie 12 lines apart, what the hardware asks for ahead included; and other pages for those that share one.
pub fn stagger(index: usize, bytes: usize) -> usize {
    if bytes < STAGGERED || STRICT {
        return 0;
    }
    let pages = 1 << (bytes / (16 * PAGE)).clamp(1, 16).ilog2();
    index % 5 * 13 * ALIGN + index * 5 % pages * PAGE
}

/// Sizes are rounded up to a class, four per power of two, so that blocks of nearly equal tensors are interchangeable.
fn size_class(bytes: usize) -> usize {
    if STRICT {
        return bytes.max(1);
    }
    let bytes = bytes.max(ALIGN);
    let step = (bytes.next_power_of_two() / 8).max(ALIGN);
    bytes.div_ceil(step) * step
}

impl Block {
    /// A block of at least `bytes`, with unspecified contents (zeros, or what a block of the cache had before).
    ///
    /// # Errors
    /// Native: the budget or the memory is exhausted.
    pub fn new(bytes: usize) -> Result<Block> {
        Ok(Block::take(bytes)?.0)
    }

    /// A block of at least `bytes`, of which so many are zeros. Fresh memory of the system is zeros already, and its pages are not touched.
    ///
    /// # Errors
    /// Native: the budget or the memory is exhausted.
    pub fn zeroed(bytes: usize) -> Result<Block> {
        let (block, is_fresh) = Block::take(bytes)?;
        if STRICT || !is_fresh {
            // SAFETY: in bounds, and nobody else has the block yet.
            unsafe { std::ptr::write_bytes(block.ptr, 0, bytes) };
        }
        Ok(block)
    }

    /// A block of at least `bytes`, and whether it was never used before.
    fn take(bytes: usize) -> Result<(Block, bool)> {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let capacity = size_class(bytes);
        if LIVE.fetch_add(capacity, Ordering::Relaxed) + capacity > BUDGET.load(Ordering::Relaxed) {
            LIVE.fetch_sub(capacity, Ordering::Relaxed);
            return Err(Error::native(format!("out of memory: {bytes} more bytes would exceed the memory budget")));
        }
        // After the budget: a block taken out of the cache and dropped would be counted as one that was in use.
        let cached = {
            let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
            cache.get_mut(&capacity).and_then(Vec::pop)
        };
        if let Some(block) = cached {
            CACHED.fetch_sub(capacity, Ordering::Relaxed);
            return Ok((block, false));
        }
        let shift = stagger(STAGGER.fetch_add(1, Ordering::Relaxed), capacity);
        // SAFETY: the layout has a non-zero size.
        let ptr = unsafe { alloc_zeroed(Block::layout(capacity, shift)) };
        if ptr.is_null() {
            LIVE.fetch_sub(capacity, Ordering::Relaxed);
            return Err(Error::native(format!("out of memory: {bytes} bytes could not be allocated")));
        }
        prefer_huge_pages(ptr, capacity);
        // SAFETY: within what was allocated.
        let ptr = unsafe { ptr.add(shift) };
        if STRICT {
            // SAFETY: `capacity` bytes that were just allocated.
            unsafe { std::ptr::write_bytes(ptr, NOT_A_NUMBER, capacity) };
        }
        Ok((Block { ptr, capacity, shift }, true))
    }

    fn layout(capacity: usize, shift: usize) -> AllocLayout {
        let align = match capacity {
            HUGE.. => HUGE,
            STAGGERED.. if !STRICT => PAGE,
            _ => ALIGN,
        };
        AllocLayout::from_size_align(capacity + shift, align).expect("a size class is far below isize::MAX")
    }

    /// Bytes that can be used.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Address of the first byte.
    pub fn address(&self) -> usize {
        self.ptr as usize
    }

    /// The first `len` bytes.
    pub fn bytes(&self, len: usize) -> &[u8] {
        assert!(len <= self.capacity);
        // SAFETY: in bounds, and initialised: fresh memory is zeros.
        unsafe { std::slice::from_raw_parts(self.ptr, len) }
    }

    /// The first `len` bytes, writable.
    pub fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        assert!(len <= self.capacity);
        // SAFETY: in bounds, and `&mut self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.ptr, len) }
    }

    fn free(self) {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: allocated there with this layout, and freed once: Drop does not run.
        unsafe { dealloc(this.ptr.sub(this.shift), Block::layout(this.capacity, this.shift)) };
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        LIVE.fetch_sub(self.capacity, Ordering::Relaxed);
        let block = Block { ptr: self.ptr, capacity: self.capacity, shift: self.shift };
        if CACHED.fetch_add(self.capacity, Ordering::Relaxed) + self.capacity > CACHE_LIMIT {
            CACHED.fetch_sub(self.capacity, Ordering::Relaxed);
            block.free();
            return;
        }
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let block = std::mem::ManuallyDrop::new(block);
        cache.entry(self.capacity).or_default().push(Block {
            ptr: block.ptr,
            capacity: block.capacity,
            shift: block.shift,
        });
    }
}

/// A root of a frame: the memory that slots with this index lie in.
#[derive(Clone, Copy, Debug)]
pub struct Base {
    ptr: *mut u8,
    len: usize,
    writable: bool,
}

impl Base {
    /// No memory: any access panics.
    pub const EMPTY: Base = Base { ptr: std::ptr::null_mut(), len: 0, writable: false };

    /// Memory that a program only reads.
    pub(crate) fn read(block: &Block) -> Base {
        Base { ptr: block.ptr, len: block.capacity, writable: false }
    }

    /// Memory that a program writes. The caller keeps the block alive and to itself while the frame runs.
    pub(crate) fn write(block: &Block) -> Base {
        Base { ptr: block.ptr, len: block.capacity, writable: true }
    }

    /// The part of this memory from `offset` on.
    pub(crate) fn part(self, offset: usize, len: usize) -> Base {
        assert!(offset + len <= self.len, "a part leaves its base");
        Base { ptr: self.ptr.wrapping_add(offset), len, writable: self.writable }
    }

    /// The first byte: a flag that a program wrote.
    pub(crate) fn first_byte(self) -> u8 {
        assert!(self.len > 0);
        // SAFETY: in bounds of memory that the caller's frame keeps alive; the stage that wrote it is over.
        unsafe { *self.ptr }
    }

    /// Copies `len` bytes to other memory.
    pub(crate) fn copy_to(self, to: Base, len: usize) {
        assert!(len <= self.len && len <= to.len && to.writable);
        // SAFETY: both in bounds of live memory; the stages that use it are over, and the plan keeps the two apart.
        unsafe { std::ptr::copy_nonoverlapping(self.ptr, to.ptr, len) };
    }

    /// Whether two bases start at the same byte.
    pub fn same(self, other: Base) -> bool {
        self.ptr == other.ptr
    }
}

/// Where an operand lies: root, byte offset, and how far it moves per batch row and per partial sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Index into the frame's bases.
    pub root: u32,
    /// Bytes from the root.
    pub offset: usize,
    /// Bytes per batch row; 0 for what is the same for all rows or lies in worker-local memory.
    pub row_bytes: usize,
    /// Bytes per partial sum; 0 for what is not one.
    pub part_bytes: usize,
}

/// Root 0: the program's workspace.
pub const WORK: u32 = 0;
/// Root 1: the memory of the worker that runs, for values that do not outlive a chunk.
pub const LOCAL: u32 = 1;

/// Which rows and which partial sum an instruction works on, and on which worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    /// First batch row.
    pub row: usize,
    /// Index of the partial sum.
    pub part: usize,
    /// The worker's index.
    pub worker: usize,
}

/// The memory of one run: bases of all roots, and local memory a worker. Views are made here and nowhere else.
#[derive(Debug, Default)]
pub struct Frame {
    bases: Vec<Base>,
    locals: Vec<Base>,
    scratch: Vec<Base>,
    #[cfg(debug_assertions)]
    claims: Mutex<Claims>,
}

/// Debug builds: first byte, end and owner of what is being written; and room for the claim that is made. Both keep their memory, so that
/// a steady step allocates nothing in these builds either.
#[cfg(debug_assertions)]
#[derive(Debug, Default)]
struct Claims {
    running: Vec<(usize, usize, usize)>,
    made: Vec<(usize, usize)>,
}

// SAFETY: the pointers are used as the plan says: parts written at the same time are disjoint (asserted in debug builds).
unsafe impl Send for Frame {}
// SAFETY: as above.
unsafe impl Sync for Frame {}

impl Frame {
    /// A frame with `roots` bases, all empty.
    pub fn new(roots: usize) -> Frame {
        Frame { bases: vec![Base::EMPTY; roots], ..Frame::default() }
    }

    /// Makes it a frame with `roots` bases, all empty; keeps its memory.
    pub(crate) fn resize(&mut self, roots: usize) {
        self.bases.clear();
        self.bases.resize(roots, Base::EMPTY);
    }

    /// Binds a root.
    pub(crate) fn bind(&mut self, root: u32, base: Base) {
        self.bases[root as usize] = base;
    }

    /// A root's memory.
    pub(crate) fn base(&self, root: u32) -> Base {
        self.bases[root as usize]
    }

    /// Binds the workers' local memory and scratch, reusing the vectors.
    pub(crate) fn bind_workers(&mut self, workers: impl Iterator<Item = (Base, Base)>) {
        self.locals.clear();
        self.scratch.clear();
        for (local, scratch) in workers {
            self.locals.push(local);
            self.scratch.push(scratch);
        }
        #[cfg(debug_assertions)]
        {
            // Nothing runs now; what is left is of tasks that panicked.
            let claims = self.claims.get_mut().unwrap_or_else(PoisonError::into_inner);
            claims.running.clear();
            claims.running.reserve(4096 * self.locals.len());
            claims.made.reserve(2048);
        }
    }

    /// Local memory and scratch of the workers, for a frame of a sub-program.
    pub(crate) fn workers(&self) -> impl Iterator<Item = (Base, Base)> + '_ {
        self.locals.iter().copied().zip(self.scratch.iter().copied())
    }

    fn locate(&self, slot: &Slot, at: Position, elem: Elem, layout: &Layout, start: isize) -> (*mut u8, bool) {
        let base = if slot.root == LOCAL { self.locals[at.worker] } else { self.bases[slot.root as usize] };
        let offset = slot.offset + slot.row_bytes * at.row + slot.part_bytes * at.part;
        let origin = offset as isize + start * elem.size() as isize;
        if let Some((low, high)) = layout.reach() {
            let size = elem.size() as isize;
            let (first, end) = (origin + low * size, origin + high * size + size);
            assert!(
                first >= 0 && end as usize <= base.len,
                "an operand leaves its memory: {first}..{end} of {}",
                base.len
            );
        }
        (base.ptr.wrapping_offset(origin), base.writable)
    }

    /// A read-only view; `start` is an element offset inside the slot.
    pub(crate) fn view(&self, slot: &Slot, at: Position, elem: Elem, layout: &Layout, start: isize) -> View<'_> {
        let (ptr, _) = self.locate(slot, at, elem, layout, start);
        // SAFETY: in bounds of live memory (checked above; bases outlive the frame's run); the plan orders writers of these bytes
        // before or after this reader, except an elementwise instruction that updates its own operand in place.
        unsafe { View::from_raw(ptr, elem, *layout) }
    }

    /// A writable view; `start` is an element offset inside the slot.
    pub(crate) fn view_mut(&self, slot: &Slot, at: Position, elem: Elem, layout: &Layout, start: isize) -> ViewMut<'_> {
        let (ptr, writable) = self.locate(slot, at, elem, layout, start);
        assert!(writable, "a program writes to read-only memory");
        // SAFETY: in bounds of live, writable memory; the plan gives every part of an output to one task, and no other
        // instruction of the same stage touches it (`claim` asserts it in debug builds).
        unsafe { ViewMut::from_raw(ptr, elem, *layout) }
    }

    /// The worker's scratch as f32 numbers.
    #[allow(clippy::mut_from_ref)]
    pub(crate) fn scratch(&self, worker: usize, len: usize) -> &mut [f32] {
        let base = self.scratch[worker];
        assert!(len * 4 <= base.len, "scratch is too small: {len} numbers asked, {} bytes there", base.len);
        if len == 0 {
            return &mut [];
        }
        // SAFETY: in bounds, aligned to 64 bytes, and used by one instruction of one worker at a time. Any bit pattern is an f32;
        // the memory was written when the workspace was touched.
        unsafe { std::slice::from_raw_parts_mut(base.ptr.cast(), len) }
    }

    /// Debug builds: registers the bytes that task `owner` is about to write, and panics when another running task writes them.
    #[cfg(debug_assertions)]
    pub fn claim(&self, slot: &Slot, at: Position, elem: Elem, layout: &Layout, start: isize, owner: usize) {
        let (ptr, _) = self.locate(slot, at, elem, layout, start);
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        let Claims { running, made } = &mut *claims;
        made.clear();
        spans(ptr as isize, elem.size(), layout.dims(), layout.strides(), made);
        for &(first, end) in &*made {
            let clash = running.iter().find(|&&(a, b, other)| other != owner && first < b && a < end);
            assert!(clash.is_none(), "two tasks write the same bytes at the same time");
            running.push((first, end, owner));
        }
    }

    /// Debug builds: the task is over.
    #[cfg(debug_assertions)]
    pub fn release(&self, owner: usize) {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).running.retain(|claim| claim.2 != owner);
    }
}

/// Debug builds: the byte ranges of a layout, one a contiguous run (views with over 512 runs are left out: too slow to check).
#[cfg(debug_assertions)]
fn spans(start: isize, size: usize, dims: &[usize], strides: &[isize], rows: &mut Vec<(usize, usize)>) {
    let layout = Layout::strided(dims, strides);
    if layout.is_empty() {
        return;
    }
    if layout.is_contiguous() {
        rows.push((start as usize, start as usize + layout.len() * size));
        return;
    }
    if dims[0] > 512 || rows.len() > 512 {
        return;
    }
    for i in 0..dims[0] {
        spans(start + i as isize * strides[0] * size as isize, size, &dims[1..], &strides[1..], rows);
    }
}
