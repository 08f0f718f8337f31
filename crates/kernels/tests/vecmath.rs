//! Vector mathematics on every level against f64, over edge values and a sweep of bit patterns.

#[path = "support/erf.rs"]
mod erf;
#[path = "support/lanes.rs"]
mod lanes;

use erf::erf;
use hornbeam_kernels::elementwise::{Binary, Code, Unary, run};
use hornbeam_kernels::{Elem, Layout, View, ViewMut, isa};
use lanes::{EDGES, binary, check, check_unary, grid, pairs, sweep, unary};

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn exponentials() {
    check_unary("exp", Unary::Exp, grid(-105.0, 90.0, 60_000), f64::exp, 2.0);
    check_unary("expm1", Unary::Expm1, grid(-3.0, 3.0, 60_000), f64::exp_m1, 4.0);
    check_unary("tanh", Unary::Tanh, grid(-10.0, 10.0, 60_000), f64::tanh, 4.0);
    check_unary("sigmoid", Unary::Sigmoid, grid(-105.0, 20.0, 60_000), sigmoid, 4.0);
    check_unary("erf", Unary::Erf, grid(-4.2, 4.2, 60_000), erf, 4.0);
}

#[test]
fn logarithms() {
    check_unary("log", Unary::Log, grid(0.3, 3.0, 60_000), f64::ln, 2.0);
    check_unary("log1p", Unary::Log1p, grid(-0.999, 3.0, 60_000), f64::ln_1p, 4.0);
}

#[test]
fn trigonometry() {
    check_unary("sin", Unary::Sin, grid(-1e5, 1e5, 100_000), f64::sin, 4.0);
    check_unary("cos", Unary::Cos, grid(-400.0, 400.0, 100_000), f64::cos, 4.0);
    let angles = pairs(&EDGES, &EDGES);
    let random = (grid(-3.0, 3.0, 50_000), sweep(85_899));
    for isa in isa::available() {
        for (y, x) in [&angles, &random] {
            let count = y.len().min(x.len());
            let got = binary(isa, Binary::Atan2, &y[..count], &x[..count]);
            check("atan2", isa, &y[..count], &got, |i| f64::from(y[i]).atan2(f64::from(x[i])), 4.0);
        }
    }
}

#[test]
fn roots_and_rounding() {
    check_unary("sqrt", Unary::Sqrt, vec![], f64::sqrt, 0.501);
    check_unary("rsqrt", Unary::Rsqrt, vec![], |x| 1.0 / x.sqrt(), 2.0);
    check_unary("reciprocal", Unary::Reciprocal, vec![], |x| 1.0 / x, 0.501);
    let halves = grid(-9.0, 9.0, 37);
    check_unary("floor", Unary::Floor, halves.clone(), f64::floor, 0.0);
    check_unary("ceil", Unary::Ceil, halves.clone(), f64::ceil, 0.0);
    let halves = (-20..20).map(|i| i as f32 / 2.0).collect();
    check_unary("round", Unary::Round, halves, f64::round_ties_even, 0.0);
}

#[test]
fn powers() {
    let mut x = EDGES.to_vec();
    x.extend([2.0, -2.0, 3.0, -3.0, 0.999_999_94, 1.000_000_1, -8_388_609.0, 10.0, 0.1]);
    let mut y = x.clone();
    y.extend([0.5, -0.5, 3.0, 33.0, -3.0, 16_777_216.0, 8_388_609.0, 1e10, -1e10]);
    let special = pairs(&x, &y);
    let mut ordinary = pairs(&grid(1e-3, 40.0, 250), &grid(-20.0, 20.0, 251));
    ordinary.0.extend(sweep(171_799).iter().map(|x| x.abs()));
    ordinary.1.resize(ordinary.0.len(), 0.333);
    for isa in isa::available() {
        for (x, y) in [&special, &ordinary] {
            let got = binary(isa, Binary::Pow, x, y);
            check("pow", isa, x, &got, |i| f64::from(x[i]).powf(f64::from(y[i])), 2.0);
        }
        for i in [0, 5] {
            let (x, y) = &special;
            assert_eq!(binary(isa, Binary::Pow, x, y)[i..].len(), x.len() - i);
        }
    }
}

#[test]
fn floor_mod() {
    let (a, b) = pairs(&grid(-50.0, 50.0, 200), &grid(-7.0, 7.0, 101));
    for isa in isa::available() {
        let got = binary(isa, Binary::Mod, &a, &b);
        let want = |i: usize| {
            let (a, b) = (f64::from(a[i]), f64::from(b[i]));
            a - (a / b).floor() * b
        };
        check("mod", isa, &a, &got, want, 1.0);
        assert_eq!(binary(isa, Binary::Mod, &[-1.0, 1.0, 6.0, -6.0], &[3.0, -3.0, 3.0, 4.0]), [2.0, -2.0, 0.0, 2.0]);
    }
}

