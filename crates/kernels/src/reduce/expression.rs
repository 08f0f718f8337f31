//! Sums by columns of expressions that are computed in registers: those of batch normalization, which every step takes over all pixels.
//! Operations and their order, and so the bits, are those of the machine and of the sums of its results.

use super::strip::{Strip, add_rows};
use super::{Task, merged_stride};
use crate::Elem;
use crate::elementwise::terms::{self, Across, Each, Lanes, Minus, One, SLOTS, Squared, Term, Times};
use crate::simd::Simd;
use std::marker::PhantomData;
use std::ops::Range;

/// `(x - mean)^2`.
type Deviation = Squared<Minus<Each<0>, Across<0>>>;
/// `dy (x - mean) p`.
type Slope = Times<Each<1>, Times<Minus<Each<0>, Across<0>>, Across<1>>>;

/// The most steps of one of them.
const MAX_STEPS: usize = 3;

#[derive(Clone, Copy)]
enum Which {
    Deviation,
    Slope,
}

/// An expression, and where its operands lie.
pub(super) struct Expression {
    which: Which,
    /// With the distances along the outer and the reduced axes; columns are next to each other.
    each: [(*const f32, [isize; 2]); SLOTS],
    /// A number a column, with the distance along the outer axes.
    across: [(*const f32, isize); SLOTS],
}

impl Expression {
    /// What the task sums, if it is such an expression of operands that lie so.
    pub(super) fn of(task: &Task) -> Option<Expression> {
        if !(1..=MAX_STEPS).contains(&task.what.code.steps.len()) {
            return None;
        }
        Expression::bind::<Deviation>(task, Which::Deviation).or_else(|| Expression::bind::<Slope>(task, Which::Slope))
    }

    fn bind<T: Term>(task: &Task, which: Which) -> Option<Expression> {
        let operands = terms::find::<One<T>>(task.what.code)?;
        let axes = &task.what.axes;
        let view = |input: u8| {
            let view = task.inputs.get(usize::from(input))?;
            let fits = view.dims() == task.what.dims && view.elem() == Elem::F32;
            let by_columns = merged_stride(view, axes.end..task.what.dims.len()) == Some(1);
            (fits && by_columns).then_some(view)
        };
        let mut each = [(std::ptr::null(), [0; 2]); SLOTS];
        for (operand, &input) in each.iter_mut().zip(&operands.each[..T::EACH]) {
            let view = view(input)?;
            let strides = [merged_stride(view, 0..axes.start)?, merged_stride(view, axes.clone())?];
            *operand = (view.as_ptr(), strides);
        }
        let mut across = [(std::ptr::null(), 0); SLOTS];
        for (operand, &input) in across.iter_mut().zip(&operands.across[..T::ACROSS]) {
            let view = view(input)?;
            let outer = merged_stride(view, 0..axes.start)?;
            *operand = (merged_stride(view, axes.clone())? == 0).then(|| (view.as_ptr(), outer))?;
        }
        Some(Expression { which, each, across })
    }

    /// Adds the expression of `rows` rows from `[outer, row, column]` on, `width` columns, to `sums`, in order.
    ///
    /// # Safety
    /// Rows and columns are within the task; `width` rounded up to whole vectors is writable at `sums`.
    #[inline(always)]
    pub(super) unsafe fn add_rows<S: Simd>(&self, s: S, sums: *mut f32, place: [usize; 3], rows: usize, width: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.which {
                Which::Deviation => self.add::<S, Deviation>(s, sums, place, rows, width),
                Which::Slope => self.add::<S, Slope>(s, sums, place, rows, width),
            }
        }
    }

    /// # Safety
    /// As [`Expression::add_rows`].
    #[inline(always)]
    unsafe fn add<S: Simd, T: Term>(&self, s: S, sums: *mut f32, place: [usize; 3], rows: usize, width: usize) {
        let [outer, row, column] = place;
        let each = self.each.map(|(base, [outer_stride, stride])| {
            let place = outer as isize * outer_stride + row as isize * stride + column as isize;
            (base.wrapping_offset(place), stride)
        });
        let across = self.across.map(|(base, stride)| base.wrapping_offset(outer as isize * stride + column as isize));
        // SAFETY: the caller's promise.
        unsafe { add_rows(s, &Computed { sums, each, across, term: PhantomData::<T> }, rows, width) };
    }
}

/// Rows of an expression, and where they are added.
struct Computed<T> {
    sums: *mut f32,
    /// With the distance of rows.
    each: [(*const f32, isize); SLOTS],
    across: [*const f32; SLOTS],
    term: PhantomData<T>,
}

impl<S: Simd, T: Term> Strip<S> for Computed<T> {
    #[inline(always)]
    unsafe fn add<const W: usize>(&self, s: S, column: usize, count: usize, rows: Range<usize>) {
        let partial = count < W * S::LANES;
        // SAFETY: the caller's promise; lanes that are not there are not read.
        let load = |from: *const f32| unsafe { if partial { s.load_partial(from, count, 0.0) } else { s.load(from) } };
        let mut lanes: [Lanes<S>; W] = [Lanes::new(s); W];
        let mut sums = [s.splat(0.0); W];
        // SAFETY: the caller's promise.
        unsafe {
            let to = self.sums.add(column);
            for (k, (lanes, sum)) in lanes.iter_mut().zip(&mut sums).enumerate() {
                *sum = s.load(to.add(k * S::LANES));
                for slot in 0..T::ACROSS {
                    lanes.across[slot] = load(self.across[slot].add(column + k * S::LANES));
                }
            }
            for row in rows {
                for (k, (lanes, sum)) in lanes.iter_mut().zip(&mut sums).enumerate() {
                    for slot in 0..T::EACH {
                        let (first, stride) = self.each[slot];
                        lanes.each[slot] = load(first.offset(row as isize * stride).add(column + k * S::LANES));
                    }
                    *sum = s.add(*sum, T::value(s, lanes));
                }
            }
            for (k, sum) in sums.into_iter().enumerate() {
                s.store(to.add(k * S::LANES), sum);
            }
        }
    }
}
