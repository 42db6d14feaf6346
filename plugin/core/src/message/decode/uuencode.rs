//! Uuencode: `begin`, an octal mode and a name, lines that state their length, `end`. Specified by POSIX (uuencode), with
//! the habits of thirty years of mail: blanks lost at line ends, a check character too many, no `end`.

use std::borrow::Cow;

use super::base64::is_base64;
use super::{Decoded, How, Note, OTHERS, Other};

/// One uuencoded file in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The name on the `begin` line, as it stands.
    pub name: &'a [u8],
    /// Where the `begin` line begins.
    pub start: usize,
    /// The data lines.
    pub data: &'a [u8],
    /// Where the first data line begins.
    pub data_start: usize,
    /// Behind its last line.
    pub end: usize,
    /// Its `end` line is there.
    pub complete: bool,
}

/// Decodes a body whose transfer encoding is uuencode. Every section after the first is another reading.
pub(super) fn decode(body: &[u8]) -> Decoded<'_> {
    let mut sections = sections(body);
    let mut decoded = Decoded { bytes: Cow::Borrowed(body), others: Vec::new(), notes: Vec::new() };
    let Some(first) = sections.next() else {
        decoded.notes.push(Note::NoBegin);
        let (lines, _, _) = extent(body, 0);
        if lines > 0 {
            decoded.bytes = Cow::Owned(decode_lines(body));
            decoded.others.push(Other { body, how: How::Raw });
        }
        return decoded;
    };
    decoded.bytes = Cow::Owned(decode_lines(first.data));
    if !first.complete {
        decoded.notes.push(Note::NoEnd { offset: first.end });
    }
    if let Some(note) = bad_lines(first) {
        decoded.notes.push(note);
    }
    decoded.others.extend(sections.take(OTHERS).map(|s| Other { body: s.data, how: How::Uuencode }));
    decoded
}

/// The sections of a text, in order.
pub fn sections(text: &[u8]) -> impl Iterator<Item = Section<'_>> {
    let mut from = 0;
    core::iter::from_fn(move || {
        let section = next_section(text, from)?;
        from = section.end;
        Some(section)
    })
}

/// The first section that begins at a line start at or behind `from`.
fn next_section(text: &[u8], mut from: usize) -> Option<Section<'_>> {
    loop {
        let rest = text.get(from..)?;
        let at = from.checked_add(memchr::memmem::find(rest, b"begin ")?)?;
        if let Some(section) = section_at(text, at) {
            return Some(section);
        }
        from = at.saturating_add(1);
    }
}

/// The section whose `begin` line begins at `at`: it stands at a line start, and the line behind it is data.
#[must_use]
pub fn section_at(text: &[u8], at: usize) -> Option<Section<'_>> {
    let (name, data_start) = begin_line(text, at, b"begin ")?;
    let (lines, data_end, end) = extent(text, data_start);
    let complete = end > data_end;
    let data = text.get(data_start..data_end)?;
    (lines > 0).then_some(Section { name, start: at, data, data_start, end, complete })
}

/// The section of `uuencode -m` (POSIX) whose `begin-base64` line begins at `at`: lines of base64 up to `====`.
#[must_use]
pub fn base64_section_at(text: &[u8], at: usize) -> Option<Section<'_>> {
    let (name, data_start) = begin_line(text, at, b"begin-base64 ")?;
    let (mut data_end, mut end) = (data_start, data_start);
    while let Some((line, next)) = line_at(text, data_end) {
        let line = line.trim_ascii_end();
        if line == b"====" {
            end = next;
            break;
        }
        if !line.iter().all(|b| is_base64(*b) || *b == b'=') {
            break;
        }
        data_end = next;
    }
    let complete = end > data_end;
    let data = text.get(data_start..data_end).filter(|data| !data.trim_ascii().is_empty())?;
    Some(Section { name, start: at, data, data_start, end: end.max(data_end), complete })
}

