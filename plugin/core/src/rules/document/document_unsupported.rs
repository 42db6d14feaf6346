//! Documents whose inside this version does not read.

use crate::container::sniff::Class;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { id: "document-unsupported", family: "document", severity: Info, kind: Note, check: check }

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        if item.format.class == Class::Document && !item.is_read() {
            seen.push(Seen::of(at, item).with("format", item.format.id));
        }
    });
    group::report(scene.mail, seen, hits, |_| "The inside of the document was not read by this version.".to_owned());
}
