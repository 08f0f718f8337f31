//! Softmax and its relatives against f64.

mod seeded;

use hornbeam_kernels::softmax::{log_softmax, logsumexp, softmax, softmax_cross_entropy, softmax_cross_entropy_grad};
use hornbeam_kernels::{Layout, View, ViewMut, isa};
use seeded::Seeded;

const SHAPES: [(usize, usize); 12] =
    [(1, 1), (3, 2), (32, 10), (5, 16), (4, 17), (7, 31), (2, 33), (3, 100), (2, 512), (2, 513), (1, 5000), (0, 4)];

fn reference(row: &[f32]) -> (Vec<f64>, f64) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|&x| f64::from(x - largest).exp()).sum();
    let lse = f64::from(largest) + sum.ln();
    (row.iter().map(|&x| (f64::from(x) - lse).exp()).collect(), lse)
}

fn close(got: f32, want: f64, tolerance: f64) -> bool {
    (f64::from(got) - want).abs() <= tolerance * want.abs().max(1e-30) || f64::from(got) == want
}

#[test]
fn rows_of_any_width() {
    let mut rng = Seeded(21);
    for (rows, cols) in SHAPES {
        for scale in [1.0, 30.0, 1e4] {
            let x = rng.floats(rows * cols, scale);
            let labels: Vec<i32> = (0..rows).map(|_| rng.below(cols) as i32).collect();
            let weights = rng.floats(rows, 2.0);
            let dims = [rows, cols];
            for isa in isa::available() {
                let view = || View::from_slice(&x, &dims);
                let mut y = vec![0.0f32; rows * cols];
                softmax(isa, view(), ViewMut::from_slice(&mut y, &dims));
                let mut log_y = vec![0.0f32; rows * cols];
                log_softmax(isa, view(), ViewMut::from_slice(&mut log_y, &dims));
                let mut lse = vec![0.0f32; rows];
                logsumexp(isa, view(), ViewMut::from_slice(&mut lse, &[rows]));
                let mut loss = vec![0.0f32; rows];
                let labels_view = || View::from_slice(&labels, &[rows]);
                let result = softmax_cross_entropy(isa, view(), labels_view(), ViewMut::from_slice(&mut loss, &[rows]));
                assert_eq!(result, Ok(()));
                // The gradient is computed where the logits were.
                let mut dx = x.clone();
                let layout = Layout::contiguous(&dims);
                let pointer = dx.as_mut_ptr().cast::<u8>();
                // SAFETY: the kernel allows the gradient exactly where the logits are.
                let (logits, out) = unsafe {
                    let elem = hornbeam_kernels::Elem::F32;
                    (View::from_raw(pointer, elem, layout), ViewMut::from_raw(pointer, elem, layout))
                };
                let scales = View::from_slice(&weights, &[rows]);
                assert_eq!(softmax_cross_entropy_grad(isa, logits, labels_view(), scales, out), Ok(()));
                for row in 0..rows {
                    let at = row * cols..(row + 1) * cols;
                    let (want, want_lse) = reference(&x[at.clone()]);
                    let label = labels[row] as usize;
                    assert!((f64::from(lse[row]) - want_lse).abs() <= 1e-6 * want_lse.abs().max(1.0));
                    let want_loss = want_lse - f64::from(x[at.start + label]);
                    assert!((f64::from(loss[row]) - want_loss).abs() <= 1e-6 * want_loss.abs().max(1.0));
                    for (i, flat) in at.enumerate() {
                        let difference = f64::from(x[flat]) - want_lse;
                        // The exponent's own rounding is what scales with the logits.
                        let tolerance = 1e-6 + 1.2e-7 * difference.abs();
                        assert!(close(y[flat], want[i], tolerance) || want[i] < 1e-37, "{} {}", y[flat], want[i]);
                        assert!((f64::from(log_y[flat]) - difference).abs() <= 1e-6 * difference.abs().max(1.0));
                        let hot = f64::from(u8::from(i == label));
                        let grad = f64::from(weights[row]) * (want[i] - hot);
                        assert!((f64::from(dx[flat]) - grad).abs() <= 2.0 * tolerance, "{} {grad}", dx[flat]);
                    }
                }
            }
        }
    }
}

#[test]
fn the_first_bad_label_is_named_and_nothing_written() {
    let x = [0.0f32; 12];
    for isa in isa::available() {
        for (labels, bad) in [([0, 1, 2, 3], 3), ([0, -1, 9, 0], 1), ([i32::MIN, 0, 0, 0], 0)] {
            let mut loss = [7.0f32; 4];
            let result = softmax_cross_entropy(
                isa,
                View::from_slice(&x, &[4, 3]),
                View::from_slice(&labels, &[4]),
                ViewMut::from_slice(&mut loss, &[4]),
            );
            assert_eq!((result, loss), (Err(bad), [7.0; 4]));
        }
    }
}

#[test]
fn infinities_and_nan() {
    let inf = f32::INFINITY;
    let x = [-inf, -inf, 0.0, -inf, inf, 0.0, f32::NAN, 0.0];
    for isa in isa::available() {
        let mut y = [0.0f32; 8];
        softmax(isa, View::from_slice(&x, &[4, 2]), ViewMut::from_slice(&mut y, &[4, 2]));
        assert_eq!(y[2..4], [1.0, 0.0]);
        assert!(y[0].is_nan() && y[4].is_nan() && y[6].is_nan() && y[7].is_nan());
        let mut lse = [0.0f32; 4];
        logsumexp(isa, View::from_slice(&x, &[4, 2]), ViewMut::from_slice(&mut lse, &[4]));
        assert_eq!(lse[..3], [-inf, 0.0, inf]);
        assert!(lse[3].is_nan());
    }
}
