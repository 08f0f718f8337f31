//! Denormals become zero where the engine computes, and only there: the caller's thread is JavaScript's.

use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering};

use hornbeam_engine::pool::{DenormalGuard, Pool};

/// Whether a denormal result and a denormal operand count as zero on this thread.
fn flushes() -> [bool; 2] {
    let result = black_box(1e-30f32) * black_box(1e-10);
    let operand = black_box(f32::from_bits(0x0000_ffff)) * black_box(1e30);
    [black_box(result) == 0.0, black_box(operand) == 0.0]
}

#[test]
fn the_guard_flushes_until_it_is_dropped() {
    assert_eq!(flushes(), [false; 2]);
    {
        let _outer = DenormalGuard::enter();
        assert_eq!(flushes(), [true; 2]);
        drop(DenormalGuard::enter());
        assert_eq!(flushes(), [true; 2], "an inner guard restores the outer's mode");
    }
    assert_eq!(flushes(), [false; 2]);
    let caught = std::panic::catch_unwind(|| {
        let _guard = DenormalGuard::enter();
        panic!("a kernel fails");
    });
    assert!(caught.is_err());
    assert_eq!(flushes(), [false; 2], "a panic leaves through the guard");
}

#[test]
fn workers_flush_and_the_caller_does_not() {
    const UNKNOWN: u8 = 9;
    let pool = Pool::new(2);
    let seen = [AtomicU8::new(UNKNOWN), AtomicU8::new(UNKNOWN)];
    pool.run(2, |worker, _| {
        let [result, operand] = flushes();
        seen[worker].store(u8::from(result) + 2 * u8::from(operand), Ordering::Release);
        // The caller stays at its task until the worker has come for the other one.
        while worker == 0 && seen[1].load(Ordering::Acquire) == UNKNOWN {
            std::thread::yield_now();
        }
    });
    assert_eq!(seen[1].load(Ordering::Acquire), 3, "the worker");
    assert!([0, UNKNOWN].contains(&seen[0].load(Ordering::Acquire)), "the caller");
    assert_eq!(flushes(), [false; 2]);
}
