//! Answers, and what a mail server makes of them.

use serde_json::json;

use super::super::format::Format;
use super::super::register::Register;
use super::*;
use crate::changes::without_forged_results;

const MESSAGE: &[u8] = b"Received: x\r\nX-Sekisho-A: 1\r\nSubject: a\r\nx-sekisho-a: 2\r\nTo: b\r\n\r\nbody\r\n";

fn terms(updates: &[&str], actions: &[&str]) -> Terms {
    let mut inbound = json!({ "updateProperties": updates });
    if !actions.is_empty() {
        inbound["actions"] = json!(actions);
    }
    let request = json!({ "name": "x", "inbound": inbound });
    serde_json::from_value::<Register>(request).unwrap().negotiate(&[]).unwrap()
}

const FIELDS: [&str; 3] = ["/action", "/response", "/message/headers"];
const WHOLE: [&str; 4] = ["/action", "/response", "/message/headers", "/rawMessage"];

fn answer(verdict: &Verdict, terms: &Terms) -> serde_json::Value {
    let manner = Manner { terms, without_hold: WithoutHold::Defer, message: MESSAGE, given: "accept" };
    serde_json::to_value(manner.answer(verdict)).unwrap()
}

/// Without forged results, with a mark and a new subject.
fn changes() -> Changes {
    let mut changes = Changes::default();
    let left = without_forged_results(MESSAGE, &mut changes).into_owned();
    let after = String::from_utf8(left).unwrap().replace("Subject: a", "Subject: [!]\r\n a");
    changes.difference(without_forged_results(MESSAGE, &mut Changes::default()).as_ref(), after.as_bytes());
    changes.put_on_top("X-Sekisho-Risk", "5");
    changes.put_on_top("X-Sekisho-Action", "tag");
    changes
}

/// What a mail server that follows the draft makes of its header.
fn carry_out(patch: &serde_json::Value) -> Vec<(String, String)> {
    let text = std::str::from_utf8(MESSAGE).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let mut list: Vec<(String, String)> = head
        .split("\r\n")
        .map(|line| line.split_once(": ").map(|(name, value)| (name.into(), value.into())).unwrap())
        .collect();
    let place = |path: &str| path.split('/').nth(3).unwrap().parse::<usize>().unwrap();
    for set in patch["set"].as_array().into_iter().flatten() {
        let path = set["path"].as_str().unwrap();
        if path.starts_with("/message/headers/") {
            list[place(path)].1 = set["value"].as_str().unwrap().into();
        }
    }
    for add in patch["add"].as_array().into_iter().flatten() {
        let header = (add["value"]["name"].as_str().unwrap().into(), add["value"]["value"].as_str().unwrap().into());
        let index = add["index"].as_u64().map_or(list.len(), |index| index as usize);
        list.insert(index, header);
    }
    for delete in patch["delete"].as_array().into_iter().flatten() {
        list.remove(place(delete["path"].as_str().unwrap()));
    }
    list
}

#[test]
fn nothing_to_change_is_no_patch() {
    assert_eq!(answer(&Verdict::Pass(Changes::default()), &terms(&FIELDS, &[])), json!({}));
    assert!(Patch::default().is_empty());
}

#[test]
fn a_refusal_sets_action_and_response() {
    let refusal = Refusal { code: 550, enhanced: "5.7.1".into(), text: "no\r\nway".into() };
    let wanted = json!({"set": [{"path": "/action", "value": "reject"},
        {"path": "/response", "value": {"code": 550, "enhancedCode": "5.7.1", "message": "no??way"}}]});
    assert_eq!(answer(&Verdict::Refuse(refusal), &terms(&FIELDS, &[])), wanted);
}

#[test]
fn fields_are_changed_where_they_stand() {
    let said = answer(&Verdict::Pass(changes()), &terms(&FIELDS, &[]));
    let header = carry_out(&said);
    let wanted =
        [("X-Sekisho-Action", "tag"), ("X-Sekisho-Risk", "5"), ("Received", "x"), ("Subject", "[!] a"), ("To", "b")];
    assert_eq!(header, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())), "{said}");
}

#[test]
fn with_the_grant_the_message_is_set_anew() {
    let strip = Changes { body: Some(b"new\r\n".to_vec()), ..changes() };
    for format in [Format::Json, Format::Cbor] {
        let terms = terms(&WHOLE, &[]);
        let manner = Manner { terms: &terms, without_hold: WithoutHold::Defer, message: MESSAGE, given: "accept" };
        let patch = manner.answer(&Verdict::Pass(strip.clone()));
        let written = format.write(&patch).unwrap();
        let Value::Raw(Raw(raw)) = &patch.set[0].value else { panic!("{patch:?}") };
        let wanted =
            b"X-Sekisho-Action: tag\r\nX-Sekisho-Risk: 5\r\nReceived: x\r\nSubject: [!]\r\n a\r\nTo: b\r\n\r\nnew\r\n";
        assert_eq!(raw, wanted);
        assert_eq!((patch.set.len(), patch.add.len(), patch.delete.len()), (1, 0, 0), "it overrules the rest");
        let whole = written.windows(wanted.len()).any(|w| w == wanted);
        assert_eq!(whole, format == Format::Cbor, "a byte string, not a list of numbers");
    }
}

