//! Few elements: the steps one after the other, without a plan.
//!
//! What the machine does before its first number (which steps stay the same, chains, places of outputs) takes about a
//! microsecond, and its registers 13 pages of stack: much for the one number of a step size or a counter, and for the 32 of a
//! small layer's bias. Here every step goes over all elements at once, from register to register. Operations, and so the
//! bits, are the machine's.

use super::chain::{Link, Plan, Tape};
use super::code::{Code, MAX_REGISTERS, Step};
use super::loader::{Loader, narrow, widen_lying};
use super::machine::heavy;
use crate::simd::{Kernel, Simd};
use crate::{View, ViewMut};
use std::mem::MaybeUninit;
use std::ops::Range;

/// The most elements: a register is four cache lines.
pub(super) const FEW: usize = 64;

/// A register more than a code has, for elements on their way to being widened. Not initialised: only what was written is read.
#[repr(align(64))]
struct Registers(MaybeUninit<[[i32; FEW]; MAX_REGISTERS + 1]>);

pub(super) struct Few<'a, 'b, 'c> {
    /// Keeps its rules ([`Code::check`]): where registers lie follows from it.
    pub(super) code: &'b Code,
    pub(super) dims: &'b [usize],
    pub(super) inputs: &'b [View<'a>],
    pub(super) outputs: &'b mut [ViewMut<'c>],
    /// Of at most [`FEW`] elements.
    pub(super) range: Range<usize>,
    pub(super) origin: usize,
}

impl Kernel for Few<'_, '_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Few { code, dims, inputs, outputs, range, origin } = self;
        check(code, dims, inputs, outputs);
        let n = range.len();
        assert!(n <= FEW);
        let lanes = n.next_multiple_of(S::LANES);
        let mut registers = Registers(MaybeUninit::uninit());
        let base = registers.0.as_mut_ptr().cast::<i32>();
        // Numbers of registers are at most MAX_REGISTERS: `check`.
        let at = |register: u8| base.wrapping_add(usize::from(register) * FEW);
        for (i, view) in inputs.iter().enumerate() {
            // SAFETY: the range is within the iteration, whose dims the view has; a register holds `lanes` lanes.
            unsafe { load(s, view, range.start, n, at(i as u8), at(MAX_REGISTERS as u8)) };
        }
        for &step in &code.steps {
            let dst = at(step.dst());
            match Plan::start(step) {
                Some((first, Plan { code, op, x, y })) => {
                    let link = Link { code, op, x: at(x), y: at(y) };
                    s.vectorize(Tape { first: at(first), links: &[link], last: dst, n: lanes });
                }
                // SAFETY: `lanes` is a multiple of the vector, and every register that is read was written for so many (`check`).
                None => unsafe { heavy(s, step, dst, |register| at(register), range.start, lanes, dims, origin) },
            }
        }
        for (output, &(register, elem)) in outputs.iter_mut().zip(&code.outputs) {
            // SAFETY: an output has the `n` elements of the range, contiguous and of this type.
            unsafe { narrow(s, elem, at(register), output.as_bytes_mut_ptr(), n) };
        }
    }
}

/// Panics unless operands fit the code, which keeps its rules: it reads only registers that are there and were written.
fn check(code: &Code, dims: &[usize], inputs: &[View], outputs: &[ViewMut]) {
    debug_assert_eq!(code.check(), Ok(()));
    assert_eq!(inputs.len(), code.inputs.len(), "the code has another number of inputs");
    assert_eq!(outputs.len(), code.outputs.len(), "the code has another number of outputs");
    let is_there = |step: &Step| !matches!(step, Step::Iota { axis, .. } if usize::from(*axis) >= dims.len());
    assert!(code.steps.iter().all(is_there), "an index along an axis that is not there");
    for (view, &elem) in inputs.iter().zip(&code.inputs) {
        assert_eq!(view.dims(), dims, "an input must have the iteration dims");
        assert_eq!(view.elem(), elem, "an input has another element type than the code");
    }
    for (output, &(_, elem)) in outputs.iter().zip(&code.outputs) {
        assert_eq!(output.elem(), elem, "an output has another element type than the code");
        assert!(output.layout().is_contiguous(), "outputs are contiguous");
    }
}

/// Copies the `n` elements from flat index `start` on into a register, widened, with zeros up to whole vectors.
///
/// # Safety
/// The elements are within the view; `register` and `raw` are writable for [`FEW`] lanes, and `n <= FEW`.
unsafe fn load<S: Simd>(s: S, view: &View, start: usize, n: usize, register: *mut i32, raw: *mut i32) {
    if view.layout().is_contiguous() {
        let from = view.as_bytes_ptr().wrapping_add(start * view.elem().size());
        // SAFETY: `n` elements lie at `from`; the rest is passed on.
        unsafe { widen_lying(s, view.elem(), from, n, register, raw) };
    } else {
        // SAFETY: the caller's promises; the loader is made for this one block and copies (`in_place` is false).
        unsafe { Loader::new(view, false, false).load(s, start, n, register, raw) };
    }
}
