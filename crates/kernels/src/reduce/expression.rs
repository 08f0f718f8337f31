//! Sums by columns of expressions that are computed in registers: those of batch normalization, which every step takes over all pixels.
//! Operations and their order, and so the bits, are those of the machine and of the sums of its results.

use super::{Task, merged_stride};
use crate::Elem;
use crate::elementwise::terms::{self, Across, Each, Lanes, Minus, One, SLOTS, Squared, Term, Times};
use crate::simd::Simd;

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
    /// A number a column.
    across: [*const f32; SLOTS],
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
        let mut across = [std::ptr::null(); SLOTS];
        for (operand, &input) in across.iter_mut().zip(&operands.across[..T::ACROSS]) {
            let view = view(input)?;
            *operand = (merged_stride(view, 0..axes.end)? == 0).then(|| view.as_ptr())?;
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
    unsafe fn add<S: Simd, T: Term>(
        &self,
        s: S,
        sums: *mut f32,
        [outer, row, column]: [usize; 3],
        rows: usize,
        width: usize,
    ) {
        let first = self.each.map(|(base, [outer_stride, stride])| {
            let place = outer as isize * outer_stride + row as isize * stride + column as isize;
            base.wrapping_offset(place)
        });
        let mut i = 0;
        // SAFETY: the caller's promise; columns i.. of so many vectors are within `width`, except in the last part.
        unsafe {
            while i + 4 * S::LANES <= width {
                self.vectors::<S, T, 4>(s, sums, &first, column, i, rows, 4 * S::LANES);
                i += 4 * S::LANES;
            }
            if i + 2 * S::LANES <= width {
                self.vectors::<S, T, 2>(s, sums, &first, column, i, rows, 2 * S::LANES);
                i += 2 * S::LANES;
            }
            while i < width {
                self.vectors::<S, T, 1>(s, sums, &first, column, i, rows, (width - i).min(S::LANES));
                i += S::LANES;
            }
        }
    }

    /// `W` vectors of columns from `i` on, of which `count` are there: one alone would wait for its own additions.
    ///
    /// # Safety
    /// As [`Expression::add_rows`]; `count` is that of whole vectors, or `W` is 1.
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    unsafe fn vectors<S: Simd, T: Term, const W: usize>(
        &self,
        s: S,
        sums: *mut f32,
        first: &[*const f32; SLOTS],
        column: usize,
        i: usize,
        rows: usize,
        count: usize,
    ) {
        let partial = count < W * S::LANES;
        // SAFETY: the caller's promise.
        let load = |from: *const f32| unsafe { if partial { s.load_partial(from, count, 0.0) } else { s.load(from) } };
        let mut lanes: [Lanes<S>; W] = [Lanes::new(s); W];
        let mut total = [s.splat(0.0); W];
        // SAFETY: the caller's promise.
        unsafe {
            for (k, (lanes, total)) in lanes.iter_mut().zip(&mut total).enumerate() {
                *total = s.load(sums.add(i + k * S::LANES));
                for slot in 0..T::ACROSS {
                    lanes.across[slot] = load(self.across[slot].add(column + i + k * S::LANES));
                }
            }
            for row in 0..rows {
                for (k, (lanes, total)) in lanes.iter_mut().zip(&mut total).enumerate() {
                    for slot in 0..T::EACH {
                        let line = first[slot].offset(row as isize * self.each[slot].1[1]);
                        lanes.each[slot] = load(line.add(i + k * S::LANES));
                    }
                    *total = s.add(*total, T::value(s, lanes));
                }
            }
            for (k, total) in total.into_iter().enumerate() {
                s.store(sums.add(i + k * S::LANES), total);
            }
        }
    }
}
