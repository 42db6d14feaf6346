//! Header sections (RFC 5322 section 2.2), line by line.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::delimiter::Delimiters;
use super::model::{Head, HeadField};

/// The fields that tell what a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    ContentType,
    TransferEncoding,
    Disposition,
}

/// The most fields of these sorts that one header section is asked for.
const MIME_FIELDS: usize = 24;

/// The most bytes of a header section that are kept in a [`Head`].
const KEPT: usize = 1 << 20;

/// A header section.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Where the body begins.
    pub end: usize,
    /// The fields that tell what the part is, with their values.
    pub mime: Vec<(Field, Range<usize>)>,
    /// There were more of them than are asked for.
    pub cut: bool,
    /// All fields, when they were asked for.
    pub all: Vec<HeadField>,
    /// The first line that is no field, if some reader could end the header there.
    pub junk: Option<usize>,
    /// The first bare CR within a field, where lines end in LF.
    pub bare_cr: Option<usize>,
}

/// A line: where its text ends and where the next line begins.
pub(super) struct Line {
    pub end: usize,
    pub next: usize,
}

/// The line at `at`. A CR is a line end of its own only where `bare_cr` says so; up to two stand before an LF.
pub(super) fn line(bytes: &[u8], at: usize, bare_cr: bool) -> Line {
    let rest = bytes.get(at..).unwrap_or(&[]);
    let found = if bare_cr { memchr2(b'\n', b'\r', rest) } else { memchr(b'\n', rest) };
    let Some(found) = found else { return Line { end: bytes.len(), next: bytes.len() } };
    let tail = rest.get(found..).unwrap_or(&[]);
    let ended = match tail {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        [b'\r', b'\r', b'\n', ..] => 3,
        _ => 1,
    };
    let text = rest.get(..found).unwrap_or(&[]);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    Line { end: at.saturating_add(text.len()), next: at.saturating_add(found).saturating_add(ended) }
}

/// Reads the header section at `at`. It ends after an empty line, before a delimiter, or before a line that is no field:
/// for most readers only if no field follows, for `strict` ones at once.
pub(super) fn scan(bytes: &[u8], at: usize, delimiters: &mut Delimiters<'_>, strict: bool, keep_all: bool) -> Section {
    let bare_cr = delimiters.bare_cr();
    let mut section = Section { end: bytes.len(), ..Section::default() };
    let mut field_ahead = 0;
    let mut at = at;
    while at < bytes.len() {
        let first = line(bytes, at, bare_cr);
        let text = bytes.get(at..first.end).unwrap_or(&[]);
        if text.is_empty() {
            section.end = first.next;
            return section;
        }
        if text.starts_with(b"--") && delimiters.is_delimiter(at) {
            section.end = at;
            return section;
        }
        let Some(name) = field_name(text) else {
            if field_ahead <= at && !strict && !text.starts_with(b"--") {
                field_ahead = next_field(bytes, first.next, bare_cr).unwrap_or(at);
            }
            if field_ahead > at {
                section.junk = section.junk.or(Some(at));
                at = first.next;
                continue;
            }
            section.end = if is_blank(text) { first.next } else { at };
            return section;
        };
        let (end, next) = folded(bytes, first, bare_cr);
        let colon = at.saturating_add(memchr(b':', text).unwrap_or(0));
        section.note(bytes, at..at.saturating_add(name), colon.saturating_add(1)..end, keep_all);
        if !bare_cr && section.bare_cr.is_none() {
            section.bare_cr = telling_cr(bytes, at..end);
        }
        at = next;
    }
    section
}

impl Section {
    fn note(&mut self, bytes: &[u8], name: Range<usize>, value: Range<usize>, keep_all: bool) {
        let word = bytes.get(name.clone()).unwrap_or(&[]);
        let field = match word.len() {
            12 if word.eq_ignore_ascii_case(b"content-type") => Some(Field::ContentType),
            25 if word.eq_ignore_ascii_case(b"content-transfer-encoding") => Some(Field::TransferEncoding),
            19 if word.eq_ignore_ascii_case(b"content-disposition") => Some(Field::Disposition),
            _ => None,
        };
        if let Some(field) = field {
            if self.mime.len() < MIME_FIELDS {
                self.mime.push((field, value.clone()));
            } else {
                self.cut = true;
            }
        }
        if keep_all && self.all.len() < Head::MOST && value.end <= KEPT {
            self.all.push(HeadField { name, value });
        }
    }
}

/// The length of the field name a line begins with (RFC 5322 section 2.2; blanks before the colon as in section 4.5).
pub(super) fn field_name(line: &[u8]) -> Option<usize> {
    let colon = memchr(b':', line)?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(|b| b.is_ascii_graphic())).then_some(name.len())
}

