//! The loops over windows, generic over the vectors; windows of 2 x 2 and 3 x 3 cells are unrolled.

use super::PoolShape;
use crate::Isa;
use crate::gemm::lanes::{Lanes, Portable};
use std::marker::PhantomData;
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

/// What a pooling loop does, as the [`Window`] of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With the indices if the job has them.
    Max,
    MaxGrad,
    MaxGather,
    Average,
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
        match kind {
            Kind::Max if job.indices.is_null() => pool_with::<L, Max>(job),
            Kind::Max => pool_with::<L, MaxAndIndex>(job),
            Kind::MaxGrad => pool_with::<L, MaxGrad>(job),
            Kind::MaxGather => pool_with::<L, MaxGather>(job),
            Kind::Average => pool_with::<L, Average>(job),
            Kind::AverageGrad => pool_with::<L, AverageGrad>(job),
        }
    }
}

/// # Safety
/// As [`pool`].
#[inline(always)]
unsafe fn pool_with<L: Lanes, W: Window>(job: &Job) {
    // SAFETY: the caller's contract.
    unsafe {
        match (job.shape.window_h, job.shape.window_w) {
            (2, 2) => each_window::<L, W, 2>(job),
            (3, 3) => each_window::<L, W, 3>(job),
            _ => each_window::<L, W, 0>(job),
        }
    }
}

