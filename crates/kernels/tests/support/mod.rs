//! What the contraction tests share: seeded data, images with gaps between them, comparison with f64.
#![allow(dead_code, reason = "every test file uses a part")]

use hornbeam_kernels::{Elem, Layout, View, ViewMut};

/// A small linear congruential generator.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as u32
    }

    /// A whole number of `low..=high`.
    pub fn range(&mut self, low: usize, high: usize) -> usize {
        low + self.bits() as usize % (high - low + 1)
    }

    pub fn coin(&mut self) -> bool {
        self.bits() & 16 != 0
    }

    /// `integers`: whole numbers of -3 to 3, whose sums are exact in any order; else reals of (-1, 1).
    pub fn values(&mut self, len: usize, integers: bool) -> Vec<f32> {
        (0..len)
            .map(
                |_| {
                    if integers {
                        self.range(0, 6) as f32 - 3.0
                    } else {
                        self.bits() as f32 / (1u32 << 30) as f32 - 1.0
                    }
                },
            )
            .collect()
    }
}

/// What lies between the elements of a view, and must still lie there afterwards.
pub const GAP: f32 = 12345.0;

/// An f32 tensor whose leading axis may have a larger step than its elements need.
pub struct Tensor {
    pub dims: Vec<usize>,
    pub memory: Vec<f32>,
    step: usize,
    inner: usize,
}

impl Tensor {
    pub fn new(dims: &[usize], values: &[f32], gap: usize) -> Tensor {
        let inner: usize = dims[1..].iter().product();
        let step = inner + gap;
        let mut memory = vec![GAP; dims[0] * step];
        for (i, line) in values.chunks(inner.max(1)).enumerate() {
            memory[i * step..i * step + inner].copy_from_slice(line);
        }
        Tensor { dims: dims.to_vec(), memory, step, inner }
    }

    fn layout(&self) -> Layout {
        let mut strides = Layout::contiguous(&self.dims).strides().to_vec();
        strides[0] = self.step as isize;
        Layout::strided(&self.dims, &strides)
    }

    pub fn view(&self) -> View<'_> {
        // SAFETY: `new` made room for dims[0] steps.
        unsafe { View::from_raw(self.memory.as_ptr().cast(), Elem::F32, self.layout()) }
    }

    pub fn view_mut(&mut self) -> ViewMut<'_> {
        let layout = self.layout();
        // SAFETY: as above, borrowed mutably.
        unsafe { ViewMut::from_raw(self.memory.as_mut_ptr().cast(), Elem::F32, layout) }
    }

    /// The elements, after a check that the gaps are untouched.
    pub fn values(&self) -> Vec<f32> {
        let mut values = Vec::new();
        for line in self.memory.chunks(self.step.max(1)) {
            values.extend_from_slice(&line[..self.inner]);
            assert!(line[self.inner..].iter().all(|&x| x == GAP), "a gap between images was written");
        }
        values
    }
}

/// A 64-byte-aligned slice of `len` elements, full of NaN, inside `memory`.
pub fn scratch(memory: &mut Vec<f32>, len: usize) -> &mut [f32] {
    memory.clear();
    memory.resize(len + 16, f32::NAN);
    let skip = memory.as_ptr().align_offset(64);
    &mut memory[skip..skip + len]
}

/// Compares with the f64 result: exactly when `exact`, else within `depth` roundings of sums of numbers below 1.
pub fn compare(got: &[f32], expected: &[f64], depth: usize, exact: bool, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let tolerance = if exact { 0.0 } else { 2e-7 * (depth as f64 + 4.0) };
    for (i, (&g, &e)) in got.iter().zip(expected).enumerate() {
        assert!((f64::from(g) - e).abs() <= tolerance, "{what}: element {i} is {g}, expected {e}");
    }
}

/// The values of an epilogue's operands over the elements of an output, and what they make of a sum.
pub struct Finish {
    pub accumulate: bool,
    pub bias: Option<Vec<f32>>,
    pub residual: Option<Tensor>,
    pub relu: bool,
    pub mask: Option<Tensor>,
}

impl Finish {
    pub fn random(random: &mut Random, dims: &[usize], integers: bool) -> Finish {
        let len: usize = dims.iter().product();
        let operand = |random: &mut Random| {
            random.coin().then(|| Tensor::new(dims, &random.values(len, integers), random.range(0, 2)))
        };
        let (residual, mask) = (operand(random), operand(random));
        Finish {
            accumulate: random.coin(),
            bias: random.coin().then(|| random.values(dims[dims.len() - 1], integers)),
            residual,
            relu: random.coin(),
            mask,
        }
    }

    pub fn epilogue(&self) -> hornbeam_kernels::gemm::Epilogue<'_> {
        hornbeam_kernels::gemm::Epilogue {
            accumulate: self.accumulate,
            bias: self.bias.as_ref().map(|bias| View::from_slice(bias, &[bias.len()])),
            residual: self.residual.as_ref().map(Tensor::view),
            relu: self.relu,
            mask: self.mask.as_ref().map(Tensor::view),
        }
    }

    /// The finished outputs for the sums `sums` over the existing output `before`.
    pub fn apply(&self, sums: &[f64], before: &[f32], columns: usize) -> Vec<f64> {
        let residual = self.residual.as_ref().map(Tensor::values);
        let mask = self.mask.as_ref().map(Tensor::values);
        sums.iter()
            .enumerate()
            .map(|(i, &sum)| {
                let mut v = sum;
                if self.accumulate {
                    v += f64::from(before[i]);
                }
                v += self.bias.as_ref().map_or(0.0, |bias| f64::from(bias[i % columns]));
                v += residual.as_ref().map_or(0.0, |residual| f64::from(residual[i]));
                if self.relu {
                    v = v.max(0.0);
                }
                if mask.as_ref().is_some_and(|mask| mask[i] <= 0.0) { 0.0 } else { v }
            })
            .collect()
    }
}
