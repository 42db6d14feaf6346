//! What holds for every rule document: any bytes are read in bounded time, the same way each time; a script printed anew
//! means the same; a rule that has nothing to do with the others takes no finding away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests stop at the first surprise, and look at the clock"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::forwarding::diff::{diff, model_hash};
use sekisho_core::forwarding::{DIALECTS, ForwardingPolicy, Known, RuleSet, read, sieve};
use sekisho_core::{Context, Fact, lint_forwarding, wire};

/// Words all dialects are made of.
const WORDS: &[&str] = &[
    "if",
    "elsif",
    "else",
    "require",
    "[",
    "]",
    "\"copy\"",
    "\"variables\"",
    "redirect",
    ":copy",
    "\"x@outside.example\"",
    ";",
    "{",
    "}",
    "(",
    ")",
    "anyof",
    "not",
    "true",
    "false",
    "header",
    ":contains",
    "\"subject\"",
    "\"請求\"",
    "set",
    "\"a\"",
    "\"${a}\"",
    "include",
    "fileinto",
    "text:\n",
    "\n.\n",
    "# rule:[x]\n",
    "/*",
    "*/",
    ":0 c\n",
    "* ^Subject:.*x\n",
    "! x@outside.example\n",
    "| cat\n",
    "}\n",
    "\n",
    "x: y, \\x\n",
    "@corp.example z@outside.example\n",
    "./Maildir/\n",
    "&x@outside.example\n",
    "# Exim filter\n",
    "deliver",
    "unseen",
    "then",
    "endif",
    "contains",
    "$h_from:",
    "{\"criteria\":",
    "{\"from\":\"x\"}",
    ",\"action\":",
    "{\"forward\":\"x@outside.example\"}",
    "}",
    "\"actions\":",
    "\"sequence\":1",
    "name=\"x\"\n",
    "action=\"Forward\"\n",
    "condition=\"AND (subject,contains,x)\"\n",
    "version=\"9\"\n",
    "zimbraMailForwardingAddress: x@outside.example\n",
    "Name,ForwardTo\n",
    "a,\"x@outside.example\"\n",
    "<feed>",
    "<entry>",
    "<apps:property name='from' value='x'/>",
    "</entry>",
    "\u{202E}",
    "\0",
    "\r\n",
    "to \"! x@outside.example\"\n",
    "if (/^Subject:.*x/)\n",
    "\"Operation\":\"New-InboxRule\"",
    "\"Parameters\":[{\"Name\":\"ForwardTo\",\"Value\":\"x@y\"}]",
];

fn soup() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..600),
        proptest::collection::vec(proptest::sample::select(WORDS), 0..60).prop_map(|w| w.join(" ").into_bytes()),
        proptest::collection::vec(proptest::sample::select(WORDS), 0..60).prop_map(|w| w.concat().into_bytes()),
    ]
}

/// One honest or dishonest rule.
fn rule() -> impl Strategy<Value = String> {
    let test = proptest::sample::select(vec![
        "true",
        "header :contains \"subject\" \"invoice\"",
        "not exists \"list-id\"",
        "size :over 0",
        "address :is \"from\" \"a@corp.example\"",
        "anyof (header :contains \"subject\" \"password\", false)",
        "header :matches \"to\" \"*\"",
    ]);
    let action = proptest::sample::select(vec![
        "redirect :copy \"x@outside.example\";",
        "redirect \"y@gmail.com\";",
        "discard;",
        "fileinto \"RSS Feeds\";",
        "keep;",
        "fileinto \"Work\";",
        "addflag \"\\\\Seen\"; fileinto \"Old\";",
        "redirect \"a%b@corp.example\";",
        "set \"v\" \"z@outside.example\"; redirect :copy \"${v}\";",
    ]);
    (test, proptest::collection::vec(action, 1..3)).prop_map(|(t, a)| format!("if {t} {{ {} }}\n", a.join(" ")))
}

fn script(rules: &[String]) -> String {
    format!("require [\"copy\", \"fileinto\", \"imap4flags\", \"variables\"];\n{}", rules.concat())
}

fn of(document: &[u8], dialect: Option<&str>) -> RuleSet {
    read(document, dialect, &mut Budget::new(Limits::default(), document.len()))
}

fn context() -> Context {
    let fact = |kind: &str, key: &str, value: &str| Fact { kind: kind.into(), key: key.into(), value: value.into() };
    Context {
        facts: vec![fact("owner", "", "sato@corp.example"), fact("internal-domain", "corp.example", "")],
        ..Context::default()
    }
}

