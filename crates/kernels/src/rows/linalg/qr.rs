//! Householder's QR, with LAPACK's signs.

/// Numbers of scratch, the matrix itself included.
pub(super) fn scratch(m: usize, n: usize) -> usize {
    m * n + m * m + m.min(n) * (m + 1) + m.max(n)
}

/// Turns `a [m, n]` into `R` (its first `k` rows) and gives `Q [m, k]`, which lies in `rest`.
pub(super) fn factor<'a>(a: &mut [f64], m: usize, n: usize, k: usize, rest: &'a mut [f64]) -> &'a [f64] {
    let steps = m.min(n);
    let (q, rest) = rest.split_at_mut(m * m);
    let (reflectors, rest) = rest.split_at_mut(steps * m);
    let (taus, sums) = rest.split_at_mut(steps);
    for j in 0..steps {
        let v = &mut reflectors[j * m..(j + 1) * m];
        for i in j..m {
            v[i] = a[i * n + j];
        }
        let below: f64 = v[j + 1..].iter().map(|x| x * x).sum();
        taus[j] = 0.0;
        if below == 0.0 {
            continue;
        }
        let alpha = v[j];
        let beta = -(alpha * alpha + below).sqrt().copysign(alpha);
        taus[j] = (beta - alpha) / beta;
        for x in &mut v[j + 1..] {
            *x /= alpha - beta;
        }
        v[j] = 1.0;
        reflect(a, n, j, j, v, taus[j], sums);
        for i in j + 1..m {
            a[i * n + j] = 0.0;
        }
    }
    let q = &mut q[..m * k];
    q.fill(0.0);
    for i in 0..k {
        q[i * k + i] = 1.0;
    }
    // From the last reflection to the first: then reflection j meets zeros left of column j.
    for j in (0..steps).rev() {
        if taus[j] != 0.0 {
            reflect(q, k, j, j, &reflectors[j * m..(j + 1) * m], taus[j], sums);
        }
    }
    q
}

/// `x -= tau v (v^T x)` in the rows from `row` and the columns from `column` on; `x` has `width` columns.
fn reflect(x: &mut [f64], width: usize, row: usize, column: usize, v: &[f64], tau: f64, sums: &mut [f64]) {
    let sums = &mut sums[column..width];
    sums.fill(0.0);
    for (i, &factor) in v.iter().enumerate().skip(row) {
        for (sum, &value) in sums.iter_mut().zip(&x[i * width + column..(i + 1) * width]) {
            *sum += factor * value;
        }
    }
    for (i, &factor) in v.iter().enumerate().skip(row) {
        for (value, &sum) in x[i * width + column..(i + 1) * width].iter_mut().zip(sums.iter()) {
            *value -= tau * factor * sum;
        }
    }
}
