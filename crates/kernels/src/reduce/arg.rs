//! Where the largest or smallest element is: the first one wins, and a NaN is more extreme than any number.

use super::columns::{Fetch, TILE};
use super::{Source, Task};
use crate::elementwise::{Registers, narrow};
use crate::simd::{Kernel, MAX_LANES, Simd};
use std::marker::PhantomData;

/// When an element takes the place of the best so far.
pub(super) trait Better {
    fn lanes<S: Simd>(s: S, a: S::I, best: S::I) -> S::M;
}

macro_rules! float_better {
    ($($name:ident, |$s:ident, $a:ident, $best:ident| $lanes:expr;)*) => {$(
        pub(super) struct $name;
        impl Better for $name {
            #[inline(always)]
            fn lanes<S: Simd>($s: S, $a: S::I, $best: S::I) -> S::M {
                let ($a, $best) = ($s.float_from_bits($a), $s.float_from_bits($best));
                let first_nan = $s.and_m($s.is_nan($a), $s.eq($best, $best));
                $s.or_m($lanes, first_nan)
            }
        }
    )*};
}
float_better! {
    MaxF, |s, a, best| s.lt(best, a);
    MinF, |s, a, best| s.lt(a, best);
}

macro_rules! int_better {
    ($($name:ident, |$s:ident, $a:ident, $best:ident| $lanes:expr;)*) => {$(
        pub(super) struct $name;
        impl Better for $name {
            #[inline(always)]
            fn lanes<S: Simd>($s: S, $a: S::I, $best: S::I) -> S::M {
                $lanes
            }
        }
    )*};
}
int_better! {
    MaxI, |s, a, best| s.lt_i(best, a);
    MinI, |s, a, best| s.lt_i(a, best);
}

/// Along the innermost axis: every lane keeps the best of its own elements.
pub(super) struct ArgRows<'a, O> {
    task: Task<'a>,
    op: PhantomData<O>,
}

impl<'a, O> ArgRows<'a, O> {
    pub(super) fn new(task: Task<'a>) -> ArgRows<'a, O> {
        assert!(!task.out.accumulate, "indices are not accumulated");
        ArgRows { task, op: PhantomData }
    }
}

/// The best elements of a row so far, one a lane, and where they are.
struct Best<S: Simd> {
    values: S::I,
    places: S::I,
    /// The first element: what lanes past the end of the row see, since nothing is better than itself.
    first: i32,
}

impl<S: Simd> Best<S> {
    /// Takes in the `n` elements at `from`, the first of which is element `start` of the row.
    ///
    /// # Safety
    /// `n` elements are readable.
    #[inline(always)]
    unsafe fn take<O: Better>(&mut self, s: S, from: *const i32, start: usize, n: usize, ramp: S::I) {
        for i in (0..n).step_by(S::LANES) {
            // SAFETY: `n - i` elements are left.
            let values = unsafe {
                if n - i >= S::LANES {
                    s.load_i(from.add(i))
                } else {
                    s.bits(s.load_partial(from.add(i).cast(), n - i, f32::from_bits(self.first as u32)))
                }
            };
            let better = O::lanes(s, values, self.values);
            self.values = s.select_i(better, values, self.values);
            self.places = s.select_i(better, s.add_i(ramp, s.splat_i((start + i) as i32)), self.places);
        }
    }

