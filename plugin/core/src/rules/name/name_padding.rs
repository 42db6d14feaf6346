//! `invoice.pdf                    .exe`: the extension that counts is pushed out of sight.

use super::name_opens::dangerous_name;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};
use crate::text::filename;

declare_rule! { id: "name-padding", family: "name", severity: High, kind: Deception, check: check }

/// Blanks right before the extension are never typed, a few inside a name sometimes are.
const BEFORE_EXTENSION: usize = 2;
const BLANKS: usize = 8;
/// Lines of underscores and the like are drawn, so more of them are needed to hide something.
const FILLERS: usize = 16;

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        if let Some((name, _)) = dangerous_name(item)
            && is_padded(&name)
        {
            seen.push(Seen { at, name, severity: None, detail: Vec::new() });
        }
    });
    group::report(scene.mail, seen, hits, |_| {
        "Filling in the name pushes the extension that counts out of sight.".to_owned()
    });
}

fn is_padded(name: &str) -> bool {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name).trim_end_matches(['.', ' ', '\0']);
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let before = stem.chars().rev().take_while(|c| filename::is_blank(*c)).count();
    before >= BEFORE_EXTENSION || run(stem, filename::is_blank) >= BLANKS || fillers(stem) >= FILLERS
}

/// The longest run of one filler.
fn fillers(text: &str) -> usize {
    ['_', '.', '-', '~', '='].into_iter().map(|filler| run(text, |c| c == filler)).max().unwrap_or(0)
}

/// The longest run of characters that are such.
fn run(text: &str, is_such: impl Fn(char) -> bool) -> usize {
    text.split(|c| !is_such(c)).map(|run| run.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::is_padded;

    #[test]
    fn only_filling_that_hides_counts() {
        for name in [
            "a.pdf   .exe",
            "a.pdf\u{3000}\u{3000}.exe",
            "a/b \u{2800}.exe",
            "a.pdf_________________.exe",
            "a        b.exe",
            "a.pdf\u{200B}\u{200B}.exe",
        ] {
            assert!(is_padded(name), "{name:?}");
        }
        for name in ["setup.exe", "my setup v2.exe", "a .exe", "a____b.exe", "   /a.exe", "run.exe    "] {
            assert!(!is_padded(name), "{name:?}");
        }
    }
}
