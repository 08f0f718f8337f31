//! Matrix products of every instruction-set level against a naive f64 loop.

mod support;

use hornbeam_kernels::gemm::*;
use hornbeam_kernels::{Isa, Layout, View, isa};
use support::{Finish, Random, Tensor, compare, scratch};

/// A matrix in one of the layouts that a product meets.
struct Matrix {
    memory: Vec<f32>,
    layout: Layout,
}

impl Matrix {
    fn new(random: &mut Random, rows: usize, columns: usize, kind: usize, integers: bool) -> Matrix {
        let gap = random.range(0, 3);
        let (row, column) = match kind {
            0 => (columns + gap, 1),
            1 => (1, rows + gap),
            _ => (2 * columns + gap, 2),
        };
        let layout = Layout::strided(&[rows, columns], &[row as isize, column as isize]);
        let len = layout.reach().map_or(0, |(_, high)| high as usize + 1);
        Matrix { memory: random.values(len, integers), layout }
    }

    fn view(&self) -> View<'_> {
        let all = View::from_slice(&self.memory, &[self.memory.len()]);
        all.with_layout(self.layout)
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        let offset = row as isize * self.layout.strides()[0] + column as isize * self.layout.strides()[1];
        f64::from(self.memory[offset as usize])
    }
}

fn naive(a: &Matrix, b: &Matrix, [m, n, k]: [usize; 3]) -> Vec<f64> {
    let mut sums = Vec::new();
    for row in 0..m {
        for column in 0..n {
            sums.push((0..k).map(|i| a.at(row, i) * b.at(i, column)).sum());
        }
    }
    sums
}

/// Sizes that meet every tail: tiles of one row, one column past a panel, several blocks of k, columns and rows.
fn sizes(random: &mut Random) -> Vec<[usize; 3]> {
    let mut sizes = vec![
        [0, 5, 3],
        [5, 0, 3],
        [5, 7, 0],
        [1, 1, 1],
        [1, 64, 100],
        [2, 70, 33],
        [3, 129, 9],
        [5, 64, 17],
        [14, 32, 8],
        [15, 33, 31],
        [29, 16, 2],
        [32, 10, 64],
        [32, 64, 576],
        [43, 96, 40],
        [57, 200, 12],
        [230, 161, 5],
        [17, 540, 20],
        [16, 33, 800],
        [64, 160, 512],
        // One column, which is computed as a row.
        [7, 1, 1],
        [50, 1, 9],
        [33, 1, 0],
        [190, 1, 700],
        [512, 1, 20],
        [513, 1, 20],
        // As many rows as stay with a few panels of B, and more; several times so many panels.
        [18, 130, 41],
        [19, 130, 41],
        [168, 140, 23],
        [169, 140, 23],
        [40, 513, 70],
        // By rows with AVX-512 (up to 320 summands), and not any more; outputs that are asked for.
        [33, 70, 211],
        [15, 65, 320],
        [15, 65, 321],
        [400, 100, 90],
        [300, 130, 330],
    ];
    sizes.extend((0..30).map(|_| [random.range(1, 33), random.range(1, 70), random.range(1, 40)]));
    sizes
}

#[test]
fn every_level_agrees_with_f64() {
    let mut random = Random::new(1);
    let mut memory = Vec::new();
    for (case, [m, n, k]) in sizes(&mut random).into_iter().enumerate() {
        for integers in [true, false] {
            let a = Matrix::new(&mut random, m, k, (case + usize::from(integers)) % 3, integers);
            let b = Matrix::new(&mut random, k, n, case / 3 % 3, integers);
            let before = random.values(m * n, integers);
            let gap = random.range(0, 3);
            let finish = Finish::random(&mut random, &[m, n], integers);
            let expected = finish.apply(&naive(&a, &b, [m, n, k]), &before, n);
            for isa in isa::available() {
                let what = format!("{} [{m}, {k}] x [{k}, {n}], integers {integers}", isa.name());
                let mut c = Tensor::new(&[m, n], &before, gap);
                let room = scratch(&mut memory, gemm_scratch(m, n, k));
                gemm(isa, a.view(), b.view(), c.view_mut(), &finish.epilogue(), room);
                compare(&c.values(), &expected, k, integers, &what);

                let mut packed = vec![f32::NAN; packed_len(k, n)];
                pack_b(isa, b.view(), &mut packed);
                let mut c = Tensor::new(&[m, n], &before, gap);
                gemm_packed(isa, a.view(), &packed, c.view_mut(), &finish.epilogue(), room);
                compare(&c.values(), &expected, k, integers, &format!("packed {what}"));
            }
        }
    }
}

