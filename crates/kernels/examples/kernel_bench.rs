//! Speed of the contraction kernels on one core, as a share of the FMA peak measured around every row.
//!
//! `cargo run --release --example kernel_bench [isa] [filter]`: the best of many short rounds, hot caches.

use hornbeam_kernels::gemm::{Epilogue, gemm, gemm_packed, gemm_scratch, pack_b, packed_len};
use hornbeam_kernels::{Isa, Layout, View, ViewMut, isa};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let level = arguments.first().and_then(|name| Isa::from_name(name)).unwrap_or_else(isa::detect);
    let filter = arguments.get(1).cloned().unwrap_or_default();
    println!("{} kernels, one core", level.name());
    let bench = Bench { isa: level, filter };
    bench.products();
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
        let (mut c, mut scratch) = (vec![0.0; m * n], vec![0.0; gemm_scratch(m, n, k)]);
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
        let (mut c, mut scratch) = (vec![0.0; m * n], vec![0.0; gemm_scratch(m, n, k)]);
        let mut packed = vec![0.0; packed_len(k, n)];
        pack_b(self.isa, View::from_slice(&b, &[k, n]), &mut packed);
        let a = View::from_slice(&a, &[m, k]);
        let ep = Epilogue { bias: Some(View::from_slice(&bias, &[n])), relu: true, ..Epilogue::default() };
        self.row(name, 2.0 * (m * n * k) as f64, || {
            gemm_packed(self.isa, a, &packed, ViewMut::from_slice(&mut c, &[m, n]), &ep, &mut scratch)
        });
    }
}

/// Small numbers, the same in every run.
fn numbers(len: usize) -> Vec<f32> {
    let mut state = 1u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

/// GFLOP/s of independent fused multiply-adds in registers.
fn fma_peak(isa: Isa) -> f64 {
    const ROUNDS: usize = 20_000;
    let start = Instant::now();
    let lanes = match isa {
        // SAFETY: an available level was asked for.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { peak_avx512(ROUNDS) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { peak_avx2(ROUNDS) },
        _ => {
            let mut sums = [1.0f32; 32];
            for _ in 0..ROUNDS {
                for sum in &mut sums {
                    *sum = *sum * 0.999 + 0.001;
                }
            }
            black_box(sums);
            return (ROUNDS * 64) as f64 / start.elapsed().as_secs_f64() / 1e9;
        }
    };
    (ROUNDS * 12 * lanes * 2) as f64 / start.elapsed().as_secs_f64() / 1e9
}

/// Twelve chains of FMAs; returns the lanes of a vector.
///
/// # Safety
/// The machine has AVX-512 F.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn peak_avx512(rounds: usize) -> usize {
    use core::arch::x86_64::*;
    let factor = black_box(_mm512_set1_ps(0.999));
    let mut sums = [_mm512_set1_ps(1.0); 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, factor);
        }
    }
    black_box(sums);
    16
}

/// Twelve chains of FMAs; returns the lanes of a vector.
///
/// # Safety
/// The machine has FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn peak_avx2(rounds: usize) -> usize {
    use core::arch::x86_64::*;
    let factor = black_box(_mm256_set1_ps(0.999));
    let mut sums = [_mm256_set1_ps(1.0); 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, factor, factor);
        }
    }
    black_box(sums);
    8
}
