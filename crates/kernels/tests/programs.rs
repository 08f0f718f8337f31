//! Random straight-line codes against a scalar interpreter: chains, reused registers, invariant steps, several outputs,
//! updates in place.

mod seeded;

use hornbeam_kernels::elementwise::{Binary, Class, Code, Step, Unary, run};
use hornbeam_kernels::{Elem, Layout, View, ViewMut, isa};
use seeded::{Operand, Seeded};

/// One lane: bits of whatever class.
type Lane = u32;

fn float(x: Lane) -> f32 {
    f32::from_bits(x)
}

fn unary(op: Unary, a: Lane) -> Lane {
    let bit = u32::from;
    match op {
        Unary::Neg => (-float(a)).to_bits(),
        Unary::Abs => float(a).abs().to_bits(),
        Unary::Square => (float(a) * float(a)).to_bits(),
        Unary::Relu => float(a).max(0.0).to_bits(),
        Unary::Sqrt => float(a).sqrt().to_bits(),
        Unary::Floor => float(a).floor().to_bits(),
        Unary::RoundF16 | Unary::RoundBf16 => a,
        Unary::FToI => (float(a) as i32) as u32,
        Unary::IToF => (a as i32 as f32).to_bits(),
        Unary::BToF => (a as f32).to_bits(),
        Unary::FToB => bit(float(a) != 0.0),
        Unary::LogicalNot => a ^ 1,
        Unary::NegI => (a as i32).wrapping_neg() as u32,
        _ => unreachable!("not drawn"),
    }
}

fn binary(op: Binary, a: Lane, b: Lane) -> Lane {
    let (x, y, i, j) = (float(a), float(b), a as i32, b as i32);
    match op {
        Binary::Add => (x + y).to_bits(),
        Binary::Sub => (x - y).to_bits(),
        Binary::Mul => (x * y).to_bits(),
        Binary::Max => (if x > y { x } else { y }).to_bits(),
        Binary::Lt => u32::from(x < y),
        Binary::Ge => u32::from(x >= y),
        Binary::AddI => i.wrapping_add(j) as u32,
        Binary::MulI => i.wrapping_mul(j) as u32,
        Binary::DivI if j == 0 => 0,
        Binary::DivI => (i64::from(i) as f64 / f64::from(j)).floor() as i64 as u32,
        Binary::GtI => u32::from(i > j),
        Binary::And => a & b,
        Binary::Xor => a ^ b,
        _ => unreachable!("not drawn"),
    }
}

const UNARY: [Unary; 11] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Square,
    Unary::Relu,
    Unary::Floor,
    Unary::FToI,
    Unary::IToF,
    Unary::BToF,
    Unary::FToB,
    Unary::LogicalNot,
    Unary::NegI,
];
const BINARY: [Binary; 12] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Max,
    Binary::Lt,
    Binary::Ge,
    Binary::AddI,
    Binary::MulI,
    Binary::DivI,
    Binary::GtI,
    Binary::And,
    Binary::Xor,
];

/// A random code that obeys the rules, over `inputs` and few registers, so that many are reused.
fn random_code(rng: &mut Seeded, inputs: &[Elem]) -> Code {
    let registers = inputs.len() + 2 + rng.below(5);
    let mut holds: Vec<Option<Class>> = inputs.iter().map(|&elem| Some(Class::of(elem))).collect();
    holds.resize(registers, None);
    // Something to start from, even without inputs.
    let first = registers - 1;
    let mut steps = vec![Step::Constant { dst: first as u8, bits: 2.5f32.to_bits() }];
    holds[first] = Some(Class::F);
    // Mostly the last result is used next: that is what chains are made of.
    let mut last: Option<u8> = None;
    for _ in 0..3 + rng.below(25) {
        let dst = rng.below(registers) as u8;
        let pick = |rng: &mut Seeded, class: Class, holds: &[Option<Class>]| -> Option<u8> {
            let recent = last.filter(|&register| holds[usize::from(register)] == Some(class) && rng.below(3) != 0);
            let all: Vec<u8> = (0..registers).filter(|&r| holds[r] == Some(class)).map(|r| r as u8).collect();
            recent.or(if all.is_empty() { None } else { Some(rng.pick(&all)) })
        };
        let step = match rng.below(10) {
            0 => Some((Step::Constant { dst, bits: (rng.below(7) as f32 - 3.0).to_bits() }, Class::F)),
            1..4 => {
                let op = rng.pick(&UNARY);
                let (from, to) = op.classes();
                pick(rng, from, &holds).map(|a| (Step::Unary { op, dst, a }, to))
            }
            4..8 => {
                let op = rng.pick(&BINARY);
                let (from, to) = op.classes();
                let operands = (pick(rng, from, &holds), pick(rng, from, &holds));
                let (Some(a), Some(b)) = operands else { continue };
                Some((Step::Binary { op, dst, a, b }, to))
            }
            8 => {
                let class = rng.pick(&[Class::F, Class::I, Class::B]);
                let cond = pick(rng, Class::B, &holds);
                let (Some(cond), Some(a), Some(b)) = (cond, pick(rng, class, &holds), pick(rng, class, &holds)) else {
                    continue;
                };
                Some((Step::Select { dst, cond, a, b }, class))
            }
            _ => Some((Step::Iota { dst, axis: rng.below(2) as u8 }, Class::I)),
        };
        if let Some((step, class)) = step {
            steps.push(step);
            holds[usize::from(dst)] = Some(class);
            last = Some(dst);
        }
    }
    let known: Vec<u8> = (0..registers as u8).filter(|&r| holds[usize::from(r)].is_some()).collect();
    let elem = |register: u8| match holds[usize::from(register)] {
        Some(Class::F) => Elem::F32,
        Some(Class::I) => Elem::I32,
        _ => Elem::Bool,
    };
    let count = 1 + rng.below(3);
    let outputs = (0..count).map(|_| rng.pick(&known)).map(|register| (register, elem(register))).collect();
    Code { inputs: inputs.to_vec(), steps, outputs, registers: registers as u8 }
}

