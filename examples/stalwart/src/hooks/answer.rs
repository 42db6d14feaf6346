//! A verdict in the words of MTA Hooks.

use serde_json::{Value, json};

use crate::changes::Changes;
use crate::verdict::{Refusal, Verdict, WithoutHold};

/// The answer that carries out a verdict. `damaged` says that the mail server holds other bytes than it showed us.
///
/// `quarantine` is never answered: the mail would neither be queued nor refused.
#[must_use]
pub fn answer(verdict: &Verdict, without_hold: WithoutHold, damaged: bool) -> Value {
    match (verdict, without_hold) {
        (Verdict::Pass(changes), _) | (Verdict::Hold { changes, .. }, WithoutHold::Tag) => pass(changes, damaged),
        (Verdict::Hold { reason, .. }, WithoutHold::Defer) => {
            refuse(&Refusal::for_now(format!("Message held: {reason}")))
        }
        (Verdict::Hold { reason, .. }, WithoutHold::Reject) => refuse(&refused(format!("Message refused: {reason}"))),
        (Verdict::Discard, _) => json!({ "action": "discard", "modifications": [] }),
        (Verdict::Redirect { changes, recipients, to }, _) => redirect(pass(changes, damaged), recipients, to),
        (Verdict::Refuse(refusal), _) => refuse(refusal),
    }
}

/// "Go on", for the stages where nothing is decided.
#[must_use]
pub fn go_on() -> Value {
    json!({ "action": "accept", "modifications": [] })
}

fn refused(text: String) -> Refusal {
    Refusal { code: 550, enhanced: "5.7.1".to_owned(), text }
}

/// Both spellings of the enhanced status: the one in the documentation is not the one that works.
fn refuse(refusal: &Refusal) -> Value {
    let line = refusal.line();
    let message = line.splitn(3, ' ').nth(2).unwrap_or("");
    json!({
        "action": "reject",
        "response": {
            "status": refusal.code,
            "enhanced_status": refusal.status(),
            "enhancedStatus": refusal.status(),
            "message": message,
            "disconnect": false,
        },
        "modifications": [],
    })
}

fn pass(changes: &Changes, damaged: bool) -> Value {
    let body = match changes.body.as_deref().map(std::str::from_utf8) {
        None => None,
        // An empty one would be ignored.
        Some(Ok("")) if !damaged => Some("\r\n"),
        Some(Ok(text)) if !damaged => Some(text),
        Some(_) if changes.body_is_optional => None,
        Some(_) => {
            let text = "A part of this message must be removed, which cannot be done with its 8-bit text";
            return refuse(&refused(text.to_owned()));
        }
    };
    let mut modifications = Vec::new();
    for (name, number) in &changes.delete {
        modifications.push(json!({ "type": "deleteHeader", "index": number, "name": text(name) }));
    }
    for (name, number, value) in &changes.change {
        let value = unfolded(value);
        // What came as U+FFFD is still whole in the mail server.
        if !value.contains(char::REPLACEMENT_CHARACTER) {
            modifications.push(json!({ "type": "changeHeader", "index": number, "name": text(name), "value": value }));
        }
    }
    for (name, value) in changes.append.iter().chain(&changes.insert) {
        modifications.push(json!({ "type": "addHeader", "name": text(name), "value": unfolded(value) }));
    }
    if let Some(body) = body {
        modifications.push(json!({ "type": "replaceContents", "value": body }));
    }
    json!({ "action": "accept", "modifications": modifications })
}

