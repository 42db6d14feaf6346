//! Every rule's page is manual, help text and test at once: this runs its cases.
//!
//! A case is a fenced block marked `mail` (a whole message, LF line ends) or a list item that begins with the path of a
//! file in `host-test/judge/corpus`, in backquotes. A file that is not an `.eml` is attached to an ordinary mail under its
//! own name.
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
#[allow(dead_code, reason = "shared with the judge, which uses the rest")]
mod corpus;

use std::path::Path;

use sekisho_core::{Context, rules, scan_message};

/// A message to scan, and how to call it in a failure.
struct Case {
    label: String,
    message: Vec<u8>,
}

fn cases(section: &str) -> Vec<Case> {
    let mut out = Vec::new();
    let mut block: Option<String> = None;
    for line in section.lines() {
        match &mut block {
            Some(text) if line.trim_end() == "```" => {
                out.push(Case { label: text.clone(), message: text.clone().into_bytes() });
                block = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.trim_end() == "```mail" => block = Some(String::new()),
            None => {
                if let Some(path) = line.strip_prefix("- `").and_then(|l| l.split('`').next()) {
                    let case = corpus::case(&corpus::root(env!("CARGO_MANIFEST_DIR")), path);
                    out.push(Case { label: case.path, message: case.message });
                }
            }
        }
    }
    out
}

fn sees(rule: &str, message: &[u8]) -> bool {
    let report = scan_message(message, &Context::default(), "").expect("the default policy is right");
    report.findings.iter().any(|f| f.rule == rule)
}

#[test]
fn every_page_is_complete() {
    for rule in rules::all() {
        let page = rules::page::Page::of(rule.page);
        assert_eq!(page.title, rule.id, "the title of the page is the id");
        for (what, text) in
            [("summary", page.summary), ("why", page.why), ("ja", page.rescue_ja), ("en", page.rescue_en)]
        {
            assert!(!text.is_empty(), "{}: no {what}", rule.id);
        }
        assert!(!page.summary.contains('\n'), "{}: the summary is one line", rule.id);
    }
}

#[test]
fn every_page_shows_what_is_seen_and_what_is_not() {
    for rule in rules::all() {
        let page = rules::page::Page::of(rule.page);
        let (seen, not_seen) = (cases(page.seen), cases(page.not_seen));
        assert!(!seen.is_empty(), "{}: no case of `Seen`", rule.id);
        assert!(!not_seen.is_empty(), "{}: no case of `Not seen`", rule.id);
        for case in seen {
            assert!(sees(rule.id, &case.message), "{} should see: {}", rule.id, case.label);
        }
        for case in not_seen {
            assert!(!sees(rule.id, &case.message), "{} should not see: {}", rule.id, case.label);
        }
    }
}

#[test]
fn ids_are_unique_and_kebab_case() {
    let mut ids: Vec<_> = rules::all().map(|r| r.id).collect();
    assert!(ids.iter().all(|id| id.split('-').all(|w| w.starts_with(|c: char| c.is_ascii_lowercase()))), "{ids:?}");
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(all, ids.len());
}

/// A rule that lies in a folder but is not in its family's slice would never run.
#[test]
fn every_page_belongs_to_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    for family in std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for page in std::fs::read_dir(&family).unwrap().map(|e| e.unwrap().path()) {
            if page.extension().is_some_and(|e| e == "md") {
                let id = page.file_stem().unwrap().to_str().unwrap();
                let rule = rules::find(id).unwrap_or_else(|| panic!("{id}: its rule is not in RULES"));
                assert_eq!(Some(rule.family), family.file_name().and_then(|n| n.to_str()), "{id}: wrong folder");
            }
        }
    }
}
