//! Layouts and sizes that instructions are made of.

use hornbeam_graph::ops::conv::Window;
use hornbeam_graph::ops::pool::PoolWindow;
use hornbeam_graph::{Op, Ref};
use hornbeam_kernels::Layout;
use hornbeam_kernels::conv::ConvShape;
use hornbeam_kernels::pool::PoolShape;

use crate::alias::Source;
use crate::instr::{Kernel, Operand};

/// Elements a task of a shared elementwise operation: 16 k are 64 kB an operand, so that cutting costs nothing next to the work.
pub const GRAIN: usize = 16 << 10;
/// Elements of a task where there are [`MANY`] of them.
const LARGE_GRAIN: usize = 256 << 10;
/// Tasks that share evenly among as many cores as a machine may have.
const MANY: usize = 256;

/// Whether an operation is a depthwise convolution or a gradient of one: what is left of grouped ones when the rest is decomposed.
pub fn is_depthwise(op: &Op) -> bool {
    match op {
        Op::Conv2D(op) => op.groups > 1,
        Op::Conv2DInputGrad(op) => op.groups > 1,
        Op::Conv2DFilterGrad(op) => op.groups > 1,
        _ => false,
    }
}

/// Geometry of a convolution or of one of its gradients, for chunks of `rows` samples.
pub fn conv_shape(source: &Source, node: u32, rows: Option<usize>) -> ConvShape {
    let graph_node = &source.graph.nodes[node as usize];
    let dims = |r: Ref| source.dims(r, rows);
    let out = Ref { node, output: 0 };
    let (window, x, kernel, y) = match &graph_node.op {
        Op::Conv2D(op) => (op.window, dims(graph_node.inputs[0]), dims(graph_node.inputs[1]), dims(out)),
        Op::Conv2DInputGrad(op) => (op.window, dims(out), dims(graph_node.inputs[1]), dims(graph_node.inputs[0])),
        Op::Conv2DFilterGrad(op) => (op.window, dims(graph_node.inputs[0]), dims(out), dims(graph_node.inputs[1])),
        _ => unreachable!("not a convolution"),
    };
    let Window { strides, dilation, pad_h, pad_w } = window;
    ConvShape {
        batch: x[0],
        in_h: x[1],
        in_w: x[2],
        in_c: x[3],
        out_h: y[1],
        out_w: y[2],
        out_c: y[3],
        kernel_h: kernel[0],
        kernel_w: kernel[1],
        stride_h: strides[0],
        stride_w: strides[1],
        dilation_h: dilation[0],
        dilation_w: dilation[1],
        pad_top: pad_h[0],
        pad_left: pad_w[0],
    }
}

/// Geometry of pooling `x` to `y`.
pub fn pool_shape(window: &PoolWindow, x: &[usize], y: &[usize]) -> PoolShape {
    PoolShape {
        batch: x[0],
        in_h: x[1],
        in_w: x[2],
        channels: x[3],
        out_h: y[1],
        out_w: y[2],
        window_h: window.size[0],
        window_w: window.size[1],
        stride_h: window.strides[0],
        stride_w: window.strides[1],
        pad_top: window.pad_h[0],
        pad_left: window.pad_w[0],
        dilation_h: window.dilation[0],
        dilation_w: window.dilation[1],
    }
}

/// How many tasks an elementwise operation on `len` elements is cut into: many are enough, and each takes half a microsecond to begin.
pub fn elementwise_tasks(len: usize) -> usize {
    len.div_ceil(GRAIN).min(MANY.max(len.div_ceil(LARGE_GRAIN)))
}

/// How many tasks a copy is cut into.
pub fn copy_tasks(out: &Operand) -> usize {
    let dims = out.layout.dims();
    out.layout.len().div_ceil(GRAIN).min(dims.first().copied().unwrap_or(1))
}

/// The operand with its last two axes swapped.
pub fn swap_last(operand: Operand) -> Operand {
    let rank = operand.layout.dims().len();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank - 2, rank - 1);
    Operand { layout: operand.layout.permuted(&order), ..operand }
}

/// `[before axis, axis, after axis]`.
pub fn three(dims: &[usize], axis: usize) -> Layout {
    Layout::contiguous(&[dims[..axis].iter().product(), dims[axis], dims[axis + 1..].iter().product()])
}

/// Where the elements of a padded operand go: the part of the operand that stays, and its places in the result.
pub fn pad(op: &hornbeam_graph::ops::Pad, x: &Layout, out: &[usize]) -> Kernel {
    let rank = out.len();
    let place = Layout::contiguous(out);
    let (mut dims, mut start, mut source_start) = (vec![0; rank], 0isize, 0isize);
    let (mut strides, mut source_strides) = (vec![0isize; rank], vec![0isize; rank]);
    for axis in 0..rank {
        let step = op.interior[axis] as i64 + 1;
        let first = (-op.low[axis]).max(0).cast_unsigned().div_ceil(step.cast_unsigned()) as i64;
        // Positions are low + i * step; those in 0..out stay.
        let count =
            (0..x.dims()[axis] as i64).filter(|&i| (0..out[axis] as i64).contains(&(op.low[axis] + i * step))).count();
        dims[axis] = count;
        start += (op.low[axis] + first * step) as isize * place.strides()[axis];
        strides[axis] = step as isize * place.strides()[axis];
        source_start += first as isize * x.strides()[axis];
        source_strides[axis] = x.strides()[axis];
    }
    let empty = dims.contains(&0);
    Kernel::Pad {
        layout: Layout::strided(&dims, &strides),
        start: if empty { 0 } else { start },
        source: Layout::strided(&dims, &source_strides),
        source_start: if empty { 0 } else { source_start },
    }
}
