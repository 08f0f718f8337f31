//! Programs that assign variables run in the background, one after the other. What reads or assigns a variable afterwards
//! waits for them here: a loop that takes a step and then looks at its weights must see the step.

use std::sync::{Condvar, Mutex, PoisonError};

use hornbeam_engine::eval;

static UNFINISHED: Mutex<usize> = Mutex::new(0);
static FINISHED: Condvar = Condvar::new();

/// A run that assigns variables and has not ended; dropped when it has, in whatever way.
pub struct Updating(());

impl Updating {
    /// Counts a run that is handed over.
    pub fn begin() -> Updating {
        *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Updating(())
    }
}

impl Drop for Updating {
    fn drop(&mut self) {
        *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        FINISHED.notify_all();
    }
}

/// Waits until no run that assigns variables is under way; this thread runs those that have not begun.
pub fn settle() {
    let lock = || UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    eval::help(|| *lock() == 0);
    eval::begin();
    let unfinished = lock();
    drop(FINISHED.wait_while(unfinished, |count| *count > 0).unwrap_or_else(PoisonError::into_inner));
}
