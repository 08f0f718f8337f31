//! Pooling of every instruction-set level against naive loops.

mod support;

use hornbeam_kernels::pool::*;
use hornbeam_kernels::{View, ViewMut, isa};
use support::{Random, Tensor, compare};

/// Calls `visit(y index, [(position, x index)])` for every output element.
fn windows(s: &PoolShape, mut visit: impl FnMut(usize, &[(usize, usize)])) {
    for n in 0..s.batch {
        for oh in 0..s.out_h {
            for ow in 0..s.out_w {
                for c in 0..s.channels {
                    let mut cells = Vec::new();
                    for position in 0..s.window_h * s.window_w {
                        let h = (oh * s.stride_h + position / s.window_w).wrapping_sub(s.pad_top);
                        let w = (ow * s.stride_w + position % s.window_w).wrapping_sub(s.pad_left);
                        if h < s.in_h && w < s.in_w {
                            cells.push((position, ((n * s.in_h + h) * s.in_w + w) * s.channels + c));
                        }
                    }
                    visit(((n * s.out_h + oh) * s.out_w + ow) * s.channels + c, &cells);
                }
            }
        }
    }
}

#[rustfmt::skip]
fn shape(batch: usize, input: [usize; 3], window: [usize; 2], stride: [usize; 2], pads: [usize; 4]) -> PoolShape {
    let out = |axis: usize, before: usize, after: usize| {
        (input[axis] + before + after).checked_sub(window[axis]).map_or(0, |free| free / stride[axis] + 1)
    };
    PoolShape {
        batch, in_h: input[0], in_w: input[1], channels: input[2],
        out_h: out(0, pads[0], pads[1]), out_w: out(1, pads[2], pads[3]),
        window_h: window[0], window_w: window[1], stride_h: stride[0], stride_w: stride[1], pad_top: pads[0], pad_left: pads[2],
        dilation_h: 1, dilation_w: 1,
    }
}

fn shapes(random: &mut Random) -> Vec<PoolShape> {
    let mut shapes = vec![
        shape(2, [26, 26, 32], [2, 2], [2, 2], [0; 4]),
        shape(2, [11, 11, 64], [2, 2], [2, 2], [0; 4]),
        shape(1, [7, 7, 20], [3, 3], [2, 2], [1; 4]),
        shape(0, [4, 4, 3], [2, 2], [2, 2], [0; 4]),
        shape(2, [1, 1, 3], [2, 2], [2, 2], [0; 4]),
        shape(1, [16, 16, 5], [16, 16], [1, 1], [0; 4]),
        // Windows that lie wholly in the border.
        shape(1, [2, 2, 3], [2, 2], [1, 1], [3; 4]),
    ];
    for _ in 0..30 {
        let input = [random.range(1, 9), random.range(1, 9), random.range(1, 33)];
        let window = [random.range(1, 4), random.range(1, 4)];
        let stride = [random.range(1, 4), random.range(1, 4)];
        let pads = std::array::from_fn(|axis| random.range(0, 1).min(window[axis / 2] - 1));
        shapes.push(shape(random.range(1, 3), input, window, stride, pads));
    }
    shapes
}

fn x_dims(s: &PoolShape) -> [usize; 4] {
    [s.batch, s.in_h, s.in_w, s.channels]
}

fn y_dims(s: &PoolShape) -> [usize; 4] {
    [s.batch, s.out_h, s.out_w, s.channels]
}

