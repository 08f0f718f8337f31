//! Traces, programs, and bodies of control flow.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hornbeam_engine::buffer::{Buffer, Deferred};
use hornbeam_engine::graph::ops::control;
use hornbeam_engine::graph::{Error, Graph, Recording, Result as GraphResult, Storage, Tensor, TensorType};
use hornbeam_engine::program::Program;
use hornbeam_engine::runtime::{Priority, panic_error};
use hornbeam_engine::trace::Operand;
use hornbeam_engine::{eval, trace, trainer};
use napi::Env;
use napi::bindgen_prelude::ClassInstance;
use napi_derive::napi;

use crate::convert::{count, dtype, shape};
use crate::error::{Result, state, thrown};
use crate::order::{self, Updating};
use crate::tensor::{Handles, NativeTensor, give, tensors, wrap};

thread_local! {
    static RECORDINGS: RefCell<Vec<Recording>> = const { RefCell::new(Vec::new()) };
}

/// Nodes made from now on remember the operation that made them even when they are computed; nests.
#[napi(catch_unwind)]
pub fn record_begin() {
    RECORDINGS.with_borrow_mut(|all| all.push(Recording::enter()));
}

/// Ends what the last `recordBegin` began.
#[napi(catch_unwind)]
pub fn record_end() {
    RECORDINGS.with_borrow_mut(Vec::pop);
}

/// Begins a trace inside the current one.
#[napi(catch_unwind)]
pub fn trace_begin(name: String) {
    trace::begin(&name);
}

/// Drops the innermost trace.
#[napi(catch_unwind)]
pub fn trace_abort() {
    trace::abort();
}

#[napi(catch_unwind)]
pub fn is_tracing() -> bool {
    trace::current().is_some()
}

/// An argument of the trace in progress.
#[napi(catch_unwind)]
pub fn placeholder(env: Env, dims: Vec<f64>, kind: String) -> Result<NativeTensor> {
    if trace::current().is_none() {
        return Err(state("a placeholder belongs to a trace, and none is in progress"));
    }
    give(env, shape(&dims).and_then(|dims| Ok(Tensor::param(TensorType::new(dims, dtype(&kind)?)))))
}

/// A compiled trace.
#[napi]
pub struct NativeProgram {
    program: Option<Arc<Program>>,
}

/// Ends the innermost trace as a program.
#[napi(catch_unwind)]
pub fn trace_compile(params: Handles, outputs: Handles, batched: Vec<bool>) -> Result<NativeProgram> {
    let (params, outputs) = match (tensors(&params), tensors(&outputs)) {
        (Ok(params), Ok(outputs)) => (params, outputs),
        (Err(error), _) | (_, Err(error)) => {
            trace::abort();
            return Err(error);
        }
    };
    let program = trace::compile(&params, &outputs, &batched).map_err(thrown)?;
    Ok(NativeProgram { program: Some(Arc::new(program)) })
}

/// Tensors whose numbers `compute` will bring: on the evaluation thread from the next [`eval::begin`] on, or on a thread that waits for
/// them before.
fn promised(
    env: Env,
    types: Vec<TensorType>,
    compute: impl FnOnce() -> GraphResult<Vec<Arc<Buffer>>> + Send + 'static,
) -> Result<Vec<NativeTensor>> {
    let pending: Vec<Arc<Deferred>> = types.iter().map(|_| Arc::default()).collect();
    let handed = pending.clone();
    eval::hand_over(move || {
        let done = catch_unwind(AssertUnwindSafe(compute)).unwrap_or_else(|payload| Err(panic_error(&*payload)));
        match done {
            Ok(buffers) => handed.iter().zip(buffers).for_each(|(d, b)| d.fulfil(Ok(b as Arc<dyn Storage>))),
            Err(error) => handed.iter().for_each(|d| d.fulfil(Err(error.clone()))),
        }
    });
    types.into_iter().zip(pending).map(|(ty, d)| wrap(env, trace::deferred_tensor(ty, d))).collect()
}

impl NativeProgram {
    /// The program behind the handle.
    ///
    /// # Errors
    /// State: disposed.
    pub fn get(&self) -> Result<&Arc<Program>> {
        self.program.as_ref().ok_or_else(|| state("the program is disposed"))
    }

