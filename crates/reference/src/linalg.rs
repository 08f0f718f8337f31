//! Linear algebra in the textbook's words: one matrix at a time, as rows of numbers.

use hornbeam_graph::ops::{Solve, TriangularSolve};
use hornbeam_graph::{Error, Result, TensorType};

use crate::value::Value;

/// A matrix: its rows.
pub(crate) struct Matrix {
    m: usize,
    n: usize,
    at: Vec<Vec<f64>>,
}

impl Matrix {
    fn zeros(m: usize, n: usize) -> Matrix {
        Matrix { m, n, at: vec![vec![0.0; n]; m] }
    }

    fn identity(n: usize) -> Matrix {
        let mut identity = Matrix::zeros(n, n);
        for i in 0..n {
            identity.at[i][i] = 1.0;
        }
        identity
    }

    fn times(&self, other: &Matrix) -> Matrix {
        let mut product = Matrix::zeros(self.m, other.n);
        for i in 0..self.m {
            for j in 0..other.n {
                product.at[i][j] = (0..self.n).map(|k| self.at[i][k] * other.at[k][j]).sum();
            }
        }
        product
    }

    fn transposed(&self) -> Matrix {
        let mut t = Matrix::zeros(self.n, self.m);
        for i in 0..self.m {
            for j in 0..self.n {
                t.at[j][i] = self.at[i][j];
            }
        }
        t
    }

    fn flat(&self) -> Vec<f64> {
        self.at.concat()
    }
}

/// Runs `each` for the matrices at every leading index; its results are the parts of the outputs in order.
pub(crate) fn by_matrix(
    inputs: &[&Value],
    types: &[TensorType],
    each: impl Fn(&[Matrix]) -> Result<Vec<Vec<f64>>>,
) -> Result<Vec<Vec<f64>>> {
    let rank = inputs[0].shape().rank();
    let count: usize = inputs[0].shape()[..rank - 2].iter().product();
    let mut outputs = vec![Vec::new(); types.len()];
    for entry in 0..count {
        let matrices: Vec<Matrix> = inputs
            .iter()
            .map(|x| {
                let (m, n) = (x.shape()[rank - 2], x.shape()[rank - 1]);
                let part = &x.data[entry * m * n..(entry + 1) * m * n];
                Matrix { m, n, at: (0..m).map(|i| part[i * n..(i + 1) * n].to_vec()).collect() }
            })
            .collect();
        let results =
            each(&matrices).map_err(|error| Error::data(format!("{} (matrix {entry} of the batch)", error.message)))?;
        for (output, result) in outputs.iter_mut().zip(results) {
            output.extend(result);
        }
    }
    Ok(outputs)
}

/// By columns: `L_jj = sqrt(A_jj - sum L_jk^2)`, `L_ij = (A_ij - sum L_ik L_jk) / L_jj`.
pub(crate) fn cholesky(a: &Matrix) -> Result<Vec<f64>> {
    let mut l = Matrix::zeros(a.n, a.n);
    for j in 0..a.n {
        let square = a.at[j][j] - (0..j).map(|k| l.at[j][k] * l.at[j][k]).sum::<f64>();
        if square.is_nan() || square <= 0.0 {
            return Err(Error::data("cholesky: not positive definite"));
        }
        l.at[j][j] = square.sqrt();
        for i in j + 1..a.n {
            let sum: f64 = (0..j).map(|k| l.at[i][k] * l.at[j][k]).sum();
            l.at[i][j] = (a.at[i][j] - sum) / l.at[j][j];
        }
    }
    Ok(l.flat())
}

