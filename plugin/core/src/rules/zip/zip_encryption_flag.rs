//! Flags that say the opposite of what the data say.

use super::{each_archive, evidence};
use crate::container::zip::{Tally, ZipFacts};
use crate::rules::{Hits, Scene};

declare_rule! {
    HIDDEN,
    id: "zip-encryption-flag-hidden",
    family: "zip",
    severity: High,
    kind: Encryption,
    check: hidden,
}

declare_rule! {
    FALSE,
    id: "zip-encryption-flag-false",
    family: "zip",
    severity: High,
    kind: Deception,
    check: not_true,
}

fn hidden(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "Members are encrypted although no flag in their headers says so.";
    check(scene, hits, message, |zip| &zip.flag_hidden);
}

fn not_true(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "Members are marked as encrypted although their data are plain: scanners that believe it look away.";
    check(scene, hits, message, |zip| &zip.flag_false);
}

fn check(scene: &Scene<'_>, hits: &mut Hits, message: &str, tally: fn(&ZipFacts) -> &Tally) {
    each_archive(scene.mail, |index, _, zip| {
        let seen = tally(zip);
        if seen.any() {
            hits.push(index, message, evidence(seen));
        }
        seen.any()
    });
}
