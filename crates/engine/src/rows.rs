//! Operations whose rows are independent: one arm in [`row_op`] is all that the engine asks of them.

use hornbeam_graph::ops::indexing::ScatterKind;
use hornbeam_graph::ops::random::Law;
use hornbeam_graph::ops::sorting::CumulativeKind;
use hornbeam_graph::{Op, TensorType};
use hornbeam_kernels::rows::RowKernel;
use hornbeam_kernels::rows::cumulative::{CumulativeRows, Running};
use hornbeam_kernels::rows::fft::{FftRows, InverseRealFftRows, RealFftRows};
use hornbeam_kernels::rows::layer_norm::{LayerNormGradRows, LayerNormRows};
use hornbeam_kernels::rows::linalg::{CholeskyRows, EighRows, LuRows, QrRows, SolveRows, SvdRows, TriangularRows};
use hornbeam_kernels::rows::lookup::{GatherRows, Meeting, RavelRows, ScatterRows};
use hornbeam_kernels::rows::order::{SearchRows, SortRows};
use hornbeam_kernels::rows::resample::ResampleRows;
use hornbeam_kernels::rows::sampling::{Parametric, SampleRows};
use hornbeam_kernels::rows::softmax::SoftmaxGradRows;

/// How an operation is computed by rows.
pub struct RowOp {
    /// Computes some rows. It may depend on what comes after the leading axes only: a chunk of a batch has fewer rows.
    pub kernel: Box<dyn RowKernel>,
    /// How many leading axes number the rows: the same axes of every output and of every operand that is not shared.
    pub leading: usize,
    /// Bit `i`: operand `i` is read whole by every row.
    pub shared: u32,
}

impl RowOp {
    /// Whether operand `i` is read whole by every row.
    pub fn is_shared(&self, i: usize) -> bool {
        self.shared >> i & 1 == 1
    }
}

