//! The text of a rule document, and where in it something stands.

use std::borrow::Cow;

/// A stretch of one source, in bytes of its decoded text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which of [`super::RuleSet::sources`]; 0 is the document itself, others were included by it.
    pub source: u16,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// A stretch of the document itself.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { source: 0, start: narrow(start), end: narrow(end) }
    }

    /// From the start of this stretch to the end of another one.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start, end: other.end.max(self.start) }
    }

    /// The same stretch, `base` bytes further on in `source`.
    #[must_use]
    pub fn moved(self, source: u16, base: u32) -> Self {
        Self { source, start: self.start.saturating_add(base), end: self.end.saturating_add(base) }
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A place a person can find: both numbers begin at 1, the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

/// How many bytes lie between two checkpoints of the character count.
const STRIDE: usize = 1024;

/// One text: the document, or a script that it includes.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The name it was included by; empty for the document itself.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The bytes were not valid in their encoding, so some characters were replaced by U+FFFD.
    pub damaged: bool,
    /// Offsets of line feeds.
    feeds: Vec<u32>,
    /// Characters before each multiple of [`STRIDE`] bytes.
    checkpoints: Vec<u32>,
}

impl Source {
    /// Decodes a document: UTF-16 when a byte order mark says so (Windows tools write it), UTF-8 otherwise. A byte order
    /// mark is dropped.
    #[must_use]
    pub fn decode(name: &str, bytes: &[u8]) -> Self {
        let (text, damaged) = match bytes {
            [0xFF, 0xFE, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest),
            [0xFE, 0xFF, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest),
            [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
            all => utf8(all),
        };
        Self::of(name, text.into_owned(), damaged)
    }

    /// A text with its line index.
    #[must_use]
    pub fn of(name: &str, text: String, damaged: bool) -> Self {
        let feeds = memchr::memchr_iter(b'\n', text.as_bytes()).map(narrow).collect();
        let mut checkpoints = Vec::with_capacity(text.len().wrapping_div(STRIDE).saturating_add(1));
        let mut before = 0u32;
        for chunk in text.as_bytes().chunks(STRIDE) {
            checkpoints.push(before);
            before = before.saturating_add(count(chunk));
        }
        Self { name: name.to_owned(), text, damaged, feeds, checkpoints }
    }

    /// The text of a stretch.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where a byte stands, for a person.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.feeds.partition_point(|feed| *feed < offset);
        let start = line.checked_sub(1).and_then(|n| self.feeds.get(n)).map_or(0, |feed| feed.saturating_add(1));
        let column = match self.text.as_bytes().get(start as usize..offset as usize) {
            // Nearly always.
            Some(line) if line.len() <= STRIDE => count(line),
            _ => self.characters(offset).saturating_sub(self.characters(start)),
        } as usize;
        Position { line: line.saturating_add(1), column: column.saturating_add(1) }
    }

    /// Characters before a byte.
    fn characters(&self, offset: u32) -> u32 {
        let offset = (offset as usize).min(self.text.len());
        let stride = offset.wrapping_div(STRIDE);
        let rest = self.text.as_bytes().get(stride.saturating_mul(STRIDE)..offset).unwrap_or(&[]);
        self.checkpoints.get(stride).copied().unwrap_or_default().saturating_add(count(rest))
    }
}

/// Characters that begin in these bytes of UTF-8 text.
fn count(bytes: &[u8]) -> u32 {
    narrow(bytes.iter().filter(|b| **b & 0xC0 != 0x80).count())
}

fn utf8(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let damaged = matches!(text, Cow::Owned(_));
    (text, damaged)
}

/// The lines of a text with the offset each begins at, without their line ends.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0usize;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at = at.saturating_add(line.len());
        (start, line.strip_suffix('\n').map_or(line, |l| l.strip_suffix('\r').unwrap_or(l)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::of("", "ab\nあいう x\n".to_owned(), false);
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(3), Position { line: 2, column: 1 });
        assert_eq!(source.position(13), Position { line: 2, column: 5 });
    }

    #[test]
    fn positions_do_not_depend_on_checkpoints() {
        let text = "é".repeat(3000);
        let source = Source::of("", text, false);
        assert_eq!(source.position(5000).column, 2501);
    }

    #[test]
    fn windows_text_is_read() {
        assert_eq!(Source::decode("", b"\xFF\xFEa\0b\0").text, "ab");
        assert_eq!(Source::decode("", b"\xEF\xBB\xBFab").text, "ab");
        assert!(Source::decode("", b"a\xFFb").damaged);
    }
}