/// Gauss and Jordan's elimination of `[A | B]`, with the largest pivot of the column.
fn eliminate(mut a: Matrix, b: &Matrix) -> Result<Matrix> {
    let n = a.n;
    let mut x = Matrix { m: b.m, n: b.n, at: b.at.clone() };
    for k in 0..n {
        let mut pivot = k;
        for i in k..n {
            if a.at[i][k].abs() > a.at[pivot][k].abs() {
                pivot = i;
            }
        }
        if a.at[pivot][k] == 0.0 {
            return Err(Error::data("solve: singular"));
        }
        a.at.swap(k, pivot);
        x.at.swap(k, pivot);
        let scale = a.at[k][k];
        a.at[k].iter_mut().for_each(|v| *v /= scale);
        x.at[k].iter_mut().for_each(|v| *v /= scale);
        for i in (0..n).filter(|&i| i != k) {
            let factor = a.at[i][k];
            for j in 0..n {
                a.at[i][j] -= factor * a.at[k][j];
            }
            for j in 0..x.n {
                x.at[i][j] -= factor * x.at[k][j];
            }
        }
    }
    Ok(x)
}

pub(crate) fn solve(op: &Solve, x: &[Matrix]) -> Result<Vec<f64>> {
    let a = if op.transpose { x[0].transposed() } else { x[0].transposed().transposed() };
    Ok(eliminate(a, &x[1])?.flat())
}

/// The triangle alone, solved like any matrix.
pub(crate) fn triangular_solve(op: &TriangularSolve, x: &[Matrix]) -> Result<Vec<f64>> {
    let mut triangle = Matrix::zeros(x[0].n, x[0].n);
    for i in 0..x[0].n {
        for j in 0..x[0].n {
            if (op.lower && j < i) || (!op.lower && j > i) || (i == j && !op.unit) {
                triangle.at[i][j] = x[0].at[i][j];
            } else if i == j {
                triangle.at[i][i] = 1.0;
            }
        }
    }
    let a = if op.transpose { triangle.transposed() } else { triangle };
    Ok(eliminate(a, &x[1])?.flat())
}

/// Doolittle's factors of the rows in their final order.
pub(crate) fn lu(a: &Matrix) -> Vec<Vec<f64>> {
    let n = a.n;
    let mut work = a.transposed().transposed();
    let mut order: Vec<usize> = (0..n).collect();
    let mut sign = 1.0;
    for k in 0..n {
        let mut pivot = k;
        for i in k + 1..n {
            if work.at[i][k].abs() > work.at[pivot][k].abs() {
                pivot = i;
            }
        }
        if pivot != k {
            work.at.swap(k, pivot);
            order.swap(k, pivot);
            sign = -sign;
        }
        for i in k + 1..n {
            if work.at[k][k] != 0.0 {
                work.at[i][k] /= work.at[k][k];
                for j in k + 1..n {
                    work.at[i][j] -= work.at[i][k] * work.at[k][j];
                }
            }
        }
    }
    vec![work.flat(), order.iter().map(|&i| i as f64).collect(), vec![sign]]
}

/// `R = H_k ... H_1 A`, `Q = H_1 ... H_k`, each reflection `H = I - 2 v v^T / v^T v` an explicit matrix.
pub(crate) fn qr(full: bool, a: &Matrix) -> Vec<Vec<f64>> {
    let (m, n) = (a.m, a.n);
    let k = if full { m } else { m.min(n) };
    let (mut q, mut r) = (Matrix::identity(m), a.transposed().transposed());
    for j in 0..m.min(n) {
        if (j + 1..m).all(|i| r.at[i][j] == 0.0) {
            continue;
        }
        let mut v: Vec<f64> = (0..m).map(|i| if i < j { 0.0 } else { r.at[i][j] }).collect();
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        v[j] += norm.copysign(v[j]);
        let square: f64 = v.iter().map(|x| x * x).sum();
        let mut h = Matrix::identity(m);
        for (i, row) in h.at.iter_mut().enumerate() {
            for (l, value) in row.iter_mut().enumerate() {
                *value -= 2.0 * v[i] * v[l] / square;
            }
        }
        r = h.times(&r);
        for i in j + 1..m {
            r.at[i][j] = 0.0;
        }
        q = q.times(&h);
    }
    let q: Vec<f64> = q.at.iter().flat_map(|row| row[..k].to_vec()).collect();
    vec![q, r.at[..k].concat()]
}

