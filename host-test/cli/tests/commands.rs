//! The other commands: rewrite, rules, explain, schema, completions, component, bench; and policy files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

mod common;

use common::{TempDir, path, sekisho, sekisho_with_input};

#[test]
fn errors_of_a_policy_have_file_line_and_key() {
    let dir = TempDir::new("policies");
    let mail = path("plain.eml");
    for (name, text, error) in [
        ("key.toml", "profile = 'hold'\n\n[rules.zip-encryptd]\naction = 'tag'\n", ":3: rules.zip-encryptd: "),
        ("value.toml", "# what happens\nprofile = 'stop'\n", ":2: profile: "),
        ("value.json", "{\n  \"profile\":\n    \"stop\"\n}\n", ":3: profile: "),
        (
            "deep.toml",
            "[[exceptions]]\nid = 'a'\nrules = ['zip']\nsenders = ['not a domain']\n",
            ":4: exceptions.0.senders.0: ",
        ),
        ("syntax.toml", "profile = 'hold'\nrules = [\n", ":"),
        ("syntax.json", "{\n  \"profile\" \"hold\"\n}\n", ":2: "),
    ] {
        let policy = dir.write(name, text.as_bytes());
        let done = sekisho(&["scan", "--policy", &policy, &mail]);
        assert_eq!(done.code, 2, "{name}");
        assert!(done.err.starts_with(&format!("sekisho: {policy}{error}")), "{name}: {}", done.err);
        assert_eq!(done.err.lines().count(), 1, "{name}: {}", done.err);
    }
    let other = dir.write("policy.yaml", b"profile: hold\n");
    assert!(sekisho(&["scan", "--policy", &other, &mail]).err.contains("neither a .toml nor a .json file"));
}

#[test]
fn a_policy_decides_and_a_context_makes_exceptions_apply() {
    let dir = TempDir::new("exceptions");
    let mail = path("ppap.eml");
    let policy = dir.write(
        "policy.toml",
        b"profile = 'hold'\n\n[[exceptions]]\nid = 'sato'\nrules = ['zip-encrypted']\nsenders = ['sender.example']\n\
          expires = 2199-12-31 # a date, not a string\nticket = 'SEC-12'\n",
    );
    let held = sekisho(&["scan", "--json", "--policy", &policy, &mail]).json_lines().remove(0);
    assert_eq!(held["action"], "hold");
    let context = dir.write(
        "context.toml",
        b"direction = 'inbound'\n[[facts]]\nkind = 'authenticated-domain'\nkey = 'sender.example'\nvalue = 'dmarc'\n",
    );
    let done = sekisho(&["scan", "--policy", &policy, "--context", &context, &mail]);
    assert!(done.out.contains("zip-encrypted by sato (ticket SEC-12) (until 2199-12-31)"), "{}", done.out);
    assert_eq!(done.code, 0, "{}", done.out);
    let wrong = dir.write("wrong.json", b"{\n  \"direction\": \"inbound\",\n  \"sender\": \"x\"\n}\n");
    let done = sekisho(&["scan", "--context", &wrong, &mail]);
    assert!(done.err.starts_with(&format!("sekisho: {wrong}:3: sender: ")), "{}", done.err);
}

#[test]
fn rewrite_carries_out_what_the_policy_proposes() {
    let dir = TempDir::new("rewrite");
    let policy = dir.write("strip.toml", b"profile = 'strip'\n");
    let out = format!("{}/out.eml", dir.path());
    let done = sekisho(&["rewrite", &path("ppap.eml"), "--policy", &policy, "-o", &out]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let report = sekisho(&["scan", "--json", &out]).json_lines().remove(0);
    assert_eq!(report["action"], "deliver", "{report}");
    assert!(std::fs::read_to_string(&out).unwrap().contains("X-Sekisho-Action: strip"));
}

#[test]
fn rewrite_writes_nothing_when_the_mail_is_stopped() {
    let done = sekisho(&["rewrite", &path("ppap.eml")]);
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert!(done.err.contains("the policy says reject"), "{}", done.err);
}

#[test]
fn rewrite_takes_edits_from_a_report_and_from_the_command_line() {
    let dir = TempDir::new("edits");
    let (mail, policy) = (path("ppap.eml"), dir.write("tag.toml", b"profile = 'tag'\n"));
    let report = sekisho(&["scan", "--json", "--policy", &policy, &mail]).out;
    let by_report = sekisho_with_input(&["rewrite", &mail, "--edits", "-"], report.as_bytes());
    assert_eq!(by_report.code, 0, "{}", by_report.err);
    assert_eq!(by_report.out, sekisho(&["rewrite", &mail, "--policy", &policy]).out);
    let by_hand = sekisho(&["rewrite", &mail, "--engine", "native", "--edit", "add-header::X-Seen: yes"]);
    let original = std::fs::read_to_string(&mail).unwrap();
    assert!(by_hand.out.contains("X-Seen: yes\r\n"));
    assert_eq!(by_hand.out.replace("X-Seen: yes\r\n", ""), original);
    assert_eq!(sekisho_with_input(&["rewrite", "-", "--edits", "-"], b"").code, 2);
}

#[test]
fn rules_are_listed_and_explained() {
    let listed = sekisho(&["rules"]).out;
    assert!(listed.contains("zip-encrypted"), "{listed}");
    let page = sekisho(&["explain", "zip-encrypted"]).out;
    assert!(page.starts_with("# zip-encrypted\n") && page.contains("## Rescue"), "{page}");
    let done = sekisho(&["explain", "zip-encryptd"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("did you mean `zip-encrypted`?"), "{}", done.err);
}

#[test]
fn schema_completions_and_component_are_written() {
    let schema: serde_json::Value = serde_json::from_str(&sekisho(&["schema"]).out).unwrap();
    assert!(schema["properties"]["profile"].is_object());
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(sekisho(&["completions", shell]).out.contains("sekisho"), "{shell}");
    }
    let dir = TempDir::new("component");
    let file = format!("{}/sekisho.wasm", dir.path());
    assert_eq!(sekisho(&["component", "-o", &file]).code, 0);
    assert_eq!(std::fs::read(&file).unwrap(), sekisho_host::COMPONENT);
}

#[test]
fn bench_ends_with_the_sum_of_all_messages() {
    let done = sekisho(&["bench", "--json", "--seconds", "0.01", &path("plain.eml"), &path("ppap.eml")]);
    assert_eq!(done.code, 0, "{}", done.err);
    let lines = done.json_lines();
    assert_eq!(lines.len(), 3);
    let last = lines.last().unwrap();
    for engine in ["native", "sandbox"] {
        for number in ["p50", "p95", "p99", "mb-per-s"] {
            assert!(last[engine][number].as_f64().unwrap() > 0.0, "{last}");
        }
    }
    let ratio = last["sandbox"]["p50"].as_f64().unwrap() / last["native"]["p50"].as_f64().unwrap();
    assert!((last["ratio"].as_f64().unwrap() - ratio).abs() < 1e-9);
}
