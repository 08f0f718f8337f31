//! Whole programs that have a loop of their own: what every training step pays for all weights, or for all pixels, is worth one.
//!
//! The machine moves a program's values through the L1 and jumps from link to link, which hides behind memory for short
//! programs only; here they stay in registers, and what takes long overlaps with the next elements' loads. Adam on Zen 1, a core,
//! eight elements in the L2: 19 cycles, which is what their division and root cost, against 44 in the machine. A program is
//! written as the type of its results and found in a [`Code`] by its shape; operations, and so the bits, are the machine's.

use super::code::Code;
use super::loader::{Loader, Pattern};
use super::machine::least_common_multiple;
use super::terms::{
    self, Across, Each, Gelu, GeluSlope, Lanes, Minus, One, Operands, Over, Plus, Positive, RESULTS, Results, Root,
    SLOTS, Same, Squared, Three, Times, Value,
};
use crate::rows::sums::Sink;
use crate::simd::{Kernel, MAX_LANES, Simd, dispatch};
use crate::{Elem, Isa, View, ViewMut};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

/// `m += (g - m) b; v += (g^2 - v) c; w -= m a / (sqrt(v) + e)`.
type Adam = Three<Mean, Variance, Minus<Each<3>, Over<Times<Mean, Same<2>>, Plus<Root<Variance>, Same<3>>>>>;
type Mean = Plus<Each<1>, Times<Minus<Each<0>, Each<1>>, Same<0>>>;
type Variance = Plus<Each<2>, Times<Minus<Squared<Each<0>>, Each<2>>, Same<1>>>;

/// `(x - mean) a + b`, by channels: batch normalization.
type Normalized = Plus<Times<Minus<Each<0>, Across<0>>, Across<1>>, Across<2>>;
/// `(dy - c - (x - mean) p q) w`, by channels: its gradient.
type NormalizedGrad =
    Times<Minus<Minus<Each<1>, Across<1>>, Times<Times<Minus<Each<0>, Across<0>>, Across<2>>, Across<3>>>, Across<4>>;

/// The Gaussian error linear unit, and its gradient.
type Gelued = One<Gelu<Each<0>>>;
type GeluedGrad = One<Times<GeluSlope<Each<0>>, Each<1>>>;

/// Elements of a vector that repeats which are copied so often that they come out as whole vectors, at most.
const COPIED: usize = 512;

#[derive(Clone, Copy, Debug)]
enum Which {
    Adam,
    Normalized,
    NormalizedRelu,
    NormalizedGrad,
    Gelu,
    GeluGrad,
}

/// A program that was found in a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    which: Which,
    operands: Operands,
}

/// The program that a code is.
pub(super) fn find(code: &Code) -> Option<Found> {
    fn as_program<R: Results>(code: &Code, which: Which) -> Option<Found> {
        Some(Found { which, operands: terms::find::<R>(code)? })
    }
    as_program::<Adam>(code, Which::Adam)
        .or_else(|| as_program::<One<Normalized>>(code, Which::Normalized))
        .or_else(|| as_program::<One<Positive<Normalized>>>(code, Which::NormalizedRelu))
        .or_else(|| as_program::<One<NormalizedGrad>>(code, Which::NormalizedGrad))
        .or_else(|| as_program::<Gelued>(code, Which::Gelu))
        .or_else(|| as_program::<GeluedGrad>(code, Which::GeluGrad))
}

/// Runs the loop over elements `range` of operands that have the iteration dims and the element types of the code, if they lie as the
/// program takes them (`true`); else they are the machine's. The outputs hold the elements of the range only.
pub(super) fn run(isa: Isa, found: &Found, inputs: &[View], outputs: &mut [ViewMut], range: &Range<usize>) -> bool {
    fn looped<R: Results>(
        isa: Isa,
        operands: &Operands,
        inputs: &[View],
        outputs: &mut [ViewMut],
        range: &Range<usize>,
    ) -> bool {
        Loop::<R>::bind(operands, inputs, outputs, range).map(|kernel| dispatch(isa, kernel)).is_some()
    }
    let Found { which, operands } = found;
    match which {
        Which::Adam => looped::<Adam>(isa, operands, inputs, outputs, range),
        Which::Normalized => looped::<One<Normalized>>(isa, operands, inputs, outputs, range),
        Which::NormalizedRelu => looped::<One<Positive<Normalized>>>(isa, operands, inputs, outputs, range),
        Which::NormalizedGrad => looped::<One<NormalizedGrad>>(isa, operands, inputs, outputs, range),
        Which::Gelu => looped::<Gelued>(isa, operands, inputs, outputs, range),
        Which::GeluGrad => looped::<GeluedGrad>(isa, operands, inputs, outputs, range),
    }
}

/// The number that an operand is at every place, if it is one.
fn one_number(view: &View) -> Option<f32> {
    let one = view.dims().iter().zip(view.strides()).all(|(&dim, &stride)| dim == 1 || stride == 0);
    // SAFETY: the caller's views are not empty and of this type, so the first element is there.
    one.then(|| unsafe { view.as_ptr::<f32>().read() })
}

/// The loop over `n` elements of every operand and result. A result may lie where an operand lies.
struct Loop<R> {
    each: [*const f32; SLOTS],
    same: [f32; SLOTS],
    /// Vectors of `period` elements that repeat, of which the first element takes number `phase`.
    across: [*const f32; SLOTS],
    period: usize,
    phase: usize,
    results: [(*mut f32, bool); RESULTS],
    n: usize,
    program: PhantomData<R>,
}