/// The outputs of one element.
fn interpret(code: &Code, inputs: &[Lane], index: [usize; 2]) -> Vec<Lane> {
    let mut lanes = inputs.to_vec();
    lanes.resize(code.registers.into(), 0);
    for &step in &code.steps {
        let at = |register: u8| lanes[usize::from(register)];
        let value = match step {
            Step::Constant { bits, .. } => bits,
            Step::Unary { op, a, .. } => unary(op, at(a)),
            Step::Binary { op, a, b, .. } => binary(op, at(a), at(b)),
            Step::Fma { .. } => unreachable!("not drawn: levels differ in rounding"),
            Step::Select { cond, a, b, .. } => at(if at(cond) != 0 { a } else { b }),
            Step::Iota { axis, .. } => index[usize::from(axis)] as u32,
        };
        lanes[usize::from(step.dst())] = value;
    }
    code.outputs.iter().map(|&(register, _)| lanes[usize::from(register)]).collect()
}

fn lane_of(operand: &Operand, flat: usize) -> Lane {
    let value = operand.at(flat);
    match Class::of(operand.elem) {
        Class::F => (value as f32).to_bits(),
        _ => value as i32 as u32,
    }
}

#[test]
fn random_codes() {
    let mut rng = Seeded(41);
    for case in 0..600 {
        let dims = [1 + rng.below(40), 1 + rng.below(40)];
        let count = dims[0] * dims[1];
        let elems: Vec<Elem> =
            (0..rng.below(4)).map(|_| rng.pick(&[Elem::F32, Elem::F32, Elem::I32, Elem::U8, Elem::Bool])).collect();
        let operands: Vec<Operand> = elems.iter().map(|&elem| Operand::random(&mut rng, &dims, elem)).collect();
        let code = random_code(&mut rng, &elems);
        assert_eq!(code.check(), Ok(()), "{code:?}");
        let want: Vec<Vec<Lane>> = (0..count)
            .map(|flat| {
                let inputs: Vec<Lane> = operands.iter().map(|operand| lane_of(operand, flat)).collect();
                interpret(&code, &inputs, [flat / dims[1] + 5, flat % dims[1]])
            })
            .collect();
        for isa in isa::available() {
            let views: Vec<View> = operands.iter().map(Operand::view).collect();
            let mut memory: Vec<Vec<u32>> = code.outputs.iter().map(|_| vec![0; count]).collect();
            let layout = Layout::contiguous(&dims);
            let mut outputs: Vec<ViewMut> = memory
                .iter_mut()
                .zip(&code.outputs)
                // SAFETY: every buffer has four bytes for an element, and is used by one view.
                .map(|(buffer, &(_, elem))| unsafe { ViewMut::from_raw(buffer.as_mut_ptr().cast(), elem, layout) })
                .collect();
            run(isa, &code, &dims, &views, &mut outputs, 0..count, 5);
            for (j, &(_, elem)) in code.outputs.iter().enumerate() {
                for (flat, row) in want.iter().enumerate() {
                    let got = match elem {
                        Elem::Bool => u32::from(memory[j][flat / 4].to_ne_bytes()[flat % 4]),
                        _ => memory[j][flat],
                    };
                    let same = match elem {
                        // Zeros of either sign: the larger of two equal zeros is either.
                        Elem::F32 => float(got) == float(row[j]) || float(got).is_nan() && float(row[j]).is_nan(),
                        _ => got == row[j],
                    };
                    assert!(same, "case {case}, {}, output {j} at {flat}: {got:x} {:x}\n{code:?}", isa.name(), row[j]);
                }
            }
        }
    }
}

