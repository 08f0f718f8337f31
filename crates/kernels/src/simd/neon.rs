//! AArch64 Advanced SIMD: 4 lanes, truth as all-ones lanes.

use super::{Kernel, Simd};
use std::arch::aarch64::*;

/// Proof that Advanced SIMD is there, which AArch64 guarantees.
#[derive(Clone, Copy)]
pub(crate) struct Neon(());

impl Neon {
    /// The token.
    #[inline(always)]
    pub(crate) fn new() -> Neon {
        Neon(())
    }
}

/// Methods that are one expression of intrinsics.
macro_rules! lanes {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty = $body:expr;)*) => {$(
        #[inline(always)]
        fn $name(self, $($arg: $type),*) -> $result {
            // SAFETY: AArch64 always has these instructions.
            unsafe { $body }
        }
    )*};
}

/// Methods on memory that are one expression of intrinsics.
macro_rules! memory {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)? = $body:expr;)*) => {$(
        #[inline(always)]
        unsafe fn $name(self, $($arg: $type),*) $(-> $result)? {
            // SAFETY: AArch64 always has these instructions; the caller promises the memory.
            unsafe { $body }
        }
    )*};
}

impl Simd for Neon {
    type F = float32x4_t;
    type I = int32x4_t;
    type M = uint32x4_t;
    type D = [float64x2_t; 2];
    const LANES: usize = 4;