#[test]
fn extremes_and_signs() {
    let (a, b) = pairs(&EDGES, &EDGES);
    for isa in isa::available() {
        let (larger, smaller) = (binary(isa, Binary::Max, &a, &b), binary(isa, Binary::Min, &a, &b));
        for i in 0..a.len() {
            if a[i].is_nan() || b[i].is_nan() {
                assert!(larger[i].is_nan() && smaller[i].is_nan());
            } else {
                assert_eq!(larger[i], a[i].max(b[i]));
                assert_eq!(smaller[i], a[i].min(b[i]));
            }
        }
        let relu = unary(isa, Unary::Relu, &EDGES);
        let sign = unary(isa, Unary::Sign, &EDGES);
        for (i, &x) in EDGES.iter().enumerate() {
            assert!(relu[i] == x.max(0.0) && !x.is_nan() || x.is_nan() && relu[i].is_nan());
            let want = if x == 0.0 || x.is_nan() { x } else { x.signum() };
            assert!(sign[i] == want || x.is_nan() && sign[i].is_nan(), "sign {x}");
        }
    }
}

#[test]
fn narrow_floats_round_like_the_standard() {
    let x: Vec<f32> = sweep(9_973).into_iter().chain((-60..60).map(|i| 2.0f32.powi(i / 2) * 1.000_488_3)).collect();
    for isa in isa::available() {
        for (i, got) in unary(isa, Unary::RoundBf16, &x).into_iter().enumerate() {
            // The neighbours below and above in magnitude; the nearer one wins, the even one at the same distance.
            let low = f32::from_bits(x[i].to_bits() & 0xffff_0000);
            let high = f32::from_bits((x[i].to_bits() & 0xffff_0000).wrapping_add(0x1_0000));
            let (below, above) = ((f64::from(x[i]) - f64::from(low)).abs(), (f64::from(high) - f64::from(x[i])).abs());
            let even = if low.to_bits() >> 16 & 1 == 0 { low } else { high };
            let want = if below < above || below == 0.0 {
                low
            } else if above < below {
                high
            } else {
                even
            };
            let overflow = low.abs() > 3.3e38;
            assert!(got == want || x[i].is_nan() && got.is_nan() || overflow, "{:e}: {got:e}, {want:e}", x[i]);
        }
        for (i, got) in unary(isa, Unary::RoundF16, &x).into_iter().enumerate() {
            let magnitude = f64::from(x[i].abs());
            let unit = if magnitude < 2.0f64.powi(-14) { -24 } else { magnitude.log2().floor() as i32 - 10 };
            let rounded = (magnitude / 2.0f64.powi(unit)).round_ties_even() * 2.0f64.powi(unit);
            let want = if magnitude < 65520.0 { rounded } else { f64::INFINITY }.copysign(f64::from(x[i]));
            assert!(f64::from(got) == want || x[i].is_nan() && got.is_nan(), "{:e}: {got:e}, {want:e}", x[i]);
        }
    }
}

/// Every one of the 65,536 numbers of a 16-bit type: read as float32 and written back.
#[test]
fn all_halves_are_read_and_written_back() {
    let halves: Vec<u16> = (0..=u16::MAX).collect();
    let dims = [halves.len()];
    let bfloat = |bits: u16| f64::from(f32::from_bits(u32::from(bits) << 16));
    let half = |bits: u16| {
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
        let magnitude = match exponent {
            0 => fraction * 2.0f64.powi(-24),
            31 if fraction == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (1.0 + fraction / 1024.0) * 2.0f64.powi(exponent - 15),
        };
        if bits >> 15 == 1 { -magnitude } else { magnitude }
    };
    for isa in isa::available() {
        for (elem, value) in [(Elem::Bf16, &bfloat as &dyn Fn(u16) -> f64), (Elem::F16, &half)] {
            let code =
                Code { inputs: vec![elem], steps: vec![], outputs: vec![(0, Elem::F32), (0, elem)], registers: 1 };
            let (mut wide, mut back) = (vec![0.0f32; halves.len()], vec![0u16; halves.len()]);
            let layout = Layout::contiguous(&dims);
            // SAFETY: the vectors hold as many 16-bit elements as the layouts, and outlive the views.
            let (input, output) = unsafe {
                let output = ViewMut::from_raw(back.as_mut_ptr().cast(), elem, layout);
                (View::from_raw(halves.as_ptr().cast(), elem, layout), output)
            };
            run(isa, &code, &dims, &[input], &mut [ViewMut::from_slice(&mut wide, &dims), output], 0..halves.len(), 0);
            for &bits in &halves {
                let (want, at) = (value(bits), usize::from(bits));
                if want.is_nan() {
                    let written = value(back[at]);
                    assert!(wide[at].is_nan() && written.is_nan(), "{elem:?} {bits:#x} on {}", isa.name());
                } else {
                    assert_eq!((f64::from(wide[at]), back[at]), (want, bits), "{elem:?} on {}", isa.name());
                }
            }
        }
    }
}
