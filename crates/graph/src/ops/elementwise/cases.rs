//! Test cases of elementwise operations.

mod casts;

use super::{Binary, BinaryKind, Select, Unary, UnaryKind};
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;

/// Shapes with odd sizes, empty axes, and sizes about a vector's and a block's width.
const SHAPES: [&[usize]; 10] =
    [&[], &[1], &[7], &[0], &[3, 5], &[2, 0, 3], &[2, 3, 4, 5], &[17], &[1, 1, 2, 1, 1, 2, 1, 3], &[530]];

/// Pairs of shapes that broadcast.
const PAIRS: [(&[usize], &[usize]); 11] = [
    (&[], &[]),
    (&[3], &[3]),
    (&[2, 3], &[3]),
    (&[2, 1], &[1, 3]),
    (&[4, 1, 3], &[2, 1]),
    (&[0, 3], &[3]),
    (&[5], &[]),
    (&[], &[2, 2]),
    (&[33], &[33]),
    (&[2, 1, 1, 3, 1, 1, 1, 2], &[1, 2, 1, 1, 2]),
    (&[11, 67], &[11, 1]),
];

/// Where functions are special in both precisions alike.
const SPECIAL: [f64; 7] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1.0, -1.0];

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    [unary_cases(), binary_cases(), select_cases(), casts::cases()].concat()
}

fn unary_cases() -> Vec<Case> {
    use UnaryKind::*;
    let kinds: &[(UnaryKind, Option<(f64, f64)>)] = &[
        (Neg, Some((-5.0, 5.0))),
        (Abs, None),
        (Sign, None),
        (Square, Some((-5.0, 5.0))),
        (Exp, Some((-5.0, 5.0))),
        (Exp2, Some((-5.0, 5.0))),
        (Expm1, Some((-1.0, 1.0))),
        (Log, Some((0.1, 5.0))),
        (Log2, Some((0.1, 5.0))),
        (Log10, Some((0.1, 5.0))),
        (Log1p, Some((-0.9, 5.0))),
        (Sqrt, Some((0.1, 9.0))),
        (Rsqrt, Some((0.1, 9.0))),
        (Cbrt, Some((-9.0, -0.2))),
        (Reciprocal, Some((0.3, 3.0))),
        (Sin, Some((-6.0, 6.0))),
        (Cos, Some((-6.0, 6.0))),
        (Tan, Some((-1.3, 1.3))),
        (Asin, Some((-0.9, 0.9))),
        (Acos, Some((-0.9, 0.9))),
        (Atan, Some((-5.0, 5.0))),
        (Sinh, Some((-3.0, 3.0))),
        (Cosh, Some((-3.0, 3.0))),
        (Tanh, Some((-4.0, 4.0))),
        (Asinh, Some((-5.0, 5.0))),
        (Acosh, Some((1.2, 6.0))),
        (Atanh, Some((-0.9, 0.9))),
        (Sigmoid, Some((-8.0, 8.0))),
        (Erf, Some((-3.0, 3.0))),
        (Erfc, Some((-3.0, 3.0))),
        (Erfinv, Some((-0.9, 0.9))),
        (Gelu, Some((-4.0, 4.0))),
        (GeluSlope, Some((-4.0, 4.0))),
        (Lgamma, Some((0.3, 9.0))),
        (Digamma, Some((0.4, 9.0))),
        (Trigamma, Some((0.4, 9.0))),
        (Floor, None),
        (Ceil, None),
        (Round, None),
        (Trunc, None),
        (Relu, None),
        (IsNan, None),
        (IsInf, None),
        (IsFinite, None),
    ];
    let mut cases = Vec::new();
    for (i, (kind, range)) in kinds.iter().copied().enumerate() {
        let test = kind.is_test();
        for k in 0..4 {
            let dims = SHAPES[(i + 3 * k) % SHAPES.len()];
            let operand = match range {
                Some((low, high)) => Operand::floats(dims, low, high),
                None => Operand::distinct(dims),
            };
            cases.push(Case::new(Unary(kind), vec![operand]).with_gradient_if(!test));
        }
        cases.push(Case::new(Unary(kind), vec![Operand::values(DType::F32, &SPECIAL)]));
    }
    // Where a function has other branches than in its range above: (kind, from, to, whether its gradient is checked).
    let elsewhere = [
        (Cbrt, 0.2, 9.0, true),
        (Lgamma, -2.9, -2.1, true),
        (Lgamma, -0.9, -0.2, true),
        (Digamma, -1.8, -1.2, true),
        (Trigamma, -1.8, -1.2, true),
        (Lgamma, 7.0, 60.0, true),
        (Digamma, 7.0, 60.0, true),
        (Trigamma, 7.0, 60.0, true),
        (Tan, -20.0, 20.0, false),
        (Tan, 1.8, 4.5, true),
        (Asinh, -1e8, 1e8, false),
        (Acosh, 1.0, 1.01, false),
        (Atanh, -0.01, 0.01, true),
        (Sin, -1e7, 1e7, false),
        (Cos, -1e7, 1e7, false),
        (Erfc, 3.0, 9.0, true),
        (Erfinv, 0.9, 0.999, true),
        (Gelu, -20.0, 20.0, false),
        (GeluSlope, -20.0, 20.0, false),
        (Exp2, -140.0, -100.0, false),
        (Log10, 1e3, 1e30, false),
        (Round, -1e7, 1e7, false),
        (Trunc, -1e10, 1e10, false),
    ];
    for (kind, low, high, differentiable) in elsewhere {
        cases.push(Case::new(Unary(kind), vec![Operand::floats(&[61], low, high)]).with_gradient_if(differentiable));
    }
    for &kind in UnaryKind::ALL.iter().filter(|kind| kind.dtypes().contains(&DType::I32)) {
        for dims in [&[][..], &[0], &[3, 7], &[2, 1, 3, 1, 2, 2]] {
            cases.push(Case::new(Unary(kind), vec![Operand::integers(dims, -9, 9)]));
        }
        let extremes = [i32::MIN as f64, i32::MAX as f64, 65536.0, 0.0];
        cases.push(Case::new(Unary(kind), vec![Operand::values(DType::I32, &extremes)]));
    }
    for dims in [&[][..], &[5], &[0], &[3, 11]] {
        cases.push(Case::new(Unary(Not), vec![Operand::booleans(dims)]));
    }
    cases
}

