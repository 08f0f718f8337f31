//! Local rules: a node is looked at together with what makes its operands, once they are simplified themselves.

use std::collections::HashMap;

use super::{Bodies, fold, map_bodies, simplify_body};
use crate::dtype::DType;
use crate::graph::{Graph, GraphNode, Ref};
use crate::ops::elementwise::{BinaryKind, UnaryKind};
use crate::ops::{Binary, Broadcast, Cast, Constant, MatMul, Op, Reshape, Select, Transpose, Unary};
use crate::shape::{Shape, TensorType};

/// One pass of the local rules over a graph; equal nodes become one.
pub(super) fn rewrite(graph: &Graph, bodies: &mut Bodies) -> Graph {
    let mut rewriter = Rewriter { nodes: graph.nodes[..graph.params].to_vec(), index: HashMap::new() };
    let mut places: Vec<Vec<Ref>> = (0..graph.params).map(|i| vec![Ref { node: i as u32, output: 0 }]).collect();
    for node in &graph.nodes[graph.params..] {
        let inputs: Vec<Ref> = node.inputs.iter().map(|r| places[r.node as usize][r.output as usize]).collect();
        let op = map_bodies(&node.op, |body| Ok(simplify_body(body, bodies))).expect("simplification does not fail");
        places.push(rewriter.apply(op, inputs, &node.types));
    }
    let outputs = graph.outputs.iter().map(|r| places[r.node as usize][r.output as usize]).collect();
    Graph { nodes: rewriter.nodes, params: graph.params, outputs }
}

struct Rewriter {
    nodes: Vec<GraphNode>,
    index: HashMap<(Op, Vec<Ref>), u32>,
}

impl Rewriter {
    fn ty(&self, r: Ref) -> TensorType {
        self.nodes[r.node as usize].types[r.output as usize]
    }

    fn shape(&self, r: Ref) -> Shape {
        self.ty(r).shape
    }

    /// The operation that makes an operand, and its own operands.
    fn maker(&self, r: Ref) -> (&Op, &[Ref]) {
        let node = &self.nodes[r.node as usize];
        (&node.op, &node.inputs)
    }

    /// A scalar constant's value.
    fn constant(&self, r: Ref) -> Option<f64> {
        match self.maker(r).0 {
            Op::Constant(op) => fold::held(op.value.get(), op.dtype),
            _ => None,
        }
    }

    fn types(&self, op: &Op, inputs: &[Ref]) -> Vec<TensorType> {
        let inputs: Vec<TensorType> = inputs.iter().map(|&r| self.ty(r)).collect();
        op.infer(&inputs).expect("a rewritten node keeps to the rules of its operation")
    }

    /// The outputs of an operation, simplified.
    fn apply(&mut self, op: Op, inputs: Vec<Ref>, types: &[TensorType]) -> Vec<Ref> {
        if let Op::Cond(cond) = &op
            && let Some(truth) = self.constant(inputs[0])
        {
            let branch = if truth != 0.0 { cond.then.clone() } else { cond.otherwise.clone() };
            return self.inline(&branch, &inputs[1..]);
        }
        if let &[ty] = types
            && let Some(r) = self.simpler(&op, &inputs, ty)
        {
            return vec![r];
        }
        self.intern(op, inputs, types)
    }

    /// The output of an operation that has one, simplified.
    fn one(&mut self, op: impl Into<Op>, inputs: Vec<Ref>) -> Ref {
        let op = op.into();
        let types = self.types(&op, &inputs);
        self.apply(op, inputs, &types)[0]
    }

    /// The node of that operation on those operands, made if there is none yet.
    fn intern(&mut self, op: Op, inputs: Vec<Ref>, types: &[TensorType]) -> Vec<Ref> {
        let mut key = inputs.clone();
        if let Op::Binary(Binary(kind)) = &op
            && is_commutative(*kind)
        {
            key.sort_unstable_by_key(|r| (r.node, r.output));
        }
        let key = (op, key);
        let node = match self.index.get(&key) {
            Some(&node) => node,
            None => {
                let node = self.nodes.len() as u32;
                self.nodes.push(GraphNode { op: key.0.clone(), inputs, types: types.to_vec() });
                self.index.insert(key, node);
                node
            }
        };
        (0..self.nodes[node as usize].types.len() as u32).map(|output| Ref { node, output }).collect()
    }

