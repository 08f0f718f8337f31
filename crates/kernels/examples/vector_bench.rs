//! Speed of the vector kernels on one core: `cargo run --release -p hornbeam-kernels --example vector_bench [filter]`.
//!
//! Each row is the fastest of many rounds. GB/s count the bytes that the operation has to read and write.

use hornbeam_kernels::copy::copy;
use hornbeam_kernels::elementwise::{Binary, Code, Step, Unary, run};
use hornbeam_kernels::gather::sum_tree;
use hornbeam_kernels::random::{fill_bits, normal, permutation, truncated_normal, uniform};
use hornbeam_kernels::reduce::{Reduce, Reduction, reduce};
use hornbeam_kernels::softmax::{softmax, softmax_cross_entropy};
use hornbeam_kernels::{Elem, Isa, Layout, View, ViewMut, isa};
use std::time::Instant;

/// Prints one row. `elements` and `bytes` are those of one call.
fn row(name: &str, isa: Isa, elements: usize, bytes: usize, mut call: impl FnMut()) {
    if std::env::args().nth(1).is_some_and(|filter| !name.contains(&filter)) {
        return;
    }
    let mut best = f64::INFINITY;
    // Enough calls a round for the clock, and about 30 ms in all.
    let calls = (200_000 / elements.max(1)).clamp(1, 1000);
    let begin = Instant::now();
    for round in 0.. {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        best = best.min(start.elapsed().as_secs_f64() / calls as f64);
        if round > 10 && begin.elapsed().as_millis() > 30 {
            break;
        }
    }
    let (giga, bandwidth) = (elements as f64 / best / 1e9, bytes as f64 / best / 1e9);
    println!("{name:44} {:9} {giga:8.3} Gelem/s {bandwidth:8.1} GB/s {:10.2} us", isa.name(), best * 1e6);
}

/// Memory that starts on a cache line, as the engine's does: a vector of 64 bytes across two lines costs twice.
struct Aligned {
    memory: Vec<f32>,
    start: usize,
    n: usize,
}

impl std::ops::Deref for Aligned {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.memory[self.start..self.start + self.n]
    }
}

impl std::ops::DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.start..self.start + self.n]
    }
}

fn filled(n: usize, value: impl Fn(usize) -> f32) -> Aligned {
    let memory = vec![0.0f32; n + 16];
    let mut aligned = Aligned { start: memory.as_ptr().align_offset(64), memory, n };
    aligned.iter_mut().enumerate().for_each(|(i, x)| *x = value(i));
    aligned
}

fn zeros(n: usize) -> Aligned {
    filled(n, |_| 0.0)
}

fn floats(n: usize) -> Aligned {
    filled(n, |i| ((i * 7919) % 1999) as f32 / 1000.0 - 0.9995)
}

fn unary(op: Unary) -> Code {
    Code {
        inputs: vec![Elem::F32],
        steps: vec![Step::Unary { op, dst: 1, a: 0 }],
        outputs: vec![(1, Elem::F32)],
        registers: 2,
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
        binary(Mul, 9, 9, 6),
        binary(Add, 3, 9, 3),
        Step::Unary { op: Unary::Sqrt, dst: 9, a: 3 },
        binary(Add, 9, 9, 7),
        binary(Div, 9, 2, 9),
        binary(Mul, 9, 9, 4),
        binary(Sub, 0, 0, 9),
    ];
    let outputs = vec![(0, Elem::F32), (2, Elem::F32), (3, Elem::F32)];
    Code { inputs: vec![Elem::F32; 8], steps, outputs, registers: 10 }
}

