//! Scheduling: orders units into stages. Within a stage nothing waits for anything but the chunk's own earlier operations.

use std::collections::{HashMap, HashSet};

use hornbeam_graph::{Op, Ref};

use crate::alias::Source;
use crate::batch::{Mode, Value};
use crate::fuse::{Unit, Work, base, inline_operand};

/// What a unit reads: memory, and whether it needs all rows of it (else those of its chunk).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    /// The node whose memory it is, or the unit that packs it.
    pub key: Key,
    /// All rows.
    pub whole: bool,
}

/// Something that lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A node's output.
    Value(u32, u32),
    /// What the pack unit of this contraction wrote.
    Pack(u32),
    /// The partial sums of a node's output.
    Slabs(u32),
    /// Memory that a control-flow node's bodies work in.
    Bodies(u32),
}

impl From<Ref> for Key {
    fn from(r: Ref) -> Key {
        Key::Value(r.node, r.output)
    }
}

/// Indices of units that run together.
#[derive(Clone, Debug)]
pub enum Order {
    /// Independent operations, all cores on all of them.
    Tiles(Vec<usize>),
    /// Operations in order, a chunk of samples at a time.
    Samples(Vec<usize>),
    /// Sums the partial results of the samples stage before it.
    Combine(Vec<Ref>),
    /// Errors are looked at here, before any variable is written.
    Commit,
}

/// All operands that a unit reads.
pub fn reads(source: &Source, unit: &Unit, packs: &HashMap<u32, u32>) -> Vec<Read> {
    let mut all = Vec::new();
    let mut add = |r: Ref| {
        let alias = base(source, r);
        if inline_operand(source, &alias) && matches!(unit.work, Work::Elementwise(_) | Work::Reduce(..)) {
            return;
        }
        let whole = unit.mode == Mode::Tile || source.modes[r.node as usize].0 == Value::Fixed;
        all.push(Read { key: alias.base.into(), whole });
    };
    match &unit.work {
        Work::Elementwise(nodes) => nodes.iter().for_each(|&n| inputs_outside(source, n, nodes, &mut add)),
        Work::Reduce(node, prologue) => {
            inputs_outside(source, *node, prologue, &mut add);
            prologue.iter().for_each(|&n| inputs_outside(source, n, prologue, &mut add));
        }
        Work::Node(node, tail) => {
            let packed = packs.get(node);
            for (i, &input) in source.graph.nodes[*node as usize].inputs.iter().enumerate() {
                if !(i == 1 && packed.is_some()) {
                    add(input);
                }
            }
            tail.bias.iter().chain(&tail.residual).chain(&tail.mask).for_each(|&r| add(r));
            if let Some(&by) = packed {
                all.push(Read { key: Key::Pack(by), whole: true });
            }
        }
        Work::Copy(node) => add(source.graph.nodes[*node as usize].inputs[0]),
        Work::Pack(node) => add(source.graph.nodes[*node as usize].inputs[1]),
        Work::Deliver(output) => add(source.graph.outputs[*output]),
    }
    all
}

fn inputs_outside(source: &Source, node: u32, members: &[u32], add: &mut impl FnMut(Ref)) {
    for &input in &source.graph.nodes[node as usize].inputs {
        if !members.contains(&base(source, input).base.node) {
            add(input);
        }
    }
}

/// Whether an operation can find bad data while it runs.
pub fn is_fallible(op: &Op) -> bool {
    match op {
        Op::Gather(_) | Op::ScatterAdd(_) | Op::SoftmaxCrossEntropy(_) => true,
        Op::Scan(op) => op.body.nodes.iter().any(|n| is_fallible(&n.op)),
        Op::Cond(op) => op.then.nodes.iter().chain(&op.otherwise.nodes).any(|n| is_fallible(&n.op)),
        Op::While(op) => op.body.nodes.iter().chain(&op.condition.nodes).any(|n| is_fallible(&n.op)),
        _ => false,
    }
}

