//! Fusion: groups nodes into units, each of which becomes one instruction.
//!
//! Elementwise chains join the elementwise operation, reduction or contraction that is their only reader. A node joins only when
//! all its readers are in the unit already, so a unit can never wait for itself.

use std::collections::HashSet;

use hornbeam_graph::ops::elementwise::{BinaryKind, UnaryKind};
use hornbeam_graph::{Graph, Op, Ref};
use hornbeam_kernels::Layout;

use crate::alias::{Alias, Source};
use crate::batch::{Mode, Value};

/// The most nodes of a fused unit, its operands and its results. The elementwise machine has 24 registers; these bounds keep every chain within them in practice,
/// and [`fuse`] is called with smaller ones when one does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nodes.
    pub nodes: usize,
    /// Operands read from memory.
    pub reads: usize,
    /// Results written.
    pub writes: usize,
}

/// What a contraction does to its result before it stores it.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    /// Added along the last axis.
    pub bias: Option<Ref>,
    /// Added elementwise.
    pub residual: Option<Ref>,
    /// `max(x, 0)`.
    pub relu: bool,
    /// Zero where this is not positive.
    pub mask: Option<Ref>,
    /// Nodes that were taken in.
    pub nodes: Vec<u32>,
    /// Elementwise nodes, operands first, that are computed from every tile of the result: they are what is stored ([`crate::join`]).
    pub after: Vec<u32>,
    /// The pooling of its result, which is what is stored ([`crate::join`]).
    pub pool: Option<u32>,
}

impl Tail {
    /// The node whose value the contraction `node` computes with what it took in.
    pub fn end(&self, node: u32) -> u32 {
        self.nodes.last().copied().unwrap_or(node)
    }
}

/// What a unit computes.
#[derive(Clone, Debug)]
pub enum Work {
    /// Elementwise nodes of one shape, operands first.
    Elementwise(Vec<u32>),
    /// A reduction and the elementwise nodes that make its operand.
    Reduce(u32, Vec<u32>),
    /// One node, with what a contraction takes in after it.
    Node(u32, Tail),
    /// A view put into memory of its own.
    Copy(u32),
    /// A matrix operand in the order that the contraction `node` reads.
    Pack(u32),
    /// A result copied to where the caller wants it: index into the graph's outputs.
    Deliver(usize),
}

/// One instruction to be.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What it computes.
    pub work: Work,
    /// How.
    pub mode: Mode,
    /// Values that it puts into memory.
    pub writes: Vec<Ref>,
}

/// How an operand reads its base.
struct User {
    node: u32,
    identity: bool,
}

/// Groups the live nodes of a graph into units (in no particular order).
pub fn fuse(source: &Source, limits: Limits) -> Vec<Unit> {
    let mut fuser = Fuser::new(source, limits);
    for node in source.graph.params as u32..source.graph.nodes.len() as u32 {
        fuser.take_tail(node);
    }
    for node in (source.graph.params as u32..source.graph.nodes.len() as u32).rev() {
        fuser.place(node);
    }
    fuser.finish()
}

/// Whether the elementwise machine makes the value from nothing, so that readers take it in instead of reading it.
pub fn is_inline(op: &Op) -> bool {
    matches!(op, Op::Constant(_) | Op::Iota(_))
}

/// Whether an operand that resolves to `alias` needs no memory: a constant, or an iota that is at most stretched.
pub fn inline_operand(source: &Source, alias: &Alias) -> bool {
    match &source.graph.nodes[alias.base.node as usize].op {
        Op::Constant(_) => true,
        Op::Iota(op) => {
            let own = Layout::contiguous(op.shape.dims());
            alias.start == 0 && op.shape.rank() <= alias.layout.dims().len() && {
                let missing = alias.layout.dims().len() - op.shape.rank();
                let aligned = own.dims().iter().zip(&alias.layout.dims()[missing..]).all(|(&a, &b)| a == b || a == 1);
                aligned && alias.layout == crate::alias::stretch(&own, alias.layout.dims())
            }
        }
        _ => false,
    }
}

