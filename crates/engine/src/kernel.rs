//! Hands each kernel the views of its task.

use std::ops::Range;

use hornbeam_graph::ops::random::RandomKind;
use hornbeam_kernels::gemm::Epilogue;
use hornbeam_kernels::{Elem, Layout, View, ViewMut};
use hornbeam_kernels::{conv, copy, elementwise, gather, gemm, pool, random, reduce, softmax};

use crate::arena::Position;
use crate::exec::Run;
use crate::instr::{Instr, Kernel, Operand, RightHand, TailInputs};

/// Bad data that a kernel found.
pub struct Bad {
    /// The row within the chunk.
    pub row: usize,
    /// What is wrong.
    pub message: String,
}

/// Runs tasks `tasks` of the `of` tasks of an instruction.
///
/// # Errors
/// Bad data.
pub fn run(
    run: &Run,
    instr: &Instr,
    at: Position,
    tasks: Range<usize>,
    of: usize,
    accumulate: bool,
) -> std::result::Result<(), Bad> {
    let context = Context { run, instr, at, accumulate };
    let result = context.kernel(tasks, of);
    #[cfg(debug_assertions)]
    run.frame.release(context.owner());
    result
}

struct Context<'a> {
    run: &'a Run<'a>,
    instr: &'a Instr,
    at: Position,
    accumulate: bool,
}

/// Share `tasks` of `of` of `len` items.
fn share(len: usize, tasks: &Range<usize>, of: usize) -> Range<usize> {
    len * tasks.start / of..len * tasks.end / of
}

fn nothing<'a>() -> View<'a> {
    View::from_slice::<f32>(&[], &[0])
}

fn nowhere<'a>() -> ViewMut<'a> {
    ViewMut::from_slice::<f32>(&mut [], &[0])
}

