//! Lowering: from units to instructions, with every operand as a layout over its place in memory.

mod contraction;

use std::collections::{HashMap, HashSet};

use hornbeam_graph::ops::reduce::ReduceKind as GraphReduce;
use hornbeam_graph::{Error, Op, Ref, Result};
use hornbeam_kernels::elementwise::Prepared;
use hornbeam_kernels::reduce::Reduction;
use hornbeam_kernels::{Elem, Isa, Layout, gemm};

use crate::alias::{Source, stretch};
use crate::arena::Slot;
use crate::batch::{Mode, Value};
use crate::buffer::elem;
use crate::code;
use crate::control::Control;
use crate::fuse::{Tail, Unit, Work};
use crate::geometry::{GRAIN, copy_tasks, elementwise_tasks, pad, pool_shape, swap_last, three};
use crate::instr::{Instr, Kernel, Operand, RightHand, TailInputs, cost};
use crate::pack::packed_bytes;
use crate::place::Place;
use crate::plan::slot;
use crate::rows::row_op;
use crate::stage::Key;

/// Whether an operation is computed as it is; others are decomposed first.
pub fn has_kernel(op: &Op) -> bool {
    match op {
        Op::BatchNorm(_) | Op::CustomGradient(_) => false,
        // Depthwise ones are the exception: they have kernels, and no decomposition.
        Op::Conv2D(op) => op.groups == 1,
        Op::Conv2DInputGrad(op) => op.groups == 1,
        Op::Conv2DFilterGrad(op) => op.groups == 1,
        _ => true,
    }
}

/// What lowering knows of a plan.
pub struct Lowering<'a> {
    /// The graph.
    pub source: &'a Source<'a>,
    /// Instruction set.
    pub isa: Isa,
    /// Whose packed right-hand side a contraction reads.
    pub packs: &'a HashMap<u32, u32>,
    /// Where everything lies.
    pub places: &'a HashMap<Key, Place>,
    /// Root of the first output.
    pub outputs: usize,
    /// Convolutions by Winograd's algorithm.
    pub winograd: &'a HashSet<u32>,
}

/// The parts of an instruction that differ between kernels.
struct Parts {
    kernel: Kernel,
    inputs: Vec<Operand>,
    tasks: usize,
    scratch: usize,
}

impl Parts {
    fn new(kernel: Kernel, inputs: Vec<Operand>, tasks: usize) -> Parts {
        Parts { kernel, inputs, tasks: tasks.max(1), scratch: 0 }
    }
}

