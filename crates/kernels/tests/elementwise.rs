//! The fused machine: operands of any layout, integer operations, updates in place, cuts, and the rules of a code.

mod seeded;

use hornbeam_kernels::elementwise::{Binary, Class, Code, Step, Unary, run};
use hornbeam_kernels::{Elem, View, ViewMut, isa};
use seeded::{Operand, Seeded, random_dims};

type One = fn(i64) -> i64;
type Pair<R> = fn(i64, i64) -> R;
type Change = fn(&mut Code);

const ELEMS: [Elem; 7] = [Elem::F32, Elem::Bf16, Elem::F16, Elem::I32, Elem::I8, Elem::U8, Elem::Bool];

/// A code that sums `weight * input` over all inputs (whatever their class) as f32.
fn weighted_sum(elems: &[Elem]) -> Code {
    let count = elems.len() as u8;
    let (sum, weight, value) = (count, count + 1, count + 2);
    let mut steps = vec![Step::Constant { dst: sum, bits: 0 }];
    for (i, &elem) in elems.iter().enumerate() {
        let a = i as u8;
        let a = match Class::of(elem) {
            Class::F => a,
            Class::I => {
                steps.push(Step::Unary { op: Unary::IToF, dst: value, a });
                value
            }
            Class::B => {
                steps.push(Step::Unary { op: Unary::BToF, dst: value, a });
                value
            }
        };
        steps.push(Step::Constant { dst: weight, bits: ((i + 1) as f32).to_bits() });
        steps.push(Step::Binary { op: Binary::Mul, dst: value, a, b: weight });
        steps.push(Step::Binary { op: Binary::Add, dst: sum, a: sum, b: value });
    }
    Code { inputs: elems.to_vec(), steps, outputs: vec![(sum, Elem::F32)], registers: count + 3 }
}

#[test]
fn operands_of_any_layout_and_type() {
    let mut rng = Seeded(1);
    for case in 0..160 {
        let dims = random_dims(&mut rng);
        let count: usize = dims.iter().product();
        let elems: Vec<Elem> = (0..1 + rng.below(5)).map(|_| rng.pick(&ELEMS)).collect();
        let operands: Vec<Operand> = elems.iter().map(|&elem| Operand::random(&mut rng, &dims, elem)).collect();
        let code = weighted_sum(&elems);
        assert_eq!(code.check(), Ok(()));
        let want: Vec<f32> = (0..count)
            .map(|flat| operands.iter().enumerate().map(|(i, o)| (i + 1) as f64 * o.at(flat)).sum::<f64>() as f32)
            .collect();
        let cut = rng.below(count + 1);
        for isa in isa::available() {
            let inputs: Vec<View> = operands.iter().map(Operand::view).collect();
            let mut got = vec![f32::NAN; count];
            // Two parts, cut anywhere: whole numbers, so every order is exact.
            let (first, second) = got.split_at_mut(cut);
            run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(first, &[cut])], 0..cut, 0);
            run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(second, &[count - cut])], cut..count, 0);
            assert_eq!(got, want, "case {case}, {}, dims {dims:?}, {elems:?}", isa.name());
        }
    }
}

#[test]
fn vectors_broadcast_over_rows() {
    let mut rng = Seeded(2);
    for columns in [1, 2, 3, 5, 7, 10, 16, 31, 33, 64, 100, 144, 256, 264, 384, 511, 512, 513, 528, 768, 1000, 1040] {
        for rows in [1, 2, 9, 70] {
            let dims = [rows, columns];
            let elem = rng.pick(&[Elem::F32, Elem::Bf16, Elem::U8]);
            let x = Operand::random(&mut rng, &dims, Elem::F32);
            let bias = Operand::strided(&mut rng, &dims, &[0, 1], elem);
            let scale = Operand::strided(&mut rng, &dims, &[1, 0], Elem::F32);
            let code = weighted_sum(&[Elem::F32, elem, Elem::F32]);
            // Between two rows, or anywhere.
            let cut = if rng.below(2) == 0 { rng.below(rows + 1) * columns } else { rng.below(rows * columns + 1) };
            for isa in isa::available() {
                let mut got = vec![f32::NAN; rows * columns];
                let inputs = [x.view(), bias.view(), scale.view()];
                let (first, second) = got.split_at_mut(cut);
                let left = [second.len()];
                run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(first, &[cut])], 0..cut, 0);
                run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(second, &left)], cut..rows * columns, 0);
                for (flat, &value) in got.iter().enumerate() {
                    let want = x.at(flat) + 2.0 * bias.at(flat) + 3.0 * scale.at(flat);
                    assert_eq!(f64::from(value), want, "{rows}x{columns} at {flat}, {}", isa.name());
                }
            }
        }
    }
}

