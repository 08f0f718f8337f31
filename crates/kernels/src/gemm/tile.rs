//! The register tile: up to [`MAX_ROWS`] rows by one panel of columns, all of the reduction, the epilogue, the store.
//!
//! One tile serves every contraction (matrix product, convolution and both of its gradients), because it assumes nothing
//! about where rows lie: each has its own pointers. The reduction is three nested loops with a step each for A and B
//! (taps of a filter, images and rows of a weight gradient, k of a matrix product), so no operand is ever re-laid for it.

use super::contraction::{LINE, prefetch};
use super::lanes::{Lanes, Portable};
use crate::Isa;
use std::ops::Range;
use std::ptr;

/// Rows of the largest tile of any level: 14 x 2 AVX-512 accumulators leave 4 of the 32 registers for B and A.
pub(crate) const MAX_ROWS: usize = 14;

/// The reduction of a contraction: three nested loops, outermost first, and the steps (in elements) that each takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reduction {
    /// Iterations of every loop; a zero makes the contraction zero.
    pub counts: [usize; 3],
    /// Steps through A.
    pub a: [isize; 3],
    /// Steps through B, whose innermost elements are vectors of columns.
    pub b: [isize; 3],
}

/// One tile's operands. Row pointers past the tile's rows are not read.
pub(crate) struct Tile {
    /// The first element of A of every row.
    pub a: [*const f32; MAX_ROWS],
    /// The first column of B.
    pub b: *const f32,
    /// Elements from B's first vector pair to the same columns of the next panel (read by the two-panel tiles only).
    pub b_panel: isize,
    pub reduction: Reduction,
    /// The first column of every row of the output.
    pub out: [*mut f32; MAX_ROWS],
    /// The same of the residual; read only if `has_residual`.
    pub residual: [*const f32; MAX_ROWS],
    /// The same of the mask; read only if `has_mask`.
    pub mask: [*const f32; MAX_ROWS],
    /// The first column of the bias; null for none.
    pub bias: *const f32,
    /// Columns from those first ones to the tile's own.
    pub shift: usize,
    /// Columns stored; the rest of the panel is computed and dropped.
    pub columns: usize,
    pub accumulate: bool,
    pub has_residual: bool,
    pub relu: bool,
    pub has_mask: bool,
    /// What the tiles of [`Kernels::asking`] ask for.
    pub ahead: Ahead,
}

/// Cache lines that a tile asks for between its sums, row by row: a burst of all of them would hold up the loads after it.
#[derive(Clone, Copy)]
pub(crate) struct Ahead {
    /// How many rows.
    pub rows: usize,
    /// The first columns of every row of an output, of which as many lines are asked for as the tile has columns, `shift` on.
    pub out: *const *mut f32,
    /// The rows of an A, and the elements of them that are asked for.
    pub a: *const *const f32,
    pub run: (usize, usize),
    /// Two to the power of this many summands pass from row to row.
    pub pace: u32,
    /// A run of memory of which a line is asked for with every summand, so many elements after the last. Valid whatever the step, since an
    /// address of no page takes longest.
    pub stream: *const f32,
    pub step: usize,
}

impl Ahead {
    /// Nothing but what lies at `near` anyway.
    pub fn nothing(near: *const f32) -> Ahead {
        Ahead { rows: 0, out: ptr::null(), a: ptr::null(), run: (0, 0), pace: 0, stream: near, step: 0 }
    }

    /// Asks for all rows at once.
    ///
    /// # Safety
    /// `out` and `a` list `rows` addresses.
    pub unsafe fn burst(&self, columns: Range<usize>) {
        for row in 0..self.rows {
            // SAFETY: so many rows are listed.
            unsafe { self.row(row, columns.clone()) };
        }
    }

    /// Asks for a row's lines of these columns, and of the run.
    ///
    /// # Safety
    /// `out` and `a` list more than `row` addresses.
    #[inline(always)]
    unsafe fn row(&self, row: usize, columns: Range<usize>) {
        // SAFETY: this function's contract.
        let (out, a) = unsafe { (*self.out.add(row), *self.a.add(row)) };
        for column in columns.step_by(LINE) {
            prefetch(out.wrapping_add(column));
        }
        for at in (self.run.0..self.run.1).step_by(LINE) {
            prefetch(a.wrapping_add(at));
        }
    }

    /// The pace that spreads `rows` rows over `summands` summands.
    pub fn pace(rows: usize, summands: usize) -> u32 {
        (summands / rows.max(1)).checked_ilog2().unwrap_or(0)
    }
}

/// A tile function: const-generic rows and vectors, compiled for one instruction set.
///
/// # Safety
/// The machine has that instruction set. For every row of the tile: all elements of A that the reduction reaches, whole
/// vectors of B, and, `shift` columns on, `columns` elements of the output (and of bias, residual and mask where present) are valid, and no
/// two rows of the output overlap each other or any input except the residual or mask of the same element. `ahead` lists its rows.
pub(crate) type TileFn = unsafe fn(&Tile);

