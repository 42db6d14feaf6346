//! A domain name taken apart: shown form, A-labels, U-labels, public suffix.

use std::borrow::Cow;

use super::{idn, suffix};

/// Something wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// An address literal (RFC 5321 section 4.1.3).
    Literal,
    /// Empty, or with an empty label.
    EmptyLabel,
    /// Longer than 253 bytes, or with a label longer than 63 (RFC 1035 section 2.3.4).
    TooLong,
    /// A character no host name has, in a name of ASCII.
    Character,
    /// UTS #46 or IDNA 2008 refuses it.
    Idna,
}

impl Flaw {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Literal => "address-literal",
            Self::EmptyLabel => "empty-label",
            Self::TooLong => "too-long",
            Self::Character => "bad-character",
            Self::Idna => "invalid-idn",
        }
    }
}

/// A domain name. Names of lower-case ASCII borrow everything.
#[derive(Clone, Debug)]
pub struct Domain<'a> {
    /// As it stood, without a root dot.
    pub shown: &'a str,
    /// A-labels, lower case.
    pub ascii: Cow<'a, str>,
    /// U-labels, where it has any.
    unicode: Option<Cow<'a, str>>,
    /// Where the registrable part of `ascii` begins; none if the name is a public suffix or a literal.
    registrable: Option<usize>,
    /// Where the public suffix of `ascii` begins.
    suffix: usize,
    /// The first thing that is wrong with it.
    pub flaw: Option<Flaw>,
}

/// The most bytes of a name that are looked at.
const MOST: usize = 1024;

impl<'a> Domain<'a> {
    /// Takes a name apart. Never fails: what is wrong is a [`Flaw`].
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let text = clip(text.trim_ascii());
        let shown = text.strip_suffix('.').unwrap_or(text);
        if shown.starts_with('[') {
            let ascii = Cow::Borrowed(shown);
            return Self { shown, ascii, unicode: None, registrable: None, suffix: 0, flaw: Some(Flaw::Literal) };
        }
        let plain =
            shown.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_'));
        if plain && !has_a_label(shown) {
            return Self::of(shown, Cow::Borrowed(shown), None, None);
        }
        if shown.is_ascii() && !has_a_label(shown) {
            let bad = shown.bytes().any(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'.' | b'_'));
            return Self::of(shown, Cow::Owned(shown.to_ascii_lowercase()), None, bad.then_some(Flaw::Character));
        }
        let forms = idn::forms(shown);
        let flaw = (!forms.valid).then_some(Flaw::Idna);
        Self::of(shown, forms.ascii, Some(forms.unicode), flaw)
    }

    fn of(shown: &'a str, ascii: Cow<'a, str>, unicode: Option<Cow<'a, str>>, flaw: Option<Flaw>) -> Self {
        let empty = ascii.is_empty() || ascii.starts_with('.') || ascii.ends_with('.') || ascii.contains("..");
        let long = ascii.len() > 253 || ascii.split('.').any(|l| l.len() > 63);
        let flaw = flaw.or(empty.then_some(Flaw::EmptyLabel)).or(long.then_some(Flaw::TooLong));
        let suffix = ascii.len().saturating_sub(suffix::suffix_len(&ascii));
        let registrable = suffix.checked_sub(1).map(|dot| {
            let before = ascii.get(..dot).unwrap_or_default();
            before.rfind('.').map_or(0, |i| i.saturating_add(1))
        });
        Self { shown, ascii, unicode, registrable, suffix, flaw }
    }

    /// U-labels; the A-labels where there are none.
    #[must_use]
    pub fn unicode(&self) -> &str {
        self.unicode.as_deref().unwrap_or(&self.ascii)
    }

    /// Has it labels beyond ASCII?
    #[must_use]
    pub fn is_international(&self) -> bool {
        !self.unicode().is_ascii()
    }

    /// The public suffix: `co.jp`.
    #[must_use]
    pub fn suffix(&self) -> &str {
        self.ascii.get(self.suffix..).unwrap_or_default()
    }

    /// The registrable name in A-labels: `hoshimaru.co.jp`. A name without one stands for itself.
    #[must_use]
    pub fn registrable(&self) -> &str {
        self.ascii.get(self.registrable.unwrap_or(0)..).unwrap_or_default()
    }

    /// The label a registrant chose, in U-label form: `hoshimaru`. Empty if the name is a public suffix.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.registrable.is_none() {
            return "";
        }
        let below = self.suffix().split('.').count();
        self.unicode().rsplit('.').nth(below).unwrap_or_default()
    }

    /// The labels below the registrable name in U-label form, from the left: `www`, `mail`.
    pub fn below(&self) -> impl DoubleEndedIterator<Item = &str> {
        let keep = self.suffix().split('.').count().saturating_add(1);
        let dots = self.unicode().rmatch_indices('.').nth(keep.saturating_sub(1)).map_or(0, |(at, _)| at);
        let below = if self.registrable.is_some() { self.unicode().get(..dots).unwrap_or_default() } else { "" };
        below.split('.').filter(|l| !l.is_empty())
    }

    /// Is `self` the name `registrable` or below it?
    #[must_use]
    pub fn is_within(&self, registrable: &str) -> bool {
        self.ascii
            .strip_suffix(registrable)
            .is_some_and(|rest| !registrable.is_empty() && (rest.is_empty() || rest.ends_with('.')))
    }
}

/// Is there a label that begins with `xn--`?
fn has_a_label(name: &str) -> bool {
    name.split('.').any(|l| l.as_bytes().get(..4).is_some_and(|p| p.eq_ignore_ascii_case(b"xn--")))
}

/// At most [`MOST`] bytes of a name.
fn clip(text: &str) -> &str {
    let end = (0..=MOST.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_come_apart() {
        let d = Domain::parse("Mail.HOSHIMARU.co.jp.");
        assert_eq!((d.registrable(), d.suffix(), d.label()), ("hoshimaru.co.jp", "co.jp", "hoshimaru"));
        assert_eq!(d.below().collect::<Vec<_>>(), ["mail"]);
        assert_eq!(d.flaw, None);
        let d = Domain::parse("a.b.例え.テスト");
        assert_eq!(d.label(), "例え");
        assert_eq!(d.below().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(d.registrable(), "xn--r8jz45g.xn--zckzah");
        let d = Domain::parse("localhost");
        assert_eq!((d.label(), d.registrable(), d.below().count()), ("", "localhost", 0));
        assert!(Domain::parse("x.y.com").is_within("y.com") && !Domain::parse("xy.com").is_within("y.com"));
    }

    #[test]
    fn flaws_are_named() {
        for (name, flaw) in [
            ("[192.0.2.1]", Flaw::Literal),
            ("", Flaw::EmptyLabel),
            ("a..b", Flaw::EmptyLabel),
            ("a b.com", Flaw::Character),
            ("xn--merrowmint-.com", Flaw::Idna),
        ] {
            assert_eq!(Domain::parse(name).flaw, Some(flaw), "{name}");
        }
        assert_eq!(Domain::parse(&format!("{}.com", "a".repeat(64))).flaw, Some(Flaw::TooLong));
    }

    proptest! {
        #[test]
        fn parts_are_parts_of_the_whole(name in "\\PC{0,80}|[a-z.-]{0,60}|(xn--[a-z0-9]{1,9}\\.){1,3}jp") {
            let d = Domain::parse(&name);
            prop_assert!(d.ascii.ends_with(d.registrable()));
            prop_assert!(d.registrable().ends_with(d.suffix()) || d.registrable().is_empty());
            let _ = (d.label(), d.below().count());
        }
    }
}
