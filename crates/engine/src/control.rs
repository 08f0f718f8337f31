//! Control flow: bodies are plans of their own, run over memory of the plan that holds them.

use std::sync::{Mutex, PoisonError};

use hornbeam_graph::ops::Body;
use hornbeam_graph::{Op, Result};
use hornbeam_kernels::{Isa, copy};

use crate::algorithm;
use crate::arena::{Base, Frame, Position, WORK};
use crate::exec::{Outcome, Run};
use crate::instr::{Instr, Operand};
use crate::plan::{self, Plan, Spec};

/// A compiled control-flow operation.
#[derive(Debug)]
pub struct Control {
    kind: Kind,
    /// Where the bodies' workspace begins in the workspace of the plan that holds this.
    offset: usize,
}

#[derive(Debug)]
enum Kind {
    Scan { body: Compiled, captured: usize, carry: usize, length: usize, reverse: bool },
    Cond { then: Compiled, otherwise: Compiled },
    While { condition: Compiled, body: Compiled, captured: usize },
}

/// A body: its plan, the frame it runs in, and where its memory lies.
#[derive(Debug)]
struct Compiled {
    plan: Plan,
    // One program runs at a time, so this is never waited for.
    frame: Mutex<Frame>,
    /// The numbers of all packed copies.
    all_packs: Vec<usize>,
}

impl Compiled {
    /// A body whose first `captured` parameters are the same in all its runs: what a contraction reads of them is packed before the first.
    fn new(body: &Body, isa: Isa, captured: usize) -> Result<Compiled> {
        let spec = Spec {
            graph: (**body).clone(),
            batch: None,
            updates: Vec::new(),
            variables: (0..captured).collect(),
            precision: algorithm::precision(),
        };
        let plan = plan::compile(&spec, isa)?;
        let frame = Mutex::new(Frame::new(2 + plan.params.len() + plan.outputs.len() + plan.packs.len()));
        Ok(Compiled { frame, all_packs: (0..plan.packs.len()).collect(), plan })
    }

    fn work(&self) -> usize {
        self.plan.work.next_multiple_of(64)
    }

    /// Bytes of the packed copies, each rounded to whole cache lines.
    fn packed(&self) -> usize {
        self.plan.packs.iter().map(|pack| pack.bytes.next_multiple_of(64)).sum()
    }

    /// Bytes of output `i`, rounded to whole cache lines.
    fn slot(&self, i: usize) -> usize {
        self.plan.outputs[i].bytes().next_multiple_of(64).max(64)
    }

    /// Runs the body. `packed` holds the packed copies, which the `first` of several runs makes.
    fn run(
        &self,
        run: &Run,
        [work, packed]: [Base; 2],
        first: bool,
        params: impl Iterator<Item = Base>,
        outputs: impl Iterator<Item = Base>,
    ) -> Outcome {
        let mut frame = self.frame.lock().unwrap_or_else(PoisonError::into_inner);
        frame.bind_workers(run.frame.workers());
        frame.bind(WORK, work);
        let count = params.fold(0, |i, base| {
            frame.bind(2 + i, base);
            i + 1
        });
        outputs.enumerate().for_each(|(i, base)| frame.bind(2 + count + i as u32, base));
        let mut offset = 0;
        for (i, pack) in self.plan.packs.iter().enumerate() {
            frame.bind(2 + count + (self.plan.outputs.len() + i) as u32, packed.part(offset, pack.bytes));
            offset += pack.bytes.next_multiple_of(64);
        }
        // Faults are in the parent's cell.
        let run = Run { frame: &frame, recorder: None, ..*run };
        if first {
            run.packs(&self.plan.packs, &self.all_packs);
        }
        run.plan(&self.plan)
    }
}

impl Control {
    /// Compiles the bodies of a control-flow operation.
    ///
    /// # Errors
    /// Whatever compiling a body reports.
    pub fn compile(op: &Op, isa: Isa) -> Result<Control> {
        let kind = match op {
            Op::Scan(op) => Kind::Scan {
                body: Compiled::new(&op.body, isa, op.captured)?,
                captured: op.captured,
                carry: op.carry,
                length: op.length,
                reverse: op.reverse,
            },
            Op::Cond(op) => {
                Kind::Cond { then: Compiled::new(&op.then, isa, 0)?, otherwise: Compiled::new(&op.otherwise, isa, 0)? }
            }
            Op::While(op) => Kind::While {
                condition: Compiled::new(&op.condition, isa, op.captured)?,
                body: Compiled::new(&op.body, isa, op.captured)?,
                captured: op.captured,
            },
            other => unreachable!("{} is not control flow", other.name()),
        };
        Ok(Control { kind, offset: 0 })
    }

    fn bodies(&self) -> impl Iterator<Item = &Compiled> {
        match &self.kind {
            Kind::Scan { body, .. } => [Some(body), None],
            Kind::Cond { then, otherwise } => [Some(then), Some(otherwise)],
            Kind::While { condition, body, .. } => [Some(condition), Some(body)],
        }
        .into_iter()
        .flatten()
    }

    /// Bytes of workspace: one body at a time, two copies of what is carried, a flag, and the packed copies of all bodies.
    pub fn work(&self) -> usize {
        self.largest() + 2 * self.carried() + 64 + self.bodies().map(Compiled::packed).sum::<usize>()
    }

    fn largest(&self) -> usize {
        self.bodies().map(Compiled::work).max().unwrap_or(0)
    }

    fn carried(&self) -> usize {
        match &self.kind {
            Kind::Scan { body, carry, .. } => (0..*carry).map(|i| body.slot(i)).sum(),
            Kind::Cond { .. } => 0,
            Kind::While { body, .. } => (0..body.plan.outputs.len()).map(|i| body.slot(i)).sum(),
        }
    }

