//! Copies of an operand in the order in which the tiles read it.
//!
//! Packed B is a row of panels, each `k` rows of [`panel_width`](super::panel_width) columns, zeros past the last column.
//! Packed A is a row of blocks, each `k` rows of `block` consecutive rows of A.

use crate::Isa;

/// Side of the squares that a transposing copy walks: 16 x 16 f32 are 16 cache lines in and 16 out.
const SQUARE: usize = 16;

/// Copies the `rows x columns` matrix at `from` (strides in elements) into a row-major one of `to_step` elements a row.
///
/// # Safety
/// The machine has `isa`. `from` is valid for all elements of the matrix, `to` for writes of `columns` elements at every
/// `to_step`; they do not overlap.
pub(crate) unsafe fn copy_matrix(
    isa: Isa,
    from: *const f32,
    strides: [isize; 2],
    [rows, columns]: [usize; 2],
    to: *mut f32,
    to_step: usize,
) {
    // SAFETY: all accesses are elements of the two matrices.
    unsafe {
        if strides[1] == 1 {
            for row in 0..rows {
                std::ptr::copy_nonoverlapping(from.offset(row as isize * strides[0]), to.add(row * to_step), columns);
            }
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if strides[0] == 1 && isa >= Isa::Avx2 {
            super::transpose_x86::transpose(from, strides[1], rows, columns, to, to_step);
            return;
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = isa;
        for row in (0..rows).step_by(SQUARE) {
            for column in (0..columns).step_by(SQUARE) {
                for r in row..rows.min(row + SQUARE) {
                    for c in column..columns.min(column + SQUARE) {
                        *to.add(r * to_step + c) = *from.offset(r as isize * strides[0] + c as isize * strides[1]);
                    }
                }
            }
        }
    }
}

/// Packs a `k x n` matrix into panels of `panel` columns.
///
/// # Safety
/// The machine has `isa`; `b` is valid for all elements of the matrix, `to` for `k * n.next_multiple_of(panel)` writes; they do not overlap.
pub(crate) unsafe fn pack_panels(
    isa: Isa,
    b: *const f32,
    strides: [isize; 2],
    k: usize,
    n: usize,
    panel: usize,
    to: *mut f32,
) {
    for column in (0..n).step_by(panel) {
        let width = panel.min(n - column);
        // SAFETY: the panel starts at column * k, and its columns exist in both.
        unsafe {
            let target = to.add(column * k);
            copy_matrix(isa, b.offset(column as isize * strides[1]), strides, [k, width], target, panel);
            if width < panel {
                for row in 0..k {
                    std::slice::from_raw_parts_mut(target.add(row * panel + width), panel - width).fill(0.0);
                }
            }
        }
    }
}

/// Packs an `m x k` matrix into blocks of `block` rows, each `k x block`; the last block may hold fewer rows, the rest of it
/// is not written.
///
/// # Safety
/// The machine has `isa`; `a` is valid for all elements of the matrix, `to` for `m.next_multiple_of(block) * k` writes; they do not overlap.
pub(crate) unsafe fn pack_rows(
    isa: Isa,
    a: *const f32,
    strides: [isize; 2],
    m: usize,
    k: usize,
    block: usize,
    to: *mut f32,
) {
    for row in (0..m).step_by(block) {
        let height = block.min(m - row);
        // SAFETY: the block starts at row * k, and its rows exist in both.
        unsafe {
            copy_matrix(
                isa,
                a.offset(row as isize * strides[0]),
                [strides[1], strides[0]],
                [k, height],
                to.add(row * k),
                block,
            );
        }
    }
}
