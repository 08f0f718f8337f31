//! Gradients of control flow: bodies are differentiated as graphs, and run as control flow again.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::dtype::DType;
use crate::error::Result;
use crate::gradient::gradients;
use crate::graph::Graph;
use crate::ops::control::sums::{self, Term};
use crate::ops::{Cond, Op, Scan, Vjp, elementwise, movement};
use crate::shape::TensorType;
use crate::tensor::{Def, Scope, Tensor};

/// The cotangent, or zeros.
fn or_zeros(cotangent: Option<&Tensor>, ty: TensorType) -> Result<Tensor> {
    match cotangent {
        Some(given) => Ok(given.clone()),
        None => movement::fill(0.0, ty.shape, ty.dtype),
    }
}

/// The type that cotangents of a tensor are summed in: the 16-bit types only store.
fn sum_type(ty: TensorType) -> TensorType {
    TensorType::new(ty.shape, DType::F32)
}

/// A reverse scan over the steps of `op`: it carries the cotangents of the carried values and, summed so far, of the
/// captured ones but for what is [summed after the loop](sums). What the gradient of a step needs of its forward computation (its residuals) is stacked by the forward
/// scan, emitted again with those as additional results; [`simplify`](crate::simplify::simplify) makes one scan of both.
pub(super) fn scan(op: &Scan, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
    let (captured_end, carry_end) = (op.captured, op.captured + op.carry);
    let output_types = op.body.output_types();
    // Cotangents that take part: of every floating carried value, and of the stacked results that have one.
    let seeded: Vec<usize> = (0..output_types.len())
        .filter(|&i| output_types[i].dtype.is_float() && (i < op.carry || ctx.cotangents[i].is_some()))
        .collect();
    let scope = Scope::enter();
    let params: Vec<Tensor> = op.body.param_types().into_iter().map(Tensor::param).collect();
    let results = op.body.inline(&params)?;
    let seeds: Vec<Tensor> = seeded.iter().map(|&i| Tensor::param(output_types[i])).collect();
    let differentiable: Vec<usize> = (0..params.len()).filter(|&i| params[i].dtype().is_float()).collect();
    let step_gradients = gradients(
        &seeded.iter().map(|&i| results[i].clone()).collect::<Vec<_>>(),
        &seeds.iter().cloned().map(Some).collect::<Vec<_>>(),
        &differentiable.iter().map(|&i| params[i].clone()).collect::<Vec<_>>(),
    )?;
    let gradient_of: HashMap<usize, Tensor> =
        differentiable.into_iter().zip(step_gradients).filter_map(|(i, gradient)| Some((i, gradient?))).collect();

    // A forward node has a lower id than everything that was made for the gradient.
    let first_seed = seeds.first().map_or(u64::MAX, |t| t.node().id());
    // The reverse step's results: next cotangents of the carried values, sums for the captured, and rows for the xs and for later.
    let mut next: Vec<Tensor> = Vec::new();
    let carried: Vec<usize> = (captured_end..carry_end).filter(|&i| params[i].dtype().is_float()).collect();
    for i in &carried {
        next.push(or_zeros(gradient_of.get(i), params[*i].ty())?);
    }
    let rows: Vec<usize> = (carry_end..params.len()).filter(|i| gradient_of.contains_key(i)).collect();
    let mut stacks = Stacks::new(&params, captured_end..carry_end, &seeds[carried.len()..], first_seed);
    stacks.rows.extend(rows.iter().map(|i| gradient_of[i].clone()));
    let mut later: Vec<(usize, Vec<Term>)> = Vec::new();
    let (mut summed, mut sums) = (Vec::new(), Vec::new());
    for (i, gradient) in (0..captured_end).filter_map(|i| Some((i, gradient_of.get(&i)?))) {
        let (terms, rest) = sums::split(gradient, &mut |term| stacks.take(term))?;
        if let Some(rest) = rest {
            let sum = Tensor::param(sum_type(params[i].ty()));
            next.push(elementwise::add(&sum, &elementwise::cast(&rest, DType::F32)?)?);
            summed.push(i);
            sums.push(sum);
        }
        if !terms.is_empty() {
            later.push((i, terms));
        }
    }
    next.extend(stacks.rows.iter().cloned());

    let needs = needs_of(&next, &params, first_seed);
    let used_captured: Vec<usize> = (0..captured_end).filter(|i| needs.params.contains(i)).collect();
    let used_xs: Vec<usize> = (carry_end..params.len()).filter(|i| needs.params.contains(i)).collect();
    let mut residuals = needs.forward;
    residuals.extend((captured_end..carry_end).filter(|i| needs.params.contains(i)).map(|i| params[i].clone()));
    // What only later sums read is stacked, too, but no operand of the reverse scan.
    let known: HashSet<(u64, u32)> = residuals.iter().map(Tensor::key).collect();
    let kept: Vec<Tensor> = stacks.forward.into_iter().filter(|t| !known.contains(&t.key())).collect();

    let (carry_seeds, row_seeds) = seeds.split_at(carried.len());
    let mut reverse_params: Vec<Tensor> = used_captured.iter().map(|&i| params[i].clone()).collect();
    reverse_params.extend([carry_seeds, &sums[..], &residuals[..]].concat());
    reverse_params.extend(used_xs.iter().map(|&i| params[i].clone()));
    reverse_params.extend(row_seeds.iter().cloned());
    let (reverse_body, captured) = Graph::capture(&next, &reverse_params, scope.id())?;
    debug_assert!(captured.is_empty(), "a body is closed, and so is its gradient");
    let all_kept = [&residuals[..], &kept[..]].concat();
    let forward = match all_kept.is_empty() {
        true => None,
        false => Some(Graph::capture(&[&results[..], &all_kept[..]].concat(), &params, scope.id())?.0),
    };
    drop(scope);

    let stacked = match forward {
        Some(body) => {
            let again = Scan { body: Arc::new(body), ..op.clone() };
            Tensor::apply(again.into(), ctx.inputs.to_vec())?.split_off(output_types.len())
        }
        None => Vec::new(),
    };
    let mut inputs: Vec<Tensor> = used_captured.iter().map(|&i| ctx.inputs[i].clone()).collect();
    for &i in &seeded[..carried.len()] {
        inputs.push(or_zeros(ctx.cotangents[i].as_ref(), output_types[i])?);
    }
    for &i in &summed {
        inputs.push(or_zeros(None, sum_type(ctx.inputs[i].ty()))?);
    }
    inputs.extend(stacked[..residuals.len()].iter().cloned());
    inputs.extend(used_xs.iter().map(|&i| ctx.inputs[i].clone()));
    inputs.extend(seeded[carried.len()..].iter().filter_map(|&i| ctx.cotangents[i].clone()));
    let reverse = Scan {
        body: Arc::new(reverse_body),
        captured: used_captured.len(),
        carry: carried.len() + summed.len(),
        length: op.length,
        reverse: !op.reverse,
    };
    let mut found = Tensor::apply(reverse.into(), inputs)?;
    let found_rows = found.split_off(carried.len() + summed.len());
    let mut values: HashMap<(u64, u32), Tensor> = all_kept.iter().map(Tensor::key).zip(stacked).collect();
    values.extend(stacks.rows.iter().map(Tensor::key).zip(found_rows.iter().cloned()));
    values.extend((carry_end..params.len()).map(|i| (params[i].key(), ctx.inputs[i].clone())));
    let given = seeded[carried.len()..].iter().filter_map(|&i| ctx.cotangents[i].clone());
    values.extend(seeds[carried.len()..].iter().map(Tensor::key).zip(given));
    let mut cotangents = vec![None; ctx.inputs.len()];
    for (i, cotangent) in carried.into_iter().chain(summed).chain(rows).zip(found.into_iter().chain(found_rows)) {
        cotangents[i] = Some(cotangent);
    }
    for (i, terms) in later {
        for term in terms {
            let total = term.total(&values)?;
            cotangents[i] = Some(match cotangents[i].take() {
                Some(so_far) => elementwise::add(&so_far, &total)?,
                None => total,
            });
        }
    }
    Ok(cotangents)
}

