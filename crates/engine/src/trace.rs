//! Tracing: running a function once, to record what it computes.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use hornbeam_graph::{Def, Error, Graph, Op, Result, Scope, Storage, Tensor, simplify};

use crate::algorithm;
use crate::buffer::{Buffer, Variable};
use crate::eval;
use crate::plan::Spec;
use crate::program::{Binding, Program};
use crate::runtime::{Priority, runtime};

#[derive(Debug)]
struct Trace {
    scope: Scope,
    name: String,
    /// Variables that were read, each with its one leaf.
    reads: Vec<(Arc<Variable>, Tensor)>,
    /// Variables that were assigned, each with its latest value.
    writes: Vec<(Arc<Variable>, Tensor)>,
}

thread_local! {
    static TRACES: RefCell<Vec<Trace>> = const { RefCell::new(Vec::new()) };
}

/// Begins a trace inside the current one.
pub fn begin(name: &str) {
    let trace = Trace { scope: Scope::enter(), name: name.to_owned(), reads: Vec::new(), writes: Vec::new() };
    TRACES.with_borrow_mut(|traces| traces.push(trace));
}

/// Drops the innermost trace.
pub fn abort() {
    TRACES.with_borrow_mut(|traces| traces.pop());
}

/// Name of the innermost trace, if there is one.
pub fn current() -> Option<String> {
    TRACES.with_borrow(|traces| traces.last().map(|t| t.name.clone()))
}

/// A variable's value: inside a trace the latest assigned, else a leaf that the program reads; outside, its present version.
pub fn read_variable(variable: &Arc<Variable>) -> Tensor {
    let traced = TRACES.with_borrow_mut(|traces| {
        let same = |entry: &&(Arc<Variable>, Tensor)| entry.0.id() == variable.id();
        for trace in traces.iter().rev() {
            let known = trace.writes.iter().find(same).or_else(|| trace.reads.iter().find(same));
            if let Some((_, tensor)) = known {
                return Some(tensor.clone());
            }
        }
        let outermost = traces.first_mut()?;
        let leaf = Tensor::variable(variable.ty(), variable.clone());
        outermost.reads.push((variable.clone(), leaf.clone()));
        Some(leaf)
    });
    traced.unwrap_or_else(|| {
        let lease = runtime().lease(Priority::Inference);
        let buffer = variable.current();
        drop(lease);
        Tensor::value(variable.ty(), buffer)
    })
}

/// Gives a variable a new value: inside a trace a later read sees it, and every run of the program writes it; outside, at once.
///
/// # Errors
/// Shape: another type. State: inside the body of control flow. Otherwise what computing the value reports.
pub fn assign_variable(variable: &Arc<Variable>, value: &Tensor) -> Result<()> {
    if value.ty() != variable.ty() {
        return Err(Error::shape(format!(
            "variable \"{}\" holds {}, cannot assign {}",
            variable.name(),
            variable.ty(),
            value.ty()
        )));
    }
    let traced = TRACES.with_borrow_mut(|traces| {
        if traces.len() > 1 {
            return Some(Err(Error::state(format!(
                "variable \"{}\" cannot be assigned inside the body of scan, cond or whileLoop: carry the value instead",
                variable.name()
            ))));
        }
        let trace = traces.last_mut()?;
        trace.writes.retain(|w| w.0.id() != variable.id());
        trace.writes.push((variable.clone(), value.clone()));
        Some(Ok(()))
    });
    match traced {
        Some(result) => result,
        None => {
            let buffer = eval::read(value)?;
            let _lease = runtime().lease(Priority::Inference);
            variable.set(buffer)
        }
    }
}

/// A trace that has ended: its graph, whose parameters are the arguments, then variables, then other leaves.
struct Closed {
    graph: Graph,
    bindings: Vec<Binding>,
    leaves: Vec<Tensor>,
    /// The variables among the parameters.
    variables: std::ops::Range<usize>,
    /// The parameter of every variable that was assigned; its new values follow the graph's other outputs.
    updates: Vec<usize>,
}

