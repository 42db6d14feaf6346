//! An archive in an archive.

use super::levels::levels;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene};

declare_rule! { id: "nested-archive", family: "nesting", severity: Low, kind: Note, check: check }

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let inner = scene.mail.items.iter().zip(levels(scene.mail)).enumerate();
    // What lies deeper is said by `nested-deep`.
    let seen =
        inner.filter(|(_, (_, l))| l.is_archive && l.depth == 2).map(|(at, (item, _))| Seen::of(at, item)).collect();
    group::report(scene.mail, seen, hits, |count| match count {
        1 => "An archive lies in another archive.".to_owned(),
        n => format!("{n} archives lie in another archive."),
    });
}