struct Fuser<'a> {
    source: &'a Source<'a>,
    graph: &'a Graph,
    limits: Limits,
    users: Vec<Vec<User>>,
    is_output: Vec<bool>,
    owner: Vec<Option<usize>>,
    units: Vec<Unit>,
    reads: Vec<HashSet<Ref>>,
}

fn is_elementwise(op: &Op) -> bool {
    matches!(op, Op::Unary(_) | Op::Binary(_) | Op::Select(_) | Op::Cast(_))
}

impl<'a> Fuser<'a> {
    fn new(source: &'a Source<'a>, limits: Limits) -> Fuser<'a> {
        let graph = source.graph;
        let count = graph.nodes.len();
        let mut live = vec![false; count];
        let mut is_output = vec![false; count];
        for &output in &graph.outputs {
            live[output.node as usize] = true;
            is_output[base(source, output).base.node as usize] = true;
        }
        let mut users: Vec<Vec<User>> = (0..count).map(|_| Vec::new()).collect();
        for at in (0..count).rev() {
            if !live[at] {
                continue;
            }
            for &input in &graph.nodes[at].inputs {
                live[input.node as usize] = true;
            }
            if source.is_view(at as u32) {
                continue;
            }
            for &input in &graph.nodes[at].inputs {
                let alias = base(source, input);
                let identity = alias.start == 0
                    && alias.layout.is_contiguous()
                    && alias.layout.dims() == source.dims(alias.base, None).as_slice();
                users[alias.base.node as usize].push(User { node: at as u32, identity });
            }
        }
        Fuser {
            source,
            graph,
            limits,
            users,
            is_output,
            owner: vec![None; count],
            units: Vec::new(),
            reads: Vec::new(),
        }
    }

    fn mode(&self, node: u32) -> Mode {
        self.source.modes[node as usize].1
    }

    fn is_live(&self, node: u32) -> bool {
        self.is_output[node as usize] || !self.users[node as usize].is_empty()
    }

    fn only_user(&self, node: u32) -> Option<u32> {
        let users = &self.users[node as usize];
        let first = users.first()?;
        let single = users.iter().all(|u| u.node == first.node && u.identity);
        (single && !self.is_output[node as usize]).then_some(first.node)
    }

    /// Lets a contraction take in the bias, ReLU, residual sum or ReLU mask that is the only reader of its result.
    fn take_tail(&mut self, node: u32) {
        let op = &self.graph.nodes[node as usize].op;
        let plain = match op {
            Op::Conv2D(_) | Op::Conv2DInputGrad(_) => true,
            Op::MatMul(_) => self.graph.nodes[node as usize].types[0].shape.rank() == 2,
            _ => false,
        };
        if !plain || self.mode(node) == Mode::Partial || !self.is_live(node) {
            return;
        }
        let mut tail = Tail::default();
        let mut end = node;
        while let Some(next) = self.only_user(end) {
            let taken = self.owner[next as usize].is_some();
            if taken || self.mode(next) != self.mode(node) || tail.relu || tail.mask.is_some() {
                break;
            }
            let taken = match self.graph.nodes[next as usize].op {
                Op::Binary(op) if op.0 == BinaryKind::Add => self.take_sum(next, end, &mut tail),
                Op::Unary(op) if op.0 == UnaryKind::Relu => {
                    tail.relu = true;
                    true
                }
                Op::Select(_) => self.take_mask(next, end, &mut tail),
                _ => false,
            };
            if !taken {
                break;
            }
            tail.nodes.push(next);
            end = next;
        }
        let unit = self.units.len();
        self.owner[node as usize] = Some(unit);
        for &taken in &tail.nodes {
            self.owner[taken as usize] = Some(unit);
            // The comparison behind a mask is not computed when nobody else reads it.
            if let (Op::Select(_), Some(test)) =
                (&self.graph.nodes[taken as usize].op, self.graph.nodes[taken as usize].inputs.first())
            {
                let users = &self.users[test.node as usize];
                if !self.is_output[test.node as usize] && users.iter().all(|u| u.node == taken) {
                    self.owner[test.node as usize] = Some(unit);
                }
            }
        }
        let writes = vec![Ref { node: end, output: 0 }];
        self.units.push(Unit { work: Work::Node(node, tail), mode: self.mode(node), writes });
        self.reads.push(HashSet::new());
    }

    fn take_sum(&self, sum: u32, end: u32, tail: &mut Tail) -> bool {
        let inputs = &self.graph.nodes[sum as usize].inputs;
        let own = inputs.iter().position(|&r| base(self.source, r).base.node == end);
        let Some(own) = own else { return false };
        let other = inputs[1 - own];
        let alias = base(self.source, other);
        let out = self.graph.nodes[sum as usize].types[0];
        if alias.base.node == end
            || out.shape != self.graph.nodes[end as usize].types[0].shape
            || inline_operand(self.source, &alias)
        {
            return false;
        }
        let last = *out.shape.dims().last().unwrap_or(&1);
        let layout = alias.layout;
        let is_bias = layout.dims().last() == Some(&last)
            && layout.strides().last() == Some(&1)
            && layout.dims().iter().zip(layout.strides()).rev().skip(1).all(|(&dim, &stride)| dim == 1 || stride == 0);
        let fixed = self.source.modes[alias.base.node as usize].0 == Value::Fixed;
        if is_bias && fixed && tail.bias.is_none() && tail.residual.is_none() {
            tail.bias = Some(other);
            return true;
        }
        let same = layout.is_contiguous() && layout.dims() == out.shape.dims();
        let same_rows = self.source.modes[alias.base.node as usize].0 == self.source.modes[end as usize].0;
        if same && same_rows && tail.residual.is_none() {
            tail.residual = Some(other);
            return true;
        }
        false
    }

    /// `select(y > 0, end, 0)`: the gradient of ReLU.
    fn take_mask(&self, select: u32, end: u32, tail: &mut Tail) -> bool {
        let [cond, then, otherwise] = self.graph.nodes[select as usize].inputs[..] else { return false };
        if base(self.source, then).base.node != end || !self.is_zero(otherwise) {
            return false;
        }
        let test = &self.graph.nodes[cond.node as usize];
        let Op::Binary(op) = test.op else { return false };
        if op.0 != BinaryKind::Gt || !self.is_zero(test.inputs[1]) {
            return false;
        }
        let alias = base(self.source, test.inputs[0]);
        let shape = self.graph.nodes[select as usize].types[0].shape;
        let whole = alias.layout.is_contiguous() && alias.layout.dims() == shape.dims();
        let same_rows = self.source.modes[alias.base.node as usize].0 == self.source.modes[end as usize].0;
        let floats = self.graph.ty(test.inputs[0]).dtype == hornbeam_graph::DType::F32;
        if whole
            && same_rows
            && floats
            && alias.base.node != end
            && shape == self.graph.nodes[end as usize].types[0].shape
        {
            tail.mask = Some(test.inputs[0]);
            return true;
        }
        false
    }

    fn is_zero(&self, r: Ref) -> bool {
        match self.graph.nodes[base(self.source, r).base.node as usize].op {
            Op::Constant(op) => op.value.get() == 0.0,
            _ => false,
        }
    }

    fn place(&mut self, node: u32) {
        let at = node as usize;
        if !self.is_live(node) || self.owner[at].is_some() {
            return;
        }
        if self.source.is_view(node) {
            return;
        }
        let graph_node = &self.graph.nodes[at];
        let op = &graph_node.op;
        if is_inline(op) && !self.is_output[at] && self.users[at].iter().all(|u| self.takes_inline(u.node, node)) {
            return;
        }
        if is_elementwise(op) && self.join(node) {
            return;
        }
        let unit = self.units.len();
        let mut writes: Vec<Ref> = (0..graph_node.types.len() as u32).map(|output| Ref { node, output }).collect();
        if matches!(op, Op::MaxPool2D(_)) {
            // The positions are for a gradient: without one, finding them would be half of the work.
            writes.retain(|&write| write.output == 0 || self.is_read(write));
        }
        let work = match op {
            _ if is_elementwise(op) || is_inline(op) => Work::Elementwise(vec![node]),
            Op::Reduce(_) => Work::Reduce(node, Vec::new()),
            Op::Reshape(_)
            | Op::Transpose(_)
            | Op::Broadcast(_)
            | Op::Slice(_)
            | Op::Reverse(_)
            | Op::StopGradient(_) => Work::Copy(node),
            _ => Work::Node(node, Tail::default()),
        };
        let mode = if is_inline(op) { Mode::Tile } else { self.mode(node) };
        self.owner[at] = Some(unit);
        self.units.push(Unit { work, mode, writes });
        let reads = self.operands(node);
        self.reads.push(reads);
    }

    /// Whether somebody reads this output.
    fn is_read(&self, output: Ref) -> bool {
        let readers = self.graph.nodes.iter().flat_map(|node| &node.inputs);
        readers.chain(&self.graph.outputs).any(|&read| read == output)
    }

    fn takes_inline(&self, user: u32, node: u32) -> bool {
        let op = &self.graph.nodes[user as usize].op;
        let elementwise = is_elementwise(op) || matches!(op, Op::Reduce(_));
        elementwise
            && self.graph.nodes[user as usize].inputs.iter().all(|&input| {
                let alias = base(self.source, input);
                alias.base.node != node || inline_operand(self.source, &alias)
            })
    }

    /// The operands that are read from memory; two views of one tensor are two.
    fn operands(&self, node: u32) -> HashSet<Ref> {
        let inputs = self.graph.nodes[node as usize].inputs.iter().copied();
        inputs.filter(|&input| !inline_operand(self.source, &base(self.source, input))).collect()
    }

    /// Tries to compute an elementwise node inside the one unit that reads it.
    fn join(&mut self, node: u32) -> bool {
        let at = node as usize;
        let Some(first) = self.users[at].first() else { return false };
        let Some(unit) = self.owner[first.node as usize] else { return false };
        let all = self.users[at].iter().all(|u| u.identity && self.owner[u.node as usize] == Some(unit));
        if !all {
            return false;
        }
        let types = &self.graph.nodes[at].types[0];
        let (members, dims, mode) = match &self.units[unit].work {
            Work::Elementwise(nodes) => {
                (nodes.len(), self.graph.nodes[nodes[0] as usize].types[0].shape, self.units[unit].mode)
            }
            Work::Reduce(reduce, prologue) => {
                let mode = if self.units[unit].mode == Mode::Partial { Mode::Sample } else { self.units[unit].mode };
                (prologue.len(), self.graph.ty(self.graph.nodes[*reduce as usize].inputs[0]).shape, mode)
            }
            _ => return false,
        };
        let is_reduce = matches!(self.units[unit].work, Work::Reduce(..));
        let same_rows = is_reduce || self.source.modes[at].0 == self.value_of(unit);
        if types.shape != dims || self.mode(node) != mode || !same_rows || members >= self.limits.nodes {
            return false;
        }
        if is_reduce && self.is_output[at] {
            return false;
        }
        let mut reads = self.reads[unit].clone();
        reads.retain(|&r| base(self.source, r).base.node != node);
        reads.extend(self.operands(node));
        let writes = self.units[unit].writes.len() + usize::from(self.is_output[at]);
        if reads.len() > self.limits.reads || writes > self.limits.writes {
            return false;
        }
        self.reads[unit] = reads;
        self.owner[at] = Some(unit);
        if self.is_output[at] {
            self.units[unit].writes.push(Ref { node, output: 0 });
        }
        match &mut self.units[unit].work {
            Work::Elementwise(nodes) | Work::Reduce(_, nodes) => nodes.push(node),
            _ => unreachable!("checked above"),
        }
        true
    }

    fn value_of(&self, unit: usize) -> Value {
        self.source.modes[self.units[unit].writes[0].node as usize].0
    }

    fn finish(self) -> Vec<Unit> {
        let mut units = self.units;
        for unit in &mut units {
            if let Work::Elementwise(nodes) | Work::Reduce(_, nodes) = &mut unit.work {
                nodes.sort_unstable();
            }
        }
        units
    }
}

/// The memory behind a value that is known to resolve (what does not was marked as copied before).
pub fn base(source: &Source, r: Ref) -> Alias {
    source.resolve(r, None).expect("views that do not resolve are copied")
}
