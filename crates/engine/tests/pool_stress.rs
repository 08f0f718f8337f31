//! The pool under stress: every task once, nobody late, nobody lost.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hornbeam_engine::pool::Pool;

/// Jobs of all sizes back to back; every job's closure owns its counters, so a worker of the job before would be seen (or crash).
#[test]
fn every_task_runs_exactly_once() {
    for size in [2, 3, 5, 8] {
        let pool = Pool::new(size);
        for job in 0..3000usize {
            let tasks = 2 + job % 37;
            let runs: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
            pool.run(tasks, |worker, task| {
                assert!(worker < size);
                runs[task].fetch_add(1 + job, Ordering::Relaxed);
            });
            assert!(runs.iter().all(|n| n.load(Ordering::Relaxed) == 1 + job), "job {job} of {size} workers");
        }
    }
}

/// One worker's tasks never overlap: what is written to a worker's own memory is there at the task's end.
#[test]
fn a_worker_runs_one_task_at_a_time() {
    let pool = Pool::new(4);
    let own: Vec<AtomicUsize> = (0..4).map(|_| AtomicUsize::new(usize::MAX)).collect();
    for job in 0..2000 {
        pool.run(16, |worker, task| {
            let was = own[worker].swap(job * 16 + task, Ordering::AcqRel);
            assert_eq!(was, usize::MAX, "worker {worker} is at two tasks");
            std::hint::spin_loop();
            own[worker].store(usize::MAX, Ordering::Release);
        });
    }
}

/// What tasks write without any synchronization of their own is seen by the caller and by the next job's workers.
#[test]
fn jobs_see_what_jobs_before_them_wrote() {
    let pool = Pool::new(4);
    let cells: Vec<AtomicUsize> = (0..64).map(|_| AtomicUsize::new(0)).collect();
    for job in 0..3000 {
        pool.run(64, |_, task| {
            // A neighbour's number, of the job before.
            let seen = cells[(task + 17) % 64].load(Ordering::Relaxed);
            assert!(seen == job || seen == job + 1, "task {task} of job {job} sees {seen}");
            cells[task].store(job + 1, Ordering::Relaxed);
        });
        assert!(cells.iter().all(|c| c.load(Ordering::Relaxed) == job + 1), "job {job}");
    }
}

/// Workers that sleep are woken or not needed: pauses of all lengths around the time when they park.
#[test]
fn parked_workers_lose_no_job() {
    let pool = Pool::new(3);
    let sum = AtomicUsize::new(0);
    for round in 0..200u64 {
        std::thread::sleep(Duration::from_micros(round * 3));
        pool.run(8, |_, task| {
            sum.fetch_add(task, Ordering::Relaxed);
        });
    }
    assert_eq!(sum.into_inner(), 200 * 28);
}

#[test]
fn pools_come_and_go() {
    for size in 1..40 {
        let pool = Pool::new(1 + size % 5);
        if size % 3 > 0 {
            pool.run(size, |_, _| {});
        }
        if size % 7 == 0 {
            std::thread::sleep(Duration::from_micros(500));
        }
    }
}

/// Panics of several workers at once, mixed with good jobs.
#[test]
fn panics_poison_their_job_only() {
    let pool = Pool::new(4);
    for job in 0..60usize {
        let done = AtomicUsize::new(0);
        let result = catch_unwind(AssertUnwindSafe(|| {
            pool.run(32, |_, task| {
                if job % 3 == 0 && task % 8 == 7 {
                    std::panic::panic_any(job);
                }
                done.fetch_add(1, Ordering::Relaxed);
            });
        }));
        match result {
            Ok(()) => assert_eq!((done.into_inner(), job % 3 == 0), (32, false)),
            Err(payload) => assert_eq!(payload.downcast_ref::<usize>(), Some(&job), "the panic of this job"),
        }
    }
}

/// A pool runs one job at a time: a second one, from a task or from another thread, is refused before it can disturb the first.
#[test]
fn a_second_job_at_the_same_time_is_refused() {
    let pool = Pool::new(2);
    let refused = AtomicUsize::new(0);
    pool.run(4, |_, _| {
        if catch_unwind(AssertUnwindSafe(|| pool.run(4, |_, _| {}))).is_err() {
            refused.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert_eq!(refused.into_inner(), 4);
    let done = AtomicUsize::new(0);
    pool.run(4, |_, _| {
        done.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(done.into_inner(), 4, "and the pool works on");
}