#[test]
fn integer_operations_are_exact() {
    let mut a: Vec<i32> = vec![0, 1, -1, 2, -2, 7, -7, i32::MIN, i32::MAX, 255, 256, -128, -129, 127, 128];
    let mut rng = Seeded(3);
    a.extend((0..50).map(|_| rng.next() as i32));
    let (a, b): (Vec<i32>, Vec<i32>) = a.iter().flat_map(|&x| a.iter().map(move |&y| (x, y))).unzip();
    let binary: [(Binary, Pair<i64>); 7] = [
        (Binary::AddI, |a, b| a + b),
        (Binary::SubI, |a, b| a - b),
        (Binary::MulI, |a, b| a * b),
        (Binary::DivI, |a, b| if b == 0 { 0 } else { (a as f64 / b as f64).floor() as i64 }),
        (Binary::ModI, |a, b| if b == 0 { 0 } else { a - (a as f64 / b as f64).floor() as i64 * b }),
        (Binary::MaxI, i64::max),
        (Binary::MinI, i64::min),
    ];
    let truth: [(Binary, Pair<bool>); 6] = [
        (Binary::EqI, |a, b| a == b),
        (Binary::NeI, |a, b| a != b),
        (Binary::LtI, |a, b| a < b),
        (Binary::LeI, |a, b| a <= b),
        (Binary::GtI, |a, b| a > b),
        (Binary::GeI, |a, b| a >= b),
    ];
    let unary: [(Unary, One); 6] = [
        (Unary::NegI, |a| -a),
        (Unary::AbsI, i64::abs),
        (Unary::SignI, i64::signum),
        (Unary::SquareI, |a| a * a),
        (Unary::WrapU8, |a| i64::from(a as u8)),
        (Unary::WrapI8, |a| i64::from(a as i8)),
    ];
    let dims = [a.len()];
    for isa in isa::available() {
        let inputs = [View::from_slice(&a, &dims), View::from_slice(&b, &dims)];
        let go = |step: Step, elem: Elem| {
            let code = Code { inputs: vec![Elem::I32; 2], steps: vec![step], outputs: vec![(2, elem)], registers: 3 };
            let mut words = vec![0i32; if elem == Elem::I32 { a.len() } else { 0 }];
            let mut bytes = vec![0u8; if elem == Elem::I32 { 0 } else { a.len() }];
            let out = if elem == Elem::I32 {
                ViewMut::from_slice(&mut words, &dims)
            } else {
                // SAFETY: the bytes are exclusive and as many as the dims; a Bool is a byte.
                unsafe { ViewMut::from_raw(bytes.as_mut_ptr(), elem, hornbeam_kernels::Layout::contiguous(&dims)) }
            };
            run(isa, &code, &dims, &inputs, &mut [out], 0..a.len(), 0);
            if elem == Elem::I32 { words } else { bytes.into_iter().map(i32::from).collect() }
        };
        for (op, want) in binary {
            for (i, got) in go(Step::Binary { op, dst: 2, a: 0, b: 1 }, Elem::I32).into_iter().enumerate() {
                assert_eq!(got, want(a[i].into(), b[i].into()) as i32, "{op:?} {} {}", a[i], b[i]);
            }
        }
        for (op, want) in truth {
            for (i, got) in go(Step::Binary { op, dst: 2, a: 0, b: 1 }, Elem::Bool).into_iter().enumerate() {
                assert_eq!(got == 1, want(a[i].into(), b[i].into()), "{op:?} {} {}", a[i], b[i]);
                assert!(got < 2);
            }
        }
        for (op, want) in unary {
            for (i, got) in go(Step::Unary { op, dst: 2, a: 0 }, Elem::I32).into_iter().enumerate() {
                assert_eq!(got, want(a[i].into()) as i32, "{op:?} {}", a[i]);
            }
        }
    }
}

