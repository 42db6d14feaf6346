//! Putting a message together again, byte for byte.

use crate::fields::{Split, each_field};
use crate::mail::Refused;

/// A message on its way in: header fields, then body.
#[derive(Debug, Default)]
pub struct Assembly {
    bytes: Vec<u8>,
    /// How many bytes came, kept or not.
    size: usize,
    /// Where the body begins.
    body_at: Option<usize>,
    refused: Option<Refused>,
}

/// A message put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// All of it; empty when it was refused.
    pub bytes: Vec<u8>,
    /// How many bytes came, kept or not.
    pub size: usize,
    /// Why it was not kept.
    pub refused: Option<Refused>,
    /// Its body should have begun with its header, and begins otherwise: these are not the bytes that would be delivered.
    pub doubtful: bool,
}

impl Assembly {
    /// One header field. The mail server cuts the colon off, and ends the lines of a folded value with a bare LF.
    /// `leading_space` says that the value still has the white space behind the colon.
    pub fn header(&mut self, name: &[u8], value: &[u8], leading_space: bool, limit: usize) {
        self.push(name, limit);
        self.push(if leading_space { b":" } else { b": " }, limit);
        let mut last = 0;
        for line in value.split_inclusive(|b| *b == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) if !text.ends_with(b"\r") => {
                    self.push(text, limit);
                    self.push(b"\r\n", limit);
                }
                _ => self.push(line, limit),
            }
            last = line.last().copied().unwrap_or(0);
        }
        // A value that ends its own line would end the header with one more.
        if last != b'\n' {
            self.push(b"\r\n", limit);
        }
    }

    /// The header ends. Asked twice, it ends once.
    pub fn end_of_header(&mut self, limit: usize) {
        if self.body_at.is_none() {
            self.push(b"\r\n", limit);
            self.body_at = Some(self.bytes.len());
        }
    }

    /// Some of the body.
    pub fn body(&mut self, bytes: &[u8], limit: usize) {
        if !bytes.is_empty() {
            self.end_of_header(limit);
            self.push(bytes, limit);
        }
    }

    /// Keeps nothing more, and not what came so far.
    pub fn refuse(&mut self, why: Refused) {
        self.refused.get_or_insert(why);
        self.bytes = Vec::new();
    }

    /// Bytes kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes it has room for without growing.
    #[must_use]
    pub fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// Goes on in `buffer`, an empty one with more room.
    pub fn move_into(&mut self, mut buffer: Vec<u8>) {
        buffer.extend_from_slice(&self.bytes);
        self.bytes = buffer;
    }

    /// The message.
    ///
    /// `whole_body` says that the peer is one whose body frames hold the whole raw message. It is taken for that only when
    /// its header is the one that came field by field; otherwise a sender could write such a body and hide the real one.
    #[must_use]
    pub fn finish(mut self, whole_body: bool, limit: usize) -> Assembled {
        self.end_of_header(limit);
        let mut doubtful = false;
        if whole_body && self.refused.is_none() {
            let (header, body) = self.bytes.split_at_checked(self.body_at.unwrap_or(0)).unwrap_or_default();
            if is_whole_message(header, body) {
                self.bytes.drain(..header.len());
                self.size = self.bytes.len();
            } else {
                doubtful = !body.is_empty();
            }
        }
        Assembled { bytes: self.bytes, size: self.size, refused: self.refused, doubtful }
    }

    fn push(&mut self, bytes: &[u8], limit: usize) {
        self.size = self.size.saturating_add(bytes.len());
        if self.size > limit {
            self.refuse(Refused::TooLarge);
        }
        if self.refused.is_none() {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

/// Does `body` begin with the same fields, in the same order? Values are compared trimmed; one that came empty stands for
/// any value that is not UTF-8. Lines that are no fields are not told one by one.
fn is_whole_message(header: &[u8], body: &[u8]) -> bool {
    let named = |section| each_field(section).filter(|field| !field.name.is_empty());
    let (mut told, mut found) = (named(Split::of(header).header).peekable(), named(Split::of(body).header));
    if told.peek().is_none() {
        return false;
    }
    loop {
        match (told.next(), found.next()) {
            (None, None) => return true,
            (Some(told), Some(found)) if told.is_named(found.name) => {
                let value = told.value.trim_ascii();
                let hidden = value.is_empty() && std::str::from_utf8(found.value).is_err();
                if !hidden && value != found.value.trim_ascii() {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    fn put(fields: &[(&[u8], &[u8])], leading_space: bool, body: &[&[u8]]) -> Assembly {
        let mut message = Assembly::default();
        for (name, value) in fields {
            message.header(name, value, leading_space, LIMIT);
        }
        message.end_of_header(LIMIT);
        body.iter().for_each(|piece| message.body(piece, LIMIT));
        message
    }

    #[test]
    fn folds_and_eight_bit_bytes_come_back_as_they_were() {
        let fields: [(&[u8], &[u8]); 3] = [(b"Subject", b" \x93\xfa\n\t\x96{"), (b"To", b"a@a.test"), (b"X", b"")];
        let Assembled { bytes, size, .. } = put(&fields, true, &[b"\x82\xa0\r\n", b"."]).finish(false, LIMIT);
        assert_eq!(bytes, b"Subject: \x93\xfa\r\n\t\x96{\r\nTo:a@a.test\r\nX:\r\n\r\n\x82\xa0\r\n.");
        assert_eq!(size, bytes.len());
    }

    #[test]
    fn the_space_behind_the_colon_is_put_back() {
        let Assembled { bytes, .. } = put(&[(b"To", b"a\r\n b")], false, &[]).finish(false, LIMIT);
        assert_eq!(bytes, b"To: a\r\n b\r\n\r\n");
    }

    #[test]
    fn a_body_that_is_the_whole_message_is_not_glued_on() {
        let whole = b"Subject: \x93\xfa\r\nTo: a\r\n b\r\n\r\nbody\r\n";
        let fields: [(&[u8], &[u8]); 2] = [(b"Subject", b""), (b"To", b"a\r\n b")];
        let Assembled { bytes, size, .. } = put(&fields, false, &[whole]).finish(true, LIMIT);
        assert_eq!((bytes.as_slice(), size), (whole.as_slice(), whole.len()));
    }

    #[test]
    fn a_body_that_looks_like_a_message_is_a_body() {
        let fields: [(&[u8], &[u8]); 2] = [(b"Subject", b"a"), (b"To", b"b")];
        for body in [b"Subject: a\r\n\r\n".as_slice(), b"Subject: a\r\nTo: x\r\n\r\n", b"To: b\r\nSubject: a\r\n\r\n"] {
            let Assembled { bytes, doubtful, .. } = put(&fields, false, &[body]).finish(true, LIMIT);
            assert!(doubtful && bytes.starts_with(b"Subject: a\r\nTo: b\r\n\r\n") && bytes.ends_with(body));
        }
        let whole = b"Subject: a\r\nTo: b\r\n\r\n";
        let Assembled { bytes, .. } = put(&fields, false, &[whole]).finish(false, LIMIT);
        assert_eq!(bytes.len(), 2 * whole.len(), "any other mail server means what it sends");
    }

    #[test]
    fn a_line_that_is_no_field_is_not_missed() {
        let whole = b"Subject: a\r\nno field\r\nTo: b\r\n\r\nbody";
        let fields: [(&[u8], &[u8]); 2] = [(b"Subject", b"a"), (b"To", b"b")];
        assert_eq!(put(&fields, false, &[whole]).finish(true, LIMIT).bytes, whole);
    }

    #[test]
    fn more_than_the_limit_is_counted_and_not_kept() {
        let mut message = Assembly::default();
        message.header(b"A", b"b", false, 16);
        (0..4).for_each(|_| message.body(b"12345678", 16));
        assert_eq!(message.kept(), 0);
        let wanted = Assembled { bytes: vec![], size: 40, refused: Some(Refused::TooLarge), doubtful: false };
        assert_eq!(message.finish(false, 16), wanted);
    }
}
