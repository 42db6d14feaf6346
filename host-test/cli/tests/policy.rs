//! `sekisho policy`: check and test.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod common;

use common::{TempDir, path, sekisho};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/policy");

#[test]
fn check_tells_file_line_and_key() {
    let dir = TempDir::new("policy-check");
    let right = dir.write("right.toml", b"profile = 'hold'\n\n[[exceptions]]\nid = 'a'\nrules = ['zip']\nsenders = ['p.example']\nexpires = 2020-01-01\nticket = 'T'\nreason = 'r'\n");
    let wrong = dir.write("wrong.toml", b"profile = 'hold'\n[rules.zip-encryptd]\naction = 'tag'\n");
    let done = sekisho(&["policy", "check", &right]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_eq!(done.out, format!("{right}: right\n{right}:7: exceptions.0.expires: expired on 2020-01-01\n"));
    let done = sekisho(&["policy", "check", &right, &wrong]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains(&format!("{wrong}:2: rules.zip-encryptd: ")), "{}", done.out);
    let lines = sekisho(&["policy", "check", "--json", &wrong, &right]).json_lines();
    assert_eq!((&lines[0]["ok"], &lines[0]["line"], &lines[1]["ok"]), (&false.into(), &2.into(), &true.into()));
    assert_eq!(sekisho(&["policy", "check", "no-such.toml", &right]).code, 2);
}

#[test]
fn the_sample_does_what_its_cases_expect() {
    let done = sekisho(&["policy", "test", SAMPLE]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.ends_with("7 as expected, 0 not\n"), "{}", done.out);
    assert_eq!(sekisho(&["policy", "test", "--engine", "native", SAMPLE]).out, done.out);
}

#[test]
fn another_policy_is_held_to_the_same_cases() {
    let dir = TempDir::new("policy-other");
    let policy = dir.write("new.toml", b"profile = 'observe'\n");
    let done = sekisho(&["policy", "test", SAMPLE, "--policy", &policy]);
    assert_eq!(done.code, 1, "{}", done.err);
    for said in
        ["FAILED  ", "action    expected reject, got deliver", "reply     expected https://upload.corp.example/"]
    {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
    let lines = sekisho(&["policy", "test", "--json", SAMPLE, "--policy", &policy]).json_lines();
    let wrong: Vec<_> = lines.iter().filter(|line| line["ok"] == false).collect();
    assert!(!wrong.is_empty() && wrong.len() < lines.len(), "honest mail passes under both");
    assert!(wrong.iter().all(|line| line["differences"][0]["got"] == "deliver"), "{wrong:?}");
}

#[test]
fn a_case_that_cannot_be_tried_is_never_a_case_that_passes() {
    let dir = TempDir::new("policy-cases");
    let mail = path("plain.eml");
    for (name, text, error) in [
        ("key.toml", "mail = 'MAIL'\n[expct]\naction = 'deliver'\n", ":2: unknown field `expct`"),
        ("action.toml", "mail = 'MAIL'\n[expect]\naction = 'refuse'\n", ":3: expect.action: no action `refuse`"),
        (
            "rule.toml",
            "mail = 'MAIL'\n[expect]\naction = 'deliver'\nnot-rules = ['zip-encryptd']\n",
            ":4: expect.not-rules.0: there is no rule `zip-encryptd`; did you mean `zip-encrypted`?",
        ),
        ("mail.toml", "[expect]\naction = 'deliver'\n", ": there is no mail "),
        (
            "context.toml",
            "mail = 'MAIL'\n[context]\nsender = 'a'\n[expect]\naction = 'deliver'\n",
            ":3: unknown field `sender`",
        ),
        ("inbound.toml", "profile = 'hold'\n", "; a policy beside cases is called policy.toml or NAME.policy.toml"),
        ("wrong.toml", "mail = 'MAIL'\npolicy = 'bad.policy.toml'\n[expect]\naction = 'deliver'\n", ":1: profile: "),
    ] {
        dir.write("bad.policy.toml", b"profile = 'nonsense'\n");
        let case = dir.write(name, text.replace("MAIL", &mail).as_bytes());
        let done = sekisho(&["policy", "test", &case]);
        assert_eq!(done.code, 2, "{name}: {}", done.out);
        assert!(done.err.contains(error), "{name}: {}", done.err);
        assert_eq!(done.err.lines().count(), 1, "{name}: {}", done.err);
    }
    let all = sekisho(&["policy", "test", "--json", dir.path()]);
    assert_eq!(all.code, 2);
    assert_eq!(all.json_lines().iter().filter(|line| line["error"].is_string()).count(), 7);
    assert_eq!(sekisho(&["policy", "test", TempDir::new("policy-none").path()]).code, 2);
}

#[test]
fn the_nearest_policy_counts() {
    let dir = TempDir::new("policy-nearest");
    let ppap = std::fs::read(path("ppap.eml")).unwrap();
    dir.write("policy.toml", b"profile = 'hold'\n");
    for (name, action) in [("a/ppap", "hold"), ("b/ppap", "deliver")] {
        dir.write(&format!("{name}.eml"), &ppap);
        dir.write(&format!("{name}.toml"), format!("[expect]\naction = '{action}'\n").as_bytes());
    }
    dir.write("b/policy.toml", b"profile = 'observe'\n");
    let done = sekisho(&["policy", "test", dir.path()]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}
