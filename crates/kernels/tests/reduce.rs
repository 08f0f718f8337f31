//! Reductions against a naive f64 fold over random shapes, layouts, prologues and cuts.

mod seeded;

use hornbeam_kernels::elementwise::{Binary, Code, Step, Unary};
use hornbeam_kernels::reduce::{Reduce, Reduction, reduce};
use hornbeam_kernels::{Elem, Layout, View, ViewMut, isa};
use seeded::{Operand, Seeded, random_dims};

fn identity(elem: Elem) -> Code {
    Code { inputs: vec![elem], steps: vec![], outputs: vec![(0, elem)], registers: 1 }
}

fn naive(kind: Reduction, values: &[f64]) -> f64 {
    match kind {
        Reduction::Sum => values.iter().sum(),
        Reduction::Prod => values.iter().product(),
        Reduction::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Reduction::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Reduction::Any => f64::from(u8::from(values.iter().any(|&x| x != 0.0))),
        Reduction::All => f64::from(u8::from(values.iter().all(|&x| x != 0.0))),
        Reduction::ArgMax => first_of(values, |a, b| a > b),
        Reduction::ArgMin => first_of(values, |a, b| a < b),
    }
}

fn first_of(values: &[f64], better: fn(f64, f64) -> bool) -> f64 {
    let mut best = 0;
    for i in 1..values.len() {
        if better(values[i], values[best]) || values[i].is_nan() && !values[best].is_nan() {
            best = i;
        }
    }
    best as f64
}

/// Elements of [outer, reduced, inner] for one result.
fn along(dims: (usize, usize, usize), outer: usize, inner: usize, at: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..dims.1).map(|r| at((outer * dims.1 + r) * dims.2 + inner)).collect()
}

#[test]
fn random_shapes_layouts_and_kinds() {
    let mut rng = Seeded(11);
    let kinds = [Reduction::Sum, Reduction::Max, Reduction::Min, Reduction::ArgMax, Reduction::ArgMin];
    for case in 0..150 {
        let dims = random_dims(&mut rng);
        let (a, b) = (rng.below(dims.len() + 1), rng.below(dims.len() + 1));
        let axes = a.min(b)..a.max(b);
        let product = |axes: std::ops::Range<usize>| dims[axes].iter().product::<usize>();
        let shape = (product(0..axes.start), product(axes.clone()), product(axes.end..dims.len()));
        let elem = rng.pick(&[Elem::F32, Elem::F32, Elem::Bf16, Elem::I32, Elem::U8, Elem::Bool]);
        let kind = if elem == Elem::Bool { rng.pick(&[Reduction::Any, Reduction::All]) } else { rng.pick(&kinds) };
        let x = Operand::random(&mut rng, &dims, elem);
        let code = identity(elem);
        let what = Reduce { kind, code: &code, dims: &dims, axes: axes.clone(), accumulate: false, origin: 0 };
        let arg = matches!(kind, Reduction::ArgMax | Reduction::ArgMin);
        let integer = arg || matches!(elem, Elem::I32 | Elem::U8);
        for isa in isa::available() {
            // Cut once along the outer axes, once along the inner ones.
            let (cut_outer, cut_inner) = (rng.below(shape.0 + 1), rng.below(shape.2 + 1));
            let (mut floats, mut ints, mut bytes) =
                (vec![-9.0f32; shape.0 * shape.2], vec![-9i32; shape.0 * shape.2], vec![9u8; shape.0 * shape.2]);
            for outer in [0..cut_outer, cut_outer..shape.0] {
                for inner in [0..cut_inner, cut_inner..shape.2] {
                    let layout = Layout::strided(&[outer.len(), inner.len()], &[shape.2 as isize, 1]);
                    let first = outer.start * shape.2 + inner.start;
                    let (ptr, out) = if integer {
                        (ints.as_mut_ptr().wrapping_add(first).cast(), Elem::I32)
                    } else if elem == Elem::Bool {
                        (bytes.as_mut_ptr().wrapping_add(first), Elem::Bool)
                    } else {
                        (floats.as_mut_ptr().wrapping_add(first).cast(), Elem::F32)
                    };
                    // SAFETY: the part of the results lies within the buffer, which nothing else touches meanwhile.
                    let out = unsafe { ViewMut::from_raw(ptr, out, layout) };
                    reduce(isa, &what, &[x.view()], out, outer.clone(), inner);
                }
            }
            for outer in 0..shape.0 {
                for inner in 0..shape.2 {
                    let flat = outer * shape.2 + inner;
                    let got = match (integer, elem) {
                        (true, _) => f64::from(ints[flat]),
                        (_, Elem::Bool) => f64::from(bytes[flat]),
                        _ => f64::from(floats[flat]),
                    };
                    let mut want = naive(kind, &along(shape, outer, inner, |flat| x.at(flat)));
                    if integer && shape.1 == 0 && !arg {
                        want = want.clamp(f64::from(i32::MIN), f64::from(i32::MAX));
                    }
                    // Whole numbers: sums are exact.
                    assert_eq!(got, want, "case {case} {kind:?} {elem:?} {dims:?} {axes:?} {}", isa.name());
                }
            }
        }
    }
}

