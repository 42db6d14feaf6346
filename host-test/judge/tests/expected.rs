//! The corpus by folder: what every file must give. `expected.tsv` in each family holds the path, the action and the
//! inspection state under the default policy, and the ids of the findings; a difference is either a bug or a decision.

use std::collections::BTreeMap;

use sekisho_core::{Context, Report, scan_message};
use sekisho_judge::{corpus, golden};

fn line(path: &str, report: &Report) -> String {
    let mut ids: Vec<_> = report.findings.iter().map(|f| f.rule.as_str()).filter(|r| *r != "policy-matched").collect();
    ids.sort_unstable();
    ids.dedup();
    format!("{path}\t{}\t{}\t{}\n", report.action.as_str(), report.inspection.as_str(), ids.join(" "))
}

#[test]
fn the_corpus_gives_what_is_written_down() {
    let root = corpus::root(env!("CARGO_MANIFEST_DIR"));
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    for case in corpus::all(&root) {
        let (family, name) = case.path.split_once('/').expect("corpus files lie in a family folder");
        let report = scan_message(&case.message, &Context::default(), "").expect("the default policy is right");
        families.entry(family.to_owned()).or_default().push_str(&line(name, &report));
    }
    for (family, lines) in families {
        golden::compare(&root.join(family).join("expected.tsv"), &lines);
    }
}

#[test]
fn the_rulebook_is_up_to_date() {
    golden::compare(&golden::repository("RULES.md"), &sekisho_judge::rulebook::rulebook(&sekisho_core::rules()));
}
