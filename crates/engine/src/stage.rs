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
            for &after in &tail.after {
                inputs_outside(source, after, &tail.after, &mut |r| {
                    let alias = base(source, r);
                    if alias.base.node != tail.end(*node) && !inline_operand(source, &alias) {
                        add(r);
                    }
                });
            }
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
        Op::Cholesky(_) | Op::TriangularSolve(_) | Op::Solve(_) => true,
        Op::BatchGather(_) | Op::Scatter(_) | Op::RavelIndex(_) => true,
        Op::Scan(op) => op.body.nodes.iter().any(|n| is_fallible(&n.op)),
        Op::Cond(op) => op.then.nodes.iter().chain(&op.otherwise.nodes).any(|n| is_fallible(&n.op)),
        Op::While(op) => op.body.nodes.iter().chain(&op.condition.nodes).any(|n| is_fallible(&n.op)),
        _ => false,
    }
}

/// Orders the units. `writers` are units that write variables in place, each with the variable's parameter: they come after every other reader of it, and
/// after everything that can fail. `None`: they wait for each other in a circle.
pub fn schedule(
    source: &Source,
    units: &[Unit],
    all_reads: &[Vec<Read>],
    writers: &[(usize, Option<u32>)],
) -> Option<Vec<Order>> {
    let mut scheduler = Scheduler::new(source, units, all_reads);
    for &(writer, param) in writers {
        for other in (0..units.len()).filter(|&other| other != writer) {
            let reads_old = param.is_some_and(|p| all_reads[other].iter().any(|r| r.key == Key::Value(p, 0)));
            let fallible =
                matches!(&units[other].work, Work::Node(n, _) if is_fallible(&source.graph.nodes[*n as usize].op));
            if reads_old || fallible {
                scheduler.wait(writer, other, true);
            }
        }
    }
    let is_writer: HashSet<usize> = writers.iter().map(|w| w.0).collect();
    let mut stages = Vec::new();
    let mut committed = writers.is_empty();
    scheduler.start();
    while scheduler.left > 0 {
        let before = scheduler.left;
        loop {
            let wave = scheduler.take_tiles();
            if wave.is_empty() {
                break;
            }
            // A wave runs in parallel; a variable's writer waits for its readers, so they are in earlier stages.
            if !committed && wave.iter().any(|u| is_writer.contains(u)) {
                stages.push(Order::Commit);
                committed = true;
            }
            wave.iter().for_each(|&u| scheduler.finish(u));
            stages.push(Order::Tiles(wave));
        }
        let stage = scheduler.take_samples();
        if !stage.is_empty() {
            let partial = stage.iter().filter(|&&u| units[u].mode == Mode::Partial);
            let sums: Vec<Ref> = partial.flat_map(|&u| units[u].writes.iter().copied()).collect();
            stages.push(Order::Samples(stage));
            if !sums.is_empty() {
                stages.push(Order::Combine(sums));
            }
        }
        // Writers of variables that wait for each other: the caller lets copies do the writing instead.
        if scheduler.left == before {
            return None;
        }
    }
    Some(stages)
}

/// A unit that waits for another.
#[derive(Clone, Copy, Debug)]
struct Edge {
    to: usize,
    /// Until the other's whole stage is over; else the chunk's own part is enough, in the same stage.
    whole: bool,
}

struct Scheduler<'a> {
    source: &'a Source<'a>,
    units: &'a [Unit],
    all_reads: &'a [Vec<Read>],
    consumers: Vec<Vec<Edge>>,
    /// How many units each one still waits for.
    waiting: Vec<usize>,
    /// Readers of every key that have not run.
    readers: HashMap<Key, usize>,
    tiles: Vec<usize>,
    samples: Vec<usize>,
    left: usize,
}