    fn inline(&mut self, body: &Graph, args: &[Ref]) -> Vec<Ref> {
        let mut places: Vec<Vec<Ref>> = args.iter().map(|&r| vec![r]).collect();
        for node in &body.nodes[body.params..] {
            let inputs = node.inputs.iter().map(|r| places[r.node as usize][r.output as usize]).collect();
            places.push(self.apply(node.op.clone(), inputs, &node.types));
        }
        body.outputs.iter().map(|r| places[r.node as usize][r.output as usize]).collect()
    }

    fn broadcast(&mut self, r: Ref, shape: Shape) -> Ref {
        if self.shape(r) == shape { r } else { self.one(Broadcast { shape }, vec![r]) }
    }

    fn scalar(&mut self, value: f64, dtype: DType) -> Ref {
        self.one(Constant { value: value.into(), dtype }, Vec::new())
    }

    /// Something equal to the one output of an operation and simpler, if a rule knows it.
    fn simpler(&mut self, op: &Op, inputs: &[Ref], ty: TensorType) -> Option<Ref> {
        match op {
            Op::StopGradient(_) | Op::CustomGradient(_) => Some(inputs[0]),
            Op::Unary(_) | Op::Binary(_) | Op::Select(_) | Op::Cast(_) => {
                let bare = self.without_broadcasts(op, inputs, ty.shape).or_else(|| self.elementwise(op, inputs, ty));
                if matches!(op, Op::Select(_)) { bare.or_else(|| self.mask_of_pooled(inputs)) } else { bare }
            }
            Op::Reshape(op) => self.reshape(*op, inputs[0]),
            Op::Transpose(op) => self.transpose(op, inputs[0], ty.shape),
            Op::Broadcast(op) => match self.maker(inputs[0]) {
                _ if self.shape(inputs[0]) == op.shape => Some(inputs[0]),
                (Op::Broadcast(_), below) => Some(below[0]).map(|r| self.broadcast(r, op.shape)),
                (Op::Reshape(_), below) if self.only_leads(below[0], inputs[0]) => {
                    Some(below[0]).map(|r| self.broadcast(r, op.shape))
                }
                _ => None,
            },
            Op::Slice(_) if self.shape(inputs[0]) == ty.shape => Some(inputs[0]),
            Op::Slice(_) => self.of_fill(inputs[0], ty.shape),
            Op::Pad(pad) => {
                let nothing = pad.low.iter().chain(&pad.high).all(|&amount| amount == 0);
                (nothing && pad.interior.iter().all(|&i| i == 0)).then(|| inputs[0])
            }
            Op::Concat(_) => (inputs.len() == 1).then(|| inputs[0]),
            Op::Reverse(reverse) => match self.maker(inputs[0]) {
                _ if reverse.axes.iter().all(|&axis| self.shape(inputs[0])[axis] == 1) => Some(inputs[0]),
                (Op::Reverse(below), from) if below == reverse => Some(from[0]),
                _ => self.of_fill(inputs[0], ty.shape),
            },
            Op::Reduce(reduce) => {
                let single = reduce.axes.iter().all(|&axis| self.shape(inputs[0])[axis] == 1);
                single.then(|| self.one(Reshape { shape: ty.shape }, vec![inputs[0]]))
            }
            Op::MatMul(op) => self.matmul(*op, inputs),
            _ => None,
        }
    }

    /// The gradient of ReLU before max pooling, `select(x > 0, unpool(dy), 0)`: an element gets a cotangent only where it was chosen, and what
    /// was chosen is the pooled value. So the mask is applied to the pooled tensor, which is smaller, and `x` is not needed again.
    fn mask_of_pooled(&mut self, inputs: &[Ref]) -> Option<Ref> {
        let (Op::Binary(Binary(BinaryKind::Gt)), &[x, zero]) = self.maker(inputs[0]) else { return None };
        let (Op::MaxPool2DGrad(unpool), &[indices, dy]) = self.maker(inputs[1]) else { return None };
        let (Op::MaxPool2D(pool), &[pooled_x]) = self.maker(indices) else { return None };
        let fits = pool.window == unpool.window && pooled_x == x && indices.output == 1;
        if !fits || self.constant(zero) != Some(0.0) || self.constant(inputs[2]) != Some(0.0) {
            return None;
        }
        let unpool = *unpool;
        let pooled = Ref { node: indices.node, output: 0 };
        let positive = self.one(Binary(BinaryKind::Gt), vec![pooled, zero]);
        let masked = self.one(Select, vec![positive, dy, inputs[2]]);
        Some(self.one(unpool, vec![indices, masked]))
    }