    /// Where the best of all lanes is: halves of the vector are compared, then quarters, until every lane has seen all others.
    #[inline(always)]
    fn place<O: Better>(&self, s: S) -> i32 {
        let (mut values, mut places) = (self.values, self.places);
        let mut distance = S::LANES / 2;
        while distance > 0 {
            let (other, elsewhere) = (s.exchange(values, distance), s.exchange(places, distance));
            let earlier = s.and_m(s.not_m(O::lanes(s, values, other)), s.lt_i(elsewhere, places));
            let better = s.or_m(O::lanes(s, other, values), earlier);
            values = s.select_i(better, other, values);
            places = s.select_i(better, elsewhere, places);
            distance /= 2;
        }
        s.to_array_i(places)[0]
    }
}

impl<O: Better> Kernel for ArgRows<'_, O> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut task = self.task;
        let (length, rows) = (task.shape.reduced, task.shape.outer_range.clone());
        let mut registers = Registers::new();
        let mut machine = task.machine(&mut registers);
        let mut source = Source::new(s, &task, &mut machine, length);
        let ramp = s.of_array_i(&std::array::from_fn::<i32, MAX_LANES, _>(|lane| lane as i32));
        for row in rows.clone() {
            let mut best = Best::<S> { values: s.splat_i(0), places: s.splat_i(0), first: 0 };
            let mut start = 0;
            while start < length {
                let (from, n) = match &mut source {
                    // SAFETY: the row is within the operand.
                    Source::Lying { base, outer, .. } => unsafe { (base.offset(row as isize * *outer), length) },
                    Source::Computed(machine) => {
                        let n = machine.block().min(length - start);
                        (machine.evaluate(s, row * length + start, n), n)
                    }
                };
                // SAFETY: `n` elements are at `from`.
                unsafe {
                    if start == 0 {
                        best.first = from.read();
                        best.values = s.splat_i(best.first);
                    }
                    best.take::<O>(s, from, start, n, ramp);
                }
                start += n;
            }
            let lanes = [best.place::<O>(s); MAX_LANES];
            let to = task.out.at(row - rows.start, 0);
            // SAFETY: one result fits at `to`.
            unsafe { narrow(s, task.out.out.elem(), lanes.as_ptr(), to, 1) };
        }
    }
}

/// Along another axis: every column keeps its best.
pub(super) struct ArgColumns<'a, O> {
    task: Task<'a>,
    op: PhantomData<O>,
}

impl<'a, O> ArgColumns<'a, O> {
    pub(super) fn new(task: Task<'a>) -> ArgColumns<'a, O> {
        assert!(!task.out.accumulate, "indices are not accumulated");
        ArgColumns { task, op: PhantomData }
    }
}

impl<O: Better> Kernel for ArgColumns<'_, O> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut task = self.task;
        let shape = task.shape.clone();
        let mut registers = Registers::new();
        let mut machine = task.machine(&mut registers);
        let mut source = Source::new(s, &task, &mut machine, usize::MAX);
        let block = match &source {
            Source::Lying { .. } => usize::MAX,
            Source::Computed(machine) => machine.block(),
        };
        let (mut values, mut places) = ([0i32; TILE], [0i32; TILE]);
        for outer in shape.outer_range.clone() {
            let mut column = shape.inner_range.start;
            while column < shape.inner_range.end {
                let width = Fetch::of(&task, column, block).width;
                places.fill(0);
                for row in 0..shape.reduced {
                    // SAFETY: the row is within the operand, or the machine computed it; tiles hold whole vectors.
                    unsafe {
                        let from = match &mut source {
                            Source::Lying { base, outer: outer_stride, reduced } => {
                                base.offset(outer as isize * *outer_stride + row as isize * *reduced).add(column)
                            }
                            Source::Computed(machine) => {
                                machine.evaluate(s, (outer * shape.reduced + row) * shape.inner + column, width)
                            }
                        };
                        if row == 0 {
                            std::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), width);
                        }
                        compare_row::<S, O>(s, &mut values, &mut places, from, row as i32, width);
                    }
                }
                let to = task.out.at(outer - shape.outer_range.start, column - shape.inner_range.start);
                // SAFETY: `width` results fit at `to`; the tile holds whole vectors.
                unsafe { narrow(s, task.out.out.elem(), places.as_ptr(), to, width) };
                column += width;
            }
        }
    }
}

/// # Safety
/// `width <= TILE` elements are readable at `from`.
#[inline(always)]
unsafe fn compare_row<S: Simd, O: Better>(
    s: S,
    values: &mut [i32; TILE],
    places: &mut [i32; TILE],
    from: *const i32,
    row: i32,
    width: usize,
) {
    let (values, places) = (values.as_mut_ptr(), places.as_mut_ptr());
    for i in (0..width).step_by(S::LANES) {
        // SAFETY: the tiles hold whole vectors; `width - i` elements of the row are left.
        unsafe {
            let best = s.load_i(values.add(i));
            let value = if width - i >= S::LANES {
                s.load_i(from.add(i))
            } else {
                s.bits(s.load_partial(from.add(i).cast(), width - i, 0.0))
            };
            let better = O::lanes(s, value, best);
            s.store_i(values.add(i), s.select_i(better, value, best));
            s.store_i(places.add(i), s.select_i(better, s.splat_i(row), s.load_i(places.add(i))));
        }
    }
}
