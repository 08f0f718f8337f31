//! Elementwise nodes to the code of the elementwise machine.

use std::collections::HashMap;

use hornbeam_graph::ops::elementwise::{BinaryKind, UnaryKind};
use hornbeam_graph::{DType, Op, Ref};
use hornbeam_kernels::elementwise::{Binary, Code, MAX_INPUTS, MAX_OUTPUTS, MAX_REGISTERS, MAX_STEPS, Step, Unary};

use crate::alias::{Alias, Source};
use crate::buffer::elem;
use crate::fuse::{base, inline_operand};

/// A value before registers are given out.
type Id = usize;

enum Draft {
    Constant { dst: Id, bits: u32 },
    Iota { dst: Id, axis: u8 },
    Unary { op: Unary, dst: Id, a: Id },
    Binary { op: Binary, dst: Id, a: Id, b: Id },
    Select { dst: Id, cond: Id, a: Id, b: Id },
}

/// Code for a unit, and the memory operands in the order of its inputs.
pub struct Compiled {
    /// The code.
    pub code: Code,
    /// Values to read.
    pub operands: Vec<Ref>,
}

struct Builder<'a> {
    source: &'a Source<'a>,
    members: &'a [u32],
    /// Where iteration axis `i` of the nodes went.
    axis_of: &'a dyn Fn(usize) -> usize,
    rank: usize,
    operands: Vec<Ref>,
    operand_ids: HashMap<Ref, Id>,
    constants: HashMap<(u32, DType), Id>,
    iotas: HashMap<u8, Id>,
    values: HashMap<u32, Id>,
    drafts: Vec<Draft>,
    next: Id,
}

/// Compiles elementwise nodes (operands first); `results` are what is written or reduced. `None`: more registers, operands or steps than the machine
/// has.
pub fn compile(
    source: &Source,
    members: &[u32],
    results: &[Ref],
    rank: usize,
    axis_of: &dyn Fn(usize) -> usize,
) -> Option<Compiled> {
    let mut builder = Builder {
        source,
        members,
        axis_of,
        rank,
        operands: Vec::new(),
        operand_ids: HashMap::new(),
        constants: HashMap::new(),
        iotas: HashMap::new(),
        values: HashMap::new(),
        drafts: Vec::new(),
        next: 0,
    };
    // Inputs take the first registers, so they are numbered before anything else.
    for &node in members {
        for &input in &source.graph.nodes[node as usize].inputs {
            builder.declare(input);
        }
    }
    results.iter().for_each(|&r| builder.declare(r));
    for &node in members {
        builder.node(node);
    }
    let outputs: Vec<(Id, DType)> = results.iter().map(|&r| (builder.operand(r), source.graph.ty(r).dtype)).collect();
    builder.finish(&outputs)
}

