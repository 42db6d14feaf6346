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

/// What is found in a document without being told its dialect, with the places.
fn found(document: &str) -> Vec<(String, String)> {
    let report = lint_forwarding(document.as_bytes(), "", &context(), "").unwrap();
    report.findings.into_iter().filter(|f| f.rule != "policy-matched").map(|f| (f.rule, f.place)).collect()
}

const THEFT: [&str; 3] = ["forward-external-all", "forward-silent", "forward-freemail"];

/// A Sieve script, a Gmail export and an Exchange rule that copy everything to a free mailbox give the same findings, each
/// at its place; so does every other dialect that can say it.
#[test]
fn one_theft_is_one_verdict_in_every_dialect() {
    for (document, place) in [
        ("require \"copy\";\nredirect :copy \"taro@gmail.com\";\n", "2:1"),
        (
            "<feed xmlns:apps='http://schemas.google.com/apps/2006'>\n<entry><category term='filter'/>\n\
             <apps:property name='hasTheWord' value='in:anywhere'/>\n\
             <apps:property name='forwardTo' value='taro@gmail.com'/></entry></feed>",
            "4:1",
        ),
        (
            "[\n{\"Name\":\"Home copy\",\"Enabled\":true,\"RedirectTo\":[\"\\\"T\\\" [SMTP:taro@gmail.com]\"],\
             \"StopProcessingRules\":false}\n]",
            "2:1",
        ),
        ("\"Name\",\"Enabled\",\"RedirectTo\"\r\n\"Home copy\",\"True\",\"taro@gmail.com\"\r\n", "2:1"),
        ("Name       : Home copy\nEnabled    : True\nRedirectTo : {\"T\" [SMTP:taro@gmail.com]}\n", "1:1"),
        (
            "[{\"PrimarySmtpAddress\":\"sato@corp.example\",\"ForwardingSmtpAddress\":\"smtp:taro@gmail.com\",\
             \"DeliverToMailboxAndForward\":true}]",
            "1:2",
        ),
        (
            "{\"displayName\":\"Home copy\",\"isEnabled\":true,\"sequence\":1,\
             \"actions\":{\"redirectTo\":[{\"emailAddress\":{\"address\":\"taro@gmail.com\"}}]}}",
            "1:83",
        ),
        ("{\"filter\":[{\"criteria\":{},\"action\":{\"forward\":\"taro@gmail.com\"}}]}", "1:47"),
        (
            "{\"Operation\":\"New-InboxRule\",\"UserId\":\"sato@corp.example\",\"Parameters\":[\
             {\"Name\":\"Name\",\"Value\":\"Home copy\"},{\"Name\":\"RedirectTo\",\"Value\":\"taro@gmail.com\"}]}",
            "1:1",
        ),
        (
            "version=\"9\"\nname=\"Home copy\"\nenabled=\"yes\"\ntype=\"17\"\naction=\"Forward\"\n\
             actionValue=\"taro@gmail.com\"\ncondition=\"ALL\"\n",
            "5:1",
        ),
        ("# Exim filter\nunseen deliver taro@gmail.com\n", "2:16"),
        (":0 c\n! taro@gmail.com\n", "2:1"),
        ("cc \"! taro@gmail.com\"\n", "1:1"),
        ("\\sato, taro@gmail.com\n", "1:8"),
        ("./Maildir/\n&taro@gmail.com\n", "2:1"),
        ("sato: \\sato, taro@gmail.com\n", "1:14"),
        ("sato@corp.example: sato@corp.example,taro@gmail.com\n", "1:38"),
        ("sato@corp.example  sato@corp.example, taro@gmail.com\n", "1:39"),
        ("mail: sato@corp.example\nzimbraPrefMailForwardingAddress: taro@gmail.com\n", "2:34"),
    ] {
        let want: Vec<_> = THEFT.iter().map(|rule| ((*rule).to_owned(), place.to_owned())).collect();
        assert_eq!(found(document), want, "{document}");
    }
}

