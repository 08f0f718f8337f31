//! Variables and the training loop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hornbeam_engine::buffer::Variable;
use hornbeam_engine::graph::Error;
use hornbeam_engine::runtime::{Priority, panic_error};
use hornbeam_engine::trace;
use hornbeam_engine::trainer::{Order, Trainer};
use napi::Env;
use napi::bindgen_prelude::{ClassInstance, Object, ObjectFinalize};
use napi_derive::napi;

use crate::convert::count;
use crate::error::{Result, rejected, state, thrown};
use crate::order;
use crate::tensor::{NativeTensor, wrap};
use crate::trace::NativeProgram;

/// A mutable cell.
#[napi(custom_finalize)]
pub struct NativeVariable {
    variable: Option<Arc<Variable>>,
    /// Bytes that V8 was told of: models that nobody holds are then collected in time.
    reported: i64,
}

impl ObjectFinalize for NativeVariable {
    fn finalize(mut self, env: Env) -> napi::Result<()> {
        self.release(env);
        Ok(())
    }
}

impl NativeVariable {
    fn release(&mut self, env: Env) {
        self.variable = None;
        // Only a hint to the garbage collector.
        let _ = env.adjust_external_memory(-std::mem::take(&mut self.reported));
    }

    fn get(&self) -> Result<&Arc<Variable>> {
        self.variable.as_ref().ok_or_else(|| state("the variable is disposed: its memory was given back"))
    }
}

#[napi]
impl NativeVariable {
    /// A variable that begins with the tensor's numbers.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, initial: &NativeTensor, name: String) -> Result<NativeVariable> {
        let variable = trace::new_variable(&name, initial.get()?).map_err(thrown)?;
        let reported = variable.ty().bytes() as i64;
        let _ = env.adjust_external_memory(reported);
        Ok(NativeVariable { variable: Some(variable), reported })
    }

    #[napi(getter, catch_unwind)]
    pub fn shape(&self) -> Result<Vec<f64>> {
        Ok(self.get()?.ty().shape.dims().iter().map(|&d| d as f64).collect())
    }

    #[napi(getter, catch_unwind)]
    pub fn dtype(&self) -> Result<&'static str> {
        Ok(self.get()?.ty().dtype.name())
    }

    #[napi(getter, catch_unwind)]
    pub fn id(&self) -> Result<f64> {
        Ok(self.get()?.id() as f64)
    }

    #[napi(getter, catch_unwind)]
    pub fn version(&self) -> Result<f64> {
        Ok(self.get()?.version() as f64)
    }

    #[napi(getter)]
    pub fn is_disposed(&self) -> bool {
        self.variable.is_none()
    }

    #[napi(catch_unwind)]
    pub fn dispose(&mut self, env: Env) {
        self.release(env);
    }

    /// The value: inside a trace the latest assigned, outside the present version.
    #[napi(catch_unwind)]
    pub fn read(&self, env: Env) -> Result<NativeTensor> {
        settle();
        wrap(env, trace::read_variable(self.get()?))
    }

    /// A new value: recorded inside a trace, written at once outside.
    #[napi(catch_unwind)]
    pub fn assign(&self, value: &NativeTensor) -> Result<()> {
        settle();
        trace::assign_variable(self.get()?, value.get()?).map_err(thrown)
    }
}

/// Waits for runs in the background, unless the variable is only recorded.
fn settle() {
    if trace::current().is_none() {
        order::settle();
    }
}

/// How far a run is.
#[napi(object)]
pub struct Snapshot {
    pub batches: u32,
    pub values: Vec<f64>,
}

/// The training loop.
#[napi]
pub struct NativeTrainer {
    trainer: Option<Arc<Trainer>>,
}

impl Drop for NativeTrainer {
    /// Nobody can wait for the rest of a run any more: the trainer was collected, or its worker_thread ended in the middle of a run.
    fn drop(&mut self) {
        if let Some(trainer) = &self.trainer {
            trainer.stop();
        }
    }
}