/// Ends the innermost trace.
fn close(params: &[Tensor], outputs: &[Tensor]) -> Result<Closed> {
    let trace = TRACES.with_borrow_mut(Vec::pop).ok_or_else(|| Error::state("no trace is in progress"))?;
    let Trace { scope, reads, writes, .. } = trace;
    let mut variables: Vec<(Arc<Variable>, Tensor)> = reads;
    for (variable, _) in &writes {
        if !variables.iter().any(|v| v.0.id() == variable.id()) {
            variables.push((variable.clone(), Tensor::variable(variable.ty(), variable.clone())));
        }
    }
    let id = scope.id();
    drop(scope);
    let results: Vec<Tensor> = outputs.iter().chain(writes.iter().map(|w| &w.1)).cloned().collect();
    settle_outside(&results, id)?;
    let all_params: Vec<Tensor> = params.iter().cloned().chain(variables.iter().map(|v| v.1.clone())).collect();
    let (mut graph, leaves) = Graph::capture(&results, &all_params, 0)?;
    let mut bindings = vec![Binding::Argument; params.len()];
    bindings.extend(variables.iter().map(|v| Binding::Variable(v.0.clone())));
    for leaf in &leaves {
        let binding = eval::bind(leaf)?;
        // A leaf of an older trace. As a parameter of its own it would hide from the schedule that it is memory to be written.
        if let Binding::Variable(variable) = &binding
            && let Some(at) = variables.iter().position(|v| v.0.id() == variable.id())
        {
            redirect(&mut graph, bindings.len() as u32, (params.len() + at) as u32);
        }
        bindings.push(binding);
    }
    let updates = writes
        .iter()
        .map(|(variable, _)| {
            let at = variables.iter().position(|v| v.0.id() == variable.id()).expect("listed above");
            params.len() + at
        })
        .collect();
    Ok(Closed { graph, bindings, leaves, variables: params.len()..params.len() + variables.len(), updates })
}

/// Ends the innermost trace as a program from `params` to `outputs`, which also writes the variables that were assigned.
/// `batched` flags the parameters whose leading axis is the batch.
///
/// # Errors
/// State: no trace is in progress, or a tensor of another trace is used. Otherwise what compiling reports.
pub fn compile(params: &[Tensor], outputs: &[Tensor], batched: &[bool]) -> Result<Program> {
    let Closed { graph, bindings, variables, updates, .. } = close(params, outputs)?;
    let batch = params.iter().zip(batched).find(|(_, b)| **b).map(|(param, _)| {
        let n = param.shape().dims().first().copied().unwrap_or(1);
        let mut flags = batched.to_vec();
        flags.resize(graph.params, false);
        (n, flags)
    });
    let variables = variables.collect();
    let plan = runtime().program(Spec { graph, batch, updates, variables, precision: algorithm::precision() })?;
    Ok(Program::new(plan, bindings))
}

/// What a parameter of a [`Described`] trace is.
#[derive(Debug)]
pub enum Operand {
    /// An argument.
    Argument,
    /// A variable, and its present numbers.
    Variable(Arc<Variable>, Tensor),
    /// Numbers.
    Value(Tensor),
}

/// A trace as data.
#[derive(Debug)]
pub struct Described {
    /// From the operands to the outputs: simplified, without fused operations that [`is_kept`] refuses.
    pub graph: Graph,
    /// What the parameters are.
    pub operands: Vec<Operand>,
    /// Names of the variables that were assigned.
    pub assigned: Vec<String>,
}

/// Fused operations that stay as they are in a [`Described`] trace: other formats have them, too.
fn is_kept(op: &Op) -> bool {
    matches!(op, Op::Softmax(_) | Op::LayerNorm(_) | Op::Conv2D(_) | Op::Conv2DInputGrad(_))
}

/// Ends the innermost trace as data, compiling nothing.
///
/// # Errors
/// As [`compile`].
pub fn describe(params: &[Tensor], outputs: &[Tensor]) -> Result<Described> {
    let Closed { mut graph, bindings, leaves, variables, updates } = close(params, outputs)?;
    graph.outputs.truncate(outputs.len());
    let graph = simplify::simplify(&simplify::decompose_all(&simplify::simplify(&graph), is_kept)?);
    let assigned = updates
        .iter()
        .filter_map(|&at| match &bindings[at] {
            Binding::Variable(variable) => Some(variable.name().to_owned()),
            _ => None,
        })
        .collect();
    let operands = bindings
        .into_iter()
        .enumerate()
        .map(|(at, binding)| match binding {
            Binding::Argument => Operand::Argument,
            Binding::Variable(variable) => {
                let now = read_variable(&variable);
                Operand::Variable(variable, now)
            }
            Binding::Value(_) => Operand::Value(leaves[at - variables.end].clone()),
        })
        .collect();
    Ok(Described { graph, operands, assigned })
}

