//! Convolution and both gradients of every instruction-set level against naive f64 loops.

mod support;

use hornbeam_kernels::conv::*;
use hornbeam_kernels::gemm::Epilogue;
use hornbeam_kernels::{Isa, View, ViewMut, isa};
use support::{Finish, Random, Tensor, compare, scratch};

/// Calls `visit(x index, w index, y index)` for every product of the convolution.
fn products(s: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    for n in 0..s.batch {
        for oh in 0..s.out_h {
            for ow in 0..s.out_w {
                for kh in 0..s.kernel_h {
                    for kw in 0..s.kernel_w {
                        let h = (oh * s.stride_h + kh * s.dilation_h).wrapping_sub(s.pad_top);
                        let w = (ow * s.stride_w + kw * s.dilation_w).wrapping_sub(s.pad_left);
                        if h >= s.in_h || w >= s.in_w {
                            continue;
                        }
                        for i in 0..s.in_c {
                            for o in 0..s.out_c {
                                visit(
                                    ((n * s.in_h + h) * s.in_w + w) * s.in_c + i,
                                    ((kh * s.kernel_w + kw) * s.in_c + i) * s.out_c + o,
                                    ((n * s.out_h + oh) * s.out_w + ow) * s.out_c + o,
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

#[rustfmt::skip]
fn shape(batch: usize, input: [usize; 3], out_c: usize, kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2], pads: [usize; 4]) -> ConvShape {
    let out = |size: usize, axis: usize, before: usize, after: usize| {
        (size + before + after).checked_sub((kernel[axis] - 1) * dilation[axis] + 1).map_or(0, |free| free / stride[axis] + 1)
    };
    ConvShape {
        batch, in_h: input[0], in_w: input[1], in_c: input[2], out_c,
        out_h: out(input[0], 0, pads[0], pads[1]), out_w: out(input[1], 1, pads[2], pads[3]),
        kernel_h: kernel[0], kernel_w: kernel[1], stride_h: stride[0], stride_w: stride[1],
        dilation_h: dilation[0], dilation_w: dilation[1], pad_top: pads[0], pad_left: pads[2],
    }
}

/// The shapes of the networks that matter, and then odd ones.
fn shapes(random: &mut Random) -> Vec<ConvShape> {
    let one = [1, 1];
    let mut shapes = vec![
        shape(2, [28, 28, 1], 32, [3, 3], one, one, [0; 4]),
        shape(2, [13, 13, 32], 64, [3, 3], one, one, [0; 4]),
        shape(4, [5, 5, 64], 64, [3, 3], one, one, [0; 4]),
        shape(3, [8, 8, 3], 32, [3, 3], one, one, [1; 4]),
        shape(1, [9, 7, 16], 20, [3, 3], [2, 2], one, [1; 4]),
        shape(2, [6, 6, 10], 33, one, one, one, [0; 4]),
        shape(2, [7, 7, 4], 8, one, [2, 2], one, [0; 4]),
        shape(3, [5, 9, 21], 70, one, one, one, [0; 4]),
        shape(1, [13, 4, 67], 33, one, [1, 2], one, [0, 1, 0, 0]),
        shape(1, [12, 12, 3], 5, [7, 7], [2, 2], one, [3; 4]),
        shape(1, [11, 10, 2], 3, [3, 2], one, [2, 3], [2, 1, 0, 3]),
        shape(0, [5, 5, 2], 3, [3, 3], one, one, [0; 4]),
        shape(2, [2, 2, 2], 3, [3, 3], one, one, [0; 4]),
        shape(2, [3, 3, 0], 4, [2, 2], one, one, [0; 4]),
        shape(1, [40, 41, 33], 2, [3, 3], one, one, [1; 4]),
        shape(1, [70, 36, 1], 17, [3, 3], one, one, [1; 4]),
        shape(1, [3, 400, 40], 3, [2, 5], [1, 2], one, [1, 0, 2, 1]),
        shape(1, [2, 3, 2], 2, [2, 2], one, one, [5, 4, 3, 6]),
        // Around the edges of Winograd's tiles, strips and vectors.
        shape(2, [9, 10, 40], 48, [3, 3], one, one, [1; 4]),
        shape(3, [6, 13, 7], 65, [3, 3], one, one, [0, 2, 1, 2]),
        shape(1, [4, 4, 17], 15, [3, 3], one, one, [2; 4]),
        shape(5, [16, 17, 32], 32, [3, 3], one, one, [1; 4]),
        shape(1, [1, 30, 3], 5, [3, 3], one, one, [2, 0, 2, 1]),
        // Around those of its blocks of filters: several in every direction, with several strips, and sums of a large filter.
        shape(3, [17, 18, 20], 48, [3, 3], one, one, [1; 4]),
        shape(2, [13, 14, 70], 36, [3, 3], one, one, [0; 4]),
        shape(3, [9, 7, 40], 33, [3, 3], one, one, [0, 1, 1, 0]),
        shape(1, [10, 9, 132], 130, [3, 3], one, one, [0; 4]),
        // Several blocks of pixels of a filter's gradient, of which each asks for the next.
        shape(1, [40, 41, 20], 70, one, one, one, [0; 4]),
        shape(6, [14, 13, 33], 40, [2, 2], one, one, [0; 4]),
        // Gradients of images of few channels, about the limits of what is few.
        shape(2, [7, 8, 6], 9, [3, 3], one, one, [1; 4]),
        shape(1, [9, 8, 9], 16, [5, 5], one, one, [2; 4]),
    ];
    for _ in 0..26 {
        let input = [random.range(1, 9), random.range(1, 9), random.range(1, 18)];
        let kernel = [random.range(1, 4), random.range(1, 4)];
        let stride = [random.range(1, 3), random.range(1, 3)];
        let dilation = [random.range(1, 2), random.range(1, 2)];
        let pads = std::array::from_fn(|_| random.range(0, 2));
        shapes.push(shape(random.range(1, 3), input, random.range(1, 40), kernel, stride, dilation, pads));
    }
    shapes
}

/// Operands of a convolution, and the images' gaps.
struct Case {
    shape: ConvShape,
    integers: bool,
    x: Tensor,
    w: Vec<f32>,
    dy: Tensor,
}

fn each_case(seed: u64, mut test: impl FnMut(&mut Random, Case)) {
    let mut random = Random::new(seed);
    for s in shapes(&mut random) {
        for integers in [true, false] {
            let x_dims = [s.batch, s.in_h, s.in_w, s.in_c];
            let y_dims = [s.batch, s.out_h, s.out_w, s.out_c];
            let mut images = |dims: [usize; 4]| {
                let values = random.values(dims.iter().product(), integers);
                Tensor::new(&dims, &values, random.range(0, 1) * 5)
            };
            let (x, dy) = (images(x_dims), images(y_dims));
            let w = random.values(s.kernel_h * s.kernel_w * s.in_c * s.out_c, integers);
            test(&mut random, Case { shape: s, integers, x, w, dy });
        }
    }
}

/// Winograd's sums are of larger numbers that cancel, so whole numbers (of up to 3, the others of up to 1) come out rounded too.
fn compare_winograd(got: &[f32], expected: &[f64], depth: usize, integers: bool, what: &str) {
    let scale = if integers { 40 } else { 4 };
    compare(got, expected, scale * depth, false, &format!("Winograd {what}"));
}

/// A part of `len` rows, all of them in half of the cases.
fn part(random: &mut Random, len: usize) -> std::ops::Range<usize> {
    if len == 0 || random.coin() {
        return 0..len;
    }
    let start = random.range(0, len - 1);
    start..random.range(start, len)
}

/// The rows `rows` of every image of `values`, of `height` rows.
fn rows_of<T: Copy>(values: &[T], height: usize, rows: &std::ops::Range<usize>, line: usize) -> Vec<T> {
    if height * line == 0 {
        return Vec::new();
    }
    values.chunks(height * line).flat_map(|image| image[rows.start * line..rows.end * line].iter().copied()).collect()
}

/// The parts of a part that are one panel of columns, and the rest of them, each with its operands of the epilogue.
fn each_piece(isa: Isa, part: &OutputPart, ep: &Epilogue, mut with: impl FnMut(&OutputPart, &Epilogue)) {
    let end = part.columns.end;
    let border = output_part_columns(isa).min(end);
    for columns in [0..border, border..end].into_iter().filter(|columns| !columns.is_empty()) {
        let (first, count) = (columns.start, columns.len());
        let ep = Epilogue {
            bias: ep.bias.map(|view| view.narrow(0, first, count)),
            residual: ep.residual.map(|view| view.narrow(3, first, count)),
            mask: ep.mask.map(|view| view.narrow(3, first, count)),
            ..*ep
        };
        with(&OutputPart { rows: part.rows.clone(), columns }, &ep);
    }
}

#[test]
fn forward_agrees_with_f64() {
    let mut memory = Vec::new();
    each_case(3, |random, case| {
        let s = &case.shape;
        let (x, mut sums) = (case.x.values(), vec![0.0; s.batch * s.out_h * s.out_w * s.out_c]);
        products(s, |x_at, w_at, y_at| sums[y_at] += f64::from(x[x_at]) * f64::from(case.w[w_at]));
        let rows = part(random, s.out_h);
        let sums = rows_of(&sums, s.out_h, &rows, s.out_w * s.out_c);
        let dims = [s.batch, rows.len(), s.out_w, s.out_c];
        let before = random.values(sums.len(), case.integers);
        let finish = Finish::random(random, &dims, case.integers);
        let expected = finish.apply(&sums, &before, s.out_c);
        for isa in isa::available() {
            let mut packed = vec![f32::NAN; packed_filter_len(s)];
            pack_filter(isa, s, View::from_slice(&case.w, &[s.kernel_h, s.kernel_w, s.in_c, s.out_c]), &mut packed);
            let mut y = Tensor::new(&dims, &before, 3);
            let room = scratch(&mut memory, forward_scratch(s));
            let part = OutputPart::rows(s, rows.clone());
            forward(isa, s, case.x.view(), &packed, &part, y.view_mut(), &finish.epilogue(), room);
            let mut pieces = Tensor::new(&dims, &before, 3);
            each_piece(isa, &part, &finish.epilogue(), |part, ep| {
                let y = pieces.view_mut().narrow(3, part.columns.start, part.columns.len());
                forward(isa, s, case.x.view(), &packed, part, y, ep, room);
            });
            assert_eq!(pieces.values(), y.values(), "{} by columns, {s:?}", isa.name());
            let what = format!("{} rows {rows:?} of {s:?}", isa.name());
            compare(&y.values(), &expected, s.kernel_h * s.kernel_w * s.in_c, case.integers, &what);
            if is_winograd(s) {
                let mut packed = vec![f32::NAN; winograd_filter_len(s)];
                pack_winograd_filter(isa, s, View::from_slice(&case.w, &[3, 3, s.in_c, s.out_c]), &mut packed);
                let mut y = Tensor::new(&dims, &before, 3);
                let room = scratch(&mut memory, winograd_scratch(s));
                winograd(isa, s, case.x.view(), &packed, &part, y.view_mut(), &finish.epilogue(), room);
                let mut pieces = Tensor::new(&dims, &before, 3);
                each_piece(isa, &part, &finish.epilogue(), |part, ep| {
                    let y = pieces.view_mut().narrow(3, part.columns.start, part.columns.len());
                    winograd(isa, s, case.x.view(), &packed, part, y, ep, room);
                });
                assert_eq!(pieces.values(), y.values(), "{} by columns, {s:?}", isa.name());
                compare_winograd(&y.values(), &expected, 9 * s.in_c, case.integers, &what);
            }
        }
    });
}

#[test]
fn input_grad_agrees_with_f64() {
    let mut memory = Vec::new();
    each_case(4, |random, case| {
        let s = &case.shape;
        let (dy, mut sums) = (case.dy.values(), vec![0.0; s.batch * s.in_h * s.in_w * s.in_c]);
        products(s, |x_at, w_at, y_at| sums[x_at] += f64::from(dy[y_at]) * f64::from(case.w[w_at]));
        let rows = part(random, s.in_h);
        let sums = rows_of(&sums, s.in_h, &rows, s.in_w * s.in_c);
        let dims = [s.batch, rows.len(), s.in_w, s.in_c];
        let before = random.values(sums.len(), case.integers);
        let finish = Finish::random(random, &dims, case.integers);
        let expected = finish.apply(&sums, &before, s.in_c);
        for isa in isa::available() {
            let mut packed = vec![f32::NAN; packed_filter_transposed_len(s)];
            let w = View::from_slice(&case.w, &[s.kernel_h, s.kernel_w, s.in_c, s.out_c]);
            pack_filter_transposed(isa, s, w, &mut packed);
            let mut dx = Tensor::new(&dims, &before, 3);
            let room = scratch(&mut memory, input_grad_scratch(s));
            input_grad(isa, s, case.dy.view(), &packed, rows.clone(), dx.view_mut(), &finish.epilogue(), room);
            let what = format!("{} rows {rows:?} of {s:?}", isa.name());
            compare(&dx.values(), &expected, s.kernel_h * s.kernel_w * s.out_c, case.integers, &what);
            if is_winograd(s) {
                let mut packed = vec![f32::NAN; winograd_filter_transposed_len(s)];
                pack_winograd_filter_transposed(isa, s, w, &mut packed);
                let mut dx = Tensor::new(&dims, &before, 3);
                let room = scratch(&mut memory, winograd_input_grad_scratch(s));
                let (dy, finish) = (case.dy.view(), finish.epilogue());
                winograd_input_grad(isa, s, dy, &packed, rows.clone(), dx.view_mut(), &finish, room);
                compare_winograd(&dx.values(), &expected, 9 * s.out_c, case.integers, &what);
            }
        }
    });
}

/// So many parts of the filter's gradient along its rows, input channels and panels of output channels, or as many as there are.
fn filter_parts(isa: isa::Isa, s: &ConvShape, [rows, inputs, outputs]: [usize; 3]) -> Vec<FilterPart> {
    let columns = filter_part_columns(isa);
    let shares = |len: usize, of: usize| (0..of).map(move |at| len * at / of..len * (at + 1) / of);
    let mut parts = Vec::new();
    for rows in shares(s.kernel_h, rows) {
        for inputs in shares(s.in_c, inputs) {
            for panels in shares(s.out_c.div_ceil(columns), outputs) {
                let outputs = panels.start * columns..(panels.end * columns).min(s.out_c);
                parts.push(FilterPart { rows: rows.clone(), inputs: inputs.clone(), outputs });
            }
        }
    }
    parts
}

/// The part of a whole filter.
fn part_of<'a>(dw: &'a mut [f32], dims: &[usize; 4], part: &FilterPart) -> ViewMut<'a> {
    let whole = ViewMut::from_slice(dw, dims);
    let ranges = [(0, &part.rows), (2, &part.inputs), (3, &part.outputs)];
    ranges.into_iter().fold(whole, |view, (axis, range)| view.narrow(axis, range.start, range.len()))
}

fn assert_same(got: &[f32], expected: &[f32], what: &str) {
    let differs = got.iter().zip(expected).position(|(a, b)| a.to_bits() != b.to_bits());
    assert_eq!(differs, None, "{what}: not the same bits");
}

#[test]
fn filter_grad_agrees_with_f64() {
    let mut memory = Vec::new();
    each_case(5, |random, case| {
        let s = &case.shape;
        let (x, dy) = (case.x.values(), case.dy.values());
        let before = random.values(case.w.len(), case.integers);
        let accumulate = random.coin();
        let mut expected: Vec<f64> = before.iter().map(|&v| if accumulate { f64::from(v) } else { 0.0 }).collect();
        products(s, |x_at, w_at, y_at| expected[w_at] += f64::from(x[x_at]) * f64::from(dy[y_at]));
        let dims = [s.kernel_h, s.kernel_w, s.in_c, s.out_c];
        for isa in isa::available() {
            let mut dw = before.clone();
            let room = scratch(&mut memory, filter_grad_scratch(s));
            let view = ViewMut::from_slice(&mut dw, &dims);
            let whole = FilterPart::whole(s);
            filter_grad(isa, s, case.x.view(), case.dy.view(), &whole, view, accumulate, room);
            let what = format!("{} accumulate {accumulate} {s:?}", isa.name());
            compare(&dw, &expected, s.batch * s.out_h * s.out_w, case.integers, &what);
            let parts = filter_parts(isa, s, [random.range(1, 3), random.range(1, 3), random.range(1, 3)]);
            let mut cut_dw = before.clone();
            for part in &parts {
                let view = part_of(&mut cut_dw, &dims, part);
                filter_grad(isa, s, case.x.view(), case.dy.view(), part, view, accumulate, room);
            }
            assert_same(&cut_dw, &dw, &format!("{what} in parts {parts:?}"));
            if is_winograd(s) {
                dw.copy_from_slice(&before);
                let room = scratch(&mut memory, winograd_filter_grad_scratch(s, &whole));
                let view = ViewMut::from_slice(&mut dw, &dims);
                winograd_filter_grad(isa, s, case.x.view(), case.dy.view(), &whole, view, accumulate, room);
                compare_winograd(&dw, &expected, s.batch * s.out_h * s.out_w, case.integers, &what);
                let mut cut_dw = before.clone();
                let parts = filter_parts(isa, s, [1, random.range(1, 3), random.range(1, 3)]);
                for part in &parts {
                    let view = part_of(&mut cut_dw, &dims, part);
                    let room = scratch(&mut memory, winograd_filter_grad_scratch(s, part));
                    winograd_filter_grad(isa, s, case.x.view(), case.dy.view(), part, view, accumulate, room);
                }
                assert_same(&cut_dw, &dw, &format!("Winograd {what} in parts {parts:?}"));
            }
        }
    });
}

/// The kernel for few products an output (plain epilogues only) at every number of them, with every remainder of a row.
#[test]
fn first_layers_agree_with_f64() {
    let mut random = Random::new(8);
    let mut memory = Vec::new();
    for case in 0..48 {
        let few = [[1, 1], [2, 1], [1, 3], [2, 2], [1, 5], [2, 3], [1, 7], [2, 4], [3, 3]][case % 9];
        let many = [([3, 3], 3), ([4, 4], 2), ([2, 5], 3), ([1, 1], 32), ([3, 4], 2), ([3, 4], 3)][case % 6];
        let (kernel, in_c) = match case {
            32.. => many,
            _ if few[0] * few[1] <= 4 => (few, 1 + case / 9 % 2),
            _ => (few, 1),
        };
        let input = [random.range(4, 9), random.range(8, 14), in_c];
        let (stride, dilation) = ([random.range(1, 2), random.range(1, 2)], [random.range(1, 2), random.range(1, 2)]);
        let pads = std::array::from_fn(|_| (case / 4 % 2) * random.range(0, 2));
        let s = shape(random.range(1, 3), input, [32, 64, 16, 8, 96][case % 5], kernel, stride, dilation, pads);
        let x = Tensor::new(
            &[s.batch, s.in_h, s.in_w, s.in_c],
            &random.values(s.batch * s.in_h * s.in_w * s.in_c, true),
            3,
        );
        let w = random.values(s.kernel_h * s.kernel_w * s.in_c * s.out_c, true);
        let (values, dims) = (x.values(), [s.batch, s.out_h, s.out_w, s.out_c]);
        let mut sums = vec![0.0; dims.iter().product()];
        products(&s, |x_at, w_at, y_at| sums[y_at] += f64::from(values[x_at]) * f64::from(w[w_at]));
        let bias = random.coin().then(|| random.values(s.out_c, true));
        let finish = Finish { accumulate: false, bias, residual: None, relu: random.coin(), mask: None };
        let before = vec![support::GAP; sums.len()];
        let expected = finish.apply(&sums, &before, s.out_c);
        for isa in isa::available() {
            let mut packed = vec![f32::NAN; packed_filter_len(&s)];
            pack_filter(isa, &s, View::from_slice(&w, &[s.kernel_h, s.kernel_w, s.in_c, s.out_c]), &mut packed);
            let mut y = Tensor::new(&dims, &before, 5);
            let room = scratch(&mut memory, forward_scratch(&s));
            let whole = OutputPart::rows(&s, 0..s.out_h);
            forward(isa, &s, x.view(), &packed, &whole, y.view_mut(), &finish.epilogue(), room);
            compare(&y.values(), &expected, kernel[0] * kernel[1] * in_c, true, &format!("{} {s:?}", isa.name()));
        }
    }
}
