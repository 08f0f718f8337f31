//! Kernels that can find bad data, and independent rows.

use std::ops::Range;

use hornbeam_kernels::rows::RowKernel;
use hornbeam_kernels::{Layout, View, ViewMut};
use hornbeam_kernels::{copy, gather, softmax};

use super::{Bad, Context, matrix, nothing, nowhere, share};

impl Context<'_> {
    pub(super) fn by_rows(
        &self,
        kernel: &dyn RowKernel,
        rows: usize,
        shared: u32,
        tasks: &Range<usize>,
        of: usize,
    ) -> std::result::Result<(), Bad> {
        let part = share(rows, tasks, of);
        if part.is_empty() {
            return Ok(());
        }
        let (inputs, outputs) = (&self.instr.inputs, &self.instr.outputs);
        let views: [View; 8] = std::array::from_fn(|i| match inputs.get(i) {
            Some(input) if shared >> i & 1 == 1 => self.look(input),
            Some(input) => self.look(input).narrow(0, part.start, part.len()),
            None => nothing(),
        });
        let mut results: [ViewMut; 4] = std::array::from_fn(|i| match outputs.get(i) {
            Some(output) => {
                let length = output.layout.len() / rows;
                self.part(i, &Layout::contiguous(&[part.len(), length]), (part.start * length) as isize)
            }
            None => nowhere(),
        });
        // Rows of a sample share its number.
        let per_sample = (rows / outputs[0].layout.dims().first().copied().unwrap_or(1).max(1)).max(1);
        let first = self.at.row * per_sample + part.start;
        let (views, results) = (&views[..inputs.len()], &mut results[..outputs.len()]);
        kernel
            .run(self.run.isa, first, views, results, self.scratch())
            .map_err(|bad| Bad { row: (part.start + bad.row) / per_sample, message: bad.message })
    }

    pub(super) fn cross_entropy(&self, tasks: &Range<usize>, of: usize) -> std::result::Result<(), Bad> {
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

    pub(super) fn gather(&self, per_row: usize, tasks: &Range<usize>, of: usize) -> std::result::Result<(), Bad> {
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

    pub(super) fn scatter_add(&self) -> std::result::Result<(), Bad> {
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
    pub(super) fn clamped(&self, first: usize, dims: &[usize], size: &[usize]) -> [usize; 8] {
        let mut starts = [0; 8];
        for axis in 0..dims.len() {
            let at = self.input(first + axis).as_slice::<i32>().map_or(0, |s| s[0]);
            starts[axis] = (at.max(0) as usize).min(dims[axis] - size[axis]);
        }
        starts
    }
}