/// Where a field ends whose first line is given: it goes on as long as lines begin with a blank (RFC 5322 section 2.2.3).
/// A line of blanks goes on too (section 4.2), unless what follows is no header.
pub(super) fn folded(bytes: &[u8], first: Line, bare_cr: bool) -> (usize, usize) {
    let (mut end, mut next) = (first.end, first.next);
    while bytes.get(next).is_some_and(|b| matches!(b, b' ' | b'\t')) {
        let more = line(bytes, next, bare_cr);
        if is_blank(bytes.get(next..more.end).unwrap_or(&[])) && !is_header(bytes, more.next, bare_cr) {
            break;
        }
        (end, next) = (more.end, more.next);
    }
    (end, next)
}

/// The first bare CR in a field behind which the header ends or tells what the part is, for readers that take it for a
/// line end.
fn telling_cr(bytes: &[u8], field: Range<usize>) -> Option<usize> {
    let text = bytes.get(field.clone())?;
    let telling = |at: &usize| match text.get(at.saturating_add(1)..) {
        Some([b'\n', ..] | [b'\r', b'\n', ..]) | None => false,
        Some(rest) => rest.starts_with(b"\r") || is_mime_field(first_line(rest, 0)),
    };
    memchr_iter(b'\r', text).find(telling).map(|at| field.start.saturating_add(at))
}

/// Nothing but blanks?
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|b| matches!(b, b' ' | b'\t'))
}

/// Does the line at `at` begin a field, go on with one, or end the header?
fn is_header(bytes: &[u8], at: usize, bare_cr: bool) -> bool {
    let line = line(bytes, at, bare_cr);
    let text = bytes.get(at..line.end).unwrap_or(&[]);
    text.is_empty() || text.starts_with(b" ") || text.starts_with(b"\t") || field_name(text).is_some()
}

/// How many lines that are no fields a header section may go on after.
const JUNK: usize = 32;

/// The next line from `at` on that begins a field, if the header goes on to it.
fn next_field(bytes: &[u8], at: usize, bare_cr: bool) -> Option<usize> {
    let mut at = at;
    for _ in 0..JUNK {
        let line = line(bytes, at, bare_cr);
        let text = bytes.get(at..line.end).unwrap_or(&[]);
        if text.is_empty() || text.starts_with(b"--") {
            return None;
        }
        if field_name(text).is_some() {
            return Some(at);
        }
        at = line.next;
    }
    None
}

/// Does a line begin a field that describes a part (`Content-…:`)?
pub(super) fn is_mime_field(line: &[u8]) -> bool {
    line.get(..8).is_some_and(|w| w.eq_ignore_ascii_case(b"content-")) && field_name(line).is_some()
}

/// Does a part begin at `at`: with a field that describes it, or with the empty line of a part without fields?
pub(super) fn begins_part(bytes: &[u8], at: usize, bare_cr: bool) -> bool {
    let line = line(bytes, at, bare_cr);
    let text = bytes.get(at..line.end).unwrap_or(&[]);
    is_mime_field(text) || (text.is_empty() && line.next > at)
}

/// Does a field that describes a part stand at `at`?
pub(super) fn begins_described_part(bytes: &[u8], at: usize, bare_cr: bool) -> bool {
    let line = line(bytes, at, bare_cr);
    is_mime_field(bytes.get(at..line.end).unwrap_or(&[]))
}

/// Does a header field (RFC 5322 section 2.2) begin some bytes, after what may stand before a message?
#[must_use]
pub fn begins_with_field(bytes: &[u8]) -> bool {
    let at = envelope(bytes, 0);
    field_name(first_line(bytes, at)).is_some()
}

/// Does a field that describes a part (`Content-…`, RFC 2045 section 3) begin some bytes?
#[must_use]
pub fn begins_with_mime_field(bytes: &[u8]) -> bool {
    is_mime_field(first_line(bytes, envelope(bytes, 0)))
}

/// The beginning of the line at `at`, as far as a field name can reach.
fn first_line(bytes: &[u8], at: usize) -> &[u8] {
    let head = bytes.get(at..at.saturating_add(256).min(bytes.len())).unwrap_or(&[]);
    head.get(..line(head, 0, true).end).unwrap_or(head)
}

/// Where a message begins: after a byte order mark, an mbox `From ` line (RFC 4155), empty lines before the first field.
pub(super) fn envelope(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or(&[]);
    let mut at = from.saturating_add(if rest.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 });
    loop {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let blanks = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let text = rest.get(blanks..).unwrap_or(&[]);
        let start = at.saturating_add(blanks);
        if text.starts_with(b"From ") || text.starts_with(b">From ") {
            at = line(bytes, start, true).next;
        } else if field_name(first_line(bytes, start)).is_some() {
            return start;
        } else {
            return at;
        }
    }
}

/// A value without its folding (RFC 5322 section 2.2.3) and without blanks around it.
pub(super) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    match memchr3(b'\r', b'\n', 0, value) {
        None => Cow::Borrowed(value),
        Some(_) => Cow::Owned(value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n' | 0)).collect()),
    }
}