impl Lowering<'_> {
    fn slot_of(&self, key: Key) -> Slot {
        slot(self.places.get(&key).unwrap_or_else(|| panic!("{key:?} has no place in memory")))
    }

    /// An operand as it lies. A fixed value is read whole even in a chunk.
    fn read(&self, r: Ref, rows: Option<usize>) -> Operand {
        let own_rows = if self.is_fixed(r) { None } else { rows };
        let alias = self.source.resolve(r, own_rows).expect("views that do not resolve are copied");
        let mut slot = self.slot_of(alias.base.into());
        if own_rows.is_none() {
            slot.row_bytes = 0;
        }
        Operand { slot, elem: elem(self.source.graph.ty(r).dtype), layout: alias.layout, start: alias.start }
    }

    fn is_fixed(&self, r: Ref) -> bool {
        self.source.modes[r.node as usize].0 == Value::Fixed
    }

    /// An operand stretched to the iteration dims of an elementwise unit.
    fn read_stretched(&self, r: Ref, rows: Option<usize>, dims: &[usize]) -> Operand {
        let operand = self.read(r, rows);
        Operand { layout: stretch(&operand.layout, dims), ..operand }
    }

    fn write(&self, r: Ref, rows: Option<usize>, mode: Mode) -> Operand {
        let key = if mode == Mode::Partial { Key::Slabs(r.node) } else { Key::from(r) };
        let mut slot = self.slot_of(key);
        if rows.is_none() {
            slot.row_bytes = 0;
        }
        let layout = Layout::contiguous(&self.source.dims(r, rows));
        Operand { slot, elem: elem(self.source.graph.ty(r).dtype), layout, start: 0 }
    }

    /// The instruction of a unit for chunks of `rows` samples (for all of it when `None`). `None`: the elementwise machine has too few registers.
    ///
    /// # Errors
    /// Whatever compiling the bodies of control flow reports.
    pub fn unit(&self, unit: &Unit, rows: Option<usize>) -> Result<Option<Instr>> {
        let rows = if unit.mode == Mode::Tile { None } else { rows };
        let outputs: Vec<Operand> = match unit.work {
            Work::Pack(node) => vec![self.packed(node)],
            Work::Deliver(output) => vec![self.output(output)],
            _ => unit.writes.iter().map(|&w| self.write(w, rows, unit.mode)).collect(),
        };
        let mut label = String::new();
        let mut flops = 0;
        let parts = match &unit.work {
            Work::Elementwise(nodes) => {
                label =
                    nodes.iter().map(|&n| self.source.graph.nodes[n as usize].op.name()).collect::<Vec<_>>().join("+");
                match self.elementwise(unit, nodes, rows) {
                    Some(parts) => parts,
                    None => return Ok(None),
                }
            }
            Work::Reduce(node, prologue) => match self.reduce(*node, prologue, rows) {
                Some(parts) => parts,
                None => return Ok(None),
            },
            Work::Copy(node) => Parts::new(Kernel::Copy, vec![self.copy_source(*node, rows)], copy_tasks(&outputs[0])),
            Work::Deliver(output) => {
                let from = self.read(self.source.graph.outputs[*output], None);
                Parts::new(Kernel::Copy, vec![from], copy_tasks(&outputs[0]))
            }
            Work::Pack(node) => self.pack(*node),
            Work::Node(node, tail) => {
                let parts = self.node(*node, tail, unit.mode, rows)?;
                match self.after(*node, tail, &unit.writes, parts) {
                    Some(parts) => parts,
                    None => return Ok(None),
                }
            }
        };
        if let Work::Node(node, _) | Work::Reduce(node, _) | Work::Copy(node) | Work::Pack(node) = unit.work {
            let graph_node = &self.source.graph.nodes[node as usize];
            label = graph_node.op.name().to_owned();
            if let Work::Node(_, tail) = &unit.work {
                tail.after
                    .iter()
                    .chain(&tail.pool)
                    .for_each(|&n| label = format!("{label}+{}", self.source.graph.nodes[n as usize].op.name()));
            }
            if !matches!(unit.work, Work::Pack(_)) {
                let types: Vec<_> = graph_node.inputs.iter().map(|&r| self.source.graph.ty(r)).collect();
                flops = graph_node.op.flops(&types, &graph_node.types);
                if let Work::Node(_, Tail { pool: Some(pool), .. }) = unit.work {
                    let pool = &self.source.graph.nodes[pool as usize];
                    flops += pool.op.flops(&graph_node.types, &pool.types);
                }
            }
        }
        if let Some(rows) = rows {
            flops = flops * rows as u64 / self.source.n as u64;
        }
        let bytes = |o: &Operand| o.layout.len() * o.elem.size();
        let written: usize = outputs.iter().map(bytes).sum();
        let read: usize = match parts.kernel {
            // Of what they look up, they read as much as they write.
            Kernel::Gather { .. } | Kernel::DynamicSlice => written,
            _ => parts.inputs.iter().map(bytes).sum(),
        };
        let body = match &parts.kernel {
            Kernel::Control(control) => control.cost(),
            _ => 0,
        };
        Ok(Some(Instr {
            kernel: parts.kernel,
            inputs: parts.inputs,
            outputs,
            tasks: parts.tasks,
            scratch: parts.scratch,
            flops,
            bytes: read + written,
            cost: cost(flops, read + written) + body,
            label,
            accumulates: unit.mode == Mode::Partial,
            streamed: 0,
        }))
    }

    /// Sums the partial results of a node by a fixed tree.
    pub fn combine(&self, r: Ref, groups: usize) -> Instr {
        let ty = self.source.graph.ty(r);
        let len = ty.shape.size();
        let slabs = self.slot_of(Key::Slabs(r.node));
        let stride = (slabs.part_bytes / 4) as isize;
        let parts = Operand {
            slot: Slot { part_bytes: 0, ..slabs },
            elem: Elem::F32,
            layout: Layout::strided(&[groups, len], &[stride, 1]),
            start: 0,
        };
        let mut slot = self.slot_of(r.into());
        slot.row_bytes = 0;
        let out = Operand { slot, elem: Elem::F32, layout: Layout::contiguous(&[len]), start: 0 };
        Instr {
            kernel: Kernel::Combine,
            inputs: vec![parts],
            outputs: vec![out],
            tasks: len.div_ceil(GRAIN / 2).max(1),
            scratch: 0,
            flops: (groups * len) as u64,
            bytes: (groups + 1) * len * 4,
            cost: cost((groups * len) as u64, groups * len * 4),
            label: "combine".to_owned(),
            accumulates: false,
            streamed: 0,
        }
    }

    fn output(&self, output: usize) -> Operand {
        let ty = self.source.graph.ty(self.source.graph.outputs[output]);
        let slot = Slot { root: (self.outputs + output) as u32, offset: 0, row_bytes: 0, part_bytes: 0 };
        Operand { slot, elem: elem(ty.dtype), layout: Layout::contiguous(ty.shape.dims()), start: 0 }
    }

    fn packed(&self, node: u32) -> Operand {
        let len = packed_bytes(self.source, node, self.winograd) / 4;
        Operand { slot: self.slot_of(Key::Pack(node)), elem: Elem::F32, layout: Layout::contiguous(&[len]), start: 0 }
    }

    /// A copied view's own look at its operand's memory.
    fn copy_source(&self, node: u32, rows: Option<usize>) -> Operand {
        let graph_node = &self.source.graph.nodes[node as usize];
        let operand = self.read(graph_node.inputs[0], rows);
        if matches!(graph_node.op, Op::Reshape(_)) {
            return operand;
        }
        let dims = self.source.dims(Ref { node, output: 0 }, rows);
        let alias = crate::alias::Alias { base: graph_node.inputs[0], layout: operand.layout, start: operand.start };
        let alias = self.source.apply(&alias, Ref { node, output: 0 }, &dims).expect("only reshapes fail");
        Operand { layout: alias.layout, start: alias.start, ..operand }
    }

    /// Rows of the leading axis a sample.
    fn per_row(&self, r: Ref) -> usize {
        match self.source.modes[r.node as usize].0 {
            Value::Batched(k) => k,
            Value::Fixed => 0,
        }
    }

    fn elementwise(&self, unit: &Unit, nodes: &[u32], rows: Option<usize>) -> Option<Parts> {
        let dims = self.source.dims(unit.writes[0], rows);
        let compiled = code::compile(self.source, nodes, &unit.writes, dims.len(), &|axis| axis)?;
        let inputs = compiled.operands.iter().map(|&r| self.read_stretched(r, rows, &dims)).collect();
        let tasks = elementwise_tasks(dims.iter().product());
        let rows = self.per_row(unit.writes[0]);
        Some(Parts::new(Kernel::Elementwise { code: Prepared::new(compiled.code), dims, rows }, inputs, tasks))
    }

    fn reduce(&self, node: u32, prologue: &[u32], rows: Option<usize>) -> Option<Parts> {
        let graph_node = &self.source.graph.nodes[node as usize];
        let Op::Reduce(op) = &graph_node.op else { unreachable!("a reduction") };
        let kind = match op.kind {
            GraphReduce::Sum => Reduction::Sum,
            GraphReduce::Prod => Reduction::Prod,
            GraphReduce::Max => Reduction::Max,
            GraphReduce::Min => Reduction::Min,
            GraphReduce::All => Reduction::All,
            GraphReduce::Any => Reduction::Any,
        };
        self.reduction(kind, graph_node.inputs[0], &op.axes, prologue, rows)
    }

    /// A reduction whose reduced axes are moved next to each other: kept axes before the first of them, they, the rest.
    fn reduction(
        &self,
        kind: Reduction,
        x: Ref,
        axes: &[usize],
        prologue: &[u32],
        rows: Option<usize>,
    ) -> Option<Parts> {
        let own_rows = if self.is_fixed(x) { None } else { rows };
        let dims = self.source.dims(x, own_rows);
        let first = axes.first().copied().unwrap_or(dims.len());
        let kept_before = 0..first;
        let kept_after = (first..dims.len()).filter(|axis| !axes.contains(axis));
        let order: Vec<usize> = kept_before.chain(axes.iter().copied()).chain(kept_after).collect();
        let axis_of = |axis: usize| order.iter().position(|&from| from == axis).expect("a permutation");
        let compiled = code::compile(self.source, prologue, &[x], dims.len(), &axis_of)?;
        let inputs = compiled
            .operands
            .iter()
            .map(|&r| {
                let operand = self.read_stretched(r, rows, &dims);
                Operand { layout: operand.layout.permuted(&order), ..operand }
            })
            .collect();
        let moved: Vec<usize> = order.iter().map(|&axis| dims[axis]).collect();
        let outer: usize = moved[..first].iter().product();
        let inner: usize = moved[first + axes.len()..].iter().product();
        let total: usize = moved.iter().product();
        let tasks = total.div_ceil(GRAIN).min(if outer > 1 { outer } else { inner.div_ceil(64) });
        let per_row = self.per_row(x);
        let kernel =
            Kernel::Reduce { kind, code: compiled.code, dims: moved, axes: first..first + axes.len(), rows: per_row };
        Some(Parts::new(kernel, inputs, tasks))
    }

    fn node(&self, node: u32, tail: &Tail, mode: Mode, rows: Option<usize>) -> Result<Parts> {
        let graph_node = &self.source.graph.nodes[node as usize];
        let out = Ref { node, output: 0 };
        let dims = self.source.dims(out, rows);
        let mut inputs: Vec<Operand> = graph_node.inputs.iter().map(|&r| self.read(r, rows)).collect();
        let in_dims: Vec<Vec<usize>> = inputs.iter().map(|o| o.layout.dims().to_vec()).collect();
        let parts = match &graph_node.op {
            Op::MatMul(op) => return Ok(self.matmul(node, op.transpose_a, op.transpose_b, tail, mode, rows, inputs)),
            Op::Conv2D(_) | Op::Conv2DInputGrad(_) | Op::Conv2DFilterGrad(_) => self.conv(node, tail, rows, inputs),
            Op::MaxPool2D(op) => {
                let shape = pool_shape(&op.window, &in_dims[0], &dims);
                Parts::new(Kernel::MaxPool { shape }, inputs, dims[0])
            }
            Op::MaxPool2DGrad(op) => {
                let shape = pool_shape(&op.window, &dims, &in_dims[1]);
                Parts::new(Kernel::MaxPoolGrad { shape }, inputs, dims[0])
            }
            Op::MaxPool2DGather(op) => {
                let shape = pool_shape(&op.window, &in_dims[1], &dims);
                Parts::new(Kernel::MaxPoolGather { shape }, inputs, dims[0])
            }
            Op::AvgPool2D(op) => {
                let shape = pool_shape(&op.window, &in_dims[0], &dims);
                Parts::new(Kernel::AvgPool { shape }, inputs, dims[0])
            }
            Op::AvgPool2DGrad(op) => {
                let shape = pool_shape(&op.window, &dims, &in_dims[0]);
                Parts::new(Kernel::AvgPoolGrad { shape }, inputs, dims[0])
            }
            Op::Softmax(op) => {
                let tasks = dims.iter().product::<usize>().div_ceil(GRAIN / 8);
                Parts::new(Kernel::Softmax { log: op.log }, inputs, tasks)
            }
            Op::SoftmaxCrossEntropy(_) => {
                let tasks = in_dims[0].iter().product::<usize>().div_ceil(GRAIN / 8);
                Parts::new(Kernel::SoftmaxCrossEntropy, inputs, tasks)
            }
            Op::LayerNormParamGrad(_) => {
                let (&columns, leading) = in_dims[0].split_last().expect("rank of at least 1");
                let rows: usize = leading.iter().product();
                inputs[..2].iter_mut().for_each(|input| input.layout = Layout::contiguous(&[rows, columns]));
                let tasks = (2 * rows * columns).div_ceil(GRAIN).min(columns.div_ceil(64));
                Parts::new(Kernel::LayerNormSums, inputs, tasks)
            }
            Op::ArgReduce(op) => {
                let kind = if op.max { Reduction::ArgMax } else { Reduction::ArgMin };
                self.reduction(kind, graph_node.inputs[0], &[op.axis], &[], rows).expect("one operand fits the machine")
            }
            Op::Pad(op) => {
                let kernel = pad(op, &inputs[0].layout, &dims);
                Parts::new(kernel, inputs, 1)
            }
            Op::Concat(op) => {
                let tasks = inputs.len();
                Parts::new(Kernel::Concat { axis: op.axis }, inputs, tasks)
            }
            Op::Gather(op) => {
                inputs[0].layout = three(&in_dims[0], op.axis);
                inputs[1].layout = Layout::contiguous(&[in_dims[1].iter().product()]);
                let tasks = dims.iter().product::<usize>().div_ceil(GRAIN).min(in_dims[1].iter().product());
                let rows = if op.axis == 0 { self.per_row(graph_node.inputs[1]) } else { 0 };
                Parts::new(Kernel::Gather { rows }, inputs, if op.axis == 0 { tasks } else { 1 })
            }
            Op::ScatterAdd(op) => {
                inputs[0].layout = three(&in_dims[0], op.axis);
                inputs[1].layout = Layout::contiguous(&[in_dims[1].iter().product()]);
                let [outer, inner] =
                    [in_dims[0][..op.axis].iter().product(), in_dims[0][op.axis + 1..].iter().product()];
                inputs[2].layout = Layout::contiguous(&[outer, in_dims[1].iter().product(), inner]);
                Parts::new(Kernel::ScatterAdd, inputs, 1)
            }
            Op::DynamicSlice(_) => Parts::new(Kernel::DynamicSlice, inputs, 1),
            Op::DynamicUpdateSlice(_) => Parts::new(Kernel::DynamicUpdateSlice, inputs, 1),
            Op::Random(op) => {
                let per_row = if rows.is_some() { op.shape.size() / self.source.n } else { 0 };
                let tasks = op.shape.size().div_ceil(GRAIN / 4);
                Parts::new(Kernel::Random { kind: op.kind, draw: op.draw, per_row }, inputs, tasks)
            }
            Op::Scan(_) | Op::Cond(_) | Op::While(_) => {
                let control = Control::compile(&graph_node.op, self.isa)?;
                let scratch = control.scratch();
                Parts { scratch, ..Parts::new(Kernel::Control(Box::new(control)), inputs, 1) }
            }
            other => self
                .rows(node, inputs, &dims)
                .ok_or_else(|| Error::config(format!("{}: no kernel and no decomposition", other.name())))?,
        };
        Ok(parts)
    }

    /// An operation on independent rows; `dims` are those of its first result.
    fn rows(&self, node: u32, mut inputs: Vec<Operand>, dims: &[usize]) -> Option<Parts> {
        let graph_node = &self.source.graph.nodes[node as usize];
        let types: Vec<_> = graph_node.inputs.iter().map(|&r| self.source.graph.ty(r)).collect();
        let row_op = row_op(&graph_node.op, &types, &graph_node.types)?;
        let rows: usize = dims[..row_op.leading].iter().product();
        for (_, input) in inputs.iter_mut().enumerate().filter(|(i, _)| !row_op.is_shared(*i)) {
            input.layout = Layout::contiguous(&[rows, input.layout.len() / rows.max(1)]);
        }
        let whole: usize = graph_node.types[0].shape.dims()[..row_op.leading].iter().product();
        let sizes: usize = types.iter().chain(&graph_node.types).map(|ty| ty.shape.size()).sum();
        let work = graph_node.op.flops(&types, &graph_node.types).max(sizes as u64) as usize / whole.max(1) * rows;
        let scratch = row_op.kernel.scratch();
        let kernel = Kernel::Rows { kernel: row_op.kernel, rows, shared: row_op.shared };
        Some(Parts { scratch, ..Parts::new(kernel, inputs, work.div_ceil(GRAIN * 4).min(rows)) })
    }
}