    /// Bytes of local memory a worker.
    pub fn local(&self) -> usize {
        self.bodies().map(|b| b.plan.local).max().unwrap_or(0)
    }

    /// Scratch numbers a worker.
    pub fn scratch(&self) -> usize {
        self.bodies().map(|b| b.plan.scratch).max().unwrap_or(0)
    }

    /// Estimated time in nanoseconds; a loop of unknown length counts as ten.
    pub fn cost(&self) -> u64 {
        let once: u64 = self.bodies().map(|b| b.plan.cost).sum();
        match &self.kind {
            Kind::Scan { length, .. } => once * *length as u64,
            Kind::Cond { .. } => once,
            Kind::While { .. } => once * 10,
        }
    }

    /// Says where the workspace is.
    pub fn set_work(&mut self, offset: usize) {
        self.offset = offset;
    }

    /// Runs the operation.
    pub fn run(&self, run: &Run, instr: &Instr) {
        let work = run.frame.base(WORK);
        let largest = self.largest();
        let mut packed = self.offset + largest + 2 * self.carried() + 64;
        let mut spaces = self.bodies().map(|body| {
            let begin = packed;
            packed += body.packed();
            [work.part(self.offset, largest), work.part(begin, body.packed())]
        });
        let mut space = || spaces.next().expect("a space for every body");
        let carries = |half: usize| work.part(self.offset + largest + half * self.carried(), self.carried());
        let input = |i: usize| memory(run.frame, &instr.inputs[i]);
        let output = |i: usize| memory(run.frame, &instr.outputs[i]);
        match &self.kind {
            Kind::Cond { then, otherwise } => {
                let predicate = scalar(run.frame, &instr.inputs[0]);
                let [yes, no] = [space(), space()];
                let (branch, space) = if predicate { (then, yes) } else { (otherwise, no) };
                let params = (1..instr.inputs.len()).map(input);
                let _ = branch.run(run, space, true, params, (0..instr.outputs.len()).map(output));
            }
            Kind::Scan { body, captured, carry, length, reverse } => {
                if *length == 0 {
                    (0..*carry).for_each(|i| pass(run.frame, &instr.inputs[captured + i], &instr.outputs[i]));
                    return;
                }
                let space = space();
                for step in 0..*length {
                    let t = if *reverse { length - 1 - step } else { step };
                    let at = |operand: &Operand, base: Base| {
                        let bytes = operand.layout.len() * operand.elem.size() / length;
                        base.part(t * bytes, bytes)
                    };
                    let params = (0..instr.inputs.len()).map(|i| match i.checked_sub(*captured) {
                        None => input(i),
                        Some(c) if c >= *carry => at(&instr.inputs[i], input(i)),
                        Some(_) if step == 0 => input(i),
                        Some(c) => part_of(body, carries((step - 1) % 2), c),
                    });
                    let outputs = (0..instr.outputs.len()).map(|i| match i {
                        _ if i >= *carry => at(&instr.outputs[i], output(i)),
                        _ if step + 1 == *length => output(i),
                        _ => part_of(body, carries(step % 2), i),
                    });
                    if body.run(run, space, step == 0, params, outputs) == Outcome::Faulty {
                        return;
                    }
                }
            }
            Kind::While { condition, body, captured } => {
                let flag = work.part(self.offset + largest + 2 * self.carried(), 64);
                let [of_condition, of_body] = [space(), space()];
                let mut step = 0;
                loop {
                    let params = |i: usize| match i.checked_sub(*captured) {
                        Some(c) if step > 0 => part_of(body, carries((step - 1) % 2), c),
                        _ => input(i),
                    };
                    // After bad data the carried values are whatever was in memory, and the loop might never end.
                    let inputs = (0..instr.inputs.len()).map(params);
                    let tested = condition.run(run, of_condition, step == 0, inputs, std::iter::once(flag));
                    if tested == Outcome::Faulty {
                        return;
                    }
                    if !read_flag(flag) {
                        break;
                    }
                    let outputs = (0..instr.outputs.len()).map(|i| part_of(body, carries(step % 2), i));
                    body.run(run, of_body, step == 0, (0..instr.inputs.len()).map(params), outputs);
                    step += 1;
                }
                for (i, out) in instr.outputs.iter().enumerate() {
                    if step == 0 {
                        pass(run.frame, &instr.inputs[captured + i], out);
                    } else {
                        copy_base(part_of(body, carries((step - 1) % 2), i), output(i), out);
                    }
                }
            }
        }
    }
}

fn part_of(body: &Compiled, carries: Base, i: usize) -> Base {
    let before: usize = (0..i).map(|j| body.slot(j)).sum();
    carries.part(before, body.slot(i))
}

/// The memory of an operand that lies in order.
fn memory(frame: &Frame, operand: &Operand) -> Base {
    let size = operand.elem.size();
    let from = operand.slot.offset + operand.start as usize * size;
    frame.base(operand.slot.root).part(from, operand.layout.len() * size)
}

fn scalar(frame: &Frame, operand: &Operand) -> bool {
    read_flag(memory(frame, operand))
}

fn read_flag(base: Base) -> bool {
    base.first_byte() != 0
}

fn pass(frame: &Frame, from: &Operand, to: &Operand) {
    let at = Position::default();
    let view = frame.view(&from.slot, at, from.elem, &from.layout, from.start);
    copy::copy(view, frame.view_mut(&to.slot, at, to.elem, &to.layout, to.start));
}

fn copy_base(from: Base, to: Base, like: &Operand) {
    from.copy_to(to, like.layout.len() * like.elem.size());
}
