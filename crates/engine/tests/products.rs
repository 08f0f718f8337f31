//! Matrix products whose sizes lie around every edge of how they are cut into tasks and packed: against f64, and the same bits with any
//! number of threads.

mod common;

use std::sync::Arc;

use common::{from_buffer, to_buffer};
use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::cases::Operand;
use hornbeam_engine::graph::ops::contraction::matmul;
use hornbeam_engine::graph::{DType, Graph, Shape, Tensor, TensorType};
use hornbeam_engine::plan::{Spec, compile};
use hornbeam_engine::program::{Binding, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_kernels::isa;
use hornbeam_reference::{Value, random_value};

/// `[m, n, k]`: one row or column, small products that stay one task or become a few, one band of rows and more, several stripes of
/// columns, several blocks of k.
const SIZES: [[usize; 3]; 16] = [
    [1, 700, 300],
    [3, 1000, 129],
    [700, 1, 300],
    [15, 1, 1000],
    [400, 2, 170],
    [64, 64, 31],
    [64, 64, 64],
    [17, 33, 900],
    [20, 129, 512],
    [128, 130, 47],
    [129, 130, 47],
    [128, 300, 650],
    [169, 40, 650],
    [257, 65, 33],
    [140, 1030, 18],
    [513, 513, 9],
];

fn at(matrix: &Value, transposed: bool, row: usize, column: usize) -> f64 {
    let columns = matrix.ty.shape.dims()[1];
    let [row, column] = if transposed { [column, row] } else { [row, column] };
    matrix.data[row * columns + column]
}

#[test]
fn products_of_awkward_sizes() {
    for (case, [m, n, k]) in SIZES.into_iter().enumerate() {
        for (transpose_a, transpose_b) in [(false, false), (false, true), (true, false), (true, true)] {
            let dims = [if transpose_a { [k, m] } else { [m, k] }, if transpose_b { [n, k] } else { [k, n] }];
            let args: Vec<Value> =
                (0..2).map(|i| random_value(&Operand::floats(&dims[i], -1.0, 1.0), (2 * case + i) as u64)).collect();
            let params: Vec<Tensor> = dims
                .iter()
                .map(|d| Tensor::param(TensorType::new(Shape::new(d).expect("small"), DType::F32)))
                .collect();
            let product = matmul(&params[0], &params[1], transpose_a, transpose_b).expect("dims fit");
            let (graph, _) = Graph::capture(&[product], &params, 0).expect("a closed graph");
            let buffers: Vec<Arc<Buffer>> = args.iter().map(|a| Arc::new(to_buffer(a))).collect();
            let dot = |row, column| -> f64 {
                (0..k).map(|i| at(&args[0], transpose_a, row, i) * at(&args[1], transpose_b, i, column)).sum()
            };
            let expected: Vec<f64> = (0..m * n).map(|i| dot(i / n, i % n)).collect();
            for level in isa::available() {
                let what = format!("{level:?}, [{m}, {k}] x [{k}, {n}], transposed {transpose_a} {transpose_b}");
                let spec = Spec {
                    graph: graph.clone(),
                    batch: None,
                    updates: Vec::new(),
                    variables: Vec::new(),
                    precision: Precision::Fast,
                };
                let program =
                    Program::new(Arc::new(compile(&spec, level).expect("compiles")), vec![Binding::Argument; 2]);
                let results = [1, 2, 3].map(|threads| {
                    runtime().set_threads(threads);
                    program.run(&buffers, Priority::Inference).expect("good data").remove(0)
                });
                assert!(results.iter().all(|r| r.bytes() == results[0].bytes()), "{what}: bits depend on the threads");
                let actual = from_buffer(&results[0]);
                for (i, (actual, expected)) in actual.data.iter().zip(&expected).enumerate() {
                    let error = (actual - expected).abs();
                    assert!(error < 1e-6 * (k + 5) as f64, "{what}: element {i} is off by {error}");
                }
            }
        }
    }
    runtime().set_threads(2);
}