#[test]
fn a_chain_longer_than_any_limit() {
    let steps: Vec<Step> = (0..200)
        .map(|i| {
            let op = if i % 3 == 0 { Binary::Sub } else { Binary::Add };
            if i % 2 == 0 { Step::Binary { op, dst: 1, a: 1, b: 0 } } else { Step::Binary { op, dst: 1, a: 0, b: 1 } }
        })
        .collect();
    let mut all = vec![Step::Unary { op: Unary::Abs, dst: 1, a: 0 }];
    all.extend(steps);
    let code = Code { inputs: vec![Elem::F32], steps: all, outputs: vec![(1, Elem::F32)], registers: 2 };
    let x: Vec<f32> = (0..777).map(|i| (i % 11) as f32 - 5.0).collect();
    for isa in isa::available() {
        let mut got = vec![0.0f32; 777];
        let inputs = [View::from_slice(&x, &[777])];
        run(isa, &code, &[777], &inputs, &mut [ViewMut::from_slice(&mut got, &[777])], 0..777, 0);
        for (i, &value) in got.iter().enumerate() {
            assert_eq!(value.to_bits(), interpret(&code, &[x[i].to_bits()], [0; 2])[0]);
        }
    }
}

#[test]
fn fused_multiply_add_in_every_place() {
    let mut rng = Seeded(42);
    let n = 300;
    // Whole numbers: one rounding or two make no difference.
    let x: Vec<Vec<f32>> = (0..3).map(|_| rng.floats(n, 50.0).iter().map(|x| x.round()).collect()).collect();
    let steps = vec![
        Step::Unary { op: Unary::Neg, dst: 3, a: 0 },
        Step::Fma { dst: 3, a: 3, b: 1, c: 2 },
        Step::Fma { dst: 3, a: 1, b: 2, c: 3 },
        Step::Fma { dst: 4, a: 1, b: 3, c: 0 },
        Step::Fma { dst: 5, a: 0, b: 0, c: 0 },
    ];
    let outputs = vec![(4, Elem::F32), (5, Elem::F32)];
    let code = Code { inputs: vec![Elem::F32; 3], steps, outputs, registers: 6 };
    for isa in isa::available() {
        let views: Vec<View> = x.iter().map(|x| View::from_slice(x, &[n])).collect();
        let (mut first, mut second) = (vec![0.0f32; n], vec![0.0f32; n]);
        let mut outputs = [ViewMut::from_slice(&mut first, &[n]), ViewMut::from_slice(&mut second, &[n])];
        run(isa, &code, &[n], &views, &mut outputs, 0..n, 0);
        for i in 0..n {
            let (a, b, c) = (x[0][i], x[1][i], x[2][i]);
            assert_eq!(first[i], b * (-a * b + c + b * c) + a);
            assert_eq!(second[i], a * a + a);
        }
    }
}

#[test]
fn random_codes_in_place() {
    let mut rng = Seeded(43);
    for case in 0..400 {
        let n = 1 + rng.below(700);
        let dims = [1, n];
        let elems = vec![Elem::F32; 2 + rng.below(3)];
        let code = random_code(&mut rng, &elems);
        let x: Vec<Vec<f32>> = elems.iter().map(|_| rng.floats(n, 40.0).iter().map(|x| x.round()).collect()).collect();
        let want: Vec<Vec<Lane>> =
            (0..n).map(|i| interpret(&code, &x.iter().map(|x| x[i].to_bits()).collect::<Vec<_>>(), [0, i])).collect();
        // Output j lies where input j is, from a random first input on, when its elements have the size.
        let shift = rng.below(elems.len());
        for isa in isa::available() {
            let mut memory = x.clone();
            let mut others: Vec<Vec<u32>> = code.outputs.iter().map(|_| vec![0; n]).collect();
            let pointers: Vec<*mut u8> = memory.iter_mut().map(|x| x.as_mut_ptr().cast()).collect();
            let layout = Layout::contiguous(&dims);
            let mut targets: Vec<*mut u8> = Vec::new();
            for (j, &(_, elem)) in code.outputs.iter().enumerate() {
                let in_place = elem.size() == 4 && j < elems.len();
                let other = others[j].as_mut_ptr().cast();
                targets.push(if in_place { pointers[(j + shift) % elems.len()] } else { other });
            }
            // SAFETY: the machine allows an output exactly where an input is; nothing else looks at the memory meanwhile.
            let views: Vec<View> = pointers.iter().map(|&p| unsafe { View::from_raw(p, Elem::F32, layout) }).collect();
            let mut outputs: Vec<ViewMut> = targets
                .iter()
                .zip(&code.outputs)
                // SAFETY: as above; no two outputs are at the same place.
                .map(|(&p, &(_, elem))| unsafe { ViewMut::from_raw(p, elem, layout) })
                .collect();
            run(isa, &code, &dims, &views, &mut outputs, 0..n, 0);
            for (j, &(_, elem)) in code.outputs.iter().enumerate() {
                for (i, row) in want.iter().enumerate() {
                    // SAFETY: the target holds n elements of its type.
                    let got = unsafe {
                        match elem {
                            Elem::Bool => u32::from(targets[j].add(i).read()),
                            _ => targets[j].cast::<u32>().add(i).read(),
                        }
                    };
                    let same = match elem {
                        Elem::F32 => float(got) == float(row[j]) || float(got).is_nan() && float(row[j]).is_nan(),
                        _ => got == row[j],
                    };
                    assert!(same, "case {case}, {}, output {j} at {i}: {got:x} {:x}\n{code:?}", isa.name(), row[j]);
                }
            }
        }
    }
}
