//! What a gateway may count.

use std::time::Duration;

/// Told about every call, on the thread that made it, right after it ended. Keep it short.
pub trait Metrics: Send + Sync {
    /// One call ended.
    fn call(&self, call: &Call);
}

/// One call into the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was asked.
    pub function: Function,
    /// How it ended.
    pub outcome: Outcome,
    /// The length of the message, bytes; 0 for calls without one.
    pub message: usize,
    /// How long the call waited for a free sandbox.
    pub waited: Duration,
    /// How long the sandbox lived: made, called, answer taken out, thrown away.
    pub took: Duration,
    /// The largest memory the guest had, bytes; 0 when it never started.
    pub memory: usize,
    /// Fuel used, if the host counts it.
    pub fuel: Option<u64>,
}

/// A function of the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `needs`.
    Needs,
    /// `scan-message`.
    ScanMessage,
    /// `check-sender`.
    CheckSender,
    /// `lint-forwarding`.
    LintForwarding,
    /// `rewrite`.
    Rewrite,
    /// `rules`.
    Rules,
}

/// How a call ended: an answer, or the kind of its [`CallError`](crate::CallError).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With an answer.
    Answered,
    /// The policy was refused.
    Policy,
    /// The guest trapped.
    Trapped,
    /// The deadline passed.
    OutOfTime,
    /// The fuel was used up.
    OutOfFuel,
    /// The guest wanted too much memory.
    OutOfMemory,
    /// No sandbox became free.
    Busy,
}