impl<R: Results> Loop<R> {
    fn bind(operands: &Operands, inputs: &[View], outputs: &mut [ViewMut], range: &Range<usize>) -> Option<Loop<R>> {
        let view =
            |input: u8| inputs.get(usize::from(input)).filter(|view| view.elem() == Elem::F32 && !view.is_empty());
        let (mut each, mut across, mut same) = ([std::ptr::null(); SLOTS], [std::ptr::null(); SLOTS], [0.0; SLOTS]);
        for (pointer, &input) in each.iter_mut().zip(&operands.each[..R::EACH]) {
            *pointer = view(input)?.as_slice::<f32>()?.get(range.clone())?.as_ptr();
        }
        for (value, &slot) in same.iter_mut().zip(&operands.same[..R::SAME]) {
            *value = match slot {
                Value::Input(input) => one_number(view(input)?)?,
                Value::Bits(bits) => f32::from_bits(bits),
            };
        }
        let mut period = range.len();
        for (i, (pointer, &input)) in across.iter_mut().zip(&operands.across[..R::ACROSS]).enumerate() {
            let view = view(input)?;
            let Pattern::Periodic(elements) = Loader::new(view, false, false).pattern() else { return None };
            if i > 0 && elements != period {
                return None;
            }
            (*pointer, period) = (view.as_ptr(), elements);
        }
        let phase = if R::ACROSS > 0 { range.start % period } else { 0 };
        if R::ACROSS > 0
            && !lies_as_vectors(period, phase, MAX_LANES)
            && least_common_multiple(period, MAX_LANES) > COPIED
        {
            return None;
        }
        let mut results = [(std::ptr::null_mut(), false); RESULTS];
        for (result, &output) in results.iter_mut().zip(&operands.order[..R::COUNT]) {
            let output = outputs.get_mut(output)?;
            let streamed = output.is_streamed();
            let elements = output.as_mut_slice::<f32>()?;
            *result = (elements.len() == range.len()).then_some((elements.as_mut_ptr(), streamed))?;
        }
        Some(Loop { each, same, across, period, phase, results, n: range.len(), program: PhantomData })
    }
}

/// Whether elements from number `phase` of every `period` on are whole vectors to the period's end.
fn lies_as_vectors(period: usize, phase: usize, lanes: usize) -> bool {
    period.is_multiple_of(lanes) && phase.is_multiple_of(lanes)
}

/// Vectors of every operand: of the elements from here on.
///
/// # Safety
/// A vector is readable at every pointer of a slot that the program has.
#[inline(always)]
unsafe fn load<S: Simd, R: Results>(
    s: S,
    lanes: &mut Lanes<S>,
    each: &[*const f32; SLOTS],
    across: &[*const f32; SLOTS],
    at: [usize; 2],
) {
    // SAFETY: the caller's promise.
    unsafe {
        for (lanes, from) in lanes.each.iter_mut().zip(&each[..R::EACH]) {
            *lanes = s.load(from.add(at[0]));
        }
        for (lanes, from) in lanes.across.iter_mut().zip(&across[..R::ACROSS]) {
            *lanes = s.load(from.add(at[1]));
        }
    }
}

impl<R: Results> Kernel for Loop<R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Loop { each, same, mut across, mut period, mut phase, results, n, .. } = self;
        let mut lanes = Lanes::new(s);
        for (lanes, &value) in lanes.same.iter_mut().zip(&same[..R::SAME]) {
            *lanes = s.splat(value);
        }
        // SAFETY (of this block and those below): `bind` saw to it that `n` elements lie at every pointer, or `period` at those that
        // repeat; whole vectors end at or before element n, and the elements behind them go through memory that holds a vector.
        let mut copies: MaybeUninit<[[f32; COPIED]; SLOTS]> = MaybeUninit::uninit();
        if R::ACROSS > 0 && !lies_as_vectors(period, phase, S::LANES) {
            let length = least_common_multiple(period, S::LANES);
            debug_assert!(length <= COPIED);
            for (slot, from) in across.iter_mut().enumerate().take(R::ACROSS) {
                let to = copies.as_mut_ptr().cast::<f32>().wrapping_add(slot * COPIED);
                for i in 0..length {
                    // SAFETY: `length` is at most COPIED.
                    unsafe { to.add(i).write(from.add((phase + i) % period).read()) };
                }
                *from = to;
            }
            (period, phase) = (length, 0);
        }
        let sinks = results.map(|(to, streamed)| Sink::new::<S>(to, streamed));
        let whole = n - n % S::LANES;
        let mut at = 0;
        while at < whole {
            let end = if R::ACROSS > 0 { (period - phase).min(whole - at) } else { whole };
            for i in (0..end).step_by(S::LANES) {
                // SAFETY: above; elements at + i and phase + i begin whole vectors.
                unsafe {
                    load::<S, R>(s, &mut lanes, &each, &across, [at + i, phase + i]);
                    let values = R::values(s, &lanes);
                    for (sink, &value) in sinks.iter().zip(&values[..R::COUNT]) {
                        sink.put(s, at + i, S::LANES, value);
                    }
                }
            }
            at += end;
            phase = if phase + end == period { 0 } else { phase + end };
        }
        if whole < n {
            let mut rest = [[0.0f32; MAX_LANES]; SLOTS];
            // SAFETY: above; a vector lies at the phase, which is a multiple of the vector within the period.
            unsafe {
                for (to, from) in rest.iter_mut().zip(&each[..R::EACH]) {
                    std::ptr::copy_nonoverlapping(from.add(whole), to.as_mut_ptr(), n - whole);
                }
                load::<S, R>(s, &mut lanes, &rest.each_ref().map(|row| row.as_ptr()), &across, [0, phase]);
                let values = R::values(s, &lanes);
                for (sink, &value) in sinks.iter().zip(&values[..R::COUNT]) {
                    sink.put(s, whole, n - whole, value);
                }
            }
        }
        if results.iter().any(|&(_, streamed)| streamed) {
            s.fence();
        }
    }
}