#[test]
fn a_computation_in_front() {
    let mut rng = Seeded(12);
    // (x - center)^2, the center broadcast along the rows.
    let code = Code {
        inputs: vec![Elem::F32; 2],
        steps: vec![
            Step::Binary { op: Binary::Sub, dst: 2, a: 0, b: 1 },
            Step::Unary { op: Unary::Square, dst: 2, a: 2 },
        ],
        outputs: vec![(2, Elem::F32)],
        registers: 3,
    };
    for (rows, columns) in [(1, 1), (5, 3), (100, 10), (70, 16), (33, 33), (10, 700), (1, 5000), (2000, 1), (40, 255)] {
        let x = rng.floats(rows * columns, 1.0);
        let center = rng.floats(columns, 1.0);
        let dims = [rows, columns];
        let inputs = [
            View::from_slice(&x, &dims),
            View::from_slice(&center, &[columns]).with_layout(Layout::strided(&dims, &[0, 1])),
        ];
        let at = |flat: usize| (f64::from(x[flat]) - f64::from(center[flat % columns])).powi(2);
        for isa in isa::available() {
            let mut by_row = vec![1.0f32; rows];
            let what =
                Reduce { kind: Reduction::Sum, code: &code, dims: &dims, axes: 1..2, accumulate: true, origin: 0 };
            reduce(isa, &what, &inputs, ViewMut::from_slice(&mut by_row, &[rows, 1]), 0..rows, 0..1);
            for (row, &got) in by_row.iter().enumerate() {
                let want = 1.0 + along((rows, columns, 1), row, 0, at).iter().sum::<f64>();
                assert!((f64::from(got) - want).abs() <= 1e-6 * want, "row {row}: {got} {want}");
            }
            let mut by_column = vec![1.0f32; columns];
            let what = Reduce { axes: 0..1, ..what };
            reduce(isa, &what, &inputs, ViewMut::from_slice(&mut by_column, &[1, columns]), 0..1, 0..columns);
            for (column, &got) in by_column.iter().enumerate() {
                let want = 1.0 + along((1, rows, columns), 0, column, at).iter().sum::<f64>();
                assert!((f64::from(got) - want).abs() <= 1e-6 * want, "column {column}: {got} {want}");
            }
            // The same bits whatever part of the columns is asked for.
            let cut = columns / 3;
            let mut parts = vec![1.0f32; columns];
            let (first, second) = parts.split_at_mut(cut);
            reduce(isa, &what, &inputs, ViewMut::from_slice(first, &[1, cut]), 0..1, 0..cut);
            reduce(isa, &what, &inputs, ViewMut::from_slice(second, &[1, columns - cut]), 0..1, cut..columns);
            assert_eq!(parts, by_column);
        }
    }
}

#[test]
fn long_sums_are_accurate() {
    let n = 1_000_000;
    let x: Vec<f32> = (0..n).map(|i| 0.1 + (i % 7) as f32 * 1e-3).collect();
    let want: f64 = x.iter().map(|&x| f64::from(x)).sum();
    let code = identity(Elem::F32);
    for isa in isa::available() {
        for (dims, axes) in [([n, 1], 0..1), ([1, n], 1..2), ([n / 4, 4], 0..1)] {
            let columns = if axes == (1..2) { 1 } else { dims[1] };
            let mut out = vec![0.0f32; columns];
            let what = Reduce { kind: Reduction::Sum, code: &code, dims: &dims, axes, accumulate: false, origin: 0 };
            let inputs = [View::from_slice(&x, &dims)];
            reduce(isa, &what, &inputs, ViewMut::from_slice(&mut out, &[1, columns]), 0..1, 0..columns);
            let got: f64 = out.iter().map(|&x| f64::from(x)).sum();
            assert!((got - want).abs() < 3e-7 * want, "{}: {got} {want}", isa.name());
        }
    }
}

