//! Test cases of matrix products and of what is made of them.

use super::{MatMul, einsum, matmul, tensordot};
use crate::cases::{Case, Operand};

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    // Leading dims of both, then m, k, n.
    let rows: [(&[usize], &[usize], [usize; 3]); 15] = [
        (&[], &[], [1, 1, 1]),
        (&[], &[], [3, 5, 7]),
        (&[], &[], [17, 33, 9]),
        (&[], &[], [1, 64, 1]),
        (&[], &[], [65, 3, 2]),
        (&[], &[], [1, 7, 35]),
        (&[], &[], [0, 3, 4]),
        (&[], &[], [3, 0, 4]),
        (&[], &[], [4, 3, 0]),
        (&[2], &[2], [3, 4, 5]),
        (&[2, 1], &[3], [3, 4, 5]),
        (&[], &[2], [3, 4, 5]),
        (&[2, 3], &[], [3, 4, 5]),
        (&[0], &[], [3, 4, 5]),
        (&[1, 2], &[3, 1], [2, 9, 3]),
    ];
    let mut cases = Vec::new();
    for (lead_a, lead_b, [m, k, n]) in rows {
        for (transpose_a, transpose_b) in [(false, false), (false, true), (true, false), (true, true)] {
            let a = [lead_a, &if transpose_a { [k, m] } else { [m, k] }].concat();
            let b = [lead_b, &if transpose_b { [n, k] } else { [k, n] }].concat();
            let inputs = vec![Operand::floats(&a, -1.0, 1.0), Operand::floats(&b, -1.0, 1.0)];
            cases.push(Case::new(MatMul { transpose_a, transpose_b }, inputs).with_gradient());
        }
    }
    cases.extend(vectors());
    cases.extend(einsums());
    cases.extend(tensordots());
    cases
}

fn floats(shapes: &[&[usize]]) -> Vec<Operand> {
    shapes.iter().map(|dims| Operand::floats(dims, -1.0, 1.0)).collect()
}

/// Vectors as rows and columns.
fn vectors() -> Vec<Case> {
    type Row = (&'static [usize], &'static [usize], bool, bool);
    let rows: [Row; 9] = [
        (&[5], &[5], false, false),
        (&[5], &[5, 3], false, false),
        (&[5], &[3, 5], false, true),
        (&[4, 5], &[5], false, false),
        (&[5, 4], &[5], true, false),
        (&[5], &[2, 5, 3], false, false),
        (&[2, 3, 5], &[5], false, false),
        (&[1], &[1], false, false),
        (&[0], &[0, 3], false, false),
    ];
    let case = |(a, b, transpose_a, transpose_b): Row| {
        Case::composed("matMul of vectors", floats(&[a, b]), move |t| {
            Ok(vec![matmul(&t[0], &t[1], transpose_a, transpose_b)?])
        })
        .with_gradient()
    };
    rows.into_iter().map(case).collect()
}

