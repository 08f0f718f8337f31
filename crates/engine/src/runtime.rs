//! What a process has once: the pool, the workspace, the queue for them, settings, the cache of programs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

use hornbeam_graph::{Error, Result};
use hornbeam_kernels::{Isa, isa};

use crate::algorithm::Precision;
use crate::arena::{self, Base, Block};
use crate::plan::{self, Plan, Spec};
use crate::pool::Pool;

/// Which of two waiting runs goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for an answer.
    Inference,
    /// A training step.
    Training,
}

/// Pool and memory, leased to one run at a time.
#[derive(Debug)]
pub struct Machine {
    /// Workers.
    pub pool: Pool,
    work: Option<Block>,
    /// A worker's own memory: values of a chunk, then scratch from `local` on. One block, so that it has few pages.
    private: Vec<Block>,
    local: usize,
}

#[derive(Debug, Default)]
struct Queue {
    /// Next numbers to give out and to serve, per priority.
    given: [u64; 2],
    served: [u64; 2],
    busy: bool,
}

/// The process's runtime.
#[derive(Debug)]
pub struct Runtime {
    /// Instruction set, chosen once.
    pub isa: Isa,
    /// What threads begin with: `HORNBEAM_PRECISION`, else fast.
    pub precision: Precision,
    queue: Mutex<Queue>,
    turn: Condvar,
    machine: Mutex<Machine>,
    programs: Mutex<Programs>,
    // Copies of the machine's figures, so that who asks does not wait for a run.
    threads: AtomicUsize,
    workspace: AtomicUsize,
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(Runtime::start);

/// The runtime; started by its first use.
pub fn runtime() -> &'static Runtime {
    &RUNTIME
}

/// A turn on the machine: nobody else runs, and nobody writes a variable, until it is dropped.
#[derive(Debug)]
pub struct Lease<'a> {
    runtime: &'a Runtime,
    machine: MutexGuard<'a, Machine>,
}

impl Runtime {
    fn start() -> Runtime {
        let best = isa::detect();
        let available = isa::available();
        let levels = available.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ");
        let isa =
            setting("HORNBEAM_ISA", &levels, |name| Isa::from_name(name).filter(|level| available.contains(level)));
        let isa = isa.unwrap_or(best);
        let precision = setting("HORNBEAM_PRECISION", "fast or exact", Precision::from_name);
        let threads = setting("HORNBEAM_NUM_THREADS", "a whole number from 1 to 1024", |n| {
            n.parse().ok().filter(|n| (1..=1024).contains(n))
        });
        // The standard library's count follows affinity and the cgroup quota, a fraction rounded down.
        let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        arena::set_budget(memory_limit());
        let machine = Machine { pool: Pool::new(threads), work: None, private: Vec::new(), local: 0 };
        let size = machine.pool.size();
        Runtime {
            isa,
            precision: precision.unwrap_or_default(),
            queue: Mutex::default(),
            turn: Condvar::new(),
            machine: Mutex::new(machine),
            programs: Mutex::default(),
            threads: AtomicUsize::new(size),
            workspace: AtomicUsize::new(0),
        }
    }

    /// Waits for a turn: first come first served, inference before training.
    pub fn lease(&self, priority: Priority) -> Lease<'_> {
        let class = match priority {
            Priority::Inference => 0,
            Priority::Training => 1,
        };
        let mut queue = lock(&self.queue);
        let number = queue.given[class];
        queue.given[class] += 1;
        loop {
            let first = queue.served[class] == number && (class == 0 || queue.given[0] == queue.served[0]);
            if !queue.busy && first {
                break;
            }
            queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.busy = true;
        queue.served[class] += 1;
        drop(queue);
        Lease { runtime: self, machine: lock(&self.machine) }
    }

    /// Number of threads. Never waits.
    pub fn threads(&self) -> usize {
        self.threads.load(Ordering::Relaxed)
    }

    /// Changes the number of threads; waits for the run in progress.
    pub fn set_threads(&self, threads: usize) {
        let mut lease = self.lease(Priority::Inference);
        if lease.machine.pool.size() != threads.max(1) {
            lease.machine.pool = Pool::new(threads);
            self.threads.store(lease.machine.pool.size(), Ordering::Relaxed);
        }
    }

    /// The compiled form of a graph, from the cache if it is there.
    ///
    /// # Errors
    /// Whatever compiling reports.
    pub fn program(&self, spec: Spec) -> Result<Arc<Plan>> {
        if let Some(plan) = lock(&self.programs).get(&spec) {
            return Ok(plan);
        }
        let plan = Arc::new(plan::compile(&spec, self.isa)?);
        lock(&self.programs).insert(spec, plan.clone());
        Ok(plan)
    }

    /// Number of cached programs, and an estimate of their bytes.
    pub fn program_usage(&self) -> (usize, usize) {
        let programs = lock(&self.programs);
        (programs.entries.len(), programs.bytes)
    }

    /// Bytes of workspace. Never waits.
    pub fn workspace_bytes(&self) -> usize {
        self.workspace.load(Ordering::Relaxed)
    }
}