impl Builder<'_> {
    fn fresh(&mut self) -> Id {
        self.next += 1;
        self.next - 1
    }

    fn is_member(&self, alias: &Alias) -> bool {
        self.members.contains(&alias.base.node)
    }

    fn declare(&mut self, r: Ref) {
        let alias = base(self.source, r);
        if self.is_member(&alias) || inline_operand(self.source, &alias) || self.operand_ids.contains_key(&r) {
            return;
        }
        let id = self.fresh();
        self.operand_ids.insert(r, id);
        self.operands.push(r);
    }

    fn operand(&mut self, r: Ref) -> Id {
        let alias = base(self.source, r);
        if self.is_member(&alias) {
            return match self.values.get(&alias.base.node) {
                Some(&id) => id,
                None => self.inline(&alias),
            };
        }
        if inline_operand(self.source, &alias) {
            return self.inline(&alias);
        }
        self.operand_ids[&r]
    }

    fn inline(&mut self, alias: &Alias) -> Id {
        match &self.source.graph.nodes[alias.base.node as usize].op {
            Op::Constant(op) => {
                let bits = match op.dtype {
                    dtype if dtype.is_float() => (op.value.get() as f32).to_bits(),
                    DType::Bool => u32::from(op.value.get() != 0.0),
                    DType::U8 => u32::from(op.value.get() as u8),
                    DType::I8 => i32::from(op.value.get() as i8).cast_unsigned(),
                    _ => (op.value.get() as i32).cast_unsigned(),
                };
                self.constant(bits, op.dtype)
            }
            Op::Iota(op) => {
                let own = op.axis + alias.layout.dims().len() - op.shape.rank();
                let axis = (self.axis_of)(own + self.rank - alias.layout.dims().len()) as u8;
                let index = match self.iotas.get(&axis) {
                    Some(&id) => id,
                    None => {
                        let dst = self.fresh();
                        self.drafts.push(Draft::Iota { dst, axis });
                        self.iotas.insert(axis, dst);
                        dst
                    }
                };
                if op.dtype.is_float() { self.unary(Unary::IToF, index) } else { index }
            }
            _ => unreachable!("only constants and iotas are taken in"),
        }
    }

    fn constant(&mut self, bits: u32, dtype: DType) -> Id {
        if let Some(&id) = self.constants.get(&(bits, dtype)) {
            return id;
        }
        let dst = self.fresh();
        self.drafts.push(Draft::Constant { dst, bits });
        self.constants.insert((bits, dtype), dst);
        dst
    }

    fn unary(&mut self, op: Unary, a: Id) -> Id {
        let dst = self.fresh();
        self.drafts.push(Draft::Unary { op, dst, a });
        dst
    }

    fn node(&mut self, node: u32) {
        let graph_node = &self.source.graph.nodes[node as usize];
        let inputs: Vec<Id> = match graph_node.op {
            Op::Constant(_) | Op::Iota(_) => Vec::new(),
            _ => graph_node.inputs.iter().map(|&r| self.operand(r)).collect(),
        };
        let dtype = graph_node.inputs.first().map_or(DType::F32, |&r| self.source.graph.ty(r).dtype);
        let id = match &graph_node.op {
            Op::Unary(op) if op.0 == UnaryKind::Relu && !dtype.is_float() => {
                let (zero, dst) = (self.constant(0, dtype), self.fresh());
                self.drafts.push(Draft::Binary { op: Binary::MaxI, dst, a: inputs[0], b: zero });
                dst
            }
            Op::Unary(op) => {
                let op = unary_op(op.0, dtype);
                self.unary(op, inputs[0])
            }
            // The machine compares numbers; of truths, "different" is exclusive or.
            Op::Binary(op) if dtype == DType::Bool && op.0.is_comparison() => {
                let dst = self.fresh();
                self.drafts.push(Draft::Binary { op: Binary::Xor, dst, a: inputs[0], b: inputs[1] });
                if op.0 == BinaryKind::Eq { self.unary(Unary::LogicalNot, dst) } else { dst }
            }
            Op::Binary(op) => {
                let dst = self.fresh();
                self.drafts.push(Draft::Binary { op: binary_op(op.0, dtype), dst, a: inputs[0], b: inputs[1] });
                dst
            }
            Op::Select(_) => {
                let dst = self.fresh();
                self.drafts.push(Draft::Select { dst, cond: inputs[0], a: inputs[1], b: inputs[2] });
                dst
            }
            Op::Cast(op) => self.cast(inputs[0], dtype, op.0),
            _ => {
                let alias = base(self.source, Ref { node, output: 0 });
                self.inline(&alias)
            }
        };
        self.values.insert(node, id);
    }

    fn cast(&mut self, x: Id, from: DType, to: DType) -> Id {
        let narrow = |to: DType| match to {
            DType::Bf16 => Some(Unary::RoundBf16),
            DType::F16 => Some(Unary::RoundF16),
            _ => None,
        };
        let x = if from == DType::Bool && to != DType::Bool { self.unary(Unary::BToF, x) } else { x };
        let ops: [Option<Unary>; 2] = match (from.is_float() || from == DType::Bool, to) {
            (_, DType::Bool) if from == DType::Bool => [None, None],
            (true, DType::F32 | DType::Bf16 | DType::F16) => [narrow(to), None],
            (true, DType::I32) => [Some(Unary::FToI), None],
            (true, DType::U8) => [Some(Unary::FToU8), None],
            (true, DType::I8) => [Some(Unary::FToI8), None],
            (true, DType::Bool) => [Some(Unary::FToB), None],
            (false, DType::F32 | DType::Bf16 | DType::F16) => [Some(Unary::IToF), narrow(to)],
            (false, DType::I32) => [None, None],
            (false, DType::U8) => [Some(Unary::WrapU8), None],
            (false, DType::I8) => [Some(Unary::WrapI8), None],
            (false, DType::Bool) => [Some(Unary::IToB), None],
        };
        ops.into_iter().flatten().fold(x, |x, op| self.unary(op, x))
    }

    fn finish(self, outputs: &[(Id, DType)]) -> Option<Compiled> {
        let inputs = self.operands.len();
        if inputs > MAX_INPUTS || self.drafts.len() > MAX_STEPS || outputs.len() > MAX_OUTPUTS {
            return None;
        }
        let (steps, register, registers) = self.give_out(outputs, true).or_else(|| self.give_out(outputs, false))?;
        let code = Code {
            inputs: self.operands.iter().map(|&r| elem(self.source.graph.ty(r).dtype)).collect(),
            steps,
            outputs: outputs.iter().map(|&(id, dtype)| (register[id], elem(dtype))).collect(),
            registers,
        };
        Some(Compiled { code, operands: self.operands })
    }

    /// Gives out registers: one is free again after the last step that reads it. The steps, the register of every value,
    /// and how many there are. With `constants_apart` nothing else gets a constant's register: the machine fills it once
    /// a call then, not once a block. `None`: there are not enough.
    fn give_out(&self, outputs: &[(Id, DType)], constants_apart: bool) -> Option<(Vec<Step>, Vec<u8>, u8)> {
        let mut last = vec![0usize; self.next];
        for (at, draft) in self.drafts.iter().enumerate() {
            reads_of(draft).into_iter().flatten().for_each(|id| last[id] = at + 1);
        }
        outputs.iter().for_each(|&(id, _)| last[id] = usize::MAX);
        let mut register = vec![u8::MAX; self.next];
        let mut holder: Vec<Option<Id>> = vec![None; MAX_REGISTERS];
        let mut most = 0;
        let is_constant = |draft: &&Draft| constants_apart && matches!(draft, Draft::Constant { .. });
        let constants = self.drafts.iter().filter(is_constant).map(dst_of);
        for (slot, id) in self.operands.iter().map(|r| self.operand_ids[r]).chain(constants).enumerate() {
            if slot >= self.operands.len() {
                last[id] = usize::MAX;
            }
            register[id] = slot as u8;
            *holder.get_mut(slot)? = Some(id);
            most = slot + 1;
        }
        let mut steps = Vec::with_capacity(self.drafts.len());
        for (at, draft) in self.drafts.iter().enumerate() {
            let reads = reads_of(draft).map(|id| id.map_or(0, |id| register[id]));
            // A step may write over an operand that it is the last to read.
            for slot in &mut holder {
                if slot.is_some_and(|id| last[id] <= at + 1 && register[id] != u8::MAX && last[id] != usize::MAX) {
                    *slot = None;
                }
            }
            let dst_id = dst_of(draft);
            if register[dst_id] == u8::MAX {
                let free = holder.iter().position(Option::is_none)?;
                holder[free] = Some(dst_id);
                register[dst_id] = free as u8;
                most = most.max(free + 1);
            }
            let dst = register[dst_id];
            steps.push(match *draft {
                Draft::Constant { bits, .. } => Step::Constant { dst, bits },
                Draft::Iota { axis, .. } => Step::Iota { dst, axis },
                Draft::Unary { op, .. } => Step::Unary { op, dst, a: reads[0] },
                Draft::Binary { op, .. } => Step::Binary { op, dst, a: reads[0], b: reads[1] },
                Draft::Select { .. } => Step::Select { dst, cond: reads[0], a: reads[1], b: reads[2] },
            });
        }
        Some((steps, register, most as u8))
    }
}

