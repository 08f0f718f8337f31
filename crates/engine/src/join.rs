//! Elementwise work on a matrix product, and the pooling of a convolution, move into its tasks.
//!
//! An optimizer's update reads a gradient that the stage before has just written: for a model of dense layers, arrays as large as its weights pass
//! through memory twice. Here every task of the product runs the update on its own tile, which stays in the caches and lies nowhere else.
//! In the same way a prediction's convolutions pool their own rows: those of another core's task come from its cache, and alone a pooling of one
//! image is too small to be shared.

use std::collections::{HashMap, HashSet};

use hornbeam_graph::{Op, Ref};
use hornbeam_kernels::{Isa, gemm};

use crate::alias::{Alias, Source, stretch};
use crate::batch::Mode;
use crate::cut;
use crate::fuse::{Tail, Unit, Work, base, inline_operand};
use crate::stage::{self, Key};

/// Elements of a tile that lie together, at least, where a tile has parts of rows: each of them is a run of the elementwise loop.
const RUN: usize = 256;

/// Rows of a window up to which a pooling joins its convolution: tasks are whole windows, and of few large ones there would be too few.
const WINDOW_ROWS: usize = 4;

/// Joins elementwise units to the product that they read, and poolings to the convolution, where they are its only reader. Chunks of samples,
/// whose values are in a core's caches anyway, gain nothing by it.
pub fn join(source: &Source, isa: Isa, units: &mut Vec<Unit>) {
    let mut readers: HashMap<Key, HashSet<usize>> = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        for read in stage::reads(source, unit, &HashMap::new()) {
            readers.entry(read.key).or_default().insert(at);
        }
    }
    for &output in &source.graph.outputs {
        // Somebody outside reads it, too.
        readers.entry(base(source, output).base.into()).or_default().insert(usize::MAX);
    }
    let mut joined = vec![false; units.len()];
    for at in 0..units.len() {
        let Work::Node(node, tail) = &units[at].work else { continue };
        let (node, end) = (*node, tail.end(*node));
        let all = readers.get(&Key::Value(end, 0)).filter(|all| all.len() == 1);
        let Some(&reader) = all.and_then(|all| all.iter().next()) else { continue };
        let all_tiles = |units: &[Unit]| units[at].mode == Mode::Tile && units[reader].mode == Mode::Tile;
        if reader == usize::MAX || joined[reader] || !all_tiles(units) {
            continue;
        }
        let tail = match &units[reader].work {
            Work::Elementwise(members)
                if in_long_runs(source, isa, node)
                    && members.iter().all(|&member| fits(source, member, members, end)) =>
            {
                Tail { after: members.clone(), ..tail.clone() }
            }
            // Without the positions, which a gradient would read beside the convolution's result.
            Work::Node(pool, _) if units[reader].writes.len() == 1 && pools_rows(source, *pool, node, end) => {
                Tail { pool: Some(*pool), ..tail.clone() }
            }
            _ => continue,
        };
        units[at].work = Work::Node(node, tail);
        units[at].writes = std::mem::take(&mut units[reader].writes);
        joined[reader] = true;
    }
    let mut at = 0;
    units.retain(|_| {
        at += 1;
        !joined[at - 1]
    });
}

/// Whether `pool` pools the convolution `node`, with what it took in up to `end`, by rows of windows that share no row and lie inside.
fn pools_rows(source: &Source, pool: u32, node: u32, end: u32) -> bool {
    let graph_node = &source.graph.nodes[pool as usize];
    let window = match &graph_node.op {
        Op::MaxPool2D(op) => &op.window,
        Op::AvgPool2D(op) => &op.window,
        _ => return false,
    };
    let dims = source.graph.nodes[end as usize].types[0].shape;
    let alias = base(source, graph_node.inputs[0]);
    let whole = alias.base == Ref { node: end, output: 0 }
        && alias.start == 0
        && alias.layout.is_contiguous()
        && alias.layout.dims() == dims.dims();
    let rows = graph_node.types[0].shape.dims()[1] * window.size[0];
    matches!(source.graph.nodes[node as usize].op, Op::Conv2D(_))
        && whole
        && window.size[0] <= WINDOW_ROWS
        && window.strides[0] == window.size[0]
        && window.dilation == [1, 1]
        && window.pad_h == [0, 0]
        && window.pad_w == [0, 0]
        && rows <= dims.dims()[1]
}

/// Whether a node is a single product whose tiles are whole rows, or long parts of them.
fn in_long_runs(source: &Source, isa: Isa, node: u32) -> bool {
    let graph_node = &source.graph.nodes[node as usize];
    let (Op::MatMul(op), out) = (&graph_node.op, graph_node.types[0].shape) else { return false };
    let &[m, n] = out.dims() else { return false };
    let a = source.graph.ty(graph_node.inputs[0]).shape;
    let k = a.dims()[usize::from(!op.transpose_a)];
    let [rows, columns] = cut::joined_tile([m, n, k], op.transpose_a, gemm::panel_width(isa));
    columns >= n || columns >= RUN || rows.min(m) == 1
}

/// Whether everything that an elementwise node reads is a number, made by the unit itself, or lies as the product `end` does.
fn fits(source: &Source, member: u32, members: &[u32], end: u32) -> bool {
    let node = &source.graph.nodes[member as usize];
    let dims = source.graph.nodes[end as usize].types[0].shape;
    !matches!(node.op, Op::Iota(_))
        && node.types[0].shape == dims
        && node.inputs.iter().all(|&input| {
            let alias = base(source, input);
            if members.contains(&alias.base.node) || inline_operand(source, &alias) {
                return !matches!(source.graph.nodes[alias.base.node as usize].op, Op::Iota(_));
            }
            let own = alias.base == Ref { node: end, output: 0 };
            lies_alike(&alias, dims.dims(), own)
        })
}

/// Whether an operand has all elements of `dims` in their order or, if it is not the product (`own`), one number for all of them.
fn lies_alike(alias: &Alias, dims: &[usize], own: bool) -> bool {
    let layout = stretch(&alias.layout, dims);
    if own {
        return layout.is_contiguous() && alias.start == 0;
    }
    layout.is_contiguous() || layout.dims().iter().zip(layout.strides()).all(|(&dim, &stride)| dim == 1 || stride == 0)
}
