//! Jacobi's rotations: eigenvectors of symmetric matrices, singular vectors of any. Slower than reduction to a band for
//! large matrices, but simple, and accurate to the last digits for small ones.

/// Rotations stop when what they would move is below this part of what is there.
const SMALL: f64 = 1e-15;
/// Convergence is quadratic at the end: eight sweeps are usual, thirty have not been seen.
const SWEEPS: usize = 60;

/// Numbers of scratch of [`eigh`], the matrix itself included.
pub(super) fn eigh_scratch(n: usize) -> usize {
    3 * n * n + 2 * n
}

/// Eigenvalues, ascending, and eigenvectors as columns of the symmetric matrix whose lower triangle is that of `a`.
pub(super) fn eigh<'a>(a: &mut [f64], n: usize, rest: &'a mut [f64]) -> (&'a [f64], &'a [f64]) {
    let (v, rest) = rest.split_at_mut(n * n);
    let (vectors, rest) = rest.split_at_mut(n * n);
    let (values, order) = rest.split_at_mut(n);
    for i in 0..n {
        for j in 0..i {
            a[j * n + i] = a[i * n + j];
        }
    }
    // Its rows will be the eigenvectors.
    identity(v, n);
    let total: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..n).map(|i| a[i * n..i * n + i].iter().map(|x| x * x).sum::<f64>()).sum();
        if off.is_nan() || off <= total * SMALL * SMALL {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                turn(a, v, n, p, q);
            }
        }
    }
    sort(order, |i| a[i * n + i]);
    for (to, &from) in order.iter().enumerate() {
        let from = from as usize;
        values[to] = a[from * n + from];
        let vector = &v[from * n..(from + 1) * n];
        let sign = sign_of_largest(vector);
        for (i, &x) in vector.iter().enumerate() {
            vectors[i * n + to] = sign * x;
        }
    }
    (values, vectors)
}

/// The rotation that makes `a[p][q]` zero, applied to both sides of `a` and to the rows of `v`.
fn turn(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let (app, aqq, apq) = (a[p * n + p], a[q * n + q], a[p * n + q]);
    if apq == 0.0 {
        return;
    }
    let (c, s, t) = rotation((aqq - app) / (2.0 * apq));
    rotate(a, n, p, q, c, s);
    for i in 0..n {
        a[i * n + p] = a[p * n + i];
        a[i * n + q] = a[q * n + i];
    }
    a[p * n + p] = app - t * apq;
    a[q * n + q] = aqq + t * apq;
    a[p * n + q] = 0.0;
    a[q * n + p] = 0.0;
    rotate(v, n, p, q, c, s);
}

/// Cosine, sine and tangent of the smaller angle whose doubled cotangent is `2 zeta`.
fn rotation(zeta: f64) -> (f64, f64, f64) {
    let t = 1f64.copysign(zeta) / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
    let c = 1.0 / (1.0 + t * t).sqrt();
    (c, t * c, t)
}

/// Rows `p < q` of `x`, `length` numbers each, become `c p - s q` and `s p + c q`.
fn rotate(x: &mut [f64], length: usize, p: usize, q: usize, c: f64, s: f64) {
    let (head, tail) = x.split_at_mut(q * length);
    for (a, b) in head[p * length..(p + 1) * length].iter_mut().zip(&mut tail[..length]) {
        (*a, *b) = (c * *a - s * *b, s * *a + c * *b);
    }
}

fn identity(x: &mut [f64], n: usize) {
    x.fill(0.0);
    for i in 0..n {
        x[i * n + i] = 1.0;
    }
}

/// The positions `0..` in ascending order of a key (NaN last), by insertion.
fn sort(order: &mut [f64], key: impl Fn(usize) -> f64) {
    for i in 0..order.len() {
        let mut at = i;
        while at > 0 && key(i).total_cmp(&key(order[at - 1] as usize)).is_lt() {
            order[at] = order[at - 1];
            at -= 1;
        }
        order[at] = i as f64;
    }
}

/// The sign that makes the largest component in modulus positive.
fn sign_of_largest(x: &[f64]) -> f64 {
    let largest = x.iter().fold(0.0, |largest: f64, &x| if x.abs() > largest.abs() { x } else { largest });
    if largest < 0.0 { -1.0 } else { 1.0 }
}

/// Numbers of scratch of [`svd`], the matrix itself included.
pub(super) fn svd_scratch(m: usize, n: usize) -> usize {
    let (k, length) = (m.min(n), m.max(n));
    m * n + 2 * k * length + 2 * k * k + 3 * k
}

