//! Mailboxes in the mbox format (RFC 4155 and its older relatives): messages one after the other, each led by a line
//! `From sender date`.
//!
//! Such a line counts only after an empty line (or at the start) and only with a date in it, because writers that do not
//! quote leave other lines with `From ` in the text. Where a text really holds such a line, the message is cut in two
//! and both halves are looked at.

use std::io::{self, BufRead};

/// Iterates over the messages of a mailbox.
#[derive(Debug)]
pub struct Messages<R> {
    reader: R,
    /// The `From ` line of the next message, already read.
    next: Vec<u8>,
}

/// One message of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The line that leads it.
    pub from_line: Vec<u8>,
    /// The message without that line and without the empty line that ends it.
    pub bytes: Vec<u8>,
}

impl<R: BufRead> Messages<R> {
    /// Reads a mailbox. `None` when it does not begin like one; then nothing but its first line has been read.
    pub fn open(mut reader: R) -> io::Result<Option<Self>> {
        let mut next = Vec::new();
        reader.read_until(b'\n', &mut next)?;
        Ok(is_from_line(&next).then_some(Self { reader, next }))
    }
}

impl<R: BufRead> Iterator for Messages<R> {
    type Item = io::Result<Message>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next.is_empty() {
            return None;
        }
        let from_line = std::mem::take(&mut self.next);
        let mut bytes = Vec::new();
        let (mut start, mut after_empty) = (0, false);
        loop {
            if let Err(error) = self.reader.read_until(b'\n', &mut bytes) {
                return Some(Err(error));
            }
            let line = bytes.get(start..).unwrap_or_default();
            if line.is_empty() {
                return Some(Ok(Message { from_line, bytes }));
            }
            if after_empty && is_from_line(line) {
                self.next = line.to_vec();
                bytes.truncate(start);
                drop_empty_line(&mut bytes);
                return Some(Ok(Message { from_line, bytes }));
            }
            after_empty = matches!(line, b"\n" | b"\r\n");
            start = bytes.len();
        }
    }
}

/// The empty line before a `From ` line belongs to the mailbox, not to the message.
fn drop_empty_line(bytes: &mut Vec<u8>) {
    let end = if bytes.ends_with(b"\r\n") { 2 } else { 1 };
    bytes.truncate(bytes.len().saturating_sub(end));
}

/// `From`, a sender, and a date as `asctime` writes it, perhaps with a zone.
pub fn is_from_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words = || rest.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
    words().any(is_month) && words().any(is_time) && words().any(is_year)
}

fn is_month(word: &[u8]) -> bool {
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    MONTHS.contains(&word)
}

fn is_time(word: &[u8]) -> bool {
    let mut fields = word.split(|b| *b == b':');
    let two =
        |field: Option<&[u8]>| field.is_some_and(|f| matches!(f.len(), 1 | 2) && f.iter().all(u8::is_ascii_digit));
    two(fields.next()) && two(fields.next()) && fields.next().is_none_or(|f| two(Some(f))) && fields.next().is_none()
}

fn is_year(word: &[u8]) -> bool {
    word.len() == 4 && word.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "From a@sender.example Tue Nov 24 09:00:00 2026\n";

    fn split(mailbox: &str) -> Vec<String> {
        let messages = Messages::open(mailbox.as_bytes()).unwrap().unwrap();
        messages.map(|m| String::from_utf8(m.unwrap().bytes).unwrap()).collect()
    }

    #[test]
    fn messages_are_split_at_from_lines() {
        let mailbox = format!("{FROM}Subject: 1\n\none\n\n{FROM}Subject: 2\n\ntwo\n");
        assert_eq!(split(&mailbox), ["Subject: 1\n\none\n", "Subject: 2\n\ntwo\n"]);
        let crlf = mailbox.replace('\n', "\r\n");
        assert_eq!(split(&crlf), ["Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n\r\ntwo\r\n"]);
    }

    #[test]
    fn text_that_only_looks_like_a_from_line_does_not_split() {
        for text in ["From here on it goes up.\n", ">From a@b Tue Nov 24 09:00:00 2026\n", "From May to July 2026\n"] {
            let message = format!("Subject: 1\n\nHello,\n\n{text}");
            assert_eq!(split(&format!("{FROM}{message}")), [message]);
        }
        let without_empty_line = format!("Subject: 1\n\nHello,\n{FROM}");
        assert_eq!(split(&format!("{FROM}{without_empty_line}")), [without_empty_line]);
    }

    #[test]
    fn every_usual_from_line_is_known() {
        for line in [
            "From MAILER-DAEMON Fri Jul  8 12:08:34 2011\n",
            "From - Tue Nov 24 09:00:00 2026\r\n",
            "From a@sender.example Tue Nov 24 09:00:00 +0900 2026\n",
            "From a@sender.example Tue Nov 24 9:00 2026\n",
        ] {
            assert!(is_from_line(line.as_bytes()), "{line}");
        }
        for line in ["From: a@sender.example\n", "From a@sender.example\n", "Subject: x\n", ""] {
            assert!(!is_from_line(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn empty_messages_and_broken_ends_are_kept() {
        assert_eq!(split(&format!("{FROM}\n{FROM}Subject: 2")), ["", "Subject: 2"]);
        assert_eq!(split(FROM), [""]);
        assert!(Messages::open(&b"Subject: x\n"[..]).unwrap().is_none());
    }
}
