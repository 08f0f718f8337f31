//! How a matrix product or a filter's gradient that all cores share is cut into tasks: by its shape alone, so that the number of threads
//! changes nothing.

use std::ops::Range;

use hornbeam_kernels::conv::{ConvShape, FilterPart};

use crate::algorithm::{Algorithm, TILES};

/// Operations of a task, at least: several microseconds, next to which taking a task costs nothing.
const FLOPS: usize = 250_000;
/// Up to so many rows stay together: they fit a core's own cache while all columns of a task pass by.
const ONE_BAND: usize = 128;
/// Rows of a band where there are more, at most.
const BAND: usize = 96;
/// Up to so many columns a product is cut by rows, if it has several tasks' worth of them: the last layer of a classifier.
const NARROW: usize = 32;
/// Rows of a band of a narrow product, at least.
const NARROW_ROWS: usize = 16;
/// Columns of a task of bands, at most: A is packed again for every such stripe.
const STRIPE: usize = 512;
/// Columns of a task of one band, at least, but for the few tasks that a small product is worth.
const COLUMNS: usize = 64;
/// The same where A, too, is packed by every task.
const COLUMNS_WITH_A: usize = 128;
/// Up to so many rows, memory limits a product, and long runs of the rows of B are read faster than short ones.
const FEW_ROWS: usize = 8;
/// Panels of a task of few rows, at least.
const PANELS_OF_FEW_ROWS: usize = 16;
/// Tasks that a small product may be cut into by half as many columns.
const FEW: usize = 4;

/// Columns of a tile that elementwise code follows, at most, where there are many rows: parts of rows of 2 kB were read from memory at half the speed.
const JOINED_COLUMNS: usize = 4096;
/// Elements of one, at most: half of a small L2.
const JOINED: usize = 64 << 10;
/// Rows of one, as far as it has room for them: two register tiles (AVX-512) and more.
const JOINED_ROWS: Range<usize> = 28..64;
/// Operations of the product of one, about: some forty microseconds. Longer tasks leave threads waiting for each other at the end of a stage, of shorter
/// ones beginning to read three arrays is a good part.
const JOINED_FLOPS: usize = 4 << 20;

/// Operations of a task of a convolution's rows, at least: some microseconds.
const ROWS_FLOPS: usize = 200_000;
/// Pixels of a task of a convolution without which its register tiles are half empty.
const FEW_PIXELS: usize = 12;
/// Output channels of a task of a convolution by Winograd's algorithm, at least: every task repeats the transform of the pixels.
const FILTERS: usize = 32;

/// Tasks of a filter's gradient, at most: each reads all pixels again.
const FILTER_TASKS: usize = 16;
/// Operations of one of them, at least: below, reading all pixels again costs more than it saves where several gradients (of groups)
/// share the cores anyway. Four groups of 10 million as 16 tasks took 20 % longer than as four.
const FILTER_FLOPS: usize = 5_000_000;
/// Input channels of one of them, at least: several register tiles, so that their rows do not come out short.
const FILTER_INPUTS: usize = 24;
/// Channels of either side of one by Winograd's algorithm, at least: every task repeats the transforms of its channels.
const FILTER_COLUMNS: usize = 32;

/// Bands of rows of a `[m, n, k]` product. Of one band, every column belongs to one task.
pub fn bands([m, n, k]: [usize; 3]) -> usize {
    match m {
        // A register tile is half as wide as the widest panel, at least, whatever part of it is used.
        0..=ONE_BAND if n <= NARROW => even((m / NARROW_ROWS).min(2 * m * n.max(NARROW / 2) * k / FLOPS).min(FEW)),
        0..=ONE_BAND => 1,
        _ => even(m.div_ceil(BAND).min(2 * m * n * k / FLOPS)),
    }
}

/// Rows and columns of a task of a `[m, n, k]` product, whole panels of columns; `transposed_a` if the rows of A are not contiguous.
pub fn tile([m, n, k]: [usize; 3], transposed_a: bool, panel: usize) -> [usize; 2] {
    let bands = bands([m, n, k]);
    let stripes = if m > ONE_BAND {
        n.div_ceil(STRIPE)
    } else {
        let least = match transposed_a {
            true => COLUMNS_WITH_A,
            false if m <= FEW_ROWS => panel * PANELS_OF_FEW_ROWS,
            false => COLUMNS,
        };
        let few = FEW.min(2 * n / COLUMNS);
        even((n / least).max(few).min(2 * m * n * k / FLOPS))
    };
    [m.div_ceil(bands).max(1), n.div_ceil(stripes.max(1)).next_multiple_of(panel).max(1)]
}

