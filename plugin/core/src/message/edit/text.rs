//! A text in front of the text that is shown, in the charset and transfer encoding of the part that shows it.

use std::ops::Range;

use encoding_rs::{Encoding, UTF_8};
use memchr::memmem;

use super::Plan;
use super::encode::{self, Body};
use super::html;
use crate::message::decode::{TransferEncoding, decode};
use crate::message::model::{Part, Reading};
use crate::message::parameters;
use crate::message::words;

impl Plan<'_> {
    /// Puts a text in front of the first plain text and of the first HTML, or of the part at `place`.
    pub(super) fn prepend_text(&mut self, place: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        for media_type in ["text/plain", "text/html"] {
            let shown = self.message.parts.iter().find(|p| {
                let plain = p.media_type.is_empty() && media_type == "text/plain";
                (p.media_type == media_type || plain)
                    && !p.multipart
                    && p.disposition != "attachment"
                    && (place.is_empty() && p.names.is_empty() || p.number == place)
            });
            if let Some(part) = shown
                && !self.is_sealed(part)
                && !self.is_taken(&(part.header.start..part.body.end))
            {
                self.prepend(part, text, media_type == "text/html");
            }
        }
    }

    /// Is the part inside something that is signed or encrypted (RFC 1847)?
    fn is_sealed(&self, part: &Part) -> bool {
        let around = self
            .message
            .parts
            .iter()
            .filter(|p| p.multipart && p.header.start <= part.header.start && part.body.end <= p.body.end);
        around.into_iter().any(|p| matches!(p.media_type.as_str(), "multipart/signed" | "multipart/encrypted"))
    }

    fn prepend(&mut self, part: &Part, text: &str, is_html: bool) {
        // Where readers disagree on the encoding, a change would be right for some of them only.
        let [reading] = part.readings.as_slice() else { return };
        // Without an empty line after the header, a text before the body would become a part of the header.
        if !self.ends_with_empty_line(&part.header) {
            return;
        }
        let body = self.bytes.get(reading.body.clone()).unwrap_or(&[]);
        let old = decode(body, reading.encoding).bytes;
        if memmem::find(&old, b"-----BEGIN PGP ").is_some() {
            return;
        }
        let Some(charset) = charset(&part.charset, &old) else { return };
        let banner = if is_html { html::paragraph(text) } else { format!("{}\n\n", text.trim_end()) };
        let banner = String::from_utf8_lossy(&encode::with_line_ends(banner.as_bytes(), self.eol)).into_owned();
        let at = if is_html { html::content(&old) } else { 0 };

        let (encoded, used, lost) = charset.encode(&banner);
        // HTML has another way to write what the charset lacks, and the encoder takes it.
        let keep = used == charset && (!lost || is_html) && (encoded.is_ascii() || !is_ascii(&part.charset));
        let new = if keep {
            splice(&old, at, &encoded)
        } else {
            let (text, damaged) = charset.decode_without_bom_handling(&old);
            if damaged {
                return;
            }
            let at = if is_html { html::content(text.as_bytes()) } else { 0 };
            splice(text.as_bytes(), at, banner.as_bytes())
        };
        if keep && self.insert(part, reading, at, &encoded) {
            return;
        }
        // Other readers may see parts in what this one takes for text, and files may stand in what is hardly text.
        if self.is_ambiguous() || old.iter().any(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)) {
            return;
        }
        let fitting = encode::body_as(&new, reading.encoding, self.eol);
        let Body { encoding, bytes } = match fitting {
            Some(bytes) => Body { encoding: "", bytes },
            None if reading.encoding == TransferEncoding::Identity => encode::body(&new, self.eol),
            None => return,
        };
        let Some(fields) = self.described(part, !keep, encoding) else { return };
        self.patch(reading.body.clone(), self.before_delimiter(bytes, reading.body.end));
        for (range, field) in fields {
            self.patch(range, field);
        }
    }

    /// Inserts the text at `at` of the content and leaves the rest of the body as it stands, where the transfer encoding
    /// allows that.
    fn insert(&mut self, part: &Part, reading: &Reading, at: usize, text: &[u8]) -> bool {
        let eol = self.eol.as_bytes();
        let fits = text.is_ascii() || matches!(part.encoding.as_str(), "8bit" | "binary");
        // A sender who knows the text could choose one of its lines as boundary.
        let dashes = text.split(|b| *b == b'\n').any(|line| line.starts_with(b"--"));
        let piece = match reading.encoding {
            TransferEncoding::Identity if fits && !dashes => text.to_vec(),
            TransferEncoding::QuotedPrintable if at == 0 => encode::quoted_printable(text, self.eol),
            TransferEncoding::Base64 if at == 0 => {
                // Whole quads, so that the rest goes on as it did; blanks at the end of the last line make them whole.
                let blanks = match text.len().checked_rem(3) {
                    Some(1) => "  ",
                    Some(2) => " ",
                    _ => "",
                };
                let end = text.trim_ascii_end().len();
                [&encode::base64(&splice(text, end, blanks.as_bytes()), self.eol), eol].concat()
            }
            _ => return false,
        };
        let at = reading.body.start.saturating_add(at);
        self.patch(at..at, piece);
        true
    }

    /// The fields that have to change when charset or transfer encoding do. `None` where one of them stands twice.
    fn described(&self, part: &Part, utf8: bool, encoding: &str) -> Option<Vec<(Range<usize>, String)>> {
        let mut out = Vec::new();
        if utf8 {
            let place = self.field_place(part, "content-type")?;
            out.push((place, format!("Content-Type: {}{}", self.content_type(part), self.eol)));
        }
        if !encoding.is_empty() {
            let place = self.field_place(part, "content-transfer-encoding")?;
            out.push((place, format!("Content-Transfer-Encoding: {encoding}{}", self.eol)));
        }
        Some(out)
    }

    /// The field of this name, or the place on top of the header where one can be put.
    fn field_place(&self, part: &Part, name: &str) -> Option<Range<usize>> {
        let mut fields = self.fields(&part.header).filter(|f| self.name_is(f, name)).map(|f| f.whole);
        match (fields.next(), fields.next()) {
            (None, _) => Some(part.header.start..part.header.start),
            (Some(field), None) => Some(field),
            (Some(_), Some(_)) => None,
        }
    }

    /// The media type with its parameters, the charset now UTF-8.
    fn content_type(&self, part: &Part) -> String {
        let mut out = if part.media_type.is_empty() { "text/plain".to_owned() } else { part.media_type.clone() };
        out.push_str("; charset=utf-8");
        let field = self.fields(&part.header).find(|f| self.name_is(f, "content-type"));
        let Some(colon) = field.as_ref().and_then(|f| memchr::memchr(b':', self.bytes.get(f.whole.clone())?)) else {
            return out;
        };
        let value = field.map_or(0..0, |f| f.whole.start.saturating_add(colon).saturating_add(1)..f.whole.end);
        for parameter in parameters::parse(self.bytes, value).parameters {
            // Only those of plain text matter to its look (RFC 3676 section 4).
            let name = ["format", "delsp"].into_iter().find(|name| parameter.is(name));
            let word = parameter.value();
            if let Some(name) = name
                && word.iter().all(u8::is_ascii_alphanumeric)
            {
                out.push_str(&format!("; {name}={}", String::from_utf8_lossy(&word)));
            }
        }
        out
    }
}

/// The charset of a text. Nothing declared, or ASCII, means UTF-8 as long as the text is that. `None` when a change would
/// do harm.
fn charset(label: &str, text: &[u8]) -> Option<&'static Encoding> {
    if is_ascii(label) {
        return core::str::from_utf8(text).is_ok().then_some(UTF_8);
    }
    words::encoding(label.as_bytes())
}

/// Nothing declared means ASCII (RFC 2045 section 5.2).
fn is_ascii(label: &str) -> bool {
    matches!(label, "" | "us-ascii" | "ascii")
}

fn splice(bytes: &[u8], at: usize, piece: &[u8]) -> Vec<u8> {
    let (before, after) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    [before, piece, after].concat()
}
