//! Convolution in two dimensions (cross-correlation, as everywhere in deep learning) and its two gradients, NHWC and HWIO.
//!
//! With `groups = g` the channels are cut into `g` equal groups, and those of the result see the input's of their own group only:
//! `kernel [kh, kw, ci / g, co]`, where output channel `o` reads the input channels of group `o / (co / g)`. `g = ci` is the depthwise
//! convolution. One, two and three dimensions, transposed or not, are made of these three in [`build`].

pub mod build;
mod cases;
mod groups;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Rule, Vjp, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;

/// Geometry of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Steps of the kernel, at least 1: height, width.
    pub strides: [usize; 2],
    /// Steps between taps, at least 1.
    pub dilation: [usize; 2],
    /// Zeros before the first and after the last row.
    pub pad_h: [usize; 2],
    /// Zeros before the first and after the last column.
    pub pad_w: [usize; 2],
}

/// `(x [n, h, w, ci], kernel [kh, kw, ci / groups, co]) -> [n, oh, ow, co]`,
/// `y[n,i,j,o] = sum_{a,b,c} x[n, i*sh + a*dh - ph, j*sw + b*dw - pw, first(o) + c] * kernel[a,b,c,o]`, where `first(o)` is the first
/// input channel of the group of `o`: 0 for one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2D {
    /// Strides, dilation, padding.
    pub window: Window,
    /// Groups of channels, at least 1.
    pub groups: usize,
}

/// `(dy [n, oh, ow, co], kernel) -> dx [n, h, w, ci]`: the transpose of [`Conv2D`] in its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2DInputGrad {
    /// Strides, dilation, padding of the forward convolution.
    pub window: Window,
    /// Height and width of its input.
    pub input: [usize; 2],
    /// Groups of channels.
    pub groups: usize,
}

/// `(x, dy) -> dkernel [kh, kw, ci / groups, co]`: the transpose of [`Conv2D`] in its kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2DFilterGrad {
    /// Strides, dilation, padding of the forward convolution.
    pub window: Window,
    /// Height and width of its kernel.
    pub kernel: [usize; 2],
    /// Groups of channels.
    pub groups: usize,
}

/// Positions of a window of `size` taps along a padded axis, `None` if it does not fit once.
fn positions(dim: usize, size: usize, stride: usize, dilation: usize, pad: [usize; 2]) -> Option<usize> {
    let reach = size.checked_sub(1)?.checked_mul(dilation)?.checked_add(1)?;
    let padded = dim.checked_add(pad[0])?.checked_add(pad[1])?;
    Some(padded.checked_sub(reach)? / stride + 1)
}

impl Window {
    /// Height and width of the result for an input and a kernel of the given heights and widths.
    ///
    /// # Errors
    /// Config: a stride or dilation of 0. Shape: the kernel is empty or larger than the padded input.
    pub fn output(&self, name: &str, input: [usize; 2], kernel: [usize; 2]) -> Result<[usize; 2]> {
        if self.strides.contains(&0) || self.dilation.contains(&0) {
            return Err(Error::config(format!(
                "{name}: strides and dilation must be at least 1, got {:?} and {:?}",
                self.strides, self.dilation
            )));
        }
        let pads = [self.pad_h, self.pad_w];
        let mut result = [0; 2];
        for axis in 0..2 {
            let (stride, dilation) = (self.strides[axis], self.dilation[axis]);
            result[axis] = positions(input[axis], kernel[axis], stride, dilation, pads[axis]).ok_or_else(|| {
                Error::shape(format!(
                    "{name}: a kernel of {kernel:?} with dilation {:?} does not fit an input of {input:?} padded by {:?} and {:?}",
                    self.dilation, self.pad_h, self.pad_w
                ))
            })?;
        }
        Ok(result)
    }
}

/// The dims of a float32 tensor of rank 4.
pub(crate) fn rank4(name: &str, what: &str, ty: TensorType, layout: &str) -> Result<[usize; 4]> {
    require_dtype(name, ty, &[DType::F32])?;
    <[usize; 4]>::try_from(&ty.shape[..])
        .map_err(|_| Error::shape(format!("{name}: {what} has rank 4, {layout}, got shape {}", ty.shape)))
}

const NHWC: &str = "[batch, height, width, channels]";
const HWIO: &str = "[height, width, input channels, output channels]";

impl Rule for Conv2D {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, kernel] = operands("conv2d", inputs)?;
        let [n, h, w, ci] = rank4("conv2d", "the input", x, NHWC)?;
        let [kh, kw, kci, co] = rank4("conv2d", "the kernel", kernel, HWIO)?;
        if ci != kci.saturating_mul(self.groups) {
            let each = if self.groups == 1 { String::new() } else { format!(" in each of {} groups", self.groups) };
            return Err(Error::shape(format!(
                "conv2d: the input has {ci} channels ({}), the kernel takes {kci}{each} ({})",
                x.shape, kernel.shape
            )));
        }
        check_groups("conv2d", self.groups, co)?;
        let [oh, ow] = self.window.output("conv2d", [h, w], [kh, kw])?;
        Ok(vec![TensorType::new(Shape::new(&[n, oh, ow, co])?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, kernel, dy) = (&ctx.inputs[0], &ctx.inputs[1], ctx.cotangent());
        let dx = input_grad(dy, kernel, self.window, plane(x, 1), self.groups)?;
        let dkernel = filter_grad(x, dy, self.window, plane(kernel, 0), self.groups)?;
        Ok(vec![Some(dx), Some(dkernel)])
    }

    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        products(inputs[1].shape, outputs[0].shape)
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        groups::forward(self, &inputs[0], &inputs[1])
    }
}

