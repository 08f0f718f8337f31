//! The associative operations behind the folding reductions.

use crate::simd::Simd;

/// An operation that combines two partial results, on 32-bit lanes and on one.
pub(super) trait Fold {
    /// Bits that change nothing.
    const IDENTITY: i32;
    /// Whether it is the sum of floats.
    const SUM: bool = false;
    fn combine<S: Simd>(s: S, a: S::I, b: S::I) -> S::I;
    fn combine_one(a: i32, b: i32) -> i32;
}

/// Folds of f32: a float expression for lanes and one for a single element.
macro_rules! float_folds {
    ($($name:ident, $identity:expr, $sum:literal, |$s:ident, $a:ident, $b:ident| $lanes:expr, $one:expr;)*) => {$(
        pub(super) struct $name;
        impl Fold for $name {
            const IDENTITY: i32 = f32::to_bits($identity) as i32;
            const SUM: bool = $sum;
            #[inline(always)]
            fn combine<S: Simd>($s: S, $a: S::I, $b: S::I) -> S::I {
                let ($a, $b) = ($s.float_from_bits($a), $s.float_from_bits($b));
                $s.bits($lanes)
            }
            #[inline(always)]
            fn combine_one($a: i32, $b: i32) -> i32 {
                let ($a, $b) = (f32::from_bits($a as u32), f32::from_bits($b as u32));
                f32::to_bits($one) as i32
            }
        }
    )*};
}

/// Folds of i32.
macro_rules! int_folds {
    ($($name:ident, $identity:expr, |$s:ident, $a:ident, $b:ident| $lanes:expr, $one:expr;)*) => {$(
        pub(super) struct $name;
        impl Fold for $name {
            const IDENTITY: i32 = $identity;
            #[inline(always)]
            fn combine<S: Simd>($s: S, $a: S::I, $b: S::I) -> S::I {
                $lanes
            }
            #[inline(always)]
            fn combine_one($a: i32, $b: i32) -> i32 {
                $one
            }
        }
    )*};
}

float_folds! {
    SumF, 0.0, true, |s, a, b| s.add(a, b), a + b;
    ProdF, 1.0, false, |s, a, b| s.mul(a, b), a * b;
    MaxF, f32::NEG_INFINITY, false, |s, a, b| s.max_nan(a, b), if a.is_nan() || a > b { a } else { b };
    MinF, f32::INFINITY, false, |s, a, b| s.min_nan(a, b), if a.is_nan() || a < b { a } else { b };
}

int_folds! {
    SumI, 0, |s, a, b| s.add_i(a, b), a.wrapping_add(b);
    ProdI, 1, |s, a, b| s.mul_i(a, b), a.wrapping_mul(b);
    MaxI, i32::MIN, |s, a, b| s.max_i(a, b), a.max(b);
    MinI, i32::MAX, |s, a, b| s.min_i(a, b), a.min(b);
    Or, 0, |s, a, b| s.or(a, b), a | b;
    And, 1, |s, a, b| s.and(a, b), a & b;
}
