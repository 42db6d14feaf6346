//! Address fields read in every way a reader may read them (RFC 5322 section 3.4 and 4.4, and what else is in use).

use crate::message::decode_words;
use crate::text::{is_bidi_control, is_invisible};

/// The most mailboxes of one field.
pub const MOST: usize = 32;
/// The most bytes of one field.
pub const MOST_BYTES: usize = 16 * 1024;

/// One mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded; of a mailbox without one, its last comment.
    pub name: String,
    /// The address as it stood, without comments, folding and angle brackets.
    pub address: String,
}

impl Mailbox {
    /// The part before the last `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.address.rsplit_once('@').map_or(self.address.as_str(), |(l, _)| l)
    }

    /// The part after the last `@`; empty without one.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, d)| d)
    }
}

/// Something about an address field that readers may take differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Readings lead to different domains.
    Disagreement,
    /// A source route (RFC 5322 section 4.4).
    Route,
    /// A group (RFC 6854).
    Group,
    /// Text behind the angle bracket.
    TextAfter,
    /// More than one `@`, or `%` or `!` routing.
    SeveralAt,
    /// An encoded word that decodes to syntax.
    EncodedSyntax,
    /// An address within a comment.
    CommentAddress,
    /// Control characters, or an address with characters that cannot be seen.
    Control,
    /// Bytes that are no UTF-8.
    BadUtf8,
    /// A quote, comment or bracket that is never closed, or brackets within brackets.
    Unbalanced,
    /// Longer than is looked at, or with more mailboxes.
    Cut,
    /// No address.
    NoAddress,
}

impl Oddity {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disagreement => "readings-disagree",
            Self::Route => "source-route",
            Self::Group => "group",
            Self::TextAfter => "text-after-address",
            Self::SeveralAt => "several-at-signs",
            Self::EncodedSyntax => "encoded-syntax",
            Self::CommentAddress => "address-in-comment",
            Self::Control => "control-character",
            Self::BadUtf8 => "bad-utf8",
            Self::Unbalanced => "unbalanced",
            Self::Cut => "cut",
            Self::NoAddress => "no-address",
        }
    }
}

/// An address field, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// As the standard says.
    pub mailboxes: Vec<Mailbox>,
    /// Addresses other readers would find, those above not among them.
    pub others: Vec<String>,
    /// What readers may take differently.
    pub oddities: Vec<Oddity>,
}

impl Addresses {
    /// Reads the value of an address field.
    #[must_use]
    pub fn read(value: &[u8]) -> Self {
        let mut out = Self::default();
        if value.len() > MOST_BYTES {
            out.odd(Oddity::Cut);
        }
        let raw = value.get(..value.len().min(MOST_BYTES)).unwrap_or_default();
        let value: Vec<u8> = raw.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        if value.iter().any(|b| b.is_ascii_control() && *b != b'\t') {
            out.odd(Oddity::Control);
        }
        let escapes =
            memchr::memmem::find(&value, b"\x1b$").is_some() || memchr::memmem::find(&value, b"\x1b(").is_some();
        if core::str::from_utf8(&value).is_err() && !escapes {
            out.odd(Oddity::BadUtf8);
        }
        let standard = Reader::new(&value, true).list();
        standard.oddities.iter().for_each(|o| out.odd(*o));
        out.mailboxes = standard.mailboxes;
        out.otherwise(&value);
        if out.mailboxes.iter().any(|m| m.address.chars().any(|c| is_invisible(c) || is_bidi_control(c))) {
            out.odd(Oddity::Control);
        }
        if out.mailboxes.iter().all(|m| m.address.is_empty()) {
            out.odd(Oddity::NoAddress);
        }
        out
    }

    fn odd(&mut self, oddity: Oddity) {
        if !self.oddities.contains(&oddity) {
            self.oddities.push(oddity);
        }
    }

    /// What readers with other habits find.
    fn otherwise(&mut self, value: &[u8]) {
        let mut found = Vec::new();
        if splits_address(value) || self.oddities.contains(&Oddity::CommentAddress) {
            found.extend(Reader::new(value, false).list().mailboxes.into_iter().map(|m| m.address));
        }
        if value.len() < 2048 && memchr::memmem::find(value, b"=?").is_some() {
            let (decoded, _) = decode_words(value);
            let syntax = |text: &str| text.matches(['<', '>', '@', ',']).count();
            if syntax(&decoded) != syntax(&String::from_utf8_lossy(value)) && decoded.contains('@') {
                let before = self.mailboxes.iter().map(|m| m.address.as_str()).collect::<Vec<_>>();
                let list = Reader::new(decoded.as_bytes(), true).list().mailboxes;
                if list.iter().any(|m| !m.address.is_empty() && !before.contains(&m.address.as_str())) {
                    self.odd(Oddity::EncodedSyntax);
                    found.extend(list.into_iter().map(|m| m.address));
                }
            }
        }
        found.extend(between(value, value.iter().position(|b| *b == b'<')));
        found.extend(between(value, value.iter().rposition(|b| *b == b'<')));
        for mailbox in &self.mailboxes {
            if let Some((local, rest)) = mailbox.address.split_once('@')
                && let Some((domain, _)) = rest.split_once(['@', ':'])
            {
                found.push(format!("{local}@{domain}"));
            }
        }
        for address in found.into_iter().take(MOST) {
            let address = address.trim().to_owned();
            let known = self.mailboxes.iter().any(|m| m.address.eq_ignore_ascii_case(&address))
                || self.others.contains(&address);
            if address.contains('@') && !known {
                self.others.push(address);
            }
        }
        let domain = |a: &str| a.rsplit_once('@').map(|(_, d)| d.to_ascii_lowercase());
        let ours: Vec<_> = self.mailboxes.iter().filter_map(|m| domain(&m.address)).collect();
        let quoted = |a: &String| self.mailboxes.iter().any(|m| m.name.contains(a.as_str()));
        // An address within a display name is judged as part of the name.
        if self.others.iter().any(|a| domain(a).is_some_and(|d| !ours.contains(&d)) && !quoted(a)) {
            self.odd(Oddity::Disagreement);
        }
    }
}

