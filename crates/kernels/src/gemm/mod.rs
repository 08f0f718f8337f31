//! Matrix products with a fused epilogue, on one core.
//!
//! `C = epilogue(A B)`: B is packed once into panels (a weight keeps its packed copy), A is read where it lies whenever
//! that is fast, and each register tile finishes its elements before it stores them. The sum of an element is taken in
//! the order of k, in blocks that depend on k alone, so rows and columns may be cut anywhere without changing a bit. The one exception is
//! a row times contiguous columns ([`dots`]), whose sums have another order: such a product is cut by its columns only.

pub(crate) mod contraction;
mod dots;
pub(crate) mod lanes;
#[cfg(target_arch = "aarch64")]
pub(crate) mod lanes_neon;
#[cfg(target_arch = "x86_64")]
pub(crate) mod lanes_x86;
pub(crate) mod pack;
pub(crate) mod tile;
#[cfg(target_arch = "x86_64")]
mod transpose_x86;

use crate::{Isa, Layout, View, ViewMut};
use contraction::{Contraction, Rows};
use std::ops::Range;
use std::ptr;
use tile::{Reduction, kernels};

/// What is done to a result before it is stored, in this order:
/// `v = sum` (`+ existing output` if `accumulate`); `v += bias[n]`; `v += residual`; `v = max(v, 0)` if `relu`;
/// `v = 0` where not `mask > 0`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Add to the output instead of overwriting it.
    pub accumulate: bool,
    /// One value a column (output channel): dims `[n]`, contiguous.
    pub bias: Option<View<'a>>,
    /// Added to the result: dims of the output, unit stride along its last axis. May be the output's own memory.
    pub residual: Option<View<'a>>,
    /// Rectify; a NaN stays.
    pub relu: bool,
    /// Zero the result where this is not positive, or NaN: dims of the output, unit stride along its last axis.
    pub mask: Option<View<'a>>,
}