fn elementwise(isa: Isa) {
    let sizes = [("L1", 2048), ("L2", 32 * 1024), ("L3", 512 * 1024)];
    for (place, n) in sizes {
        let (x, g) = (floats(n), floats(n));
        let mut y = zeros(n);
        let dims = [n];
        let add = Code {
            inputs: vec![Elem::F32; 2],
            steps: vec![Step::Binary { op: Binary::Add, dst: 2, a: 0, b: 1 }],
            outputs: vec![(2, Elem::F32)],
            registers: 3,
        };
        let inputs = [View::from_slice(&x, &dims), View::from_slice(&g, &dims)];
        row(&format!("a + b, {place}"), isa, n, 12 * n, || {
            run(isa, &add, &dims, &inputs, &mut [ViewMut::from_slice(&mut y, &dims)], 0..n, 0);
        });
        let mask = Code {
            inputs: vec![Elem::F32; 2],
            steps: vec![
                Step::Constant { dst: 2, bits: 0 },
                Step::Binary { op: Binary::Gt, dst: 3, a: 0, b: 2 },
                Step::Select { dst: 4, cond: 3, a: 1, b: 2 },
            ],
            outputs: vec![(4, Elem::F32)],
            registers: 5,
        };
        row(&format!("relu backward, {place}"), isa, n, 12 * n, || {
            run(isa, &mask, &dims, &inputs, &mut [ViewMut::from_slice(&mut y, &dims)], 0..n, 0);
        });
        let scalars = [[0.001f32], [0.1], [0.001], [1e-7]];
        let (mut w, mut m, mut v) = (floats(n), floats(n), filled(n, |_| 0.5));
        let pointers = [w.as_mut_ptr(), m.as_mut_ptr(), v.as_mut_ptr()].map(|p| p.cast::<u8>());
        let layout = Layout::contiguous(&dims);
        // SAFETY: the machine allows an output exactly where an input is; the vectors are not touched meanwhile.
        let [w, m, v] = pointers.map(|p| unsafe { View::from_raw(p, Elem::F32, layout) });
        let mut inputs = vec![w, View::from_slice(&g, &dims), m, v];
        let broadcast = Layout::strided(&dims, &[0]);
        inputs.extend(scalars.iter().map(|x| View::from_slice(x, &[1]).with_layout(broadcast)));
        let code = adam();
        row(&format!("adam, 12 steps, {place}"), isa, n, 28 * n, || {
            // SAFETY: as above.
            let mut outputs = pointers.map(|p| unsafe { ViewMut::from_raw(p, Elem::F32, layout) });
            run(isa, &code, &dims, &inputs, &mut outputs, 0..n, 0);
        });
    }
    let n = 8192;
    let x = floats(n);
    let dims = [n];
    let mut y = zeros(n);
    use Unary::*;
    for op in [Exp, Expm1, Log, Log1p, Tanh, Sigmoid, Erf, Sin, Sqrt, Rsqrt, Relu, RoundBf16] {
        row(&format!("{op:?}"), isa, n, 8 * n, || {
            let out = &mut [ViewMut::from_slice(&mut y, &dims)];
            run(isa, &unary(op), &dims, &[View::from_slice(&x, &dims)], out, 0..n, 0);
        });
    }
    let pow = Code {
        inputs: vec![Elem::F32; 2],
        steps: vec![Step::Unary { op: Abs, dst: 2, a: 0 }, Step::Binary { op: Binary::Pow, dst: 2, a: 2, b: 1 }],
        outputs: vec![(2, Elem::F32)],
        registers: 3,
    };
    row("Pow", isa, n, 12 * n, || {
        let inputs = [View::from_slice(&x, &dims), View::from_slice(&x, &dims)];
        run(isa, &pow, &dims, &inputs, &mut [ViewMut::from_slice(&mut y, &dims)], 0..n, 0);
    });
    let bytes: Vec<u8> = (0..n).map(|i| i as u8).collect();
    let scale = Code {
        inputs: vec![Elem::U8],
        steps: vec![
            Step::Unary { op: IToF, dst: 1, a: 0 },
            Step::Constant { dst: 2, bits: (1.0f32 / 255.0).to_bits() },
            Step::Binary { op: Binary::Mul, dst: 1, a: 1, b: 2 },
        ],
        outputs: vec![(1, Elem::F32)],
        registers: 3,
    };
    row("u8 * scale", isa, n, 5 * n, || {
        let out = &mut [ViewMut::from_slice(&mut y, &dims)];
        run(isa, &scale, &dims, &[View::from_slice(&bytes, &dims)], out, 0..n, 0);
    });
    for n in [1usize, 10, 64] {
        let mut y = zeros(n);
        row(&format!("exp of {n} (cost of a call)"), isa, n, 8 * n, || {
            let out = &mut [ViewMut::from_slice(&mut y, &[n])];
            run(isa, &unary(Exp), &[n], &[View::from_slice(&x[..n], &[n])], out, 0..n, 0);
        });
    }
}

/// What a step costs: chains of additions over one vector and over one block.
fn steps(isa: Isa) {
    for n in [16usize, 512] {
        let (x, mut y) = (floats(n), zeros(n));
        for count in [1u8, 21] {
            let step = |i: u8| Step::Binary {
                op: Binary::Add,
                dst: 1 + i % 20,
                a: if i == 0 { 0 } else { 1 + (i - 1) % 20 },
                b: 0,
            };
            let steps: Vec<Step> = (0..count).map(step).collect();
            let output = steps[steps.len() - 1].dst();
            let code = Code { inputs: vec![Elem::F32], steps, outputs: vec![(output, Elem::F32)], registers: 22 };
            row(&format!("{count} additions of {n}"), isa, n, 8 * n, || {
                let out = &mut [ViewMut::from_slice(&mut y, &[n])];
                run(isa, &code, &[n], &[View::from_slice(&x, &[n])], out, 0..n, 0);
            });
        }
    }
}

fn broadcasts(isa: Isa) {
    for (rows, columns) in [(3200, 10), (1024, 32), (512, 64), (330, 100), (64, 511), (40, 1000)] {
        let n = rows * columns;
        let (x, bias) = (floats(n), floats(columns));
        let mut y = zeros(n);
        let dims = [rows, columns];
        let code = Code {
            inputs: vec![Elem::F32; 2],
            steps: vec![Step::Binary { op: Binary::Add, dst: 2, a: 0, b: 1 }],
            outputs: vec![(2, Elem::F32)],
            registers: 3,
        };
        for (name, strides) in [("row", [0, 1]), ("column", [1, 0])] {
            if strides[0] as usize * rows > columns.max(rows) || name == "column" && rows > columns {
                continue;
            }
            let layout = Layout::strided(&dims, &strides);
            let inputs = [View::from_slice(&x, &dims), View::from_slice(&bias, &[columns]).with_layout(layout)];
            row(&format!("[{rows}, {columns}] + {name}"), isa, n, 8 * n, || {
                run(isa, &code, &dims, &inputs, &mut [ViewMut::from_slice(&mut y, &dims)], 0..n, 0);
            });
        }
    }
}

