//! Gathers moved below elementwise chains.
//!
//! `gather(f(x), ids) = f(gather(x, ids))` for elementwise `f`: a batch is taken from the data as they are stored (bytes),
//! and only its rows are converted and scaled. Otherwise `images / 255` would exist for the whole data set.

use crate::graph::{Graph, GraphNode, Ref};
use crate::ops::{Gather, Op, Reshape, Transpose};
use crate::shape::{Shape, TensorType};

/// Longest chain that a gather is moved through, which bounds the recursion.
const DEPTH: usize = 64;

/// The graph with gathers of rows (axis 0, ids of rank 1, no more of them than rows) moved to the leaves of the chains
/// that they are the only user of; `None` when there is none. Operands that the chain broadcasts along the rows stay.
pub(super) fn push_down(graph: &Graph) -> Option<Graph> {
    if !graph.nodes.iter().any(|node| matches!(node.op, Op::Gather(Gather { axis: 0 }))) {
        return None;
    }
    let mut uses = vec![0usize; graph.nodes.len()];
    for r in graph.nodes.iter().flat_map(|node| &node.inputs).chain(&graph.outputs) {
        uses[r.node as usize] += 1;
    }
    let mut copy = Copy { nodes: Vec::with_capacity(graph.nodes.len()), uses: Vec::new(), moved: false };
    let mut places: Vec<u32> = Vec::with_capacity(graph.nodes.len());
    for (node, &uses) in graph.nodes.iter().zip(&uses) {
        let inputs: Vec<Ref> =
            node.inputs.iter().map(|r| Ref { node: places[r.node as usize], output: r.output }).collect();
        let place = match &node.op {
            Op::Gather(Gather { axis: 0 }) => copy.gather(inputs[0], inputs[1], 0).node,
            op => copy.push(op.clone(), inputs, node.types.clone()),
        };
        // A rewritten gather's last node stands for it, with its uses.
        copy.uses[place as usize] = uses;
        places.push(place);
    }
    let outputs = graph.outputs.iter().map(|r| Ref { node: places[r.node as usize], output: r.output }).collect();
    copy.moved.then_some(Graph { nodes: copy.nodes, params: graph.params, outputs })
}

struct Copy {
    nodes: Vec<GraphNode>,
    /// Uses of each node in the graph copied.
    uses: Vec<usize>,
    moved: bool,
}

impl Copy {
    fn push(&mut self, op: Op, inputs: Vec<Ref>, types: Vec<TensorType>) -> u32 {
        self.nodes.push(GraphNode { op, inputs, types });
        self.uses.push(1);
        self.nodes.len() as u32 - 1
    }

    fn one(&mut self, op: Op, inputs: Vec<Ref>) -> Ref {
        let given: Vec<TensorType> = inputs.iter().map(|&r| self.ty(r)).collect();
        let types = op.infer(&given).expect("a gathered chain keeps to the rules of its operations");
        Ref { node: self.push(op, inputs, types), output: 0 }
    }

    fn ty(&self, r: Ref) -> TensorType {
        self.nodes[r.node as usize].types[r.output as usize]
    }

    /// `gather(x, ids)` along axis 0, as deep in what makes `x` as it may go.
    fn gather(&mut self, x: Ref, ids: Ref, depth: usize) -> Ref {
        match self.below(x, ids, depth) {
            Some(r) => {
                self.moved = true;
                r
            }
            None => self.one(Gather { axis: 0 }.into(), vec![x, ids]),
        }
    }

    fn below(&mut self, x: Ref, ids: Ref, depth: usize) -> Option<Ref> {
        let (shape, ids_shape) = (self.ty(x).shape, self.ty(ids).shape);
        let rows = *shape.first()?;
        let count = if ids_shape.rank() == 1 { ids_shape[0] } else { return None };
        if depth == DEPTH || self.uses[x.node as usize] != 1 || rows == 0 || count > rows {
            return None;
        }
        let GraphNode { op, inputs, .. } = self.nodes[x.node as usize].clone();
        match &op {
            Op::Unary(_) | Op::Binary(_) | Op::Select(_) | Op::Cast(_) => {
                let has_rows = |copy: &Copy, input: Ref| {
                    let own = copy.ty(input).shape;
                    own.rank() == shape.rank() && own[0] == rows
                };
                // One row may come from a broadcast alone: then nothing below has rows to take.
                if !inputs.iter().any(|&input| has_rows(self, input)) {
                    return None;
                }
                let mut operands = Vec::with_capacity(inputs.len());
                for input in inputs {
                    operands.push(if has_rows(self, input) { self.gather(input, ids, depth + 1) } else { input });
                }
                Some(self.one(op, operands))
            }
            Op::Reshape(_) if self.ty(inputs[0]).shape.first() == Some(&rows) => {
                let below = self.gather(inputs[0], ids, depth + 1);
                let dims: Vec<usize> = std::iter::once(count).chain(shape[1..].iter().copied()).collect();
                Some(self.one(Reshape { shape: Shape::new(&dims).ok()? }.into(), vec![below]))
            }
            Op::Transpose(Transpose { order }) if order[0] == 0 => {
                let below = self.gather(inputs[0], ids, depth + 1);
                Some(self.one(op, vec![below]))
            }
            _ => None,
        }
    }
}
