//! Which algorithm computes a convolution.

use std::cell::Cell;
use std::collections::HashSet;

use hornbeam_graph::Op;
use hornbeam_kernels::conv::{ConvShape, is_winograd, winograd_input_grad_tiles, winograd_tiles};

use crate::alias::Source;
use crate::geometry::{conv_shape, is_depthwise};
use crate::runtime::runtime;

/// What a program may do for speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 3x3 convolutions by Winograd's algorithm where it is faster: rounding errors a few times those of the direct sums.
    #[default]
    Fast,
    /// Every sum is a sum of the products that define it.
    Exact,
}

impl Precision {
    /// The precision of a name: `fast` or `exact`.
    pub fn from_name(name: &str) -> Option<Precision> {
        match name {
            "fast" => Some(Precision::Fast),
            "exact" => Some(Precision::Exact),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Precision::Fast => "fast",
            Precision::Exact => "exact",
        }
    }
}

thread_local! {
    static PRECISION: Cell<Precision> = Cell::new(runtime().precision);
}

/// The precision of programs that this thread compiles.
pub fn precision() -> Precision {
    PRECISION.get()
}

/// Sets it, for programs compiled from now on; returns what it was.
pub fn set_precision(precision: Precision) -> Precision {
    PRECISION.replace(precision)
}

/// How a convolution or one of its gradients is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The sums that define it.
    Direct,
    /// The same, every channel for itself.
    Depthwise,
    /// Winograd's F(4x4, 3x3).
    Winograd,
}

/// The algorithm of a node, where `winograd` are the nodes that Winograd's serves.
pub fn algorithm(source: &Source, node: u32, winograd: &HashSet<u32>) -> Algorithm {
    if is_depthwise(&source.graph.nodes[node as usize].op) {
        Algorithm::Depthwise
    } else if winograd.contains(&node) {
        Algorithm::Winograd
    } else {
        Algorithm::Direct
    }
}

/// Channels on both sides from which the transforms cost less than they save.
const CHANNELS: usize = 16;
/// Elements of a filter up to which every core has room for the 36 sums of its gradient: 9 MB.
const GRADIENT: usize = 256 * 256;
/// The same where the filter is cut into tasks, as many as there are where it is large.
const GRADIENT_IN_TASKS: usize = 1024 * 1024;
/// Tiles of a task or a chunk, at least: the transformed filter streams past them once, and they are the rows of a register tile.
pub const TILES: usize = 14;
/// The same if the transformed filter stays near the core.
const FEW_TILES: usize = 4;
/// Elements of a filter up to which that is so.
const NEAR: usize = 64 * 64;

/// Tiles without which Winograd's algorithm is not faster, for chunks of `rows` samples or tasks; more than there are where it does not serve.
pub fn least_tiles(source: &Source, node: u32, rows: Option<usize>) -> usize {
    let shape = conv_shape(source, node, None);
    let size = shape.in_c * shape.out_c;
    let gradient = matches!(source.graph.nodes[node as usize].op, Op::Conv2DFilterGrad(_));
    match gradient {
        true if size > if rows.is_some() { GRADIENT } else { GRADIENT_IN_TASKS } => usize::MAX,
        false if size <= NEAR => FEW_TILES,
        _ => TILES,
    }
}

/// Convolutions that Winograd's algorithm would compute faster.
pub fn candidates(source: &Source, precision: Precision) -> HashSet<u32> {
    if precision == Precision::Exact {
        return HashSet::new();
    }
    let nodes = 0..source.graph.nodes.len() as u32;
    nodes.filter(|&node| pays(source, node)).collect()
}

fn pays(source: &Source, node: u32) -> bool {
    let op = &source.graph.nodes[node as usize].op;
    let gradient = matches!(op, Op::Conv2DFilterGrad(_));
    if !gradient && !matches!(op, Op::Conv2D(_) | Op::Conv2DInputGrad(_)) || is_depthwise(op) {
        return false;
    }
    let shape = conv_shape(source, node, None);
    if !is_winograd(&shape) || shape.in_c.min(shape.out_c) < CHANNELS {
        return false;
    }
    let tiles = tiles(op, &shape);
    // Products a channel pair, of an image. The transforms cost about half as much as the products.
    let direct =
        taps_within(shape.out_h, shape.in_h, shape.pad_top) * taps_within(shape.out_w, shape.in_w, shape.pad_left);
    let winograd = 36 * tiles;
    winograd * 3 < direct * 2
}

/// Tiles of an image.
fn tiles(op: &Op, shape: &ConvShape) -> usize {
    if matches!(op, Op::Conv2DInputGrad(_)) { winograd_input_grad_tiles(shape) } else { winograd_tiles(shape) }
}

/// Pairs of an output and one of three taps whose input exists.
fn taps_within(outputs: usize, inputs: usize, pad: usize) -> usize {
    (0..3).map(|tap| (0..outputs).filter(|o| (o + tap).wrapping_sub(pad) < inputs).count()).sum()
}

/// Tiles that a node has for chunks of `rows` samples; when all cores share it, those of an image, which tasks do not cross.
pub fn tiles_at_once(source: &Source, node: u32, rows: Option<usize>) -> usize {
    let op = &source.graph.nodes[node as usize].op;
    let shape = conv_shape(source, node, rows);
    let alone = rows.is_none() && !matches!(op, Op::Conv2DFilterGrad(_));
    tiles(op, &shape) * if alone { 1 } else { shape.batch }
}