/// Any cut of rows and columns gives the same bits as the whole product.
#[test]
fn cuts_do_not_change_a_bit() {
    let mut random = Random::new(2);
    let (m, n, k) = (61, 200, 700);
    let (a, b) = (random.values(m * k, false), random.values(k * n, false));
    let by_columns: Vec<f32> = (0..n * k).map(|i| b[i % k * n + i / k]).collect();
    let mut memory = Vec::new();
    for isa in isa::available() {
        let (a, b) = (View::from_slice(&a, &[m, k]), View::from_slice(&b, &[k, n]));
        let mut packed = vec![0.0; packed_len(k, n)];
        pack_b(isa, b, &mut packed);
        let mut whole = Tensor::new(&[m, n], &vec![0.0; m * n], 0);
        let room = scratch(&mut memory, gemm_scratch(m, n, k));
        gemm_packed(isa, a, &packed, whole.view_mut(), &Epilogue::default(), room);
        let mut direct = Tensor::new(&[m, n], &vec![0.0; m * n], 0);
        gemm(isa, a, b, direct.view_mut(), &Epilogue::default(), room);
        assert_eq!(whole.values(), direct.values());
        // Other ways through the driver: B by columns, a few rows at a time; and a row at a time of a B by rows.
        let turned = View::from_slice(&by_columns, &[n, k]).with_layout(Layout::strided(&[k, n], &[1, k as isize]));
        for (b, step) in [(b, 1), (b, 7), (turned, 2), (turned, 7)] {
            let mut rows = Tensor::new(&[m, n], &vec![0.0; m * n], 0);
            for row in (0..m).step_by(step) {
                // The last of an odd number is taken with the one before it.
                let row = row.min(m - step);
                let c = rows.view_mut().narrow(0, row, step);
                gemm(isa, a.narrow(0, row, step), b, c, &Epilogue::default(), room);
            }
            assert_eq!(whole.values(), rows.values(), "{}", isa.name());
        }
        let mut parts = Tensor::new(&[m, n], &vec![0.0; m * n], 0);
        for (start, rows) in [(0, 1), (1, 3), (4, 40), (44, 17)] {
            for columns in [0..panel_width(isa), panel_width(isa)..n] {
                let part = parts.view_mut().narrow(0, start, rows).narrow(1, columns.start, columns.len());
                let a = a.narrow(0, start, rows);
                gemm_packed_columns(isa, a, &packed, n, columns, part, &Epilogue::default(), room);
            }
        }
        assert_eq!(whole.values(), parts.values(), "{}", isa.name());
    }
}

