//! Pooling in two dimensions, NHWC, with the gradients.

/// Geometry of pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolWindow {
    /// Height and width of the window; at most 256 cells.
    pub size: [usize; 2],
    /// Steps of the window, at least 1.
    pub strides: [usize; 2],
    /// Cells of padding before the first and after the last row; never chosen, never counted.
    pub pad_h: [usize; 2],
    /// Cells of padding before the first and after the last column.
    pub pad_w: [usize; 2],
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
