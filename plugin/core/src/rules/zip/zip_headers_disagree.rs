//! The two descriptions of a member contradict each other, or one of them is missing.

use super::{Pairs, each_archive, evidence};
use crate::container::zip::ZipFacts;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "zip-headers-disagree",
    family: "zip",
    severity: High,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    each_archive(scene.mail, |index, _, zip| {
        let Some((message, shown)) = seen(zip) else { return false };
        hits.push(index, message, shown);
        true
    });
}

fn seen(zip: &ZipFacts) -> Option<(&'static str, Pairs)> {
    // Where the directory is cut off, that is what is wrong.
    let whole = zip.no_directory.is_none();
    if zip.disagree.any() {
        let message = "The local headers say something else than the directory: readers show different members.";
        Some((message, evidence(&zip.disagree)))
    } else if zip.local_only.any() && whole {
        Some(("Members stand in the archive that its directory does not list.", evidence(&zip.local_only)))
    } else if zip.miscounted.any() && whole {
        Some(("The directory lists another number of members than it states.", evidence(&zip.miscounted)))
    } else {
        None
    }
}
