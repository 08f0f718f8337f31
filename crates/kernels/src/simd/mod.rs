//! Lanes: the one trait through which every kernel but the contractions is written, and its implementations.
//!
//! A kernel is a struct with a generic, `#[inline(always)]` method ([`Kernel::run`]). [`dispatch`] picks the token of the
//! detected level; the token's [`Simd::vectorize`] compiles that method again inside a `#[target_feature]` function, so an
//! operation is written once and runs with the instructions of each level. A token is proof that its instructions exist:
//! that is why lane arithmetic is safe and only memory access is not.
//!
//! Lanes must not go through a closure that may stay a function of its own (one handed to `Option::map_or`, one that is
//! used often): it is compiled without the level's instructions, and every intrinsic in it becomes a call. No symbol of
//! `core_arch` may be left in an optimised program: `nm -C` on the example `vector_bench` shows.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

use crate::Isa;

/// A piece of work that is compiled once for every instruction-set level.
pub(crate) trait Kernel {
    /// What the work gives back.
    type Output;
    /// Does the work. Implementations are `#[inline(always)]`: only then do they get the caller's instructions.
    fn run<S: Simd>(self, s: S) -> Self::Output;
}

/// A level's lanes: `LANES` of f32 (`F`), i32 (`I`), truth (`M`) and f64 (`D`, for range reductions).
///
/// Pointers need only the alignment of one element. A method with `count` touches the first `count <= LANES` elements.
/// The methods without a level's own instruction have a default here.
pub(crate) trait Simd: Copy + 'static {
    /// f32 lanes.
    type F: Copy;
    /// i32 lanes.
    type I: Copy;
    /// Truth lanes.
    type M: Copy;
    /// f64 lanes, as many as there are f32 lanes.
    type D: Copy;
    /// Lanes of 32 bits in a vector: a multiple of 4, at most [`MAX_LANES`].
    const LANES: usize;

    /// Runs `kernel` compiled for this level, as a function of its own: callers with many kernels stay small.
    fn vectorize<K: Kernel>(self, kernel: K) -> K::Output;

    // ---- f32 ----
    fn splat(self, value: f32) -> Self::F;
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`: rounded once, except on the portable level.
    fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    fn sqrt(self, a: Self::F) -> Self::F;
    /// The smaller; when `b` is NaN the result is NaN (when only `a` is, levels differ).
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// The larger; when `b` is NaN the result is NaN (when only `a` is, levels differ).
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    fn floor(self, a: Self::F) -> Self::F;
    fn ceil(self, a: Self::F) -> Self::F;
    /// To the nearest integer, halves to even.
    fn round(self, a: Self::F) -> Self::F;
    fn eq(self, a: Self::F, b: Self::F) -> Self::M;
    fn lt(self, a: Self::F, b: Self::F) -> Self::M;
    fn le(self, a: Self::F, b: Self::F) -> Self::M;
    fn bits(self, a: Self::F) -> Self::I;
    /// `mask ? a : b`.
    fn select(self, mask: Self::M, a: Self::F, b: Self::F) -> Self::F;

    // ---- i32 ----
    fn splat_i(self, value: i32) -> Self::I;
    fn add_i(self, a: Self::I, b: Self::I) -> Self::I;
    fn sub_i(self, a: Self::I, b: Self::I) -> Self::I;
    fn mul_i(self, a: Self::I, b: Self::I) -> Self::I;
    fn min_i(self, a: Self::I, b: Self::I) -> Self::I;
    fn max_i(self, a: Self::I, b: Self::I) -> Self::I;
    fn and(self, a: Self::I, b: Self::I) -> Self::I;
    fn or(self, a: Self::I, b: Self::I) -> Self::I;
    fn xor(self, a: Self::I, b: Self::I) -> Self::I;
    fn shl(self, a: Self::I, by: i32) -> Self::I;
    /// Shift right, copies of the sign bit move in.
    fn shr(self, a: Self::I, by: i32) -> Self::I;
    /// Shift right, zeros move in.
    fn shr_logical(self, a: Self::I, by: i32) -> Self::I;
    /// Shift left by a count per lane; a count that is not within 0..32 gives 0.
    fn shl_each(self, a: Self::I, by: Self::I) -> Self::I;
    /// Arithmetic shift right by a count per lane; a count that is not within 0..32 gives copies of the sign bit.
    fn shr_each(self, a: Self::I, by: Self::I) -> Self::I;
    fn eq_i(self, a: Self::I, b: Self::I) -> Self::M;
    fn lt_i(self, a: Self::I, b: Self::I) -> Self::M;
    fn float_from_bits(self, a: Self::I) -> Self::F;
    /// `mask ? a : b`.
    fn select_i(self, mask: Self::M, a: Self::I, b: Self::I) -> Self::I;
    /// The value of every lane as f32.
    fn to_float(self, a: Self::I) -> Self::F;
    /// Towards zero; the result for NaN and for what i32 cannot hold differs between levels.
    fn truncate(self, a: Self::F) -> Self::I;
    /// The high and the low 32 bits of the unsigned products.
    fn mul_wide(self, a: Self::I, b: Self::I) -> (Self::I, Self::I);
    /// Transposes the 4x4 squares of four vectors: lane `4 l + j` of result `k` is lane `4 l + k` of argument `j`.
    fn transpose4(self, rows: [Self::I; 4]) -> [Self::I; 4];

    /// Lane `i` of the result is lane `i ^ distance`; the distance is a power of two below `LANES`.
    fn exchange(self, a: Self::I, distance: usize) -> Self::I;

    /// Whether [`Simd::lookup`] is one instruction.
    const HAS_LOOKUP: bool = false;
    /// Entry `at % 16` of a table of 16.
    #[inline(always)]
    fn lookup(self, table: &[f32; MAX_LANES], at: Self::I) -> Self::F {
        self.of_array(&self.to_array_i(at).map(|at| table[at as usize % MAX_LANES]))
    }

    // ---- truth ----
    fn and_m(self, a: Self::M, b: Self::M) -> Self::M;
    fn or_m(self, a: Self::M, b: Self::M) -> Self::M;
    fn not_m(self, a: Self::M) -> Self::M;
    fn any(self, a: Self::M) -> bool;

    // ---- f64 ----
    fn splat_d(self, value: f64) -> Self::D;
    fn widen(self, a: Self::F) -> Self::D;
    fn narrow(self, a: Self::D) -> Self::F;
    fn add_d(self, a: Self::D, b: Self::D) -> Self::D;
    fn mul_d(self, a: Self::D, b: Self::D) -> Self::D;
    fn div_d(self, a: Self::D, b: Self::D) -> Self::D;
    /// `a * b + c`: rounded once, except on the portable level.
    fn fma_d(self, a: Self::D, b: Self::D, c: Self::D) -> Self::D;
    /// The smaller; when `b` is NaN the result is NaN.
    fn min_d(self, a: Self::D, b: Self::D) -> Self::D;
    /// The larger; when `b` is NaN the result is NaN.
    fn max_d(self, a: Self::D, b: Self::D) -> Self::D;
    /// To the nearest integer, halves to even.
    fn round_d(self, a: Self::D) -> Self::D;

    // ---- memory ----
    /// # Safety
    /// `LANES` elements at `from` are readable.
    unsafe fn load(self, from: *const f32) -> Self::F;
    /// # Safety
    /// `LANES` elements at `to` are writable.
    unsafe fn store(self, to: *mut f32, a: Self::F);
    /// As [`Simd::store`], past the caches where the level can: memory then need not be read before it is written. [`Simd::fence`] comes before
    /// anybody else looks at it.
    /// # Safety
    /// `LANES` elements at `to` are writable, and `to` is a multiple of the vector ([`lies_by_vectors`]).
    #[inline(always)]
    unsafe fn stream(self, to: *mut f32, a: Self::F) {
        // SAFETY: the caller's promise.
        unsafe { self.store(to, a) };
    }
    /// Completes what [`Simd::stream`] wrote.
    #[inline(always)]
    fn fence(self) {}
    /// # Safety
    /// `LANES` elements at `from` are readable.
    unsafe fn load_i(self, from: *const i32) -> Self::I;
    /// # Safety
    /// `LANES` elements at `to` are writable.
    unsafe fn store_i(self, to: *mut i32, a: Self::I);
    /// Unsigned 8-bit elements.
    /// # Safety
    /// `LANES` elements at `from` are readable.
    unsafe fn load_u8(self, from: *const u8) -> Self::I;
    /// Signed 8-bit elements.
    /// # Safety
    /// `LANES` elements at `from` are readable.
    unsafe fn load_i8(self, from: *const u8) -> Self::I;
    /// Unsigned 16-bit elements.
    /// # Safety
    /// `LANES` elements at `from` are readable.
    unsafe fn load_u16(self, from: *const u16) -> Self::I;
    /// The low 8 bits of every lane.
    /// # Safety
    /// `LANES` elements at `to` are writable.
    unsafe fn store_u8(self, to: *mut u8, a: Self::I);
    /// The low 16 bits of every lane.
    /// # Safety
    /// `LANES` elements at `to` are writable.
    unsafe fn store_u16(self, to: *mut u16, a: Self::I);

    /// The first `count` elements, `fill` in the other lanes.
    /// # Safety
    /// `count` elements at `from` are readable.
    #[inline(always)]
    unsafe fn load_partial(self, from: *const f32, count: usize, fill: f32) -> Self::F {
        let mut lanes = [fill; MAX_LANES];
        // SAFETY: the caller's promise for the source; `count <= LANES <= MAX_LANES` elements fit the array.
        unsafe {
            std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), count);
            self.load(lanes.as_ptr())
        }
    }
    /// The first `count` lanes.
    /// # Safety
    /// `count` elements at `to` are writable.
    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize, a: Self::F) {
        let lanes = self.to_array(a);
        // SAFETY: the caller's promise for the target; the array holds LANES >= count elements.
        unsafe { std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, count) }
    }

    // ---- built from the above ----
    #[inline(always)]
    fn to_array(self, a: Self::F) -> [f32; MAX_LANES] {
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: the array holds LANES elements.
        unsafe { self.store(lanes.as_mut_ptr(), a) };
        lanes
    }
    #[inline(always)]
    fn to_array_i(self, a: Self::I) -> [i32; MAX_LANES] {
        let mut lanes = [0; MAX_LANES];
        // SAFETY: the array holds LANES elements.
        unsafe { self.store_i(lanes.as_mut_ptr(), a) };
        lanes
    }
    /// All lanes into one by a tree: distance LANES / 2 first.
    #[inline(always)]
    fn across(self, mut a: Self::I, combine: impl Fn(Self::I, Self::I) -> Self::I) -> i32 {
        let mut distance = Self::LANES / 2;
        while distance > 0 {
            a = combine(a, self.exchange(a, distance));
            distance /= 2;
        }
        self.to_array_i(a)[0]
    }
    /// Sum of the lanes, by a tree.
    #[inline(always)]
    fn sum(self, a: Self::F) -> f32 {
        let add = |a, b| self.bits(self.add(self.float_from_bits(a), self.float_from_bits(b)));
        f32::from_bits(self.across(self.bits(a), add) as u32)
    }
    /// The first `LANES` entries.
    #[inline(always)]
    fn of_array(self, lanes: &[f32; MAX_LANES]) -> Self::F {
        // SAFETY: the array holds LANES elements.
        unsafe { self.load(lanes.as_ptr()) }
    }
    /// The first `LANES` entries.
    #[inline(always)]
    fn of_array_i(self, lanes: &[i32; MAX_LANES]) -> Self::I {
        // SAFETY: the array holds LANES elements.
        unsafe { self.load_i(lanes.as_ptr()) }
    }
    #[inline(always)]
    fn ne(self, a: Self::F, b: Self::F) -> Self::M {
        self.not_m(self.eq(a, b))
    }
    #[inline(always)]
    fn is_nan(self, a: Self::F) -> Self::M {
        self.ne(a, a)
    }
    #[inline(always)]
    fn abs(self, a: Self::F) -> Self::F {
        self.float_from_bits(self.and(self.bits(a), self.splat_i(i32::MAX)))
    }
    #[inline(always)]
    fn neg(self, a: Self::F) -> Self::F {
        self.float_from_bits(self.xor(self.bits(a), self.splat_i(i32::MIN)))
    }
    /// The magnitude of `a` (not negative) with the sign bit of `b`.
    #[inline(always)]
    fn copy_sign(self, a: Self::F, b: Self::F) -> Self::F {
        let sign = self.and(self.bits(b), self.splat_i(i32::MIN));
        self.float_from_bits(self.or(self.bits(a), sign))
    }
    /// The larger; NaN when either is.
    #[inline(always)]
    fn max_nan(self, a: Self::F, b: Self::F) -> Self::F {
        self.select(self.is_nan(a), a, self.max(a, b))
    }
    /// The smaller; NaN when either is.
    #[inline(always)]
    fn min_nan(self, a: Self::F, b: Self::F) -> Self::F {
        self.select(self.is_nan(a), a, self.min(a, b))
    }
    /// 1 where true, 0 elsewhere.
    #[inline(always)]
    fn to_int(self, a: Self::M) -> Self::I {
        self.select_i(a, self.splat_i(1), self.splat_i(0))
    }
    #[inline(always)]
    fn non_zero(self, a: Self::I) -> Self::M {
        self.not_m(self.eq_i(a, self.splat_i(0)))
    }
    /// `a * 2^n` for whole `n` within -300..=300, rounded once: two factors, since `2^n` alone may not be a normal number.
    #[inline(always)]
    fn scale(self, a: Self::F, n: Self::F) -> Self::F {
        let n = self.truncate(n);
        let half = self.shr(n, 1);
        let rest = self.sub_i(n, half);
        self.mul(self.mul(a, self.power_of_two(half)), self.power_of_two(rest))
    }
    /// `a * 2^n` for whole `n` within -126..=127, where the result is a normal number.
    #[inline(always)]
    fn scale_normal(self, a: Self::F, n: Self::F) -> Self::F {
        self.mul(a, self.power_of_two(self.truncate(n)))
    }
    /// `2^n` for `n` within -126..=127.
    #[inline(always)]
    fn power_of_two(self, n: Self::I) -> Self::F {
        self.float_from_bits(self.shl(self.add_i(n, self.splat_i(127)), 23))
    }
    /// IEEE binary16 elements.
    /// # Safety
    /// `LANES` elements at `from` are readable.
    #[inline(always)]
    unsafe fn load_f16(self, from: *const u16) -> Self::F {
        // SAFETY: the caller's promise.
        crate::vecmath::half_to_float(self, unsafe { self.load_u16(from) })
    }
    /// To IEEE binary16, halves to even.
    /// # Safety
    /// `LANES` elements at `to` are writable.
    #[inline(always)]
    unsafe fn store_f16(self, to: *mut u16, a: Self::F) {
        // SAFETY: the caller's promise.
        unsafe { self.store_u16(to, crate::vecmath::float_to_half(self, a)) }
    }
}

/// Whether [`Simd::stream`] may begin at an address.
#[inline(always)]
pub(crate) fn lies_by_vectors<S: Simd>(to: *const f32) -> bool {
    to.addr().is_multiple_of(4 * S::LANES)
}

/// The most lanes of any level.
pub(crate) const MAX_LANES: usize = 16;

/// Runs `kernel` with the instructions of `isa`.
///
/// A level that this machine (or this build) does not have falls back to the portable one, so that no caller can reach
/// an instruction that is not there.
#[inline]
pub(crate) fn dispatch<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => match avx512::Avx512::detect() {
            Some(s) => s.vectorize(kernel),
            None => portable::Portable.vectorize(kernel),
        },
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => match avx2::Avx2::detect() {
            Some(s) => s.vectorize(kernel),
            None => portable::Portable.vectorize(kernel),
        },
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => neon::Neon::new().vectorize(kernel),
        _ => portable::Portable.vectorize(kernel),
    }
}
