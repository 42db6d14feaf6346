//! A message in a message.

use crate::container::sniff::Class;
use crate::container::{Item, Origin};
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { id: "nested-message", family: "nesting", severity: Info, kind: Note, check: check }

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        if is_message(item) {
            seen.push(Seen::of(at, item));
        }
    });
    group::report(scene.mail, seen, hits, |count| match count {
        1 => "A message lies in the message.".to_owned(),
        n => format!("{n} messages lie in the message."),
    });
}

/// A message by its bytes that was read as one. Not a text that quotes one, nor a multipart that was encoded as a whole.
fn is_message(item: &Item) -> bool {
    let is_text = item.names.is_empty() && (item.media_type.is_empty() || item.media_type.starts_with("text/"));
    item.origin != Origin::Root
        && item.messages().next().is_some()
        && !(item.origin == Origin::MimePart && is_text)
        && (item.format.class == Class::Message || item.media_type.starts_with("message/"))
}
