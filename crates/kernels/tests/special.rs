//! Trigonometric, hyperbolic, error and gamma functions, and operations on bits, on every level against f64.

#[path = "support/lanes.rs"]
mod lanes;

use hornbeam_kernels::elementwise::{Binary, Code, Step, Unary, run};
use hornbeam_kernels::{Elem, Isa, View, ViewMut, isa};
use lanes::{EDGES, binary, check, check_slack, check_unary, grid, pairs, sweep, unary};
use std::f64::consts::PI;

/// As many numbers on both sides of every point as lie within 30 bit patterns of it.
fn beside(points: &[f32]) -> Vec<f32> {
    points.iter().flat_map(|x| (-30..=30).map(|d| f32::from_bits(x.to_bits().wrapping_add_signed(d)))).collect()
}

/// `1 - erf x`: by erf's series up to 2, by a continued fraction beyond.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x > 2.0 {
        let fraction = (1..200).rev().fold(x, |fraction, n| x + f64::from(n) * 0.5 / fraction);
        return (-x * x).exp() / fraction / PI.sqrt();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..60 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
    }
    1.0 - std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// By bisection of erfc, which keeps its precision towards the ends.
fn erfinv(x: f64) -> f64 {
    if !(-1.0..=1.0).contains(&x) {
        return f64::NAN;
    }
    if x.abs() == 1.0 {
        return f64::INFINITY.copysign(x);
    }
    if x.abs() < 1e-5 {
        return x * PI.sqrt() / 2.0 * (1.0 + PI / 12.0 * x * x);
    }
    let (mut low, mut high) = (0.0, 7.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if erfc(middle) > 1.0 - x.abs() { low = middle } else { high = middle }
    }
    (0.5 * (low + high)).copysign(x)
}

const ZETA: [f64; 9] = [
    1.644_934_066_848_226_4,
    1.202_056_903_159_594_2,
    1.082_323_233_711_138_2,
    1.036_927_755_143_37,
    1.017_343_061_984_449,
    1.008_349_277_381_923,
    1.004_077_356_197_944,
    1.002_008_392_826_082,
    1.000_994_575_127_818,
];

fn lgamma(x: f64) -> f64 {
    if x.is_infinite() || x == 0.0 || x < 0.0 && x == x.floor() {
        return f64::INFINITY;
    }
    if x < 0.0 {
        let product = (x * (PI * (x - x.round())).sin()).abs();
        return PI.ln() - product.ln() - lgamma(-x);
    }
    if (x - 1.0).abs() < 0.01 {
        let d = 1.0 - x;
        return ZETA.iter().enumerate().fold(0.577_215_664_901_532_9 * d, |sum, (i, zeta)| {
            let k = i as i32 + 2;
            sum + zeta / f64::from(k) * d.powi(k)
        });
    }
    if (x - 2.0).abs() < 0.01 {
        return lgamma(x - 1.0) + (x - 2.0).ln_1p();
    }
    let (mut z, mut product) = (x, 1.0);
    while z < 30.0 {
        product *= z;
        z += 1.0;
    }
    let u = 1.0 / (z * z);
    let series = (1.0 / 12.0 - u * (1.0 / 360.0 - u * (1.0 / 1260.0 - u / 1680.0))) / z;
    (z - 0.5) * z.ln() - z + 0.5 * (2.0 * PI).ln() + series - product.ln()
}

fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return -1.0 / x;
    }
    if x < 0.0 {
        if x == x.floor() {
            return f64::NAN;
        }
        return digamma(1.0 - x) - PI / (PI * (x - x.round())).tan();
    }
    if x == f64::INFINITY {
        return x;
    }
    let (mut z, mut sum) = (x, 0.0);
    while z < 30.0 {
        sum += 1.0 / z;
        z += 1.0;
    }
    let u = 1.0 / (z * z);
    z.ln() - 0.5 / z - u * (1.0 / 12.0 - u * (1.0 / 120.0 - u * (1.0 / 252.0 - u / 240.0))) - sum
}