/// The operations of a trace in progress that `outputs` need: the node's id and the name of each, those of bodies with the id of the
/// node that carries them.
pub fn origins(outputs: &[Tensor]) -> Vec<(u64, &'static str)> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut stack: Vec<Tensor> = outputs.to_vec();
    while let Some(tensor) = stack.pop() {
        let id = tensor.node().id();
        let Some((op, inputs)) = tensor.node().pending().filter(|_| seen.insert(id)) else { continue };
        found.push((id, op.name()));
        let mut bodies: Vec<Arc<Graph>> = bodies_of(&op);
        while let Some(body) = bodies.pop() {
            for node in &body.nodes[body.params..] {
                found.push((id, node.op.name()));
                bodies.extend(bodies_of(&node.op));
            }
        }
        stack.extend(inputs);
    }
    found
}

fn bodies_of(op: &Op) -> Vec<Arc<Graph>> {
    match op {
        Op::Scan(scan) => vec![scan.body.clone()],
        Op::Cond(cond) => vec![cond.then.clone(), cond.otherwise.clone()],
        Op::While(lap) => vec![lap.condition.clone(), lap.body.clone()],
        _ => Vec::new(),
    }
}

/// Lets everything that reads parameter `from` read parameter `to`.
fn redirect(graph: &mut Graph, from: u32, to: u32) {
    let inputs = graph.nodes.iter_mut().flat_map(|node| &mut node.inputs);
    inputs.chain(&mut graph.outputs).filter(|r| r.node == from).for_each(|r| r.node = to);
}

/// Ends the innermost trace as a body of control flow: a closed graph, and the tensors from outside that it uses, which follow its own
/// parameters.
///
/// # Errors
/// State: no trace is in progress; a tensor of a finished trace is used.
pub fn body(params: &[Tensor], outputs: &[Tensor]) -> Result<(Graph, Vec<Tensor>)> {
    let trace = TRACES.with_borrow_mut(Vec::pop).ok_or_else(|| Error::state("no trace is in progress"))?;
    let id = trace.scope.id();
    drop(trace);
    Graph::capture(outputs, params, id)
}

/// Computes what was pending outside the trace, once, except for elementwise chains that the trace gathers from: those are read through, a
/// batch at a time, and never exist as a whole.
fn settle_outside(results: &[Tensor], scope: u64) -> Result<()> {
    let mut outside = Vec::new();
    let mut seen = HashSet::new();
    let mut stack: Vec<Tensor> = results.to_vec();
    while let Some(tensor) = stack.pop() {
        if !seen.insert(tensor.node().id()) {
            continue;
        }
        let (op, inputs) = match &*tensor.node().def() {
            Def::Op(op, inputs) => (op.clone(), inputs.clone()),
            _ => continue,
        };
        if tensor.node().scope() < scope {
            outside.push(tensor);
            continue;
        }
        for (i, input) in inputs.iter().enumerate() {
            if i == 0 && matches!(op, Op::Gather(_)) && input.node().scope() < scope {
                outside.extend(below_chain(input));
            } else {
                stack.push(input.clone());
            }
        }
    }
    eval::evaluate(&outside)
}

/// The pending tensors below the elementwise chain (reshapes included) that makes a tensor; the tensor itself when it is no such chain.
fn below_chain(tensor: &Tensor) -> Vec<Tensor> {
    const LONGEST: usize = 64;
    let mut below = Vec::new();
    let mut stack = vec![tensor.clone()];
    let mut steps = 0;
    while let Some(tensor) = stack.pop() {
        steps += 1;
        let Some((op, inputs)) = tensor.node().pending() else { continue };
        let cheap = matches!(
            op,
            Op::Unary(_)
                | Op::Binary(_)
                | Op::Select(_)
                | Op::Cast(_)
                | Op::Reshape(_)
                | Op::Constant(_)
                | Op::Broadcast(_)
        );
        if cheap && steps <= LONGEST { stack.extend(inputs) } else { below.push(tensor) }
    }
    below
}

/// A variable on a copy of a tensor's numbers.
///
/// # Errors
/// State: inside a trace. Otherwise what computing the tensor reports.
pub fn new_variable(name: &str, initial: &Tensor) -> Result<Arc<Variable>> {
    let buffer: Arc<Buffer> = eval::read(initial)?;
    Ok(Variable::new(name, buffer))
}

/// A leaf on a storage that is on its way.
pub fn deferred_tensor(ty: hornbeam_graph::TensorType, storage: Arc<dyn Storage>) -> Tensor {
    Tensor::value(ty, storage)
}
