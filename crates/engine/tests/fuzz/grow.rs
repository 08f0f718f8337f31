//! Random graphs: every operation over every other, with operands chosen so that numbers stay of moderate size.

use hornbeam_engine::graph::cases::{Fill, Operand};
use hornbeam_engine::graph::ops::elementwise::{self as ew, BinaryKind, UnaryKind};
use hornbeam_engine::graph::ops::movement;
use hornbeam_engine::graph::ops::random::{self, RandomKind};
use hornbeam_engine::graph::{DType, Graph, Result, Shape, Tensor, gradients};
use hornbeam_reference::{Value, random_value};

use super::choices::Choices;

/// A graph with arguments, and what its parameters have to do with the batch.
pub struct Made {
    pub graph: Graph,
    pub args: Vec<Value>,
    /// Batch size, and the parameters that have it as leading axis.
    pub n: usize,
    pub batched: Vec<bool>,
}

/// What a graph is grown from.
pub struct Garden {
    pub choices: Choices,
    pub params: Vec<Tensor>,
    pub args: Vec<Value>,
    pub batched: Vec<bool>,
    /// All float32, int32 and bool tensors so far.
    pub pool: Vec<Tensor>,
    pub n: usize,
    /// Elements that a tensor may have.
    pub most: usize,
    seed: u64,
}

/// A random graph.
pub fn make(seed: u64) -> Made {
    let mut choices = Choices::new(seed);
    let n = 4 + choices.below(37);
    let is_large = choices.once_in(40);
    let most = if is_large { 30_000 } else { 1500 };
    let mut garden =
        Garden { choices, params: Vec::new(), args: Vec::new(), batched: Vec::new(), pool: Vec::new(), n, most, seed };
    garden.plant(is_large);
    let steps = if is_large { 12 } else { 15 + garden.choices.below(100) };
    for _ in 0..steps {
        if let Some(grown) = garden.grow() {
            let grown = grown.unwrap_or_else(|error| panic!("graph {seed}: {error}"));
            for tensor in grown {
                if tensor.shape().size() <= garden.most
                    && matches!(tensor.dtype(), DType::F32 | DType::I32 | DType::Bool)
                {
                    garden.pool.push(tensor);
                }
            }
        }
    }
    let outputs = garden.outputs();
    let (graph, captured) = Graph::capture(&outputs, &garden.params, 0).expect("a closed graph");
    assert!(captured.is_empty());
    Made { graph, args: garden.args, n, batched: garden.batched }
}

impl Garden {
    fn plant(&mut self, is_large: bool) {
        let n = self.n;
        let small = [1, 2, 3, 4, 5, 7, 8, 16, 17];
        for _ in 0..2 {
            let (a, b, c) = (self.choices.of(&small), self.choices.of(&small), self.choices.of(&small));
            self.param(&[n, a], DType::F32, true);
            self.param(&[a, b], DType::F32, false);
            self.param(&[b], DType::F32, false);
            self.param(&[n, a.min(5), b.min(5)], DType::F32, true);
            self.param(&[n, c], DType::I32, true);
            self.param(&[c], DType::I32, false);
        }
        let rows = if self.choices.once_in(2) { 2 * n } else { n };
        self.param(&[rows, 3], DType::F32, true);
        self.param(&[n, 2], DType::F32, false);
        self.param(&[], DType::F32, false);
        self.param(&[n], DType::F32, true);
        self.param(&[n, 1], DType::F32, true);
        let channels = self.choices.of(&[1, 2, 3, 8]);
        let side = 3 + self.choices.below(4);
        self.param(&[n, side, side + 1, channels], DType::F32, true);
        if self.choices.once_in(4) {
            self.param(&[n, 0, 3], DType::F32, true);
        }
        if is_large {
            self.param(&[n, 600], DType::F32, true);
            self.param(&[600, 40], DType::F32, false);
        }
    }

    /// A new parameter with random numbers.
    pub fn param(&mut self, dims: &[usize], dtype: DType, batched: bool) -> Tensor {
        let operand = match dtype {
            DType::I32 => Operand::integers(dims, -9, 10),
            _ if self.choices.once_in(2) => Operand::floats(dims, -1.5, 1.5),
            _ => Operand::new(dims, dtype, Fill::Uniform(-0.5, 2.0)),
        };
        self.param_of(&operand, batched)
    }

    fn param_of(&mut self, operand: &Operand, batched: bool) -> Tensor {
        let seed = self.seed * 1000 + self.params.len() as u64;
        let value = random_value(operand, seed);
        let tensor = Tensor::param(value.ty);
        self.params.push(tensor.clone());
        self.args.push(value);
        self.batched.push(batched);
        self.pool.push(tensor.clone());
        tensor
    }

