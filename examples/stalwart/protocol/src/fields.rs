//! Header fields as a mail server counts them: by name and number.

use std::ops::Range;

/// Where the header of a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split<'a> {
    /// The header section, without the empty line behind it.
    pub header: &'a [u8],
    /// What follows the empty line.
    pub body: &'a [u8],
}

impl<'a> Split<'a> {
    /// Splits at the first empty line. A message without one is all header.
    #[must_use]
    pub fn of(message: &'a [u8]) -> Self {
        let mut at = 0_usize;
        for line in message.split_inclusive(|b| *b == b'\n') {
            let end = at.saturating_add(line.len());
            if matches!(line, b"\n" | b"\r\n") {
                return Self { header: message.get(..at).unwrap_or(&[]), body: message.get(end..).unwrap_or(&[]) };
            }
            at = end;
        }
        Self { header: message, body: &[] }
    }
}

/// One header field with all its lines. A line that is none has an empty name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// What follows the colon, line ends between folds included, the last line end not.
    pub value: &'a [u8],
    /// All of it within the header section.
    pub range: Range<usize>,
}

impl Field<'_> {
    /// Names do not distinguish case (RFC 5322 section 1.2.2).
    #[must_use]
    pub fn is_named(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The fields of a header section.
#[must_use]
pub fn fields(header: &[u8]) -> Vec<Field<'_>> {
    each_field(header).collect()
}

/// The fields of a header section one by one: a header may be as long as a message, with a field every three bytes, and a
/// list of them is many times that.
#[must_use]
pub fn each_field(header: &[u8]) -> Fields<'_> {
    Fields { header, at: 0 }
}

/// See [`each_field`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    header: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let rest = self.header.get(self.at..).filter(|rest| !rest.is_empty())?;
        let mut lines = rest.split_inclusive(|b| *b == b'\n');
        let mut length = lines.next().map_or(0, <[u8]>::len);
        for fold in lines.take_while(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
            length = length.saturating_add(fold.len());
        }
        let range = self.at..self.at.saturating_add(length);
        self.at = range.end;
        Some(field(rest.get(..length).unwrap_or(&[]), range))
    }
}

fn field(bytes: &[u8], range: Range<usize>) -> Field<'_> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    match bytes.iter().position(|b| *b == b':').and_then(|colon| bytes.split_at_checked(colon)) {
        Some((name, value)) => Field { name: name.trim_ascii_end(), value: value.get(1..).unwrap_or(&[]), range },
        None => Field { name: b"", value: bytes, range },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_splits_at_its_first_empty_line() {
        let split = Split::of(b"A: 1\r\n\r\nbody\r\n\r\nmore");
        assert_eq!((split.header, split.body), (b"A: 1\r\n".as_slice(), b"body\r\n\r\nmore".as_slice()));
        assert_eq!(Split::of(b"\r\nbody").body, b"body");
        assert_eq!(Split::of(b"A: 1\n\nbody").body, b"body");
        assert_eq!(Split::of(b"A: 1").header, b"A: 1");
    }

    #[test]
    fn fields_keep_their_folds() {
        let header = b"Subject : a\r\n\tb\r\nnonsense\r\nTo: x\r\n";
        let found: Vec<_> = fields(header).into_iter().map(|f| (f.name, f.value)).collect();
        let wanted: [(&[u8], &[u8]); 3] = [(b"Subject", b" a\r\n\tb"), (b"", b"nonsense"), (b"To", b" x")];
        assert_eq!(found, wanted);
    }
}
