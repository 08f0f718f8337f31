//! Reading images at computed places: crops, rotations, projections. Functions of gathers, so that gradients reach images and places.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::{self, BinaryKind, UnaryKind, add, mul, sub};
use crate::ops::{indexing, movement};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What lies outside an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outside {
    /// A place outside `0..=height - 1` or `0..=width - 1` reads this number.
    Place(f64),
    /// Every cell outside is this number: places within one cell of the border are mixed with it.
    Cells(f64),
}

fn float(value: f64) -> Result<Tensor> {
    movement::scalar(value, DType::F32)
}

/// `x [n, h, w, c]` read at rows `ys` and columns `xs` (float32) of the images `which` (int32), all of which broadcast to `[k, oh, ow]`: the
/// result is `[k, oh, ow, c]`. `bilinear` mixes four cells by distance, else the nearest cell (halves up) is read.
///
/// # Errors
/// Shape: ranks that do not fit, an image without cells. Data, at run time: an image that does not exist.
pub fn sample(
    x: &Tensor,
    which: &Tensor,
    ys: &Tensor,
    xs: &Tensor,
    bilinear: bool,
    outside: Outside,
) -> Result<Tensor> {
    let [n, h, w, c] = <[usize; 4]>::try_from(&x.shape()[..]).map_err(|_| {
        Error::shape(format!("sample takes images [batch, height, width, channels], got {}", x.shape()))
    })?;
    if h == 0 || w == 0 {
        return Err(Error::shape(format!("sample: an image without cells, shape {}", x.shape())));
    }
    let x = elementwise::cast(x, DType::F32)?;
    let cells = movement::reshape_to(&x, Shape::new(&[n * h * w, c])?)?;
    let reader = Reader { cells, which: which.clone(), h, w, outside };
    let inside = both(&within(ys, h)?, &within(xs, w)?)?;
    let value = if bilinear {
        let (top, left) = (elementwise::unary(UnaryKind::Floor, ys)?, elementwise::unary(UnaryKind::Floor, xs)?);
        // At a whole place TensorFlow's crops read one cell: its neighbour, be it NaN, does not count. It has no slope there.
        let next = |at: &Tensor, floor: &Tensor| match outside {
            Outside::Place(_) => elementwise::unary(UnaryKind::Ceil, at),
            Outside::Cells(_) => elementwise::shift(floor, 1.0),
        };
        let (bottom, right) = (next(ys, &top)?, next(xs, &left)?);
        let (down, along) = (deep(&sub(ys, &top)?)?, deep(&sub(xs, &left)?)?);
        let row = |at: &Tensor| -> Result<Tensor> {
            let (first, second) = (reader.read(at, &left)?, reader.read(at, &right)?);
            add(&first, &mul(&sub(&second, &first)?, &along)?)
        };
        let (first, second) = (row(&top)?, row(&bottom)?);
        add(&first, &mul(&sub(&second, &first)?, &down)?)?
    } else {
        let near = |t: &Tensor| elementwise::unary(UnaryKind::Floor, &elementwise::shift(t, 0.5)?);
        reader.read(&near(ys)?, &near(xs)?)?
    };
    match outside {
        Outside::Place(number) => elementwise::select(&deep(&inside)?, &value, &float(number)?),
        Outside::Cells(_) => Ok(value),
    }
}

/// Where `0 <= at <= cells - 1`.
fn within(at: &Tensor, cells: usize) -> Result<Tensor> {
    let from = elementwise::binary(BinaryKind::Ge, at, &float(0.0)?)?;
    let to = elementwise::binary(BinaryKind::Le, at, &float((cells - 1) as f64)?)?;
    both(&from, &to)
}

fn both(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    elementwise::binary(BinaryKind::And, a, b)
}

/// With an axis of channels.
fn deep(t: &Tensor) -> Result<Tensor> {
    let mut dims = t.shape().to_vec();
    dims.push(1);
    movement::reshape_to(t, Shape::new(&dims)?)
}

