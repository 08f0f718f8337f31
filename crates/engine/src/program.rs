//! A compiled graph with what its parameters are bound to.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hornbeam_graph::{Error, Result, Storage, TensorType};

use crate::arena::{Base, Frame, WORK};
use crate::buffer::{Buffer, Deferred, Variable};
use crate::exec::{Fault, FaultCell, Outcome, Run, fault_error};
use crate::plan::Plan;
use crate::pool::DenormalGuard;
use crate::profile;
use crate::runtime::{Lease, Priority, panic_error, runtime};

/// What a parameter of a program is.
#[derive(Clone, Debug)]
pub enum Binding {
    /// Handed in at every run.
    Argument,
    /// The same numbers at every run.
    Value(Arc<dyn Storage>),
    /// A variable's numbers at the time of the run.
    Variable(Arc<Variable>),
}

/// A program that can be run.
#[derive(Debug)]
pub struct Program {
    plan: Arc<Plan>,
    bindings: Vec<Binding>,
    /// Outputs that are handed back; the others are new values of variables.
    results: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    frame: Frame,
    /// The bindings' buffers: what is on its way is waited for once.
    values: Vec<Option<Arc<Buffer>>>,
    /// Packed copies that the run has to make: scratch of `execute`.
    stale: Vec<usize>,
}

/// Why a run failed.
#[derive(Clone, Debug)]
pub enum Failure {
    /// Bad data in a batch row; no variable was written.
    Fault(Fault),
    /// Anything else.
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Error(error)
    }
}

impl Failure {
    /// The error that users see; `sample` tells which sample a batch row is.
    pub fn into_error(self, sample: impl Fn(usize) -> usize) -> Error {
        match self {
            Failure::Fault(fault) => fault_error(&fault, sample),
            Failure::Error(error) => error,
        }
    }
}

/// The buffer behind a storage; waits for one that is on its way.
///
/// # Errors
/// What its computation reported.
pub fn resolve(storage: &Arc<dyn Storage>) -> Result<Arc<Buffer>> {
    if let Some(deferred) = storage.as_any().downcast_ref::<Deferred>() {
        return resolve(&deferred.wait()?);
    }
    let any: Arc<dyn Any + Send + Sync> = storage.clone();
    any.downcast::<Buffer>().map_err(|_| Error::state("a variable's value is read through the variable"))
}

impl Program {
    /// A program; `bindings` has one entry a parameter of the plan.
    pub fn new(plan: Arc<Plan>, bindings: Vec<Binding>) -> Program {
        assert_eq!(plan.params.len(), bindings.len());
        let frame = Frame::new(2 + plan.params.len() + plan.outputs.len() + plan.packs.len());
        let results = plan.outputs.len() - plan.updates.len();
        let state = Mutex::new(State {
            frame,
            values: vec![None; bindings.len()],
            stale: Vec::with_capacity(plan.packs.len()),
        });
        Program { plan, bindings, results, state }
    }

    /// The compiled form.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Types of the results.
    pub fn result_types(&self) -> &[TensorType] {
        &self.plan.outputs[..self.results]
    }

    /// Types of the arguments.
    pub fn argument_types(&self) -> Vec<TensorType> {
        let params = self.plan.params.iter().zip(&self.bindings);
        params.filter(|(_, b)| matches!(b, Binding::Argument)).map(|(&ty, _)| ty).collect()
    }

    /// Waits for a turn and runs once.
    ///
    /// # Errors
    /// See [`Program::execute`].
    pub fn run(&self, args: &[Arc<Buffer>], priority: Priority) -> std::result::Result<Vec<Arc<Buffer>>, Failure> {
        // Before the turn: what a parameter waits for may need the machine itself.
        self.resolve_values()?;
        let mut results = Vec::with_capacity(self.results);
        for &ty in self.result_types() {
            results.push(Buffer::new(ty)?);
        }
        let mut lease = runtime().lease(priority);
        self.execute(&mut lease, args, |i| Base::write(results[i].block()))?;
        drop(lease);
        Ok(results.into_iter().map(Arc::new).collect())
    }

    /// The same program on its variables as they are now: later writes do not show. `frozen` has the variables that were frozen before, by id, for
    /// programs that share them. Call it under a lease.
    pub(crate) fn frozen(&self, frozen: &mut HashMap<u64, Arc<Variable>>) -> Program {
        let freeze = |binding: &Binding| match binding {
            Binding::Variable(variable) => {
                let copy = frozen.entry(variable.id());
                Binding::Variable(copy.or_insert_with(|| Variable::new(variable.name(), variable.current())).clone())
            }
            other => other.clone(),
        };
        Program::new(self.plan.clone(), self.bindings.iter().map(freeze).collect())
    }

