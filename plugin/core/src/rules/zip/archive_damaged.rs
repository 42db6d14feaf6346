//! Data that are missing, or are not those the archive states.

use std::collections::BTreeMap;

use super::{Pairs, each_archive, evidence};
use crate::container::Item;
use crate::rules::{Hits, Scene, each_item};

declare_rule! {
    id: "archive-damaged",
    family: "zip",
    severity: Medium,
    kind: Opaque,
    check: check,
}

/// So many names of damaged members are shown.
const SHOWN: usize = 8;

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut damaged: BTreeMap<usize, Vec<&Item>> = BTreeMap::new();
    for item in scene.mail.items.iter().filter(|i| i.damaged) {
        damaged.entry(item.parent.unwrap_or(0)).or_default().push(item);
    }
    each_archive(scene.mail, |index, _, zip| {
        if zip.part.is_some() {
            damaged.remove(&index);
        } else if zip.damaged.any() {
            damaged.remove(&index);
            hits.push(index, "Data of the archive are missing or damaged.", evidence(&zip.damaged));
        }
        zip.damaged.any()
    });
    for (index, members) in damaged {
        hits.push(index, "Content of the archive does not unpack to what it states.", names(&members));
    }
    each_item(scene.mail, |index, item| {
        if let Some(other) = item.archives().find(|a| !a.damage.is_empty()) {
            let signs =
                other.damage.iter().flat_map(|(at, what)| [("offset", at.to_string()), ("detail", (*what).to_owned())]);
            hits.push(index, "Data of the archive are missing or damaged.", signs);
        }
    });
}

fn names(members: &[&Item]) -> Pairs {
    let count = ("count", members.len().to_string());
    core::iter::once(count).chain(members.iter().take(SHOWN).map(|m| ("member", m.name().to_owned()))).collect()
}
