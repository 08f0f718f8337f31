//! Direct convolution and its two gradients, on one core: NHWC images, HWIO filters.
//!
//! No image is ever unrolled into columns: a register tile reads its pixels through shifted pointers. Padding is a zero
//! border around a copy of the few input rows that are being worked on. Depthwise convolutions have loops of their own.

mod depthwise;
mod depthwise_filter;
mod ending;
mod filter_grad;
mod forward;
mod input_grad;
mod input_grad_few;
mod padding;
mod short;
mod window;
mod winograd;

pub use depthwise::{depthwise, depthwise_input_grad};
pub use depthwise_filter::{depthwise_filter_grad, depthwise_filter_grad_scratch};
pub use filter_grad::{filter_grad, filter_grad_scratch};
pub use forward::{forward, forward_scratch};
pub use input_grad::{input_grad, input_grad_scratch};
pub use winograd::{
    is_winograd, pack_winograd_filter, pack_winograd_filter_transposed, winograd, winograd_filter_grad,
    winograd_filter_grad_scratch, winograd_filter_len, winograd_filter_transposed_len, winograd_input_grad,
    winograd_input_grad_scratch, winograd_input_grad_tiles, winograd_scratch, winograd_tiles,
};

use crate::gemm::{pack, panel_width};
use crate::{Isa, View, ViewMut};
use std::ops::Range;

/// The sizes of a convolution: `y[n, oh, ow, o] = sum over kh, kw, i of`
/// `x[n, oh * stride_h + kh * dilation_h - pad_top, ow * stride_w + kw * dilation_w - pad_left, i] * w[kh, kw, i, o]`,
/// with zeros outside the image. Padding below and to the right follows from the output's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvShape {
    pub batch: usize,
    pub in_h: usize,
    pub in_w: usize,
    pub in_c: usize,
    pub out_h: usize,
    pub out_w: usize,
    pub out_c: usize,
    pub kernel_h: usize,
    pub kernel_w: usize,
    pub stride_h: usize,
    pub stride_w: usize,
    pub dilation_h: usize,
    pub dilation_w: usize,
    pub pad_top: usize,
    pub pad_left: usize,
}

impl ConvShape {
    /// Products that are summed in one output element.
    fn depth(&self) -> usize {
        self.kernel_h * self.kernel_w * self.in_c
    }

    /// Positions of the filter.
    fn taps(&self) -> usize {
        self.kernel_h * self.kernel_w
    }

    /// Whether a pixel's products with all of the filter come before the next pixels': the filter is one tap, which stays in an L2 of
    /// 512 KB, or 1 MB with AVX-512, while images that come from memory pass once. 64 to 256 channels of 56 x 56 pixels: 6 % (forward) and
    /// 25 % (gradient of the images) less time on AVX2; with AVX-512, 256 to 256 of 28 x 28 pixels 5 and 8 %.
    fn goes_by_rows(&self, isa: Isa) -> bool {
        let filter = if isa == Isa::Avx512 { 128 << 10 } else { 32 << 10 };
        self.taps() == 1 && self.in_c * self.out_c <= filter
    }

    /// Input rows that `rows` consecutive output rows reach over.
    fn reach_h(&self, rows: usize) -> usize {
        if rows == 0 { 0 } else { (rows - 1) * self.stride_h + self.kernel_h.saturating_sub(1) * self.dilation_h + 1 }
    }

    /// Input columns that an output row reaches over.
    fn reach_w(&self) -> usize {
        if self.out_w == 0 {
            0
        } else {
            (self.out_w - 1) * self.stride_w + self.kernel_w.saturating_sub(1) * self.dilation_w + 1
        }
    }

    /// Whether any output reads outside the image.
    fn is_padded(&self) -> bool {
        self.pad_top > 0 || self.pad_left > 0 || self.reach_h(self.out_h) > self.in_h || self.reach_w() > self.in_w
    }

