//! One corpus, every face, one answer: the sandbox says what the engine says, to the byte.

use sekisho_core::wire::{needs_to_json, report_to_json};
use sekisho_core::{Context, check_sender, lint_forwarding, needs, scan_message};
use sekisho_host::Host;
use sekisho_judge::corpus;

/// Policies under which everything is compared: the default, and one whose edits change the message.
const POLICIES: &[&str] = &["", r#"{"profile":"strip"}"#];

fn native(message: &[u8], policy: &str) -> String {
    report_to_json(&scan_message(message, &Context::default(), policy).expect("the policy is right"))
}

fn sandbox(host: &Host, message: &[u8], policy: &str) -> String {
    let report = host.scan_message(message, &sekisho_host::Context::default(), policy).expect("the sandbox answers");
    serde_json::to_string(&report).expect("a report is plain data")
}

#[test]
fn component_answers_like_the_engine() {
    let host = Host::embedded().expect("the embedded component loads");
    let cases = corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR")));
    assert!(cases.len() > 100, "the corpus is missing");
    for case in &cases {
        for policy in POLICIES {
            assert_eq!(
                sandbox(&host, &case.message, policy),
                native(&case.message, policy),
                "{} under {policy:?}",
                case.path
            );
        }
    }
}

#[test]
fn component_needs_what_the_engine_needs() {
    let host = Host::embedded().expect("the embedded component loads");
    let mut asked = 0;
    for case in corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR"))) {
        let native = needs(&case.message, &Context::default(), SENDERS).expect("the policy is right");
        let context = sekisho_host::Context::default();
        let sandbox = host.needs(&case.message, &context, SENDERS).expect("the sandbox answers");
        let sandbox = serde_json::to_string(&sandbox).expect("needs are plain data");
        assert_eq!(sandbox, needs_to_json(&native), "{}", case.path);
        asked += native.len();
    }
    assert!(asked > 20, "the corpus asks for something: {asked}");
}

/// A policy under which senders are compared with something.
const SENDERS: &str = r#"{"sender":{"protected":["merrowmint.com","hoshimaru.co.jp"],
    "vips":[{"names":["佐倉 遥"],"addresses":["haruka@hoshimaru.co.jp"]}],"trusted-authserv":["mx.hoshimaru.co.jp"]}}"#;

#[test]
fn component_checks_senders_like_the_engine() {
    let host = Host::embedded().expect("the embedded component loads");
    let cases = corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR")));
    let values = [
        "pay@merrowmint.com",
        "merrowm\u{456}nt.com",
        "佐倉 遥 <haruka.s@freemail.example>",
        "\"pay@merrowmint.com\" <a@rnerrowmint-login.example>",
        "xn--merrowmint-.com",
        "",
    ];
    let senders = values.iter().map(|v| v.as_bytes()).chain(cases.iter().map(|c| c.message.as_slice()));
    for sender in senders {
        for policy in ["", SENDERS] {
            let native = check_sender(sender, &Context::default(), policy).expect("the policy is right");
            let context = sekisho_host::Context::default();
            let sandbox = host.check_sender(sender, &context, policy).expect("the sandbox answers");
            let sandbox = serde_json::to_string(&sandbox).expect("a report is plain data");
            assert_eq!(sandbox, report_to_json(&native), "{}", String::from_utf8_lossy(sender));
        }
    }
}

#[test]
fn component_lints_like_the_engine() {
    let host = Host::embedded().expect("the embedded component loads");
    let documents = corpus::documents(&corpus::root(env!("CARGO_MANIFEST_DIR")));
    assert!(documents.len() > 20, "the rule documents are missing");
    for (path, document) in &documents {
        let native = lint_forwarding(document, "", &Context::default(), "").expect("the policy is right");
        let context = sekisho_host::Context::default();
        let sandbox = host.lint_forwarding(document, "", &context, "").expect("the sandbox answers");
        let sandbox = serde_json::to_string(&sandbox).expect("a report is plain data");
        assert_eq!(sandbox, report_to_json(&native), "{path}");
    }
}

#[test]
fn component_rewrites_like_the_engine() {
    let host = Host::embedded().expect("the embedded component loads");
    for case in corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR"))) {
        let report =
            scan_message(&case.message, &Context::default(), r#"{"profile":"strip"}"#).expect("the policy is right");
        let edits: Vec<_> = report
            .edits
            .iter()
            .map(|e| sekisho_host::Edit { place: e.place.clone(), kind: e.kind.clone(), value: e.value.clone() })
            .collect();
        assert_eq!(
            host.rewrite(&case.message, &edits).expect("the sandbox answers"),
            sekisho_core::rewrite(&case.message, &report.edits),
            "{}",
            case.path
        );
    }
}

#[test]
fn component_lists_the_same_rules() {
    let host = Host::embedded().expect("the embedded component loads");
    let sandbox = serde_json::to_value(host.rules().expect("the sandbox answers")).expect("plain data");
    let native = serde_json::to_value(sekisho_core::rules()).expect("plain data");
    assert_eq!(sandbox, native);
}
