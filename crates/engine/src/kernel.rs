//! Hands each kernel the views of its task.

mod contraction;
mod lookup;

use std::ops::Range;

use hornbeam_graph::ops::random::RandomKind;
use hornbeam_kernels::rows::layer_norm::layer_norm_sums;
use hornbeam_kernels::{Elem, Layout, View, ViewMut};
use hornbeam_kernels::{conv, copy, elementwise, gather, pool, random, reduce, softmax};

use crate::arena::Position;
use crate::exec::Run;
use crate::instr::{Instr, Kernel, Operand};

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

/// As [`share`], in whole cache lines of 32-bit elements: a vector of 64 bytes that lies across two lines costs twice the loads and stores.
fn share_lines(len: usize, tasks: &Range<usize>, of: usize) -> Range<usize> {
    const LINE: usize = 16;
    let lines = share(len.div_ceil(LINE), tasks, of);
    (lines.start * LINE).min(len)..(lines.end * LINE).min(len)
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
        let streamed = self.instr.streamed >> i & 1 == 1;
        self.run.frame.view_mut(&operand.slot, self.at, operand.elem, layout, start).streamed(streamed)
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
            Kernel::MatMul { right, tail, tile, after } => {
                self.matmul(*right, tail, *tile, after.as_ref(), tasks, of);
            }
            Kernel::PackMatrix => self.pack_matrix(&tasks, of),
            Kernel::PackFilter { shape, winograd } => {
                let pack = if *winograd { conv::pack_winograd_filter } else { conv::pack_filter };
                pack(isa, shape, self.input(0), floats(&mut self.output(0)));
            }
            Kernel::PackFilterTransposed { shape, winograd } => {
                let pack = if *winograd { conv::pack_winograd_filter_transposed } else { conv::pack_filter_transposed };
                pack(isa, shape, self.input(0), floats(&mut self.output(0)));
            }
            Kernel::Conv { .. } | Kernel::ConvInputGrad { .. } => self.conv(tasks, of),
            Kernel::ConvFilterGrad { shape, algorithm, cut } => self.filter_grad(shape, *algorithm, cut, tasks),
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
            Kernel::LayerNormSums => {
                let columns = self.instr.outputs[0].layout.dims()[1];
                let part = share_lines(columns, &tasks, of);
                let layout = Layout::strided(&[2, part.len()], &[columns as isize, 1]);
                let out = self.part(0, &layout, part.start as isize);
                let operands = std::array::from_fn(|i| self.input(i));
                layer_norm_sums(isa, operands, out, part, self.accumulate);
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
                let part = share_lines(total, &tasks, of);
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
                let part = share_lines(len, &tasks, of);
                let out = self.part(0, &Layout::contiguous(&[part.len()]), part.start as isize);
                gather::sum_tree(isa, self.input(0), out, part);
            }
            Kernel::Rows { kernel, rows, shared } => return self.by_rows(&**kernel, *rows, *shared, &tasks, of),
            Kernel::Control(_) => unreachable!("control flow runs from the stage"),
        }
        Ok(())
    }

    fn elementwise(
        &self,
        code: &elementwise::Prepared,
        dims: &[usize],
        origin: usize,
        tasks: &Range<usize>,
        of: usize,
    ) {
        let range = share_lines(dims.iter().product(), tasks, of);
        self.with_inputs(&mut |inputs| {
            self.with_outputs(&range, &mut |outputs| {
                code.run(self.run.isa, dims, inputs, outputs, range.clone(), origin);
            });
        });
    }

    /// Calls `run` with the views of all inputs. Of small programs, making views is a good part, so the usual numbers of them are made
    /// without any to spare.
    fn with_inputs(&self, run: &mut dyn FnMut(&[View<'a>])) {
        macro_rules! exactly {
            ($([$($index:literal)*])*) => {
                match self.instr.inputs.len() {
                    $(count if count == [$($index),*].len() => run(&[$(self.input($index)),*]),)*
                    count => {
                        let spare: [View; elementwise::MAX_INPUTS] =
                            std::array::from_fn(|i| if i < count { self.input(i) } else { nothing() });
                        run(&spare[..count]);
                    }
                }
            };
        }
        exactly!([0] [0 1] [0 1 2] [0 1 2 3] [0 1 2 3 4] [0 1 2 3 4 5] [0 1 2 3 4 5 6] [0 1 2 3 4 5 6 7]);
    }

    /// Calls `run` with elements `range` of all outputs, which are contiguous.
    fn with_outputs(&self, range: &Range<usize>, run: &mut dyn FnMut(&mut [ViewMut<'a>])) {
        let flat = Layout::contiguous(&[range.len()]);
        let part = |i: usize| self.part(i, &flat, range.start as isize);
        macro_rules! exactly {
            ($([$($index:literal)*])*) => {
                match self.instr.outputs.len() {
                    $(count if count == [$($index),*].len() => run(&mut [$(part($index)),*]),)*
                    count => {
                        let mut spare: [ViewMut; elementwise::MAX_OUTPUTS] =
                            std::array::from_fn(|i| if i < count { part(i) } else { nowhere() });
                        run(&mut spare[..count]);
                    }
                }
            };
        }
        exactly!([0] [0 1] [0 1 2]);
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
        let by_outer = outer > 1;
        let outer_range = if by_outer { share(outer, tasks, of) } else { 0..outer };
        let inner_range = if by_outer { 0..inner } else { share_lines(inner, tasks, of) };
        let layout = Layout::strided(&[outer_range.len(), inner_range.len()], &[inner as isize, 1]);
        let what = reduce::Reduce { kind, code, dims, axes: axes.clone(), accumulate: self.accumulate, origin };
        self.with_inputs(&mut |inputs| {
            let out = self.part(0, &layout, (outer_range.start * inner + inner_range.start) as isize);
            reduce::reduce(self.run.isa, &what, inputs, out, outer_range.clone(), inner_range.clone());
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_all_and_begin_at_lines() {
        for (len, of) in [(0, 3), (1, 4), (16, 4), (100, 3), (1000, 7), (25_000, 255)] {
            let mut end = 0;
            for task in 0..of {
                let part = share_lines(len, &(task..task + 1), of);
                assert_eq!(part.start, end, "task {task} of {of} of {len}");
                assert!(part.is_empty() || part.start.is_multiple_of(16));
                end = part.end;
            }
            assert_eq!(end, len);
        }
    }
}
