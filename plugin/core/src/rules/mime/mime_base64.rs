//! Base64 that mail readers decode to different bytes: three rules of one shape.

use super::is_plain;
use crate::message::decode::Note;
use crate::report::Severity;
use crate::rules::{Hits, Scene, each_item};

declare_rule! {
    MID_PADDING,
    id: "mime-base64-mid-padding",
    family: "mime",
    severity: High,
    kind: Deception,
    check: mid_padding,
}

declare_rule! {
    URL_ALPHABET,
    id: "mime-base64-url-alphabet",
    family: "mime",
    severity: High,
    kind: Deception,
    check: url_alphabet,
}

declare_rule! {
    DECOY,
    id: "mime-base64-decoy",
    family: "mime",
    severity: High,
    kind: Deception,
    check: decoy,
}

fn mid_padding(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "Padding stands inside the base64 data: some mail readers stop there, others go on.";
    check(scene, hits, message, |note| matches!(note, Note::MidPadding { .. }));
}

fn url_alphabet(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "The base64 data use the alphabet of URLs: some mail readers decode it, others leave characters out.";
    check(scene, hits, message, |note| matches!(note, Note::UrlAlphabet { .. }));
}

fn decoy(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "More base64 data follow after the padding that ends them: some mail readers see another file.";
    check(scene, hits, message, |note| matches!(note, Note::Decoy { .. }));
}

fn check(scene: &Scene<'_>, hits: &mut Hits, message: &str, is: fn(&Note) -> bool) {
    each_item(scene.mail, |index, item| {
        let Some(note) = item.decoding.iter().find(|n| is(n)) else { return };
        // Whoever decodes a text otherwise gets other text.
        let severity = if is_plain(item) { Severity::Info } else { Severity::High };
        hits.push_as(severity, index, message, [("offset in body", note.offset().to_string())]);
    });
}
