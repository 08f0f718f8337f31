//! [`Lanes`] for AVX-512 and AVX2 + FMA.

use super::lanes::Lanes;
use core::arch::x86_64::*;

/// AVX-512 F, BW, DQ, VL: 16 lanes, 32 registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx512;

/// AVX2 and FMA: 8 lanes, 16 registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// The mask register whose first `count` lanes are set.
#[inline(always)]
fn first_lanes(count: usize) -> __mmask16 {
    debug_assert!(count <= 16);
    ((1u32 << count) - 1) as __mmask16
}

impl Lanes for Avx512 {
    type Vector = __m512;
    type Mask = __mmask16;
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m512 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        // SAFETY: AVX-512, and 16 readable elements (the trait's contract).
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> __m512 {
        // SAFETY: AVX-512, and `count` readable elements; masked-off lanes are not accessed.
        unsafe { _mm512_maskz_loadu_ps(first_lanes(count), from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, value: __m512) {
        // SAFETY: AVX-512, and 16 writable elements.
        unsafe { _mm512_storeu_ps(to, value) }
    }
    #[inline(always)]
    unsafe fn store_part(to: *mut f32, value: __m512, count: usize) {
        // SAFETY: AVX-512, and `count` writable elements; masked-off lanes are not accessed.
        unsafe { _mm512_mask_storeu_ps(to, first_lanes(count), value) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn relu(a: __m512) -> __m512 {
        // The second operand is the result when either is NaN.
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_max_ps(_mm512_setzero_ps(), a) }
    }
    #[inline(always)]
    unsafe fn zero_where_not_positive(a: __m512, mask: __m512) -> __m512 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(mask, _mm512_setzero_ps()), a) }
    }
    #[inline(always)]
    unsafe fn beats(a: __m512, best: __m512) -> __mmask16 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(a, best) & _mm512_cmp_ps_mask::<_CMP_ORD_Q>(best, best) }
    }
    #[inline(always)]
    unsafe fn equal(a: __m512, b: __m512) -> __mmask16 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b) }
    }
    #[inline(always)]
    unsafe fn select(mask: __mmask16, yes: __m512, no: __m512) -> __m512 {
        // SAFETY: the caller runs on AVX-512.
        unsafe { _mm512_mask_blend_ps(mask, no, yes) }
    }
    #[inline(always)]
    unsafe fn load_u8(from: *const u8, count: usize) -> __m512 {
        // SAFETY: AVX-512 (BW, VL), and `count` readable bytes; masked-off lanes are not accessed.
        unsafe {
            let bytes = if count == 16 {
                _mm_loadu_si128(from.cast())
            } else {
                _mm_maskz_loadu_epi8(first_lanes(count), from.cast())
            };
            _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
        }
    }
    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, value: __m512, count: usize) {
        // SAFETY: AVX-512 (BW, VL), and `count` writable bytes; masked-off lanes are not accessed.
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(value));
            if count == 16 {
                _mm_storeu_si128(to.cast(), bytes);
            } else {
                _mm_mask_storeu_epi8(to.cast(), first_lanes(count), bytes);
            }
        }
    }
}

/// Eight set words, then eight clear ones: the mask of `count` lanes starts at `8 - count`.
static LANE_MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The vector mask whose first `count` lanes are set.
///
/// # Safety
/// The machine has AVX2, and `count <= 8`.
#[inline(always)]
unsafe fn first_lanes_avx2(count: usize) -> __m256i {
    debug_assert!(count <= 8);
    // SAFETY: words 8 - count .. 16 - count of the table exist.
    unsafe { _mm256_loadu_si256(LANE_MASKS.as_ptr().add(8 - count).cast()) }
}

impl Lanes for Avx2 {
    type Vector = __m256;
    type Mask = __m256;
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        // SAFETY: AVX2, and 8 readable elements (the trait's contract).
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> __m256 {
        // SAFETY: AVX2, and `count` readable elements; masked-off lanes are not accessed.
        unsafe { _mm256_maskload_ps(from, first_lanes_avx2(count)) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, value: __m256) {
        // SAFETY: AVX2, and 8 writable elements.
        unsafe { _mm256_storeu_ps(to, value) }
    }
    #[inline(always)]
    unsafe fn store_part(to: *mut f32, value: __m256, count: usize) {
        // SAFETY: AVX2, and `count` writable elements; masked-off lanes are not accessed.
        unsafe { _mm256_maskstore_ps(to, first_lanes_avx2(count), value) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the caller runs on AVX2 with FMA.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn relu(a: __m256) -> __m256 {
        // The second operand is the result when either is NaN.
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_max_ps(_mm256_setzero_ps(), a) }
    }
    #[inline(always)]
    unsafe fn zero_where_not_positive(a: __m256, mask: __m256) -> __m256 {
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_and_ps(a, _mm256_cmp_ps::<_CMP_GT_OQ>(mask, _mm256_setzero_ps())) }
    }
    #[inline(always)]
    unsafe fn beats(a: __m256, best: __m256) -> __m256 {
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_NLE_UQ>(a, best), _mm256_cmp_ps::<_CMP_ORD_Q>(best, best)) }
    }
    #[inline(always)]
    unsafe fn equal(a: __m256, b: __m256) -> __m256 {
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b) }
    }
    #[inline(always)]
    unsafe fn select(mask: __m256, yes: __m256, no: __m256) -> __m256 {
        // SAFETY: the caller runs on AVX2.
        unsafe { _mm256_blendv_ps(no, yes, mask) }
    }
    #[inline(always)]
    unsafe fn load_u8(from: *const u8, count: usize) -> __m256 {
        let mut bytes = [0u8; 8];
        // SAFETY: AVX2, and `count <= 8` readable bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), count);
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(i64::from_le_bytes(bytes))))
        }
    }
    #[inline(always)]
    unsafe fn store_u8(to: *mut u8, value: __m256, count: usize) {
        // SAFETY: AVX2, and `count <= 8` writable bytes.
        unsafe {
            let words = _mm256_cvtps_epi32(value);
            let halves = _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
            let bytes = _mm_cvtsi128_si64(_mm_packus_epi16(halves, halves)).to_le_bytes();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, count);
        }
    }
}
