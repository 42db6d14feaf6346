//! Base64 (RFC 2045 section 6.8): lines are joined in a small block and decoded by SIMD; a block with anything but the
//! alphabet and line ends in it is sorted byte by byte first. Both are linear, and one stray byte slows one block only.

use std::borrow::Cow;

use base64_simd::{STANDARD, STANDARD_NO_PAD};

use super::survey::{Survey, survey};
use super::{Decoded, How, Note, Other};

/// Characters decoded at a time: small enough for the stack and the fast cache, large enough for the SIMD to pay.
/// A multiple of four, so that a full block always ends with a quad.
const BLOCK: usize = 4096;

/// What a byte is. Below 64: its value in the alphabet.
const fn class(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' => 62,
        b'/' => 63,
        b'\t'..=b'\r' | b' ' => SPACE,
        b'=' => PAD,
        b'-' | b'_' => URL,
        _ => FOREIGN,
    }
}

/// White space.
pub(super) const SPACE: u8 = 64;
/// `=`.
pub(super) const PAD: u8 = 65;
/// `-` and `_`.
pub(super) const URL: u8 = 66;
/// Anything else.
pub(super) const FOREIGN: u8 = 67;

static CLASSES: [u8; 256] = {
    let mut table = [FOREIGN; 256];
    let mut rest: &mut [u8] = &mut table;
    let mut byte = 0u8;
    while let [first, others @ ..] = rest {
        *first = class(byte);
        byte = byte.wrapping_add(1);
        rest = others;
    }
    table
};

/// What a byte is: its value in the alphabet, or [`SPACE`], [`PAD`], [`URL`], [`FOREIGN`].
#[inline]
pub(super) fn class_of(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(FOREIGN)
}

/// Is this one of the 64 characters of the alphabet (RFC 2045 section 6.8, table 1)?
#[inline]
#[must_use]
pub fn is_base64(byte: u8) -> bool {
    class_of(byte) < SPACE
}

/// The six bits this character stands for, if it is one of the 64.
#[inline]
#[must_use]
pub fn base64_value(byte: u8) -> Option<u8> {
    Some(class_of(byte)).filter(|class| *class < SPACE)
}

/// How a reader takes what RFC 2045 leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// What `=` does.
    pub(super) padding: Padding,
    /// `-` and `_` are 62 and 63.
    pub(super) url: bool,
}

/// What `=` does to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// Where a quad may end, the data end (Python, Perl, Dovecot).
    Stop,
    /// Where a quad may end it does, and the next one begins.
    Restart,
    /// It is a foreign character like any other.
    Skip,
    /// It takes a place in its quad (Thunderbird, JavaMail).
    Place,
}

/// The reading most readers of mail share. RFC 2045 section 6.8: characters outside the alphabet are ignored, and "the
/// occurrence of any '=' characters may be taken as evidence that the end of the data has been reached".
pub(super) const USUAL: Way = Way { padding: Padding::Stop, url: false };

/// One reading.
pub(super) struct Run {
    /// The decoded bytes.
    pub(super) bytes: Vec<u8>,
    /// Where reading stopped at padding.
    pub(super) stop: Option<usize>,
    /// Characters left over that did not fill a quad.
    pub(super) left: usize,
    /// There was something beside the alphabet, white space and the padding that ended it.
    pub(super) odd: bool,
}

/// Decodes a body, with notes and other readings.
pub(super) fn decode(body: &[u8]) -> Decoded<'_> {
    let run = run(body, USUAL);
    let rest = run.stop.and_then(|at| body.get(at..)).unwrap_or(&[]);
    let mut decoded = Decoded { bytes: Cow::Owned(run.bytes), others: Vec::new(), notes: Vec::new() };
    if run.odd || !rest.iter().all(|b| matches!(class_of(*b), SPACE | PAD)) {
        let Survey { notes, others } = survey(body, run.stop);
        decoded.notes = notes;
        decoded.others = others;
    }
    if run.stop.is_none()
        && !decoded.notes.iter().any(|n| matches!(n, Note::TrailingText { .. } | Note::NotBase64 { .. }))
    {
        let offset = body.trim_ascii_end().len();
        match run.left {
            1 => decoded.notes.push(Note::Truncated { offset }),
            2 | 3 => decoded.notes.push(Note::MissingPadding { offset }),
            _ => {}
        }
    }
    decoded
}

