//! Speed of the contraction kernels on one core, as a share of the FMA peak measured around every row.
//!
//! `cargo run --release --example kernel_bench [isa] [filter]`: the best of many short rounds, hot caches.

use hornbeam_kernels::conv::*;
use hornbeam_kernels::gemm::{Epilogue, gemm, gemm_packed, gemm_scratch, pack_b, packed_len};
use hornbeam_kernels::pool::*;
use hornbeam_kernels::{Isa, Layout, View, ViewMut, isa, peak};
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let level = arguments.first().and_then(|name| Isa::from_name(name)).unwrap_or_else(isa::detect);
    let filter = arguments.get(1).cloned().unwrap_or_default();
    println!("{} kernels, one core", level.name());
    let bench = Bench { isa: level, filter };
    bench.convolutions();
    bench.depthwise_layers();
    bench.products();
    bench.packing();
    bench.pools();
}

struct Bench {
    isa: Isa,
    filter: String,
}

impl Bench {
    /// The best GFLOP/s of `run`, which does `flop` operations, printed beside the peak.
    fn row(&self, name: &str, flop: f64, mut run: impl FnMut()) {
        if !name.contains(&self.filter) {
            return;
        }
        let repeats = (2e6 / flop).ceil() as usize;
        let (mut best, mut peak) = (f64::INFINITY, 0f64);
        for _ in 0..40 {
            peak = peak.max(fma_peak(self.isa));
            for _ in 0..3 {
                let start = Instant::now();
                for _ in 0..repeats {
                    run();
                }
                best = best.min(start.elapsed().as_secs_f64() / repeats as f64);
            }
        }
        let speed = flop / best / 1e9;
        println!("{name:44} {:9.2} us {speed:7.1} GF {:5.1} % of {peak:.0}", best * 1e6, 100.0 * speed / peak);
    }

    fn products(&self) {
        for (m, k, n) in [(256, 256, 256), (64, 64, 64), (128, 128, 128), (512, 512, 512), (1024, 1024, 1024)] {
            self.product(&format!("gemm {m}x{k}x{n}"), m, k, n, false, false);
        }
        for m in [1, 4, 8, 16, 32] {
            self.product_packed(&format!("dense packed {m}x576x64"), m, 576, 64);
        }
        self.product_packed("dense packed 32x64x10", 32, 64, 10);
        self.product_packed("dense packed 32x64x576 (dX)", 32, 64, 576);
        self.product_packed("dense packed 32x10x64 (dX)", 32, 10, 64);
        self.product("dense 576x32x64 (dW = X^T dY)", 576, 32, 64, true, false);
        self.product("dense 64x32x10 (dW = X^T dY)", 64, 32, 10, true, false);
        self.product("gemm 256x256x256 A^T", 256, 256, 256, true, false);
        self.product("gemm 256x256x256 B^T", 256, 256, 256, false, true);
    }

    fn product(&self, name: &str, m: usize, k: usize, n: usize, transposed_a: bool, transposed_b: bool) {
        let (a, b) = (numbers(m * k), numbers(k * n));
        let (mut c, mut scratch) = (numbers(m * n), numbers(gemm_scratch(m, n, k)));
        let a = View::from_slice(&a, &[m, k]);
        let a = if transposed_a { a.with_layout(Layout::strided(&[m, k], &[1, m as isize])) } else { a };
        let b = View::from_slice(&b, &[k, n]);
        let b = if transposed_b { b.with_layout(Layout::strided(&[k, n], &[1, k as isize])) } else { b };
        self.row(name, 2.0 * (m * n * k) as f64, || {
            gemm(self.isa, a, b, ViewMut::from_slice(&mut c, &[m, n]), &Epilogue::default(), &mut scratch)
        });
    }

    fn product_packed(&self, name: &str, m: usize, k: usize, n: usize) {
        let (a, b, bias) = (numbers(m * k), numbers(k * n), numbers(n));
        let (mut c, mut scratch) = (numbers(m * n), numbers(gemm_scratch(m, n, k)));
        let mut packed = numbers(packed_len(k, n));
        pack_b(self.isa, View::from_slice(&b, &[k, n]), &mut packed);
        let a = View::from_slice(&a, &[m, k]);
        let ep = Epilogue { bias: Some(View::from_slice(&bias, &[n])), relu: true, ..Epilogue::default() };
        self.row(name, 2.0 * (m * n * k) as f64, || {
            gemm_packed(self.isa, a, &packed, ViewMut::from_slice(&mut c, &[m, n]), &ep, &mut scratch)
        });
    }
}

