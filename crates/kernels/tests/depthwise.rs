//! Depthwise convolution and both gradients of every instruction-set level against naive f64 loops.

mod support;

use hornbeam_kernels::conv::*;
use hornbeam_kernels::{View, ViewMut, isa};
use support::{Finish, Random, Tensor, compare, scratch};

/// Calls `visit(x index, w index, y index)` for every product.
fn products(s: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    for place in 0..s.batch * s.out_h * s.out_w {
        let (n, oh, ow) = (place / s.out_w / s.out_h, place / s.out_w % s.out_h, place % s.out_w);
        for tap in 0..s.kernel_h * s.kernel_w {
            let h = (oh * s.stride_h + tap / s.kernel_w * s.dilation_h).wrapping_sub(s.pad_top);
            let w = (ow * s.stride_w + tap % s.kernel_w * s.dilation_w).wrapping_sub(s.pad_left);
            if h < s.in_h && w < s.in_w {
                let x = ((n * s.in_h + h) * s.in_w + w) * s.in_c;
                (0..s.in_c).for_each(|c| visit(x + c, tap * s.in_c + c, place * s.in_c + c));
            }
        }
    }
}

/// Shapes of mobile networks, and odd ones: filters of more taps than a pass has, strides above the filter, rows of every remainder.
fn shapes(random: &mut Random) -> Vec<ConvShape> {
    let mut shapes = Vec::new();
    for case in 0..48 {
        let kernel = [[3, 3], [5, 5], [1, 1], [3, 2], [9, 9], [1, 7]][case % 6];
        let stride = [[1, 1], [2, 2], [1, 3], [4, 1]][case / 6 % 4];
        let dilation = if case % 5 == 4 { [2, 3] } else { [1, 1] };
        let channels = [1, 4, 16, 17, 40, 33][case / 4 % 6];
        let input = [random.range(1, 12), random.range(1, 30)];
        let pads: [usize; 4] = std::array::from_fn(|_| random.range(0, 3));
        let out = |axis: usize, pad: usize| {
            let reach = (kernel[axis] - 1) * dilation[axis] + 1;
            (input[axis] + pad).checked_sub(reach).map_or(0, |free| free / stride[axis] + 1)
        };
        shapes.push(ConvShape {
            batch: random.range(0, 2),
            in_h: input[0],
            in_w: input[1],
            in_c: channels,
            out_h: out(0, pads[0] + pads[1]),
            out_w: out(1, pads[2] + pads[3]),
            out_c: channels,
            kernel_h: kernel[0],
            kernel_w: kernel[1],
            stride_h: stride[0],
            stride_w: stride[1],
            dilation_h: dilation[0],
            dilation_w: dilation[1],
            pad_top: pads[0],
            pad_left: pads[2],
        });
    }
    shapes
}

/// The rows `rows` of every image of `height` rows.
fn rows_of(values: &[f64], height: usize, rows: &std::ops::Range<usize>, line: usize) -> Vec<f64> {
    if height * line == 0 {
        return Vec::new();
    }
    values.chunks(height * line).flat_map(|image| image[rows.start * line..rows.end * line].iter().copied()).collect()
}

fn part(random: &mut Random, len: usize) -> std::ops::Range<usize> {
    if len == 0 || random.coin() { 0..len } else { random.range(0, len - 1)..len }
}

