//! Reverse-mode differentiation as a transform from graph to graph.

use std::collections::{HashMap, HashSet};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::{Vjp, elementwise, movement, reduce};
use crate::tensor::Tensor;

/// The gradients of `sum_i <cotangents[i], outputs[i]>` with respect to `wrt`, as new nodes.
///
/// A missing cotangent means ones. `None` in the result: the outputs do not depend on that tensor (or only through
/// integers or [`stop_gradient`](movement::stop_gradient)). Rules return cotangents of their operands' broadcast
/// shapes; this driver sums those of all uses and sums them down to the operand's own shape.
///
/// # Errors
/// Shape: an output is not floating-point, or a cotangent has another shape than its output. Config: an operation on
/// the way has no gradient.
pub fn gradients(outputs: &[Tensor], cotangents: &[Option<Tensor>], wrt: &[Tensor]) -> Result<Vec<Option<Tensor>>> {
    let targets: HashSet<(u64, u32)> = wrt.iter().map(Tensor::key).collect();
    let order = dependents(outputs, &targets);
    let mut sums: HashMap<(u64, u32), Tensor> = HashMap::new();
    for (i, output) in outputs.iter().enumerate() {
        if !output.dtype().is_float() {
            return Err(Error::shape(format!(
                "gradients flow through floating-point tensors only, got {}",
                output.ty()
            )));
        }
        let cotangent = match cotangents.get(i).cloned().flatten() {
            Some(given) if given.shape() != output.shape() => {
                return Err(Error::shape(format!(
                    "a cotangent has the shape of its output: expected {}, got {}",
                    output.shape(),
                    given.shape()
                )));
            }
            Some(given) => given,
            None => movement::fill(1.0, output.shape(), output.dtype())?,
        };
        accumulate(&mut sums, output, cotangent)?;
    }
    for tensor in order.iter().rev() {
        let node = tensor.node();
        let Some((op, inputs)) = node.operation() else { continue };
        let siblings: Vec<Tensor> = (0..node.types().len()).map(|i| tensor.sibling(i)).collect();
        let given: Vec<Option<Tensor>> = siblings.iter().map(|s| sum_for(&sums, s)).collect::<Result<_>>()?;
        if given.iter().all(Option::is_none) {
            continue;
        }
        let vjp = Vjp { inputs: &inputs, outputs: &siblings, cotangents: &given };
        let contributions = op.vjp(&vjp)?;
        assert_eq!(contributions.len(), inputs.len(), "{}: one cotangent an operand", op.name());
        for (input, contribution) in inputs.iter().zip(contributions) {
            if let Some(cotangent) = contribution.filter(|_| input.dtype().is_float()) {
                accumulate(&mut sums, input, cotangent)?;
            }
        }
    }
    wrt.iter().map(|t| sum_for(&sums, t)).collect()
}

/// The sum of a tensor's cotangents in the tensor's own type.
fn sum_for(sums: &HashMap<(u64, u32), Tensor>, tensor: &Tensor) -> Result<Option<Tensor>> {
    sums.get(&tensor.key()).map(|sum| elementwise::cast(sum, tensor.dtype())).transpose()
}

/// Adds a cotangent. Sums are made in float32 whatever the tensor's type is: the 16-bit types only store.
fn accumulate(sums: &mut HashMap<(u64, u32), Tensor>, tensor: &Tensor, cotangent: Tensor) -> Result<()> {
    let cotangent = reduce::unbroadcast(&elementwise::cast(&cotangent, DType::F32)?, tensor.shape())?;
    let sum = match sums.remove(&tensor.key()) {
        Some(so_far) => elementwise::add(&so_far, &cotangent)?,
        None => cotangent,
    };
    sums.insert(tensor.key(), sum);
    Ok(())
}

/// The nodes between `outputs` and `targets`, operands first: those from which a target can be reached. The walk stops
/// at targets only if nothing beyond them is asked for, which needs no special case: beyond them nothing is a target.
fn dependents(outputs: &[Tensor], targets: &HashSet<(u64, u32)>) -> Vec<Tensor> {
    let mut order: Vec<Tensor> = Vec::new();
    let mut reaches: HashMap<u64, bool> = HashMap::new();
    let target_nodes: HashSet<u64> = targets.iter().map(|&(id, _)| id).collect();
    let mut stack: Vec<(Tensor, bool)> = outputs.iter().map(|t| (t.clone(), false)).collect();
    while let Some((tensor, expanded)) = stack.pop() {
        let id = tensor.node().id();
        if reaches.contains_key(&id) {
            continue;
        }
        let inputs = tensor.node().operation().map_or_else(Vec::new, |(_, inputs)| inputs);
        if expanded {
            let through = inputs.iter().any(|t| reaches.get(&t.node().id()).copied().unwrap_or(false));
            reaches.insert(id, through || target_nodes.contains(&id));
            if through {
                order.push(tensor);
            }
        } else {
            stack.push((tensor, true));
            stack.extend(inputs.into_iter().map(|t| (t, false)));
        }
    }
    order
}
