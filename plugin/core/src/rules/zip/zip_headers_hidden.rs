//! Archives that hide even the names of their members.

use super::{each_archive, evidence};
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "zip-headers-hidden",
    family: "zip",
    severity: High,
    kind: Encryption,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    each_archive(scene.mail, |index, _, zip| {
        let hidden = &zip.headers_hidden;
        if hidden.any() {
            let message =
                "The directory of the archive is encrypted, so not even the names of its members can be read.";
            hits.push(index, message, evidence(hidden));
        }
        hidden.any()
    });
}
