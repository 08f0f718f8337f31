//! The interpreter: a block of up to 512 lanes walks through all steps before the next block starts.
//!
//! Blocks that lie in memory as f32 or i32 are read where they are, and a result that only has to be stored is written
//! where it belongs, so a step costs its own loads and one store, and a copy only where a conversion or a broadcast asks
//! for it.

use super::chain::{Link, MAX_LINKS, MAX_TAPE, Plan, STORE, TURN, Tape};
use super::code::{Code, MAX_INPUTS, MAX_OUTPUTS, MAX_REGISTERS, MAX_STEPS, Step};
use super::loader::{BLOCK, Loader, Pattern, narrow, stream};
use super::ops::{heavy_binary, heavy_unary};
use crate::simd::Simd;
use crate::stack_vec::StackVec;
use crate::{View, ViewMut};
use std::mem::MaybeUninit;

/// The registers of one machine, and one more for elements on their way to being widened. Not initialised: a machine
/// reads only what it wrote.
#[repr(align(64))]
pub(crate) struct Registers(MaybeUninit<[[i32; BLOCK]; MAX_REGISTERS + 1]>);

impl Registers {
    #[inline(always)]
    pub(crate) fn new() -> Registers {
        Registers(MaybeUninit::uninit())
    }
}

/// A part of the block loop: a chain of light steps, or one other step.
#[derive(Clone, Copy)]
struct Part {
    /// The (last) step.
    step: u8,
    /// The register that is written.
    register: u8,
    /// Where a chain's value starts.
    first: u8,
    /// The chain's links among those of the machine; none for another step.
    links: (u8, u8),
    /// Which output the part writes in place, if any.
    output: u8,
}

const NOT_AN_OUTPUT: u8 = u8::MAX;

/// Rows from this length on end a block; shorter ones would make too many of them.
const LONG_ROW: usize = 256;

impl Part {
    fn is_chain(self) -> bool {
        self.links.0 < self.links.1
    }
}

/// A code bound to its operands.
pub(crate) struct Machine<'a> {
    code: &'a Code,
    dims: &'a [usize],
    origin: usize,
    registers: *mut i32,
    loaders: StackVec<Loader, MAX_INPUTS>,
    /// Where the lanes of every register are at the moment.
    current: [*mut i32; 32],
    body: StackVec<Part, MAX_STEPS>,
    links: StackVec<Plan, MAX_STEPS>,
    /// Where output blocks go; null where the caller has no outputs.
    outputs: [*mut u8; MAX_OUTPUTS],
    /// The outputs that the body writes itself.
    written_in_place: u8,
    /// The outputs that go past the caches.
    streamed: u8,
    block: usize,
    /// What [`Machine::next`] gives at most, and where it ends besides: at multiples of this, if it is not 0.
    piece: usize,
    row: usize,
}