impl NativeTrainer {
    fn get(&self) -> Result<&Arc<Trainer>> {
        self.trainer.as_ref().ok_or_else(|| state("the trainer is disposed"))
    }
}

#[napi]
impl NativeTrainer {
    #[napi(constructor, catch_unwind)]
    pub fn new(
        program: &NativeProgram,
        last: Option<ClassInstance<NativeProgram>>,
        results: Option<ClassInstance<NativeProgram>>,
        samples: f64,
        batch_size: f64,
        inference: Option<bool>,
    ) -> Result<NativeTrainer> {
        let samples = count("samples", samples).map_err(thrown)?;
        let batch = count("batchSize", batch_size).map_err(thrown)?;
        let other = |p: &Option<ClassInstance<NativeProgram>>| p.as_ref().map(|p| p.get().cloned()).transpose();
        let priority = if inference.unwrap_or(false) { Priority::Inference } else { Priority::Training };
        let trainer = Trainer::new(program.get()?.clone(), other(&last)?, other(&results)?, samples, batch, priority);
        Ok(NativeTrainer { trainer: Some(Arc::new(trainer.map_err(thrown)?)) })
    }

    /// Sets the order of an epoch.
    #[napi(catch_unwind, ts_args_type = "order: 'sequential' | 'shuffle' | 'batch', seed: number, epoch: number")]
    pub fn begin_epoch(&self, order: String, seed: f64, epoch: f64) -> Result<()> {
        let order = match order.as_str() {
            "sequential" => Order::Sequential,
            "shuffle" => Order::Shuffle,
            "batch" => Order::Batches,
            other => return Err(thrown(Error::config(format!("unknown order \"{other}\"")))),
        };
        self.get()?.begin_epoch(order, seed as i64 as u64, epoch as u64);
        Ok(())
    }

    /// Runs batches of the epoch on a native thread of its own; resolves to how many were run.
    #[napi(catch_unwind, ts_return_type = "Promise<number>")]
    pub fn run<'env>(&self, env: &'env Env, first: f64, batches: f64, live: bool) -> Result<Object<'env>> {
        let trainer = self.get()?.clone();
        let first = count("first batch", first).map_err(thrown)?;
        let batches = count("number of batches", batches).map_err(thrown)?;
        if first + batches > trainer.batches() {
            return Err(thrown(Error::config(format!(
                "the epoch has {} batches, cannot run {batches} from {first} on",
                trainer.batches()
            ))));
        }
        let deferral = env.create_deferred::<u32, _>().map_err(|e| thrown(Error::native(e.reason.clone())))?;
        let (deferred, promise) = deferral;
        let train = move || {
            let done = catch_unwind(AssertUnwindSafe(|| trainer.run(first..first + batches, live)))
                .unwrap_or_else(|payload| Err(panic_error(&*payload)));
            match done {
                Ok(count) => deferred.resolve(Box::new(move |_env: Env| Ok(count as u32)) as Settle),
                Err(error) => deferred.reject(rejected(&error)),
            }
        };
        // Not one of libuv's four threads: they serve files and names meanwhile.
        let thread = std::thread::Builder::new().name("hornbeam-fit".to_owned()).spawn(train);
        thread.map_err(|e| thrown(Error::native(format!("no thread for training: {e}"))))?;
        Ok(promise)
    }

    /// Ends the run after the batch in progress.
    #[napi(catch_unwind)]
    pub fn stop(&self) -> Result<()> {
        self.get()?.stop();
        Ok(())
    }

    /// Batches done, and the metrics when they were last computed. Never waits.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> Result<Snapshot> {
        let progress = self.get()?.progress();
        Ok(Snapshot {
            batches: progress.batches as u32,
            values: progress.values.iter().map(|&v| f64::from(v)).collect(),
        })
    }

    #[napi(catch_unwind)]
    pub fn dispose(&mut self) {
        self.trainer = None;
    }
}

type Settle = Box<dyn FnOnce(Env) -> napi::Result<u32>>;
