//! Files of formats that exist only to be encrypted.

use crate::container::sniff::Class;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { id: "encrypted-container", family: "archive", severity: Medium, kind: Encryption, check: check }

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        if item.format.class == Class::Sealed {
            seen.push(Seen::of(at, item).with("scheme", item.format.id));
        }
    });
    group::report(scene.mail, seen, hits, |_| {
        "It is an encrypted container and cannot be read without a secret.".to_owned()
    });
}
