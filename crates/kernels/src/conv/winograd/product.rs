//! The matrix products of Winograd's algorithm, 36 of a strip: many, small, of operands that the transforms laid out.
//!
//! Rows are a fixed step apart and panels whole, so a tile needs three pointers where the tiles of
//! [`Contraction`](crate::gemm::contraction) need two a row: with 32 products a sum those take a sixth of the time. Every
//! element is one chain of fused multiply-adds in the order of the sum, as there.

use super::transform::Functions;
use crate::Isa;
use crate::gemm::contraction::{Contraction, Rows};
use crate::gemm::lanes::Lanes;
use crate::gemm::tile::Reduction;

/// Rows of a tile, at most: with AVX-512, and of the other levels.
pub(super) const WIDE_TILE: usize = 8;
pub(super) const TILE: usize = 6;
/// Vectors of a panel of B.
const VECTORS: usize = 2;

/// A product `out[row, column] = sum over depth of a[row, depth] * b[depth, column]`.
pub(super) struct Product {
    pub a: *const f32,
    /// Elements of A from row to row; where [`Product::turned`], from one summand to the next (then its rows lie side by side).
    pub a_step: usize,
    pub turned: bool,
    pub b: *const f32,
    /// Elements of B from one summand to the next, and from panel to panel.
    pub b_step: usize,
    pub b_panel: usize,
    pub out: *mut f32,
    pub out_step: usize,
    pub rows: usize,
    pub depth: usize,
    pub columns: usize,
    /// Whether the sums are added to what `out` holds.
    pub add: bool,
}

impl Product {
    /// Computes it by the level's own function, or else by the general kernel.
    ///
    /// # Safety
    /// See [`ProductFn`]; `functions` are those of `isa`.
    pub unsafe fn run(&self, isa: Isa, functions: &Functions) {
        let (step, out_step) = (self.a_step as isize, self.out_step as isize);
        let [row, depth] = if self.turned { [1, step] } else { [step, 1] };
        // SAFETY: the caller's contract.
        unsafe {
            if let Some(function) = functions.product {
                return function(self);
            }
            let rows = Rows { counts: [1, 1, self.rows], a: [0, 0, row], out: [0, 0, out_step], ..Rows::default() };
            let b = [0, 0, self.b_step as isize];
            let reduction = Reduction { counts: [1, 1, self.depth], a: [0, 0, depth], b };
            let mut contraction = Contraction::plain(self.a, rows, reduction, self.b, self.out);
            contraction.b_panel = self.b_panel as isize;
            contraction.columns = 0..self.columns;
            contraction.accumulate = self.add;
            contraction.run(isa);
        }
    }
}

/// Computes a product.
///
/// # Safety
/// The machine has the function's instruction set; A, and whole panels of B and of the output, are valid, and the output overlaps
/// neither.
pub(super) type ProductFn = unsafe fn(&Product);

/// `ROWS` (at most 8) are those of a tile.
///
/// # Safety
/// See [`ProductFn`]; the caller is compiled for `L`.
#[inline(always)]
pub(super) unsafe fn product<L: Lanes, const ROWS: usize>(product: &Product) {
    // SAFETY: the caller's contract.
    unsafe { if product.turned { tiles::<L, ROWS, true>(product) } else { tiles::<L, ROWS, false>(product) } }
}

/// All tiles, of even size, panel by panel.
///
/// # Safety
/// See [`product`].
#[inline(always)]
unsafe fn tiles<L: Lanes, const ROWS: usize, const TURNED: bool>(product: &Product) {
    let count = product.rows.div_ceil(ROWS).max(1);
    let (rows, larger) = (product.rows / count, product.rows % count);
    for column in (0..product.columns).step_by(VECTORS * L::LANES) {
        let mut row = 0;
        for index in 0..count {
            let rows = rows + usize::from(index < larger);
            // SAFETY: rows row .. row + rows exist, and so do the columns.
            unsafe {
                if product.columns - column > L::LANES {
                    sized::<L, ROWS, TURNED, VECTORS>(product, rows, row, column);
                } else {
                    sized::<L, ROWS, TURNED, 1>(product, rows, row, column);
                }
            }
            row += rows;
        }
    }
}

