//! Control flow: equal scans become one, and results that nobody reads are not computed.

use std::sync::Arc;

use super::{Bodies, live_nodes, simplify_body, sweep};
use crate::graph::{Graph, GraphNode, Ref};
use crate::ops::{Cond, Op, Scan};
use crate::shape::TensorType;

/// Builds a graph from another, node by node, when nodes may change their outputs.
struct Copy {
    nodes: Vec<GraphNode>,
    /// Where every output of a copied node is now; `None` for those that nobody reads.
    places: Vec<Vec<Option<Ref>>>,
}

impl Copy {
    fn of(graph: &Graph) -> Copy {
        Copy { nodes: Vec::with_capacity(graph.nodes.len()), places: Vec::with_capacity(graph.nodes.len()) }
    }

    fn now(&self, r: Ref) -> Ref {
        self.places[r.node as usize][r.output as usize].expect("an output that is read was kept")
    }

    fn inputs(&self, node: &GraphNode) -> Vec<Ref> {
        node.inputs.iter().map(|&r| self.now(r)).collect()
    }

    fn push(&mut self, op: Op, inputs: Vec<Ref>, types: Vec<TensorType>) -> u32 {
        self.nodes.push(GraphNode { op, inputs, types });
        self.nodes.len() as u32 - 1
    }

    /// Copies a node as it is.
    fn keep(&mut self, node: &GraphNode) {
        let inputs = self.inputs(node);
        let at = self.push(node.op.clone(), inputs, node.types.clone());
        self.places.push((0..node.types.len() as u32).map(|output| Some(Ref { node: at, output })).collect());
    }

    fn finish(self, graph: &Graph) -> Graph {
        let outputs = graph.outputs.iter().map(|&r| self.now(r)).collect();
        Graph { nodes: self.nodes, params: graph.params, outputs }
    }
}

