//! Carrying out a verdict: edits first, the verdict in the last frame.

use super::command::Offer;
use super::flags::{
    ADD_HEADERS, ADD_RECIPIENTS, CHANGE_BODY, CHANGE_HEADERS, DELETE_RECIPIENTS, LEADING_SPACE, QUARANTINE,
};
use super::frame::put;
use crate::changes::Changes;
use crate::verdict::{Refusal, Verdict, WithoutHold};

/// The most body in one frame; more than libmilter ever takes at once.
const BODY_FRAME: usize = 65_535;

/// How a mail server wants its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// What was agreed upon.
    pub agreed: Offer,
    /// Stalwart: no hold queue; `%` in a reply means itself.
    pub stalwart: bool,
    /// What to do instead of holding a mail.
    pub without_hold: WithoutHold,
}

impl Manner {
    /// Appends the frames that carry out a verdict.
    pub fn answer(&self, verdict: &Verdict, out: &mut Vec<u8>) {
        match verdict {
            Verdict::Pass(changes) => self.pass(changes, out),
            Verdict::Hold { changes, reason } if self.may(QUARANTINE) && !self.stalwart && self.can(changes) => {
                self.edit(changes, out);
                put(out, b'q', &[reason.as_bytes(), b"\0"]);
                put(out, b'a', &[]);
            }
            Verdict::Hold { changes, reason } => match self.without_hold {
                WithoutHold::Tag => self.pass(changes, out),
                WithoutHold::Defer => self.refuse(&Refusal::for_now(format!("Message held: {reason}")), out),
                WithoutHold::Reject => {
                    let text = format!("Message refused: {reason}");
                    self.refuse(&Refusal { code: 550, enhanced: "5.7.1".to_owned(), text }, out);
                }
            },
            Verdict::Discard => put(out, b'd', &[]),
            Verdict::Redirect { changes, recipients, to } => self.redirect(changes, recipients, to, out),
            Verdict::Refuse(refusal) => self.refuse(refusal, out),
        }
    }

    /// A mail that cannot be changed as it should must not pass unchanged.
    fn pass(&self, changes: &Changes, out: &mut Vec<u8>) {
        if self.can(changes) {
            self.edit(changes, out);
            put(out, b'a', &[]);
        } else {
            self.refuse(&Refusal::for_now("The mail server does not let the checkpoint change this message"), out);
        }
    }

    /// Another mailbox instead of the recipients; a mail server that does not allow it must not deliver it to them.
    fn redirect(&self, changes: &Changes, recipients: &[String], to: &str, out: &mut Vec<u8>) {
        if !(self.may(ADD_RECIPIENTS) && self.may(DELETE_RECIPIENTS) && self.can(changes)) {
            return self
                .refuse(&Refusal::for_now("The mail server does not let the checkpoint change recipients"), out);
        }
        self.edit(changes, out);
        // Deleting one deletes all that are alike.
        for recipient in recipients.iter().collect::<std::collections::BTreeSet<_>>() {
            put(out, b'-', &[b"<", &clean(recipient), b">\0"]);
        }
        put(out, b'+', &[b"<", &clean(to), b">\0"]);
        put(out, b'a', &[]);
    }

    fn refuse(&self, refusal: &Refusal, out: &mut Vec<u8>) {
        let line = refusal.line();
        let line = if self.stalwart { line } else { line.replace('%', "%%") };
        put(out, b'y', &[line.as_bytes(), b"\0"]);
    }

    fn may(&self, action: u32) -> bool {
        self.agreed.actions & action == action
    }

    fn can(&self, changes: &Changes) -> bool {
        (!changes.touches_header() || self.may(ADD_HEADERS | CHANGE_HEADERS))
            && (changes.body.is_none() || self.may(CHANGE_BODY))
    }

    fn edit(&self, changes: &Changes, out: &mut Vec<u8>) {
        for (name, number) in &changes.delete {
            put(out, b'm', &[&number.to_be_bytes(), name, b"\0\0"]);
        }
        for (name, number, value) in &changes.change {
            put(out, b'm', &[&number.to_be_bytes(), name, b"\0", &self.value(value), b"\0"]);
        }
        for (name, value) in &changes.append {
            put(out, b'h', &[name, b"\0", &self.value(value), b"\0"]);
        }
        for (name, value) in changes.insert.iter().rev() {
            put(out, b'i', &[&0_u32.to_be_bytes(), name, b"\0", &self.value(value), b"\0"]);
        }
        if let Some(body) = &changes.body {
            if body.is_empty() {
                // To Stalwart an empty body is none at all, and the old one would stay.
                put(out, b'b', if self.stalwart { &[b"\r\n"] } else { &[] });
            }
            body.chunks(BODY_FRAME).for_each(|piece| put(out, b'b', &[piece]));
        }
    }

    /// A value as the mail server takes it: with its leading space only when that was agreed upon; folds as bare LF for
    /// those who send them so, unfolded for the others.
    fn value(&self, value: &[u8]) -> Vec<u8> {
        let leading_space = self.agreed.protocol & LEADING_SPACE != 0;
        let value = if leading_space { value } else { value.strip_prefix(b" ").unwrap_or(value) };
        value.iter().copied().filter(|b| !matches!(b, 0 | b'\r') && (leading_space || *b != b'\n')).collect()
    }
}

/// An address without what would end it or its line.
fn clean(address: &str) -> Vec<u8> {
    address.bytes().filter(|b| !matches!(b, 0 | b'\r' | b'\n' | b'<' | b'>')).collect()
}
