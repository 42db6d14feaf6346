//! sekisho-gate, the gateway daemon. Mail servers hand it every mail through one of its doors; it asks the plugin in its
//! sandbox and tells the server what to do.
//!
//! ```text
//! mail server ─▶ milter ─▶ mail::Mail ─▶ judge ─▶ sandbox ─▶ report ─▶ verdict::Verdict ─▶ milter ─▶ mail server
//! ```

pub mod changes;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod fields;
pub mod judge;
pub mod mail;
pub mod metrics;
pub mod milter;
pub mod policy;
pub mod reference;
pub mod socket;
pub mod status;
pub mod verdict;
