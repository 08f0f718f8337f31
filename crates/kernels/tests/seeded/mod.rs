//! Seeded random numbers and operands for the tests of this crate.
#![allow(dead_code, reason = "every test file uses a part")]

use hornbeam_kernels::{Elem, Layout, View};

/// SplitMix64.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `0..end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// In `-scale..scale`.
    pub fn float(&mut self, scale: f32) -> f32 {
        ((self.next() >> 40) as f32 / (1u32 << 23) as f32 - 1.0) * scale
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn floats(&mut self, count: usize, scale: f32) -> Vec<f32> {
        (0..count).map(|_| self.float(scale)).collect()
    }
}

/// Memory of one element type, and a strided operand in it.
pub struct Operand {
    pub elem: Elem,
    bytes: Vec<u64>,
    start: usize,
    pub layout: Layout,
}

impl Operand {
    /// An operand of `dims` with random strides: permuted, padded, reversed or broadcast.
    pub fn random(rng: &mut Seeded, dims: &[usize], elem: Elem) -> Operand {
        let rank = dims.len();
        let mut strides = vec![0isize; rank];
        let mut order: Vec<usize> = (0..rank).rev().collect();
        let style = rng.below(5);
        if style >= 3 {
            for i in (1..rank).rev() {
                order.swap(i, rng.below(i + 1));
            }
        }
        let mut step = 1isize;
        for &axis in &order {
            if style >= 1 && rng.below(3) == 0 {
                continue;
            }
            strides[axis] = step;
            step *= dims[axis] as isize;
            if style == 4 {
                step += rng.below(3) as isize;
            }
        }
        if style >= 2 && rank > 0 && rng.below(3) == 0 {
            let axis = rng.below(rank);
            strides[axis] = -strides[axis];
        }
        Operand::strided(rng, dims, &strides, elem)
    }

    pub fn strided(rng: &mut Seeded, dims: &[usize], strides: &[isize], elem: Elem) -> Operand {
        let layout = Layout::strided(dims, strides);
        let (low, high) = layout.reach().unwrap_or((0, 0));
        let count = (high - low + 1) as usize;
        let mut operand =
            Operand { elem, bytes: vec![0; (count * elem.size()).div_ceil(8)], start: (-low) as usize, layout };
        for i in 0..count {
            let value = rng.float(100.0).round();
            operand.write(i, value);
        }
        operand
    }

    fn write(&mut self, i: usize, value: f32) {
        let bytes: Vec<u8> = match self.elem {
            Elem::F32 => value.to_ne_bytes().into(),
            // Whole numbers up to 100 have few enough bits to be exact in both narrow floats.
            Elem::Bf16 => ((value.to_bits() >> 16) as u16).to_ne_bytes().into(),
            Elem::F16 => half_bits(value).to_ne_bytes().into(),
            Elem::I32 => (value as i32).to_ne_bytes().into(),
            Elem::I8 => (value as i8).to_ne_bytes().into(),
            Elem::U8 => (value.abs() as u8).to_ne_bytes().into(),
            Elem::Bool => vec![u8::from(value > 0.0)],
        };
        let size = self.elem.size();
        // SAFETY: the buffer holds every element up to `i` (made from their count above).
        let all = unsafe { std::slice::from_raw_parts_mut(self.bytes.as_mut_ptr().cast::<u8>(), self.bytes.len() * 8) };
        all[i * size..(i + 1) * size].copy_from_slice(&bytes);
    }

    pub fn view(&self) -> View<'_> {
        let ptr = self.bytes.as_ptr().cast::<u8>().wrapping_add(self.start * self.elem.size());
        // SAFETY: the buffer was made to hold all that the layout reaches from `start`.
        unsafe { View::from_raw(ptr, self.elem, self.layout) }
    }

    /// The value at flat row-major index `flat`, by plain index arithmetic.
    pub fn at(&self, flat: usize) -> f64 {
        let (mut rest, mut offset) = (flat, self.start as isize);
        for (&dim, &stride) in self.layout.dims().iter().zip(self.layout.strides()).rev() {
            offset += (rest % dim) as isize * stride;
            rest /= dim;
        }
        let size = self.elem.size();
        // SAFETY: as in `view`.
        let all = unsafe { std::slice::from_raw_parts(self.bytes.as_ptr().cast::<u8>(), self.bytes.len() * 8) };
        let raw = &all[offset as usize * size..(offset as usize + 1) * size];
        match self.elem {
            Elem::F32 => f64::from(f32::from_ne_bytes(raw.try_into().unwrap())),
            Elem::Bf16 => f64::from(f32::from_bits(u32::from(u16::from_ne_bytes(raw.try_into().unwrap())) << 16)),
            Elem::F16 => half_value(u16::from_ne_bytes(raw.try_into().unwrap())),
            Elem::I32 => f64::from(i32::from_ne_bytes(raw.try_into().unwrap())),
            Elem::I8 => f64::from(raw[0] as i8),
            Elem::U8 | Elem::Bool => f64::from(raw[0]),
        }
    }
}

/// Whole numbers below 2048 as IEEE binary16.
fn half_bits(value: f32) -> u16 {
    let magnitude = value.abs();
    let bits = if magnitude == 0.0 { 0 } else { (magnitude.to_bits() >> 13) - ((127 - 15) << 10) };
    bits as u16 | if value < 0.0 { 0x8000 } else { 0 }
}

fn half_value(bits: u16) -> f64 {
    let exponent = i32::from(bits >> 10 & 31);
    let mantissa = f64::from(bits & 0x3ff) / 1024.0;
    let magnitude =
        if exponent == 0 { mantissa * 2.0f64.powi(-14) } else { (1.0 + mantissa) * 2.0f64.powi(exponent - 15) };
    if bits & 0x8000 != 0 { -magnitude } else { magnitude }
}

/// Random dims: rank up to 5, a few of them empty, up to about 3000 elements.
pub fn random_dims(rng: &mut Seeded) -> Vec<usize> {
    let rank = rng.below(6);
    let mut dims = Vec::new();
    let mut count = 1;
    for _ in 0..rank {
        let sizes = [1, 2, 3, 4, 5, 7, 10, 16, 33, 64, 100, 600];
        let dim = if rng.below(60) == 0 { 0 } else { rng.pick(&sizes) };
        if count * dim.max(1) <= 3000 {
            dims.push(dim);
            count *= dim.max(1);
        }
    }
    dims
}
