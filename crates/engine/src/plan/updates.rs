//! New values of variables: which are written over the old ones, and which are copied there.

use std::collections::HashMap;

use hornbeam_graph::ops::StopGradient;
use hornbeam_graph::{Graph, GraphNode, Op, Ref};

use super::Compiler;
use crate::batch::Mode;
use crate::fuse::{Unit, Work, base};
use crate::stage::{self, Key};

/// A variable's new value may not be another parameter's memory itself: it gets a node of its own, to be copied.
pub(super) fn detach(graph: &mut Graph, params: &[usize]) -> (Vec<(usize, usize)>, Vec<bool>) {
    let first = graph.outputs.len() - params.len();
    let pairs: Vec<(usize, usize)> = params.iter().enumerate().map(|(i, &p)| (first + i, p)).collect();
    let mut copied = vec![false; graph.nodes.len()];
    for &(output, _) in &pairs {
        let r = graph.outputs[output];
        let mut at = r;
        while matches!(
            graph.nodes[at.node as usize].op,
            Op::Reshape(_) | Op::Transpose(_) | Op::Broadcast(_) | Op::Slice(_) | Op::Reverse(_) | Op::StopGradient(_)
        ) {
            at = graph.nodes[at.node as usize].inputs[0];
        }
        if (at.node as usize) < graph.params {
            let node = GraphNode { op: StopGradient.into(), inputs: vec![r], types: vec![graph.ty(r)] };
            graph.nodes.push(node);
            copied.push(true);
            graph.outputs[output] = Ref { node: graph.nodes.len() as u32 - 1, output: 0 };
        }
    }
    (pairs, copied)
}

impl Compiler<'_> {
    /// Decides which results are computed where they are wanted, and which are copied there.
    pub(super) fn place_outputs(&mut self, direct: bool) {
        let producer = stage::producers(&self.units);
        for output in 0..self.source.graph.outputs.len() {
            let r = self.source.graph.outputs[output];
            let alias = base(self.source, r);
            let key = Key::from(alias.base);
            let whole = alias.layout.is_contiguous()
                && alias.start == 0
                && alias.layout.len() == self.source.graph.ty(alias.base).shape.size();
            let update = self.updates.iter().find(|u| u.0 == output).map(|u| u.1 as u32);
            let unit = producer.get(&key).copied();
            let fits = unit.is_some_and(|unit| match update {
                None => true,
                Some(param) => direct && self.updates_in_place(unit, param, &producer),
            });
            if whole && fits && !self.delivered.contains_key(&key) {
                self.delivered.insert(key, output);
                if let (Some(param), Some(unit)) = (update, unit) {
                    self.writers.push((unit, Some(param)));
                }
                continue;
            }
            let unit = Unit { work: Work::Deliver(output), mode: Mode::Tile, writes: Vec::new() };
            self.reads.push(stage::reads(self.source, &unit, &self.packs.by));
            self.units.push(unit);
            if let Some(param) = update {
                self.writers.push((self.units.len() - 1, Some(param)));
            }
        }
    }

    /// Whether `unit` may write its result over the variable that parameter `param` holds: it is elementwise, reads the old value at most at the
    /// same positions, and nobody needs both the old value and the new one.
    fn updates_in_place(&self, unit: usize, param: u32, producer: &HashMap<Key, usize>) -> bool {
        if self.units[unit].mode != Mode::Tile || !self.reads_in_place(unit, Key::Value(param, 0)) {
            return false;
        }
        let mut after = vec![false; self.units.len()];
        after[unit] = true;
        let mut grew = true;
        while grew {
            grew = false;
            for other in 0..self.units.len() {
                let depends =
                    self.reads[other].iter().any(|r| producer.get(&r.key).is_some_and(|&p| after[p] && p != other));
                if depends && !after[other] {
                    after[other] = true;
                    grew = true;
                }
            }
        }
        (0..self.units.len()).all(|other| {
            other == unit || !after[other] || self.reads[other].iter().all(|r| r.key != Key::Value(param, 0))
        })
    }

    /// The root whose memory a root's is: that of a variable's new value is the old one's, unless somebody holds the old one.
    pub(super) fn memory(&self, root: u32) -> u32 {
        let first = 2 + self.source.graph.params as u32;
        let update = self.updates.iter().find(|u| first + u.0 as u32 == root);
        update.map_or(root, |&(_, param)| 2 + param as u32)
    }

    /// Whether a unit ends elementwise and reads a value only at the positions that it writes, so that a result may take the value's memory.
    pub(crate) fn reads_in_place(&self, unit: usize, key: Key) -> bool {
        let nodes = match &self.units[unit].work {
            Work::Elementwise(nodes) => nodes,
            Work::Node(node, tail) if !tail.after.is_empty() => {
                // Of what the product itself reads, other tasks need more than their own positions.
                let own = &self.source.graph.nodes[*node as usize].inputs;
                let mut operands = own.iter().chain(&tail.bias).chain(&tail.residual).chain(&tail.mask);
                if operands.any(|&input| Key::from(base(self.source, input).base) == key) {
                    return false;
                }
                &tail.after
            }
            _ => return false,
        };
        let dims = self.source.graph.nodes[nodes[0] as usize].types[0].shape;
        let inputs = nodes.iter().flat_map(|&n| &self.source.graph.nodes[n as usize].inputs);
        let mut aliases = inputs.map(|&input| base(self.source, input)).filter(|alias| Key::from(alias.base) == key);
        aliases.all(|alias| alias.start == 0 && alias.layout.is_contiguous() && alias.layout.dims() == dims.dims())
    }
}
