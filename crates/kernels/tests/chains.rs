//! Chains, pairs and whole programs: exactly what a loop over single elements gives, or the machine.

mod seeded;

use hornbeam_kernels::elementwise::{Binary, Code, Prepared, Step, Unary};
use hornbeam_kernels::{Elem, Isa, Layout, View, ViewMut, isa};
use seeded::Seeded;

const SIZES: [usize; 14] = [1, 7, 8, 15, 16, 63, 64, 65, 129, 255, 511, 512, 520, 1301];

/// What the code gives for one element; operations that are rounded correctly on every level.
fn element(code: &Code, inputs: &[f32]) -> Vec<f32> {
    let mut registers = [0.0f32; 32];
    registers[..inputs.len()].copy_from_slice(inputs);
    for &step in &code.steps {
        let at = |register: u8| registers[usize::from(register)];
        registers[usize::from(step.dst())] = match step {
            Step::Constant { bits, .. } => f32::from_bits(bits),
            Step::Unary { op: Unary::Square, a, .. } => at(a) * at(a),
            Step::Unary { op: Unary::Sqrt, a, .. } => at(a).sqrt(),
            Step::Unary { op: Unary::Neg, a, .. } => -at(a),
            Step::Unary { op: Unary::Relu, a, .. } => at(a).max(0.0),
            Step::Binary { op: Binary::Add, a, b, .. } => at(a) + at(b),
            Step::Binary { op: Binary::Sub, a, b, .. } => at(a) - at(b),
            Step::Binary { op: Binary::Mul, a, b, .. } => at(a) * at(b),
            Step::Binary { op: Binary::Div, a, b, .. } => at(a) / at(b),
            _ => unreachable!("not used here"),
        };
    }
    code.outputs.iter().map(|&(register, _)| registers[usize::from(register)]).collect()
}

/// Runs the code over `n` elements cut at `cut`. Operands are vectors of `n`, single numbers or shorter vectors, of one length, that
/// repeat; an output goes where the operand `places` names lies, or to memory of its own.
fn outputs(
    isa: Isa,
    code: &Code,
    operands: &[Vec<f32>],
    places: &[Option<usize>],
    n: usize,
    cut: usize,
) -> Vec<Vec<f32>> {
    let mut memory = operands.to_vec();
    let mut own = vec![vec![f32::NAN; n]; places.len()];
    let pointers: Vec<*mut f32> = memory.iter_mut().map(|x| x.as_mut_ptr()).collect();
    let results: Vec<*mut f32> =
        places.iter().zip(&mut own).map(|(place, own)| place.map_or(own.as_mut_ptr(), |i| pointers[i])).collect();
    let period = operands.iter().map(Vec::len).find(|len| (2..n).contains(len)).unwrap_or(n);
    let dims = [n / period, period];
    // SAFETY: the vectors are as long as the layouts say and are not touched meanwhile; the machine allows an output exactly
    // where an input is.
    let inputs: Vec<View> = unsafe {
        let layout = |i: usize| {
            let len = operands[i].len();
            let strides = if len == n { [period as isize, 1] } else { [0, isize::from(len > 1)] };
            Layout::strided(&dims, &strides)
        };
        pointers.iter().enumerate().map(|(i, p)| View::from_raw(p.cast::<u8>(), Elem::F32, layout(i))).collect()
    };
    for range in [0..cut, cut..n] {
        let part = [range.len()];
        let layout = Layout::contiguous(&part);
        // SAFETY: as above.
        let mut out: Vec<ViewMut> = unsafe {
            results.iter().map(|p| ViewMut::from_raw(p.add(range.start).cast::<u8>(), Elem::F32, layout)).collect()
        };
        Prepared::new(code.clone()).run(isa, &dims, &inputs, &mut out, range, 0);
    }
    places.iter().zip(own).map(|(place, own)| place.map_or(own, |i| memory[i].clone())).collect()
}

fn check(name: &str, code: &Code, operands: &[Vec<f32>], places: &[Option<usize>], n: usize, cut: usize) {
    assert_eq!(code.check(), Ok(()), "{name}");
    let want: Vec<Vec<f32>> =
        (0..n).map(|i| element(code, &operands.iter().map(|x| x[i % x.len()]).collect::<Vec<f32>>())).collect();
    // Not numbers have more than one pattern of bits.
    let bits = |x: f32| if x.is_nan() { u32::MAX } else { x.to_bits() };
    for isa in isa::available() {
        let got = outputs(isa, code, operands, places, n, cut);
        for (output, got) in got.iter().enumerate() {
            let want: Vec<u32> = want.iter().map(|x| bits(x[output])).collect();
            let got: Vec<u32> = got.iter().map(|&x| bits(x)).collect();
            assert_eq!(got, want, "{name}, output {output} of {n} elements cut at {cut}, {}", isa.name());
        }
    }
}

fn positive(rng: &mut Seeded, n: usize) -> Vec<f32> {
    (0..n).map(|_| (1 + rng.below(4000)) as f32 / 1024.0).collect()
}

