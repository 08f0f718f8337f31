//! Where the time of runs goes: what every worker did, and when.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::instr::Instr;
use crate::plan::{Plan, Stage};

/// Where an instruction stands in its plan: what an event refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A packed copy of a variable, by its number.
    Pack(usize),
    /// Of a stage: its variant (0 where there are none) and its number.
    Stage(usize, usize, usize),
}

/// Some tasks of an instruction, done by one worker without a break.
#[derive(Clone, Copy, Debug)]
struct Event {
    at: At,
    tasks: usize,
    begun: u64,
    ended: u64,
}

/// A run of a plan.
#[derive(Debug)]
struct RunOf {
    plan: Arc<Plan>,
    begun: u64,
    ended: u64,
    /// What the workers did, by worker.
    events: Vec<Vec<Event>>,
}

/// Collects what runs do, from [`start`] to [`Recorder::json`]. Times are nanoseconds since its start.
#[derive(Debug)]
pub struct Recorder {
    clock: Instant,
    /// What the workers did in the run that is going on; each locks only its own.
    workers: Vec<Mutex<Vec<Event>>>,
    runs: Mutex<Vec<RunOf>>,
}

static RECORDS: AtomicBool = AtomicBool::new(false);
static RECORDER: Mutex<Option<Arc<Recorder>>> = Mutex::new(None);

/// Begins to record the runs of `workers` workers; what was recorded before is dropped.
pub fn start(workers: usize) {
    let recorder = Recorder {
        clock: Instant::now(),
        workers: (0..workers).map(|_| Mutex::default()).collect(),
        runs: Mutex::default(),
    };
    *lock(&RECORDER) = Some(Arc::new(recorder));
    RECORDS.store(true, Ordering::Release);
}

/// Ends recording and gives what was recorded.
pub fn stop() -> Option<Arc<Recorder>> {
    RECORDS.store(false, Ordering::Release);
    lock(&RECORDER).take()
}

/// The recorder, while there is one: asked once a run.
pub(crate) fn current() -> Option<Arc<Recorder>> {
    if RECORDS.load(Ordering::Acquire) { lock(&RECORDER).clone() } else { None }
}

impl Recorder {
    /// Nanoseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        self.clock.elapsed().as_nanos() as u64
    }

    /// A worker did `tasks` tasks of an instruction, from `begun` until now. A worker that came after the start is left out.
    pub(crate) fn event(&self, worker: usize, at: At, tasks: usize, begun: u64) {
        if let Some(events) = self.workers.get(worker) {
            lock(events).push(Event { at, tasks, begun, ended: self.now() });
        }
    }

    /// The run that began at `begun` is over.
    pub(crate) fn end_run(&self, plan: &Arc<Plan>, begun: u64) {
        let events = self.workers.iter().map(|events| std::mem::take(&mut *lock(events))).collect();
        lock(&self.runs).push(RunOf { plan: plan.clone(), begun, ended: self.now(), events });
    }

    /// What was recorded, as JSON:
    /// `{"programs": [{"stages": ["tiles", ...], "instrs": [{"name", "dims", "stage", "tasks", "flops", "bytes"}]}],
    /// "runs": [{"program", "begun", "ended", "workers": [[instr, tasks, begun, ended, ...]]}]}`.
    /// An instruction's FLOPs and bytes are of all its tasks together; bytes count every operand once. Stage -1: packed copies of variables.
    pub fn json(&self) -> String {
        let runs = lock(&self.runs);
        let mut plans: Vec<&Arc<Plan>> = Vec::new();
        let mut text = String::new();
        for run in runs.iter() {
            let known = plans.iter().position(|plan| Arc::ptr_eq(plan, &run.plan));
            let program = known.unwrap_or_else(|| {
                plans.push(&run.plan);
                plans.len() - 1
            });
            let numbers = Numbers::new(&run.plan);
            let workers: Vec<String> = run
                .events
                .iter()
                .map(|events| {
                    let flat =
                        events.iter().map(|e| format!("{},{},{},{}", numbers.of(e.at), e.tasks, e.begun, e.ended));
                    format!("[{}]", flat.collect::<Vec<_>>().join(","))
                })
                .collect();
            let comma = if text.is_empty() { "" } else { "," };
            let _ = write!(
                text,
                "{comma}{{\"program\":{program},\"begun\":{},\"ended\":{},\"workers\":[{}]}}",
                run.begun,
                run.ended,
                workers.join(",")
            );
        }
        let programs: Vec<String> = plans.iter().map(|plan| program_json(plan)).collect();
        format!("{{\"programs\":[{}],\"runs\":[{text}]}}", programs.join(","))
    }
}

/// Numbers the instructions of a plan: packs first, then stage by stage, variant by variant.
struct Numbers {
    /// Number of the first instruction of every variant of every stage.
    first: Vec<Vec<usize>>,
}

impl Numbers {
    fn new(plan: &Plan) -> Numbers {
        let mut next = plan.packs.len();
        let first = plan.stages.iter().map(|stage| {
            variants(stage)
                .map(|instrs| {
                    let first = next;
                    next += instrs.len();
                    first
                })
                .collect()
        });
        Numbers { first: first.collect() }
    }

    fn of(&self, at: At) -> usize {
        match at {
            At::Pack(pack) => pack,
            At::Stage(stage, variant, instr) => self.first[stage][variant] + instr,
        }
    }
}

fn variants(stage: &Stage) -> Box<dyn Iterator<Item = &[Instr]> + '_> {
    match stage {
        Stage::Tiles { instrs, .. } => Box::new(std::iter::once(&instrs[..])),
        Stage::Samples(samples) => Box::new(samples.variants.iter().map(|v| &v[..])),
        Stage::Commit => Box::new(std::iter::empty()),
    }
}

fn program_json(plan: &Plan) -> String {
    let mut instrs: Vec<String> = plan.packs.iter().map(|pack| instr_json(&pack.instr, -1)).collect();
    let mut stages = Vec::new();
    for (at, stage) in plan.stages.iter().enumerate() {
        stages.push(match stage {
            Stage::Tiles { .. } => "\"tiles\"",
            Stage::Samples(_) => "\"samples\"",
            Stage::Commit => "\"commit\"",
        });
        for variant in variants(stage) {
            instrs.extend(variant.iter().map(|instr| instr_json(instr, at as isize)));
        }
    }
    let (flops, work, local) = (plan.flops, plan.work, plan.local);
    format!(
        "{{\"flops\":{flops},\"work\":{work},\"local\":{local},\"stages\":[{}],\"instrs\":[{}]}}",
        stages.join(","),
        instrs.join(",")
    )
}

fn instr_json(instr: &Instr, stage: isize) -> String {
    // Names of operations are plain; those of users' own may hold anything.
    let name: String = instr.label.chars().filter(|c| !c.is_control() && *c != '"' && *c != '\\').collect();
    let dims: Vec<String> = instr.outputs.iter().map(|o| format!("{:?}", o.layout.dims())).collect();
    format!(
        "{{\"name\":\"{name}\",\"dims\":[{}],\"stage\":{stage},\"tasks\":{},\"flops\":{},\"bytes\":{}}}",
        dims.join(","),
        instr.tasks,
        instr.flops,
        instr.bytes
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
