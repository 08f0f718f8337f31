//! AVX2, FMA, F16C: 8 lanes, truth as all-ones lanes.

use super::{Kernel, Simd};
use std::arch::x86_64::*;

/// Proof that the AVX2 level is there.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The token, when this machine has the level. The standard library caches the answer: a few instructions a call.
    #[inline(always)]
    pub(crate) fn detect() -> Option<Avx2> {
        let there =
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        there.then_some(Avx2(()))
    }
}

/// Methods that are one expression of intrinsics.
macro_rules! lanes {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty = $body:expr;)*) => {$(
        #[inline(always)]
        fn $name(self, $($arg: $type),*) -> $result {
            // SAFETY: the token exists only where the level was detected.
            unsafe { $body }
        }
    )*};
}

/// Methods on memory that are one expression of intrinsics.
macro_rules! memory {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)? = $body:expr;)*) => {$(
        #[inline(always)]
        unsafe fn $name(self, $($arg: $type),*) $(-> $result)? {
            // SAFETY: the token exists only where the level was detected; the caller promises the memory.
            unsafe { $body }
        }
    )*};
}

/// All ones, then all zeros: a window of 8 from `8 - count` is the mask of the first `count` lanes.
static WINDOW: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The lanes below `count`.
///
/// # Safety
/// AVX2 is there.
#[inline(always)]
unsafe fn first(count: usize) -> __m256i {
    debug_assert!(count <= 8);
    // SAFETY: the caller's promise; `8 - count + 8 <= 16` entries are in the table.
    unsafe { _mm256_loadu_si256(WINDOW.as_ptr().add(8 - count).cast()) }
}

impl Simd for Avx2 {
    type F = __m256;
    type I = __m256i;
    type M = __m256i;
    type D = [__m256d; 2];
    const LANES: usize = 8;