fn binary_cases() -> Vec<Case> {
    use BinaryKind::*;
    let arithmetic = [Add, Sub, Mul, Div, Pow, Max, Min, Mod, Rem, Atan2];
    let comparisons = [Eq, Ne, Lt, Le, Gt, Ge];
    let mut cases = Vec::new();
    let pairs = |offset: usize| (0..5).map(move |k| PAIRS[(offset + 3 * k) % PAIRS.len()]);
    for (i, kind) in arithmetic.into_iter().enumerate() {
        let (a, b) = match kind {
            Div => ((-3.0, 3.0), (0.5, 2.0)),
            Pow => ((0.2, 3.0), (-2.0, 2.0)),
            Mod | Rem => ((-5.0, 5.0), (0.7, 2.0)),
            _ => ((-3.0, 3.0), (-3.0, 3.0)),
        };
        for (left, right) in pairs(i) {
            let inputs = vec![Operand::floats(left, a.0, a.1), Operand::floats(right, b.0, b.1)];
            cases.push(Case::new(Binary(kind), inputs).with_gradient());
        }
    }
    let takes = |dtype| move |kind: &&BinaryKind| kind.dtypes().contains(&dtype) && !kind.is_comparison();
    for (i, &kind) in BinaryKind::ALL.iter().filter(takes(DType::I32)).enumerate() {
        for (left, right) in pairs(i).take(3) {
            cases.push(Case::new(Binary(kind), vec![Operand::integers(left, -9, 9), Operand::integers(right, -3, 4)]));
        }
        let all = (i32::MIN as i64, i32::MAX as i64 + 1);
        let inputs = vec![Operand::integers(&[40], all.0, all.1), Operand::integers(&[40], all.0, all.1)];
        cases.push(Case::new(Binary(kind), inputs));
        let inputs = vec![Operand::integers(&[40], all.0, all.1), Operand::integers(&[40], -2, 40)];
        cases.push(Case::new(Binary(kind), inputs));
        let edges = [i32::MIN, i32::MIN + 1, -1, 0, 1, 2, 31, i32::MAX].map(f64::from);
        let inputs = [Fill::Values(edges.to_vec()), Fill::Values(edges.to_vec())];
        let [rows, columns] = inputs;
        let inputs = vec![Operand::new(&[8, 1], DType::I32, rows), Operand::new(&[8], DType::I32, columns)];
        cases.push(Case::new(Binary(kind), inputs));
    }
    for (i, kind) in comparisons.into_iter().enumerate() {
        for (left, right) in pairs(i + 1) {
            let whole = |dims: &[usize]| Operand::new(dims, DType::F32, Fill::Integers(-2, 3));
            cases.push(Case::new(Binary(kind), vec![whole(left), whole(right)]));
        }
        cases.push(Case::new(Binary(kind), vec![Operand::integers(&[3, 7], -2, 3), Operand::integers(&[3, 1], -2, 3)]));
    }
    for (i, kind) in [And, Or, Xor, Eq, Ne].into_iter().enumerate() {
        for (left, right) in pairs(i + 2).take(3) {
            cases.push(Case::new(Binary(kind), vec![Operand::booleans(left), Operand::booleans(right)]));
        }
    }
    // Every pair of special numbers.
    let square = |axis: usize| {
        let data = (0..SPECIAL.len() * SPECIAL.len()).map(|i| SPECIAL[[i / SPECIAL.len(), i % SPECIAL.len()][axis]]);
        Operand::values(DType::F32, &data.collect::<Vec<f64>>())
    };
    for kind in [Add, Sub, Mul, Div, Pow, Max, Min, Rem, Atan2, NextAfter, Eq, Ne, Lt, Le, Gt, Ge] {
        cases.push(Case::new(Binary(kind), vec![square(0), square(1)]));
    }
    let bases = Operand::values(DType::F32, &[-2.0, -1.5, 0.0, 0.0, -0.5, 3.0]);
    let exponents = Operand::values(DType::F32, &[3.0, 2.0, 2.0, 0.0, -3.0, 0.5]);
    cases.push(Case::new(Binary(Pow), vec![bases, exponents]));
    cases
}

fn select_cases() -> Vec<Case> {
    let shapes: [[&[usize]; 3]; 9] = [
        [&[], &[], &[]],
        [&[7], &[7], &[7]],
        [&[2, 3], &[3], &[]],
        [&[], &[2, 2], &[2]],
        [&[3, 1], &[1, 4], &[3, 4]],
        [&[0], &[0], &[1]],
        [&[2, 1, 3], &[4, 1], &[1]],
        [&[37], &[37], &[]],
        [&[5], &[], &[]],
    ];
    let of = |dims: [&[usize]; 3], dtype| {
        let inputs = vec![Operand::booleans(dims[0]), Operand::any(dims[1], dtype), Operand::any(dims[2], dtype)];
        Case::new(Select, inputs).with_gradient_if(dtype == DType::F32)
    };
    let mut cases: Vec<Case> = shapes.into_iter().map(|dims| of(dims, DType::F32)).collect();
    for (i, dtype) in [DType::I32, DType::U8, DType::Bool, DType::Bf16].into_iter().enumerate() {
        cases.push(of(shapes[i + 1], dtype));
    }
    cases
}