/// Eigenvalues, ascending, and eigenvectors as rows: the rotation that removes the largest element off the diagonal, until
/// there is none.
fn eigen(lower: &Matrix) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = lower.n;
    let mut a = Matrix::zeros(n, n);
    for i in 0..n {
        for j in 0..n {
            a.at[i][j] = if j <= i { lower.at[i][j] } else { lower.at[j][i] };
        }
    }
    let size: f64 = a.at.iter().flatten().map(|x| x * x).sum::<f64>().sqrt();
    let mut v = Matrix::identity(n).at;
    loop {
        let pairs = (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q)));
        let largest = pairs.max_by(|&(p, q), &(s, t)| a.at[p][q].abs().total_cmp(&a.at[s][t].abs()));
        let Some((p, q)) = largest.filter(|&(p, q)| a.at[p][q].abs() > 1e-17 * size) else { break };
        let angle = 0.5 * (2.0 * a.at[p][q]).atan2(a.at[q][q] - a.at[p][p]);
        let (s, c) = angle.sin_cos();
        for i in 0..n {
            let (x, y) = (a.at[p][i], a.at[q][i]);
            (a.at[p][i], a.at[q][i]) = (c * x - s * y, s * x + c * y);
        }
        for i in 0..n {
            let (x, y) = (a.at[i][p], a.at[i][q]);
            (a.at[i][p], a.at[i][q]) = (c * x - s * y, s * x + c * y);
        }
        (a.at[p][q], a.at[q][p]) = (0.0, 0.0);
        let (head, tail) = v.split_at_mut(q);
        for (x, y) in head[p].iter_mut().zip(&mut tail[0]) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a.at[i][i].total_cmp(&a.at[j][j]));
    let values = order.iter().map(|&i| a.at[i][i]).collect();
    (values, order.iter().map(|&i| oriented(&v[i])).collect())
}

/// A vector or its negative: the one whose largest component is positive.
fn oriented(x: &[f64]) -> Vec<f64> {
    let largest = x.iter().fold(0.0, |largest: f64, &x| if x.abs() > largest.abs() { x } else { largest });
    x.iter().map(|x| if largest < 0.0 { -x } else { *x }).collect()
}

pub(crate) fn eigh(a: &Matrix) -> Vec<Vec<f64>> {
    let (values, vectors) = eigen(a);
    let rows = Matrix { m: a.n, n: a.n, at: vectors };
    vec![values, rows.transposed().flat()]
}

/// From the eigenvectors of the smaller of `A^T A` and `A A^T`; of full rank only.
pub(crate) fn svd(a: &Matrix) -> Vec<Vec<f64>> {
    let k = a.m.min(a.n);
    let t = a.transposed();
    let tall = a.m >= a.n;
    let (squares, mut vectors) = eigen(&if tall { t.times(a) } else { a.times(&t) });
    let s: Vec<f64> = squares.iter().rev().map(|x| x.max(0.0).sqrt()).collect();
    vectors.reverse();
    let own = Matrix { m: k, n: k, at: vectors };
    // Rows: the other side's vectors, times the singular values.
    let mut other = own.times(if tall { &t } else { a });
    for (row, s) in other.at.iter_mut().zip(&s) {
        row.iter_mut().for_each(|x| *x /= s);
    }
    let (mut left, mut right) = if tall { (other, own) } else { (own, other) };
    for (left, right) in left.at.iter_mut().zip(&mut right.at) {
        let turned = oriented(left);
        if turned != *left {
            right.iter_mut().for_each(|x| *x = -*x);
        }
        *left = turned;
    }
    vec![left.transposed().flat(), s, right.flat()]
}
