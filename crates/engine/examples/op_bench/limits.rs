//! What the machine can do at most, on all threads at once.

use std::hint::black_box;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use hornbeam_engine::arena::stagger;
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_kernels::peak;

use crate::Work;

/// Runs `work(worker)` once on every worker.
fn on_all(work: &(dyn Fn(usize) + Sync)) {
    let lease = runtime().lease(Priority::Training);
    lease.pool().run(runtime().threads(), |_, task| work(task));
}

/// Multiply-adds in registers.
pub fn fma() -> Work {
    const ROUNDS: usize = 100_000;
    let isa = runtime().isa;
    let flops = peak::multiply_adds(isa, 1) * ROUNDS as u64 * runtime().threads() as u64;
    let run = move || {
        on_all(&|_| {
            black_box(peak::multiply_adds(isa, ROUNDS));
        })
    };
    Work { run: Box::new(run), flops, bytes: 0 }
}

/// `stream READS WRITES BYTES`: so many arrays of so many bytes are read and written, each thread its part of them.
pub fn stream(arguments: &[&str]) -> Result<Work, String> {
    let parsed: Option<Vec<usize>> = arguments.iter().map(|word| word.parse().ok()).collect();
    let Some([reads, writes, bytes]) = parsed.as_deref() else {
        return Err(format!("stream takes READS WRITES BYTES, got {arguments:?}"));
    };
    let (isa, threads) = (runtime().isa, runtime().threads());
    let len = (bytes / 4 / threads).next_multiple_of(1024);
    // As the engine's memory lies: arrays that all begin at the same place of a page are slower than memory.
    let start = move |index: usize| stagger(index, len * 4) / 4;
    let array = |indices: Range<usize>| indices.map(|index| vec![1.0f32; start(index) + len]).collect::<Vec<_>>();
    let (reads, writes) = (*reads, *writes);
    let parts: Vec<_> = (0..threads).map(|_| Mutex::new((array(0..reads), array(reads..reads + writes)))).collect();
    let moved = ((reads + writes) * len * 4 * threads) as u64;
    let run = move || {
        on_all(&|part| {
            let mut arrays = parts[part].lock().unwrap_or_else(PoisonError::into_inner);
            let (read, written) = &mut *arrays;
            let read: Vec<&[f32]> = read.iter().enumerate().map(|(i, r)| &r[start(i)..]).collect();
            let mut written: Vec<&mut [f32]> =
                written.iter_mut().enumerate().map(|(i, w)| &mut w[start(reads + i)..]).collect();
            peak::stream(isa, &read, &mut written);
        })
    };
    Ok(Work { run: Box::new(run), flops: 0, bytes: moved })
}