/// The same for a product whose tasks run elementwise code on their tiles ([`crate::join`]): long parts of rows, as memory is read fastest.
pub fn joined_tile([m, n, k]: [usize; 3], transposed_a: bool, panel: usize) -> [usize; 2] {
    if m <= ONE_BAND {
        return tile([m, n, k], transposed_a, panel);
    }
    let columns = n.min(JOINED_COLUMNS);
    let rows = (JOINED_FLOPS / (2 * columns * k).max(1)).clamp(JOINED_ROWS.start, JOINED_ROWS.end);
    let bands = even(m.div_ceil(rows.min(JOINED / columns.max(1))).min(2 * m * n * k / FLOPS));
    [m.div_ceil(bands), columns.next_multiple_of(panel).max(1)]
}

/// How a convolution that all cores share, or its gradient in the images, is cut into tasks: rows of an image and output channels of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvCut {
    /// Rows of a task.
    pub rows: usize,
    /// Output channels of a task.
    pub columns: usize,
}

impl ConvCut {
    /// For results of `height` rows of `width` pixels. `by_columns`: output channels may be cut, too.
    pub fn new(
        shape: &ConvShape,
        algorithm: Algorithm,
        [height, width]: [usize; 2],
        columns: usize,
        by_columns: bool,
        panel: usize,
    ) -> ConvCut {
        // A depthwise convolution takes as long for a tenth of the operations.
        let channels = if algorithm == Algorithm::Depthwise { 10 } else { shape.in_c };
        let row_flops = 2 * shape.out_w * shape.out_c * shape.kernel_h * shape.kernel_w * channels;
        let mut rows = (ROWS_FLOPS / row_flops.max(1)).clamp(1, height.max(1));
        match algorithm {
            // Pairs of rows share what they read, and every task has two rows at its borders alone.
            Algorithm::Depthwise => rows = rows.max(8),
            // Whole tiles, and enough of them.
            Algorithm::Winograd => rows = rows.next_multiple_of(4).max(4 * (2 * TILES).div_ceil(width.div_ceil(4))),
            // Rows of few pixels are short of a register tile: the channels are shared instead or, where there are too few, several rows go
            // together.
            Algorithm::Direct if by_columns && rows * width < FEW_PIXELS => {
                let enough = if columns < 2 * panel { (2 * FEW_PIXELS).div_ceil(width.max(1)) } else { height };
                rows = enough.clamp(1, height.max(1));
            }
            Algorithm::Direct => {}
        }
        let bands = height.div_ceil(rows);
        // Of an image that is one task by its rows, or few, the channels are shared, too.
        let (least, flops) = match algorithm {
            Algorithm::Winograd => (FILTERS.next_multiple_of(panel), ROWS_FLOPS),
            _ => (panel, FLOPS),
        };
        let parts = (shape.batch * bands).max(1);
        let most = (columns / least).min(row_flops * height / bands.max(1) / flops).min(FEW / parts);
        let stripes = if by_columns && algorithm != Algorithm::Depthwise { even(most).max(1) } else { 1 };
        ConvCut { rows, columns: columns.div_ceil(stripes).next_multiple_of(least).min(columns).max(1) }
    }

    /// Tasks of an image.
    pub fn tasks(&self, height: usize, columns: usize) -> usize {
        height.div_ceil(self.rows) * columns.div_ceil(self.columns)
    }
}

/// The parts of a filter's gradient that are tasks: how many along its rows, its input channels and its output channels, and the output
/// channels that are not cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterCut {
    parts: [usize; 3],
    columns: usize,
}

impl FilterCut {
    /// One task.
    pub const WHOLE: FilterCut = FilterCut { parts: [1; 3], columns: 1 };

