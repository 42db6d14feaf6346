//! A SARIF 2.1.0 log (OASIS, "Static Analysis Results Interchange Format"), for tools that show findings beside files.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use sekisho_host::{Finding, Report, RuleInfo, Severity};
use serde_json::{Value, json};

use super::{Sink, Tally};

/// Collects results and writes the log at the end: SARIF is one document.
pub struct Sarif {
    rules: Vec<RuleInfo>,
    /// Where each rule stands in the list.
    index: BTreeMap<String, usize>,
    results: Vec<Value>,
    notifications: Vec<Value>,
}

impl Sarif {
    /// `rules` become the metadata of the tool.
    pub fn new(rules: Vec<RuleInfo>) -> Self {
        let index = rules.iter().enumerate().map(|(at, rule)| (rule.id.clone(), at)).collect();
        Self { rules, index, results: Vec::new(), notifications: Vec::new() }
    }

    fn result(&self, label: &str, report: &Report, finding: &Finding) -> Value {
        let evidence: BTreeMap<&str, &str> = finding.evidence.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(label) } } });
        if let (Some((line, column)), Some(physical)) =
            (position(&finding.place), location.pointer_mut("/physicalLocation"))
        {
            physical["region"] = json!({ "startLine": line, "startColumn": column });
        } else if !finding.place.is_empty()
            && let Some(location) = location.as_object_mut()
        {
            let place = json!([{ "fullyQualifiedName": finding.place, "kind": "member" }]);
            location.insert("logicalLocations".to_owned(), place);
        }
        let mut result = json!({
            "ruleId": finding.rule,
            "level": level(finding.severity),
            "message": { "text": finding.message },
            "locations": [location],
            "partialFingerprints": { "place/v1": format!("{}:{}", finding.rule, finding.place) },
            "properties": {
                "severity": finding.severity.as_str(),
                "evidence": evidence,
                "action": report.action,
                "risk": report.risk,
                "inspection": report.inspection,
            },
        });
        if let (Some(at), Some(result)) = (self.index.get(&finding.rule), result.as_object_mut()) {
            result.insert("ruleIndex".to_owned(), json!(at));
        }
        result
    }

    fn rules(&self) -> Vec<Value> {
        self.rules
            .iter()
            .map(|rule| {
                json!({
                    "id": rule.id,
                    "shortDescription": { "text": rule.summary },
                    "help": { "text": format!("{}\n\n{}", rule.rescue_en, rule.rescue_ja), "markdown": rule.page },
                    "defaultConfiguration": { "level": level(rule.severity) },
                    "properties": {
                        "tags": ["security", rule.family],
                        "security-severity": security_severity(rule.severity),
                    },
                })
            })
            .collect()
    }
}

impl Sink for Sarif {
    fn report(&mut self, _out: &mut dyn Write, label: &str, report: &Report) -> io::Result<()> {
        for finding in &report.findings {
            let result = self.result(label, report, finding);
            self.results.push(result);
        }
        Ok(())
    }

    fn failure(&mut self, _out: &mut dyn Write, label: &str, error: &str) -> io::Result<()> {
        self.notifications.push(json!({
            "level": "error",
            "message": { "text": error },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(label) } } }],
        }));
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
        let log = json!({
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "sekisho",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": self.rules(),
                }},
                "invocations": [{
                    "executionSuccessful": tally.errors == 0,
                    "toolExecutionNotifications": std::mem::take(&mut self.notifications),
                }],
                "results": std::mem::take(&mut self.results),
            }],
        });
        serde_json::to_writer_pretty(&mut *out, &log)?;
        out.write_all(b"\n")
    }
}

/// `12:3`: the line and the column of a rule document. A place in a mail never looks so.
fn position(place: &str) -> Option<(u64, u64)> {
    let (line, column) = place.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// The middle of the band that GitHub gives the word (0.1–3.9 low, 4–6.9 medium, 7–8.9 high, 9–10 critical).
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "0.0",
        Severity::Low => "2.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}

/// A path as a URI reference (RFC 3986): relative paths stay relative.
fn uri(label: &str) -> String {
    let scheme = if Path::new(label).is_absolute() { "file://" } else { "" };
    let mut out = scheme.to_owned();
    for byte in label.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~#".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("mail/a b.eml"), "mail/a%20b.eml");
        assert_eq!(uri("/var/mail/見積.eml"), "file:///var/mail/%E8%A6%8B%E7%A9%8D.eml");
        assert_eq!(uri("box.mbox#3"), "box.mbox#3");
    }
}