impl<'a> Context<'a> {
    fn input(&self, i: usize) -> View<'a> {
        self.look(&self.instr.inputs[i])
    }

    fn look(&self, operand: &Operand) -> View<'a> {
        self.run.frame.view(&operand.slot, self.at, operand.elem, &operand.layout, operand.start)
    }

    fn output(&self, i: usize) -> ViewMut<'a> {
        let operand = &self.instr.outputs[i];
        self.part(i, &operand.layout, operand.start)
    }

    /// Names this task while it runs.
    #[cfg(debug_assertions)]
    fn owner(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Part of an output.
    fn part(&self, i: usize, layout: &Layout, start: isize) -> ViewMut<'a> {
        let operand = &self.instr.outputs[i];
        #[cfg(debug_assertions)]
        self.run.frame.claim(&operand.slot, self.at, operand.elem, layout, start, self.owner());
        self.run.frame.view_mut(&operand.slot, self.at, operand.elem, layout, start)
    }

    /// Rows `range` of an output's leading axis.
    fn rows(&self, i: usize, range: &Range<usize>) -> ViewMut<'a> {
        let layout = &self.instr.outputs[i].layout;
        let mut dims = [0; 8];
        let dims = &mut dims[..layout.dims().len()];
        dims.copy_from_slice(layout.dims());
        dims[0] = range.len();
        self.part(i, &Layout::strided(dims, layout.strides()), range.start as isize * layout.strides()[0])
    }

    fn input_rows(&self, i: usize, range: &Range<usize>) -> View<'a> {
        self.input(i).narrow(0, range.start, range.len())
    }

    fn scratch(&self) -> &'a mut [f32] {
        self.run.frame.scratch(self.at.worker, self.instr.scratch)
    }

    fn kernel(&self, tasks: Range<usize>, of: usize) -> std::result::Result<(), Bad> {
        let isa = self.run.isa;
        match &self.instr.kernel {
            Kernel::Elementwise { code, dims, rows } => self.elementwise(code, dims, rows * self.at.row, &tasks, of),
            Kernel::Reduce { kind, code, dims, axes, rows } => {
                self.reduce(*kind, code, dims, axes, rows * self.at.row, &tasks, of);
            }
            Kernel::Copy => self.copy(&tasks, of),
            Kernel::Pad { layout, start, source, source_start } => {
                let value = self.input(1);
                copy::copy(value.with_layout(splat(self.instr.outputs[0].layout.dims())), self.output(0));
                let x = &self.instr.inputs[0];
                let from = self.run.frame.view(&x.slot, self.at, x.elem, source, x.start + source_start);
                copy::copy(from, self.part(0, layout, *start));
            }
            Kernel::Concat { axis } => {
                for task in tasks {
                    let before: usize = self.instr.inputs[..task].iter().map(|o| o.layout.dims()[*axis]).sum();
                    let from = self.input(task);
                    let whole = &self.instr.outputs[0].layout;
                    let layout = Layout::strided(from.dims(), whole.strides());
                    copy::copy(from, self.part(0, &layout, before as isize * whole.strides()[*axis]));
                }
            }
            Kernel::MatMul { right, tail, tile } => self.matmul(*right, tail, *tile, tasks, of),
            Kernel::PackMatrix => self.pack_matrix(&tasks, of),
            Kernel::PackFilter { shape } => {
                conv::pack_filter(isa, shape, self.input(0), floats(&mut self.output(0)));
            }
            Kernel::PackFilterTransposed { shape } => {
                conv::pack_filter_transposed(isa, shape, self.input(0), floats(&mut self.output(0)));
            }
            Kernel::Conv { shape, tail, rows_per_task } => self.conv(shape, tail, *rows_per_task, tasks, of, false),
            Kernel::ConvInputGrad { shape, tail, rows_per_task } => {
                self.conv(shape, tail, *rows_per_task, tasks, of, true)
            }
            Kernel::ConvFilterGrad { shape } => {
                let (x, dy, dw) = (self.input(0), self.input(1), self.output(0));
                conv::filter_grad(isa, shape, x, dy, dw, self.accumulate, self.scratch());
            }
            Kernel::MaxPool { shape } => {
                let images = share(shape.batch, &tasks, of);
                let shape = pool::PoolShape { batch: images.len(), ..*shape };
                let indices = (self.instr.outputs.len() > 1).then(|| self.rows(1, &images));
                pool::max_pool(isa, &shape, self.input_rows(0, &images), self.rows(0, &images), indices);
            }
            Kernel::MaxPoolGrad { shape } => {
                let images = share(shape.batch, &tasks, of);
                let shape = pool::PoolShape { batch: images.len(), ..*shape };
                let (indices, dy) = (self.input_rows(0, &images), self.input_rows(1, &images));
                pool::max_pool_grad(isa, &shape, indices, dy, self.rows(0, &images));
            }
            Kernel::MaxPoolGather { shape } => {
                let images = share(shape.batch, &tasks, of);
                let shape = pool::PoolShape { batch: images.len(), ..*shape };
                let (indices, g) = (self.input_rows(0, &images), self.input_rows(1, &images));
                pool::max_pool_gather(isa, &shape, indices, g, self.rows(0, &images));
            }
            Kernel::AvgPool { shape } => {
                let images = share(shape.batch, &tasks, of);
                let shape = pool::PoolShape { batch: images.len(), ..*shape };
                pool::avg_pool(isa, &shape, self.input_rows(0, &images), self.rows(0, &images));
            }
            Kernel::AvgPoolGrad { shape } => {
                let images = share(shape.batch, &tasks, of);
                let shape = pool::PoolShape { batch: images.len(), ..*shape };
                pool::avg_pool_grad(isa, &shape, self.input_rows(0, &images), self.rows(0, &images));
            }
            Kernel::Softmax { log } => {
                let [rows, columns] = matrix(&self.instr.outputs[0].layout);
                let part = share(rows, &tasks, of);
                let dims = [part.len(), columns];
                let x =
                    self.input(0).with_layout(Layout::contiguous(&[rows, columns])).narrow(0, part.start, part.len());
                let y = self.part(0, &Layout::contiguous(&dims), (part.start * columns) as isize);
                if *log { softmax::log_softmax(isa, x, y) } else { softmax::softmax(isa, x, y) }
            }
            Kernel::SoftmaxCrossEntropy => return self.cross_entropy(&tasks, of),
            Kernel::Gather { rows } => return self.gather(*rows, &tasks, of),
            Kernel::ScatterAdd => return self.scatter_add(),
            Kernel::DynamicSlice => {
                let x = self.input(0);
                let out = self.output(0);
                let start = self.clamped(1, x.dims(), out.dims());
                let offset = dot(&start, x.strides());
                let operand = &self.instr.inputs[0];
                let layout = Layout::strided(out.dims(), x.strides());
                let from = self.run.frame.view(&operand.slot, self.at, operand.elem, &layout, operand.start + offset);
                copy::copy(from, out);
            }
            Kernel::DynamicUpdateSlice => {
                copy::copy(self.input(0), self.output(0));
                let update = self.input(1);
                let whole = &self.instr.outputs[0].layout;
                let start = self.clamped(2, whole.dims(), update.dims());
                let layout = Layout::strided(update.dims(), whole.strides());
                copy::copy(update, self.part(0, &layout, dot(&start, whole.strides())));
            }
            Kernel::Random { kind, draw, per_row } => {
                let total = self.instr.outputs[0].layout.len();
                let part = share(total, &tasks, of);
                let seed = self.input(0).as_slice::<i32>().expect("an int32 pair");
                let counter = self.input(1).as_slice::<i32>().expect("an int32 scalar");
                let key = [seed[0].cast_unsigned(), seed[1].cast_unsigned()];
                let stream = [counter[0].cast_unsigned(), *draw];
                let first = (per_row * self.at.row + part.start) as u64;
                let out = self.part(0, &Layout::contiguous(&[part.len()]), part.start as isize);
                match kind {
                    RandomKind::Bits => random::fill_bits(isa, key, stream, first, out),
                    RandomKind::Uniform => random::uniform(isa, key, stream, first, out),
                    RandomKind::Normal => random::normal(isa, key, stream, first, out),
                    RandomKind::TruncatedNormal => random::truncated_normal(isa, key, stream, first, out),
                }
            }
            Kernel::Combine => {
                let len = self.instr.outputs[0].layout.len();
                let part = share(len, &tasks, of);
                let out = self.part(0, &Layout::contiguous(&[part.len()]), part.start as isize);
                gather::sum_tree(isa, self.input(0), out, part);
            }
            Kernel::Control(_) => unreachable!("control flow runs from the stage"),
        }
        Ok(())
    }

    fn elementwise(&self, code: &elementwise::Code, dims: &[usize], origin: usize, tasks: &Range<usize>, of: usize) {
        let total: usize = dims.iter().product();
        let range = share(total, tasks, of);
        let inputs = &self.instr.inputs;
        let views: [View; 16] =
            std::array::from_fn(|i| if i < inputs.len() { self.look(&inputs[i]) } else { nothing() });
        let flat = Layout::contiguous(&[range.len()]);
        let outputs = self.instr.outputs.len();
        let mut out: [ViewMut; 8] =
            std::array::from_fn(|i| if i < outputs { self.part(i, &flat, range.start as isize) } else { nowhere() });
        elementwise::run(self.run.isa, code, dims, &views[..inputs.len()], &mut out[..outputs], range, origin);
    }

    #[allow(clippy::too_many_arguments)]
    fn reduce(
        &self,
        kind: reduce::Reduction,
        code: &elementwise::Code,
        dims: &[usize],
        axes: &Range<usize>,
        origin: usize,
        tasks: &Range<usize>,
        of: usize,
    ) {
        let outer: usize = dims[..axes.start].iter().product();
        let inner: usize = dims[axes.end..].iter().product();
        let inputs = &self.instr.inputs;
        let views: [View; 16] =
            std::array::from_fn(|i| if i < inputs.len() { self.look(&inputs[i]) } else { nothing() });
        let by_outer = outer > 1;
        let outer_range = if by_outer { share(outer, tasks, of) } else { 0..outer };
        let inner_range = if by_outer { 0..inner } else { share(inner, tasks, of) };
        let layout = Layout::strided(&[outer_range.len(), inner_range.len()], &[inner as isize, 1]);
        let out = self.part(0, &layout, (outer_range.start * inner + inner_range.start) as isize);
        let what = reduce::Reduce { kind, code, dims, axes: axes.clone(), accumulate: self.accumulate, origin };
        reduce::reduce(self.run.isa, &what, &views[..inputs.len()], out, outer_range, inner_range);
    }

    fn copy(&self, tasks: &Range<usize>, of: usize) {
        let to = &self.instr.outputs[0].layout;
        let from = &self.instr.inputs[0];
        if from.layout.dims() == to.dims() && !to.dims().is_empty() {
            let range = share(to.dims()[0], tasks, of);
            copy::copy(self.input_rows(0, &range), self.rows(0, &range));
        } else if tasks.start == 0 {
            // A reshape: the elements in the order of the source's dims.
            let out = self.output(0).with_layout(Layout::contiguous(from.layout.dims()));
            copy::copy(self.input(0), out);
        }
    }

    fn epilogue(
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

    fn matmul(&self, right: RightHand, tail: &TailInputs, tile: [usize; 2], tasks: Range<usize>, of: usize) {
        let out = &self.instr.outputs[0].layout;
        let rank = out.dims().len();
        let batch = &out.dims()[..rank - 2];
        let [m, n] = [out.dims()[rank - 2], out.dims()[rank - 1]];
        let batches: usize = batch.iter().product();
        // A chunk of samples is one task: the whole product of every batch entry.
        let [tile_m, tile_n] = if tasks.len() == of { [m.max(1), n.max(1)] } else { tile };
        let (tiles_m, tiles_n) = (m.div_ceil(tile_m), n.div_ceil(tile_n));
        let tasks = if tasks.len() == of { 0..batches * tiles_m * tiles_n } else { tasks };
        for task in tasks {
            let (entry, at) = (task / (tiles_m * tiles_n), task % (tiles_m * tiles_n));
            let rows = at / tiles_n * tile_m..((at / tiles_n + 1) * tile_m).min(m);
            let columns = at % tiles_n * tile_n..((at % tiles_n + 1) * tile_n).min(n);
            let a = self.matrix(0, batch, entry).narrow(0, rows.start, rows.len());
            let strides = [out.strides()[rank - 2], 1];
            let start = (entry * m * n + rows.start * n + columns.start) as isize;
            let c = self.part(0, &Layout::strided(&[rows.len(), columns.len()], &strides), start);
            let narrow = |view: View<'a>| {
                view.narrow(rank - 2, rows.start, rows.len()).narrow(rank - 1, columns.start, columns.len())
            };
            let epilogue = self.epilogue(tail, narrow, columns.clone());
            match right {
                RightHand::Packed => {
                    let packed = self.input(1).as_slice::<f32>().expect("packed numbers");
                    gemm::gemm_packed_columns(self.run.isa, a, packed, n, columns, c, &epilogue, self.scratch());
                }
                RightHand::Plain => {
                    let b = self.matrix(1, batch, entry).narrow(1, columns.start, columns.len());
                    gemm::gemm(self.run.isa, a, b, c, &epilogue, self.scratch());
                }
            }
        }
    }

    /// Matrix `entry` of an operand whose leading dims are `batch`.
    fn matrix(&self, i: usize, batch: &[usize], entry: usize) -> View<'a> {
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

    fn pack_matrix(&self, tasks: &Range<usize>, of: usize) {
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

    fn conv(
        &self,
        shape: &conv::ConvShape,
        tail: &TailInputs,
        per_task: usize,
        tasks: Range<usize>,
        of: usize,
        grad: bool,
    ) {
        let packed = self.input(1).as_slice::<f32>().expect("a packed filter");
        let out = &self.instr.outputs[0].layout;
        let (height, columns) = (out.dims()[1], out.dims()[3]);
        let part = |images: Range<usize>, rows: Range<usize>| {
            let shape = conv::ConvShape { batch: images.len(), ..*shape };
            let x = self.input_rows(0, &images);
            let dims = [images.len(), rows.len(), out.dims()[2], columns];
            let start = images.start as isize * out.strides()[0] + rows.start as isize * out.strides()[1];
            let y = self.part(0, &Layout::strided(&dims, out.strides()), start);
            let narrow = |v: View<'a>| v.narrow(0, images.start, images.len()).narrow(1, rows.start, rows.len());
            let epilogue = self.epilogue(tail, narrow, 0..columns);
            let scratch = self.scratch();
            if grad {
                conv::input_grad(self.run.isa, &shape, x, packed, rows, y, &epilogue, scratch);
            } else {
                conv::forward(self.run.isa, &shape, x, packed, rows, y, &epilogue, scratch);
            }
        };
        let images = out.dims()[0];
        if tasks.len() == of {
            part(0..images, 0..height);
            return;
        }
        let blocks = height.div_ceil(per_task);
        for task in tasks {
            let (image, block) = (task / blocks, task % blocks);
            part(image..image + 1, block * per_task..((block + 1) * per_task).min(height));
        }
    }

    fn cross_entropy(&self, tasks: &Range<usize>, of: usize) -> std::result::Result<(), Bad> {
        let [rows, columns] = matrix(&self.instr.inputs[0].layout);
        let part = share(rows, tasks, of);
        let logits = self.input(0).with_layout(Layout::contiguous(&[rows, columns])).narrow(0, part.start, part.len());
        let labels = self.input(1).with_layout(Layout::contiguous(&[rows])).narrow(0, part.start, part.len());
        let loss = self.part(0, &Layout::contiguous(&[part.len()]), part.start as isize);
        softmax::softmax_cross_entropy(self.run.isa, logits, labels, loss).map_err(|row| {
            let label = labels.as_slice::<i32>().map_or(0, |all| all[row]);
            // Rows of a sample share its number.
            let per_sample = (rows / self.instr.inputs[0].layout.dims()[0].max(1)).max(1);
            Bad {
                row: (part.start + row) / per_sample,
                message: format!(
                    "label {label} is out of range: there are {columns} classes, so labels are 0 to {}",
                    columns as i64 - 1
                ),
            }
        })
    }

    fn gather(&self, per_row: usize, tasks: &Range<usize>, of: usize) -> std::result::Result<(), Bad> {
        let x = self.input(0);
        let [outer, n, inner] = [x.dims()[0], x.dims()[1], x.dims()[2]];
        let ids = self.input(1);
        let part = share(ids.len(), tasks, of);
        let layout = Layout::strided(&[outer, part.len(), inner], &[(ids.len() * inner) as isize, inner as isize, 1]);
        let out = self.part(0, &layout, (part.start * inner) as isize);
        let ids = ids.narrow(0, part.start, part.len());
        gather::gather(x, ids, out).map_err(|position| {
            let id = ids.as_slice::<i32>().map_or(0, |all| all[position]);
            let row = (part.start + position).checked_div(per_row).unwrap_or(0);
            Bad { row, message: format!("index {id} is out of range 0 to {}", n as i64 - 1) }
        })
    }

    fn scatter_add(&self) -> std::result::Result<(), Bad> {
        let x = self.input(0);
        let whole = Layout::contiguous(x.dims());
        copy::copy(x, self.part(0, &whole, 0));
        let (ids, updates) = (self.input(1), self.input(2));
        let [outer, n, inner] = [x.dims()[0], x.dims()[1], x.dims()[2]];
        for o in 0..outer {
            let out = self.part(0, &Layout::contiguous(&[n, inner]), (o * n * inner) as isize);
            let updates = updates.narrow(0, o, 1).with_layout(Layout::contiguous(&[ids.len(), inner]));
            gather::scatter_add(self.run.isa, out, ids, updates).map_err(|position| {
                let id = ids.as_slice::<i32>().map_or(0, |all| all[position]);
                Bad { row: 0, message: format!("index {id} is out of range 0 to {}", n as i64 - 1) }
            })?;
        }
        Ok(())
    }

    /// Start positions from the scalar operands from `first` on, clamped so that a block of `size` lies inside `dims`.
    fn clamped(&self, first: usize, dims: &[usize], size: &[usize]) -> [usize; 8] {
        let mut starts = [0; 8];
        for axis in 0..dims.len() {
            let at = self.input(first + axis).as_slice::<i32>().map_or(0, |s| s[0]);
            starts[axis] = (at.max(0) as usize).min(dims[axis] - size[axis]);
        }
        starts
    }
}

fn dot(starts: &[usize; 8], strides: &[isize]) -> isize {
    starts.iter().zip(strides).map(|(&s, &stride)| s as isize * stride).sum()
}

/// `[rows, columns]` of a layout seen as a matrix with its last axis as columns.
fn matrix(layout: &Layout) -> [usize; 2] {
    let (last, before) = layout.dims().split_last().expect("rank of at least 1");
    [before.iter().product(), *last]
}

/// All elements the same.
fn splat(dims: &[usize]) -> Layout {
    Layout::strided(dims, &[0; 8][..dims.len()])
}

fn floats<'v>(view: &'v mut ViewMut<'_>) -> &'v mut [f32] {
    debug_assert_eq!(view.elem(), Elem::F32);
    view.as_mut_slice::<f32>().expect("packed memory lies in order")
}
