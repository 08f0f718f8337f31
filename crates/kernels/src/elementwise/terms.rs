//! Expressions as types: what a code computes, found in it by its shape, and computed without leaving the registers.

use super::code::{Binary, Code, Step, Unary};
use crate::Elem;
use crate::simd::Simd;
use crate::stack_vec::StackVec;
use crate::vecmath;
use std::marker::PhantomData;

/// The most operands of a kind that an expression has.
pub(crate) const SLOTS: usize = 5;
/// The most results of a program.
pub(crate) const RESULTS: usize = 3;
/// No program has more steps, constants included.
const MAX_STEPS: usize = 20;

/// A vector of every operand of an expression. Slots that it does not have are not looked at.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<S: Simd> {
    pub(crate) each: [S::F; SLOTS],
    pub(crate) same: [S::F; SLOTS],
    pub(crate) across: [S::F; SLOTS],
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    pub(crate) fn new(s: S) -> Lanes<S> {
        Lanes { each: [s.splat(0.0); SLOTS], same: [s.splat(0.0); SLOTS], across: [s.splat(0.0); SLOTS] }
    }
}

/// An expression as a type.
pub(crate) trait Term {
    /// How many slots it has: of operands with an element for each, one for all, a vector that repeats.
    const EACH: usize = 0;
    const SAME: usize = 0;
    const ACROSS: usize = 0;

    /// Whether the value of this origin is this expression, with the operands that are in `slots` or come into it.
    fn find(source: &Source, at: Origin, slots: &mut Slots) -> bool;
    fn value<S: Simd>(s: S, lanes: &Lanes<S>) -> S::F;
}

/// A contiguous operand.
pub(crate) struct Each<const SLOT: usize>;
/// A constant, or an operand that is one number.
pub(crate) struct Same<const SLOT: usize>;
/// An operand that repeats along the outer axes.
pub(crate) struct Across<const SLOT: usize>;

impl<const SLOT: usize> Term for Each<SLOT> {
    const EACH: usize = SLOT + 1;
    fn find(source: &Source, at: Origin, slots: &mut Slots) -> bool {
        fill(&mut slots.each[SLOT], source.input(at))
    }
    #[inline(always)]
    fn value<S: Simd>(_: S, lanes: &Lanes<S>) -> S::F {
        lanes.each[SLOT]
    }
}

impl<const SLOT: usize> Term for Same<SLOT> {
    const SAME: usize = SLOT + 1;
    fn find(source: &Source, at: Origin, slots: &mut Slots) -> bool {
        let found = match source.step(at) {
            Some((Step::Constant { bits, .. }, _)) => Some(Value::Bits(bits)),
            _ => source.input(at).map(Value::Input),
        };
        fill(&mut slots.same[SLOT], found)
    }
    #[inline(always)]
    fn value<S: Simd>(_: S, lanes: &Lanes<S>) -> S::F {
        lanes.same[SLOT]
    }
}

impl<const SLOT: usize> Term for Across<SLOT> {
    const ACROSS: usize = SLOT + 1;
    fn find(source: &Source, at: Origin, slots: &mut Slots) -> bool {
        fill(&mut slots.across[SLOT], source.input(at))
    }
    #[inline(always)]
    fn value<S: Simd>(_: S, lanes: &Lanes<S>) -> S::F {
        lanes.across[SLOT]
    }
}

const fn most(counts: &[usize]) -> usize {
    let (mut most, mut i) = (0, 0);
    while i < counts.len() {
        if counts[i] > most {
            most = counts[i];
        }
        i += 1;
    }
    most
}

/// Operations on terms: the step, whether its operands may change places, and what it computes.
macro_rules! terms {
    ($($name:ident($($arg:ident)+): $step:pat, $either_way:literal, |$s:ident, $($value:ident)+| $result:expr;)*) => {$(
        pub(crate) struct $name<$($arg),+>(PhantomData<($($arg,)+)>);
        impl<$($arg: Term),+> Term for $name<$($arg),+> {
            const EACH: usize = most(&[$($arg::EACH),+]);
            const SAME: usize = most(&[$($arg::SAME),+]);
            const ACROSS: usize = most(&[$($arg::ACROSS),+]);
            fn find(source: &Source, at: Origin, slots: &mut Slots) -> bool {
                let Some(($step, operands)) = source.step(at) else { return false };
                let before = *slots;
                let mut in_order = operands.into_iter();
                if true $(&& in_order.next().is_some_and(|at| $arg::find(source, at, slots)))+ {
                    return true;
                }
                *slots = before;
                let mut turned = operands.into_iter().rev();
                $either_way $(&& turned.next().is_some_and(|at| $arg::find(source, at, slots)))+
            }
            #[inline(always)]
            fn value<S: Simd>($s: S, lanes: &Lanes<S>) -> S::F {
                $(let $value = $arg::value($s, lanes);)+
                $result
            }
        }
    )*};
}

