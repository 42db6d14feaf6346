//! The JSON spelling of policy, context, report and rules, decided once: the words of WIT, kebab-case. A list of pairs
//! is a list of two-element lists, an absent option is `null`.

use crate::policy::Policy;
use crate::policy::shape::{self, Form, Key, Shape};
use crate::report::{Context, Edit, Need, PolicyError, Report, RuleInfo};
use crate::scan::rule_names;

/// The JSON of a report, in one line.
#[must_use]
pub fn report_to_json(report: &Report) -> String {
    serde_json::to_string(report).unwrap_or_default()
}

/// The JSON of all rules, in one line.
#[must_use]
pub fn rules_to_json(rules: &[RuleInfo]) -> String {
    serde_json::to_string(rules).unwrap_or_default()
}

/// The JSON of edits, in one line.
#[must_use]
pub fn edits_to_json(edits: &[Edit]) -> String {
    serde_json::to_string(edits).unwrap_or_default()
}

/// The JSON of needs, in one line.
#[must_use]
pub fn needs_to_json(needs: &[Need]) -> String {
    serde_json::to_string(needs).unwrap_or_default()
}

/// Reads a context; missing keys mean "not known", unknown keys are refused. The empty string is the empty context.
///
/// # Errors
/// The dotted path of the key, and what is wrong with it.
pub fn context_from_json(json: &str) -> Result<Context, PolicyError> {
    if json.is_empty() {
        return Ok(Context::default());
    }
    shape::check(json, CONTEXT, &|_| false)?;
    serde_json::from_str(json).map_err(|e| PolicyError { path: String::new(), message: e.to_string() })
}

/// Reads edits, as a report has them.
///
/// # Errors
/// What is wrong with the document.
pub fn edits_from_json(json: &str) -> Result<Vec<Edit>, PolicyError> {
    serde_json::from_str(json).map_err(|e| PolicyError { path: String::new(), message: e.to_string() })
}

/// Checks a policy document without using it.
///
/// # Errors
/// The dotted path of the key, and what is wrong with it.
pub fn check_policy(json: &str) -> Result<(), PolicyError> {
    Policy::check(json, rule_names())
}

/// The JSON Schema (2020-12) of policy documents, as committed in `wit/policy.schema.json`.
#[must_use]
pub fn policy_schema() -> String {
    Policy::schema(rule_names())
}

/// The keys of a context: the fields of the record in `wit/types.wit`.
static CONTEXT: &[Key] = &[
    Key::new("direction", Shape::Word(&["inbound", "outbound"]), "Which way the mail goes."),
    Key::new("mail-from", TEXT, "The reverse-path without angle brackets."),
    Key::new("recipients", Shape::List(&TEXT), "The forward-paths without angle brackets."),
    Key::new("client-ip", TEXT, "The address of the SMTP client."),
    Key::new("helo", TEXT, "The argument of HELO or EHLO."),
    Key::new("tls", TEXT, "The TLS version of the session."),
    Key::new("login", TEXT, "The authenticated login."),
    Key::new("login-method", TEXT, "How the login was proved."),
    Key::new("facts", Shape::List(&Shape::Object(FACT)), "Everything else the host knows."),
];

static FACT: &[Key] = &[
    Key::new("kind", TEXT, "What sort of fact.").required(),
    Key::new("key", TEXT, "What it is about."),
    Key::new("value", TEXT, "What is known.").required(),
];

const TEXT: Shape = Shape::Text(&ANY);
static ANY: Form = Form { what: "text", most: 1 << 20, holds: |_| true };

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::report::{Action, Direction, Fact, Finding, Inspection, Part, Reply, Severity};

    #[test]
    fn a_report_is_spelt_in_the_words_of_wit() {
        let report = Report {
            action: Action::Reject,
            risk: 45,
            inspection: Inspection::NamesOnly,
            findings: vec![Finding {
                rule: "zip-encrypted".to_owned(),
                severity: Severity::High,
                message: "m".to_owned(),
                place: "2/a.zip".to_owned(),
                evidence: vec![("k".to_owned(), "v".to_owned())],
            }],
            parts: vec![Part {
                place: "2/a.zip".to_owned(),
                name: "a.zip".to_owned(),
                media_type: "application/zip".to_owned(),
                format: "zip".to_owned(),
                size: 1,
                inspection: Inspection::NamesOnly,
            }],
            edits: vec![Edit { place: String::new(), kind: "add-header".to_owned(), value: "A: b".to_owned() }],
            reply: Some(Reply { code: 550, enhanced: "5.7.1".to_owned(), text: "t".to_owned() }),
            remember: vec![Fact { kind: "a".to_owned(), key: "b".to_owned(), value: "c".to_owned() }],
        };
        assert_eq!(
            report_to_json(&report),
            r#"{"action":"reject","risk":45,"inspection":"names-only","findings":[{"rule":"zip-encrypted","severity":"high","message":"m","place":"2/a.zip","evidence":[["k","v"]]}],"parts":[{"place":"2/a.zip","name":"a.zip","media-type":"application/zip","format":"zip","size":1,"inspection":"names-only"}],"edits":[{"place":"","kind":"add-header","value":"A: b"}],"reply":{"code":550,"enhanced":"5.7.1","text":"t"},"remember":[{"kind":"a","key":"b","value":"c"}]}"#
        );
        let need = Need { kind: "time".to_owned(), key: String::new() };
        assert_eq!(needs_to_json(&[need]), r#"[{"kind":"time","key":""}]"#);
        let silent = Report { reply: None, ..report };
        assert!(report_to_json(&silent).contains(r#""reply":null"#));
        assert_eq!(edits_from_json(&edits_to_json(&silent.edits)).unwrap(), silent.edits);
    }

    #[test]
    fn a_context_is_read_whole() {
        let json = r#"{"direction":"outbound","mail-from":"a","recipients":["b"],"client-ip":"c","helo":"d","tls":"e",
            "login":"f","login-method":"g","facts":[{"kind":"time","value":"h"}]}"#;
        let context = context_from_json(json).unwrap();
        assert_eq!(context.direction, Direction::Outbound);
        assert_eq!((context.login_method.as_str(), context.fact("time", None)), ("g", Some("h")));
        assert_eq!(serde_json::to_value(&context).unwrap().as_object().unwrap().len(), CONTEXT.len());
        assert_eq!(context_from_json("").unwrap(), Context::default());
    }

    #[test]
    fn a_wrong_context_has_a_path() {
        for (json, path) in [
            (r#"{"mailfrom":"a"}"#, "mailfrom"),
            (r#"{"direction":"up"}"#, "direction"),
            (r#"{"recipients":["a",1]}"#, "recipients.1"),
            (r#"{"facts":[{"kind":"a"}]}"#, "facts.0.value"),
            (r#"{"facts":[{"kind":"a","value":"b","x":"c"}]}"#, "facts.0.x"),
            ("[]", ""),
        ] {
            assert_eq!(context_from_json(json).unwrap_err().path, path, "{json}");
        }
    }
}
