//! Folds along an axis that is not the innermost: lanes run across the columns.

use super::expression::Expression;
use super::fold::Fold;
use super::strip::{Strip, add_rows};
use super::{Source, Task, narrow};
use crate::elementwise::Registers;
use crate::simd::{Kernel, Simd};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Columns done at a time.
pub(super) const TILE: usize = 256;
/// Rows that are added one after the other. Part of the definition of a sum's bits.
const GROUP: usize = 32;
/// Groups of a column: up to 2^26.
const LEVELS: usize = 26;

pub(super) struct Columns<'a, O> {
    task: Task<'a>,
    op: PhantomData<O>,
}

impl<'a, O> Columns<'a, O> {
    pub(super) fn new(task: Task<'a>) -> Columns<'a, O> {
        Columns { task, op: PhantomData }
    }
}

/// Lanes for the columns of a tile.
type Tile = [i32; TILE];

/// The rows that are added up.
enum Rows<'a, 'b> {
    Of(Source<'a, 'b>),
    /// Computed as they are added, in registers.
    Summed(Expression),
}

/// Partial results of groups of rows, combined as the carries of a binary counter (see `cascade`, here for a tile).
struct Groups<'a> {
    // Borrowed: beside an initialised field, the compiler fills all of these 26 kB with zeros.
    levels: &'a mut MaybeUninit<[Tile; LEVELS]>,
    count: usize,
}

/// `into[i] = combine(first[i], second[i])` over a tile's columns, whole vectors.
///
/// # Safety
/// TILE lanes are valid at all three; they may be the same memory.
#[inline(always)]
unsafe fn combine_tiles<S: Simd, O: Fold>(s: S, into: *mut i32, first: *const i32, second: *const i32, width: usize) {
    for i in (0..width).step_by(S::LANES) {
        // SAFETY: `i + LANES <= TILE`, since TILE is a multiple of the vector.
        unsafe { s.store_i(into.add(i), O::combine(s, s.load_i(first.add(i)), s.load_i(second.add(i)))) };
    }
}

impl Groups<'_> {
    #[inline(always)]
    fn level(&mut self, level: usize) -> *mut i32 {
        assert!(level < LEVELS, "more rows than a reduction takes");
        self.levels.as_mut_ptr().cast::<i32>().wrapping_add(level * TILE)
    }

    #[inline(always)]
    fn push<S: Simd, O: Fold>(&mut self, s: S, sums: &mut Tile, width: usize) {
        let mut level = 0;
        while self.count >> level & 1 == 1 {
            // SAFETY: levels below the counter's bits were written; both are tiles.
            unsafe { combine_tiles::<S, O>(s, sums.as_mut_ptr(), self.level(level), sums.as_ptr(), width) };
            level += 1;
        }
        let to = self.level(level);
        for i in (0..width).step_by(S::LANES) {
            // SAFETY: both are tiles, and `i + LANES <= TILE`.
            unsafe { s.store_i(to.add(i), s.load_i(sums.as_ptr().add(i))) };
        }
        self.count += 1;
    }

    /// Combines everything into `sums`, which holds the group that is not pushed yet, if `open`.
    #[inline(always)]
    fn finish<S: Simd, O: Fold>(&mut self, s: S, sums: &mut Tile, width: usize, mut open: bool) {
        for level in 0..LEVELS {
            if self.count >> level & 1 == 1 {
                let from = self.level(level);
                // SAFETY: the level was written; both are tiles.
                unsafe {
                    if open {
                        combine_tiles::<S, O>(s, sums.as_mut_ptr(), from, sums.as_ptr(), width);
                    } else {
                        std::ptr::copy_nonoverlapping(from, sums.as_mut_ptr(), width.next_multiple_of(S::LANES));
                        open = true;
                    }
                }
            }
        }
    }
}

/// Rows that lie in memory, and where they are added.
struct Lying<O> {
    sums: *mut i32,
    from: *const i32,
    stride: isize,
    op: PhantomData<O>,
}

impl<S: Simd, O: Fold> Strip<S> for Lying<O> {
    #[inline(always)]
    unsafe fn add<const W: usize>(&self, s: S, column: usize, count: usize, rows: Range<usize>) {
        let partial = count < W * S::LANES;
        let mut sums = [s.splat_i(0); W];
        // SAFETY: the caller's promise; lanes that are not there are not read.
        unsafe {
            let to = self.sums.add(column);
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = s.load_i(to.add(k * S::LANES));
            }
            for row in rows {
                let line = self.from.offset(row as isize * self.stride).add(column);
                for (k, sum) in sums.iter_mut().enumerate() {
                    let value = if partial {
                        s.bits(s.load_partial(line.cast(), count, f32::from_bits(O::IDENTITY as u32)))
                    } else {
                        s.load_i(line.add(k * S::LANES))
                    };
                    *sum = O::combine(s, *sum, value);
                }
            }
            for (k, sum) in sums.into_iter().enumerate() {
                s.store_i(to.add(k * S::LANES), sum);
            }
        }
    }
}

