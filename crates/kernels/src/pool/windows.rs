//! The loops over windows, generic over the vectors; windows of 2 x 2 and 3 x 3 cells are unrolled.

use super::PoolShape;
use crate::Isa;
use crate::gemm::lanes::{Lanes, Portable};
use std::ops::Range;
use std::ptr;

/// A pooling loop, by its operands: `x` has the dims of the images, `y` those of the output, whichever of them is written.
/// Steps go from image to image.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub shape: &'a PoolShape,
    pub x: *mut f32,
    pub x_step: isize,
    pub y: *mut f32,
    pub y_step: isize,
    /// Positions within the windows, dims of `y`; null when not wanted.
    pub indices: *mut u8,
    pub indices_step: isize,
    /// How many of the shape's channels are worked on; the operands point to the first of them.
    pub channels: usize,
}

impl<'a> Job<'a> {
    /// A job without indices.
    pub fn new(shape: &'a PoolShape, (x, x_step): (*mut f32, isize), (y, y_step): (*mut f32, isize)) -> Job<'a> {
        Job { shape, x, x_step, y, y_step, indices: ptr::null_mut(), indices_step: 0, channels: shape.channels }
    }
}

/// What a pooling loop does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// y = max of x (and the indices).
    Max,
    /// x gets y where the index points.
    MaxGrad,
    /// y = x where the index points.
    MaxGather,
    /// y = mean of x.
    Average,
    /// x gets y / cells in every cell.
    AverageGrad,
}

/// Runs a loop.
///
/// # Safety
/// The machine has `isa`; the operands of `job` that `kind` reads are valid, and those it writes are writable and overlap
/// nothing.
pub(super) unsafe fn run(isa: Isa, kind: Kind, job: &Job) {
    // SAFETY: this function's contract.
    unsafe {
        match isa {
            Isa::Portable => pool::<Portable>(kind, job),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => pool::<crate::gemm::lanes_neon::Neon>(kind, job),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => pool_avx2(kind, job),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => pool_avx512(kind, job),
            #[allow(unreachable_patterns, reason = "which levels are left depends on the architecture")]
            other => panic!("the {} kernels are not part of this build", other.name()),
        }
    }
}

/// # Safety
/// As [`run`], on AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn pool_avx2(kind: Kind, job: &Job) {
    // SAFETY: the caller's contract.
    unsafe { pool::<crate::gemm::lanes_x86::Avx2>(kind, job) }
}

/// # Safety
/// As [`run`], on AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,fma")]
unsafe fn pool_avx512(kind: Kind, job: &Job) {
    // SAFETY: the caller's contract.
    unsafe { pool::<crate::gemm::lanes_x86::Avx512>(kind, job) }
}

/// # Safety
/// As [`run`]; the caller is compiled for `L`.
#[inline(always)]
unsafe fn pool<L: Lanes>(kind: Kind, job: &Job) {
    // SAFETY: the caller's contract.
    unsafe {
        match (job.shape.window_h, job.shape.window_w) {
            (2, 2) => each_window::<L, 2>(kind, job),
            (3, 3) => each_window::<L, 3>(kind, job),
            _ => each_window::<L, 0>(kind, job),
        }
    }
}

/// Walks the windows. `SIDE`: the side of a square window, 0 for any window.
///
/// # Safety
/// As [`pool`].
#[inline(always)]
unsafe fn each_window<L: Lanes, const SIDE: usize>(kind: Kind, job: &Job) {
    let shape = job.shape;
    let add = !shape.is_tiling();
    let line = (shape.in_w * shape.channels) as isize;
    for image in 0..shape.batch as isize {
        for oh in 0..shape.out_h {
            let top = (oh * shape.stride_h) as isize - shape.pad_top as isize;
            let first = (oh * shape.out_w * shape.channels) as isize;
            let mut cells = Cells {
                x: job.x.wrapping_offset(image * job.x_step + top * line - (shape.pad_left * shape.channels) as isize),
                line: line * shape.dilation_h as isize,
                pixel: shape.channels * shape.dilation_w,
                channels: job.channels,
                width: shape.window_w,
                y: job.y.wrapping_offset(image * job.y_step + first),
                indices: job.indices.wrapping_offset(image * job.indices_step + first),
                has_indices: !job.indices.is_null(),
                ys: shape.window_rows(oh),
                xs: 0..0,
            };
            for ow in 0..shape.out_w {
                cells.xs = shape.window_columns(ow);
                // SAFETY: the window's cells lie in the image, the pixel in y and the indices.
                unsafe {
                    if SIDE > 0 && cells.ys.len() == SIDE && cells.xs.len() == SIDE {
                        cells.apply::<L, SIDE>(kind, add);
                    } else {
                        cells.apply::<L, 0>(kind, add);
                    }
                }
                cells.x = cells.x.wrapping_add(shape.stride_w * shape.channels);
                cells.y = cells.y.wrapping_add(shape.channels);
                cells.indices = cells.indices.wrapping_add(shape.channels);
            }
        }
    }
}