    /// A movement of a broadcast scalar is a broadcast scalar.
    fn of_fill(&mut self, x: Ref, shape: Shape) -> Option<Ref> {
        let scalar = self.filled_with(x)?;
        Some(self.broadcast(scalar, shape))
    }

    /// The scalar that was broadcast.
    fn filled_with(&self, x: Ref) -> Option<Ref> {
        match self.maker(x) {
            (Op::Broadcast(_), below) if self.shape(below[0]).rank() == 0 => Some(below[0]),
            _ => None,
        }
    }

    /// Whether `to` has the shape of `from` with ones before it, which broadcasting puts there by itself.
    fn only_leads(&self, from: Ref, to: Ref) -> bool {
        let (from, to) = (self.shape(from), self.shape(to));
        let extra = to.rank().saturating_sub(from.rank());
        to[extra..] == from[..] && to[..extra].iter().all(|&dim| dim == 1)
    }

    fn reshape(&mut self, op: Reshape, x: Ref) -> Option<Ref> {
        if self.shape(x) == op.shape {
            return Some(x);
        }
        if let (Op::Reshape(_), below) = self.maker(x) {
            let from = below[0];
            return Some(self.one(op, vec![from]));
        }
        self.of_fill(x, op.shape)
    }

    fn transpose(&mut self, op: &Transpose, x: Ref, to: Shape) -> Option<Ref> {
        if op.order.iter().copied().eq(0..op.order.len()) {
            return Some(x);
        }
        if let (Op::Transpose(below), from) = self.maker(x) {
            let (order, from) = (op.order.iter().map(|&axis| below.order[axis]).collect(), from[0]);
            return Some(self.one(Transpose { order }, vec![from]));
        }
        let shape = self.shape(x);
        // When only axes of one element change places, the elements stay where they are.
        let moved: Vec<usize> = op.order.iter().copied().filter(|&axis| shape[axis] != 1).collect();
        if moved.is_sorted() {
            return Some(self.one(Reshape { shape: to }, vec![x]));
        }
        self.of_fill(x, to)
    }

    /// A transposed operand is read transposed.
    fn matmul(&mut self, op: MatMul, inputs: &[Ref]) -> Option<Ref> {
        let swapped = |r: Ref| match self.maker(r) {
            (Op::Transpose(transpose), below) => {
                let rank = transpose.order.len();
                let mut expected: Vec<usize> = (0..rank).collect();
                expected.swap(rank - 1, rank - 2);
                (transpose.order == expected).then(|| below[0])
            }
            _ => None,
        };
        let (a, b) = (swapped(inputs[0]), swapped(inputs[1]));
        if a.is_none() && b.is_none() {
            return None;
        }
        let op = MatMul { transpose_a: op.transpose_a ^ a.is_some(), transpose_b: op.transpose_b ^ b.is_some() };
        Some(self.one(op, vec![a.unwrap_or(inputs[0]), b.unwrap_or(inputs[1])]))
    }

    /// Elementwise operations broadcast by themselves, and do less before a broadcast than after it.
    fn without_broadcasts(&mut self, op: &Op, inputs: &[Ref], shape: Shape) -> Option<Ref> {
        let below = |&r: &Ref| match self.maker(r) {
            (Op::Broadcast(_), below) => below[0],
            (Op::Reshape(_), below) if self.only_leads(below[0], r) => below[0],
            _ => r,
        };
        if inputs.iter().all(|r| below(r) == *r) {
            return None;
        }
        let bare: Vec<Ref> = inputs.iter().map(below).collect();
        let natural = self.types(op, &bare)[0].shape;
        if natural == shape || natural.size() < shape.size() {
            let result = self.one(op.clone(), bare);
            return Some(self.broadcast(result, shape));
        }
        None
    }

    fn elementwise(&mut self, op: &Op, inputs: &[Ref], ty: TensorType) -> Option<Ref> {
        let found = match op {
            Op::Unary(Unary(kind)) => self.unary(*kind, inputs[0], ty.dtype),
            Op::Binary(Binary(kind)) => self.binary(*kind, inputs[0], inputs[1], ty.dtype),
            Op::Select(_) => self.select(inputs),
            Op::Cast(Cast(to)) => self.cast(*to, inputs[0]),
            _ => None,
        }?;
        Some(self.broadcast(found, ty.shape))
    }

    fn unary(&mut self, kind: UnaryKind, x: Ref, dtype: DType) -> Option<Ref> {
        if let Some(value) = self.constant(x) {
            let folded = fold::unary(kind, value, self.ty(x).dtype)?;
            return Some(self.scalar(folded, dtype));
        }
        match (kind, self.maker(x)) {
            (UnaryKind::Neg | UnaryKind::Not, (Op::Unary(Unary(below)), from)) if *below == kind => Some(from[0]),
            _ => None,
        }
    }

