//! From one message to the next: what a report has the host remember is what a later message needs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

use sekisho_core::{Context, Direction, Fact, needs, scan_message};

const POLICY: &str =
    r#"{"profile":"observe","sender":{"trusted-authserv":["mx.ours.example"],"protected":["hoshimaru.co.jp"]}}"#;

/// A reply that goes to a free address: a sign, and honest from an acquaintance.
const FROM_PARTNER: &str = "Authentication-Results: mx.ours.example; dmarc=pass header.from=partner.example\r\n\
    From: Partner <Pay@partner.example>\r\nReply-To: pay.partner@gmail.com\r\nTo: taro@ours.example\r\nSubject: x\r\n\r\nhello\r\n";

fn ours(recipients: &[&str]) -> Context {
    Context {
        direction: Direction::Outbound,
        mail_from: "taro@ours.example".to_owned(),
        login: "taro@ours.example".to_owned(),
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
        ..Context::default()
    }
}

fn remembered(message: &str, context: &Context) -> Vec<Fact> {
    scan_message(message.as_bytes(), context, POLICY).unwrap().remember
}

/// The needs of a message that the memory can meet.
fn met(message: &str, memory: &[Fact]) -> Context {
    let needs = needs(message.as_bytes(), &Context::default(), POLICY).unwrap();
    let known = |f: &&Fact| needs.iter().any(|n| (&n.kind, &n.key) == (&f.kind, &f.key));
    Context { facts: memory.iter().filter(known).cloned().collect(), ..Context::default() }
}

/// How heavy it is that answers go elsewhere.
fn reply_elsewhere(message: &str, context: &Context) -> &'static str {
    let report = scan_message(message.as_bytes(), context, POLICY).unwrap();
    report.findings.iter().find(|f| f.rule == "reply-to-differs").map_or("none", |f| f.severity.as_str())
}

#[test]
fn whom_we_write_to_is_an_acquaintance_afterwards() {
    let mail = "From: taro@ours.example\r\nTo: Partner <pay@Partner.example>, other@x.example\r\nCc: c@y.example\r\n\r\nhello\r\n";
    let context = ours(&["pay@partner.example", "blind@z.example", "c@y.example"]);
    let memory = remembered(mail, &context);
    let keys: Vec<_> = memory.iter().map(|f| (f.kind.as_str(), f.key.as_str(), f.value.as_str())).collect();
    let wanted = [("known-correspondent", "pay@partner.example", "yes"), ("known-correspondent", "c@y.example", "yes")];
    assert_eq!(keys, wanted, "no blind copy, nobody who was not written to");

    let stranger = Context::default();
    let known = met(FROM_PARTNER, &memory);
    assert_eq!(known.facts.len(), 1, "{known:?}");
    let heavy = (reply_elsewhere(FROM_PARTNER, &stranger), reply_elsewhere(FROM_PARTNER, &known));
    assert_eq!(heavy, ("low", "info"));
}

#[test]
fn machines_make_no_acquaintances() {
    let mail = |auto: &str| format!("From: taro@ours.example\r\nTo: evil@x.example\r\n{auto}\r\nI am away\r\n");
    let context = ours(&["evil@x.example"]);
    assert!(remembered(&mail("Auto-Submitted: auto-replied\r\n"), &context).is_empty());
    assert_eq!(remembered(&mail("Auto-Submitted: no\r\n"), &context).len(), 1);
    let bounce = Context { mail_from: String::new(), ..context.clone() };
    assert!(remembered(&mail(""), &bounce).is_empty());
}

#[test]
fn a_refused_mail_teaches_nothing() {
    let zip = include_bytes!("../../../examples/mail/ppap.eml");
    let to = Context { recipients: vec!["tanaka@example.test".to_owned()], ..ours(&[]) };
    let report = scan_message(zip, &to, "").unwrap();
    assert_eq!((report.action.as_str(), report.remember.len()), ("reject", 0));
    let from_outside = scan_message(zip, &Context::default(), "").unwrap();
    assert_eq!((from_outside.action.as_str(), from_outside.remember.len()), ("reject", 0));
}

#[test]
fn who_wrote_before_is_no_stranger_unless_his_name_was_borrowed() {
    let mail = |results: &str| format!("{results}From: A@shop.example\r\nTo: taro@ours.example\r\n\r\nhello\r\n");
    let seen = remembered(&mail(""), &Context::default());
    let wanted = Fact { kind: "first-contact".into(), key: "a@shop.example".into(), value: "no".into() };
    assert_eq!(seen, [wanted]);
    let failed = "Authentication-Results: mx.ours.example; dmarc=fail header.from=shop.example\r\n";
    assert!(remembered(&mail(failed), &Context::default()).is_empty());
    let two = "From: a@shop.example, b@shop.example\r\n\r\nhello\r\n";
    assert!(remembered(two, &Context::default()).is_empty());
}

#[test]
fn what_a_domain_publishes_makes_its_failure_weigh() {
    let mail = "Authentication-Results: mx.ours.example; dmarc=fail header.from=shop.example\r\nFrom: a@shop.example\r\n\r\nhello\r\n";
    let severity = |facts: Vec<Fact>| {
        let report = scan_message(mail.as_bytes(), &Context { facts, ..Context::default() }, POLICY).unwrap();
        let finding = report.findings.into_iter().find(|f| f.rule == "dmarc-failed").unwrap();
        let source = finding.evidence.into_iter().find(|(k, _)| k == "source").unwrap().1;
        (finding.severity.as_str(), source)
    };
    let asks =
        |value: &str| vec![Fact { kind: "dmarc-policy".into(), key: "shop.example".into(), value: value.into() }];
    let border = || "mx.ours.example".to_owned();
    assert_eq!(severity(vec![]), ("info", border()));
    assert_eq!(severity(asks("none")), ("info", border()));
    assert_eq!(severity(asks("reject")), ("high", border()));
}
