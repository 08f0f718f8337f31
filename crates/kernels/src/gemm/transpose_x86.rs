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
        for row in (0..rows).step_by(SIDE) {
            let height = SIDE.min(rows - row);
            // SAFETY: the square, cut to width and height, lies in both matrices.
            unsafe {
                let source = from.offset(column as isize * from_step).add(row);
                let target = to.add(row * to_step + column);
                if width == SIDE && height == SIDE {
                    let lines = std::array::from_fn(|c| Avx2::load(source.offset(c as isize * from_step)));
                    for (r, line) in square(lines).into_iter().enumerate() {
                        Avx2::store(target.add(r * to_step), line);
                    }
                } else {
                    let mut lines = [Avx2::splat(0.0); SIDE];
                    for (c, line) in lines.iter_mut().enumerate().take(width) {
                        *line = Avx2::load_part(source.offset(c as isize * from_step), height);
                    }
                    for (r, line) in square(lines).into_iter().enumerate().take(height) {
                        Avx2::store_part(target.add(r * to_step), line, width);
                    }
                }
            }
        }
    }
}

/// The transpose of a square: pairs of lines, then of pairs, then of halves.
#[target_feature(enable = "avx2,fma")]
fn square(lines: [__m256; SIDE]) -> [__m256; SIDE] {
    let pair = |i: usize| (_mm256_unpacklo_ps(lines[i], lines[i + 1]), _mm256_unpackhi_ps(lines[i], lines[i + 1]));
    let fours = |i: usize| {
        let ((low, high), (next_low, next_high)) = (pair(i), pair(i + 2));
        [
            _mm256_shuffle_ps::<0x44>(low, next_low),
            _mm256_shuffle_ps::<0xEE>(low, next_low),
            _mm256_shuffle_ps::<0x44>(high, next_high),
            _mm256_shuffle_ps::<0xEE>(high, next_high),
        ]
    };
    let (upper, lower) = (fours(0), fours(4));
    let low = |i: usize| _mm256_permute2f128_ps::<0x20>(upper[i], lower[i]);
    let high = |i: usize| _mm256_permute2f128_ps::<0x31>(upper[i], lower[i]);
    [low(0), low(1), low(2), low(3), high(0), high(1), high(2), high(3)]
}
