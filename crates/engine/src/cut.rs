//! How a matrix product that all cores share is cut into tasks: by its shape alone, so that the number of threads changes nothing.

/// Operations of a task, at least: several microseconds, next to which taking a task costs nothing.
const FLOPS: usize = 250_000;
/// Up to so many rows stay together: they fit a core's own cache while all columns of a task pass by.
const ONE_BAND: usize = 128;
/// Rows of a band where there are more, at most.
const BAND: usize = 96;
/// Columns of a task of bands, at most: A is packed again for every such stripe.
const STRIPE: usize = 512;
/// Panels of a task of one band, at least, but for the few tasks that a small product is worth.
const PANELS: usize = 4;
/// The same where A, too, is packed by every task.
const PANELS_WITH_A: usize = 8;
/// Up to so many rows, memory limits a product, and long runs of the rows of B are read faster than short ones.
const FEW_ROWS: usize = 8;
/// Panels of a task of few rows, at least.
const PANELS_OF_FEW_ROWS: usize = 16;
/// Tasks that a small product may be cut into by half as many panels.
const FEW: usize = 4;

/// Bands of rows of a `[m, n, k]` product. Of one band, every column belongs to one task.
pub fn bands([m, n, k]: [usize; 3]) -> usize {
    if m <= ONE_BAND { 1 } else { even(m.div_ceil(BAND).min(2 * m * n * k / FLOPS)) }
}

/// Rows and columns of a task of a `[m, n, k]` product, whole panels of columns; `transposed_a` if the rows of A are not contiguous.
pub fn tile([m, n, k]: [usize; 3], transposed_a: bool, panel: usize) -> [usize; 2] {
    let bands = bands([m, n, k]);
    let stripes = if m > ONE_BAND {
        n.div_ceil(STRIPE)
    } else {
        let least = panel
            * match transposed_a {
                true => PANELS_WITH_A,
                false if m <= FEW_ROWS => PANELS_OF_FEW_ROWS,
                false => PANELS,
            };
        let few = FEW.min(2 * n / (PANELS * panel));
        even((n / least).max(few).min(2 * m * n * k / FLOPS))
    };
    [m.div_ceil(bands).max(1), n.div_ceil(stripes.max(1)).next_multiple_of(panel).max(1)]
}

/// At least `parts`, and one that a few threads share evenly.
fn even(parts: usize) -> usize {
    if parts <= 2 { parts.max(1) } else { parts.next_multiple_of(4) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(tile([1, 1024, 1024], false, 16), [1, 256]);
    }

    #[test]
    fn many_rows_are_cut_evenly() {
        assert_eq!(tile([256, 256, 256], false, 16), [64, 256]);
        assert_eq!(tile([512, 512, 512], false, 16), [64, 512]);
        assert_eq!(tile([784, 512, 128], true, 16), [66, 512]);
        assert_eq!(tile([1591, 1, 840], true, 16), [133, 16]);
    }
}
