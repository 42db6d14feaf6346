//! Base64 without a word that it is base64.

use super::{each_quirk, is_plain};
use crate::container::sniff::Class;
use crate::message::QuirkKind;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "mime-encoding-missing",
    family: "mime",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    each_quirk(scene.mail, &[QuirkKind::LooksBase64], |seen| {
        if !seen.part.encoding.is_empty() {
            return;
        }
        let for_people = seen.part.media_type.is_empty() || seen.part.media_type.starts_with("text/");
        let nothing_known = is_plain(seen.item) || (for_people && seen.item.format.class == Class::Data);
        let severity = if nothing_known { Severity::Info } else { Severity::Medium };
        hits.push_as(
            severity,
            seen.at,
            "The body is base64, but no transfer encoding is declared, so only some mail readers decode it.",
            [
                ("part", seen.part.number.as_str()),
                ("offset", &seen.quirk.at.to_string()),
                ("decoded", seen.item.format.id),
            ],
        );
    });
}
