//! Convolutions whose tasks pool their own rows: every algorithm, cut by rows and by channels, at sizes around the edges, against f64, with the
//! same bits for any number of threads; and poolings that stay operations of their own.

mod common;
mod fuzz;

use std::sync::Arc;

use common::{from_buffer, to_buffer};
use fuzz::{Judge, hazards};
use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::cases::Operand;
use hornbeam_engine::graph::ops::conv::{Window, conv2d_grouped};
use hornbeam_engine::graph::ops::elementwise::{self as ew, UnaryKind};
use hornbeam_engine::graph::ops::pool::{PoolWindow, avg_pool2d, max_pool2d};
use hornbeam_engine::graph::ops::{movement, reduce};
use hornbeam_engine::graph::{DType, Graph, Result, Shape, Tensor, TensorType};
use hornbeam_engine::instr::Kernel;
use hornbeam_engine::plan::{Plan, Spec, compile};
use hornbeam_engine::program::{Binding, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_kernels::{Isa, isa};
use hornbeam_reference::random_value;

/// A convolution, without strides, and the pooling of its result.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// Images, rows, columns, channels.
    x: [usize; 4],
    filters: usize,
    kernel: usize,
    pad: usize,
    groups: usize,
    window: [usize; 2],
    /// Columns from window to window.
    step: usize,
}

/// Rows that no window reads, one task and several, channels cut in two (64 and more), a last panel that is short, one channel, 1x1, depthwise,
/// windows of more rows than a task would have, that share columns, that have gaps, of the whole image, of one cell.
const SIZES: [Sizes; 14] = [
    Sizes { x: [1, 28, 28, 1], filters: 32, kernel: 3, pad: 0, groups: 1, window: [2, 2], step: 2 },
    Sizes { x: [1, 13, 13, 32], filters: 64, kernel: 3, pad: 0, groups: 1, window: [2, 2], step: 2 },
    Sizes { x: [3, 13, 14, 16], filters: 40, kernel: 3, pad: 1, groups: 1, window: [2, 2], step: 2 },
    Sizes { x: [2, 5, 5, 64], filters: 96, kernel: 3, pad: 0, groups: 1, window: [2, 2], step: 1 },
    Sizes { x: [1, 9, 7, 5], filters: 7, kernel: 1, pad: 0, groups: 1, window: [3, 2], step: 3 },
    Sizes { x: [1, 40, 9, 3], filters: 24, kernel: 5, pad: 2, groups: 1, window: [4, 3], step: 2 },
    Sizes { x: [2, 30, 11, 20], filters: 20, kernel: 3, pad: 1, groups: 20, window: [2, 2], step: 2 },
    Sizes { x: [1, 17, 6, 64], filters: 64, kernel: 3, pad: 1, groups: 64, window: [3, 3], step: 1 },
    Sizes { x: [1, 4, 12, 8], filters: 130, kernel: 3, pad: 1, groups: 1, window: [4, 12], step: 1 },
    Sizes { x: [1, 6, 6, 4], filters: 9, kernel: 2, pad: 0, groups: 1, window: [1, 1], step: 1 },
    Sizes { x: [1, 6, 30, 4], filters: 9, kernel: 2, pad: 0, groups: 1, window: [1, 5], step: 5 },
    Sizes { x: [1, 56, 56, 64], filters: 64, kernel: 1, pad: 0, groups: 1, window: [2, 2], step: 2 },
    Sizes { x: [3, 4, 4, 3], filters: 1, kernel: 3, pad: 1, groups: 1, window: [2, 2], step: 2 },
    Sizes { x: [1, 3, 3, 2], filters: 33, kernel: 3, pad: 0, groups: 1, window: [1, 1], step: 1 },
];

fn param(dims: &[usize]) -> Tensor {
    Tensor::param(TensorType::new(Shape::new(dims).expect("small"), DType::F32))
}

fn plan(graph: &Graph, precision: Precision, isa: Isa) -> Plan {
    let spec = Spec { graph: graph.clone(), batch: None, updates: vec![], variables: vec![], precision };
    let plan = compile(&spec, isa).expect("compiles");
    let hazard = hazards(&plan);
    assert!(hazard.is_none(), "{hazard:?}\n{}", plan.describe());
    plan
}

/// Convolutions that pool.
fn pooled(plan: &Plan) -> usize {
    let pooled = |kernel: &Kernel| matches!(kernel, Kernel::Conv { pooled: Some(_), .. });
    plan.stages.iter().flat_map(|stage| stage.instrs()).filter(|instr| pooled(&instr.kernel)).count()
}

fn window(size: [usize; 2], strides: [usize; 2]) -> PoolWindow {
    PoolWindow { size, strides, pad_h: [0, 0], pad_w: [0, 0], dilation: [1, 1] }
}

impl Sizes {
    fn out(&self) -> [usize; 4] {
        let [images, rows, columns, _] = self.x;
        let size = |size: usize| size + 2 * self.pad - self.kernel + 1;
        [images, size(rows), size(columns), self.filters]
    }