impl Rule for Conv2DInputGrad {
    fn name(&self) -> &'static str {
        "conv2dInputGrad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [dy, kernel] = operands("conv2dInputGrad", inputs)?;
        let [n, oh, ow, co] = rank4("conv2dInputGrad", "the cotangent", dy, NHWC)?;
        let [kh, kw, ci, kco] = rank4("conv2dInputGrad", "the kernel", kernel, HWIO)?;
        let [h, w] = self.input;
        let expected = self.window.output("conv2dInputGrad", self.input, [kh, kw])?;
        check_groups("conv2dInputGrad", self.groups, co)?;
        if [oh, ow] != expected || co != kco {
            return Err(Error::shape(format!(
                "conv2dInputGrad: the convolution of an input of {h} x {w} gives {expected:?} and {kco} channels, got {}",
                dy.shape
            )));
        }
        let ci = ci.checked_mul(self.groups).ok_or_else(|| Error::shape("conv2dInputGrad: too many channels"))?;
        Ok(vec![TensorType::new(Shape::new(&[n, h, w, ci])?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (dy, kernel, g) = (&ctx.inputs[0], &ctx.inputs[1], ctx.cotangent());
        let ddy = conv2d_grouped(g, kernel, self.window, self.groups)?;
        let dkernel = filter_grad(g, dy, self.window, plane(kernel, 0), self.groups)?;
        Ok(vec![Some(ddy), Some(dkernel)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        products(inputs[1].shape, inputs[0].shape)
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        groups::input_grad(self, &inputs[0], &inputs[1])
    }
}

impl Rule for Conv2DFilterGrad {
    fn name(&self) -> &'static str {
        "conv2dFilterGrad"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x, dy] = operands("conv2dFilterGrad", inputs)?;
        let [n, h, w, ci] = rank4("conv2dFilterGrad", "the input", x, NHWC)?;
        let [dy_n, oh, ow, co] = rank4("conv2dFilterGrad", "the cotangent", dy, NHWC)?;
        let [kh, kw] = self.kernel;
        let expected = self.window.output("conv2dFilterGrad", [h, w], self.kernel)?;
        if [oh, ow] != expected || n != dy_n {
            return Err(Error::shape(format!(
                "conv2dFilterGrad: a kernel of {kh} x {kw} on an input {} gives {n} planes of {expected:?}, got {}",
                x.shape, dy.shape
            )));
        }
        check_groups("conv2dFilterGrad", self.groups, co)?;
        check_groups("conv2dFilterGrad", self.groups, ci)?;
        Ok(vec![TensorType::new(Shape::new(&[kh, kw, ci / self.groups, co])?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, dy, g) = (&ctx.inputs[0], &ctx.inputs[1], ctx.cotangent());
        let dx = input_grad(dy, g, self.window, plane(x, 1), self.groups)?;
        let ddy = conv2d_grouped(x, g, self.window, self.groups)?;
        Ok(vec![Some(dx), Some(ddy)])
    }

    fn flops(&self, inputs: &[TensorType], outputs: &[TensorType]) -> u64 {
        products(outputs[0].shape, inputs[1].shape)
    }

    fn decompose(&self, inputs: &[Tensor]) -> Option<Result<Vec<Tensor>>> {
        groups::filter_grad(self, &inputs[0], &inputs[1])
    }
}

/// Two floating-point operations a tap of the kernel for every position of the result; padding counts.
fn products(kernel: Shape, result: Shape) -> u64 {
    2 * kernel.size() as u64 * result[..3].iter().product::<usize>() as u64
}

/// Height and width, which begin at `axis`.
fn plane(t: &Tensor, axis: usize) -> [usize; 2] {
    [t.shape()[axis], t.shape()[axis + 1]]
}

/// Fails unless `channels` divide into groups.
fn check_groups(name: &str, groups: usize, channels: usize) -> Result<()> {
    if groups == 0 || !channels.is_multiple_of(groups) {
        return Err(Error::config(format!("{name}: {channels} channels do not divide into {groups} groups")));
    }
    Ok(())
}

/// See [`Conv2D`], one group.
pub fn conv2d(x: &Tensor, kernel: &Tensor, window: Window) -> Result<Tensor> {
    conv2d_grouped(x, kernel, window, 1)
}

/// See [`Conv2D`].
pub fn conv2d_grouped(x: &Tensor, kernel: &Tensor, window: Window, groups: usize) -> Result<Tensor> {
    Tensor::apply1(Conv2D { window, groups }.into(), vec![x.clone(), kernel.clone()])
}

/// See [`Conv2DInputGrad`], one group; also the transposed convolution.
pub fn conv2d_input_grad(dy: &Tensor, kernel: &Tensor, window: Window, input: [usize; 2]) -> Result<Tensor> {
    input_grad(dy, kernel, window, input, 1)
}

/// See [`Conv2DFilterGrad`], one group.
pub fn conv2d_filter_grad(x: &Tensor, dy: &Tensor, window: Window, kernel: [usize; 2]) -> Result<Tensor> {
    filter_grad(x, dy, window, kernel, 1)
}

/// See [`Conv2DInputGrad`].
fn input_grad(dy: &Tensor, kernel: &Tensor, window: Window, input: [usize; 2], groups: usize) -> Result<Tensor> {
    Tensor::apply1(Conv2DInputGrad { window, input, groups }.into(), vec![dy.clone(), kernel.clone()])
}

/// See [`Conv2DFilterGrad`].
fn filter_grad(x: &Tensor, dy: &Tensor, window: Window, kernel: [usize; 2], groups: usize) -> Result<Tensor> {
    Tensor::apply1(Conv2DFilterGrad { window, kernel, groups }.into(), vec![x.clone(), dy.clone()])
}
