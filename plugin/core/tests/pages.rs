//! Every rule's page is manual, help text and test at once: this runs its cases.
//!
//! A case is a fenced block marked `mail` (a whole message, LF line ends) or a list item that begins with the path of a
//! file in `host-test/judge/corpus`, in backquotes. A file that is not an `.eml` is attached to an ordinary mail under its
//! own name. A fenced block marked `policy` or `context` (JSON) goes with the next case.
//!
//! A block marked with the name of a forwarding dialect, or with `json`, `xml` or `csv` to have it recognised by content, is
//! a rule document. Facts may follow the word: `owner=`, `internal=`, `partner=`, `fact=kind:key:value`.
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

use sekisho_core::wire::context_from_json;
use sekisho_core::{Context, Fact, forwarding, lint_forwarding, rules, scan_message};

/// A message to scan, and how to call it in a failure.
struct Case {
    label: String,
    message: Vec<u8>,
    policy: String,
    context: Context,
    /// It is a rule document of this dialect; empty to have it recognised.
    dialect: Option<String>,
}

fn cases(section: &str) -> Vec<Case> {
    let mut out = Vec::new();
    let (mut policy, mut context) = (String::new(), String::new());
    let mut block: Option<(&str, String)> = None;
    for line in section.lines() {
        let mut document = None;
        let (label, message) = match &mut block {
            Some((kind, _)) if line.trim_end() == "```" => {
                let kind = *kind;
                let (_, text) = block.take().unwrap();
                match kind {
                    "mail" => (text.clone(), text.into_bytes()),
                    "policy" => {
                        policy = text;
                        continue;
                    }
                    "context" => {
                        context = text;
                        continue;
                    }
                    words if is_document(words) => {
                        document = Some(words.to_owned());
                        (text.clone(), text.into_bytes())
                    }
                    _ => continue,
                }
            }
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
                continue;
            }
            None if line.starts_with("```") => {
                block = Some((line[3..].trim_end(), String::new()));
                continue;
            }
            None => {
                let Some(path) = line.strip_prefix("- `").and_then(|l| l.split('`').next()) else { continue };
                let case = corpus::case(&corpus::root(env!("CARGO_MANIFEST_DIR")), path);
                (case.path, case.message)
            }
        };
        let mut context = context_from_json(&std::mem::take(&mut context)).expect("the context is right");
        let dialect = document.map(|words| add_facts(&words, &mut context));
        out.push(Case { label, message, policy: std::mem::take(&mut policy), context, dialect });
    }
    out
}

/// Formats of rule documents that are recognised by content.
const BY_CONTENT: &[&str] = &["json", "xml", "csv"];

fn is_document(words: &str) -> bool {
    let word = words.split(' ').next().unwrap_or_default();
    BY_CONTENT.contains(&word) || forwarding::DIALECTS.iter().any(|d| d.name == word)
}

/// Adds the facts behind the fence of a rule document, and says which dialect it is in.
fn add_facts(words: &str, context: &mut Context) -> String {
    let mut words = words.split(' ');
    let dialect = words.next().unwrap_or_default();
    let mut add = |kind: &str, key: &str, value: &str| {
        context.facts.push(Fact { kind: kind.to_owned(), key: key.to_owned(), value: value.to_owned() });
    };
    for (name, value) in words.filter_map(|w| w.split_once('=')) {
        match name {
            "owner" => add("owner", "", value),
            "internal" => value.split(',').for_each(|d| add("internal-domain", d, "")),
            "partner" => value.split(',').for_each(|d| add("partner-domain", d, "")),
            "fact" => {
                let mut parts = value.splitn(3, ':');
                let mut next = || parts.next().unwrap_or_default();
                let (kind, key, value) = (next(), next(), next());
                add(kind, key, value);
            }
            other => panic!("{other}: no such fact"),
        }
    }
    if BY_CONTENT.contains(&dialect) { String::new() } else { dialect.to_owned() }
}

fn sees(rule: &str, case: &Case) -> bool {
    let report = match &case.dialect {
        Some(dialect) => lint_forwarding(&case.message, dialect, &case.context, &case.policy),
        None => scan_message(&case.message, &case.context, &case.policy),
    };
    let report = report.expect("the policy is right");
    report.findings.iter().any(|f| f.rule == rule)
}

/// The page with its cases; the core carries only what people are told.
fn whole_page(rule: &rules::Rule) -> String {
    let file = format!("src/rules/{}/{}.md", rule.family, rule.id);
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
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
    let mut wrong = Vec::new();
    for rule in rules::all() {
        let whole = whole_page(rule);
        let page = rules::page::Page::of(&whole);
        assert!(whole.starts_with(rule.page) && !rule.page.contains("## Seen"), "{}", rule.id);
        let (seen, not_seen) = (cases(page.seen), cases(page.not_seen));
        assert!(!seen.is_empty(), "{}: no case of `Seen`", rule.id);
        assert!(!not_seen.is_empty(), "{}: no case of `Not seen`", rule.id);
        for case in seen {
            if !sees(rule.id, &case) {
                wrong.push(format!("{} should see: {}", rule.id, case.label));
            }
        }
        for case in not_seen {
            if sees(rule.id, &case) {
                wrong.push(format!("{} should not see: {}", rule.id, case.label));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
