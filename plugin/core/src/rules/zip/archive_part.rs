//! One volume of several: what the recipient gets is put together from files that are not all here.

use super::pairs;
use crate::container::Item;
use crate::container::sniff::{self, Class};
use crate::rules::{Hits, Scene, each_item};

declare_rule! {
    id: "archive-part",
    family: "zip",
    severity: Medium,
    kind: Opaque,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let message =
        "The file is one part of an archive that was split: its content cannot be checked without the others.";
    each_item(scene.mail, |index, item| {
        if let Some(sign) = item.zips().find_map(|zip| zip.part.as_ref()) {
            hits.push(index, message, pairs(sign));
        } else if is_fragment(item)
            && let Some(name) = item.names.iter().find(|n| names_a_part(&n.text))
        {
            hits.push(index, message, [("name", name.text.as_str())]);
        }
    });
}

/// Bytes without a form of their own, or an archive that is not whole. A complete archive may be called what it likes.
fn is_fragment(item: &Item) -> bool {
    match item.format {
        f if f == sniff::ZIP => item.zips().any(|zip| zip.no_directory.is_some()),
        f => matches!(f.class, Class::Data | Class::Archive) && item.zips().all(|zip| zip.no_directory.is_some()),
    }
}

/// `.z01` (Info-ZIP, WinZip), `.zip.001` (7-Zip), `.r00` and `.part2.rar` (RAR).
fn names_a_part(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let Some((stem, last)) = name.rsplit_once('.') else { return false };
    let digits = |text: &str, least: usize| text.len() >= least && text.bytes().all(|b| b.is_ascii_digit());
    let numbered = |letter: char| last.strip_prefix(letter).is_some_and(|n| digits(n, 2));
    let archive = [".zip", ".zipx", ".7z", ".rar", ".tar", ".exe"].iter().any(|e| stem.ends_with(e));
    let rar = last == "rar" && stem.rsplit_once(".part").is_some_and(|(_, n)| digits(n, 1));
    numbered('z') || numbered('r') || (archive && digits(last, 3)) || rar
}

#[cfg(test)]
mod tests {
    use super::names_a_part;

    #[test]
    fn parts_are_told_by_name() {
        for name in ["a.z01", "A.Z12", "見積.zip.001", "a.7z.002", "a.r00", "a.part1.rar", "a.exe.003"] {
            assert!(names_a_part(name), "{name}");
        }
        for name in ["a.zip", "a.rar", "a.001", "photo.r1", "a.zoo", "log.2024", "a.part.rar", "z01", "a.rtf"] {
            assert!(!names_a_part(name), "{name}");
        }
    }
}
