//! The interpreter: a block of up to 512 lanes walks through all steps before the next block starts.
//!
//! Blocks that lie in memory as f32 or i32 are read where they are, and a result that only has to be stored is written
//! where it belongs, so a step costs its own loads and one store, and a copy only where a conversion or a broadcast asks
//! for it.

use super::code::{Code, MAX_INPUTS, MAX_OUTPUTS, MAX_REGISTERS, MAX_STEPS, Step};
use super::loader::{BLOCK, Loader, Pattern, narrow};
use super::ops::{self, binary, unary};
use crate::simd::Simd;
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

/// A step of the block loop: its index, and which output it writes in place, if any.
#[derive(Clone, Copy)]
struct Planned {
    step: u8,
    output: u8,
}

const NOT_AN_OUTPUT: u8 = u8::MAX;

/// What a machine runs over.
#[derive(Clone, Copy)]
pub(crate) struct Iteration<'a> {
    /// The dims of every input.
    pub(crate) dims: &'a [usize],
    /// Added to the indices along axis 0.
    pub(crate) origin: usize,
    /// No block will be longer than this.
    pub(crate) longest: usize,
}

/// A code bound to its operands.
pub(crate) struct Machine<'a> {
    code: &'a Code,
    dims: &'a [usize],
    origin: usize,
    registers: *mut i32,
    loaders: [Loader; MAX_INPUTS],
    /// Where the lanes of every register are at the moment.
    current: [*mut i32; 32],
    body: [Planned; MAX_STEPS + 1],
    body_len: usize,
    /// Where output blocks go; null where the caller has no outputs.
    outputs: [*mut u8; MAX_OUTPUTS],
    /// The outputs that the body writes itself.
    written_in_place: u8,
    block: usize,
}

impl<'a> Machine<'a> {
    /// Binds `code` and computes what is the same for every element.
    ///
    /// Panics unless inputs and outputs fit the code and every input has the iteration dims.
    pub(crate) fn new<S: Simd>(
        s: S,
        code: &'a Code,
        iteration: Iteration<'a>,
        inputs: &[View<'a>],
        outputs: &mut [ViewMut],
        registers: &'a mut Registers,
    ) -> Machine<'a> {
        let Iteration { dims, origin, longest } = iteration;
        debug_assert_eq!(code.check(), Ok(()));
        assert!(usize::from(code.registers) <= MAX_REGISTERS && code.steps.len() <= MAX_STEPS);
        assert!(code.inputs.len() <= MAX_INPUTS && code.outputs.len() <= MAX_OUTPUTS);
        assert_eq!(inputs.len(), code.inputs.len(), "the code has another number of inputs");
        let mut machine = Machine {
            code,
            dims,
            origin,
            registers: registers.0.as_mut_ptr().cast(),
            loaders: [Loader::NONE; MAX_INPUTS],
            current: [std::ptr::null_mut(); 32],
            body: [Planned { step: 0, output: NOT_AN_OUTPUT }; MAX_STEPS + 1],
            body_len: 0,
            outputs: [std::ptr::null_mut(); MAX_OUTPUTS],
            written_in_place: 0,
            block: BLOCK,
        };
        let (mut written, mut twice) = (0u32, 0u32);
        for step in &code.steps {
            assert!(step.dst() < code.registers && step.reads() >> code.registers == 0, "no such register");
            let bit = 1 << step.dst();
            twice |= written & bit;
            written |= bit;
        }
        // An input that is stored as it is, beside other outputs, might lie where one of them goes: it is copied first.
        let stored = code.outputs.iter().fold(0u32, |set, &(register, _)| set | 1 << register);
        for (i, view) in inputs.iter().enumerate() {
            assert_eq!(view.dims(), dims, "an input must have the iteration dims");
            assert_eq!(view.elem(), code.inputs[i], "an input has another element type than the code");
            let in_place = code.outputs.len() < 2 || stored >> i & 1 == 0;
            machine.loaders[i] = Loader::new(view, written >> i & 1 == 0, in_place);
        }
        machine.lock_periods::<S>(inputs.len());
        machine.prepare(s, twice | ((1 << inputs.len()) - 1), longest.min(machine.block));
        if !outputs.is_empty() {
            machine.place_outputs(inputs, outputs);
        }
        machine
    }

