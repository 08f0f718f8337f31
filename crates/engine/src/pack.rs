//! Right-hand sides of contractions, packed once for all chunks and tasks that read them: those of variables when the variable has changed, others
//! in every run.

use std::collections::{HashMap, HashSet};

use hornbeam_graph::{Op, Ref};
use hornbeam_kernels::{Isa, conv, gemm};

use crate::alias::Source;
use crate::batch::Mode;
use crate::cut;
use crate::fuse::{Unit, Work, base};
use crate::geometry::{conv_shape, is_depthwise};

/// Rows from which packing the right-hand side pays.
const PACK_ROWS: usize = 16;
/// Operations of a product that is worth less than an instruction that packs for it: some microseconds.
const SMALL: usize = 200_000;

/// What tells packed copies of one memory apart: shared by every program that wants the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackKey {
    isa: Isa,
    kind: Kind,
    start: isize,
    dims: Vec<usize>,
    strides: Vec<isize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Matrix { transposed: bool },
    Filter { winograd: bool },
    FilterTransposed { winograd: bool },
}

/// Right-hand sides to pack.
#[derive(Debug, Default)]
pub struct Packs {
    /// Whose packed copy a contraction reads.
    pub by: HashMap<u32, u32>,
    /// Copies that belong to a variable, which keeps them from run to run: the contraction that names each, the variable's parameter, and
    /// the key.
    pub kept: Vec<(u32, usize, PackKey)>,
}

/// Finds the contractions whose right-hand side is packed, and adds a unit for every copy that no variable keeps. `variables` are the parameters that
/// are variables, `updates` the outputs that a run writes to variables, and whose.
pub fn add_packs(
    source: &Source,
    isa: Isa,
    variables: &[usize],
    updates: &[(usize, usize)],
    winograd: &HashSet<u32>,
    units: &mut Vec<Unit>,
) -> Packs {
    let mut packs = Packs::default();
    let mut known: HashMap<(Ref, PackKey), u32> = HashMap::new();
    let mut added = Vec::new();
    // Every run of a program that writes a variable finds its packed copies out of date.
    let lasting = |param: usize| variables.contains(&param) && !updates.iter().any(|&(_, updated)| updated == param);
    for unit in units.iter() {
        let Work::Node(node, _) = unit.work else { continue };
        let graph_node = &source.graph.nodes[node as usize];
        let kind = match &graph_node.op {
            // They read the filter as it lies: a row of channels a tap.
            op if is_depthwise(op) => continue,
            Op::Conv2D(_) => Kind::Filter { winograd: winograd.contains(&node) },
            Op::Conv2DInputGrad(_) => Kind::FilterTransposed { winograd: winograd.contains(&node) },
            Op::MatMul(op) if packs_matrix(source, node, unit.mode, lasting) => {
                Kind::Matrix { transposed: op.transpose_b }
            }
            _ => continue,
        };
        let alias = base(source, graph_node.inputs[1]);
        let key = PackKey {
            isa,
            kind,
            start: alias.start,
            dims: alias.layout.dims().to_vec(),
            strides: alias.layout.strides().to_vec(),
        };
        let param = alias.base.node as usize;
        let by = *known.entry((alias.base, key.clone())).or_insert_with(|| {
            if variables.contains(&param) {
                packs.kept.push((node, param, key));
            } else {
                added.push(Unit { work: Work::Pack(node), mode: Mode::Tile, writes: Vec::new() });
            }
            node
        });
        packs.by.insert(node, by);
    }
    units.extend(added);
    packs
}

fn packs_matrix(source: &Source, node: u32, mode: Mode, lasting: impl Fn(usize) -> bool) -> bool {
    let graph_node = &source.graph.nodes[node as usize];
    let Op::MatMul(op) = &graph_node.op else { return false };
    let (a, b) = (source.graph.ty(graph_node.inputs[0]).shape, source.graph.ty(graph_node.inputs[1]).shape);
    let rows = a.dims()[a.rank() - 2..][usize::from(op.transpose_a)];
    if a.rank() != 2 || b.rank() != 2 || mode == Mode::Partial || rows < PACK_ROWS || b.size() == 0 {
        return false;
    }
    let [k, n] = right_dims(b.dims(), op.transpose_b);
    // One column is multiplied as a row, by its rows as they lie.
    if n == 1 {
        return false;
    }
    let lasts = lasting(base(source, graph_node.inputs[1]).base.node as usize);
    if !lasts && 2 * rows * k * n < SMALL {
        return false;
    }
    // A column of B that only one task reads is best packed by that task, while the products that follow find it in the cache.
    mode != Mode::Tile || lasts || cut::bands([rows, n, k]) > 1
}

/// Bytes of the packed right-hand side of a contraction; `winograd` are the convolutions by Winograd's algorithm.
pub fn packed_bytes(source: &Source, node: u32, winograd: &HashSet<u32>) -> usize {
    let graph_node = &source.graph.nodes[node as usize];
    let is_winograd = winograd.contains(&node);
    4 * match &graph_node.op {
        Op::MatMul(op) => {
            let [k, n] = right_dims(source.graph.ty(graph_node.inputs[1]).shape.dims(), op.transpose_b);
            gemm::packed_len(k, n)
        }
        Op::Conv2D(_) if is_winograd => conv::winograd_filter_len(&conv_shape(source, node, None)),
        Op::Conv2D(_) => conv::packed_filter_len(&conv_shape(source, node, None)),
        _ if is_winograd => conv::winograd_filter_transposed_len(&conv_shape(source, node, None)),
        _ => conv::packed_filter_transposed_len(&conv_shape(source, node, None)),
    }
}

fn right_dims(dims: &[usize], transposed: bool) -> [usize; 2] {
    let [k, n] = [dims[dims.len() - 2], dims[dims.len() - 1]];
    if transposed { [n, k] } else { [k, n] }
}