/// All images as rows of channels.
struct Reader {
    cells: Tensor,
    which: Tensor,
    h: usize,
    w: usize,
    outside: Outside,
}

impl Reader {
    /// The cells at whole rows and columns; those outside are the border's, or the fill.
    fn read(&self, row: &Tensor, column: &Tensor) -> Result<Tensor> {
        let clamped = |at: &Tensor, cells: usize| -> Result<Tensor> {
            let from = elementwise::binary(BinaryKind::Ge, at, &float(0.0)?)?;
            // A place that is no number is cell 0.
            let low = elementwise::select(&from, at, &float(0.0)?)?;
            let low = elementwise::binary(BinaryKind::Min, &low, &float((cells - 1) as f64)?)?;
            elementwise::cast(&low, DType::I32)
        };
        let number = |value: usize| movement::scalar(value as f64, DType::I32);
        let line = add(&mul(&self.which, &number(self.h)?)?, &clamped(row, self.h)?)?;
        let ids = add(&mul(&line, &number(self.w)?)?, &clamped(column, self.w)?)?;
        let found = indexing::gather(&self.cells, &ids, 0)?;
        match self.outside {
            Outside::Place(_) => Ok(found),
            Outside::Cells(number) => {
                let real = both(&within(row, self.h)?, &within(column, self.w)?)?;
                elementwise::select(&deep(&real)?, &found, &float(number)?)
            }
        }
    }
}

/// Crops `boxes [k, 4]` (`y1, x1, y2, x2` as parts of height and width less a cell) of the images `which [k]` (int32) of `x [n, h, w, c]`, all
/// resized to `size`: cell `i` of `m` along an axis is read at `(a + (b - a) i / (m - 1)) (h - 1)`, at the middle for one cell. Places outside the
/// image are `extrapolation`. TensorFlow's `crop_and_resize`; gradients reach images and boxes
/// (none along an axis from a place that is whole).
///
/// # Errors
/// Shape: ranks or sizes that do not fit. Data, at run time: an image that does not exist.
pub fn crop_and_resize(
    x: &Tensor,
    boxes: &Tensor,
    which: &Tensor,
    size: [usize; 2],
    bilinear: bool,
    extrapolation: f64,
) -> Result<Tensor> {
    let count = boxes.shape().first().copied().unwrap_or(0);
    if x.shape().rank() != 4 || boxes.shape()[..] != [count, 4] || which.shape()[..] != [count] || size.contains(&0) {
        return Err(Error::shape(format!(
            "cropAndResize takes images [n, h, w, c], boxes [k, 4], box indices [k] and sizes of at least 1, got {}, {}, {} and {size:?}",
            x.shape(),
            boxes.shape(),
            which.shape()
        )));
    }
    let places = |axis: usize| -> Result<Tensor> {
        let side = |at: usize| movement::slice_axis(boxes, 1, at, at + 1);
        let (from, to) = (side(axis)?, side(axis + 2)?);
        let last = x.shape()[axis + 1].saturating_sub(1) as f64;
        let cells = size[axis];
        if cells == 1 {
            return elementwise::scale(&add(&from, &to)?, 0.5 * last);
        }
        let at = movement::iota(Shape::new(&[1, cells])?, 1, DType::F32)?;
        let step = elementwise::scale(&sub(&to, &from)?, last / (cells - 1) as f64)?;
        add(&elementwise::scale(&from, last)?, &mul(&at, &step)?)
    };
    let ys = movement::reshape_to(&places(0)?, Shape::new(&[count, size[0], 1])?)?;
    let xs = movement::reshape_to(&places(1)?, Shape::new(&[count, 1, size[1]])?)?;
    let which = movement::reshape_to(which, Shape::new(&[count, 1, 1])?)?;
    sample(x, &which, &ys, &xs, bilinear, Outside::Place(extrapolation))
}