    fn binary(&mut self, kind: BinaryKind, a: Ref, b: Ref, dtype: DType) -> Option<Ref> {
        use BinaryKind::*;
        let operands = self.ty(a).dtype;
        let (left, right) = (self.constant(a), self.constant(b));
        if let (Some(left), Some(right)) = (left, right) {
            let folded = fold::binary(kind, left, right, operands)?;
            return Some(self.scalar(folded, dtype));
        }
        // Adding -0 changes no float, subtracting 0 neither.
        let no_term = |c: f64, negative: bool| c == 0.0 && (operands == DType::I32 || c.is_sign_negative() == negative);
        match (kind, left, right) {
            (Add, Some(c), _) if no_term(c, true) => return Some(b),
            (Add, _, Some(c)) if no_term(c, true) => return Some(a),
            (Sub, _, Some(c)) if no_term(c, false) => return Some(a),
            (Mul, Some(1.0), _) => return Some(b),
            (Mul | Div | Pow, _, Some(1.0)) => return Some(a),
            (Mul, Some(-1.0), _) => return Some(self.one(Unary(UnaryKind::Neg), vec![b])),
            (Mul | Div, _, Some(-1.0)) => return Some(self.one(Unary(UnaryKind::Neg), vec![a])),
            (Pow, _, Some(2.0)) => return Some(self.one(Unary(UnaryKind::Square), vec![a])),
            (And, Some(c), _) => return Some(if c != 0.0 { b } else { a }),
            (And, _, Some(c)) => return Some(if c != 0.0 { a } else { b }),
            (Or, Some(c), _) => return Some(if c != 0.0 { a } else { b }),
            (Or, _, Some(c)) => return Some(if c != 0.0 { b } else { a }),
            _ => {}
        }
        let negated = |r: Ref| match self.maker(r) {
            (Op::Unary(Unary(UnaryKind::Neg)), from) => Some(from[0]),
            _ => None,
        };
        match kind {
            Add => {
                let (minuend, subtrahend) = negated(b).map(|b| (a, b)).or_else(|| negated(a).map(|a| (b, a)))?;
                Some(self.one(Binary(Sub), vec![minuend, subtrahend]))
            }
            Sub => negated(b).map(|b| self.one(Binary(Add), vec![a, b])),
            _ => None,
        }
    }

    fn select(&mut self, inputs: &[Ref]) -> Option<Ref> {
        let [condition, a, b] = *inputs else { return None };
        if a == b {
            return Some(a);
        }
        if let Some(truth) = self.constant(condition) {
            return Some(if truth != 0.0 { a } else { b });
        }
        match self.maker(condition) {
            (Op::Unary(Unary(UnaryKind::Not)), from) => {
                let condition = from[0];
                Some(self.one(Select, vec![condition, b, a]))
            }
            _ => None,
        }
    }

    fn cast(&mut self, to: DType, x: Ref) -> Option<Ref> {
        let from = self.ty(x).dtype;
        if from == to {
            return Some(x);
        }
        if let Some(value) = self.constant(x) {
            return Some(self.scalar(fold::cast(value, from, to), to));
        }
        if let (Op::Cast(_), below) = self.maker(x) {
            let below = below[0];
            if skips(self.ty(below).dtype, from, to) {
                return Some(self.one(Cast(to), vec![below]));
            }
        }
        None
    }
}

/// `kind(a, b) = kind(b, a)` to the last bit.
fn is_commutative(kind: BinaryKind) -> bool {
    use BinaryKind::*;
    matches!(kind, Add | Mul | Eq | Ne | And | Or | Xor)
}

/// Whether `a` to `b` to `c` is the same as `a` to `c`: `b` holds every number of `a`, and the way from `b` to `c` treats
/// them as the way from `a` does (integers wrap, floats saturate).
fn skips(a: DType, b: DType, c: DType) -> bool {
    use DType::*;
    let holds = match b {
        F32 => a != I32,
        Bf16 | F16 => matches!(a, I8 | U8 | Bool),
        I32 => matches!(a, I8 | U8 | Bool),
        I8 | U8 => a == Bool,
        Bool => false,
    };
    let alike = c.is_float() || c == Bool || a == Bool || a.is_float() == b.is_float() || c == I32;
    holds && (alike || a == c)
}
