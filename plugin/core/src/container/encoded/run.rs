//! Runs of base64 in a text, and what they decode to.

use std::borrow::Cow;

use memchr::memmem;

use crate::budget::{Budget, Exhausted};
use crate::bytes::{array, u16_le, u32_le};
use crate::container::sniff::{self, Class};
use crate::container::tree::Content;
use crate::message::decode::{TransferEncoding, base64_value, decode, is_base64};

/// The shortest run that is looked at, and so the distance of two probes that misses none.
const SHORTEST: usize = 60;
/// The shortest run whose middle is searched for an archive: 90 bytes hold no smaller one behind something else.
const SEARCHED: usize = 120;
/// How much is decoded to name a format: enough for the magic of tar at 257 and for the header of a program.
const HEAD: usize = 300;
/// How many blocks of lines are tried as the beginning of a file.
const BLOCKS: usize = 64;
/// How files most often begin; looked for behind the slashes of a path that stands before the data.
static STARTS: &[&[u8]] = &[b"UEsDB", b"UmFyIR", b"N3q8r", b"0M8R4KGx", b"JVBERi", b"TVqQ", b"TVpQ", b"H4sI"];
/// How far from the beginning of a run such a path may reach.
const PATH: usize = 128;

/// Lines of nothing but base64: the first may begin, the last may end within a line of other text.
pub(super) struct Run {
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends, padding included.
    pub(super) end: usize,
    /// Its lines begin with blanks or marks of a quotation.
    quoted: bool,
    /// Where its blocks of equally long lines begin, as far as they are long enough.
    blocks: Vec<usize>,
}

/// A file in a run.
pub(super) struct File<'a> {
    pub(super) start: usize,
    pub(super) content: Content<'a>,
}

/// Finds runs.
pub(super) struct Runs<'a> {
    text: &'a [u8],
    /// Before this everything has been looked at.
    done: usize,
}

impl<'a> Runs<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, done: 0 }
    }

    /// The next run. Every run of [`SHORTEST`] bytes holds a probe; words around a probe are walked over quickly.
    pub(super) fn next_run(&mut self) -> Option<Run> {
        let mut probe = self.done.saturating_add(SHORTEST).saturating_sub(1);
        loop {
            let byte = *self.text.get(probe)?;
            if is_base64(byte) || is_line_end(byte) {
                let run = self.around(probe);
                self.done = run.end.max(probe.saturating_add(1));
                if run.end.saturating_sub(run.start) >= SHORTEST {
                    return Some(run);
                }
                probe = self.done;
            }
            probe = probe.saturating_add(SHORTEST);
        }
    }

    /// The run around a probe.
    fn around(&self, probe: usize) -> Run {
        let mut start = self.word_start(probe);
        let prefix = self.prefix(start);
        // Lines above that are nothing but base64 belong to it. No more than a probe's distance, or an earlier probe
        // would have met them.
        while let Some(above) = self.line_above(start, prefix) {
            start = above;
        }
        self.forward(start)
    }

    /// Where the characters around `at` begin, on its line.
    fn word_start(&self, at: usize) -> usize {
        let before = self.text.get(self.done..at).unwrap_or(&[]);
        at.saturating_sub(before.iter().rev().take_while(|b| is_base64(**b)).count())
    }

    /// What stands between the line start and `at`, if that is only blanks and marks of a quotation.
    fn prefix(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&[]);
        let length = before.iter().rev().take(16).take_while(|b| matches!(b, b' ' | b'\t' | b'>' | b'|')).count();
        let start = at.saturating_sub(length);
        let begins = start == 0 || self.text.get(start.saturating_sub(1)).is_some_and(|b| is_line_end(*b));
        if begins { (start, at) } else { (at, at) }
    }

    /// The start of the line above the one that begins with `prefix` and then `at`, if it is a prefix and base64.
    fn line_above(&self, at: usize, prefix: (usize, usize)) -> Option<usize> {
        let prefix = self.text.get(prefix.0..prefix.1)?;
        let line = at.checked_sub(prefix.len())?;
        let before = self.text.get(self.done..line)?;
        let before = before
            .strip_suffix(b"\n")
            .map_or(before.strip_suffix(b"\r"), |b| Some(b.strip_suffix(b"\r").unwrap_or(b)))?;
        let blanks = before.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let end = self.done.saturating_add(before.len()).saturating_sub(blanks);
        let start = self.word_start(end);
        let rest = self.text.get(..start)?.strip_suffix(prefix)?;
        (start < end && rest.last().is_none_or(|b| is_line_end(*b))).then_some(start)
    }

    /// The run that begins at `start`.
    fn forward(&self, start: usize) -> Run {
        let prefix = self.prefix(start);
        let marks = self.text.get(prefix.0..prefix.1).unwrap_or(&[]);
        let mut run = Run { start, end: start, quoted: !marks.is_empty(), blocks: Vec::new() };
        let (mut at, mut last, mut block) = (start, 0, start);
        loop {
            let rest = self.text.get(at..).unwrap_or(&[]);
            let length = rest.iter().take_while(|b| is_base64(**b)).count();
            let (pads, ends) = line_end(rest.get(length..).unwrap_or(&[]));
            let whole = ends > 0 || length.saturating_add(pads) == rest.len();
            if length == 0 || (!whole && pads == 0 && last > 0) {
                break;
            }
            if length != last && last > 0 {
                run.add_block(block);
                block = at;
            }
            last = length;
            run.end = at.saturating_add(length).saturating_add(pads);
            let next = rest.get(length.saturating_add(pads).saturating_add(ends)..).unwrap_or(&[]);
            if pads > 0 || !whole || !next.starts_with(marks) {
                break;
            }
            at = run.end.saturating_add(ends).saturating_add(marks.len());
        }
        run.add_block(block);
        run
    }
}

