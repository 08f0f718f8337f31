//! Rewrites of a closed graph that keep its meaning.
//!
//! All of them keep the numbers to the last bit, with three exceptions that nobody can object to: constants are folded
//! with more precision than the kernels have, `pow(x, 2)` becomes `square(x)`, and a sum of one element is that element
//! (the sign of a negative zero survives). `x + 0` of floats stays: it turns -0 into 0.

mod control;
mod fold;
mod gather;
mod rewrite;

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::Result;
use crate::graph::{Graph, Ref};
use crate::ops::{Body, Cond, Op, Scan, While};
use crate::tensor::Tensor;

/// Rounds of [`simplify`]. One does nearly all; the bound keeps the cost linear whatever the rules do to each other.
const ROUNDS: usize = 8;

/// The same function with less to do: dead nodes dropped, equal ones merged (random numbers too: they are functions of
/// their key), scalar constants folded, operations that change nothing removed, movements composed, broadcasts left to
/// the elementwise operations that do them anyway, scans over the same carried values merged, unused results of control
/// flow dropped, and gathers moved below elementwise chains to the leaf ([`gather`]). Parameters stay as they are, used
/// or not. Bodies of control flow are simplified too. For graphs that will not be differentiated any more:
/// `stopGradient` becomes its operand.
pub fn simplify(graph: &Graph) -> Graph {
    let mut bodies = HashMap::new();
    simplify_with(graph, &mut bodies)
}

/// Bodies that were simplified, by address; the graph beside each keeps the address taken.
type Bodies = HashMap<*const Graph, (Body, Body)>;

fn simplify_with(graph: &Graph, bodies: &mut Bodies) -> Graph {
    let mut current = sweep(graph.clone());
    for _ in 0..ROUNDS {
        let mut next = sweep(rewrite::rewrite(&current, bodies));
        if let Some(merged) = control::merge_scans(&next, bodies) {
            next = sweep(merged);
        }
        if let Some(pruned) = control::prune(&next) {
            next = sweep(pruned);
        }
        if let Some(pushed) = gather::push_down(&next) {
            next = sweep(pushed);
        }
        if next == current {
            break;
        }
        current = next;
    }
    current
}

/// A body, simplified once however often it is met.
fn simplify_body(body: &Body, bodies: &mut Bodies) -> Body {
    if let Some((_, done)) = bodies.get(&Arc::as_ptr(body)) {
        return done.clone();
    }
    let simple = simplify_with(body, bodies);
    let done = if simple == **body { body.clone() } else { Arc::new(simple) };
    bodies.insert(Arc::as_ptr(body), (body.clone(), done.clone()));
    bodies.insert(Arc::as_ptr(&done), (done.clone(), done.clone()));
    done
}

/// The operation with its bodies replaced.
fn map_bodies(op: &Op, mut with: impl FnMut(&Body) -> Result<Body>) -> Result<Op> {
    Ok(match op {
        Op::Scan(scan) => Scan { body: with(&scan.body)?, ..scan.clone() }.into(),
        Op::Cond(cond) => Cond { then: with(&cond.then)?, otherwise: with(&cond.otherwise)? }.into(),
        Op::While(lap) => While { condition: with(&lap.condition)?, body: with(&lap.body)?, ..lap.clone() }.into(),
        other => other.clone(),
    })
}

/// The graph without the nodes that no output needs; order and parameters stay.
fn sweep(mut graph: Graph) -> Graph {
    let live = live_nodes(&graph, &graph.outputs);
    let params = graph.params;
    let mut place = vec![0u32; graph.nodes.len()];
    let (mut seen, mut kept) = (0, 0);
    graph.nodes.retain_mut(|node| {
        let i = seen;
        seen += 1;
        if i >= params && !live[i] {
            return false;
        }
        place[i] = kept;
        kept += 1;
        for input in &mut node.inputs {
            input.node = place[input.node as usize];
        }
        true
    });
    for output in &mut graph.outputs {
        output.node = place[output.node as usize];
    }
    graph
}

/// Which nodes `outputs` depend on.
fn live_nodes(graph: &Graph, outputs: &[Ref]) -> Vec<bool> {
    let mut live = vec![false; graph.nodes.len()];
    for r in outputs {
        live[r.node as usize] = true;
    }
    for i in (0..graph.nodes.len()).rev() {
        if live[i] {
            for input in &graph.nodes[i].inputs {
                live[input.node as usize] = true;
            }
        }
    }
    live
}

/// The same function with every fused operation that `keep` refuses replaced by primitives, in bodies too.
///
/// # Errors
/// None that a valid graph can meet: a decomposition has the operation's own types.
pub fn decompose_all(graph: &Graph, keep: impl Fn(&Op) -> bool) -> Result<Graph> {
    decompose_with(graph, &keep)
}

fn decompose_with(graph: &Graph, keep: &dyn Fn(&Op) -> bool) -> Result<Graph> {
    let params: Vec<Tensor> = graph.param_types().into_iter().map(Tensor::param).collect();
    let mut built: Vec<Vec<Tensor>> = params.iter().map(|param| vec![param.clone()]).collect();
    for node in &graph.nodes[graph.params..] {
        let inputs: Vec<Tensor> =
            node.inputs.iter().map(|r| built[r.node as usize][r.output as usize].clone()).collect();
        let primitives = if keep(&node.op) { None } else { node.op.decompose(&inputs) };
        built.push(match primitives {
            Some(outputs) => outputs?,
            None => Tensor::apply(map_bodies(&node.op, |body| Ok(Arc::new(decompose_with(body, keep)?)))?, inputs)?,
        });
    }
    let outputs: Vec<Tensor> =
        graph.outputs.iter().map(|r| built[r.node as usize][r.output as usize].clone()).collect();
    Ok(Graph::capture(&outputs, &params, 0)?.0)
}
