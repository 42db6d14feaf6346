//! The JSON spelling of policy, context and report, decided once: the words of WIT, kebab-case.

use crate::report::{Context, PolicyError, Report};

/// The JSON of a report.
#[must_use]
pub fn report_to_json(report: &Report) -> String {
    serde_json::to_string(report).unwrap_or_default()
}

/// Reads a context; missing keys mean "not known", unknown keys are refused.
///
/// # Errors
/// What is wrong with the document.
pub fn context_from_json(json: &str) -> Result<Context, PolicyError> {
    serde_json::from_str(json).map_err(|e| PolicyError { path: String::new(), message: e.to_string() })
}
