//! Archives in archives in archives.

use super::levels::levels;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene};

declare_rule! { id: "nested-deep", family: "nesting", severity: Medium, kind: Note, check: check }

/// From so many archives around each other on. Two are everyday (somebody packs an attachment he got), three happen
/// (collected logs), four are hardly ever made by hand.
const DEEP: usize = 4;

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let levels = levels(scene.mail);
    let inner = scene.mail.items.iter().zip(&levels).enumerate();
    // The first that is too deep stands for those inside it.
    let seen = inner
        .filter(|(_, (_, l))| l.is_archive && l.depth == DEEP)
        .map(|(at, (item, _))| Seen::of(at, item).with("archives", DEEP.to_string()))
        .collect();
    group::report(scene.mail, seen, hits, |_| format!("{DEEP} or more archives lie in each other."));
}