/// How much padding stands here, and how long the blanks and line end behind it are.
fn line_end(rest: &[u8]) -> (usize, usize) {
    let pads = rest.iter().take(2).take_while(|b| **b == b'=').count();
    let rest = rest.get(pads..).unwrap_or(&[]);
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let ends = match rest.get(blanks..).unwrap_or(&[]) {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return (pads, 0),
    };
    (pads, blanks.saturating_add(ends))
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

impl Run {
    /// Adds the block from `start` to the present end. A text of one word a line has many blocks, all short.
    fn add_block(&mut self, start: usize) {
        if self.end.saturating_sub(start) >= SHORTEST && self.blocks.len() < BLOCKS {
            self.blocks.push(start);
        }
    }

    /// The file it holds: one that begins with the run, with a block of its lines or behind a slash, or an archive
    /// somewhere inside. `None` for keys, tokens, pictures and whatever else is base64.
    ///
    /// # Errors
    /// [`Exhausted`] when the budget stopped us.
    pub(super) fn file<'a>(&self, text: &'a [u8], budget: &mut Budget) -> Result<Option<File<'a>>, Exhausted> {
        let start = match self.starts(text).find(|start| self.begins_file(text, *start)) {
            Some(start) => start,
            None if self.end.saturating_sub(self.start) < SEARCHED => return Ok(None),
            None => {
                budget.take_bytes(self.end.saturating_sub(self.start))?;
                if !holds_archive(&base64(&self.characters(text, self.start, self.end))) {
                    return Ok(None);
                }
                self.start
            }
        };
        let content = match self.characters(text, start, self.end) {
            Cow::Borrowed(body) => Content::Encoded { body, encoding: TransferEncoding::Base64 },
            Cow::Owned(characters) => {
                budget.take_bytes(characters.len())?;
                Content::Owned(base64(&characters))
            }
        };
        Ok(Some(File { start, content }))
    }

    /// Where a file may begin.
    fn starts<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
        let path = text.get(self.start..self.end.min(self.start.saturating_add(PATH))).unwrap_or(&[]);
        let slashes = memchr::memchr_iter(b'/', path)
            .map(|n| self.start.saturating_add(n).saturating_add(1))
            .filter(|at| STARTS.iter().any(|start| text.get(*at..).is_some_and(|t| t.starts_with(start))));
        let first = Some(self.start).filter(|start| self.blocks.first() != Some(start));
        first.into_iter().chain(self.blocks.iter().copied()).chain(slashes)
    }

    fn begins_file(&self, text: &[u8], start: usize) -> bool {
        if self.end.saturating_sub(start) < SHORTEST {
            return false;
        }
        let mut head = [0; HEAD];
        let mut length = 0usize;
        let mut values = text.get(start..self.end).unwrap_or(&[]).iter().filter_map(|b| base64_value(*b));
        for (place, bytes) in head.chunks_exact_mut(3).zip(core::iter::from_fn(|| quad(&mut values))) {
            place.copy_from_slice(&bytes);
            length = length.saturating_add(3);
        }
        is_file(head.get(..length).unwrap_or(&head))
    }

    /// The characters between two places, without the marks of a quotation.
    fn characters<'a>(&self, text: &'a [u8], start: usize, end: usize) -> Cow<'a, [u8]> {
        let slice = text.get(start..end).unwrap_or(&[]);
        if self.quoted {
            Cow::Owned(slice.iter().copied().filter(|b| is_base64(*b) || *b == b'=').collect())
        } else {
            Cow::Borrowed(slice)
        }
    }
}

