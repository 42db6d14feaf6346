//! The SMTP reply for mail that is refused. It is written from the page of the rule that decided and from the policy, never
//! from the mail: an attacker must not be able to choose what a mail server says.

use super::decide::Words;
use super::document::Rescue;
use crate::report::{Action, Reply};

/// The longest text after both codes, in bytes: a reply line has 512 with codes and line end (RFC 5321 section 4.5.3.1.5).
const LONGEST: usize = 400;

/// The reply for `reject` and `defer`; nothing for the other actions.
#[must_use]
pub fn reply(action: Action, rule: &str, rescue: &Rescue, words: Words<'_>) -> Option<Reply> {
    let (code, enhanced, opening) = match action {
        Action::Reject => (550, "5.7.1", "Message refused"),
        Action::Defer => (451, "4.7.1", "Message not accepted for now"),
        _ => return None,
    };
    let summary = words(rule).map(|info| info.summary).unwrap_or_default();
    Some(Reply { code, enhanced: enhanced.to_owned(), text: text(opening, rule, &summary, rescue) })
}

/// What is wrong, then what to do. When both do not fit, the former is cut.
fn text(opening: &str, rule: &str, summary: &str, rescue: &Rescue) -> String {
    let way_out = match (&rescue.url, &rescue.contact) {
        (Some(url), Some(contact)) => format!(" Another way to send it: {url} - Contact: {contact}"),
        (Some(url), None) => format!(" Another way to send it: {url}"),
        (None, Some(contact)) => format!(" Contact: {contact}"),
        (None, None) => " Ask the recipient for another way to send it.".to_owned(),
    };
    let opening = format!("{opening} ({rule}): ");
    let room = LONGEST.saturating_sub(opening.len()).saturating_sub(way_out.len());
    format!("{opening}{}{way_out}", cut(&ascii_line(summary), room))
}

/// Printable ASCII only.
fn ascii_line(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// At most `room` bytes, cut between words.
fn cut(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let head = text.get(..room.saturating_sub(3)).unwrap_or("");
    let head = head.rsplit_once(' ').map_or(head, |(whole, _)| whole);
    format!("{}...", head.trim_end_matches(['.', ',', ' ']))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_short_ascii_line() {
        let long = Rescue { url: Some(format!("https://{}", "u".repeat(132))), contact: Some("c".repeat(80)) };
        for rescue in [Rescue::default(), long] {
            for summary in ["", "短い。", "It is encrypted.", &"word ".repeat(200)] {
                let text = text("Message not accepted for now", "zip-encryption-flag-hidden", summary, &rescue);
                assert!(text.len() <= LONGEST, "{text}");
                assert!(text.bytes().all(|b| b.is_ascii_graphic() || b == b' '), "{text}");
                assert!(rescue.url.iter().all(|u| text.contains(u.as_str())), "{text}");
            }
        }
    }

    #[test]
    fn only_refusals_have_a_reply() {
        let words = |_: &str| None;
        let codes: Vec<_> =
            [Action::Deliver, Action::Tag, Action::Hold, Action::Quarantine, Action::Defer, Action::Reject]
                .into_iter()
                .filter_map(|a| reply(a, "x", &Rescue::default(), &words))
                .map(|r| (r.code, r.enhanced))
                .collect();
        assert_eq!(codes, [(451, "4.7.1".to_owned()), (550, "5.7.1".to_owned())]);
    }
}
