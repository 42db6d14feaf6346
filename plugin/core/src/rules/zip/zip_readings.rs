//! Archives that can be read in more than one way, or hardly at all.

use super::{each_archive, evidence, pairs};
use crate::container::zip::{Tally, ZipFacts};
use crate::rules::{Hits, Scene};

declare_rule! {
    CONCATENATED,
    id: "zip-concatenated",
    family: "zip",
    severity: High,
    kind: Deception,
    check: concatenated,
}

declare_rule! {
    MANY_ENDS,
    id: "zip-many-end-records",
    family: "zip",
    severity: High,
    kind: Deception,
    check: many_ends,
}

declare_rule! {
    NO_DIRECTORY,
    id: "zip-no-directory",
    family: "zip",
    severity: Medium,
    kind: Opaque,
    check: no_directory,
}

declare_rule! {
    ODD_ZIP64,
    id: "zip-odd-zip64",
    family: "zip",
    severity: Low,
    kind: Note,
    check: odd_zip64,
}

declare_rule! {
    METHOD_LIE,
    id: "zip-method-lie",
    family: "zip",
    severity: High,
    kind: Deception,
    check: method_lie,
}

declare_rule! {
    OVERLAP,
    id: "zip-overlap",
    family: "zip",
    severity: Critical,
    kind: Deception,
    check: overlap,
}

fn concatenated(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "Several archives stand one behind the other: some readers open the first, others the last.";
    check(scene, hits, message, |zip| &zip.concatenated);
}

fn many_ends(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "More than one record says where the archive ends: readers find different members.";
    check(scene, hits, message, |zip| &zip.more_ends);
}

fn odd_zip64(scene: &Scene<'_>, hits: &mut Hits) {
    check(scene, hits, "ZIP64 values contradict the others.", |zip| &zip.odd_zip64);
}

fn method_lie(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "Members are packed in another way than their headers say.";
    check(scene, hits, message, |zip| &zip.method_lie);
}

fn overlap(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "Members share the same bytes: the archive is built to swell when it is opened.";
    check(scene, hits, message, |zip| &zip.overlap);
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

fn no_directory(scene: &Scene<'_>, hits: &mut Hits) {
    each_archive(scene.mail, |index, _, zip| {
        if let Some(sign) = &zip.no_directory {
            let message = "The archive has no complete directory: some readers open it all the same.";
            hits.push(index, message, pairs(sign));
        }
        zip.no_directory.is_some()
    });
}
