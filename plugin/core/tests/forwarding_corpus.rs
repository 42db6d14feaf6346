//! Rule documents of every dialect, made by hand from the specifications, and what is found in them. `expected.tsv` lies
//! beside them; `UPDATE=1` writes it anew, and the difference is to be read before it is committed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise, and read files"
)]

#[path = "../../../host-test/judge/src/golden.rs"]
#[allow(dead_code, reason = "shared with the judge, which uses the rest")]
mod golden;

use std::path::{Path, PathBuf};

use sekisho_core::budget::{Budget, Limits};
use sekisho_core::forwarding::model::ProblemKind;
use sekisho_core::forwarding::{DIALECTS, read};
use sekisho_core::{Context, Fact, lint_forwarding};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host-test/judge/corpus/forwarding")
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_none_or(|e| e != "tsv") {
            out.push(path);
        }
    }
    out.sort();
}

fn context() -> Context {
    let fact = |kind: &str, key: &str, value: &str| Fact { kind: kind.into(), key: key.into(), value: value.into() };
    Context {
        facts: vec![fact("owner", "", "sato@corp.example"), fact("internal-domain", "corp.example", "")],
        ..Context::default()
    }
}

/// Path, dialect, state, findings with their places.
fn line(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let report = lint_forwarding(&bytes, "", &context(), "").unwrap();
    let findings: Vec<String> = report
        .findings
        .iter()
        .filter(|f| f.rule != "policy-matched")
        .map(|f| format!("{} {} {}", f.severity.as_str(), f.rule, f.place))
        .collect();
    let below = path.strip_prefix(root()).unwrap().display().to_string();
    format!("{below}\t{}\t{}\t{}", report.parts[0].format, report.inspection.as_str(), findings.join(" | "))
}

#[test]
fn every_document_is_judged_as_expected() {
    let mut paths = Vec::new();
    files(&root(), &mut paths);
    let now: Vec<String> = paths.iter().map(|p| line(p)).collect();
    golden::compare(&root().join("expected.tsv"), &(now.join("\n") + "\n"));
}

/// The folder of a document is the dialect it is written in, and it is recognised without being told.
#[test]
fn every_dialect_is_recognised_by_content() {
    let mut paths = Vec::new();
    files(&root(), &mut paths);
    let mut seen = std::collections::BTreeSet::new();
    for path in paths {
        let text = std::fs::read(&path).unwrap();
        let set = read(&text, None, &mut Budget::new(Limits::default(), text.len()));
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let switched = folder == "forward" && ["exim", "sieve"].contains(&set.dialect);
        assert!(set.dialect == folder || switched, "{}: read as {:?}", path.display(), set.dialect);
        seen.insert(set.dialect);
    }
    for dialect in DIALECTS {
        assert!(seen.contains(dialect.name), "{}: no document in the corpus", dialect.name);
    }
}

/// `sievec` of Dovecot was asked once; this runs without it.
#[test]
fn scripts_compile_where_sievec_says_so() {
    let table = std::fs::read_to_string(root().join("sieve-verdicts.tsv")).unwrap();
    let fatal = [ProblemKind::Require, ProblemKind::Arity, ProblemKind::Unreadable, ProblemKind::Limit];
    let mut wrong = Vec::new();
    for line in table.lines().filter(|l| !l.starts_with('#')) {
        let (verdict, script) = line.split_once('\t').unwrap();
        let script: String = serde_json::from_str(script).unwrap();
        let set = read(script.as_bytes(), Some("sieve"), &mut Budget::new(Limits::default(), script.len()));
        let compiles = !set.problems.iter().any(|p| fatal.contains(&p.kind));
        if compiles != (verdict == "ok") {
            wrong.push(format!("{verdict}: {script:?} {:?}", set.problems));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A Sieve script, a Gmail export and an Exchange rule that copy everything to a free mailbox give the same findings.
#[test]
fn one_theft_is_one_verdict_in_every_dialect() {
    let gmail = "<feed xmlns:apps='http://schemas.google.com/apps/2006'><entry><apps:property name='hasTheWord' \
                 value='in:anywhere'/><apps:property name='forwardTo' value='taro@gmail.com'/></entry></feed>";
    let exchange = r#"{"Name":"Home copy","Enabled":true,"RedirectTo":["\"T\" [SMTP:taro@gmail.com]"],"StopProcessingRules":false}"#;
    for document in ["require \"copy\";\nredirect :copy \"taro@gmail.com\";\n", gmail, exchange] {
        let report = lint_forwarding(document.as_bytes(), "", &context(), "").unwrap();
        let rules: Vec<&str> =
            report.findings.iter().map(|f| f.rule.as_str()).filter(|r| *r != "policy-matched").collect();
        assert_eq!(rules, ["forward-external-all", "forward-silent", "forward-freemail"], "{document}");
        assert!(report.findings.iter().all(|f| f.place.contains(':')));
    }
}
