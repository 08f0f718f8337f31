//! Computing tensors without a model: the pending graph behind a tensor is compiled (or found in the cache), run, and forgotten.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hornbeam_graph::{Def, Error, Graph, Op, Result, Storage, Tensor, TensorType};

use crate::algorithm;
use crate::arena;
use crate::buffer::{Buffer, Deferred, Variable};
use crate::immediate;
use crate::plan::Spec;
use crate::program::{Binding, Failure, Program, resolve};
use crate::runtime::{Priority, runtime};

type Job = Box<dyn FnOnce() + Send>;

/// A process that allocated nothing for so long gives its cached memory back to the system.
const IDLE: Duration = Duration::from_secs(10);

/// The jobs handed over, oldest first. One runs at a time, on the evaluation thread or on a thread that waits for a result.
struct Jobs {
    waiting: VecDeque<Job>,
    running: bool,
}

static JOBS: Mutex<Jobs> = Mutex::new(Jobs { waiting: VecDeque::new(), running: false });
static CHANGED: Condvar = Condvar::new();
static WORKER: LazyLock<()> = LazyLock::new(|| {
    std::thread::Builder::new().name("hornbeam-eval".to_owned()).spawn(work).expect("the system gives a thread");
});

fn jobs() -> MutexGuard<'static, Jobs> {
    JOBS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the evaluation thread does as long as the process lives.
fn work() {
    let mut allocations = arena::allocations();
    loop {
        let idle = |jobs: &mut Jobs| jobs.running || jobs.waiting.is_empty();
        let (jobs, timeout) = CHANGED.wait_timeout_while(jobs(), IDLE, idle).unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            drop(jobs);
            let now = arena::allocations();
            if now == allocations {
                arena::release_cache();
            }
            allocations = now;
        } else {
            run_next(jobs);
        }
    }
}

/// Runs the oldest job, if there is one and no other runs.
fn run_next(mut jobs: MutexGuard<'static, Jobs>) -> bool {
    if jobs.running {
        return false;
    }
    let Some(job) = jobs.waiting.pop_front() else { return false };
    jobs.running = true;
    drop(jobs);
    // A job reports its own panics; this only keeps the thread, and the others' turn, alive.
    drop(catch_unwind(AssertUnwindSafe(job)));
    let mut jobs = self::jobs();
    jobs.running = false;
    if !jobs.waiting.is_empty() {
        CHANGED.notify_one();
    }
    true
}

/// Runs a job on the evaluation thread, after those handed over before it.
pub fn spawn(job: impl FnOnce() + Send + 'static) {
    hand_over(job);
    begin();
}

/// The same, but the evaluation thread hears of it at the next [`begin`]: a caller that asks for the result at once computes it itself,
/// and is not disturbed by a thread that wakes for nothing.
pub fn hand_over(job: impl FnOnce() + Send + 'static) {
    LazyLock::force(&WORKER);
    jobs().waiting.push_back(Box::new(job));
}

/// Wakes the evaluation thread if there is something to do.
pub fn begin() {
    let jobs = jobs();
    if !jobs.running && !jobs.waiting.is_empty() {
        CHANGED.notify_one();
    }
}

/// For a thread that has nothing to do until `done`: it runs the jobs before that itself, unless another one runs already. A sleeping
/// thread takes 10 to 80 us to wake, more than many predictions.
pub fn help(done: impl Fn() -> bool) {
    while !done() && run_next(jobs()) {}
}

/// The numbers of a tensor, computed if need be on the calling thread (and the pool).
///
/// # Errors
/// State: the tensor is a placeholder of a trace. Otherwise what the computation reports.
pub fn read(tensor: &Tensor) -> Result<Arc<Buffer>> {
    if let Some(zeros) = zeros_of(tensor)? {
        tensor.node().settle(Def::Value(vec![Arc::new(zeros)]));
    } else if tensor.node().is_pending() {
        evaluate(std::slice::from_ref(tensor))?;
    }
    let def = tensor.node().def().clone();
    match def {
        Def::Value(storages) => resolve(&storages[tensor.output()]),
        Def::Failed(error) => Err(error),
        Def::Variable(_) | Def::Param => Err(Error::state(
            "the numbers of a traced tensor do not exist yet: a trace only records what to compute. \
             Return the tensor from the traced function instead",
        )),
        Def::Op(..) => unreachable!("evaluate settles the node"),
    }
}

/// The most nodes, and the most work (operations and bytes), of what is computed at once on the thread that asks: about 20 us, less than
/// handing it to another thread and back costs.
const SMALL: (usize, u64) = (8, 400_000);

