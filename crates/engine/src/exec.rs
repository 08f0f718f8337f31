//! Execution: walks a plan's stages on the pool.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use hornbeam_graph::Error;
use hornbeam_kernels::Isa;

use crate::arena::{Frame, Position};
use crate::instr::{Instr, Kernel};
use crate::kernel::{self, Bad};
use crate::plan::{KeptPack, Plan, Samples, Stage};
use crate::pool::Pool;
use crate::profile::{At, Recorder};

/// Stages that cost less than this run on the calling thread: waking others would cost more (one fork-join is about a microsecond, a parked
/// worker's wake 10 to 80).
const ALONE: u64 = 8_000;

/// Bad data found while running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The batch row where it was found.
    pub row: usize,
    /// The operation that found it.
    pub label: String,
    /// What it found.
    pub message: String,
}

/// The fault of a run: the one of the lowest row wins, so it does not depend on who was first.
#[derive(Debug, Default)]
pub struct FaultCell(Mutex<Option<Fault>>);

impl FaultCell {
    fn report(&self, fault: Fault) {
        let mut cell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier =
            |known: &Fault| (fault.row, &fault.label, &fault.message) < (known.row, &known.label, &known.message);
        if cell.as_ref().is_none_or(earlier) {
            *cell = Some(fault);
        }
    }

    /// Takes the fault out.
    pub fn take(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// What a run works with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Memory.
    pub frame: &'a Frame,
    /// Instruction set.
    pub isa: Isa,
    /// Workers.
    pub pool: &'a Pool,
    /// Where bad data are reported.
    pub faults: &'a FaultCell,
    /// Set when variables begin to be written.
    pub committed: &'a AtomicBool,
    /// Who wants to know where the time goes. What the bodies of control flow do belongs to their operation.
    pub recorder: Option<&'a Recorder>,
}

/// Whether a run wrote its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All stages ran.
    Complete,
    /// Bad data were found before any variable was written.
    Faulty,
}

impl Run<'_> {
    /// Runs all stages.
    pub fn plan(&self, plan: &Plan) -> Outcome {
        for (number, stage) in plan.stages.iter().enumerate() {
            match stage {
                Stage::Tiles { instrs, ends, cost } => self.tiles(number, instrs, ends, *cost),
                Stage::Samples(samples) => self.samples(number, samples),
                Stage::Commit if self.faults.is_set() => return Outcome::Faulty,
                Stage::Commit => self.committed.store(true, Ordering::Relaxed),
            }
        }
        if self.faults.is_set() { Outcome::Faulty } else { Outcome::Complete }
    }

    /// Makes packed copies of variables: those of `packs` that `stale` names.
    pub fn packs(&self, packs: &[KeptPack], stale: &[usize]) {
        let total = stale.iter().map(|&i| packs[i].instr.tasks).sum();
        let cost: u64 = stale.iter().map(|&i| packs[i].instr.cost).sum();
        let task = |worker: usize, task: usize| {
            let mut left = task;
            for &i in stale {
                let instr = &packs[i].instr;
                if left < instr.tasks {
                    let at = Position { row: 0, part: 0, worker };
                    self.instr(instr, At::Pack(i), at, left..left + 1, instr.tasks, false);
                    return;
                }
                left -= instr.tasks;
            }
        };
        if cost < ALONE {
            (0..total).for_each(|t| task(0, t));
        } else {
            self.pool.run(total, task);
        }
    }

    fn tiles(&self, stage: usize, instrs: &[Instr], ends: &[usize], cost: u64) {
        let is_control = |instr: &Instr| matches!(instr.kernel, Kernel::Control(_));
        if instrs.iter().any(is_control) {
            // Control flow uses the pool itself, so it runs from here, before what shares the stage with it.
            for (i, instr) in instrs.iter().enumerate().filter(|(_, instr)| is_control(instr)) {
                let begun = self.recorder.map(Recorder::now);
                self.control(instr);
                self.record(0, At::Stage(stage, 0, i), 1, begun);
            }
        }
        let total = ends.last().copied().unwrap_or(0);
        let task = |worker: usize, task: usize| {
            let at = ends.partition_point(|&end| end <= task);
            let instr = &instrs[at];
            if !is_control(instr) {
                let index = task - at.checked_sub(1).map_or(0, |before| ends[before]);
                let place = At::Stage(stage, 0, at);
                self.instr(instr, place, Position { row: 0, part: 0, worker }, index..index + 1, instr.tasks, false);
            }
        };
        if cost < ALONE {
            (0..total).for_each(|t| task(0, t));
        } else {
            self.pool.run(total, task);
        }
    }

    fn samples(&self, stage: usize, samples: &Samples) {
        let group = |worker: usize, part: usize| {
            for (nth, &(row, variant)) in samples.chunks[samples.groups[part].clone()].iter().enumerate() {
                let at = Position { row, part, worker };
                for (i, instr) in samples.variants[variant].iter().enumerate() {
                    let place = At::Stage(stage, variant, i);
                    self.instr(instr, place, at, 0..instr.tasks, instr.tasks, instr.accumulates && nth > 0);
                }
            }
        };
        if samples.cost < ALONE {
            (0..samples.groups.len()).for_each(|g| group(0, g));
        } else {
            self.pool.run(samples.groups.len(), group);
        }
    }

    fn control(&self, instr: &Instr) {
        if let Kernel::Control(control) = &instr.kernel {
            control.run(self, instr);
        }
    }

    /// Runs tasks `tasks` of the `of` tasks of an instruction.
    fn instr(&self, instr: &Instr, place: At, at: Position, tasks: Range<usize>, of: usize, accumulate: bool) {
        let begun = self.recorder.map(Recorder::now);
        let count = tasks.len();
        if let Err(Bad { row, message }) = kernel::run(self, instr, at, tasks, of, accumulate) {
            self.faults.report(Fault { row: at.row + row, label: instr.label.clone(), message });
        }
        self.record(at.worker, place, count, begun);
    }

    fn record(&self, worker: usize, at: At, tasks: usize, begun: Option<u64>) {
        if let (Some(recorder), Some(begun)) = (self.recorder, begun) {
            recorder.event(worker, at, tasks, begun);
        }
    }
}

/// A fault as the error that users see.
pub fn fault_error(fault: &Fault, sample: impl Fn(usize) -> usize) -> Error {
    Error::data(format!("{} (sample {}): {}", fault.label, sample(fault.row), fault.message))
}