// As the machine computes them (`ops.rs`), to the bit.
terms! {
    Plus(A B): Step::Binary { op: Binary::Add, .. }, true, |s, a b| s.add(a, b);
    Minus(A B): Step::Binary { op: Binary::Sub, .. }, false, |s, a b| s.sub(a, b);
    Times(A B): Step::Binary { op: Binary::Mul, .. }, true, |s, a b| s.mul(a, b);
    Over(A B): Step::Binary { op: Binary::Div, .. }, false, |s, a b| s.div(a, b);
    Squared(A): Step::Unary { op: Unary::Square, .. }, false, |s, a| s.mul(a, a);
    Root(A): Step::Unary { op: Unary::Sqrt, .. }, false, |s, a| s.sqrt(a);
    Gelu(A): Step::Unary { op: Unary::Gelu, .. }, false, |s, a| vecmath::gelu(s, a);
    GeluSlope(A): Step::Unary { op: Unary::GeluSlope, .. }, false, |s, a| vecmath::gelu_slope(s, a);
    Positive(A): Step::Unary { op: Unary::Relu, .. }, false, |s, a| s.max(s.splat(0.0), a);
}

/// The results of a program. What they have in common is computed once.
pub(crate) trait Results {
    const COUNT: usize;
    const EACH: usize;
    const SAME: usize;
    const ACROSS: usize;
    /// Whether the values of these origins are the results, in order.
    fn find(source: &Source, at: &[Origin], slots: &mut Slots) -> bool;
    /// A vector of each of the results that there are.
    fn values<S: Simd>(s: S, lanes: &Lanes<S>) -> [S::F; RESULTS];
}

macro_rules! results {
    ($($name:ident($($result:ident)+);)*) => {$(
        pub(crate) struct $name<$($result),+>(PhantomData<($($result,)+)>);
        impl<$($result: Term),+> Results for $name<$($result),+> {
            const COUNT: usize = [$($result::EACH),+].len();
            const EACH: usize = most(&[$($result::EACH),+]);
            const SAME: usize = most(&[$($result::SAME),+]);
            const ACROSS: usize = most(&[$($result::ACROSS),+]);
            fn find(source: &Source, at: &[Origin], slots: &mut Slots) -> bool {
                let mut at = at.iter();
                true $(&& at.next().is_some_and(|&at| $result::find(source, at, slots)))+
            }
            #[inline(always)]
            fn values<S: Simd>(s: S, lanes: &Lanes<S>) -> [S::F; RESULTS] {
                let mut values = [s.splat(0.0); RESULTS];
                let mut to = values.iter_mut();
                $(if let Some(to) = to.next() {
                    *to = $result::value(s, lanes);
                })+
                values
            }
        }
    )*};
}

results! {
    One(A);
    Three(A B C);
}

/// Where a value comes from: an input, or the step of this number behind the inputs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Origin(u8);

const STEPS: u8 = 64;

/// A code with the origin of every operand.
pub(crate) struct Source<'a> {
    code: &'a Code,
    operands: StackVec<[Origin; 2], MAX_STEPS>,
    results: StackVec<Origin, RESULTS>,
}

impl<'a> Source<'a> {
    /// Of a code of floats that is not too long.
    fn of(code: &'a Code) -> Option<Source<'a>> {
        let floats = code.inputs.iter().chain(code.outputs.iter().map(|(_, elem)| elem)).all(|&elem| elem == Elem::F32);
        if !floats || code.outputs.len() > RESULTS || code.steps.len() > MAX_STEPS {
            return None;
        }
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
        let mut results = StackVec::new();
        code.outputs.iter().for_each(|&(register, _)| results.push(origins[usize::from(register & 31)]));
        Some(Source { code, operands, results })
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
pub(crate) enum Value {
    Input(u8),
    Bits(u32),
}

/// The operands that were found so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slots {
    each: [Option<u8>; SLOTS],
    same: [Option<Value>; SLOTS],
    across: [Option<u8>; SLOTS],
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

/// The inputs of a code that a program's operands are; slots that it does not have name the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operands {
    pub(crate) each: [u8; SLOTS],
    pub(crate) same: [Value; SLOTS],
    pub(crate) across: [u8; SLOTS],
    /// Which output each result is.
    pub(crate) order: [usize; RESULTS],
}

/// A program's operands, if a code is the program, by its shape alone: whether they lie as it takes them shows when they are there.
pub(crate) fn find<R: Results>(code: &Code) -> Option<Operands> {
    const ORDERS: [[usize; RESULTS]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    if code.outputs.len() != R::COUNT {
        return None;
    }
    let source = Source::of(code)?;
    let orders = if R::COUNT == RESULTS { &ORDERS[..] } else { &ORDERS[..1] };
    orders.iter().find_map(|&order| {
        let mut slots = Slots::default();
        let mut at = [Origin(0); RESULTS];
        at.iter_mut().zip(&order[..R::COUNT]).for_each(|(at, &result)| *at = source.results[result]);
        R::find(&source, &at[..R::COUNT], &mut slots).then(|| Operands {
            each: slots.each.map(Option::unwrap_or_default),
            same: slots.same.map(|slot| slot.unwrap_or(Value::Bits(0))),
            across: slots.across.map(Option::unwrap_or_default),
            order,
        })
    })
}
