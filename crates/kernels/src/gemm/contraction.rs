//! The driver that cuts a contraction into register tiles.
//!
//! `out[row, column] = epilogue(sum over the reduction of A[row + ...] * B[... + column])`, where the rows are a grid of
//! up to three axes (image, y, x of a convolution; tap and channel of a weight gradient; the rows of a matrix) with
//! strides of their own in every operand, and the columns are contiguous. Every element is one chain of fused
//! multiply-adds in the order of the reduction, however rows and columns are cut: the same bits for every cut.

use super::tile::{Ahead, Kernels, MAX_ROWS, Reduction, Tile, kernels};
use crate::Isa;
use std::ops::Range;
use std::ptr;

/// The rows of a contraction, as a grid: axes outermost first, strides in elements.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rows {
    pub counts: [usize; 3],
    pub a: [isize; 3],
    pub out: [isize; 3],
    pub residual: [isize; 3],
    pub mask: [isize; 3],
    /// Rows at the end of the grid that do not exist.
    pub missing: usize,
}

/// A contraction over raw memory. The epilogue's operands are null when absent.
pub(crate) struct Contraction {
    pub a: *const f32,
    pub rows: Rows,
    pub reduction: Reduction,
    /// The panel of the first column.
    pub b: *const f32,
    /// Elements from one panel of B to the next.
    pub b_panel: isize,
    /// Columns computed; the pointers below belong to column 0.
    pub columns: Range<usize>,
    pub out: *mut f32,
    pub accumulate: bool,
    pub bias: *const f32,
    pub residual: *const f32,
    pub relu: bool,
    pub mask: *const f32,
    /// The order of the tiles: all columns of a tile's rows before the next rows, instead of all rows of a panel.
    pub by_rows: bool,
    /// Runs of memory, first elements and lengths, that are read next: they are asked for evenly between the sums of all tiles, where tiles ask.
    pub next: [(*const f32, usize); 2],
}

impl Contraction {
    /// A contraction without epilogue.
    pub fn plain(a: *const f32, rows: Rows, reduction: Reduction, b: *const f32, out: *mut f32) -> Contraction {
        Contraction {
            a,
            rows,
            reduction,
            b,
            b_panel: 0,
            columns: 0..0,
            out,
            accumulate: false,
            bias: ptr::null(),
            residual: ptr::null(),
            relu: false,
            mask: ptr::null(),
            by_rows: false,
            next: [(ptr::null(), 0); 2],
        }
    }

    /// Runs it.
    ///
    /// # Safety
    /// The machine has `isa`. Every element that the grid, the reduction and the columns reach is valid; whole panels of
    /// B are readable (except that the vectors past a last, narrower panel are not touched); no two rows of the output
    /// overlap each other or an input, except the residual and mask of the same element.
    pub unsafe fn run(&self, isa: Isa) {
        let kernels = kernels(isa);
        let total = self.rows.counts.iter().product::<usize>() - self.rows.missing;
        if total == 0 || self.columns.is_empty() {
            return;
        }
        if self.by_rows && self.columns.len() > kernels.panel && total > kernels.wide.len() {
            // SAFETY: the contract of this function.
            unsafe { self.run_by_rows(kernels, total) };
            return;
        }
        let mut stream = Stream::new(self, kernels, total);
        let two_panels = 2 * kernels.panel;
        let mut column = self.columns.start;
        let mut b = self.b;
        while column < self.columns.end {
            let left = self.columns.end - column;
            // SAFETY: the contract of this function, narrowed to a stripe of columns.
            unsafe {
                if left >= two_panels && total <= kernels.wide.len() {
                    self.stripe(kernels, total, column, two_panels, b, &mut stream);
                    column += two_panels;
                    b = b.wrapping_offset(2 * self.b_panel);
                } else {
                    self.stripe(kernels, total, column, left.min(kernels.panel), b, &mut stream);
                    column += kernels.panel;
                    b = b.wrapping_offset(self.b_panel);
                }
            }
        }
    }

    /// A tile of the columns `column .. column + width` without rows.
    fn tile(&self, column: usize, width: usize, b: *const f32) -> Tile {
        Tile {
            a: [ptr::null(); MAX_ROWS],
            b,
            b_panel: self.b_panel,
            reduction: self.reduction,
            out: [ptr::null_mut(); MAX_ROWS],
            residual: [ptr::null(); MAX_ROWS],
            mask: [ptr::null(); MAX_ROWS],
            bias: if self.bias.is_null() { self.bias } else { self.bias.wrapping_add(column) },
            shift: 0,
            columns: width,
            accumulate: self.accumulate,
            has_residual: !self.residual.is_null(),
            relu: self.relu,
            has_mask: !self.mask.is_null(),
            ahead: Ahead::nothing(b),
        }
    }

