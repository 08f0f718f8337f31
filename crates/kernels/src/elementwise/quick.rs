//! Pairs: two of the commonest operations as one link.
//!
//! What a link costs beside its arithmetic is its dispatch: about 15 cycles a strip on Zen 1, as much as two operations on
//! eight vectors. So the operations that most programs are made of (updates of weights, normalization, activations) are run
//! two at a time, behind a single jump.

use super::code::{Binary, Unary};
use crate::simd::Simd;

/// One half of a pair; `v` is the running value and `x` the operand.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(super) enum Half {
    /// `v + x`.
    Add,
    /// `v * x`.
    Mul,
    /// `v - x`.
    Sub,
    /// `x - v`.
    SubFrom,
    /// `v / x`.
    Div,
    /// `x / v`.
    DivInto,
    /// `v * v`.
    Square,
    /// The square root of `v`.
    Sqrt,
}

impl Half {
    /// The half that computes `op(v)`.
    pub(super) fn unary(op: Unary) -> Option<Half> {
        match op {
            Unary::Square => Some(Half::Square),
            Unary::Sqrt => Some(Half::Sqrt),
            _ => None,
        }
    }

    /// The half that computes `op(v, x)`, or `op(x, v)` when `reversed`.
    pub(super) fn binary(op: Binary, reversed: bool) -> Option<Half> {
        match (op, reversed) {
            (Binary::Add, _) => Some(Half::Add),
            (Binary::Mul, _) => Some(Half::Mul),
            (Binary::Sub, false) => Some(Half::Sub),
            (Binary::Sub, true) => Some(Half::SubFrom),
            (Binary::Div, false) => Some(Half::Div),
            (Binary::Div, true) => Some(Half::DivInto),
            _ => None,
        }
    }

    const ALL: [Half; 8] =
        [Half::Add, Half::Mul, Half::Sub, Half::SubFrom, Half::Div, Half::DivInto, Half::Square, Half::Sqrt];
}

/// A pair is `9 first + second`, where 8 stands for no second.
const RADIX: u8 = Half::ALL.len() as u8 + 1;
const NOTHING: u8 = RADIX - 1;
const CODES: u8 = NOTHING * RADIX;

/// The code of a half alone.
pub(super) fn single(half: Half) -> u8 {
    half as u8 * RADIX + NOTHING
}

/// The code of two halves, each of which has a code alone.
pub(super) fn pair(first: u8, second: u8) -> Option<u8> {
    let single = |code: u8| code < CODES && code % RADIX == NOTHING;
    (single(first) && single(second)).then(|| first / RADIX * RADIX + second / RADIX)
}

/// `match`es a link's code: an arm for every pair, and the arms given.
macro_rules! jump {
    ($code:expr, |$pair:ident| $run:expr, $($pattern:pat => $other:expr,)*) => {
        quick::jump!(@ $code, $pair, $run, [$($pattern => $other,)*],
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40
            41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71)
    };
    (@ $code:expr, $pair:ident, $run:expr, [$($pattern:pat => $other:expr,)*], $($n:literal)*) => {
        match $code {
            $($n => { const $pair: u8 = $n; $run })*
            $($pattern => $other,)*
        }
    };
}
pub(super) use jump;

/// `lanes = pair(lanes)` for the pair of the code.
///
/// # Safety
/// As many lanes are readable at the operand of each half that takes one.
#[inline(always)]
pub(super) unsafe fn halves<S: Simd, const W: usize, const CODE: u8>(
    s: S,
    lanes: &mut [S::I; W],
    x: *const f32,
    y: *const f32,
) {
    for (k, value) in lanes.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            let v = half(s, CODE / RADIX, s.float_from_bits(*value), x.wrapping_add(k * S::LANES));
            *value = s.bits(half(s, CODE % RADIX, v, y.wrapping_add(k * S::LANES)));
        }
    }
}

/// # Safety
/// A vector is readable at `x`, if the half takes an operand.
#[inline(always)]
unsafe fn half<S: Simd>(s: S, half: u8, v: S::F, x: *const f32) -> S::F {
    if half == NOTHING {
        return v;
    }
    // SAFETY: the caller's promise.
    unsafe {
        match Half::ALL[half as usize] {
            Half::Add => s.add(v, s.load(x)),
            Half::Mul => s.mul(v, s.load(x)),
            Half::Sub => s.sub(v, s.load(x)),
            Half::SubFrom => s.sub(s.load(x), v),
            Half::Div => s.div(v, s.load(x)),
            Half::DivInto => s.div(s.load(x), v),
            Half::Square => s.mul(v, v),
            Half::Sqrt => s.sqrt(v),
        }
    }
}