fn trigamma(x: f64) -> f64 {
    if x < 0.0 {
        let sine = (PI * (x - x.round())).sin();
        return (PI / sine).powi(2) - trigamma(1.0 - x);
    }
    if x == f64::INFINITY {
        return 0.0;
    }
    let (mut z, mut sum) = (x, 0.0);
    while z < 30.0 {
        sum += 1.0 / (z * z);
        z += 1.0;
    }
    let u = 1.0 / (z * z);
    sum + (1.0 + u * (1.0 / 6.0 - u * (1.0 / 30.0 - u * (1.0 / 42.0 - u / 30.0)))) / z + 0.5 * u
}

#[test]
fn trigonometric() {
    check_unary("tan", Unary::Tan, grid(-1e5, 1e5, 100_000), f64::tan, 4.0);
    check_unary("tan", Unary::Tan, beside(&[std::f32::consts::FRAC_PI_2, 4.712_389, 11.0, 1e5]), f64::tan, 4.0);
    check_unary("asin", Unary::Asin, grid(-1.0, 1.0, 60_000), f64::asin, 3.0);
    check_unary("acos", Unary::Acos, grid(-1.0, 1.0, 60_000), f64::acos, 3.0);
    check_unary("acos", Unary::Acos, beside(&[1.0, -1.0, 0.5, -0.5]), f64::acos, 3.0);
    check_unary("asin", Unary::Asin, beside(&[1.0, -1.0, 0.5, -0.5]), f64::asin, 3.0);
    check_unary("atan", Unary::Atan, grid(-30.0, 30.0, 60_000), f64::atan, 4.0);
}

#[test]
fn hyperbolic() {
    check_unary("sinh", Unary::Sinh, grid(-90.0, 90.0, 60_000), f64::sinh, 4.0);
    check_unary("sinh", Unary::Sinh, grid(-1.5, 1.5, 60_000), f64::sinh, 4.0);
    check_unary("cosh", Unary::Cosh, grid(-90.0, 90.0, 60_000), f64::cosh, 4.0);
    // The standard library's asinh and acosh lose digits: of the square root's sum near 1, of the square of large numbers.
    let asinh = |x: f64| {
        let a = x.abs();
        let root = (a * a + 1.0).sqrt();
        let value = if a > 1e100 { a } else { (a + a * a / (1.0 + root)).ln_1p() };
        value.copysign(x)
    };
    check_unary("asinh", Unary::Asinh, grid(-3.0, 3.0, 60_000), asinh, 2.0);
    let acosh = |x: f64| {
        let t = x - 1.0;
        if x < 1.0 { f64::NAN } else { (t + (t * (x + 1.0)).sqrt()).ln_1p() }
    };
    check_unary("acosh", Unary::Acosh, grid(0.9, 5.0, 60_000), acosh, 2.0);
    check_unary("acosh", Unary::Acosh, beside(&[1.0, 1e9]), acosh, 2.0);
    let atanh = |x: f64| {
        if x.abs() > 1.0 { f64::NAN } else { (0.5 * (2.0 * x.abs() / (1.0 - x.abs())).ln_1p()).copysign(x) }
    };
    check_unary("atanh", Unary::Atanh, grid(-1.0, 1.0, 60_000), atanh, 2.0);
    check_unary("atanh", Unary::Atanh, beside(&[1.0, -1.0, 0.01]), atanh, 2.0);
}