/// Another mailbox instead of the recipients, added to an answer that lets it pass.
fn redirect(mut answer: Value, recipients: &[String], to: &str) -> Value {
    let passes = answer.get("action").is_some_and(|action| action == "accept");
    if let Some(list) = answer.get_mut("modifications").and_then(Value::as_array_mut).filter(|_| passes) {
        for recipient in recipients.iter().map(|r| r.to_lowercase()).collect::<std::collections::BTreeSet<_>>() {
            list.push(json!({ "type": "deleteRecipient", "value": one_line(&recipient) }));
        }
        list.push(json!({ "type": "addRecipient", "value": one_line(to), "parameters": {} }));
    }
    answer
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A value in one line, without its leading space. A line break would begin a line of its own.
fn unfolded(value: &[u8]) -> String {
    one_line(&text(value.strip_prefix(b" ").unwrap_or(value)))
}

fn one_line(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes() -> Changes {
        Changes {
            delete: vec![(b"X-Sekisho-Risk".to_vec(), 2)],
            change: vec![(b"subject".to_vec(), 1, b" [!]\r\n a".to_vec())],
            insert: vec![(b"X-A".to_vec(), b" 1".to_vec())],
            body: Some(b"new".to_vec()),
            ..Changes::default()
        }
    }

    #[test]
    fn a_refusal_is_spelled_in_both_ways() {
        let refusal = Refusal { code: 550, enhanced: "5.7.1".into(), text: "no\r\nway".into() };
        let said = answer(&Verdict::Refuse(refusal), WithoutHold::Defer, false);
        assert_eq!(
            said,
            json!({"action": "reject", "modifications": [], "response": {"status": 550, "disconnect": false,
            "enhanced_status": "5.7.1", "enhancedStatus": "5.7.1", "message": "no??way"}})
        );
    }

    #[test]
    fn changes_become_modifications() {
        let said = answer(&Verdict::Pass(changes()), WithoutHold::Defer, false);
        assert_eq!(
            said,
            json!({"action": "accept", "modifications": [
            {"type": "deleteHeader", "index": 2, "name": "X-Sekisho-Risk"},
            {"type": "changeHeader", "index": 1, "name": "subject", "value": "[!] a"},
            {"type": "addHeader", "name": "X-A", "value": "1"},
            {"type": "replaceContents", "value": "new"}]})
        );
        let empty = Changes { body: Some(vec![]), ..Changes::default() };
        let said = answer(&Verdict::Pass(empty), WithoutHold::Defer, false);
        assert_eq!(said["modifications"][0]["value"], "\r\n");
    }

    #[test]
    fn the_body_of_a_damaged_mail_is_never_replaced() {
        let said = answer(&Verdict::Pass(changes()), WithoutHold::Defer, true);
        assert_eq!(said["response"]["status"], 550, "what must go cannot go");
        let banner = Changes { body_is_optional: true, ..changes() };
        let said = answer(&Verdict::Pass(banner), WithoutHold::Defer, true);
        assert_eq!(said["action"], "accept");
        assert!(!said.to_string().contains("replaceContents"));
        let subject = Changes { change: vec![(b"Subject".to_vec(), 1, "[!] \u{fffd}".into())], ..Changes::default() };
        let said = answer(&Verdict::Pass(subject), WithoutHold::Defer, true);
        assert_eq!(said["modifications"], json!([]));
    }

    #[test]
    fn quarantine_is_never_said() {
        let hold = Verdict::Hold { changes: changes(), reason: "x".into() };
        for (without_hold, wanted) in
            [(WithoutHold::Defer, "451"), (WithoutHold::Reject, "550"), (WithoutHold::Tag, "accept")]
        {
            let said = answer(&hold, without_hold, false).to_string();
            assert!(said.contains(wanted) && !said.contains("quarantine"), "{said}");
        }
    }

    #[test]
    fn a_mail_in_quarantine_is_discarded_or_goes_elsewhere() {
        assert_eq!(answer(&Verdict::Discard, WithoutHold::Defer, false)["action"], "discard");
        let to = Verdict::Redirect {
            changes: Changes::default(),
            recipients: vec!["B@b.test".into(), "b@b.test".into()],
            to: "q@b.test".into(),
        };
        assert_eq!(
            answer(&to, WithoutHold::Defer, false),
            json!({"action": "accept", "modifications": [
            {"type": "deleteRecipient", "value": "b@b.test"},
            {"type": "addRecipient", "value": "q@b.test", "parameters": {}}]})
        );
    }
}
