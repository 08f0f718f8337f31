//! A closed, linear graph: what the engine compiles and what control flow carries as an attribute.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::ops::Op;
use crate::shape::TensorType;
use crate::tensor::{Def, Tensor};

/// One output of a node of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ref {
    /// Index into [`Graph::nodes`].
    pub node: u32,
    /// Which of the node's outputs.
    pub output: u32,
}

/// A node of a [`Graph`]: inputs come before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GraphNode {
    /// The operation; `Op::Param` for parameters.
    pub op: Op,
    /// Operands.
    pub inputs: Vec<Ref>,
    /// Types of the outputs.
    pub types: Vec<TensorType>,
}

/// A function from parameters to outputs. Structural equality and hash: the key of the program cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Graph {
    /// Nodes in topological order; the first [`Graph::params`] are the parameters.
    pub nodes: Vec<GraphNode>,
    /// Number of parameters.
    pub params: usize,
    /// What the function returns.
    pub outputs: Vec<Ref>,
}

impl Graph {
    /// The type of one output of a node.
    pub fn ty(&self, r: Ref) -> TensorType {
        self.nodes[r.node as usize].types[r.output as usize]
    }

    /// Types of the results.
    pub fn output_types(&self) -> Vec<TensorType> {
        self.outputs.iter().map(|&r| self.ty(r)).collect()
    }

    /// Types of the parameters.
    pub fn param_types(&self) -> Vec<TensorType> {
        self.nodes[..self.params].iter().map(|node| node.types[0]).collect()
    }

    /// Floating-point operations of one run, by the ops' own counts.
    pub fn flops(&self) -> u64 {
        self.nodes
            .iter()
            .map(|node| {
                let inputs: Vec<TensorType> = node.inputs.iter().map(|&r| self.ty(r)).collect();
                node.op.flops(&inputs, &node.types)
            })
            .sum()
    }

    /// Builds the function's nodes anew on `args`; returns its results.
    pub fn inline(&self, args: &[Tensor]) -> Result<Vec<Tensor>> {
        assert_eq!(args.len(), self.params, "a graph is inlined with one argument a parameter");
        let mut built: Vec<Vec<Tensor>> = args.iter().map(|arg| vec![arg.clone()]).collect();
        for node in &self.nodes[self.params..] {
            let inputs = node.inputs.iter().map(|r| built[r.node as usize][r.output as usize].clone()).collect();
            built.push(Tensor::apply(node.op.clone(), inputs)?);
        }
        Ok(self.outputs.iter().map(|r| built[r.node as usize][r.output as usize].clone()).collect())
    }

    /// The same function with other parameters: old parameter `i` is parameter `places[i]` of those of `types`.
    pub fn with_params(&self, types: &[TensorType], places: &[usize]) -> Graph {
        let moved = |r: Ref| match places.get(r.node as usize) {
            Some(&place) => Ref { node: place as u32, output: r.output },
            None => Ref { node: r.node - self.params as u32 + types.len() as u32, output: r.output },
        };
        let params = types.iter().map(|&ty| GraphNode { op: Op::Param, inputs: Vec::new(), types: vec![ty] });
        let body = self.nodes[self.params..].iter().map(|node| GraphNode {
            op: node.op.clone(),
            inputs: node.inputs.iter().copied().map(moved).collect(),
            types: node.types.clone(),
        });
        Graph {
            nodes: params.chain(body).collect(),
            params: types.len(),
            outputs: self.outputs.iter().copied().map(moved).collect(),
        }
    }

