//! Factorizations by elimination, in place, row-major.

/// The lower factor of a symmetric matrix, whose lower triangle is read; zeros above it. `false`: not positive definite.
pub(super) fn cholesky(a: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        let (before, row) = a.split_at_mut(i * n);
        for j in 0..i {
            let other = &before[j * n..j * n + j + 1];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let rest = row[i] - dot(&row[..i], &row[..i]);
        if rest.is_nan() || rest <= 0.0 {
            return false;
        }
        row[i] = rest.sqrt();
        row[i + 1..n].fill(0.0);
    }
    true
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Packed factors; `order[i]` becomes the number of the row that lies at `i`. Gives the sign of that order.
pub(super) fn lu(a: &mut [f64], n: usize, order: &mut [f64]) -> f64 {
    let mut sign = 1.0;
    for (i, place) in order.iter_mut().enumerate() {
        *place = i as f64;
    }
    for k in 0..n {
        let mut pivot = k;
        for i in k + 1..n {
            if a[i * n + k].abs() > a[pivot * n + k].abs() {
                pivot = i;
            }
        }
        if pivot != k {
            let (upper, lower) = a.split_at_mut(pivot * n);
            upper[k * n..(k + 1) * n].swap_with_slice(&mut lower[..n]);
            order.swap(k, pivot);
            sign = -sign;
        }
        let (done, below) = a.split_at_mut((k + 1) * n);
        let top = &done[k * n..];
        if top[k] == 0.0 {
            continue;
        }
        for row in below.chunks_exact_mut(n) {
            let factor = row[k] / top[k];
            row[k] = factor;
            if factor != 0.0 {
                for (to, &from) in row[k + 1..].iter_mut().zip(&top[k + 1..]) {
                    *to -= factor * from;
                }
            }
        }
    }
    sign
}
