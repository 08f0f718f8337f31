//! Reductions along a group of axes, with an elementwise computation in front.
//!
//! The iteration is seen as [outer, reduced, inner]. Sums are taken in blocks of fixed size whose partial results are
//! combined by a binary tree in index order: the rounding error grows with the logarithm of the length, and the bits of a
//! result depend on its own elements only, not on how the outer and inner axes are cut.

mod arg;
mod columns;
mod expression;
mod fold;
mod rows;
mod strip;

use crate::elementwise::{Class, Code, Machine, Registers, narrow};
use crate::simd::{Simd, dispatch};
use crate::{Elem, Isa, View, ViewMut};
use arg::{ArgColumns, ArgRows, MaxF, MaxI, MinF, MinI};
use columns::Columns;
use rows::Rows;
use std::ops::Range;

/// What a reduction does with the elements; the class is that of the code's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// F, I (wrapping). Of nothing: 0.
    Sum,
    /// F, I (wrapping). Of nothing: 1.
    Prod,
    /// F (NaN when any is), I. Of nothing: -infinity, the smallest i32.
    Max,
    /// F (NaN when any is), I. Of nothing: infinity, the largest i32.
    Min,
    /// B. Of nothing: false.
    Any,
    /// B. Of nothing: true.
    All,
    /// F, I: index of the first largest element along the reduced axes, as i32; a NaN counts as the largest. Of nothing: 0.
    ArgMax,
    /// F, I: index of the first smallest element along the reduced axes, as i32; a NaN counts as the smallest. Of nothing: 0.
    ArgMin,
}

/// A reduction, without its operands.
#[derive(Clone, Debug)]
pub struct Reduce<'a> {
    /// What is done.
    pub kind: Reduction,
    /// Computes the elements from the inputs; one output, whose register is reduced.
    pub code: &'a Code,
    /// The iteration dims, which every input has.
    pub dims: &'a [usize],
    /// The reduced axes, next to each other.
    pub axes: Range<usize>,
    /// Whether the result is combined with what `out` holds (not for the Arg kinds; `out` is F32 or I32 then).
    pub accumulate: bool,
    /// Added to the indices that `Step::Iota` gives along axis 0.
    pub origin: usize,
}

/// Reduces for the flat indices `outer` of the axes before the reduced ones and `inner` of those behind.
///
/// `out` is [outer.len(), inner.len()] with rows of any distance and columns next to each other; its element type is one
/// of the class of the result.
///
/// Panics when operands, code, dims, ranges or the kind do not fit.
pub fn reduce(isa: Isa, what: &Reduce, inputs: &[View], out: ViewMut, outer: Range<usize>, inner: Range<usize>) {
    assert_eq!(what.code.outputs.len(), 1, "a reduction reduces one output");
    assert_eq!(out.dims(), [outer.len(), inner.len()], "out does not have the dims of the ranges");
    let product = |axes: Range<usize>| what.dims[axes].iter().product::<usize>();
    let shape = Shape {
        reduced: product(what.axes.clone()),
        inner: product(what.axes.end..what.dims.len()),
        outer_range: outer,
        inner_range: inner,
    };
    assert!(shape.outer_range.end <= product(0..what.axes.start) && shape.inner_range.end <= shape.inner);
    if shape.outer_range.is_empty() || shape.inner_range.is_empty() {
        return;
    }
    let class = Class::of(what.code.outputs[0].1);
    let indices = matches!(what.kind, Reduction::ArgMax | Reduction::ArgMin);
    let result_class = if indices { Class::I } else { class };
    assert_eq!(Class::of(out.elem()), result_class, "out has an element type of another class than the result");
    let task = Task { what, inputs, out: Sink::new(out, what.accumulate), shape };
    // A row is one element wide: then lanes run along the reduced axes, else across the inner ones.
    macro_rules! fold {
        ($op:ty) => {
            if task.shape.inner == 1 {
                dispatch(isa, Rows::<$op>::new(task))
            } else {
                dispatch(isa, Columns::<$op>::new(task))
            }
        };
    }
    macro_rules! arg {
        ($op:ty) => {
            if task.shape.inner == 1 {
                dispatch(isa, ArgRows::<$op>::new(task))
            } else {
                dispatch(isa, ArgColumns::<$op>::new(task))
            }
        };
    }
    match (what.kind, class) {
        (Reduction::Sum, Class::F) => fold!(fold::SumF),
        (Reduction::Prod, Class::F) => fold!(fold::ProdF),
        (Reduction::Max, Class::F) => fold!(fold::MaxF),
        (Reduction::Min, Class::F) => fold!(fold::MinF),
        (Reduction::Sum, Class::I) => fold!(fold::SumI),
        (Reduction::Prod, Class::I) => fold!(fold::ProdI),
        (Reduction::Max, Class::I) => fold!(fold::MaxI),
        (Reduction::Min, Class::I) => fold!(fold::MinI),
        (Reduction::Any, Class::B) => fold!(fold::Or),
        (Reduction::All, Class::B) => fold!(fold::And),
        (Reduction::ArgMax, Class::F) => arg!(MaxF),
        (Reduction::ArgMin, Class::F) => arg!(MinF),
        (Reduction::ArgMax, Class::I) => arg!(MaxI),
        (Reduction::ArgMin, Class::I) => arg!(MinI),
        (kind, class) => panic!("{kind:?} does not reduce class {class:?}"),
    }
}

