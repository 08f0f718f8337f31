//! Softmax and its relatives along the rows of a matrix: stable, a row at a time while it is in cache.
//!
//! Matrices are [rows, cols] of f32 with columns next to each other and rows of any distance. Sums of exponentials are
//! taken in chunks of fixed size that are combined as a binary tree.

use crate::cascade::Cascade;
use crate::rows::sums::{Sink, load};
use crate::simd::{Kernel, Simd, dispatch};
use crate::vecmath::{exp_normal, log};
use crate::{Isa, View, ViewMut};
use std::mem::MaybeUninit;

/// Elements whose sum is taken at once.
const CHUNK: usize = 512;

/// `y = e^(x - max x) / sum`, by row. `y` may lie exactly where `x` lies.
pub fn softmax(isa: Isa, x: View, mut y: ViewMut) {
    let streamed = y.is_streamed();
    let (x, y) = (Matrix::of(&x), Matrix::of_mut(&mut y));
    assert_eq!((x.rows, x.cols), (y.rows, y.cols), "x and y have the same dims");
    if streamed && y.cols <= STREAMED {
        dispatch(isa, StreamedSoftmax { x, y });
    } else {
        dispatch(isa, Softmax { x, y });
    }
}

/// `y = x - logsumexp x`, by row. `y` may lie exactly where `x` lies.
pub fn log_softmax(isa: Isa, x: View, mut y: ViewMut) {
    let (x, y) = (Matrix::of(&x), Matrix::of_mut(&mut y));
    assert_eq!((x.rows, x.cols), (y.rows, y.cols), "x and y have the same dims");
    dispatch(isa, LogSoftmax { x, y });
}

/// `out[row] = log sum e^x[row]`; -infinity for a row without columns.
pub fn logsumexp(isa: Isa, x: View, mut out: ViewMut) {
    let x = Matrix::of(&x);
    let out = Column::of_mut(&mut out, x.rows);
    dispatch(isa, LogSumExp { x, labels: None, out });
}

/// Cross-entropy with the softmax of the logits: `loss[row] = logsumexp logits[row] - logits[row, labels[row]]`.
///
/// `labels` is I32 [rows]. A label outside of `0..cols` is an error, the first row that has one; nothing is written then.
pub fn softmax_cross_entropy(isa: Isa, logits: View, labels: View, mut loss: ViewMut) -> Result<(), usize> {
    let x = Matrix::of(&logits);
    let labels = Labels::checked(&labels, x.rows, x.cols)?;
    let out = Column::of_mut(&mut loss, x.rows);
    dispatch(isa, LogSumExp { x, labels: Some(labels), out });
    Ok(())
}

/// The gradient of [`softmax_cross_entropy`]: `dx = scale[row] (softmax logits - one_hot labels)`.
///
/// `scale` is F32 [rows], stride 0 allowed: the cotangent of the loss. `dx` may lie exactly where `logits` lies.
pub fn softmax_cross_entropy_grad(
    isa: Isa,
    logits: View,
    labels: View,
    scale: View,
    mut dx: ViewMut,
) -> Result<(), usize> {
    let (x, y) = (Matrix::of(&logits), Matrix::of_mut(&mut dx));
    assert_eq!((x.rows, x.cols), (y.rows, y.cols), "logits and dx have the same dims");
    let labels = Labels::checked(&labels, x.rows, x.cols)?;
    assert_eq!(scale.dims(), [x.rows], "one scale a row");
    let scale = Column { base: scale.as_ptr::<f32>().cast_mut(), stride: scale.strides()[0] };
    dispatch(isa, CrossEntropyGrad { x, y, labels, scale });
    Ok(())
}

/// A checked matrix; never written when it was made from a read-only view.
#[derive(Clone, Copy)]
struct Matrix {
    base: *mut f32,
    rows: usize,
    cols: usize,
    stride: isize,
}

impl Matrix {
    fn of(view: &View) -> Matrix {
        Matrix::new(view.as_ptr::<f32>().cast_mut(), view.dims(), view.strides())
    }

    fn of_mut(view: &mut ViewMut) -> Matrix {
        let base = view.as_mut_ptr::<f32>();
        Matrix::new(base, view.dims(), view.strides())
    }

    fn new(base: *mut f32, dims: &[usize], strides: &[isize]) -> Matrix {
        let [rows, cols] = *dims else { panic!("a matrix is [rows, cols], not {dims:?}") };
        assert!(cols <= 1 || strides[1] == 1, "the columns lie next to each other");
        Matrix { base, rows, cols, stride: strides[0] }
    }

    fn row(&self, row: usize) -> *mut f32 {
        self.base.wrapping_offset(row as isize * self.stride)
    }
}

/// A checked vector with an entry for every row.
#[derive(Clone, Copy)]
struct Column {
    base: *mut f32,
    stride: isize,
}

impl Column {
    fn of_mut(view: &mut ViewMut, rows: usize) -> Column {
        assert_eq!(view.dims(), [rows], "one result a row");
        Column { base: view.as_mut_ptr::<f32>(), stride: view.strides()[0] }
    }