    /// By the shape, for panels of `panel` output channels.
    pub fn new(shape: &ConvShape, algorithm: Algorithm, panel: usize) -> FilterCut {
        let (columns, most) = match algorithm {
            Algorithm::Direct => (panel, [shape.kernel_h, shape.in_c / FILTER_INPUTS]),
            Algorithm::Winograd => (FILTER_COLUMNS, [1, shape.in_c / FILTER_COLUMNS]),
            Algorithm::Depthwise => return FilterCut::WHOLE,
        };
        let units = [shape.kernel_h, shape.in_c, shape.out_c.div_ceil(columns)].map(|count| count.max(1));
        let taps = shape.kernel_h * shape.kernel_w;
        let pixels = shape.batch * shape.out_h * shape.out_w;
        let tasks = (2 * pixels * taps * shape.in_c * shape.out_c / FILTER_FLOPS).clamp(1, FILTER_TASKS);
        let mut best = (u128::MAX, usize::MAX, [1; 3]);
        for rows in 1..=most[0].clamp(1, tasks) {
            for inputs in 1..=most[1].clamp(1, tasks / rows) {
                for outputs in 1..=units[2].min(tasks / (rows * inputs)) {
                    let parts = [rows, inputs, outputs];
                    let count = rows * inputs * outputs;
                    if count != even(count) {
                        continue;
                    }
                    // Small tasks, but rather even ones: the size of the largest, times the square of what all would be of its size. And
                    // by Winograd's algorithm, every part of one side transforms all of the other again.
                    let largest: usize = (0..3).map(|axis| units[axis].div_ceil(parts[axis])).product();
                    let score = (largest as u128).pow(3) * (count as u128).pow(2);
                    let again = if algorithm == Algorithm::Winograd { inputs + outputs } else { 0 };
                    best = best.min((score, again, parts));
                }
            }
        }
        FilterCut { parts: best.2, columns }
    }

    /// How many tasks there are.
    pub fn tasks(&self) -> usize {
        self.parts.iter().product()
    }

    /// The part of a task.
    pub fn part(&self, shape: &ConvShape, task: usize) -> FilterPart {
        let [rows, inputs, outputs] = self.parts;
        let share = |len: usize, at: usize, of: usize| -> Range<usize> { len * at / of..len * (at + 1) / of };
        let blocks = share(shape.out_c.div_ceil(self.columns), task % outputs, outputs);
        FilterPart {
            rows: share(shape.kernel_h, task / (inputs * outputs), rows),
            inputs: share(shape.in_c, task / outputs % inputs, inputs),
            outputs: blocks.start * self.columns..(blocks.end * self.columns).min(shape.out_c),
        }
    }
}

