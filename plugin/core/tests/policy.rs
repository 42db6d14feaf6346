//! Policies on real mail: which line decides, what an exception frees, and that what is stripped is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

#[path = "../../../host-test/judge/src/corpus.rs"]
#[allow(dead_code, reason = "shared with the judge, which uses the rest")]
mod corpus;

use sekisho_core::{Action, Context, Direction, Fact, Report, rewrite, scan_message};

fn mail(name: &str) -> Vec<u8> {
    corpus::case(&corpus::root(env!("CARGO_MANIFEST_DIR")), &format!("policy/{name}.eml")).message
}

/// What a gateway knows after a DMARC pass of the partner.
fn partner() -> Context {
    let fact = |kind: &str, key: &str, value: &str| Fact { kind: kind.into(), key: key.into(), value: value.into() };
    Context {
        recipients: vec!["keiri@ours.example".to_owned()],
        facts: vec![
            fact("authenticated-domain", "partner.example", "dmarc"),
            fact("time", "", "2026-11-24T09:00:00+09:00"),
        ],
        ..Context::default()
    }
}

fn scan(name: &str, context: &Context, policy: &str) -> Report {
    scan_message(&mail(name), context, policy).expect("the policy is right")
}

fn evidence(report: &Report, rule: &str, key: &str) -> Option<String> {
    let finding = report.findings.iter().find(|f| f.rule == rule)?;
    finding.evidence.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone())
}

const EXCEPTION: &str = r#"{"exceptions": [{"id": "partner", "rules": ["zip", "name"], "senders": ["partner.example"],
    "expires": "2026-12-31", "ticket": "T-1", "reason": "until their gateway is replaced"}]}"#;

#[test]
fn the_default_refuses_an_encrypted_archive() {
    let report = scan("encrypted-tables", &partner(), "");
    assert_eq!(report.action, Action::Reject);
    assert_eq!(evidence(&report, "policy-matched", "rule").as_deref(), Some("zip-encrypted"));
    let reply = report.reply.unwrap();
    assert!(reply.text.starts_with("Message refused (zip-encrypted): "), "{}", reply.text);
}

#[test]
fn an_exception_frees_encrypted_tables_and_plain_programs_but_no_encrypted_program() {
    for (name, action) in [
        ("encrypted-tables", Action::Deliver),
        ("plain-program", Action::Deliver),
        ("encrypted-program", Action::Reject),
        // A script deep in a source tree would only be mentioned; of an encrypted tree nobody knows what it is.
        ("encrypted-sources", Action::Reject),
        // The program itself can be read, but it lies in an archive that is encrypted in part.
        ("program-beside-encrypted", Action::Reject),
    ] {
        let report = scan(name, &partner(), EXCEPTION);
        assert_eq!(report.action, action, "{name}");
        assert_eq!(evidence(&report, "policy-exempted", "ticket").as_deref(), Some("T-1"), "{name}");
    }
    let stranger = Context { facts: Vec::new(), ..partner() };
    assert_eq!(scan("encrypted-tables", &stranger, EXCEPTION).action, Action::Reject);
}

#[test]
fn directions_differ() {
    let policy = r#"{"profile": "hold", "outbound": {"rules": {"zip-encrypted": {"action": "tag"}}}}"#;
    let outbound = Context { direction: Direction::Outbound, ..partner() };
    assert_eq!(scan("encrypted-tables", &partner(), policy).action, Action::Hold);
    let report = scan("encrypted-tables", &outbound, policy);
    assert_eq!(report.action, Action::Tag);
    assert_eq!(evidence(&report, "policy-matched", "line").as_deref(), Some("outbound.rules.zip-encrypted.action"));
}

#[test]
fn what_is_stripped_is_gone_and_said() {
    let policy = r#"{"profile": "strip", "rescue": {"url": "https://up.example/"}}"#;
    let report = scan("encrypted-program", &partner(), policy);
    assert_eq!(report.action, Action::Strip);
    let after = rewrite(&mail("encrypted-program"), &report.edits);
    let again = scan_message(&after, &partner(), policy).unwrap();
    assert_eq!(again.action, Action::Deliver, "{:?}", again.findings);
    assert!(String::from_utf8_lossy(&after).contains("X-Sekisho-Action: strip"));
}

#[test]
fn limits_of_the_policy_hold() {
    let report = scan("plain-program", &partner(), r#"{"profile": "observe", "limits": {"entries": 2}}"#);
    assert!(report.findings.iter().any(|f| f.rule == "limit-entries"), "{:?}", report.findings);
}
