//! Right-hand sides of contractions, packed once a run for all chunks and tasks that read them.

use std::collections::HashMap;

use hornbeam_graph::{Op, Ref};
use hornbeam_kernels::{conv, gemm};

use crate::alias::Source;
use crate::batch::Mode;
use crate::fuse::{Unit, Work, base};
use crate::geometry::conv_shape;

/// Rows from which packing the right-hand side pays.
const PACK_ROWS: usize = 16;

/// What a pack is made of: the memory, first element, dims and strides of its operand; whether that is transposed, and a matrix.
type Look = (Ref, isize, Vec<usize>, Vec<isize>, bool, bool);

/// Adds a unit that packs the right-hand side of every contraction that profits; returns, for each such contraction, whose pack it reads.
pub fn add_packs(source: &Source, units: &mut Vec<Unit>) -> HashMap<u32, u32> {
    let mut packs = HashMap::new();
    let mut known: HashMap<Look, u32> = HashMap::new();
    let mut added = Vec::new();
    for unit in units.iter() {
        let Work::Node(node, _) = unit.work else { continue };
        let graph_node = &source.graph.nodes[node as usize];
        let right = graph_node.inputs.get(1).copied();
        let (wanted, transposed) = match &graph_node.op {
            Op::Conv2D(_) => (true, false),
            Op::Conv2DInputGrad(_) => (true, true),
            Op::MatMul(op) => {
                let (a, b) = (source.graph.ty(graph_node.inputs[0]).shape, source.graph.ty(graph_node.inputs[1]).shape);
                let rows = a.dims()[a.rank() - 2..][usize::from(op.transpose_a)];
                let plain = a.rank() == 2 && b.rank() == 2 && unit.mode != Mode::Partial;
                (plain && rows >= PACK_ROWS && b.size() > 0, op.transpose_b)
            }
            _ => (false, false),
        };
        let Some(right) = right.filter(|_| wanted) else { continue };
        let alias = base(source, right);
        let (dims, strides) = (alias.layout.dims().to_vec(), alias.layout.strides().to_vec());
        let key = (alias.base, alias.start, dims, strides, transposed, matches!(graph_node.op, Op::MatMul(_)));
        let by = *known.entry(key).or_insert_with(|| {
            added.push(Unit { work: Work::Pack(node), mode: Mode::Tile, writes: Vec::new() });
            node
        });
        packs.insert(node, by);
    }
    units.extend(added);
    packs
}

/// Bytes of the packed right-hand side of a contraction.
pub fn packed_bytes(source: &Source, node: u32) -> usize {
    let graph_node = &source.graph.nodes[node as usize];
    4 * match &graph_node.op {
        Op::MatMul(op) => {
            let [k, n] = right_dims(source.graph.ty(graph_node.inputs[1]).shape.dims(), op.transpose_b);
            gemm::packed_len(k, n)
        }
        Op::Conv2D(_) => conv::packed_filter_len(&conv_shape(source, node, None)),
        _ => conv::packed_filter_transposed_len(&conv_shape(source, node, None)),
    }
}

fn right_dims(dims: &[usize], transposed: bool) -> [usize; 2] {
    let [k, n] = [dims[dims.len() - 2], dims[dims.len() - 1]];
    if transposed { [n, k] } else { [k, n] }
}
