//! A verdict as changes of the request: `set`, then `add`, then `delete`, each with a JSON pointer (RFC 6901).
//!
//! One pointer outside of what was agreed makes the whole answer void, and the mail passes. So what is not granted is done in
//! another way, or the mail is refused.

use serde::Serialize;

use super::format::Raw;
use super::register::Terms;
use crate::changes::{Changes, Places};
use crate::fields::{Split, each_field};
use crate::verdict::{Refusal, Verdict, WithoutHold};

/// What is to be changed. Without any change the answer is 204.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Patch {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    set: Vec<Set>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    add: Vec<Add>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    delete: Vec<Delete>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Set {
    path: String,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Add {
    path: String,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Delete {
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Raw(Raw),
    #[serde(rename_all = "camelCase")]
    Response {
        code: u16,
        enhanced_code: String,
        message: String,
    },
    Header {
        name: String,
        value: String,
    },
    Address {
        address: String,
        parameters: Nothing,
    },
}

/// An object without members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Nothing {}

impl Patch {
    /// Is there nothing to change?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.add.is_empty() && self.delete.is_empty()
    }

    fn action(action: &str) -> Self {
        Self { set: vec![set("/action", Value::Text(action.to_owned()))], ..Self::default() }
    }

    /// All that it changes.
    fn pointers(&self) -> impl Iterator<Item = &str> {
        let set = self.set.iter().map(|set| set.path.as_str());
        let add = self.add.iter().map(|add| add.path.as_str());
        set.chain(add).chain(self.delete.iter().map(|delete| delete.path.as_str()))
    }
}

/// Refuses a mail, for now or for good.
#[must_use]
pub fn refuse(refusal: &Refusal) -> Patch {
    let line = refusal.line();
    let message = line.splitn(3, ' ').nth(2).unwrap_or("").to_owned();
    let response = Value::Response { code: refusal.code, enhanced_code: refusal.status().to_owned(), message };
    let mut patch = Patch::action("reject");
    patch.set.push(set("/response", response));
    patch
}

/// How a mail server is told.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// What was agreed.
    pub terms: &'a Terms,
    /// What becomes of mail to be held, when the mail server cannot hold it.
    pub without_hold: WithoutHold,
    /// The message that was judged; empty when it was not kept.
    pub message: &'a [u8],
    /// What becomes of the mail when nothing is changed.
    pub given: &'a str,
}

impl Manner<'_> {
    /// The answer that carries out a verdict.
    #[must_use]
    pub fn answer(&self, verdict: &Verdict) -> Patch {
        // A filter before us that was stricter is not overruled.
        let ended = matches!(self.given, "reject" | "discard" | "disconnect");
        let patch = match verdict {
            Verdict::Refuse(refusal) => refuse(refusal),
            _ if ended => Patch::default(),
            Verdict::Pass(changes) => self.pass(changes),
            Verdict::Hold { changes, reason } => self.hold(changes, reason),
            Verdict::Discard if self.terms.offers("discard") => Patch::action("discard"),
            Verdict::Discard if self.terms.offers("quarantine") => Patch::action("quarantine"),
            Verdict::Discard => refuse(&for_good("Message refused by policy")),
            Verdict::Redirect { changes, recipients, to } if self.terms.may("/envelope/to") => {
                redirect(self.pass(changes), recipients.len(), to)
            }
            Verdict::Redirect { changes, .. } => self.hold(changes, "quarantine"),
        };
        if patch.pointers().all(|pointer| self.terms.may(pointer)) {
            patch
        } else {
            refuse(&Refusal::for_now("This message needs a change that the mail server does not grant"))
        }
    }

    /// Kept by the mail server, or what is done instead. Marks go with it, and nothing that a mail server could find void.
    fn hold(&self, changes: &Changes, reason: &str) -> Patch {
        if self.terms.offers("quarantine") {
            let mut patch = Patch::action("quarantine");
            if self.terms.may("/message/headers") {
                patch.add = on_top(changes);
            }
            return patch;
        }
        match self.without_hold {
            WithoutHold::Tag => self.pass(changes),
            WithoutHold::Defer => refuse(&Refusal::for_now(format!("Message held: {reason}"))),
            WithoutHold::Reject => refuse(&for_good(&format!("Message refused: {reason}"))),
        }
    }

    fn pass(&self, changes: &Changes) -> Patch {
        let by_field = self.terms.may("/message/headers");
        let marks_only = changes.delete.is_empty() && changes.change.is_empty() && changes.body.is_none();
        let anew = self.terms.may("/rawMessage") && !self.message.is_empty() && !changes.is_empty();
        if anew && !(marks_only && by_field) {
            let raw = Value::Raw(Raw(changes.apply(self.message)));
            return Patch { set: vec![set("/rawMessage", raw)], ..Patch::default() };
        }
        if changes.body.is_some() && !changes.body_is_optional {
            return refuse(&for_good("A part of this message must be removed, which cannot be done here"));
        }
        if !by_field {
            return Patch::default();
        }
        let places = changes.places(self.message);
        let behind = places.delete.iter().chain(places.change.iter().map(|(place, _)| place)).max();
        if behind.is_some_and(|last| !is_countable(self.message, *last)) {
            return refuse(&for_good("The header of this message is malformed, and a field must be changed in it"));
        }
        by_fields(changes, &places)
    }
}

