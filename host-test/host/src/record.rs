//! What is kept of a verdict, so that it can be repeated: everything that went into it but the message.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

use crate::types::{Context, Report};

/// The folder beside the records where their policies are, each once: `policies/SHA256.json`.
pub const POLICIES: &str = "policies";

/// One verdict. No text of the message is in it beyond what a report quotes; the recipients are, since a policy may go by
/// them: keep it as you would keep a mail log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Record {
    /// The version of this format: 1.
    pub sekisho_record: u32,
    /// The number the sender and the log were told.
    pub reference: String,
    /// The listener that took the message.
    pub listener: String,
    /// SHA-256 of the message as it was judged, hexadecimal.
    pub message_sha256: String,
    /// Its length, bytes.
    pub message_size: usize,
    /// SHA-256 of the component that judged it.
    pub component_sha256: String,
    /// SHA-256 of the policy as the plugin got it; empty for the defaults.
    pub policy_sha256: String,
    /// Exactly what the plugin was told of the transaction, facts included.
    pub context: Context,
    /// SHA-256 of `report`.
    pub report_sha256: String,
    /// The report, byte for byte as it is hashed.
    pub report: Box<RawValue>,
}

impl Record {
    /// What is kept of one verdict. `policy` and `component` are hashes already.
    ///
    /// # Errors
    /// When the report cannot be spelled as JSON; no report is known that cannot.
    pub fn of(
        (reference, listener): (&str, &str),
        message: &[u8],
        context: &Context,
        (policy, component): (&str, &str),
        report: &Report,
    ) -> serde_json::Result<Self> {
        let report = to_raw_value(report)?;
        Ok(Self {
            sekisho_record: 1,
            reference: reference.to_owned(),
            listener: listener.to_owned(),
            message_sha256: sha256(message),
            message_size: message.len(),
            component_sha256: component.to_owned(),
            policy_sha256: policy.to_owned(),
            context: context.clone(),
            report_sha256: sha256(report.get().as_bytes()),
            report,
        })
    }
}

/// SHA-256, hexadecimal, lower case.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_byte_for_byte() {
        let report = Report {
            action: "deliver".to_owned(),
            risk: 0,
            inspection: "full".to_owned(),
            findings: Vec::new(),
            parts: Vec::new(),
            edits: Vec::new(),
            reply: None,
            remember: Vec::new(),
        };
        let context = Context { recipients: vec!["b@b.example".to_owned()], ..Context::default() };
        let record = Record::of(("T43FJ-HRM00", "mx"), b"abc", &context, ("", "c0"), &report).unwrap();
        assert_eq!(record.message_sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let text = serde_json::to_string(&record).unwrap();
        let again: Record = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
        assert_eq!(sha256(again.report.get().as_bytes()), again.report_sha256);
        assert_eq!(serde_json::from_str::<Report>(again.report.get()).unwrap(), report);
    }
}
