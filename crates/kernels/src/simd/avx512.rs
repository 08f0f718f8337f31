//! AVX-512 F, BW, DQ, VL: 16 lanes, truth in mask registers.

use super::{Kernel, Simd};
use std::arch::x86_64::*;

/// Proof that the AVX-512 level is there.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// The token, when this machine has the level. The standard library caches the answer: a few instructions a call.
    #[inline(always)]
    pub(crate) fn detect() -> Option<Avx512> {
        let there = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        there.then_some(Avx512(()))
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

/// The lanes below `count`.
#[inline(always)]
fn first(count: usize) -> __mmask16 {
    debug_assert!(count <= 16);
    ((1u32 << count) - 1) as __mmask16
}

impl Simd for Avx512 {
    type F = __m512;
    type I = __m512i;
    type M = __mmask16;
    type D = [__m512d; 2];
    const LANES: usize = 16;
    const HAS_LOOKUP: bool = true;

    #[inline(always)]
    fn vectorize<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
        #[inline(never)]
        fn compiled<K: Kernel>(s: Avx512, kernel: K) -> K::Output {
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
        fn splat(value: f32) -> __m512 = _mm512_set1_ps(value);
        fn add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps(a, b);
        fn sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps(a, b);
        fn mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
        fn div(a: __m512, b: __m512) -> __m512 = _mm512_div_ps(a, b);
        fn fma(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps(a, b, c);
        fn sqrt(a: __m512) -> __m512 = _mm512_sqrt_ps(a);
        fn min(a: __m512, b: __m512) -> __m512 = _mm512_min_ps(a, b);
        fn max(a: __m512, b: __m512) -> __m512 = _mm512_max_ps(a, b);
        fn floor(a: __m512) -> __m512 = _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(a);
        fn ceil(a: __m512) -> __m512 = _mm512_roundscale_ps::<{ _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC }>(a);
        fn round(a: __m512) -> __m512 = _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a);
        fn eq(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b);
        fn ne(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(a, b);
        fn lt(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b);
        fn le(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b);
        fn bits(a: __m512) -> __m512i = _mm512_castps_si512(a);
        fn select(mask: __mmask16, a: __m512, b: __m512) -> __m512 = _mm512_mask_blend_ps(mask, b, a);

        fn splat_i(value: i32) -> __m512i = _mm512_set1_epi32(value);
        fn add_i(a: __m512i, b: __m512i) -> __m512i = _mm512_add_epi32(a, b);
        fn sub_i(a: __m512i, b: __m512i) -> __m512i = _mm512_sub_epi32(a, b);
        fn mul_i(a: __m512i, b: __m512i) -> __m512i = _mm512_mullo_epi32(a, b);
        fn min_i(a: __m512i, b: __m512i) -> __m512i = _mm512_min_epi32(a, b);
        fn max_i(a: __m512i, b: __m512i) -> __m512i = _mm512_max_epi32(a, b);
        fn and(a: __m512i, b: __m512i) -> __m512i = _mm512_and_si512(a, b);
        fn or(a: __m512i, b: __m512i) -> __m512i = _mm512_or_si512(a, b);
        fn xor(a: __m512i, b: __m512i) -> __m512i = _mm512_xor_si512(a, b);
        fn shl(a: __m512i, by: i32) -> __m512i = _mm512_sllv_epi32(a, _mm512_set1_epi32(by));
        fn shr(a: __m512i, by: i32) -> __m512i = _mm512_srav_epi32(a, _mm512_set1_epi32(by));
        fn shr_logical(a: __m512i, by: i32) -> __m512i = _mm512_srlv_epi32(a, _mm512_set1_epi32(by));
        fn shl_each(a: __m512i, by: __m512i) -> __m512i = _mm512_sllv_epi32(a, by);
        fn shr_each(a: __m512i, by: __m512i) -> __m512i = _mm512_srav_epi32(a, by);
        fn eq_i(a: __m512i, b: __m512i) -> __mmask16 = _mm512_cmpeq_epi32_mask(a, b);
        fn lt_i(a: __m512i, b: __m512i) -> __mmask16 = _mm512_cmplt_epi32_mask(a, b);
        fn float_from_bits(a: __m512i) -> __m512 = _mm512_castsi512_ps(a);
        fn select_i(mask: __mmask16, a: __m512i, b: __m512i) -> __m512i = _mm512_mask_blend_epi32(mask, b, a);
        fn to_float(a: __m512i) -> __m512 = _mm512_cvtepi32_ps(a);
        fn truncate(a: __m512) -> __m512i = _mm512_cvttps_epi32(a);
        fn to_int(a: __mmask16) -> __m512i = _mm512_maskz_set1_epi32(a, 1);
        fn non_zero(a: __m512i) -> __mmask16 = _mm512_test_epi32_mask(a, a);
        // scalef handles every n, denormal results included.
        fn scale(a: __m512, n: __m512) -> __m512 = _mm512_scalef_ps(a, n);
        fn scale_normal(a: __m512, n: __m512) -> __m512 = _mm512_scalef_ps(a, n);
        fn mul_wide(a: __m512i, b: __m512i) -> (__m512i, __m512i) = {
            let even = _mm512_mul_epu32(a, b);
            let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(a), _mm512_srli_epi64::<32>(b));
            let high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64::<32>(even), odd);
            let low = _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64::<32>(odd));
            (high, low)
        };
        fn transpose4(rows: [__m512i; 4]) -> [__m512i; 4] = {
            let [a, b, c, d] = rows;
            let (ab_low, ab_high) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
            let (cd_low, cd_high) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
            [
                _mm512_unpacklo_epi64(ab_low, cd_low),
                _mm512_unpackhi_epi64(ab_low, cd_low),
                _mm512_unpacklo_epi64(ab_high, cd_high),
                _mm512_unpackhi_epi64(ab_high, cd_high),
            ]
        };

        fn lookup(table: &[f32; 16], at: __m512i) -> __m512 = _mm512_permutexvar_ps(at, _mm512_loadu_ps(table.as_ptr()));
        fn exchange(a: __m512i, distance: usize) -> __m512i = match distance {
            8 => _mm512_shuffle_i32x4::<0b01_00_11_10>(a, a),
            4 => _mm512_shuffle_i32x4::<0b10_11_00_01>(a, a),
            2 => _mm512_shuffle_epi32::<0b01_00_11_10>(a),
            _ => _mm512_shuffle_epi32::<0b10_11_00_01>(a),
        };

        fn splat_d(value: f64) -> [__m512d; 2] = [_mm512_set1_pd(value); 2];
        fn widen(a: __m512) -> [__m512d; 2] =
            [_mm512_cvtps_pd(_mm512_castps512_ps256(a)), _mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(a))];
        fn narrow(a: [__m512d; 2]) -> __m512 =
            _mm512_insertf32x8::<1>(_mm512_castps256_ps512(_mm512_cvtpd_ps(a[0])), _mm512_cvtpd_ps(a[1]));
        fn add_d(a: [__m512d; 2], b: [__m512d; 2]) -> [__m512d; 2] =
            [_mm512_add_pd(a[0], b[0]), _mm512_add_pd(a[1], b[1])];
        fn mul_d(a: [__m512d; 2], b: [__m512d; 2]) -> [__m512d; 2] =
            [_mm512_mul_pd(a[0], b[0]), _mm512_mul_pd(a[1], b[1])];
        fn div_d(a: [__m512d; 2], b: [__m512d; 2]) -> [__m512d; 2] =
            [_mm512_div_pd(a[0], b[0]), _mm512_div_pd(a[1], b[1])];
        fn fma_d(a: [__m512d; 2], b: [__m512d; 2], c: [__m512d; 2]) -> [__m512d; 2] =
            [_mm512_fmadd_pd(a[0], b[0], c[0]), _mm512_fmadd_pd(a[1], b[1], c[1])];
        fn min_d(a: [__m512d; 2], b: [__m512d; 2]) -> [__m512d; 2] =
            [_mm512_min_pd(a[0], b[0]), _mm512_min_pd(a[1], b[1])];
        fn max_d(a: [__m512d; 2], b: [__m512d; 2]) -> [__m512d; 2] =
            [_mm512_max_pd(a[0], b[0]), _mm512_max_pd(a[1], b[1])];
        fn round_d(a: [__m512d; 2]) -> [__m512d; 2] = [
            _mm512_roundscale_pd::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a[0]),
            _mm512_roundscale_pd::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a[1]),
        ];
    }

    #[inline(always)]
    fn and_m(self, a: __mmask16, b: __mmask16) -> __mmask16 {
        a & b
    }
    #[inline(always)]
    fn or_m(self, a: __mmask16, b: __mmask16) -> __mmask16 {
        a | b
    }
    #[inline(always)]
    fn not_m(self, a: __mmask16) -> __mmask16 {
        !a
    }
    #[inline(always)]
    fn any(self, a: __mmask16) -> bool {
        a != 0
    }

    memory! {
        fn load(from: *const f32) -> __m512 = _mm512_loadu_ps(from);
        fn store(to: *mut f32, a: __m512) = _mm512_storeu_ps(to, a);
        fn stream(to: *mut f32, a: __m512) = _mm512_stream_ps(to, a);
        fn load_i(from: *const i32) -> __m512i = _mm512_loadu_si512(from.cast());
        fn store_i(to: *mut i32, a: __m512i) = _mm512_storeu_si512(to.cast(), a);
        fn load_u8(from: *const u8) -> __m512i = _mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast()));
        fn load_i8(from: *const u8) -> __m512i = _mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()));
        fn load_u16(from: *const u16) -> __m512i = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()));
        fn store_u8(to: *mut u8, a: __m512i) = _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(a));
        fn store_u16(to: *mut u16, a: __m512i) = _mm256_storeu_si256(to.cast(), _mm512_cvtepi32_epi16(a));
        fn load_partial(from: *const f32, count: usize, fill: f32) -> __m512 =
            _mm512_mask_loadu_ps(_mm512_set1_ps(fill), first(count), from);
        fn store_partial(to: *mut f32, count: usize, a: __m512) = _mm512_mask_storeu_ps(to, first(count), a);
        fn load_f16(from: *const u16) -> __m512 = _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()));
        fn store_f16(to: *mut u16, a: __m512) =
            _mm256_storeu_si256(to.cast(), _mm512_cvtps_ph::<{ _MM_FROUND_TO_NEAREST_INT }>(a));
    }
}
