//! The thread pool: fork-join in about a microsecond. One of the two files of this crate that may contain `unsafe`.
//!
//! Workers wait for a job by spinning (about 100 us), then yielding, then parking: a training step follows the last one
//! within microseconds, and waking a parked thread costs 10 to 80 us. A job never waits for a worker that has not come yet
//! (asleep, or its core taken by another process): whoever is there does the work. Which worker runs a task never changes a
//! result.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a worker spins before it yields, and yields before it parks.
const SPIN: Duration = Duration::from_micros(100);
const YIELD: Duration = Duration::from_micros(200);

/// A job, as workers see it: a function of (worker, task).
type Call = unsafe fn(*const (), usize, usize);

struct Shared {
    /// Bits 32..: the job's number, which workers wait for to change; bit 16: workers may still join; bits 0..16: workers inside.
    gate: AtomicU64,
    job: Mutex<Job>,
    /// One ticket a worker's own range; others take from it when their own is empty.
    tickets: Vec<Ticket>,
    poisoned: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    parked: Mutex<usize>,
    wake: Condvar,
    stop: AtomicBool,
    /// A job is being run: there is one set of tickets.
    busy: AtomicBool,
}

#[derive(Clone, Copy)]
struct Job {
    call: Call,
    data: *const (),
}

// SAFETY: `data` points to a closure that is Sync and that `run` keeps alive until every worker left the job.
unsafe impl Send for Job {}

const OPEN: u64 = 1 << 16;
const COUNT: u64 = OPEN - 1;
const EPOCH: u64 = 1 << 32;

/// A worker's own range of tasks, on a cache line of its own.
#[repr(align(128))]
struct Ticket {
    next: AtomicUsize,
    end: AtomicUsize,
}

/// A pool of worker threads; the caller of [`Pool::run`] is worker 0.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool of {}", self.size())
    }
}

unsafe fn idle(_: *const (), _: usize, _: usize) {}

impl Pool {
    /// A pool of `size` workers, the caller included. Where the system gives fewer threads, those there do the work.
    pub fn new(size: usize) -> Pool {
        let size = size.max(1);
        let shared = Arc::new(Shared {
            gate: AtomicU64::new(0),
            job: Mutex::new(Job { call: idle, data: std::ptr::null() }),
            tickets: (0..size).map(|_| Ticket { next: AtomicUsize::new(0), end: AtomicUsize::new(0) }).collect(),
            poisoned: AtomicBool::new(false),
            panic: Mutex::new(None),
            parked: Mutex::new(0),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
            busy: AtomicBool::new(false),
        });
        let threads = (1..size)
            .map_while(|worker| {
                let shared = shared.clone();
                std::thread::Builder::new()
                    .name(format!("hornbeam-{worker}"))
                    .spawn(move || worker_loop(&shared, worker))
                    .ok()
            })
            .collect();
        Pool { shared, threads }
    }

    /// Number of workers, the caller included.
    pub fn size(&self) -> usize {
        self.shared.tickets.len()
    }