/// The iteration as [outer, reduced, inner], and the part of it to be done.
#[derive(Clone)]
struct Shape {
    reduced: usize,
    inner: usize,
    outer_range: Range<usize>,
    inner_range: Range<usize>,
}

/// Everything a kernel of this module works on.
struct Task<'a> {
    what: &'a Reduce<'a>,
    inputs: &'a [View<'a>],
    out: Sink<'a>,
    shape: Shape,
}

impl<'a> Task<'a> {
    /// A machine for the task's code, not bound yet.
    #[inline(always)]
    fn machine(&self, registers: &'a mut Registers) -> Machine<'a> {
        Machine::new(self.what.code, self.what.dims, self.what.origin, registers)
    }
}

/// Where results go.
struct Sink<'a> {
    out: ViewMut<'a>,
    row_stride: isize,
    accumulate: bool,
}

impl<'a> Sink<'a> {
    fn new(out: ViewMut<'a>, accumulate: bool) -> Sink<'a> {
        let strides = out.strides();
        assert!(out.dims()[1] == 1 || strides[1] == 1, "the columns of out lie next to each other");
        assert!(!accumulate || out.elem().size() == 4, "only results of 32 bits are accumulated");
        Sink { row_stride: strides[0], out, accumulate }
    }

    /// Where element (row, column) is.
    fn at(&mut self, row: usize, column: usize) -> *mut u8 {
        debug_assert!(row < self.out.dims()[0] && column < self.out.dims()[1]);
        let element = row as isize * self.row_stride + column as isize;
        self.out.as_bytes_mut_ptr().wrapping_offset(element * self.out.elem().size() as isize)
    }
}

/// The elements to be reduced: where they lie, or computed block by block.
enum Source<'a, 'b> {
    /// 32-bit elements of [outer, reduced, inner] at these distances; the last axis that lanes run along has distance 1.
    Lying { base: *const i32, outer: isize, reduced: isize },
    /// Anything else.
    Computed(&'b mut Machine<'a>),
}

impl<'a, 'b> Source<'a, 'b> {
    /// The source of `task`'s elements; `machine` is bound if it is needed, for blocks up to `longest`.
    fn new<S: Simd>(s: S, task: &Task<'a>, machine: &'b mut Machine<'a>, longest: usize) -> Source<'a, 'b> {
        let what = task.what;
        if what.code.is_identity() && matches!(what.code.outputs[0].1, Elem::F32 | Elem::I32) {
            let view = &task.inputs[0];
            assert_eq!(view.dims(), what.dims, "an input must have the iteration dims");
            assert_eq!(view.elem(), what.code.inputs[0], "an input has another element type than the code");
            let outer = merged_stride(view, 0..what.axes.start);
            let reduced = merged_stride(view, what.axes.clone());
            let inner = merged_stride(view, what.axes.end..what.dims.len());
            if let (Some(outer), Some(reduced), Some(inner)) = (outer, reduced, inner) {
                let next_to_each_other = if task.shape.inner == 1 { reduced } else { inner };
                if next_to_each_other == 1 {
                    return Source::Lying { base: view.as_bytes_ptr().cast(), outer, reduced };
                }
            }
        }
        machine.bind(s, task.inputs, &mut [], longest);
        Source::Computed(machine)
    }
}

/// The distance of neighbours along `axes` seen as one axis, if there is one.
fn merged_stride(view: &View, axes: Range<usize>) -> Option<isize> {
    let mut merged: Option<(usize, isize)> = None;
    for axis in axes.rev() {
        let (dim, stride) = (view.dims()[axis], view.strides()[axis]);
        if dim == 1 {
            continue;
        }
        merged = match merged {
            None => Some((dim, stride)),
            Some((len, step)) if stride == step * len as isize => Some((len * dim, step)),
            Some(_) => return None,
        };
    }
    Some(merged.map_or(1, |(_, step)| step))
}