/// At least `parts`, and one that a few threads share evenly.
pub fn even(parts: usize) -> usize {
    if parts <= 2 { parts.max(1) } else { parts.next_multiple_of(4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A convolution whose results are as large as its images.
    fn shape(batch: usize, size: usize, in_c: usize, out_c: usize, kernel: usize) -> ConvShape {
        ConvShape {
            batch,
            in_h: size,
            in_w: size,
            in_c,
            out_h: size,
            out_w: size,
            out_c,
            kernel_h: kernel,
            kernel_w: kernel,
            stride_h: 1,
            stride_w: 1,
            dilation_h: 1,
            dilation_w: 1,
            pad_top: kernel / 2,
            pad_left: kernel / 2,
        }
    }

    #[test]
    fn one_image_of_few_pixels_is_cut_by_channels_or_rows() {
        let cut = |batch: usize, size: usize, in_c: usize, out_c: usize, algorithm: Algorithm, by_columns: bool| {
            let cut = ConvCut::new(&shape(batch, size, in_c, out_c, 3), algorithm, [size; 2], out_c, by_columns, 16);
            [cut.rows, cut.columns, cut.tasks(size, out_c)]
        };
        assert_eq!(cut(1, 11, 32, 64, Algorithm::Winograd, true), [40, 32, 2]);
        assert_eq!(cut(1, 11, 32, 64, Algorithm::Winograd, false), [40, 64, 1]);
        assert_eq!(cut(1, 11, 32, 48, Algorithm::Winograd, true), [40, 48, 1]);
        assert_eq!(cut(1, 3, 64, 64, Algorithm::Direct, true), [3, 32, 2]);
        assert_eq!(cut(1, 3, 64, 64, Algorithm::Direct, false), [1, 64, 3]);
        // Channels of less than two panels cannot be cut: three rows of eight pixels go together.
        assert_eq!(cut(1, 8, 148, 24, Algorithm::Direct, true), [3, 24, 3]);
        // Enough tasks by rows, or by images.
        assert_eq!(cut(1, 56, 64, 64, Algorithm::Direct, true), [1, 64, 56]);
        assert_eq!(cut(8, 11, 32, 64, Algorithm::Winograd, true), [40, 64, 1]);
    }

    #[test]
    fn small_products_are_one_task() {
        assert_eq!(tile([16, 10, 64], false, 16), [16, 16]);
        assert_eq!(tile([1000, 2, 10], false, 16), [1000, 16]);
        assert_eq!(tile([0, 0, 5], false, 16), [1, 1]);
    }

    #[test]
    fn few_rows_are_cut_by_columns() {
        assert_eq!(tile([64, 64, 64], false, 16), [64, 32]);
        assert_eq!(tile([64, 64, 64], true, 16), [64, 32]);
        assert_eq!(tile([32, 1024, 1024], false, 16), [32, 64]);
        assert_eq!(tile([128, 512, 784], true, 16), [128, 128]);
        // As many columns of wider panels.
        assert_eq!(tile([64, 64, 64], false, 32), [64, 32]);
        assert_eq!(tile([128, 512, 784], false, 32), [128, 64]);
        assert_eq!(tile([1, 1024, 1024], false, 16), [1, 256]);
    }

    #[test]
    fn many_rows_are_cut_evenly() {
        assert_eq!(tile([256, 256, 256], false, 16), [64, 256]);
        assert_eq!(tile([512, 512, 512], false, 16), [64, 512]);
        assert_eq!(tile([784, 512, 128], true, 16), [66, 512]);
        assert_eq!(tile([1591, 1, 840], true, 16), [133, 16]);
    }

    #[test]
    fn narrow_products_are_cut_by_rows() {
        assert_eq!(tile([128, 10, 512], false, 16), [32, 16]);
        assert_eq!(tile([32, 10, 512], false, 16), [16, 16]);
        assert_eq!(tile([32, 10, 64], false, 16), [32, 16]);
        assert_eq!(tile([128, 33, 512], false, 16), [128, 48]);
    }

    #[test]
    fn joined_products_are_cut_into_long_rows() {
        assert_eq!(joined_tile([784, 512, 128], true, 16), [28, 512]);
        assert_eq!(joined_tile([784, 512, 32], true, 16), [49, 512]);
        assert_eq!(joined_tile([4096, 4096, 32], true, 32), [16, 4096]);
        assert_eq!(joined_tile([1000, 5000, 32], true, 32), [16, 4096]);
        assert_eq!(joined_tile([512, 10, 128], true, 16), [64, 16]);
        assert_eq!(joined_tile([0, 0, 5], true, 16), [1, 1]);
        // Few rows are cut as they are alone.
        assert_eq!(joined_tile([1, 1024, 1024], false, 16), [1, 256]);
    }

    #[test]
    fn filter_gradients_are_cut_evenly() {
        let parts = |shape, algorithm| FilterCut::new(&shape, algorithm, 16).parts;
        assert_eq!(parts(shape(1, 40, 24, 87, 6), Algorithm::Direct), [2, 1, 6]);
        assert_eq!(parts(shape(1, 56, 64, 64, 1), Algorithm::Direct), [1, 1, 4]);
        assert_eq!(parts(shape(2, 8, 3, 16, 3), Algorithm::Direct), [1, 1, 1]);
        assert_eq!(parts(shape(2, 32, 3, 16, 3), Algorithm::Direct), [1, 1, 1]);
        assert_eq!(parts(shape(0, 8, 0, 0, 3), Algorithm::Direct), [1, 1, 1]);
        assert_eq!(parts(shape(32, 14, 256, 256, 3), Algorithm::Winograd), [1, 4, 4]);
        assert_eq!(parts(shape(1, 56, 64, 64, 3), Algorithm::Winograd), [1, 2, 2]);
        assert_eq!(parts(shape(32, 3, 64, 64, 3), Algorithm::Direct), [1, 1, 4]);
        assert_eq!(parts(shape(32, 14, 256, 256, 3), Algorithm::Depthwise), [1, 1, 1]);
        // The parts cover the filter once.
        for (in_c, out_c, kernel) in [(24, 87, 6), (49, 33, 1), (130, 7, 5), (1, 200, 3)] {
            let shape = shape(3, 60, in_c, out_c, kernel);
            let cut = FilterCut::new(&shape, Algorithm::Direct, 16);
            let sizes = (0..cut.tasks()).map(|task| cut.part(&shape, task));
            let total: usize = sizes.map(|part| part.rows.len() * part.inputs.len() * part.outputs.len()).sum();
            assert_eq!(total, kernel * in_c * out_c);
        }
    }
}