#[test]
fn nan_is_the_extreme() {
    let code = identity(Elem::F32);
    for isa in isa::available() {
        for n in [3usize, 17, 40, 1000] {
            for place in [0, 1, n / 2, n - 1] {
                let mut x: Vec<f32> = (0..n).map(|i| (i % 5) as f32).collect();
                x[place] = f32::NAN;
                for (dims, axes) in [([1, n], 1..2), ([n, 1], 0..1)] {
                    for kind in [Reduction::Max, Reduction::Min, Reduction::ArgMax, Reduction::ArgMin] {
                        let what =
                            Reduce { kind, code: &code, dims: &dims, axes: axes.clone(), accumulate: false, origin: 0 };
                        let inputs = [View::from_slice(&x, &dims)];
                        let (mut float, mut int) = ([0.0f32], [0i32]);
                        let arg = matches!(kind, Reduction::ArgMax | Reduction::ArgMin);
                        let out = if arg {
                            ViewMut::from_slice(&mut int, &[1, 1])
                        } else {
                            ViewMut::from_slice(&mut float, &[1, 1])
                        };
                        reduce(isa, &what, &inputs, out, 0..1, 0..1);
                        assert!(if arg { int[0] as usize == place } else { float[0].is_nan() }, "{kind:?} {n} {place}");
                    }
                }
            }
        }
    }
}

/// What batch normalization sums is computed in registers: to the bit what the sums of the values give.
#[test]
fn sums_of_expressions_by_columns() {
    let binary = |op: Binary, dst: u8, a: u8, b: u8| Step::Binary { op, dst, a, b };
    let deviation = vec![binary(Binary::Sub, 4, 0, 2), Step::Unary { op: Unary::Square, dst: 4, a: 4 }];
    let slope = vec![binary(Binary::Sub, 4, 0, 2), binary(Binary::Mul, 4, 4, 3), binary(Binary::Mul, 4, 1, 4)];
    let mut rng = Seeded(15);
    for case in 0..120 {
        let inner = rng.pick(&[2, 7, 8, 16, 24, 31, 32, 33, 48, 64, 65, 100, 128, 255, 257, 300]);
        let dims = [1 + rng.below(3), 1 + rng.below(5), 1 + rng.below(60), inner];
        let axes = rng.below(3)..3;
        let outer: usize = dims[..axes.start].iter().product();
        let total: usize = dims.iter().product();
        let (x, dy) = (rng.floats(total, 3.0), rng.floats(total, 3.0));
        // Means of the whole, or of every sum.
        let own = case % 4 >= 2;
        let (mean, factor) = (rng.floats(if own { outer * inner } else { inner }, 2.0), rng.floats(inner, 2.0));
        let full = Layout::contiguous(&dims);
        let by_columns = Layout::strided(&dims, &[0, 0, 0, 1]);
        let step = inner as isize;
        let by_sums = match axes.start {
            1 => Layout::strided(&dims, &[step, 0, 0, 1]),
            2 => Layout::strided(&dims, &[dims[1] as isize * step, step, 0, 1]),
            _ => by_columns,
        };
        // SAFETY: the layouts are those of the vectors, which outlive the views and are not written.
        let view = |values: &[f32], layout| unsafe {
            View::from_raw(values.as_ptr().cast::<u8>().cast_mut(), Elem::F32, layout)
        };
        let means = view(&mean, if own { by_sums } else { by_columns });
        let inputs = [view(&x, full), view(&dy, full), means, view(&factor, by_columns)];
        let each = total / outer;
        let columns = (0..total).map(|i| (x[i] - mean[if own { i / each * inner } else { 0 } + i % inner], i));
        let (steps, values): (_, Vec<f32>) = match case % 2 {
            0 => (&deviation, columns.map(|(x, _)| x * x).collect()),
            _ => (&slope, columns.map(|(x, i)| dy[i] * (x * factor[i % inner])).collect()),
        };
        let code =
            Code { inputs: vec![Elem::F32; 4], steps: steps.clone(), outputs: vec![(4, Elem::F32)], registers: 5 };
        let whole = identity(Elem::F32);
        let cut = rng.below(inner + 1);
        for isa in isa::available() {
            let sums = |code: &Code, inputs: &[View], accumulate: bool| {
                let mut sums = vec![1.5f32; outer * inner];
                for range in [0..cut, cut..inner] {
                    let what =
                        Reduce { kind: Reduction::Sum, code, dims: &dims, axes: axes.clone(), accumulate, origin: 0 };
                    let part = [outer, range.len()];
                    let layout = Layout::strided(&part, &[inner as isize, 1]);
                    // SAFETY: columns `range` of the sums.
                    let out = unsafe {
                        ViewMut::from_raw(sums.as_mut_ptr().add(range.start).cast::<u8>(), Elem::F32, layout)
                    };
                    reduce(isa, &what, inputs, out, 0..outer, range);
                }
                sums.iter().map(|sum| sum.to_bits()).collect::<Vec<u32>>()
            };
            for accumulate in [false, true] {
                let want = sums(&whole, &[view(&values, full)], accumulate);
                assert_eq!(sums(&code, &inputs, accumulate), want, "{dims:?} over {axes:?} cut at {cut}, {isa:?}");
            }
        }
    }
}