/// The row kernel of an operation on operands and results of some types, if it is computed by one. An operation that can find
/// bad data must be named in `stage::is_fallible` as well.
pub fn row_op(op: &Op, inputs: &[TensorType], outputs: &[TensorType]) -> Option<RowOp> {
    // A row is what lies along the last axis.
    let last = |operand: usize| inputs[operand].shape.split_last().expect("rank of at least 1");
    match op {
        Op::Resample(op) => {
            let taps = &op.taps;
            let (mut starts, mut sources, mut weights) = (vec![0], Vec::new(), Vec::new());
            for output in 0..taps.outputs() {
                taps.of(output).for_each(|(source, weight)| {
                    sources.push(source as u32);
                    weights.push(weight as f32);
                });
                starts.push(sources.len() as u32);
            }
            let inner = inputs[0].shape[op.axis + 1..].iter().product();
            let kernel = ResampleRows { inputs: taps.inputs(), inner, starts, sources, weights };
            Some(RowOp { kernel: Box::new(kernel), leading: op.axis, shared: 0 })
        }
        Op::SoftmaxGrad(_) => {
            let (&n, rows) = last(0);
            Some(RowOp { kernel: Box::new(SoftmaxGradRows { n }), leading: rows.len(), shared: 0 })
        }
        // gamma is shared, and beta.
        Op::LayerNorm(op) => {
            let (&n, rows) = last(0);
            let kernel = LayerNormRows { n, epsilon: op.epsilon.get() as f32 };
            Some(RowOp { kernel: Box::new(kernel), leading: rows.len(), shared: 0b110 })
        }
        Op::LayerNormInputGrad(_) => {
            let (&n, rows) = last(0);
            Some(RowOp { kernel: Box::new(LayerNormGradRows { n }), leading: rows.len(), shared: 0b10 })
        }
        Op::Sort(op) => {
            let (&n, rows) = last(0);
            let kernel = SortRows { n, keep: op.keep, descending: op.descending };
            Some(RowOp { kernel: Box::new(kernel), leading: rows.len(), shared: 0 })
        }
        Op::SearchSorted(op) => {
            let (&n, rows) = last(0);
            let kernel = Box::new(SearchRows { n, right: op.right });
            // In one sorted row every value is a row of its own.
            Some(match rows.len() {
                0 => RowOp { kernel, leading: 1, shared: 1 },
                leading => RowOp { kernel, leading, shared: 0 },
            })
        }
        Op::Cumulative(op) => {
            let (&n, rows) = last(0);
            let kind = match op.kind {
                CumulativeKind::Sum => Running::Sum,
                CumulativeKind::Prod => Running::Prod,
                CumulativeKind::Max => Running::Max,
                CumulativeKind::Min => Running::Min,
            };
            let kernel = CumulativeRows { n, kind, exclusive: op.exclusive, reverse: op.reverse };
            Some(RowOp { kernel: Box::new(kernel), leading: rows.len(), shared: 0 })
        }
        Op::BatchGather(_) => {
            let (n, inner) = slices(inputs);
            let batch = last(1).1.len();
            let kernel = Box::new(GatherRows { n, inner, shared: batch == 0 });
            // In one table every id is a row of its own.
            Some(match batch {
                0 => RowOp { kernel, leading: 1, shared: 1 },
                leading => RowOp { kernel, leading, shared: 0 },
            })
        }
        Op::Scatter(op) => {
            let kind = match op.kind {
                ScatterKind::Add => Meeting::Add,
                ScatterKind::Set => Meeting::Set,
                ScatterKind::Max => Meeting::Max,
                ScatterKind::Min => Meeting::Min,
                ScatterKind::Mul => Meeting::Mul,
            };
            let (n, inner) = slices(inputs);
            Some(RowOp { kernel: Box::new(ScatterRows { kind, n, inner }), leading: last(1).1.len(), shared: 0 })
        }
        Op::RavelIndex(op) => {
            let kernel = RavelRows { dims: op.dims.to_vec() };
            Some(RowOp { kernel: Box::new(kernel), leading: outputs[0].shape.rank(), shared: 0 })
        }
        Op::Sample(op) => {
            let law = match op.law {
                Law::Gamma => Parametric::Gamma,
                Law::Poisson => Parametric::Poisson,
                Law::Binomial => Parametric::Binomial,
            };
            // Seed and counter are shared; an element is a row.
            let kernel = Box::new(SampleRows { law, draw: op.draw });
            Some(RowOp { kernel, leading: outputs[0].shape.rank(), shared: 0b11 })
        }
        Op::Fft(op) => {
            let (&n, rows) = last(0);
            Some(RowOp { kernel: Box::new(FftRows::new(n, op.inverse)), leading: rows.len(), shared: 0 })
        }
        Op::RealFft(_) => {
            let (&n, rows) = last(0);
            Some(RowOp { kernel: Box::new(RealFftRows::new(n)), leading: rows.len(), shared: 0 })
        }
        Op::InverseRealFft(op) => {
            let leading = last(0).1.len();
            Some(RowOp { kernel: Box::new(InverseRealFftRows::new(op.n)), leading, shared: 0 })
        }
        Op::Cholesky(_) | Op::TriangularSolve(_) | Op::Solve(_) | Op::Lu(_) | Op::Qr(_) | Op::Eigh(_) | Op::Svd(_) => {
            let leading = inputs[0].shape.rank() - 2;
            Some(RowOp { kernel: matrices(op, inputs)?, leading, shared: 0 })
        }
        _ => None,
    }
}

/// The kernel of an operation whose rows are matrices.
fn matrices(op: &Op, inputs: &[TensorType]) -> Option<Box<dyn RowKernel>> {
    let size = |operand: usize| inputs[operand].shape.split_last_chunk::<2>().map(|(_, &last)| last);
    let [m, n] = size(0)?;
    Some(match op {
        Op::Cholesky(_) => Box::new(CholeskyRows { n }),
        Op::TriangularSolve(op) => {
            let [_, k] = size(1)?;
            Box::new(TriangularRows { n, k, lower: op.lower, transpose: op.transpose, unit: op.unit })
        }
        Op::Solve(op) => Box::new(SolveRows { n, k: size(1)?[1], transpose: op.transpose }),
        Op::Lu(_) => Box::new(LuRows { n }),
        Op::Qr(op) => Box::new(QrRows { m, n, full: op.full }),
        Op::Eigh(_) => Box::new(EighRows { n }),
        Op::Svd(_) => Box::new(SvdRows { m, n }),
        _ => return None,
    })
}

/// Of `(x [batch..., n, inner...], ids [batch..., k])`: how many slices a row of `x` has, and how many elements a slice.
fn slices(inputs: &[TensorType]) -> (usize, usize) {
    let (x, batch) = (inputs[0].shape, inputs[1].shape.rank() - 1);
    (x[batch], x[batch + 1..].iter().product())
}