/// The operands of one window.
struct Cells {
    /// The window's cell (0, 0), which need not exist.
    x: *mut f32,
    /// Elements from row to row of the window, and from cell to cell.
    line: isize,
    pixel: usize,
    channels: usize,
    /// Columns of a whole window: what positions count in.
    width: usize,
    y: *mut f32,
    indices: *mut u8,
    has_indices: bool,
    /// Rows and columns of the window that exist.
    ys: Range<usize>,
    xs: Range<usize>,
}

impl Cells {
    /// All channels of the window. `SIDE`: all `SIDE x SIDE` cells exist; 0 for any. `add`: windows may overlap.
    ///
    /// # Safety
    /// As [`pool`].
    #[inline(always)]
    unsafe fn apply<L: Lanes, const SIDE: usize>(&self, kind: Kind, add: bool) {
        let whole = self.channels / L::LANES * L::LANES;
        // SAFETY: the vectors cover the channels.
        unsafe {
            for channel in (0..whole).step_by(L::LANES) {
                self.channels_at::<L, SIDE, true>(kind, add, channel, L::LANES);
            }
            if whole < self.channels {
                self.channels_at::<L, SIDE, false>(kind, add, whole, self.channels - whole);
            }
        }
    }

    /// Calls `visit(position, address)` for every cell that exists, row-major.
    #[inline(always)]
    fn each<const SIDE: usize>(&self, channel: usize, mut visit: impl FnMut(usize, *mut f32)) {
        let (ys, xs) = if SIDE > 0 { (0..SIDE, 0..SIDE) } else { (self.ys.clone(), self.xs.clone()) };
        let width = if SIDE > 0 { SIDE } else { self.width };
        for y in ys {
            let row = self.x.wrapping_offset(y as isize * self.line).wrapping_add(channel);
            for x in xs.clone() {
                visit(y * width + x, row.wrapping_add(x * self.pixel));
            }
        }
    }

    /// The `count` channels from `channel` on, one vector. `WHOLE`: `count` is all its lanes.
    ///
    /// # Safety
    /// As [`pool`].
    #[inline(always)]
    unsafe fn channels_at<L: Lanes, const SIDE: usize, const WHOLE: bool>(
        &self,
        kind: Kind,
        add: bool,
        channel: usize,
        count: usize,
    ) {
        let count = if WHOLE { L::LANES } else { count };
        let cells = (self.ys.len() * self.xs.len()) as f32;
        // SAFETY: `count` channels exist from `channel` on in every cell, in the output and in the indices.
        unsafe {
            let load = |from: *const f32| if WHOLE { L::load(from) } else { L::load_part(from, count) };
            let store = |to: *mut f32, v| if WHOLE { L::store(to, v) } else { L::store_part(to, v, count) };
            // Into a cell of x: written where every cell has one window at most, else added.
            let give = |to: *mut f32, v| store(to, if add { L::add(load(to), v) } else { v });
            let y = self.y.wrapping_add(channel);
            let zero = L::splat(0.0);
            match kind {
                Kind::Max => {
                    let (mut best, mut at, mut first) = (L::splat(f32::NEG_INFINITY), zero, true);
                    self.each::<SIDE>(channel, |position, cell| {
                        let value = load(cell);
                        let position = L::splat(position as f32);
                        if first {
                            (best, at, first) = (value, position, false);
                        } else {
                            let better = L::beats(value, best);
                            best = L::select(better, value, best);
                            at = L::select(better, position, at);
                        }
                    });
                    store(y, best);
                    if self.has_indices {
                        L::store_u8(self.indices.wrapping_add(channel), at, count);
                    }
                }
                Kind::MaxGrad => {
                    let at = L::load_u8(self.indices.wrapping_add(channel), count);
                    let value = load(y);
                    self.each::<SIDE>(channel, |position, cell| {
                        give(cell, L::select(L::equal(at, L::splat(position as f32)), value, zero));
                    });
                }
                Kind::MaxGather => {
                    let at = L::load_u8(self.indices.wrapping_add(channel), count);
                    let mut value = zero;
                    self.each::<SIDE>(channel, |position, cell| {
                        value = L::select(L::equal(at, L::splat(position as f32)), load(cell), value);
                    });
                    store(y, value);
                }
                Kind::Average => {
                    let mut sum = zero;
                    self.each::<SIDE>(channel, |_, cell| sum = L::add(sum, load(cell)));
                    store(y, if cells > 0.0 { L::mul(sum, L::splat(1.0 / cells)) } else { sum });
                }
                Kind::AverageGrad => {
                    let share = L::mul(load(y), L::splat(1.0 / cells));
                    self.each::<SIDE>(channel, |_, cell| give(cell, share));
                }
            }
        }
    }
}
