//! What a fused elementwise loop computes: a straight line of steps over registers.

use crate::Elem;

/// The most registers of a [`Code`].
pub const MAX_REGISTERS: usize = 24;
/// The most inputs of a [`Code`].
pub const MAX_INPUTS: usize = 16;
/// The most outputs of a [`Code`].
pub const MAX_OUTPUTS: usize = 8;
/// The most steps of a [`Code`].
pub const MAX_STEPS: usize = 255;

/// What a register holds: 32-bit lanes of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// f32.
    F,
    /// i32.
    I,
    /// Truth: 0 or 1 in an i32.
    B,
}

impl Class {
    /// The class that elements of type `elem` are widened to.
    pub const fn of(elem: Elem) -> Class {
        match elem {
            Elem::F32 | Elem::Bf16 | Elem::F16 => Class::F,
            Elem::I32 | Elem::I8 | Elem::U8 => Class::I,
            Elem::Bool => Class::B,
        }
    }
}

/// An operation on one register. Without a remark it takes and gives f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// `-a`.
    Neg,
    /// `|a|`.
    Abs,
    /// -1, 0 or 1; NaN stays NaN, -0 stays -0.
    Sign,
    /// `e^a`, within 2 ulp.
    Exp,
    /// `e^a - 1`, within 4 ulp.
    Expm1,
    /// Natural logarithm, within 2 ulp.
    Log,
    /// `log(1 + a)`, within 4 ulp.
    Log1p,
    /// Square root, correctly rounded.
    Sqrt,
    /// `1 / sqrt(a)`.
    Rsqrt,
    /// `1 / a`.
    Reciprocal,
    /// `a * a`.
    Square,
    /// Sine, within 4 ulp.
    Sin,
    /// Cosine, within 4 ulp.
    Cos,
    /// Tangent, within 4 ulp.
    Tan,
    /// Within 3 ulp; NaN beyond -1..=1.
    Asin,
    /// Within 3 ulp; NaN beyond -1..=1.
    Acos,
    /// Within 4 ulp.
    Atan,
    /// Hyperbolic sine, within 4 ulp.
    Sinh,
    /// Hyperbolic cosine, within 4 ulp.
    Cosh,
    /// Within 2 ulp.
    Asinh,
    /// Within 2 ulp; NaN below 1.
    Acosh,
    /// Within 2 ulp; infinite at -1 and 1, NaN beyond.
    Atanh,
    /// `2^a`, within 2 ulp.
    Exp2,
    /// Logarithm to base 2, within 1 ulp.
    Log2,
    /// Logarithm to base 10, within 1 ulp.
    Log10,
    /// Real cube root, within 1 ulp.
    Cbrt,
    /// Hyperbolic tangent, within 4 ulp.
    Tanh,
    /// `1 / (1 + e^-a)`, within 4 ulp.
    Sigmoid,
    /// Error function, within 4 ulp.
    Erf,
    /// `1 - erf a`, within 2 ulp.
    Erfc,
    /// Inverse of the error function, within 4 ulp.
    Erfinv,
    /// `a P(X <= a)` for a standard normal X, within 8 ulp; 0 below -13.1.
    Gelu,
    /// Derivative of Gelu, within 8 ulp or 3e-7.
    GeluSlope,
    /// `log |Gamma(a)|`, within 4 ulp or 1e-11.
    Lgamma,
    /// Derivative of Lgamma, within 4 ulp or 1e-11.
    Digamma,
    /// Derivative of Digamma, within 4 ulp.
    Trigamma,
    /// To the next lower integer.
    Floor,
    /// To the next higher integer.
    Ceil,
    /// To the nearest integer, halves to even.
    Round,
    /// Towards zero.
    Trunc,
    /// `max(a, 0)`; NaN stays NaN.
    Relu,
    /// F to B.
    IsNan,
    /// F to B.
    IsInf,
    /// F to B.
    IsFinite,
    /// B to B.
    LogicalNot,
    /// I: `-a`, wrapping.
    NegI,
    /// I: `|a|`, wrapping.
    AbsI,
    /// I: -1, 0 or 1.
    SignI,
    /// I: `a * a`, wrapping.
    SquareI,
    /// I: every bit turned.
    NotI,
    /// F to I: towards zero, saturating, NaN gives 0.
    FToI,
    /// I to F.
    IToF,
    /// F to B: `a != 0`.
    FToB,
    /// I to B: `a != 0`.
    IToB,
    /// B to F: 0 or 1.
    BToF,
    /// I: modulo 256 to 0..=255.
    WrapU8,
    /// I: modulo 256 to -128..=127.
    WrapI8,
    /// F to I: towards zero, saturating at 0 and 255, NaN gives 0.
    FToU8,
    /// F to I: towards zero, saturating at -128 and 127, NaN gives 0.
    FToI8,
    /// To the nearest bfloat16.
    RoundBf16,
    /// To the nearest IEEE binary16.
    RoundF16,
}

