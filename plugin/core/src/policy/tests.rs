//! What policies decide, without mail and without real rules.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::report::{Context, Fact, Inspection, Part, Report, RuleInfo};

const RULES: &[RuleName] = &[
    RuleName { id: "zip-encrypted", family: "zip" },
    RuleName { id: "zip-overlap", family: "zip" },
    RuleName { id: "name-executable", family: "name" },
    RuleName { id: "limit-bytes", family: "limit" },
    RuleName { id: "name-legacy-charset", family: "name" },
];

fn parse(json: &str) -> Result<Policy, PolicyError> {
    Policy::parse(json, Direction::Inbound, RULES.iter().copied())
}

fn judged(rule: &'static str, kind: Kind, severity: Severity, mime_part: &str) -> Judged {
    Judged {
        finding: Finding {
            rule: rule.to_owned(),
            severity,
            message: "m".to_owned(),
            place: format!("{mime_part}/x"),
            evidence: Vec::new(),
        },
        family: RULES.iter().find(|r| r.id == rule).unwrap().family,
        kind,
        usual: true,
        mime_part: mime_part.to_owned(),
        sealed: false,
        order: mime_part.parse().unwrap_or(0),
    }
}

fn encrypted() -> Judged {
    judged("zip-encrypted", Kind::Encryption, Severity::Medium, "2")
}

fn words(id: &str) -> Option<RuleInfo> {
    Some(RuleInfo {
        id: id.to_owned(),
        family: String::new(),
        severity: Severity::Info,
        summary: "It is so.".to_owned(),
        rescue_ja: "日本語\nの説明".to_owned(),
        rescue_en: "English\nwords".to_owned(),
        page: String::new(),
    })
}

fn decide_in(context: &Context, policy: &str, judged: Vec<Judged>) -> Report {
    let policy = Policy::parse(policy, context.direction, RULES.iter().copied()).unwrap();
    let parts = vec![Part {
        place: "2/請求書.zip".to_owned(),
        name: "請求書.zip".to_owned(),
        media_type: String::new(),
        format: "zip".to_owned(),
        size: 1,
        inspection: Inspection::NamesOnly,
    }];
    policy.decide(context, Inspection::NamesOnly, parts, judged, &words)
}

fn decide(policy: &str, judged: Vec<Judged>) -> Report {
    decide_in(&Context::default(), policy, judged)
}

fn evidence<'r>(report: &'r Report, rule: &str, key: &str) -> Option<&'r str> {
    let finding = report.findings.iter().find(|f| f.rule == rule)?;
    finding.evidence.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
}

fn partner(now: Option<&str>) -> Context {
    let fact = |kind: &str, key: &str, value: &str| Fact { kind: kind.into(), key: key.into(), value: value.into() };
    let mut facts = vec![fact("authenticated-domain", "Partner.example", "dmarc")];
    facts.extend(now.map(|t| fact("time", "", t)));
    Context { recipients: vec!["A@ours.example".to_owned(), "b@ours.example".to_owned()], facts, ..Context::default() }
}

