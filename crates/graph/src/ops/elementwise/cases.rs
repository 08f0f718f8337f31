//! Test cases of elementwise operations.

use super::{Binary, BinaryKind, Cast, Select, Unary, UnaryKind};
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
    [unary_cases(), binary_cases(), select_cases(), cast_cases()].concat()
}

fn unary_cases() -> Vec<Case> {
    use UnaryKind::*;
    let kinds: [(UnaryKind, Option<(f64, f64)>); 23] = [
        (Neg, Some((-5.0, 5.0))),
        (Abs, None),
        (Sign, None),
        (Square, Some((-5.0, 5.0))),
        (Exp, Some((-5.0, 5.0))),
        (Expm1, Some((-1.0, 1.0))),
        (Log, Some((0.1, 5.0))),
        (Log1p, Some((-0.9, 5.0))),
        (Sqrt, Some((0.1, 9.0))),
        (Rsqrt, Some((0.1, 9.0))),
        (Reciprocal, Some((0.3, 3.0))),
        (Sin, Some((-6.0, 6.0))),
        (Cos, Some((-6.0, 6.0))),
        (Tanh, Some((-4.0, 4.0))),
        (Sigmoid, Some((-8.0, 8.0))),
        (Erf, Some((-3.0, 3.0))),
        (Floor, None),
        (Ceil, None),
        (Round, None),
        (Relu, None),
        (IsNan, None),
        (IsInf, None),
        (IsFinite, None),
    ];
    let mut cases = Vec::new();
    for (i, (kind, range)) in kinds.into_iter().enumerate() {
        let test = matches!(kind, IsNan | IsInf | IsFinite);
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
    for kind in [Neg, Abs, Sign, Square, Relu] {
        cases.push(Case::new(Unary(kind), vec![Operand::integers(&[3, 7], -9, 9)]));
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
    let arithmetic = [Add, Sub, Mul, Div, Pow, Max, Min, Mod, Atan2];
    let comparisons = [Eq, Ne, Lt, Le, Gt, Ge];
    let mut cases = Vec::new();
    let pairs = |offset: usize| (0..5).map(move |k| PAIRS[(offset + 3 * k) % PAIRS.len()]);
    for (i, kind) in arithmetic.into_iter().enumerate() {
        let (a, b) = match kind {
            Div => ((-3.0, 3.0), (0.5, 2.0)),
            Pow => ((0.2, 3.0), (-2.0, 2.0)),
            Mod => ((-5.0, 5.0), (0.7, 2.0)),
            _ => ((-3.0, 3.0), (-3.0, 3.0)),
        };
        for (left, right) in pairs(i) {
            let inputs = vec![Operand::floats(left, a.0, a.1), Operand::floats(right, b.0, b.1)];
            cases.push(Case::new(Binary(kind), inputs).with_gradient());
        }
        if !matches!(kind, Pow | Atan2) {
            let inputs = vec![Operand::integers(&[3, 7], -9, 9), Operand::integers(&[7], -3, 4)];
            cases.push(Case::new(Binary(kind), inputs));
            let all = (i32::MIN as i64, i32::MAX as i64 + 1);
            let inputs = vec![Operand::integers(&[40], all.0, all.1), Operand::integers(&[40], all.0, all.1)];
            cases.push(Case::new(Binary(kind), inputs));
        }
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
    for kind in [Add, Sub, Mul, Div, Pow, Max, Min, Eq, Ne, Lt, Le, Gt, Ge] {
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

fn cast_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, from) in DType::ALL.into_iter().enumerate() {
        let fill = match from {
            DType::F32 | DType::Bf16 | DType::F16 => Fill::Uniform(-300.0, 300.0),
            DType::I32 => Fill::Integers(-70_000, 70_000),
            DType::I8 => Fill::Integers(-128, 128),
            DType::U8 => Fill::Integers(0, 256),
            DType::Bool => Fill::Integers(0, 2),
        };
        for (k, to) in DType::ALL.into_iter().enumerate() {
            let operand = Operand::new(SHAPES[(i + 3 * k) % SHAPES.len()], from, fill.clone());
            cases.push(Case::new(Cast(to), vec![operand]).with_gradient_if(from == DType::F32 && to == DType::F32));
            cases.push(Case::new(Cast(to), vec![Operand::new(&[67], from, fill.clone())]));
        }
    }
    let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e-30, 3e9, -3e9, 255.5, -128.9, 65519.0, 65520.0];
    cases.extend(DType::ALL.map(|to| Case::new(Cast(to), vec![Operand::values(DType::F32, &special)])));
    cases
}
