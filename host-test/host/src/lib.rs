//! Runs the Sekisho plugin: loads the component, limits it, calls it. What a gateway links.
//!
//! ```
//! use sekisho_host::{Context, Host};
//!
//! let host = Host::embedded()?;
//! let report = host.scan_message(b"Subject: hello\r\n\r\nHow are you?\r\n", &Context::default(), "")?;
//! assert_eq!(report.action, "deliver");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **A fresh sandbox for every message**: no state survives from one sender's mail to the next. Every call is bounded in
//! memory, in time and (on request) in work, and a guest that breaks a bound is an error of that call only. A [`Host`]
//! is `Send + Sync`; share one among all threads.

mod bindings;
mod cache;
mod clock;
mod config;
mod document;
mod engine;
mod error;
mod gate;
mod guard;
mod host;
mod metrics;
pub mod record;
mod types;

pub use config::{ComponentSource, HostConfig};
pub use document::{Document, DocumentError, toml_to_json};
pub use error::{CallError, HostError};
pub use host::Host;
pub use metrics::{Call, Function, Metrics, Outcome};
pub use types::{Context, Direction, Edit, Fact, Finding, Need, Part, PolicyError, Reply, Report, RuleInfo, Severity};

/// The component this crate was built with, for other hosts.
pub static COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sekisho.wasm"));