fn binary(op: Binary, dst: u8, a: u8, b: u8) -> Step {
    Step::Binary { op, dst, a, b }
}

#[test]
fn every_pair_of_light_steps() {
    let mut rng = Seeded(11);
    let (value, other) = (4, 5);
    // Each takes the value in register 4, with the operand named.
    let light = |dst: u8, operand: u8| {
        [
            binary(Binary::Add, dst, value, operand),
            binary(Binary::Add, dst, operand, value),
            binary(Binary::Mul, dst, value, operand),
            binary(Binary::Mul, dst, operand, value),
            binary(Binary::Sub, dst, value, operand),
            binary(Binary::Sub, dst, operand, value),
            binary(Binary::Div, dst, value, operand),
            binary(Binary::Div, dst, operand, value),
            binary(Binary::Mul, dst, value, value),
            Step::Unary { op: Unary::Square, dst, a: value },
            Step::Unary { op: Unary::Sqrt, dst, a: value },
            Step::Unary { op: Unary::Neg, dst, a: value },
        ]
    };
    for first in light(value, 1) {
        for second in light(value, 2) {
            for third in [light(other, 3)[0], light(other, 3)[8], light(other, 3)[11]] {
                let n = rng.pick(&SIZES);
                let steps = vec![binary(Binary::Add, value, 0, 1), first, second, third];
                let code = Code {
                    inputs: vec![Elem::F32; 4],
                    steps,
                    outputs: vec![(other, Elem::F32), (value, Elem::F32)],
                    registers: 6,
                };
                let operands: Vec<Vec<f32>> = (0..4).map(|_| positive(&mut rng, n)).collect();
                let place = rng.pick(&[None, Some(0), Some(1), Some(2), Some(3)]);
                check("three links", &code, &operands, &[place, None], n, rng.below(n + 1));
            }
        }
    }
}

/// w, g, m, v and the numbers step size, 1 - beta1, 1 - beta2, epsilon -> w, m, v.
fn adam(constants: bool) -> Code {
    use Binary::*;
    let mut steps = vec![
        binary(Sub, 8, 1, 2),
        binary(Mul, 8, 8, 5),
        binary(Add, 2, 2, 8),
        Step::Unary { op: Unary::Square, dst: 9, a: 1 },
        binary(Sub, 9, 9, 3),
        binary(Mul, 9, 6, 9),
        binary(Add, 3, 9, 3),
        binary(Mul, 8, 2, 4),
        Step::Unary { op: Unary::Sqrt, dst: 9, a: 3 },
        binary(Add, 9, 9, 7),
        binary(Div, 9, 8, 9),
        binary(Sub, 0, 0, 9),
    ];
    if constants {
        let constant = |dst: u8, value: f32| Step::Constant { dst, bits: value.to_bits() };
        steps.splice(0..0, [constant(5, 0.1), constant(6, 0.001), constant(7, 1e-7)]);
    }
    let outputs = vec![(0, Elem::F32), (2, Elem::F32), (3, Elem::F32)];
    Code { inputs: vec![Elem::F32; if constants { 5 } else { 8 }], steps, outputs, registers: 10 }
}

#[test]
fn an_update_of_weights_in_place() {
    let mut rng = Seeded(12);
    for n in SIZES {
        for constants in [false, true] {
            for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                let mut operands: Vec<Vec<f32>> = (0..4).map(|_| positive(&mut rng, n)).collect();
                operands.extend([vec![0.01f32], vec![0.1], vec![0.001], vec![1e-7]]);
                let mut code = adam(constants);
                operands.truncate(code.inputs.len());
                let own = [Some(0), Some(2), Some(3)];
                let outputs = code.outputs.clone();
                code.outputs = order.map(|i| outputs[i]).to_vec();
                check("adam", &code, &operands, &order.map(|i| own[i]), n, rng.below(n + 1));
                check("adam elsewhere", &code, &operands, &[None; 3], n, rng.below(n + 1));
            }
        }
    }
}

/// (x, dy, and by columns mean, a, b, c, d) -> batch normalization without and with a relu, and its gradient.
fn normalization(which: usize) -> Code {
    use Binary::*;
    let (steps, inputs) = match which {
        0 => (vec![binary(Sub, 7, 0, 2), binary(Mul, 7, 7, 3), binary(Add, 7, 7, 4)], 7),
        1 => {
            // The product's and the sum's operands the other way around.
            let relu = Step::Unary { op: Unary::Relu, dst: 7, a: 7 };
            (vec![binary(Sub, 7, 0, 2), binary(Mul, 7, 3, 7), binary(Add, 7, 4, 7), relu], 7)
        }
        _ => {
            let mut steps =
                vec![binary(Sub, 7, 0, 2), binary(Sub, 8, 1, 3), binary(Mul, 7, 7, 4), binary(Mul, 7, 7, 5)];
            steps.extend([binary(Sub, 7, 8, 7), binary(Mul, 7, 7, 6)]);
            (steps, 7)
        }
    };
    Code { inputs: vec![Elem::F32; inputs], steps, outputs: vec![(7, Elem::F32)], registers: 9 }
}

