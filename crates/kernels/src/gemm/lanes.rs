//! Vectors of f32 of one instruction set: what the contraction and pooling loops are written in.
//!
//! The loops are generic over [`Lanes`], always inlined, and instantiated inside functions that enable the target
//! features. A loop never allocates vectors on the heap and never asks which machine it runs on.

/// The vector operations of one instruction-set level.
///
/// # Safety
/// Every method needs the instruction set of its implementor (the caller is compiled for it and was chosen by
/// [`Isa`](crate::Isa)); pointers must be valid for the lanes that are read or written, with no alignment beyond the
/// element's.
pub(crate) trait Lanes: Copy + 'static {
    /// A register of f32.
    type Vector: Copy;
    /// The outcome of a comparison, a lane each.
    type Mask: Copy;
    /// Elements in a vector.
    const LANES: usize;

    /// All lanes `value`.
    unsafe fn splat(value: f32) -> Self::Vector;
    /// `LANES` elements.
    unsafe fn load(from: *const f32) -> Self::Vector;
    /// `count` elements (at most `LANES`), zeros after them; nothing beyond them is touched.
    unsafe fn load_part(from: *const f32, count: usize) -> Self::Vector;
    /// Stores `LANES` elements.
    unsafe fn store(to: *mut f32, value: Self::Vector);
    /// Stores the first `count` elements (at most `LANES`).
    unsafe fn store_part(to: *mut f32, value: Self::Vector, count: usize);
    /// `a * b + c`, rounded once where the machine can.
    unsafe fn fma(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// `a + b`.
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b`.
    unsafe fn mul(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `max(a, 0)`; a NaN stays.
    unsafe fn relu(a: Self::Vector) -> Self::Vector;
    /// `a` where `mask > 0`, else (where it is NaN, too) zero: the gradient of a ReLU whose output (or input) was `mask`.
    unsafe fn zero_where_not_positive(a: Self::Vector, mask: Self::Vector) -> Self::Vector;
    /// Lanes where `a` replaces `best` as the maximum: greater, or the first NaN.
    unsafe fn beats(a: Self::Vector, best: Self::Vector) -> Self::Mask;
    /// Lanes where `a == b`.
    unsafe fn equal(a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// `yes` where `mask`, else `no`.
    unsafe fn select(mask: Self::Mask, yes: Self::Vector, no: Self::Vector) -> Self::Vector;
    /// `count` bytes (at most `LANES`) as numbers; the other lanes hold anything.
    unsafe fn load_u8(from: *const u8, count: usize) -> Self::Vector;
    /// Stores the first `count` lanes (at most `LANES`), whole numbers of 0 to 255, as bytes.
    unsafe fn store_u8(to: *mut u8, value: Self::Vector, count: usize);
}

/// Plain Rust, four lanes: the compiler turns the arrays into whatever the baseline of the target offers.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// Lanes of [`Portable`].
const WIDTH: usize = 4;

impl Lanes for Portable {
    type Vector = [f32; WIDTH];
    type Mask = [bool; WIDTH];
    const LANES: usize = WIDTH;

    #[inline(always)]
    unsafe fn splat(value: f32) -> [f32; WIDTH] {
        [value; WIDTH]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> [f32; WIDTH] {
        // SAFETY: the caller promises WIDTH readable elements; an f32 array needs no more alignment than an f32.
        unsafe { from.cast::<[f32; WIDTH]>().read() }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> [f32; WIDTH] {
        let mut lanes = [0.0; WIDTH];
        for (i, lane) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable elements.
            *lane = unsafe { from.add(i).read() };
        }
        lanes
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, value: [f32; WIDTH]) {
        // SAFETY: the caller promises WIDTH writable elements.
        unsafe { to.cast::<[f32; WIDTH]>().write(value) }
    }
    #[inline(always)]
    unsafe fn store_part(to: *mut f32, value: [f32; WIDTH], count: usize) {
        for (i, &lane) in value.iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable elements.
            unsafe { to.add(i).write(lane) };
        }
    }
    #[inline(always)]
    unsafe fn fma(a: [f32; WIDTH], b: [f32; WIDTH], c: [f32; WIDTH]) -> [f32; WIDTH] {
        // Two roundings: a fused f32::mul_add is a library call on targets without the instruction.
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn add(a: [f32; WIDTH], b: [f32; WIDTH]) -> [f32; WIDTH] {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn mul(a: [f32; WIDTH], b: [f32; WIDTH]) -> [f32; WIDTH] {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn relu(a: [f32; WIDTH]) -> [f32; WIDTH] {
        a.map(|x| if x <= 0.0 { 0.0 } else { x })
    }
    #[inline(always)]
    unsafe fn zero_where_not_positive(a: [f32; WIDTH], mask: [f32; WIDTH]) -> [f32; WIDTH] {
        std::array::from_fn(|i| if mask[i] > 0.0 { a[i] } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn beats(a: [f32; WIDTH], best: [f32; WIDTH]) -> [bool; WIDTH] {
        std::array::from_fn(|i| a[i] > best[i] || (a[i].is_nan() && !best[i].is_nan()))
    }
    #[inline(always)]
    unsafe fn equal(a: [f32; WIDTH], b: [f32; WIDTH]) -> [bool; WIDTH] {
        std::array::from_fn(|i| a[i] == b[i])
    }
    #[inline(always)]
    unsafe fn select(mask: [bool; WIDTH], yes: [f32; WIDTH], no: [f32; WIDTH]) -> [f32; WIDTH] {
        std::array::from_fn(|i| if mask[i] { yes[i] } else { no[i] })
    }
    #[inline(always)]
    unsafe fn load_u8(from: *const u8, count: usize) -> [f32; WIDTH] {
        let mut lanes = [0.0; WIDTH];
        for (i, lane) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable bytes.
            *lane = f32::from(unsafe { from.add(i).read() });
        }
        lanes
    }
    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, value: [f32; WIDTH], count: usize) {
        for (i, &lane) in value.iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable bytes.
            unsafe { to.add(i).write(lane as u8) };
        }
    }
}
