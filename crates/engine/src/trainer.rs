//! The native training loop: shuffles, runs a program for every batch, reports, stops.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hornbeam_graph::{DType, Error, Result, Shape, TensorType};
use hornbeam_kernels::random;

use crate::arena::Base;
use crate::buffer::Buffer;
use crate::program::{Failure, Program};
use crate::runtime::{Priority, runtime};

/// Metrics are computed for whoever watches at most this often.
const REPORT: Duration = Duration::from_millis(50);

/// The order in which an epoch visits the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they lie.
    Sequential,
    /// A permutation of all samples.
    Shuffle,
    /// A permutation of the batches, each as it lies.
    Batches,
}

/// How far a run is, and its metrics when they were last computed.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Batches done in this epoch.
    pub batches: usize,
    /// Results.
    pub values: Vec<f32>,
}

/// Runs programs over batches of samples. The programs take one argument, the int32 indices of a batch's samples, and gather the rest
/// themselves.
#[derive(Debug)]
pub struct Trainer {
    program: Arc<Program>,
    last: Option<Arc<Program>>,
    results: Option<Arc<Program>>,
    samples: usize,
    batch: usize,
    priority: Priority,
    state: Mutex<State>,
    progress: Mutex<Progress>,
    stop: AtomicBool,
}

#[derive(Debug)]
struct State {
    order: Vec<i32>,
    full: Vec<Arc<Buffer>>,
    rest: Vec<Arc<Buffer>>,
}

/// An int32 vector.
fn index_type(len: usize) -> Result<TensorType> {
    Ok(TensorType::new(Shape::new(&[len])?, DType::I32))
}

impl Trainer {
    /// A trainer over `samples` in batches of `batch`; `last` takes the rest of an epoch when there is one. `results` has no arguments and
    /// gives the metrics as scalars.
    ///
    /// # Errors
    /// Config: empty data or batches, or a partial batch without a program.
    pub fn new(
        program: Arc<Program>,
        last: Option<Arc<Program>>,
        results: Option<Arc<Program>>,
        samples: usize,
        batch: usize,
        priority: Priority,
    ) -> Result<Trainer> {
        if samples == 0 || batch == 0 || i32::try_from(samples).is_err() {
            return Err(Error::config(format!("cannot make batches of {batch} from {samples} samples")));
        }
        let rest = samples % batch;
        if rest != 0 && last.is_none() {
            return Err(Error::config(format!(
                "{samples} samples leave a partial batch of {rest}, which has no program"
            )));
        }
        let make = |len: usize| -> Result<Vec<Arc<Buffer>>> { Ok(vec![Arc::new(Buffer::new(index_type(len)?)?)]) };
        let state = State { order: (0..samples as i32).collect(), full: make(batch)?, rest: make(rest)? };
        Ok(Trainer {
            program,
            last,
            results,
            samples,
            batch,
            priority,
            state: Mutex::new(state),
            progress: Mutex::default(),
            stop: AtomicBool::new(false),
        })
    }

    /// Batches of an epoch.
    pub fn batches(&self) -> usize {
        self.samples.div_ceil(self.batch)
    }

    /// Sets the order of an epoch: a pure function of the seed and the epoch.
    pub fn begin_epoch(&self, order: Order, seed: u64, epoch: u64) {
        let mut state = lock(&self.state);
        let key = [seed as u32, (seed >> 32) as u32];
        match order {
            Order::Sequential => state.order.iter_mut().zip(0..).for_each(|(at, i)| *at = i),
            Order::Shuffle => random::permutation(runtime().isa, key, epoch, &mut state.order),
            Order::Batches => {
                let mut batches = vec![0; self.samples.div_ceil(self.batch)];
                random::permutation(runtime().isa, key, epoch, &mut batches);
                // The partial batch stays last: its program fits no other place.
                let partial = (!self.samples.is_multiple_of(self.batch)).then_some(batches.len() as i32 - 1);
                let whole = batches.into_iter().filter(|&b| Some(b) != partial).chain(partial);
                let order: Vec<i32> = whole
                    .flat_map(|b| {
                        let first = b as usize * self.batch;
                        first as i32..(first + self.batch).min(self.samples) as i32
                    })
                    .collect();
                state.order = order;
            }
        }
        drop(state);
        *lock(&self.progress) = Progress::default();
        self.stop.store(false, Ordering::Relaxed);
    }

    /// Ends [`Trainer::run`] after the batch that is running.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// How far it is. Never waits for a step.
    pub fn progress(&self) -> Progress {
        lock(&self.progress).clone()
    }