    /// A tensor that meets a condition, late ones more often.
    pub fn find(&mut self, wanted: impl Fn(&Tensor) -> bool) -> Option<Tensor> {
        let fit: Vec<usize> = (0..self.pool.len()).filter(|&i| wanted(&self.pool[i])).collect();
        if fit.is_empty() {
            return None;
        }
        let back = self.choices.below(fit.len()).min(self.choices.below(fit.len()));
        Some(self.pool[fit[fit.len() - 1 - back]].clone())
    }

    pub fn float(&mut self) -> Tensor {
        self.find(|t| t.dtype() == DType::F32).expect("there are floats")
    }

    /// A tensor that broadcasts with `x`, often of the same shape.
    fn partner(&mut self, x: &Tensor) -> Result<Tensor> {
        let (shape, dtype, most) = (x.shape(), x.dtype(), self.most);
        if !self.choices.once_in(3)
            && let Some(same) = self.find(|t| t.shape() == shape && t.dtype() == dtype)
        {
            return Ok(same);
        }
        let fits =
            move |t: &Tensor| t.dtype() == dtype && t.shape().broadcast(&shape).is_some_and(|s| s.size() <= most);
        match self.find(fits) {
            Some(found) if !self.choices.once_in(6) => Ok(found),
            _ => {
                let value: f64 = self.choices.of(&[0.0, 1.0, -1.0, 2.0, 0.5]);
                let value = if dtype == DType::F32 { value } else { value.round() };
                if self.choices.once_in(2) {
                    movement::scalar(value, dtype)
                } else {
                    movement::fill(value, shape, dtype)
                }
            }
        }
    }

    fn grow(&mut self) -> Option<Result<Vec<Tensor>>> {
        let one = |result: Result<Tensor>| Some(result.map(|t| vec![t]));
        match self.choices.below(30) {
            0..=2 => one(self.unary()),
            3..=6 => one(self.binary()),
            7 => one(self.integers()),
            8 => one(self.compare()),
            9 => one(self.select()),
            10 => one(self.cast()),
            11 | 12 => one(self.reshape()),
            13 => one(self.transpose()),
            14 => self.slice().and_then(one),
            15 => self.pad().and_then(one),
            16 => self.concat().and_then(one),
            17 => one(self.broadcast()),
            18 | 19 => self.reduce().and_then(one),
            20 => self.arg_reduce().and_then(one),
            21 | 22 => self.matmul().and_then(one),
            23 => self.convolve(),
            24 => self.pool_window(),
            25 => self.softmax().and_then(one),
            26 => self.gather().and_then(one),
            27 => self.scatter().and_then(one),
            28 => self.dynamic().and_then(one),
            _ => one(self.random()),
        }
    }

    fn unary(&mut self) -> Result<Tensor> {
        use UnaryKind::*;
        let x = self.float();
        let positive = |x: &Tensor| ew::shift(&ew::unary(Abs, x)?, 0.5);
        match self.choices.below(14) {
            0 => ew::unary(Exp, &ew::unary(Tanh, &x)?),
            1 => {
                let kind = self.choices.of(&[Log, Sqrt, Rsqrt, Reciprocal, Log1p]);
                ew::unary(kind, &positive(&x)?)
            }
            2 => ew::scale(&ew::unary(Square, &x)?, 0.25),
            3 => ew::unary(Expm1, &ew::unary(Sin, &x)?),
            4 => ew::unary(self.choices.of(&[Floor, Ceil, Round, Sign]), &ew::shift(&x, 0.123)?),
            5 => ew::scale(&x, 0.7),
            _ => ew::unary(self.choices.of(&[Neg, Abs, Sin, Cos, Tanh, Sigmoid, Erf, Relu]), &x),
        }
    }

    fn binary(&mut self) -> Result<Tensor> {
        use BinaryKind::*;
        let x = self.float();
        let y = self.partner(&x)?;
        let (a, b) = if self.choices.once_in(2) { (x, y) } else { (y, x) };
        match self.choices.below(10) {
            0 => ew::div(&a, &ew::shift(&ew::unary(UnaryKind::Abs, &b)?, 0.6)?),
            1 => {
                ew::binary(Pow, &ew::shift(&ew::unary(UnaryKind::Sigmoid, &a)?, 0.5)?, &ew::unary(UnaryKind::Tanh, &b)?)
            }
            2 => ew::binary(Atan2, &a, &ew::shift(&ew::unary(UnaryKind::Abs, &b)?, 0.3)?),
            3 | 4 => ew::scale(&ew::mul(&a, &b)?, 0.6),
            5 => ew::binary(self.choices.of(&[Max, Min]), &a, &b),
            6 => ew::sub(&a, &b),
            _ => ew::scale(&ew::add(&a, &b)?, self.choices.of(&[1.0, 0.7])),
        }
    }