    fn x_dims(&self) -> [usize; 4] {
        [self.batch, self.in_h, self.in_w, self.in_c]
    }

    fn y_dims(&self) -> [usize; 4] {
        [self.batch, self.out_h, self.out_w, self.out_c]
    }

    fn w_dims(&self) -> [usize; 4] {
        [self.kernel_h, self.kernel_w, self.in_c, self.out_c]
    }
}

/// The part of a convolution's result that is asked for. Its numbers are those of the whole result, to the bit, but for Winograd's
/// algorithm, whose tiles begin at the first row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputPart {
    /// Rows of every image.
    pub rows: Range<usize>,
    /// Output channels; they start at a multiple of [`output_part_columns`].
    pub columns: Range<usize>,
}

impl OutputPart {
    /// All channels of some rows.
    pub fn rows(shape: &ConvShape, rows: Range<usize>) -> OutputPart {
        OutputPart { rows, columns: 0..shape.out_c }
    }

    /// Panics unless it is a part of the shape's result, and `y` holds it as it lies in the whole one; gives the dims of `y`, and the
    /// step from image to image.
    fn check(&self, isa: Isa, shape: &ConvShape, y: &ViewMut) -> ([usize; 4], isize) {
        let OutputPart { rows, columns } = self;
        assert!(
            rows.end <= shape.out_h && columns.end <= shape.out_c,
            "{self:?} is not a part of {:?}",
            shape.y_dims()
        );
        assert!(columns.start.is_multiple_of(output_part_columns(isa)), "{self:?} starts within a panel");
        let dims = [shape.batch, rows.len(), shape.out_w, columns.len()];
        assert_eq!(y.dims(), dims, "the dims of y");
        let steps = [shape.out_w * shape.out_c, shape.out_c, 1];
        for axis in 1..4 {
            let lies = dims[axis] <= 1 || y.strides()[axis] == steps[axis - 1] as isize;
            assert!(lies, "an image of y lies without gaps but for the channels that are not asked for");
        }
        (dims, y.strides()[0])
    }
}

/// Output channels that the parts of a convolution's result start at multiples of.
pub fn output_part_columns(isa: Isa) -> usize {
    panel_width(isa)
}

/// The part of a filter whose gradient is asked for. A part's numbers are those of the whole gradient, to the bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterPart {
    /// Rows of the filter.
    pub rows: Range<usize>,
    /// Input channels.
    pub inputs: Range<usize>,
    /// Output channels; they start at a multiple of [`filter_part_columns`].
    pub outputs: Range<usize>,
}

impl FilterPart {
    /// All of it.
    pub fn whole(shape: &ConvShape) -> FilterPart {
        FilterPart { rows: 0..shape.kernel_h, inputs: 0..shape.in_c, outputs: 0..shape.out_c }
    }

    /// Panics unless it is a part of the shape's filter, and `dw` holds it with contiguous output channels.
    fn check(&self, isa: Isa, shape: &ConvShape, dw: &View) {
        assert!(
            self.rows.end <= shape.kernel_h && self.inputs.end <= shape.in_c && self.outputs.end <= shape.out_c,
            "{self:?} is not a part of the filter"
        );
        assert!(self.outputs.start.is_multiple_of(filter_part_columns(isa)), "{self:?} starts within a panel");
        let dims = [self.rows.len(), shape.kernel_w, self.inputs.len(), self.outputs.len()];
        assert_eq!(dw.dims(), dims, "the dims of dw");
        assert!(dims[3] <= 1 || dw.strides()[3] == 1, "the output channels of dw are contiguous");
    }
}

/// Output channels that the parts of a filter's gradient are multiples of.
pub fn filter_part_columns(isa: Isa) -> usize {
    panel_width(isa)
}