/// Combines `rows` rows at `from` (`stride` elements apart, `width` columns) into `sums`, in order.
///
/// # Safety
/// The elements are readable; `width <= TILE`.
#[inline(always)]
unsafe fn add_lying<S: Simd, O: Fold>(
    s: S,
    sums: &mut Tile,
    from: *const i32,
    stride: isize,
    rows: usize,
    width: usize,
) {
    let lying = Lying { sums: sums.as_mut_ptr(), from, stride, op: PhantomData::<O> };
    // SAFETY: the caller's promise; a tile holds whole vectors.
    unsafe { add_rows(s, &lying, rows, width) };
}

/// How the rows of a tile are fetched.
#[derive(Clone, Copy)]
pub(super) struct Fetch {
    /// Columns of the tile.
    pub(super) width: usize,
    /// Rows a call of the machine gives: more than one when a row is narrow and wanted whole.
    pub(super) together: usize,
}

impl Fetch {
    pub(super) fn of(task: &Task, column: usize, block: usize) -> Fetch {
        let shape = &task.shape;
        let whole = shape.inner_range.len() == shape.inner && shape.inner <= TILE.min(block);
        let width = (shape.inner_range.end - column).min(TILE).min(block);
        // Rows that lie in memory have no block: any number of them can be had.
        let together = if block == usize::MAX { GROUP } else { block / shape.inner };
        Fetch { width, together: if whole || block == usize::MAX { together } else { 1 } }
    }
}

impl<O: Fold> Kernel for Columns<'_, O> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut task = self.task;
        let shape = task.shape.clone();
        let mut registers = Registers::new();
        let mut machine = task.machine(&mut registers);
        // What is summed in the registers needs no machine.
        let expression = if O::SUM { Expression::of(&task) } else { None };
        let mut source = match expression {
            Some(expression) => Rows::Summed(expression),
            None => Rows::Of(Source::new(s, &task, &mut machine, usize::MAX)),
        };
        let block = match &source {
            Rows::Of(Source::Computed(machine)) => machine.block(),
            _ => usize::MAX,
        };
        let mut levels = MaybeUninit::uninit();
        let mut groups = Groups { levels: &mut levels, count: 0 };
        let mut sums: Tile = [0; TILE];
        for outer in shape.outer_range.clone() {
            let mut column = shape.inner_range.start;
            while column < shape.inner_range.end {
                let Fetch { width, together } = Fetch::of(&task, column, block);
                groups.count = 0;
                let (mut row, mut open) = (0, false);
                while row < shape.reduced {
                    if open {
                        groups.push::<S, O>(s, &mut sums, width);
                    }
                    sums[..width.next_multiple_of(S::LANES)].fill(O::IDENTITY);
                    open = true;
                    let end = (row + GROUP).min(shape.reduced);
                    while row < end {
                        let rows = together.min(end - row);
                        // SAFETY: rows and columns are within the operand, or within what the machine computed.
                        unsafe {
                            match &mut source {
                                Rows::Of(Source::Lying { base, outer: outer_stride, reduced }) => {
                                    let place = outer as isize * *outer_stride + row as isize * *reduced;
                                    let from = base.offset(place).add(column);
                                    add_lying::<S, O>(s, &mut sums, from, *reduced, rows, width);
                                }
                                Rows::Summed(expression) => {
                                    let place = [outer, row, column];
                                    expression.add_rows(s, sums.as_mut_ptr().cast(), place, rows, width);
                                }
                                Rows::Of(Source::Computed(machine)) => {
                                    let start = (outer * shape.reduced + row) * shape.inner + column;
                                    let n = (rows - 1) * shape.inner + width;
                                    let from = machine.evaluate(s, start, n);
                                    add_lying::<S, O>(s, &mut sums, from, shape.inner as isize, rows, width);
                                }
                            }
                        }
                        row += rows;
                    }
                }
                if open {
                    groups.finish::<S, O>(s, &mut sums, width, true);
                } else {
                    sums[..width.next_multiple_of(S::LANES)].fill(O::IDENTITY);
                }
                let to = task.out.at(outer - shape.outer_range.start, column - shape.inner_range.start);
                if task.out.accumulate {
                    for (i, sum) in sums[..width].iter_mut().enumerate() {
                        // SAFETY: `width` results of 32 bits lie at `to`.
                        *sum = O::combine_one(unsafe { to.cast::<i32>().add(i).read() }, *sum);
                    }
                }
                // SAFETY: `width` results fit at `to`; the tile holds whole vectors.
                unsafe { narrow(s, task.out.out.elem(), sums.as_ptr(), to, width) };
                column += width;
            }
        }
    }
}
