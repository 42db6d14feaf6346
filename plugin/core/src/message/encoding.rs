//! Which transfer encoding a body is in (RFC 2045 section 6): what is declared, what was meant, what it looks like.

use std::ops::Range;

use super::decode::{TransferEncoding, looks_base64};
use super::fields::{Field, Section};
use super::model::{QuirkKind, Reading};
use super::parameters;

/// What a header section says of the transfer encoding.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// The first declaration, lower case and without comments; empty when there is none.
    pub text: String,
    /// The encodings that are meant, in order, each once.
    pub meant: Vec<TransferEncoding>,
    /// What is wrong with the declarations: the quirk, where, and the text.
    pub quirks: Vec<(QuirkKind, usize, String)>,
    /// A declaration that nobody can make sense of.
    unknown: bool,
}

/// Reads all `Content-Transfer-Encoding` fields of a header section.
pub(super) fn declared(bytes: &[u8], section: &Section) -> Declared {
    let mut out = Declared::default();
    for (_, range) in section.mime.iter().filter(|(f, _)| *f == Field::TransferEncoding) {
        let raw = parameters::without_comments(bytes.get(range.clone()).unwrap_or(&[]));
        let text = String::from_utf8_lossy(&raw).to_ascii_lowercase();
        let (meant, quirk) = match TransferEncoding::named(text.as_bytes()) {
            Some(encoding) => (Some(encoding), None),
            None if text.is_empty() => (None, None),
            None => match with_good_will(&text) {
                // `8-bit` is as good as no encoding at all, which is what it says.
                Some(TransferEncoding::Identity) => (Some(TransferEncoding::Identity), None),
                Some(encoding) => (Some(encoding), Some(QuirkKind::MisspeltEncoding)),
                None => (None, Some(QuirkKind::UnknownEncoding)),
            },
        };
        if let Some(kind) = quirk {
            out.quirks.push((kind, range.start, text.clone()));
        }
        out.unknown |= quirk == Some(QuirkKind::UnknownEncoding);
        if let Some(encoding) = meant
            && !out.meant.contains(&encoding)
        {
            if !out.meant.is_empty() {
                out.quirks.push((QuirkKind::DuplicateEncoding, range.start, text.clone()));
            }
            out.meant.push(encoding);
        }
        if out.text.is_empty() {
            out.text = text;
        }
    }
    out
}

/// The encoding meant by a declaration that is quoted, misspelt or followed by something.
fn with_good_will(text: &str) -> Option<TransferEncoding> {
    let first = text.split([';', ',']).next().unwrap_or("");
    let letters: String = first.chars().filter(char::is_ascii_alphanumeric).collect();
    let encoding = match letters.as_str() {
        "base64" | "b64" | "bas64" | "bse64" | "basee64" | "xbase64" | "base64encoded" | "mimebase64" | "b" => {
            TransferEncoding::Base64
        }
        "quotedprintable" | "quotedprintible" | "quotedprinted" | "quoteprintable" | "qp" | "q" => {
            TransferEncoding::QuotedPrintable
        }
        "xuuencode" | "uuencode" | "uuencoded" | "xuue" | "uue" => TransferEncoding::Uuencode,
        "7bit" | "8bit" | "7bits" | "8bits" | "binary" | "7bitascii" | "none" | "identity" => {
            TransferEncoding::Identity
        }
        _ => return None,
    };
    Some(encoding)
}

/// How a body can be read, likeliest first.
pub(super) fn readings(bytes: &[u8], body: &Range<usize>, declared: &Declared) -> (Vec<Reading>, Option<QuirkKind>) {
    let reading = |encoding| Reading { body: body.clone(), encoding };
    let content = bytes.get(body.clone()).unwrap_or(&[]);
    let mut meant = declared.meant.clone();
    let mut quirk = None;
    if meant.is_empty() || declared.unknown {
        if looks_base64(content) && !meant.contains(&TransferEncoding::Base64) {
            meant.push(TransferEncoding::Base64);
            quirk = Some(QuirkKind::LooksBase64);
        } else if declared.unknown && looks_quoted_printable(content) {
            meant.push(TransferEncoding::QuotedPrintable);
        }
        meant.push(TransferEncoding::Identity);
    }
    if meant.len() > 1 && meant.contains(&TransferEncoding::Base64) && is_base64(content) {
        // As it stands such a body says what it says decoded, to whoever decodes it.
        meant.retain(|e| *e != TransferEncoding::Identity);
    }
    let mut readings: Vec<Reading> = Vec::with_capacity(meant.len());
    for reading in meant.into_iter().map(reading) {
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    (readings, quirk)
}

/// Nothing but the alphabet of base64, padding and white space?
fn is_base64(body: &[u8]) -> bool {
    body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\r' | b'\n' | b' ' | b'\t'))
}

/// Does a body use the escapes of quoted-printable? Looks at its first 4 KiB.
fn looks_quoted_printable(body: &[u8]) -> bool {
    let head = body.get(..body.len().min(4096)).unwrap_or(body);
    let escapes = memchr::memchr_iter(b'=', head).filter(|at| {
        let next = head.get(at.saturating_add(1)..at.saturating_add(3)).unwrap_or(&[]);
        next.len() == 2 && next.iter().all(|b| b.is_ascii_digit() || matches!(b, b'A'..=b'F'))
    });
    escapes.count() >= 3
}
