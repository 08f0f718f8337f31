//! Test cases of linear algebra: matrices whose factors are well determined, so that differences can be taken.

use super::build::{cholesky, det, eigh, inverse, pinv_times, qr, slogdet, solve, svd, triangular_solve};
use super::{Cholesky, Eigh, Lu, Qr, Solve, Svd, TriangularSolve};
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;
use crate::ops::{contraction, elementwise, movement};

/// Numbers in -1..1 that depend on the position alone.
fn number(i: usize) -> f64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as f64 / (1u64 << 23) as f64 - 1.0
}

/// Matrices with elements `element(random number, row, column)`.
fn matrices(lead: &[usize], m: usize, n: usize, element: impl Fn(f64, usize, usize) -> f64) -> Operand {
    let count: usize = lead.iter().product::<usize>() * m * n;
    let values = (0..count).map(|i| element(number(i), i / n.max(1) % m.max(1), i % n.max(1))).collect();
    Operand::new(&[lead, &[m, n]].concat(), DType::F32, Fill::Values(values))
}

/// With a dominant diagonal: the lower triangle is that of a positive definite matrix, and no pivot is near zero.
fn dominant(lead: &[usize], n: usize) -> Operand {
    matrices(lead, n, n, move |x, i, j| if i == j { n as f64 + 1.0 + 0.1 * x } else { x })
}

/// The same with its rows in reverse order, so that every pivot is found elsewhere.
fn reversed(lead: &[usize], n: usize) -> Operand {
    matrices(lead, n, n, move |x, i, j| if i + j + 1 == n { n as f64 + 1.0 + 0.1 * x } else { x })
}

/// With eigenvalues and singular values far apart.
fn separated(lead: &[usize], m: usize, n: usize) -> Operand {
    matrices(lead, m, n, move |x, i, j| if i == j { 2.0 + 3.0 * i as f64 + 0.5 * x } else { 0.5 * x })
}

/// Leading axes and sizes: one and many, also none.
const SQUARES: [(&[usize], usize); 9] =
    [(&[], 1), (&[], 2), (&[], 3), (&[], 5), (&[], 17), (&[3], 3), (&[2, 2], 2), (&[0], 3), (&[2], 0)];

fn plain(dims: &[usize]) -> Operand {
    Operand::floats(dims, -1.0, 1.0)
}

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (lead, n) in SQUARES {
        cases.push(Case::new(Cholesky, vec![dominant(lead, n)]).with_gradient());
        cases.push(Case::new(Lu, vec![dominant(lead, n)]).with_gradient());
        cases.push(Case::new(Lu, vec![reversed(lead, n)]).with_gradient());
        cases.push(Case::new(Eigh, vec![separated(lead, n, n)]).with_gradient());
        for k in [1, 4] {
            let b = plain(&[lead, &[n, k]].concat());
            for flags in 0..8 {
                let [lower, transpose, unit] = [flags & 1 != 0, flags & 2 != 0, flags & 4 != 0];
                // A unit triangle of the same numbers would be badly conditioned.
                let a = if unit { plain(&[lead, &[n, n]].concat()) } else { dominant(lead, n) };
                if unit && n > 5 {
                    continue;
                }
                let op = TriangularSolve { lower, transpose, unit };
                cases.push(Case::new(op, vec![a, b.clone()]).with_gradient());
            }
            for transpose in [false, true] {
                cases.push(Case::new(Solve { transpose }, vec![reversed(lead, n), b.clone()]).with_gradient());
            }
        }
    }
    // A column of zeros is left by elimination, and by reflections.
    let gap = matrices(&[], 3, 3, |x, _, j| if j == 1 { 0.0 } else { x });
    cases.push(Case::new(Lu, vec![gap.clone()]));
    cases.push(Case::new(Qr { full: false }, vec![gap]));
    cases.extend(rectangles());
    cases.extend(composed());
    cases
}

