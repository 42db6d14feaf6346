//! Putting text into a form every transport lets through (RFC 2045).

use crate::message::decode::{TransferEncoding, encode_base64};

/// The longest line of an encoded body (RFC 2045 section 6.7 rule 5, section 6.8).
const LINE: usize = 76;
/// The longest line mail may have (RFC 5322 section 2.1.1).
const LONGEST: usize = 998;

/// A body, and the transfer encoding it is in.
pub(super) struct Body {
    pub(super) encoding: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Encodes a text so that it is ASCII, has short lines, and can be mistaken for no boundary: as it stands if it is so
/// already, in quoted-printable if most of it is ASCII, in base64 otherwise.
pub(super) fn body(text: &[u8], eol: &str) -> Body {
    if is_plain(text) {
        return Body { encoding: "7bit", bytes: with_line_ends(text, eol) };
    }
    let odd = text.iter().filter(|b| !b.is_ascii()).count();
    if odd.saturating_mul(4) <= text.len() {
        Body { encoding: "quoted-printable", bytes: quoted_printable(&with_line_ends(text, eol), eol) }
    } else {
        Body { encoding: "base64", bytes: base64(&with_line_ends(text, eol), eol) }
    }
}

/// Encodes content in an encoding its part declares already. `None` where that is not possible.
pub(super) fn body_as(content: &[u8], encoding: TransferEncoding, eol: &str) -> Option<Vec<u8>> {
    match encoding {
        TransferEncoding::Base64 => Some(base64(content, eol)),
        TransferEncoding::QuotedPrintable => Some(quoted_printable(content, eol)),
        TransferEncoding::Identity | TransferEncoding::Uuencode => None,
    }
}

/// Short lines of ASCII, none of which begins like a boundary or like an mbox line.
fn is_plain(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n').all(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.len() <= LONGEST
            && line.iter().all(|b| matches!(b, b'\t' | b' '..=b'~'))
            && !line.starts_with(b"--")
            && !line.starts_with(b"From ")
            && !line.ends_with(b" ")
    })
}

/// Replaces every line end by the given one.
pub(super) fn with_line_ends(text: &[u8], eol: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (n, line) in text.split(|b| *b == b'\n').enumerate() {
        if n > 0 {
            out.extend_from_slice(eol.as_bytes());
        }
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    }
    out
}

/// Base64 in lines, without a line end behind the last one.
pub(super) fn base64(content: &[u8], eol: &str) -> Vec<u8> {
    encode_base64(content).as_bytes().chunks(LINE).collect::<Vec<_>>().join(eol.as_bytes())
}

/// Quoted-printable (RFC 2045 section 6.7).
pub(super) fn quoted_printable(content: &[u8], eol: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let last = eol.as_bytes().last().copied().unwrap_or(b'\n');
    for (n, line) in content.split(|b| *b == last).enumerate() {
        if n > 0 {
            out.extend_from_slice(eol.as_bytes());
        }
        quoted_line(line.strip_suffix(b"\r").unwrap_or(line), eol, &mut out);
    }
    out
}

/// One line, with soft line breaks. What begins like a boundary, an mbox line or the end of an SMTP message is escaped, and
/// so is a blank at the end.
fn quoted_line(line: &[u8], eol: &str, out: &mut Vec<u8>) {
    let mut column = 0usize;
    let mut rest = line;
    while let [byte, after @ ..] = rest {
        let begins = column == 0 && (matches!(byte, b'-' | b'.') || rest.starts_with(b"From "));
        let plain = match byte {
            b'=' => false,
            b'\t' | b' ' => !after.is_empty(),
            b'!'..=b'~' => !begins,
            _ => false,
        };
        let width = if plain { 1 } else { 3 };
        // The soft line break takes a column itself.
        if column.saturating_add(width) >= LINE {
            out.push(b'=');
            out.extend_from_slice(eol.as_bytes());
            column = 0;
            continue;
        }
        if plain {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("={byte:02X}").as_bytes());
        }
        column = column.saturating_add(width);
        rest = after;
    }
}
