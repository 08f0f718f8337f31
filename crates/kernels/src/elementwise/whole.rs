//! Whole programs that have a loop of their own: what every training step pays for all weights is worth one.
//!
//! The machine moves a program's values through the L1 and jumps from link to link, which hides behind memory for short
//! programs only; here they stay in registers, and a division overlaps with the next elements' loads. Adam on Zen 1, a core,
//! eight elements in the L2: 19 cycles, which is what their division and root cost, against 44 in the machine. A program is
//! written as the type of its results and found in a [`Code`] by its shape; operations, and so the bits, are the machine's.

use super::code::{Binary, Code, Step, Unary};
use crate::simd::{Kernel, MAX_LANES, Simd};
use crate::stack_vec::StackVec;
use crate::{Elem, View, ViewMut};
use std::marker::PhantomData;
use std::ops::Range;

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

/// A program that was found in a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    each: [u8; SLOTS],
    same: [Value; SLOTS],
    /// Which output each result is.
    order: [usize; RESULTS],
}

/// The program that a code is, by its shape alone; whether operands lie as it takes them shows when they are there.
pub(super) fn find(code: &Code) -> Option<Found> {
    let floats = code.inputs.iter().chain(code.outputs.iter().map(|(_, elem)| elem)).all(|&elem| elem == Elem::F32);
    if !floats || code.outputs.len() != RESULTS || code.steps.len() > MAX_STEPS {
        return None;
    }
    Adam::find(&Program::of(code))
}

/// The loop over elements `range` of operands that have the iteration dims and the element types of the code, if they lie as the
/// program takes them; else they are the machine's. The outputs hold the elements of the range only.
pub(super) fn bind(
    found: &Found,
    inputs: &[View],
    outputs: &mut [ViewMut],
    range: &Range<usize>,
) -> Option<impl Kernel<Output = ()>> {
    let view = |input: u8| inputs.get(usize::from(input)).filter(|view| view.elem() == Elem::F32 && !view.is_empty());
    let (mut each, mut same) = ([std::ptr::null(); SLOTS], [0.0; SLOTS]);
    for (pointer, &input) in each.iter_mut().zip(&found.each) {
        *pointer = view(input)?.as_slice::<f32>()?.get(range.clone())?.as_ptr();
    }
    for (value, &slot) in same.iter_mut().zip(&found.same) {
        *value = match slot {
            Value::Input(input) => {
                let view = view(input)?;
                let one = view.dims().iter().zip(view.strides()).all(|(&dim, &stride)| dim == 1 || stride == 0);
                // SAFETY: the view is not empty and of this type, so its first element is there.
                one.then(|| unsafe { view.as_ptr::<f32>().read() })?
            }
            Value::Bits(bits) => f32::from_bits(bits),
        };
    }
    let mut results = [std::ptr::null_mut(); RESULTS];
    for (result, &output) in results.iter_mut().zip(&found.order) {
        let elements = outputs.get_mut(output)?.as_mut_slice::<f32>()?;
        *result = (elements.len() == range.len()).then_some(elements.as_mut_ptr())?;
    }
    Some(Loop::<Adam> { each, same, results, n: range.len(), program: PhantomData })
}

/// Where a value comes from: an input, or the step of this number behind the inputs.
#[derive(Clone, Copy, PartialEq)]
struct Origin(u8);

const STEPS: u8 = 64;

/// A code with the origin of every operand.
struct Program<'a> {
    code: &'a Code,
    operands: StackVec<[Origin; 2], MAX_STEPS>,
    results: [Origin; RESULTS],
}

impl<'a> Program<'a> {
    fn of(code: &'a Code) -> Program<'a> {
        let mut origins = [Origin(0); 32];
        for (i, origin) in origins.iter_mut().enumerate().take(code.inputs.len()) {
            *origin = Origin(i as u8);
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
        Program { code, operands, results }
    }

    /// The step that gives a value, and its operands' origins.
    fn step(&self, at: Origin) -> Option<(Step, [Origin; 2])> {
        let index = usize::from(at.0.checked_sub(STEPS)?);
        Some((self.code.steps[index], self.operands[index]))
    }

    /// The input that gives a value, if one does.
    fn input(&self, at: Origin) -> Option<u8> {
        (at.0 < STEPS).then_some(at.0)
    }
}

/// A value that is the same for all elements.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Input(u8),
    Bits(u32),
}

/// The operands that were found so far.
#[derive(Clone, Copy, Debug, Default)]
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
        fill(&mut slots.each[SLOT], program.input(at))
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
            _ => program.input(at).map(Value::Input),
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
    fn find(program: &Program) -> Option<Found> {
        const ORDERS: [[usize; RESULTS]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        ORDERS.into_iter().find_map(|order| {
            let mut slots = Slots::default();
            let at = |result: usize| program.results[order[result]];
            let found = A::find(program, at(0), &mut slots)
                && B::find(program, at(1), &mut slots)
                && C::find(program, at(2), &mut slots);
            if !found {
                return None;
            }
            // A program takes an operand from every slot.
            let (each, same) =
                (slots.each.map(|slot| slot.expect("found")), slots.same.map(|slot| slot.expect("found")));
            Some(Found { each, same, order })
        })
    }

    /// A vector of every result.
    ///
    /// # Safety
    /// A vector is readable at every operand and writable at every result.
    #[inline(always)]
    unsafe fn vector<S: Simd>(s: S, each: &[*const f32; SLOTS], same: &[S::F; SLOTS], results: &[*mut f32; RESULTS]) {
        let mut lanes = [s.splat(0.0); SLOTS];
        // SAFETY: the caller's promise.
        unsafe {
            for (lanes, &from) in lanes.iter_mut().zip(each) {
                *lanes = s.load(from);
            }
            let each = lanes;
            let (a, b, c) = (A::value(s, &each, same), B::value(s, &each, same), C::value(s, &each, same));
            s.store(results[0], a);
            s.store(results[1], b);
            s.store(results[2], c);
        }
    }
}

/// The loop over `n` elements of every operand and result. A result may lie where an operand lies.
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
        let Loop { each, same, results, n, .. } = self;
        let mut lanes = [s.splat(0.0); SLOTS];
        for (lanes, &value) in lanes.iter_mut().zip(&same) {
            *lanes = s.splat(value);
        }
        let whole = n - n % S::LANES;
        // SAFETY: `bind` saw to it that `n` elements lie at every pointer; whole vectors end at or before element n, and the elements
        // behind them go through memory that holds a vector.
        unsafe {
            for i in (0..whole).step_by(S::LANES) {
                let (mut from, mut to) = (each, results);
                from.iter_mut().for_each(|from| *from = from.add(i));
                to.iter_mut().for_each(|to| *to = to.add(i));
                Three::<A, B, C>::vector(s, &from, &lanes, &to);
            }
            if whole == n {
                return;
            }
            let mut rest = [[0.0f32; MAX_LANES]; SLOTS];
            let mut last = [[0.0f32; MAX_LANES]; RESULTS];
            for (to, from) in rest.iter_mut().zip(each) {
                std::ptr::copy_nonoverlapping(from.add(whole), to.as_mut_ptr(), n - whole);
            }
            let from = rest.each_ref().map(|row| row.as_ptr());
            let to = last.each_mut().map(|row| row.as_mut_ptr());
            Three::<A, B, C>::vector(s, &from, &lanes, &to);
            for (from, to) in last.iter().zip(results) {
                std::ptr::copy_nonoverlapping(from.as_ptr(), to.add(whole), n - whole);
            }
        }
    }
}