fn einsums() -> Vec<Case> {
    type Row = (&'static str, &'static [&'static [usize]]);
    let rows: &[Row] = &[
        ("ij->ij", &[&[3, 4]]),
        ("ij->ji", &[&[3, 4]]),
        ("ijk->kij", &[&[2, 3, 4]]),
        ("ij->i", &[&[3, 4]]),
        ("ij->j", &[&[3, 4]]),
        ("ij->", &[&[3, 4]]),
        ("ii->i", &[&[4, 4]]),
        ("ii->", &[&[4, 4]]),
        ("ii", &[&[3, 3]]),
        ("ba", &[&[2, 3]]),
        ("ibi->bi", &[&[3, 2, 3]]),
        ("iiij->ij", &[&[3, 3, 3, 2]]),
        ("ijij->ij", &[&[2, 3, 2, 3]]),
        ("ii->i", &[&[0, 0]]),
        ("i,i->", &[&[7], &[7]]),
        ("i,j->ij", &[&[3], &[5]]),
        ("i,i->i", &[&[6], &[6]]),
        ("ij,jk->ik", &[&[3, 4], &[4, 5]]),
        ("ij,jk", &[&[3, 4], &[4, 5]]),
        ("ij,kj->ik", &[&[3, 4], &[5, 4]]),
        ("ji,jk->ik", &[&[4, 3], &[4, 5]]),
        ("ji,kj->ki", &[&[4, 3], &[5, 4]]),
        ("ij,j->i", &[&[3, 4], &[4]]),
        ("j,jk->k", &[&[4], &[4, 5]]),
        ("bij,bjk->bik", &[&[2, 3, 4], &[2, 4, 5]]),
        ("bij,bkj->bki", &[&[2, 3, 4], &[2, 5, 4]]),
        ("bij,bij->b", &[&[2, 3, 4], &[2, 3, 4]]),
        ("bij,jk->bik", &[&[2, 3, 4], &[4, 5]]),
        ("ijb,jkb->bik", &[&[3, 4, 2], &[4, 5, 2]]),
        ("bhqd,bhkd->bhqk", &[&[2, 3, 4, 5], &[2, 3, 6, 5]]),
        ("bqhd,bkhd->bhqk", &[&[2, 4, 3, 5], &[2, 6, 3, 5]]),
        ("bhqk,bkhd->bqhd", &[&[2, 3, 4, 6], &[2, 6, 3, 5]]),
        ("abc,cde->abde", &[&[2, 3, 4], &[4, 5, 2]]),
        ("abc,bad->dc", &[&[2, 3, 4], &[3, 2, 5]]),
        ("ab,cd->dbca", &[&[2, 3], &[4, 5]]),
        ("ab,bc->", &[&[3, 4], &[4, 5]]),
        ("ab,cb->a", &[&[3, 4], &[2, 4]]),
        ("aab,bc->ac", &[&[3, 3, 4], &[4, 2]]),
        ("...ij->...ji", &[&[2, 3, 4]]),
        ("...ij,...jk->...ik", &[&[2, 3, 4], &[2, 4, 5]]),
        ("...ij,...jk->...ik", &[&[2, 1, 3, 4], &[3, 4, 5]]),
        ("...ij,...jk", &[&[2, 3, 4], &[4, 5]]),
        ("...i,...i->...", &[&[3, 1, 4], &[2, 4]]),
        ("i...,j...->ij...", &[&[2, 3], &[4, 3]]),
        ("...->...", &[&[2, 3]]),
        ("i...->...", &[&[2, 3]]),
        ("...d,de->...e", &[&[2, 3, 4], &[4, 5]]),
        ("bi,ijk,bk->bj", &[&[2, 3], &[3, 4, 5], &[2, 5]]),
        ("ij,jk,kl->il", &[&[2, 3], &[3, 4], &[4, 5]]),
        ("i,j,k->ijk", &[&[2], &[3], &[4]]),
        ("ij,ij,ij->ij", &[&[2, 3], &[2, 3], &[2, 3]]),
        ("a,ab,bc,cd->ad", &[&[2], &[2, 3], &[3, 2], &[2, 4]]),
        (",ij->ij", &[&[], &[2, 3]]),
        (" i j , j k -> i k ", &[&[3, 4], &[4, 5]]),
        ("Ab,bA->A", &[&[3, 4], &[4, 3]]),
        ("ij,jk->ik", &[&[3, 0], &[0, 5]]),
        ("ij,jk->ik", &[&[0, 3], &[3, 5]]),
        ("bik,bkj->bij", &[&[2, 17, 33], &[2, 33, 9]]),
    ];
    let case = |&(equation, shapes): &Row| {
        Case::composed(format!("einsum {equation}"), floats(shapes), move |t| Ok(vec![einsum(equation, t)?]))
            .with_gradient()
    };
    rows.iter().map(case).collect()
}

fn tensordots() -> Vec<Case> {
    type Row = (&'static [usize], &'static [usize], &'static [i64], &'static [i64]);
    let rows: [Row; 8] = [
        (&[2, 3, 4], &[4, 5], &[2], &[0]),
        (&[2, 3, 4], &[3, 4, 5], &[1, 2], &[0, 1]),
        (&[2, 3, 4], &[4, 3, 5], &[1, 2], &[1, 0]),
        (&[2, 3], &[4, 5], &[], &[]),
        (&[3, 4], &[4, 3], &[0, 1], &[1, 0]),
        (&[2, 3, 4], &[5, 2], &[-3], &[-1]),
        (&[3], &[3], &[0], &[0]),
        (&[3, 0], &[0, 2], &[1], &[0]),
    ];
    let case = |(a, b, axes_a, axes_b): Row| {
        Case::composed("tensordot", floats(&[a, b]), move |t| Ok(vec![tensordot(&t[0], &t[1], axes_a, axes_b)?]))
            .with_gradient()
    };
    rows.into_iter().map(case).collect()
}