fn reads_of(draft: &Draft) -> [Option<Id>; 3] {
    match *draft {
        Draft::Constant { .. } | Draft::Iota { .. } => [None; 3],
        Draft::Unary { a, .. } => [Some(a), None, None],
        Draft::Binary { a, b, .. } => [Some(a), Some(b), None],
        Draft::Select { cond, a, b, .. } => [Some(cond), Some(a), Some(b)],
    }
}

fn dst_of(draft: &Draft) -> Id {
    match *draft {
        Draft::Constant { dst, .. }
        | Draft::Iota { dst, .. }
        | Draft::Unary { dst, .. }
        | Draft::Binary { dst, .. }
        | Draft::Select { dst, .. } => dst,
    }
}

fn unary_op(kind: UnaryKind, dtype: DType) -> Unary {
    use UnaryKind as K;
    let pick = |float: Unary, integer: Unary| if dtype.is_float() { float } else { integer };
    match kind {
        K::Neg => pick(Unary::Neg, Unary::NegI),
        K::Abs => pick(Unary::Abs, Unary::AbsI),
        K::Sign => pick(Unary::Sign, Unary::SignI),
        K::Square => pick(Unary::Square, Unary::SquareI),
        K::Relu => Unary::Relu,
        K::Exp => Unary::Exp,
        K::Expm1 => Unary::Expm1,
        K::Log => Unary::Log,
        K::Log1p => Unary::Log1p,
        K::Sqrt => Unary::Sqrt,
        K::Rsqrt => Unary::Rsqrt,
        K::Reciprocal => Unary::Reciprocal,
        K::Sin => Unary::Sin,
        K::Cos => Unary::Cos,
        K::Tanh => Unary::Tanh,
        K::Sigmoid => Unary::Sigmoid,
        K::Erf => Unary::Erf,
        K::Floor => Unary::Floor,
        K::Ceil => Unary::Ceil,
        K::Round => Unary::Round,
        K::Tan => Unary::Tan,
        K::Asin => Unary::Asin,
        K::Acos => Unary::Acos,
        K::Atan => Unary::Atan,
        K::Sinh => Unary::Sinh,
        K::Cosh => Unary::Cosh,
        K::Asinh => Unary::Asinh,
        K::Acosh => Unary::Acosh,
        K::Atanh => Unary::Atanh,
        K::Exp2 => Unary::Exp2,
        K::Log2 => Unary::Log2,
        K::Log10 => Unary::Log10,
        K::Cbrt => Unary::Cbrt,
        K::Erfc => Unary::Erfc,
        K::Erfinv => Unary::Erfinv,
        K::Gelu => Unary::Gelu,
        K::GeluSlope => Unary::GeluSlope,
        K::Lgamma => Unary::Lgamma,
        K::Digamma => Unary::Digamma,
        K::Trigamma => Unary::Trigamma,
        K::Trunc => Unary::Trunc,
        K::IsNan => Unary::IsNan,
        K::IsInf => Unary::IsInf,
        K::IsFinite => Unary::IsFinite,
        K::Not => Unary::LogicalNot,
        K::BitNot => Unary::NotI,
    }
}

