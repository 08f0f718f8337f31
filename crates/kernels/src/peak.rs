//! What one core can do at most, for benchmarks: multiply-adds in registers, and bytes through memory.

use std::hint::black_box;

use crate::Isa;

/// Chains of multiply-adds that are independent: more than latency times throughput of any core here.
const CHAINS: usize = 12;

/// Runs twelve chains of fused multiply-adds `rounds` times, all in registers; returns how many FLOPs that were.
pub fn multiply_adds(isa: Isa, rounds: usize) -> u64 {
    let lanes = match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: an `Isa` of the machine is chosen by detection.
        Isa::Avx512 => unsafe { chains_avx512(rounds) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { chains_avx2(rounds) },
        _ => {
            let mut sums = [[1.0f32; 4]; CHAINS];
            let factor = black_box(0.999f32);
            for _ in 0..rounds {
                for sum in &mut sums {
                    *sum = sum.map(|lane| lane * factor + factor);
                }
            }
            black_box(sums);
            4
        }
    };
    (rounds * CHAINS * lanes * 2) as u64
}

/// The chains; returns the lanes of a vector.
///
/// # Safety
/// The machine has AVX-512 F.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn chains_avx512(rounds: usize) -> usize {
    use core::arch::x86_64::*;
    let factor = black_box(_mm512_set1_ps(0.999));
    let mut sums = [_mm512_set1_ps(1.0); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, factor);
        }
    }
    black_box(sums);
    16
}

/// The chains; returns the lanes of a vector.
///
/// # Safety
/// The machine has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn chains_avx2(rounds: usize) -> usize {
    use core::arch::x86_64::*;
    let factor = black_box(_mm256_set1_ps(0.999));
    let mut sums = [_mm256_set1_ps(1.0); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, factor, factor);
        }
    }
    black_box(sums);
    8
}

/// Reads all of `reads` and writes all of `writes`, arrays of one length: every written number is a sum of those read. Moves
/// `(reads + writes) * 4 * length` bytes.
///
/// # Panics
/// When lengths differ.
pub fn stream(isa: Isa, reads: &[&[f32]], writes: &mut [&mut [f32]]) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: an `Isa` of the machine is chosen by detection.
        Isa::Avx512 => unsafe { stream_avx512(reads, writes) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { stream_avx2(reads, writes) },
        _ => stream_of(reads, writes),
    }
}

/// # Safety
/// The machine has AVX-512 F.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn stream_avx512(reads: &[&[f32]], writes: &mut [&mut [f32]]) {
    stream_of(reads, writes);
}

/// # Safety
/// The machine has AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn stream_avx2(reads: &[&[f32]], writes: &mut [&mut [f32]]) {
    stream_of(reads, writes);
}

/// Numbers summed at a time: they stay in registers or L1 between the reads and the writes.
const BLOCK: usize = 128;

#[inline(always)]
fn stream_of(reads: &[&[f32]], writes: &mut [&mut [f32]]) {
    let len = reads.first().map(|r| r.len()).or(writes.first().map(|w| w.len())).unwrap_or(0);
    assert!(reads.iter().all(|r| r.len() == len) && writes.iter().all(|w| w.len() == len), "arrays of one length");
    let whole = len / BLOCK * BLOCK;
    let mut total = [0.0f32; BLOCK];
    for at in (0..whole).step_by(BLOCK) {
        let mut sum = [1.0f32; BLOCK];
        for read in reads {
            let block: &[f32; BLOCK] = read[at..at + BLOCK].try_into().expect("a whole block");
            for (sum, x) in sum.iter_mut().zip(block) {
                *sum += x;
            }
        }
        for write in writes.iter_mut() {
            write[at..at + BLOCK].copy_from_slice(&sum);
        }
        // Reads alone must not be left out by the compiler.
        if writes.is_empty() {
            for (total, sum) in total.iter_mut().zip(&sum) {
                *total += sum;
            }
        }
    }
    black_box(total);
}