    fn dims(&self) -> [Vec<usize>; 4] {
        let filter = vec![self.kernel, self.kernel, self.x[3] / self.groups, self.filters];
        [self.x.to_vec(), filter, vec![self.filters], self.out().to_vec()]
    }

    /// The convolution with a bias, a residual and a ReLU, as `parts` has them.
    fn convolution(&self, params: &[Tensor], parts: usize) -> Result<Tensor> {
        let pads = [self.pad; 2];
        let window = Window { strides: [1, 1], dilation: [1, 1], pad_h: pads, pad_w: pads };
        let mut y = conv2d_grouped(&params[0], &params[1], window, self.groups)?;
        if parts > 0 {
            y = ew::add(&y, &movement::broadcast_to(&params[2], y.shape())?)?;
        }
        if parts > 1 {
            y = ew::add(&y, &params[3])?;
        }
        if parts == 1 { ew::unary(UnaryKind::Relu, &y) } else { Ok(y) }
    }
}

#[test]
fn poolings_of_convolutions() {
    for (case, sizes) in SIZES.into_iter().enumerate() {
        let dims = sizes.dims();
        let params: Vec<Tensor> = dims.iter().map(|dims| param(dims)).collect();
        let y = sizes.convolution(&params, case % 3).expect("dims fit");
        let window = window(sizes.window, [sizes.window[0], sizes.step]);
        let out = if case % 2 == 0 { max_pool2d(&y, window) } else { avg_pool2d(&y, window) }.expect("windows fit");
        let (graph, _) = Graph::capture(&[out], &params, 0).expect("closed");
        let args: Vec<_> =
            (0..4).map(|i| random_value(&Operand::floats(&dims[i], -1.0, 1.0), (case * 4 + i) as u64)).collect();
        let judge = Judge::new(&graph, &args).expect("good data");
        let arguments: Vec<Arc<Buffer>> = args.iter().map(|arg| Arc::new(to_buffer(arg))).collect();
        let both = |level| [(level, Precision::Fast), (level, Precision::Exact)];
        for (level, precision) in isa::available().into_iter().flat_map(both) {
            let plan = Arc::new(plan(&graph, precision, level));
            assert_eq!(pooled(&plan), 1, "{level:?}, {sizes:?}:\n{}", plan.describe());
            let mut first: Option<Vec<u8>> = None;
            for threads in [1, 2, 3] {
                runtime().set_threads(threads);
                let program = Program::new(plan.clone(), vec![Binding::Argument; 4]);
                let found = program.run(&arguments, Priority::Inference).expect("runs");
                if let Some(what) = judge.check(&[from_buffer(&found[0])]) {
                    panic!("{level:?}, {precision:?}, {sizes:?}, {threads} threads: {what}");
                }
                let bytes = found[0].bytes().to_vec();
                assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "{sizes:?}: bits depend on the threads");
            }
        }
    }
    runtime().set_threads(2);
}

/// Outputs of a program with a convolution of some images.
fn pooled_of(images: usize, build: impl Fn(&Tensor) -> Result<Vec<Tensor>>) -> usize {
    let sizes = Sizes { x: [images, 14, 14, 8], ..SIZES[1] };
    let params: Vec<Tensor> = sizes.dims().iter().map(|dims| param(dims)).collect();
    let outputs = build(&sizes.convolution(&params, 1).expect("dims fit")).expect("dims fit");
    let (graph, _) = Graph::capture(&outputs, &params, 0).expect("closed");
    pooled(&plan(&graph, Precision::Fast, common::isa()))
}

#[test]
fn what_is_pooled_in_tasks() {
    let two = window([2, 2], [2, 2]);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, two)?])), 1);
    assert_eq!(pooled_of(3, |y| Ok(vec![avg_pool2d(y, two)?])), 1);
    // Chunks of samples keep their values near anyway.
    assert_eq!(pooled_of(4, |y| Ok(vec![max_pool2d(y, two)?])), 0);
    // Somebody else reads the convolution: the caller, a reduction, a second pooling.
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, two)?, y.clone()])), 0);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, two)?, reduce::sum(y, &[1, 2], false)?])), 0);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, two)?, avg_pool2d(y, two)?])), 0);
    // Windows that are too large for tasks, that share rows, whose cells have gaps, that meet padding.
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, window([6, 2], [6, 2]))?])), 0);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, window([3, 2], [2, 2]))?])), 0);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, PoolWindow { dilation: [2, 1], ..two })?])), 0);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, PoolWindow { pad_h: [0, 1], ..window([5, 2], [5, 2]) })?])), 0);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(y, PoolWindow { pad_w: [1, 0], ..two })?])), 0);
    // Another view of it, an operation between.
    let turned = |y: &Tensor| movement::transpose(y, &[0, 2, 1, 3]);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(&turned(y)?, two)?])), 0);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(&ew::unary(UnaryKind::Tanh, y)?, two)?])), 0);
    let parts = |y: &Tensor| movement::reshape(y, &[1, 6, 24, 64]);
    assert_eq!(pooled_of(1, |y| Ok(vec![max_pool2d(&parts(y)?, two)?])), 0);
}