impl<'a> Epilogue<'a> {
    /// The epilogue of a product of one column, `c` `[m, 1]`, as that of its transpose, one row, where this can be one. The column's one
    /// bias is the same for all columns of the row: it is added from `biases`.
    fn of_row(&self, c: &ViewMut, biases: &'a mut [f32; COLUMN]) -> Option<Epilogue<'a>> {
        let &[m, 1] = c.dims() else { return None };
        let column = |view: &View| view.dims() == [m, 1] && view.strides()[0] == 1;
        let biased = self.bias.is_none() || (m <= COLUMN && self.residual.is_none());
        if m == 1 || c.strides()[0] != 1 || !biased || !self.residual.iter().chain(&self.mask).all(column) {
            return None;
        }
        let row = |operand: Option<View<'a>>| operand.map(|view| view.with_layout(Layout::strided(&[1, m], &[1, 1])));
        let mut residual = row(self.residual);
        if let Some(bias) = &self.bias {
            assert_eq!(bias.dims(), [1], "the bias has one value a column");
            biases[..m].fill(bias.as_slice::<f32>().expect("a bias of f32")[0]);
            residual = Some(View::from_slice(&biases[..m], &[1, m]));
        }
        Some(Epilogue { bias: None, residual, mask: row(self.mask), ..*self })
    }
}

/// Rows of A that are multiplied while a panel of B is hot, at most: with `KC` columns less than half of a 1 MB L2.
const MC: usize = 168;
/// The longest block of k. A 1024-cube on Zen 4 ran at 82 % of the peak with blocks of 341, 86 % with 512, 88 % with 1024,
/// where a 512-cube lost 4 %: every block reads and writes C once more, long ones push A out of L2.
const KC: usize = 640;
/// Columns of B that [`gemm`] packs at once for more than [`MC`] rows. The same cube: 79 % with 512 (A is packed again for every block), 86 % with 1024
/// and with 2048.
const NC: usize = 1024;
/// Panels of B that [`gemm`] packs at once for up to [`MC`] rows, which are all multiplied before the panels leave the nearest caches.
const PANELS: usize = 4;
/// Columns of the widest panel of any level.
const MAX_PANEL: usize = 32;
/// Up to so many tiles of rows of A, a row-major B is read where it lies: packing would touch it nearly as often as the product.
const DIRECT_TILES: usize = 3;
/// Elements of a row-major B that is read where it lies by any rows: in the L1 it is as near as a packed copy.
const NEAR: usize = 4096;
/// Rows of a product of one column with a bias that are computed as a row, at most.
const COLUMN: usize = 512;
/// Products an element up to which writing the output takes longer than its sums: rows are then written as they lie, instead of a stripe of
/// all of them at a time.
const FEW_PRODUCTS: usize = 64;
/// The same with AVX-512, whose processors have an L2 for a B of [`L2`] elements: 1624 x 2357 x 211 takes 6 % less so, the 784 x 512 x 128 of a filter's
/// gradient 2 %, 512 and more products an element 1 % more.
const FEW_PRODUCTS_WIDE: usize = 320;
const L2: usize = 128 << 10;
/// From so many panels of B on, an A whose rows are not contiguous is packed.
const PACK_A_PANELS: usize = 4;

/// Columns of a panel of packed B: ranges of columns handed to [`gemm_packed_columns`] start at multiples of it.
pub fn panel_width(isa: Isa) -> usize {
    kernels(isa).panel
}

/// Elements of a packed `[k, n]` B, whatever the instruction set.
pub fn packed_len(k: usize, n: usize) -> usize {
    k * n.next_multiple_of(MAX_PANEL)
}

/// Elements of scratch that a product of these sizes needs, packed B or not.
pub fn gemm_scratch(m: usize, n: usize, k: usize) -> usize {
    let k = k.min(KC);
    // A's blocks are at most MAX_ROWS rows; the rounding up is theirs. One column, which is computed as one row, needs no more.
    (m.min(MC) + tile::MAX_ROWS) * k + packed_len(k, packed_columns(m, n))
}

/// Columns of B that [`gemm`] packs at once, at most.
fn packed_columns(m: usize, n: usize) -> usize {
    n.min(if m > MC { NC } else { PANELS * MAX_PANEL })
}

/// Packs `b`, `[k, n]` of any strides, into whole panels of [`panel_width`] columns at the front of `out` (at most
/// [`packed_len`] elements).
pub fn pack_b(isa: Isa, b: View, out: &mut [f32]) {
    let [k, n] = matrix_dims(&b);
    let whole = k * n.next_multiple_of(panel_width(isa));
    assert!(out.len() >= whole, "packed B of [{k}, {n}] does not fit {} elements", out.len());
    let strides = [b.strides()[0], b.strides()[1]];
    // SAFETY: `b` is a view of k x n elements, `out` holds whole panels, and a `&mut` overlaps nothing.
    unsafe { pack::pack_panels(isa, b.as_ptr::<f32>(), strides, k, n, panel_width(isa), out.as_mut_ptr()) }
}

/// `C = epilogue(A B)` for `a` `[m, k]` and `b` `[k, n]` of any strides, `c` `[m, n]` with unit column stride.
///
/// `scratch` holds at least [`gemm_scratch`]`(m, n, k)` elements. With `k = 0` the epilogue is applied to zeros.
/// Panics when dims do not match.
pub fn gemm(isa: Isa, a: View, b: View, mut c: ViewMut, ep: &Epilogue, scratch: &mut [f32]) {
    let [m, k] = matrix_dims(&a);
    let [b_k, n] = matrix_dims(&b);
    assert_eq!(k, b_k, "the inner dims of a product are equal");
    assert!(scratch.len() >= gemm_scratch(m, n, k), "the product [{m}, {k}] x [{k}, {n}] needs more scratch");
    if n == 1 {
        let mut biases = [0.0; COLUMN];
        if let Some(row) = ep.of_row(&c, &mut biases) {
            // C^T = B^T A^T: the elements of the column become the lanes of vectors.
            let c = c.with_layout(Layout::strided(&[1, m], &[1, 1]));
            return gemm(isa, transposed(&b), transposed(&a), c, &row, scratch);
        }
    }
    let product = Product::new(&a, &mut c, ep, n);
    let panel = panel_width(isa);
    let (b_ptr, strides) = (b.as_ptr::<f32>(), [b.strides()[0], b.strides()[1]]);
    let lies = strides[1] == 1 && (m <= DIRECT_TILES * kernels(isa).max_rows || k * n <= NEAR);
    let direct = if lies { n / panel * panel } else { 0 };
    let (packed, rest) = scratch.split_at_mut(packed_len(k.min(KC), packed_columns(m, n)));
    if m == 1 && product.a_strides[1] == 1 && strides[0] == 1 && direct == 0 && k >= dots::LONG {
        // SAFETY: the row and B's columns are contiguous, and `packed` holds a number for each of so many columns.
        unsafe { product.row_by_lines(isa, k, (b_ptr, strides[1]), n, packed, rest) };
        return;
    }
    for block in blocks(k) {
        let b_block = b_ptr.wrapping_offset(block.start as isize * strides[0]);
        let mut pack = |columns: &Range<usize>| {
            let from = b_block.wrapping_offset(columns.start as isize * strides[1]);
            let to = packed.as_mut_ptr();
            // SAFETY: the columns exist in B, and the packed block has room for them (`packed_len` of its size).
            unsafe { pack::pack_panels(isa, from, strides, block.len(), columns.len(), panel, to) };
            Source { b: to, depth: block.len(), step: panel as isize, panel: (block.len() * panel) as isize }
        };
        if m > MC {
            for column in (0..n).step_by(NC) {
                let columns = column..n.min(column + NC);
                let source = pack(&columns);
                // SAFETY: the source holds the columns; Product::new checked the rest.
                unsafe { product.run(isa, &block, k, source, columns, rest) };
            }
            continue;
        }
        // SAFETY: rows and block exist, and the rest of the scratch holds MC rows of the block.
        let rows = unsafe { product.rows(isa, &block, 0..m, n, rest) };
        if direct > 0 {
            let source = Source { b: b_block, depth: block.len(), step: strides[0], panel: panel as isize };
            // SAFETY: these columns are whole panels of the rows of B; Product::new checked the rest.
            unsafe { product.columns(isa, &rows, &block, k, source, 0..direct) };
        }
        for column in (direct..n).step_by(PANELS * panel) {
            let columns = column..n.min(column + PANELS * panel);
            let source = pack(&columns);
            // SAFETY: the source holds the columns; Product::new checked the rest.
            unsafe { product.columns(isa, &rows, &block, k, source, columns) };
        }
    }
}

/// A matrix as its transpose.
fn transposed<'a>(matrix: &View<'a>) -> View<'a> {
    matrix.with_layout(matrix.layout().permuted(&[1, 0]))
}

