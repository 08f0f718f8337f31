//! Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011).
//!
//! Element `i` of a stream is word `i mod 4` of the block with counter `(i / 4, stream)`: it depends on key, stream and `i`
//! only, so any part of a tensor can be drawn alone, by any thread, with the same result.

use crate::simd::{Kernel, MAX_LANES, Simd, dispatch};
use crate::vecmath::{log, sin_cos_turns};
use crate::{Isa, Scalar, ViewMut};
use std::marker::PhantomData;

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;
/// Draws of a truncated normal before it is cut: one in 22 misses, so 24 in a row do not happen (1e-32).
const ATTEMPTS: u32 = 24;

/// Words that a shuffle draws at a time.
const WORDS: usize = 512;

/// One block of Philox4x32-10.
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let (mut c, mut k) = (counter, key);
    for _ in 0..ROUNDS {
        let first = u64::from(MULTIPLIERS[0]) * u64::from(c[0]);
        let second = u64::from(MULTIPLIERS[1]) * u64::from(c[2]);
        c = [(second >> 32) as u32 ^ c[1] ^ k[0], second as u32, (first >> 32) as u32 ^ c[3] ^ k[1], first as u32];
        k = [k[0].wrapping_add(WEYL[0]), k[1].wrapping_add(WEYL[1])];
    }
    c
}

/// 32 random bits an element, as i32. `start`: the stream's index of the first element of `out`, which is contiguous.
pub fn fill_bits(isa: Isa, key: [u32; 2], stream: [u32; 2], start: u64, out: ViewMut) {
    draw::<Bits, i32>(isa, key, stream, start, out);
}

/// Uniform in [0, 1): multiples of 2^-24, f32.
pub fn uniform(isa: Isa, key: [u32; 2], stream: [u32; 2], start: u64, out: ViewMut) {
    draw::<Uniform, f32>(isa, key, stream, start, out);
}

/// Normal with mean 0 and variance 1, f32, by Box and Muller's method on two words of the element's own block.
pub fn normal(isa: Isa, key: [u32; 2], stream: [u32; 2], start: u64, out: ViewMut) {
    draw::<Normal, f32>(isa, key, stream, start, out);
}

/// Normal, drawn again while it is more than 2 away from 0, f32.
pub fn truncated_normal(isa: Isa, key: [u32; 2], stream: [u32; 2], start: u64, out: ViewMut) {
    draw::<TruncatedNormal, f32>(isa, key, stream, start, out);
}

/// A random order of `0..out.len()`, by Fisher and Yates' shuffle; every order is equally likely.
///
/// Panics when there are more elements than i32 counts.
pub fn permutation(isa: Isa, key: [u32; 2], epoch: u64, out: &mut [i32]) {
    assert!(i32::try_from(out.len()).is_ok(), "a permutation has at most 2^31 - 1 elements");
    for (i, value) in out.iter_mut().enumerate() {
        *value = i as i32;
    }
    let (mut words, mut drawn, mut at) = ([0i32; WORDS], 0u64, WORDS);
    let mut next = || {
        if at == WORDS {
            fill_bits(isa, key, [epoch as u32, (epoch >> 32) as u32], drawn, ViewMut::from_slice(&mut words, &[WORDS]));
            (drawn, at) = (drawn + WORDS as u64, 0);
        }
        at += 1;
        words[at - 1].cast_unsigned()
    };
    for i in (1..out.len()).rev() {
        // The high word of word * bound is uniform below the bound, once the low words that would make some results
        // likelier are drawn again (Lemire: "Fast random integer generation in an interval").
        let bound = i as u32 + 1;
        let mut product = u64::from(next()) * u64::from(bound);
        if (product as u32) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u32) < threshold {
                product = u64::from(next()) * u64::from(bound);
            }
        }
        out.swap(i, (product >> 32) as usize);
    }
}

/// Makes the four numbers of a block from its words, for a vector of blocks.
trait Draw {
    fn draw<S: Simd>(s: S, blocks: &Blocks<S>) -> [S::I; 4];
}

/// A vector of blocks: one a lane.
struct Blocks<S: Simd> {
    s: S,
    key: [u32; 2],
    /// Counter words 0 and 1: the index of the block.
    low: S::I,
    high: S::I,
    stream: [u32; 2],
}

