//! Archives, packed files and disk images that this version does not open, and members packed in ways it does not know.

use crate::container::Item;
use crate::container::sniff::Class;
use crate::report::Inspection;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { id: "archive-unsupported", family: "archive", severity: Medium, kind: Opaque, check: check }

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        if is_unread(item) {
            let unread = item.archives().flat_map(|a| &a.unread).map(|(offset, what)| format!("{what} at {offset}"));
            let mut one = Seen::of(at, item).with("format", item.format.id);
            one.detail.extend(unread.map(|what| ("unread", what)));
            seen.push(one);
        }
    });
    group::report(scene.mail, seen, hits, |_| "Its format or compression is not opened by this version.".to_owned());
}

/// An archive no reader of its format described, or one that was described as not read. Parts of messages whose content
/// is elsewhere have rules of their own.
fn is_unread(item: &Item) -> bool {
    match item.format.class {
        Class::Archive | Class::Compressor | Class::DiskImage => {
            !item.is_read() || item.own_inspection == Inspection::OpaqueUnsupported
        }
        Class::Document => false,
        _ => item.own_inspection == Inspection::OpaqueUnsupported && !item.media_type.starts_with("message/"),
    }
}