/// How many times the elements that are stacked anyway a term's new rows may have: those of four gates and their rows of inputs are four times as many.
const MOST_NEW: usize = 8;

/// The values of steps that are there after the loop, a row a step.
struct Stacks {
    /// Of parameters: whether it is there as it is, one of the xs or of the stacked results' cotangents, or a carried value.
    params: HashMap<(u64, u32), bool>,
    /// Carried values and results of the forward step, beside those that the reverse step reads.
    forward: Vec<Tensor>,
    /// Results of the reverse step.
    rows: Vec<Tensor>,
    /// The first id of what was made for the gradient.
    first_seed: u64,
}

impl Stacks {
    fn new(params: &[Tensor], carried: Range<usize>, row_seeds: &[Tensor], first_seed: u64) -> Stacks {
        let stacked = params.iter().enumerate().skip(carried.start);
        let stacked = stacked.map(|(i, param)| (param.key(), i >= carried.end));
        let params = stacked.chain(row_seeds.iter().map(|seed| (seed.key(), true))).collect();
        Stacks { params, forward: Vec::new(), rows: Vec::new(), first_seed }
    }

    /// Stacks the operands of a term, if that is less work than to add the term to its sum, which a step would read and write, and takes
    /// memory as other stacks do.
    fn take(&mut self, term: &Term) -> bool {
        let is_row = |t: &Tensor| t.node().id() >= self.first_seed && !self.params.contains_key(&t.key());
        let is_new = |t: &&Tensor| is_row(t) && self.rows.iter().all(|row| row.key() != t.key());
        let size = |operands: &mut dyn Iterator<Item = &Tensor>| operands.map(|t| t.shape().size()).sum::<usize>();
        let new = size(&mut term.operands().iter().filter(is_new));
        let old = size(&mut term.operands().iter()) - new;
        // Of a constant or a captured value there are no rows.
        let stacks = |t: &Tensor| match self.params.contains_key(&t.key()) || is_row(t) {
            true => true,
            false => t.node().operation().is_some() && !is_constant(t),
        };
        if new > term.size() || new > MOST_NEW * old || !term.operands().iter().all(stacks) {
            return false;
        }
        for operand in term.operands() {
            let kept = if is_row(operand) { &mut self.rows } else { &mut self.forward };
            if self.params.get(&operand.key()) != Some(&true) && kept.iter().all(|t| t.key() != operand.key()) {
                kept.push(operand.clone());
            }
        }
        true
    }
}