impl Bench {
    fn convolutions(&self) {
        let valid = |batch, side: usize, in_c, out_c| shape(batch, side, in_c, out_c, 3, 1, 0);
        for batch in [4, 2] {
            self.convolution(&format!("conv1 {batch}x28x28x1->32"), &valid(batch, 28, 1, 32));
            self.convolution(&format!("conv2 {batch}x13x13x32->64"), &valid(batch, 13, 32, 64));
            self.convolution(&format!("conv3 {batch}x5x5x64->64"), &valid(batch, 5, 64, 64));
        }
        self.convolution("same 2x32x32x3->32", &shape(2, 32, 3, 32, 3, 1, 1));
        self.convolution("same 2x32x32x32->32", &shape(2, 32, 32, 32, 3, 1, 1));
        self.convolution("same 2x14x14x256->256", &shape(2, 14, 256, 256, 3, 1, 1));
        self.convolution("same 4x16x16x64->64", &shape(4, 16, 64, 64, 3, 1, 1));
        self.convolution("same 4x8x8x128->128", &shape(4, 8, 128, 128, 3, 1, 1));
        self.convolution("same 1x56x56x64->64", &shape(1, 56, 64, 64, 3, 1, 1));
        self.convolution("stride 2 1x56x56x64->64", &shape(1, 56, 64, 64, 3, 2, 1));
        self.convolution("1x1 1x28x28x256->64", &shape(1, 28, 256, 64, 1, 1, 0));
        self.convolution("stem 1x112x112x3->64 7x7 s2", &shape(1, 112, 3, 64, 7, 2, 3));
    }

    /// The layers of a MobileNet; products with padding count.
    fn depthwise_layers(&self) {
        for (side, channels, stride) in [(112, 32, 1), (56, 128, 1), (56, 128, 2), (14, 512, 1), (7, 1024, 1)] {
            let s = shape(1, side, channels, channels, 3, stride, 1);
            let (x_dims, y_dims) = ([1, side, side, channels], [1, s.out_h, s.out_w, channels]);
            let w_dims = [3, 3, 1, channels];
            let (x, dy) = (numbers(side * side * channels), numbers(s.out_h * s.out_w * channels));
            let (w, bias) = (numbers(9 * channels), numbers(channels));
            let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
            let mut scratch = numbers(depthwise_filter_grad_scratch(&s));
            let filter = View::from_slice(&w, &w_dims);
            let (x, dy) = (View::from_slice(&x, &x_dims), View::from_slice(&dy, &y_dims));
            let (isa, flop) = (self.isa, 18.0 * (s.out_h * s.out_w * channels) as f64);
            let ep = Epilogue { bias: Some(View::from_slice(&bias, &[channels])), relu: true, ..Epilogue::default() };
            let name = format!("depthwise {side}x{side}x{channels} s{stride}");
            self.row(&format!("{name} forward + bias + relu"), flop, || {
                depthwise(isa, &s, x, filter, 0..s.out_h, ViewMut::from_slice(&mut y, &y_dims), &ep)
            });
            self.row(&format!("{name} input_grad"), flop, || {
                let dx = ViewMut::from_slice(&mut dx, &x_dims);
                depthwise_input_grad(isa, &s, dy, filter, 0..side, dx, &Epilogue::default())
            });
            self.row(&format!("{name} filter_grad"), flop, || {
                let dw = ViewMut::from_slice(&mut dw, &w_dims);
                depthwise_filter_grad(isa, &s, x, dy, dw, true, &mut scratch)
            });
        }
    }