/// The three bytes of the next four characters.
fn quad(values: &mut impl Iterator<Item = u8>) -> Option<[u8; 3]> {
    let mut quad = 0u32;
    for _ in 0..4 {
        quad = (quad << 6) | u32::from(values.next()?);
    }
    let [_, bytes @ ..] = quad.to_be_bytes();
    Some(bytes)
}

/// Decodes characters of a run.
fn base64(characters: &[u8]) -> Vec<u8> {
    decode(characters, TransferEncoding::Base64).bytes.into_owned()
}

/// Do these bytes begin a file worth a look? Magic numbers of two or three bytes occur in one token of 65 536, so
/// they need a second sign here.
fn is_file(start: &[u8]) -> bool {
    let Some(format) = sniff::signature(start) else { return sniff::looks_like_message(start) };
    match (format.id, format.class) {
        ("gzip", _) => matches!(start.get(3..10), Some([0..=0x1F, _, _, _, _, 0 | 2 | 4, 0..=13 | 255])),
        ("bzip2", _) => matches!(start.get(3..10), Some([b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y'])),
        ("compress", _) => matches!(start.get(2), Some(0x89..=0x90)),
        ("pe", _) => u32_le(start, 0x3C).is_some_and(|at| (0x40..0x1000).contains(&at)),
        // Found anywhere in the first kilobyte, as viewers do; here it has to come first.
        ("pdf", _) => start.starts_with(b"%PDF-"),
        (_, Class::Archive | Class::Compressor | Class::DiskImage | Class::Sealed | Class::Document) => true,
        (_, Class::Executable | Class::Shortcut) => true,
        _ => false,
    }
}

/// Does an archive stand anywhere in these bytes? Signatures alone are not enough: the fields behind them must make sense.
fn holds_archive(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"PK").any(|at| is_zip_record(bytes.get(at..).unwrap_or(&[])))
        || memmem::find(bytes, b"Rar!\x1A\x07").is_some()
        || memmem::find(bytes, b"7z\xBC\xAF\x27\x1C").is_some()
}

/// A local file header (APPNOTE 4.3.7) or an end of central directory record (4.3.16) with possible values.
fn is_zip_record(record: &[u8]) -> bool {
    match array::<4>(record, 0) {
        Some([_, _, 3, 4]) => {
            let method = u16_le(record, 8);
            u16_le(record, 4).is_some_and(|version| version & 0xFF <= 63)
                && method.is_some_and(|method| matches!(method, 0..=20 | 93..=99))
                && u16_le(record, 26).is_some_and(|length| (1..=1024).contains(&length))
        }
        Some([_, _, 5, 6]) => {
            u16_le(record, 20).is_some_and(|comment| usize::from(comment).saturating_add(22) <= record.len())
                && u16_le(record, 4) == u16_le(record, 6)
                && u16_le(record, 8) == u16_le(record, 10)
        }
        _ => false,
    }
}