fn findings(document: &str) -> BTreeSet<(String, String)> {
    let report = lint_forwarding(document.as_bytes(), "sieve", &context(), "").unwrap();
    report.findings.into_iter().map(|f| (f.rule, f.place)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_in_every_dialect(bytes in soup()) {
        for dialect in DIALECTS {
            let set = of(&bytes, Some(dialect.name));
            prop_assert!(set.rules.len() <= bytes.len() + 1);
            let context = Context::default();
            let known = Known::new(&ForwardingPolicy::default(), &context, &set);
            prop_assert!(diff(&set, &set, &known).is_empty());
        }
    }

    #[test]
    fn the_lint_is_deterministic(bytes in soup()) {
        let once = lint_forwarding(&bytes, "", &context(), "").unwrap();
        let twice = lint_forwarding(&bytes, "", &context(), "").unwrap();
        prop_assert_eq!(wire::report_to_json(&once), wire::report_to_json(&twice));
    }

    #[test]
    fn what_is_printed_anew_means_the_same(rules in proptest::collection::vec(rule(), 1..6)) {
        let text = script(&rules);
        let printed = sieve::reprint(&text);
        prop_assert_eq!(&sieve::reprint(&printed), &printed);
        prop_assert_eq!(model_hash(&of(text.as_bytes(), Some("sieve"))), model_hash(&of(printed.as_bytes(), Some("sieve"))));
    }

    #[test]
    fn printing_settles(bytes in soup()) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let printed = sieve::reprint(&text);
        prop_assert_eq!(sieve::reprint(&printed), printed);
    }

    #[test]
    fn an_unrelated_rule_takes_no_finding_away(rules in proptest::collection::vec(rule(), 1..6)) {
        let text = script(&rules);
        let more = format!("{text}if header :is \"x-unrelated\" \"y\" {{ fileinto \"Unrelated\"; }}\n");
        let (before, after) = (findings(&text), findings(&more));
        prop_assert!(before.is_subset(&after), "{:?}", before.difference(&after).collect::<Vec<_>>());
    }
}

/// Nesting, repetition and length that make careless readers slow.
#[test]
fn hostile_documents_end() {
    let n = 60_000;
    for (dialect, text) in [
        ("sieve", "if true {".repeat(n)),
        ("sieve", format!("if {}true {{}}", "not ".repeat(n))),
        ("sieve", "if anyof (".repeat(n)),
        ("sieve", format!("if true {{}} {}", "elsif header \"a\" \"b\" { redirect \"x@y.example\"; } ".repeat(n / 10))),
        ("sieve", format!("require \"variables\"; {}", "set \"a\" \"${a}${a}\"; ".repeat(n / 10))),
        (
            "sieve",
            format!(
                "require \"variables\"; {}",
                (0..n / 20)
                    .map(|i| format!("set \"v{i}\" \"x\"; if true {{ set \"v{i}\" \"y\"; }} "))
                    .collect::<String>()
            ),
        ),
        ("sieve", "\"".repeat(n)),
        ("sieve", "/*".repeat(n)),
        ("procmail", ":0 c\n* ^x\n{\n".repeat(n / 10)),
        ("procmail", format!("A=x\n{}", "A=$A$A\n".repeat(n / 10))),
        ("maildrop", "if (/x/)\n{\n".repeat(n / 10)),
        ("maildrop", format!("if ({}\n", "(".repeat(n))),
        ("exim", format!("# Exim filter\n{}", "if $h_a: is b then ".repeat(n / 10))),
        ("exim", format!("# Exim filter\nif {}", "not ".repeat(n))),
        ("aliases", (0..n / 10).map(|i| format!("a{i}: a{}\n", i + 1)).collect::<String>()),
        ("aliases", format!("a: {}\n", "a, ".repeat(n))),
        ("gmail", "[".repeat(n)),
        (
            "gmail",
            format!(
                "{{\"filter\":[{}{{}}]}}",
                "{\"criteria\":{},\"action\":{\"forward\":\"a@b.example\"}},".repeat(n / 20)
            ),
        ),
        ("gmail-export", "<entry>".repeat(n)),
        ("exchange", format!("Name,ForwardTo\n{}", "a,\"b@c.example;d@e.example\"\n".repeat(n / 10))),
        ("thunderbird", format!("name=\"a\"\ncondition=\"{}\"\n", "AND (subject,contains,x) ".repeat(n / 10))),
        ("forward", ",".repeat(n)),
        ("cpanel", "filter:\n  -\n    action: deliver\n    dest: a@b.example\n".repeat(n / 10)),
        ("zimbra", "zimbraMailForwardingAddress: a@b.example\n".repeat(n / 10)),
    ] {
        let start = std::time::Instant::now();
        let report = lint_forwarding(text.as_bytes(), dialect, &Context::default(), "").unwrap();
        let taken = start.elapsed();
        // Unoptimised test builds are some twenty times slower than what is shipped.
        assert!(
            taken.as_secs() < 20,
            "{dialect} {} bytes took {taken:?}, {} findings",
            text.len(),
            report.findings.len()
        );
    }
}
