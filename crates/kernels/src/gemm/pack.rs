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

/// Strips that are filled side by side: a line of the matrix is read in longer runs, and few enough targets share a cache set.
const GROUP: usize = 4;

/// [`copy_strips`] of one width.
type CopyStrips = unsafe fn(*const f32, isize, [usize; 2], *mut f32);

/// Copies the `rows x columns` matrix at `from`, whose rows are contiguous and `from_step` apart, into strips of `WIDTH` columns, one
/// after the other; `columns` is a multiple of `WIDTH`.
///
/// # Safety
/// `from` is valid for all elements of the matrix, `to` for as many writes; they do not overlap.
unsafe fn copy_strips<const WIDTH: usize>(
    from: *const f32,
    from_step: isize,
    [rows, columns]: [usize; 2],
    to: *mut f32,
) {
    for column in (0..columns).step_by(GROUP * WIDTH) {
        let strips = GROUP.min((columns - column) / WIDTH);
        // SAFETY: the elements are those of `strips` whole strips; an array of f32 needs no more alignment than an f32.
        unsafe {
            for row in 0..rows {
                let line = from.offset(row as isize * from_step).add(column);
                let target = to.add(column * rows + row * WIDTH);
                for strip in 0..strips {
                    let elements = line.add(strip * WIDTH).cast::<[f32; WIDTH]>().read();
                    target.add(strip * rows * WIDTH).cast::<[f32; WIDTH]>().write(elements);
                }
            }
        }
    }
}

/// Packs a `k x n` matrix into strips of `width` columns, each `k x width`; where the last has fewer columns, the rest of it is not
/// written.
///
/// # Safety
/// As [`pack_panels`].
unsafe fn pack_strips(isa: Isa, from: *const f32, strides: [isize; 2], [k, n]: [usize; 2], width: usize, to: *mut f32) {
    // A copy of known length is a few moves; one of unknown length a call.
    let copy: Option<CopyStrips> = match width {
        _ if strides[1] != 1 => None,
        4 => Some(copy_strips::<4>),
        6 => Some(copy_strips::<6>),
        8 => Some(copy_strips::<8>),
        14 => Some(copy_strips::<14>),
        16 => Some(copy_strips::<16>),
        32 => Some(copy_strips::<32>),
        _ => None,
    };
    let mut column = 0;
    if let Some(copy) = copy {
        column = n / width * width;
        // SAFETY: whole strips of this matrix, whose rows are contiguous.
        unsafe { copy(from, strides[0], [k, column], to) };
    }
    while column < n {
        let columns = width.min(n - column);
        // SAFETY: the strip starts at column * k, and its columns exist in both.
        unsafe {
            copy_matrix(
                isa,
                from.offset(column as isize * strides[1]),
                strides,
                [k, columns],
                to.add(column * k),
                width,
            )
        };
        column += width;
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
    // SAFETY: the contract of this function; the zeros belong to the last panel.
    unsafe {
        pack_strips(isa, b, strides, [k, n], panel, to);
        let rest = n % panel;
        if rest > 0 {
            let last = to.add((n - rest) * k);
            for row in 0..k {
                std::slice::from_raw_parts_mut(last.add(row * panel + rest), panel - rest).fill(0.0);
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
    // SAFETY: the contract of this function.
    unsafe { pack_strips(isa, a, [strides[1], strides[0]], [k, m], block, to) }
}
