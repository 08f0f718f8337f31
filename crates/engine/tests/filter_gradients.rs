//! Gradients of filters that all cores share, of sizes around the edges of how they are cut into tasks: against f64, and the same bits
//! with any number of threads.

mod common;

use std::sync::Arc;

use common::{from_buffer, to_buffer};
use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::cases::Operand;
use hornbeam_engine::graph::ops::conv::{Window, conv2d_filter_grad};
use hornbeam_engine::graph::{DType, Graph, Shape, Tensor, TensorType};
use hornbeam_engine::plan::{Spec, compile};
use hornbeam_engine::program::{Binding, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_kernels::isa;
use hornbeam_reference::{Value, random_value};

/// Images, their size and channels, output channels, the filter's size, strides, dilation, padding on every side.
type Gradient = ([usize; 4], usize, [usize; 2], [usize; 2], [usize; 2], usize);

const GRADIENTS: [Gradient; 14] = [
    ([1, 31, 18, 24], 87, [6, 6], [1, 1], [1, 1], 0),
    ([1, 84, 83, 53], 33, [1, 1], [1, 1], [1, 1], 0),
    ([3, 121, 60, 100], 15, [1, 1], [2, 1], [1, 1], 0),
    ([2, 63, 90, 3], 70, [3, 5], [2, 1], [1, 1], 2),
    ([1, 100, 91, 1], 64, [7, 3], [1, 1], [1, 1], 3),
    ([1, 44, 39, 13], 40, [3, 4], [1, 1], [2, 3], 2),
    ([2, 59, 42, 50], 17, [5, 2], [3, 1], [1, 2], 1),
    ([1, 57, 60, 9], 36, [4, 4], [1, 1], [1, 1], 1),
    ([2, 9, 8, 10], 16, [2, 2], [1, 1], [1, 1], 1),
    // By Winograd's algorithm where it is faster.
    ([1, 26, 24, 37], 97, [3, 3], [1, 1], [1, 1], 1),
    ([3, 13, 16, 40], 64, [3, 3], [1, 1], [1, 1], 0),
    ([2, 18, 17, 64], 130, [3, 3], [1, 1], [1, 1], 1),
    // More images, and a filter too large for a core's cache.
    ([5, 9, 8, 250], 130, [3, 3], [1, 1], [1, 1], 1),
    // Tasks of different sizes, whose scratch is their own.
    ([2, 9, 10, 150], 190, [3, 3], [1, 1], [1, 1], 1),
];

#[test]
fn filter_gradients_of_awkward_sizes() {
    for (case, (x_dims, filters, kernel, strides, dilation, pad)) in GRADIENTS.into_iter().enumerate() {
        let [images, height, width, channels] = x_dims;
        let window = Window { strides, dilation, pad_h: [pad; 2], pad_w: [pad; 2] };
        let out =
            |size: usize, axis: usize| (size + 2 * pad - (kernel[axis] - 1) * dilation[axis] - 1) / strides[axis] + 1;
        let [rows, columns] = [out(height, 0), out(width, 1)];
        let dims = [x_dims, [images, rows, columns, filters]];
        let args: Vec<Value> =
            (0..2).map(|i| random_value(&Operand::floats(&dims[i], -1.0, 1.0), (2 * case + i) as u64)).collect();
        let params: Vec<Tensor> =
            dims.iter().map(|d| Tensor::param(TensorType::new(Shape::new(d).expect("small"), DType::F32))).collect();
        let gradient = conv2d_filter_grad(&params[0], &params[1], window, kernel).expect("dims fit");
        let (graph, _) = Graph::capture(&[gradient], &params, 0).expect("a closed graph");
        let buffers: Vec<Arc<Buffer>> = args.iter().map(|a| Arc::new(to_buffer(a))).collect();
        let mut expected = vec![0.0; kernel[0] * kernel[1] * channels * filters];
        for pixel in 0..images * rows * columns {
            let (image, row, column) = (pixel / (rows * columns), pixel / columns % rows, pixel % columns);
            let dy = &args[1].data[pixel * filters..][..filters];
            for tap in 0..kernel[0] * kernel[1] {
                let y = (row * strides[0] + tap / kernel[1] * dilation[0]).wrapping_sub(pad);
                let x = (column * strides[1] + tap % kernel[1] * dilation[1]).wrapping_sub(pad);
                if y >= height || x >= width {
                    continue;
                }
                let inputs = &args[0].data[((image * height + y) * width + x) * channels..][..channels];
                for (input, sums) in inputs.iter().zip(expected[tap * channels * filters..].chunks_mut(filters)) {
                    sums.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += input * dy);
                }
            }
        }
        for level in isa::available() {
            for precision in [Precision::Fast, Precision::Exact] {
                let what = format!("{level:?}, {precision:?}, case {case}");
                let spec =
                    Spec { graph: graph.clone(), batch: None, updates: Vec::new(), variables: Vec::new(), precision };
                let program =
                    Program::new(Arc::new(compile(&spec, level).expect("compiles")), vec![Binding::Argument; 2]);
                let results = [1, 2, 3].map(|threads| {
                    runtime().set_threads(threads);
                    program.run(&buffers, Priority::Inference).expect("good data").remove(0)
                });
                assert!(results.iter().all(|r| r.bytes() == results[0].bytes()), "{what}: bits depend on the threads");
                let bound = if precision == Precision::Exact { 1e-6 } else { 1e-5 } * (images * rows * columns) as f64;
                for (i, (actual, expected)) in from_buffer(&results[0]).data.iter().zip(&expected).enumerate() {
                    let error = (actual - expected).abs();
                    assert!(error < bound, "{what}: element {i} is off by {error}");
                }
            }
        }
    }
    runtime().set_threads(2);
}
