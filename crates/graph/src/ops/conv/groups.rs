//! Grouped convolutions in terms of those that have kernels: one group, and depthwise with one result a channel.

use super::{Conv2D, Conv2DFilterGrad, Conv2DInputGrad, conv2d, conv2d_filter_grad, conv2d_grouped, conv2d_input_grad};
use crate::error::Result;
use crate::ops::{movement, reduce};
use crate::shape::Shape;
use crate::tensor::Tensor;

type Decomposed = Option<Result<Vec<Tensor>>>;

/// How groups of `inputs` and `outputs` channels in all are computed.
enum Way {
    /// A kernel of its own.
    Whole,
    /// Depthwise, so many results an input channel: every channel is repeated, then depthwise with one.
    Repeat(usize),
    /// A dense convolution a group.
    Apart,
}

fn way(groups: usize, inputs: usize, outputs: usize) -> Way {
    match (groups, inputs == groups, outputs == groups) {
        (1, ..) | (_, true, true) => Way::Whole,
        (_, true, false) if outputs > 0 => Way::Repeat(outputs / groups),
        _ => Way::Apart,
    }
}

fn last(t: &Tensor) -> usize {
    t.shape()[t.shape().rank() - 1]
}

/// Every channel of `x [n, h, w, c]` `times` times, copies together.
fn repeat(x: &Tensor, times: usize) -> Result<Tensor> {
    let [n, h, w, c] = <[usize; 4]>::try_from(&x.shape()[..]).expect("an image");
    let apart = movement::reshape_to(x, Shape::new(&[n, h, w, c, 1])?)?;
    let wide = movement::broadcast_to(&apart, Shape::new(&[n, h, w, c, times])?)?;
    movement::reshape_to(&wide, Shape::new(&[n, h, w, c * times])?)
}

/// Part `group` of `groups` of the last axis.
fn part(t: &Tensor, group: usize, groups: usize) -> Result<Tensor> {
    let each = last(t) / groups;
    movement::slice_axis(t, t.shape().rank() - 1, group * each, (group + 1) * each)
}

/// The results of all groups, side by side along the last axis.
fn beside(groups: usize, each: impl Fn(usize) -> Result<Tensor>) -> Result<Vec<Tensor>> {
    Ok(vec![movement::concat(&(0..groups).map(each).collect::<Result<Vec<Tensor>>>()?, -1)?])
}

pub(super) fn forward(op: &Conv2D, x: &Tensor, kernel: &Tensor) -> Decomposed {
    let (window, groups) = (op.window, op.groups);
    match way(groups, last(x), last(kernel)) {
        Way::Whole => None,
        Way::Repeat(times) => {
            Some(repeat(x, times).and_then(|x| Ok(vec![conv2d_grouped(&x, kernel, window, last(kernel))?])))
        }
        Way::Apart => Some(beside(groups, |g| conv2d(&part(x, g, groups)?, &part(kernel, g, groups)?, window))),
    }
}

pub(super) fn input_grad(op: &Conv2DInputGrad, dy: &Tensor, kernel: &Tensor) -> Decomposed {
    let (window, input, groups) = (op.window, op.input, op.groups);
    let repeated = |times: usize| -> Result<Vec<Tensor>> {
        let wide = super::input_grad(dy, kernel, window, input, last(kernel))?;
        let [n, h, w, c] = <[usize; 4]>::try_from(&wide.shape()[..]).expect("an image");
        let apart = movement::reshape_to(&wide, Shape::new(&[n, h, w, c / times, times])?)?;
        Ok(vec![reduce::sum(&apart, &[4], false)?])
    };
    match way(groups, kernel.shape()[2] * groups, last(kernel)) {
        Way::Whole => None,
        Way::Repeat(times) => Some(repeated(times)),
        Way::Apart => {
            Some(beside(groups, |g| conv2d_input_grad(&part(dy, g, groups)?, &part(kernel, g, groups)?, window, input)))
        }
    }
}

/// Output channels of all groups up to which the gradient of the filter is computed for every pair of channels: they fill the few vectors
/// that those of one group would fill in part.
const FEW_OUTPUTS: usize = 16;

/// The gradient of the groups' filters out of that of a dense one: what belongs to pairs of a group.
fn diagonal(dense: &Tensor, groups: usize) -> Result<Vec<Tensor>> {
    let inputs = dense.shape()[2] / groups;
    beside(groups, |g| movement::slice_axis(&part(dense, g, groups)?, 2, g * inputs, (g + 1) * inputs))
}

pub(super) fn filter_grad(op: &Conv2DFilterGrad, x: &Tensor, dy: &Tensor) -> Decomposed {
    let (window, kernel, groups) = (op.window, op.kernel, op.groups);
    match way(groups, last(x), last(dy)) {
        Way::Whole => None,
        Way::Repeat(times) => {
            Some(repeat(x, times).and_then(|x| Ok(vec![super::filter_grad(&x, dy, window, kernel, last(dy))?])))
        }
        Way::Apart if last(dy) <= FEW_OUTPUTS => {
            Some(conv2d_filter_grad(x, dy, window, kernel).and_then(|dense| diagonal(&dense, groups)))
        }
        Way::Apart => {
            Some(beside(groups, |g| conv2d_filter_grad(&part(x, g, groups)?, &part(dy, g, groups)?, window, kernel)))
        }
    }
}