    fn integers(&mut self) -> Result<Tensor> {
        use BinaryKind::*;
        let x = self.find(|t| t.dtype() == DType::I32).expect("there are integers");
        let y = self.partner(&x)?;
        match self.choices.below(3) {
            0 => ew::unary(self.choices.of(&[UnaryKind::Neg, UnaryKind::Abs, UnaryKind::Sign, UnaryKind::Relu]), &x),
            _ => ew::binary(self.choices.of(&[Add, Sub, Mul, Div, Mod, Max, Min]), &x, &y),
        }
    }

    fn compare(&mut self) -> Result<Tensor> {
        use BinaryKind::*;
        if self.choices.once_in(2)
            && let Some(x) = self.find(|t| t.dtype() == DType::Bool)
        {
            let y = self.partner(&x)?;
            return match self.choices.below(3) {
                0 => ew::unary(UnaryKind::Not, &x),
                _ => ew::binary(self.choices.of(&[And, Or, Xor, Eq, Ne]), &x, &y),
            };
        }
        let dtype = self.choices.of(&[DType::F32, DType::F32, DType::I32]);
        let x = self.find(|t| t.dtype() == dtype).expect("there are numbers");
        let y = self.partner(&x)?;
        ew::binary(self.choices.of(&[Lt, Le, Gt, Ge, Eq, Ne]), &x, &y)
    }

    fn select(&mut self) -> Result<Tensor> {
        let x = self.float();
        let y = self.partner(&x)?;
        let shape = x.shape().broadcast(&y.shape()).expect("partners fit");
        let cond = self.find(|t| t.dtype() == DType::Bool && t.shape().broadcast(&shape).is_some_and(|s| s == shape));
        match cond {
            Some(cond) if !self.choices.once_in(3) => ew::select(&cond, &x, &y),
            _ => ew::select(&ew::binary(BinaryKind::Gt, &x, &y)?, &y, &x),
        }
    }

    fn cast(&mut self) -> Result<Tensor> {
        let x = self.find(|_| true).expect("there are tensors");
        let to = self.choices.of(&DType::ALL);
        let narrow = ew::cast(&x, to)?;
        let back = self.choices.of(&[DType::F32, DType::F32, DType::I32]);
        // Whole numbers may be large: they come back small.
        let wide = ew::cast(&narrow, back)?;
        if x.dtype() == DType::I32 && back == DType::F32 {
            ew::unary(UnaryKind::Tanh, &ew::scale(&wide, 0.1)?)
        } else {
            Ok(wide)
        }
    }

    fn random(&mut self) -> Result<Tensor> {
        let kind = self.choices.of(&[RandomKind::Uniform, RandomKind::Normal, RandomKind::TruncatedNormal]);
        let dims = if self.choices.once_in(2) { vec![self.n, 3] } else { vec![5] };
        let seed = movement::iota(Shape::new(&[2])?, 0, DType::I32)?;
        let counter = movement::scalar(f64::from(self.choices.bits() % 100), DType::I32)?;
        random::random(kind, Shape::new(&dims)?, &seed, &counter, self.choices.bits() % 4)
    }

    fn outputs(&mut self) -> Vec<Tensor> {
        let mut outputs: Vec<Tensor> = self.pool.iter().rev().take(4).cloned().collect();
        for _ in 0..4 {
            let some = self.find(|_| true).expect("there are tensors");
            outputs.push(some);
        }
        // Parameters, constants, views, the same twice.
        outputs.push(outputs[self.choices.below(outputs.len())].clone());
        let (x, y) = (self.find(|_| true).expect("one"), self.find(|_| true).expect("one"));
        match self.choices.below(4) {
            0 => outputs.push(self.params[self.choices.below(self.params.len())].clone()),
            1 => outputs.push(movement::fill(2.5, Shape::new(&[3, 2]).expect("small"), DType::F32).expect("small")),
            2 => outputs.extend(movement::reshape(&x, &[-1]).ok().filter(|t| t.shape().size() > 0)),
            _ => outputs.push(y),
        }
        if self.choices.once_in(2) {
            let wrt: Vec<Tensor> = self.params.iter().filter(|p| p.dtype() == DType::F32).cloned().collect();
            let floats: Vec<Tensor> = outputs.iter().filter(|t| t.dtype() == DType::F32).cloned().collect();
            let found = gradients(&floats, &[], &wrt).expect("everything here has a gradient");
            outputs.extend(found.into_iter().flatten());
        }
        outputs
    }
}