fn reductions(isa: Isa) {
    let identity = Code { inputs: vec![Elem::F32], steps: vec![], outputs: vec![(0, Elem::F32)], registers: 1 };
    let square = unary(Unary::Square);
    for (rows, columns) in [(3000, 10), (10_000, 3), (2704, 32), (484, 64), (32, 1024), (64, 512), (4, 8192)] {
        let n = rows * columns;
        let x = floats(n);
        let dims = [rows, columns];
        let inputs = [View::from_slice(&x, &dims)];
        for (name, code, kind) in [
            ("sum", &identity, Reduction::Sum),
            ("sum of squares", &square, Reduction::Sum),
            ("max", &identity, Reduction::Max),
        ] {
            let mut out = vec![0.0f32; rows.max(columns)];
            let what = Reduce { kind, code, dims: &dims, axes: 0..1, accumulate: false, origin: 0 };
            row(&format!("{name} of columns [{rows}, {columns}]"), isa, n, 4 * n, || {
                let out = ViewMut::from_slice(&mut out[..columns], &[1, columns]);
                reduce(isa, &what, &inputs, out, 0..1, 0..columns);
            });
            let what = Reduce { axes: 1..2, ..what };
            row(&format!("{name} of rows [{rows}, {columns}]"), isa, n, 4 * n, || {
                reduce(isa, &what, &inputs, ViewMut::from_slice(&mut out[..rows], &[rows, 1]), 0..rows, 0..1);
            });
        }
    }
    for parts in [4, 16] {
        let (x, mut y) = (floats(parts * 36_864), zeros(36_864));
        row(&format!("tree over {parts} parts"), isa, parts * 36_864, 4 * (parts + 1) * 36_864, || {
            let out = ViewMut::from_slice(&mut y, &[36_864]);
            sum_tree(isa, View::from_slice(&x, &[parts, 36_864]), out, 0..36_864);
        });
    }
    for (rows, columns) in [(32, 10), (32, 1000)] {
        let n = rows * columns;
        let (x, mut y) = (floats(n), zeros(n));
        let (labels, mut loss) = (vec![1i32; rows], vec![0.0f32; rows]);
        row(&format!("softmax [{rows}, {columns}]"), isa, n, 8 * n, || {
            softmax(isa, View::from_slice(&x, &[rows, columns]), ViewMut::from_slice(&mut y, &[rows, columns]));
        });
        row(&format!("cross-entropy [{rows}, {columns}]"), isa, n, 4 * n, || {
            let (x, labels) = (View::from_slice(&x, &[rows, columns]), View::from_slice(&labels, &[rows]));
            softmax_cross_entropy(isa, x, labels, ViewMut::from_slice(&mut loss, &[rows])).expect("labels are columns");
        });
    }
}

fn draws(isa: Isa) {
    let n = 16_384;
    let mut bits = vec![0i32; n];
    row("random bits", isa, n, 4 * n, || fill_bits(isa, [1, 2], [3, 4], 0, ViewMut::from_slice(&mut bits, &[n])));
    let mut x = zeros(n);
    row("uniform", isa, n, 4 * n, || uniform(isa, [1, 2], [3, 4], 0, ViewMut::from_slice(&mut x, &[n])));
    row("normal", isa, n, 4 * n, || normal(isa, [1, 2], [3, 4], 0, ViewMut::from_slice(&mut x, &[n])));
    row("truncated normal", isa, n, 4 * n, || {
        truncated_normal(isa, [1, 2], [3, 4], 0, ViewMut::from_slice(&mut x, &[n]));
    });
}

fn copies() {
    let mut order = vec![0i32; 60_000];
    let best = isa::detect();
    row("permutation of 60000", best, 60_000, 240_000, || permutation(best, [1, 2], 3, &mut order));
    for (rows, columns) in [(100, 300), (128, 128), (576, 64), (512, 512)] {
        let n = rows * columns;
        let (x, mut y) = (floats(n), zeros(n));
        let view = View::from_slice(&x, &[columns, rows]);
        let transposed = view.with_layout(view.layout().permuted(&[1, 0]));
        row(&format!("transpose [{columns}, {rows}]"), Isa::Portable, n, 8 * n, || {
            copy(transposed, ViewMut::from_slice(&mut y, &[rows, columns]));
        });
    }
}

fn main() {
    for isa in isa::available().into_iter().rev() {
        elementwise(isa);
        steps(isa);
        broadcasts(isa);
        reductions(isa);
        draws(isa);
    }
    copies();
}
