//! The tool as scripts and people use it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests stop at the first surprise"
)]

mod common;

use common::{MAILS, Outcome, TempDir, path, sekisho, sekisho_with_input};
use serde_json::Value;

#[test]
fn the_exit_status_tells_scripts_what_happened() {
    assert_eq!(sekisho(&["scan", &path("plain.eml")]).code, 0);
    assert_eq!(sekisho(&["scan", &path("ppap.eml")]).code, 1);
    assert_eq!(sekisho(&["scan", &path("plain.eml"), &path("ppap.eml")]).code, 1);
    assert_eq!(sekisho(&["scan"]).code, 2);
    assert_eq!(sekisho(&["scan", "--no-such-option", &path("plain.eml")]).code, 2);
    assert_eq!(sekisho(&["--help"]).code, 0);
}

#[test]
fn a_file_that_cannot_be_read_is_told_counted_and_passed_over() {
    let done = sekisho(&["scan", "no-such-file.eml", &path("plain.eml")]);
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with("sekisho: no-such-file.eml: "), "{}", done.err);
    assert!(done.out.contains("plain.eml"), "{}", done.out);
    assert!(done.out.contains("1 messages: 1 deliver; 1 could not be read"), "{}", done.out);
}

#[test]
fn quiet_says_nothing() {
    let done = sekisho(&["scan", "--quiet", &path("ppap.eml")]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (1, "", ""));
}