#[test]
fn batch_normalization_and_its_gradient() {
    let mut rng = Seeded(14);
    // Whole vectors, periods that are copied until they are, and some that are left to the machine.
    for period in [2, 3, 8, 10, 16, 24, 32, 33, 64, 100, 500, 512, 513, 1024] {
        for rows in [2, 3, 9] {
            let n = rows * period;
            for which in 0..3 {
                let code = normalization(which);
                let mut operands: Vec<Vec<f32>> = (0..2).map(|_| positive(&mut rng, n)).collect();
                operands.extend((0..5).map(|_| positive(&mut rng, period)));
                let name = format!("normalization {which} of {rows} x {period}");
                let cuts = [rng.below(n + 1), period * rng.below(rows + 1), (rng.below(n + 1) / 16 * 16).min(n)];
                for cut in cuts {
                    check(&name, &code, &operands, &[None], n, cut);
                    check(&name, &code, &operands, &[Some(0)], n, cut);
                    check(&name, &code, &operands, &[Some(1)], n, cut);
                }
                // A number for all, or for each, instead of one a column.
                let column = 2 + rng.below(5);
                for other in [vec![0.75], positive(&mut rng, n)] {
                    let mut operands = operands.clone();
                    operands[column] = other;
                    check(&name, &code, &operands, &[None], n, cuts[0]);
                }
            }
        }
    }
}

/// gelu, and dy times its slope, in either order: as the machine gives them, which takes operands that do not lie together.
#[test]
fn gelu_and_its_gradient() {
    let mut rng = Seeded(15);
    for n in SIZES {
        let x: Vec<f32> = (0..2 * n).map(|_| rng.below(16_000) as f32 / 1000.0 - 8.0).collect();
        let dy = positive(&mut rng, 2 * n);
        for program in 0..3 {
            let op = if program == 0 { Unary::Gelu } else { Unary::GeluSlope };
            let mut steps = vec![Step::Unary { op, dst: 2, a: 0 }];
            match program {
                0 => {}
                1 => steps.push(binary(Binary::Mul, 2, 1, 2)),
                _ => steps.push(binary(Binary::Mul, 2, 2, 1)),
            }
            let code = Code { inputs: vec![Elem::F32; 2], steps, outputs: vec![(2, Elem::F32)], registers: 3 };
            let code = if program == 0 { Code { inputs: vec![Elem::F32], ..code } } else { code };
            for isa in isa::available() {
                let run = |step: isize| {
                    let mut out = vec![f32::NAN; n];
                    let layout = Layout::strided(&[n], &[step]);
                    // Every other element, together or not.
                    let lie = |x: &[f32]| x.iter().step_by(3 - step.unsigned_abs()).copied().collect::<Vec<f32>>();
                    let (x, dy) = (lie(&x), lie(&dy));
                    let inputs = [&x, &dy].map(|x| View::from_slice(x, &[x.len()]).with_layout(layout));
                    let cut = n / 3;
                    for range in [0..cut, cut..n] {
                        let part = ViewMut::from_slice(&mut out[range.clone()], &[range.len()]);
                        Prepared::new(code.clone()).run(isa, &[n], &inputs[..code.inputs.len()], &mut [part], range, 0);
                    }
                    out.iter().map(|x| x.to_bits()).collect::<Vec<u32>>()
                };
                assert_eq!(run(1), run(2), "program {program}, {n} elements, {}", isa.name());
            }
        }
    }
}

/// Programs that differ from the one with a loop of its own in a step, an operand or the way an operand lies.
#[test]
fn almost_that_update() {
    let mut rng = Seeded(13);
    for n in [5, 16, 100, 600] {
        for change in 0..16 {
            let mut code = adam(false);
            let mut operands: Vec<Vec<f32>> = (0..4).map(|_| positive(&mut rng, n)).collect();
            operands.extend([vec![0.01f32], vec![0.1], vec![0.001], vec![1e-7]]);
            match change {
                0 => code.steps[0] = binary(Binary::Sub, 8, 2, 1),
                1 => code.steps[2] = binary(Binary::Sub, 2, 2, 8),
                2 => code.steps[4] = binary(Binary::Sub, 9, 3, 9),
                3 => code.steps[7] = binary(Binary::Mul, 8, 1, 4),
                4 => code.steps[10] = binary(Binary::Div, 9, 9, 8),
                5 => code.steps[11] = binary(Binary::Sub, 0, 9, 0),
                6 => code.steps[5] = binary(Binary::Mul, 9, 9, 5),
                7 => code.steps[9] = binary(Binary::Add, 9, 9, 4),
                // A number for each element instead of one for all, or one for all instead of one for each.
                8..12 => operands[change - 4] = positive(&mut rng, n),
                _ => operands[change - 12] = vec![0.75],
            }
            check("almost adam", &code, &operands, &[None; 3], n, rng.below(n + 1));
        }
    }
}
