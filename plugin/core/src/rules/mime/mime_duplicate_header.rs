//! The same field, or the same file name, twice with different values.

use std::collections::BTreeSet;

use super::{Seen, each_quirk, is_plain};
use crate::container::Item;
use crate::message::QuirkKind;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "mime-duplicate-header",
    family: "mime",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let kinds = [QuirkKind::DuplicateType, QuirkKind::DuplicateEncoding, QuirkKind::DuplicateName];
    each_quirk(scene.mail, &kinds, |seen| {
        let Some((message, first)) = weigh(&seen) else { return };
        // Two sorts of text, or two encodings of a text, hide nothing.
        let severity = if is_harmless(&seen) { Severity::Low } else { Severity::Medium };
        hits.push_as(
            severity,
            seen.at,
            message,
            [
                ("part", seen.part.number.as_str()),
                ("offset", &seen.quirk.at.to_string()),
                ("first", first),
                ("other", &seen.quirk.text),
            ],
        );
    });
}

/// What to say, and the first value. `None` where the difference does not matter.
fn weigh<'s>(seen: &'s Seen<'_>) -> Option<(&'static str, &'s str)> {
    match seen.quirk.kind {
        QuirkKind::DuplicateType => {
            Some(("Two Content-Type fields say different things about the same part.", &seen.part.media_type))
        }
        QuirkKind::DuplicateEncoding => Some((
            "Two Content-Transfer-Encoding fields say different things about the same part.",
            &seen.part.encoding,
        )),
        _ => (extensions(seen.item).len() > 1)
            .then(|| ("The same part bears two file names of different sorts.", seen.item.name())),
    }
}

fn is_harmless(seen: &Seen<'_>) -> bool {
    match seen.quirk.kind {
        QuirkKind::DuplicateType => seen.part.media_type.starts_with("text/") && seen.quirk.text.starts_with("text/"),
        QuirkKind::DuplicateEncoding => is_plain(seen.item) && !seen.part.multipart,
        _ => false,
    }
}

/// The different extensions of an object's names.
fn extensions(item: &Item) -> BTreeSet<String> {
    item.names.iter().map(|n| n.text.rsplit_once('.').map_or("", |(_, e)| e).trim().to_lowercase()).collect()
}
