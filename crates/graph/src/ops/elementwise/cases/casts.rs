//! Casts between all pairs of dtypes.

use super::super::Cast;
use super::SHAPES;
use crate::cases::{Case, Fill, Operand};
use crate::dtype::DType;

pub(super) fn cases() -> Vec<Case> {
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
    for to in DType::ALL {
        // Ties of bfloat16 and float16, the borders of the integers, numbers that a narrower type cannot hold.
        for from in [DType::Bf16, DType::F16] {
            let values =
                [f64::NAN, f64::INFINITY, -f64::INFINITY, -0.0, 0.5, -0.5, 127.5, -128.5, 256.0, 65504.0, 6e-8];
            cases.push(Case::new(Cast(to), vec![Operand::values(from, &values)]));
        }
        let floats = [1.00390625, 1.01171875, -1.00390625, 1.00048828125, 1.00146484375, 2.98e-8, 1.2e-38, 3.39e38];
        cases.push(Case::new(Cast(to), vec![Operand::values(DType::F32, &floats)]));
        let whole = [i32::MIN, i32::MAX, -1, 0, 127, 128, -129, 255, 256, 16_842_753, 33_554_433, 65_519, 65_520];
        cases.push(Case::new(Cast(to), vec![Operand::values(DType::I32, &whole.map(f64::from))]));
    }
    // Gradients pass through floats as they are.
    for dims in [&[][..], &[0], &[5], &[2, 3]] {
        cases.push(Case::new(Cast(DType::F32), vec![Operand::floats(dims, -3.0, 3.0)]).with_gradient());
    }
    cases
}
