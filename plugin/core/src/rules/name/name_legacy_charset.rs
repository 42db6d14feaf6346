//! Names in archives that are not UTF-8: everyday in Japan, and not obfuscation.

use crate::container::Origin;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { id: "name-legacy-charset", family: "name", severity: Info, kind: Note, check: check }

/// Character sets that need no guess.
const CERTAIN: &[&str] = &["", "ascii", "us-ascii", "utf-8"];

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        let Some(name) = item.names.first() else { return };
        if item.origin == Origin::Member && !CERTAIN.contains(&name.charset) {
            let detail = vec![("charset", name.charset.to_owned())];
            seen.push(Seen { at, name: name.text.clone(), severity: None, detail });
        }
    });
    group::report(scene.mail, seen, hits, |_| {
        "Names in the archive are in an older character set and were decoded for this report.".to_owned()
    });
}
