//! Fourier transforms along the last axis. Complex numbers are pairs of float32 tensors: there is no complex dtype.
//! Nothing is divided by n here: each transform is then the gradient of its inverse.

mod cases;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::elementwise::BinaryKind;
use crate::ops::{Rule, Vjp, elementwise, movement, operands, require_dtype};
use crate::shape::{Shape, TensorType};
use crate::tensor::Tensor;

pub use cases::cases;

/// `(re, im) [..., n] -> (re, im) [..., n]`: `y_k = sum_j x_j e^(-2 pi i j k / n)`, with a positive exponent if `inverse`. `n >= 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fft {
    /// The conjugate transform.
    pub inverse: bool,
}

/// `x [..., n] -> (re, im) [..., n / 2 + 1]`: the first half of [`Fft`] of real numbers, which determines the other. `n >= 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RealFft;

/// `(re, im) [..., n / 2 + 1] -> x [..., n]`: the conjugate transform of the spectrum of real numbers given by its first half. The imaginary parts at
/// 0 and (even `n`) `n / 2`, which such a spectrum has not, are not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InverseRealFft {
    /// Numbers made, at least 1.
    pub n: usize,
}

fn check_signal(name: &str, x: TensorType) -> Result<usize> {
    require_dtype(name, x, &[DType::F32])?;
    match x.shape.last() {
        Some(&n) if n > 0 => Ok(n),
        _ => Err(Error::shape(format!("{name} needs a last axis of at least one element, got shape {}", x.shape))),
    }
}

/// Both parts have one type.
fn check_parts(name: &str, re: TensorType, im: TensorType) -> Result<usize> {
    let n = check_signal(name, re)?;
    if re == im {
        return Ok(n);
    }
    Err(Error::shape(format!("{name}: the real and the imaginary part have one type, got {re} and {im}")))
}

/// `5 n log2 n` a row, the usual measure.
fn transform_flops(rows: usize, n: usize) -> u64 {
    (5.0 * (rows * n) as f64 * (n.max(2) as f64).log2()) as u64
}

impl Rule for Fft {
    fn name(&self) -> &'static str {
        if self.inverse { "ifft" } else { "fft" }
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [re, im] = operands(self.name(), inputs)?;
        check_parts(self.name(), re, im)?;
        Ok(vec![re, im])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let back = Fft { inverse: !self.inverse };
        let parts = Tensor::apply(back.into(), vec![given(ctx, 0)?, given(ctx, 1)?])?;
        Ok(parts.into_iter().map(Some).collect())
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or(1).max(1);
        transform_flops(inputs[0].shape.size() / n, n)
    }
}

impl Rule for RealFft {
    fn name(&self) -> &'static str {
        "rfft"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [x] = operands("rfft", inputs)?;
        let n = check_signal("rfft", x)?;
        let half = TensorType::new(x.shape.with_dim(x.shape.rank() - 1, n / 2 + 1)?, DType::F32);
        Ok(vec![half, half])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let n = *ctx.inputs[0].shape().last().expect("checked");
        let weights = occurrences(n)?;
        let parts = vec![elementwise::div(&given(ctx, 0)?, &weights)?, elementwise::div(&given(ctx, 1)?, &weights)?];
        Ok(vec![Some(Tensor::apply1(InverseRealFft { n }.into(), parts)?)])
    }

    fn flops(&self, inputs: &[TensorType], _: &[TensorType]) -> u64 {
        let n = inputs[0].shape.last().copied().unwrap_or(1).max(1);
        transform_flops(inputs[0].shape.size() / n, n) / 2
    }
}

impl Rule for InverseRealFft {
    fn name(&self) -> &'static str {
        "irfft"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>> {
        let [re, im] = operands("irfft", inputs)?;
        let half = check_parts("irfft", re, im)?;
        if self.n == 0 || half != self.n / 2 + 1 {
            return Err(Error::shape(format!(
                "irfft to {} numbers takes {} frequencies, got shape {}",
                self.n,
                self.n / 2 + 1,
                re.shape
            )));
        }
        Ok(vec![TensorType::new(re.shape.with_dim(re.shape.rank() - 1, self.n)?, DType::F32)])
    }

