//! The operations on lanes: one line each.
//!
//! Light operations are links of a chain (see `chain.rs`), whose values stay in vector registers; heavy ones, which
//! compute long enough for a store not to matter, are loops of their own.

use super::code::{Binary, Unary};
use crate::simd::{Kernel, Simd};
use crate::vecmath;
use std::marker::PhantomData;

/// An operation on one vector of 32-bit lanes; f32 operands are taken from their bits, which costs nothing.
trait Op1 {
    fn apply<S: Simd>(s: S, a: S::I) -> S::I;
}
/// An operation on two vectors.
trait Op2 {
    fn apply<S: Simd>(s: S, a: S::I, b: S::I) -> S::I;
}

/// `n` lanes (a multiple of the vector) from `a` to `dst`, which may be the same memory.
struct Loop1<O> {
    op: PhantomData<O>,
    dst: *mut i32,
    a: *const i32,
    n: usize,
}
struct Loop2<O> {
    op: PhantomData<O>,
    dst: *mut i32,
    a: *const i32,
    b: *const i32,
    n: usize,
}

impl<O: Op1> Kernel for Loop1<O> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut i = 0;
        while i + 2 * S::LANES <= self.n {
            // SAFETY: as below.
            unsafe {
                let a = O::apply(s, s.load_i(self.a.add(i)));
                let b = O::apply(s, s.load_i(self.a.add(i + S::LANES)));
                s.store_i(self.dst.add(i), a);
                s.store_i(self.dst.add(i + S::LANES), b);
            }
            i += 2 * S::LANES;
        }
        while i < self.n {
            // SAFETY: `heavy_unary` passes on its caller's promise of n lanes behind every pointer; i advances by whole
            // vectors.
            unsafe { s.store_i(self.dst.add(i), O::apply(s, s.load_i(self.a.add(i)))) };
            i += S::LANES;
        }
    }
}

impl<O: Op2> Kernel for Loop2<O> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut i = 0;
        while i < self.n {
            // SAFETY: `heavy_binary` passes on its caller's promise of n lanes behind every pointer; i advances by whole
            // vectors.
            unsafe {
                let value = O::apply(s, s.load_i(self.a.add(i)), s.load_i(self.b.add(i)));
                s.store_i(self.dst.add(i), value);
            }
            i += S::LANES;
        }
    }
}

/// Takes an operand of the class named out of 32-bit lanes.
macro_rules! take {
    (F, $s:expr, $bits:expr) => {
        $s.float_from_bits($bits)
    };
    (I, $s:expr, $bits:expr) => {
        $bits
    };
    (B, $s:expr, $bits:expr) => {
        $s.non_zero($bits)
    };
}
/// Puts a result of the class named into 32-bit lanes.
macro_rules! give {
    (F, $s:expr, $value:expr) => {
        $s.bits($value)
    };
    (I, $s:expr, $value:expr) => {
        $value
    };
    (B, $s:expr, $value:expr) => {
        $s.to_int($value)
    };
}

macro_rules! unary_operations {
    (light { $($light:ident: $lf:ident -> $lt:ident = |$ls:ident, $la:ident| $lbody:expr;)* }
     heavy { $($heavy:ident: $hf:ident -> $ht:ident = |$hs:ident, $ha:ident| $hbody:expr;)* }) => {
        mod unary_marks {
            $(pub(super) struct $light;)*
            $(pub(super) struct $heavy;)*
        }
        $(impl Op1 for unary_marks::$light {
            #[inline(always)]
            fn apply<S: Simd>($ls: S, $la: S::I) -> S::I {
                let $la = take!($lf, $ls, $la);
                give!($lt, $ls, $lbody)
            }
        })*
        $(impl Op1 for unary_marks::$heavy {
            #[inline(always)]
            fn apply<S: Simd>($hs: S, $ha: S::I) -> S::I {
                let $ha = take!($hf, $hs, $ha);
                give!($ht, $hs, $hbody)
            }
        })*
        /// Whether the operation is a link of a chain.
        pub(super) fn is_light_unary(op: Unary) -> bool {
            match op {
                $(Unary::$light => true,)*
                $(Unary::$heavy => false,)*
            }
        }
        /// `lanes = op(lanes)`, for a light operation.
        #[inline(always)]
        pub(super) fn light_unary<S: Simd, const W: usize>(s: S, op: Unary, lanes: &mut [S::I; W]) {
            match op {
                $(Unary::$light => for a in lanes { *a = unary_marks::$light::apply(s, *a) },)*
                _ => debug_assert!(false, "a heavy operation is no link"),
            }
        }
        /// `dst = op(a)` on `n` lanes, a multiple of the vector, for a heavy operation.
        ///
        /// # Safety
        /// `n` lanes are readable at `a` and writable at `dst`; the two are the same memory or do not overlap.
        pub(super) unsafe fn heavy_unary<S: Simd>(s: S, op: Unary, dst: *mut i32, a: *const i32, n: usize) {
            match op {
                $(Unary::$heavy => s.vectorize(Loop1::<unary_marks::$heavy> { op: PhantomData, dst, a, n }),)*
                _ => debug_assert!(false, "a light operation is a link"),
            }
        }
    };
}

