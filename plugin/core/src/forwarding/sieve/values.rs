//! What some words want of the values of their arguments, as far as these are constant: names of variables and header
//! fields, envelope parts, addresses, patterns.

use super::check::{Call, Checker};
use super::parse::{Arg, Node, Value};
use crate::forwarding::address::Target;
use crate::forwarding::model::ProblemKind;

/// Envelope parts (RFC 5228 section 5.4, RFC 6009 section 3).
const ENVELOPE: &[&str] =
    &["from", "to", "auth", "orcpt", "notify", "ret", "envid", "bytimeabsolute", "bytimerelative", "bymode", "bytrace"];

/// Header fields that hold no addresses, and are asked for some by mistake.
const NO_ADDRESSES: &[&str] = &[
    "subject",
    "date",
    "message-id",
    "received",
    "content-type",
    "mime-version",
    "list-id",
    "x-mailer",
    "user-agent",
    "importance",
];

impl Checker<'_> {
    /// Holds the values of a call against what its word wants.
    pub(super) fn values(&mut self, node: &Node<'_>, word: &str, call: &Call<'_, '_>) {
        match word {
            "envelope" => self.each(call.last(1), "the envelope has no such part", |part| {
                ENVELOPE.contains(&part.to_ascii_lowercase().as_str())
            }),
            "address" => self.each(call.last(1), "the header field holds no addresses", |name| {
                !NO_ADDRESSES.contains(&name.to_ascii_lowercase().as_str())
            }),
            "set" => self.constant(call.last(1), "this is no name of a variable", is_variable),
            "extracttext" | "global" => self.each(call.last(0), "this is no name of a variable", is_variable),
            "addheader" => self.each(call.last(1), "this is no name of a header field", is_field),
            "deleteheader" => self.each(call.args.first().copied(), "this is no name of a header field", is_field),
            "vacation" => self.each(call.of("from"), "this is no address", is_address),
            "redirect" if !call.has("list") => self.each(call.last(0), "this is no address", is_address),
            "setflag" | "addflag" | "removeflag" | "hasflag"
                if call.args.len() > 1 && !self.capabilities.uses("variables") =>
            {
                self.note(ProblemKind::Require, node.span, "a variable is named without the capability", word);
            }
            _ => {}
        }
        if matches!(word, "global" | "extracttext") && !self.capabilities.uses("variables") {
            self.note(ProblemKind::Require, node.span, "a variable is named without the capability", word);
        }
        if call.has("regex") {
            let pattern = if word == "deleteheader" { call.args.get(1).copied() } else { call.last(0) };
            self.each(pattern, "the pattern is not balanced", is_balanced);
        }
        if let Some(Arg { value: Value::Number(0), span }) = call.of("index") {
            self.note(ProblemKind::Arity, *span, "an index begins at 1", word);
        }
    }

    /// Notes a value that is not right and must be constant.
    fn constant(&mut self, arg: Option<&Arg<'_>>, what: &str, right: impl Fn(&str) -> bool) {
        if let Some((arg, text)) = arg.and_then(|a| Some((a, a.value.texts().first()?)))
            && !right(text)
        {
            self.note(ProblemKind::Arity, arg.span, what, text);
        }
    }

    /// Notes every constant value that is not right. Values with variables are only known when a message comes.
    fn each(&mut self, arg: Option<&Arg<'_>>, what: &str, right: impl Fn(&str) -> bool) {
        let Some(arg) = arg else { return };
        for text in arg.value.texts() {
            let dynamic = text.contains("${")
                && (self.capabilities.asked("variables") || self.capabilities.asked("encoded-character"));
            if !dynamic && !right(text) {
                let end = text.char_indices().nth(80).map_or(text.len(), |(at, _)| at);
                self.note(ProblemKind::Arity, arg.span, what, text.get(..end).unwrap_or(""));
            }
        }
    }
}

/// A name, or one in a name space that a server fills (RFC 5229 section 3, RFC 6609 section 3.4.3).
fn is_variable(name: &str) -> bool {
    let name = ["global.", "vnd.", "env.", "envelope."].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// RFC 5322 section 3.6.8.
fn is_field(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

/// One mailbox whose local part is ASCII.
fn is_address(text: &str) -> bool {
    matches!(Target::parse(text), Target::Address(a) if a.local.is_ascii() && !a.odd.contains(&"bang path") && !a.odd.contains(&"source route"))
}

/// Parentheses and brackets of a regular expression are closed.
fn is_balanced(pattern: &str) -> bool {
    let mut open = 0usize;
    let mut bytes = pattern.bytes().peekable();
    while let Some(b) = bytes.next() {
        match b {
            b'\\' if bytes.next().is_none() => return false,
            b'\\' => {}
            b'[' => {
                // A bracket that comes first, or behind the caret, is one of the set.
                bytes.next_if_eq(&b'^');
                bytes.next_if_eq(&b']');
                if !bytes.any(|c| c == b']') {
                    return false;
                }
            }
            b'(' => open = open.saturating_add(1),
            b')' => match open.checked_sub(1) {
                Some(left) => open = left,
                None => return false,
            },
            _ => {}
        }
    }
    open == 0
}