/// Orders the units. `writers` are units that write variables in place, each with the variable's parameter: they come after every other reader of it, and
/// after everything that can fail. `None`: they wait for each other in a circle.
pub fn schedule(source: &Source, units: &[Unit], all_reads: &[Vec<Read>], writers: &[(usize, Option<u32>)]) -> Option<Vec<Order>> {
    let producer = producers(units);
    let mut waits: Vec<HashSet<usize>> = vec![HashSet::new(); units.len()];
    for &(writer, param) in writers {
        for other in 0..units.len() {
            let reads_old = param.is_some_and(|p| all_reads[other].iter().any(|r| r.key == Key::Value(p, 0)));
            let fallible = matches!(&units[other].work, Work::Node(n, _) if is_fallible(&source.graph.nodes[*n as usize].op));
            if other != writer && (reads_old || fallible) {
                waits[writer].insert(other);
            }
        }
    }
    let is_writer: HashSet<usize> = writers.iter().map(|w| w.0).collect();
    let mut stages = Vec::new();
    let mut finished = vec![false; units.len()];
    let mut left = units.len();
    let mut committed = writers.is_empty();
    while left > 0 {
        let before = left;
        loop {
            let ready = |u: usize| {
                !finished[u]
                    && units[u].mode == Mode::Tile
                    && all_reads[u].iter().all(|r| producer.get(&r.key).is_none_or(|&p| finished[p]))
                    && waits[u].iter().all(|&w| finished[w])
            };
            let wave: Vec<usize> = (0..units.len()).filter(|&u| ready(u)).collect();
            if wave.is_empty() {
                break;
            }
            // A wave runs in parallel, so a variable's writer must not share it with one of its readers: `waits` sees to that.
            if !committed && wave.iter().any(|u| is_writer.contains(u)) {
                stages.push(Order::Commit);
                committed = true;
            }
            left -= wave.len();
            wave.iter().for_each(|&u| finished[u] = true);
            stages.push(Order::Tiles(wave));
        }
        let (stage, sums) = samples(units, all_reads, &producer, &mut finished);
        left -= stage.len();
        if !stage.is_empty() {
            stages.push(Order::Samples(stage));
        }
        if !sums.is_empty() {
            stages.push(Order::Combine(sums));
        }
        // Writers of variables that wait for each other: the caller lets copies do the writing instead.
        if left == before {
            return None;
        }
    }
    Some(stages)
}

/// The unit that writes each key.
pub fn producers(units: &[Unit]) -> HashMap<Key, usize> {
    let mut producer = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        for &write in &unit.writes {
            producer.insert(Key::from(write), at);
        }
        if let Work::Pack(node) = unit.work {
            producer.insert(Key::Pack(node), at);
        }
    }
    producer
}

/// All sample units that can run now, in order, and the sums among their results.
fn samples(
    units: &[Unit],
    all_reads: &[Vec<Read>],
    producer: &HashMap<Key, usize>,
    finished: &mut [bool],
) -> (Vec<usize>, Vec<Ref>) {
    let mut stage: Vec<usize> = Vec::new();
    let mut inside: HashSet<usize> = HashSet::new();
    loop {
        let ready = |u: usize| {
            !finished[u]
                && !inside.contains(&u)
                && units[u].mode != Mode::Tile
                && all_reads[u].iter().all(|r| {
                    producer.get(&r.key).is_none_or(|&p| {
                        finished[p] || (!r.whole && inside.contains(&p) && units[p].mode == Mode::Sample)
                    })
                })
        };
        let next: Vec<usize> = (0..units.len()).filter(|&u| ready(u)).collect();
        if next.is_empty() {
            break;
        }
        // Ready units run oldest first: backward operations then follow each other in the order that frees activations.
        inside.extend(&next);
        stage.extend(next);
    }
    let mut order = stage.clone();
    depth_first(units, all_reads, producer, &mut order);
    stage.iter().for_each(|&u| finished[u] = true);
    let sums = order
        .iter()
        .filter(|&&u| units[u].mode == Mode::Partial)
        .flat_map(|&u| units[u].writes.iter().copied())
        .collect();
    (order, sums)
}

/// Reorders a samples stage by the age of the nodes (the order they were built in), which keeps producers next to their readers.
fn depth_first(units: &[Unit], all_reads: &[Vec<Read>], producer: &HashMap<Key, usize>, stage: &mut Vec<usize>) {
    let members: HashSet<usize> = stage.iter().copied().collect();
    let mut by_age = stage.clone();
    by_age.sort_by_key(|&u| units[u].writes.iter().map(|w| w.node).max());
    let mut placed = HashSet::new();
    let mut order = Vec::with_capacity(stage.len());
    for &unit in &by_age {
        let mut stack = vec![(unit, false)];
        while let Some((u, expanded)) = stack.pop() {
            if placed.contains(&u) {
                continue;
            }
            if expanded {
                placed.insert(u);
                order.push(u);
                continue;
            }
            stack.push((u, true));
            for read in &all_reads[u] {
                if let Some(&p) = producer.get(&read.key).filter(|p| members.contains(p)) {
                    stack.push((p, false));
                }
            }
        }
    }
    *stage = order;
}