/// What the gradient of a step reads of its forward computation.
struct Needs {
    /// Parameters, by position.
    params: HashSet<usize>,
    /// Computed tensors.
    forward: Vec<Tensor>,
}

/// Walks back from `roots` to the first forward node (id below `end`) on every path. Constants are made again instead.
fn needs_of(roots: &[Tensor], params: &[Tensor], end: u64) -> Needs {
    let position: HashMap<(u64, u32), usize> = params.iter().enumerate().map(|(i, t)| (t.key(), i)).collect();
    let mut needs = Needs { params: HashSet::new(), forward: Vec::new() };
    let mut seen: HashSet<(u64, u32)> = HashSet::new();
    let mut stack: Vec<Tensor> = roots.to_vec();
    while let Some(tensor) = stack.pop() {
        if !seen.insert(tensor.key()) {
            continue;
        }
        if let Some(&i) = position.get(&tensor.key()) {
            needs.params.insert(i);
        } else if tensor.node().id() < end && !is_constant(&tensor) {
            needs.forward.push(tensor);
        } else if let Def::Op(_, inputs) = &*tensor.node().def() {
            stack.extend(inputs.iter().cloned());
        }
    }
    needs
}

/// Whether a tensor is a constant, perhaps broadcast or reshaped.
fn is_constant(tensor: &Tensor) -> bool {
    let mut tensor = tensor.clone();
    loop {
        let below = match &*tensor.node().def() {
            Def::Op(Op::Constant(_) | Op::Iota(_), _) => return true,
            Def::Op(Op::Broadcast(_) | Op::Reshape(_), inputs) => inputs[0].clone(),
            _ => return false,
        };
        tensor = below;
    }
}

/// The branches' gradients under the same predicate. A branch computes its own forward part again: which one runs is
/// not known before, so there is no one set of residuals to keep.
pub(super) fn cond(op: &Cond, ctx: &Vjp) -> Result<Vec<Option<Tensor>>> {
    let operands = &ctx.inputs[1..];
    let seeded: Vec<usize> = (0..ctx.outputs.len()).filter(|&i| ctx.cotangents[i].is_some()).collect();
    let differentiable: Vec<usize> = (0..operands.len()).filter(|&i| operands[i].dtype().is_float()).collect();
    let scope = Scope::enter();
    let trace = |body: &Graph| -> Result<(Vec<Tensor>, Vec<Option<Tensor>>)> {
        let mut params: Vec<Tensor> = operands.iter().map(|t| Tensor::param(t.ty())).collect();
        let results = body.inline(&params)?;
        let seeds: Vec<Tensor> = seeded.iter().map(|&i| Tensor::param(results[i].ty())).collect();
        let found = gradients(
            &seeded.iter().map(|&i| results[i].clone()).collect::<Vec<_>>(),
            &seeds.iter().cloned().map(Some).collect::<Vec<_>>(),
            &differentiable.iter().map(|&i| params[i].clone()).collect::<Vec<_>>(),
        )?;
        params.extend(seeds);
        Ok((params, found))
    };
    let branches = [trace(&op.then)?, trace(&op.otherwise)?];
    let reached: Vec<usize> =
        (0..differentiable.len()).filter(|&k| branches.iter().any(|(_, found)| found[k].is_some())).collect();
    let mut bodies = Vec::with_capacity(2);
    for (params, found) in &branches {
        let results = reached
            .iter()
            .map(|&k| or_zeros(found[k].as_ref(), operands[differentiable[k]].ty()))
            .collect::<Result<Vec<_>>>()?;
        bodies.push(Arc::new(Graph::capture(&results, params, scope.id())?.0));
    }
    drop(scope);
    let mut cotangents = vec![None; ctx.inputs.len()];
    if reached.is_empty() {
        return Ok(cotangents);
    }
    let otherwise = bodies.pop().expect("two branches");
    let then = bodies.pop().expect("two branches");
    let seeds = seeded.iter().filter_map(|&i| ctx.cotangents[i].clone());
    let found = Tensor::apply(Cond { then, otherwise }.into(), ctx.inputs.iter().cloned().chain(seeds).collect())?;
    for (&k, cotangent) in reached.iter().zip(found) {
        cotangents[1 + differentiable[k]] = Some(cotangent);
    }
    Ok(cotangents)
}
