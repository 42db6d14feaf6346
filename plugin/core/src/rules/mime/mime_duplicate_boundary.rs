//! Two boundaries for one multipart.

use super::each_quirk;
use crate::message::QuirkKind;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "mime-duplicate-boundary",
    family: "mime",
    severity: High,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    each_quirk(scene.mail, &[QuirkKind::DuplicateBoundary], |seen| {
        hits.push(
            seen.at,
            "A multipart declares two different boundaries, so mail readers divide it differently.",
            [
                ("part", seen.part.number.as_str()),
                ("offset", &seen.quirk.at.to_string()),
                ("boundary", &seen.quirk.text),
            ],
        );
    });
}
