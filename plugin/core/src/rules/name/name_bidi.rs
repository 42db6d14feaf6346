//! Names in which control characters turn the order of letters around (UAX #9).

use super::name_opens::dangerous_name;
use crate::report::Severity;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { id: "name-bidi", family: "name", severity: High, kind: Deception, check: check }

/// Overrides: everything behind them is written in one direction, whatever its letters. No honest name needs them.
const OVERRIDES: &[char] = &['\u{202D}', '\u{202E}'];
/// Embeddings and isolates: some systems put them around names in Arabic or Hebrew. Plain marks (U+200E, U+200F, U+061C)
/// are not here, many programs write them.
const EMBEDDINGS: &[char] = &['\u{202A}', '\u{202B}', '\u{2066}', '\u{2067}', '\u{2068}'];

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        let with = |controls: &[char]| item.names.iter().find(|n| n.text.contains(controls));
        let (name, severity) = match (with(OVERRIDES), with(EMBEDDINGS)) {
            (Some(name), _) => (name, None),
            (None, Some(name)) => (name, dangerous_name(item).is_none().then_some(Severity::Low)),
            (None, None) => return,
        };
        let detail = vec![("looks-like", looks_like(&name.text))];
        seen.push(Seen { at, name: name.text.clone(), severity, detail });
    });
    group::report(scene.mail, seen, hits, |_| {
        "Control characters in the name change the order in which its letters are shown.".to_owned()
    });
}

/// How a name with right-to-left overrides is shown: each reversed up to its end (U+202C), other controls left out.
fn looks_like(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((front, behind)) = rest.split_once('\u{202E}') {
        let (turned, after) = behind.split_once('\u{202C}').unwrap_or((behind, ""));
        shown.push_str(front);
        shown.extend(turned.chars().rev());
        rest = after;
    }
    shown.push_str(rest);
    shown.retain(|c| !crate::text::is_bidi_control(c));
    shown
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn overridden_letters_are_shown_backwards() {
        assert_eq!(looks_like("invoice_\u{202E}fdp.exe"), "invoice_exe.pdf");
        assert_eq!(looks_like("a\u{202E}cb\u{202C}d\u{2067}"), "abcd");
        assert_eq!(looks_like("a.pdf"), "a.pdf");
    }
}
