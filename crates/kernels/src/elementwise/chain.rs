//! Chains: light steps, each of which consumes the result of the one before, run without storing what lies between.
//!
//! A strip of several vectors goes through all links before the next strip starts: its values stay in registers, and the
//! dispatch on a link's operation is paid once a strip. Chains that follow each other run as one tape, strip by strip too:
//! the division of one overlaps with the next one's loads, and what a chain left in the L1 is read again at once.

use super::code::{Binary, Step, Unary};
use super::ops::{is_light_binary, is_light_unary, light_binary, light_unary};
use super::quick::{self, Half};
use crate::simd::{Kernel, Simd};

/// The most links of a chain.
pub(super) const MAX_LINKS: usize = 16;
/// The most links of a tape; a chain adds two of its own.
pub(super) const MAX_TAPE: usize = 64;
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
    /// What a strip jumps by: a pair's number, or [`OTHER`].
    pub(super) code: u8,
    /// The operation, when the code is [`OTHER`].
    pub(super) op: LinkOp,
    pub(super) x: u8,
    pub(super) y: u8,
}

impl Plan {
    /// The step as a link whose running value is register `value`, which the step reads exactly once. `None` when it is
    /// no light step, or reads it otherwise.
    pub(super) fn of(step: Step, value: u8) -> Option<Plan> {
        let plan = |op, x, y| Some(Plan::new(op, x, y));
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
            Step::Unary { op, a, .. } if is_light_unary(op) => Some((a, Plan::new(LinkOp::Unary(op), 0, 0))),
            Step::Binary { op, a, b, .. } if is_light_binary(op) => Some((a, Plan::new(LinkOp::Left(op), b, 0))),
            Step::Fma { a, b, c, .. } => Some((a, Plan::new(LinkOp::Factor, b, c))),
            Step::Select { cond, a, b, .. } => Some((cond, Plan::new(LinkOp::Condition, a, b))),
            _ => None,
        }
    }

    /// What can be half of a pair is one, with an empty second half.
    fn new(op: LinkOp, x: u8, y: u8) -> Plan {
        let half = match op {
            LinkOp::Unary(op) => Half::unary(op),
            LinkOp::Left(op) => Half::binary(op, false),
            LinkOp::Right(op) => Half::binary(op, true),
            _ => None,
        };
        Plan { code: half.map_or(OTHER, quick::single), op, x, y }
    }

    /// This link and the next one as one link, if both are halves.
    pub(super) fn pair(self, next: Plan) -> Option<Plan> {
        Some(Plan { code: quick::pair(self.code, next.code)?, op: self.op, x: self.x, y: next.x })
    }
}

/// A link bound to the addresses of its operands.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) code: u8,
    pub(super) op: LinkOp,
    pub(super) x: *const i32,
    pub(super) y: *const i32,
}

/// `v` goes to `x`, between two chains.
pub(super) const STORE: u8 = 253;
/// `v` goes to `x` and becomes what lies at `y`.
pub(super) const TURN: u8 = 254;
/// The link's operation says it.
const OTHER: u8 = 255;

impl Link {
    /// A link that moves the running value.
    pub(super) fn moving(code: u8, x: *const i32, y: *const i32) -> Link {
        Link { code, op: LinkOp::Factor, x, y }
    }
}

/// Chains one after the other on `n` lanes, a multiple of the vector.
///
/// Every pointer is good for `n` lanes, and the one of a store may be the same memory as an operand, but not overlap it
/// otherwise.
pub(super) struct Tape<'a> {
    /// Where the running value starts.
    pub(super) first: *const i32,
    pub(super) links: &'a [Link],
    /// Where it goes at the end.
    pub(super) last: *mut i32,
    pub(super) n: usize,
}

impl Kernel for Tape<'_> {
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

impl Tape<'_> {
    /// # Safety
    /// Lanes `i..i + W * LANES` are below `n`.
    #[inline(always)]
    unsafe fn strip<S: Simd, const W: usize>(&self, s: S, i: usize) {
        let mut lanes = [s.splat_i(0); W];
        // SAFETY: every operand has the lanes of the strip; unused operands of a link are not looked at.
        unsafe {
            load(s, &mut lanes, self.first.add(i));
            for link in self.links {
                let (x, y) = (link.x.wrapping_add(i), link.y.wrapping_add(i));
                quick::jump!(link.code, |PAIR| quick::halves::<S, W, PAIR>(s, &mut lanes, x.cast(), y.cast()),
                    STORE => store(s, &lanes, x.cast_mut()),
                    TURN => {
                        store(s, &lanes, x.cast_mut());
                        load(s, &mut lanes, y);
                    },
                    _ => other(s, link.op, &mut lanes, x, y),
                )
            }
            store(s, &lanes, self.last.add(i));
        }
    }
}

/// A link that is no pair.
///
/// # Safety
/// As many lanes are readable at the operands that the link takes.
#[inline(always)]
unsafe fn other<S: Simd, const W: usize>(s: S, op: LinkOp, lanes: &mut [S::I; W], x: *const i32, y: *const i32) {
    // SAFETY: the caller's promise.
    unsafe {
        match op {
            LinkOp::Unary(op) => light_unary(s, op, lanes),
            LinkOp::Left(op) => light_binary::<S, W, false>(s, op, lanes, x),
            LinkOp::Right(op) => light_binary::<S, W, true>(s, op, lanes, x),
            LinkOp::Factor => with_two(s, lanes, x, y, |v, x, y| {
                s.bits(s.fma(s.float_from_bits(v), s.float_from_bits(x), s.float_from_bits(y)))
            }),
            LinkOp::Summand => with_two(s, lanes, x, y, |v, x, y| {
                s.bits(s.fma(s.float_from_bits(x), s.float_from_bits(y), s.float_from_bits(v)))
            }),
            LinkOp::Condition => with_two(s, lanes, x, y, |v, x, y| s.select_i(s.non_zero(v), x, y)),
            LinkOp::First => with_two(s, lanes, x, y, |v, x, y| s.select_i(s.non_zero(x), v, y)),
            LinkOp::Second => with_two(s, lanes, x, y, |v, x, y| s.select_i(s.non_zero(x), y, v)),
        }
    }
}

/// # Safety
/// As many lanes are readable at `from`.
#[inline(always)]
unsafe fn load<S: Simd, const W: usize>(s: S, lanes: &mut [S::I; W], from: *const i32) {
    for (k, value) in lanes.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *value = unsafe { s.load_i(from.add(k * S::LANES)) };
    }
}

/// # Safety
/// As many lanes are writable at `to`.
#[inline(always)]
unsafe fn store<S: Simd, const W: usize>(s: S, lanes: &[S::I; W], to: *mut i32) {
    for (k, &value) in lanes.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { s.store_i(to.add(k * S::LANES), value) };
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