    /// The graph that computes `outputs` from `params`, and the leaves it captured: values, variables, and nodes made
    /// outside the trace whose scope id is `scope` (0: nothing is outside). They follow the given ones as parameters.
    ///
    /// # Errors
    /// State: a placeholder of another trace is reached (a traced tensor was kept after its trace ended); a node failed.
    pub fn capture(outputs: &[Tensor], params: &[Tensor], scope: u64) -> Result<(Graph, Vec<Tensor>)> {
        let mut order: Vec<Tensor> = Vec::new();
        let mut captured: Vec<Tensor> = Vec::new();
        let mut index: HashMap<u64, Place> = HashMap::new();
        let mut leaf_of_storage: HashMap<(usize, TensorType), usize> = HashMap::new();
        let mut param_of: HashMap<(u64, u32), u32> = HashMap::new();
        for (i, param) in params.iter().enumerate() {
            param_of.insert(param.key(), i as u32);
        }
        // Iterative depth-first walk: a node is emitted when all its operands are.
        let mut stack: Vec<(Tensor, bool)> = outputs.iter().rev().map(|t| (t.clone(), false)).collect();
        let mut nodes: Vec<(Op, Vec<Tensor>)> = Vec::new();
        while let Some((tensor, expanded)) = stack.pop() {
            if param_of.contains_key(&tensor.key()) {
                continue;
            }
            let id = tensor.node().id();
            match index.get(&id) {
                Some(Place::Node(_)) => continue,
                Some(Place::Leaf) if param_of.contains_key(&tensor.key()) => continue,
                _ => {}
            }
            let def = tensor.node().def();
            let outside = scope != 0 && tensor.node().scope() < scope;
            match &*def {
                Def::Op(op, inputs) if !outside => {
                    if expanded {
                        index.insert(id, Place::Node(nodes.len()));
                        nodes.push((op.clone(), inputs.clone()));
                        drop(def);
                        order.push(tensor);
                    } else {
                        let inputs = inputs.clone();
                        drop(def);
                        stack.push((tensor, true));
                        stack.extend(inputs.into_iter().rev().map(|t| (t, false)));
                    }
                }
                Def::Failed(error) => return Err(error.clone()),
                Def::Param if !outside => {
                    return Err(Error::state(
                        "a tensor of a finished trace was used: it has no numbers outside the function that made it. \
                         Return it from the function instead",
                    ));
                }
                leaf => {
                    // Two leaves on the same memory are one operand: programs then agree on what they share.
                    let address = match leaf {
                        Def::Value(storages) => Some(storages[tensor.output()].address()),
                        Def::Variable(cell) => Some(cell.address()),
                        _ => None,
                    };
                    let slot = address.map(|a| (a, tensor.ty()));
                    let known = slot.and_then(|s| leaf_of_storage.get(&s).copied());
                    drop(def);
                    let at = known.unwrap_or_else(|| {
                        captured.push(tensor.clone());
                        captured.len() - 1
                    });
                    if let Some(slot) = slot {
                        leaf_of_storage.insert(slot, at);
                    }
                    param_of.insert(tensor.key(), (params.len() + at) as u32);
                    index.insert(id, Place::Leaf);
                }
            }
        }
        let count = params.len() + captured.len();
        let mut graph = Graph { nodes: Vec::with_capacity(count + nodes.len()), params: count, outputs: Vec::new() };
        for tensor in params.iter().chain(&captured) {
            graph.nodes.push(GraphNode { op: Op::Param, inputs: Vec::new(), types: vec![tensor.ty()] });
        }
        let place = |tensor: &Tensor| match param_of.get(&tensor.key()) {
            Some(&node) => Ref { node, output: 0 },
            None => match index[&tensor.node().id()] {
                Place::Node(at) => Ref { node: (count + at) as u32, output: tensor.output() as u32 },
                Place::Leaf => unreachable!("every leaf is a parameter"),
            },
        };
        for (tensor, (op, inputs)) in order.iter().zip(nodes) {
            let inputs = inputs.iter().map(&place).collect();
            graph.nodes.push(GraphNode { op, inputs, types: tensor.node().types().to_vec() });
        }
        graph.outputs = outputs.iter().map(&place).collect();
        Ok((graph, captured))
    }
}

enum Place {
    Node(usize),
    Leaf,
}
