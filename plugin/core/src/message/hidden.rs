//! Objects where readers of mail show none: in the text before the first boundary and after the last one
//! (RFC 2046 section 5.1.1). Some readers show what is there, and so may the next person in a chain of forwards.
//!
//! Ordinary text there is ordinary: "This is a multi-part message in MIME format.", the footer of a mailing list. It is
//! left alone.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memmem;

use super::decode::{TransferEncoding, looks_base64};
use super::delimiter::{Delimiters, Tolerance};
use super::fields;
use super::model::{Message, Part, Reading, Span, SpanKind};
use super::structure::{self, Habit, Task};
use crate::budget::{Budget, Limit};

/// The most texts that are looked into for parts; further ones are handed on as they are.
const LOOKS: usize = 16;

/// The longest text that can be prose, in bytes.
const PROSE: usize = 64 << 10;

/// A run of letters and digits that is too long for prose.
const RUN: usize = 60;

/// Looks for objects in preambles and epilogues.
pub(super) fn find(bytes: &[u8], message: &mut Message, budget: &mut Budget) {
    let mut texts: Texts = message.spans.iter().filter_map(text).collect();
    texts.retain(|(range, _)| look(bytes.get(..range.end).unwrap_or(bytes), range.start).is_some());
    texts.reverse();
    let mut known: BTreeSet<(usize, usize)> =
        if texts.is_empty() { BTreeSet::new() } else { message.leaves().map(place).collect() };
    let mut looks = 0usize;
    while let Some((range, label)) = texts.pop() {
        let whole = bytes.get(..range.end).unwrap_or(bytes);
        let Some(what) = look(whole, range.start) else { continue };
        let paid = !matches!(what, What::Blob) && may_look(&mut looks, range.len(), budget);
        let (parts, rest) =
            if paid { walk(whole, range.start, &what, budget) } else { (vec![blob(bytes, range)], vec![]) };
        texts.extend(rest.into_iter().rev().map(|(range, _)| (range, label)));
        for part in parts {
            if known.insert(place(&part)) {
                let number = format!("{label}-{}", message.hidden.len().saturating_add(1));
                message.hidden.push(Part { number, shown: false, ..part });
            }
        }
    }
}

/// Pays for one more text that is looked into.
fn may_look(looks: &mut usize, len: usize, budget: &mut Budget) -> bool {
    *looks = looks.saturating_add(1);
    if *looks > LOOKS {
        budget.note(Limit::Candidates);
        return false;
    }
    budget.take_work(len as u64).is_ok()
}

fn place(part: &Part) -> (usize, usize) {
    (part.body.start, part.body.end)
}

type Texts = Vec<(Range<usize>, &'static str)>;

/// The parts in a text, and the texts around them.
fn walk(bytes: &[u8], start: usize, what: &What, budget: &mut Budget) -> (Vec<Part>, Texts) {
    let start = start.saturating_add(blank_lines(bytes, start));
    let task = match what {
        What::Multipart(boundary) => Task::Body(Some(boundary)),
        What::Part | What::Blob => Task::Part,
    };
    let found = structure::walk(bytes, start, task, Habit::default(), budget);
    let rest = found.spans.iter().filter_map(text).collect();
    (found.parts.into_iter().filter(|p| !p.multipart).collect(), rest)
}

/// The bytes of a preamble or epilogue.
fn text(span: &Span) -> Option<(Range<usize>, &'static str)> {
    match span.kind {
        SpanKind::Preamble => Some((span.range.clone(), "preamble")),
        SpanKind::Epilogue => Some((span.range.clone(), "epilogue")),
        _ => None,
    }
}

/// Text without a header, as a part.
fn blob(bytes: &[u8], range: Range<usize>) -> Part {
    let reading = |encoding| Reading { body: range.clone(), encoding };
    let mut readings = vec![reading(TransferEncoding::Identity)];
    if looks_base64(bytes.get(range.clone()).unwrap_or(&[])) {
        readings.insert(0, reading(TransferEncoding::Base64));
    }
    Part { header: range.start..range.start, body: range.clone(), readings, ..Part::default() }
}

/// What a text may hold.
enum What {
    /// The header section of a part begins it.
    Part,
    /// Parts with this boundary between them.
    Multipart(Vec<u8>),
    /// Anything else that is not prose.
    Blob,
}

/// What the text from `start` to the end may hold; `None` for prose.
fn look(bytes: &[u8], start: usize) -> Option<What> {
    let text = bytes.get(start..)?;
    if text.trim_ascii().is_empty() {
        return None;
    }
    let first = start.saturating_add(blank_lines(bytes, start));
    if fields::is_mime_field(bytes.get(first..fields::line(bytes, first, true).end).unwrap_or(&[])) {
        return Some(What::Part);
    }
    if memmem::find(text, b"--").is_some()
        && let Some(boundary) = Delimiters::new(bytes, Tolerance::None, true).guess_described(start)
    {
        return Some(What::Multipart(boundary));
    }
    (!is_prose(text)).then_some(What::Blob)
}

/// The length of the empty lines at `start`.
fn blank_lines(bytes: &[u8], start: usize) -> usize {
    bytes.get(start..).unwrap_or(&[]).iter().take_while(|b| matches!(b, b'\r' | b'\n')).count()
}

/// Lines for people: no control characters, no long runs of letters and digits, no several lines of nothing else, no mark
/// of encoded content. What is no prose is only looked at more closely.
fn is_prose(text: &[u8]) -> bool {
    let odd = |b: &u8| matches!(b, 0..=8 | 11 | 14..=26 | 28..=31 | 127);
    if text.len() > PROSE || text.iter().any(odd) {
        return false;
    }
    let mut solid = 0usize;
    text.split(|b| matches!(b, b'\r' | b'\n')).filter(|line| !line.is_empty()).all(|line| {
        let data = line.strip_suffix(b"==").or(line.strip_suffix(b"=")).unwrap_or(line);
        let is_solid = line.len() >= 8 && longest_run(data) == data.len();
        solid = if is_solid { solid.saturating_add(1) } else { 0 };
        let marks = [&b"begin "[..], b"begin-base64 ", b"=ybegin ", b"(This file must be conv"];
        solid < 3 && longest_run(line) < RUN && !marks.iter().any(|m| line.starts_with(m))
    })
}

/// The longest run of letters, digits and what else base64 is made of.
fn longest_run(line: &[u8]) -> usize {
    let parts = line.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')));
    parts.map(<[u8]>::len).max().unwrap_or(0)
}