/// `U [m, k]`, `s [k]` and `V^T [k, n]` of `a [m, n]`. The columns (or rows, if there are fewer) are made orthogonal by rotations
/// (Hestenes): their lengths are then the singular values, their directions one side's vectors, the rotations the other's.
pub(super) fn svd<'a>(a: &[f64], m: usize, n: usize, rest: &'a mut [f64]) -> (&'a [f64], &'a [f64], &'a [f64]) {
    let (k, length) = (m.min(n), m.max(n));
    let tall = m >= n;
    let (b, rest) = rest.split_at_mut(k * length);
    let (w, rest) = rest.split_at_mut(k * k);
    let (u, rest) = rest.split_at_mut(m * k);
    let (vt, rest) = rest.split_at_mut(k * n);
    let (s, rest) = rest.split_at_mut(k);
    let (lengths, order) = rest.split_at_mut(k);
    for i in 0..k {
        for j in 0..length {
            b[i * length + j] = if tall { a[j * n + i] } else { a[i * n + j] };
        }
    }
    identity(w, k);
    for _ in 0..SWEEPS {
        if !orthogonalize(b, w, k, length) {
            break;
        }
    }
    for (i, to) in lengths.iter_mut().enumerate() {
        *to = b[i * length..(i + 1) * length].iter().map(|x| x * x).sum::<f64>().sqrt();
    }
    sort(order, |i| -lengths[i]);
    let largest = order.first().map_or(0.0, |&i| lengths[i as usize]);
    for at in 0..k {
        let from = order[at] as usize;
        s[at] = lengths[from];
        if s[at] <= largest * SMALL * 10.0 {
            complete(b, length, &order[..at], from);
        } else {
            for x in &mut b[from * length..(from + 1) * length] {
                *x /= s[at];
            }
        }
        let (direction, turned) = (&b[from * length..(from + 1) * length], &w[from * k..(from + 1) * k]);
        let (left, right) = if tall { (direction, turned) } else { (turned, direction) };
        let sign = sign_of_largest(left);
        for (i, &x) in left.iter().enumerate() {
            u[i * k + at] = sign * x;
        }
        for (to, &x) in vt[at * n..(at + 1) * n].iter_mut().zip(right) {
            *to = sign * x;
        }
    }
    (u, s, vt)
}

/// One sweep over all pairs of rows of `b`, and the same rotations of `w`. Whether any was needed.
fn orthogonalize(b: &mut [f64], w: &mut [f64], k: usize, length: usize) -> bool {
    let mut turned = false;
    for p in 0..k {
        for q in p + 1..k {
            let (x, y) = (&b[p * length..(p + 1) * length], &b[q * length..(q + 1) * length]);
            let (mut alpha, mut beta, mut gamma) = (0.0, 0.0, 0.0);
            for (&x, &y) in x.iter().zip(y) {
                alpha += x * x;
                beta += y * y;
                gamma += x * y;
            }
            if gamma.abs() > SMALL * (alpha * beta).sqrt() {
                let (c, s, _) = rotation((beta - alpha) / (2.0 * gamma));
                rotate(b, length, p, q, c, s);
                rotate(w, k, p, q, c, s);
                turned = true;
            }
        }
    }
    turned
}

/// Row `at` of `b` becomes a unit vector orthogonal to the finished rows: what is left of the axis that they cover least.
fn complete(b: &mut [f64], length: usize, finished: &[f64], at: usize) {
    let covered = |axis: usize| -> f64 { finished.iter().map(|&i| b[i as usize * length + axis].powi(2)).sum() };
    let axis = (0..length).min_by(|&x, &y| covered(x).total_cmp(&covered(y))).unwrap_or(0);
    b[at * length..(at + 1) * length].fill(0.0);
    b[at * length + axis] = 1.0;
    // Twice: the second pass removes what rounding left in the first.
    for _ in 0..2 {
        for &i in finished {
            let from = i as usize * length;
            let along: f64 = (0..length).map(|j| b[from + j] * b[at * length + j]).sum();
            for j in 0..length {
                b[at * length + j] -= along * b[from + j];
            }
        }
    }
    let norm = b[at * length..(at + 1) * length].iter().map(|x| x * x).sum::<f64>().sqrt();
    for x in &mut b[at * length..(at + 1) * length] {
        *x /= norm;
    }
}