/// Another reading of some bytes.
pub(super) fn other(body: &[u8], padding: Padding, url: bool) -> Other<'_> {
    Other { body, how: How::Base64(Way { padding, url }) }
}

/// Decodes in one way.
pub(super) fn run(body: &[u8], way: Way) -> Run {
    if way.padding == Padding::Place {
        return places(body);
    }
    let mut joiner = Joiner {
        block: [0; BLOCK],
        len: 0,
        out: Vec::with_capacity(body.len().div_ceil(4).saturating_mul(3)),
        line: 0,
        ahead: 0,
    };
    let (mut at, mut odd) = (0, false);
    while at < body.len() {
        if let Some(next) = joiner.lines(body, at) {
            at = next;
            continue;
        }
        match joiner.sort(body.get(at..).unwrap_or(&[]), way, &mut odd) {
            Sorted::Full(used) => at = at.saturating_add(used),
            Sorted::Ended => break,
            Sorted::Stopped(used) => {
                joiner.end();
                return Run { bytes: joiner.out, stop: Some(at.saturating_add(used)), left: 0, odd };
            }
        }
    }
    let left = joiner.len.checked_rem(4).unwrap_or(0);
    joiner.end();
    Run { bytes: joiner.out, stop: None, left, odd }
}

/// Why sorting came to an end.
enum Sorted {
    /// The block is full and decoded; so many bytes were used.
    Full(usize),
    /// There are no more bytes.
    Ended,
    /// `=` ended the data, after so many bytes.
    Stopped(usize),
}

/// Characters on their way into the decoder.
struct Joiner {
    block: [u8; BLOCK],
    /// How many characters wait in the block.
    len: usize,
    out: Vec<u8>,
    /// The length of the last whole line; most bodies have lines of one length.
    line: usize,
    /// Where the next line end is expected, counted from the next byte.
    ahead: usize,
}

impl Joiner {
    /// Fills the empty block with lines as they stand and decodes it. `None`, with nothing changed, when too few bytes
    /// are left or one of them is neither in the alphabet nor part of a line end. Where the line end is, is guessed: if
    /// the guess is wrong, a line end lands in the block and the decoder refuses it.
    fn lines(&mut self, body: &[u8], from: usize) -> Option<usize> {
        let (mut at, mut len) = (from, 0);
        let (mut line, mut ahead) = (self.line, self.ahead);
        while len < BLOCK {
            let rest = body.get(at..)?;
            let room = BLOCK.saturating_sub(len);
            if !matches!(rest.get(ahead), Some(b'\r' | b'\n')) {
                let window = rest.get(..room.saturating_add(1)).unwrap_or(rest);
                ahead = memchr::memchr2(b'\r', b'\n', window).unwrap_or(window.len());
                line = ahead;
            }
            let take = ahead.min(room);
            let end = len.saturating_add(take);
            copy(self.block.get_mut(len..end)?, rest.get(..take)?);
            (at, len, ahead) = (at.saturating_add(take), end, ahead.saturating_sub(take));
            if ahead == 0 {
                let ends = body.get(at..)?.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
                if ends == 0 && take == 0 {
                    return None;
                }
                at = at.saturating_add(ends);
                ahead = line;
            }
        }
        STANDARD_NO_PAD.decode_append(self.block.as_slice(), &mut self.out).ok()?;
        (self.line, self.ahead) = (line, ahead);
        Some(at)
    }

    /// Fills the block byte by byte, leaves out what does not belong, and decodes it when it is full.
    fn sort(&mut self, rest: &[u8], way: Way, odd: &mut bool) -> Sorted {
        self.ahead = 0;
        for (n, byte) in rest.iter().enumerate() {
            let character = match class_of(*byte) {
                SPACE => continue,
                URL if way.url => {
                    if *byte == b'-' {
                        b'+'
                    } else {
                        b'/'
                    }
                }
                PAD if way.padding != Padding::Skip && self.len.checked_rem(4).is_some_and(|phase| phase >= 2) => {
                    if way.padding == Padding::Stop {
                        return Sorted::Stopped(n);
                    }
                    self.end();
                    continue;
                }
                PAD | URL | FOREIGN => {
                    *odd = true;
                    continue;
                }
                _ => *byte,
            };
            if let Some(place) = self.block.get_mut(self.len) {
                *place = character;
                self.len = self.len.saturating_add(1);
            }
            if self.len == BLOCK {
                self.end();
                return Sorted::Full(n.saturating_add(1));
            }
        }
        Sorted::Ended
    }

