//! The Sekisho engine: bytes and facts in, a report out. No I/O, no clock, no randomness, no threads; the same bytes,
//! policy and facts give the same report, byte for byte.
//!
//! The front door, nothing else. ARCHITECTURE.md has the map.
#![forbid(unsafe_code)]

pub mod budget;
pub mod bytes;
pub mod container;
pub mod forwarding;
pub mod message;
pub mod policy;
pub mod report;
pub mod rules;
pub mod scan;
pub mod sender;
pub mod text;
pub mod time;
pub mod wire;

pub use message::edit::rewrite;
pub use report::{
    Action, Context, Direction, Edit, Evidence, Fact, Finding, Inspection, Need, Part, PolicyError, Reply, Report,
    RuleInfo, Severity,
};
pub use scan::forwarding::lint_forwarding;
pub use scan::needs::needs;
pub use scan::scan_message;
pub use scan::sender::check_sender;

/// All rules, in the order they run.
#[must_use]
pub fn rules() -> Vec<RuleInfo> {
    rules::all().map(rules::Rule::info).collect()
}
