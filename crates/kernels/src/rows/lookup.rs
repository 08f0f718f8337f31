//! Look-ups and writes whose positions are data and differ from row to row.

use super::{BadRow, RowKernel};
use crate::{Elem, Isa, Scalar, View, ViewMut};

/// `x [rows, n * inner]` (or, when all rows look up the same, in its own shape of `n * inner` elements) and `ids [rows, k]`
/// (I32) to `y [rows, k * inner]`: the slices of `inner` elements that the ids name. Any element type.
#[derive(Debug)]
pub struct GatherRows {
    /// Slices of a row.
    pub n: usize,
    /// Elements of a slice.
    pub inner: usize,
    /// Whether all rows look up the same `x`.
    pub shared: bool,
}

/// What an update does to the element that it meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Is added.
    Add,
    /// Replaces it.
    Set,
    /// The larger stays; NaN wins.
    Max,
    /// The smaller stays; NaN wins.
    Min,
    /// Is multiplied.
    Mul,
}

/// `x [rows, n * inner]`, `ids [rows, k]` (I32), `updates [rows, k * inner]` to `y [rows, n * inner]`: a copy of `x` with each
/// update combined, in order, into the slice that its id names. F32 or I32; `Set` any element type.
#[derive(Debug)]
pub struct ScatterRows {
    /// How.
    pub kind: Meeting,
    /// Slices of a row.
    pub n: usize,
    /// Elements of a slice.
    pub inner: usize,
}

/// `indices [rows, m]` (I32), each an index of the `m` axes of `dims`, to `positions [rows, 1]` (I32), row-major.
#[derive(Debug)]
pub struct RavelRows {
    /// The shape indexed.
    pub dims: Vec<usize>,
}

/// The bytes of a dense view.
fn bytes<'a>(view: &View<'a>) -> &'a [u8] {
    assert!(view.layout().is_contiguous(), "rows are dense");
    // SAFETY: the view's elements are readable for 'a and lie without gaps; bytes have no alignment.
    unsafe { std::slice::from_raw_parts(view.as_bytes_ptr(), view.len() * view.elem().size()) }
}

/// The bytes of a dense view, to be written with bit patterns of its element type only.
fn bytes_mut<'v>(view: &'v mut ViewMut<'_>) -> &'v mut [u8] {
    assert!(view.layout().is_contiguous(), "rows are dense");
    let len = view.len() * view.elem().size();
    // SAFETY: the view's elements are this view's alone and lie without gaps; the slice borrows the view.
    unsafe { std::slice::from_raw_parts_mut(view.as_bytes_mut_ptr(), len) }
}

/// The id at `position` of all rows, where rows of `k` begin with row `first` of the tensor.
fn checked(id: i32, n: usize, position: usize, k: usize, first: usize) -> Result<usize, BadRow> {
    match usize::try_from(id) {
        Ok(id) if id < n => Ok(id),
        _ => Err(BadRow {
            row: position / k,
            message: format!("index {id} at position {} is out of range 0 to {}", first * k + position, n as i64 - 1),
        }),
    }
}

impl RowKernel for GatherRows {
    fn run(&self, _: Isa, first: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let [rows, k] = *inputs[1].dims() else { panic!("ids are [rows, k]") };
        let ids = inputs[1].as_slice::<i32>().expect("rows are dense");
        let slice = self.inner * inputs[0].elem().size();
        let (x, y) = (bytes(&inputs[0]), bytes_mut(&mut outputs[0]));
        for position in 0..rows * k {
            let row = if self.shared { 0 } else { position / k };
            let at = row * self.n + checked(ids[position], self.n, position, k, first)?;
            y[position * slice..(position + 1) * slice].copy_from_slice(&x[at * slice..(at + 1) * slice]);
        }
        Ok(())
    }
}

impl ScatterRows {
    fn combine<T: Scalar>(
        &self,
        first: usize,
        [ids, updates]: [&View; 2],
        y: &mut ViewMut,
        combine: impl Fn(T, T) -> T,
    ) -> Result<(), BadRow> {
        let [rows, k] = *ids.dims() else { panic!("ids are [rows, k]") };
        let ids = ids.as_slice::<i32>().expect("rows are dense");
        let updates = updates.as_slice::<T>().expect("rows are dense");
        let y = y.as_mut_slice::<T>().expect("rows are dense");
        let inner = self.inner;
        for position in 0..rows * k {
            let at = position / k * self.n + checked(ids[position], self.n, position, k, first)?;
            let updates = &updates[position * inner..(position + 1) * inner];
            for (y, &update) in y[at * inner..(at + 1) * inner].iter_mut().zip(updates) {
                *y = combine(*y, update);
            }
        }
        Ok(())
    }

    fn set(&self, first: usize, [ids, updates]: [&View; 2], y: &mut ViewMut) -> Result<(), BadRow> {
        let [rows, k] = *ids.dims() else { panic!("ids are [rows, k]") };
        let ids = ids.as_slice::<i32>().expect("rows are dense");
        let slice = self.inner * updates.elem().size();
        let (updates, y) = (bytes(updates), bytes_mut(y));
        for position in 0..rows * k {
            let at = position / k * self.n + checked(ids[position], self.n, position, k, first)?;
            y[at * slice..(at + 1) * slice].copy_from_slice(&updates[position * slice..(position + 1) * slice]);
        }
        Ok(())
    }
}

impl RowKernel for ScatterRows {
    fn run(&self, _: Isa, first: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let y = &mut outputs[0];
        bytes_mut(y).copy_from_slice(bytes(&inputs[0]));
        let operands = [&inputs[1], &inputs[2]];
        let float = inputs[0].elem() == Elem::F32;
        match self.kind {
            Meeting::Set => self.set(first, operands, y),
            Meeting::Add if float => self.combine(first, operands, y, |a: f32, b: f32| a + b),
            Meeting::Mul if float => self.combine(first, operands, y, |a: f32, b: f32| a * b),
            Meeting::Max if float => {
                self.combine(first, operands, y, |a: f32, b: f32| if b > a || b.is_nan() { b } else { a })
            }
            Meeting::Min if float => {
                self.combine(first, operands, y, |a: f32, b: f32| if b < a || b.is_nan() { b } else { a })
            }
            Meeting::Add => self.combine(first, operands, y, i32::wrapping_add),
            Meeting::Mul => self.combine(first, operands, y, i32::wrapping_mul),
            Meeting::Max => self.combine(first, operands, y, |a: i32, b: i32| a.max(b)),
            Meeting::Min => self.combine(first, operands, y, |a: i32, b: i32| a.min(b)),
        }
    }
}

impl RowKernel for RavelRows {
    fn run(&self, _: Isa, first: usize, inputs: &[View], outputs: &mut [ViewMut], _: &mut [f32]) -> Result<(), BadRow> {
        let indices = inputs[0].as_slice::<i32>().expect("rows are dense");
        let positions = outputs[0].as_mut_slice::<i32>().expect("rows are dense");
        let axes = self.dims.len();
        for (row, position) in positions.iter_mut().enumerate() {
            let index = &indices[row * axes..(row + 1) * axes];
            let mut flat = 0;
            for (&at, &dim) in index.iter().zip(&self.dims) {
                flat = match usize::try_from(at) {
                    Ok(at) if at < dim => flat * dim + at,
                    _ => {
                        let message =
                            format!("index {index:?} at position {} is outside of shape {:?}", first + row, self.dims);
                        return Err(BadRow { row, message });
                    }
                };
            }
            *position = flat as i32;
        }
        Ok(())
    }
}