    fn vjp(&self, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let weights = occurrences(self.n)?;
        let parts = Tensor::apply(RealFft.into(), vec![ctx.cotangent().clone()])?;
        parts.iter().map(|part| elementwise::mul(part, &weights).map(Some)).collect()
    }

    fn flops(&self, _: &[TensorType], outputs: &[TensorType]) -> u64 {
        transform_flops(outputs[0].shape.size() / self.n, self.n) / 2
    }
}

/// The cotangent of output `i`, zeros where there is none.
fn given(ctx: &Vjp, i: usize) -> Result<Tensor> {
    match &ctx.cotangents[i] {
        Some(cotangent) => Ok(cotangent.clone()),
        None => movement::fill(0.0, ctx.outputs[i].shape(), DType::F32),
    }
}

/// How often each frequency of the half spectrum `[n / 2 + 1]` is in the whole one: twice, but for the first and, of an even `n`, the last.
fn occurrences(n: usize) -> Result<Tensor> {
    let k = movement::iota(Shape::new(&[n / 2 + 1])?, 0, DType::I32)?;
    let number = |value: usize| movement::scalar(value as f64, DType::I32);
    let after_first = elementwise::binary(BinaryKind::Gt, &k, &number(0)?)?;
    let mirrored = elementwise::binary(BinaryKind::Lt, &k, &number(n.div_ceil(2))?)?;
    let twice = elementwise::binary(BinaryKind::And, &after_first, &mirrored)?;
    elementwise::select(&twice, &movement::scalar(2.0, DType::F32)?, &movement::scalar(1.0, DType::F32)?)
}

/// `x` cut, or filled up with zeros, to `n` elements of the last axis.
fn fitted(name: &str, x: &Tensor, n: usize) -> Result<Tensor> {
    let rank = x.shape().rank();
    let Some(&have) = x.shape().last() else {
        return Err(Error::shape(format!("{name} takes tensors of rank 1 or more, got a scalar")));
    };
    if have >= n {
        return if have == n { Ok(x.clone()) } else { movement::slice_axis(x, rank - 1, 0, n) };
    }
    let mut high = vec![0; rank];
    high[rank - 1] = (n - have) as i64;
    movement::pad(x, &movement::scalar(0.0, x.dtype())?, &vec![0; rank], &high, &vec![0; rank])
}

/// The discrete Fourier transform of `re + i im` along the last axis; the inverse divides by n.
///
/// # Errors
/// Shape: the parts differ in type, or have no last axis of at least one element.
pub fn fft(re: &Tensor, im: &Tensor, inverse: bool) -> Result<Vec<Tensor>> {
    let parts = Tensor::apply(Fft { inverse }.into(), vec![re.clone(), im.clone()])?;
    if !inverse {
        return Ok(parts);
    }
    let n = *re.shape().last().expect("checked");
    parts.iter().map(|part| elementwise::scale(part, 1.0 / n as f64)).collect()
}

/// The first `length / 2 + 1` frequencies of real `x`, cut or filled up with zeros to `length` elements.
///
/// # Errors
/// As [`fft`].
pub fn rfft(x: &Tensor, length: usize) -> Result<Vec<Tensor>> {
    Tensor::apply(RealFft.into(), vec![fitted("rfft", x, length)?])
}

/// The `length` real numbers whose first frequencies are `re + i im`, cut or filled up with zeros to `length / 2 + 1`.
///
/// # Errors
/// As [`fft`].
pub fn irfft(re: &Tensor, im: &Tensor, length: usize) -> Result<Tensor> {
    let half = length / 2 + 1;
    let parts = vec![fitted("irfft", re, half)?, fitted("irfft", im, half)?];
    let sum = Tensor::apply1(InverseRealFft { n: length }.into(), parts)?;
    elementwise::scale(&sum, 1.0 / length as f64)
}
