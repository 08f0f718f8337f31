//! Folds along the innermost axis: lanes run along the row.

use super::fold::Fold;
use super::{Sink, Source, Task, narrow};
use crate::cascade::Cascade;
use crate::elementwise::Registers;
use crate::simd::{Kernel, Simd};
use std::marker::PhantomData;

/// Elements whose partial result is taken at once. Part of the definition of a sum's bits.
const CHUNK: usize = 512;
/// Up to this length several rows are computed at a time.
const SHORT: usize = 256;
/// Results held back until they are stored together.
const PENDING: usize = 64;
/// Chunks of a row: up to 2^40.
const LEVELS: usize = 40;

pub(super) struct Rows<'a, O> {
    task: Task<'a>,
    op: PhantomData<O>,
}

impl<'a, O> Rows<'a, O> {
    pub(super) fn new(task: Task<'a>) -> Rows<'a, O> {
        Rows { task, op: PhantomData }
    }
}

/// The `n` elements at `from` as one vector.
///
/// # Safety
/// `n` elements are readable.
#[inline(always)]
unsafe fn chunk<S: Simd, O: Fold>(s: S, from: *const i32, n: usize) -> S::I {
    let mut sums = [s.splat_i(O::IDENTITY); 4];
    let mut i = 0;
    // SAFETY: every load ends at or before element n.
    unsafe {
        while i + 4 * S::LANES <= n {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = O::combine(s, *sum, s.load_i(from.add(i + k * S::LANES)));
            }
            i += 4 * S::LANES;
        }
        while i + S::LANES <= n {
            sums[0] = O::combine(s, sums[0], s.load_i(from.add(i)));
            i += S::LANES;
        }
        if i < n {
            let rest = s.load_partial(from.add(i).cast(), n - i, f32::from_bits(O::IDENTITY as u32));
            sums[1] = O::combine(s, sums[1], s.bits(rest));
        }
    }
    O::combine(s, O::combine(s, sums[0], sums[1]), O::combine(s, sums[2], sums[3]))
}

/// Results in order, stored a few at a time.
struct Results {
    pending: [i32; PENDING],
    count: usize,
    first: usize,
}

impl Results {
    #[inline(always)]
    fn push<S: Simd, O: Fold>(&mut self, s: S, value: i32, sink: &mut Sink) {
        self.pending[self.count] = value;
        self.count += 1;
        if self.count == PENDING {
            self.flush::<S, O>(s, sink);
        }
    }

    #[inline(always)]
    fn flush<S: Simd, O: Fold>(&mut self, s: S, sink: &mut Sink) {
        let elem = sink.out.elem();
        let one_by_one = sink.accumulate || sink.row_stride != 1;
        // SAFETY: rows `first..first + count` of the sink exist; whole vectors of `pending` are readable.
        unsafe {
            if !one_by_one && self.count > 0 {
                narrow(s, elem, self.pending.as_ptr(), sink.at(self.first, 0), self.count);
            }
            for i in 0..if one_by_one { self.count } else { 0 } {
                let to = sink.at(self.first + i, 0);
                if sink.accumulate {
                    self.pending[i] = O::combine_one(to.cast::<i32>().read(), self.pending[i]);
                }
                let lanes = [self.pending[i]; crate::simd::MAX_LANES];
                narrow(s, elem, lanes.as_ptr(), to, 1);
            }
        }
        self.first += self.count;
        self.count = 0;
    }
}

impl<O: Fold> Kernel for Rows<'_, O> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut task = self.task;
        let (length, rows) = (task.shape.reduced, task.shape.outer_range.clone());
        let mut results = Results { pending: [0; PENDING], count: 0, first: 0 };
        let mut registers = Registers::new();
        let mut machine = task.machine(&mut registers);
        let longest = if length <= SHORT { rows.len().saturating_mul(length) } else { length };
        let mut source = Source::new(s, &task, &mut machine, longest);
        let sink = &mut task.out;
        let combine = |a: S::I, b: S::I| O::combine(s, a, b);
        let nothing = s.splat_i(O::IDENTITY);
        let mut cascade: Cascade<S::I, LEVELS> = Cascade::new();
        match &mut source {
            _ if length == 0 => {
                for _ in rows {
                    results.push::<S, O>(s, O::IDENTITY, sink);
                }
            }
            Source::Lying { base, outer, .. } if length <= CHUNK => {
                for row in rows {
                    // SAFETY: the row is within the operand.
                    let total = unsafe { chunk::<S, O>(s, base.offset(row as isize * *outer), length) };
                    results.push::<S, O>(s, s.across(total, combine), sink);
                }
            }
            Source::Lying { base, outer, .. } => {
                for row in rows {
                    for start in (0..length).step_by(CHUNK) {
                        // SAFETY: the chunk is within the row, the row within the operand.
                        let part = unsafe {
                            let from = base.offset(row as isize * *outer).add(start);
                            chunk::<S, O>(s, from, CHUNK.min(length - start))
                        };
                        cascade.push(part, combine);
                    }
                    let total = cascade.take(combine).unwrap_or(nothing);
                    results.push::<S, O>(s, s.across(total, combine), sink);
                }
            }
            Source::Computed(machine) if length <= SHORT.min(machine.block()) => {
                let together = machine.block() / length;
                let mut row = rows.start;
                while row < rows.end {
                    let count = together.min(rows.end - row);
                    let lanes = machine.evaluate(s, row * length, count * length);
                    for i in 0..count {
                        // SAFETY: the machine computed `count` rows of `length` elements.
                        let total = unsafe { chunk::<S, O>(s, lanes.add(i * length), length) };
                        results.push::<S, O>(s, s.across(total, combine), sink);
                    }
                    row += count;
                }
            }
            Source::Computed(machine) => {
                for row in rows {
                    for start in (0..length).step_by(machine.block()) {
                        let n = machine.block().min(length - start);
                        let lanes = machine.evaluate(s, row * length + start, n);
                        // SAFETY: the machine computed `n` elements.
                        cascade.push(unsafe { chunk::<S, O>(s, lanes, n) }, combine);
                    }
                    let total = cascade.take(combine).unwrap_or(nothing);
                    results.push::<S, O>(s, s.across(total, combine), sink);
                }
            }
        }
        results.flush::<S, O>(s, sink);
    }
}
