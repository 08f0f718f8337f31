//! The fused elementwise machine: any chain of elementwise operations in one pass over memory.

mod chain;
mod code;
mod few;
mod loader;
mod machine;
mod ops;
mod quick;
pub(crate) mod terms;
mod whole;

pub use code::{Binary, Class, Code, MAX_INPUTS, MAX_OUTPUTS, MAX_REGISTERS, MAX_STEPS, Step, Unary};
use few::{FEW, Few};
pub(crate) use loader::narrow;
pub(crate) use machine::{Machine, Registers};

use crate::simd::{Kernel, Simd, dispatch};
use crate::{Isa, View, ViewMut};
use std::ops::Range;

/// A code that was looked at, once for all its runs.
#[derive(Clone, Debug)]
pub struct Prepared {
    code: Code,
    whole: Option<whole::Found>,
}

impl Prepared {
    /// Panics unless the code keeps its rules ([`Code::check`]).
    pub fn new(code: Code) -> Prepared {
        assert_eq!(code.check(), Ok(()));
        Prepared { whole: whole::find(&code), code }
    }

    /// As [`run`].
    pub fn run(
        &self,
        isa: Isa,
        dims: &[usize],
        inputs: &[View],
        outputs: &mut [ViewMut],
        range: Range<usize>,
        origin: usize,
    ) {
        let Prepared { code, whole } = self;
        start(isa, Run { code, dims, inputs, outputs, range, origin }, whole.as_ref());
    }
}

/// Runs `code` over the elements `range` (flat, row-major) of the iteration `dims` (rank at most 8, not empty dims
/// alone: rank 0 is one element).
///
/// Every input has exactly the iteration dims, with stride 0 where it is broadcast; outputs are contiguous and hold the
/// `range.len()` elements of the range only. `origin` is added to the index that [`Step::Iota`] gives along axis 0: the
/// first row of this chunk. An output may lie exactly where an input of the same element size lies (an update in place):
/// all loads of a block come before its stores. The result for an element does not depend on the range it is computed in.
///
/// Panics when operands do not fit the code, the dims or the range.
pub fn run(
    isa: Isa,
    code: &Code,
    dims: &[usize],
    inputs: &[View],
    outputs: &mut [ViewMut],
    range: Range<usize>,
    origin: usize,
) {
    assert_eq!(code.check(), Ok(()));
    start(isa, Run { code, dims, inputs, outputs, range, origin }, whole::find(code).as_ref());
}

/// Of a code that keeps its rules.
fn start(isa: Isa, run: Run, whole: Option<&whole::Found>) {
    assert!(run.range.end <= run.dims.iter().product(), "the range leaves the iteration");
    for output in run.outputs.iter() {
        assert_eq!(output.len(), run.range.len(), "an output holds another number of elements than the range");
    }
    if run.range.is_empty() {
        return;
    }
    let as_many = run.inputs.len() == run.code.inputs.len() && run.outputs.len() == run.code.outputs.len();
    let fits = as_many && run.inputs.iter().all(|view| view.dims() == run.dims);
    if whole.is_some_and(|found| fits && whole::run(isa, found, run.inputs, run.outputs, &run.range)) {
        return;
    }
    if run.range.len() <= FEW {
        let Run { code, dims, inputs, outputs, range, origin } = run;
        dispatch(isa, Few { code, dims, inputs, outputs, range, origin });
    } else {
        dispatch(isa, run);
    }
}

struct Run<'a, 'b, 'c> {
    code: &'b Code,
    dims: &'b [usize],
    inputs: &'b [View<'a>],
    outputs: &'b mut [ViewMut<'c>],
    range: Range<usize>,
    origin: usize,
}

impl Kernel for Run<'_, '_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Run { code, dims, inputs, outputs, range, origin } = self;
        if code.outputs.is_empty() {
            return;
        }
        // Whole vectors first, so that they can be read and written where they lie; then the rest.
        let whole = range.len() - range.len() % S::LANES;
        let mut offset = 0;
        let mut registers = Registers::new();
        let mut machine = Machine::new(code, dims, origin, &mut registers);
        machine.bind(s, inputs, outputs, range.len());
        while offset < range.len() {
            let end = if offset < whole { whole } else { range.len() };
            let n = machine.next(range.start + offset, end - offset);
            // SAFETY: offset + n <= range.len(), which is every output's length.
            unsafe { machine.store(s, range.start + offset, n, offset) };
            offset += n;
        }
        machine.finish(s);
    }
}
