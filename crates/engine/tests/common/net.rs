//! A small network with everything that makes determinism hard (convolution, batch normalization, dropout, a partial last batch), as a
//! traced training step with Adam.

use std::sync::Arc;

use hornbeam_engine::buffer::{Buffer, Variable};
use hornbeam_engine::graph::ops::conv::{self, Window};
use hornbeam_engine::graph::ops::elementwise::{self as ew, BinaryKind, UnaryKind};
use hornbeam_engine::graph::ops::pool::{self, PoolWindow};
use hornbeam_engine::graph::ops::random::{self, RandomKind};
use hornbeam_engine::graph::ops::{contraction, indexing, movement, norm, reduce, softmax};
use hornbeam_engine::graph::{DType, Shape, Tensor, TensorType, gradients};
use hornbeam_engine::program::Program;
use hornbeam_engine::runtime::Priority;
use hornbeam_engine::trace;
use hornbeam_engine::trainer::{Order, Trainer};

/// Side of the images, classes, and samples of the tests' data: a batch of 32 leaves a partial one.
pub const SIDE: usize = 10;
pub const CLASSES: usize = 5;
pub const SAMPLES: usize = 150;
pub const BATCH: usize = 32;

/// The weights, their moments, the state of dropout, and the metric.
pub struct Net {
    /// Trained variables: convolution, batch normalization, dense.
    pub weights: Vec<Arc<Variable>>,
    moments: Vec<[Arc<Variable>; 2]>,
    seed: Arc<Variable>,
    step: Arc<Variable>,
    /// Sum of the losses.
    pub loss: Arc<Variable>,
    images: Tensor,
    /// Labels of the samples.
    pub labels: Tensor,
}

fn shape(dims: &[usize]) -> Shape {
    Shape::new(dims).expect("a test's shape")
}

fn floats(dims: &[usize], value: impl Fn(usize) -> f32) -> Buffer {
    let bytes: Vec<u8> = (0..dims.iter().product()).flat_map(|i| value(i).to_ne_bytes()).collect();
    Buffer::from_bytes(TensorType::new(shape(dims), DType::F32), &bytes).expect("memory")
}

fn ints(dims: &[usize], value: impl Fn(usize) -> i32) -> Buffer {
    let bytes: Vec<u8> = (0..dims.iter().product()).flat_map(|i| value(i).to_ne_bytes()).collect();
    Buffer::from_bytes(TensorType::new(shape(dims), DType::I32), &bytes).expect("memory")
}