impl<'a> Scheduler<'a> {
    fn new(source: &'a Source<'a>, units: &'a [Unit], all_reads: &'a [Vec<Read>]) -> Scheduler<'a> {
        let producer = producers(units);
        let count = units.len();
        let mut scheduler = Scheduler {
            source,
            units,
            all_reads,
            consumers: vec![Vec::new(); count],
            waiting: vec![0; count],
            readers: HashMap::new(),
            tiles: Vec::new(),
            samples: Vec::new(),
            left: count,
        };
        for (unit, reads) in all_reads.iter().enumerate() {
            let keys: HashSet<Key> = reads.iter().map(|r| r.key).collect();
            keys.iter().for_each(|&key| *scheduler.readers.entry(key).or_default() += 1);
            for read in reads {
                if let Some(&from) = producer.get(&read.key) {
                    let whole = read.whole || units[unit].mode == Mode::Tile || units[from].mode != Mode::Sample;
                    scheduler.wait(unit, from, whole);
                }
            }
        }
        scheduler
    }

    /// Makes `unit` wait for `from`.
    fn wait(&mut self, unit: usize, from: usize, whole: bool) {
        self.consumers[from].push(Edge { to: unit, whole });
        self.waiting[unit] += 1;
    }

    fn start(&mut self) {
        (0..self.units.len())
            .filter(|&u| self.waiting[u] == 0)
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|u| self.enqueue(u));
    }

    fn enqueue(&mut self, unit: usize) {
        let queue = if self.units[unit].mode == Mode::Tile { &mut self.tiles } else { &mut self.samples };
        queue.push(unit);
    }

    fn release(&mut self, unit: usize, whole: bool) {
        for at in 0..self.consumers[unit].len() {
            let edge = self.consumers[unit][at];
            if edge.whole == whole {
                self.waiting[edge.to] -= 1;
                if self.waiting[edge.to] == 0 {
                    self.enqueue(edge.to);
                }
            }
        }
    }

    /// The unit's stage is over.
    fn finish(&mut self, unit: usize) {
        self.left -= 1;
        self.release(unit, true);
        if self.units[unit].mode == Mode::Tile {
            self.release(unit, false);
        }
    }

    fn take_tiles(&mut self) -> Vec<usize> {
        let mut wave = std::mem::take(&mut self.tiles);
        wave.sort_unstable();
        wave
    }

    /// All sample units that can run now, in an order that keeps few values alive: next is always the one that frees most (and makes
    /// least), the oldest of equals. Weight gradients then follow the gradient that they read, while both are in cache.
    fn take_samples(&mut self) -> Vec<usize> {
        let mut stage = Vec::new();
        while !self.samples.is_empty() {
            let age = |u: usize| self.units[u].writes.iter().map(|w| w.node).max();
            let best = (0..self.samples.len()).max_by_key(|&i| {
                let unit = self.samples[i];
                (self.frees(unit), std::cmp::Reverse(age(unit)))
            });
            let unit = self.samples.swap_remove(best.expect("not empty"));
            let keys: HashSet<Key> = self.all_reads[unit].iter().map(|r| r.key).collect();
            for key in keys {
                if let Some(left) = self.readers.get_mut(&key) {
                    *left -= 1;
                }
            }
            stage.push(unit);
            self.release(unit, false);
        }
        stage.iter().for_each(|&u| self.finish(u));
        stage
    }

    /// Bytes a sample that running a unit gives back, less those it takes.
    fn frees(&self, unit: usize) -> isize {
        let row_bytes = |node: u32, output: u32| match self.source.modes[node as usize].0 {
            Value::Batched(_) => (self.source.graph.ty(Ref { node, output }).bytes() / self.source.n) as isize,
            Value::Fixed => 0,
        };
        let keys: HashSet<Key> = self.all_reads[unit].iter().map(|r| r.key).collect();
        let freed: isize = keys
            .iter()
            .map(|key| match *key {
                Key::Value(node, output)
                    if node as usize >= self.source.graph.params && self.readers.get(key) == Some(&1) =>
                {
                    row_bytes(node, output)
                }
                _ => 0,
            })
            .sum();
        let taken: isize = self.units[unit].writes.iter().map(|w| row_bytes(w.node, w.output)).sum();
        freed - taken
    }
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
