//! The third derivative of `log Gamma`, in elementary operations: it is needed only as the gradient of trigamma.

use super::{BinaryKind, UnaryKind, add, binary, div, mul, scale, select, shift, sub, unary};
use crate::error::Result;
use crate::ops::movement;
use crate::tensor::Tensor;
use std::f64::consts::PI;

/// `psi''(x)`: the asymptotic series at `y + 8`, the recurrence `psi''(y) = psi''(y + 1) - 2 / y^3` back to y, and for
/// `x < 1/2` the reflection `psi''(x) = psi''(1 - x) - 2 pi^3 cos(pi x) / sin(pi x)^3`. Within 1e-5 of its value.
pub(super) fn tetragamma(x: &Tensor) -> Result<Tensor> {
    let (one, half) = (movement::scalar(1.0, x.dtype())?, movement::scalar(0.5, x.dtype())?);
    let reflected = binary(BinaryKind::Lt, x, &half)?;
    let y = select(&reflected, &sub(&one, x)?, x)?;
    let mut steps = movement::scalar(0.0, x.dtype())?;
    for k in 0..8 {
        let term = unary(UnaryKind::Reciprocal, &shift(&y, f64::from(k))?)?;
        steps = add(&steps, &mul(&unary(UnaryKind::Square, &term)?, &term)?)?;
    }
    // -1/z^2 - 1/z^3 - 1/(2 z^4) + 1/(6 z^6) - 1/(6 z^8) + 3/(10 z^10) - 5/(6 z^12)
    let inverse = unary(UnaryKind::Reciprocal, &shift(&y, 8.0)?)?;
    let square = unary(UnaryKind::Square, &inverse)?;
    let mut series = movement::scalar(-5.0 / 6.0, x.dtype())?;
    for coefficient in [0.3, -1.0 / 6.0, 1.0 / 6.0, -0.5] {
        series = shift(&mul(&series, &square)?, coefficient)?;
    }
    let series = sub(&shift(&mul(&series, &square)?, -1.0)?, &inverse)?;
    let value = sub(&mul(&series, &square)?, &scale(&steps, 2.0)?)?;
    // Lanes that are not reflected get a quarter turn, where the sine is 1: a pole there would make NaN of the gradient.
    let angle = scale(&select(&reflected, x, &half)?, PI)?;
    let sine = unary(UnaryKind::Sin, &angle)?;
    let cube = mul(&unary(UnaryKind::Square, &sine)?, &sine)?;
    let mirror = scale(&div(&unary(UnaryKind::Cos, &angle)?, &cube)?, 2.0 * PI.powi(3))?;
    select(&reflected, &sub(&value, &mirror)?, &value)
}