#[test]
fn powers_and_logarithms() {
    check_unary("exp2", Unary::Exp2, grid(-152.0, 130.0, 60_000), f64::exp2, 2.0);
    check_unary("log2", Unary::Log2, grid(0.5, 2.0, 60_000), f64::log2, 1.0);
    check_unary("log10", Unary::Log10, grid(0.5, 2.0, 60_000), f64::log10, 1.0);
    check_unary("cbrt", Unary::Cbrt, grid(-30.0, 30.0, 60_000), f64::cbrt, 1.0);
    for isa in isa::available() {
        let powers: Vec<f32> = (-120..=120).map(|n| 2.0f32.powi(n)).collect();
        let exponents: Vec<f32> = (-120..=120).map(|n| n as f32).collect();
        assert_eq!(unary(isa, Unary::Exp2, &exponents), powers);
        assert_eq!(unary(isa, Unary::Log2, &powers), exponents);
        assert_eq!(unary(isa, Unary::Log10, &[1e-3, 1.0, 10.0, 1000.0, 1e8]), [-3.0, 0.0, 1.0, 3.0, 8.0]);
        assert_eq!(unary(isa, Unary::Cbrt, &[27.0, -8.0, 1e9, -0.125]), [3.0, -2.0, 1000.0, -0.5]);
    }
}

#[test]
fn error_functions() {
    check_unary("erfc", Unary::Erfc, grid(-5.0, 10.3, 60_000), erfc, 2.0);
    check_unary("erfinv", Unary::Erfinv, grid(-1.0, 1.0, 30_000), erfinv, 4.0);
    check_unary("erfinv", Unary::Erfinv, beside(&[1.0, -1.0, 0.996_625]), erfinv, 4.0);
}

#[test]
fn gelu_and_its_slope() {
    let below = |x: f64| 0.5 * erfc(-x / 2.0f64.sqrt());
    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
    // The limits: 0 times infinity is no number.
    let gelu = |x: f64| if x.is_infinite() { x.max(0.0) } else { x * below(x) };
    let slope = |x: f64| below(x) + if x.is_infinite() { 0.0 } else { x * density(x) };
    let mut x = sweep(14_983);
    x.extend(grid(-14.0, 14.0, 100_000));
    x.extend(beside(&[-5.5, 5.5, -5.8, 5.8]));
    let (above, beneath): (Vec<f32>, Vec<f32>) = x.iter().partition(|&&x| x >= -0.5 || x.is_nan());
    for isa in isa::available() {
        let want = |x: &[f32], f: &dyn Fn(f64) -> f64| x.iter().map(|&x| f(f64::from(x))).collect::<Vec<f64>>();
        let (wanted, slopes) = (want(&above, &gelu), want(&x, &slope));
        check_slack("gelu", isa, &above, &unary(isa, Unary::Gelu, &above), |i| wanted[i], 8.0, 3e-38);
        check_slack("geluSlope", isa, &x, &unary(isa, Unary::GeluSlope, &x), |i| slopes[i], 0.0, 3e-7);
        for (x, got) in beneath.iter().zip(unary(isa, Unary::Gelu, &beneath)) {
            let error = (f64::from(got) - gelu(f64::from(*x))).abs();
            assert!(error <= 2e-7 * f64::from(x.abs().min(5.5)), "gelu on {}: {got:e} at {x:e}", isa.name());
        }
        assert_eq!(unary(isa, Unary::Gelu, &[-5.5, -1e30, f32::NEG_INFINITY, 0.0]), [0.0; 4]);
    }
}

#[test]
fn gamma_functions() {
    let mut x = sweep(49_999);
    x.extend(grid(-12.3, 12.7, 60_000));
    // The zeros of lgamma and digamma, and poles.
    x.extend(beside(&[
        1.0,
        2.0,
        0.75,
        2.25,
        8.0,
        -1.0,
        -2.0,
        -5.0,
        -2.457_024_7,
        -2.747_682_6,
        1.461_632_1,
        -0.504_083,
    ]));
    for (name, op, want) in [
        ("lgamma", Unary::Lgamma, lgamma as fn(f64) -> f64),
        ("digamma", Unary::Digamma, digamma),
        ("trigamma", Unary::Trigamma, trigamma),
    ] {
        let wanted: Vec<f64> = x.iter().map(|&x| want(f64::from(x))).collect();
        for isa in isa::available() {
            check_slack(name, isa, &x, &unary(isa, op, &x), |i| wanted[i], 4.0, 1e-11);
        }
    }
    for isa in isa::available() {
        let near: Vec<f32> = beside(&[1.0, 2.0]);
        check("lgamma", isa, &near, &unary(isa, Unary::Lgamma, &near), |i| lgamma(f64::from(near[i])), 2.0);
    }
}

