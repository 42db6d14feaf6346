//! Names that lead out of the folder into which an archive is unpacked, or a file saved.

use crate::container::{Item, Origin};
use crate::report::Severity;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { id: "name-traversal", family: "name", severity: Medium, kind: Deception, check: check }

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        let worst = item.names.iter().filter_map(|n| Some((leads_out(item, &n.text)?, n))).max_by_key(|(s, _)| *s);
        if let Some((severity, name)) = worst {
            let severity = (severity != Severity::Medium).then_some(severity);
            seen.push(Seen { at, name: name.text.clone(), severity, detail: Vec::new() });
        }
    });
    group::report(scene.mail, seen, hits, |_| {
        "The name leads to another folder than the one a user chooses.".to_owned()
    });
}

/// Upwards, or to another machine, is never honest. Paths from the root are sloppy archives (`tar -P`, old Windows tools);
/// as names of MIME parts they are ordinary, since old mailers put the sender's whole path there.
fn leads_out(item: &Item, name: &str) -> Option<Severity> {
    if name.split(['/', '\\']).any(|step| step.trim_end_matches(' ') == "..") {
        return Some(Severity::Medium);
    }
    if item.origin != Origin::Member {
        return None;
    }
    if name.starts_with("\\\\") || name.starts_with("//") {
        return Some(Severity::Medium);
    }
    let has_drive = matches!(name.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    (has_drive || name.starts_with(['/', '\\'])).then_some(Severity::Low)
}