    fn at(&self, row: usize) -> *mut f32 {
        self.base.wrapping_offset(row as isize * self.stride)
    }
}

/// Labels that were checked to be columns.
#[derive(Clone, Copy)]
struct Labels {
    base: *const i32,
    stride: isize,
}

impl Labels {
    fn checked(view: &View, rows: usize, cols: usize) -> Result<Labels, usize> {
        assert_eq!(view.dims(), [rows], "one label a row");
        let labels = Labels { base: view.as_ptr::<i32>(), stride: view.strides()[0] };
        // SAFETY: the view has `rows` elements.
        match (0..rows).find(|&row| !(0..cols as i64).contains(&i64::from(unsafe { labels.at(row) }))) {
            Some(row) => Err(row),
            None => Ok(labels),
        }
    }

    /// # Safety
    /// `row` is one of the rows.
    unsafe fn at(&self, row: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { self.base.offset(row as isize * self.stride).read() }
    }
}

/// The largest of `n` elements; -infinity of none. A NaN may be passed over: the exponentials bring it back.
///
/// # Safety
/// `n` elements are readable.
#[inline(always)]
unsafe fn largest<S: Simd>(s: S, x: *const f32, n: usize) -> f32 {
    let mut best = [s.splat(f32::NEG_INFINITY); 2];
    let mut i = 0;
    // SAFETY: every load ends at or before element n.
    unsafe {
        while i + 2 * S::LANES <= n {
            best[0] = s.max(best[0], s.load(x.add(i)));
            best[1] = s.max(best[1], s.load(x.add(i + S::LANES)));
            i += 2 * S::LANES;
        }
        while i < n {
            let count = (n - i).min(S::LANES);
            best[0] = s.max(best[0], s.load_partial(x.add(i), count, f32::NEG_INFINITY));
            i += S::LANES;
        }
    }
    let larger = |a, b| s.bits(s.max(s.float_from_bits(a), s.float_from_bits(b)));
    f32::from_bits(s.across(s.bits(s.max(best[0], best[1])), larger) as u32)
}

/// Partial sums of a row.
type Sums<S> = Cascade<<S as Simd>::F, 40>;

/// `e^x` for `x <= 0`, 0 where that is no normal number: beside the largest of a row, which is 1, that is nothing.
#[inline(always)]
fn power<S: Simd>(s: S, x: S::F) -> S::F {
    let end = s.splat(-87.0);
    // NaN stays, as the second operand.
    s.select(s.lt(x, end), s.splat(0.0), exp_normal(s, s.max(end, x)))
}

/// `sum of e^(x - shift)` over `n` elements; the exponentials are stored at `y` unless that is null.
///
/// # Safety
/// `n` elements are readable at `x` and, if not null, writable at `y`.
#[inline(always)]
unsafe fn exponentials<S: Simd>(s: S, sums: &mut Sums<S>, x: *const f32, y: *mut f32, n: usize, shift: f32) -> f32 {
    let shift = s.splat(shift);
    let add = |a: S::F, b: S::F| s.add(a, b);
    for start in (0..n).step_by(CHUNK) {
        let end = n.min(start + CHUNK);
        let mut sum = s.splat(0.0);
        let mut i = start;
        // SAFETY: every vector ends at or before element n.
        unsafe {
            while i + S::LANES <= end {
                let value = power(s, s.sub(s.load(x.add(i)), shift));
                if !y.is_null() {
                    s.store(y.add(i), value);
                }
                sum = s.add(sum, value);
                i += S::LANES;
            }
            if i < end {
                // e^-inf = 0 adds nothing.
                let part = s.load_partial(x.add(i), end - i, f32::NEG_INFINITY);
                let value = power(s, s.sub(part, shift));
                if !y.is_null() {
                    s.store_partial(y.add(i), end - i, value);
                }
                sum = s.add(sum, value);
            }
        }
        sums.push(sum, add);
    }
    match sums.take(add) {
        Some(sum) => s.sum(sum),
        None => 0.0,
    }
}

/// `y = f(x)` over `n` elements.
///
/// # Safety
/// `n` elements are readable at `x` and writable at `y`, which may be the same memory.
#[inline(always)]
unsafe fn map_row<S: Simd>(s: S, x: *const f32, y: *mut f32, n: usize, f: impl Fn(S::F) -> S::F) {
    let mut i = 0;
    // SAFETY: every vector ends at or before element n.
    unsafe {
        while i + S::LANES <= n {
            s.store(y.add(i), f(s.load(x.add(i))));
            i += S::LANES;
        }
        if i < n {
            s.store_partial(y.add(i), n - i, f(s.load_partial(x.add(i), n - i, 0.0)));
        }
    }
}

/// The logarithm of one number, with the bits that the lanes give.
#[inline(always)]
fn log_one<S: Simd>(s: S, x: f32) -> f32 {
    s.to_array(log(s, s.splat(x)))[0]
}

