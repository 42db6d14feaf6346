//! The wall clock of the sandboxes: one thread that advances wasmtime's epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::Engine;

/// Advances the epoch of an engine while calls run; sleeps when none does; ends with its host.
#[derive(Debug)]
pub(crate) struct Clock {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
    tick: Duration,
}

#[derive(Debug, Default)]
struct State {
    running: AtomicUsize,
    asleep: AtomicBool,
    stop: AtomicBool,
}

/// One call that runs; the clock ticks at least as long as it exists.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a State);

/// After so many ticks without a call the thread sleeps until the next one.
const IDLE_TICKS: u32 = 20;

impl Clock {
    /// A clock for calls of at most `deadline`: precise to a twentieth of it, within 1 to 50 ms.
    pub(crate) fn start(engine: Engine, deadline: Duration) -> std::io::Result<Self> {
        let tick =
            deadline.checked_div(20).unwrap_or_default().clamp(Duration::from_millis(1), Duration::from_millis(50));
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread =
            std::thread::Builder::new().name("sekisho-clock".to_owned()).spawn(move || run(&engine, &shared, tick))?;
        Ok(Self { state, thread: Some(thread), tick })
    }

    /// The ticks of a deadline: never fewer than it takes, one more because the current tick has begun already.
    pub(crate) fn ticks(&self, deadline: Duration) -> u64 {
        let ticks = deadline.as_nanos().div_ceil(self.tick.as_nanos().max(1));
        u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Books a call, and wakes the clock if it sleeps.
    pub(crate) fn running(&self) -> Running<'_> {
        self.state.running.fetch_add(1, Ordering::SeqCst);
        if self.state.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        Running(&self.state)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

fn run(engine: &Engine, state: &State, tick: Duration) {
    let mut idle = 0_u32;
    while !state.stop.load(Ordering::SeqCst) {
        std::thread::sleep(tick);
        engine.increment_epoch();
        idle = if state.running.load(Ordering::SeqCst) == 0 { idle.saturating_add(1) } else { 0 };
        if idle >= IDLE_TICKS {
            // A call that does not see `asleep` is seen here, one that sees it unparks: none is missed.
            state.asleep.store(true, Ordering::SeqCst);
            if state.running.load(Ordering::SeqCst) == 0 && !state.stop.load(Ordering::SeqCst) {
                std::thread::park();
            }
            state.asleep.store(false, Ordering::SeqCst);
            idle = 0;
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_cut_short() {
        let clock = Clock::start(Engine::default(), Duration::from_millis(100)).unwrap();
        assert_eq!(clock.tick, Duration::from_millis(5));
        assert_eq!(clock.ticks(Duration::from_millis(100)), 21);
        assert_eq!(clock.ticks(Duration::from_millis(101)), 22);
    }

    #[test]
    fn it_sleeps_without_calls_wakes_with_one_and_stops_when_dropped() {
        let clock = Clock::start(Engine::default(), Duration::from_millis(1)).unwrap();
        let asleep = |wanted: bool| {
            let patience = std::time::Instant::now();
            while clock.state.asleep.load(Ordering::SeqCst) != wanted {
                assert!(patience.elapsed() < Duration::from_secs(10), "asleep never became {wanted}");
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        asleep(true);
        let call = clock.running();
        asleep(false);
        drop(call);
        asleep(true);
        drop(clock);
    }
}