impl<S: Simd> Blocks<S> {
    /// The words of every block. `attempt` moves to other blocks: indices stay below 2^56, so its bits are free.
    #[inline(always)]
    fn words(&self, attempt: u32) -> [S::I; 4] {
        let s = self.s;
        let splat = |word: u32| s.splat_i(word as i32);
        let high = s.xor(self.high, splat(attempt << 24));
        let mut c = [self.low, high, splat(self.stream[0]), splat(self.stream[1])];
        let mut key = self.key;
        for _ in 0..ROUNDS {
            let (first_high, first_low) = s.mul_wide(splat(MULTIPLIERS[0]), c[0]);
            let (second_high, second_low) = s.mul_wide(splat(MULTIPLIERS[1]), c[2]);
            c = [
                s.xor(s.xor(second_high, c[1]), splat(key[0])),
                second_low,
                s.xor(s.xor(first_high, c[3]), splat(key[1])),
                first_low,
            ];
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        c
    }
}

/// The upper 24 bits as a number of 2^-24.
#[inline(always)]
fn fraction<S: Simd>(s: S, word: S::I) -> S::F {
    s.mul(s.to_float(s.shr_logical(word, 8)), s.splat(1.0 / 16_777_216.0))
}

/// Two normal numbers from two words.
#[inline(always)]
fn box_muller<S: Simd>(s: S, a: S::I, b: S::I) -> [S::F; 2] {
    // In (0, 1]: the logarithm is finite.
    let u = s.sub(s.splat(1.0), fraction(s, a));
    let radius = s.sqrt(s.mul(log(s, u), s.splat(-2.0)));
    let (sin, cos) = sin_cos_turns(s, fraction(s, b));
    [s.mul(radius, cos), s.mul(radius, sin)]
}

struct Bits;
impl Draw for Bits {
    #[inline(always)]
    fn draw<S: Simd>(_: S, blocks: &Blocks<S>) -> [S::I; 4] {
        blocks.words(0)
    }
}

struct Uniform;
impl Draw for Uniform {
    #[inline(always)]
    fn draw<S: Simd>(s: S, blocks: &Blocks<S>) -> [S::I; 4] {
        blocks.words(0).map(|word| s.bits(fraction(s, word)))
    }
}

struct Normal;
impl Normal {
    #[inline(always)]
    fn four<S: Simd>(s: S, blocks: &Blocks<S>, attempt: u32) -> [S::F; 4] {
        let [a, b, c, d] = blocks.words(attempt);
        let ([first, second], [third, fourth]) = (box_muller(s, a, b), box_muller(s, c, d));
        [first, second, third, fourth]
    }
}
impl Draw for Normal {
    #[inline(always)]
    fn draw<S: Simd>(s: S, blocks: &Blocks<S>) -> [S::I; 4] {
        Normal::four(s, blocks, 0).map(|value| s.bits(value))
    }
}

struct TruncatedNormal;
impl Draw for TruncatedNormal {
    #[inline(always)]
    fn draw<S: Simd>(s: S, blocks: &Blocks<S>) -> [S::I; 4] {
        let bound = s.splat(2.0);
        let mut values = Normal::four(s, blocks, 0);
        for attempt in 1..ATTEMPTS {
            let beyond = values.map(|value| s.lt(bound, s.abs(value)));
            if !s.any(s.or_m(s.or_m(beyond[0], beyond[1]), s.or_m(beyond[2], beyond[3]))) {
                break;
            }
            let fresh = Normal::four(s, blocks, attempt);
            for (k, value) in values.iter_mut().enumerate() {
                *value = s.select(beyond[k], fresh[k], *value);
            }
        }
        values.map(|value| s.bits(s.max(s.splat(-2.0), s.min(bound, value))))
    }
}

struct Fill<D> {
    draw: PhantomData<D>,
    key: [u32; 2],
    stream: [u32; 2],
    start: u64,
    out: *mut i32,
    n: usize,
}

fn draw<D: Draw, T: Scalar>(isa: Isa, key: [u32; 2], stream: [u32; 2], start: u64, mut out: ViewMut) {
    assert!(out.layout().is_contiguous(), "random numbers are drawn into contiguous memory");
    let (pointer, n) = (out.as_mut_ptr::<T>().cast(), out.len());
    assert!(start.checked_add(n as u64).is_some_and(|end| end <= 1 << 58), "a stream has 2^58 elements");
    dispatch(isa, Fill::<D> { draw: PhantomData, key, stream, start, out: pointer, n });
}

impl<D: Draw> Kernel for Fill<D> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // Lane 4 l + k takes block k LANES / 4 + l, which is what `transpose4` needs to give the numbers in order.
        let quarter = S::LANES / 4;
        let offsets: [i32; MAX_LANES] = std::array::from_fn(|lane| ((lane % 4) * quarter + lane / 4) as i32);
        let offsets = s.of_array_i(&offsets);
        let per_round = 4 * S::LANES;
        let mut buffer = [0i32; 4 * MAX_LANES];
        let (mut block, mut skip, mut done) = (self.start / 4, (self.start % 4) as usize, 0);
        while done < self.n {
            // The low words of a vector of blocks may wrap around: then the high word of those lanes is one more.
            let low = s.add_i(s.splat_i(block as u32 as i32), offsets);
            let flip = s.splat_i(i32::MIN);
            let wrapped = s.lt_i(s.xor(low, flip), s.xor(s.splat_i(block as u32 as i32), flip));
            let high = s.add_i(s.splat_i((block >> 32) as i32), s.to_int(wrapped));
            let blocks = Blocks { s, key: self.key, low, high, stream: self.stream };
            let vectors = s.transpose4(D::draw(s, &blocks));
            let n = (per_round - skip).min(self.n - done);
            let whole = n == per_round;
            // SAFETY: `n` elements are left in the output, a whole round's when it is written directly; the buffer holds
            // a whole round.
            unsafe {
                let to = if whole { self.out.add(done) } else { buffer.as_mut_ptr() };
                for (k, &lanes) in vectors.iter().enumerate() {
                    s.store_i(to.add(k * S::LANES), lanes);
                }
                if !whole {
                    std::ptr::copy_nonoverlapping(buffer.as_ptr().add(skip), self.out.add(done), n);
                }
            }
            done += n;
            skip = 0;
            block += S::LANES as u64;
        }
    }
}