/// The tile functions of one instruction-set level.
pub(crate) struct Kernels {
    /// Columns of a panel of B, for all vector counts.
    pub panel: usize,
    /// Rows of the largest tile.
    pub max_rows: usize,
    /// Elements of one vector.
    pub lanes: usize,
    /// `[i]` serves `2^i` vectors of columns; `[i][r - 1]` a tile of `r` rows.
    pub tiles: &'static [&'static [TileFn]],
    /// The same, for tiles that ask for lines ([`Tile::ahead`]): functions of their own, since it takes registers. Empty where a summand takes no
    /// longer than asking (AVX2, six rows: 20 % slower).
    pub asking: &'static [&'static [TileFn]],
    /// Tiles of one to `len` rows over two whole panels: more independent sums where rows are few. May be empty.
    pub wide: &'static [TileFn],
}

impl Kernels {
    /// Whether tiles can ask for lines.
    pub fn asks(&self) -> bool {
        !self.asking.is_empty()
    }

    /// The narrowest tiles that hold `columns` columns; `asking` for those that ask for lines.
    pub fn for_columns(&self, columns: usize, asking: bool) -> &'static [TileFn] {
        let vectors = columns.div_ceil(self.lanes);
        let tables = if asking && self.asks() { self.asking } else { self.tiles };
        tables[vectors.next_power_of_two().trailing_zeros() as usize]
    }
}

/// The tile functions of `isa`.
pub(crate) fn kernels(isa: Isa) -> &'static Kernels {
    match isa {
        Isa::Portable => &portable::KERNELS,
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => &neon::KERNELS,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => &avx2::KERNELS,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => &avx512::KERNELS,
        #[allow(unreachable_patterns, reason = "which levels are left depends on the architecture")]
        other => panic!("the {} kernels are not part of this build", other.name()),
    }
}

