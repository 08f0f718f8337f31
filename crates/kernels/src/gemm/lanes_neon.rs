//! [`Lanes`] for AArch64 Advanced SIMD.

use super::lanes::Lanes;
use core::arch::aarch64::*;

/// Advanced SIMD: 4 lanes, 32 registers.
#[derive(Clone, Copy)]
pub(crate) struct Neon;

impl Lanes for Neon {
    type Vector = float32x4_t;
    type Mask = uint32x4_t;
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> float32x4_t {
        // SAFETY: Advanced SIMD is part of every AArch64 target this crate is built for.
        unsafe { vdupq_n_f32(value) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> float32x4_t {
        // SAFETY: 4 readable elements (the trait's contract).
        unsafe { vld1q_f32(from) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> float32x4_t {
        let mut lanes = [0.0f32; 4];
        // SAFETY: `count <= 4` readable elements, and the array holds four.
        unsafe {
            std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), count);
            vld1q_f32(lanes.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, value: float32x4_t) {
        // SAFETY: 4 writable elements.
        unsafe { vst1q_f32(to, value) }
    }
    #[inline(always)]
    unsafe fn store_part(to: *mut f32, value: float32x4_t, count: usize) {
        let mut lanes = [0.0f32; 4];
        // SAFETY: the array holds four, and `count <= 4` elements are writable.
        unsafe {
            vst1q_f32(lanes.as_mut_ptr(), value);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, count);
        }
    }
    #[inline(always)]
    unsafe fn fma(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        // SAFETY: Advanced SIMD.
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    unsafe fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: Advanced SIMD.
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: Advanced SIMD.
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn relu(a: float32x4_t) -> float32x4_t {
        // FMAX returns NaN when either operand is NaN.
        // SAFETY: Advanced SIMD.
        unsafe { vmaxq_f32(a, vdupq_n_f32(0.0)) }
    }
    #[inline(always)]
    unsafe fn zero_where_not_positive(a: float32x4_t, mask: float32x4_t) -> float32x4_t {
        // SAFETY: Advanced SIMD.
        unsafe { vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(a), vcgtzq_f32(mask))) }
    }
    #[inline(always)]
    unsafe fn beats(a: float32x4_t, best: float32x4_t) -> uint32x4_t {
        // Not (a <= best), which is true for a NaN in either, and `best` not NaN.
        // SAFETY: Advanced SIMD.
        unsafe { vbicq_u32(vceqq_f32(best, best), vcleq_f32(a, best)) }
    }
    #[inline(always)]
    unsafe fn equal(a: float32x4_t, b: float32x4_t) -> uint32x4_t {
        // SAFETY: Advanced SIMD.
        unsafe { vceqq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn select(mask: uint32x4_t, yes: float32x4_t, no: float32x4_t) -> float32x4_t {
        // SAFETY: Advanced SIMD.
        unsafe { vbslq_f32(mask, yes, no) }
    }
    #[inline(always)]
    unsafe fn load_u8(from: *const u8, count: usize) -> float32x4_t {
        let mut lanes = [0.0f32; 4];
        for (i, lane) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable bytes.
            *lane = f32::from(unsafe { from.add(i).read() });
        }
        // SAFETY: the array holds four.
        unsafe { vld1q_f32(lanes.as_ptr()) }
    }
    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, value: float32x4_t, count: usize) {
        let mut lanes = [0.0f32; 4];
        // SAFETY: the array holds four.
        unsafe { vst1q_f32(lanes.as_mut_ptr(), value) };
        for (i, &lane) in lanes.iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable bytes.
            unsafe { to.add(i).write(lane as u8) };
        }
    }
}
