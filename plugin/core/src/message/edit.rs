//! Carrying out edits: every byte an edit does not concern stays as it was.
//!
//! The edits are planned on the walk of the message, all at once, as patches of its bytes; then the patches are carried
//! out. A part that has to go goes in every reading: where readers of mail disagree about where it begins and ends, the
//! whole body goes with it.

use std::ops::Range;

use super::delimiter::ends_in_cr;
use super::model::{Message, Part};
use super::walk::walk;
use crate::budget::{Budget, Limits};
use crate::report::Edit;

mod encode;
mod header;
mod html;
mod part;
mod text;

/// Carries out edits. Edits that do not fit are left out: unknown kinds, unknown places, fields that are none.
///
/// - `remove-part` takes the part at `place` out. The last one of a multipart leaves an empty text behind.
/// - `replace-part` puts a text in its place.
/// - `add-header` puts a field (`Name: value`) on top of the header. Fields that say what a body is (`Content-…`,
///   `MIME-Version`) are refused.
/// - `prepend-text` puts a text in front of the text that is shown, both as plain text and as HTML. Signed and encrypted
///   mail is left as it is.
/// - `prepend-subject` puts a text in front of the subject.
///
/// `place` is a part number of the walk, for example `2.1`; empty for the message as a whole.
#[must_use]
pub fn rewrite(message: &[u8], edits: &[Edit]) -> Vec<u8> {
    if edits.is_empty() {
        return message.to_vec();
    }
    let mut budget = Budget::new(Limits::default(), message.len());
    let walked = walk(message, &mut budget);
    let whole = budget.drain_spent().is_empty();
    let Some(root) = walked.parts.first() else { return message.to_vec() };
    let plan = Plan {
        bytes: message,
        message: &walked,
        root,
        whole,
        eol: line_end(message),
        bare_cr: ends_in_cr(message),
        top: String::new(),
        replaced: false,
        patches: Vec::new(),
    };
    plan.carry_out(edits)
}

/// A change of some bytes. An empty range is an insertion.
struct Patch {
    range: Range<usize>,
    bytes: Vec<u8>,
}

/// What is to be changed in a message.
struct Plan<'a> {
    bytes: &'a [u8],
    message: &'a Message,
    /// The message seen as a part.
    root: &'a Part,
    /// The walk saw all of it.
    whole: bool,
    /// Its line end.
    eol: &'static str,
    /// A bare CR ends its lines.
    bare_cr: bool,
    /// Fields that go on top of the header.
    top: String,
    /// The whole body is replaced.
    replaced: bool,
    /// No two of them overlap; those at one place are in order.
    patches: Vec<Patch>,
}

impl Plan<'_> {
    fn carry_out(mut self, edits: &[Edit]) -> Vec<u8> {
        self.parts(edits);
        for edit in edits {
            match edit.kind.as_str() {
                "add-header" if edit.place.is_empty() => self.add_header(&edit.value),
                "prepend-subject" if edit.place.is_empty() => self.prepend_subject(&edit.value),
                "prepend-text" => self.prepend_text(&edit.place, &edit.value),
                _ => {}
            }
        }
        self.put_top();
        self.patches.sort_by_key(|patch| (patch.range.start, patch.range.end));
        let added: usize = self.patches.iter().map(|p| p.bytes.len()).sum();
        let mut out = Vec::with_capacity(self.bytes.len().saturating_add(added));
        let mut at = 0;
        for patch in &self.patches {
            out.extend_from_slice(self.bytes.get(at..patch.range.start).unwrap_or(&[]));
            out.extend_from_slice(&patch.bytes);
            at = patch.range.end;
        }
        out.extend_from_slice(self.bytes.get(at..).unwrap_or(&[]));
        out
    }

    fn patch(&mut self, range: Range<usize>, bytes: impl Into<Vec<u8>>) {
        self.patches.push(Patch { range, bytes: bytes.into() });
    }

    /// Puts the new fields before everything else at their place.
    fn put_top(&mut self) {
        if self.top.is_empty() {
            return;
        }
        if self.root.header.is_empty() && !self.replaced {
            // There is no header yet; what follows is body.
            self.top.push_str(self.eol);
        }
        let at = self.root.header.start;
        let bytes = core::mem::take(&mut self.top).into_bytes();
        self.patches.insert(0, Patch { range: at..at, bytes });
    }

    /// Does a patch take some of these bytes away?
    fn is_taken(&self, range: &Range<usize>) -> bool {
        self.patches.iter().any(|p| !p.range.is_empty() && p.range.start < range.end && range.start < p.range.end)
    }

    /// The line end that must come before something that begins a line at this place.
    fn line_end_before(&self, at: usize) -> &'static str {
        match at.checked_sub(1).and_then(|n| self.bytes.get(n)) {
            None | Some(b'\r' | b'\n') => "",
            Some(_) => self.eol,
        }
    }

    /// The content, with a line end behind it where the next delimiter would not begin a line otherwise: the empty line
    /// that ends a header is also the line end before the delimiter when a part has no body at all.
    fn before_delimiter(&self, mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
        let follows = !matches!(self.bytes.get(at), None | Some(b'\r' | b'\n'));
        if follows && !matches!(bytes.last(), None | Some(b'\r' | b'\n')) {
            bytes.extend_from_slice(self.eol.as_bytes());
        }
        bytes
    }
}

/// The line end of a message: that of its first line.
fn line_end(message: &[u8]) -> &'static str {
    let end = memchr::memchr2(b'\n', b'\r', message).and_then(|at| message.get(at..));
    match end {
        Some([b'\n', ..]) => "\n",
        Some([b'\r', b'\n', ..] | [b'\r', b'\r', b'\n', ..]) | None => "\r\n",
        Some(_) => "\r",
    }
}

#[cfg(test)]
mod tests;