/// Does a comment stand within an address, so that it matters whether it is kept?
fn splits_address(value: &[u8]) -> bool {
    value.windows(2).any(|w| match w {
        [b'@' | b'.', b'('] => true,
        [b')', after] => after.is_ascii_alphanumeric() || matches!(after, b'@' | b'.'),
        _ => false,
    })
}

/// What stands in the brackets that open at `open`.
fn between(value: &[u8], open: Option<usize>) -> Option<String> {
    let inner = value.get(open?.checked_add(1)?..)?;
    let end = inner.iter().position(|b| *b == b'>')?;
    let text = text(inner.get(..end)?);
    text.contains('@').then_some(text)
}

/// Bytes as text without blanks.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !matches!(c, ' ' | '\t')).collect()
}

/// Reads a list of mailboxes; `comments` says whether parentheses mean anything.
struct Reader<'a> {
    rest: &'a [u8],
    comments: bool,
    out: Addresses,
    /// Display name or bare address, quotes taken off.
    phrase: Vec<u8>,
    /// The same with quotes.
    raw: Vec<u8>,
    angle: Option<Vec<u8>>,
    comment: Vec<u8>,
    after: bool,
}

impl<'a> Reader<'a> {
    fn new(value: &'a [u8], comments: bool) -> Self {
        Self {
            rest: value,
            comments,
            out: Addresses::default(),
            phrase: Vec::new(),
            raw: Vec::new(),
            angle: None,
            comment: Vec::new(),
            after: false,
        }
    }

    fn list(mut self) -> Addresses {
        while let Some((&byte, after)) = self.rest.split_first() {
            self.rest = after;
            match byte {
                b'"' => self.quoted(),
                b'(' if self.comments => self.commented(),
                b'<' => self.bracketed(),
                // `SAKURA, Haruka <…>` without quotes: clients show it as one name.
                b',' if self.angle.is_none() && !self.raw.contains(&b'@') => {
                    self.phrase.push(byte);
                    self.raw.push(byte);
                }
                b',' | b';' => self.finish(),
                b':' if self.angle.is_none() && !self.raw.contains(&b'@') && !self.raw.is_empty() => {
                    self.out.odd(Oddity::Group);
                    self.phrase.clear();
                    self.raw.clear();
                }
                other => {
                    self.after |= self.angle.is_some() && !other.is_ascii_whitespace();
                    self.phrase.push(other);
                    self.raw.push(other);
                }
            }
        }
        self.finish();
        self.out
    }

    fn quoted(&mut self) {
        self.raw.push(b'"');
        let mut escaped = false;
        while let Some((&byte, after)) = self.rest.split_first() {
            self.rest = after;
            if escaped || !matches!(byte, b'"' | b'\\') {
                self.phrase.push(byte);
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
                self.raw.push(byte);
                continue;
            } else {
                self.raw.push(b'"');
                return;
            }
            self.raw.push(byte);
        }
        self.out.odd(Oddity::Unbalanced);
    }

    fn commented(&mut self) {
        let mut depth = 1usize;
        let mut comment = Vec::new();
        let mut escaped = false;
        while let Some((&byte, after)) = self.rest.split_first() {
            self.rest = after;
            match byte {
                _ if escaped => escaped = false,
                b'\\' => {
                    escaped = true;
                    continue;
                }
                b'(' => depth = depth.saturating_add(1),
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                if comment.contains(&b'@') {
                    self.out.odd(Oddity::CommentAddress);
                }
                self.comment = comment;
                return;
            }
            comment.push(byte);
        }
        self.out.odd(Oddity::Unbalanced);
    }

