//! `sekisho replay`: the same again, or what is not.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod common;

use common::{TempDir, path, sekisho};
use sekisho_host::record::{Record, sha256};
use sekisho_host::{COMPONENT, Context, Host};

/// A record of the PPAP mail under a policy, laid out as the gate does.
fn record(dir: &TempDir, policy: &str) -> (String, Record) {
    let mail = std::fs::read(path("ppap.eml")).unwrap();
    let context = Context { recipients: vec!["b@b.example".to_owned()], ..Context::default() };
    let report = Host::embedded().unwrap().scan_message(&mail, &context, policy).unwrap();
    let hash = sha256(policy.as_bytes());
    let record = Record::of(("T43FJ-HRM00", "mx"), &mail, &context, (&hash, &sha256(COMPONENT)), &report).unwrap();
    dir.write(&format!("policies/{hash}.json"), policy.as_bytes());
    (dir.write("2026-11-24/T43FJ-HRM00.json", &serde_json::to_vec(&record).unwrap()), record)
}

#[test]
fn a_verdict_is_repeated_byte_for_byte() {
    let dir = TempDir::new("replay");
    let (file, record) = record(&dir, r#"{"profile":"tag"}"#);
    let done = sekisho(&["replay", &file, &path("ppap.eml")]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.starts_with("T43FJ-HRM00: the same report, byte for byte: TAG"), "{}", done.out);
    assert!(done.out.contains(&record.report_sha256));
    // As a mail server delivers it.
    let delivered = std::fs::read_to_string(path("ppap.eml")).unwrap().replace("\r\n", "\n");
    let mail = dir.write("delivered.eml", format!("Return-Path: <a@b.example>\n{delivered}").as_bytes());
    let json = sekisho(&["replay", "--json", &file, &mail]);
    assert_eq!((json.code, &json.json_lines()[0]["same"]), (0, &true.into()));
}

#[test]
fn what_differs_is_named() {
    let dir = TempDir::new("replay-differs");
    let (file, record) = record(&dir, r#"{"profile":"tag"}"#);
    let other = sekisho(&["replay", &file, &path("plain.eml")]);
    assert_eq!(other.code, 1, "{}", other.err);
    for said in ["message: recorded SHA-256 ", "message size: ", "report.action: recorded \"tag\", now \"deliver\""] {
        assert!(other.out.contains(said), "{said}: {}", other.out);
    }
    let policy = dir.write("new.toml", b"profile = 'hold'\n");
    let other = sekisho(&["replay", &file, &path("ppap.eml"), "--policy", &policy]);
    assert_eq!(other.code, 1);
    assert!(other.out.contains(&format!("policy: recorded SHA-256 {}", record.policy_sha256)), "{}", other.out);
    assert!(other.out.contains("report.action: recorded \"tag\", now \"hold\""), "{}", other.out);
    // Another component, the same report: an empty custom section changes nothing but the hash.
    let component = dir.write("other.wasm", &[COMPONENT, &[0, 2, 1, b'x']].concat());
    let other = sekisho(&["replay", &file, &path("ppap.eml"), "--component", &component]);
    assert_eq!(other.code, 1, "{}", other.err);
    assert!(other.out.contains("component: recorded ") && !other.out.contains("report."), "{}", other.out);
}

#[test]
fn a_record_that_is_none_is_wrong_use() {
    let dir = TempDir::new("replay-wrong");
    let (file, _) = record(&dir, r#"{"profile":"tag"}"#);
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = dir.write("changed.json", text.replace("\"tag\"", "\"deliver\"").as_bytes());
    for (record, error) in [(changed.as_str(), "the record was changed"), (&path("plain.eml"), "no record")] {
        let done = sekisho(&["replay", record, &path("ppap.eml")]);
        assert_eq!(done.code, 2);
        assert!(done.err.contains(error), "{}", done.err);
    }
    let lone = TempDir::new("replay-lone").write("r.json", text.as_bytes());
    let done = sekisho(&["replay", &lone, &path("ppap.eml")]);
    assert!(done.code == 2, "{}", done.err);
}
