//! Convolution in two dimensions (cross-correlation, as everywhere in deep learning) and its two gradients, NHWC and HWIO.

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

/// `(x [n, h, w, ci], kernel [kh, kw, ci, co]) -> [n, oh, ow, co]`,
/// `y[n,i,j,o] = sum_{a,b,c} x[n, i*sh + a*dh - ph, j*sw + b*dw - pw, c] * kernel[a,b,c,o]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2D {
    /// Strides, dilation, padding.
    pub window: Window,
}

/// `(dy [n, oh, ow, co], kernel) -> dx [n, h, w, ci]`: the transpose of [`Conv2D`] in its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2DInputGrad {
    /// Strides, dilation, padding of the forward convolution.
    pub window: Window,
    /// Height and width of its input.
    pub input: [usize; 2],
}

/// `(x, dy) -> dkernel [kh, kw, ci, co]`: the transpose of [`Conv2D`] in its kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2DFilterGrad {
    /// Strides, dilation, padding of the forward convolution.
    pub window: Window,
    /// Height and width of its kernel.
    pub kernel: [usize; 2],
}