/// A number in -0.5..0.5 that looks random.
fn noise(i: usize) -> f32 {
    let x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    ((x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / 16_777_216.0 - 0.5
}

impl Net {
    /// A fresh network and its data; sample `bad` gets a label that does not exist.
    pub fn new(bad: Option<usize>) -> Net {
        let dims: [&[usize]; 7] =
            [&[3, 3, 1, 8], &[8], &[8], &[3, 3, 8, 16], &[16], &[2 * 2 * 16, CLASSES], &[CLASSES]];
        let weights: Vec<Arc<Variable>> = dims
            .iter()
            .enumerate()
            .map(|(at, dims)| {
                let buffer = floats(dims, |i| {
                    if at == 1 {
                        1.0
                    } else if dims.len() == 1 {
                        0.0
                    } else {
                        noise(i + at * 7919) * 0.5
                    }
                });
                Variable::new(&format!("weight {at}"), Arc::new(buffer))
            })
            .collect();
        let moments = dims.map(|d| [0, 1].map(|_| Variable::new("moment", Arc::new(floats(d, |_| 0.0))))).to_vec();
        let bytes: Vec<u8> = (0..SAMPLES * SIDE * SIDE).map(|i| ((noise(i) + 0.5) * 255.0) as u8).collect();
        let ty = TensorType::new(shape(&[SAMPLES, SIDE, SIDE, 1]), DType::U8);
        Net {
            weights,
            moments,
            seed: Variable::new("seed", Arc::new(ints(&[3], |i| [11, 22, 0][i]))),
            step: Variable::new("step", Arc::new(floats(&[], |_| 0.0))),
            loss: Variable::new("loss", Arc::new(floats(&[], |_| 0.0))),
            images: Buffer::from_bytes(ty, &bytes).expect("memory").into_tensor(),
            labels: ints(&[SAMPLES], |i| if bad == Some(i) { 99 } else { (i * 7 % CLASSES) as i32 }).into_tensor(),
        }
    }

    fn forward(&self, images: &Tensor, training: bool) -> Tensor {
        let read: Vec<Tensor> = self.weights.iter().map(trace::read_variable).collect();
        let window = Window { strides: [1, 1], dilation: [1, 1], pad_h: [0, 0], pad_w: [0, 0] };
        let x = conv::conv2d(images, &read[0], window).expect("shapes fit");
        let [x, _, _] = norm::batch_norm(&x, &read[1], &read[2], 1e-3).expect("shapes fit");
        let x = ew::unary(UnaryKind::Relu, &x).expect("floats");
        let pool = PoolWindow { size: [2, 2], strides: [2, 2], pad_h: [0, 0], pad_w: [0, 0], dilation: [1, 1] };
        let mut x = pool::max_pool2d(&x, pool).expect("shapes fit");
        if training {
            let seed = trace::read_variable(&self.seed);
            let key = movement::slice(&seed, &[0], &[2], &[1]).expect("a pair");
            let counter =
                movement::slice(&seed, &[2], &[3], &[1]).and_then(|c| movement::reshape(&c, &[])).expect("a scalar");
            let draw = random::random(RandomKind::Uniform, x.shape(), &key, &counter, 0).expect("a shape");
            let kept = ew::binary(BinaryKind::Ge, &draw, &movement::scalar(0.25, DType::F32).expect("a scalar"))
                .expect("floats");
            let scaled = ew::scale(&x, 1.0 / 0.75).expect("floats");
            x = ew::select(&kept, &scaled, &movement::scalar(0.0, DType::F32).expect("a scalar")).expect("floats");
            let one = movement::reshape(&counter, &[1]).and_then(|c| ew::shift(&c, 1.0)).expect("a number");
            let next = movement::concat(&[key, one], 0).expect("three numbers");
            trace::assign_variable(&self.seed, &next).expect("the same type");
        }
        let x = conv::conv2d(&x, &read[3], window).and_then(|x| ew::add(&x, &read[4])).expect("shapes fit");
        let x = ew::unary(UnaryKind::Relu, &x).expect("floats");
        let x = movement::reshape(&x, &[x.shape().dims()[0] as i64, -1]).expect("a matrix");
        contraction::matmul(&x, &read[5], false, false).and_then(|x| ew::add(&x, &read[6])).expect("shapes fit")
    }

    fn batch(&self, size: usize) -> (Tensor, Tensor, Tensor) {
        let indices = Tensor::param(TensorType::new(shape(&[size]), DType::I32));
        let images = indexing::gather(&self.images, &indices, 0).expect("rows");
        let images = ew::cast(&images, DType::F32).and_then(|x| ew::scale(&x, 1.0 / 255.0)).expect("floats");
        let labels = indexing::gather(&self.labels, &indices, 0).expect("labels");
        (indices, images, labels)
    }

    /// A training step for batches of `size`.
    pub fn step(&self, size: usize) -> Program {
        trace::begin("step");
        let (indices, images, labels) = self.batch(size);
        let logits = self.forward(&images, true);
        let losses = softmax::softmax_cross_entropy(&logits, &labels).expect("rows");
        let loss = reduce::mean(&losses, &[0], false).expect("floats");
        let read: Vec<Tensor> = self.weights.iter().map(trace::read_variable).collect();
        let grads = gradients(std::slice::from_ref(&loss), &[None], &read).expect("differentiable");
        let t = ew::shift(&trace::read_variable(&self.step), 1.0).expect("a number");
        trace::assign_variable(&self.step, &t).expect("the same type");
        for ((variable, w), ([m, v], g)) in self.weights.iter().zip(&read).zip(self.moments.iter().zip(grads)) {
            let g = g.expect("every weight is used");
            let (m0, v0) = (trace::read_variable(m), trace::read_variable(v));
            let m1 = ew::add(&ew::scale(&m0, 0.9).expect("f"), &ew::scale(&g, 0.1).expect("f")).expect("f");
            let v1 = ew::add(
                &ew::scale(&v0, 0.999).expect("f"),
                &ew::scale(&ew::mul(&g, &g).expect("f"), 0.001).expect("f"),
            )
            .expect("f");
            let root = ew::shift(&ew::unary(UnaryKind::Sqrt, &v1).expect("f"), 1e-7).expect("f");
            let w1 = ew::sub(w, &ew::scale(&ew::div(&m1, &root).expect("f"), 1e-3).expect("f")).expect("f");
            for (variable, value) in [(variable, &w1), (m, &m1), (v, &v1)] {
                trace::assign_variable(variable, value).expect("the same type");
            }
        }
        let total = ew::add(&trace::read_variable(&self.loss), &loss).expect("numbers");
        trace::assign_variable(&self.loss, &total).expect("the same type");
        trace::compile(&[indices], &[], &[true]).expect("the step compiles")
    }

    /// Class scores of batches of `size`.
    pub fn scores(&self, size: usize) -> Program {
        trace::begin("scores");
        let (indices, images, _) = self.batch(size);
        let logits = self.forward(&images, false);
        let scores = softmax::softmax(&logits, -1).expect("rows");
        trace::compile(&[indices], &[scores], &[true]).expect("the program compiles")
    }

    /// The training loop.
    pub fn trainer(&self) -> Trainer {
        let last = SAMPLES % BATCH;
        Trainer::new(
            Arc::new(self.step(BATCH)),
            Some(Arc::new(self.step(last))),
            None,
            SAMPLES,
            BATCH,
            Priority::Training,
        )
        .expect("a trainer")
    }

    /// Trains some epochs.
    pub fn train(&self, epochs: u64) {
        let trainer = self.trainer();
        for epoch in 0..epochs {
            trainer.begin_epoch(Order::Shuffle, 7, epoch);
            assert_eq!(trainer.run(0..trainer.batches(), false).expect("training works"), trainer.batches());
        }
    }

    /// All weights' bytes.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        self.weights
            .iter()
            .map(|w| hornbeam_engine::eval::read(&trace::read_variable(w)).expect("numbers").bytes().to_vec())
            .collect()
    }
}
