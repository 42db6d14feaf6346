//! A file name in bytes nobody labelled.

use super::each_quirk;
use crate::message::QuirkKind;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "mime-raw-name",
    family: "mime",
    severity: Info,
    kind: Note,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    each_quirk(scene.mail, &[QuirkKind::RawName], |seen| {
        let charset = seen.item.names.iter().find(|n| n.text == seen.quirk.text).map_or("", |n| n.charset);
        hits.push(
            seen.at,
            "The file name is written in unlabelled 8-bit characters; its charset was guessed.",
            [("offset", seen.quirk.at.to_string().as_str()), ("name", &seen.quirk.text), ("charset", charset)],
        );
    });
}
