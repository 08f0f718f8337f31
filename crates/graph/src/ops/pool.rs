//! Pooling in two dimensions, NHWC, with the gradients. One, two and three dimensions are made of it in [`build`].

pub mod build;
mod cases;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::conv::rank4;
use crate::ops::{Rule, Vjp, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;

/// Geometry of pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolWindow {
    /// Height and width of the window; at most 256 cells for a maximum.
    pub size: [usize; 2],
    /// Steps of the window, at least 1.
    pub strides: [usize; 2],
    /// Cells of padding before the first and after the last row; never chosen, never counted.
    pub pad_h: [usize; 2],
    /// Cells of padding before the first and after the last column.
    pub pad_w: [usize; 2],
    /// Steps between the cells of a window, at least 1.
    pub dilation: [usize; 2],
}

/// `x [n, h, w, c] -> (y [n, oh, ow, c], indices uint8 [n, oh, ow, c])`: the largest element of every window and its position
/// in the window, row-major, the first of equals. NaN propagates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaxPool2D {
    /// Window, strides, padding.
    pub window: PoolWindow,
}

/// `(indices, dy) -> dx [n, h, w, c]`: every cotangent goes to the element that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaxPool2DGrad {
    /// Window, strides, padding.
    pub window: PoolWindow,
    /// Height and width of the pooled input.
    pub input: [usize; 2],
}

/// `(indices, g [n, h, w, c]) -> [n, oh, ow, c]`: the elements of `g` where the pooled input was chosen; the transpose of [`MaxPool2DGrad`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaxPool2DGather {
    /// Window, strides, padding.
    pub window: PoolWindow,
}

/// The mean of every window's real cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AvgPool2D {
    /// Window, strides, padding.
    pub window: PoolWindow,
}

/// `dy -> dx [n, h, w, c]`: the transpose of [`AvgPool2D`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AvgPool2DGrad {
    /// Window, strides, padding.
    pub window: PoolWindow,
    /// Height and width of the pooled input.
    pub input: [usize; 2],
}

impl PoolWindow {
    /// Height and width of the result for an input of the given height and width.
    ///
    /// # Errors
    /// Config: a window of no cells, a stride or dilation of 0, padding that could fill a whole window.
    /// Shape: the window is larger than the padded input, or the input is empty.
    pub fn output(&self, name: &str, input: [usize; 2]) -> Result<[usize; 2]> {
        if self.size.contains(&0) || self.strides.contains(&0) || self.dilation.contains(&0) {
            return Err(Error::config(format!(
                "{name}: windows have at least 1 cell and strides and dilation of at least 1, got window {:?}, strides {:?} and dilation {:?}",
                self.size, self.strides, self.dilation
            )));
        }
        let mut result = [0; 2];
        for (axis, positions) in result.iter_mut().enumerate() {
            *positions = self.positions(name, axis, input)?;
        }
        Ok(result)
    }

    fn positions(&self, name: &str, axis: usize, input: [usize; 2]) -> Result<usize> {
        let (size, stride, dilation) = (self.size[axis], self.strides[axis], self.dilation[axis]);
        let (dim, pad) = (input[axis], [self.pad_h, self.pad_w][axis]);
        let reach = (size - 1).saturating_mul(dilation).saturating_add(1);
        // With less padding than window every window holds a real cell: no maximum or mean of nothing.
        if pad[0] >= reach || pad[1] >= reach {
            return Err(Error::config(format!("{name}: padding {pad:?} must be smaller than the window, {reach}")));
        }
        let room = (dim + pad[0] + pad[1]).checked_sub(reach).filter(|_| dim > 0);
        let room = room.ok_or_else(|| {
            Error::shape(format!(
                "{name}: a window of {:?} does not fit an input of {input:?} padded by {:?} and {:?}",
                self.size, self.pad_h, self.pad_w
            ))
        })?;
        let count = room / stride + 1;
        // The gaps of a dilated one could fall on all that is real.
        let is_real = |at: usize| {
            (0..size).any(|cell| (at * stride + cell * dilation).checked_sub(pad[0]).is_some_and(|cell| cell < dim))
        };
        if dilation > 1 && !(0..count).all(is_real) {
            return Err(Error::config(format!(
                "{name}: a window of {size} cells {dilation} apart holds none of the {dim} cells padded by {pad:?}"
            )));
        }
        Ok(count)
    }
}

const NHWC: &str = "[batch, height, width, channels]";

/// The type of the cotangent of pooling `input`, checked against what was given.
fn check_pooled(name: &str, window: &PoolWindow, input: [usize; 2], given: TensorType) -> Result<[usize; 4]> {
    let dims = <[usize; 4]>::try_from(&given.shape[..])
        .map_err(|_| Error::shape(format!("{name}: tensors have rank 4, {NHWC}, got shape {}", given.shape)))?;
    let expected = window.output(name, input)?;
    if [dims[1], dims[2]] != expected {
        return Err(Error::shape(format!(
            "{name}: pooling an input of {input:?} gives {expected:?}, got shape {}",
            given.shape
        )));
    }
    Ok(dims)
}