#[test]
fn remainders_and_neighbours() {
    let (a, b) = pairs(&grid(-50.0, 50.0, 200), &grid(-7.0, 7.0, 101));
    for isa in isa::available() {
        let got = binary(isa, Binary::Rem, &a, &b);
        check("rem", isa, &a, &got, |i| f64::from(a[i]) % f64::from(b[i]), 0.0);
        let truncated = unary(isa, Unary::Trunc, &EDGES);
        for (x, got) in EDGES.iter().zip(truncated) {
            assert!(got.to_bits() == x.trunc().to_bits() || got.is_nan() && x.is_nan(), "trunc {x} is {got}");
        }
        let (from, to) = pairs(&EDGES, &EDGES);
        for (i, got) in binary(isa, Binary::NextAfter, &from, &to).into_iter().enumerate() {
            let want = match from[i].partial_cmp(&to[i]) {
                None => f32::NAN,
                Some(std::cmp::Ordering::Less) => from[i].next_up(),
                Some(std::cmp::Ordering::Equal) => to[i],
                Some(std::cmp::Ordering::Greater) => from[i].next_down(),
            };
            let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan() || got == 0.0 && want == 0.0;
            assert!(same, "next after {} towards {} is {got}, not {want}", from[i], to[i]);
        }
    }
}

fn integers(isa: Isa, op: Binary, a: &[i32], b: &[i32]) -> Vec<i32> {
    let code = Code {
        inputs: vec![Elem::I32, Elem::I32],
        steps: vec![Step::Binary { op, dst: 2, a: 0, b: 1 }],
        outputs: vec![(2, Elem::I32)],
        registers: 3,
    };
    let mut y = vec![0; a.len()];
    let dims = [a.len()];
    let inputs = [View::from_slice(a, &dims), View::from_slice(b, &dims)];
    run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(&mut y, &dims)], 0..a.len(), 0);
    y
}

type Rule<'a> = &'a dyn Fn(i32, i32) -> i32;

#[test]
fn bits_and_shifts() {
    let numbers = [0, 1, -1, 2, -2, 3, 7, -7, 12, -18, 31, 32, 33, 255, -256, i32::MAX, i32::MIN, 1_000_003];
    let (a, b): (Vec<i32>, Vec<i32>) = numbers.iter().flat_map(|&x| numbers.map(|y| (x, y))).unzip();
    let shift = |b: i32| (0..32).contains(&b);
    let rules: [(Binary, Rule); 8] = [
        (Binary::BitAnd, &|a, b| a & b),
        (Binary::BitOr, &|a, b| a | b),
        (Binary::BitXor, &|a, b| a ^ b),
        (Binary::Shl, &|a, b| if shift(b) { a << b } else { 0 }),
        (Binary::Shr, &|a, b| if shift(b) { a >> b } else { a >> 31 }),
        (Binary::RemI, &|a, b| if b == 0 { 0 } else { a.wrapping_rem(b) }),
        (Binary::DivI, &|a, b| if b == 0 { 0 } else { (f64::from(a) / f64::from(b)).floor() as i64 as i32 }),
        (Binary::Gcd, &|a, b| {
            if a == 0 && b == 0 {
                return 0;
            }
            let divides = |d: i64| i64::from(a) % d == 0 && i64::from(b) % d == 0;
            let most = i64::from(a).abs().max(i64::from(b).abs());
            let few = (1..=most.min(300)).chain([most, 1_000_003, i64::from(i32::MAX)]);
            few.filter(|&d| d > 0 && divides(d)).max().unwrap_or(0) as i32
        }),
    ];
    for isa in isa::available() {
        for (op, rule) in rules {
            let want: Vec<i32> = a.iter().zip(&b).map(|(&a, &b)| rule(a, b)).collect();
            assert_eq!(integers(isa, op, &a, &b), want, "{op:?} on {}", isa.name());
        }
    }
}