struct Softmax {
    x: Matrix,
    y: Matrix,
}

impl Kernel for Softmax {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Softmax { x, y } = self;
        let mut sums = Sums::<S>::new();
        for row in 0..x.rows {
            let (from, to) = (x.row(row), y.row(row));
            // SAFETY: the rows have `cols` elements.
            unsafe {
                let shift = largest(s, from, x.cols);
                let total = exponentials(s, &mut sums, from, to, x.cols, shift);
                let factor = s.splat(1.0 / total);
                map_row(s, to, to, x.cols, |e| s.mul(e, factor));
            }
        }
    }
}

/// Columns up to which the exponentials of a row wait in the L1 for their sum, on their way past the caches.
const STREAMED: usize = 2048;

/// A kernel of its own: as one with [`Softmax`] both take 3 to 5 % longer.
struct StreamedSoftmax {
    x: Matrix,
    y: Matrix,
}

impl Kernel for StreamedSoftmax {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let StreamedSoftmax { x, y } = self;
        let mut sums = Sums::<S>::new();
        let mut waiting = MaybeUninit::<[f32; STREAMED]>::uninit();
        let waiting = waiting.as_mut_ptr().cast::<f32>();
        for row in 0..x.rows {
            let (from, to) = (x.row(row), y.row(row));
            // SAFETY: the rows have `cols` elements, at most `STREAMED`; every one of `waiting` is written before it is read.
            unsafe {
                let shift = largest(s, from, x.cols);
                let total = exponentials(s, &mut sums, from, waiting, x.cols, shift);
                let factor = s.splat(1.0 / total);
                let to = Sink::new::<S>(to, true);
                for i in (0..x.cols).step_by(S::LANES) {
                    let left = x.cols - i;
                    to.put(s, i, left, s.mul(load(s, waiting.add(i), left, 0.0), factor));
                }
            }
        }
        s.fence();
    }
}

struct LogSoftmax {
    x: Matrix,
    y: Matrix,
}

impl Kernel for LogSoftmax {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let LogSoftmax { x, y } = self;
        let mut sums = Sums::<S>::new();
        for row in 0..x.rows {
            let (from, to) = (x.row(row), y.row(row));
            // SAFETY: the rows have `cols` elements.
            unsafe {
                let shift = largest(s, from, x.cols);
                let total = exponentials(s, &mut sums, from, std::ptr::null_mut(), x.cols, shift);
                let (shift, rest) = (s.splat(shift), s.splat(log_one(s, total)));
                map_row(s, from, to, x.cols, |value| s.sub(s.sub(value, shift), rest));
            }
        }
    }
}

struct LogSumExp {
    x: Matrix,
    labels: Option<Labels>,
    out: Column,
}

impl Kernel for LogSumExp {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let LogSumExp { x, labels, out } = self;
        let mut sums = Sums::<S>::new();
        for row in 0..x.rows {
            let from = x.row(row);
            // SAFETY: the row has `cols` elements, a label is one of them, and `out` has an entry for every row.
            unsafe {
                let shift = largest(s, from, x.cols);
                let total = exponentials(s, &mut sums, from, std::ptr::null_mut(), x.cols, shift);
                let rest = log_one(s, total);
                let result = match labels {
                    // The difference first: both may be far larger than the loss.
                    Some(labels) => (shift - from.add(labels.at(row) as usize).read()) + rest,
                    // Infinities: the sum is then of NaN, but the result is known.
                    None if shift.is_infinite() && !has_nan(s, from, x.cols) => shift,
                    None => shift + rest,
                };
                out.at(row).write(result);
            }
        }
    }
}

/// # Safety
/// `n` elements are readable.
#[inline(always)]
unsafe fn has_nan<S: Simd>(s: S, x: *const f32, n: usize) -> bool {
    (0..n).step_by(S::LANES).any(|i| {
        // SAFETY: `n - i` elements are left.
        s.any(s.is_nan(unsafe { s.load_partial(x.add(i), (n - i).min(S::LANES), 0.0) }))
    })
}

struct CrossEntropyGrad {
    x: Matrix,
    y: Matrix,
    labels: Labels,
    scale: Column,
}

impl Kernel for CrossEntropyGrad {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let CrossEntropyGrad { x, y, labels, scale } = self;
        let mut sums = Sums::<S>::new();
        for row in 0..x.rows {
            let (from, to) = (x.row(row), y.row(row));
            // SAFETY: the rows have `cols` elements, a label is one of them, `scale` has an entry for every row.
            unsafe {
                let shift = largest(s, from, x.cols);
                let total = exponentials(s, &mut sums, from, to, x.cols, shift);
                let scale = scale.at(row).read();
                let factor = s.splat(scale / total);
                map_row(s, to, to, x.cols, |e| s.mul(e, factor));
                let target = to.add(labels.at(row) as usize);
                target.write(target.read() - scale);
            }
        }
    }
}
