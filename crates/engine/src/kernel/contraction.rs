//! Matrix products and convolutions.

use std::ops::Range;

use hornbeam_kernels::conv::ConvShape;
use hornbeam_kernels::gemm::Epilogue;
use hornbeam_kernels::{Layout, View, ViewMut};
use hornbeam_kernels::{conv, elementwise, gemm, pool};

use super::{Context, floats, nothing, nowhere, share};
use crate::algorithm::Algorithm;
use crate::cut::FilterCut;
use crate::instr::{After, Kernel, Pooled, RightHand, TailInputs};

impl<'a> Context<'a> {
    pub(super) fn epilogue(
        &self,
        tail: &TailInputs,
        narrow: impl Fn(View<'a>) -> View<'a>,
        columns: Range<usize>,
    ) -> Epilogue<'a> {
        Epilogue {
            accumulate: self.accumulate,
            bias: tail.bias.map(|i| self.input(i).narrow(0, columns.start, columns.len())),
            residual: tail.residual.map(|i| narrow(self.input(i))),
            relu: tail.relu,
            mask: tail.mask.map(|i| narrow(self.input(i))),
        }
    }

    pub(super) fn matmul(
        &self,
        right: RightHand,
        tail: &TailInputs,
        tile: [usize; 2],
        after: Option<&After>,
        tasks: Range<usize>,
        of: usize,
    ) {
        let out = &self.instr.outputs[0].layout;
        let rank = out.dims().len();
        let batch = &out.dims()[..rank - 2];
        let [m, n] = [out.dims()[rank - 2], out.dims()[rank - 1]];
        let batches: usize = batch.iter().product();
        if tasks.len() == of && batch.is_empty() && after.is_none() {
            // The usual product, with no view cut: of a small one, making them is a good part.
            let (a, c) = (self.input(0), self.output(0));
            let epilogue = self.epilogue(tail, |view| view, 0..n);
            return self.product(right, a, n, 0..n, c, &epilogue, self.scratch(), || self.input(1));
        }
        // A chunk of samples is one task: the whole product of every batch entry.
        let [tile_m, tile_n] = if tasks.len() == of { [m.max(1), n.max(1)] } else { tile };
        let (tiles_m, tiles_n) = (m.div_ceil(tile_m), n.div_ceil(tile_n));
        let tasks = if tasks.len() == of { 0..batches * tiles_m * tiles_n } else { tasks };
        for task in tasks {
            let (entry, at) = (task / (tiles_m * tiles_n), task % (tiles_m * tiles_n));
            let rows = at / tiles_n * tile_m..((at / tiles_n + 1) * tile_m).min(m);
            let columns = at % tiles_n * tile_n..((at % tiles_n + 1) * tile_n).min(n);
            let a = self.matrix(0, batch, entry).narrow(0, rows.start, rows.len());
            let narrow = |view: View<'a>| {
                view.narrow(rank - 2, rows.start, rows.len()).narrow(rank - 1, columns.start, columns.len())
            };
            let epilogue = self.epilogue(tail, narrow, columns.clone());
            let b = || self.matrix(1, batch, entry).narrow(1, columns.start, columns.len());
            if let Some(after) = after {
                let (tile, scratch) = self.scratch().split_at_mut(after.tile);
                let tile = &mut tile[..rows.len() * columns.len()];
                let c = ViewMut::from_slice(tile, &[rows.len(), columns.len()]);
                self.product(right, a, n, columns.clone(), c, &epilogue, scratch, b);
                self.after(after, tile, rows, columns, n);
                continue;
            }
            let strides = [out.strides()[rank - 2], 1];
            let start = (entry * m * n + rows.start * n + columns.start) as isize;
            let c = self.part(0, &Layout::strided(&[rows.len(), columns.len()], &strides), start);
            self.product(right, a, n, columns.clone(), c, &epilogue, self.scratch(), b);
        }
    }

    /// Runs elementwise code on a tile of a product of `n` columns.
    fn after(&self, after: &After, tile: &[f32], rows: Range<usize>, columns: Range<usize>, n: usize) {
        if tile.is_empty() {
            return;
        }
        // Whole rows lie together; parts of rows are runs of their own.
        let (runs, len) = if columns.len() == n { (1, tile.len()) } else { (rows.len(), columns.len()) };
        for (run, tile) in (0..runs).zip(tile.chunks_exact(len)) {
            let start = ((rows.start + run) * n + columns.start) as isize;
            let operand = |index: usize| {
                let operand = &self.instr.inputs[index];
                let whole = operand.layout.is_contiguous();
                let layout = Layout::strided(&[len], &[isize::from(whole)]);
                let start = if whole { operand.start + start } else { operand.start };
                self.run.frame.view(&operand.slot, self.at, operand.elem, &layout, start)
            };
            let inputs: [View; elementwise::MAX_INPUTS] = std::array::from_fn(|i| match after.operands.get(i) {
                Some(&Some(index)) => operand(index),
                Some(None) => View::from_slice(tile, &[len]),
                None => nothing(),
            });
            let results = self.instr.outputs.len();
            let flat = Layout::contiguous(&[len]);
            let mut outputs: [ViewMut; elementwise::MAX_OUTPUTS] =
                std::array::from_fn(|i| if i < results { self.part(i, &flat, start) } else { nowhere() });
            let inputs = &inputs[..after.operands.len()];
            after.code.run(self.run.isa, &[len], inputs, &mut outputs[..results], 0..len, 0);
        }
    }

    /// Columns `columns` of a product of `n` columns; `b` gives these columns of the right-hand side as they lie.
    #[allow(clippy::too_many_arguments, reason = "the operands of a product and the part that is asked for")]
    fn product(
        &self,
        right: RightHand,
        a: View,
        n: usize,
        columns: Range<usize>,
        c: ViewMut,
        epilogue: &Epilogue,
        scratch: &mut [f32],
        b: impl FnOnce() -> View<'a>,
    ) {
        match right {
            RightHand::Packed => {
                let packed = self.input(1).as_slice::<f32>().expect("packed numbers");
                gemm::gemm_packed_columns(self.run.isa, a, packed, n, columns, c, epilogue, scratch);
            }
            RightHand::Plain => gemm::gemm(self.run.isa, a, b(), c, epilogue, scratch),
        }
    }

    /// Matrix `entry` of an operand whose leading dims are `batch`.
    pub(super) fn matrix(&self, i: usize, batch: &[usize], entry: usize) -> View<'a> {
        let operand = &self.instr.inputs[i];
        let (dims, strides) = (operand.layout.dims(), operand.layout.strides());
        let mut offset = 0;
        let mut left = entry;
        for axis in (0..batch.len()).rev() {
            offset += (left % batch[axis]) as isize * strides[axis];
            left /= batch[axis];
        }
        let rank = dims.len();
        let layout = Layout::strided(&dims[rank - 2..], &strides[rank - 2..]);
        self.run.frame.view(&operand.slot, self.at, operand.elem, &layout, operand.start + offset)
    }

    pub(super) fn pack_matrix(&self, tasks: &Range<usize>, of: usize) {
        let b = self.input(0);
        let [k, n] = [b.dims()[0], b.dims()[1]];
        let width = gemm::panel_width(self.run.isa);
        let panels = share(n.div_ceil(width), tasks, of);
        let columns = panels.start * width..(panels.end * width).min(n);
        if columns.is_empty() {
            return;
        }
        let layout = Layout::contiguous(&[k * width * panels.len()]);
        let mut out = self.part(0, &layout, (panels.start * width * k) as isize);
        gemm::pack_b(self.run.isa, b.narrow(1, columns.start, columns.len()), floats(&mut out));
    }

    pub(super) fn conv(&self, tasks: Range<usize>, of: usize) {
        let out = &self.instr.outputs[0].layout;
        let [images, height, columns] = [out.dims()[0], out.dims()[1], out.dims()[3]];
        let (rows, width, pooled) = match self.instr.kernel {
            Kernel::Conv { rows_per_task, columns_per_task, pooled, .. } => (rows_per_task, columns_per_task, pooled),
            Kernel::ConvInputGrad { rows_per_task, .. } => (rows_per_task, columns, None),
            _ => unreachable!("not a convolution"),
        };
        if tasks.len() == of && pooled.is_none() {
            return self.conv_part(0..images, 0..height, 0..columns);
        }
        let height = pooled.map_or(height, |pooled| height * pooled.shape.window_h);
        let (blocks, stripes) = (height.div_ceil(rows), columns.div_ceil(width));
        for task in tasks {
            let (image, block, stripe) = (task / (blocks * stripes), task / stripes % blocks, task % stripes);
            let rows = block * rows..((block + 1) * rows).min(height);
            let columns = stripe * width..((stripe + 1) * width).min(columns);
            match &pooled {
                Some(pooled) => self.pooled_part(pooled, image, rows, columns),
                None => self.conv_part(image..image + 1, rows, columns),
            }
        }
    }

    /// Rows and columns of an image of a convolution, pooled.
    fn pooled_part(&self, pooled: &Pooled, image: usize, rows: Range<usize>, columns: Range<usize>) {
        let Pooled { shape, mean, part } = *pooled;
        let (tile, scratch) = self.scratch().split_at_mut(part);
        let dims = [1, rows.len(), shape.in_w, shape.channels];
        let tile = &mut tile[..dims.iter().product()];
        let narrowed = ViewMut::from_slice(tile, &dims).narrow(3, columns.start, columns.len());
        self.conv_into(image..image + 1, rows.clone(), columns.clone(), narrowed, scratch);
        let out = &self.instr.outputs[0].layout;
        let (first, height) = (rows.start / shape.window_h, rows.len() / shape.window_h);
        let firsts = [image, first, 0, columns.start];
        let start: isize = firsts.iter().zip(out.strides()).map(|(&first, &stride)| first as isize * stride).sum();
        let y = self.part(0, &Layout::strided(&[1, height, shape.out_w, columns.len()], out.strides()), start);
        let x = View::from_slice(tile, &dims).narrow(3, columns.start, columns.len());
        let shape = pool::PoolShape { batch: 1, in_h: rows.len(), out_h: height, ..shape };
        pool::pool_channels(self.run.isa, &shape, mean, columns, x, y);
    }

    /// Rows and columns (output channels, all of them for a gradient) of some images of a convolution.
    fn conv_part(&self, images: Range<usize>, rows: Range<usize>, columns: Range<usize>) {
        let out = &self.instr.outputs[0].layout;
        let dims = [images.len(), rows.len(), out.dims()[2], columns.len()];
        let firsts = [images.start, rows.start, 0, columns.start];
        let start: isize = firsts.iter().zip(out.strides()).map(|(&first, &stride)| first as isize * stride).sum();
        let y = self.part(0, &Layout::strided(&dims, out.strides()), start);
        self.conv_into(images, rows, columns, y, self.scratch());
    }

    /// The same, written to `y`.
    fn conv_into(
        &self,
        images: Range<usize>,
        rows: Range<usize>,
        columns: Range<usize>,
        y: ViewMut,
        scratch: &mut [f32],
    ) {
        let (shape, algorithm, tail, grad) = match &self.instr.kernel {
            Kernel::Conv { shape, algorithm, tail, .. } => (shape, *algorithm, tail, false),
            Kernel::ConvInputGrad { shape, algorithm, tail, .. } => (shape, *algorithm, tail, true),
            _ => unreachable!("not a convolution"),
        };
        let (isa, filter) = (self.run.isa, self.input(1));
        let shape = conv::ConvShape { batch: images.len(), ..*shape };
        let x = self.input_rows(0, &images);
        let narrow = |view: View<'a>| {
            let view = view.narrow(0, images.start, images.len()).narrow(1, rows.start, rows.len());
            view.narrow(3, columns.start, columns.len())
        };
        let epilogue = self.epilogue(tail, narrow, columns.clone());
        if algorithm == Algorithm::Depthwise {
            let convolve = if grad { conv::depthwise_input_grad } else { conv::depthwise };
            return convolve(isa, &shape, x, filter, rows, y, &epilogue);
        }
        let packed = filter.as_slice::<f32>().expect("a packed filter");
        if grad {
            let gradient = match algorithm {
                Algorithm::Winograd => conv::winograd_input_grad,
                _ => conv::input_grad,
            };
            return gradient(isa, &shape, x, packed, rows, y, &epilogue, scratch);
        }
        let convolve = if algorithm == Algorithm::Winograd { conv::winograd } else { conv::forward };
        convolve(isa, &shape, x, packed, &conv::OutputPart { rows, columns }, y, &epilogue, scratch);
    }

    pub(super) fn filter_grad(&self, shape: &ConvShape, algorithm: Algorithm, cut: &FilterCut, tasks: Range<usize>) {
        let (x, dy) = (self.input(0), self.input(1));
        if algorithm == Algorithm::Depthwise {
            let dw = self.output(0);
            return conv::depthwise_filter_grad(self.run.isa, shape, x, dy, dw, self.accumulate, self.scratch());
        }
        let gradient = if algorithm == Algorithm::Winograd { conv::winograd_filter_grad } else { conv::filter_grad };
        let strides = self.instr.outputs[0].layout.strides();
        for task in tasks {
            let part = cut.part(shape, task);
            let dims = [part.rows.len(), shape.kernel_w, part.inputs.len(), part.outputs.len()];
            let first: usize = [part.rows.start, 0, part.inputs.start, part.outputs.start]
                .iter()
                .zip(strides)
                .map(|(&index, &stride)| index * stride.unsigned_abs())
                .sum();
            let dw = self.part(0, &Layout::strided(&dims, strides), first as isize);
            gradient(self.run.isa, shape, x, dy, &part, dw, self.accumulate, self.scratch());
        }
    }
}
