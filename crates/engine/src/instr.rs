//! Instructions: a kernel with its operands' places, cut into tasks.

use hornbeam_graph::TensorType;
use hornbeam_graph::ops::random::RandomKind;
use hornbeam_kernels::conv::ConvShape;
use hornbeam_kernels::elementwise::{Code, Prepared};
use hornbeam_kernels::pool::PoolShape;
use hornbeam_kernels::reduce::Reduction;
use hornbeam_kernels::rows::RowKernel;
use hornbeam_kernels::{Elem, Layout};

use crate::algorithm::Algorithm;
use crate::arena::Slot;
use crate::control::Control;
use crate::cut::FilterCut;

/// An operand: a layout over memory.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    /// Where.
    pub slot: Slot,
    /// Element type.
    pub elem: Elem,
    /// Dims and strides.
    pub layout: Layout,
    /// Element offset of the first element.
    pub start: isize,
}

/// What a contraction does to its result; indices into the instruction's inputs.
#[derive(Clone, Copy, Debug, Default)]
pub struct TailInputs {
    /// Added along the last axis.
    pub bias: Option<usize>,
    /// Added elementwise.
    pub residual: Option<usize>,
    /// `max(x, 0)`.
    pub relu: bool,
    /// Zero where this is not positive.
    pub mask: Option<usize>,
}

/// The second operand of a matrix product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightHand {
    /// As it lies.
    Plain,
    /// Packed for the micro-kernel.
    Packed,
}

/// Elementwise code that every task of a matrix product runs on its tile, which is stored nowhere else.
#[derive(Debug)]
pub struct After {
    /// The code; its results are the instruction's.
    pub code: Prepared,
    /// Where its operands are among the instruction's inputs; `None` is the tile. They lie as the results do, or are one number.
    pub operands: Vec<Option<usize>>,
    /// Numbers of scratch that hold a tile.
    pub tile: usize,
}

/// Pooling of a convolution's result, by the task that computed it. Rows of windows are whole in a task.
#[derive(Clone, Copy, Debug)]
pub struct Pooled {
    /// Its sizes.
    pub shape: PoolShape,
    /// The mean of a window, else the largest.
    pub mean: bool,
    /// Scratch numbers for a task's part of the convolution's result.
    pub part: usize,
}

/// A kernel and its attributes. Operands are in the order that the variants name.
#[derive(Debug)]
pub enum Kernel {
    /// Fused elementwise code over `dims`.
    Elementwise { code: Prepared, dims: Vec<usize>, rows: usize },
    /// Fused code, reduced over the iteration axes `axes`.
    Reduce { kind: Reduction, code: Code, dims: Vec<usize>, axes: std::ops::Range<usize>, rows: usize },
    /// Strided copy.
    Copy,
    /// `x` into the part of the output that starts at `start` with `layout`, `value` everywhere else.
    Pad { layout: Layout, start: isize, source: Layout, source_start: isize },
    /// Operands end to end along `axis`.
    Concat { axis: usize },
    /// `[m, k] x [k, n]`, with leading batch dims.
    MatMul { right: RightHand, tail: TailInputs, tile: [usize; 2], after: Option<After> },
    /// A right-hand side into panels.
    PackMatrix,
    /// A filter into the order of `Conv`.
    PackFilter { shape: ConvShape, winograd: bool },
    /// A filter into the order of `ConvInputGrad`.
    PackFilterTransposed { shape: ConvShape, winograd: bool },
    /// Convolution; a task is so many output rows and channels of an image.
    Conv {
        shape: ConvShape,
        algorithm: Algorithm,
        tail: TailInputs,
        rows_per_task: usize,
        columns_per_task: usize,
        pooled: Option<Pooled>,
    },
    /// Gradient of a convolution in its input.
    ConvInputGrad { shape: ConvShape, algorithm: Algorithm, tail: TailInputs, rows_per_task: usize },
    /// Gradient of a convolution in its filter.
    ConvFilterGrad { shape: ConvShape, algorithm: Algorithm, cut: FilterCut },
    /// Largest element and its position.
    MaxPool { shape: PoolShape },
    /// Scatter to the positions.
    MaxPoolGrad { shape: PoolShape },
    /// Gather from the positions.
    MaxPoolGather { shape: PoolShape },
    /// Mean of real cells.
    AvgPool { shape: PoolShape },
    /// Its transpose.
    AvgPoolGrad { shape: PoolShape },
    /// Rows of `[rows, columns]`.
    Softmax { log: bool },
    /// Rows of `[rows, columns]` with int32 labels.
    SoftmaxCrossEntropy,
    /// The gradients `[2, columns]` of gamma and beta: `x`, `dy`, mean, inverse.
    LayerNormSums,
    /// `x [outer, n, inner]`, ids.
    Gather { rows: usize },
    /// `x [outer, n, inner]`, ids, updates `[outer, k, inner]`.
    ScatterAdd,
    /// `x`, starts.
    DynamicSlice,
    /// `x`, update, starts.
    DynamicUpdateSlice,
    /// seed, counter.
    Random { kind: RandomKind, draw: u32, per_row: usize },
    /// `[parts, len]` by a fixed tree.
    Combine,
    /// Independent rows, `rows` of them; bit `i` of `shared`: every row reads input `i` whole.
    Rows { kernel: Box<dyn RowKernel>, rows: usize, shared: u32 },
    /// Runs bodies; its operands are bound as their memory.
    Control(Box<Control>),
}

/// An instruction.
#[derive(Debug)]
pub struct Instr {
    /// What it does.
    pub kernel: Kernel,
    /// What it reads.
    pub inputs: Vec<Operand>,
    /// What it writes.
    pub outputs: Vec<Operand>,
    /// How many tasks it is cut into when all cores share it.
    pub tasks: usize,
    /// Scratch numbers that it needs.
    pub scratch: usize,
    /// Floating-point operations, of contractions and reductions.
    pub flops: u64,
    /// Bytes read and written, every operand once.
    pub bytes: usize,
    /// Estimated time on one core, in nanoseconds.
    pub cost: u64,
    /// The operation's name, for errors and listings.
    pub label: String,
    /// Adds to its output, except in the first chunk of a group.
    pub accumulates: bool,
    /// Results that go past the caches, a bit each.
    pub streamed: u32,
}

impl Instr {
    /// Local bytes a worker that its bodies need.
    pub fn local(&self) -> usize {
        match &self.kernel {
            Kernel::Control(control) => control.local(),
            _ => 0,
        }
    }

    /// Bytes of workspace that its bodies need.
    pub fn body_work(&self) -> usize {
        match &self.kernel {
            Kernel::Control(control) => control.work(),
            _ => 0,
        }
    }

    /// Says where that workspace is.
    pub fn set_body_work(&mut self, offset: usize) {
        if let Kernel::Control(control) = &mut self.kernel {
            control.set_work(offset);
        }
    }
}

/// The cost model: nanoseconds for some floating-point operations and some bytes of memory traffic on one core. Rough figures of a
/// server core: they only decide how work is cut, never what is computed.
pub fn cost(flops: u64, bytes: usize) -> u64 {
    flops / 50 + bytes as u64 / 16 + 20
}

/// Bytes of some types.
pub fn bytes(types: &[TensorType]) -> usize {
    types.iter().map(TensorType::bytes).sum()
}