/// The tile of `rows` rows from `row` on, and of so many vectors from the panel that begins with `column` on.
///
/// # Safety
/// See [`product`].
#[inline(always)]
unsafe fn sized<L: Lanes, const ROWS: usize, const TURNED: bool, const WIDTH: usize>(
    product: &Product,
    rows: usize,
    row: usize,
    column: usize,
) {
    // SAFETY: the caller's contract.
    unsafe {
        match rows {
            1 => tile::<L, 1, WIDTH, TURNED>(product, row, column),
            2 => tile::<L, 2, WIDTH, TURNED>(product, row, column),
            3 => tile::<L, 3, WIDTH, TURNED>(product, row, column),
            4 => tile::<L, 4, WIDTH, TURNED>(product, row, column),
            5 => tile::<L, 5, WIDTH, TURNED>(product, row, column),
            6 => tile::<L, 6, WIDTH, TURNED>(product, row, column),
            7 if ROWS >= 7 => tile::<L, 7, WIDTH, TURNED>(product, row, column),
            8 if ROWS >= 8 => tile::<L, 8, WIDTH, TURNED>(product, row, column),
            _ => {}
        }
    }
}

/// `COUNT` rows from `row` on by `WIDTH` vectors of the panel that begins with `column`.
///
/// # Safety
/// See [`product`].
#[allow(clippy::needless_range_loop, reason = "rows and vectors index several register arrays at once")]
#[inline(always)]
unsafe fn tile<L: Lanes, const COUNT: usize, const WIDTH: usize, const TURNED: bool>(
    product: &Product,
    row: usize,
    column: usize,
) {
    // SAFETY: the rows and the panel exist, and every step stays within the depth.
    unsafe {
        let mut sums = [[L::splat(0.0); WIDTH]; COUNT];
        let step = product.a_step;
        let mut a = product.a.add(if TURNED { row } else { row * step });
        let mut b = product.b.add(column / (VECTORS * L::LANES) * product.b_panel);
        let advance = if TURNED { step } else { 1 };
        for _ in 0..product.depth / 4 {
            for k in 0..4 {
                let a = a.add(k * advance);
                sums = summand::<L, COUNT, WIDTH, TURNED>(a, step, b.add(k * product.b_step), sums);
            }
            a = a.add(4 * advance);
            b = b.add(4 * product.b_step);
        }
        for _ in 0..product.depth % 4 {
            sums = summand::<L, COUNT, WIDTH, TURNED>(a, step, b, sums);
            a = a.add(advance);
            b = b.add(product.b_step);
        }
        let out = product.out.add(row * product.out_step + column);
        for r in 0..COUNT {
            for v in 0..WIDTH {
                let to = out.add(r * product.out_step + v * L::LANES);
                let sum = if product.add { L::add(L::load(to), sums[r][v]) } else { sums[r][v] };
                L::store(to, sum);
            }
        }
    }
}

/// The sums, and the products of one summand.
///
/// # Safety
/// See [`product`].
#[allow(clippy::needless_range_loop, reason = "rows and vectors index several register arrays at once")]
#[inline(always)]
unsafe fn summand<L: Lanes, const COUNT: usize, const WIDTH: usize, const TURNED: bool>(
    a: *const f32,
    step: usize,
    b: *const f32,
    mut sums: [[L::Vector; WIDTH]; COUNT],
) -> [[L::Vector; WIDTH]; COUNT] {
    // SAFETY: the rows of A and a panel's row of B exist.
    unsafe {
        let columns: [L::Vector; WIDTH] = std::array::from_fn(|v| L::load(b.add(v * L::LANES)));
        for r in 0..COUNT {
            let value = L::splat(*a.add(if TURNED { r } else { r * step }));
            for v in 0..WIDTH {
                sums[r][v] = L::fma(value, columns[v], sums[r][v]);
            }
        }
        sums
    }
}
