//! Substitution: `x [n, k]` is worked on by whole rows, which lie together.

/// Solves with a triangle of `a [n, n]` in place of the right-hand sides `x [n, k]`. The diagonal has no zeros, unless it is not read.
pub(super) fn triangular(a: &[f64], x: &mut [f64], n: usize, k: usize, lower: bool, transpose: bool, unit: bool) {
    // A lower triangle is solved downwards, and so is the transpose of an upper one.
    let downwards = lower != transpose;
    for step in 0..n {
        let i = if downwards { step } else { n - 1 - step };
        let solved = if downwards { 0..i } else { i + 1..n };
        for j in solved {
            let factor = if transpose { a[j * n + i] } else { a[i * n + j] };
            if factor != 0.0 {
                subtract(x, i, j, k, factor);
            }
        }
        if !unit {
            let pivot = a[i * n + i];
            for value in &mut x[i * k..(i + 1) * k] {
                *value /= pivot;
            }
        }
    }
}

/// Subtracts `factor` times row `j` from row `i`.
fn subtract(x: &mut [f64], i: usize, j: usize, k: usize, factor: f64) {
    let (to, from) = if i < j {
        let (head, tail) = x.split_at_mut(j * k);
        (&mut head[i * k..(i + 1) * k], &tail[..k])
    } else {
        let (head, tail) = x.split_at_mut(i * k);
        (&mut tail[..k], &head[j * k..(j + 1) * k])
    };
    for (to, &from) in to.iter_mut().zip(from) {
        *to -= factor * from;
    }
}

/// Solves `A x = b` (or `A^T x = b`) by packed factors with `L U = A[order]`. `b` is overwritten.
pub(super) fn factored(a: &[f64], order: &[f64], b: &mut [f64], x: &mut [f64], n: usize, k: usize, transpose: bool) {
    let place = |i: usize| order[i] as usize * k..(order[i] as usize + 1) * k;
    if transpose {
        triangular(a, b, n, k, false, true, false);
        triangular(a, b, n, k, true, true, true);
        for i in 0..n {
            x[place(i)].copy_from_slice(&b[i * k..(i + 1) * k]);
        }
    } else {
        for i in 0..n {
            x[i * k..(i + 1) * k].copy_from_slice(&b[place(i)]);
        }
        triangular(a, x, n, k, true, false, true);
        triangular(a, x, n, k, false, false, false);
    }
}