/// Walks the windows. `SIDE`: the side of a square window, 0 for any window.
///
/// # Safety
/// As [`pool`].
#[inline(always)]
unsafe fn each_window<L: Lanes, W: Window, const SIDE: usize>(job: &Job) {
    let shape = job.shape;
    let line = (shape.in_w * shape.channels) as isize;
    let whole = shape.whole_columns();
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
                ys: shape.window_rows(oh),
                xs: 0..0,
                overlap: !shape.is_tiling(),
            };
            for ow in 0..shape.out_w {
                // What exists of a window takes divisions, for every pixel, where most windows are whole.
                cells.xs = if whole.contains(&ow) { 0..shape.window_w } else { shape.window_columns(ow) };
                // SAFETY: the window's cells lie in the image, the pixel in y and the indices.
                unsafe {
                    if SIDE > 0 && cells.ys.len() == SIDE && cells.xs.len() == SIDE {
                        cells.apply::<L, W, SIDE>();
                    } else {
                        cells.apply::<L, W, 0>();
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
    /// Rows and columns of the window that exist.
    ys: Range<usize>,
    xs: Range<usize>,
    /// Whether cells may lie in several windows, so that they are added to.
    overlap: bool,
}

impl Cells {
    /// All channels of the window. `SIDE`: all `SIDE x SIDE` cells exist; 0 for any.
    ///
    /// # Safety
    /// As [`pool`].
    #[inline(always)]
    unsafe fn apply<L: Lanes, W: Window, const SIDE: usize>(&self) {
        let whole = self.channels / L::LANES * L::LANES;
        // SAFETY: the vectors cover the channels.
        unsafe {
            for channel in (0..whole).step_by(L::LANES) {
                W::apply::<L, SIDE, true>(self, channel, &Part::<L, true>::new(L::LANES));
            }
            if whole < self.channels {
                W::apply::<L, SIDE, false>(self, whole, &Part::<L, false>::new(self.channels - whole));
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

    /// How many cells exist.
    fn count(&self) -> f32 {
        (self.ys.len() * self.xs.len()) as f32
    }
}

/// The lanes of a vector that are channels: all of them if `WHOLE`.
struct Part<L, const WHOLE: bool> {
    count: usize,
    lanes: PhantomData<L>,
}

impl<L: Lanes, const WHOLE: bool> Part<L, WHOLE> {
    #[inline(always)]
    fn new(count: usize) -> Part<L, WHOLE> {
        Part { count: if WHOLE { L::LANES } else { count }, lanes: PhantomData }
    }

    /// # Safety
    /// As many elements are readable.
    #[inline(always)]
    unsafe fn load(&self, from: *const f32) -> L::Vector {
        // SAFETY: the caller's promise.
        unsafe { if WHOLE { L::load(from) } else { L::load_part(from, self.count) } }
    }

    /// # Safety
    /// As many elements are writable.
    #[inline(always)]
    unsafe fn store(&self, to: *mut f32, value: L::Vector) {
        // SAFETY: the caller's promise.
        unsafe { if WHOLE { L::store(to, value) } else { L::store_part(to, value, self.count) } }
    }

    /// Into a cell of x: written where every cell has one window at most, else added.
    ///
    /// # Safety
    /// As many elements are writable.
    #[inline(always)]
    unsafe fn give(&self, cells: &Cells, to: *mut f32, value: L::Vector) {
        // SAFETY: the caller's promise.
        unsafe { self.store(to, if cells.overlap { L::add(self.load(to), value) } else { value }) }
    }
}

/// What is done to the channels of a window.
trait Window {
    /// The channels of `part` from `channel` on, one vector.
    ///
    /// # Safety
    /// As [`pool`]; the channels exist in every cell, in the output and in the indices.
    unsafe fn apply<L: Lanes, const SIDE: usize, const WHOLE: bool>(
        cells: &Cells,
        channel: usize,
        part: &Part<L, WHOLE>,
    );
}

/// Defines windows by what they do, with names for the cells, the channel and the part.
macro_rules! windows {
    ($($(#[$doc:meta])* $name:ident = |$cells:ident, $channel:ident, $part:ident| $body:block)*) => {$(
        $(#[$doc])*
        struct $name;

        impl Window for $name {
            #[inline(always)]
            unsafe fn apply<L: Lanes, const SIDE: usize, const WHOLE: bool>(
                $cells: &Cells,
                $channel: usize,
                $part: &Part<L, WHOLE>,
            ) {
                // SAFETY: the caller's promise.
                unsafe { $body }
            }
        }
    )*};
}

windows! {
    /// y = max of x.
    Max = |cells, channel, part| {
        let mut best: Option<L::Vector> = None;
        cells.each::<SIDE>(channel, |_, cell| {
            let value = part.load(cell);
            best = Some(best.map_or(value, |best| L::select(L::beats(value, best), value, best)));
        });
        part.store(cells.y.wrapping_add(channel), best.unwrap_or_else(|| L::splat(f32::NEG_INFINITY)));
    }

    /// y = max of x, and the indices.
    MaxAndIndex = |cells, channel, part| {
        let (mut best, mut at, mut first) = (L::splat(f32::NEG_INFINITY), L::splat(0.0), true);
        cells.each::<SIDE>(channel, |position, cell| {
            let value = part.load(cell);
            let position = L::splat(position as f32);
            if first {
                (best, at, first) = (value, position, false);
            } else {
                let better = L::beats(value, best);
                best = L::select(better, value, best);
                at = L::select(better, position, at);
            }
        });
        part.store(cells.y.wrapping_add(channel), best);
        L::store_u8(cells.indices.wrapping_add(channel), at, part.count);
    }

    /// x gets y where the index points.
    MaxGrad = |cells, channel, part| {
        let at = L::load_u8(cells.indices.wrapping_add(channel), part.count);
        let value = part.load(cells.y.wrapping_add(channel));
        cells.each::<SIDE>(channel, |position, cell| {
            part.give(cells, cell, L::select(L::equal(at, L::splat(position as f32)), value, L::splat(0.0)));
        });
    }

    /// y = x where the index points.
    MaxGather = |cells, channel, part| {
        let at = L::load_u8(cells.indices.wrapping_add(channel), part.count);
        let mut value = L::splat(0.0);
        cells.each::<SIDE>(channel, |position, cell| {
            value = L::select(L::equal(at, L::splat(position as f32)), part.load(cell), value);
        });
        part.store(cells.y.wrapping_add(channel), value);
    }

    /// y = mean of x.
    Average = |cells, channel, part| {
        let mut sum = L::splat(0.0);
        cells.each::<SIDE>(channel, |_, cell| sum = L::add(sum, part.load(cell)));
        let count = cells.count();
        let mean = if count > 0.0 { L::mul(sum, L::splat(1.0 / count)) } else { sum };
        part.store(cells.y.wrapping_add(channel), mean);
    }

    /// x gets y / cells in every cell.
    AverageGrad = |cells, channel, part| {
        let share = L::mul(part.load(cells.y.wrapping_add(channel)), L::splat(1.0 / cells.count()));
        cells.each::<SIDE>(channel, |_, cell| part.give(cells, cell, share));
    }
}