macro_rules! binary_operations {
    (light { $($light:ident: $lf:ident -> $lt:ident = |$ls:ident, $la:ident, $lb:ident| $lbody:expr;)* }
     heavy { $($heavy:ident: $hf:ident -> $ht:ident = |$hs:ident, $ha:ident, $hb:ident| $hbody:expr;)* }) => {
        mod binary_marks {
            $(pub(super) struct $light;)*
            $(pub(super) struct $heavy;)*
        }
        $(impl Op2 for binary_marks::$light {
            #[inline(always)]
            fn apply<S: Simd>($ls: S, $la: S::I, $lb: S::I) -> S::I {
                let ($la, $lb) = (take!($lf, $ls, $la), take!($lf, $ls, $lb));
                give!($lt, $ls, $lbody)
            }
        })*
        $(impl Op2 for binary_marks::$heavy {
            #[inline(always)]
            fn apply<S: Simd>($hs: S, $ha: S::I, $hb: S::I) -> S::I {
                let ($ha, $hb) = (take!($hf, $hs, $ha), take!($hf, $hs, $hb));
                give!($ht, $hs, $hbody)
            }
        })*
        /// Whether the operation is a link of a chain.
        pub(super) fn is_light_binary(op: Binary) -> bool {
            match op {
                $(Binary::$light => true,)*
                $(Binary::$heavy => false,)*
            }
        }
        /// `lanes = op(lanes, other)`, or `op(other, lanes)` when `REVERSED`, for a light operation.
        ///
        /// # Safety
        /// As many lanes are readable at `other`.
        #[inline(always)]
        pub(super) unsafe fn light_binary<S: Simd, const W: usize, const REVERSED: bool>(
            s: S,
            op: Binary,
            lanes: &mut [S::I; W],
            other: *const i32,
        ) {
            match op {
                $(Binary::$light => for (k, a) in lanes.iter_mut().enumerate() {
                    // SAFETY: the caller's promise.
                    let b = unsafe { s.load_i(other.add(k * S::LANES)) };
                    *a = if REVERSED {
                        binary_marks::$light::apply(s, b, *a)
                    } else {
                        binary_marks::$light::apply(s, *a, b)
                    };
                },)*
                _ => debug_assert!(false, "a heavy operation is no link"),
            }
        }
        /// `dst = op(a, b)` on `n` lanes, a multiple of the vector, for a heavy operation.
        ///
        /// # Safety
        /// `n` lanes are readable at `a` and `b` and writable at `dst`; any two are the same memory or do not overlap.
        pub(super) unsafe fn heavy_binary<S: Simd>(
            s: S,
            op: Binary,
            dst: *mut i32,
            a: *const i32,
            b: *const i32,
            n: usize,
        ) {
            match op {
                $(Binary::$heavy => s.vectorize(Loop2::<binary_marks::$heavy> { op: PhantomData, dst, a, b, n }),)*
                _ => debug_assert!(false, "a light operation is a link"),
            }
        }
    };
}

