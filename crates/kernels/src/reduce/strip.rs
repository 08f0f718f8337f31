//! How rows are added up column by column: a few vectors of columns at a time, whose sums stay in registers.

use crate::simd::{MAX_LANES, Simd};
use std::ops::Range;

/// What gives the rows.
pub(super) trait Strip<S: Simd> {
    /// Adds rows `rows`, in order, to the sums of the `W` vectors of columns from `column` on, of which `count` are there: those of whole
    /// vectors, or `W` is 1.
    ///
    /// # Safety
    /// Rows and columns are those that [`add_rows`] may add.
    unsafe fn add<const W: usize>(&self, s: S, column: usize, count: usize, rows: Range<usize>);
}

/// Adds `rows` rows of `width` columns to their sums, in order.
///
/// One vector alone would wait for its own additions; and memory is read faster as it lies than in short runs of many rows: what is
/// wider than registers hold goes row by row.
///
/// # Safety
/// What the strip needs: so many rows and columns are readable, and the sums, in whole vectors, writable.
#[inline(always)]
pub(super) unsafe fn add_rows<S: Simd>(s: S, strip: &impl Strip<S>, rows: usize, width: usize) {
    // Of 32 registers or 16.
    let held = if S::LANES == MAX_LANES { 16 } else { 8 };
    let together = if width > held * S::LANES { 1 } else { rows };
    let mut row = 0;
    while row < rows {
        let some = row..row + together;
        let mut i = 0;
        macro_rules! vectors {
            ($repeat:tt $count:literal) => {
                $repeat i + $count * S::LANES <= width {
                    // SAFETY: the caller's promise; these columns are within the width.
                    unsafe { strip.add::<$count>(s, i, $count * S::LANES, some.clone()) };
                    i += $count * S::LANES;
                }
            };
        }
        if held == 16 {
            vectors!(while 16);
        }
        vectors!(while 8);
        vectors!(if 4);
        vectors!(if 2);
        vectors!(if 1);
        if i < width {
            // SAFETY: the caller's promise.
            unsafe { strip.add::<1>(s, i, width - i, some) };
        }
        row += together;
    }
}
