//! Results that go past the caches have the bits of those that do not, wherever they begin, and nothing beside them is touched.

mod seeded;

use hornbeam_kernels::elementwise::{self, Binary, Code, Step, Unary};
use hornbeam_kernels::rows::RowKernel;
use hornbeam_kernels::rows::layer_norm::{LayerNormGradRows, LayerNormRows};
use hornbeam_kernels::rows::softmax::SoftmaxGradRows;
use hornbeam_kernels::softmax::softmax;
use hornbeam_kernels::{Elem, Isa, Layout, View, ViewMut, isa};
use seeded::Seeded;

const SHAPES: [(usize, usize); 10] =
    [(1, 1), (3, 7), (5, 8), (4, 16), (3, 33), (2, 100), (3, 768), (2, 2048), (1, 2049), (0, 8)];

/// A result that begins `gap` numbers behind a cache line, as bits. The last of the buffer's numbers stay what they were.
fn result(len: usize, gap: usize, streamed: bool, run: &mut dyn FnMut(ViewMut)) -> Vec<u32> {
    let mut memory = vec![7.0f32; len + 64];
    let first = memory.as_ptr().align_offset(64) + gap;
    run(ViewMut::from_slice(&mut memory[first..first + len], &[len]).streamed(streamed));
    let outside = memory[..first].iter().chain(&memory[first + len..]);
    assert!(outside.copied().all(|value| value == 7.0), "numbers beside the result were written");
    memory[first..first + len].iter().map(|value| value.to_bits()).collect()
}

fn same_for_every_level(len: usize, mut run: impl FnMut(Isa, ViewMut)) {
    for isa in isa::available() {
        for gap in [0, 1, 4, 8, 15] {
            let plain = result(len, gap, false, &mut |out| run(isa, out));
            assert_eq!(plain, result(len, gap, true, &mut |out| run(isa, out)), "{isa:?}, {len} numbers, gap {gap}");
        }
    }
}

#[test]
fn rows() {
    let mut rng = Seeded(5);
    for (rows, n) in SHAPES {
        let dims = [rows, n];
        let matrix = |rng: &mut Seeded| rng.floats(rows * n, 3.0);
        let (x, dy) = (matrix(&mut rng), matrix(&mut rng));
        let (gamma, beta) = (rng.floats(n, 2.0), rng.floats(n, 2.0));
        let (x, dy) = (View::from_slice(&x, &dims), View::from_slice(&dy, &dims));
        let (gamma, beta) = (View::from_slice(&gamma, &[n]), View::from_slice(&beta, &[n]));
        let layout = *x.layout();
        same_for_every_level(rows * n, |isa, out| softmax(isa, x, out.with_layout(layout)));
        same_for_every_level(rows * n, |isa, out| {
            let kernel = SoftmaxGradRows { n };
            kernel.run(isa, 0, &[x, dy], &mut [out.with_layout(layout)], &mut []).expect("no bad data");
        });
        let (mut mean, mut inverse) = (vec![0.0f32; rows], vec![0.0f32; rows]);
        same_for_every_level(rows * n, |isa, out| {
            let moments = [&mut mean, &mut inverse].map(|to| ViewMut::from_slice(to, &[rows, 1]));
            let [mean, inverse] = moments;
            let kernel = LayerNormRows { n, epsilon: 1e-3 };
            kernel
                .run(isa, 0, &[x, gamma, beta], &mut [out.with_layout(layout), mean, inverse], &mut [])
                .expect("no bad data");
        });
        let (mean, inverse) = (View::from_slice(&mean, &[rows, 1]), View::from_slice(&inverse, &[rows, 1]));
        same_for_every_level(rows * n, |isa, out| {
            let kernel = LayerNormGradRows { n };
            kernel
                .run(isa, 0, &[x, gamma, dy, mean, inverse], &mut [out.with_layout(layout)], &mut [])
                .expect("no bad data");
        });
    }
}

