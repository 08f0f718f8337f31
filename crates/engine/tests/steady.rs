//! A steady training step allocates nothing and faults no page. Alone in its binary: it counts for the whole process.
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "every test binary uses a part")]
mod common {
    pub mod net;
}

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::net::{BATCH, Net, SAMPLES};
use hornbeam_engine::runtime::runtime;
use hornbeam_engine::trainer::Order;

/// The system's allocator, counting on all threads while `COUNTING`.
struct Counting;

static COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

fn count() {
    if COUNTING.load(Ordering::Relaxed) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: all calls go to the system's allocator as they are.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// `struct rusage`: two times of two words, then 14 words, of which the fifth (`ru_minflt`) counts page faults without input or output.
#[repr(C)]
struct Usage {
    times: [i64; 4],
    counts: [i64; 14],
}

unsafe extern "C" {
    fn getrusage(who: i32, usage: *mut Usage) -> i32;
}

/// Pages that this process's threads touched for the first time.
fn faults() -> i64 {
    let mut usage = Usage { times: [0; 4], counts: [0; 14] };
    // SAFETY: `usage` has the system's layout on 64-bit Linux, and 0 asks for this process.
    let failed = unsafe { getrusage(0, &raw mut usage) };
    assert_eq!(failed, 0);
    usage.counts[4]
}

#[test]
fn a_steady_step_allocates_nothing_and_faults_no_page() {
    for threads in [1, 2, 3] {
        runtime().set_threads(threads);
        let net = Net::new(None);
        let trainer = net.trainer();
        let epoch = |epoch: u64| {
            trainer.begin_epoch(Order::Shuffle, 7, epoch);
            assert_eq!(trainer.run(0..trainer.batches(), false).expect("training works"), SAMPLES.div_ceil(BATCH));
        };
        (0..3).for_each(epoch);
        // The system may move or merge pages on its own, which counts as faults too: one quiet round of several is the proof. Allocations have no
        // such excuse.
        let mut faulted = Vec::new();
        for round in 0..5 {
            let before = faults();
            ALLOCATIONS.store(0, Ordering::SeqCst);
            COUNTING.store(true, Ordering::SeqCst);
            (0..4).for_each(|i| epoch(3 + round * 4 + i));
            COUNTING.store(false, Ordering::SeqCst);
            faulted.push(faults() - before);
            let allocated = ALLOCATIONS.load(Ordering::SeqCst);
            assert!(allocated == 0, "{threads} threads, round {round}: {allocated} allocations in 20 steady steps");
        }
        assert!(faulted.contains(&0), "{threads} threads: page faults in five rounds of 20 steps: {faulted:?}");
    }
    runtime().set_threads(2);
}
