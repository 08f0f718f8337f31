//! Whole programs that have a loop of their own: what every training step pays for all weights is worth one.
//!
//! The machine moves a program's values through the L1 and jumps from link to link, which hides behind memory for short
//! programs only; here they stay in registers, and a division overlaps with the next elements' loads. Adam on Zen 1, a core,
//! eight elements in the L2: 19 cycles, which is what their division and root cost, against 44 in the machine. A program is
//! written as the type of its results and found in a [`Code`] by its shape; operations, and so the bits, are the machine's.

use super::code::{Binary, Code, Step, Unary};
use super::loader::{Loader, Pattern};
use crate::simd::{Kernel, Simd};
use crate::stack_vec::StackVec;
use crate::{Elem, View, ViewMut};
use std::marker::PhantomData;

/// `m += (g - m) b; v += (g^2 - v) c; w -= m a / (sqrt(v) + e)`.
type Adam = Three<Mean, Variance, Minus<Each<3>, Over<Times<Mean, Same<2>>, Plus<Root<Variance>, Same<3>>>>>;
type Mean = Plus<Each<1>, Times<Minus<Each<0>, Each<1>>, Same<0>>>;
type Variance = Plus<Each<2>, Times<Minus<Squared<Each<0>>, Each<2>>, Same<1>>>;

/// The most operands of a kind.
const SLOTS: usize = 4;
/// The results of a program.
const RESULTS: usize = 3;
/// No program here has more steps, constants included.
const MAX_STEPS: usize = 20;

/// Runs the elements `start..start + n` (a multiple of the vector, the first ones of the outputs) if the code is one of the
/// programs and the operands fit it; else they are the machine's, or its to complain about.
pub(super) fn run<S: Simd>(
    s: S,
    code: &Code,
    dims: &[usize],
    inputs: &[View],
    outputs: &mut [ViewMut],
    start: usize,
    n: usize,
) -> bool {
    if outputs.len() != RESULTS || code.outputs.len() != RESULTS || code.steps.len() > MAX_STEPS {
        return false;
    }
    let floats = code.inputs.iter().chain(code.outputs.iter().map(|(_, elem)| elem)).all(|&elem| elem == Elem::F32);
    let contiguous = outputs.iter().all(|output| output.elem() == Elem::F32 && output.layout().is_contiguous());
    if !floats || !contiguous {
        return false;
    }
    if inputs.len() != code.inputs.len() || inputs.iter().any(|input| input.dims() != dims || input.elem() != Elem::F32)
    {
        return false;
    }
    let program = Program::of(code, inputs);
    let Some((slots, order)) = Adam::find(&program) else { return false };
    let (mut each, mut same) = ([std::ptr::null(); SLOTS], [0.0; SLOTS]);
    let first = |input: u8| inputs[usize::from(input)].as_bytes_ptr().cast::<f32>();
    for (pointer, slot) in each.iter_mut().zip(slots.each) {
        // SAFETY: a contiguous operand has the elements of the range.
        *pointer = slot.map_or(std::ptr::null(), |input| unsafe { first(input).add(start) });
    }
    for (value, slot) in same.iter_mut().zip(slots.same) {
        *value = match slot {
            // SAFETY: the iteration has elements, so the operand has its one.
            Some(Value::Input(input)) => unsafe { first(input).read() },
            Some(Value::Bits(bits)) => f32::from_bits(bits),
            None => 0.0,
        };
    }
    let results = order.map(|output| outputs[output].as_bytes_mut_ptr().cast::<f32>());
    s.vectorize(Loop::<Adam> { each, same, results, n, program: PhantomData });
    true
}

/// Where a value comes from: an input, or the step of this number behind the inputs.
#[derive(Clone, Copy, PartialEq)]
struct Origin(u8);

const STEPS: u8 = 64;

/// A code with the origin of every operand.
struct Program<'a> {
    code: &'a Code,
    patterns: StackVec<Pattern, { super::MAX_INPUTS }>,
    operands: StackVec<[Origin; 2], MAX_STEPS>,
    results: [Origin; RESULTS],
}