/// The name on the line that begins at `at` with `word`, a mode and a name, and where the next line begins.
fn begin_line<'a>(text: &'a [u8], at: usize, word: &[u8]) -> Option<(&'a [u8], usize)> {
    if at > 0 && !matches!(text.get(at.checked_sub(1)?), Some(b'\n' | b'\r')) {
        return None;
    }
    let (line, next) = line_at(text, at)?;
    let line = line.strip_prefix(word)?.trim_ascii_start();
    let digits = line.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    let name = line.get(digits..)?.strip_prefix(b" ")?.trim_ascii();
    ((3..=4).contains(&digits) && !name.is_empty()).then_some((name, next))
}

/// How many data lines there are from `at` on, where they end, and where the `end` line behind them ends (the same where
/// there is none).
fn extent(text: &[u8], at: usize) -> (usize, usize, usize) {
    let (mut lines, mut from, mut empty) = (0usize, at, false);
    while let Some((line, next)) = line_at(text, from) {
        if line.trim_ascii() == b"end" {
            return (lines, from, next);
        }
        match line.first() {
            // Readers ignore empty lines; a data line of length zero ends the data.
            None => {}
            Some(b'`' | b' ') if !empty && is_data(line, false) => empty = true,
            Some(_) if !empty && is_data(line, lines == 0) => lines = lines.saturating_add(1),
            Some(_) => break,
        }
        from = next;
    }
    (lines, from, from)
}

/// The line that begins at `at`, without its line end, and where the next one begins.
fn line_at(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    let len = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    let line = rest.get(..len)?;
    let ends = match rest.get(len..)? {
        [b'\r', b'\n', ..] => 2,
        [] => 0,
        _ => 1,
    };
    Some((line, at.checked_add(len)?.checked_add(ends)?))
}

/// How many characters a data line has behind its first one, going by the length it states.
fn stated(first: u8) -> usize {
    usize::from(value(first)).div_ceil(3).saturating_mul(4)
}

/// Could this be a data line? The last group may be cut short, a check character or two may follow, and blanks at its
/// end, which stand for zero bytes, may be lost; so many of them only on a line that is not the first.
fn is_data(line: &[u8], first: bool) -> bool {
    let [length, data @ ..] = line else { return false };
    let stated = stated(*length);
    line.iter().all(|b| matches!(b, b' '..=b'`'))
        && data.len() <= stated.saturating_add(2)
        && (!first || data.len().saturating_add(8) >= stated)
}

/// The value of a character; anything outside the alphabet wraps, as in every decoder.
fn value(character: u8) -> u8 {
    character.wrapping_sub(b' ') & 63
}

/// Decodes data lines. Never longer than they are: blanks lost at the end of a line are made up for only so far.
#[must_use]
pub fn decode_lines(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(4).saturating_mul(3));
    let mut at = 0;
    while let Some((line, next)) = line_at(data, at) {
        at = next;
        let [first, groups @ ..] = line else { continue };
        let end = out.len().saturating_add(usize::from(value(*first))).min(data.len());
        for group in groups.chunks(4).take(usize::from(value(*first)).div_ceil(3)) {
            let mut quad = 0u32;
            for n in 0..4 {
                quad = (quad << 6) | u32::from(value(*group.get(n).unwrap_or(&b' ')));
            }
            let [_, bytes @ ..] = quad.to_be_bytes();
            out.extend_from_slice(&bytes);
        }
        out.resize(end, 0);
    }
    out
}

/// Lines of a section whose length is not the one they state.
fn bad_lines(section: Section<'_>) -> Option<Note> {
    let (mut at, mut first, mut count) = (0, 0, 0usize);
    while let Some((line, next)) = line_at(section.data, at) {
        if line.first().is_some_and(|first| line.len().saturating_sub(1) > stated(*first).saturating_add(1)) {
            first = if count == 0 { section.data_start.saturating_add(at) } else { first };
            count = count.saturating_add(1);
        }
        at = next;
    }
    (count > 0).then_some(Note::BadLine { offset: first, count })
}