    fn convolution(&self, name: &str, s: &ConvShape) {
        let (isa, weights) = (self.isa, [s.kernel_h, s.kernel_w, s.in_c, s.out_c]);
        let (x_dims, y_dims) = ([s.batch, s.in_h, s.in_w, s.in_c], [s.batch, s.out_h, s.out_w, s.out_c]);
        let size = |dims: [usize; 4]| dims.iter().product::<usize>();
        let (x, w, dy, bias) = (numbers(size(x_dims)), numbers(size(weights)), numbers(size(y_dims)), numbers(s.out_c));
        let w_view = View::from_slice(&w, &weights);
        let (mut packed, mut transposed) = (numbers(packed_filter_len(s)), numbers(packed_filter_transposed_len(s)));
        pack_filter(isa, s, w_view, &mut packed);
        pack_filter_transposed(isa, s, w_view, &mut transposed);
        let needed = forward_scratch(s).max(input_grad_scratch(s)).max(filter_grad_scratch(s));
        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
        let mut scratch = numbers(needed);
        let (x_view, dy_view) = (View::from_slice(&x, &x_dims), View::from_slice(&dy, &y_dims));
        // Products with padding do not count.
        let flop = 2.0 * (s.batch * s.in_c * s.out_c) as f64 * reached(s);
        let ep = Epilogue { bias: Some(View::from_slice(&bias, &[s.out_c])), relu: true, ..Epilogue::default() };
        self.row(&format!("{name} forward + bias + relu"), flop, || {
            forward(
                isa,
                s,
                x_view,
                &packed,
                &OutputPart::rows(s, 0..s.out_h),
                ViewMut::from_slice(&mut y, &y_dims),
                &ep,
                &mut scratch,
            )
        });
        let ep = Epilogue { mask: Some(x_view), ..Epilogue::default() };
        self.row(&format!("{name} input_grad + mask"), flop, || {
            input_grad(
                isa,
                s,
                dy_view,
                &transposed,
                0..s.in_h,
                ViewMut::from_slice(&mut dx, &x_dims),
                &ep,
                &mut scratch,
            )
        });
        self.row(&format!("{name} filter_grad"), flop, || {
            let dw = ViewMut::from_slice(&mut dw, &weights);
            filter_grad(isa, s, x_view, dy_view, &FilterPart::whole(s), dw, true, &mut scratch)
        });
        if is_winograd(s) && s.in_c >= 8 {
            self.winograd(name, s, flop);
        }
    }

    /// FLOPs are those of the direct convolution: more than the peak is possible.
    fn winograd(&self, name: &str, s: &ConvShape, flop: f64) {
        let (isa, weights) = (self.isa, [s.kernel_h, s.kernel_w, s.in_c, s.out_c]);
        let (x_dims, y_dims) = ([s.batch, s.in_h, s.in_w, s.in_c], [s.batch, s.out_h, s.out_w, s.out_c]);
        let size = |dims: [usize; 4]| dims.iter().product::<usize>();
        let (x, w, dy, bias) = (numbers(size(x_dims)), numbers(size(weights)), numbers(size(y_dims)), numbers(s.out_c));
        let w_view = View::from_slice(&w, &weights);
        let (mut packed, mut turned) = (numbers(winograd_filter_len(s)), numbers(winograd_filter_transposed_len(s)));
        pack_winograd_filter(isa, s, w_view, &mut packed);
        pack_winograd_filter_transposed(isa, s, w_view, &mut turned);
        let whole = FilterPart::whole(s);
        let needed =
            winograd_scratch(s).max(winograd_input_grad_scratch(s)).max(winograd_filter_grad_scratch(s, &whole));
        let (mut y, mut dx, mut dw, mut scratch) = (dy.clone(), x.clone(), w.clone(), numbers(needed));
        let (x_view, dy_view) = (View::from_slice(&x, &x_dims), View::from_slice(&dy, &y_dims));
        let ep = Epilogue { bias: Some(View::from_slice(&bias, &[s.out_c])), relu: true, ..Epilogue::default() };
        self.row(&format!("{name} winograd + bias + relu"), flop, || {
            winograd(
                isa,
                s,
                x_view,
                &packed,
                &OutputPart::rows(s, 0..s.out_h),
                ViewMut::from_slice(&mut y, &y_dims),
                &ep,
                &mut scratch,
            )
        });
        let ep = Epilogue { mask: Some(x_view), ..Epilogue::default() };
        self.row(&format!("{name} winograd input_grad + mask"), flop, || {
            let dx = ViewMut::from_slice(&mut dx, &x_dims);
            winograd_input_grad(isa, s, dy_view, &turned, 0..s.in_h, dx, &ep, &mut scratch)
        });
        self.row(&format!("{name} winograd filter_grad"), flop, || {
            let dw = ViewMut::from_slice(&mut dw, &weights);
            winograd_filter_grad(isa, s, x_view, dy_view, &whole, dw, true, &mut scratch)
        });
        self.row(&format!("{name} winograd filter packing (elements)"), w.len() as f64, || {
            pack_winograd_filter(isa, s, w_view, &mut packed)
        });
    }