impl<'a> Machine<'a> {
    /// A machine that is not bound to operands yet. Inlined, so that it is made where it stays: it is too large to move.
    #[inline(always)]
    pub(crate) fn new(code: &'a Code, dims: &'a [usize], origin: usize, registers: &'a mut Registers) -> Machine<'a> {
        Machine {
            code,
            dims,
            origin,
            registers: registers.0.as_mut_ptr().cast(),
            loaders: StackVec::new(),
            current: [std::ptr::null_mut(); 32],
            body: StackVec::new(),
            links: StackVec::new(),
            outputs: [std::ptr::null_mut(); MAX_OUTPUTS],
            written_in_place: 0,
            streamed: 0,
            block: BLOCK,
            piece: BLOCK,
            row: 0,
        }
    }

    /// Binds the operands, once, and computes what is the same for every element; no block will be longer than `longest`.
    ///
    /// Panics unless inputs and outputs fit the code and every input has the iteration dims.
    pub(crate) fn bind<S: Simd>(&mut self, s: S, inputs: &[View<'a>], outputs: &mut [ViewMut], longest: usize) {
        let code = self.code;
        debug_assert_eq!(code.check(), Ok(()));
        assert!(usize::from(code.registers) <= MAX_REGISTERS && code.steps.len() <= MAX_STEPS);
        assert!(code.inputs.len() <= MAX_INPUTS.min(code.registers.into()) && code.outputs.len() <= MAX_OUTPUTS);
        assert_eq!(inputs.len(), code.inputs.len(), "the code has another number of inputs");
        let loaded = (1u32 << inputs.len()) - 1;
        let (mut written, mut twice) = (0u32, 0u32);
        for step in &code.steps {
            let known = step.dst() < code.registers && step.reads() & !(written | loaded) == 0;
            assert!(known, "a step writes a register that is not there or reads one that was not written");
            let bit = 1 << step.dst();
            twice |= written & bit;
            written |= bit;
        }
        let stored = code.outputs.iter().fold(0u32, |set, &(register, _)| set | 1 << (register & 31));
        assert!(stored & !(written | loaded) == 0, "an output stores a register that was not written");
        for (i, view) in inputs.iter().enumerate() {
            assert_eq!(view.dims(), self.dims, "an input must have the iteration dims");
            assert_eq!(view.elem(), code.inputs[i], "an input has another element type than the code");
            // An input that is stored as it is, beside other outputs, might lie where one of them goes: it is copied first.
            let in_place = code.outputs.len() < 2 || (stored & !written) >> i & 1 == 0;
            self.loaders.push(Loader::new(view, written >> i & 1 == 0, in_place));
        }
        self.lock_periods::<S>();
        self.prepare(s, twice | loaded, longest.min(self.block));
        if !outputs.is_empty() {
            self.place_outputs(inputs, outputs);
        }
    }

    /// Shortens the block so that broadcast vectors look the same in every block and stay in their registers.
    fn lock_periods<S: Simd>(&mut self) {
        let mut common = S::LANES;
        for loader in self.loaders.iter() {
            if let Pattern::Periodic(period) = loader.pattern() {
                let multiple = least_common_multiple(common, period);
                if multiple <= BLOCK {
                    common = multiple;
                }
            }
        }
        self.block = BLOCK - BLOCK % common;
        self.piece = self.block;
        // Blocks that end where long rows do are within one: nothing is gathered across their ends.
        let row = self.loaders.iter().find_map(|loader| match loader.pattern() {
            Pattern::Rows(length) if length >= LONG_ROW => Some(length),
            Pattern::Periodic(period) if period > BLOCK => Some(period),
            _ => None,
        });
        if let Some(row) = row.filter(|row| row.is_multiple_of(S::LANES)) {
            self.row = row;
            self.piece = row.div_ceil(row.div_ceil(self.block)).next_multiple_of(S::LANES);
        }
    }

    /// How many of the `left` elements from flat index `start` on to do next.
    pub(crate) fn next(&self, start: usize, left: usize) -> usize {
        let piece = if self.row == 0 { self.piece } else { self.piece.min(self.row - start % self.row) };
        piece.min(left)
    }

    /// Runs the steps that give the same for every block, and lists the others. `changing` are the registers with more
    /// than one writer (inputs are writers too).
    fn prepare<S: Simd>(&mut self, s: S, changing: u32, longest: usize) {
        let mut invariant = 0u32;
        for i in 0..self.code.inputs.len() {
            if self.loaders[i].is_invariant() && longest > 0 {
                self.load(s, i, 0, longest);
                invariant |= 1 << i;
            }
        }
        let mut steps: StackVec<u8, MAX_STEPS> = StackVec::new();
        for (index, &step) in self.code.steps.iter().enumerate() {
            let once = step.reads() & !invariant == 0 && changing >> step.dst() & 1 == 0;
            if once && !matches!(step, Step::Iota { .. }) {
                self.once(s, step, longest.next_multiple_of(S::LANES));
                invariant |= 1 << step.dst();
            } else {
                steps.push(index as u8);
            }
        }
        self.link(&steps);
    }

    /// Computes a step into its register, outside of the block loop.
    fn once<S: Simd>(&mut self, s: S, step: Step, n: usize) {
        let dst = self.register(step.dst());
        match Plan::start(step) {
            Some((first, Plan { code, op, x, y })) => {
                let link = Link { code, op, x: self.at(x), y: self.at(y) };
                s.vectorize(Tape { first: self.at(first), links: &[link], last: dst, n });
            }
            None => self.execute(s, step, dst, 0, n),
        }
        self.current[usize::from(step.dst() & 31)] = dst;
    }

    /// A part that consists of one step.
    fn part(&self, step: u8) -> Part {
        let (code, register) = (self.code.steps[usize::from(step)], self.code.steps[usize::from(step)].dst());
        let first = Plan::start(code).map_or(0, |(first, _)| first);
        Part { step, register, first, links: (0, 0), output: NOT_AN_OUTPUT }
    }

    /// Joins the steps of the block loop into chains: a step continues the chain of the one before if it alone reads its
    /// result.
    fn link(&mut self, steps: &[u8]) {
        let step_at = |at: usize| self.code.steps[usize::from(steps[at])];
        // The registers that are still read after every step.
        let mut live_after = [0u32; MAX_STEPS];
        let mut live = self.code.outputs.iter().fold(0u32, |set, &(register, _)| set | 1 << register);
        for at in (0..steps.len()).rev() {
            live_after[at] = live;
            live = live & !(1 << step_at(at).dst()) | step_at(at).reads();
        }
        let mut at = 0;
        while at < steps.len() {
            let mut part = self.part(steps[at]);
            if let Some((_, plan)) = Plan::start(step_at(at)) {
                let start = self.links.len();
                self.links.push(plan);
                while at + 1 < steps.len() && self.links.len() - start < MAX_LINKS {
                    let (value, next) = (step_at(at).dst(), step_at(at + 1));
                    let needed_later = next.dst() != value && live_after[at + 1] >> value & 1 == 1;
                    let Some(plan) = Plan::of(next, value).filter(|_| !needed_later) else { break };
                    let last = self.links.len() - 1;
                    match self.links[last].pair(plan) {
                        Some(pair) => self.links[last] = pair,
                        None => self.links.push(plan),
                    }
                    at += 1;
                }
                part.step = steps[at];
                part.register = step_at(at).dst();
                part.links = (start as u8, self.links.len() as u8);
            }
            self.body.push(part);
            at += 1;
        }
    }

    /// Finds the outputs that the last step writing them can put straight into memory.
    fn place_outputs(&mut self, inputs: &[View], outputs: &mut [ViewMut]) {
        assert_eq!(outputs.len(), self.code.outputs.len(), "the code has another number of outputs");
        for (j, output) in outputs.iter_mut().enumerate() {
            let (register, elem) = self.code.outputs[j];
            assert_eq!(output.elem(), elem, "an output has another element type than the code");
            assert!(output.layout().is_contiguous(), "outputs are contiguous");
            let bytes = output.len() * elem.size();
            self.outputs[j] = output.as_bytes_mut_ptr();
            if output.is_streamed() && elem.size() == 4 {
                self.streamed |= 1 << j;
                continue;
            }
            let writer = |part: &Part| self.code.steps[usize::from(part.step)].dst() == register;
            let Some(last) = self.body.iter().rposition(writer) else { continue };
            if elem.size() != 4 || self.body[last].output != NOT_AN_OUTPUT {
                continue;
            }
            let step = usize::from(self.body[last].step);
            // A later step that still reads an input lying there would see the result instead. A register that was
            // written since holds the input no more.
            let (mut later, mut written) = (0u32, 0u32);
            for (index, &other) in self.code.steps.iter().enumerate() {
                if index > step {
                    later |= other.reads() & !written;
                }
                written |= 1 << other.dst();
            }
            let overwrites = inputs
                .iter()
                .enumerate()
                .any(|(i, input)| later >> i & 1 == 1 && overlaps(input, self.outputs[j], bytes));
            if !overwrites {
                self.body[last].output = j as u8;
                self.written_in_place |= 1 << j;
            }
        }
    }

    /// The most elements of a block.
    #[inline(always)]
    pub(crate) fn block(&self) -> usize {
        self.block
    }

    #[inline(always)]
    fn register(&self, register: u8) -> *mut i32 {
        debug_assert!(usize::from(register) <= MAX_REGISTERS);
        // SAFETY: there are MAX_REGISTERS + 1 registers; `new` checked the numbers in the code.
        unsafe { self.registers.add(usize::from(register) * BLOCK) }
    }

    fn load<S: Simd>(&mut self, s: S, input: usize, start: usize, n: usize) {
        let (register, raw) = (self.register(input as u8), self.register(MAX_REGISTERS as u8));
        // SAFETY: the registers hold BLOCK lanes; a kept register is written by no step, so only by its loader; callers
        // of `evaluate` stay within the iteration.
        self.current[input] = unsafe { self.loaders[input].load(s, start, n, register, raw) }.cast_mut();
    }

    fn at(&self, register: u8) -> *const i32 {
        self.current[usize::from(register & 31)]
    }

    /// Computes one step that is no link on `n` lanes.
    fn execute<S: Simd>(&self, s: S, step: Step, dst: *mut i32, start: usize, n: usize) {
        // SAFETY: `n` is at most BLOCK and a multiple of the vector; every operand's lanes were written before
        // (`Code::check`), in a register or in an operand's memory that holds `n` elements.
        unsafe { heavy(s, step, dst, |register| self.at(register), start, n, self.dims, self.origin) };
    }

    /// Runs the chains from part `at` of the body on, as many as follow each other and fit a tape, on `n` lanes; gives the
    /// part after them. `place` says where a part's result goes.
    fn chains<S: Simd>(&mut self, s: S, mut at: usize, n: usize, place: impl Fn(&Self, Part) -> *mut i32) -> usize {
        let mut tape: StackVec<Link, MAX_TAPE> = StackVec::new();
        let first = self.at(self.body[at].first);
        let last = loop {
            let part = self.body[at];
            for &Plan { code, op, x, y } in &self.links[usize::from(part.links.0)..usize::from(part.links.1)] {
                tape.push(Link { code, op, x: self.at(x), y: self.at(y) });
            }
            let dst = place(self, part);
            self.current[usize::from(part.register & 31)] = dst;
            at += 1;
            let next = self.body.get(at).filter(|next| next.is_chain() && tape.len() + MAX_LINKS + 2 <= MAX_TAPE);
            let Some(next) = next else {
                break dst;
            };
            // The next chain may start with what this one leaves in the registers.
            let code = if next.first == part.register { STORE } else { TURN };
            tape.push(Link::moving(code, dst, self.at(next.first)));
        };
        s.vectorize(Tape { first, links: &tape, last, n });
        at
    }

    /// Loads and computes the `n` elements from flat index `start` on; `offset` is the place of `start` in the outputs.
    fn compute<S: Simd>(&mut self, s: S, start: usize, n: usize, offset: usize, in_place: bool) {
        debug_assert!(n > 0 && n <= self.block && start + n <= self.dims.iter().product());
        for input in 0..self.code.inputs.len() {
            self.load(s, input, start, n);
        }
        let place = |machine: &Self, part: Part| {
            if in_place && part.output != NOT_AN_OUTPUT {
                // SAFETY: the caller writes blocks that are within the outputs, of 4-byte elements here.
                unsafe { machine.outputs[usize::from(part.output)].add(offset * 4).cast() }
            } else {
                machine.register(part.register)
            }
        };
        let lanes = n.next_multiple_of(S::LANES);
        let mut at = 0;
        while at < self.body.len() {
            let part = self.body[at];
            if part.is_chain() {
                at = self.chains(s, at, lanes, place);
            } else {
                let dst = place(self, part);
                self.execute(s, self.code.steps[usize::from(part.step)], dst, start, lanes);
                self.current[usize::from(part.register & 31)] = dst;
                at += 1;
            }
        }
    }

    /// Computes `n` elements from flat index `start` on; the lanes of output 0 (rounded up to whole vectors).
    ///
    /// `n` is between 1 and [`Machine::block`], and `start + n` within the iteration.
    pub(crate) fn evaluate<S: Simd>(&mut self, s: S, start: usize, n: usize) -> *const i32 {
        self.compute(s, start, n, 0, false);
        self.current[usize::from(self.code.outputs[0].0)]
    }

    /// Computes `n` elements from flat index `start` on and stores them at element `offset` of every output.
    ///
    /// # Safety
    /// `offset + n` is within the outputs.
    pub(crate) unsafe fn store<S: Simd>(&mut self, s: S, start: usize, n: usize, offset: usize) {
        // Writing in place writes whole vectors.
        let in_place = n.is_multiple_of(S::LANES);
        self.compute(s, start, n, offset, in_place);
        for (j, &(register, elem)) in self.code.outputs.iter().enumerate() {
            if in_place && self.written_in_place >> j & 1 == 1 {
                continue;
            }
            // SAFETY: the caller's promise; the register holds n lanes rounded up to whole vectors.
            unsafe {
                let to = self.outputs[j].add(offset * elem.size());
                let from = self.current[usize::from(register)];
                if self.streamed >> j & 1 == 1 { stream(s, from, to, n) } else { narrow(s, elem, from, to, n) }
            }
        }
    }

    /// Completes what [`Machine::store`] wrote.
    pub(crate) fn finish<S: Simd>(&self, s: S) {
        if self.streamed != 0 {
            s.fence();
        }
    }
}

/// Computes one step that is no link on `n` lanes, from flat index `start` of the iteration on; `at` says where registers are.
///
/// # Safety
/// `n` is a multiple of the vector, and so many lanes are writable at `dst` and readable at every register that the step reads.
#[allow(clippy::too_many_arguments)]
pub(super) unsafe fn heavy<S: Simd>(
    s: S,
    step: Step,
    dst: *mut i32,
    at: impl Fn(u8) -> *const i32,
    start: usize,
    n: usize,
    dims: &[usize],
    origin: usize,
) {
    // SAFETY: the caller's promises.
    unsafe {
        match step {
            Step::Constant { bits, .. } => std::slice::from_raw_parts_mut(dst, n).fill(bits as i32),
            Step::Unary { op, a, .. } => heavy_unary(s, op, dst, at(a), n),
            Step::Binary { op, a, b, .. } => heavy_binary(s, op, dst, at(a), at(b), n),
            Step::Iota { axis, .. } => {
                let axis = usize::from(axis);
                let first = if axis == 0 { origin } else { 0 };
                iota(dst, n, start, dims[axis], dims[axis + 1..].iter().product(), first);
            }
            Step::Fma { .. } | Step::Select { .. } => debug_assert!(false, "these are always links"),
        }
    }
}

/// Whether any byte of the input is among the `bytes` at `output`.
fn overlaps(input: &View, output: *const u8, bytes: usize) -> bool {
    let Some((low, high)) = input.layout().reach() else { return false };
    let size = input.elem().size() as isize;
    let first = input.as_bytes_ptr().wrapping_offset(low * size);
    let end = input.as_bytes_ptr().wrapping_offset((high + 1) * size);
    first < output.wrapping_add(bytes) && output < end
}

pub(super) fn least_common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}

/// `n` indices along an axis of `dim` entries that are `inner` elements apart, from flat element `start` on.
///
/// # Safety
/// `n` lanes are writable at `dst`.
#[inline(always)]
unsafe fn iota(dst: *mut i32, n: usize, start: usize, dim: usize, inner: usize, first: usize) {
    let (mut index, mut left) = (start / inner % dim, inner - start % inner);
    let mut at = 0;
    while at < n {
        if inner == 1 {
            let run = (dim - index).min(n - at);
            for i in 0..run {
                // SAFETY: at + run <= n.
                unsafe { dst.add(at + i).write((first + index + i) as i32) };
            }
            at += run;
            index = 0;
            continue;
        }
        let run = left.min(n - at);
        for i in 0..run {
            // SAFETY: at + run <= n.
            unsafe { dst.add(at + i).write((first + index) as i32) };
        }
        at += run;
        left = inner;
        index = if index + 1 == dim { 0 } else { index + 1 };
    }
}