    fn arguments(&self, args: &Handles) -> Result<Vec<Tensor>> {
        let args = tensors(args)?;
        let given: Vec<TensorType> = args.iter().map(Tensor::ty).collect();
        let taken = self.get()?.argument_types();
        if given != taken {
            let list = |types: &[TensorType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(thrown(Error::shape(format!("the program takes ({}), got ({})", list(&taken), list(&given)))));
        }
        Ok(args)
    }
}

fn run(program: &Program, args: &[Tensor]) -> GraphResult<Vec<Arc<Buffer>>> {
    let args = args.iter().map(eval::read).collect::<GraphResult<Vec<_>>>()?;
    program.run(&args, Priority::Inference).map_err(|failure| failure.into_error(|row| row))
}

/// Begins the runs that were handed over and that nobody waited for.
#[napi(catch_unwind)]
pub fn begin_runs() {
    eval::begin();
}

#[napi]
impl NativeProgram {
    /// Hands a run over; the results' numbers are on their way from the next `beginRuns` on.
    #[napi(catch_unwind)]
    pub fn run(&self, env: Env, args: Handles) -> Result<Vec<NativeTensor>> {
        let args = self.arguments(&args)?;
        let program = self.get()?.clone();
        let updating = (!program.plan().updates.is_empty()).then(Updating::begin);
        promised(env, program.result_types().to_vec(), move || {
            let _until_it_ends = updating;
            run(&program, &args)
        })
    }

    /// Runs on the calling thread (and the pool).
    #[napi(catch_unwind)]
    pub fn run_sync(&self, env: Env, args: Handles) -> Result<Vec<NativeTensor>> {
        let args = self.arguments(&args)?;
        let program = self.get()?;
        order::settle();
        let results = run(program, &args).map_err(thrown)?;
        let types = program.result_types().to_vec();
        types.into_iter().zip(results).map(|(ty, b)| wrap(env, Tensor::value(ty, b))).collect()
    }

    /// Runs over all samples in batches; the results, `[samples, ...]`, are on their way.
    #[napi(catch_unwind)]
    pub fn predict(
        &self,
        env: Env,
        last: Option<ClassInstance<NativeProgram>>,
        samples: f64,
        batch_size: f64,
    ) -> Result<Vec<NativeTensor>> {
        let program = self.get()?.clone();
        let last = last.as_ref().map(|l| l.get().cloned()).transpose()?;
        let samples = count("samples", samples).map_err(thrown)?;
        let batch = count("batchSize", batch_size).map_err(thrown)?;
        // Fewer samples than a batch: the partial program is the only one.
        let model = if samples < batch { last.as_ref().unwrap_or(&program) } else { &program };
        let rows = if samples < batch { samples } else { batch };
        let types = trainer::predicted_types(model, samples, rows).map_err(thrown)?;
        let (first, rest) = if samples < batch { (model.clone(), None) } else { (program, last) };
        let outputs = promised(env, types, move || {
            let buffers = trainer::predict(&first, rest.as_deref(), samples, rows)?;
            Ok(buffers.into_iter().map(Arc::new).collect())
        });
        eval::begin();
        outputs
    }

    /// Floating-point operations of a run.
    #[napi(getter, catch_unwind)]
    pub fn flops(&self) -> Result<f64> {
        Ok(self.get()?.plan().flops as f64)
    }

    /// Instructions of a run.
    #[napi(getter, catch_unwind)]
    pub fn nodes(&self) -> Result<u32> {
        Ok(self.get()?.plan().stages.iter().map(|s| s.instrs().count()).sum::<usize>() as u32)
    }

    /// The plan as text: its stages, instructions and memory.
    #[napi(catch_unwind)]
    pub fn describe(&self) -> Result<String> {
        Ok(self.get()?.plan().describe())
    }

    #[napi(catch_unwind)]
    pub fn dispose(&mut self) {
        self.program = None;
    }
}

/// A trace as data.
#[napi]
pub struct NativeGraph {
    described: trace::Described,
}

/// What a parameter of a graph is: `argument`, `variable` (with its name) or `value`.
#[napi(object)]
pub struct GraphOperand {
    pub kind: String,
    pub name: Option<String>,
}

/// Ends the innermost trace as data.
#[napi(catch_unwind)]
pub fn trace_describe(params: Handles, outputs: Handles) -> Result<NativeGraph> {
    let (params, outputs) = match (tensors(&params), tensors(&outputs)) {
        (Ok(params), Ok(outputs)) => (params, outputs),
        (Err(error), _) | (_, Err(error)) => {
            trace::abort();
            return Err(error);
        }
    };
    order::settle();
    Ok(NativeGraph { described: trace::describe(&params, &outputs).map_err(thrown)? })
}

#[napi]
impl NativeGraph {
    /// The graph as JSON.
    #[napi(catch_unwind)]
    pub fn json(&self) -> String {
        self.described.graph.to_json()
    }

    /// What its parameters are.
    #[napi(catch_unwind)]
    pub fn operands(&self) -> Vec<GraphOperand> {
        let operands = self.described.operands.iter();
        operands
            .map(|operand| match operand {
                Operand::Argument => GraphOperand { kind: "argument".to_owned(), name: None },
                Operand::Variable(variable, _) => {
                    GraphOperand { kind: "variable".to_owned(), name: Some(variable.name().to_owned()) }
                }
                Operand::Value(_) => GraphOperand { kind: "value".to_owned(), name: None },
            })
            .collect()
    }

