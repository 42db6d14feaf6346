//! The `mime` family: structure and encodings that readers of mail take differently (RFC 2045–2047, 2231).

use std::collections::BTreeMap;

use super::Rule;
use crate::container::sniff::Class;
use crate::container::tree::Step;
use crate::container::{Item, Mail};
use crate::message::{Part, Quirk, QuirkKind};

mod mime_base64;
mod mime_duplicate_boundary;
mod mime_duplicate_header;
mod mime_elsewhere;
mod mime_encoded_in_text;
mod mime_encoding_invalid;
mod mime_encoding_missing;
mod mime_hidden_part;
mod mime_raw_name;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[
    &mime_duplicate_boundary::RULE,
    &mime_duplicate_header::RULE,
    &mime_encoding_invalid::RULE,
    &mime_encoding_missing::RULE,
    &mime_base64::MID_PADDING,
    &mime_base64::URL_ALPHABET,
    &mime_base64::DECOY,
    &mime_hidden_part::RULE,
    &mime_elsewhere::PARTIAL,
    &mime_elsewhere::EXTERNAL_BODY,
    &mime_encoded_in_text::RULE,
    &mime_raw_name::RULE,
];

/// A departure from the standards, and what it concerns.
struct Seen<'m> {
    /// The object of the part, or the message where the part is a multipart; an index into [`Mail::items`].
    at: usize,
    item: &'m Item,
    part: &'m Part,
    quirk: &'m Quirk,
}

/// Calls `look` for every departure of these kinds, in the order of the message.
fn each_quirk(mail: &Mail, kinds: &[QuirkKind], mut look: impl FnMut(Seen<'_>)) {
    for (index, item) in mail.items.iter().enumerate() {
        for message in item.messages().filter(|m| m.quirks.iter().any(|q| kinds.contains(&q.kind))) {
            let parts: BTreeMap<&str, (usize, &Item)> =
                mail.children(index).filter_map(|(at, child)| Some((label(&child.step)?, (at, child)))).collect();
            for quirk in message.quirks.iter().filter(|q| kinds.contains(&q.kind)) {
                let Some(part) = message.part(&quirk.part) else { continue };
                let (at, item) = parts.get(quirk.part.as_str()).copied().unwrap_or((index, item));
                look(Seen { at, item, part, quirk });
            }
        }
    }
}

/// The number or label of a part.
fn label(step: &Step) -> Option<&str> {
    match step {
        Step::Part(label) | Step::Inner(label) => Some(label),
        Step::Member(_) => None,
    }
}

/// Nothing but text, in every reading: whoever reads it otherwise reads other text.
fn is_plain(item: &Item) -> bool {
    matches!(item.format.class, Class::Text | Class::Markup | Class::Empty)
}