    /// Decodes what waits in the block, all of it in the alphabet. Two characters left over make one byte, three make
    /// two; a single one makes none.
    fn end(&mut self) {
        let lacking = self.len.wrapping_neg() & 3;
        let whole = self.len.saturating_add(lacking);
        if let Some(places) = self.block.get_mut(self.len..whole) {
            places.fill(b'A');
        }
        // Nothing outside the alphabet waits in the block, so this cannot fail.
        if STANDARD_NO_PAD.decode_append(self.block.get(..whole).unwrap_or(&[]), &mut self.out).is_ok() {
            self.out.truncate(self.out.len().saturating_sub(lacking));
        }
        self.len = 0;
    }
}

/// Copies short lines without a call: pieces of 16 bytes are one SIMD load and store each.
#[inline]
fn copy(to: &mut [u8], from: &[u8]) {
    let (to_pieces, to_rest) = to.as_chunks_mut::<16>();
    let (from_pieces, from_rest) = from.as_chunks::<16>();
    for (to, from) in to_pieces.iter_mut().zip(from_pieces) {
        *to = *from;
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = *from;
    }
}

/// The reading in which `=` takes a place in its quad, wherever it stands.
fn places(body: &[u8]) -> Run {
    let mut out = Vec::with_capacity(body.len().div_ceil(4).saturating_mul(3));
    let (mut quad, mut filled, mut pads) = (0u32, 0usize, 0usize);
    for class in body.iter().map(|b| class_of(*b)).filter(|c| *c <= PAD && *c != SPACE) {
        pads = pads.saturating_add(usize::from(class == PAD));
        quad = (quad << 6) | if class == PAD { 0 } else { u32::from(class) };
        filled = filled.saturating_add(1);
        if filled == 4 {
            let [_, bytes @ ..] = quad.to_be_bytes();
            out.extend_from_slice(bytes.get(..3usize.saturating_sub(pads.min(2))).unwrap_or(&[]));
            (quad, filled, pads) = (0, 0, 0);
        }
    }
    Run { bytes: out, stop: None, left: filled, odd: false }
}

/// The other way round: one line, with padding.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode_to_string(bytes)
}

/// Lines that are looked at before a body is taken for base64.
const SAMPLE: usize = 16;

/// Does a body without a (known) transfer encoding look like base64? Strict, so that no text does: the first lines are
/// nothing but alphabet, all equally long (60 characters or more, whole quads), the last one at most as long; a body of
/// one line needs 120 characters. Capitals, small letters and digits all occur.
#[must_use]
pub fn looks_base64(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let head = body.get(..body.len().min(64 << 10)).unwrap_or(body);
    let mut lines = head.split(|b| *b == b'\n' || *b == b'\r').filter(|l| !l.is_empty()).map(<[u8]>::trim_ascii_end);
    let Some(first) = lines.next().filter(|line| is_whole_line(line)) else { return false };
    let last = lines.take(SAMPLE).find(|line| line.len() != first.len() || !is_whole_line(line));
    last.is_none_or(|line| is_last_line(line, first.len()))
        && (first.len() >= 120 || first.len() < head.len())
        && [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit].iter().all(|is| head.iter().any(is))
}

/// 60 characters of the alphabet or more, in whole quads; padding may end it.
fn is_whole_line(line: &[u8]) -> bool {
    line.len() >= 60 && is_last_line(line, line.len())
}

/// At most `most` characters of the alphabet in whole quads, padding at its end included.
fn is_last_line(line: &[u8], most: usize) -> bool {
    let data = line.strip_suffix(b"==").or_else(|| line.strip_suffix(b"=")).unwrap_or(line);
    line.len() <= most && line.len().is_multiple_of(4) && data.iter().all(|b| class_of(*b) < SPACE)
}
