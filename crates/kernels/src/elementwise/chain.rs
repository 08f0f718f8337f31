//! Chains: light steps, each of which consumes the result of the one before, run without storing what lies between.
//!
//! A strip of several vectors goes through all links before the next strip starts: its values stay in registers, and the
//! dispatch on a link's operation is paid once a strip.

use super::code::{Binary, Step, Unary};
use super::ops::{is_light_binary, is_light_unary, light_binary, light_unary};
use crate::simd::{Kernel, Simd};

/// The most links of a chain.
pub(super) const MAX_LINKS: usize = 16;
/// Vectors of a strip: what 16 registers hold beside operands and constants.
const STRIP: usize = 8;

/// What a link does with the running value `v` and its other operands `x` and `y`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum LinkOp {
    /// `op(v)`.
    Unary(Unary),
    /// `op(v, x)`.
    Left(Binary),
    /// `op(x, v)`.
    Right(Binary),
    /// `v * x + y`.
    Factor,
    /// `x * y + v`.
    Summand,
    /// `v ? x : y`.
    Condition,
    /// `x ? v : y`.
    First,
    /// `x ? y : v`.
    Second,
}

/// A link and the registers of its other operands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) op: LinkOp,
    pub(super) x: u8,
    pub(super) y: u8,
}

impl Plan {
    /// The step as a link whose running value is register `value`, which the step reads exactly once. `None` when it is
    /// no light step, or reads it otherwise.
    pub(super) fn of(step: Step, value: u8) -> Option<Plan> {
        let plan = |op, x, y| Some(Plan { op, x, y });
        match step {
            Step::Unary { op, a, .. } if is_light_unary(op) && a == value => plan(LinkOp::Unary(op), 0, 0),
            Step::Binary { op, a, b, .. } if is_light_binary(op) => match (a == value, b == value) {
                (true, false) => plan(LinkOp::Left(op), b, 0),
                (false, true) => plan(LinkOp::Right(op), a, 0),
                _ => None,
            },
            Step::Fma { a, b, c, .. } => match (a == value, b == value, c == value) {
                (true, false, false) => plan(LinkOp::Factor, b, c),
                (false, true, false) => plan(LinkOp::Factor, a, c),
                (false, false, true) => plan(LinkOp::Summand, a, b),
                _ => None,
            },
            Step::Select { cond, a, b, .. } => match (cond == value, a == value, b == value) {
                (true, false, false) => plan(LinkOp::Condition, a, b),
                (false, true, false) => plan(LinkOp::First, cond, b),
                (false, false, true) => plan(LinkOp::Second, cond, a),
                _ => None,
            },
            _ => None,
        }
    }

    /// The step as the first link of a chain: the register its value starts in, and the link. `None` for a heavy step.
    pub(super) fn start(step: Step) -> Option<(u8, Plan)> {
        // The other operands may be the same register: they are read from memory.
        match step {
            Step::Unary { op, a, .. } if is_light_unary(op) => Some((a, Plan { op: LinkOp::Unary(op), x: 0, y: 0 })),
            Step::Binary { op, a, b, .. } if is_light_binary(op) => {
                Some((a, Plan { op: LinkOp::Left(op), x: b, y: 0 }))
            }
            Step::Fma { a, b, c, .. } => Some((a, Plan { op: LinkOp::Factor, x: b, y: c })),
            Step::Select { cond, a, b, .. } => Some((cond, Plan { op: LinkOp::Condition, x: a, y: b })),
            _ => None,
        }
    }
}

/// A link bound to the addresses of its operands.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) op: LinkOp,
    pub(super) x: *const i32,
    pub(super) y: *const i32,
}

/// `n` lanes, a multiple of the vector, from `first` through all links to `dst`.
///
/// Every pointer is good for `n` lanes; `dst` may be the same memory as an operand, but not overlap it otherwise.
pub(super) struct Chain<'a> {
    pub(super) links: &'a [Link],
    pub(super) first: *const i32,
    pub(super) dst: *mut i32,
    pub(super) n: usize,
}

impl Kernel for Chain<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut i = 0;
        while i + STRIP * S::LANES <= self.n {
            // SAFETY: the strip is within the n lanes.
            unsafe { self.strip::<S, STRIP>(s, i) };
            i += STRIP * S::LANES;
        }
        while i < self.n {
            // SAFETY: n is a multiple of the vector.
            unsafe { self.strip::<S, 1>(s, i) };
            i += S::LANES;
        }
    }
}

impl Chain<'_> {
    /// # Safety
    /// Lanes `i..i + W * LANES` are below `n`.
    #[inline(always)]
    unsafe fn strip<S: Simd, const W: usize>(&self, s: S, i: usize) {
        let mut lanes = [s.splat_i(0); W];
        // SAFETY: every operand has the lanes of the strip; unused operands of a link are not looked at.
        unsafe {
            for (k, value) in lanes.iter_mut().enumerate() {
                *value = s.load_i(self.first.add(i + k * S::LANES));
            }
            for link in self.links {
                let (x, y) = (link.x.wrapping_add(i), link.y.wrapping_add(i));
                match link.op {
                    LinkOp::Unary(op) => light_unary(s, op, &mut lanes),
                    LinkOp::Left(op) => light_binary::<S, W, false>(s, op, &mut lanes, x),
                    LinkOp::Right(op) => light_binary::<S, W, true>(s, op, &mut lanes, x),
                    LinkOp::Factor => with_two(s, &mut lanes, x, y, |v, x, y| {
                        s.bits(s.fma(s.float_from_bits(v), s.float_from_bits(x), s.float_from_bits(y)))
                    }),
                    LinkOp::Summand => with_two(s, &mut lanes, x, y, |v, x, y| {
                        s.bits(s.fma(s.float_from_bits(x), s.float_from_bits(y), s.float_from_bits(v)))
                    }),
                    LinkOp::Condition => with_two(s, &mut lanes, x, y, |v, x, y| s.select_i(s.non_zero(v), x, y)),
                    LinkOp::First => with_two(s, &mut lanes, x, y, |v, x, y| s.select_i(s.non_zero(x), v, y)),
                    LinkOp::Second => with_two(s, &mut lanes, x, y, |v, x, y| s.select_i(s.non_zero(x), y, v)),
                }
            }
            for (k, &value) in lanes.iter().enumerate() {
                s.store_i(self.dst.add(i + k * S::LANES), value);
            }
        }
    }
}

/// `lanes = f(lanes, x, y)`.
///
/// # Safety
/// As many lanes are readable at `x` and `y`.
#[inline(always)]
unsafe fn with_two<S: Simd, const W: usize>(
    s: S,
    lanes: &mut [S::I; W],
    x: *const i32,
    y: *const i32,
    f: impl Fn(S::I, S::I, S::I) -> S::I,
) {
    for (k, value) in lanes.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *value = unsafe { f(*value, s.load_i(x.add(k * S::LANES)), s.load_i(y.add(k * S::LANES))) };
    }
}