    /// All columns of a tile's rows, then those of the next. What comes from memory, A and the output, passes in long runs and is
    /// asked for a tile ahead, row by row between the sums, while B stays in the L2.
    ///
    /// # Safety
    /// As [`Contraction::run`].
    unsafe fn run_by_rows(&self, kernels: &Kernels, total: usize) {
        let (first, width) = (self.columns.start, kernels.panel);
        let panels = self.columns.len().div_ceil(width);
        let mut tile = self.tile(first, width, self.b);
        let epilogue = tile.has_residual || tile.has_mask;
        let tiles = total.div_ceil(kernels.max_rows);
        let (rows, larger) = (total / tiles, total % tiles);
        let rows_of = |index: usize| if index < tiles { rows + usize::from(index < larger) } else { 0 };
        // What a panel asks for of the next tile's rows of A, if they are runs of memory.
        let run = self.reduction.counts[2];
        let ahead = if self.reduction.a[2] == 1 { run.div_ceil(panels).next_multiple_of(LINE) } else { 0 };
        // A small output, such as a tile that other code reads at once, is near enough.
        let asks = ahead > 0 || total * self.columns.len() >= LARGE_OUTPUT;
        let mut cursor = Cursor::new(self, first);
        let mut here = cursor;
        let mut next = cursor.rows(&self.rows, rows_of(0));
        for index in 0..tiles {
            let (count, after) = (rows_of(index), rows_of(index + 1));
            if epilogue {
                here.epilogue_rows(self, first, count, &mut tile);
                here = cursor;
            }
            (tile.a, tile.out) = next;
            next = cursor.rows(&self.rows, after);
            (tile.b, tile.shift, tile.columns) = (self.b, 0, width);
            (tile.ahead.rows, tile.ahead.pace) = (after, Ahead::pace(after, run));
            (tile.ahead.a, tile.ahead.out) = (next.0.as_ptr(), next.1.as_ptr());
            for panel in 0..panels {
                tile.ahead.run = (panel * ahead, run.min((panel + 1) * ahead));
                if asks && !kernels.asks() {
                    // SAFETY: `next` lists the rows.
                    unsafe { tile.ahead.burst(tile.shift..tile.shift + width) };
                }
                tile.columns = width.min(self.columns.len() - tile.shift);
                // SAFETY: `count` is at most the table's length, and the pointers are rows of the grid (this function's contract).
                unsafe { kernels.for_columns(tile.columns, asks)[count - 1](&tile) };
                tile.b = tile.b.wrapping_offset(self.b_panel);
                tile.shift += width;
            }
        }
    }

    /// All rows of the columns `column .. column + width`, in tiles of even size.
    ///
    /// # Safety
    /// As [`Contraction::run`].
    unsafe fn stripe(
        &self,
        kernels: &Kernels,
        total: usize,
        column: usize,
        width: usize,
        b: *const f32,
        stream: &mut Stream,
    ) {
        let large = kernels.asks() && total * self.columns.len() >= LARGE_OUTPUT;
        let functions =
            if width > kernels.panel { kernels.wide } else { kernels.for_columns(width, large || stream.step > 0) };
        let mut tile = self.tile(column, width, b);
        let epilogue = tile.has_residual || tile.has_mask;
        let mut cursor = Cursor::new(self, column);
        // The rows of a matrix: the walk then needs no place in the grid.
        let even = !epilogue && cursor.is_even(&self.rows);
        let tiles = total.div_ceil(functions.len());
        let (rows, larger) = (total / tiles, total % tiles);
        for index in 0..tiles {
            let rows = rows + usize::from(index < larger);
            if epilogue {
                cursor.epilogue_rows(self, column, rows, &mut tile);
            }
            let places = tile.a.iter_mut().zip(&mut tile.out).take(rows);
            if even {
                for (a, out) in places {
                    (*a, *out) = (cursor.a, cursor.out);
                    cursor.a = cursor.a.wrapping_offset(self.rows.a[2]);
                    cursor.out = cursor.out.wrapping_offset(self.rows.out[2]);
                }
            } else {
                for (a, out) in places {
                    (*a, *out) = (cursor.a, cursor.out);
                    cursor.advance(&self.rows);
                }
            }
            if large {
                let pace = Ahead::pace(rows, self.reduction.counts[2]);
                tile.ahead = Ahead { rows, out: tile.out.as_ptr(), a: tile.a.as_ptr(), pace, ..tile.ahead };
            }
            if stream.step > 0 {
                (tile.ahead.stream, tile.ahead.step) = (stream.take(), stream.step);
            }
            // SAFETY: `rows` is at most the table's length, and the pointers are rows of the grid (this function's contract).
            unsafe { functions[rows - 1](&tile) };
        }
    }
}

/// The walk of the tiles through what is read next.
struct Stream {
    runs: [(*const f32, usize); 2],
    /// Elements from summand to summand, at most those of a line; zero for nothing to ask for.
    step: usize,
    /// Elements from tile to tile.
    tile: usize,
    /// Elements before the next tile's.
    at: usize,
}

