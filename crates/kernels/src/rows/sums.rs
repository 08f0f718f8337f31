//! Sums along rows, in chunks of fixed size that are combined as a binary tree, and vectors at a row's end.

use crate::cascade::Cascade;
use crate::simd::{Simd, lies_by_vectors};
use crate::{View, ViewMut};

/// Elements whose sum is taken at once.
const CHUNK: usize = 512;
/// Sums that are taken side by side.
const PARTS: usize = 4;

/// The first element of a dense operand of float32, of `count` elements.
pub(super) fn start(view: &View, count: usize) -> *const f32 {
    let slice = view.as_slice::<f32>().expect("dense float32 rows");
    assert_eq!(slice.len(), count, "an operand of another size");
    slice.as_ptr()
}

/// The first element of a dense result.
pub(super) fn start_mut(view: &mut ViewMut, count: usize) -> *mut f32 {
    let slice = view.as_mut_slice::<f32>().expect("dense float32 rows");
    assert_eq!(slice.len(), count, "a result of another size");
    slice.as_mut_ptr()
}

/// `LANES` elements, or as many as `left` if that is less and `fill` in the other lanes.
///
/// # Safety
/// As many are readable.
#[inline(always)]
pub(crate) unsafe fn load<S: Simd>(s: S, from: *const f32, left: usize, fill: f32) -> S::F {
    // SAFETY: the caller's promise.
    unsafe { if left >= S::LANES { s.load(from) } else { s.load_partial(from, left, fill) } }
}

/// # Safety
/// As many elements as `left`, at most `LANES`, are writable.
#[inline(always)]
pub(super) unsafe fn store<S: Simd>(s: S, to: *mut f32, left: usize, value: S::F) {
    // SAFETY: the caller's promise.
    unsafe { if left >= S::LANES { s.store(to, value) } else { s.store_partial(to, left, value) } }
}

/// Where a row goes, element by element in order.
#[derive(Clone, Copy)]
pub(crate) struct Sink {
    to: *mut f32,
    streamed: bool,
}

impl Sink {
    /// Past the caches if that is wanted, and the row lies so that it can be done.
    #[inline(always)]
    pub(crate) fn new<S: Simd>(to: *mut f32, streamed: bool) -> Sink {
        Sink { to, streamed: streamed && lies_by_vectors::<S>(to) }
    }

    /// Puts the lanes from element `i` on, a multiple of the vector, of which `left` are there.
    ///
    /// # Safety
    /// As many elements as `left`, at most `LANES`, are writable there.
    #[inline(always)]
    pub(crate) unsafe fn put<S: Simd>(&self, s: S, i: usize, left: usize, value: S::F) {
        debug_assert!(i.is_multiple_of(S::LANES));
        let to = self.to.wrapping_add(i);
        // SAFETY: the caller's promise; the row and so every vector of it lies by vectors when it is streamed.
        unsafe {
            if left < S::LANES {
                s.store_partial(to, left, value);
            } else if self.streamed {
                s.stream(to, value);
            } else {
                s.store(to, value);
            }
        }
    }
}

/// What is summed along a row.
pub(super) trait Summand<S: Simd, const SUMS: usize> {
    /// `sums` and the lanes from element `i` on, of which `left` are there; the others add nothing.
    ///
    /// # Safety
    /// They are within the row.
    unsafe fn add(&self, s: S, sums: [S::F; SUMS], i: usize, left: usize) -> [S::F; SUMS];
}

/// The lanes of two sums, added.
#[inline(always)]
fn both<S: Simd, const SUMS: usize>(s: S, a: [S::F; SUMS], b: [S::F; SUMS]) -> [S::F; SUMS] {
    let mut sum = a;
    for (sum, b) in sum.iter_mut().zip(b) {
        *sum = s.add(*sum, b);
    }
    sum
}

/// The lanes of the sums of elements `first` to `end`.
///
/// # Safety
/// The summand has them.
#[inline(always)]
unsafe fn chunk<S: Simd, const SUMS: usize, T: Summand<S, SUMS>>(
    s: S,
    summand: &T,
    first: usize,
    end: usize,
) -> [S::F; SUMS] {
    // Several, so that an addition does not wait for the one before it.
    let mut parts = [[s.splat(0.0); SUMS]; PARTS];
    let mut i = first;
    // SAFETY: every element is below `end`.
    unsafe {
        while i + PARTS * S::LANES <= end {
            for (k, part) in parts.iter_mut().enumerate() {
                *part = summand.add(s, *part, i + k * S::LANES, S::LANES);
            }
            i += PARTS * S::LANES;
        }
        while i < end {
            parts[0] = summand.add(s, parts[0], i, (end - i).min(S::LANES));
            i += S::LANES;
        }
    }
    let [a, b, c, d] = parts;
    both(s, both(s, a, b), both(s, c, d))
}

/// The sums of `n` elements.
///
/// # Safety
/// The summand has so many.
#[inline(always)]
pub(super) unsafe fn sums<S: Simd, const SUMS: usize, T: Summand<S, SUMS>>(s: S, n: usize, summand: &T) -> [f32; SUMS] {
    let add = |a: [S::F; SUMS], b: [S::F; SUMS]| both(s, a, b);
    // SAFETY: the caller's promise.
    let total = unsafe {
        if n <= CHUNK {
            chunk(s, summand, 0, n)
        } else {
            let mut tree = Cascade::<[S::F; SUMS], 40>::new();
            for first in (0..n).step_by(CHUNK) {
                tree.push(chunk(s, summand, first, n.min(first + CHUNK)), add);
            }
            tree.take(add).unwrap_or([s.splat(0.0); SUMS])
        }
    };
    let mut results = [0.0; SUMS];
    for (result, lanes) in results.iter_mut().zip(total) {
        *result = s.sum(lanes);
    }
    results
}
