//! What a door shall do with a mail.

use crate::changes::Changes;

/// The verdict on one mail, ready to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let it pass, changed or (without changes) untouched.
    Pass(Changes),
    /// Let it in, but keep it until somebody decides.
    Hold {
        /// Marks for whoever looks at it.
        changes: Changes,
        /// Why: one line of ASCII, no text from the mail.
        reason: String,
    },
    /// It is safe in the quarantine of the gate: take it from the client, and drop it.
    Discard,
    /// Let it in, for one mailbox instead of its recipients.
    Redirect {
        /// Marks for whoever reads that mailbox. No recipient stands in them: some were blind copies.
        changes: Changes,
        /// The recipients it had.
        recipients: Vec<String>,
        /// The mailbox.
        to: String,
    },
    /// Do not take it.
    Refuse(Refusal),
}

/// An SMTP reply that refuses, for now (4xx) or for good (5xx). One line of ASCII, no text from the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reply code.
    pub code: u16,
    /// The enhanced status code, of the same class.
    pub enhanced: String,
    /// What it says.
    pub text: String,
}

impl Refusal {
    /// "Not now": the client keeps the mail and comes again.
    #[must_use]
    pub fn for_now(text: impl Into<String>) -> Self {
        Self { code: 451, enhanced: "4.7.1".to_owned(), text: text.into() }
    }

    /// The enhanced status code as it may be sent: one whose class is not that of the reply makes Postfix send a reply of
    /// its own.
    #[must_use]
    pub fn status(&self) -> &str {
        match (self.enhanced.split_once('.'), self.code / 100) {
            (Some(("4", _)), 4) | (Some(("5", _)), 5) => &self.enhanced,
            (_, 4) => "4.7.1",
            _ => "5.7.1",
        }
    }

    /// The whole line. Bytes that could break it are replaced, and it stays under 500 bytes.
    #[must_use]
    pub fn line(&self) -> String {
        let line = format!("{} {} {}", self.code, self.status(), self.text);
        line.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(498).collect()
    }
}

/// What to do when no verdict can be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// "Not now" (451): nothing is lost, nothing passes unseen.
    #[default]
    Tempfail,
    /// Let it pass unseen, with a field `X-Sekisho-Action: unscanned`.
    Accept,
}

/// What to do with a mail that is to be held when the mail server has no hold queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutHold {
    /// "Not now" (451).
    #[default]
    Defer,
    /// Refuse it (550).
    Reject,
    /// Let it pass with a field `X-Sekisho-Action: hold`, for a filter of the mailbox.
    Tag,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_one_short_line_of_ascii() {
        let refusal =
            Refusal { code: 550, enhanced: "5.7.1".into(), text: format!("a\r\n250 ok é\0{}", "x".repeat(900)) };
        let line = refusal.line();
        assert!(line.starts_with("550 5.7.1 a??250 ok ??x"), "{line}");
        assert_eq!(line.len(), 498);
        let odd = Refusal { code: 451, enhanced: "5.7.1".into(), text: "later".into() };
        assert_eq!(odd.line(), "451 4.7.1 later");
    }
}