/// An operation on two registers. Without a remark it takes and gives f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// `a + b`.
    Add,
    /// `a - b`.
    Sub,
    /// `a * b`.
    Mul,
    /// `a / b`.
    Div,
    /// `a^b`, within 2 ulp, C's special cases.
    Pow,
    /// The larger; NaN when either is.
    Max,
    /// The smaller; NaN when either is.
    Min,
    /// Remainder with the sign of the divisor: `a - floor(a / b) b`, computed exactly.
    Mod,
    /// Remainder with the sign of the dividend: `a - trunc(a / b) b`, computed exactly.
    Rem,
    /// The f32 next to a in the direction of b.
    NextAfter,
    /// The angle of the point (b, a), within 4 ulp.
    Atan2,
    /// F, F to B.
    Eq,
    /// F, F to B.
    Ne,
    /// F, F to B.
    Lt,
    /// F, F to B.
    Le,
    /// F, F to B.
    Gt,
    /// F, F to B.
    Ge,
    /// I: wrapping.
    AddI,
    /// I: wrapping.
    SubI,
    /// I: wrapping.
    MulI,
    /// I: rounded down; `a / 0 = 0`.
    DivI,
    /// I: `a - floor(a / b) b`; `a mod 0 = 0`.
    ModI,
    /// I: `a - trunc(a / b) b`; `a rem 0 = 0`.
    RemI,
    /// I: `a^b`, wrapping; of a negative b `1 / a^|b|` towards zero, `0^b = 0`.
    PowI,
    /// I: the greatest common divisor, not negative (but for the one of -2^31 and itself or 0, which wraps).
    Gcd,
    /// I: bits.
    BitAnd,
    /// I: bits.
    BitOr,
    /// I: bits.
    BitXor,
    /// I: `a 2^b`, wrapping; 0 where b is not within 0..32.
    Shl,
    /// I: `floor(a / 2^b)`; the sign (0 or -1) where b is not within 0..32.
    Shr,
    /// I.
    MaxI,
    /// I.
    MinI,
    /// I, I to B.
    EqI,
    /// I, I to B.
    NeI,
    /// I, I to B.
    LtI,
    /// I, I to B.
    LeI,
    /// I, I to B.
    GtI,
    /// I, I to B.
    GeI,
    /// B.
    And,
    /// B.
    Or,
    /// B.
    Xor,
}

impl Unary {
    /// (class taken, class given).
    pub const fn classes(self) -> (Class, Class) {
        use Unary::*;
        match self {
            IsNan | IsInf | IsFinite | FToB => (Class::F, Class::B),
            LogicalNot => (Class::B, Class::B),
            NegI | AbsI | SignI | SquareI | NotI | WrapU8 | WrapI8 => (Class::I, Class::I),
            FToI | FToU8 | FToI8 => (Class::F, Class::I),
            IToF => (Class::I, Class::F),
            IToB => (Class::I, Class::B),
            BToF => (Class::B, Class::F),
            _ => (Class::F, Class::F),
        }
    }
}

impl Binary {
    /// (class of both operands, class given).
    pub const fn classes(self) -> (Class, Class) {
        use Binary::*;
        match self {
            Add | Sub | Mul | Div | Pow | Max | Min | Mod | Rem | NextAfter | Atan2 => (Class::F, Class::F),
            Eq | Ne | Lt | Le | Gt | Ge => (Class::F, Class::B),
            AddI | SubI | MulI | DivI | ModI | RemI | PowI | Gcd | BitAnd | BitOr | BitXor | Shl | Shr | MaxI
            | MinI => (Class::I, Class::I),
            EqI | NeI | LtI | LeI | GtI | GeI => (Class::I, Class::B),
            And | Or | Xor => (Class::B, Class::B),
        }
    }
}

/// One step. Registers are numbers below [`Code::registers`]; a destination may be one of the operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// `dst =` the 32 bits in every lane (of whatever class the reader expects).
    Constant { dst: u8, bits: u32 },
    /// `dst = op(a)`.
    Unary { op: Unary, dst: u8, a: u8 },
    /// `dst = op(a, b)`.
    Binary { op: Binary, dst: u8, a: u8, b: u8 },
    /// `dst = a * b + c`, rounded once (on the portable level twice).
    Fma { dst: u8, a: u8, b: u8, c: u8 },
    /// `dst = cond ? a : b`; a and b of one class.
    Select { dst: u8, cond: u8, a: u8, b: u8 },
    /// `dst =` the index along an axis of the iteration dims (I); axis 0 counts from the call's `origin`.
    Iota { dst: u8, axis: u8 },
}