/// Changes of single fields. Numbers of `set` are those of the message as it came; those of `delete` count what was added.
fn by_fields(changes: &Changes, places: &Places) -> Patch {
    let mut patch = Patch { add: on_top(changes), ..Patch::default() };
    for (place, value) in &places.change {
        patch.set.push(set(&format!("/message/headers/{place}/value"), Value::Text(unfolded(value))));
    }
    let added = patch.add.len();
    patch.add.extend(changes.append.iter().map(|(name, value)| add(name, value, None)));
    for place in places.delete.iter().rev() {
        let place = place.saturating_add(added);
        patch.delete.push(Delete { path: format!("/message/headers/{place}") });
    }
    patch
}

/// The new fields above all others, in their order.
fn on_top(changes: &Changes) -> Vec<Add> {
    (0..).zip(&changes.insert).map(|(index, (name, value))| add(name, value, Some(index))).collect()
}

/// Does every reader count the fields up to this one alike? Where a line is none, some do not.
fn is_countable(message: &[u8], last: usize) -> bool {
    each_field(Split::of(message).header).take(last.saturating_add(1)).all(|field| !field.name.is_empty())
}

/// Another mailbox instead of the recipients, added to an answer that lets it pass.
fn redirect(mut patch: Patch, recipients: usize, to: &str) -> Patch {
    if patch.set.iter().any(|set| set.path == "/action") {
        return patch;
    }
    let value = Value::Address { address: one_line(to), parameters: Nothing {} };
    patch.add.push(Add { path: "/envelope/to".to_owned(), value, index: None });
    // The new one is behind them.
    patch.delete.extend((0..recipients).rev().map(|place| Delete { path: format!("/envelope/to/{place}") }));
    patch
}

fn for_good(text: &str) -> Refusal {
    Refusal { code: 550, enhanced: "5.7.1".to_owned(), text: text.to_owned() }
}

fn set(path: &str, value: Value) -> Set {
    Set { path: path.to_owned(), value }
}

fn add(name: &[u8], value: &[u8], index: Option<usize>) -> Add {
    let header = Value::Header { name: one_line(&String::from_utf8_lossy(name)), value: unfolded(value) };
    Add { path: "/message/headers".to_owned(), value: header, index }
}

/// A value in one line, without its leading space. A line break would begin a line of its own.
fn unfolded(value: &[u8]) -> String {
    one_line(&String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value)))
}

fn one_line(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect()
}

#[cfg(test)]
mod tests;
