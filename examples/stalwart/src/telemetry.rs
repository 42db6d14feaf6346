//! A span a mail for an OpenTelemetry collector (OTLP over HTTP): what the line of the log says, without addresses and text.
//!
//! Only in builds with the feature `otel`. Spans wait in a queue of their own and a thread sends them, some at a time: mail
//! waits for no collector, and what does not fit into the queue is left out.

use std::time::SystemTime;

use crate::recent::Entry;

#[cfg(feature = "otel")]
mod export;
#[cfg(feature = "otel")]
pub use export::Telemetry;

/// What a span tells of a mail.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// When the mail was handed in.
    pub start: SystemTime,
    /// The verdict.
    pub entry: &'a Entry,
    /// The risk of the report.
    pub risk: u8,
}

/// Nothing, in a build without OpenTelemetry.
#[cfg(not(feature = "otel"))]
#[derive(Debug)]
pub enum Telemetry {}

#[cfg(not(feature = "otel"))]
impl Telemetry {
    /// There is none: the configuration was refused before.
    ///
    /// # Errors
    /// Always.
    pub fn start(_: &crate::config::Telemetry) -> anyhow::Result<Self> {
        anyhow::bail!("not in this build")
    }

    /// Cannot be called.
    pub fn mail(&self, _: Span<'_>) {
        match *self {}
    }

    /// Cannot be called.
    pub fn finish(&self) {
        match *self {}
    }
}