#[test]
fn json_is_one_object_a_line_in_the_words_of_wit() {
    let done = sekisho(&["scan", "--json", &path("plain.eml"), &path("ppap.eml")]);
    let lines = done.json_lines();
    assert_eq!(lines.len(), 2);
    let keys: Vec<_> = lines[1].as_object().unwrap().keys().map(String::as_str).collect();
    let mut wanted =
        ["path", "action", "risk", "inspection", "findings", "parts", "edits", "reply", "remember"].to_vec();
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
    assert_eq!(lines[0]["action"], "deliver");
    assert_eq!(lines[0]["reply"], Value::Null);
    assert_eq!(lines[1]["path"], path("ppap.eml").as_str());
    assert_eq!(lines[1]["action"], "reject");
    assert_eq!(lines[1]["reply"]["code"], 550);
    let finding = lines[1]["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "zip-encrypted").unwrap();
    assert_eq!(finding["place"], "2/お見積書.zip");
    assert!(finding["evidence"].as_array().unwrap().iter().all(|pair| pair.as_array().unwrap().len() == 2));
    let parts = lines[1]["parts"].as_array().unwrap();
    assert!(parts.iter().any(|p| p["name"] == "契約書案.pdf" && p["media-type"] == ""), "{parts:?}");
}

#[test]
fn both_engines_say_the_same() {
    for (mail, _) in common::examples() {
        let mut sandbox = sekisho(&["scan", "--json", &path(&mail)]).json_lines();
        let mut native = sekisho(&["scan", "--json", "--engine", "native", &path(&mail)]).json_lines();
        assert_eq!(sandbox.pop(), native.pop(), "{mail}");
    }
    assert_eq!(sekisho(&["rules", "--json"]).out, sekisho(&["rules", "--json", "--engine", "native"]).out);
}

#[test]
fn standard_input_is_a_dash() {
    let mail = std::fs::read(path("ppap.eml")).unwrap();
    let done = sekisho_with_input(&["scan", "--json", "-"], &mail);
    assert_eq!(done.code, 1);
    assert_eq!(done.json_lines()[0]["path"], "-");
}

#[test]
fn mailboxes_and_directories_are_taken_apart_in_order() {
    let dir = TempDir::new("mailboxes");
    let (plain, ppap) = (std::fs::read(path("plain.eml")).unwrap(), std::fs::read(path("ppap.eml")).unwrap());
    let from = b"From a@sender.example Tue Nov 24 09:00:00 2026\r\n";
    dir.write("b/archive.mbox", &[from, &ppap[..], b"\r\n", from, &plain[..]].concat());
    dir.write("a.eml", &plain);
    dir.write("c/cur/1:2,S", &ppap);
    dir.write("c/new/2", &plain);
    dir.write("c/tmp/3", &ppap);
    dir.write("README.md", b"no: mail\n");
    dir.write("d/1", b"Subject: like MH\n\ntext\n");
    dir.write("d/notes", b"no mail\n");
    let done = sekisho(&["scan", "--json", "--jobs", "3", dir.path()]);
    let seen: Vec<_> = done
        .json_lines()
        .iter()
        .map(|line| (dir.below(line["path"].as_str().unwrap()), line["action"].as_str().unwrap().to_owned()))
        .collect();
    let wanted = [
        ("a.eml", "deliver"),
        ("b/archive.mbox#1", "reject"),
        ("b/archive.mbox#2", "deliver"),
        ("c/cur/1:2,S", "reject"),
        ("c/new/2", "deliver"),
        ("d/1", "deliver"),
    ];
    assert_eq!(seen, wanted.map(|(path, action)| (path.to_owned(), action.to_owned())));
}

#[test]
fn a_directory_without_mail_is_wrong_use() {
    let dir = TempDir::new("empty");
    dir.write("README.md", b"nothing\n");
    let done = sekisho(&["scan", dir.path()]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("no mail among 1 files"), "{}", done.err);
}

#[test]
fn the_human_report_fits_80_columns_and_has_everything() {
    let done = sekisho(&["scan", &path("ppap.eml")]);
    assert!(!done.out.contains('\u{1b}'), "colour without a terminal");
    for line in done.out.lines().skip(1) {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
    for words in [
        "REJECT · risk",
        "· names-only",
        "zip-encrypted",
        "2/お見積書.zip",
        "members   お見積書.xlsx  契約書案.pdf  仕様.docx",
        "  why       ",
        "  way out   ",
        "日本語: ",
        "  decided   profile reject, zip-encrypted → reject",
        "  reply     550 5.7.1 ",
    ] {
        assert!(done.out.contains(words), "{words:?} is not in\n{}", done.out);
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    let mail = path("ppap.eml");
    assert!(sekisho(&["scan", "--color", "always", &mail]).out.contains("\u{1b}["));
    assert!(!sekisho(&["scan", "--color", "never", &mail]).out.contains('\u{1b}'));
    let forced = Outcome::of(common::command(&["scan", &mail]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.out.contains("\u{1b}["));
}

#[test]
fn a_file_name_cannot_give_orders_to_the_terminal() {
    let dir = TempDir::new("names");
    dir.write("\u{1b}]0;title\u{7}.eml", b"Subject: x\n\ny\n");
    let done = sekisho(&["scan", dir.path()]);
    assert!(!done.out.contains('\u{1b}') && done.out.contains("\\u{1b}]0;title"), "{}", done.out);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = common::command(&["scan", "--json", MAILS]).spawn().unwrap();
    drop(child.stdout.take());
    let done = Outcome::from(child.wait_with_output().unwrap());
    assert_eq!(done.err, "");
    assert_ne!(done.code, 101, "a panic");
}

#[test]
fn sarif_names_rules_files_and_places() {
    let done = sekisho(&["scan", "--sarif", &path("ppap.eml"), "no-such-file.eml"]);
    let log: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    let result = results.iter().find(|r| r["ruleId"] == "zip-encrypted").unwrap();
    assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"], "zip-encrypted");
    let location = &result["locations"][0];
    assert!(location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().ends_with("mail/ppap.eml"));
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "2/お見積書.zip");
    assert!(["note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
}

#[test]
fn the_examples_are_what_their_readme_says() {
    let examples = common::examples();
    assert!(examples.len() >= 6, "the table of the README is missing");
    for (mail, said) in examples {
        let report = sekisho(&["scan", "--json", "--engine", "native", &path(&mail)]).json_lines().remove(0);
        assert_eq!(report["action"], said.action.as_str(), "{mail}");
        let rules: Vec<_> =
            report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
        for rule in said.rules {
            assert!(rules.contains(&rule.as_str()), "{mail}: {rule} is not among {rules:?}");
        }
    }
}