/// A rule that has nothing to do with the others takes no finding away, whichever dialect it stands in.
#[test]
fn an_unrelated_rule_takes_no_finding_away_in_any_dialect() {
    for (document, unrelated) in [
        (":0 c\n! taro@gmail.com\n", ":0\n* ^X-Unrelated: y\nUnrelated/\n"),
        ("cc \"! taro@gmail.com\"\n", "if (/^X-Unrelated: y/)\n{\n  to \"Unrelated/\"\n}\n"),
        (
            "# Exim filter\nunseen deliver taro@gmail.com\n",
            "if $h_x-unrelated: is \"y\" then save $home/Unrelated/ endif\n",
        ),
        ("sato: \\sato, taro@gmail.com\n", "unrelated: suzuki\n"),
        ("sato@corp.example: sato@corp.example,taro@gmail.com\n", "unrelated@corp.example: suzuki@corp.example\n"),
        ("sato@corp.example taro@gmail.com\n", "unrelated@corp.example suzuki@corp.example\n"),
        (
            "\"Name\",\"Enabled\",\"RedirectTo\",\"MoveToFolder\"\n\"a\",\"True\",\"taro@gmail.com\",\"\"\n",
            "\"Unrelated\",\"True\",\"\",\"Work\"\n",
        ),
        (
            "{\"displayName\":\".\",\"sequence\":1,\"actions\":{\"redirectTo\":[{\"emailAddress\":{\"address\":\"taro@gmail.com\"}}]}}\n",
            "{\"displayName\":\"Unrelated\",\"sequence\":2,\"conditions\":{\"subjectContains\":[\"y\"]},\"actions\":{\"markImportance\":\"low\"}}\n",
        ),
        (
            "{\"criteria\":{},\"action\":{\"forward\":\"taro@gmail.com\"}}\n",
            "{\"criteria\":{\"subject\":\"y\"},\"action\":{\"addLabelIds\":[\"Label_1\"]}}\n",
        ),
        (
            "version=\"9\"\nname=\"Home copy\"\nenabled=\"yes\"\ntype=\"17\"\naction=\"Forward\"\nactionValue=\"taro@gmail.com\"\ncondition=\"ALL\"\n",
            "name=\"Unrelated\"\nenabled=\"yes\"\ntype=\"17\"\naction=\"Mark flagged\"\ncondition=\"AND (subject,is,y)\"\n",
        ),
    ] {
        let (before, after) = (found(document), found(&format!("{document}{unrelated}")));
        assert!(before.len() > 1 && before.iter().all(|f| after.contains(f)), "{document}: {before:?} {after:?}");
    }
}

/// What is no rule document is taken for none, and an empty answer of an interface is nothing to complain of.
#[test]
fn other_documents_are_not_taken_for_rules() {
    for other in [
        "{\"a\":1}",
        "id,name\n1,x\n2,y\n",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>Blog</title></entry></feed>",
        "Dear Sato,\nplease find the report.\n",
        "From: a@x.example\nTo: b@y.example\nSubject: hi\n\nbody\n",
        "[section]\nkey=value\n",
        "<html><body>x</body></html>",
        "import os\nprint(\"x\")\n",
        "# Title\n\nSome text: here\n",
        "int main(void) { if (x) return 1; }\n",
    ] {
        assert_eq!(found(other), [("rule-unreadable".to_owned(), "1:1".to_owned())], "{other}");
    }
    for empty in ["", "[]", "{}", "{\"value\": []}", "{\"filter\":[]}\n", "# nothing yet\n"] {
        assert_eq!(found(empty), [], "{empty}");
    }
}

/// Only the name of a file tells that a table copies instead of redirecting.
#[test]
fn the_name_of_a_file_tells_what_it_is_for() {
    let table = "sato@corp.example taro@gmail.com\n";
    let rules = |name: &str| {
        let report = lint_forwarding(table.as_bytes(), name, &context(), "").unwrap();
        report.findings.into_iter().map(|f| f.rule).filter(|r| r != "policy-matched").collect::<Vec<_>>()
    };
    assert_eq!(rules("/etc/postfix/virtual"), ["forward-external", "forward-freemail"]);
    assert_eq!(rules("/etc/postfix/recipient_bcc"), THEFT);
}

/// A long comment at the head hides nothing of what follows.
#[test]
fn long_heads_do_not_hide_the_dialect() {
    let head = "# What this does, and who may change it.\n".repeat(300);
    for (document, dialect) in [
        ("redirect \"taro@gmail.com\";\n", "sieve"),
        ("/* long */ if true { discard; }\n", "sieve"),
        (":0 c\n! taro@gmail.com\n", "procmail"),
        ("sato: taro@gmail.com\n", "aliases"),
        ("cc \"! taro@gmail.com\"\n", "maildrop"),
    ] {
        let text = format!("{head}{document}");
        let set = read(text.as_bytes(), None, &mut Budget::new(Limits::default(), text.len()));
        assert_eq!(set.dialect, dialect, "{document}");
    }
}

#[test]
fn rules_beyond_those_remembered_are_not_told_as_new() {
    let mut script = "require \"fileinto\";\n".to_owned();
    for n in 0..1200 {
        script.push_str(&format!("if header :is \"x-list\" \"{n}\" {{ fileinto \"Lists/{n}\"; }}\n"));
    }
    let changes = |script: &str, context: &Context| {
        let report = lint_forwarding(script.as_bytes(), "sieve", context, "").unwrap();
        let told = report.remember.iter().filter(|f| f.kind == "forwarding-change").count();
        (told, Context { facts: report.remember, ..Context::default() })
    };
    let (_, earlier) = changes(&script, &Context::default());
    let remembered = earlier.facts.iter().filter(|f| f.kind == "forwarding-rule").count();
    assert_eq!(remembered, 1000);
    assert_eq!(changes(&script, &earlier).0, 0, "nothing changed");
    let other = script.replacen("Lists/7\"", "Lists/other\"", 1);
    assert!(changes(&other, &earlier).0 > 0, "one rule changed");
}