/// Whether computing a tensor is so little work that the calling thread should do it at once.
pub fn is_small(tensor: &Tensor) -> bool {
    let mut left = SMALL;
    let mut stack = vec![tensor.clone()];
    while let Some(tensor) = stack.pop() {
        match &*tensor.node().def() {
            Def::Op(op, inputs) => {
                let types: Vec<TensorType> = inputs.iter().map(Tensor::ty).collect();
                let bytes: usize = tensor.node().types().iter().map(TensorType::bytes).sum();
                let work = op.flops(&types, tensor.node().types()).saturating_add(bytes as u64);
                let loops = matches!(op, Op::Scan(_) | Op::Cond(_) | Op::While(_));
                if left.0 == 0 || work > left.1 || loops {
                    return false;
                }
                left = (left.0 - 1, left.1 - work);
                stack.extend(inputs.iter().cloned());
            }
            Def::Value(storages) => {
                let deferred = storages[tensor.output()].as_any().downcast_ref::<Deferred>();
                if deferred.is_some_and(|d| d.poll().is_none()) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// Whether reading the tensor would wait for nothing.
pub fn is_ready(tensor: &Tensor) -> bool {
    match &*tensor.node().def() {
        Def::Value(storages) => {
            let storage = &storages[tensor.output()];
            storage.as_any().downcast_ref::<Deferred>().is_none_or(|d| d.poll().is_some())
        }
        Def::Failed(_) | Def::Param => true,
        Def::Op(..) | Def::Variable(_) => false,
    }
}

/// Computes pending tensors, and the held ones among what they depend on (somebody would otherwise have them computed again).
///
/// # Errors
/// What the computation reports. Bad data settle the tensors with that error, and every reader gets it.
pub fn evaluate(tensors: &[Tensor]) -> Result<()> {
    let wanted = settle_set(tensors);
    if wanted.is_empty() {
        return Ok(());
    }
    let outputs: Vec<Tensor> = wanted.iter().flat_map(|t| (0..t.node().types().len()).map(|i| t.sibling(i))).collect();
    let (graph, leaves) = Graph::capture(&outputs, &[], 0)?;
    let bindings = leaves.iter().map(bind).collect::<Result<Vec<Binding>>>()?;
    let plan = runtime().program(Spec {
        graph,
        batch: None,
        updates: Vec::new(),
        variables: Vec::new(),
        precision: algorithm::precision(),
    })?;
    let program = Program::new(plan, bindings);
    match program.run(&[], Priority::Inference) {
        Ok(results) => {
            let mut results = results.into_iter();
            for tensor in &wanted {
                let count = tensor.node().types().len();
                let storages = results.by_ref().take(count).map(|b| b as Arc<dyn Storage>).collect();
                tensor.node().settle(Def::Value(storages));
            }
            Ok(())
        }
        // Out of memory or a panic may not come back: the tensors stay as they are, to be asked again.
        Err(Failure::Error(error)) => Err(error),
        Err(failure) => {
            let error = failure.into_error(|row| row);
            for tensor in tensors.iter().filter(|t| t.node().is_pending()) {
                tensor.node().settle(Def::Failed(error.clone()));
            }
            Err(error)
        }
    }
}

/// The numbers of a pending tensor of nothing but zeros (weights, and slots of optimizers, before their first value), whose memory need
/// not be touched.
fn zeros_of(tensor: &Tensor) -> Result<Option<Buffer>> {
    let Some((Op::Broadcast(_), below)) = tensor.node().pending() else { return Ok(None) };
    let scalar = &below[0];
    if scalar.shape().rank() > 0 || !matches!(scalar.node().operation(), Some((Op::Constant(_), _)) | None) {
        return Ok(None);
    }
    immediate::settle(scalar)?;
    match immediate::ready(scalar) {
        Some(number) if number.bytes().iter().all(|&byte| byte == 0) => Buffer::zeroed(tensor.ty()).map(Some),
        _ => Ok(None),
    }
}

/// One tensor for each node that is to be settled: the given ones that are pending, and held pending ones below them.
fn settle_set(tensors: &[Tensor]) -> Vec<Tensor> {
    let mut seen = HashSet::new();
    let mut set = Vec::new();
    let mut stack: Vec<(Tensor, bool)> = tensors.iter().map(|t| (t.clone(), true)).collect();
    while let Some((tensor, asked)) = stack.pop() {
        let inputs = match &*tensor.node().def() {
            Def::Op(_, inputs) => inputs.clone(),
            _ => continue,
        };
        if !seen.insert(tensor.node().id()) {
            continue;
        }
        if asked || tensor.node().is_held() {
            set.push(tensor);
        }
        stack.extend(inputs.into_iter().map(|t| (t, false)));
    }
    set
}

/// What a captured leaf is bound to.
///
/// # Errors
/// State: a placeholder.
pub fn bind(leaf: &Tensor) -> Result<Binding> {
    match &*leaf.node().def() {
        Def::Value(storages) => Ok(Binding::Value(storages[leaf.output()].clone())),
        Def::Variable(cell) => {
            let any: Arc<dyn std::any::Any + Send + Sync> = cell.clone();
            let variable = any.downcast::<Variable>().expect("variable leaves hold variables");
            Ok(Binding::Variable(variable))
        }
        Def::Failed(error) => Err(error.clone()),
        Def::Param | Def::Op(..) => Err(Error::state("a traced tensor was used outside its trace")),
    }
}