    #[inline(always)]
    fn vectorize<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma,f16c")]
        #[inline(never)]
        fn compiled<K: Kernel>(s: Avx2, kernel: K) -> K::Output {
            kernel.run(s)
        }
        // SAFETY: the token exists only where the level was detected.
        unsafe { compiled(self, kernel) }
    }

    #[inline(always)]
    fn fence(self) {
        // SAFETY: every x86-64 has SSE.
        unsafe { _mm_sfence() }
    }

    lanes! {
        fn splat(value: f32) -> __m256 = _mm256_set1_ps(value);
        fn add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
        fn sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
        fn mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
        fn div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
        fn fma(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps(a, b, c);
        fn sqrt(a: __m256) -> __m256 = _mm256_sqrt_ps(a);
        fn min(a: __m256, b: __m256) -> __m256 = _mm256_min_ps(a, b);
        fn max(a: __m256, b: __m256) -> __m256 = _mm256_max_ps(a, b);
        fn floor(a: __m256) -> __m256 = _mm256_floor_ps(a);
        fn ceil(a: __m256) -> __m256 = _mm256_ceil_ps(a);
        fn round(a: __m256) -> __m256 = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a);
        fn eq(a: __m256, b: __m256) -> __m256i = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_EQ_OQ>(a, b));
        fn ne(a: __m256, b: __m256) -> __m256i = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_NEQ_UQ>(a, b));
        fn lt(a: __m256, b: __m256) -> __m256i = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b));
        fn le(a: __m256, b: __m256) -> __m256i = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LE_OQ>(a, b));
        fn bits(a: __m256) -> __m256i = _mm256_castps_si256(a);
        fn select(mask: __m256i, a: __m256, b: __m256) -> __m256 = _mm256_blendv_ps(b, a, _mm256_castsi256_ps(mask));

        fn splat_i(value: i32) -> __m256i = _mm256_set1_epi32(value);
        fn add_i(a: __m256i, b: __m256i) -> __m256i = _mm256_add_epi32(a, b);
        fn sub_i(a: __m256i, b: __m256i) -> __m256i = _mm256_sub_epi32(a, b);
        fn mul_i(a: __m256i, b: __m256i) -> __m256i = _mm256_mullo_epi32(a, b);
        fn min_i(a: __m256i, b: __m256i) -> __m256i = _mm256_min_epi32(a, b);
        fn max_i(a: __m256i, b: __m256i) -> __m256i = _mm256_max_epi32(a, b);
        fn and(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
        fn or(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        fn xor(a: __m256i, b: __m256i) -> __m256i = _mm256_xor_si256(a, b);
        fn shl(a: __m256i, by: i32) -> __m256i = _mm256_sllv_epi32(a, _mm256_set1_epi32(by));
        fn shr(a: __m256i, by: i32) -> __m256i = _mm256_srav_epi32(a, _mm256_set1_epi32(by));
        fn shr_logical(a: __m256i, by: i32) -> __m256i = _mm256_srlv_epi32(a, _mm256_set1_epi32(by));
        fn shl_each(a: __m256i, by: __m256i) -> __m256i = _mm256_sllv_epi32(a, by);
        fn shr_each(a: __m256i, by: __m256i) -> __m256i = _mm256_srav_epi32(a, by);
        fn eq_i(a: __m256i, b: __m256i) -> __m256i = _mm256_cmpeq_epi32(a, b);
        fn lt_i(a: __m256i, b: __m256i) -> __m256i = _mm256_cmpgt_epi32(b, a);
        fn float_from_bits(a: __m256i) -> __m256 = _mm256_castsi256_ps(a);
        fn select_i(mask: __m256i, a: __m256i, b: __m256i) -> __m256i = _mm256_blendv_epi8(b, a, mask);
        fn to_float(a: __m256i) -> __m256 = _mm256_cvtepi32_ps(a);
        fn truncate(a: __m256) -> __m256i = _mm256_cvttps_epi32(a);
        fn to_int(a: __m256i) -> __m256i = _mm256_and_si256(a, _mm256_set1_epi32(1));
        fn mul_wide(a: __m256i, b: __m256i) -> (__m256i, __m256i) = {
            let even = _mm256_mul_epu32(a, b);
            let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(a), _mm256_srli_epi64::<32>(b));
            let high = _mm256_blend_epi32::<0b10101010>(_mm256_srli_epi64::<32>(even), odd);
            let low = _mm256_blend_epi32::<0b10101010>(even, _mm256_slli_epi64::<32>(odd));
            (high, low)
        };
        fn transpose4(rows: [__m256i; 4]) -> [__m256i; 4] = {
            let [a, b, c, d] = rows;
            let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
            let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
            [
                _mm256_unpacklo_epi64(ab_low, cd_low),
                _mm256_unpackhi_epi64(ab_low, cd_low),
                _mm256_unpacklo_epi64(ab_high, cd_high),
                _mm256_unpackhi_epi64(ab_high, cd_high),
            ]
        };

        fn exchange(a: __m256i, distance: usize) -> __m256i = match distance {
            4 => _mm256_permute2x128_si256::<0b0000_0001>(a, a),
            2 => _mm256_shuffle_epi32::<0b01_00_11_10>(a),
            _ => _mm256_shuffle_epi32::<0b10_11_00_01>(a),
        };

        fn and_m(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
        fn or_m(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        fn not_m(a: __m256i) -> __m256i = _mm256_xor_si256(a, _mm256_set1_epi32(-1));
        fn any(a: __m256i) -> bool = _mm256_movemask_epi8(a) != 0;

        fn splat_d(value: f64) -> [__m256d; 2] = [_mm256_set1_pd(value); 2];
        fn widen(a: __m256) -> [__m256d; 2] =
            [_mm256_cvtps_pd(_mm256_castps256_ps128(a)), _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(a))];
        fn narrow(a: [__m256d; 2]) -> __m256 =
            _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(_mm256_cvtpd_ps(a[0])), _mm256_cvtpd_ps(a[1]));
        fn add_d(a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] =
            [_mm256_add_pd(a[0], b[0]), _mm256_add_pd(a[1], b[1])];
        fn mul_d(a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] =
            [_mm256_mul_pd(a[0], b[0]), _mm256_mul_pd(a[1], b[1])];
        fn div_d(a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] =
            [_mm256_div_pd(a[0], b[0]), _mm256_div_pd(a[1], b[1])];
        fn fma_d(a: [__m256d; 2], b: [__m256d; 2], c: [__m256d; 2]) -> [__m256d; 2] =
            [_mm256_fmadd_pd(a[0], b[0], c[0]), _mm256_fmadd_pd(a[1], b[1], c[1])];
        fn min_d(a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] =
            [_mm256_min_pd(a[0], b[0]), _mm256_min_pd(a[1], b[1])];
        fn max_d(a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] =
            [_mm256_max_pd(a[0], b[0]), _mm256_max_pd(a[1], b[1])];
        fn round_d(a: [__m256d; 2]) -> [__m256d; 2] = [
            _mm256_round_pd::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a[0]),
            _mm256_round_pd::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a[1]),
        ];
    }

    memory! {
        fn load(from: *const f32) -> __m256 = _mm256_loadu_ps(from);
        fn store(to: *mut f32, a: __m256) = _mm256_storeu_ps(to, a);
        fn stream(to: *mut f32, a: __m256) = _mm256_stream_ps(to, a);
        fn load_i(from: *const i32) -> __m256i = _mm256_loadu_si256(from.cast());
        fn store_i(to: *mut i32, a: __m256i) = _mm256_storeu_si256(to.cast(), a);
        fn load_u8(from: *const u8) -> __m256i = _mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast()));
        fn load_i8(from: *const u8) -> __m256i = _mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()));
        fn load_u16(from: *const u16) -> __m256i = _mm256_cvtepu16_epi32(_mm_loadu_si128(from.cast()));
        fn store_u8(to: *mut u8, a: __m256i) = {
            // The low byte of every lane to the front of its 128-bit half, then both halves side by side.
            let order = _mm256_setr_epi8(
                0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
            );
            let bytes = _mm256_shuffle_epi8(a, order);
            let eight = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
            _mm_storel_epi64(to.cast(), eight)
        };
        fn store_u16(to: *mut u16, a: __m256i) = {
            let low = _mm256_and_si256(a, _mm256_set1_epi32(0xffff));
            let packed = _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256::<1>(low));
            _mm_storeu_si128(to.cast(), packed)
        };
        fn load_partial(from: *const f32, count: usize, fill: f32) -> __m256 = {
            let mask = first(count);
            _mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(from, mask), _mm256_castsi256_ps(mask))
        };
        fn store_partial(to: *mut f32, count: usize, a: __m256) = _mm256_maskstore_ps(to, first(count), a);
        fn load_f16(from: *const u16) -> __m256 = _mm256_cvtph_ps(_mm_loadu_si128(from.cast()));
        fn store_f16(to: *mut u16, a: __m256) =
            _mm_storeu_si128(to.cast(), _mm256_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT }>(a));
    }
}
