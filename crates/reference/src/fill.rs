//! Operands of test cases.

use hornbeam_graph::DType;
use hornbeam_graph::cases::{Fill, Operand};

use crate::arithmetic::constant;
use crate::philox::philox4x32_10;
use crate::value::Value;

/// The numbers of an operand: the same for the same seed, and numbers of its type (so that the engine starts from the
/// very same).
pub fn random_value(operand: &Operand, seed: u64) -> Value {
    let size: usize = operand.dims.iter().product();
    let bits = |i: usize| philox4x32_10([i as u32, 0, 0, 0], [seed as u32, (seed >> 32) as u32]);
    let fraction = |i: usize| bits(i)[0] as f64 / 2f64.powi(32);
    let data: Vec<f64> = match &operand.fill {
        Fill::Uniform(low, high) => (0..size).map(|i| low + (high - low) * fraction(i)).collect(),
        Fill::Integers(low, high) => {
            (0..size).map(|i| (*low + (fraction(i) * (high - low) as f64).floor() as i64) as f64).collect()
        }
        Fill::Distinct => {
            let mut order: Vec<usize> = (0..size).collect();
            order.sort_by_key(|&i| bits(i));
            let mut data = vec![0.0; size];
            for (rank, i) in order.into_iter().enumerate() {
                // A quarter of a step aside: no value is at a jump or a kink of the functions tested.
                data[i] = (rank as f64 - (size / 2) as f64 + 0.25) / 16.0;
            }
            data
        }
        Fill::Values(values) => {
            assert_eq!(values.len(), size, "a case gives one value for each element of {:?}", operand.dims);
            values.clone()
        }
    };
    let exact = |x: f64| if operand.dtype == DType::Bool { x } else { constant(x, operand.dtype) };
    Value::new(&operand.dims, operand.dtype, data.into_iter().map(exact).collect())
}
