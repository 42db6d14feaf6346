//! Quoted-printable (RFC 2045 section 6.7), taken as readers of mail take it: small hexadecimal digits count, and an
//! escape that is none stays as it stands.

use std::borrow::Cow;

use super::{Decoded, How, Note, Other};

/// How a reader takes what transport may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    breaks: Breaks,
    /// Blanks at the end of a line stay. RFC 2045 rule 3 has them deleted; not every reader does.
    blanks: bool,
}

/// What a hard line break stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaks {
    /// The bytes it is made of.
    AsIs,
    /// A line feed, for readers that keep mail in the manner of Unix.
    Lf,
    /// A carriage return and a line feed, the canonical form.
    CrLf,
}

/// One reading.
pub(super) struct Run {
    /// The decoded bytes.
    pub(super) bytes: Vec<u8>,
    bad: usize,
    first_bad: usize,
    /// Hard line breaks of one byte and of two.
    short_breaks: bool,
    long_breaks: bool,
    /// Blanks stood at the end of a line.
    blanks: bool,
}

/// Decodes a body, with notes and other readings. Text is the same to everybody; in a file, line breaks and blanks matter,
/// and readers differ on them.
pub(super) fn decode(body: &[u8]) -> Decoded<'_> {
    let usual = run(body, Way { breaks: Breaks::AsIs, blanks: false });
    let mut decoded = Decoded { bytes: Cow::Borrowed(&[]), others: Vec::new(), notes: Vec::new() };
    if usual.bad > 0 {
        decoded.notes.push(Note::BadEscape { offset: usual.first_bad, count: usual.bad });
    }
    if is_binary(&usual.bytes) {
        let mut other = |breaks, blanks| {
            decoded.others.push(Other { body, how: How::QuotedPrintable(Way { breaks, blanks }) });
        };
        if usual.long_breaks {
            other(Breaks::Lf, false);
        }
        if usual.short_breaks {
            other(Breaks::CrLf, false);
        }
        if usual.blanks {
            other(Breaks::AsIs, true);
        }
    }
    decoded.bytes = Cow::Owned(usual.bytes);
    decoded
}

/// Does it hold bytes that no text does?
fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr3(0, 1, 2, bytes).is_some()
}

/// Decodes in one way.
pub(super) fn run(body: &[u8], way: Way) -> Run {
    let mut run = Run {
        bytes: Vec::with_capacity(body.len()),
        bad: 0,
        first_bad: 0,
        short_breaks: false,
        long_breaks: false,
        blanks: false,
    };
    // Blanks that an escape made are not at the end of a line, whatever follows.
    let mut made = 0;
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = memchr::memchr3(b'=', b'\r', b'\n', rest).unwrap_or(rest.len());
        run.bytes.extend_from_slice(rest.get(..plain).unwrap_or(rest));
        at = at.saturating_add(plain);
        let used = match rest.get(plain..).unwrap_or(&[]) {
            [b'=', rest @ ..] => {
                let used = run.escape(rest, at);
                made = run.bytes.len();
                used.saturating_add(1)
            }
            [] => {
                run.trim(made, way);
                0
            }
            line_end => {
                run.trim(made, way);
                let used = if line_end.starts_with(b"\r\n") { 2 } else { 1 };
                run.line_break(line_end.get(..used).unwrap_or(&[]), way);
                made = run.bytes.len();
                used
            }
        };
        at = at.saturating_add(used);
    }
    run
}

impl Run {
    /// What stands behind `=`; says how many bytes of it were used. `at` is where the `=` stands.
    fn escape(&mut self, rest: &[u8], at: usize) -> usize {
        if let [high, low, ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            self.bytes.push((high << 4) | low);
            return 2;
        }
        let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        match rest.get(blanks..).unwrap_or(&[]) {
            // A soft line break (rule 5), or one that was cut off.
            [] => blanks,
            [b'\r', b'\n', ..] => blanks.saturating_add(2),
            [b'\r' | b'\n', ..] => blanks.saturating_add(1),
            _ => {
                if self.bad == 0 {
                    self.first_bad = at;
                }
                self.bad = self.bad.saturating_add(1);
                self.bytes.push(b'=');
                0
            }
        }
    }

    /// Takes off blanks before a line end (rule 3), but none before `from`.
    fn trim(&mut self, from: usize, way: Way) {
        let line = self.bytes.get(from..).unwrap_or(&[]);
        let blanks = line.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        self.blanks |= blanks > 0;
        if !way.blanks {
            self.bytes.truncate(self.bytes.len().saturating_sub(blanks));
        }
    }

    fn line_break(&mut self, line_end: &[u8], way: Way) {
        self.long_breaks |= line_end.len() > 1;
        self.short_breaks |= line_end.len() == 1;
        self.bytes.extend_from_slice(match way.breaks {
            Breaks::AsIs => line_end,
            Breaks::Lf => b"\n",
            Breaks::CrLf => b"\r\n",
        });
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
