//! Matrix products.

mod cases;
mod einsum;
mod tensordot;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Rule, Vjp, movement, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;
pub use einsum::einsum;
pub use tensordot::tensordot;

/// `(a, b)`: `[..., m, k] x [..., k, n] -> [..., m, n]`, leading dims broadcast. A flag says that the operand is stored with
/// its last two axes swapped. float32; both of rank 2 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatMul {
    /// `a` is stored `[..., k, m]`.
    pub transpose_a: bool,
    /// `b` is stored `[..., n, k]`.
    pub transpose_b: bool,
}

impl MatMul {
    /// `(m, k)` of `a` and `(k, n)` of `b`.
    fn sizes(&self, a: Shape, b: Shape) -> ([usize; 2], [usize; 2]) {
        let last = |shape: Shape, swapped: bool| {
            let (rows, columns) = (shape[shape.rank() - 2], shape[shape.rank() - 1]);
            if swapped { [columns, rows] } else { [rows, columns] }
        };
        (last(a, self.transpose_a), last(b, self.transpose_b))
    }
}

impl Rule for MatMul {
    fn name(&self) -> &'static str {
        "matMul"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [a, b] = operands("matMul", inputs)?;
        require_dtype("matMul", a, &[DType::F32])?;
        require_dtype("matMul", b, &[DType::F32])?;
        if a.shape.rank() < 2 || b.shape.rank() < 2 {
            return Err(Error::shape(format!(
                "matMul takes tensors of rank 1 or more, a vector only where it is not transposed; got shapes {} and {}",
                a.shape, b.shape
            )));
        }
        let ([m, k], [k_of_b, n]) = self.sizes(a.shape, b.shape);
        if k != k_of_b {
            let written = |ty: TensorType, swapped| format!("{}{}", ty.shape, if swapped { " transposed" } else { "" });
            return Err(Error::shape(format!(
                "matMul: inner dimensions differ: {k} of {} and {k_of_b} of {}",
                written(a, self.transpose_a),
                written(b, self.transpose_b)
            )));
        }
        let leading = |shape: Shape| Shape::new(&shape[..shape.rank() - 2]);
        let batch = leading(a.shape)?.broadcast(&leading(b.shape)?).ok_or_else(|| {
            Error::shape(format!("matMul: leading dimensions of shapes {} and {} do not broadcast", a.shape, b.shape))
        })?;
        Ok(vec![TensorType::new(Shape::new(&[&batch[..], &[m, n]].concat())?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (a, b, dy) = (&ctx.inputs[0], &ctx.inputs[1], ctx.cotangent());
        let da = match self.transpose_a {
            false => matmul(dy, b, false, !self.transpose_b)?,
            true => matmul(b, dy, self.transpose_b, true)?,
        };
        let db = match self.transpose_b {
            false => matmul(a, dy, !self.transpose_a, false)?,
            true => matmul(dy, a, true, self.transpose_a)?,
        };
        Ok(vec![Some(da), Some(db)])
    }

    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        let ([_, k], _) = self.sizes(inputs[0].shape, inputs[1].shape);
        2 * k as u64 * outputs[0].shape.size() as u64
    }
}

/// `a b`, either stored transposed in its last two axes; leading axes broadcast. A vector on the left is a row, on the
/// right a column, whose axis the result has not (NumPy's rule).
///
/// A batch of matrices times one matrix becomes one tall product: the same numbers, larger tiles, and a gradient of
/// `b` that needs no copy of it a sample.
pub fn matmul(a: &Tensor, b: &Tensor, transpose_a: bool, transpose_b: bool) -> Result<Tensor> {
    let op = MatMul { transpose_a, transpose_b };
    let rank = a.shape().rank();
    if rank == 1 && b.shape().rank() >= 1 && !transpose_a {
        let row = movement::reshape_to(a, Shape::new(&[1, a.shape()[0]])?)?;
        // Before the last axis; at the end when the right-hand side is a vector and has left none behind it.
        let from_end = if b.shape().rank() == 1 { 1 } else { 2 };
        return without_axis(&matmul(&row, b, false, transpose_b)?, from_end);
    }
    if b.shape().rank() == 1 && rank >= 1 && !transpose_b {
        let column = movement::reshape_to(b, Shape::new(&[b.shape()[0], 1])?)?;
        return without_axis(&matmul(a, &column, transpose_a, false)?, 1);
    }
    if rank <= 2 || b.shape().rank() != 2 || transpose_a {
        return Tensor::apply1(op.into(), vec![a.clone(), b.clone()]);
    }
    let result = op.infer(&[a.ty(), b.ty()])?[0].shape;
    let rows = a.shape()[..rank - 1].iter().product();
    let tall = movement::reshape_to(a, Shape::new(&[rows, a.shape()[rank - 1]])?)?;
    movement::reshape_to(&Tensor::apply1(op.into(), vec![tall, b.clone()])?, result)
}

/// `x` without its axis of one element, `from_end` axes before the end.
fn without_axis(x: &Tensor, from_end: usize) -> Result<Tensor> {
    let mut dims = x.shape().to_vec();
    dims.remove(dims.len() - from_end);
    movement::reshape_to(x, Shape::new(&dims)?)
}