impl<'a> Program<'a> {
    fn of(code: &'a Code, inputs: &[View]) -> Program<'a> {
        let mut origins = [Origin(0); 32];
        let mut patterns = StackVec::new();
        for (i, view) in inputs.iter().enumerate() {
            origins[i] = Origin(i as u8);
            patterns.push(Loader::new(view, true, true).pattern());
        }
        let mut operands = StackVec::new();
        for (index, &step) in code.steps.iter().enumerate() {
            let at = |register: u8| origins[usize::from(register & 31)];
            operands.push(match step {
                Step::Unary { a, .. } => [at(a); 2],
                Step::Binary { a, b, .. } => [at(a), at(b)],
                _ => [Origin(0); 2],
            });
            origins[usize::from(step.dst() & 31)] = Origin(STEPS + index as u8);
        }
        let mut results = [Origin(0); RESULTS];
        for (result, &(register, _)) in results.iter_mut().zip(&code.outputs) {
            *result = origins[usize::from(register & 31)];
        }
        Program { code, patterns, operands, results }
    }

    /// The step that gives a value, and its operands' origins.
    fn step(&self, at: Origin) -> Option<(Step, [Origin; 2])> {
        let index = usize::from(at.0.checked_sub(STEPS)?);
        Some((self.code.steps[index], self.operands[index]))
    }

    /// The input that gives a value, if it lies so.
    fn input(&self, at: Origin, pattern: Pattern) -> Option<u8> {
        (at.0 < STEPS && self.patterns[usize::from(at.0)] == pattern).then_some(at.0)
    }
}

/// A value that is the same for all elements.
#[derive(Clone, Copy, PartialEq)]
enum Value {
    Input(u8),
    Bits(u32),
}

/// The operands that were found so far.
#[derive(Clone, Copy, Default)]
struct Slots {
    each: [Option<u8>; SLOTS],
    same: [Option<Value>; SLOTS],
}

/// Fills a slot, or compares with what it holds.
fn fill<T: Copy + PartialEq>(slot: &mut Option<T>, found: Option<T>) -> bool {
    match (*slot, found) {
        (_, None) => false,
        (None, Some(_)) => {
            *slot = found;
            true
        }
        (held, found) => held == found,
    }
}

/// An expression as a type.
trait Term {
    /// Whether the value of this origin is this expression, with the operands that are in `slots` or come into it.
    fn find(program: &Program, at: Origin, slots: &mut Slots) -> bool;
    fn value<S: Simd>(s: S, each: &[S::F; SLOTS], same: &[S::F; SLOTS]) -> S::F;
}

/// A contiguous operand.
struct Each<const SLOT: usize>;
/// A constant, or an operand that is one number.
struct Same<const SLOT: usize>;

impl<const SLOT: usize> Term for Each<SLOT> {
    fn find(program: &Program, at: Origin, slots: &mut Slots) -> bool {
        fill(&mut slots.each[SLOT], program.input(at, Pattern::Contiguous))
    }
    #[inline(always)]
    fn value<S: Simd>(_: S, each: &[S::F; SLOTS], _: &[S::F; SLOTS]) -> S::F {
        each[SLOT]
    }
}

impl<const SLOT: usize> Term for Same<SLOT> {
    fn find(program: &Program, at: Origin, slots: &mut Slots) -> bool {
        let found = match program.step(at) {
            Some((Step::Constant { bits, .. }, _)) => Some(Value::Bits(bits)),
            _ => program.input(at, Pattern::Splat).map(Value::Input),
        };
        fill(&mut slots.same[SLOT], found)
    }
    #[inline(always)]
    fn value<S: Simd>(_: S, _: &[S::F; SLOTS], same: &[S::F; SLOTS]) -> S::F {
        same[SLOT]
    }
}

macro_rules! terms {
    ($($name:ident($($arg:ident)+): $step:pat, $either_way:literal, |$s:ident, $($value:ident)+| $result:expr;)*) => {$(
        struct $name<$($arg),+>(PhantomData<($($arg,)+)>);
        impl<$($arg: Term),+> Term for $name<$($arg),+> {
            fn find(program: &Program, at: Origin, slots: &mut Slots) -> bool {
                let Some(($step, operands)) = program.step(at) else { return false };
                let before = *slots;
                let mut in_order = operands.into_iter();
                if true $(&& in_order.next().is_some_and(|at| $arg::find(program, at, slots)))+ {
                    return true;
                }
                *slots = before;
                let mut turned = operands.into_iter().rev();
                $either_way $(&& turned.next().is_some_and(|at| $arg::find(program, at, slots)))+
            }
            #[inline(always)]
            fn value<S: Simd>($s: S, each: &[S::F; SLOTS], same: &[S::F; SLOTS]) -> S::F {
                $(let $value = $arg::value($s, each, same);)+
                $result
            }
        }
    )*};
}

terms! {
    Plus(A B): Step::Binary { op: Binary::Add, .. }, true, |s, a b| s.add(a, b);
    Minus(A B): Step::Binary { op: Binary::Sub, .. }, false, |s, a b| s.sub(a, b);
    Times(A B): Step::Binary { op: Binary::Mul, .. }, true, |s, a b| s.mul(a, b);
    Over(A B): Step::Binary { op: Binary::Div, .. }, false, |s, a b| s.div(a, b);
    Squared(A): Step::Unary { op: Unary::Square, .. }, false, |s, a| s.mul(a, a);
    Root(A): Step::Unary { op: Unary::Sqrt, .. }, false, |s, a| s.sqrt(a);
}

/// The results of a program. What they have in common is computed once.
struct Three<A, B, C>(PhantomData<(A, B, C)>);

impl<A: Term, B: Term, C: Term> Three<A, B, C> {
    /// The operands, and which output each result is.
    fn find(program: &Program) -> Option<(Slots, [usize; RESULTS])> {
        const ORDERS: [[usize; RESULTS]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        ORDERS.into_iter().find_map(|order| {
            let mut slots = Slots::default();
            let at = |result: usize| program.results[order[result]];
            let found = A::find(program, at(0), &mut slots)
                && B::find(program, at(1), &mut slots)
                && C::find(program, at(2), &mut slots);
            found.then_some((slots, order))
        })
    }
}

/// The loop over `n` elements, a multiple of the vector. A result may lie where an operand lies.
struct Loop<P> {
    each: [*const f32; SLOTS],
    same: [f32; SLOTS],
    results: [*mut f32; RESULTS],
    n: usize,
    program: PhantomData<P>,
}

impl<A: Term, B: Term, C: Term> Kernel for Loop<Three<A, B, C>> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut same = [s.splat(0.0); SLOTS];
        for (lanes, &value) in same.iter_mut().zip(&self.same) {
            *lanes = s.splat(value);
        }
        for i in (0..self.n).step_by(S::LANES) {
            let mut each = [s.splat(0.0); SLOTS];
            // SAFETY: `run` promises `n` elements of every operand (null stands for no operand) and every result.
            unsafe {
                for (lanes, &from) in each.iter_mut().zip(&self.each) {
                    if !from.is_null() {
                        *lanes = s.load(from.add(i));
                    }
                }
                let (a, b) = (A::value(s, &each, &same), B::value(s, &each, &same));
                let c = C::value(s, &each, &same);
                s.store(self.results[0].add(i), a);
                s.store(self.results[1].add(i), b);
                s.store(self.results[2].add(i), c);
            }
        }
    }
}