#[test]
fn casts_saturate() {
    let x =
        [0.0f32, -0.0, 0.9, -0.9, 1.5, -1.5, 255.9, 256.0, 127.5, -128.9, -129.0, 3e9, -3e9, f32::INFINITY, f32::NAN];
    let x2: Vec<f32> = x.iter().copied().chain([2_147_483_520.0, 2_147_483_648.0, -2_147_483_648.0]).collect();
    let dims = [x2.len()];
    for isa in isa::available() {
        let cast = |op: Unary| {
            let step = Step::Unary { op, dst: 1, a: 0 };
            let code = Code { inputs: vec![Elem::F32], steps: vec![step], outputs: vec![(1, Elem::I32)], registers: 2 };
            let mut y = vec![0i32; x2.len()];
            let inputs = [View::from_slice(&x2, &dims)];
            run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(&mut y, &dims)], 0..x2.len(), 0);
            y
        };
        assert_eq!(cast(Unary::FToI), x2.iter().map(|&x| x as i32).collect::<Vec<_>>());
        assert_eq!(cast(Unary::FToU8), x2.iter().map(|&x| i32::from(x as u8)).collect::<Vec<_>>());
        assert_eq!(cast(Unary::FToI8), x2.iter().map(|&x| i32::from(x as i8)).collect::<Vec<_>>());
    }
}

#[test]
fn narrow_outputs() {
    let mut rng = Seeded(4);
    for n in [1, 7, 16, 17, 100, 513] {
        let x = Operand::strided(&mut rng, &[n], &[1], Elem::I32);
        for isa in isa::available() {
            let code = Code {
                inputs: vec![Elem::I32],
                steps: vec![
                    Step::Unary { op: Unary::IToF, dst: 1, a: 0 },
                    Step::Unary { op: Unary::IToB, dst: 2, a: 0 },
                ],
                outputs: vec![(1, Elem::Bf16), (1, Elem::F16), (0, Elem::I8), (2, Elem::Bool), (0, Elem::I32)],
                registers: 3,
            };
            assert_eq!(code.check(), Ok(()));
            let (mut a, mut b, mut c, mut d, mut e) =
                (vec![0u16; n], vec![0u16; n], vec![0i8; n], vec![9u8; n], vec![0; n]);
            let layout = hornbeam_kernels::Layout::contiguous(&[n]);
            // SAFETY: every buffer holds n elements of the type named.
            let mut outputs = unsafe {
                [
                    ViewMut::from_raw(a.as_mut_ptr().cast(), Elem::Bf16, layout),
                    ViewMut::from_raw(b.as_mut_ptr().cast(), Elem::F16, layout),
                    ViewMut::from_slice(&mut c, &[n]),
                    ViewMut::from_raw(d.as_mut_ptr(), Elem::Bool, layout),
                    ViewMut::from_slice(&mut e, &[n]),
                ]
            };
            run(isa, &code, &[n], &[x.view()], &mut outputs, 0..n, 0);
            for i in 0..n {
                let value = x.at(i);
                assert_eq!(f64::from(f32::from_bits(u32::from(a[i]) << 16)), value);
                let half = i32::from(b[i] >> 10 & 31) - 15;
                let magnitude = (1.0 + f64::from(b[i] & 0x3ff) / 1024.0) * 2.0f64.powi(half);
                assert_eq!(if value == 0.0 { 0.0 } else { magnitude }, value.abs());
                assert_eq!((f64::from(c[i]), d[i] == 1, f64::from(e[i])), (value, value != 0.0, value));
            }
        }
    }
}

/// w, g, m, v, step size, 1 - beta1, 1 - beta2, epsilon -> w, m, v.
fn adam() -> Code {
    use Binary::*;
    let binary = |op, dst, a, b| Step::Binary { op, dst, a, b };
    let steps = vec![
        binary(Sub, 8, 1, 2),
        binary(Mul, 8, 8, 5),
        binary(Add, 2, 2, 8),
        Step::Unary { op: Unary::Square, dst: 9, a: 1 },
        binary(Sub, 9, 9, 3),
        Step::Fma { dst: 3, a: 9, b: 6, c: 3 },
        Step::Unary { op: Unary::Sqrt, dst: 9, a: 3 },
        binary(Add, 9, 9, 7),
        binary(Div, 9, 2, 9),
        binary(Mul, 9, 9, 4),
        binary(Sub, 0, 0, 9),
    ];
    Code {
        inputs: vec![Elem::F32; 8],
        steps,
        outputs: vec![(0, Elem::F32), (2, Elem::F32), (3, Elem::F32)],
        registers: 10,
    }
}

