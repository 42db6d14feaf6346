//! `[telemetry]`: a span a mail, for an OpenTelemetry collector.

use anyhow::bail;
use serde::Deserialize;

/// `[telemetry]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Telemetry {
    /// Where the collector takes OTLP over HTTP; without it the environment says (`OTEL_EXPORTER_OTLP_ENDPOINT`).
    pub endpoint: Option<Endpoint>,
}

/// The base of a collector's addresses, `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint(String);

impl Endpoint {
    /// Where spans are sent.
    #[must_use]
    pub fn traces(&self) -> String {
        format!("{}/v1/traces", self.0)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.starts_with("https://") {
            return Err("no TLS here: send to a collector on this machine".to_owned());
        }
        let base = text.trim_end_matches('/');
        let host = base.strip_prefix("http://").unwrap_or_default();
        let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic());
        if plain {
            Ok(Self(base.to_owned()))
        } else {
            Err(format!("`{text}` is no address like http://127.0.0.1:4318"))
        }
    }
}

/// Refuses the section in a gate that was built without what it needs.
///
/// # Errors
/// `:line: telemetry: message`, which says how to build.
pub(super) fn check(telemetry: Option<&Telemetry>, text: &str) -> anyhow::Result<()> {
    if telemetry.is_none() || cfg!(feature = "otel") {
        return Ok(());
    }
    let line = (1..).zip(text.lines()).find(|(_, line)| line.contains("telemetry")).map_or(0, |(number, _)| number);
    bail!(
        ":{line}: telemetry: not in this build; make one with `cargo build --release -p sekisho-gate --features otel`"
    )
}