    /// Runs batches `range` of the epoch; with `live`, keeps the progress' metrics fresh. Returns how many were run: fewer when stopped.
    ///
    /// # Errors
    /// Config: the epoch has fewer batches. Data: bad data, naming the sample; variables are as before that step. Otherwise what a step
    /// reports.
    pub fn run(&self, range: Range<usize>, live: bool) -> Result<usize> {
        if range.end > self.batches() {
            return Err(Error::config(format!(
                "the epoch has {} batches, cannot run up to {}",
                self.batches(),
                range.end
            )));
        }
        let mut state = lock(&self.state);
        let State { order, full, rest } = &mut *state;
        self.program.resolve_values()?;
        if let Some(last) = &self.last {
            last.resolve_values()?;
        }
        let mut reported = Instant::now();
        let first = range.start;
        for batch in range.clone() {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(batch - first);
            }
            let at = batch * self.batch;
            let samples = &order[at..(at + self.batch).min(self.samples)];
            let whole = samples.len() == self.batch;
            let (program, args) = match &self.last {
                Some(last) if !whole => (last, &mut *rest),
                _ => (&self.program, &mut *full),
            };
            let indices = Arc::get_mut(&mut args[0]).expect("nobody else keeps the indices").bytes_mut();
            for (to, from) in indices.chunks_exact_mut(4).zip(samples) {
                to.copy_from_slice(&from.to_ne_bytes());
            }
            let mut lease = runtime().lease(self.priority);
            let done = program.execute(&mut lease, args, |_| Base::EMPTY);
            drop(lease);
            done.map_err(|failure| failure.into_error(|row| samples.get(row).map_or(row, |&s| s as usize)))?;
            lock(&self.progress).batches = batch + 1;
            if live && reported.elapsed() >= REPORT {
                self.report()?;
                reported = Instant::now();
            }
        }
        Ok(range.len())
    }

    fn report(&self) -> Result<()> {
        let Some(results) = &self.results else { return Ok(()) };
        let buffers = results.run(&[], self.priority).map_err(|f: Failure| f.into_error(|row| row))?;
        let mut progress = lock(&self.progress);
        progress.values.clear();
        for buffer in &buffers {
            let bytes = buffer.bytes().first_chunk::<4>().copied().unwrap_or_default();
            progress.values.push(f32::from_ne_bytes(bytes));
        }
        Ok(())
    }
}

/// Runs a program over all samples in order and puts its results end to end: one buffer a result, `[samples, ...]`.
///
/// # Errors
/// Data: bad data, naming the sample. Shape: a result without the batch as leading axis. Otherwise what a run reports.
pub fn predict(program: &Program, last: Option<&Program>, samples: usize, batch: usize) -> Result<Vec<Buffer>> {
    let mut outputs = Vec::new();
    for ty in predicted_types(program, samples, batch)? {
        outputs.push(Buffer::new(ty)?);
    }
    // All batches see the same weights, whatever is trained meanwhile.
    let (program, last) = if samples > batch {
        let mut variables = HashMap::new();
        let _lease = runtime().lease(Priority::Inference);
        (&program.frozen(&mut variables), last.map(|last| last.frozen(&mut variables)))
    } else {
        (program, None)
    };
    for first in (0..samples).step_by(batch.max(1)) {
        let count = batch.min(samples - first);
        let program = if count == batch {
            program
        } else {
            last.as_ref().ok_or_else(|| Error::config("a partial batch has no program"))?
        };
        let indices: Vec<u8> = (first as i32..(first + count) as i32).flat_map(i32::to_ne_bytes).collect();
        let args = [Arc::new(Buffer::from_bytes(index_type(count)?, &indices)?)];
        program.resolve_values()?;
        let mut lease = runtime().lease(Priority::Inference);
        let part = |i: usize| {
            let row = outputs[i].ty().bytes() / samples;
            Base::write(outputs[i].block()).part(row * first, row * count)
        };
        program.execute(&mut lease, &args, part).map_err(|f| f.into_error(|row| first + row))?;
    }
    Ok(outputs)
}

/// Types of [`predict`]'s results.
///
/// # Errors
/// Shape: a result without the batch as leading axis.
pub fn predicted_types(program: &Program, samples: usize, batch: usize) -> Result<Vec<TensorType>> {
    let types = program.result_types().iter().map(|ty| {
        if ty.shape.dims().first() != Some(&batch) {
            return Err(Error::shape(format!(
                "predictions have the batch as first dimension, got {ty} for batches of {batch}"
            )));
        }
        Ok(TensorType::new(ty.shape.with_dim(0, samples)?, ty.dtype))
    });
    types.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