#[test]
fn an_update_in_place_equals_one_into_fresh_memory() {
    let mut rng = Seeded(5);
    let code = adam();
    assert_eq!(code.check(), Ok(()));
    for n in [1usize, 15, 16, 100, 512, 1000, 5000] {
        let operands: Vec<Vec<f32>> =
            (0..4).map(|i| rng.floats(n, 1.0).iter().map(|x| if i == 3 { x.abs() } else { *x }).collect()).collect();
        let scalars = [[0.01f32], [0.1], [0.001], [1e-7]];
        let dims = [n];
        let broadcast = hornbeam_kernels::Layout::strided(&dims, &[0]);
        for isa in isa::available() {
            let mut fresh = [vec![0.0f32; n], vec![0.0; n], vec![0.0; n]];
            let mut inputs: Vec<View> = operands.iter().map(|x| View::from_slice(x, &dims)).collect();
            inputs.extend(scalars.iter().map(|x| View::from_slice(x, &[1]).with_layout(broadcast)));
            let mut outputs: Vec<ViewMut> = fresh.iter_mut().map(|x| ViewMut::from_slice(x, &dims)).collect();
            run(isa, &code, &dims, &inputs, &mut outputs, 0..n, 0);
            for i in 0..n {
                let [w, g, m, v] = [0, 1, 2, 3].map(|k| f64::from(operands[k][i]));
                let (m, v) = (m + 0.1 * (g - m), v + 0.001 * (g * g - v));
                let want = w - 0.01 * m / (v.sqrt() + 1e-7);
                assert!((f64::from(fresh[0][i]) - want).abs() < 1e-4 * want.abs().max(1.0));
            }
            let mut own = operands.clone();
            let pointers: Vec<*mut u8> = own.iter_mut().map(|x| x.as_mut_ptr().cast()).collect();
            let layout = hornbeam_kernels::Layout::contiguous(&dims);
            // SAFETY: the machine allows an output exactly where an input is; nothing else looks at `own` meanwhile.
            let mut inputs: Vec<View> =
                pointers.iter().map(|&p| unsafe { View::from_raw(p, Elem::F32, layout) }).collect();
            inputs.extend(scalars.iter().map(|x| View::from_slice(x, &[1]).with_layout(broadcast)));
            // SAFETY: as above.
            let mut outputs: Vec<ViewMut> =
                [0, 2, 3].iter().map(|&i| unsafe { ViewMut::from_raw(pointers[i], Elem::F32, layout) }).collect();
            run(isa, &code, &dims, &inputs, &mut outputs, 0..n, 0);
            for (k, i) in [0, 2, 3].into_iter().enumerate() {
                assert_eq!(own[i], fresh[k], "{n} elements, output {k}, {}", isa.name());
            }
        }
    }
}

#[test]
fn two_arrays_change_places() {
    let n = 1000;
    let code =
        Code { inputs: vec![Elem::F32; 2], steps: vec![], outputs: vec![(1, Elem::F32), (0, Elem::F32)], registers: 2 };
    let layout = hornbeam_kernels::Layout::contiguous(&[n]);
    for isa in isa::available() {
        let (mut a, mut b): (Vec<f32>, Vec<f32>) = ((0..n).map(|i| i as f32).collect(), vec![-1.0; n]);
        let (pa, pb) = (a.as_mut_ptr().cast::<u8>(), b.as_mut_ptr().cast::<u8>());
        // SAFETY: the machine allows an output exactly where an input is.
        let inputs = unsafe { [pa, pb].map(|p| View::from_raw(p, Elem::F32, layout)) };
        // SAFETY: as above.
        let mut outputs = unsafe { [pa, pb].map(|p| ViewMut::from_raw(p, Elem::F32, layout)) };
        run(isa, &code, &[n], &inputs, &mut outputs, 0..n, 0);
        assert!(a.iter().all(|&x| x == -1.0) && b.iter().enumerate().all(|(i, &x)| x == i as f32));
    }
}