    /// Waits for the numbers of bound values that are on their way.
    ///
    /// # Errors
    /// What their computation reported.
    pub fn resolve_values(&self) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (value, binding) in state.values.iter_mut().zip(&self.bindings) {
            if let (None, Binding::Value(storage)) = (&*value, binding) {
                *value = Some(resolve(storage)?);
            }
        }
        Ok(())
    }

    /// Runs once on a leased machine; result `i` goes to `results(i)`. Does not allocate, unless a variable's present version is held by
    /// somebody else.
    ///
    /// # Errors
    /// A fault: bad data, variables are as before. Otherwise: wrong arguments, out of memory, a panic (variables may then be
    /// inconsistent, which they remember).
    pub fn execute(
        &self,
        lease: &mut Lease,
        args: &[Arc<Buffer>],
        mut results: impl FnMut(usize) -> Base,
    ) -> std::result::Result<(), Failure> {
        self.resolve_values()?;
        self.check(args)?;
        lease.prepare(&self.plan)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { frame, values, stale } = &mut *state;
        frame.bind(WORK, lease.work());
        frame.bind_workers(lease.workers());
        let mut next = args.iter();
        for (i, binding) in self.bindings.iter().enumerate() {
            let base = match binding {
                Binding::Argument => Base::read(next.next().expect("checked above").block()),
                Binding::Value(_) => Base::read(values[i].as_ref().expect("resolved above").block()),
                Binding::Variable(variable) => variable.with_block(Base::read),
            };
            frame.bind(2 + i as u32, base);
        }
        let first = 2 + self.bindings.len() as u32;
        (0..self.results).for_each(|i| frame.bind(first + i as u32, results(i)));
        let mut fresh: Vec<(usize, Buffer)> = Vec::new();
        for &(output, param) in &self.plan.updates {
            let variable = self.variable(param);
            let base = match variable.writable_in_place() {
                Some(base) => base,
                None => {
                    let buffer = Buffer::new(variable.ty())?;
                    let base = Base::write(buffer.block());
                    fresh.push((param, buffer));
                    base
                }
            };
            frame.bind(first + output as u32, base);
        }
        stale.clear();
        let kept = first + self.plan.outputs.len() as u32;
        for (i, pack) in self.plan.packs.iter().enumerate() {
            let (base, is_fresh) = self.variable(pack.param).packed(&pack.key, pack.bytes)?;
            frame.bind(kept + i as u32, base);
            if !is_fresh {
                stale.push(i);
            }
        }
        let faults = FaultCell::default();
        let committed = AtomicBool::new(false);
        let recorder = profile::current();
        let begun = recorder.as_ref().map_or(0, |recorder| recorder.now());
        let outcome = {
            let _denormals = DenormalGuard::enter();
            let run = Run {
                frame,
                isa: self.plan.isa,
                pool: lease.pool(),
                faults: &faults,
                committed: &committed,
                recorder: recorder.as_deref(),
            };
            catch_unwind(AssertUnwindSafe(|| {
                run.packs(&self.plan.packs, stale);
                for &i in stale.iter() {
                    let pack = &self.plan.packs[i];
                    self.variable(pack.param).set_packed(&pack.key);
                }
                run.plan(&self.plan)
            }))
        };
        if let Some(recorder) = &recorder {
            recorder.end_run(&self.plan, begun);
        }
        match outcome {
            Ok(Outcome::Complete) => {}
            Ok(Outcome::Faulty) => {
                return Err(match faults.take() {
                    Some(fault) => Failure::Fault(fault),
                    None => Failure::Error(Error::native("a run ended early without saying why")),
                });
            }
            Err(payload) => {
                if committed.load(Ordering::Relaxed) {
                    self.plan.updates.iter().for_each(|&(_, param)| self.variable(param).mark_inconsistent());
                }
                return Err(Failure::Error(panic_error(&*payload)));
            }
        }
        for &(_, param) in &self.plan.updates {
            let variable = self.variable(param);
            match fresh.iter().position(|(p, _)| *p == param) {
                Some(at) => variable.set(Arc::new(fresh.swap_remove(at).1))?,
                None => variable.bump(),
            }
        }
        Ok(())
    }

    fn variable(&self, param: usize) -> &Arc<Variable> {
        match &self.bindings[param] {
            Binding::Variable(variable) => variable,
            _ => unreachable!("updates are of variables"),
        }
    }

    fn check(&self, args: &[Arc<Buffer>]) -> Result<()> {
        let params = || self.plan.params.iter().zip(&self.bindings).filter(|(_, b)| matches!(b, Binding::Argument));
        let fits = params().count() == args.len() && params().zip(args).all(|((ty, _), arg)| *ty == arg.ty());
        if !fits {
            let given: Vec<String> = args.iter().map(|a| a.ty().to_string()).collect();
            let taken: Vec<String> = params().map(|(ty, _)| ty.to_string()).collect();
            return Err(Error::shape(format!("the program takes ({}), got ({})", taken.join(", "), given.join(", "))));
        }
        for binding in &self.bindings {
            if let Binding::Variable(variable) = binding
                && variable.is_inconsistent()
            {
                return Err(Error::state(format!(
                    "variable \"{}\" is inconsistent: a step failed in the middle of an update. Set or load the weights first",
                    variable.name()
                )));
            }
        }
        Ok(())
    }
}
