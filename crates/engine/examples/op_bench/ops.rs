//! Operations by name, each a program with its operands.

use std::sync::Arc;

use hornbeam_engine::buffer::{Buffer, Variable};
use hornbeam_engine::graph::gradient::gradients;
use hornbeam_engine::graph::ops::contraction::matmul;
use hornbeam_engine::graph::ops::conv::{Window, conv2d_grouped};
use hornbeam_engine::graph::ops::elementwise::{UnaryKind, add, div, scale, shift, sub, unary};
use hornbeam_engine::graph::ops::norm::{batch_norm, layer_norm};
use hornbeam_engine::graph::ops::pool::{PoolWindow, max_pool2d};
use hornbeam_engine::graph::ops::softmax::softmax;
use hornbeam_engine::graph::{self, DType, Shape, Tensor, TensorType};
use hornbeam_engine::program::Program;
use hornbeam_engine::runtime::Priority;
use hornbeam_engine::trace;

use crate::Work;

/// The operation of a line: its name and its arguments.
pub fn work(op: &str, arguments: &[&str]) -> Result<Work, String> {
    let built = match op {
        "matmul" => matrices(arguments),
        "conv2d" => convolution(arguments, false),
        "depthwise" => convolution(arguments, true),
        "maxpool" => {
            let [n, h, w, c] = numbers(arguments)?;
            let window = PoolWindow { size: [2, 2], strides: [2, 2], dilation: [1, 1], pad_h: [0, 0], pad_w: [0, 0] };
            forward_backward(&[n, h, w, c], &[n, h / 2, w / 2, c], &[], |x, _| max_pool2d(x, window))
        }
        "batchnorm" => {
            let [n, h, w, c] = numbers(arguments)?;
            forward_backward(&[n, h, w, c], &[n, h, w, c], &[c], |x, w| {
                Ok(batch_norm(x, &w[0], &w[1], 1e-3)?[0].clone())
            })
        }
        "layernorm" => {
            let [rows, columns] = numbers(arguments)?;
            forward_backward(&[rows, columns], &[rows, columns], &[columns], |x, w| layer_norm(x, &w[0], &w[1], 1e-3))
        }
        "softmax" => {
            let [rows, columns] = numbers(arguments)?;
            forward_backward(&[rows, columns], &[rows, columns], &[], |x, _| softmax(x, -1))
        }
        "gelu" => {
            let [n] = numbers(arguments)?;
            forward_backward(&[n], &[n], &[], |x, _| unary(UnaryKind::Gelu, x))
        }
        "adam" => adam(arguments),
        _ => return Err(format!("there is no operation {op}")),
    };
    built.map_err(|error| error.to_string())
}

type Built = Result<Work, Failed>;

/// Why an operation cannot be made: a wrong argument, or the graph's own error.
struct Failed(String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<graph::Error> for Failed {
    fn from(error: graph::Error) -> Failed {
        Failed(error.to_string())
    }
}

impl From<String> for Failed {
    fn from(message: String) -> Failed {
        Failed(message)
    }
}

fn numbers<const N: usize>(arguments: &[&str]) -> Result<[usize; N], String> {
    let parsed: Option<Vec<usize>> = arguments.iter().map(|word| word.parse().ok()).collect();
    let wrong = || format!("the operation takes {N} whole numbers, got {arguments:?}");
    parsed.ok_or_else(wrong)?.try_into().map_err(|_| wrong())
}

fn float(dims: &[usize]) -> graph::Result<TensorType> {
    Ok(TensorType::new(Shape::new(dims)?, DType::F32))
}

/// Numbers between -1 and 1, the same in every run.
fn filled(ty: TensorType) -> graph::Result<Buffer> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let bytes: Vec<u8> = (0..ty.shape.size()).flat_map(|_| next().to_ne_bytes()).collect();
    Buffer::from_bytes(ty, &bytes)
}

/// A program of `build`, over operands of the dims given; the leading axis of those that `batched` flags is the batch.
fn program(
    dims: &[Vec<usize>],
    batched: &[bool],
    build: impl FnOnce(&[Tensor]) -> graph::Result<Vec<Tensor>>,
) -> graph::Result<Work> {
    let types = dims.iter().map(|d| float(d)).collect::<graph::Result<Vec<_>>>()?;
    trace::begin("op_bench");
    let params: Vec<Tensor> = types.iter().map(|&ty| Tensor::param(ty)).collect();
    let built = build(&params).and_then(|outputs| trace::compile(&params, &outputs, batched));
    let program = built.inspect_err(|_| trace::abort())?;
    let args = types.iter().map(|&ty| Ok(Arc::new(filled(ty)?))).collect::<graph::Result<Vec<_>>>()?;
    let size = |types: &mut dyn Iterator<Item = TensorType>| types.map(|ty| ty.bytes() as u64).sum::<u64>();
    let bytes = size(&mut types.iter().copied()) + size(&mut program.result_types().iter().copied());
    let flops = program.plan().flops;
    Ok(Work { run: Box::new(move || run(&program, &args)), flops, bytes })
}

fn run(program: &Program, args: &[Arc<Buffer>]) {
    // The results' memory comes from the cache of freed buffers, as it does for callers of the library.
    assert!(program.run(args, Priority::Training).is_ok(), "a program failed");
}

