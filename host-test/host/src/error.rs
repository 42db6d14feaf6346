//! What can go wrong, and whose fault it is.

use std::path::PathBuf;
use std::time::Duration;

use crate::types::PolicyError;

/// Why a host could not be made. Operators mend it.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The component file cannot be read.
    #[error("cannot read the component {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The bytes are not a component, or not one this version of wasmtime accepts.
    #[error("not a usable component: {0}")]
    NotAComponent(String),
    /// The component wants something from its host. A plugin that imports anything is not let in.
    #[error("the component imports {}; a plugin imports nothing", .0.join(", "))]
    Imports(Vec<String>),
    /// The component does not export what `wit/` says, or its first memory does not fit the limit.
    #[error("the component is not a sekisho:mail plugin: {0}")]
    NotAPlugin(String),
    /// The settings do not work on this machine.
    #[error("the sandbox cannot be set up: {0}")]
    Setup(String),
}

/// Why a call gave no answer. The host lives on; the next call has a fresh sandbox.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The policy document is wrong. The operator mends it; no message can cause this.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// The guest stopped on its own: a defect of the plugin. Report it.
    #[error("the plugin trapped: {reason}")]
    Trapped {
        /// What wasmtime says.
        reason: String,
    },
    /// The wall-clock deadline ([`HostConfig::deadline`](crate::HostConfig::deadline)) has passed.
    #[error("the plugin was stopped after its deadline of {} ms", deadline.as_millis())]
    OutOfTime {
        /// The deadline.
        deadline: Duration,
    },
    /// The fuel ([`HostConfig::fuel`](crate::HostConfig::fuel)) was used up.
    #[error("the plugin was stopped after {fuel} units of fuel")]
    OutOfFuel {
        /// The fuel of a call.
        fuel: u64,
    },
    /// The guest asked for more memory than [`HostConfig::memory`](crate::HostConfig::memory).
    #[error("the plugin was stopped because it wanted more than {limit} bytes of memory")]
    OutOfMemory {
        /// The bound, bytes.
        limit: usize,
    },
    /// No sandbox became free in time ([`HostConfig::wait`](crate::HostConfig::wait)). Try again later.
    #[error("no sandbox became free within {} ms", waited.as_millis())]
    Busy {
        /// How long the call waited.
        waited: Duration,
    },
}