/// Two results, of which one is also what the other is made of, and 1 or 2 bytes an element beside them.
#[test]
fn elementwise_codes() {
    let mut rng = Seeded(6);
    for len in [1, 64, 65, 511, 512, 1000, 4099] {
        let (a, b) = (rng.floats(len, 3.0), rng.floats(len, 3.0));
        let dims = [len];
        let inputs = [View::from_slice(&a, &dims), View::from_slice(&b, &dims)];
        let code = Code {
            inputs: vec![Elem::F32; 2],
            steps: vec![
                Step::Binary { op: Binary::Add, dst: 2, a: 0, b: 1 },
                Step::Unary { op: Unary::Tanh, dst: 3, a: 2 },
                Step::Unary { op: Unary::FToI, dst: 4, a: 3 },
            ],
            outputs: vec![(2, Elem::F32), (3, Elem::Bf16), (4, Elem::I32)],
            registers: 5,
        };
        let (mut narrow, mut whole) = (vec![0u8; 2 * len + 1], vec![0i32; len]);
        same_for_every_level(len, |isa, out| {
            let streamed = out.is_streamed();
            // SAFETY: there are `len` elements of two bytes, at an even address.
            let half = unsafe {
                let to = narrow.as_mut_ptr();
                ViewMut::from_raw(to.wrapping_add(to.align_offset(2)), Elem::Bf16, *inputs[0].layout())
            };
            let third = ViewMut::from_slice(&mut whole, &dims).streamed(streamed);
            let outputs = &mut [out, half.streamed(streamed), third];
            elementwise::run(isa, &code, &dims, &inputs, outputs, 0..len, 0);
        });
        let copy = Code { inputs: vec![Elem::F32], steps: vec![], outputs: vec![(0, Elem::F32)], registers: 1 };
        same_for_every_level(len, |isa, out| {
            elementwise::run(isa, &copy, &dims, &inputs[..1], &mut [out], 0..len, 0);
        });
    }
}

/// Batch normalization has a loop of its own, which streams, too.
#[test]
fn normalization_by_columns() {
    let mut rng = Seeded(7);
    let binary = |op: Binary, a: u8, b: u8| Step::Binary { op, dst: 4, a, b };
    let steps = vec![binary(Binary::Sub, 0, 1), binary(Binary::Mul, 4, 2), binary(Binary::Add, 4, 3)];
    let code = Code { inputs: vec![Elem::F32; 4], steps, outputs: vec![(4, Elem::F32)], registers: 5 };
    for (rows, columns) in [(5, 3), (40, 16), (9, 24), (3, 64), (70, 33), (2, 513)] {
        let (len, dims) = (rows * columns, [rows, columns]);
        let x = rng.floats(len, 3.0);
        let across = [(); 3].map(|()| rng.floats(columns, 2.0));
        // SAFETY: a row that repeats; the vectors outlive the views.
        let repeated = |row: &[f32]| unsafe {
            View::from_raw(row.as_ptr().cast::<u8>().cast_mut(), Elem::F32, Layout::strided(&dims, &[0, 1]))
        };
        let [mean, factor, offset] = across.each_ref().map(|row| repeated(row));
        let inputs = [View::from_slice(&x, &dims), mean, factor, offset];
        let want: Vec<u32> = (0..len)
            .map(|i| ((x[i] - across[0][i % columns]) * across[1][i % columns] + across[2][i % columns]).to_bits())
            .collect();
        same_for_every_level(len, |isa, out| {
            elementwise::run(isa, &code, &dims, &inputs, &mut [out.with_layout(Layout::contiguous(&dims))], 0..len, 0);
        });
        for isa in isa::available() {
            let got = result(len, 0, true, &mut |out| {
                let out = out.with_layout(Layout::contiguous(&dims));
                elementwise::run(isa, &code, &dims, &inputs, &mut [out], 0..len, 0);
            });
            assert_eq!(got, want, "{isa:?}, {rows} x {columns}");
        }
    }
}