/// Makes `dw`, with contiguous output channels, zero.
fn clear(dw: &mut ViewMut) {
    let (dims, strides): ([usize; 4], [isize; 4]) =
        (dw.dims().try_into().expect("a filter"), dw.strides().try_into().expect("a filter"));
    for row in 0..dims[0] * dims[1] * dims[2] {
        let (tap, input) = (row / dims[2], row % dims[2]);
        let at = [tap / dims[1], tap % dims[1], input];
        let offset: isize = at.iter().zip(strides).map(|(&index, stride)| index as isize * stride).sum();
        // SAFETY: the row's output channels are elements of the view, next to each other.
        unsafe { dw.as_mut_ptr::<f32>().wrapping_offset(offset).write_bytes(0, dims[3]) };
    }
}

/// The step from image to image of an NHWC operand. Panics unless it has `dims` and its images lie without gaps.
pub(crate) fn image_step(dims: &[usize], strides: &[isize], expected: [usize; 4], what: &str) -> isize {
    assert_eq!(dims, expected, "the dims of {what}");
    let mut step = 1isize;
    for axis in (1..4).rev() {
        assert!(dims[axis] <= 1 || strides[axis] == step, "an image of {what} lies without gaps");
        step *= dims[axis] as isize;
    }
    strides[0]
}

/// The outputs `o` in `0..outputs` of one tap whose input `o * stride + offset` lies in `from..to`.
fn outputs_within(outputs: usize, stride: usize, offset: isize, from: usize, to: usize) -> std::ops::Range<usize> {
    let first_at_least = |bound: usize| -> usize {
        let distance = bound as isize - offset;
        if distance <= 0 { 0 } else { (distance as usize).div_ceil(stride).min(outputs) }
    };
    let start = first_at_least(from);
    start..first_at_least(to).max(start)
}

/// Elements of a packed filter, whatever the instruction set.
pub fn packed_filter_len(shape: &ConvShape) -> usize {
    crate::gemm::packed_len(shape.depth(), shape.out_c)
}

/// Packs the HWIO filter `w`, contiguous, for [`forward`].
pub fn pack_filter(isa: Isa, shape: &ConvShape, w: View, out: &mut [f32]) {
    assert_eq!(w.dims(), shape.w_dims(), "the dims of the filter");
    let w = w.as_slice::<f32>().expect("the filter lies without gaps");
    crate::gemm::pack_b(isa, View::from_slice(w, &[shape.depth(), shape.out_c]), out);
}

/// Elements of a filter packed for [`input_grad`], whatever the instruction set.
pub fn packed_filter_transposed_len(shape: &ConvShape) -> usize {
    crate::gemm::packed_len(shape.taps() * shape.out_c, shape.in_c)
}

/// Packs the HWIO filter `w`, contiguous, for [`input_grad`]: panels of input channels; in each the taps in reverse
/// order, and of every tap a row an output channel. With few channels all taps are columns of the same row.
pub fn pack_filter_transposed(isa: Isa, shape: &ConvShape, w: View, out: &mut [f32]) {
    assert_eq!(w.dims(), shape.w_dims(), "the dims of the filter");
    assert!(out.len() >= packed_filter_transposed_len(shape), "the packed filter is longer than its room");
    let w = w.as_slice::<f32>().expect("the filter lies without gaps");
    if input_grad_few::is_few(isa, shape) {
        return input_grad_few::pack_few(isa, shape, w, out);
    }
    let panel = panel_width(isa);
    let (taps, outputs) = (shape.taps(), shape.out_c);
    for first in (0..shape.in_c).step_by(panel) {
        let width = panel.min(shape.in_c - first);
        for tap in 0..taps {
            let from = &w[(tap * shape.in_c + first) * outputs..][..width * outputs];
            let to = &mut out[taps * outputs * first + (taps - 1 - tap) * outputs * panel..][..outputs * panel];
            if width < panel {
                to.fill(0.0);
            }
            // SAFETY: `from` is width x outputs, read transposed; `to` has `outputs` rows of `panel` elements.
            unsafe {
                pack::copy_matrix(isa, from.as_ptr(), [1, outputs as isize], [outputs, width], to.as_mut_ptr(), panel);
            }
        }
    }
}
