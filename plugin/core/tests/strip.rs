//! What `strip` says goes is gone, in every reading: the rewritten message is scanned again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise, and read files"
)]

use std::path::{Path, PathBuf};

use sekisho_core::{Action, Context, Edit, Report, rewrite, scan_message};

fn mails(folder: &Path, out: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            mails(&path, out);
        } else if path.extension().is_some_and(|e| e == "eml") {
            out.push(path);
        }
    }
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut paths = Vec::new();
    mails(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host-test/judge/corpus"), &mut paths);
    paths.sort();
    paths.into_iter().map(|p| (p.display().to_string(), std::fs::read(p).unwrap())).collect()
}

fn scan(message: &[u8], policy: &str) -> Report {
    scan_message(message, &Context::default(), policy).unwrap()
}

/// Formats somebody would want taken out.
fn archives(report: &Report) -> Vec<&str> {
    let held = |format: &str| matches!(format, "zip" | "rar" | "sevenz" | "pe" | "script" | "gzip");
    report.parts.iter().filter(|p| held(&p.format)).map(|p| p.place.as_str()).collect()
}

#[test]
fn a_stripped_message_may_be_delivered() {
    let mut stripped = 0;
    for (name, message) in corpus() {
        let report = scan(&message, r#"{"profile":"strip"}"#);
        if report.action != Action::Strip {
            continue;
        }
        stripped += 1;
        let again = scan(&rewrite(&message, &report.edits), r#"{"profile":"strip"}"#);
        assert!(again.action <= Action::Tag, "{name}: {:?} {:?}", again.action, again.findings);
    }
    assert!(stripped > 0, "the corpus holds nothing to strip");
}

/// Whatever the policy thinks: every archive a scan finds can be taken out.
#[test]
fn every_archive_can_be_taken_out() {
    let mut taken = 0;
    for (name, message) in corpus() {
        let report = scan(&message, "");
        let found = archives(&report);
        if found.is_empty() {
            continue;
        }
        taken += 1;
        for kind in ["remove-part", "replace-part"] {
            // Hidden parts have no number of their own; the whole message goes with them.
            let number = |place: &str| {
                let number: String = place.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
                number.trim_end_matches('.').to_owned()
            };
            let edits: Vec<_> = found
                .iter()
                .map(|place| Edit { place: number(place), kind: kind.to_owned(), value: "Removed.".to_owned() })
                .collect();
            let result = rewrite(&message, &edits);
            let again = scan(&result, "");
            assert_eq!(archives(&again), [""; 0], "{name} {kind}");
        }
    }
    assert!(taken > 0, "the corpus holds no archive");
}

#[test]
fn fields_and_text_do_not_hide_an_archive() {
    let edits =
        [("add-header", "X-Note: 注意"), ("prepend-subject", "【注意】"), ("prepend-text", "【注意】\n社外から")]
            .map(|(kind, value)| Edit { place: String::new(), kind: kind.to_owned(), value: value.to_owned() });
    for (name, message) in corpus() {
        let ids = |report: &Report| {
            let mut ids: Vec<_> = report.findings.iter().map(|f| f.rule.clone()).collect();
            ids.sort();
            ids
        };
        let (before, after) = (scan(&message, ""), scan(&rewrite(&message, &edits), ""));
        assert_eq!(archives(&before), archives(&after), "{name}");
        assert_eq!(ids(&before), ids(&after), "{name}");
    }
}
