//! The mails in `corpus/mime`: every trick must lead to the archive, no honest mail to a complaint.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise, and read files"
)]

#[path = "../../../host-test/judge/src/corpus.rs"]
#[allow(dead_code, reason = "shared with the judge")]
mod corpus;

use sekisho_core::budget::{Budget, Limits};
use sekisho_core::container::{Mail, open};
use sekisho_core::{Context, Severity, scan_message};

fn mails() -> Vec<corpus::Case> {
    let mut all = corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR")));
    all.retain(|c| c.path.starts_with("mime/") && c.path.ends_with(".eml"));
    assert!(all.len() > 100);
    all
}

fn opened(message: &[u8]) -> Mail {
    open::open(message, &mut Budget::new(Limits::default(), message.len()))
}

fn listing(mail: &Mail) -> String {
    let mut out = String::new();
    for item in &mail.items {
        let quirks: Vec<_> = item.messages().flat_map(|m| m.quirks.iter().map(|q| (q.kind, q.at))).collect();
        out += &format!(
            "  {:?} {} {:?} {:?} {} {:?} {quirks:?}\n",
            item.place,
            item.format.id,
            item.name(),
            item.origin,
            item.size,
            item.inspection
        );
    }
    out
}

#[test]
fn every_trick_leads_to_the_archive() {
    let cannot = ["mime/partial-second.eml", "mime/external-body.eml", "mime/deep-multipart.eml", "mime/partial.eml"];
    let mut lost = String::new();
    for case in mails().iter().filter(|c| !c.path.starts_with("mime/honest/") && !cannot.contains(&c.path.as_str())) {
        let mail = opened(&case.message);
        if std::env::var("LIST").is_ok() {
            println!("{}\n{}", case.path, listing(&mail));
        }
        if !mail.items.iter().any(|i| i.format.id == "zip") {
            lost += &format!("{}\n{}", case.path, listing(&mail));
        }
    }
    assert!(lost.is_empty(), "no archive found in\n{lost}");
}

#[test]
fn japanese_names_are_read_in_every_charset_and_form() {
    for case in mails().iter().filter(|c| c.path.starts_with("mime/name-")) {
        let mail = opened(&case.message);
        let name = mail.items.iter().find(|i| i.format.id == "zip").unwrap().name();
        assert!(["請求書.zip", "予定表.zip"].contains(&name), "{}: {name}", case.path);
    }
}

#[test]
fn honest_mail_is_left_alone() {
    let mut wrong = String::new();
    for case in mails().iter().filter(|c| c.path.starts_with("mime/honest/")) {
        let mail = opened(&case.message);
        if std::env::var("LIST").is_ok() {
            println!("{}\n{}", case.path, listing(&mail));
        }
        let report = scan_message(&case.message, &Context::default(), "").unwrap();
        for finding in report.findings.iter().filter(|f| f.rule.starts_with("mime-") && f.severity > Severity::Info) {
            wrong += &format!("{}: {finding:?}\n", case.path);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
