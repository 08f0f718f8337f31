//! Test cases of Fourier transforms: lengths that are powers of two, products of small primes, and primes.

use super::{Fft, InverseRealFft, RealFft, fft, irfft, rfft};
use crate::cases::{Case, Operand};
use crate::tensor::Tensor;

/// Test cases of this family.
pub fn cases() -> Vec<Case> {
    let shapes: [&[usize]; 12] =
        [&[1], &[2], &[3], &[8], &[12], &[17], &[64], &[101], &[2, 5], &[3, 2, 6], &[0, 4], &[2, 1]];
    let plain = |dims: &[usize]| Operand::floats(dims, -1.0, 1.0);
    let mut cases = Vec::new();
    for dims in shapes {
        for inverse in [false, true] {
            cases.push(Case::new(Fft { inverse }, vec![plain(dims), plain(dims)]).with_gradient());
        }
        cases.push(Case::new(RealFft, vec![plain(dims)]).with_gradient());
        let (&n, lead) = dims.split_last().expect("an axis");
        let half = [lead, &[n / 2 + 1]].concat();
        cases.push(Case::new(InverseRealFft { n }, vec![plain(&half), plain(&half)]).with_gradient());
    }
    for length in [5, 8, 12] {
        let build = move |t: &[Tensor]| rfft(&t[0], length);
        cases.push(Case::composed("rfft", vec![plain(&[2, 8])], build).with_gradient());
        let build = move |t: &[Tensor]| Ok(vec![irfft(&t[0], &t[1], length)?]);
        cases.push(Case::composed("irfft", vec![plain(&[2, 5]), plain(&[2, 5])], build).with_gradient());
    }
    let there_and_back = |t: &[Tensor]| {
        let spectrum = fft(&t[0], &t[1], false)?;
        fft(&spectrum[0], &spectrum[1], true)
    };
    cases.push(Case::composed("ifft of fft", vec![plain(&[2, 7]), plain(&[2, 7])], there_and_back).with_gradient());
    cases
}