#[test]
fn bits_do_not_depend_on_the_cut() {
    let mut rng = Seeded(6);
    let dims = [37, 41];
    let n = 37 * 41;
    let x = rng.floats(n, 4.0);
    let bias = rng.floats(41, 1.0);
    let layout = hornbeam_kernels::Layout::strided(&dims, &[0, 1]);
    for op in [Unary::Exp, Unary::Tanh, Unary::Sigmoid, Unary::Erf, Unary::Sin, Unary::Log1p, Unary::Rsqrt] {
        let steps = vec![
            Step::Binary { op: Binary::Mul, dst: 2, a: 0, b: 1 },
            Step::Unary { op, dst: 3, a: 2 },
            Step::Binary { op: Binary::Pow, dst: 2, a: 1, b: 3 },
            Step::Binary { op: Binary::Add, dst: 3, a: 3, b: 2 },
        ];
        let code = Code { inputs: vec![Elem::F32; 2], steps, outputs: vec![(3, Elem::F32)], registers: 4 };
        for isa in isa::available() {
            let inputs = [View::from_slice(&x, &dims), View::from_slice(&bias, &[41]).with_layout(layout)];
            let mut whole = vec![0.0f32; n];
            run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(&mut whole, &[n])], 0..n, 0);
            let (mut parts, mut start) = (vec![0.0f32; n], 0);
            while start < n {
                // Up to 64 elements have a way of their own.
                let any = 1 + rng.below(300);
                let length = rng.pick(&[1, 2, 8, 31, 63, 64, 65, any]);
                let end = (start + length).min(n);
                let part = ViewMut::from_slice(&mut parts[start..end], &[end - start]);
                run(isa, &code, &dims, &inputs, &mut [part], start..end, 0);
                start = end;
            }
            // The sign of a number that is none is the compiler's.
            let bits =
                |x: &[f32]| x.iter().map(|x| if x.is_nan() { u32::MAX } else { x.to_bits() }).collect::<Vec<_>>();
            assert_eq!(bits(&whole), bits(&parts), "{op:?} {}", isa.name());
        }
    }
}

#[test]
fn iota_counts_along_an_axis() {
    for (dims, axis, origin) in [(vec![5], 0, 3), (vec![4, 6, 3], 1, 9), (vec![4, 6, 3], 0, 100), (vec![7, 130], 1, 1)]
    {
        let code = Code {
            inputs: vec![],
            steps: vec![Step::Iota { dst: 0, axis: axis as u8 }],
            outputs: vec![(0, Elem::I32)],
            registers: 1,
        };
        let count: usize = dims.iter().product();
        let inner: usize = dims[axis + 1..].iter().product();
        for isa in isa::available() {
            let start = count / 3;
            let mut got = vec![-1i32; count - start];
            let out = ViewMut::from_slice(&mut got, &[count - start]);
            run(isa, &code, &dims, &[], &mut [out], start..count, origin);
            for (i, &value) in got.iter().enumerate() {
                let index = (start + i) / inner % dims[axis] + if axis == 0 { origin } else { 0 };
                assert_eq!(value as usize, index);
            }
        }
    }
}

#[test]
fn select_and_truth() {
    let mut rng = Seeded(7);
    let (x, y) = (rng.floats(1000, 1.0), rng.floats(1000, 1.0));
    let steps = vec![
        Step::Constant { dst: 2, bits: 0 },
        Step::Binary { op: Binary::Gt, dst: 3, a: 0, b: 2 },
        Step::Binary { op: Binary::Le, dst: 4, a: 1, b: 2 },
        Step::Binary { op: Binary::Xor, dst: 3, a: 3, b: 4 },
        Step::Unary { op: Unary::LogicalNot, dst: 3, a: 3 },
        Step::Select { dst: 5, cond: 3, a: 1, b: 2 },
    ];
    let code = Code { inputs: vec![Elem::F32; 2], steps, outputs: vec![(5, Elem::F32)], registers: 6 };
    assert_eq!(code.check(), Ok(()));
    for isa in isa::available() {
        let mut got = vec![0.0f32; 1000];
        let inputs = [View::from_slice(&x, &[1000]), View::from_slice(&y, &[1000])];
        run(isa, &code, &[1000], &inputs, &mut [ViewMut::from_slice(&mut got, &[1000])], 0..1000, 0);
        for i in 0..1000 {
            assert_eq!(got[i], if (x[i] > 0.0) == (y[i] <= 0.0) { y[i] } else { 0.0 });
        }
    }
}

#[test]
fn a_code_that_breaks_a_rule_is_refused() {
    let good = adam();
    let broken: [(Change, &str); 5] = [
        (|code| code.registers = 9, "writes a register"),
        (|code| code.outputs.push((9, Elem::I32)), "another class"),
        (|code| code.steps[0] = Step::Binary { op: Binary::AddI, dst: 8, a: 1, b: 2 }, "another class"),
        (|code| code.steps[0] = Step::Unary { op: Unary::Exp, dst: 8, a: 9 }, "never written"),
        (|code| code.registers = 25, "too many registers"),
    ];
    for (change, message) in broken {
        let mut code = good.clone();
        change(&mut code);
        let error = code.check().expect_err(message);
        assert!(error.contains(message), "{error}");
    }
}
