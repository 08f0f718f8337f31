//! Transposition in 8 x 8 squares of AVX2 registers.

use super::lanes::Lanes;
use super::lanes_x86::Avx2;
use core::arch::x86_64::*;

/// Side of a square.
const SIDE: usize = 8;

/// `to[r][c] = from[c][r]` for `rows` x `columns` elements of the target; both matrices have unit stride along their rows.
///
/// # Safety
/// The machine has AVX2. `from` is valid for `columns` lines of `rows` elements at every `from_step`, `to` for writes of
/// `rows` lines of `columns` elements at every `to_step`; they do not overlap.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn transpose(
    from: *const f32,
    from_step: isize,
    rows: usize,
    columns: usize,
    to: *mut f32,
    to_step: usize,
) {
    for column in (0..columns).step_by(SIDE) {
        let width = SIDE.min(columns - column);
        // SAFETY: columns and rows that exist in both matrices.
        unsafe {
            let (source, target) = (from.offset(column as isize * from_step), to.add(column));
            let stripe = match width {
                1 => stripe::<1>,
                2 => stripe::<2>,
                3 => stripe::<3>,
                4 => stripe::<4>,
                5 => stripe::<5>,
                6 => stripe::<6>,
                7 => stripe::<7>,
                _ => stripe::<SIDE>,
            };
            stripe(source, from_step, rows, target, to_step);
        }
    }
}

/// [`transpose`] with `WIDTH` columns of the target, at most [`SIDE`].
///
/// # Safety
/// As [`transpose`].
#[target_feature(enable = "avx2,fma")]
unsafe fn stripe<const WIDTH: usize>(from: *const f32, from_step: isize, rows: usize, to: *mut f32, to_step: usize) {
    let whole = rows / SIDE * SIDE;
    for row in (0..whole).step_by(SIDE) {
        // SAFETY: four elements from here on exist in every line, then the four after them; lines past WIDTH are not read.
        unsafe {
            for row in [row, row + SIDE / 2] {
                let load = |c: usize| _mm_loadu_ps(from.offset(c as isize * from_step).add(row));
                // Line c in the lower half, line c + 4 in the upper one: halves never have to change sides.
                let pair = |c: usize| {
                    if c >= WIDTH {
                        return _mm256_setzero_ps();
                    }
                    let low = _mm256_zextps128_ps256(load(c));
                    if c + 4 < WIDTH { _mm256_insertf128_ps::<1>(low, load(c + 4)) } else { low }
                };
                for (r, line) in fours([pair(0), pair(1), pair(2), pair(3)]).into_iter().enumerate() {
                    store::<WIDTH>(to.add((row + r) * to_step), line);
                }
            }
        }
    }
    for row in whole..rows {
        for c in 0..WIDTH {
            // SAFETY: an element of both matrices.
            unsafe { *to.add(row * to_step + c) = *from.offset(c as isize * from_step).add(row) };
        }
    }
}

/// Stores the first `WIDTH` lanes. Masked stores are slow on some machines: the usual widths, tiles of 6 or 14 rows among them, go
/// without.
///
/// # Safety
/// The machine has AVX2; `to` is valid for so many writes.
#[inline(always)]
unsafe fn store<const WIDTH: usize>(to: *mut f32, line: __m256) {
    // SAFETY: the caller's contract.
    unsafe {
        match WIDTH {
            SIDE => Avx2::store(to, line),
            6 => {
                _mm_storeu_ps(to, _mm256_castps256_ps128(line));
                _mm_storel_pd(to.add(4).cast(), _mm_castps_pd(_mm256_extractf128_ps::<1>(line)));
            }
            4 => _mm_storeu_ps(to, _mm256_castps256_ps128(line)),
            _ => Avx2::store_part(to, line, WIDTH),
        }
    }
}

/// The transpose of the four lines in each half: of pairs, then of pairs of pairs.
#[target_feature(enable = "avx2,fma")]
fn fours(lines: [__m256; 4]) -> [__m256; 4] {
    let pair = |i: usize| (_mm256_unpacklo_ps(lines[i], lines[i + 1]), _mm256_unpackhi_ps(lines[i], lines[i + 1]));
    let ((low, high), (next_low, next_high)) = (pair(0), pair(2));
    [
        _mm256_shuffle_ps::<0x44>(low, next_low),
        _mm256_shuffle_ps::<0xEE>(low, next_low),
        _mm256_shuffle_ps::<0x44>(high, next_high),
        _mm256_shuffle_ps::<0xEE>(high, next_high),
    ]
}