#[test]
fn all_three_agree_with_f64() {
    let mut random = Random::new(21);
    let mut memory = Vec::new();
    for (at, s) in shapes(&mut random).into_iter().enumerate() {
        let integers = at % 2 == 0;
        let (x_dims, y_dims) = ([s.batch, s.in_h, s.in_w, s.in_c], [s.batch, s.out_h, s.out_w, s.out_c]);
        let w_dims = [s.kernel_h, s.kernel_w, 1, s.in_c];
        let (x_len, y_len): (usize, usize) = (x_dims.iter().product(), y_dims.iter().product());
        let x = Tensor::new(&x_dims, &random.values(x_len, integers), random.range(0, 1) * 5);
        let dy = Tensor::new(&y_dims, &random.values(y_len, integers), random.range(0, 1) * 5);
        let w = random.values(s.kernel_h * s.kernel_w * s.in_c, integers);
        let (xs, dys) = (x.values(), dy.values());
        let before = random.values(w.len(), integers);
        let accumulate = random.coin();
        let mut y_sums = vec![0.0; y_len];
        let mut x_sums = vec![0.0; x_len];
        let mut w_sums: Vec<f64> = before.iter().map(|&v| if accumulate { f64::from(v) } else { 0.0 }).collect();
        products(&s, |i, k, o| {
            y_sums[o] += f64::from(xs[i]) * f64::from(w[k]);
            x_sums[i] += f64::from(dys[o]) * f64::from(w[k]);
            w_sums[k] += f64::from(xs[i]) * f64::from(dys[o]);
        });
        let filter = View::from_slice(&w, &w_dims);
        for grad in [false, true] {
            let (dims, all) = if grad { (x_dims, &x_sums) } else { (y_dims, &y_sums) };
            let rows = part(&mut random, dims[1]);
            let sums = rows_of(all, dims[1], &rows, dims[2] * dims[3]);
            let dims = [dims[0], rows.len(), dims[2], dims[3]];
            let old = random.values(sums.len(), integers);
            let finish = Finish::random(&mut random, &dims, integers);
            let expected = finish.apply(&sums, &old, s.in_c);
            for isa in isa::available() {
                let mut out = Tensor::new(&dims, &old, 3);
                let convolve = if grad { depthwise_input_grad } else { depthwise };
                let from = if grad { dy.view() } else { x.view() };
                convolve(isa, &s, from, filter, rows.clone(), out.view_mut(), &finish.epilogue());
                let what = format!("{} gradient {grad}, rows {rows:?} of {s:?}", isa.name());
                compare(&out.values(), &expected, s.kernel_h * s.kernel_w, integers, &what);
            }
        }
        for isa in isa::available() {
            let mut dw = before.clone();
            let room = scratch(&mut memory, depthwise_filter_grad_scratch(&s));
            let view = ViewMut::from_slice(&mut dw, &w_dims);
            depthwise_filter_grad(isa, &s, x.view(), dy.view(), view, accumulate, room);
            let what = format!("{} filter gradient of {s:?}", isa.name());
            compare(&dw, &w_sums, s.batch * s.out_h * s.out_w, integers, &what);
        }
    }
}

/// 3 x 3 windows that do not stride are computed two rows at a time where a pair has all its rows, else pixel by pixel: who computes a
/// row changes no bit of it.
#[test]
fn rows_have_the_same_bits_alone_and_in_pairs() {
    let mut random = Random::new(22);
    for case in 0..40 {
        let pads: [usize; 4] = std::array::from_fn(|_| random.range(0, 3));
        let (in_h, in_w) = (random.range(1, 9), [1, 2, 3, 16, 17, 18, 19, 34, 35, 40][case % 10]);
        let [out_h, out_w] = [in_h + pads[0] + pads[1], in_w + pads[2] + pads[3]].map(|size| size.saturating_sub(2));
        let channels = [1, 7, 8, 16, 19, 33][case % 6];
        let s = ConvShape {
            batch: 2,
            in_h,
            in_w,
            in_c: channels,
            out_h,
            out_w,
            out_c: channels,
            kernel_h: 3,
            kernel_w: 3,
            stride_h: 1,
            stride_w: 1,
            dilation_h: 1,
            dilation_w: 1,
            pad_top: pads[0],
            pad_left: pads[2],
        };
        let w = random.values(9 * channels, false);
        let filter = View::from_slice(&w, &[3, 3, 1, channels]);
        for grad in [false, true] {
            let (from, to) = ([2, in_h, in_w, channels], [2, out_h, out_w, channels]);
            let (from, to) = if grad { (to, from) } else { (from, to) };
            let read = Tensor::new(&from, &random.values(from.iter().product(), false), 5);
            let old = random.values(to.iter().product(), false);
            let finish = Finish::random(&mut random, &to, false);
            let convolve = if grad { depthwise_input_grad } else { depthwise };
            for isa in isa::available() {
                let mut whole = Tensor::new(&to, &old, 0);
                convolve(isa, &s, read.view(), filter, 0..to[1], whole.view_mut(), &finish.epilogue());
                let mut alone = Tensor::new(&to, &old, 0);
                for row in 0..to[1] {
                    let mut epilogue = finish.epilogue();
                    epilogue.residual = epilogue.residual.map(|view| view.narrow(1, row, 1));
                    epilogue.mask = epilogue.mask.map(|view| view.narrow(1, row, 1));
                    convolve(isa, &s, read.view(), filter, row..row + 1, alone.view_mut().narrow(1, row, 1), &epilogue);
                }
                let bits = |tensor: &Tensor| tensor.values().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&whole), bits(&alone), "{} gradient {grad} of {s:?}", isa.name());
            }
        }
    }
}