/// [`gemm`] with a B that [`pack_b`] packed for the same `isa`; `n` is that of `c`.
pub fn gemm_packed(isa: Isa, a: View, packed_b: &[f32], c: ViewMut, ep: &Epilogue, scratch: &mut [f32]) {
    let n = c.dims()[1];
    gemm_packed_columns(isa, a, packed_b, n, 0..n, c, ep, scratch);
}

/// The columns `columns` of [`gemm_packed`] for a B of `n` columns: `c`, and the epilogue's operands, hold these columns only.
///
/// `columns` starts at a multiple of [`panel_width`].
#[allow(clippy::too_many_arguments, reason = "the operands of a product and the part that is asked for")]
pub fn gemm_packed_columns(
    isa: Isa,
    a: View,
    packed_b: &[f32],
    n: usize,
    columns: Range<usize>,
    mut c: ViewMut,
    ep: &Epilogue,
    scratch: &mut [f32],
) {
    let [m, k] = matrix_dims(&a);
    let panel = panel_width(isa);
    assert!(columns.start.is_multiple_of(panel) && columns.end <= n, "columns {columns:?} are not whole panels of {n}");
    assert!(packed_b.len() >= k * n.next_multiple_of(panel), "packed B is shorter than [{k}, {n}]");
    assert!(scratch.len() >= gemm_scratch(m, columns.len(), k), "the product needs more scratch");
    let product = Product::new(&a, &mut c, ep, columns.len());
    for block in blocks(k) {
        let b = packed_b.as_ptr().wrapping_add(columns.start * k + block.start * panel);
        let source = Source { b, depth: block.len(), step: panel as isize, panel: (k * panel) as isize };
        // SAFETY: the panels of `columns` lie in packed_b; Product::new checked the rest.
        unsafe { product.run(isa, &block, k, source, 0..columns.len(), scratch) };
    }
}

/// Whether a B of `depth` rows meets all its `columns` a tile of rows at a time.
fn goes_by_rows(isa: Isa, depth: usize, columns: usize) -> bool {
    depth <= FEW_PRODUCTS || (isa == Isa::Avx512 && depth <= FEW_PRODUCTS_WIDE && depth * columns <= L2)
}

/// The blocks of k: even, at most `KC`, at least one (an empty one for k = 0).
fn blocks(k: usize) -> impl Iterator<Item = Range<usize>> {
    let count = k.div_ceil(KC).max(1);
    (0..count).map(move |i| i * k / count..(i + 1) * k / count)
}

/// Dims of a matrix. Panics when the view is none, or not of f32.
fn matrix_dims(view: &View) -> [usize; 2] {
    let _ = view.as_ptr::<f32>();
    view.dims().try_into().unwrap_or_else(|_| panic!("expected a matrix, got dims {:?}", view.dims()))
}

