//! A message as a container: its parts are its children.

use super::tree::Step;
use super::{Child, Content, Facts, Item, Name, Opened, Origin, Reader, sniff};
use crate::budget::Budget;
use crate::message::{self, FileName, Part};
use crate::report::Inspection;

/// The reader.
pub const READER: Reader = Reader { name: "message", claims, read };

/// Media types whose content is a message (RFC 2046 section 5.2, RFC 6532 section 3.7, RFC 5537 section 2.3).
const MESSAGES: &[&str] = &["message/rfc822", "message/global", "message/news", "message/rfc2822", "message/partial"];

/// The input, what is declared a message and begins with a field, and what is one by its bytes, whatever it is called.
fn claims(bytes: &[u8], item: &Item) -> bool {
    item.origin == Origin::Root
        || is_body(item)
        || sniff::looks_like_message(bytes)
        || message::begins_with_mime_field(bytes)
        || (MESSAGES.contains(&item.media_type.as_str()) && message::begins_with_field(bytes))
}

/// Declared as the body of a multipart: it was transfer-encoded as a whole.
fn is_body(item: &Item) -> bool {
    item.media_type.starts_with("multipart/")
}

fn read<'a>(bytes: &'a [u8], item: &Item, budget: &mut Budget) -> Option<Opened<'a>> {
    let message = if item.origin != Origin::Root && is_body(item) && !message::begins_with_field(bytes) {
        message::walk_body(bytes, budget)
    } else {
        message::walk(bytes, budget)
    };
    let children = message.leaves().map(|part| child(bytes, part)).collect();
    Some(Opened { facts: Facts::Message(Box::new(message)), inspection: Inspection::Inspected, children })
}

fn child<'a>(bytes: &'a [u8], part: &Part) -> Child<'a> {
    let mut readings: Vec<Content<'a>> = part
        .readings
        .iter()
        .map(|r| Content::Encoded { body: bytes.get(r.body.clone()).unwrap_or(&[]), encoding: r.encoding })
        .collect();
    if matches!(part.media_type.as_str(), "message/partial" | "message/external-body") {
        // What the recipient gets to see is put together elsewhere.
        readings.push(Content::Sealed(Inspection::OpaqueUnsupported));
    }
    Child {
        step: step(part),
        names: part.names.iter().map(name).collect(),
        media_type: part.media_type.clone(),
        origin: if part.shown { Origin::MimePart } else { Origin::Hidden },
        readings,
        stated_size: part.body.len() as u64,
    }
}

/// The place of a part: its number, or its label where it has none.
fn step(part: &Part) -> Step {
    let numbered = part.number.starts_with(|c: char| c.is_ascii_digit());
    if numbered { Step::Part(part.number.clone()) } else { Step::Inner(part.number.clone()) }
}

fn name(name: &FileName) -> Name {
    Name { text: name.text.clone(), raw: name.raw.clone(), source: name.source, charset: name.charset }
}