    fn bracketed(&mut self) {
        let mut inner = Vec::new();
        let mut quoted = false;
        while let Some((&byte, after)) = self.rest.split_first() {
            self.rest = after;
            match byte {
                b'"' => {
                    quoted = !quoted;
                    inner.push(byte);
                }
                b'(' if self.comments && !quoted => self.commented(),
                b'<' if !quoted => self.out.odd(Oddity::Unbalanced),
                b'>' if !quoted => {
                    let nested = self.rest.first() == Some(&b'>');
                    if nested {
                        self.out.odd(Oddity::Unbalanced);
                    }
                    // Of several brackets in one mailbox the last one with an address counts.
                    if self.angle.as_ref().is_none_or(|a| !a.contains(&b'@')) {
                        self.angle = Some(inner);
                    } else {
                        self.after = true;
                    }
                    return;
                }
                other => inner.push(other),
            }
        }
        self.out.odd(Oddity::Unbalanced);
        self.angle = Some(inner);
    }

    fn finish(&mut self) {
        let (phrase, raw) = (core::mem::take(&mut self.phrase), core::mem::take(&mut self.raw));
        let comment = core::mem::take(&mut self.comment);
        let after = core::mem::take(&mut self.after);
        let (name, mut address) = match self.angle.take() {
            Some(inner) => (phrase, text(&inner)),
            None => (Vec::new(), text(&raw)),
        };
        if after {
            self.out.odd(Oddity::TextAfter);
        }
        if let Some((route, rest)) = address.rsplit_once(':').filter(|_| address.starts_with('@')) {
            self.out.odd(Oddity::Route);
            if self.out.others.len() < MOST {
                self.out.others.push(route.to_owned());
            }
            address = rest.to_owned();
        }
        let local = address.rsplit_once('@').map_or("", |(l, _)| l);
        let routed = local.contains(['%', '!']) && !local.starts_with('"') && local.contains('.');
        if local.contains('@') || routed {
            self.out.odd(Oddity::SeveralAt);
        }
        let name = if name.trim_ascii().is_empty() { comment } else { name };
        let (name, _) = decode_words(name.trim_ascii());
        if address.is_empty() && name.is_empty() {
            return;
        }
        if self.out.mailboxes.len() < MOST {
            self.out.mailboxes.push(Mailbox { name, address });
        } else {
            self.out.odd(Oddity::Cut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(value: &str) -> Addresses {
        Addresses::read(value.as_bytes())
    }

    #[test]
    fn honest_fields_are_read_one_way() {
        for (value, name, address) in [
            ("pay@merrowmint.com", "", "pay@merrowmint.com"),
            ("Merrow Mint <pay@merrowmint.com>", "Merrow Mint", "pay@merrowmint.com"),
            ("\"Mint, Merrow\" <pay@merrowmint.com>", "Mint, Merrow", "pay@merrowmint.com"),
            ("pay@merrowmint.com (Merrow Mint)", "Merrow Mint", "pay@merrowmint.com"),
            ("=?UTF-8?B?5L2Q5YCJIOmBpQ==?= <haruka@aldermoor.com>", "佐倉 遥", "haruka@aldermoor.com"),
            ("\"a \\\"b\\\" c\" <x@y.example>", "a \"b\" c", "x@y.example"),
            ("佐倉 <x@例え.example>", "佐倉", "x@例え.example"),
            ("\"odd local\"@y.example", "", "\"oddlocal\"@y.example"),
        ] {
            let found = read(value);
            assert_eq!(found.mailboxes.len(), 1, "{value}");
            assert_eq!((found.mailboxes[0].name.as_str(), found.mailboxes[0].address.as_str()), (name, address));
            assert_eq!(found.oddities, [], "{value}: {found:?}");
        }
    }

    #[test]
    fn tricks_are_named() {
        for (value, oddity) in [
            ("<@tq-9.example:pay@merrowmint.com>", Oddity::Route),
            ("pay@merrowmint.com@tq-9.example", Oddity::SeveralAt),
            ("<a@tq-9.example> pay@merrowmint.com", Oddity::TextAfter),
            ("pay@merrowmint.com <a@tq-9.example> x", Oddity::TextAfter),
            ("pay@merrowmint.com(@tq-9.example)", Oddity::CommentAddress),
            ("pay@(merrowmint.com)tq-9.example", Oddity::Disagreement),
            ("=?utf-8?B?PHBheUBtZXJyb3dtaW50LmNvbT4=?= <a@tq-9.example>", Oddity::EncodedSyntax),
            ("Support: a@tq-9.example;", Oddity::Group),
            ("委員会:;", Oddity::NoAddress),
            ("pay\0@merrowmint.com", Oddity::Control),
            ("a <<pay@merrowmint.com>>", Oddity::Unbalanced),
            ("\"a <pay@merrowmint.com>", Oddity::Unbalanced),
        ] {
            assert!(read(value).oddities.contains(&oddity), "{value}: {:?}", read(value));
        }
        let both = read("<pay@merrowmint.com>, \"x\" <a@tq-9.example>");
        assert_eq!(both.mailboxes.len(), 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Addresses::read(&bytes);
        }

        #[test]
        fn any_syntax_is_read(value in "[a-z<>@(),:;\"\\\\ =?.]{0,60}") {
            let _ = Addresses::read(value.as_bytes());
        }
    }
}
