//! Which values are batched, and which operations can walk the batch in chunks.
//!
//! A program that knows its batch size N can run many consecutive operations on a few samples at a time, with their activations
//! in the core's own cache. That needs, per operation: do rows of the result depend on the same rows of the operands only?

use hornbeam_graph::ops::movement::Slice;
use hornbeam_graph::ops::reduce::ReduceKind;
use hornbeam_graph::{DType, Graph, GraphNode, Op, TensorType};

use crate::rows::row_op;

/// How a node's value depends on the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Not at all, or in a way that mixes samples.
    Fixed,
    /// The leading dim is N times this many rows, those of a sample together, in order.
    Batched(usize),
}

/// How a node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All cores share the one operation.
    Tile,
    /// A chunk of samples at a time.
    Sample,
    /// A chunk of samples at a time, summed into partial results that a fixed tree combines afterwards.
    Partial,
}

/// Fixed operands larger than this (the weights of a large dense layer) would evict everything from a core's cache once a chunk; such an
/// operation is shared by all cores instead. A megabyte is the L2 of the server cores this was measured on.
const LARGE_OPERAND: usize = 1 << 20;

/// Where a sum over the batch is so many times what a sample adds to it, samples are large and chunks have few of them. Measured for filters of
/// 3 x 3 x 64 x 64 over 128 images of 3 x 3 pixels, 17 times (a third less time in one go), and of 3 x 3 x 128 x 128 over 64 of 8 x 8, 9 times
/// (5 % more).
const LARGE_SUM: usize = 10;

/// Values and modes of all nodes for batch size `n`; parameters flagged in `batched` have the batch as leading axis.
pub fn analyze(graph: &Graph, n: usize, batched: &[bool]) -> Vec<(Value, Mode)> {
    let mut all: Vec<(Value, Mode)> = Vec::with_capacity(graph.nodes.len());
    for (i, node) in graph.nodes.iter().enumerate() {
        let row = if i < graph.params {
            let is_batched = batched.get(i).copied().unwrap_or(false) && leading(&node.types[0], n).is_some();
            (
                if is_batched { Value::Batched(leading(&node.types[0], n).unwrap_or(1)) } else { Value::Fixed },
                Mode::Tile,
            )
        } else {
            let context = Context { graph, node, all: &all, n };
            context.rule().unwrap_or((Value::Fixed, Mode::Tile))
        };
        all.push(row);
    }
    all
}

/// Rows per sample of a type whose leading dim is a multiple of the batch size.
fn leading(ty: &TensorType, n: usize) -> Option<usize> {
    let dim = *ty.shape.dims().first()?;
    (n > 0 && dim > 0 && dim % n == 0).then(|| dim / n)
}

struct Context<'a> {
    graph: &'a Graph,
    node: &'a GraphNode,
    all: &'a [(Value, Mode)],
    n: usize,
}

type Row = (Value, Mode);

