//! Jobs that are handed over run one at a time, oldest first, also on a thread that waits. In a process of its own: there is one queue.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use hornbeam_engine::eval;

type Ran = Arc<Mutex<Vec<(usize, ThreadId)>>>;

fn ran_so_far(ran: &Ran) -> Vec<(usize, ThreadId)> {
    ran.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Another thread hands over three jobs; this one waits for two of them, then for all. How many had run in between, and who ran which.
fn hand_over_and_wait() -> (usize, Vec<(usize, ThreadId)>) {
    let ran = Ran::default();
    let theirs = ran.clone();
    let other = thread::spawn(move || {
        for number in 0..3 {
            let ran = theirs.clone();
            eval::hand_over(move || {
                ran.lock().unwrap_or_else(PoisonError::into_inner).push((number, thread::current().id()));
            });
        }
    });
    other.join().expect("it only hands over");
    eval::help(|| ran_so_far(&ran).len() >= 2);
    let between = ran_so_far(&ran).len();
    eval::help(|| false);
    // What the evaluation thread has begun is its own to end.
    while ran_so_far(&ran).len() < 3 {
        thread::sleep(Duration::from_millis(1));
    }
    (between, ran_so_far(&ran))
}

#[test]
fn a_waiting_thread_runs_the_jobs_of_another_in_order() {
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    eval::spawn(move || {
        begun.send(()).expect("the test waits");
        may_end.recv().expect("the test says when");
    });
    has_begun.recv().expect("the evaluation thread begins at once");
    let late = Ran::default();
    let ran = late.clone();
    eval::hand_over(move || ran.lock().unwrap_or_else(PoisonError::into_inner).push((0, thread::current().id())));
    eval::help(|| false);
    assert_eq!(ran_so_far(&late).len(), 0, "one job runs at a time");
    end.send(()).expect("the job waits");
    while ran_so_far(&late).is_empty() {
        thread::sleep(Duration::from_millis(1));
    }

    let this = thread::current().id();
    let by_this_thread = (0..200).any(|_| {
        // An evaluation thread that does not sleep yet takes jobs as they come: in order, but that is not what is asked here.
        thread::sleep(Duration::from_millis(10));
        let (between, ran) = hand_over_and_wait();
        assert_eq!(ran.iter().map(|&(number, _)| number).collect::<Vec<_>>(), [0, 1, 2]);
        let all = ran.iter().all(|&(_, thread)| thread == this);
        assert!(!all || between == 2, "it stops when what it waits for is done: {between}");
        all
    });
    assert!(by_this_thread, "a thread that waits computes itself");
}
