//! Internationalised domain names: UTS #46 non-transitional processing by the `idna` crate, and the parts of IDNA 2008
//! it leaves out (ContextO of RFC 5892 appendix A, hyphens of decoded A-labels).

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::script::{Script, ScriptSet, scripts_of};

/// A name in both forms. `valid` is false if it cannot be registered in any way.
#[derive(Clone, Debug)]
pub struct Forms<'a> {
    /// A-labels, lower case.
    pub ascii: Cow<'a, str>,
    /// U-labels.
    pub unicode: Cow<'a, str>,
    /// Is it a valid name?
    pub valid: bool,
}

/// Both forms of a name. An invalid one gets its best reading, so that it can still be compared.
#[must_use]
pub fn forms(name: &str) -> Forms<'_> {
    let uts46 = Uts46::new();
    let (unicode, ok) = uts46.to_unicode(name.as_bytes(), AsciiDenyList::URL, Hyphens::Allow);
    let ascii = uts46.to_ascii(name.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Ignore);
    let valid = ok.is_ok() && ascii.is_ok() && decoded_well(name, &unicode) && unicode.split('.').all(in_context);
    let ascii = ascii.unwrap_or_else(|_| Cow::Owned(name.to_lowercase()));
    Forms { ascii, unicode, valid }
}

/// A label decoded from `xn--` has no `--` at the third and fourth place: it would read as another A-label.
fn decoded_well(name: &str, unicode: &str) -> bool {
    let encoded = |label: &str| label.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("xn--"));
    name.split('.')
        .zip(unicode.split('.'))
        .all(|(raw, label)| !encoded(raw) || label.chars().nth(2) != Some('-') || label.chars().nth(3) != Some('-'))
}

/// Contextual rules for other characters (RFC 5892 appendix A.3 to A.9).
fn in_context(label: &str) -> bool {
    if label.is_ascii() {
        return true;
    }
    let characters: Vec<char> = label.chars().collect();
    let at = |i: Option<usize>| i.and_then(|i| characters.get(i)).copied();
    let is = |c: Option<char>, script: Script| {
        c.is_some_and(|c| scripts_of(c) != ScriptSet::ALL && scripts_of(c).has(script))
    };
    let japanese = [Script::HIRAGANA, Script::KATAKANA, Script::HAN];
    let has = |range: core::ops::RangeInclusive<char>| characters.iter().any(|c| range.contains(c));
    if has('\u{0660}'..='\u{0669}') && has('\u{06F0}'..='\u{06F9}') {
        return false;
    }
    characters.iter().enumerate().all(|(i, c)| match c {
        '\u{00B7}' => at(i.checked_sub(1)) == Some('l') && at(i.checked_add(1)) == Some('l'),
        '\u{0375}' => is(at(i.checked_add(1)), Script::GREEK),
        '\u{05F3}' | '\u{05F4}' => is(at(i.checked_sub(1)), Script::HEBREW),
        '\u{30FB}' => characters.iter().any(|c| *c != '\u{30FB}' && japanese.iter().any(|s| is(Some(*c), *s))),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fake_a_labels_are_refused() {
        for name in [
            "xn--merrowmint-.com",
            "xn--a.com",
            "xn--a\u{301}.com",
            "xn--.com",
            "xn--zzzzzzz9999999.com",
            "a\u{200B}b..com\u{FFFD}",
            "l\u{B7}m.cat",
            "\u{30FB}abc.jp",
            "\u{0661}\u{06F1}.example",
        ] {
            assert!(!forms(name).valid, "{name}");
        }
    }

    #[test]
    fn real_names_have_both_forms() {
        for (name, ascii, unicode) in [
            ("日本語.jp", "xn--wgv71a119e.jp", "日本語.jp"),
            ("xn--wgv71a119e.jp", "xn--wgv71a119e.jp", "日本語.jp"),
            ("BÜCHER。example", "xn--bcher-kva.example", "bücher.example"),
            ("straße.example", "xn--strae-oqa.example", "straße.example"),
            ("paral·lel.cat", "xn--parallel-koa.cat", "paral·lel.cat"),
            ("a--b.example", "a--b.example", "a--b.example"),
        ] {
            let forms = forms(name);
            assert_eq!((forms.ascii.as_ref(), forms.unicode.as_ref()), (ascii, unicode));
            assert!(forms.valid, "{name}");
        }
    }
}
