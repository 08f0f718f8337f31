//! Copies between layouts, and fills.

use crate::view::MAX_RANK;
use crate::{View, ViewMut};

/// A tile of a transposition: the source gives `TILE_LINES` cache lines that stay in L1 (few enough for its ways when their
/// distance is a power of two) while `TILE_ROWS` rows of the target are written.
const TILE_LINES: usize = 8;
const TILE_ROWS: usize = 16;

/// Copies `src` to `dst`: the same dims and element type, any strides on both sides.
pub fn copy(src: View, mut dst: ViewMut) {
    assert_eq!(src.dims(), dst.dims(), "a copy keeps the dims");
    assert_eq!(src.elem(), dst.elem(), "a copy keeps the element type");
    if src.is_empty() {
        return;
    }
    let axes = Axes::new(&src, &dst);
    let (from, to) = (src.as_bytes_ptr(), dst.as_bytes_mut_ptr());
    // SAFETY: the views promise every element that their layouts reach; `axes` walks exactly those. The element types
    // have these sizes and are aligned to them.
    unsafe {
        match src.elem().size() {
            4 => axes.copy::<u32>(from.cast(), to.cast()),
            2 => axes.copy::<u16>(from.cast(), to.cast()),
            _ => axes.copy::<u8>(from, to),
        }
    }
}

/// Sets every element of `dst` to the low bits of `bits` that its element type has.
pub fn fill(mut dst: ViewMut, bits: u32) {
    // A view of one element with strides 0 is the source of all.
    let source = bits.to_ne_bytes();
    let narrow = match dst.elem().size() {
        4 => source,
        2 => {
            let [a, b] = (bits as u16).to_ne_bytes();
            [a, b, 0, 0]
        }
        _ => [bits as u8, 0, 0, 0],
    };
    let aligned = u32::from_ne_bytes(narrow);
    let layout = crate::Layout::strided(dst.dims(), &[0; MAX_RANK][..dst.dims().len()]);
    // SAFETY: the layout reaches the one element at the start of `aligned`, which outlives the copy.
    let one = unsafe { View::from_raw((&raw const aligned).cast(), dst.elem(), layout) };
    copy(one, dst.reborrow());
}

/// The axes of a copy, outermost first in the target's memory, merged where both sides allow it.
struct Axes {
    rank: usize,
    dims: [usize; MAX_RANK],
    from: [isize; MAX_RANK],
    to: [isize; MAX_RANK],
}

impl Axes {
    fn new(src: &View, dst: &ViewMut) -> Axes {
        let mut order = [0usize; MAX_RANK];
        let mut count = 0;
        for (axis, &dim) in src.dims().iter().enumerate() {
            if dim > 1 {
                order[count] = axis;
                count += 1;
            }
        }
        let order = &mut order[..count];
        order.sort_by_key(|&axis| std::cmp::Reverse(dst.strides()[axis].unsigned_abs()));
        let mut axes = Axes { rank: 0, dims: [1; MAX_RANK], from: [0; MAX_RANK], to: [0; MAX_RANK] };
        for &axis in order.iter() {
            let (dim, from, to) = (src.dims()[axis], src.strides()[axis], dst.strides()[axis]);
            let merges = axes.rank > 0
                && axes.from[axes.rank - 1] == from * dim as isize
                && axes.to[axes.rank - 1] == to * dim as isize;
            if !merges {
                axes.rank += 1;
            }
            let last = axes.rank - 1;
            axes.dims[last] = if merges { axes.dims[last] * dim } else { dim };
            (axes.from[last], axes.to[last]) = (from, to);
        }
        axes
    }

    /// # Safety
    /// All elements that the axes reach are readable from `from` and writable from `to`.
    unsafe fn copy<T: Copy>(&self, from: *const T, to: *mut T) {
        // SAFETY (all blocks): the caller's promise, passed on to the loops.
        if self.rank == 0 {
            // SAFETY: see above.
            unsafe { to.write(from.read()) };
            return;
        }
        let inner = self.rank - 1;
        let (n, source_step, step) = (self.dims[inner], self.from[inner], self.to[inner]);
        let next_to_each_other = step == 1 && source_step != 1 && source_step != 0;
        let transposed = (0..inner).find(|&axis| self.from[axis] == 1);
        if let (true, Some(axis)) = (next_to_each_other, transposed) {
            let tile =
                Transposition { rows: self.dims[axis], columns: n, column_step: source_step, row_step: self.to[axis] };
            // SAFETY: see above.
            self.walk([Some(axis), Some(inner)], |a, b| unsafe { tile.copy(from.offset(a), to.offset(b)) });
            return;
        }
        let pair = inner.checked_sub(1);
        let lines = pair.map_or(Lines { count: 1, from: 0, to: 0 }, |axis| Lines {
            count: self.dims[axis],
            from: self.from[axis],
            to: self.to[axis],
        });
        self.walk([Some(inner), pair], |a, b| {
            // SAFETY: see above.
            unsafe {
                let (from, to) = (from.offset(a), to.offset(b));
                match (source_step, step) {
                    (1, 1) => lines.runs(n, from, to),
                    (0, 1) => lines.repeats(n, from, to),
                    _ => lines.each(from, to, |from, to| {
                        for i in 0..n as isize {
                            to.offset(i * step).write(from.offset(i * source_step).read());
                        }
                    }),
                }
            }
        });
    }

