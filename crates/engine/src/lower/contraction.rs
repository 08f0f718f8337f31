//! Matrix products and convolutions, what is fused to them, and packed right-hand sides.

use hornbeam_kernels::conv;

use super::*;
use crate::algorithm::{Algorithm, algorithm};
use crate::cut::{self, ConvCut, FilterCut};
use crate::fuse::base;
use crate::geometry::conv_shape;
use crate::instr::{After, Pooled};

impl Lowering<'_> {
    pub(super) fn pack(&self, node: u32) -> Parts {
        let graph_node = &self.source.graph.nodes[node as usize];
        let right = self.read(graph_node.inputs[1], None);
        let winograd = self.winograd.contains(&node);
        match &graph_node.op {
            Op::MatMul(op) => {
                let right = if op.transpose_b { swap_last(right) } else { right };
                let [k, n] = [right.layout.dims()[0], right.layout.dims()[1]];
                let panels = n.div_ceil(gemm::panel_width(self.isa));
                let tasks = (k * n).div_ceil(GRAIN).min(panels);
                Parts::new(Kernel::PackMatrix, vec![right], tasks)
            }
            Op::Conv2D(_) => {
                let shape = conv_shape(self.source, node, None);
                Parts::new(Kernel::PackFilter { shape, winograd }, vec![right], 1)
            }
            _ => {
                let shape = conv_shape(self.source, node, None);
                Parts::new(Kernel::PackFilterTransposed { shape, winograd }, vec![right], 1)
            }
        }
    }

    pub(super) fn tail(
        &self,
        tail: &Tail,
        rows: Option<usize>,
        columns: usize,
        inputs: &mut Vec<Operand>,
    ) -> TailInputs {
        let mut place = |operand: Operand| {
            inputs.push(operand);
            inputs.len() - 1
        };
        TailInputs {
            bias: tail.bias.map(|r| {
                let operand = self.read(r, None);
                place(Operand { layout: Layout::contiguous(&[columns]), ..operand })
            }),
            residual: tail.residual.map(|r| place(self.read(r, rows))),
            relu: tail.relu,
            mask: tail.mask.map(|r| place(self.read(r, rows))),
        }
    }

    /// A convolution or one of its gradients.
    pub(super) fn conv(&self, node: u32, tail: &Tail, rows: Option<usize>, mut inputs: Vec<Operand>) -> Parts {
        let op = &self.source.graph.nodes[node as usize].op;
        let shape = conv_shape(self.source, node, rows);
        let algorithm = algorithm(self.source, node, self.winograd);
        if let Op::Conv2DFilterGrad(_) = op {
            let panel = conv::filter_part_columns(self.isa);
            let cut = if rows.is_none() { FilterCut::new(&shape, algorithm, panel) } else { FilterCut::WHOLE };
            let parts = (0..cut.tasks()).map(|task| cut.part(&shape, task));
            let scratch = match algorithm {
                Algorithm::Direct => conv::filter_grad_scratch(&shape),
                Algorithm::Depthwise => conv::depthwise_filter_grad_scratch(&shape),
                Algorithm::Winograd => {
                    parts.map(|part| conv::winograd_filter_grad_scratch(&shape, &part)).max().unwrap_or(0)
                }
            };
            let kernel = Kernel::ConvFilterGrad { shape, algorithm, cut };
            return Parts { scratch, ..Parts::new(kernel, inputs, cut.tasks()) };
        }
        let is_grad = matches!(op, Op::Conv2DInputGrad(_));
        if algorithm != Algorithm::Depthwise {
            inputs[1] = self.packed(self.packs[&node]);
        }
        let dims = self.source.dims(Ref { node, output: 0 }, rows);
        let pooled = tail.pool.map(|pool| self.pooled(pool, &dims));
        let tail = self.tail(tail, rows, dims[3], &mut inputs);
        // What no window reads is not computed.
        let height = pooled.map_or(dims[1], |pooled| pooled.shape.out_h * pooled.shape.window_h);
        let mut cut =
            ConvCut::new(&shape, algorithm, [height, dims[2]], dims[3], !is_grad, gemm::panel_width(self.isa));
        let pooled = pooled.map(|pooled| {
            cut.rows = cut.rows.next_multiple_of(pooled.shape.window_h);
            // Whole cache lines, so that the scratch behind it begins at one, too.
            let part = (cut.rows.min(height) * dims[2] * dims[3]).next_multiple_of(16);
            Pooled { part, ..pooled }
        });
        let tasks = dims[0] * cut.tasks(height, dims[3]);
        let scratch = match (algorithm, is_grad) {
            (Algorithm::Depthwise, _) => 0,
            (Algorithm::Direct, true) => conv::input_grad_scratch(&shape),
            (Algorithm::Direct, false) => conv::forward_scratch(&shape),
            (Algorithm::Winograd, true) => conv::winograd_input_grad_scratch(&shape),
            (Algorithm::Winograd, false) => conv::winograd_scratch(&shape),
        };
        let kernel = if is_grad {
            Kernel::ConvInputGrad { shape, algorithm, tail, rows_per_task: cut.rows }
        } else {
            let (rows_per_task, columns_per_task) = (cut.rows, cut.columns);
            Kernel::Conv { shape, algorithm, tail, rows_per_task, columns_per_task, pooled }
        };
        let scratch = scratch + pooled.map_or(0, |pooled| pooled.part);
        Parts { scratch, ..Parts::new(kernel, inputs, tasks) }
    }

    /// The pooling `pool` of images of `dims`.
    fn pooled(&self, pool: u32, dims: &[usize]) -> Pooled {
        let graph_node = &self.source.graph.nodes[pool as usize];
        let (window, mean) = match &graph_node.op {
            Op::MaxPool2D(op) => (&op.window, false),
            Op::AvgPool2D(op) => (&op.window, true),
            _ => unreachable!("not a pooling"),
        };
        let out = self.source.dims(Ref { node: pool, output: 0 }, None);
        Pooled { shape: pool_shape(window, dims, &[&dims[..1], &out[1..]].concat()), mean, part: 0 }
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn matmul(
        &self,
        node: u32,
        transpose_a: bool,
        transpose_b: bool,
        tail: &Tail,
        mode: Mode,
        rows: Option<usize>,
        mut inputs: Vec<Operand>,
    ) -> Parts {
        if transpose_a {
            inputs[0] = swap_last(inputs[0]);
        }
        if transpose_b {
            inputs[1] = swap_last(inputs[1]);
        }
        let dims = self.source.dims(Ref { node, output: 0 }, rows);
        let [m, n] = [dims[dims.len() - 2], dims[dims.len() - 1]];
        let k = *inputs[0].layout.dims().last().expect("a matrix");
        let batch = &dims[..dims.len() - 2];
        for operand in &mut inputs {
            let own = operand.layout.dims().len();
            let full: Vec<usize> = batch.iter().chain(&operand.layout.dims()[own - 2..]).copied().collect();
            operand.layout = stretch(&operand.layout, &full);
        }
        let right = match self.packs.get(&node) {
            Some(&by) => {
                inputs[1] = self.packed(by);
                RightHand::Packed
            }
            None => RightHand::Plain,
        };
        let joined = !tail.after.is_empty();
        let tail = self.tail(tail, rows, n, &mut inputs);
        let transposed = inputs[0].layout.strides()[batch.len() + 1] != 1;
        let cut = if joined { cut::joined_tile } else { cut::tile };
        let tile = cut([m, n, k], transposed, gemm::panel_width(self.isa));
        let tasks = batch.iter().product::<usize>() * m.div_ceil(tile[0]) * n.div_ceil(tile[1]);
        let whole = if mode == Mode::Tile { [tile[0].min(m), tile[1].min(n)] } else { [m, n] };
        let scratch = gemm::gemm_scratch(whole[0], whole[1], k);
        Parts { scratch, ..Parts::new(Kernel::MatMul { right, tail, tile, after: None }, inputs, tasks) }
    }

    /// A product with the elementwise code that `tail` has for its tiles; `writes` are the results. `None`: the elementwise machine has too few
    /// registers.
    pub(super) fn after(&self, node: u32, tail: &Tail, writes: &[Ref], mut parts: Parts) -> Option<Parts> {
        if tail.after.is_empty() {
            return Some(parts);
        }
        let dims = self.source.dims(writes[0], None);
        let compiled = code::compile(self.source, &tail.after, writes, dims.len(), &|axis| axis)?;
        let own = tail.end(node);
        let mut operands = Vec::with_capacity(compiled.operands.len());
        for &r in &compiled.operands {
            if base(self.source, r).base.node == own {
                operands.push(None);
                continue;
            }
            operands.push(Some(parts.inputs.len()));
            parts.inputs.push(self.read_stretched(r, None, &dims));
        }
        let Kernel::MatMul { tile, after, .. } = &mut parts.kernel else { unreachable!("only products take code in") };
        // Whole cache lines, so that the scratch behind it begins at one, too.
        let tile = (tile[0].min(dims[0]) * tile[1].min(dims[1])).next_multiple_of(16);
        *after = Some(After { code: Prepared::new(compiled.code), operands, tile });
        parts.scratch += tile;
        Some(parts)
    }
}