impl Context<'_> {
    fn value(&self, operand: usize) -> Value {
        self.all[self.node.inputs[operand].node as usize].0
    }

    fn ty(&self, operand: usize) -> TensorType {
        self.graph.ty(self.node.inputs[operand])
    }

    fn batched(&self, operand: usize) -> Option<usize> {
        match self.value(operand) {
            Value::Batched(k) => Some(k),
            Value::Fixed => None,
        }
    }

    fn small(&self, operand: usize) -> bool {
        self.ty(operand).bytes() <= LARGE_OPERAND
    }

    /// Whether a fixed operand is the same for all rows: it has no leading axis of its own, or is stretched along it.
    fn same_for_all_rows(&self, operand: usize, rank: usize) -> bool {
        let ty = self.ty(operand);
        if rank == 0 || ty.shape.rank() < rank || ty.shape.dims()[0] == 1 {
            return true;
        }
        let producer = &self.graph.nodes[self.node.inputs[operand].node as usize];
        let Op::Broadcast(_) = producer.op else { return false };
        let source = self.graph.ty(producer.inputs[0]);
        source.shape.rank() < rank || source.shape.dims()[0] == 1
    }

    fn rule(&self) -> Option<Row> {
        let out = self.node.types[0];
        let rank = out.shape.rank();
        let sample = |k: usize| Some((Value::Batched(k), Mode::Sample));
        match &self.node.op {
            Op::Unary(_) | Op::Binary(_) | Op::Select(_) | Op::Cast(_) => {
                let mut rows = None;
                for operand in 0..self.node.inputs.len() {
                    match self.batched(operand) {
                        Some(k) => {
                            let same = self.ty(operand).shape.rank() == rank && rows.is_none_or(|r| r == k);
                            if !same || self.ty(operand).shape.dims()[0] != out.shape.dims()[0] {
                                return None;
                            }
                            rows = Some(k);
                        }
                        None if self.same_for_all_rows(operand, rank) => {}
                        None => return None,
                    }
                }
                sample(rows?)
            }
            Op::StopGradient(_) => sample(self.batched(0)?),
            Op::Reshape(_) => {
                self.batched(0)?;
                let per_sample = self.ty(0).shape.size() / self.n;
                let k = leading(&out, self.n)?;
                (out.shape.size() / self.n == per_sample).then_some((Value::Batched(k), Mode::Sample))
            }
            Op::Transpose(op) => self.batched(0).filter(|_| op.order[0] == 0).and_then(sample),
            Op::Broadcast(op) => {
                let k = self.batched(0)?;
                (self.ty(0).shape.rank() == rank && op.shape.dims()[0] == self.ty(0).shape.dims()[0]).then_some(())?;
                sample(k)
            }
            Op::Slice(Slice { starts, limits, strides }) => {
                let k = self.batched(0)?;
                (starts[0] == 0 && limits[0] == self.ty(0).shape.dims()[0] && strides[0] == 1).then_some(())?;
                sample(k)
            }
            Op::Pad(op) => {
                let k = self.batched(0)?;
                (op.low[0] == 0 && op.high[0] == 0 && op.interior[0] == 0 && self.batched(1).is_none()).then_some(())?;
                sample(k)
            }
            Op::Reverse(op) => self.batched(0).filter(|_| !op.axes.contains(&0)).and_then(sample),
            Op::Concat(op) => {
                let k = self.batched(0)?;
                let same = (0..self.node.inputs.len()).all(|i| self.batched(i) == Some(k));
                (same && op.axis != 0).then_some((Value::Batched(k), Mode::Sample))
            }
            Op::Gather(op) if op.axis == 0 => {
                let k = self.batched(1)?;
                self.batched(0).is_none().then_some((Value::Batched(k), Mode::Sample))
            }
            Op::Gather(_) => {
                let k = self.batched(0)?;
                (self.batched(1).is_none() && self.small(1)).then_some((Value::Batched(k), Mode::Sample))
            }
            Op::Reduce(op) => {
                let k = self.batched(0)?;
                if !op.axes.contains(&0) {
                    return sample(k);
                }
                let small = out.bytes() <= LARGE_OPERAND;
                let sums = op.kind == ReduceKind::Sum && self.ty(0).dtype == DType::F32;
                (sums && small).then_some((Value::Fixed, Mode::Partial))
            }
            Op::ArgReduce(op) => self.batched(0).filter(|_| op.axis != 0).and_then(sample),
            Op::MatMul(op) => self.matmul(op.transpose_a, op.transpose_b),
            Op::Conv2D(_) | Op::Conv2DInputGrad(_) => {
                let k = self.batched(0)?;
                (self.batched(1).is_none() && self.small(1)).then_some((Value::Batched(k), Mode::Sample))
            }
            Op::Conv2DFilterGrad(_) => {
                let k = self.batched(0)?;
                (self.batched(1) == Some(k) && self.sums_by_chunks()).then_some((Value::Fixed, Mode::Partial))
            }
            Op::LayerNormParamGrad(_) => {
                let k = self.batched(0)?;
                let all = (1..4).all(|operand| self.batched(operand) == Some(k));
                (all && out.bytes() <= LARGE_OPERAND).then_some((Value::Fixed, Mode::Partial))
            }
            Op::MaxPool2D(_) | Op::AvgPool2D(_) | Op::AvgPool2DGrad(_) => sample(self.batched(0)?),
            Op::MaxPool2DGrad(_) | Op::MaxPool2DGather(_) | Op::SoftmaxCrossEntropy(_) => {
                let k = self.batched(0)?;
                (self.batched(1) == Some(k)).then_some((Value::Batched(k), Mode::Sample))
            }
            Op::Softmax(_) => self.batched(0).filter(|_| rank > 1).and_then(sample),
            Op::Random(_) => {
                let k = leading(&out, self.n)?;
                (self.n > 1 && self.batched(0).is_none() && self.batched(1).is_none()).then_some(())?;
                sample(k)
            }
            _ => self.by_rows(),
        }
    }

    /// Rows in chunks: every operand that is not shared has the batch as its leading axis.
    fn by_rows(&self) -> Option<Row> {
        let types: Vec<TensorType> = (0..self.node.inputs.len()).map(|i| self.ty(i)).collect();
        let row_op = row_op(&self.node.op, &types, &self.node.types).filter(|row_op| row_op.leading > 0)?;
        let mut rows = None;
        for operand in 0..types.len() {
            if row_op.is_shared(operand) {
                (self.batched(operand).is_none() && self.small(operand)).then_some(())?;
            } else {
                let k = self.batched(operand)?;
                (rows.is_none_or(|r| r == k)).then_some(())?;
                rows = Some(k);
            }
        }
        Some((Value::Batched(rows?), Mode::Sample))
    }

    /// Whether a contraction over the batch is summed chunk by chunk. Every chunk reads and writes the sum, every group of chunks one of its own:
    /// eight groups and more. Shared by all cores after the chunks, the contraction costs a write and a read of its operands.
    fn sums_by_chunks(&self) -> bool {
        let sum = self.node.types[0].bytes();
        let operands = self.ty(0).bytes() + self.ty(1).bytes();
        let few_samples_a_chunk = self.n * sum > LARGE_SUM * operands;
        sum <= LARGE_OPERAND && if few_samples_a_chunk { 8 * sum <= operands } else { 4 * sum <= operands }
    }

    fn matmul(&self, transpose_a: bool, transpose_b: bool) -> Option<Row> {
        let (a, b) = (self.ty(0).shape, self.ty(1).shape);
        match (self.batched(0), self.batched(1)) {
            (Some(k), None) if a.rank() == 2 && b.rank() == 2 && !transpose_a && self.small(1) => {
                Some((Value::Batched(k), Mode::Sample))
            }
            (Some(k), None) if a.rank() > 2 && b.rank() == 2 && self.small(1) => {
                Some((Value::Batched(k), Mode::Sample))
            }
            (Some(k), Some(l)) if k == l && a.rank() > 2 && b.rank() == a.rank() && a.dims()[0] == b.dims()[0] => {
                Some((Value::Batched(k), Mode::Sample))
            }
            (Some(k), Some(l)) if k == l && a.rank() == 2 && b.rank() == 2 && transpose_a && !transpose_b => {
                self.sums_by_chunks().then_some((Value::Fixed, Mode::Partial))
            }
            _ => None,
        }
    }
}

/// A batch size to assume when nobody named one: the leading dim of the first convolution or pooling, and the parameters that have it.
pub fn guess(graph: &Graph) -> Option<(usize, Vec<bool>)> {
    let n = graph.nodes.iter().find_map(|node| match node.op {
        Op::Conv2D(_) | Op::Conv2DFilterGrad(_) | Op::Conv2DInputGrad(_) | Op::MaxPool2D(_) | Op::AvgPool2D(_) => {
            Some(graph.ty(node.inputs[0]).shape.dims()[0])
        }
        _ => None,
    })?;
    let batched = graph.nodes[..graph.params].iter().map(|p| p.types[0].shape.dims().first() == Some(&n)).collect();
    Some((n, batched)).filter(|_| n > 0)
}