impl Lease<'_> {
    /// The pool.
    pub fn pool(&self) -> &Pool {
        &self.machine.pool
    }

    /// Makes the workspace large enough for a plan; new memory is touched here, so that no step faults a page.
    ///
    /// # Errors
    /// Native: out of memory.
    pub fn prepare(&mut self, plan: &Plan) -> Result<()> {
        let prepared = self.enlarge(plan);
        let machine = &*self.machine;
        let blocks = machine.work.iter().chain(&machine.private);
        self.runtime.workspace.store(blocks.map(Block::capacity).sum(), Ordering::Relaxed);
        prepared
    }

    fn enlarge(&mut self, plan: &Plan) -> Result<()> {
        let machine = &mut *self.machine;
        grow(&mut machine.work, plan.work)?;
        let workers = machine.pool.size();
        let (local, scratch) = (plan.local.max(64).next_multiple_of(4096), (plan.scratch * 4).max(64));
        let have = machine.private.iter().map(Block::capacity).min().unwrap_or(0);
        if machine.private.len() < workers || local > machine.local || machine.local + scratch > have {
            let local = local.max(machine.local);
            // At least a huge page.
            let bytes = (local + scratch).max(have).max(2 << 20);
            machine.private.clear();
            machine.private = (0..workers).map(|_| Block::new(bytes)).collect::<Result<Vec<Block>>>()?;
            machine.local = local;
        }
        Ok(())
    }

    /// The workspace.
    pub fn work(&self) -> Base {
        self.machine.work.as_ref().map_or(Base::EMPTY, Base::write)
    }

    /// Local memory and scratch of all workers.
    pub fn workers(&self) -> impl Iterator<Item = (Base, Base)> + '_ {
        let local = self.machine.local;
        self.machine.private.iter().map(move |block| {
            let base = Base::write(block);
            (base.part(0, local), base.part(local, block.capacity() - local))
        })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut queue = lock(&self.runtime.queue);
        queue.busy = false;
        // To notify nobody is a call of the system, too.
        let waited_for = queue.given != queue.served;
        drop(queue);
        if waited_for {
            self.runtime.turn.notify_all();
        }
    }
}

fn grow(block: &mut Option<Block>, bytes: usize) -> Result<()> {
    if bytes > 0 && block.as_ref().is_none_or(|b| b.capacity() < bytes) {
        // The old memory goes to the cache first: it may be what the budget needs.
        *block = None;
        *block = Some(Block::new(bytes)?);
    }
    Ok(())
}

/// Compiled programs by structure, least recently used out first.
#[derive(Debug, Default)]
struct Programs {
    entries: HashMap<Arc<Spec>, Entry>,
    bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    plan: Arc<Plan>,
    bytes: usize,
    used: u64,
}

/// Limit of the cache. A program of a hundred operations takes about 100 kB.
const PROGRAM_BYTES: usize = 64 << 20;

impl Programs {
    fn get(&mut self, spec: &Spec) -> Option<Arc<Plan>> {
        self.clock += 1;
        let entry = self.entries.get_mut(spec)?;
        entry.used = self.clock;
        Some(entry.plan.clone())
    }

    fn insert(&mut self, spec: Spec, plan: Arc<Plan>) {
        // Nodes in the key and instructions in the plan are a few hundred bytes each.
        let instrs: usize = plan.stages.iter().map(|s| s.instrs().count()).sum();
        let bytes = 1024 + spec.graph.nodes.len() * 256 + instrs * 1024;
        self.bytes += bytes;
        let entry = Entry { plan, bytes, used: self.clock };
        if let Some(old) = self.entries.insert(Arc::new(spec), entry) {
            self.bytes -= old.bytes;
        }
        while self.bytes > PROGRAM_BYTES && self.entries.len() > 1 {
            let oldest = self.entries.iter().min_by_key(|(_, e)| e.used).map(|(k, _)| k.clone());
            if let Some(entry) = oldest.and_then(|key| self.entries.remove(&key)) {
                self.bytes -= entry.bytes;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A setting of the environment. One that means nothing is said aloud, once, and left out: the addon loads before anybody could catch an error.
fn setting<T>(name: &str, allowed: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    let value = parse(&text);
    if value.is_none() {
        eprintln!("hornbeam: {name}=\"{text}\" is ignored: expected {allowed}");
    }
    value
}

/// Bytes that tensors may take: `HORNBEAM_MEMORY_LIMIT`, else nine tenths of what the machine or the container has.
fn memory_limit() -> usize {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    if let Some(limit) = setting("HORNBEAM_MEMORY_LIMIT", "a number of bytes", number) {
        return limit;
    }
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
    });
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| number(&text));
    total.into_iter().chain(container).min().map_or(usize::MAX, |bytes| bytes / 10 * 9)
}

/// The message of a panic.
pub fn panic_error(payload: &(dyn std::any::Any + Send)) -> Error {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    Error::native(format!(
        "a native computation failed: {}. This is a bug in hornbeam",
        text.unwrap_or("unknown panic")
    ))
}