    /// Packing and pooling move memory: the column of GFLOP/s counts elements of the larger operand instead.
    fn packing(&self) {
        let s = shape(1, 5, 64, 64, 3, 1, 0);
        let w = numbers(3 * 3 * 64 * 64);
        let view = View::from_slice(&w, &[3, 3, 64, 64]);
        let mut packed = numbers(packed_filter_len(&s).max(packed_filter_transposed_len(&s)));
        self.row("pack_filter 3x3x64x64 (elements)", w.len() as f64, || pack_filter(self.isa, &s, view, &mut packed));
        self.row("pack_filter_transposed 3x3x64x64 (elements)", w.len() as f64, || {
            pack_filter_transposed(self.isa, &s, view, &mut packed)
        });
    }

    fn pools(&self) {
        for (side, channels) in [(26, 32), (11, 64)] {
            let out = side / 2;
            let s = PoolShape {
                batch: 2,
                in_h: side,
                in_w: side,
                channels,
                out_h: out,
                out_w: out,
                window_h: 2,
                window_w: 2,
                stride_h: 2,
                stride_w: 2,
                pad_top: 0,
                pad_left: 0,
                dilation_h: 1,
                dilation_w: 1,
            };
            let (x_dims, y_dims) = ([2, side, side, channels], [2, out, out, channels]);
            let (x, dy) = (numbers(x_dims.iter().product()), numbers(y_dims.iter().product()));
            let (mut y, mut dx, mut indices) = (dy.clone(), x.clone(), vec![0u8; dy.len()]);
            let (x_view, dy_view) = (View::from_slice(&x, &x_dims), View::from_slice(&dy, &y_dims));
            self.row(&format!("max_pool 2x{side}x{side}x{channels} (elements)"), x.len() as f64, || {
                let indices = ViewMut::from_slice(&mut indices, &y_dims);
                max_pool(self.isa, &s, x_view, ViewMut::from_slice(&mut y, &y_dims), Some(indices))
            });
            self.row(&format!("max_pool_grad 2x{side}x{side}x{channels} (elements)"), x.len() as f64, || {
                let indices = View::from_slice(&indices, &y_dims);
                max_pool_grad(self.isa, &s, indices, dy_view, ViewMut::from_slice(&mut dx, &x_dims))
            });
        }
    }
}

/// A square convolution.
fn shape(batch: usize, side: usize, in_c: usize, out_c: usize, kernel: usize, stride: usize, pad: usize) -> ConvShape {
    let out = (side + 2 * pad - kernel) / stride + 1;
    ConvShape {
        batch,
        in_h: side,
        in_w: side,
        in_c,
        out_h: out,
        out_w: out,
        out_c,
        kernel_h: kernel,
        kernel_w: kernel,
        stride_h: stride,
        stride_w: stride,
        dilation_h: 1,
        dilation_w: 1,
        pad_top: pad,
        pad_left: pad,
    }
}

/// Pairs of an output pixel and a tap whose input exists, of one image.
fn reached(s: &ConvShape) -> f64 {
    let pairs = |outputs: usize, taps: usize, stride: usize, pad: usize, inputs: usize| {
        (0..outputs)
            .map(|o| (0..taps).filter(|tap| (o * stride + tap).wrapping_sub(pad) < inputs).count())
            .sum::<usize>()
    };
    (pairs(s.out_h, s.kernel_h, s.stride_h, s.pad_top, s.in_h)
        * pairs(s.out_w, s.kernel_w, s.stride_w, s.pad_left, s.in_w)) as f64
}

/// f32 memory that starts a cache line, as the arena's does.
#[derive(Clone)]
struct Aligned {
    lines: Vec<Line>,
    len: usize,
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

impl std::ops::Deref for Aligned {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        // SAFETY: a line is 16 f32 without padding, and the vector holds at least `len` of them.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl std::ops::DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: a line is 16 f32 without padding, and the vector holds at least `len` of them.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

/// Small numbers, the same in every run.
fn numbers(len: usize) -> Aligned {
    let mut numbers = Aligned { lines: vec![Line([0.0; 16]); len.div_ceil(16)], len };
    let mut state = 1u32;
    for number in numbers.iter_mut() {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        *number = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
    }
    numbers
}

/// GFLOP/s of independent fused multiply-adds in registers.
fn fma_peak(isa: Isa) -> f64 {
    let start = Instant::now();
    let flops = peak::multiply_adds(isa, 20_000);
    flops as f64 / start.elapsed().as_secs_f64() / 1e9
}
