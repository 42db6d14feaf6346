//! Boundary delimiter lines (RFC 2046 section 5.1.1): found by a vectorised search for `--`, compared with the multiparts
//! that are open.

use memchr::memmem::Finder;

use super::fields;

/// What a reader takes for a delimiter line beyond `--boundary`, blanks, line end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tolerance {
    /// Nothing.
    #[default]
    None,
    /// The boundary, then anything.
    Prefix,
    /// NULs around it.
    Nul,
    /// A bare CR as line end, there and in headers.
    BareCr,
}

/// How many places are looked at for a boundary that nobody tells.
const GUESSES: usize = 256;

/// A multipart that is open.
#[derive(Debug)]
pub(super) struct Frame {
    /// Its boundary, in every spelling it may have.
    pub boundaries: Vec<Vec<u8>>,
    /// Its number and how many parts it has had.
    pub number: String,
    pub children: u32,
    /// Its parts are messages unless they say otherwise (RFC 2046 section 5.1.5).
    pub digest: bool,
    /// Its boundary is guessed.
    pub guessed: bool,
    /// Its index in the list of parts.
    pub part: usize,
}

impl Frame {
    /// A multipart without parts so far.
    pub fn new(boundaries: Vec<Vec<u8>>, number: String, part: usize) -> Self {
        Self { boundaries, number, children: 0, digest: false, guessed: false, part }
    }

    /// The number of its next part (RFC 3501 section 6.4.5).
    pub fn next_number(&mut self) -> String {
        self.children = self.children.saturating_add(1);
        if self.number.is_empty() { self.children.to_string() } else { format!("{}.{}", self.number, self.children) }
    }
}

/// A delimiter line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiter {
    /// Where the line end before it begins; it belongs to the delimiter.
    pub start: usize,
    /// Where the next line begins.
    pub end: usize,
    /// The index of its multipart.
    pub level: usize,
    /// It is the last one of its multipart.
    pub close: bool,
}

/// Lines that other readers would take for delimiters: where the first of each sort is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Missed {
    pub prefix: Option<usize>,
    pub nul: Option<usize>,
    pub bare_cr: Option<usize>,
}

/// Finds delimiter lines.
pub(super) struct Delimiters<'a> {
    bytes: &'a [u8],
    dashes: Finder<'static>,
    tolerance: Tolerance,
    bare_cr: bool,
    /// The multiparts that are open, outermost first.
    pub frames: Vec<Frame>,
    /// What was not taken for a delimiter.
    pub missed: Missed,
    /// How many comparisons were made.
    pub steps: u64,
}

/// How a line compares with the open multiparts.
enum Match {
    None,
    Exact {
        level: usize,
        close: bool,
        end: usize,
    },
    /// It begins with a boundary; what follows begins at `tail`.
    Odd {
        level: usize,
        close: bool,
        tail: usize,
    },
}

impl<'a> Delimiters<'a> {
    pub fn new(bytes: &'a [u8], tolerance: Tolerance, bare_cr: bool) -> Self {
        Self {
            bytes,
            dashes: Finder::new(b"--"),
            tolerance,
            bare_cr,
            frames: Vec::new(),
            missed: Missed::default(),
            steps: 0,
        }
    }

    /// Is a bare CR a line end?
    pub fn bare_cr(&self) -> bool {
        self.bare_cr
    }

    /// Is the line at `at`, which begins with `--`, a delimiter?
    pub fn is_delimiter(&mut self, at: usize) -> bool {
        self.at(at, at).is_some()
    }

    /// The next delimiter from `from` on, which is the beginning of a line.
    pub fn next(&mut self, from: usize) -> Option<Delimiter> {
        if self.frames.is_empty() {
            return None;
        }
        let mut at = from;
        loop {
            let found = self.dashes.find(self.bytes.get(at..)?)?;
            at = at.saturating_add(found);
            if let Some(delimiter) = self.at(at, from) {
                return Some(delimiter);
            }
            // No line begins within a run of dashes.
            let dashes = self.bytes.get(at..)?.iter().take_while(|b| **b == b'-').count();
            at = at.saturating_add(dashes);
        }
    }

    /// The boundary of a multipart that does not tell it, from the first line that begins with `--` and is followed by
    /// a header section or an empty line, before any delimiter of the open multiparts.
    pub fn guess(&mut self, from: usize) -> Option<Vec<u8>> {
        self.guess_before(from, fields::begins_part)
    }

    /// The same, where only a line followed by a field that describes a part counts.
    pub fn guess_described(&mut self, from: usize) -> Option<Vec<u8>> {
        self.guess_before(from, fields::begins_described_part)
    }

