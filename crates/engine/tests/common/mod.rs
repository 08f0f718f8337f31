//! What the engine's tests share: running a graph, and comparing numbers.
#![allow(dead_code, reason = "every test binary uses a part")]

use std::sync::Arc;

use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::cases::Case;
use hornbeam_engine::graph::{DType, Graph, Tensor, TensorType};
use hornbeam_engine::plan::{Spec, compile};
use hornbeam_engine::program::{Binding, Failure, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_kernels::Isa;
use hornbeam_reference::Value;

/// A value in the engine's memory.
pub fn to_buffer(value: &Value) -> Buffer {
    let mut bytes = Vec::new();
    for &x in &value.data {
        match value.ty.dtype {
            DType::F32 => bytes.extend((x as f32).to_ne_bytes()),
            DType::I32 => bytes.extend((x as i32).to_ne_bytes()),
            DType::U8 => bytes.push(x as u8),
            DType::I8 => bytes.extend((x as i8).to_ne_bytes()),
            DType::Bool => bytes.push(u8::from(x != 0.0)),
            // The cases' values are exact in both.
            DType::Bf16 => bytes.extend(((((x as f32).to_bits()) >> 16) as u16).to_ne_bytes()),
            DType::F16 => bytes.extend(f16_bits(x as f32).to_ne_bytes()),
        }
    }
    Buffer::from_bytes(value.ty, &bytes).expect("a test's tensor fits memory")
}

/// A buffer's numbers.
pub fn from_buffer(buffer: &Buffer) -> Value {
    let bytes = buffer.bytes();
    let word = |b: &[u8]| u32::from_ne_bytes(b.try_into().expect("four bytes"));
    let half = |b: &[u8]| u16::from_ne_bytes(b.try_into().expect("two bytes"));
    let data = match buffer.ty().dtype {
        DType::F32 => bytes.chunks_exact(4).map(|b| f64::from(f32::from_bits(word(b)))).collect(),
        DType::I32 => bytes.chunks_exact(4).map(|b| f64::from(word(b).cast_signed())).collect(),
        DType::U8 | DType::Bool => bytes.iter().map(|&b| f64::from(b)).collect(),
        DType::I8 => bytes.iter().map(|&b| f64::from(b.cast_signed())).collect(),
        DType::Bf16 => bytes.chunks_exact(2).map(|b| f64::from(f32::from_bits(u32::from(half(b)) << 16))).collect(),
        DType::F16 => bytes.chunks_exact(2).map(|b| f64::from(f16_value(half(b)))).collect(),
    };
    Value { ty: buffer.ty(), data }
}

fn f16_bits(x: f32) -> u16 {
    let sign = ((x.to_bits() >> 16) & 0x8000) as u16;
    if x == 0.0 {
        return sign;
    }
    if !x.is_finite() {
        return sign | if x.is_nan() { 0x7e00 } else { 0x7c00 };
    }
    if x.abs() < 2f32.powi(-14) {
        return sign | (x.abs() * 2f32.powi(24)) as u16;
    }
    sign | (((x.abs().to_bits() >> 13) - ((127 - 15) << 10)) as u16)
}

fn f16_value(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 31), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// Runs a closed graph on the engine; `batch` as in [`Spec`].
pub fn run(graph: &Graph, args: &[Value], batch: Option<(usize, Vec<bool>)>, isa: Isa) -> Result<Vec<Value>, Failure> {
    let spec =
        Spec { graph: graph.clone(), batch, updates: Vec::new(), variables: Vec::new(), precision: Precision::Fast };
    let plan = compile(&spec, isa).expect("the graph compiles");
    let program = Program::new(Arc::new(plan), vec![Binding::Argument; args.len()]);
    let args: Vec<Arc<Buffer>> = args.iter().map(|a| Arc::new(to_buffer(a))).collect();
    let results = program.run(&args, Priority::Inference)?;
    Ok(results.iter().map(|b| from_buffer(b)).collect())
}

/// The instruction set in use.
pub fn isa() -> Isa {
    runtime().isa
}

/// Largest difference beyond `atol + rtol * |expected|`, with where it is; `None` when all is close enough.
pub fn difference(actual: &Value, expected: &Value, atol: f64, rtol: f64) -> Option<String> {
    if actual.ty != expected.ty {
        return Some(format!("type {} instead of {}", actual.ty, expected.ty));
    }
    for (i, (&a, &e)) in actual.data.iter().zip(&expected.data).enumerate() {
        let same = a == e || (a.is_nan() && e.is_nan()) || (a - e).abs() <= atol + rtol * e.abs();
        if !same {
            return Some(format!("element {i} of {}: {a} instead of {e}", actual.ty));
        }
    }
    None
}

/// The closed graph of a case.
pub fn closed(case: &Case, types: &[TensorType]) -> Graph {
    let params: Vec<Tensor> = types.iter().map(|&ty| Tensor::param(ty)).collect();
    let outputs = case.build(&params).expect("a case's operands fit");
    let (graph, captured) = Graph::capture(&outputs, &params, 0).expect("a closed function");
    assert!(captured.is_empty(), "a case is a function of its operands");
    graph
}
