//! What is to happen to scripts: the plugin's policy, and what the operator says beside it.

use std::path::Path;

use anyhow::Context as _;
use sekisho_host::toml_to_json;
use serde_json::Value;

/// The plugin's policy and what it says to people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The policy as the plugin takes it: JSON, empty for the defaults.
    pub document: String,
    /// Its profile is `observe`: nothing is stopped, not even what could not be judged.
    pub observes: bool,
    /// The domains of the organisation, as far as the policy names them.
    pub internal: Vec<String>,
    /// Where people are sent: the address of `[rescue]`, or who answers there.
    pub way_out: String,
}

impl Policy {
    /// Reads a policy: TOML where the name ends so, else JSON; the defaults without a file.
    ///
    /// # Errors
    /// When the file cannot be read or is neither. What it says is checked by the plugin.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let toml = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
        let value = if toml {
            toml::from_str(&text).map(toml_to_json).with_context(|| format!("{} is no TOML", path.display()))?
        } else {
            serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?
        };
        Ok(Self::of(&value))
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
        }
    }
}