    /// Shortens the block so that broadcast vectors look the same in every block and stay in their registers.
    fn lock_periods<S: Simd>(&mut self, inputs: usize) {
        let mut common = S::LANES;
        for loader in &self.loaders[..inputs] {
            if let Pattern::Periodic(period) = loader.pattern() {
                let multiple = least_common_multiple(common, period);
                if multiple <= BLOCK {
                    common = multiple;
                }
            }
        }
        self.block = BLOCK - BLOCK % common;
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
        for (index, &step) in self.code.steps.iter().enumerate() {
            let once = step.reads() & !invariant == 0 && changing >> step.dst() & 1 == 0;
            if once && !matches!(step, Step::Iota { .. }) {
                self.execute(s, step, self.register(step.dst()), 0, longest.next_multiple_of(S::LANES));
                invariant |= 1 << step.dst();
            } else {
                self.body[self.body_len] = Planned { step: index as u8, output: NOT_AN_OUTPUT };
                self.body_len += 1;
            }
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
            let writer = |planned: &Planned| self.code.steps[usize::from(planned.step)].dst() == register;
            let Some(last) = self.body[..self.body_len].iter().rposition(writer) else { continue };
            if elem.size() != 4 || self.body[last].output != NOT_AN_OUTPUT {
                continue;
            }
            let later = self.body[last + 1..self.body_len]
                .iter()
                .fold(0, |set, planned| set | self.code.steps[usize::from(planned.step)].reads());
            // A later step that still reads an input lying there would see the result instead.
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

    fn execute<S: Simd>(&mut self, s: S, step: Step, dst: *mut i32, start: usize, n: usize) {
        let at = |register: u8| self.current[usize::from(register & 31)].cast_const();
        // SAFETY: `n` is at most BLOCK and a multiple of the vector; every operand's lanes were written before
        // (`Code::check`), in a register or in an operand's memory that holds `n` elements.
        unsafe {
            match step {
                Step::Constant { bits, .. } => std::slice::from_raw_parts_mut(dst, n).fill(bits as i32),
                Step::Unary { op, a, .. } => unary(s, op, dst, at(a), n),
                Step::Binary { op, a, b, .. } => binary(s, op, dst, at(a), at(b), n),
                Step::Fma { a, b, c, .. } => s.vectorize(ops::Fma { dst, a: at(a), b: at(b), c: at(c), n }),
                Step::Select { cond, a, b, .. } => {
                    s.vectorize(ops::Select { dst, cond: at(cond), a: at(a), b: at(b), n });
                }
                Step::Iota { axis, .. } => {
                    let axis = usize::from(axis);
                    let first = if axis == 0 { self.origin } else { 0 };
                    iota(dst, n, start, self.dims[axis], self.dims[axis + 1..].iter().product(), first);
                }
            }
        }
        self.current[usize::from(step.dst() & 31)] = dst;
    }

    /// Loads and computes the `n` elements from flat index `start` on; `offset` is the place of `start` in the outputs.
    fn compute<S: Simd>(&mut self, s: S, start: usize, n: usize, offset: usize, in_place: bool) {
        debug_assert!(n > 0 && n <= self.block && start + n <= self.dims.iter().product());
        for input in 0..self.code.inputs.len() {
            self.load(s, input, start, n);
        }
        let lanes = n.next_multiple_of(S::LANES);
        for index in 0..self.body_len {
            let Planned { step, output } = self.body[index];
            let step = self.code.steps[usize::from(step)];
            let dst = if in_place && output != NOT_AN_OUTPUT {
                // SAFETY: the caller writes blocks that are within the outputs, of 4-byte elements here.
                unsafe { self.outputs[usize::from(output)].add(offset * 4).cast() }
            } else {
                self.register(step.dst())
            };
            self.execute(s, step, dst, start, lanes);
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
                narrow(s, elem, self.current[usize::from(register)], to, n);
            }
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

fn least_common_multiple(a: usize, b: usize) -> usize {
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
