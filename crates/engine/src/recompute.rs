//! Cheap values are computed again by each of their readers instead of being written and read.
//!
//! Batch normalization's `x - mean` is read when the variance is summed, when the result is made, and twice in the gradient: in four
//! stages of a step, each of which reads an array of that size anyway, `x` or the difference. Recomputed from `x`, it is never
//! written.

use hornbeam_graph::ops::elementwise::{BinaryKind, UnaryKind};
use hornbeam_graph::{DType, Graph, GraphNode, Op, Ref};

/// Elements from which a value is worth it: smaller ones stay in a cache.
const LARGE: usize = 4096;
/// An operand that has so many times fewer elements than the result costs nothing to read again.
const SMALL: usize = 8;

/// The graph with a copy of every cheap value for each of its readers, where all of them can take the computation in.
pub fn recompute(graph: &Graph) -> Graph {
    let count = graph.nodes.len();
    let mut nodes = graph.nodes.clone();
    // What a copy is a copy of.
    let mut originals: Vec<usize> = (0..count).collect();
    let mut users: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    for (at, node) in nodes.iter().enumerate() {
        for (slot, input) in node.inputs.iter().enumerate() {
            users[input.node as usize].push((at, slot));
        }
    }
    let mut is_output = vec![false; count];
    graph.outputs.iter().for_each(|output| is_output[output.node as usize] = true);
    // From the last to the first: a copy's operands are looked at after it.
    for at in (graph.params..count).rev() {
        if nodes.len() > 2 * count {
            break;
        }
        let shape = nodes[at].types[0].shape;
        let takes_in = |&(user, _): &(usize, usize)| match &nodes[user].op {
            Op::Unary(_) | Op::Binary(_) | Op::Select(_) => nodes[user].types[0].shape == shape,
            Op::Reduce(_) => true,
            _ => false,
        };
        if is_output[at] || !is_cheap(&nodes, graph, at, &users) || !users[at].iter().all(takes_in) {
            continue;
        }
        let Some(&(first, _)) = users[at].first() else { continue };
        let others: Vec<(usize, usize)> = users[at].iter().copied().filter(|&(user, _)| user != first).collect();
        let mut copies: Vec<(usize, usize)> = Vec::new();
        for (user, slot) in others {
            let known = copies.iter().find(|c| c.0 == user).map(|c| c.1);
            let copy = known.unwrap_or(nodes.len());
            if known.is_none() {
                nodes.push(nodes[at].clone());
                originals.push(at);
                users.push(Vec::new());
                for slot in 0..nodes[at].inputs.len() {
                    let input = nodes[at].inputs[slot].node as usize;
                    users[input].push((copy, slot));
                }
                copies.push((user, copy));
            }
            nodes[user].inputs[slot].node = copy as u32;
            users[copy].push((user, slot));
        }
        users[at].retain(|&(user, _)| user == first);
    }
    ordered(graph, nodes, &originals)
}

/// Whether a node is a few instructions on one large operand, which something else puts into memory.
fn is_cheap(nodes: &[GraphNode], graph: &Graph, at: usize, users: &[Vec<(usize, usize)>]) -> bool {
    let node = &nodes[at];
    let few = match &node.op {
        Op::Unary(op) => matches!(op.0, UnaryKind::Neg | UnaryKind::Square),
        Op::Binary(op) => matches!(op.0, BinaryKind::Add | BinaryKind::Sub | BinaryKind::Mul),
        _ => false,
    };
    let size = node.types[0].shape.size();
    if !few || node.types[0].dtype != DType::F32 || size < LARGE {
        return false;
    }
    let ty = |r: Ref| nodes[r.node as usize].types[r.output as usize];
    let small = |r: &Ref| {
        matches!(nodes[r.node as usize].op, Op::Broadcast(_) | Op::Constant(_)) || ty(*r).shape.size() * SMALL <= size
    };
    let mut large: Vec<u32> = node.inputs.iter().filter(|r| !small(r)).map(|r| r.node).collect();
    large.dedup();
    let [operand] = large[..] else { return false };
    let operand = operand as usize;
    // A contraction whose only reader this is takes it in.
    let contraction = matches!(nodes[operand].op, Op::MatMul(_) | Op::Conv2D(_) | Op::Conv2DInputGrad(_));
    !(operand >= graph.params && contraction && users[operand].len() == 1)
}

/// A graph of the nodes, every copy right behind its original.
fn ordered(graph: &Graph, nodes: Vec<GraphNode>, originals: &[usize]) -> Graph {
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|&at| (originals[at], at));
    let mut places = vec![0u32; nodes.len()];
    for (place, &at) in order.iter().enumerate() {
        places[at] = place as u32;
    }
    let moved = |r: &Ref| Ref { node: places[r.node as usize], output: r.output };
    let nodes = order.iter().map(|&at| {
        let node = &nodes[at];
        GraphNode { inputs: node.inputs.iter().map(moved).collect(), ..node.clone() }
    });
    Graph { nodes: nodes.collect(), outputs: graph.outputs.iter().map(moved).collect(), ..graph.clone() }
}
