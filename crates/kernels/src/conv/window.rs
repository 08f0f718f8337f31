//! Depthwise 3 x 3 windows that do not stride: two rows of the result at a time, along the row.
//!
//! The pixels of a column are loaded once for the six sums that they belong to, three columns of two rows, which stay in registers as
//! the window moves on: four loads for two results instead of eighteen.

use super::depthwise::{Block, Job, load, store};
use crate::simd::Simd;
use std::ops::Range;

/// Columns of the result that share the loads of the weights. What they read, of 64 channels, fits a first cache of 32 kB.
const COLUMNS: usize = 16;

/// Where a window's parts lie for the channels that are worked on.
struct Strip {
    /// The four rows that are read, at the first column.
    rows: [*const f32; 4],
    /// The filter's tap of the first row and column, and the steps to the next row and column.
    weights: *const f32,
    weight_steps: [isize; 2],
    channels: usize,
    count: usize,
}

impl Job<'_> {
    /// The row and column that the result's (0, 0) reads first.
    fn first_read(&self) -> [isize; 2] {
        let [top, left] = [self.shape.pad_top as isize, self.shape.pad_left as isize];
        if self.transposed { [top - 2, left - 2] } else { [-top, -left] }
    }

    /// The rows of the result that [`Job::window`] computes, in pairs.
    pub(super) fn window_rows(&self) -> Range<usize> {
        let shape = self.shape;
        let plain = [shape.stride_h, shape.stride_w, shape.dilation_h, shape.dilation_w] == [1; 4];
        if !plain || [shape.kernel_h, shape.kernel_w] != [3, 3] || self.epilogue.accumulate {
            return 0..0;
        }
        let first = self.first_read()[0];
        let start = self.rows.start.max((-first).max(0) as usize);
        let end = (self.x_size[0] as isize - 2 - first).clamp(0, self.rows.end as isize) as usize;
        start..start + end.saturating_sub(start) / 2 * 2
    }

    /// Rows `row` and `row + 1` of the result, but for the columns whose window meets the padding.
    ///
    /// # Safety
    /// The operands are valid for the shape; the rows are a pair of [`Job::window_rows`].
    #[inline(always)]
    pub(super) unsafe fn window<S: Simd>(&self, s: S, image: usize, row: usize) {
        let channels = self.shape.in_c;
        let [first_row, first_column] = self.first_read();
        let start = (-first_column).max(0) as usize;
        let end = (self.x_size[1] as isize - 2 - first_column).clamp(0, self.y_width as isize) as usize;
        let [down, along] = [3 * channels as isize, channels as isize];
        let read = self.x.wrapping_offset(image as isize * self.x_step);
        let written = self.y.wrapping_offset(image as isize * self.y_step);
        for column in (start..end).step_by(COLUMNS) {
            let columns = COLUMNS.min(end - column);
            let at = |k: usize| {
                let pixel =
                    (row as isize + first_row + k as isize) * self.x_size[1] as isize + column as isize + first_column;
                read.wrapping_offset(pixel * channels as isize)
            };
            let line = row - self.rows.start;
            let blocks = [line, line + 1].map(|line| Block {
                source: read,
                x_step: 0,
                target: written.wrapping_add((line * self.y_width + column) * channels),
                y_step: channels,
                at: [image, line, column],
                column_step: 1,
                add: false,
                last: true,
            });
            let mut strip = Strip {
                rows: [at(0), at(1), at(2), at(3)],
                // The gradient's window is the filter turned by half a circle.
                weights: if self.transposed { self.weights.wrapping_add(8 * channels) } else { self.weights },
                weight_steps: if self.transposed { [-down, -along] } else { [down, along] },
                channels,
                count: S::LANES,
            };
            let whole = channels / S::LANES * S::LANES;
            for channel in (0..whole).step_by(S::LANES) {
                // SAFETY: a vector of channels of existing pixels.
                unsafe { self.strip::<S, true>(s, &strip, &blocks, channel, columns) };
            }
            if whole < channels {
                strip.count = channels - whole;
                // SAFETY: as above, the channels that are left.
                unsafe { self.strip::<S, false>(s, &strip, &blocks, whole, columns) };
            }
        }
    }

    /// The channels from `channel` on of `columns` columns of two rows.
    ///
    /// # Safety
    /// Rows, columns and the two after the last, and channels exist.
    #[inline(always)]
    unsafe fn strip<S: Simd, const WHOLE: bool>(
        &self,
        s: S,
        strip: &Strip,
        blocks: &[Block; 2],
        channel: usize,
        columns: usize,
    ) {
        // SAFETY: this function's contract.
        unsafe {
            let weight = |row: isize, column: isize| {
                let at = row * strip.weight_steps[0] + column * strip.weight_steps[1];
                load::<S, WHOLE>(s, strip.weights.wrapping_offset(at).wrapping_add(channel), strip.count)
            };
            // By column of the window, then by row.
            let w: [[S::F; 3]; 3] = [0, 1, 2].map(|column| [0, 1, 2].map(|row| weight(row, column)));
            let column_of = |column: usize| -> [S::F; 4] {
                strip
                    .rows
                    .map(|row| load::<S, WHOLE>(s, row.wrapping_add(column * strip.channels + channel), strip.count))
            };
            // Adds a column of pixels, as column `k` of the window, to the sums of both rows.
            let add = |sums: [S::F; 2], x: &[S::F; 4], k: usize| -> [S::F; 2] {
                let [mut upper, mut lower] = sums;
                for row in 0..3 {
                    upper = s.fma(x[row], w[k][row], upper);
                    lower = s.fma(x[row + 1], w[k][row], lower);
                }
                [upper, lower]
            };
            let zero = [s.splat(0.0); 2];
            let x = column_of(0);
            let mut first = add(zero, &x, 0);
            let x = column_of(1);
            first = add(first, &x, 1);
            let mut second = add(zero, &x, 0);
            for column in 0..columns {
                let x = column_of(column + 2);
                let done = add(first, &x, 2);
                first = add(second, &x, 1);
                second = add(zero, &x, 0);
                for (block, value) in blocks.iter().zip(done) {
                    let value = self.finish::<S, WHOLE>(s, block, column, channel, strip.count, value);
                    store::<S, WHOLE>(s, block.target.add(column * block.y_step + channel), strip.count, value);
                }
            }
        }
    }
}