    /// Runs `f(worker, task)` once for every task, on all workers, and returns when all are done. Each worker takes its own
    /// share first and then helps the others.
    ///
    /// # Panics
    /// When a task panicked, with its payload; tasks not yet begun are left out, and the pool stays usable. When the pool is at a job
    /// already: it runs one at a time.
    pub fn run<F: Fn(usize, usize) + Sync>(&self, tasks: usize, f: F) {
        if tasks == 0 {
            return;
        }
        if tasks == 1 || self.size() == 1 {
            (0..tasks).for_each(|task| f(0, task));
            return;
        }
        unsafe fn call<F: Fn(usize, usize) + Sync>(data: *const (), worker: usize, task: usize) {
            // SAFETY: `data` is the `&f` of the `run` that published this job, which has not returned.
            let f = unsafe { &*data.cast::<F>() };
            f(worker, task);
        }
        let shared = &*self.shared;
        let size = self.size();
        assert!(!shared.busy.swap(true, Ordering::Acquire), "a pool runs one job at a time");
        for (worker, ticket) in shared.tickets.iter().enumerate() {
            ticket.next.store(tasks * worker / size, Ordering::Relaxed);
            ticket.end.store(tasks * (worker + 1) / size, Ordering::Relaxed);
        }
        shared.poisoned.store(false, Ordering::Relaxed);
        let job = Job { call: call::<F>, data: (&raw const f).cast() };
        *lock(&shared.job) = job;
        // The number wraps around after 2^32 jobs.
        let number = (shared.gate.load(Ordering::Relaxed) / EPOCH).wrapping_add(1);
        shared.gate.store((number.wrapping_mul(EPOCH)) | OPEN, Ordering::SeqCst);
        if *lock(&shared.parked) > 0 {
            shared.wake.notify_all();
        }
        take_part(shared, 0, job);
        // No task is left: whoever has not joined stays out. `f` must outlive its use by those inside, so there is no way out of
        // here before they left.
        shared.gate.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0u32;
        while shared.gate.load(Ordering::Acquire) & COUNT != 0 {
            spins += 1;
            if spins < 4096 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        let payload = shared.poisoned.load(Ordering::Relaxed).then(|| lock(&shared.panic).take());
        shared.busy.store(false, Ordering::Release);
        if let Some(payload) = payload {
            let payload = payload.unwrap_or_else(|| Box::new("a worker panicked"));
            resume_unwind(payload);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.gate.fetch_add(EPOCH, Ordering::SeqCst);
        drop(lock(&self.shared.parked));
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Tasks of workers that are still to panic: how tests see what a failing kernel does.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Makes the next `count` tasks that workers (not callers) take panic.
pub fn inject_panics(count: usize) {
    PANICS.store(count, Ordering::Relaxed);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn worker_loop(shared: &Shared, worker: usize) {
    flush_denormals();
    let mut seen = 0u64;
    loop {
        seen = wait_for_job(shared, seen);
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        if join(shared, seen) {
            let job = *lock(&shared.job);
            take_part(shared, worker, job);
            shared.gate.fetch_sub(1, Ordering::Release);
        }
    }
}

/// Joins job `number`, unless it is over.
fn join(shared: &Shared, number: u64) -> bool {
    let mut gate = shared.gate.load(Ordering::Relaxed);
    while gate / EPOCH == number && gate & OPEN != 0 {
        match shared.gate.compare_exchange_weak(gate, gate + 1, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return true,
            Err(now) => gate = now,
        }
    }
    false
}

fn wait_for_job(shared: &Shared, seen: u64) -> u64 {
    let begun = Instant::now();
    loop {
        for _ in 0..64 {
            let number = shared.gate.load(Ordering::Acquire) / EPOCH;
            if number != seen {
                return number;
            }
            std::hint::spin_loop();
        }
        let waited = begun.elapsed();
        if waited > YIELD {
            break;
        }
        if waited > SPIN {
            std::thread::yield_now();
        }
    }
    let mut parked = lock(&shared.parked);
    *parked += 1;
    loop {
        // `run` looks at `parked` after it raised the number, so one of the two sees the other.
        let number = shared.gate.load(Ordering::SeqCst) / EPOCH;
        if number != seen {
            *parked -= 1;
            return number;
        }
        parked = shared.wake.wait(parked).unwrap_or_else(PoisonError::into_inner);
    }
}

fn take_part(shared: &Shared, worker: usize, job: Job) {
    let size = shared.tickets.len();
    let work = || {
        for step in 0..size {
            let ticket = &shared.tickets[(worker + step) % size];
            loop {
                let task = ticket.next.fetch_add(1, Ordering::Relaxed);
                if task >= ticket.end.load(Ordering::Relaxed) || shared.poisoned.load(Ordering::Relaxed) {
                    break;
                }
                if worker != 0 && PANICS.load(Ordering::Relaxed) > 0 {
                    PANICS.fetch_sub(1, Ordering::Relaxed);
                    panic!("a panic that a test asked for");
                }
                // SAFETY: the job's closure lives until `run` has seen this worker leave.
                unsafe { (job.call)(job.data, worker, task) };
            }
        }
    };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        shared.poisoned.store(true, Ordering::Relaxed);
        *lock(&shared.panic) = Some(payload);
    }
}

/// Sets flush-to-zero and denormals-are-zero on this thread: decaying moments would otherwise slow training by a hundred times.
/// For threads that never run JavaScript.
pub fn flush_denormals() {
    #[cfg(target_arch = "x86_64")]
    {
        let mut control = 0u32;
        // SAFETY: stmxcsr and ldmxcsr with a valid address; bits 15 (FTZ) and 6 (DAZ) change only how denormals round.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control);
            control |= 0x8040;
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control);
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: FPCR bit 24 (FZ) changes only how denormals round.
        unsafe {
            let mut control: u64;
            std::arch::asm!("mrs {}, fpcr", out(reg) control);
            control |= 1 << 24;
            std::arch::asm!("msr fpcr, {}", in(reg) control);
        }
    }
}

/// Restores the floating-point mode that was there before, when dropped.
#[derive(Debug)]
pub struct DenormalGuard {
    control: u64,
}

impl DenormalGuard {
    /// Flushes denormals until dropped: for a JavaScript thread that works along.
    pub fn enter() -> DenormalGuard {
        let control = read_control();
        flush_denormals();
        DenormalGuard { control }
    }
}

impl Drop for DenormalGuard {
    fn drop(&mut self) {
        write_control(self.control);
    }
}

fn read_control() -> u64 {
    let control: u64;
    #[cfg(target_arch = "x86_64")]
    {
        let mut word = 0u32;
        // SAFETY: stores MXCSR to a valid address.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word) };
        control = u64::from(word);
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: reads FPCR.
        unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) control) };
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        control = 0;
    }
    control
}

fn write_control(control: u64) {
    #[cfg(target_arch = "x86_64")]
    {
        let word = control as u32;
        // SAFETY: loads a value that MXCSR held before.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word) };
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: writes a value that FPCR held before.
        unsafe { std::arch::asm!("msr fpcr, {}", in(reg) control) };
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = control;
}
