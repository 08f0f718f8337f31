//! Rows by index: gather, its transpose scatter-add, and the fixed tree that combines partial results.

use crate::cascade::Cascade;
use crate::gemm::contraction::prefetch;
use crate::simd::{Kernel, Simd, dispatch};
use crate::{Elem, Isa, View, ViewMut};
use std::ops::Range;

/// Bytes that are asked for ahead of the row that is copied: rows at random places of a large array, whose lines and pages nothing else
/// would fetch in time.
const AHEAD: usize = 8 << 10;
/// Rows of which something is asked for ahead, at most.
const MOST_AHEAD: usize = 16;
/// Bytes of a row for which that pays, and of all rows: fewer are in a core's own cache.
const LONG: usize = 64;
const FAR: usize = 1 << 20;

/// `out[o, i, :] = x[o, ids[i], :]` for `x` [outer, n, inner], `ids` I32 [k], `out` [outer, k, inner] of the element type
/// of `x`; any strides.
///
/// An id outside of `0..n` is an error, the first position that has one; nothing is written then.
pub fn gather(x: View, ids: View, mut out: ViewMut) -> Result<(), usize> {
    let (&[outer, n, inner], &[k]) = (x.dims(), ids.dims()) else { panic!("x is [outer, n, inner], ids is [k]") };
    assert_eq!(out.dims(), [outer, k, inner], "out is [outer, k, inner]");
    assert_eq!(out.elem(), x.elem(), "out has the element type of x");
    let ids = Ids::checked(&ids, n)?;
    let size = x.elem().size();
    let (from, to) =
        ([x.strides()[0], x.strides()[1], x.strides()[2]], [out.strides()[0], out.strides()[1], out.strides()[2]]);
    let (base, target) = (x.as_bytes_ptr(), out.as_bytes_mut_ptr());
    let rows = inner <= 1 || from[2] == 1 && to[2] == 1;
    let bytes = if rows { inner * size } else { 0 };
    let far = bytes >= LONG && n * bytes > FAR;
    let ahead = (AHEAD / bytes.max(1)).clamp(1, MOST_AHEAD);
    for o in 0..outer as isize {
        // SAFETY: the ids were checked.
        let place = |i: usize| (o * from[0] + unsafe { ids.at(i) } as isize * from[1]) * size as isize;
        let ask = |i: usize| {
            (0..bytes.min(AHEAD))
                .step_by(64)
                .for_each(|at| prefetch(base.wrapping_offset(place(i)).wrapping_add(at).cast()))
        };
        if far {
            (0..ahead.min(k)).for_each(ask);
        }
        for i in 0..k {
            if far && i + ahead < k {
                ask(i + ahead);
            }
            // SAFETY: the ids were checked, the other indices are below the dims; the views reach all of these.
            unsafe {
                let source = base.offset(place(i));
                let row = target.offset((o * to[0] + i as isize * to[1]) * size as isize);
                if rows {
                    copy_row(source, row, inner * size);
                } else {
                    for j in 0..inner as isize {
                        let (from, to) = (j * from[2] * size as isize, j * to[2] * size as isize);
                        std::ptr::copy_nonoverlapping(source.offset(from), row.offset(to), size);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Copies `bytes` bytes: of a short row, the call of a copy of any length would take longer than the copy.
///
/// # Safety
/// So many bytes are readable at `from` and writable at `to`; they do not overlap.
#[inline(always)]
unsafe fn copy_row(from: *const u8, to: *mut u8, bytes: usize) {
    type Piece = [u8; 16];
    const PIECE: usize = size_of::<Piece>();
    // SAFETY: the caller's promise; pieces end at or before the row's end, and arrays of bytes need no alignment.
    unsafe {
        match bytes {
            4 => to.cast::<[u8; 4]>().write(from.cast::<[u8; 4]>().read()),
            PIECE..=64 => {
                // The last piece overlaps the one before it.
                for at in (0..bytes - PIECE).step_by(PIECE).chain([bytes - PIECE]) {
                    to.add(at).cast::<Piece>().write(from.add(at).cast::<Piece>().read());
                }
            }
            _ => std::ptr::copy_nonoverlapping(from, to, bytes),
        }
    }
}

/// `x[ids[i], :] += updates[i, :]`, in order of i, for `x` F32 [n, inner], `ids` I32 [k], `updates` F32 [k, inner]; the
/// inner elements lie next to each other.
///
/// An id outside of `0..n` is an error, the first position that has one; nothing is written then.
pub fn scatter_add(isa: Isa, mut x: ViewMut, ids: View, updates: View) -> Result<(), usize> {
    let (&[n, inner], &[k]) = (x.dims(), ids.dims()) else { panic!("x is [n, inner], ids is [k]") };
    assert_eq!(updates.dims(), [k, inner], "updates is [k, inner]");
    assert!(inner <= 1 || x.strides()[1] == 1 && updates.strides()[1] == 1, "inner elements lie next to each other");
    let ids = Ids::checked(&ids, n)?;
    let (row_step, update_step) = (x.strides()[0], updates.strides()[0]);
    if x.elem() == Elem::I32 {
        let (base, from) = (x.as_mut_ptr::<i32>(), updates.as_ptr::<i32>());
        for nth in 0..k {
            for i in 0..inner as isize {
                // SAFETY: `nth` is below k and its id below n, both checked above; rows have `inner` elements, one after the other.
                unsafe {
                    let at = base.offset(ids.at(nth) as isize * row_step + i);
                    *at = (*at).wrapping_add(*from.offset(nth as isize * update_step + i));
                }
            }
        }
        return Ok(());
    }
    dispatch(isa, ScatterAdd { x: x.as_mut_ptr(), row_step, ids, updates: updates.as_ptr(), update_step, k, inner });
    Ok(())
}

/// `out[i - range.start] = parts[0, i] + parts[1, i] + ...` for `i` in `range`, as a binary tree over the parts that
/// depends on their number only. `parts` is F32 [p, len], `out` F32 [range.len()], both with elements next to each other;
/// `out` may lie exactly where `parts[0, range]` lies.
pub fn sum_tree(isa: Isa, parts: View, mut out: ViewMut, range: Range<usize>) {
    let [count, len] = *parts.dims() else { panic!("parts is [p, len]") };
    assert!(range.end <= len && out.dims() == [range.len()], "out holds the elements of the range");
    assert!(len <= 1 || parts.strides()[1] == 1, "the elements of a part lie next to each other");
    assert!(range.len() <= 1 || out.strides()[0] == 1, "the elements of out lie next to each other");
    let base = parts.as_ptr::<f32>().wrapping_add(range.start);
    dispatch(isa, SumTree { base, step: parts.strides()[0], count, out: out.as_mut_ptr(), n: range.len() });
}

/// Ids that were checked to be below a bound.
#[derive(Clone, Copy)]
struct Ids {
    base: *const i32,
    stride: isize,
}

impl Ids {
    fn checked(view: &View, bound: usize) -> Result<Ids, usize> {
        assert_eq!(view.elem(), Elem::I32, "ids are I32");
        let ids = Ids { base: view.as_ptr::<i32>(), stride: view.strides()[0] };
        let count = view.dims()[0];
        // SAFETY: the view has `count` elements.
        let bad = (0..count).find(|&i| !(0..bound as i64).contains(&i64::from(unsafe { ids.at(i) })));
        bad.map_or(Ok(ids), Err)
    }

    /// # Safety
    /// `i` is below the number of ids.
    unsafe fn at(&self, i: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { self.base.offset(i as isize * self.stride).read() }
    }
}

struct ScatterAdd {
    x: *mut f32,
    row_step: isize,
    ids: Ids,
    updates: *const f32,
    update_step: isize,
    k: usize,
    inner: usize,
}

impl Kernel for ScatterAdd {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for i in 0..self.k {
            // SAFETY: the ids were checked; rows have `inner` elements, and every vector ends at or before the last.
            unsafe {
                let row = self.x.offset(self.ids.at(i) as isize * self.row_step);
                let update = self.updates.offset(i as isize * self.update_step);
                let mut j = 0;
                while j + S::LANES <= self.inner {
                    s.store(row.add(j), s.add(s.load(row.add(j)), s.load(update.add(j))));
                    j += S::LANES;
                }
                if j < self.inner {
                    let rest = self.inner - j;
                    let sum = s.add(s.load_partial(row.add(j), rest, 0.0), s.load_partial(update.add(j), rest, 0.0));
                    s.store_partial(row.add(j), rest, sum);
                }
            }
        }
    }
}

struct SumTree {
    base: *const f32,
    step: isize,
    count: usize,
    out: *mut f32,
    n: usize,
}

impl Kernel for SumTree {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let zero = s.splat(0.0);
        // Four vectors at a time, so that additions of different columns overlap.
        let mut four: Cascade<[S::F; 4], 40> = Cascade::new();
        let mut one: Cascade<S::F, 40> = Cascade::new();
        let add = |a: S::F, b: S::F| s.add(a, b);
        let add_four =
            |a: [S::F; 4], b: [S::F; 4]| [add(a[0], b[0]), add(a[1], b[1]), add(a[2], b[2]), add(a[3], b[3])];
        let part = |p: usize, i: usize| self.base.wrapping_offset(p as isize * self.step).wrapping_add(i);
        let mut i = 0;
        // SAFETY: every vector ends at or before element n of a part, which the view reaches.
        unsafe {
            while i + 4 * S::LANES <= self.n {
                for p in 0..self.count {
                    let from = part(p, i);
                    let lanes = |k: usize| s.load(from.add(k * S::LANES));
                    four.push([lanes(0), lanes(1), lanes(2), lanes(3)], add_four);
                }
                let sum = four.take(add_four).unwrap_or([zero; 4]);
                for (k, &lanes) in sum.iter().enumerate() {
                    s.store(self.out.add(i + k * S::LANES), lanes);
                }
                i += 4 * S::LANES;
            }
            while i < self.n {
                let rest = (self.n - i).min(S::LANES);
                for p in 0..self.count {
                    one.push(s.load_partial(part(p, i), rest, 0.0), add);
                }
                s.store_partial(self.out.add(i), rest, one.take(add).unwrap_or(zero));
                i += S::LANES;
            }
        }
    }
}