    /// Calls `f` with the offsets on both sides for every index of the axes that are not `skipped`.
    fn walk(&self, skipped: [Option<usize>; 2], f: impl Fn(isize, isize)) {
        let mut index = [0usize; MAX_RANK];
        let (mut from, mut to) = (0isize, 0isize);
        loop {
            f(from, to);
            let mut axis = self.rank;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                if skipped.contains(&Some(axis)) {
                    continue;
                }
                index[axis] += 1;
                from += self.from[axis];
                to += self.to[axis];
                if index[axis] < self.dims[axis] {
                    break;
                }
                from -= self.from[axis] * self.dims[axis] as isize;
                to -= self.to[axis] * self.dims[axis] as isize;
                index[axis] = 0;
            }
        }
    }
}

/// Lines of elements, the innermost axis but one: a loop of its own, since short lines (the channels of a group, a channel repeated) cost
/// less than the walk from one to the next.
struct Lines {
    count: usize,
    from: isize,
    to: isize,
}

impl Lines {
    /// Calls `f` with the first element of every line on both sides.
    #[inline(always)]
    fn each<T>(&self, from: *const T, to: *mut T, f: impl Fn(*const T, *mut T)) {
        for line in 0..self.count as isize {
            f(from.wrapping_offset(line * self.from), to.wrapping_offset(line * self.to));
        }
    }

    /// Copies lines of `n` elements that lie next to each other.
    ///
    /// # Safety
    /// All elements are readable and writable.
    unsafe fn runs<T: Copy>(&self, n: usize, from: *const T, to: *mut T) {
        macro_rules! lines {
            ($($known:literal)*) => {
                match n {
                    // SAFETY: the caller's promise; an array needs no more alignment than its elements.
                    $($known => self.each(from, to, |from, to| unsafe {
                        to.cast::<[T; $known]>().write(from.cast::<[T; $known]>().read());
                    }),)*
                    // SAFETY: the caller's promise.
                    _ => self.each(from, to, |from, to| unsafe { std::ptr::copy_nonoverlapping(from, to, n) }),
                }
            };
        }
        lines!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    }

    /// Fills lines of `n` elements that lie next to each other with one element each.
    ///
    /// # Safety
    /// As [`Lines::runs`].
    unsafe fn repeats<T: Copy>(&self, n: usize, from: *const T, to: *mut T) {
        macro_rules! lines {
            ($($known:literal)*) => {
                match n {
                    // SAFETY: the caller's promise; an array needs no more alignment than its elements.
                    $($known => self.each(from, to, |from, to| unsafe {
                        to.cast::<[T; $known]>().write([from.read(); $known]);
                    }),)*
                    // SAFETY: the caller's promise.
                    _ => self.each(from, to, |from, to| unsafe { std::slice::from_raw_parts_mut(to, n).fill(from.read()) }),
                }
            };
        }
        lines!(1 2 3 4 5 6 7 8);
    }
}

/// A matrix whose columns lie next to each other in the target and whose rows do in the source.
struct Transposition {
    rows: usize,
    columns: usize,
    column_step: isize,
    row_step: isize,
}

impl Transposition {
    /// # Safety
    /// All elements of the matrix are readable and writable.
    unsafe fn copy<T: Copy>(&self, from: *const T, to: *mut T) {
        for row in (0..self.rows).step_by(TILE_ROWS) {
            let rows = TILE_ROWS.min(self.rows - row);
            for column in (0..self.columns).step_by(TILE_LINES) {
                let columns = TILE_LINES.min(self.columns - column);
                // SAFETY: the tile is within the matrix.
                unsafe {
                    let from = from.offset(row as isize + column as isize * self.column_step);
                    let to = to.offset(row as isize * self.row_step + column as isize);
                    if columns == TILE_LINES {
                        // The same loop with a known length: the compiler unrolls it.
                        for r in 0..rows as isize {
                            for c in 0..TILE_LINES as isize {
                                to.offset(r * self.row_step + c).write(from.offset(r + c * self.column_step).read());
                            }
                        }
                    } else {
                        for r in 0..rows as isize {
                            for c in 0..columns as isize {
                                to.offset(r * self.row_step + c).write(from.offset(r + c * self.column_step).read());
                            }
                        }
                    }
                }
            }
        }
    }
}