#[test]
fn without_the_grant_nothing_is_set_anew() {
    let strip = Changes { body: Some(b"new".to_vec()), ..changes() };
    let said = answer(&Verdict::Pass(strip.clone()), &terms(&FIELDS, &[]));
    assert_eq!(said["set"][1]["value"]["code"], 550, "what must go cannot go");
    let banner = Changes { body_is_optional: true, ..strip };
    let said = answer(&Verdict::Pass(banner), &terms(&FIELDS, &[]));
    assert_eq!(carry_out(&said).len(), 5, "{said}");
}

#[test]
fn held_mail_goes_into_quarantine_where_there_is_one() {
    let hold = Verdict::Hold { changes: changes(), reason: "sekisho T zip-encrypted".into() };
    let said = answer(&hold, &terms(&FIELDS, &[]));
    assert_eq!(said["set"], json!([{"path": "/action", "value": "quarantine"}]));
    assert_eq!((said["add"].as_array().unwrap().len(), said.get("delete")), (2, None));
    let without = terms(&FIELDS, &["accept", "reject"]);
    let said = |without_hold| {
        let manner = Manner { terms: &without, without_hold, message: MESSAGE, given: "accept" };
        serde_json::to_string(&manner.answer(&hold)).unwrap()
    };
    assert!(said(WithoutHold::Defer).contains("451") && said(WithoutHold::Reject).contains("550"));
    assert!(said(WithoutHold::Tag).contains("X-Sekisho-Action") && !said(WithoutHold::Tag).contains("/action"));
}

#[test]
fn mail_in_the_spool_is_never_delivered() {
    for (actions, wanted) in
        [(&[][..], "discard"), (&["accept", "reject", "quarantine"], "quarantine"), (&["accept", "reject"], "reject")]
    {
        let said = answer(&Verdict::Discard, &terms(&FIELDS, actions));
        assert_eq!(said["set"][0]["value"], wanted);
    }
}

#[test]
fn another_mailbox_needs_a_grant() {
    let to = Verdict::Redirect {
        changes: Changes::default(),
        recipients: vec!["b@b.test".into(), "c@b.test".into()],
        to: "q@b.test".into(),
    };
    assert_eq!(answer(&to, &terms(&FIELDS, &[]))["set"][0]["value"], "quarantine");
    let said = answer(&to, &terms(&["/action", "/response", "/message/headers", "/envelope"], &[]));
    let wanted = json!({"add": [{"path": "/envelope/to", "value": {"address": "q@b.test", "parameters": {}}}],
        "delete": [{"path": "/envelope/to/1"}, {"path": "/envelope/to/0"}]});
    assert_eq!(said, wanted);
}

#[test]
fn a_stricter_filter_is_not_overruled() {
    let terms = terms(&FIELDS, &[]);
    for given in ["reject", "discard", "disconnect"] {
        let manner = Manner { terms: &terms, without_hold: WithoutHold::Tag, message: MESSAGE, given };
        assert!(manner.answer(&Verdict::Hold { changes: changes(), reason: "x".into() }).is_empty());
        assert!(manner.answer(&Verdict::Pass(changes())).is_empty());
        assert!(!manner.answer(&Verdict::Refuse(Refusal::for_now("x"))).is_empty());
    }
    let manner = Manner { terms: &terms, without_hold: WithoutHold::Tag, message: MESSAGE, given: "wave through" };
    assert!(!manner.answer(&Verdict::Hold { changes: changes(), reason: "x".into() }).is_empty());
}

#[test]
fn fields_that_are_counted_in_two_ways_are_not_addressed() {
    let message = b"X: 1\r\nnonsense\r\nX-Sekisho-A: 1\r\n\r\n";
    let mut changes = Changes::default();
    let _ = without_forged_results(message, &mut changes);
    let terms = terms(&FIELDS, &[]);
    let manner = Manner { terms: &terms, without_hold: WithoutHold::Tag, message, given: "accept" };
    let said = serde_json::to_value(manner.answer(&Verdict::Pass(changes))).unwrap();
    assert_eq!(said["set"][1]["value"]["code"], 550, "{said}");
}

#[test]
fn no_answer_leaves_what_was_agreed() {
    let verdicts = [
        Verdict::Pass(Changes { body: Some(vec![]), ..changes() }),
        Verdict::Pass(Changes { body: Some(vec![]), body_is_optional: true, ..changes() }),
        Verdict::Hold { changes: changes(), reason: "x".into() },
        Verdict::Discard,
        Verdict::Redirect { changes: changes(), recipients: vec!["a".into()], to: "q".into() },
        Verdict::Refuse(Refusal::for_now("x")),
    ];
    for updates in [&FIELDS[..], &WHOLE, &["/action", "/response", "/rawMessage"]] {
        let terms = terms(updates, &[]);
        for verdict in &verdicts {
            let manner = Manner { terms: &terms, without_hold: WithoutHold::Tag, message: MESSAGE, given: "" };
            let patch = manner.answer(verdict);
            assert!(patch.pointers().all(|pointer| terms.may(pointer)), "{patch:?}");
        }
    }
}