unary_operations! {
    light {
    Neg: F -> F = |s, a| s.neg(a);
    Abs: F -> F = |s, a| s.abs(a);
    Sign: F -> F = |s, a| {
        let unit = s.copy_sign(s.splat(1.0), a);
        s.select(s.lt(s.splat(0.0), s.abs(a)), unit, a)
    };
    Sqrt: F -> F = |s, a| s.sqrt(a);
    Rsqrt: F -> F = |s, a| s.div(s.splat(1.0), s.sqrt(a));
    Reciprocal: F -> F = |s, a| s.div(s.splat(1.0), a);
    Square: F -> F = |s, a| s.mul(a, a);
    Floor: F -> F = |s, a| s.floor(a);
    Ceil: F -> F = |s, a| s.ceil(a);
    Round: F -> F = |s, a| s.round(a);
    Trunc: F -> F = |s, a| s.copy_sign(s.floor(s.abs(a)), a);
    // The operand is second, so NaN stays.
    Relu: F -> F = |s, a| s.max(s.splat(0.0), a);
    IsNan: F -> B = |s, a| s.is_nan(a);
    IsInf: F -> B = |s, a| s.eq(s.abs(a), s.splat(f32::INFINITY));
    IsFinite: F -> B = |s, a| s.lt(s.abs(a), s.splat(f32::INFINITY));
    LogicalNot: B -> B = |s, a| s.not_m(a);
    NegI: I -> I = |s, a| s.sub_i(s.splat_i(0), a);
    AbsI: I -> I = |s, a| {
        let sign = s.shr(a, 31);
        s.sub_i(s.xor(a, sign), sign)
    };
    SignI: I -> I = |s, a| s.max_i(s.splat_i(-1), s.min_i(s.splat_i(1), a));
    SquareI: I -> I = |s, a| s.mul_i(a, a);
    NotI: I -> I = |s, a| s.xor(a, s.splat_i(-1));
    FToI: F -> I = |s, a| vecmath::float_to_int(s, a);
    IToF: I -> F = |s, a| s.to_float(a);
    FToB: F -> B = |s, a| s.ne(a, s.splat(0.0));
    IToB: I -> B = |s, a| s.non_zero(a);
    BToF: I -> F = |s, a| s.to_float(a);
    WrapU8: I -> I = |s, a| s.and(a, s.splat_i(255));
    WrapI8: I -> I = |s, a| s.shr(s.shl(a, 24), 24);
    FToU8: F -> I = |s, a| s.max_i(s.splat_i(0), s.min_i(s.splat_i(255), vecmath::float_to_int(s, a)));
    FToI8: F -> I = |s, a| s.max_i(s.splat_i(-128), s.min_i(s.splat_i(127), vecmath::float_to_int(s, a)));
    }
    heavy {
    Exp: F -> F = |s, a| vecmath::exp(s, a);
    Expm1: F -> F = |s, a| vecmath::expm1(s, a);
    Log: F -> F = |s, a| vecmath::log(s, a);
    Log1p: F -> F = |s, a| vecmath::log1p(s, a);
    Sin: F -> F = |s, a| vecmath::sin(s, a);
    Cos: F -> F = |s, a| vecmath::cos(s, a);
    Tan: F -> F = |s, a| vecmath::tan(s, a);
    Asin: F -> F = |s, a| vecmath::asin(s, a);
    Acos: F -> F = |s, a| vecmath::acos(s, a);
    Atan: F -> F = |s, a| vecmath::atan(s, a);
    Sinh: F -> F = |s, a| vecmath::sinh(s, a);
    Cosh: F -> F = |s, a| vecmath::cosh(s, a);
    Asinh: F -> F = |s, a| vecmath::asinh(s, a);
    Acosh: F -> F = |s, a| vecmath::acosh(s, a);
    Atanh: F -> F = |s, a| vecmath::atanh(s, a);
    Exp2: F -> F = |s, a| vecmath::exp2(s, a);
    Log2: F -> F = |s, a| vecmath::log2(s, a);
    Log10: F -> F = |s, a| vecmath::log10(s, a);
    Cbrt: F -> F = |s, a| vecmath::cbrt(s, a);
    Tanh: F -> F = |s, a| vecmath::tanh(s, a);
    Sigmoid: F -> F = |s, a| vecmath::sigmoid(s, a);
    Erf: F -> F = |s, a| vecmath::erf(s, a);
    Erfc: F -> F = |s, a| vecmath::erfc(s, a);
    Erfinv: F -> F = |s, a| vecmath::erfinv(s, a);
    Gelu: F -> F = |s, a| vecmath::gelu(s, a);
    GeluSlope: F -> F = |s, a| vecmath::gelu_slope(s, a);
    Lgamma: F -> F = |s, a| vecmath::lgamma(s, a);
    Digamma: F -> F = |s, a| vecmath::digamma(s, a);
    Trigamma: F -> F = |s, a| vecmath::trigamma(s, a);
    RoundBf16: F -> F = |s, a| s.float_from_bits(s.shl(vecmath::float_to_bfloat(s, a), 16));
    RoundF16: F -> F = |s, a| vecmath::half_to_float(s, vecmath::float_to_half(s, a));
    }
}

