//! The gradient of a depthwise convolution in its filter: the sums of some taps stay in registers while the pixels pass.

use super::depthwise::{load, store};
use super::padding::{Window, copy_padded};
use super::{ConvShape, image_step};
use crate::gemm::contraction::{LINE, prefetch};
use crate::simd::{Kernel, Simd, dispatch};
use crate::{Isa, View, ViewMut};

/// Taps whose sums are in registers at once: a 3 x 3 filter, and room for the loads in AVX2's 16.
const TAPS: usize = 9;
/// Output pixels of a band of rows, about: its sums are added to the filter's before the next, which keeps them short (and so exact), and its
/// padded input small.
const PIXELS: usize = 1024;
/// Elements of a band, about: every vector of channels passes over it, which then lies in the L2 with its input and the padded copy.
const ELEMENTS: usize = 32 << 10;

/// Output rows of a band.
fn band(shape: &ConvShape) -> usize {
    let pixels = PIXELS.min(ELEMENTS / shape.in_c.max(1));
    (pixels / shape.out_w.max(1)).clamp(1, shape.out_h.max(1))
}

/// Elements of scratch that [`depthwise_filter_grad`] needs.
pub fn depthwise_filter_grad_scratch(shape: &ConvShape) -> usize {
    if shape.is_padded() { shape.reach_h(band(shape)) * shape.reach_w() * shape.in_c } else { 0 }
}

/// `dw[kh, kw, 0, c] = sum over n, oh, ow of x[n, the pixel that (oh, ow) reads at (kh, kw), c] * dy[n, oh, ow, c]`, summed over the
/// batch handed in and, with `accumulate`, added to what `dw` holds.
///
/// `x` and `dy` lie without gaps but for the step from image to image, `dw [kernel_h, kernel_w, 1, channels]` lies without gaps;
/// `scratch` holds [`depthwise_filter_grad_scratch`] elements. Panics when dims do not match.
pub fn depthwise_filter_grad(
    isa: Isa,
    shape: &ConvShape,
    x: View,
    dy: View,
    mut dw: ViewMut,
    accumulate: bool,
    scratch: &mut [f32],
) {
    assert!(scratch.len() >= depthwise_filter_grad_scratch(shape), "the gradient of the filter needs more scratch");
    super::depthwise::weights(shape, &dw.as_view());
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let dy_step = image_step(dy.dims(), dy.strides(), shape.y_dims(), "dy");
    let dw = dw.as_mut_slice::<f32>().expect("dw lies without gaps");
    if !accumulate {
        dw.fill(0.0);
    }
    let (x, dy, channels) = (x.as_ptr::<f32>(), dy.as_ptr::<f32>(), shape.in_c);
    let rows = band(shape);
    for image in 0..shape.batch as isize {
        for first in (0..shape.out_h).step_by(rows) {
            let count = rows.min(shape.out_h - first);
            let source = x.wrapping_offset(image * x_step);
            let top = (first * shape.stride_h) as isize - shape.pad_top as isize;
            let (x, line) = if shape.is_padded() {
                let window = Window {
                    image: [shape.in_h, shape.in_w, channels],
                    origin: [top, -(shape.pad_left as isize)],
                    size: [shape.reach_h(count), shape.reach_w()],
                };
                // SAFETY: the image exists in x, and the scratch is as long as the window.
                unsafe { copy_padded(&window, source, scratch.as_mut_ptr()) };
                (scratch.as_ptr(), shape.reach_w() * channels)
            } else {
                let line = shape.in_w * channels;
                (source.wrapping_offset(top * line as isize), line)
            };
            let dy = dy.wrapping_offset(image * dy_step).wrapping_add(first * shape.out_w * channels);
            // A vector of channels at a time, a line of every few would come from memory.
            for at in (0..count * shape.out_w * channels).step_by(LINE) {
                prefetch(dy.wrapping_add(at));
            }
            dispatch(isa, Band { shape, x, line, dy, rows: count, dw: dw.as_mut_ptr() });
        }
    }
}

/// Some output rows of an image, with all the input that they read.
struct Band<'a> {
    shape: &'a ConvShape,
    /// What the first pixel reads at the first tap, and the elements from row to row.
    x: *const f32,
    line: usize,
    dy: *const f32,
    rows: usize,
    dw: *mut f32,
}

impl Band<'_> {
    /// Adds the sums of the `N` taps from `first` on for `count` channels.
    ///
    /// # Safety
    /// The band's operands are valid, the taps and channels exist.
    #[inline(always)]
    unsafe fn taps<S: Simd, const N: usize, const WHOLE: bool>(
        &self,
        s: S,
        first: usize,
        channel: usize,
        count: usize,
    ) {
        let shape = self.shape;
        let channels = shape.in_c;
        let offsets: [usize; N] = std::array::from_fn(|i| {
            let (kh, kw) = ((first + i) / shape.kernel_w, (first + i) % shape.kernel_w);
            kh * shape.dilation_h * self.line + kw * shape.dilation_w * channels
        });
        // SAFETY: every pixel of the band reads inside the input that was handed over.
        unsafe {
            let mut sums = [s.splat(0.0); N];
            for row in 0..self.rows {
                let mut x = self.x.add(row * shape.stride_h * self.line + channel);
                let mut dy = self.dy.add(row * shape.out_w * channels + channel);
                for _ in 0..shape.out_w {
                    let cotangent = load::<S, WHOLE>(s, dy, count);
                    for (sum, &offset) in sums.iter_mut().zip(&offsets) {
                        *sum = s.fma(load::<S, WHOLE>(s, x.add(offset), count), cotangent, *sum);
                    }
                    x = x.wrapping_add(shape.stride_w * channels);
                    dy = dy.wrapping_add(channels);
                }
            }
            for (i, &sum) in sums.iter().enumerate() {
                let to = self.dw.add((first + i) * channels + channel);
                store::<S, WHOLE>(s, to, count, s.add(load::<S, WHOLE>(s, to, count), sum));
            }
        }
    }

    /// All taps of `count` channels.
    ///
    /// # Safety
    /// As [`Band::taps`].
    #[inline(always)]
    unsafe fn channels<S: Simd, const WHOLE: bool>(&self, s: S, channel: usize, count: usize) {
        let taps = self.shape.taps();
        let mut first = 0;
        // SAFETY: the caller's contract.
        unsafe {
            while first < taps {
                let left = taps - first;
                if left >= TAPS {
                    self.taps::<S, TAPS, WHOLE>(s, first, channel, count);
                    first += TAPS;
                } else if left >= 4 {
                    self.taps::<S, 4, WHOLE>(s, first, channel, count);
                    first += 4;
                } else {
                    self.taps::<S, 1, WHOLE>(s, first, channel, count);
                    first += 1;
                }
            }
        }
    }
}

impl Kernel for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let channels = self.shape.in_c;
        let whole = channels / S::LANES * S::LANES;
        for channel in (0..whole).step_by(S::LANES) {
            // SAFETY: the views promised the operands; the channels exist.
            unsafe { self.channels::<S, true>(s, channel, S::LANES) };
        }
        if whole < channels {
            // SAFETY: as above.
            unsafe { self.channels::<S, false>(s, whole, channels - whole) };
        }
    }
}
