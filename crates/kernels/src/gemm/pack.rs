//! Copies of an operand in the order in which the tiles read it.
//!
//! Packed B is a row of panels, each `k` rows of [`panel_width`](super::panel_width) columns, zeros past the last column.
//! Packed A is a row of blocks, each `k` rows of `block` consecutive rows of A.

/// Side of the square that is transposed at once: 16 x 16 f32 are 16 cache lines in and 16 out.
const SQUARE: usize = 16;

/// Copies the `rows x columns` matrix at `from` (strides in elements) into a row-major one of `to_step` elements a row.
///
/// # Safety
/// `from` is valid for all elements of the matrix, `to` for writes of `columns` elements at every `to_step`; they do not overlap.
pub(crate) unsafe fn copy_matrix(
    from: *const f32,
    strides: [isize; 2],
    rows: usize,
    columns: usize,
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
        // Whole squares first: with constant bounds and one unit stride the compiler keeps both sides in cache and unrolls.
        for row in (0..rows).step_by(SQUARE) {
            let height = SQUARE.min(rows - row);
            for column in (0..columns).step_by(SQUARE) {
                let width = SQUARE.min(columns - column);
                let source = from.offset(row as isize * strides[0] + column as isize * strides[1]);
                let target = to.add(row * to_step + column);
                if height == SQUARE && width == SQUARE && strides[0] == 1 {
                    transpose_square(source, strides[1], target, to_step);
                } else {
                    for r in 0..height {
                        for c in 0..width {
                            *target.add(r * to_step + c) =
                                *source.offset(r as isize * strides[0] + c as isize * strides[1]);
                        }
                    }
                }
            }
        }
    }
}

/// `to[r][c] = from[c][r]` for a square of 16, in 4 x 4 parts that stay in registers.
///
/// # Safety
/// Both squares are valid and disjoint.
#[inline(always)]
unsafe fn transpose_square(from: *const f32, from_step: isize, to: *mut f32, to_step: usize) {
    for c in (0..SQUARE).step_by(4) {
        for r in (0..SQUARE).step_by(4) {
            // SAFETY: rows c .. c + 4 and columns r .. r + 4 lie in the source square, and the reverse in the target.
            unsafe {
                let lines: [[f32; 4]; 4] =
                    std::array::from_fn(|i| from.offset((c + i) as isize * from_step).add(r).cast::<[f32; 4]>().read());
                let (to, row) =
                    (to.add(r * to_step + c), |i: usize| [lines[0][i], lines[1][i], lines[2][i], lines[3][i]]);
                for i in 0..4 {
                    to.add(i * to_step).cast::<[f32; 4]>().write(row(i));
                }
            }
        }
    }
}

/// Packs a `k x n` matrix into panels of `panel` columns.
///
/// # Safety
/// `b` is valid for all elements of the matrix, `to` for `k * n.next_multiple_of(panel)` writes; they do not overlap.
pub(crate) unsafe fn pack_panels(b: *const f32, strides: [isize; 2], k: usize, n: usize, panel: usize, to: *mut f32) {
    for column in (0..n).step_by(panel) {
        let width = panel.min(n - column);
        // SAFETY: the panel starts at column * k, and its columns exist in both.
        unsafe {
            let target = to.add(column * k);
            copy_matrix(b.offset(column as isize * strides[1]), strides, k, width, target, panel);
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
/// `a` is valid for all elements of the matrix, `to` for `m.next_multiple_of(block) * k` writes; they do not overlap.
pub(crate) unsafe fn pack_rows(a: *const f32, strides: [isize; 2], m: usize, k: usize, block: usize, to: *mut f32) {
    for row in (0..m).step_by(block) {
        let height = block.min(m - row);
        // SAFETY: the block starts at row * k, and its rows exist in both.
        unsafe {
            copy_matrix(
                a.offset(row as isize * strides[0]),
                [strides[1], strides[0]],
                k,
                height,
                to.add(row * k),
                block,
            );
        }
    }
}
