//! Accounts for every byte: what belongs to a record or a member, what stands in front, between and behind.

use super::directory::Directories;
use super::facts::{Span, SpanKind};
use super::header::{Header, LOCAL};
use super::member::Member;
use super::signatures::segment_mark;

/// The first byte of the name of an Android signing block, which ends with it (APK Signature Scheme v2).
const SIGNING_BLOCK: &[u8] = b"APK Sig Block 42";

/// Covers the file with spans, in order and without holes. Where records overlap, the earlier one has the bytes.
pub fn spans(bytes: &[u8], directories: &Directories, members: &[Member]) -> Vec<Span> {
    let known = known(bytes, directories, members);
    let comments: Vec<_> = directories.ends.iter().map(|(c, _)| (c.end.comment_at(), c.end.end)).collect();
    let mut out: Vec<Span> = Vec::with_capacity(known.len().saturating_add(2));
    let mut at = 0usize;
    for span in &known {
        if span.start > at {
            fill(bytes, &mut out, at, span.start, &comments);
        }
        let start = span.start.max(at);
        if span.end > start {
            out.push(Span { start, ..*span });
            at = span.end;
        }
    }
    if at < bytes.len() {
        fill(bytes, &mut out, at, bytes.len(), &comments);
    }
    name_the_edges(bytes, &mut out);
    out
}

/// The spans of records and members, by start.
fn known(bytes: &[u8], directories: &Directories, members: &[Member]) -> Vec<Span> {
    let mut known = Vec::with_capacity(members.len().saturating_add(4));
    for member in members {
        let Some(local) = member.local else { continue };
        if let Some((at, _)) = segment_mark(bytes, local).filter(|(at, _)| *at == 0) {
            known.push(Span { start: at, end: local, kind: SpanKind::SegmentMark });
        }
        known.push(Span { start: local, end: member.after.max(member.start), kind: SpanKind::Member });
    }
    known.extend(directories.found.iter().map(|d| Span { start: d.start, end: d.end, kind: SpanKind::Directory }));
    for (closing, _) in &directories.ends {
        known.push(Span { start: closing.start(), end: closing.end.comment_at(), kind: SpanKind::End });
        for sealed in directories.sealed.iter().filter(|s| s.start < closing.start()) {
            known.push(Span { start: sealed.start, end: closing.start(), kind: SpanKind::Directory });
        }
    }
    known.sort_by_key(|s| (s.start, s.end));
    known
}

/// Explains bytes between records as far as that is possible.
fn fill(bytes: &[u8], out: &mut Vec<Span>, start: usize, end: usize, comments: &[(usize, usize)]) {
    if let Some((_, to)) = comments.iter().find(|(from, to)| *from == start && to > from) {
        let to = end.min(*to);
        out.push(Span { start, end: to, kind: SpanKind::Comment });
        if to < end {
            fill(bytes, out, to, end, &[]);
        }
        return;
    }
    let gap = bytes.get(start..end).unwrap_or(&[]);
    let kind = if gap.ends_with(SIGNING_BLOCK) {
        SpanKind::SigningBlock
    } else if is_padding(bytes, start, end) {
        SpanKind::Padding
    } else {
        SpanKind::Gap
    };
    out.push(Span { start, end, kind });
}

/// Zeros, or placeholders: local headers without a name, whose extra field fills the space (as zipflinger leaves them).
fn is_padding(bytes: &[u8], start: usize, end: usize) -> bool {
    let mut at = start;
    while let Some(header) = Header::local(bytes, at).filter(|h| h.is_placeholder() && h.end <= end) {
        at = header.end;
    }
    bytes.get(at..end).unwrap_or(&[]).iter().all(|b| *b == 0)
}

/// What stands before the first record is a prefix, what stands behind the last one a trailer.
fn name_the_edges(bytes: &[u8], spans: &mut [Span]) {
    if spans.len() < 2 {
        return;
    }
    let placeholder = bytes.starts_with(LOCAL);
    if let Some(first) = spans.first_mut()
        && (first.kind == SpanKind::Gap || (first.kind == SpanKind::Padding && !placeholder))
    {
        first.kind = SpanKind::Prefix;
    }
    if let Some(last) = spans.last_mut()
        && matches!(last.kind, SpanKind::Gap | SpanKind::Padding)
    {
        last.kind = SpanKind::Trailer;
    }
}