fn rectangles() -> Vec<Case> {
    let sizes: [(&[usize], [usize; 2]); 12] = [
        (&[], [1, 1]),
        (&[], [3, 3]),
        (&[], [4, 2]),
        (&[], [2, 4]),
        (&[], [5, 1]),
        (&[], [1, 5]),
        (&[], [17, 6]),
        (&[3], [3, 2]),
        (&[2, 2], [2, 3]),
        (&[0], [3, 2]),
        (&[], [0, 3]),
        (&[], [3, 0]),
    ];
    let mut cases = Vec::new();
    for (lead, [m, n]) in sizes {
        cases.push(Case::new(Qr { full: false }, vec![separated(lead, m, n)]).with_gradient());
        cases.push(Case::new(Qr { full: true }, vec![separated(lead, m, n)]).with_gradient_if(m <= n));
        cases.push(Case::new(Svd, vec![separated(lead, m, n)]).with_gradient());
    }
    cases
}

/// Functions that users call, on matrices as they make them: `A A^T + n I`.
fn composed() -> Vec<Case> {
    let positive = |x: &crate::Tensor| -> crate::Result<crate::Tensor> {
        let rank = x.shape().rank();
        let n = x.shape()[rank - 1];
        let product = contraction::matmul(x, x, false, true)?;
        let ones = movement::fill(n as f64, crate::Shape::new(&[n, n])?, DType::F32)?;
        elementwise::add(&product, &super::gradient::only(super::gradient::Part::Diagonal, &ones)?)
    };
    let mut cases = Vec::new();
    for (lead, n) in [(&[][..], 1), (&[], 3), (&[], 6), (&[2][..], 3), (&[], 0)] {
        let x = plain(&[lead, &[n, n]].concat());
        let one = |name: &str, build: fn(&crate::Tensor) -> crate::Result<Vec<crate::Tensor>>| {
            Case::composed(name, vec![x.clone()], move |t| build(&positive(&t[0])?)).within(1e-4, 1e-4).with_gradient()
        };
        cases.push(one("cholesky", |a| Ok(vec![cholesky(a)?])));
        cases.push(one("inverse", |a| Ok(vec![inverse(a)?])));
        cases.push(one("det", |a| Ok(vec![det(a)?])).within(1e-3, 1e-3));
        cases.push(one("slogdet", |a| Ok(slogdet(a)?.to_vec())));
        cases.push(one("eigenvalues", |a| Ok(vec![eigh(a)?[0].clone()])));
        cases.push(one("singular values", |a| Ok(vec![svd(a)?[1].clone()])));
        cases.push(one("qr", |a| Ok(qr(a, false)?.to_vec())));
    }
    let b = |dims: &[usize]| plain(dims);
    let pairs = [
        (dominant(&[], 3), b(&[3])),
        (dominant(&[2], 3), b(&[3, 2])),
        (dominant(&[], 3), b(&[2, 3, 2])),
        (dominant(&[2, 1], 2), b(&[3, 2, 1])),
    ];
    for (a, b) in pairs {
        let inputs = vec![a, b];
        cases.push(Case::composed("solve", inputs.clone(), |t| Ok(vec![solve(&t[0], &t[1])?])).with_gradient());
        let op = TriangularSolve { lower: true, transpose: false, unit: false };
        let build = move |t: &[crate::Tensor]| Ok(vec![triangular_solve(op, &t[0], &t[1])?]);
        cases.push(Case::composed("triangularSolve", inputs, build).with_gradient());
    }
    for (m, n, last) in [(4, 2, &[4, 3][..]), (2, 4, &[2, 1]), (3, 3, &[3]), (5, 3, &[5, 2])] {
        let inputs = vec![separated(&[], m, n), plain(last)];
        let build = |t: &[crate::Tensor]| Ok(vec![pinv_times(&t[0], &t[1], 1e-6)?]);
        cases.push(Case::composed("lstsq", inputs, build).with_gradient());
    }
    cases
}