impl Stream {
    fn new(contraction: &Contraction, kernels: &Kernels, total: usize) -> Stream {
        let runs = contraction.next;
        let summands: usize = contraction.reduction.counts.iter().product();
        let tiles = total.div_ceil(kernels.max_rows) * contraction.columns.len().div_ceil(kernels.panel);
        let step = (runs[0].1 + runs[1].1).div_ceil((tiles * summands).max(1));
        // Of what is read faster, the tiles themselves read long runs.
        let step = if step > LINE || !kernels.asks() { 0 } else { step };
        Stream { runs, step, tile: summands * step, at: 0 }
    }

    /// Where the next tile begins to ask.
    fn take(&mut self) -> *const f32 {
        let at = self.at;
        self.at += self.tile;
        let [(first, len), (second, _)] = self.runs;
        if at < len { first.wrapping_add(at) } else { second.wrapping_add(at - len) }
    }
}

/// Elements of an output from which its lines are asked for before they are written: half of a small L2. 1024 x 1024 x 1024 takes 2 % less so, 1624 x 2357 x 211
/// 5 %; the output of 256 x 256 x 256, which is in the caches, 1 % more.
const LARGE_OUTPUT: usize = 32 << 10;
/// Elements of a cache line.
pub(crate) const LINE: usize = 16;

/// Asks for the cache line at `at`, wherever that points.
#[inline(always)]
pub(crate) fn prefetch(at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which reads nothing; every x86-64 has it.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// A walk over the grid of rows, in order. It is run for every row of every tile, hence the increments instead of products.
#[derive(Clone, Copy)]
struct Cursor {
    index: [usize; 3],
    a: *const f32,
    out: *mut f32,
    /// What the last row of a line needs besides the step of the innermost axis to reach the next line.
    a_turn: isize,
    out_turn: isize,
    /// The same from the last line of a plane to the next plane, on top.
    a_jump: isize,
    out_jump: isize,
}

impl Cursor {
    fn new(contraction: &Contraction, column: usize) -> Cursor {
        let rows = &contraction.rows;
        let turn =
            |strides: &[isize; 3], axis: usize| strides[axis] - rows.counts[axis + 1] as isize * strides[axis + 1];
        Cursor {
            index: [0; 3],
            a: contraction.a,
            out: contraction.out.wrapping_add(column),
            a_turn: turn(&rows.a, 1),
            out_turn: turn(&rows.out, 1),
            a_jump: turn(&rows.a, 0),
            out_jump: turn(&rows.out, 0),
        }
    }

    /// Whether all rows are as far from each other.
    fn is_even(&self, rows: &Rows) -> bool {
        let [planes, lines, _] = rows.counts;
        (planes * lines == 1 || [self.a_turn, self.out_turn] == [0; 2])
            && (planes == 1 || [self.a_jump, self.out_jump] == [0; 2])
    }

    #[inline(always)]
    fn advance(&mut self, rows: &Rows) {
        self.index[2] += 1;
        self.a = self.a.wrapping_offset(rows.a[2]);
        self.out = self.out.wrapping_offset(rows.out[2]);
        if self.index[2] == rows.counts[2] {
            self.index[2] = 0;
            self.index[1] += 1;
            self.a = self.a.wrapping_offset(self.a_turn);
            self.out = self.out.wrapping_offset(self.out_turn);
            if self.index[1] == rows.counts[1] {
                self.index[1] = 0;
                self.index[0] += 1;
                self.a = self.a.wrapping_offset(self.a_jump);
                self.out = self.out.wrapping_offset(self.out_jump);
            }
        }
    }

    /// The next `count` rows of A and of the output.
    #[inline(always)]
    fn rows(&mut self, rows: &Rows, count: usize) -> ([*const f32; MAX_ROWS], [*mut f32; MAX_ROWS]) {
        let mut found = ([ptr::null(); MAX_ROWS], [ptr::null_mut(); MAX_ROWS]);
        for (a, out) in found.0.iter_mut().zip(&mut found.1).take(count) {
            (*a, *out) = (self.a, self.out);
            self.advance(rows);
        }
        found
    }

    /// Points the tile's residual and mask at the `count` rows from here on.
    fn epilogue_rows(mut self, contraction: &Contraction, column: usize, count: usize, tile: &mut Tile) {
        let rows = &contraction.rows;
        for r in 0..count {
            let at = |base: *const f32, strides: &[isize; 3]| {
                let row: isize = (0..3).map(|axis| self.index[axis] as isize * strides[axis]).sum();
                base.wrapping_offset(row).wrapping_add(column)
            };
            tile.residual[r] = at(contraction.residual, &rows.residual);
            tile.mask[r] = at(contraction.mask, &rows.mask);
            self.advance(rows);
        }
    }
}