/// `matmul NN|NT|TN M N K`.
fn matrices(arguments: &[&str]) -> Built {
    let (layout, sizes) = arguments.split_first().ok_or_else(|| "matmul takes a layout and M N K".to_owned())?;
    let [m, n, k] = numbers(sizes)?;
    let (a, b, transposed) = match *layout {
        "NN" => ([m, k], [k, n], (false, false)),
        "NT" => ([m, k], [n, k], (false, true)),
        "TN" => ([k, m], [k, n], (true, false)),
        other => return Err(format!("a layout is NN, NT or TN, got {other}").into()),
    };
    let work = program(&[a.to_vec(), b.to_vec()], &[false, false], |p| {
        Ok(vec![matmul(&p[0], &p[1], transposed.0, transposed.1)?])
    })?;
    Ok(work)
}

/// `conv2d forward|input-grad|filter-grad N H W C COUT K STRIDE GROUPS valid|same`, `depthwise ... N H W C K STRIDE` (same).
fn convolution(arguments: &[&str], depthwise: bool) -> Built {
    let (what, rest) = arguments.split_first().ok_or_else(|| "a convolution takes a direction".to_owned())?;
    let (sizes, same) = if depthwise {
        let [n, h, w, c, k, stride] = numbers(rest)?;
        ([n, h, w, c, c, k, stride, c], true)
    } else {
        let (padding, sizes) = rest.split_last().ok_or_else(|| "a convolution takes sizes".to_owned())?;
        (numbers(sizes)?, *padding == "same")
    };
    let [n, h, w, c, co, kernel, stride, groups] = sizes;
    let pad = |dim: usize| {
        let out = dim.div_ceil(stride);
        let total = if same { ((out - 1) * stride + kernel).saturating_sub(dim) } else { 0 };
        [total / 2, total - total / 2]
    };
    let window = Window { strides: [stride; 2], dilation: [1; 2], pad_h: pad(h), pad_w: pad(w) };
    let out = window.output("op_bench", [h, w], [kernel, kernel])?;
    let (x, f) = (vec![n, h, w, c], vec![kernel, kernel, c / groups, co]);
    let y = vec![n, out[0], out[1], co];
    let forward = move |x: &Tensor, f: &Tensor| conv2d_grouped(x, f, window, groups);
    // A gradient's program holds nothing else: what the forward convolution computes, it does not read.
    let work = match *what {
        "forward" => program(&[x, f], &[true, false], |p| Ok(vec![forward(&p[0], &p[1])?])),
        "input-grad" => program(&[y, f], &[true, false], |p| {
            let x = Tensor::param(float(&[n, h, w, c])?);
            one(gradients(&[forward(&x, &p[1])?], &[Some(p[0].clone())], &[x])?)
        }),
        "filter-grad" => program(&[x, y], &[true, true], |p| {
            let f = Tensor::param(float(&[kernel, kernel, c / groups, co])?);
            one(gradients(&[forward(&p[0], &f)?], &[Some(p[1].clone())], &[f])?)
        }),
        other => return Err(format!("a direction is forward, input-grad or filter-grad, got {other}").into()),
    };
    Ok(work?)
}

fn one(gradients: Vec<Option<Tensor>>) -> graph::Result<Vec<Tensor>> {
    Ok(gradients.into_iter().flatten().collect())
}

/// `f` of `x` and of two weights of dims `weights` (none when that is empty), of dims `out`, and its gradients for a given cotangent.
fn forward_backward(
    dims: &[usize],
    out: &[usize],
    weights: &[usize],
    f: impl FnOnce(&Tensor, &[Tensor]) -> graph::Result<Tensor>,
) -> Built {
    let mut types = vec![dims.to_vec(), out.to_vec()];
    if !weights.is_empty() {
        types.extend([weights.to_vec(), weights.to_vec()]);
    }
    let batched: Vec<bool> = (0..types.len()).map(|i| i < 2).collect();
    let work = program(&types, &batched, |p| {
        let y = f(&p[0], &p[2..])?;
        let operands: Vec<Tensor> = p[..1].iter().chain(&p[2..]).cloned().collect();
        let mut outputs = vec![y.clone()];
        outputs.extend(one(gradients(&[y], &[Some(p[1].clone())], &operands)?)?);
        Ok(outputs)
    })?;
    Ok(work)
}

/// Keras' Adam on so many parameters: `adam N`.
fn adam(arguments: &[&str]) -> Built {
    let [n] = numbers(arguments)?;
    let ty = float(&[n])?;
    let variable = |name: &str, buffer: Buffer| Variable::new(name, Arc::new(buffer));
    let (weight, first) = (variable("weight", filled(ty)?), variable("first", filled(ty)?));
    // Squares are not negative.
    let second = variable("second", Buffer::from_bytes(ty, &vec![0; ty.bytes()])?);
    let mut work = program(&[vec![n]], &[false], |p| {
        let (w, m, v) = (trace::read_variable(&weight), trace::read_variable(&first), trace::read_variable(&second));
        let m = add(&m, &scale(&sub(&p[0], &m)?, 0.1)?)?;
        let v = add(&v, &scale(&sub(&unary(UnaryKind::Square, &p[0])?, &v)?, 0.001)?)?;
        let step = div(&scale(&m, 0.001)?, &shift(&unary(UnaryKind::Sqrt, &v)?, 1e-7)?)?;
        let w = sub(&w, &step)?;
        trace::assign_variable(&first, &m)?;
        trace::assign_variable(&second, &v)?;
        trace::assign_variable(&weight, &w)?;
        Ok(Vec::new())
    })?;
    // Reads the gradient and three variables, writes three.
    work.bytes = 7 * ty.bytes() as u64;
    Ok(work)
}