impl Step {
    /// The register written.
    pub const fn dst(self) -> u8 {
        match self {
            Step::Constant { dst, .. }
            | Step::Unary { dst, .. }
            | Step::Binary { dst, .. }
            | Step::Fma { dst, .. }
            | Step::Select { dst, .. }
            | Step::Iota { dst, .. } => dst,
        }
    }

    /// The registers read, as a set of bits.
    pub const fn reads(self) -> u32 {
        match self {
            Step::Constant { .. } | Step::Iota { .. } => 0,
            Step::Unary { a, .. } => 1 << a,
            Step::Binary { a, b, .. } => 1 << a | 1 << b,
            Step::Fma { a, b, c, .. } => 1 << a | 1 << b | 1 << c,
            Step::Select { cond, a, b, .. } => 1 << cond | 1 << a | 1 << b,
        }
    }
}

/// A fused elementwise computation.
///
/// Input `i` is widened into register `i` (see [`Class::of`]) before the first step; the outputs are narrowed and stored
/// after the last. A register that is written once, from operands that are the same for every element (constants, scalars),
/// is computed once a call instead of once a block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Code {
    /// Element types of the inputs, at most [`MAX_INPUTS`].
    pub inputs: Vec<Elem>,
    /// At most [`MAX_STEPS`].
    pub steps: Vec<Step>,
    /// Register and element type of the outputs, at most [`MAX_OUTPUTS`]. A narrow integer type takes the low bits.
    pub outputs: Vec<(u8, Elem)>,
    /// How many registers are in use, at most [`MAX_REGISTERS`].
    pub registers: u8,
}

impl Code {
    /// Whether the limits hold, every register is written before it is read, and classes fit. The error names the rule.
    pub fn check(&self) -> Result<(), &'static str> {
        let registers = usize::from(self.registers);
        if registers > MAX_REGISTERS || self.inputs.len() > registers.min(MAX_INPUTS) {
            return Err("too many registers or inputs");
        }
        if self.outputs.len() > MAX_OUTPUTS || self.steps.len() > MAX_STEPS {
            return Err("too many outputs or steps");
        }
        // `None` before the first write; `Any` is a constant, whose bits fit every class.
        #[derive(Clone, Copy, PartialEq)]
        enum Holds {
            Nothing,
            Any,
            One(Class),
        }
        let mut holds = [Holds::Nothing; MAX_REGISTERS];
        for (register, &elem) in self.inputs.iter().enumerate() {
            holds[register] = Holds::One(Class::of(elem));
        }
        let known = |register: u8| usize::from(register) < registers;
        for &step in &self.steps {
            if !known(step.dst()) {
                return Err("a step writes a register that is not there");
            }
            let fits = |register: u8, class: Class| match known(register).then(|| holds[usize::from(register)]) {
                None | Some(Holds::Nothing) => false,
                Some(Holds::Any) => true,
                Some(Holds::One(held)) => held == class,
            };
            let (right, result) = match step {
                Step::Constant { .. } => (true, Holds::Any),
                Step::Iota { .. } => (true, Holds::One(Class::I)),
                Step::Unary { op, a, .. } => (fits(a, op.classes().0), Holds::One(op.classes().1)),
                Step::Binary { op, a, b, .. } => {
                    let (class, result) = op.classes();
                    (fits(a, class) && fits(b, class), Holds::One(result))
                }
                Step::Fma { a, b, c, .. } => {
                    (fits(a, Class::F) && fits(b, Class::F) && fits(c, Class::F), Holds::One(Class::F))
                }
                Step::Select { cond, a, b, .. } => {
                    let class =
                        [Class::F, Class::I, Class::B].into_iter().find(|&class| fits(a, class) && fits(b, class));
                    (fits(cond, Class::B) && class.is_some(), class.map_or(Holds::Any, Holds::One))
                }
            };
            if !right {
                return Err("a step reads a register of another class, or one that was never written");
            }
            holds[usize::from(step.dst())] = result;
        }
        for &(register, elem) in &self.outputs {
            let fits = known(register)
                && match holds[usize::from(register)] {
                    Holds::Nothing => false,
                    Holds::Any => true,
                    Holds::One(class) => class == Class::of(elem),
                };
            if !fits {
                return Err("an output stores a register of another class, or one that was never written");
            }
        }
        Ok(())
    }

    /// Whether this only loads input 0 and stores it as it is.
    pub(crate) fn is_identity(&self) -> bool {
        self.steps.is_empty() && self.inputs.len() == 1 && self.outputs == [(0, self.inputs[0])]
    }
}
