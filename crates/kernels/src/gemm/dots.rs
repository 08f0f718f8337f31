//! One row times columns that are contiguous: a dot product each, read from memory in order.
//!
//! The general path would first transpose the columns into panels. Here nothing is moved, and memory, which is all that such a product
//! waits for, is read line by line, as the hardware fetches best.

use crate::Isa;
use crate::simd::{Kernel, Simd, dispatch};

/// Elements from which a dot product is long enough that adding up its lanes at the end costs little.
pub(super) const LONG: usize = 64;
/// Vectors of partial sums of a line: enough that no addition waits for another.
const PARTS: usize = 4;
/// Lines at once: they share what is read of the row.
const LINES: usize = 2;

/// `sums[c] = sum of row[i] * line c[i]` over `count` elements; line `c` begins at `lines + c step`.
///
/// The order of a sum depends on `count` alone: [`PARTS`] vectors in turns, added up as a tree.
///
/// # Safety
/// The machine has `isa`; `row` and as many lines as there are sums are valid for `count` elements.
pub(super) unsafe fn dots(isa: Isa, row: *const f32, count: usize, lines: *const f32, step: isize, sums: &mut [f32]) {
    dispatch(isa, Dots { row, count, lines, step, sums });
}

struct Dots<'a> {
    row: *const f32,
    count: usize,
    lines: *const f32,
    step: isize,
    sums: &'a mut [f32],
}

impl Kernel for Dots<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Dots { row, count, lines, step, sums } = self;
        let line = |c: usize| lines.wrapping_offset(c as isize * step);
        let pairs = sums.len() / LINES * LINES;
        // SAFETY: `dots`' contract: as many lines as sums.
        unsafe {
            for c in (0..pairs).step_by(LINES) {
                sums[c..c + LINES].copy_from_slice(&some::<S, LINES>(
                    s,
                    row,
                    count,
                    std::array::from_fn(|i| line(c + i)),
                ));
            }
            if pairs < sums.len() {
                sums[pairs] = some::<S, 1>(s, row, count, [line(pairs)])[0];
            }
        }
    }
}

/// The dot products of `row` with some lines.
///
/// # Safety
/// All of them are valid for `count` elements.
#[inline(always)]
unsafe fn some<S: Simd, const COUNT: usize>(
    s: S,
    row: *const f32,
    count: usize,
    lines: [*const f32; COUNT],
) -> [f32; COUNT] {
    let mut parts = [[s.splat(0.0); PARTS]; COUNT];
    let run = PARTS * S::LANES;
    let whole = count / run * run;
    // SAFETY: every vector ends at or before element `count`.
    unsafe {
        for i in (0..whole).step_by(run) {
            for part in 0..PARTS {
                let at = i + part * S::LANES;
                let factor = s.load(row.add(at));
                for (parts, line) in parts.iter_mut().zip(lines) {
                    parts[part] = s.fma(factor, s.load(line.add(at)), parts[part]);
                }
            }
        }
        for (part, at) in (whole..count).step_by(S::LANES).enumerate() {
            let left = (count - at).min(S::LANES);
            let load = |from: *const f32| {
                if left == S::LANES { s.load(from.add(at)) } else { s.load_partial(from.add(at), left, 0.0) }
            };
            let factor = load(row);
            for (parts, line) in parts.iter_mut().zip(lines) {
                parts[part] = s.fma(factor, load(line), parts[part]);
            }
        }
    }
    parts.map(|[a, b, c, d]| s.sum(s.add(s.add(a, b), s.add(c, d))))
}
