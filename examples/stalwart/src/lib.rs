//! sekisho-gate, the gateway daemon. Mail servers hand it every mail through one of its doors; it asks the plugin in its
//! sandbox and tells the server what to do.
//!
//! ```text
//! mail server ─▶ door ─▶ mail::Mail ─▶ judge ─▶ sandbox ─▶ report ─▶ verdict::Verdict ─▶ door ─▶ mail server
//! ```

pub mod acquaintances;
pub mod buffers;
pub mod clamd;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod dns;
pub mod help;
pub mod hooks;
pub mod house;
pub mod judge;
pub mod lang;
pub mod memory;
pub mod metrics;
pub mod milter;
pub mod mta_hooks;
pub mod notify;
pub mod password;
pub mod policy;
pub mod quarantine;
pub mod random;
pub mod recent;
pub mod record;
pub mod reference;
pub mod socket;
pub mod sources;
pub mod status;
pub mod telemetry;
pub mod tls;

pub use sekisho_protocol::{changes, fields, mail, verdict};

/// The embedded plugin, compiled once for all tests.
#[cfg(test)]
fn plugin() -> std::sync::Arc<sekisho_host::Host> {
    static HOST: std::sync::LazyLock<std::sync::Arc<sekisho_host::Host>> =
        std::sync::LazyLock::new(|| std::sync::Arc::new(sekisho_host::Host::embedded().unwrap()));
    std::sync::Arc::clone(&HOST)
}