/// Scans of the same operands whose carried values take the same course become one scan with the results of all:
/// that is what the gradient of a scan leaves behind, beside the original. `None` when there are none.
pub(super) fn merge_scans(graph: &Graph, bodies: &mut Bodies) -> Option<Graph> {
    // Leader of every node that is merged into an earlier one.
    let mut groups: Vec<(usize, Vec<usize>, Graph)> = Vec::new();
    for (i, node) in graph.nodes.iter().enumerate() {
        let Op::Scan(scan) = &node.op else { continue };
        let mut found = false;
        for (leader, members, body) in &mut groups {
            let first = &graph.nodes[*leader];
            let Op::Scan(other) = &first.op else { continue };
            let alike = first.inputs == node.inputs
                && (other.captured, other.carry, other.length, other.reverse)
                    == (scan.captured, scan.carry, scan.length, scan.reverse);
            if !alike {
                continue;
            }
            if let Some(joint) = join(body, &scan.body, scan.carry, bodies) {
                *body = joint;
                members.push(i);
                found = true;
                break;
            }
        }
        if !found {
            groups.push((i, Vec::new(), (*scan.body).clone()));
        }
    }
    groups.retain(|(_, members, _)| !members.is_empty());
    if groups.is_empty() {
        return None;
    }
    let mut copy = Copy::of(graph);
    // Where the stacked results of a member begin in the joint scan, once that was emitted.
    let mut follows: Vec<Option<(u32, usize)>> = vec![None; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate() {
        let Op::Scan(scan) = &node.op else {
            copy.keep(node);
            continue;
        };
        let stacked = node.types.len() - scan.carry;
        let group = groups.iter().find(|(leader, ..)| *leader == i);
        if let Some((_, members, body)) = group {
            let inputs = copy.inputs(node);
            let op: Op = Scan { body: Arc::new(body.clone()), ..scan.clone() }.into();
            let given: Vec<TensorType> = node.inputs.iter().map(|&r| graph.ty(r)).collect();
            let types = op.infer(&given).expect("a joint scan keeps to the rules");
            let at = copy.push(op, inputs, types);
            let mut begin = scan.carry + stacked;
            follows[i] = Some((at, scan.carry));
            for &member in members {
                follows[member] = Some((at, begin));
                begin += graph.nodes[member].types.len() - scan.carry;
            }
        }
        match follows[i] {
            Some((at, begin)) => {
                let outputs = (0..scan.carry).chain(begin..begin + stacked);
                copy.places.push(outputs.map(|o| Some(Ref { node: at, output: o as u32 })).collect());
            }
            None => copy.keep(node),
        }
    }
    Some(copy.finish(graph))
}

/// A body with the carried results of `a` and the stacked results of both, if both carry the same.
fn join(a: &Graph, b: &Graph, carry: usize, bodies: &mut Bodies) -> Option<Graph> {
    let moved = |r: Ref| match (r.node as usize) < b.params {
        true => r,
        false => Ref { node: r.node - b.params as u32 + a.nodes.len() as u32, output: r.output },
    };
    let mut nodes = a.nodes.clone();
    nodes.extend(b.nodes[b.params..].iter().map(|node| GraphNode {
        op: node.op.clone(),
        inputs: node.inputs.iter().copied().map(moved).collect(),
        types: node.types.clone(),
    }));
    let from_b: Vec<Ref> = b.outputs.iter().copied().map(moved).collect();
    let outputs = [&a.outputs[..carry], &from_b[..carry], &a.outputs[carry..], &from_b[carry..]].concat();
    // Equal nodes are one after simplification: then equal results are the same node.
    let mut joint = (*simplify_body(&Arc::new(Graph { nodes, params: a.params, outputs }), bodies)).clone();
    if joint.outputs[..carry] != joint.outputs[carry..2 * carry] {
        return None;
    }
    joint.outputs.drain(carry..2 * carry);
    Some(sweep(joint))
}

/// The graph with scans and conditionals that compute only what is read, from only what they need; `None` when all do.
pub(super) fn prune(graph: &Graph) -> Option<Graph> {
    if !graph.nodes.iter().any(|node| matches!(node.op, Op::Scan(_) | Op::Cond(_))) {
        return None;
    }
    let mut read: Vec<Vec<bool>> = graph.nodes.iter().map(|node| vec![false; node.types.len()]).collect();
    for r in graph.nodes.iter().flat_map(|node| &node.inputs).chain(&graph.outputs) {
        read[r.node as usize][r.output as usize] = true;
    }
    let mut copy = Copy::of(graph);
    let mut changed = false;
    for (node, read) in graph.nodes.iter().zip(&read) {
        let pruned = match &node.op {
            Op::Scan(scan) => prune_scan(scan, node.inputs.len(), read),
            Op::Cond(cond) => prune_cond(cond, node.inputs.len(), read),
            _ => None,
        };
        let Some(Pruned { op, inputs, outputs, twins }) = pruned else {
            copy.keep(node);
            continue;
        };
        changed = true;
        let all = copy.inputs(node);
        let inputs = inputs.into_iter().map(|i| all[i]).collect();
        let types = outputs.iter().map(|&o| node.types[o]).collect();
        let at = copy.push(op, inputs, types);
        let place = |o: usize| {
            let original = twins.iter().find(|twin| twin.0 == o).map_or(o, |twin| twin.1);
            outputs.iter().position(|&kept| kept == original).map(|position| Ref { node: at, output: position as u32 })
        };
        copy.places.push((0..node.types.len()).map(place).collect());
    }
    changed.then(|| copy.finish(graph))
}

/// An operation with some of its operands and results, by their former positions.
struct Pruned {
    op: Op,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    /// Dropped results, each with the kept one that it equals.
    twins: Vec<(usize, usize)>,
}

/// The function from some parameters to some outputs.
fn restrict(body: &Graph, params: &[usize], outputs: &[usize]) -> Graph {
    let mut place = vec![0u32; body.params];
    for (now, &before) in params.iter().enumerate() {
        place[before] = now as u32;
    }
    let dropped = (body.params - params.len()) as u32;
    let moved = |r: Ref| match place.get(r.node as usize) {
        Some(&node) => Ref { node, output: r.output },
        None => Ref { node: r.node - dropped, output: r.output },
    };
    let live = sweep_to(body, outputs);
    let kept = params.iter().map(|&i| live.nodes[i].clone());
    let rest = live.nodes[live.params..]
        .iter()
        .map(|node| GraphNode { inputs: node.inputs.iter().copied().map(moved).collect(), ..node.clone() });
    let nodes: Vec<GraphNode> = kept.chain(rest).collect();
    Graph { nodes, params: params.len(), outputs: live.outputs.iter().copied().map(moved).collect() }
}

fn sweep_to(body: &Graph, outputs: &[usize]) -> Graph {
    let outputs = outputs.iter().map(|&o| body.outputs[o]).collect();
    sweep(Graph { nodes: body.nodes.clone(), params: body.params, outputs })
}

/// Which parameters the given outputs of a body depend on.
fn needed_params(body: &Graph, outputs: &[usize]) -> Vec<bool> {
    let roots: Vec<Ref> = outputs.iter().map(|&o| body.outputs[o]).collect();
    let mut live = live_nodes(body, &roots);
    live.truncate(body.params);
    live
}

fn prune_scan(scan: &Scan, operands: usize, read: &[bool]) -> Option<Pruned> {
    let mut wanted = read.to_vec();
    // A residual is often a result too: rows stacked twice are stacked once.
    let stacked = &scan.body.outputs[scan.carry..];
    let mut twins = Vec::new();
    for (k, row) in stacked.iter().enumerate().filter(|(k, _)| read[scan.carry + k]) {
        let first = stacked.iter().position(|other| other == row).filter(|&first| first < k);
        if let Some(first) = first {
            wanted[scan.carry + k] = false;
            wanted[scan.carry + first] = true;
            twins.push((scan.carry + k, scan.carry + first));
        }
    }
    // A carried value is needed when it is read at the end, or by something needed in the next step.
    let (outputs, params) = loop {
        let outputs: Vec<usize> = (0..wanted.len()).filter(|&o| wanted[o]).collect();
        let params = needed_params(&scan.body, &outputs);
        let missing: Vec<usize> = (0..scan.carry).filter(|&k| params[scan.captured + k] && !wanted[k]).collect();
        if missing.is_empty() {
            break (outputs, params);
        }
        missing.into_iter().for_each(|k| wanted[k] = true);
    };
    let is_carry = |i: usize| (scan.captured..scan.captured + scan.carry).contains(&i);
    let inputs: Vec<usize> =
        (0..operands).filter(|&i| if is_carry(i) { wanted[i - scan.captured] } else { params[i] }).collect();
    if inputs.len() == operands && outputs.len() == read.len() {
        return None;
    }
    let count = |range: std::ops::Range<usize>| inputs.iter().filter(|&&i| range.contains(&i)).count();
    let op = Scan {
        body: Arc::new(restrict(&scan.body, &inputs, &outputs)),
        captured: count(0..scan.captured),
        carry: count(scan.captured..scan.captured + scan.carry),
        ..scan.clone()
    };
    Some(Pruned { op: op.into(), inputs, outputs, twins })
}

fn prune_cond(cond: &Cond, operands: usize, read: &[bool]) -> Option<Pruned> {
    let outputs: Vec<usize> = (0..read.len()).filter(|&o| read[o]).collect();
    let (then, otherwise) = (needed_params(&cond.then, &outputs), needed_params(&cond.otherwise, &outputs));
    let params: Vec<usize> = (0..operands - 1).filter(|&i| then[i] || otherwise[i]).collect();
    if params.len() == operands - 1 && outputs.len() == read.len() {
        return None;
    }
    let op = Cond {
        then: Arc::new(restrict(&cond.then, &params, &outputs)),
        otherwise: Arc::new(restrict(&cond.otherwise, &params, &outputs)),
    };
    let inputs = std::iter::once(0).chain(params.iter().map(|i| i + 1)).collect();
    Some(Pruned { op: op.into(), inputs, outputs, twins: Vec::new() })
}
