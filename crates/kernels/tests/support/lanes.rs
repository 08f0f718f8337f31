//! Elementwise functions on every level, measured against f64 in units of the last place.
#![allow(dead_code, reason = "each test binary uses its part")]

use hornbeam_kernels::elementwise::{Binary, Code, Step, Unary, run};
use hornbeam_kernels::{Elem, Isa, View, ViewMut, isa};

pub const EDGES: [f32; 26] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1e-45,
    -1e-45,
    1e-40,
    -1e-40,
    f32::MIN_POSITIVE,
    f32::EPSILON,
    1e-8,
    -1e-8,
    88.72284,
    88.722_85,
    -87.336_55,
    -103.97,
    -104.0,
    f32::MAX,
    f32::MIN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    std::f32::consts::PI,
    -std::f32::consts::FRAC_PI_2,
];

pub fn unary(isa: Isa, op: Unary, x: &[f32]) -> Vec<f32> {
    let code = Code {
        inputs: vec![Elem::F32],
        steps: vec![Step::Unary { op, dst: 1, a: 0 }],
        outputs: vec![(1, Elem::F32)],
        registers: 2,
    };
    let mut y = vec![0.0f32; x.len()];
    let dims = [x.len()];
    run(isa, &code, &dims, &[View::from_slice(x, &dims)], &mut [ViewMut::from_slice(&mut y, &dims)], 0..x.len(), 0);
    y
}

pub fn binary(isa: Isa, op: Binary, a: &[f32], b: &[f32]) -> Vec<f32> {
    let code = Code {
        inputs: vec![Elem::F32, Elem::F32],
        steps: vec![Step::Binary { op, dst: 2, a: 0, b: 1 }],
        outputs: vec![(2, Elem::F32)],
        registers: 3,
    };
    let mut y = vec![0.0f32; a.len()];
    let dims = [a.len()];
    let inputs = [View::from_slice(a, &dims), View::from_slice(b, &dims)];
    run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(&mut y, &dims)], 0..a.len(), 0);
    y
}

/// Every bit pattern that is a multiple of `step`, plus the edges.
pub fn sweep(step: usize) -> Vec<f32> {
    let mut x: Vec<f32> = EDGES.to_vec();
    x.extend((0..=u32::MAX).step_by(step).map(f32::from_bits));
    x
}

/// Numbers spread evenly over `low..high`.
pub fn grid(low: f32, high: f32, count: usize) -> Vec<f32> {
    (0..count).map(|i| low + (high - low) * (i as f32 + 0.37) / count as f32).collect()
}

/// Distance in units of the last place of the f32 nearest to `want`.
pub fn ulps(got: f32, want: f64) -> f64 {
    let nearest = want as f32;
    if got.to_bits() == nearest.to_bits() || got.is_nan() && want.is_nan() {
        return 0.0;
    }
    if got.is_nan() || want.is_nan() || got.is_infinite() != nearest.is_infinite() {
        // The largest finite number and infinity are neighbours.
        let neighbours = got.abs().max(nearest.abs()).is_infinite() && got.abs().min(nearest.abs()) == f32::MAX;
        return if neighbours { 1.0 } else { f64::INFINITY };
    }
    let magnitude = nearest.abs().clamp(f32::MIN_POSITIVE, f32::MAX);
    let unit = f64::from(f32::from_bits(magnitude.to_bits() + 1).min(f32::MAX)) - f64::from(magnitude);
    let unit = if unit > 0.0 { unit } else { 2.0f64.powi(104) };
    (f64::from(got) - want).abs() / unit
}

/// Fails unless every result is within `bound` ulp of what is wanted.
pub fn check(name: &str, isa: Isa, x: &[f32], got: &[f32], want: impl Fn(usize) -> f64, bound: f64) {
    check_slack(name, isa, x, got, want, bound, 0.0);
}

/// The same, an absolute distance of `slack` apart.
pub fn check_slack(name: &str, isa: Isa, x: &[f32], got: &[f32], want: impl Fn(usize) -> f64, bound: f64, slack: f64) {
    let mut worst = (0.0, 0);
    for (i, &value) in got.iter().enumerate() {
        let wanted = want(i);
        let error = if (f64::from(value) - wanted).abs() <= slack { 0.0 } else { ulps(value, wanted) };
        if error > worst.0 {
            worst = (error, i);
        }
    }
    let (error, i) = worst;
    assert!(
        error <= bound,
        "{name} on {}: {error} ulp at {:e} ({:#x}): got {:e}, want {:e}",
        isa.name(),
        x[i],
        x[i].to_bits(),
        got[i],
        want(i)
    );
    if std::env::var_os("ULPS").is_some() {
        println!("{name:10} {:9} {error:.3} ulp at {:e}", isa.name(), x[i]);
    }
}

pub fn check_unary(name: &str, op: Unary, extra: Vec<f32>, want: fn(f64) -> f64, bound: f64) {
    let mut x = sweep(14_983);
    x.extend(extra);
    let wanted: Vec<f64> = x.iter().map(|&x| want(f64::from(x))).collect();
    for isa in isa::available() {
        let got = unary(isa, op, &x);
        check(name, isa, &x, &got, |i| wanted[i], bound);
    }
}

/// Every element of `a` with every element of `b`.
pub fn pairs(a: &[f32], b: &[f32]) -> (Vec<f32>, Vec<f32>) {
    a.iter().flat_map(|&x| b.iter().map(move |&y| (x, y))).unzip()
}