fn binary_op(kind: BinaryKind, dtype: DType) -> Binary {
    use BinaryKind as K;
    let pick = |float: Binary, integer: Binary| if dtype.is_float() { float } else { integer };
    match kind {
        K::Add => pick(Binary::Add, Binary::AddI),
        K::Sub => pick(Binary::Sub, Binary::SubI),
        K::Mul => pick(Binary::Mul, Binary::MulI),
        K::Div => pick(Binary::Div, Binary::DivI),
        K::Mod => pick(Binary::Mod, Binary::ModI),
        K::Max => pick(Binary::Max, Binary::MaxI),
        K::Min => pick(Binary::Min, Binary::MinI),
        K::Eq => pick(Binary::Eq, Binary::EqI),
        K::Ne => pick(Binary::Ne, Binary::NeI),
        K::Lt => pick(Binary::Lt, Binary::LtI),
        K::Le => pick(Binary::Le, Binary::LeI),
        K::Gt => pick(Binary::Gt, Binary::GtI),
        K::Ge => pick(Binary::Ge, Binary::GeI),
        K::Rem => pick(Binary::Rem, Binary::RemI),
        K::NextAfter => Binary::NextAfter,
        K::Gcd => Binary::Gcd,
        K::BitAnd => Binary::BitAnd,
        K::BitOr => Binary::BitOr,
        K::BitXor => Binary::BitXor,
        K::LeftShift => Binary::Shl,
        K::RightShift => Binary::Shr,
        K::Pow => pick(Binary::Pow, Binary::PowI),
        K::Atan2 => Binary::Atan2,
        K::And => Binary::And,
        K::Or => Binary::Or,
        K::Xor => Binary::Xor,
    }
}
