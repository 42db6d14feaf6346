//! Header fields that come in: checked, folded (RFC 5322 section 2.2.3), encoded where they are not ASCII (RFC 2047).

use std::ops::Range;

use super::Plan;
use crate::message::decode::encode_base64;
use crate::message::fields;

/// Where a line is folded, if it can be.
const LINE: usize = 76;
/// The longest word that is left in one piece.
const WORD: usize = 900;
/// The longest field name: its line must have room for a value.
const NAME: usize = 64;
/// Bytes of UTF-8 in one encoded word of at most 75 characters (RFC 2047 section 2).
const ENCODED: usize = 45;

/// A field: its name and all of it, the line end included.
pub(super) struct Field {
    pub(super) name: Range<usize>,
    pub(super) whole: Range<usize>,
}

impl Plan<'_> {
    /// Puts a field on top of the header.
    pub(super) fn add_header(&mut self, field: &str) {
        let Some((name, value)) = field.split_once(':') else { return };
        let value = value.trim();
        if !is_name(name) || describes_body(name) || !is_harmless(value) {
            return;
        }
        self.put_on_top(name, value);
    }

    /// Puts a text in front of the subject, or makes it the subject.
    pub(super) fn prepend_subject(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || !is_harmless(text) {
            return;
        }
        let is_subject = |f: &Field| self.name_is(f, "subject");
        let subjects: Vec<_> = self.fields(&self.root.header).filter(is_subject).collect();
        if subjects.is_empty() {
            self.put_on_top("Subject", text);
        }
        for Field { name, whole } in subjects {
            let colon = self.bytes.get(name.end..).and_then(|rest| memchr::memchr(b':', rest));
            let Some(at) = colon.and_then(|n| name.end.checked_add(n)?.checked_add(1)) else { continue };
            let rest = self.bytes.get(at..whole.end).unwrap_or(&[]);
            // A blank between two encoded words is not shown (RFC 2047 section 6.2), so it goes into the word.
            let joins = rest.trim_ascii_start().starts_with(b"=?");
            let shown = if text.is_ascii() || !joins { text.to_owned() } else { format!("{text} ") };
            let line = rest.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or(&[]);
            let mut piece = format!(" {}", value(&shown, LINE.saturating_div(2), self.eol));
            if !line.trim_ascii().is_empty() {
                let long = line.len().saturating_add(piece.len()) > LINE;
                piece.push_str(if long { self.eol } else { "" });
                piece.push_str(if line.starts_with(b" ") || line.starts_with(b"\t") { "" } else { " " });
            }
            self.patch(at..at, piece);
        }
    }

    fn put_on_top(&mut self, name: &str, text: &str) {
        let value = value(text, name.len().saturating_add(2), self.eol);
        self.top.push_str(&format!("{name}: {value}{}", self.eol));
    }

    /// The fields of a header section; lines that are none are passed over.
    pub(super) fn fields(&self, header: &Range<usize>) -> impl Iterator<Item = Field> + use<'_> {
        let bytes = self.bytes.get(..header.end).unwrap_or(self.bytes);
        let mut at = header.start;
        core::iter::from_fn(move || {
            while at < bytes.len() {
                let start = at;
                let line = fields::line(bytes, start, self.bare_cr);
                let Some(name) = bytes.get(start..line.end).and_then(fields::field_name) else {
                    at = line.next;
                    continue;
                };
                let (_, next) = fields::folded(bytes, line, self.bare_cr);
                at = next;
                return Some(Field { name: start..start.saturating_add(name), whole: start..next });
            }
            None
        })
    }

    pub(super) fn name_is(&self, field: &Field, name: &str) -> bool {
        self.bytes.get(field.name.clone()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Does a header section end with an empty line?
    pub(super) fn ends_with_empty_line(&self, header: &Range<usize>) -> bool {
        let text = self.bytes.get(header.clone()).unwrap_or(&[]);
        let line_end = [&b"\r\n"[..], b"\n", b"\r"].iter().find_map(|end| text.strip_suffix(*end));
        line_end.is_some_and(|fields| fields.last().is_none_or(|b| matches!(b, b'\r' | b'\n')))
    }

    /// Does this field say what the body is?
    pub(super) fn is_content_field(&self, field: &Field) -> bool {
        let name = self.bytes.get(field.name.start..field.name.start.saturating_add(8));
        name.is_some_and(|n| n.eq_ignore_ascii_case(b"content-"))
    }
}

/// A field name (RFC 5322 section 3.6.8).
fn is_name(name: &str) -> bool {
    (1..=NAME).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

/// Fields that change how the body is read are no business of a header that is added.
fn describes_body(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("content-") || name == "mime-version"
}

/// No line end, no control character: nothing that could end the field or begin another one.
fn is_harmless(value: &str) -> bool {
    !value.chars().any(|c| c.is_control() && c != '\t')
}

/// A value, folded, whose first line begins at `column`.
fn value(text: &str, column: usize, eol: &str) -> String {
    let words = text.split([' ', '\t']);
    let encode = !text.is_ascii() || words.clone().any(|w| w.len() > WORD) || text.contains("=?");
    if encode { encoded(text, column, eol) } else { folded(text, column, eol) }
}

/// ASCII text, folded before words where a line grows too long.
fn folded(text: &str, column: usize, eol: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = column;
    for word in text.split([' ', '\t']).filter(|w| !w.is_empty()) {
        if !out.is_empty() {
            if column.saturating_add(word.len()) >= LINE {
                out.push_str(eol);
                column = 0;
            }
            out.push(' ');
        }
        out.push_str(word);
        column = column.saturating_add(word.len()).saturating_add(1);
    }
    out
}

/// Encoded words of UTF-8 in base64, one a line, the first at `column`; no character is cut in two.
fn encoded(text: &str, column: usize, eol: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut piece = String::new();
    // Four characters hold three bytes; twelve are the frame.
    let mut room = LINE.saturating_sub(column).saturating_sub(12).saturating_div(4).saturating_mul(3).max(9);
    for c in text.chars() {
        if piece.len().saturating_add(c.len_utf8()) > room {
            words.push(core::mem::take(&mut piece));
            room = ENCODED;
        }
        piece.push(c);
    }
    words.push(piece);
    let words: Vec<_> = words.iter().map(|w| format!("=?UTF-8?B?{}?=", encode_base64(w.as_bytes()))).collect();
    words.join(&format!("{eol} "))
}
