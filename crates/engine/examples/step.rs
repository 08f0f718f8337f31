//! Times the MNIST training step of the README, and prints where the time goes: `cargo run --release --example step -p hornbeam-engine`.
//! Arguments: batch size (32), rounds (40); `HORNBEAM_NUM_THREADS` as always.

use std::sync::Arc;
use std::time::Instant;

use hornbeam_engine::buffer::{Buffer, Variable};
use hornbeam_engine::graph::ops::conv::{self, Window};
use hornbeam_engine::graph::ops::elementwise::{self as ew, UnaryKind};
use hornbeam_engine::graph::ops::pool::{self, PoolWindow};
use hornbeam_engine::graph::ops::{contraction, indexing, movement, reduce, softmax};
use hornbeam_engine::graph::{DType, Result, Shape, Tensor, TensorType, gradients};
use hornbeam_engine::runtime::Priority;
use hornbeam_engine::trace;
use hornbeam_engine::trainer::{Order, Trainer};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SAMPLES: usize = 4096;

fn tensor(dims: &[usize], dtype: DType, value: impl Fn(usize) -> f64) -> Result<Buffer> {
    let bytes = (0..dims.iter().product()).flat_map(|i| match dtype {
        DType::U8 => vec![value(i) as u8],
        DType::I32 => (value(i) as i32).to_ne_bytes().to_vec(),
        _ => (value(i) as f32).to_ne_bytes().to_vec(),
    });
    Buffer::from_bytes(TensorType::new(Shape::new(dims)?, dtype), &bytes.collect::<Vec<u8>>())
}

fn noise(i: usize) -> f64 {
    let x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f64 / 16_777_216.0 - 0.5
}

fn main() -> Result<()> {
    let argument = |i: usize, default: usize| std::env::args().nth(i).and_then(|a| a.parse().ok()).unwrap_or(default);
    let (batch, rounds) = (argument(1, 32), argument(2, 40));
    let dims: [&[usize]; 10] =
        [&[3, 3, 1, 32], &[32], &[3, 3, 32, 64], &[64], &[3, 3, 64, 64], &[64], &[576, 64], &[64], &[64, 10], &[10]];
    let variable = |dims: &[usize], scale: f64| -> Result<Arc<Variable>> {
        Ok(Variable::new("w", Arc::new(tensor(dims, DType::F32, |i| noise(i) * scale)?)))
    };
    let weights: Vec<Arc<Variable>> = dims.iter().map(|d| variable(d, 0.1)).collect::<Result<_>>()?;
    let moments: Vec<[Arc<Variable>; 2]> =
        dims.iter().map(|d| Ok([variable(d, 0.0)?, variable(d, 0.0)?])).collect::<Result<_>>()?;
    let images = tensor(&[SAMPLES, 28, 28, 1], DType::U8, |i| (noise(i) + 0.5) * 255.0)?.into_tensor();
    let labels = tensor(&[SAMPLES], DType::I32, |i| (i * 7 % 10) as f64)?.into_tensor();

    trace::begin("step");
    let indices = Tensor::param(TensorType::new(Shape::new(&[batch])?, DType::I32));
    let mut x = ew::scale(&ew::cast(&indexing::gather(&images, &indices, 0)?, DType::F32)?, 1.0 / 255.0)?;
    let y = indexing::gather(&labels, &indices, 0)?;
    let read: Vec<Tensor> = weights.iter().map(trace::read_variable).collect();
    let window = Window { strides: [1, 1], dilation: [1, 1], pad_h: [0, 0], pad_w: [0, 0] };
    let pooling = PoolWindow { size: [2, 2], strides: [2, 2], pad_h: [0, 0], pad_w: [0, 0], dilation: [1, 1] };
    for layer in 0..3 {
        x = ew::add(&conv::conv2d(&x, &read[2 * layer], window)?, &read[2 * layer + 1])?;
        x = ew::unary(UnaryKind::Relu, &x)?;
        if layer < 2 {
            x = pool::max_pool2d(&x, pooling)?;
        }
    }
    x = movement::reshape(&x, &[batch as i64, -1])?;
    x = ew::unary(UnaryKind::Relu, &ew::add(&contraction::matmul(&x, &read[6], false, false)?, &read[7])?)?;
    x = ew::add(&contraction::matmul(&x, &read[8], false, false)?, &read[9])?;
    let loss = reduce::mean(&softmax::softmax_cross_entropy(&x, &y)?, &[0], false)?;
    let grads = gradients(&[loss], &[None], &read)?;
    for ((w, value), ([m, v], g)) in weights.iter().zip(&read).zip(moments.iter().zip(grads)) {
        let g = g.expect("every weight is used");
        let (m0, v0) = (trace::read_variable(m), trace::read_variable(v));
        let m1 = ew::add(&m0, &ew::scale(&ew::sub(&g, &m0)?, 0.1)?)?;
        let v1 = ew::add(&v0, &ew::scale(&ew::sub(&ew::unary(UnaryKind::Square, &g)?, &v0)?, 0.001)?)?;
        let root = ew::shift(&ew::unary(UnaryKind::Sqrt, &v1)?, 1e-7)?;
        let next = ew::sub(value, &ew::div(&ew::scale(&m1, 1e-3)?, &root)?)?;
        trace::assign_variable(w, &next)?;
        trace::assign_variable(m, &m1)?;
        trace::assign_variable(v, &v1)?;
    }
    let program = Arc::new(trace::compile(&[indices], &[], &[true])?);
    if std::env::var("DESCRIBE").is_ok() {
        println!("{}", program.plan().describe());
    }
    let flops = program.plan().flops;
    let trainer = Trainer::new(program, None, None, SAMPLES / batch * batch, batch, Priority::Training)?;
    let mut times = Vec::new();
    for round in 0..rounds {
        trainer.begin_epoch(Order::Shuffle, 1, round as u64);
        let begun = Instant::now();
        let steps = trainer.run(0..trainer.batches(), false)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3 / steps as f64);
    }
    times.sort_by(f64::total_cmp);
    let (least, median) = (times[0], times[times.len() / 2]);
    println!(
        "batch {batch}: min {least:.3} ms, median {median:.3} ms a step, {:.0} GF/s at best",
        flops as f64 / least / 1e6
    );
    Ok(())
}