/// Where the columns of B lie: the first panel, the rows of a block of k, the step along k, the step from panel to panel.
#[derive(Clone, Copy)]
struct Source {
    b: *const f32,
    depth: usize,
    step: isize,
    panel: isize,
}

/// A checked product, but for B.
struct Product {
    a: *const f32,
    a_strides: [isize; 2],
    m: usize,
    out: *mut f32,
    out_step: isize,
    epilogue: RawEpilogue,
}

impl Product {
    fn new(a: &View, c: &mut ViewMut, ep: &Epilogue, n: usize) -> Product {
        let m = a.dims()[0];
        assert_eq!(c.dims(), [m, n], "the output has the rows of A and the columns of B");
        assert!(n <= 1 || c.strides()[1] == 1, "the output's columns are contiguous");
        let out_step = c.strides()[0];
        Product {
            a: a.as_ptr::<f32>(),
            a_strides: [a.strides()[0], a.strides()[1]],
            m,
            out: c.as_mut_ptr::<f32>(),
            out_step,
            epilogue: RawEpilogue::new(ep, &[m, n]),
        }
    }

    /// One block of k of the product, [`MC`] rows at a time.
    ///
    /// # Safety
    /// The machine has `isa`; the block's rows of the columns `columns` lie at `source`, whole vectors where they are whole; `scratch`
    /// holds the block's columns of `MC` rows, rounded up to whole tiles.
    unsafe fn run(
        &self,
        isa: Isa,
        block: &Range<usize>,
        k: usize,
        source: Source,
        columns: Range<usize>,
        scratch: &mut [f32],
    ) {
        for start in (0..self.m).step_by(MC) {
            // SAFETY: the contract of this function.
            unsafe {
                let rows = self.rows(isa, block, start..self.m.min(start + MC), columns.len(), scratch);
                self.columns(isa, &rows, block, k, source, columns.clone());
            }
        }
    }

    /// The rows `which` of A and of the output, for a block of k that is multiplied by `columns` columns; packed into `scratch` if that
    /// pays.
    ///
    /// # Safety
    /// The machine has `isa`; rows and block exist in A; `scratch` holds the block's columns of so many rows, rounded up to whole tiles.
    unsafe fn rows(
        &self,
        isa: Isa,
        block: &Range<usize>,
        which: Range<usize>,
        columns: usize,
        scratch: &mut [f32],
    ) -> RowsOfA {
        let (depth, height) = (block.len(), kernels(isa).max_rows);
        let [step, along] = self.a_strides;
        let mut rows = Rows { counts: [1, which.len().div_ceil(height), height], ..Rows::default() };
        rows.missing = rows.counts[1] * height - which.len();
        let spread = |step: isize| [0, height as isize * step, step];
        rows.out = spread(self.out_step);
        rows.residual = spread(self.epilogue.residual_step(0));
        rows.mask = spread(self.epilogue.mask_step(0));
        let a = self.a.wrapping_offset(block.start as isize * along + which.start as isize * step);
        // Rows that are 2 KB apart share few cache sets: the rows of one tile would evict each other.
        let scattered = along != 1 || step % 512 == 0;
        if scattered && columns > PACK_A_PANELS * panel_width(isa) {
            let blocks = scratch.as_mut_ptr();
            // SAFETY: the contract of this function.
            unsafe { pack::pack_rows(isa, a, self.a_strides, which.len(), depth, height, blocks) };
            rows.a = [0, (height * depth) as isize, 1];
            RowsOfA { a: blocks, step: height as isize, start: which.start, rows }
        } else {
            rows.a = spread(step);
            RowsOfA { a, step: along, start: which.start, rows }
        }
    }

    /// The columns `columns` of `rows` of one block of k of the product.
    ///
    /// # Safety
    /// The machine has `isa`; `rows` are those of the block; the block's rows of the columns lie at `source`, whole vectors where they
    /// are whole.
    unsafe fn columns(
        &self,
        isa: Isa,
        rows: &RowsOfA,
        block: &Range<usize>,
        k: usize,
        source: Source,
        columns: Range<usize>,
    ) {
        let reduction = Reduction { counts: [1, 1, source.depth], a: [0, 0, rows.step], b: [0, 0, source.step] };
        let out = self.out.wrapping_offset(rows.start as isize * self.out_step);
        let mut contraction = Contraction::plain(rows.a, rows.rows, reduction, source.b, out);
        contraction.b_panel = source.panel;
        contraction.columns = columns;
        contraction.accumulate = self.epilogue.accumulate || block.start > 0;
        contraction.by_rows = goes_by_rows(isa, source.depth, contraction.columns.len());
        if block.end == k {
            self.epilogue.finish(&mut contraction, [rows.start, 0]);
        }
        // SAFETY: `Product::new` checked that the epilogue's operands have the output's dims; the views promise their elements, and that
        // the output overlaps no input but, element by element, its own epilogue's.
        unsafe { contraction.run(isa) };
    }
}

