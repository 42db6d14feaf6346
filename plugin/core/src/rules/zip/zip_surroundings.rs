//! What stands in front of an archive and behind it.

use super::{Pairs, each_archive, evidence, pairs};
use crate::container::zip::{Surrounding, ZipFacts};
use crate::rules::{Hits, Scene, each_item};

declare_rule! {
    PREPENDED,
    id: "zip-prepended-data",
    family: "zip",
    severity: Medium,
    kind: Deception,
    check: prepended,
}

declare_rule! {
    SELF_EXTRACTING,
    id: "self-extracting",
    family: "zip",
    severity: High,
    kind: Danger,
    check: self_extracting,
}

declare_rule! {
    POLYGLOT,
    id: "polyglot-file",
    family: "zip",
    severity: High,
    kind: Deception,
    check: polyglot,
}

declare_rule! {
    TRAILING,
    id: "archive-trailing-data",
    family: "zip",
    severity: Low,
    kind: Note,
    check: trailing,
}

fn prepended(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "Other bytes stand in front of the archive: some readers open it, some scanners do not.";
    in_front(scene, hits, message, |around| matches!(around, Surrounding::Bytes).then_some("data"));
}

fn self_extracting(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "The file is a program that carries an archive.";
    in_front(scene, hits, message, |around| match around {
        Surrounding::Program(format) => Some(format.id),
        _ => None,
    });
}

fn polyglot(scene: &Scene<'_>, hits: &mut Hits) {
    let message = "The file is two things at once: an archive stands behind the content of another format.";
    in_front(scene, hits, message, |around| match around {
        Surrounding::Disguise(format) => Some(format.id),
        _ => None,
    });
}

fn in_front(scene: &Scene<'_>, hits: &mut Hits, message: &str, what: fn(Surrounding) -> Option<&'static str>) {
    each_archive(scene.mail, |index, _, zip| {
        let Some((around, length)) = zip.prefix else { return false };
        let Some(format) = what(around) else { return false };
        hits.push(index, message, front(zip, format, length));
        true
    });
}

fn front(zip: &ZipFacts, format: &str, length: usize) -> Pairs {
    let counted = if zip.rebased { "from the start of the archive" } else { "from the start of the file" };
    vec![("format", format.to_owned()), ("archive at", length.to_string()), ("offsets count", counted.to_owned())]
}

fn trailing(scene: &Scene<'_>, hits: &mut Hits) {
    each_archive(scene.mail, |index, _, zip| {
        if let Some((sign, length)) = &zip.trailing {
            let mut shown = pairs(sign);
            shown.push(("length", length.to_string()));
            hits.push(index, "Other bytes stand behind the archive.", shown);
        } else if zip.gaps.any() {
            hits.push(index, "Bytes that belong to nothing stand inside the archive.", evidence(&zip.gaps));
        } else {
            return false;
        }
        true
    });
    each_item(scene.mail, |index, item| {
        if let Some((at, length)) = item.archives().find_map(|a| a.trailing) {
            let shown = [("offset", at.to_string()), ("length", length.to_string())];
            hits.push(index, "Other bytes stand behind the archive.", shown);
        }
    });
}