binary_operations! {
    light {
    Add: F -> F = |s, a, b| s.add(a, b);
    Sub: F -> F = |s, a, b| s.sub(a, b);
    Mul: F -> F = |s, a, b| s.mul(a, b);
    Div: F -> F = |s, a, b| s.div(a, b);
    Max: F -> F = |s, a, b| s.max_nan(a, b);
    Min: F -> F = |s, a, b| s.min_nan(a, b);
    Eq: F -> B = |s, a, b| s.eq(a, b);
    Ne: F -> B = |s, a, b| s.ne(a, b);
    Lt: F -> B = |s, a, b| s.lt(a, b);
    Le: F -> B = |s, a, b| s.le(a, b);
    Gt: F -> B = |s, a, b| s.lt(b, a);
    Ge: F -> B = |s, a, b| s.le(b, a);
    AddI: I -> I = |s, a, b| s.add_i(a, b);
    SubI: I -> I = |s, a, b| s.sub_i(a, b);
    MulI: I -> I = |s, a, b| s.mul_i(a, b);
    MaxI: I -> I = |s, a, b| s.max_i(a, b);
    MinI: I -> I = |s, a, b| s.min_i(a, b);
    EqI: I -> B = |s, a, b| s.eq_i(a, b);
    NeI: I -> B = |s, a, b| s.not_m(s.eq_i(a, b));
    LtI: I -> B = |s, a, b| s.lt_i(a, b);
    LeI: I -> B = |s, a, b| s.not_m(s.lt_i(b, a));
    GtI: I -> B = |s, a, b| s.lt_i(b, a);
    GeI: I -> B = |s, a, b| s.not_m(s.lt_i(a, b));
    BitAnd: I -> I = |s, a, b| s.and(a, b);
    BitOr: I -> I = |s, a, b| s.or(a, b);
    BitXor: I -> I = |s, a, b| s.xor(a, b);
    Shl: I -> I = |s, a, b| s.shl_each(a, b);
    Shr: I -> I = |s, a, b| s.shr_each(a, b);
    NextAfter: F -> F = |s, a, b| next_after(s, a, b);
    And: I -> I = |s, a, b| s.and(a, b);
    Or: I -> I = |s, a, b| s.or(a, b);
    Xor: I -> I = |s, a, b| s.xor(a, b);
    }
    heavy {
    Pow: F -> F = |s, a, b| vecmath::pow(s, a, b);
    Mod: F -> F = |s, a, b| by_lane(s, a, b, floor_mod);
    Rem: F -> F = |s, a, b| by_lane(s, a, b, |a, b| a % b);
    Atan2: F -> F = |s, a, b| vecmath::atan2(s, a, b);
    DivI: I -> I = |s, a, b| by_lane_i(s, a, b, floor_div_i);
    ModI: I -> I = |s, a, b| by_lane_i(s, a, b, floor_mod_i);
    RemI: I -> I = |s, a, b| by_lane_i(s, a, b, |a, b| if b == 0 { 0 } else { a.wrapping_rem(b) });
    PowI: I -> I = |s, a, b| by_lane_i(s, a, b, power);
    Gcd: I -> I = |s, a, b| by_lane_i(s, a, b, greatest_common_divisor);
    }
}

/// The bit pattern's neighbour: patterns of one sign are ordered as their magnitudes are.
#[inline(always)]
fn next_after<S: Simd>(s: S, a: S::F, b: S::F) -> S::F {
    let bits = s.bits(a);
    let towards_zero = s.non_zero(s.xor(s.to_int(s.lt(b, a)), s.to_int(s.lt_i(bits, s.splat_i(0)))));
    let step = s.select_i(towards_zero, s.splat_i(-1), s.splat_i(1));
    let next = s.float_from_bits(s.add_i(bits, step));
    let least = s.copy_sign(s.float_from_bits(s.splat_i(1)), b);
    let next = s.select(s.eq(a, s.splat(0.0)), least, next);
    let next = s.select(s.eq(a, b), b, next);
    s.select(s.or_m(s.is_nan(a), s.is_nan(b)), s.splat(f32::NAN), next)
}

#[inline(always)]
fn by_lane<S: Simd>(s: S, a: S::F, b: S::F, f: fn(f32, f32) -> f32) -> S::F {
    let (mut left, right) = (s.to_array(a), s.to_array(b));
    for lane in 0..S::LANES {
        left[lane] = f(left[lane], right[lane]);
    }
    s.of_array(&left)
}

#[inline(always)]
fn by_lane_i<S: Simd>(s: S, a: S::I, b: S::I, f: fn(i32, i32) -> i32) -> S::I {
    let (mut left, right) = (s.to_array_i(a), s.to_array_i(b));
    for lane in 0..S::LANES {
        left[lane] = f(left[lane], right[lane]);
    }
    s.of_array_i(&left)
}

fn floor_mod(a: f32, b: f32) -> f32 {
    let rest = a % b;
    if rest == 0.0 {
        // Zero takes the divisor's sign too.
        rest.abs().copysign(b)
    } else if (rest < 0.0) != (b < 0.0) {
        rest + b
    } else {
        rest
    }
}

fn floor_div_i(a: i32, b: i32) -> i32 {
    if b == 0 {
        return 0;
    }
    let quotient = a.wrapping_div(b);
    if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

fn floor_mod_i(a: i32, b: i32) -> i32 {
    if b == 0 {
        return 0;
    }
    let rest = a.wrapping_rem(b);
    if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
}

fn power(a: i32, b: i32) -> i32 {
    match (a, b) {
        (_, 0..) => a.wrapping_pow(b.unsigned_abs()),
        (1, _) => 1,
        (-1, _) => 1 - 2 * (b & 1),
        _ => 0,
    }
}

fn greatest_common_divisor(a: i32, b: i32) -> i32 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a as i32
}