impl Product {
    /// A product of one row and a B whose columns are contiguous, lines at `b.0` and every `b.1`: dot products, finished as the columns of a
    /// B of one row.
    ///
    /// # Safety
    /// The machine has `isa`; the row is contiguous, and B's lines have `k` elements each; `sums` holds some whole panels.
    unsafe fn row_by_lines(
        &self,
        isa: Isa,
        k: usize,
        b: (*const f32, isize),
        n: usize,
        sums: &mut [f32],
        rest: &mut [f32],
    ) {
        let panel = panel_width(isa);
        let to = sums.as_mut_ptr();
        for column in (0..n).step_by(PANELS * panel) {
            let columns = column..n.min(column + PANELS * panel);
            let lines = b.0.wrapping_offset(column as isize * b.1);
            let source = Source { b: to, depth: 1, step: 0, panel: panel as isize };
            // SAFETY: the lines are columns of B; `sums` has room for whole panels of them; the one row times one is not packed.
            unsafe {
                dots::dots(isa, self.a, k, lines, b.1, std::slice::from_raw_parts_mut(to, columns.len()));
                let row = self.rows(isa, &(0..1), 0..1, columns.len(), rest);
                self.columns(isa, &RowsOfA { a: &1.0, step: 0, ..row }, &(0..1), 1, source, columns);
            }
        }
    }
}

/// Rows of A where the tiles read them.
#[derive(Clone, Copy)]
struct RowsOfA {
    a: *const f32,
    /// Elements from one k to the next.
    step: isize,
    /// The first of them in the product.
    start: usize,
    rows: Rows,
}

/// The epilogue's operands as pointers, checked against the output's dims.
#[derive(Clone, Copy)]
pub(crate) struct RawEpilogue {
    pub accumulate: bool,
    pub bias: *const f32,
    pub residual: *const f32,
    pub residual_strides: [isize; 8],
    pub relu: bool,
    pub mask: *const f32,
    pub mask_strides: [isize; 8],
}

impl RawEpilogue {
    /// Checks the operands against the output's dims, the last of which is the columns.
    pub fn new(ep: &Epilogue, dims: &[usize]) -> RawEpilogue {
        let (rank, n) = (dims.len(), dims[dims.len() - 1]);
        let operand = |view: &Option<View>, what: &str| -> (*const f32, [isize; 8]) {
            let Some(view) = view else { return (ptr::null(), [0; 8]) };
            assert_eq!(view.dims(), dims, "the {what} has the dims of the output");
            assert!(n <= 1 || view.strides()[rank - 1] == 1, "the {what}'s last axis is contiguous");
            let mut strides = [0; 8];
            strides[..rank].copy_from_slice(view.strides());
            (view.as_ptr::<f32>(), strides)
        };
        let bias = ep.bias.map_or(ptr::null(), |bias| {
            assert_eq!(bias.dims(), [n], "the bias has one value a column");
            assert!(n <= 1 || bias.strides()[0] == 1, "the bias is contiguous");
            bias.as_ptr::<f32>()
        });
        let (residual, residual_strides) = operand(&ep.residual, "residual");
        let (mask, mask_strides) = operand(&ep.mask, "mask");
        RawEpilogue { accumulate: ep.accumulate, bias, residual, residual_strides, relu: ep.relu, mask, mask_strides }
    }

    /// Step of the residual along an axis of the output.
    pub fn residual_step(&self, axis: usize) -> isize {
        self.residual_strides[axis]
    }

    /// Step of the mask along an axis of the output.
    pub fn mask_step(&self, axis: usize) -> isize {
        self.mask_strides[axis]
    }

    /// Makes `contraction`, whose first row lies at `origin` along the leading axes, end with everything but the accumulation.
    pub fn finish<const AXES: usize>(&self, contraction: &mut Contraction, origin: [usize; AXES]) {
        let at = |base: *const f32, strides: &[isize; 8]| {
            let offset: isize = origin.iter().zip(strides).map(|(&index, &stride)| index as isize * stride).sum();
            if base.is_null() { base } else { base.wrapping_offset(offset) }
        };
        contraction.bias = self.bias;
        contraction.residual = at(self.residual, &self.residual_strides);
        contraction.relu = self.relu;
        contraction.mask = at(self.mask, &self.mask_strides);
    }
}