    #[inline(always)]
    fn vectorize<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "neon")]
        #[inline(never)]
        fn compiled<K: Kernel>(s: Neon, kernel: K) -> K::Output {
            kernel.run(s)
        }
        // SAFETY: AArch64 always has these instructions.
        unsafe { compiled(self, kernel) }
    }

    lanes! {
        fn splat(value: f32) -> float32x4_t = vdupq_n_f32(value);
        fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t = vaddq_f32(a, b);
        fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t = vsubq_f32(a, b);
        fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t = vmulq_f32(a, b);
        fn div(a: float32x4_t, b: float32x4_t) -> float32x4_t = vdivq_f32(a, b);
        fn fma(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t = vfmaq_f32(c, a, b);
        fn sqrt(a: float32x4_t) -> float32x4_t = vsqrtq_f32(a);
        fn min(a: float32x4_t, b: float32x4_t) -> float32x4_t = vminq_f32(a, b);
        fn max(a: float32x4_t, b: float32x4_t) -> float32x4_t = vmaxq_f32(a, b);
        fn floor(a: float32x4_t) -> float32x4_t = vrndmq_f32(a);
        fn ceil(a: float32x4_t) -> float32x4_t = vrndpq_f32(a);
        fn round(a: float32x4_t) -> float32x4_t = vrndnq_f32(a);
        fn eq(a: float32x4_t, b: float32x4_t) -> uint32x4_t = vceqq_f32(a, b);
        fn lt(a: float32x4_t, b: float32x4_t) -> uint32x4_t = vcltq_f32(a, b);
        fn le(a: float32x4_t, b: float32x4_t) -> uint32x4_t = vcleq_f32(a, b);
        fn bits(a: float32x4_t) -> int32x4_t = vreinterpretq_s32_f32(a);
        fn abs(a: float32x4_t) -> float32x4_t = vabsq_f32(a);
        fn neg(a: float32x4_t) -> float32x4_t = vnegq_f32(a);
        fn select(mask: uint32x4_t, a: float32x4_t, b: float32x4_t) -> float32x4_t = vbslq_f32(mask, a, b);

        fn splat_i(value: i32) -> int32x4_t = vdupq_n_s32(value);
        fn add_i(a: int32x4_t, b: int32x4_t) -> int32x4_t = vaddq_s32(a, b);
        fn sub_i(a: int32x4_t, b: int32x4_t) -> int32x4_t = vsubq_s32(a, b);
        fn mul_i(a: int32x4_t, b: int32x4_t) -> int32x4_t = vmulq_s32(a, b);
        fn min_i(a: int32x4_t, b: int32x4_t) -> int32x4_t = vminq_s32(a, b);
        fn max_i(a: int32x4_t, b: int32x4_t) -> int32x4_t = vmaxq_s32(a, b);
        fn and(a: int32x4_t, b: int32x4_t) -> int32x4_t = vandq_s32(a, b);
        fn or(a: int32x4_t, b: int32x4_t) -> int32x4_t = vorrq_s32(a, b);
        fn xor(a: int32x4_t, b: int32x4_t) -> int32x4_t = veorq_s32(a, b);
        // A negative count shifts right.
        fn shl(a: int32x4_t, by: i32) -> int32x4_t = vshlq_s32(a, vdupq_n_s32(by));
        fn shr(a: int32x4_t, by: i32) -> int32x4_t = vshlq_s32(a, vdupq_n_s32(-by));
        fn shr_logical(a: int32x4_t, by: i32) -> int32x4_t =
            vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-by)));
        // The instruction looks at the low byte of a count: counts are cut off at 32 first, as unsigned numbers.
        fn shl_each(a: int32x4_t, by: int32x4_t) -> int32x4_t =
            vshlq_s32(a, vreinterpretq_s32_u32(vminq_u32(vreinterpretq_u32_s32(by), vdupq_n_u32(32))));
        fn shr_each(a: int32x4_t, by: int32x4_t) -> int32x4_t =
            vshlq_s32(a, vnegq_s32(vreinterpretq_s32_u32(vminq_u32(vreinterpretq_u32_s32(by), vdupq_n_u32(32)))));
        fn eq_i(a: int32x4_t, b: int32x4_t) -> uint32x4_t = vceqq_s32(a, b);
        fn lt_i(a: int32x4_t, b: int32x4_t) -> uint32x4_t = vcltq_s32(a, b);
        fn float_from_bits(a: int32x4_t) -> float32x4_t = vreinterpretq_f32_s32(a);
        fn select_i(mask: uint32x4_t, a: int32x4_t, b: int32x4_t) -> int32x4_t = vbslq_s32(mask, a, b);
        fn to_float(a: int32x4_t) -> float32x4_t = vcvtq_f32_s32(a);
        fn truncate(a: float32x4_t) -> int32x4_t = vcvtq_s32_f32(a);
        fn mul_wide(a: int32x4_t, b: int32x4_t) -> (int32x4_t, int32x4_t) = {
            let (a, b) = (vreinterpretq_u32_s32(a), vreinterpretq_u32_s32(b));
            let low = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(a), vget_low_u32(b)));
            let high = vreinterpretq_u32_u64(vmull_high_u32(a, b));
            (vreinterpretq_s32_u32(vuzp2q_u32(low, high)), vreinterpretq_s32_u32(vuzp1q_u32(low, high)))
        };
        fn transpose4(rows: [int32x4_t; 4]) -> [int32x4_t; 4] = {
            let [a, b, c, d] = rows;
            let (ab_even, ab_odd) = (vreinterpretq_s64_s32(vtrn1q_s32(a, b)), vreinterpretq_s64_s32(vtrn2q_s32(a, b)));
            let (cd_even, cd_odd) = (vreinterpretq_s64_s32(vtrn1q_s32(c, d)), vreinterpretq_s64_s32(vtrn2q_s32(c, d)));
            [
                vreinterpretq_s32_s64(vtrn1q_s64(ab_even, cd_even)),
                vreinterpretq_s32_s64(vtrn1q_s64(ab_odd, cd_odd)),
                vreinterpretq_s32_s64(vtrn2q_s64(ab_even, cd_even)),
                vreinterpretq_s32_s64(vtrn2q_s64(ab_odd, cd_odd)),
            ]
        };

        fn exchange(a: int32x4_t, distance: usize) -> int32x4_t = match distance {
            2 => vextq_s32::<2>(a, a),
            _ => vrev64q_s32(a),
        };

        fn and_m(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t = vandq_u32(a, b);
        fn or_m(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t = vorrq_u32(a, b);
        fn not_m(a: uint32x4_t) -> uint32x4_t = vmvnq_u32(a);
        fn any(a: uint32x4_t) -> bool = vmaxvq_u32(a) != 0;

        fn splat_d(value: f64) -> [float64x2_t; 2] = [vdupq_n_f64(value); 2];
        fn widen(a: float32x4_t) -> [float64x2_t; 2] = [vcvt_f64_f32(vget_low_f32(a)), vcvt_high_f64_f32(a)];
        fn narrow(a: [float64x2_t; 2]) -> float32x4_t = vcvt_high_f32_f64(vcvt_f32_f64(a[0]), a[1]);
        fn add_d(a: [float64x2_t; 2], b: [float64x2_t; 2]) -> [float64x2_t; 2] =
            [vaddq_f64(a[0], b[0]), vaddq_f64(a[1], b[1])];
        fn mul_d(a: [float64x2_t; 2], b: [float64x2_t; 2]) -> [float64x2_t; 2] =
            [vmulq_f64(a[0], b[0]), vmulq_f64(a[1], b[1])];
        fn div_d(a: [float64x2_t; 2], b: [float64x2_t; 2]) -> [float64x2_t; 2] =
            [vdivq_f64(a[0], b[0]), vdivq_f64(a[1], b[1])];
        fn fma_d(a: [float64x2_t; 2], b: [float64x2_t; 2], c: [float64x2_t; 2]) -> [float64x2_t; 2] =
            [vfmaq_f64(c[0], a[0], b[0]), vfmaq_f64(c[1], a[1], b[1])];
        fn min_d(a: [float64x2_t; 2], b: [float64x2_t; 2]) -> [float64x2_t; 2] =
            [vminq_f64(a[0], b[0]), vminq_f64(a[1], b[1])];
        fn max_d(a: [float64x2_t; 2], b: [float64x2_t; 2]) -> [float64x2_t; 2] =
            [vmaxq_f64(a[0], b[0]), vmaxq_f64(a[1], b[1])];
        fn round_d(a: [float64x2_t; 2]) -> [float64x2_t; 2] = [vrndnq_f64(a[0]), vrndnq_f64(a[1])];
    }

    memory! {
        fn load(from: *const f32) -> float32x4_t = vld1q_f32(from);
        fn store(to: *mut f32, a: float32x4_t) = vst1q_f32(to, a);
        fn load_i(from: *const i32) -> int32x4_t = vld1q_s32(from);
        fn store_i(to: *mut i32, a: int32x4_t) = vst1q_s32(to, a);
        fn load_u8(from: *const u8) -> int32x4_t = {
            let bytes = from.cast::<[u8; 4]>().read();
            vld1q_s32(bytes.map(i32::from).as_ptr())
        };
        fn load_i8(from: *const u8) -> int32x4_t = {
            let bytes = from.cast::<[i8; 4]>().read();
            vld1q_s32(bytes.map(i32::from).as_ptr())
        };
        fn load_u16(from: *const u16) -> int32x4_t = vreinterpretq_s32_u32(vmovl_u16(vld1_u16(from)));
        fn store_u8(to: *mut u8, a: int32x4_t) = {
            let halves = vmovn_u32(vreinterpretq_u32_s32(a));
            let bytes = vmovn_u16(vcombine_u16(halves, halves));
            to.cast::<[u8; 4]>().write(vget_lane_u32::<0>(vreinterpret_u32_u8(bytes)).to_ne_bytes())
        };
        fn store_u16(to: *mut u16, a: int32x4_t) = vst1_u16(to, vmovn_u32(vreinterpretq_u32_s32(a)));
    }
}