    /// Names of the variables that the trace assigns.
    #[napi(catch_unwind)]
    pub fn assigned(&self) -> Vec<String> {
        self.described.assigned.clone()
    }

    /// The numbers of a parameter that is no argument.
    #[napi(catch_unwind)]
    pub fn numbers(&self, env: Env, at: u32) -> Result<NativeTensor> {
        match self.described.operands.get(at as usize) {
            Some(Operand::Variable(_, numbers) | Operand::Value(numbers)) => wrap(env, numbers.clone()),
            _ => Err(state("a parameter that is an argument has no numbers")),
        }
    }
}

/// An operation of a trace, and the identity of the node that carries it.
#[napi(object)]
pub struct Origin {
    pub id: f64,
    pub name: String,
}

/// The operations that the outputs of the trace in progress are made of.
#[napi(catch_unwind)]
pub fn origins(outputs: Handles) -> Result<Vec<Origin>> {
    let found = trace::origins(&tensors(&outputs)?).into_iter();
    Ok(found.map(|(id, name)| Origin { id: id as f64, name: name.to_owned() }).collect())
}

/// A sub-graph: its operation's operand.
#[napi]
pub struct NativeBody {
    graph: Graph,
    captured: Vec<Tensor>,
    /// Parameters of its own, before the captured ones.
    own: usize,
}

/// Ends the innermost trace as a sub-graph.
#[napi(catch_unwind)]
pub fn body_end(params: Handles, outputs: Handles) -> Result<NativeBody> {
    let (params, outputs) = match (tensors(&params), tensors(&outputs)) {
        (Ok(params), Ok(outputs)) => (params, outputs),
        (Err(error), _) | (_, Err(error)) => {
            trace::abort();
            return Err(error);
        }
    };
    let (graph, captured) = trace::body(&params, &outputs).map_err(thrown)?;
    Ok(NativeBody { graph, captured, own: params.len() })
}

impl NativeBody {
    /// The body's graph with the operands `all` (captured by any of an operation's bodies) first, its own parameters after them.
    fn closed(&self, all: &[Tensor]) -> Graph {
        let position = |tensor: &Tensor| all.iter().position(|t| t.key() == tensor.key()).expect("collected before");
        let mut order: Vec<usize> = (0..self.own).map(|i| all.len() + i).collect();
        order.extend(self.captured.iter().map(position));
        let own = self.graph.param_types();
        let types: Vec<TensorType> = all.iter().map(Tensor::ty).chain(own[..self.own].iter().copied()).collect();
        self.graph.with_params(&types, &order)
    }
}

impl NativeBody {
    /// The body's graph with what it captured as its first parameters, and those tensors.
    pub fn after_captured(&self) -> (Graph, Vec<Tensor>) {
        let captured = captured_by(&[self]);
        (self.closed(&captured), captured)
    }
}

fn captured_by(bodies: &[&NativeBody]) -> Vec<Tensor> {
    let mut all: Vec<Tensor> = Vec::new();
    for tensor in bodies.iter().flat_map(|b| &b.captured) {
        if !all.iter().any(|t| t.key() == tensor.key()) {
            all.push(tensor.clone());
        }
    }
    all
}

fn give_all(env: Env, results: GraphResult<Vec<Tensor>>) -> Result<Vec<NativeTensor>> {
    results.map_err(thrown)?.into_iter().map(|t| wrap(env, t)).collect()
}

#[napi(catch_unwind)]
pub fn scan(
    env: Env,
    body: &NativeBody,
    carry: Handles,
    xs: Handles,
    length: f64,
    reverse: bool,
) -> Result<Vec<NativeTensor>> {
    let length = count("scan length", length).map_err(thrown)?;
    let captured = captured_by(&[body]);
    let graph = body.closed(&captured);
    give_all(env, control::scan(graph, &captured, &tensors(&carry)?, &tensors(&xs)?, length, reverse))
}

#[napi(catch_unwind)]
pub fn cond(
    env: Env,
    predicate: &NativeTensor,
    then: &NativeBody,
    otherwise: &NativeBody,
) -> Result<Vec<NativeTensor>> {
    let captured = captured_by(&[then, otherwise]);
    let (then, otherwise) = (then.closed(&captured), otherwise.closed(&captured));
    give_all(env, control::cond(predicate.get()?, &captured, then, otherwise))
}

#[napi(catch_unwind)]
pub fn while_loop(env: Env, condition: &NativeBody, body: &NativeBody, carry: Handles) -> Result<Vec<NativeTensor>> {
    let captured = captured_by(&[condition, body]);
    let (condition, body) = (condition.closed(&captured), body.closed(&captured));
    give_all(env, control::while_loop(condition, body, &captured, &tensors(&carry)?))
}