/// One row times columns that are contiguous, or one column times rows, has an order of its own, which the length of the sums decides
/// alone: whatever is cut, a sum stays the same.
#[test]
fn dot_products_are_the_same_however_they_are_cut() {
    let mut random = Random::new(3);
    let mut memory = Vec::new();
    for k in [63, 64, 65, 200, 1111] {
        let n = 301;
        let (row, lines) = (random.values(k, false), random.values(n * k, false));
        let product = |(a, b): (&f32, &f32)| f64::from(*a) * f64::from(*b);
        let expected: Vec<f64> = lines.chunks(k).map(|line| line.iter().zip(&row).map(product).sum()).collect();
        let (rows, column) = (View::from_slice(&lines, &[n, k]), View::from_slice(&row, &[k, 1]));
        let row = View::from_slice(&row, &[1, k]);
        let columns = rows.with_layout(Layout::strided(&[k, n], &[1, k as isize]));
        for isa in isa::available() {
            let room = scratch(&mut memory, gemm_scratch(n, n, k));
            let mut whole = Tensor::new(&[1, n], &vec![0.0; n], 0);
            gemm(isa, row, columns, whole.view_mut(), &Epilogue::default(), room);
            compare(&whole.values(), &expected, k, false, &format!("{}, k {k}", isa.name()));
            let mut parts = Tensor::new(&[1, n], &vec![0.0; n], 0);
            for part in [0..1, 1..4, 4..133, 133..n] {
                let to = parts.view_mut().narrow(1, part.start, part.len());
                gemm(isa, row, columns.narrow(1, part.start, part.len()), to, &Epilogue::default(), room);
            }
            assert_eq!(whole.values(), parts.values(), "{}, k {k}", isa.name());
            let mut turned = Tensor::new(&[n, 1], &vec![0.0; n], 0);
            gemm(isa, rows, column, turned.view_mut(), &Epilogue::default(), room);
            assert_eq!(whole.values(), turned.values(), "{}, k {k}, as a column", isa.name());
        }
    }
}

/// The epilogue may read its residual from the output itself, and a NaN passes the rectifier.
#[test]
fn epilogue_in_place_and_nan() {
    for isa in isa::available() {
        let a = [f32::NAN, 1.0, 2.0];
        let mut memory = Vec::new();
        let mut c = Tensor::new(&[3, 1], &[0.0; 3], 0);
        let ep = Epilogue { relu: true, ..Epilogue::default() };
        let room = scratch(&mut memory, gemm_scratch(3, 1, 1));
        gemm(isa, View::from_slice(&a, &[3, 1]), View::from_slice(&[-1.0f32], &[1, 1]), c.view_mut(), &ep, room);
        assert!(c.values()[0].is_nan());
        assert_eq!(c.values()[1..], [0.0, 0.0]);
    }
}

/// The gradient of a rectifier passes where its mask is positive: neither at zeros of either sign nor at NaN.
#[test]
fn a_mask_passes_positive_numbers_only() {
    let mask = [f32::NAN, -f32::NAN, 0.0, -0.0, -1.0, f32::NEG_INFINITY, f32::MIN_POSITIVE, 2.0, f32::INFINITY];
    // More columns than the widest vector, so that whole vectors see the mask and not only a rest.
    let n = 4 * mask.len();
    let masks: Vec<f32> = mask.iter().copied().cycle().take(n).collect();
    let expected: Vec<f32> = masks.iter().map(|&m| if m > 0.0 { 3.0 } else { 0.0 }).collect();
    for isa in isa::available() {
        let (mut memory, ones) = (Vec::new(), vec![1.0f32; n]);
        let mut c = Tensor::new(&[1, n], &vec![9.0; n], 0);
        let ep = Epilogue { mask: Some(View::from_slice(&masks, &[1, n])), ..Epilogue::default() };
        let room = scratch(&mut memory, gemm_scratch(1, n, 1));
        gemm(isa, View::from_slice(&[3.0f32], &[1, 1]), View::from_slice(&ones, &[1, n]), c.view_mut(), &ep, room);
        assert_eq!(c.values(), expected, "{}", isa.name());
    }
}

#[test]
#[should_panic(expected = "inner dims")]
fn inner_dims_must_match() {
    let (a, b) = ([0.0f32; 6], [0.0f32; 6]);
    let mut c = Tensor::new(&[2, 2], &[0.0; 4], 0);
    gemm(
        Isa::Portable,
        View::from_slice(&a, &[2, 3]),
        View::from_slice(&b, &[2, 3]),
        c.view_mut(),
        &Epilogue::default(),
        &mut [0.0; 4096],
    );
}