    fn guess_before(&mut self, from: usize, begins: fn(&[u8], usize, bool) -> bool) -> Option<Vec<u8>> {
        let mut at = from;
        for _ in 0..GUESSES {
            at = at.saturating_add(self.dashes.find(self.bytes.get(at..)?)?);
            let starts_line = at == from || matches!(self.bytes.get(at.saturating_sub(1)), Some(b'\n' | b'\r'));
            if starts_line {
                if self.at(at, from).is_some() {
                    return None;
                }
                let line = fields::line(self.bytes, at, self.bare_cr);
                let text = self.bytes.get(at.saturating_add(2)..line.end).unwrap_or(&[]).trim_ascii_end();
                let plausible = !text.is_empty() && text.len() <= 200 && text.iter().all(u8::is_ascii_graphic);
                if plausible && begins(self.bytes, line.next, self.bare_cr) {
                    return Some(text.to_vec());
                }
            }
            at = at.saturating_add(2);
        }
        None
    }

    /// The delimiter whose `--` stands at `at`, if one does; lines begin at `from` at the earliest.
    fn at(&mut self, at: usize, from: usize) -> Option<Delimiter> {
        let before = self.bytes.get(from..at)?;
        let odd_start = match before.last() {
            None | Some(b'\n') => None,
            Some(b'\r') if self.bare_cr => None,
            Some(b'\r') => Some(Tolerance::BareCr),
            Some(0) => {
                let text = before.iter().rposition(|b| *b != 0).and_then(|last| before.get(last));
                match text {
                    None | Some(b'\n') => Some(Tolerance::Nul),
                    _ => return None,
                }
            }
            Some(_) => return None,
        };
        let (level, close, end) = match self.compare(at) {
            Match::None => return None,
            Match::Exact { level, close, end } => (level, close, end),
            Match::Odd { level, close, tail } => {
                let sort = match self.bytes.get(tail) {
                    Some(0) => Tolerance::Nul,
                    Some(b'\r') => Tolerance::BareCr,
                    _ => Tolerance::Prefix,
                };
                if !self.allows(sort, at) {
                    return None;
                }
                (level, close, fields::line(self.bytes, tail, self.bare_cr).next)
            }
        };
        if odd_start.is_some_and(|sort| !self.allows(sort, at)) {
            return None;
        }
        let nuls = before.iter().rev().take_while(|b| **b == 0).count();
        let text = before.get(..before.len().saturating_sub(nuls)).unwrap_or(before);
        Some(Delimiter { start: from.saturating_add(without_line_end(text)), end, level, close })
    }

    /// Does this reader take such a line? If not, it is noted that others do.
    fn allows(&mut self, sort: Tolerance, at: usize) -> bool {
        if sort == self.tolerance {
            return true;
        }
        let missed = match sort {
            Tolerance::Nul => &mut self.missed.nul,
            Tolerance::BareCr => &mut self.missed.bare_cr,
            _ => &mut self.missed.prefix,
        };
        *missed = missed.or(Some(at));
        false
    }

    /// Compares the line at `at` with the open multiparts, innermost first. A line that is exactly a delimiter of any
    /// of them wins over one that merely begins like one; among those the longest boundary wins.
    fn compare(&mut self, at: usize) -> Match {
        let mut odd = Match::None;
        let mut longest = 0;
        let text = at.saturating_add(2);
        let Some(rest) = self.bytes.get(text..) else { return Match::None };
        self.steps = self.steps.saturating_add(self.frames.len() as u64);
        for (level, frame) in self.frames.iter().enumerate().rev() {
            for boundary in &frame.boundaries {
                let Some(tail) = rest.strip_prefix(boundary.as_slice()) else { continue };
                let after = text.saturating_add(boundary.len());
                if let Some(end) = line_end(tail, self.bare_cr) {
                    return Match::Exact { level, close: false, end: after.saturating_add(end) };
                }
                let closing = tail.strip_prefix(b"--");
                if let Some(end) = closing.and_then(|t| line_end(t, self.bare_cr)) {
                    return Match::Exact { level, close: true, end: after.saturating_add(2).saturating_add(end) };
                }
                if boundary.len() >= longest {
                    longest = boundary.len();
                    let tail = if closing.is_some() { after.saturating_add(2) } else { after };
                    odd = Match::Odd { level, close: closing.is_some(), tail };
                }
            }
        }
        odd
    }
}

/// Nothing but transport padding (RFC 2046 section 5.1.1) up to the line end? Then where the next line begins.
fn line_end(tail: &[u8], bare_cr: bool) -> Option<usize> {
    let blanks = tail.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let ended = match tail.get(blanks..)? {
        [] => 0,
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        [b'\r', b'\r', b'\n', ..] => 3,
        [b'\r', ..] if bare_cr => 1,
        [b'\r'] => 1,
        _ => return None,
    };
    Some(blanks.saturating_add(ended))
}

/// The length of some lines without the line end at their end.
fn without_line_end(text: &[u8]) -> usize {
    let end = match text {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] | [.., b'\r'] => 1,
        _ => 0,
    };
    text.len().saturating_sub(end)
}

/// Do the lines of a message end in bare CR? Only where there is no LF at all.
pub(super) fn ends_in_cr(bytes: &[u8]) -> bool {
    memchr::memchr2(b'\n', b'\r', bytes)
        .and_then(|end| bytes.get(end..))
        .is_some_and(|tail| tail.starts_with(b"\r") && memchr::memchr(b'\n', tail).is_none())
}
