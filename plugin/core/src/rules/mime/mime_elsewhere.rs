//! Parts whose content is not in the message: two rules of one shape.

use crate::rules::{Hits, Scene, each_item};

declare_rule! {
    PARTIAL,
    id: "mime-partial",
    family: "mime",
    severity: High,
    kind: Opaque,
    check: partial,
}

declare_rule! {
    EXTERNAL_BODY,
    id: "mime-external-body",
    family: "mime",
    severity: Medium,
    kind: Opaque,
    check: external_body,
}

fn partial(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "This is one fragment of a message; the recipient puts it together from several mails.";
    check(scene, hits, "message/partial", message);
}

fn external_body(scene: &Scene<'_>, hits: &mut Hits) {
    check(scene, hits, "message/external-body", "The content of this part is to be fetched from elsewhere.");
}

fn check(scene: &Scene<'_>, hits: &mut Hits, media_type: &str, message: &str) {
    each_item(scene.mail, |index, item| {
        if item.media_type == media_type {
            hits.push(index, message, [("type", media_type)]);
        }
    });
}