/// Repeats a block for every row `0..count`, written out: in a loop the compiler would index the sums at run time, and so
/// keep them in memory rather than in registers (seen with 11 rows and more).
macro_rules! each_row {
    ($count:expr, $row:ident, $block:block) => {
        each_row!(@ $count, $row, $block, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $count:expr, $row:ident, $block:block, $($index:literal)*) => {
        $(if $index < $count {
            let $row: usize = $index;
            $block
        })*
    };
}

/// A tile of `ROWS` rows and `VECTORS` vectors, `PANEL` of them a panel of B.
///
/// # Safety
/// See [`TileFn`]; the caller is compiled for `L`.
#[allow(clippy::needless_range_loop, reason = "rows and vectors index several register arrays at once")]
#[inline(always)]
unsafe fn tile<L: Lanes, const ROWS: usize, const VECTORS: usize, const PANEL: usize, const ASKS: bool>(tile: &Tile) {
    // SAFETY: every access is one that the contract of TileFn lists.
    unsafe {
        let mut sums = [[L::splat(0.0); VECTORS]; ROWS];
        let rows: [*const f32; ROWS] = std::array::from_fn(|r| tile.a[r]);
        let Reduction { counts, a: a_steps, b: b_steps } = tile.reduction;
        let (mut a_outer, mut b_outer) = (0isize, tile.b);
        let mut stream = tile.ahead.stream;
        for _ in 0..counts[0] {
            let (mut a_middle, mut b_middle) = (a_outer, b_outer);
            for _ in 0..counts[1] {
                let (mut a_inner, mut b_inner) = (a_middle, b_middle);
                for index in 0..counts[2] {
                    if ASKS {
                        ask(&tile.ahead, tile.shift..tile.shift + VECTORS * L::LANES, index);
                        prefetch(stream);
                        stream = stream.wrapping_add(tile.ahead.step);
                    }
                    let mut columns = [L::splat(0.0); VECTORS];
                    for (v, column) in columns.iter_mut().enumerate() {
                        let panel = b_inner.wrapping_offset((v / PANEL) as isize * tile.b_panel);
                        *column = L::load(panel.add((v % PANEL) * L::LANES));
                    }
                    each_row!(ROWS, r, {
                        let row = L::splat(*rows[r].wrapping_offset(a_inner));
                        for v in 0..VECTORS {
                            sums[r][v] = L::fma(row, columns[v], sums[r][v]);
                        }
                    });
                    a_inner += a_steps[2];
                    b_inner = b_inner.wrapping_offset(b_steps[2]);
                }
                a_middle += a_steps[1];
                b_middle = b_middle.wrapping_offset(b_steps[1]);
            }
            a_outer += a_steps[0];
            b_outer = b_outer.wrapping_offset(b_steps[0]);
        }
        if tile.columns == VECTORS * L::LANES {
            finish::<L, ROWS, VECTORS, true>(tile, sums);
        } else {
            finish::<L, ROWS, VECTORS, false>(tile, sums);
        }
    }
}

/// Asks for the lines that go with a summand.
///
/// # Safety
/// See [`TileFn`].
#[inline(always)]
unsafe fn ask(ahead: &Ahead, columns: Range<usize>, index: usize) {
    let row = index >> ahead.pace;
    if row < ahead.rows && row << ahead.pace == index {
        // SAFETY: so many rows are listed.
        unsafe { ahead.row(row, columns) };
    }
}

/// The epilogue and the store. `WHOLE`: every column of the tile exists.
///
/// # Safety
/// See [`TileFn`].
#[allow(clippy::needless_range_loop, reason = "rows and vectors index several register arrays at once")]
#[inline(always)]
unsafe fn finish<L: Lanes, const ROWS: usize, const VECTORS: usize, const WHOLE: bool>(
    tile: &Tile,
    mut sums: [[L::Vector; VECTORS]; ROWS],
) {
    // Columns that exist of vector `v`.
    let count = |v: usize| tile.columns.saturating_sub(v * L::LANES).min(L::LANES);
    // SAFETY: `WHOLE` says that whole vectors exist; otherwise only existing columns are touched.
    unsafe {
        let load = |from: *const f32, v: usize| {
            let from = from.wrapping_add(tile.shift + v * L::LANES);
            if WHOLE { L::load(from) } else { L::load_part(from, count(v)) }
        };
        if tile.accumulate {
            each_row!(ROWS, r, {
                for v in 0..VECTORS {
                    sums[r][v] = L::add(load(tile.out[r], v), sums[r][v]);
                }
            });
        }
        if !tile.bias.is_null() {
            let bias: [L::Vector; VECTORS] = std::array::from_fn(|v| load(tile.bias, v));
            each_row!(ROWS, r, {
                for v in 0..VECTORS {
                    sums[r][v] = L::add(sums[r][v], bias[v]);
                }
            });
        }
        if tile.has_residual {
            each_row!(ROWS, r, {
                for v in 0..VECTORS {
                    sums[r][v] = L::add(sums[r][v], load(tile.residual[r], v));
                }
            });
        }
        if tile.relu {
            each_row!(ROWS, r, {
                for v in 0..VECTORS {
                    sums[r][v] = L::relu(sums[r][v]);
                }
            });
        }
        if tile.has_mask {
            each_row!(ROWS, r, {
                for v in 0..VECTORS {
                    sums[r][v] = L::zero_where_not_positive(sums[r][v], load(tile.mask[r], v));
                }
            });
        }
        each_row!(ROWS, r, {
            for v in 0..VECTORS {
                let to = tile.out[r].wrapping_add(tile.shift + v * L::LANES);
                if WHOLE {
                    L::store(to, sums[r][v]);
                } else {
                    L::store_part(to, sums[r][v], count(v));
                }
            }
        });
    }
}

/// Instantiates [`tile`] for one level: a function with the target features, and the tables of its sizes.
macro_rules! level {
    ($name:ident, $lanes:ty, $(#[$feature:meta])? panel $panel:literal, tiles [$([$($rows:literal)*] x $vectors:literal),*],
        asking [$([$($asking_rows:literal)*] x $asking_vectors:literal),*], wide [$($wide_rows:literal)*]) => {
        mod $name {
            use super::*;

            /// # Safety
            /// See [`TileFn`].
            $(#[$feature])?
            unsafe fn sized<const ROWS: usize, const VECTORS: usize, const ASKS: bool>(tile: &Tile) {
                // SAFETY: the caller keeps TileFn's contract, and this function has the level's features.
                unsafe { super::tile::<$lanes, ROWS, VECTORS, $panel, ASKS>(tile) }
            }

            pub(super) static KERNELS: Kernels = Kernels {
                panel: $panel * <$lanes as Lanes>::LANES,
                max_rows: { let tables: &[&[TileFn]] = &[$(&[$(sized::<$rows, $vectors, false>),*]),*]; tables[0].len() },
                lanes: <$lanes as Lanes>::LANES,
                tiles: &[$(&[$(sized::<$rows, $vectors, false>),*]),*],
                asking: &[$(&[$(sized::<$asking_rows, $asking_vectors, true>),*]),*],
                wide: &[$(sized::<$wide_rows, { 2 * $panel }, false>),*],
            };
        }
    };
}

level!(portable, Portable, panel 2, tiles [[1 2 3 4] x 1, [1 2 3 4] x 2], asking [], wide []);
#[cfg(target_arch = "aarch64")]
level!(neon, super::super::lanes_neon::Neon, #[target_feature(enable = "neon")]
    panel 4, tiles [[1 2 3 4 5 6] x 1, [1 2 3 4 5 6] x 2, [1 2 3 4 5 6] x 4], asking [], wide []);
#[cfg(target_arch = "x86_64")]
level!(avx2, super::super::lanes_x86::Avx2, #[target_feature(enable = "avx2,fma")]
    panel 2, tiles [[1 2 3 4 5 6] x 1, [1 2 3 4 5 6] x 2], asking [], wide [1 2]);
#[cfg(target_arch = "x86_64")]
level!(avx512, super::super::lanes_x86::Avx512, #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
    panel 2, tiles [[1 2 3 4 5 6 7 8 9 10 11 12 13 14] x 1, [1 2 3 4 5 6 7 8 9 10 11 12 13 14] x 2],
    asking [[1 2 3 4 5 6 7 8 9 10 11 12 13 14] x 1, [1 2 3 4 5 6 7 8 9 10 11 12 13 14] x 2], wide [1 2 3 4 5]);
