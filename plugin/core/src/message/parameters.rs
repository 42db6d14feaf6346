//! Structured field values with parameters (RFC 2045 section 5.1, RFC 2231), taken apart as tolerantly as any reader of
//! mail does, and without losing a parameter that stands twice.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

/// The most parameters one value is asked for.
const MOST: usize = 256;

/// A field value: a word such as `text/plain` or `attachment`, and parameters.
#[derive(Debug, Default)]
pub(super) struct Value<'a> {
    /// The word before the first `;`, without comments, quotes and blanks inside.
    pub word: String,
    /// All parameters in order.
    pub parameters: Vec<Parameter<'a>>,
    /// There are more than are listed.
    pub cut: bool,
}

/// One parameter as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter<'a> {
    /// Its name without RFC 2231 marks.
    pub name: &'a [u8],
    /// The number of its section (RFC 2231 section 3).
    pub section: Option<u32>,
    /// It is percent-encoded (RFC 2231 section 4).
    pub extended: bool,
    /// Its value without quotes, escapes still in it.
    pub raw: &'a [u8],
    /// The value stood in quotes.
    pub quoted: bool,
    /// Where it stands in the message.
    pub at: usize,
}

impl<'a> Parameter<'a> {
    /// Has it this name? Case does not count.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Its value without folding and quoting (RFC 5322 section 3.2.4). Values with bytes above 127 keep their
    /// backslashes: half of a Shift_JIS character may look like one.
    pub fn value(&self) -> Cow<'a, [u8]> {
        let keep = !self.quoted || !self.raw.is_ascii();
        if memchr2(b'\r', b'\n', self.raw).is_none() && (keep || !self.raw.contains(&b'\\')) {
            return Cow::Borrowed(self.raw);
        }
        let mut out = Vec::with_capacity(self.raw.len());
        let mut bytes = self.raw.iter().copied();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\r' | b'\n' => {}
                b'\\' if !keep => out.extend(bytes.next()),
                byte => out.push(byte),
            }
        }
        Cow::Owned(out)
    }
}

/// Takes the value in `range` apart.
pub(super) fn parse(bytes: &[u8], range: Range<usize>) -> Value<'_> {
    let start = range.start;
    let text = bytes.get(range).unwrap_or(&[]);
    let mut scanner = Scanner { text, at: 0 };
    let mut value = Value { word: scanner.word(), ..Value::default() };
    while let Some(parameter) = scanner.parameter(start) {
        if value.parameters.len() >= MOST {
            value.cut = true;
            break;
        }
        value.parameters.push(parameter);
    }
    value
}

/// A value without comments (RFC 5322 section 3.2.2), folding and blanks around it.
pub(super) fn without_comments(value: &[u8]) -> Vec<u8> {
    let mut scanner = Scanner { text: value, at: 0 };
    let mut out = Vec::with_capacity(value.len());
    while let Some(byte) = scanner.peek() {
        if byte == b'(' {
            scanner.comment();
        } else {
            if !matches!(byte, b'\r' | b'\n' | 0) {
                out.push(byte);
            }
            scanner.step();
        }
    }
    out.trim_ascii().to_vec()
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn since(&self, from: usize) -> &'a [u8] {
        self.text.get(from..self.at).unwrap_or(&[])
    }

    fn skip_while(&mut self, is: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&is) {
            self.step();
        }
    }

    /// Skips a comment with the comments in it; one that never ends goes to the end.
    fn comment(&mut self) {
        let mut depth = 0u32;
        while let Some(byte) = self.peek() {
            self.step();
            match byte {
                b'(' => depth = depth.saturating_add(1),
                b')' => depth = depth.saturating_sub(1),
                b'\\' => self.step(),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    /// Skips blanks, folding and comments.
    fn blanks(&mut self) {
        loop {
            self.skip_while(is_blank);
            if self.peek() != Some(b'(') {
                break;
            }
            self.comment();
        }
    }

    /// The word at the beginning, lower case. A parameter may follow it without `;`.
    fn word(&mut self) -> String {
        let mut word = String::with_capacity(24);
        loop {
            self.blanks();
            match self.peek() {
                None | Some(b';') => break,
                Some(b'"') => self.step(),
                Some(_) => {
                    let from = self.at;
                    self.skip_while(|b| !is_blank(b) && !matches!(b, b';' | b'(' | b'"'));
                    let piece = self.since(from);
                    if piece.contains(&b'=') && !word.is_empty() {
                        self.at = from;
                        break;
                    }
                    word.extend(piece.iter().map(|b| char::from(b.to_ascii_lowercase())));
                }
            }
        }
        word
    }

    /// The next parameter; pieces that are none are skipped.
    fn parameter(&mut self, start: usize) -> Option<Parameter<'a>> {
        loop {
            self.skip_while(|b| is_blank(b) || b == b';');
            if self.peek() == Some(b'(') {
                self.comment();
                continue;
            }
            self.peek()?;
            let from = self.at;
            self.skip_while(|b| !is_blank(b) && !matches!(b, b'=' | b';' | b'('));
            let name = self.since(from);
            self.blanks();
            if self.peek() != Some(b'=') {
                continue;
            }
            self.step();
            self.blanks();
            let (raw, quoted) = if self.peek() == Some(b'"') { (self.quoted(), true) } else { (self.bare(), false) };
            let (name, section, extended) = split_name(name);
            return Some(Parameter { name, section, extended, raw, quoted, at: start.saturating_add(from) });
        }
    }

    /// A quoted string without its quotes; one that never ends goes to the end.
    fn quoted(&mut self) -> &'a [u8] {
        self.step();
        let from = self.at;
        loop {
            self.skip_while(|b| !matches!(b, b'"' | b'\\'));
            match self.peek() {
                Some(b'\\') => {
                    self.step();
                    self.step();
                }
                Some(_) => {
                    let raw = self.since(from);
                    self.step();
                    return raw;
                }
                None => {
                    self.at = self.text.len();
                    return self.since(from).trim_ascii_end();
                }
            }
        }
    }

    /// A value without quotes: up to `;`, or to where another parameter begins after a blank.
    fn bare(&mut self) -> &'a [u8] {
        let from = self.at;
        loop {
            self.skip_while(|b| !is_blank(b) && b != b';');
            let end = self.at;
            self.skip_while(is_blank);
            if self.peek().is_none_or(|b| b == b';') || self.parameter_begins() {
                let raw = self.text.get(from..end).unwrap_or(&[]);
                return raw;
            }
        }
    }

    /// Does `name=` stand here? Encoded words (`=?…?=`) do not count.
    fn parameter_begins(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or(&[]);
        let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'-' | b'_')).count();
        name > 0 && rest.get(name) == Some(&b'=') && rest.get(name.saturating_add(1)) != Some(&b'?')
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0)
}

/// `name*1*` → name, section, extended (RFC 2231 sections 3 and 4).
fn split_name(name: &[u8]) -> (&[u8], Option<u32>, bool) {
    let Some(star) = memchr::memchr(b'*', name) else { return (name, None, false) };
    let (base, rest) = name.split_at(star);
    let rest = rest.get(1..).unwrap_or(&[]);
    let (digits, extended) = match rest.strip_suffix(b"*") {
        Some(digits) => (digits, true),
        None => (rest, rest.is_empty()),
    };
    let section = core::str::from_utf8(digits).ok().and_then(|d| d.parse().ok());
    (base, section, extended)
}