impl Rule for MaxPool2D {
    fn name(&self) -> &'static str {
        "maxPool2d"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("maxPool2d", inputs)?;
        let [n, h, w, c] = rank4("maxPool2d", "the input", x, NHWC)?;
        let [oh, ow] = self.window.output("maxPool2d", [h, w])?;
        if self.window.size[0].saturating_mul(self.window.size[1]) > 256 {
            let size = self.window.size;
            return Err(Error::config(format!("maxPool2d: windows have at most 256 cells, got window {size:?}")));
        }
        let shape = Shape::new(&[n, oh, ow, c])?;
        Ok(vec![TensorType::new(shape, DType::F32), TensorType::new(shape, DType::U8)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let Some(dy) = &ctx.cotangents[0] else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(max_pool2d_grad(&ctx.outputs[1], dy, self.window, plane(&ctx.inputs[0]))?)])
    }

    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        cells(&self.window, outputs[0])
    }
}

impl Rule for MaxPool2DGrad {
    fn name(&self) -> &'static str {
        "maxPool2dGrad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [indices, dy] = operands("maxPool2dGrad", inputs)?;
        check_indices("maxPool2dGrad", indices)?;
        require_dtype("maxPool2dGrad", dy, &[DType::F32])?;
        let [n, _, _, c] = check_pooled("maxPool2dGrad", &self.window, self.input, dy)?;
        if indices.shape != dy.shape {
            return Err(Error::shape(format!(
                "maxPool2dGrad: indices and cotangent have one shape, got {} and {}",
                indices.shape, dy.shape
            )));
        }
        Ok(vec![TensorType::new(Shape::new(&[n, self.input[0], self.input[1], c])?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, Some(max_pool2d_gather(&ctx.inputs[0], ctx.cotangent(), self.window)?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        inputs[1].shape.size() as u64
    }
}

impl Rule for MaxPool2DGather {
    fn name(&self) -> &'static str {
        "maxPool2dGather"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [indices, g] = operands("maxPool2dGather", inputs)?;
        check_indices("maxPool2dGather", indices)?;
        let [n, h, w, c] = rank4("maxPool2dGather", "the input", g, NHWC)?;
        let dims = check_pooled("maxPool2dGather", &self.window, [h, w], indices)?;
        if [dims[0], dims[3]] != [n, c] {
            return Err(Error::shape(format!(
                "maxPool2dGather: indices {} do not belong to an input of shape {}",
                indices.shape, g.shape
            )));
        }
        Ok(vec![TensorType::new(indices.shape, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (indices, g) = (&ctx.inputs[0], &ctx.inputs[1]);
        Ok(vec![None, Some(max_pool2d_grad(indices, ctx.cotangent(), self.window, plane(g))?)])
    }
}

impl Rule for AvgPool2D {
    fn name(&self) -> &'static str {
        "avgPool2d"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("avgPool2d", inputs)?;
        let [n, h, w, c] = rank4("avgPool2d", "the input", x, NHWC)?;
        let [oh, ow] = self.window.output("avgPool2d", [h, w])?;
        Ok(vec![TensorType::new(Shape::new(&[n, oh, ow, c])?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(avg_pool2d_grad(ctx.cotangent(), self.window, plane(&ctx.inputs[0]))?)])
    }

    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        cells(&self.window, outputs[0])
    }
}

impl Rule for AvgPool2DGrad {
    fn name(&self) -> &'static str {
        "avgPool2dGrad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [dy] = operands("avgPool2dGrad", inputs)?;
        require_dtype("avgPool2dGrad", dy, &[DType::F32])?;
        let [n, _, _, c] = check_pooled("avgPool2dGrad", &self.window, self.input, dy)?;
        Ok(vec![TensorType::new(Shape::new(&[n, self.input[0], self.input[1], c])?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(avg_pool2d(ctx.cotangent(), self.window)?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        cells(&self.window, inputs[0])
    }
}

fn check_indices(name: &str, indices: TensorType) -> Result<()> {
    require_dtype(&format!("{name} (indices)"), indices, &[DType::U8])
}

/// One operation a cell of every window.
fn cells(window: &PoolWindow, pooled: TensorType) -> u64 {
    (window.size[0] * window.size[1]) as u64 * pooled.shape.size() as u64
}

/// Height and width.
fn plane(x: &Tensor) -> [usize; 2] {
    [x.shape()[1], x.shape()[2]]
}

/// The largest element of every window; its position is the [sibling](Tensor::sibling) 1 of the result.
pub fn max_pool2d(x: &Tensor, window: PoolWindow) -> Result<Tensor> {
    Ok(Tensor::apply(MaxPool2D { window }.into(), vec![x.clone()])?.swap_remove(0))
}

/// See [`MaxPool2DGrad`].
pub fn max_pool2d_grad(indices: &Tensor, dy: &Tensor, window: PoolWindow, input: [usize; 2]) -> Result<Tensor> {
    Tensor::apply1(MaxPool2DGrad { window, input }.into(), vec![indices.clone(), dy.clone()])
}

/// See [`MaxPool2DGather`].
pub fn max_pool2d_gather(indices: &Tensor, g: &Tensor, window: PoolWindow) -> Result<Tensor> {
    Tensor::apply1(MaxPool2DGather { window }.into(), vec![indices.clone(), g.clone()])
}

/// See [`AvgPool2D`].
pub fn avg_pool2d(x: &Tensor, window: PoolWindow) -> Result<Tensor> {
    Tensor::apply1(AvgPool2D { window }.into(), vec![x.clone()])
}

/// See [`AvgPool2DGrad`].
pub fn avg_pool2d_grad(dy: &Tensor, window: PoolWindow, input: [usize; 2]) -> Result<Tensor> {
    Tensor::apply1(AvgPool2DGrad { window, input }.into(), vec![dy.clone()])
}
