//! What is to happen to scripts: the plugin's policy, and what the operator says beside it.

use std::path::Path;

use sekisho_host::{CallError, Document};
use serde_json::Value;

/// The plugin's policy and what it says to people.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The policy as the plugin takes it: JSON, empty for the defaults.
    pub document: String,
    /// Its profile is `observe`: nothing is stopped, not even what could not be judged.
    pub observes: bool,
    /// The domains of the organisation, as far as the policy names them.
    pub internal: Vec<String>,
    /// Where people are sent: the address of `[rescue]`, or who answers there.
    pub way_out: String,
    /// The file it was read from.
    source: Option<Document>,
}

impl Policy {
    /// Reads a policy, `.toml` or `.json`; the defaults without a file.
    ///
    /// # Errors
    /// When the file cannot be read or is neither. What it says is checked by the plugin.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let document = Document::read(path)?;
        Ok(Self { source: Some(document.clone()), ..Self::of(document.json()) })
    }

    /// What the plugin says of the policy, with its place in the file.
    #[must_use]
    pub fn error(&self, error: CallError) -> anyhow::Error {
        match (error, &self.source) {
            (CallError::Policy(error), Some(document)) => document.policy_error(&error).into(),
            (error, _) => error.into(),
        }
    }

    /// A policy document.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let internal = value.pointer("/forwarding/internal-domains").and_then(Value::as_array).into_iter().flatten();
        let ways = [text("/rescue/url"), text("/rescue/contact")];
        Self {
            document: value.to_string(),
            observes: text("/profile") == "observe",
            internal: internal.filter_map(Value::as_str).map(str::to_owned).collect(),
            way_out: ways.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" "),
            source: None,
        }
    }
}
