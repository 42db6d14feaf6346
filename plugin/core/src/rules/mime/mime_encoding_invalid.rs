//! A transfer encoding nobody defined.

use super::{Seen, each_quirk, is_plain};
use crate::message::QuirkKind;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "mime-encoding-invalid",
    family: "mime",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let kinds = [QuirkKind::UnknownEncoding, QuirkKind::MisspeltEncoding, QuirkKind::EncodedMultipart];
    each_quirk(scene.mail, &kinds, |seen| {
        let Some(severity) = weigh(&seen) else { return };
        let message = match seen.quirk.kind {
            QuirkKind::UnknownEncoding => {
                "The transfer encoding is none that is defined, and mail readers decode the part differently."
            }
            QuirkKind::MisspeltEncoding => {
                "The transfer encoding is not spelt as defined, and only some mail readers decode the part."
            }
            _ => {
                "A multipart is transfer-encoded as a whole, which is forbidden, and only some mail readers see its parts."
            }
        };
        hits.push_as(
            severity,
            seen.at,
            message,
            [
                ("part", seen.part.number.as_str()),
                ("offset", &seen.quirk.at.to_string()),
                ("encoding", &seen.quirk.text),
            ],
        );
    });
}

/// Text is text however it is decoded, so an unknown word is not worth a line and a misspelt one is a fact only.
fn weigh(seen: &Seen<'_>) -> Option<Severity> {
    match seen.quirk.kind {
        QuirkKind::EncodedMultipart => Some(Severity::Medium),
        QuirkKind::UnknownEncoding => (!is_plain(seen.item)).then_some(Severity::Medium),
        _ if is_plain(seen.item) => Some(Severity::Info),
        _ => Some(Severity::Medium),
    }
}