#[test]
fn every_wrong_document_names_the_path() {
    for (json, path) in [
        (r#"{"profil":"tag"}"#, "profil"),
        (r#"{"profile":"strict"}"#, "profile"),
        (r#"{"profile":1}"#, "profile"),
        (r#"{"rules":{"zip-encryptd":{}}}"#, "rules.zip-encryptd"),
        (r#"{"inbound":{"rules":{"zip-encrypted":{"acton":"tag"}}}}"#, "inbound.rules.zip-encrypted.acton"),
        (r#"{"inbound":{"rules":{"zip-encrypted":{"action":"drop"}}}}"#, "inbound.rules.zip-encrypted.action"),
        (r#"{"rules":{"zip":{"severity":"bad"}}}"#, "rules.zip.severity"),
        (r#"{"inbound":{"inbound":{}}}"#, "inbound.inbound"),
        (r#"{"outbound":{"limits":{"depth":65}}}"#, "outbound.limits.depth"),
        (r#"{"limits":{"bytes":0}}"#, "limits.bytes"),
        (r#"{"limits":{"byte":1}}"#, "limits.byte"),
        (r#"{"rescue":{"url":"ftp://x"}}"#, "rescue.url"),
        (r#"{"rescue":{"url":"https://例え.example"}}"#, "rescue.url"),
        (r#"{"rescue":{"contact":"a\nb"}}"#, "rescue.contact"),
        (r#"{"tag":{"subject":"a\r\nBcc: x"}}"#, "tag.subject"),
        (r#"{"tag":{"banner":""}}"#, "tag.banner"),
        (r#"{"exceptions":{}}"#, "exceptions"),
        (r#"{"exceptions":[{"rules":["zip"],"senders":["a.example"]}]}"#, "exceptions.0.id"),
        (r#"{"exceptions":[{"id":"a","senders":["a.example"]}]}"#, "exceptions.0.rules"),
        (r#"{"exceptions":[{"id":"a","rules":[],"senders":["a.example"]}]}"#, "exceptions.0.rules"),
        (r#"{"exceptions":[{"id":"a","rules":["rar"],"senders":["a.example"]}]}"#, "exceptions.0.rules.0"),
        (r#"{"exceptions":[{"id":"a","rules":["zip"]}]}"#, "exceptions.0"),
        (r#"{"exceptions":[{"id":"a","rules":["zip"],"senders":["a@b.example"]}]}"#, "exceptions.0.senders.0"),
        (r#"{"exceptions":[{"id":"a","rules":["zip"],"senders":["例え.example"]}]}"#, "exceptions.0.senders.0"),
        (r#"{"exceptions":[{"id":"a","rules":["zip"],"recipients":["@b.example"]}]}"#, "exceptions.0.recipients.0"),
        (
            r#"{"exceptions":[{"id":"a","rules":["zip"],"senders":["a.example"],"expires":"2026-02-30"}]}"#,
            "exceptions.0.expires",
        ),
        (
            r#"{"exceptions":[{"id":"a","rules":["zip"],"senders":["a.example"]}],
                "outbound":{"exceptions":[{"id":"a","rules":["zip"],"senders":["b.example"]}]}}"#,
            "outbound.exceptions.0.id",
        ),
        (r#"{"profile":"tag","profile":"hold"}"#, "profile"),
        (r#"{"rules":{"zip":{},"zip":{}}}"#, "rules.zip"),
        ("null", ""),
        ("{", ""),
        (" ", ""),
    ] {
        let error = parse(json).unwrap_err();
        assert_eq!(error.path, path, "{json}: {}", error.message);
        assert!(!error.message.is_empty() && !error.message.contains('\n'), "{json}");
    }
}

const SENDER: &str = r#""sender":{"protected":["a.example"],"organisation":["ホシマル"],
    "vips":[{"names":["佐倉 遥"],"addresses":["h@a.example"]}],"same-owner":[["a.example","b.example"]],
    "trusted-authserv":["mx.a.example"],"trusted-sealers":["l.example"],"free-mail":["f.example"],
    "may-speak":["s.example"],"warn":400,"quarantine":900,"brands":"off","indexes":["top"]}"#;

/// The table of keys and the structs behind it know the same keys.
#[test]
fn a_document_with_every_key_is_right() {
    let section = r#""profile":"hold","rules":{"zip":{"severity":"low","action":"tag"}},
        "limits":{"bytes":1,"memory":2,"ratio":3,"entries":4,"depth":5,"work":6},
        "rescue":{"url":"https://a.example/x","contact":"+81 3 0000 0000"},"tag":{"subject":"[要注意]","banner":"a\nb"},
        "exceptions":[{"id":"ID","rules":["zip","name-executable"],"senders":["*.a.example"],
            "recipients":["b.example","c@d.example"],"expires":"2026-12-31","ticket":"T","reason":"理由","action":"hold"}]"#;
    let forwarding = r#""forwarding":{"internal-domains":["corp.example"],"partner-domains":["a.example"],
        "allowed":[{"owner":"a@corp.example","target":"b@c.example","until":"2026-12-31","reason":"理由","model":"0"}],
        "freemail-domains":["d.example"],"saas-domains":["e.example"],"stealth-folders":["Old"],
        "sieve-capabilities":["fileinto"],"max-targets":3}"#;
    let all = format!(
        "{{{section},{SENDER},{forwarding},\"inbound\":{{{}}},\"outbound\":{{{}}}}}",
        section.replace("ID", "in"),
        section.replace("ID", "out")
    );
    let policy = parse(&all).unwrap();
    assert_eq!(policy.limits, Limits { bytes: 1, memory: 2, ratio: 3, entries: 4, depth: 5, work: 6 });
    assert_eq!(policy.forwarding.allowed[0].target, "b@c.example");
    let schema: serde_json::Value = serde_json::from_str(&Policy::schema(RULES.iter().copied())).unwrap();
    let document: serde_json::Value = serde_json::from_str(&all).unwrap();
    for (path, at) in [
        ("", "/properties"),
        ("/inbound", "/properties/inbound/properties"),
        ("/exceptions/0", "/properties/exceptions/items/properties"),
        ("/limits", "/properties/limits/properties"),
        ("/rescue", "/properties/rescue/properties"),
        ("/tag", "/properties/tag/properties"),
        ("/sender", "/properties/sender/properties"),
        ("/sender/vips/0", "/properties/sender/properties/vips/items/properties"),
        ("/forwarding", "/properties/forwarding/properties"),
        ("/forwarding/allowed/0", "/properties/forwarding/properties/allowed/items/properties"),
        ("/rules/zip", "/properties/rules/additionalProperties/properties"),
    ] {
        let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(document.pointer(path).unwrap()), keys(schema.pointer(at).unwrap()), "{path}");
    }
}

#[test]
fn profiles_act_by_kind_and_severity() {
    use Action::{Deliver, Hold, Reject, Strip, Tag};
    let cases = [
        (Kind::Encryption, Severity::Info, [Deliver, Deliver, Deliver, Deliver, Deliver]),
        (Kind::Encryption, Severity::Low, [Deliver, Tag, Strip, Hold, Reject]),
        (Kind::Opaque, Severity::Medium, [Deliver, Tag, Strip, Hold, Reject]),
        (Kind::Deception, Severity::Low, [Deliver; 5]),
        (Kind::Deception, Severity::Medium, [Deliver, Tag, Tag, Tag, Tag]),
        (Kind::Danger, Severity::High, [Deliver, Tag, Strip, Hold, Reject]),
        (Kind::Note, Severity::Critical, [Deliver, Tag, Strip, Hold, Reject]),
    ];
    for (kind, severity, actions) in cases {
        for (profile, action) in keys::PROFILES.iter().zip(actions) {
            let report =
                decide(&format!(r#"{{"profile":"{profile}"}}"#), vec![judged("zip-encrypted", kind, severity, "2")]);
            assert_eq!(report.action, action, "{profile} {kind:?} {severity:?}");
        }
    }
}

#[test]
fn the_section_wins_and_the_rule_wins_over_its_family() {
    let policy = r#"{"rules":{"zip-encrypted":{"action":"tag"},"zip":{"action":"hold","severity":"critical"}},
        "outbound":{"rules":{"zip":{"action":"quarantine"}}}}"#;
    let inbound = decide(policy, vec![encrypted()]);
    assert_eq!((inbound.action, inbound.findings[0].severity), (Action::Tag, Severity::Critical));
    assert_eq!(evidence(&inbound, "policy-matched", "line"), Some("rules.zip-encrypted.action"));
    let outbound =
        decide_in(&Context { direction: Direction::Outbound, ..Context::default() }, policy, vec![encrypted()]);
    assert_eq!(outbound.action, Action::Quarantine);
    assert_eq!(evidence(&outbound, "policy-matched", "line"), Some("outbound.rules.zip.action"));
}

#[test]
fn the_report_says_which_line_decided() {
    let report = decide("", vec![encrypted()]);
    assert_eq!(report.action, Action::Reject);
    for (key, value) in
        [("decided", "profile reject"), ("rule", "zip-encrypted"), ("line", "profile"), ("action", "reject")]
    {
        assert_eq!(evidence(&report, "policy-matched", key), Some(value));
    }
    let report = decide(r#"{"inbound":{"profile":"hold"}}"#, vec![encrypted()]);
    assert_eq!(evidence(&report, "policy-matched", "line"), Some("inbound.profile"));
    let spared = decide(r#"{"rules":{"zip-encrypted":{"action":"deliver"}}}"#, vec![encrypted()]);
    assert_eq!((spared.action, evidence(&spared, "policy-matched", "action")), (Action::Deliver, Some("deliver")));
    for quiet in [decide("", vec![]), decide(r#"{"profile":"observe"}"#, vec![encrypted()])] {
        assert_eq!((quiet.action, evidence(&quiet, "policy-matched", "line")), (Action::Deliver, None));
    }
}

#[test]
fn a_severity_of_the_policy_leaves_special_cases_alone() {
    let mild = Judged { usual: false, ..judged("name-executable", Kind::Danger, Severity::Info, "2") };
    let report = decide(r#"{"rules":{"name-executable":{"severity":"critical","action":"reject"}}}"#, vec![mild]);
    assert_eq!((report.action, report.findings[0].severity), (Action::Deliver, Severity::Info));
    let usual = judged("name-legacy-charset", Kind::Note, Severity::Info, "2");
    let report = decide(r#"{"rules":{"name-legacy-charset":{"severity":"high"}}}"#, vec![usual]);
    assert_eq!(report.action, Action::Reject);
}

#[test]
fn findings_stand_heaviest_first_then_in_the_order_of_the_message() {
    let report = decide(
        r#"{"profile":"observe"}"#,
        vec![
            judged("zip-encrypted", Kind::Encryption, Severity::Medium, "9"),
            judged("zip-overlap", Kind::Deception, Severity::Critical, "5"),
            judged("limit-bytes", Kind::Opaque, Severity::Medium, "1"),
            judged("name-executable", Kind::Danger, Severity::Critical, "3"),
        ],
    );
    let order: Vec<_> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(order, ["name-executable", "zip-overlap", "limit-bytes", "zip-encrypted"]);
}

const EXCEPTION: &str = r#"{"exceptions":[{"id":"partner","rules":["zip"],"senders":["partner.example"],
    "expires":"2026-12-31","ticket":"T-1","reason":"migration"}]}"#;

#[test]
fn an_exception_lets_its_sender_through_until_it_expires() {
    let report = decide_in(&partner(Some("2026-12-31T23:59:59Z")), EXCEPTION, vec![encrypted(), encrypted()]);
    assert_eq!((report.action, report.reply, report.findings.len()), (Action::Deliver, None, 3));
    let report = decide_in(&partner(Some("2026-12-31T23:59:59Z")), EXCEPTION, vec![encrypted(), encrypted()]);
    for (key, value) in [
        ("exception", "partner"),
        ("rule", "zip-encrypted"),
        ("ticket", "T-1"),
        ("reason", "migration"),
        ("expires", "2026-12-31"),
        ("line", "exceptions.0"),
        ("instead-of", "reject"),
        ("findings", "2"),
    ] {
        assert_eq!(evidence(&report, "policy-exempted", key), Some(value), "{key}");
    }
    assert_eq!(evidence(&report, "policy-matched", "line"), None);

    let late = decide_in(&partner(Some("2027-01-01T00:00:00Z")), EXCEPTION, vec![encrypted()]);
    assert_eq!(late.action, Action::Reject);
    assert_eq!(evidence(&late, "policy-matched", "exception-not-applied"), Some("partner has expired"));
    let timeless = decide_in(&partner(None), EXCEPTION, vec![encrypted()]);
    assert_eq!(timeless.action, Action::Reject);
    let said = evidence(&timeless, "policy-matched", "exception-not-applied").unwrap();
    assert!(said.contains("`time` was not given"), "{said}");
}

#[test]
fn only_authenticated_senders_and_all_recipients_count() {
    let now = Some("2026-12-01T00:00:00Z");
    let stranger = Context { mail_from: "a@partner.example".to_owned(), facts: Vec::new(), ..partner(now) };
    assert_eq!(decide_in(&stranger, EXCEPTION, vec![encrypted()]).action, Action::Reject);
    let login =
        Context { login: "me@partner.example".to_owned(), facts: partner(now).facts[1..].to_vec(), ..partner(now) };
    assert_eq!(decide_in(&login, EXCEPTION, vec![encrypted()]).action, Action::Reject);
    let login = Context { direction: Direction::Outbound, ..login };
    assert_eq!(decide_in(&login, EXCEPTION, vec![encrypted()]).action, Action::Deliver);
    let to = |list: &str| format!(r#"{{"exceptions":[{{"id":"x","rules":["zip-encrypted"],"recipients":[{list}]}}]}}"#);
    for (list, action) in [
        (r#""ours.example""#, Action::Deliver),
        (r#""a@OURS.example","b@ours.example""#, Action::Deliver),
        (r#""a@ours.example""#, Action::Reject),
        (r#""*.ours.example""#, Action::Reject),
        (r#""*.example""#, Action::Deliver),
    ] {
        assert_eq!(decide_in(&partner(now), &to(list), vec![encrypted()]).action, action, "{list}");
    }
    let nobody = Context { recipients: Vec::new(), ..partner(now) };
    assert_eq!(decide_in(&nobody, &to(r#""ours.example""#), vec![encrypted()]).action, Action::Reject);
}

#[test]
fn no_exception_covers_a_program_inside_something_encrypted() {
    let policy = r#"{"exceptions":[{"id":"x","rules":["zip","name"],"senders":["partner.example"],"action":"tag"}]}"#;
    let program = judged("name-executable", Kind::Danger, Severity::High, "2");
    let sealed = Judged { sealed: true, ..program.clone() };
    assert_eq!(decide_in(&partner(None), policy, vec![encrypted(), program]).action, Action::Tag);
    let report = decide_in(&partner(None), policy, vec![encrypted(), sealed]);
    assert_eq!(report.action, Action::Reject);
    assert_eq!(evidence(&report, "policy-matched", "rule"), Some("name-executable"));
    assert!(evidence(&report, "policy-matched", "exception-not-applied").is_some());
}

#[test]
fn tag_marks_the_message() {
    let report = decide(r#"{"profile":"tag","tag":{"subject":"[!]","banner":"Careful."}}"#, vec![encrypted()]);
    let edits: Vec<_> = report.edits.iter().map(|e| (e.place.as_str(), e.kind.as_str(), e.value.as_str())).collect();
    assert_eq!(
        edits,
        [
            ("", "add-header", "X-Sekisho-Action: tag"),
            ("", "add-header", "X-Sekisho-Findings: zip-encrypted"),
            ("", "add-header", "X-Sekisho-Risk: 10"),
            ("", "prepend-subject", "[!]"),
            ("", "prepend-text", "Careful."),
        ]
    );
    assert_eq!(report.reply, None);
}

#[test]
fn strip_leaves_a_note_in_two_languages() {
    let policy = r#"{"profile":"strip","rescue":{"url":"https://up.example","contact":"desk@ours.example"}}"#;
    let inner = judged("zip-overlap", Kind::Deception, Severity::Critical, "2.1");
    let report = decide(policy, vec![encrypted(), inner, judged("limit-bytes", Kind::Opaque, Severity::High, "10")]);
    assert_eq!(report.action, Action::Strip);
    let notes: Vec<_> = report.edits.iter().filter(|e| e.kind == "replace-part").collect();
    assert_eq!(notes.iter().map(|n| n.place.as_str()).collect::<Vec<_>>(), ["2", "10"]);
    for word in [
        "請求書.zip",
        "zip-encrypted",
        "zip-overlap",
        "日本語の説明",
        "English words",
        "https://up.example",
        "desk@ours.example",
    ] {
        assert!(notes[0].value.contains(word), "{word} in {}", notes[0].value);
    }
}

#[test]
fn what_has_no_part_is_held_instead_of_stripped() {
    let report =
        decide(r#"{"profile":"strip"}"#, vec![judged("limit-bytes", Kind::Opaque, Severity::High, ""), encrypted()]);
    assert_eq!((report.action, report.edits.len()), (Action::Hold, 0));
    assert!(evidence(&report, "policy-matched", "instead-of").is_some());
}

#[test]
fn a_refusal_has_a_reply_without_words_of_the_mail() {
    let report = decide(r#"{"rescue":{"url":"https://up.example"}}"#, vec![encrypted()]);
    let reply = report.reply.unwrap();
    assert_eq!((reply.code, reply.enhanced.as_str()), (550, "5.7.1"));
    assert_eq!(reply.text, "Message refused (zip-encrypted): It is so. Another way to send it: https://up.example");
}

/// Any finding of the test rules.
fn any_judged() -> impl Strategy<Value = Judged> {
    let kinds = [Kind::Encryption, Kind::Opaque, Kind::Deception, Kind::Danger, Kind::Note];
    let severities = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    (0..RULES.len(), 0..kinds.len(), 0..severities.len(), 0..4u8, any::<bool>(), any::<bool>()).prop_map(
        move |(rule, kind, severity, part, usual, sealed)| Judged {
            usual,
            sealed,
            ..judged(RULES[rule].id, kinds[kind], severities[severity], ["", "1", "2", "3"][usize::from(part)])
        },
    )
}

/// Any right policy without exceptions, as the inside of an object.
fn any_settings() -> impl Strategy<Value = String> {
    let setting = (0..RULES.len(), 0..keys::ACTIONS.len(), 0..keys::SEVERITIES.len(), any::<bool>());
    (0..keys::PROFILES.len(), proptest::option::of(setting)).prop_map(|(profile, setting)| {
        let rules = setting.map_or(String::new(), |(rule, action, severity, family)| {
            let name = if family { RULES[rule].family } else { RULES[rule].id };
            let (action, severity) = (keys::ACTIONS[action], keys::SEVERITIES[severity]);
            format!(r#","rules":{{"{name}":{{"action":"{action}","severity":"{severity}"}}}}"#)
        });
        format!(r#""profile":"{}"{rules}"#, keys::PROFILES[profile])
    })
}

proptest! {
    #[test]
    fn any_text_is_a_policy_or_an_error(json in ".{0,200}") {
        let _ = parse(&json);
    }

    #[test]
    fn any_json_is_a_policy_or_an_error(
        key in "(profile|rules|exceptions|limits|inbound|tag|rescue|x)",
        value in r#"(1|-1|1.5|null|true|"reject"|"é\\u0000"|\[\]|\{\}|\[\{\}\]|\{"zip":\{"action":"tag"\}\}|\{"zip":1\})"#,
    ) {
        let _ = parse(&format!("{{\"{key}\":{value}}}"));
    }

    #[test]
    fn the_strictest_finding_wins(settings in any_settings(), findings in prop::collection::vec(any_judged(), 0..8)) {
        let policy = format!("{{{settings}}}");
        let all = decide(&policy, findings.clone());
        let alone = findings.into_iter().map(|j| decide(&policy, vec![j]).action).max().unwrap_or(Action::Deliver);
        prop_assert_eq!(all.action, alone);
        prop_assert_eq!(all.reply.is_some(), matches!(all.action, Action::Reject | Action::Defer));
        prop_assert_eq!(!all.edits.is_empty(), matches!(all.action, Action::Tag | Action::Strip));
        prop_assert!(all.risk <= 100);
        if let Some(reply) = all.reply {
            prop_assert!(reply.text.len() <= 400 && reply.text.bytes().all(|b| (0x20..0x7F).contains(&b)));
        }
    }

    #[test]
    fn an_exception_never_makes_stricter_and_never_frees_a_sealed_program(
        settings in any_settings(),
        findings in prop::collection::vec(any_judged(), 0..8),
        action in 0..keys::ACTIONS.len(),
    ) {
        let without = decide_in(&partner(None), &format!("{{{settings}}}"), findings.clone());
        let policy = format!(
            r#"{{{settings},"exceptions":[{{"id":"x","rules":["zip","name","limit"],"senders":["partner.example"],"action":"{}"}}]}}"#,
            keys::ACTIONS[action]
        );
        let with = decide_in(&partner(None), &policy, findings.clone());
        prop_assert!(with.action <= without.action.max(Action::Hold));
        prop_assert!(with.risk == without.risk);
        let sealed: Vec<_> = findings.into_iter().filter(|j| j.sealed && j.kind == Kind::Danger).collect();
        let least = decide_in(&partner(None), &format!("{{{settings}}}"), sealed).action;
        prop_assert!(with.action >= least);
        for finding in without.findings.iter().filter(|f| f.rule != "policy-matched") {
            prop_assert!(with.findings.contains(finding));
        }
    }
}