#[test]
fn max_pool_and_its_gradients() {
    let mut random = Random::new(6);
    for s in shapes(&mut random) {
        // Whole numbers: many ties, so that the first maximum matters.
        let mut values = random.values(x_dims(&s).iter().product(), true);
        for value in &mut values {
            if random.range(0, 30) == 0 {
                *value = if random.coin() { f32::NAN } else { f32::NEG_INFINITY };
            }
        }
        let x = Tensor::new(&x_dims(&s), &values, 3);
        let len: usize = y_dims(&s).iter().product();
        let dy = Tensor::new(&y_dims(&s), &random.values(len, true), 2);
        let g = Tensor::new(&x_dims(&s), &random.values(values.len(), true), 1);
        let (dy_values, g_values) = (dy.values(), g.values());
        let (mut maxima, mut positions) = (vec![f32::NEG_INFINITY; len], vec![0u8; len]);
        let (mut dx_expected, mut gathered) = (vec![0.0f32; values.len()], vec![0.0f32; len]);
        windows(&s, |y, cells| {
            let Some(mut best) = cells.first() else { return };
            for cell in cells {
                let (new, old) = (values[cell.1], values[best.1]);
                if new > old || (new.is_nan() && !old.is_nan()) {
                    best = cell;
                }
            }
            (maxima[y], positions[y]) = (values[best.1], best.0 as u8);
            dx_expected[best.1] += dy_values[y];
            gathered[y] = g_values[best.1];
        });
        for isa in isa::available() {
            let what = format!("{} {s:?}", isa.name());
            let mut y = Tensor::new(&y_dims(&s), &vec![7.0; len], 1);
            let mut indices = vec![255u8; len];
            max_pool(isa, &s, x.view(), y.view_mut(), Some(ViewMut::from_slice(&mut indices, &y_dims(&s))));
            let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()));
            assert!(same(&y.values(), &maxima), "{what}");
            assert_eq!(indices, positions, "{what}");
            let mut y = Tensor::new(&y_dims(&s), &vec![7.0; len], 0);
            max_pool(isa, &s, x.view(), y.view_mut(), None);
            assert!(same(&y.values(), &maxima), "{what}");

            let indices = View::from_slice(&indices, &y_dims(&s));
            let mut dx = Tensor::new(&x_dims(&s), &vec![7.0; values.len()], 2);
            max_pool_grad(isa, &s, indices, dy.view(), dx.view_mut());
            assert_eq!(dx.values(), dx_expected, "{what}");
            let mut out = Tensor::new(&y_dims(&s), &vec![7.0; len], 2);
            max_pool_gather(isa, &s, indices, g.view(), out.view_mut());
            assert_eq!(out.values(), gathered, "{what}");
        }
    }
}

#[test]
fn avg_pool_and_its_gradient() {
    let mut random = Random::new(7);
    for s in shapes(&mut random) {
        let values = random.values(x_dims(&s).iter().product(), false);
        let len: usize = y_dims(&s).iter().product();
        let (x, dy) = (Tensor::new(&x_dims(&s), &values, 3), Tensor::new(&y_dims(&s), &random.values(len, false), 2));
        let dy_values = dy.values();
        let (mut means, mut dx_expected) = (vec![0.0f64; len], vec![0.0f64; values.len()]);
        windows(&s, |y, cells| {
            for &(_, cell) in cells {
                means[y] += f64::from(values[cell]) / cells.len() as f64;
                dx_expected[cell] += f64::from(dy_values[y]) / cells.len() as f64;
            }
        });
        let mut first: Option<Vec<f32>> = None;
        for isa in isa::available() {
            let what = format!("{} {s:?}", isa.name());
            let mut y = Tensor::new(&y_dims(&s), &vec![7.0; len], 1);
            avg_pool(isa, &s, x.view(), y.view_mut());
            compare(&y.values(), &means, 16, false, &what);
            assert_eq!(&y.values(), first.get_or_insert_with(|| y.values()), "{what}");
            let mut dx = Tensor::new(&x_dims(&s), &vec![7.0; values.len()], 2);
            avg_pool_grad(isa, &s, dy.view(), dx.view_mut());
            compare(&dx.values(), &dx_expected, 16, false, &what);
        }
    }
}

#[test]
fn some_channels_are_those_of_all() {
    let mut random = Random::new(8);
    for s in shapes(&mut random) {
        let x = random.values(x_dims(&s).iter().product(), false);
        let len: usize = y_dims(&s).iter().product();
        let from = random.range(0, s.channels - 1);
        let channels = from..random.range(from, s.channels - 1) + 1;
        for isa in isa::available() {
            for mean in [false, true] {
                let mut whole = vec![7.0f32; len];
                let (view, y) = (View::from_slice(&x, &x_dims(&s)), ViewMut::from_slice(&mut whole, &y_dims(&s)));
                if mean {
                    avg_pool(isa, &s, view, y)
                } else {
                    max_pool(isa, &s, view, y, None)
                }
                let mut some = vec![7.0f32; len];
                let narrow = ViewMut::from_slice(&mut some, &y_dims(&s)).narrow(3, channels.start, channels.len());
                pool_channels(isa, &s, mean, channels.clone(), view.narrow(3, channels.start, channels.len()), narrow);
                for (at, (&found, &all)) in some.iter().zip(&whole).enumerate() {
                    let expected = if channels.contains(&(at % s.channels)) { all } else { 7.0 };
                    assert_eq!(found.to_bits(), expected.to_bits(), "{} {s:?} {channels:?} at {at}", isa.name());
                }
            }
        }
    }
}
