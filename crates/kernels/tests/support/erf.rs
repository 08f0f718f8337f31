//! The error function in f64.

/// By the Taylor series near 0, by the continued fraction of erfc elsewhere.
pub fn erf(x: f64) -> f64 {
    let a = x.abs();
    if a.is_nan() {
        return x;
    }
    if a < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..60 {
            term *= -x * x / f64::from(n);
            let next = sum + term / f64::from(2 * n + 1);
            if next == sum {
                break;
            }
            sum = next;
        }
        return sum * std::f64::consts::FRAC_2_SQRT_PI;
    }
    if a > 7.0 {
        return x.signum();
    }
    let mut fraction = a;
    for n in (1..80).rev() {
        fraction = a + f64::from(n) * 0.5 / fraction;
    }
    (1.0 - (-a * a).exp() / fraction / std::f64::consts::PI.sqrt()).copysign(x)
}
