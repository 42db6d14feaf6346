//! How many sandboxes may be open at once.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A counting semaphore. wasmtime's pool answers an error when it is full; here callers wait their turn.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    /// Permits nobody has.
    free: usize,
    /// Callers that wait for one.
    waiting: usize,
}

/// The right to one sandbox, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a>(&'a Gate);

impl Gate {
    pub(crate) fn new(permits: usize) -> Self {
        Self { state: Mutex::new(State { free: permits, waiting: 0 }), freed: Condvar::new() }
    }

    /// Waits for a sandbox, `longest` at most. Also says how long it took.
    pub(crate) fn enter(&self, longest: Duration) -> (Option<Permit<'_>>, Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waited = Duration::ZERO;
        if state.free == 0 {
            let start = Instant::now();
            state.waiting = state.waiting.saturating_add(1);
            state = self
                .freed
                .wait_timeout_while(state, longest, |state| state.free == 0)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting = state.waiting.saturating_sub(1);
            waited = start.elapsed();
        }
        match state.free.checked_sub(1) {
            Some(left) => {
                state.free = left;
                (Some(Permit(self)), waited)
            }
            None => (None, waited),
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.free = state.free.saturating_add(1);
        let awaited = state.waiting > 0;
        drop(state);
        // Waking nobody is a call into the kernel all the same.
        if awaited {
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_gate_lets_nobody_in_and_an_empty_one_does() {
        let gate = Gate::new(1);
        let (first, _) = gate.enter(Duration::ZERO);
        let (second, waited) = gate.enter(Duration::from_millis(20));
        assert!(first.is_some() && second.is_none());
        assert!(waited >= Duration::from_millis(20));
        drop(first);
        assert!(gate.enter(Duration::ZERO).0.is_some());
    }

    #[test]
    fn a_waiting_caller_gets_the_permit_that_is_given_back() {
        let gate = Gate::new(1);
        let (first, _) = gate.enter(Duration::ZERO);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.enter(Duration::from_secs(10)).0.is_some());
            std::thread::sleep(Duration::from_millis(20));
            drop(first);
            assert!(waiting.join().unwrap());
        });
    }
}
