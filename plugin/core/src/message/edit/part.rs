//! Parts that go, and texts that come in their place.

use std::collections::BTreeMap;

use super::Plan;
use super::encode::{self, Body};
use super::header::Field;
use crate::message::model::{Part, QuirkKind, SpanKind};
use crate::report::Edit;

/// The parts that go, by number, and the texts that come in their place.
type Going<'e> = BTreeMap<&'e str, Option<&'e str>>;

impl Plan<'_> {
    /// Plans all edits that take parts away.
    pub(super) fn parts(&mut self, edits: &[Edit]) {
        let message = self.message;
        let parts: BTreeMap<&str, &Part> = message.parts.iter().map(|p| (p.number.as_str(), p)).collect();
        let mut going = Going::new();
        let mut notes: Vec<&str> = Vec::new();
        for edit in edits {
            let text = match edit.kind.as_str() {
                "remove-part" => None,
                "replace-part" => Some(edit.value.as_str()),
                _ => continue,
            };
            let number = if edit.place.is_empty() { self.root.number.as_str() } else { edit.place.as_str() };
            if parts.contains_key(number) && !going.contains_key(number) {
                going.insert(number, text);
                notes.extend(text.filter(|t| notes.last() != Some(t)));
            }
        }
        if going.is_empty() {
            return;
        }
        if self.is_ambiguous() || going.contains_key(self.root.number.as_str()) {
            return self.replace_root(&notes.join("\n"));
        }
        // How many parts stay in each multipart, and where the delimiter before each part begins.
        let mut staying: BTreeMap<&str, usize> = BTreeMap::new();
        let root = self.root.number.as_str();
        for number in parts.keys().filter(|n| **n != root && !matches!(going.get(*n), Some(None))) {
            let count = staying.entry(parent(number)).or_default();
            *count = count.saturating_add(1);
        }
        let boundaries = message.spans.iter().filter(|s| s.kind == SpanKind::Boundary);
        let delimiters: BTreeMap<usize, usize> = boundaries.map(|s| (s.range.end, s.range.start)).collect();
        for (number, text) in &going {
            let Some(part) = parts.get(number) else { continue };
            if ancestors(number).any(|outer| going.contains_key(outer)) {
                continue;
            }
            let stay = staying.entry(parent(number)).or_default();
            match (text, delimiters.get(&part.header.start)) {
                (None, Some(start)) if *stay > 0 => self.patch(*start..part.body.end, Vec::new()),
                // A multipart must have a part, so the last one becomes empty.
                _ => {
                    *stay = stay.saturating_add(1);
                    self.replace(part, text.unwrap_or(""));
                }
            }
        }
    }

    /// Do readers of mail disagree on where parts begin and end, or was not all of it looked at?
    pub(super) fn is_ambiguous(&self) -> bool {
        let quirk = |kind| {
            matches!(
                kind,
                QuirkKind::DuplicateBoundary
                    | QuirkKind::DuplicateType
                    | QuirkKind::PrefixBoundary
                    | QuirkKind::NulBoundary
                    | QuirkKind::BareCr
            )
        };
        let extent =
            |part: &Part| part.readings.iter().any(|r| r.body.start < part.header.start || r.body.end > part.body.end);
        // Fields that come in at the first part could be taken for more fields of the multipart.
        let open = |part: &Part| part.multipart && !self.ends_with_empty_line(&part.header);
        !self.whole
            || self.message.parts.iter().any(open)
            || self.message.quirks.iter().any(|q| quirk(q.kind))
            || self.message.hidden.iter().any(|p| p.number.starts_with("other-"))
            || self.message.parts.iter().any(extent)
    }

    /// Puts a text in the place of a part.
    fn replace(&mut self, part: &Part, text: &str) {
        let Body { encoding, bytes } = encode::body(text.as_bytes(), self.eol);
        let before = self.line_end_before(part.header.start);
        let fields = format!("{before}{}{}", self.content_fields(encoding), self.eol);
        let new = self.before_delimiter([fields.as_bytes(), &bytes].concat(), part.body.end);
        self.patch(part.header.start..part.body.end, new);
    }

    /// Replaces the whole body: the fields that describe it go, the others stay.
    fn replace_root(&mut self, text: &str) {
        self.replaced = true;
        let header = self.root.header.clone();
        let fields: Vec<Field> = self.fields(&header).collect();
        let content: Vec<_> = fields.iter().filter(|f| self.is_content_field(f)).map(|f| f.whole.clone()).collect();
        let fields_end = fields.last().map_or(header.start, |f| f.whole.end);
        let at = content.first().map_or(fields_end, |first| first.start);

        let Body { encoding, bytes } = encode::body(text.as_bytes(), self.eol);
        let mut new = if at > header.start { self.line_end_before(at).to_owned() } else { String::new() };
        if !fields.iter().any(|f| self.name_is(f, "mime-version")) {
            new.push_str("MIME-Version: 1.0");
            new.push_str(self.eol);
        }
        new.push_str(&self.content_fields(encoding));
        self.patch(at..at, new);
        for range in content {
            self.patch(range, Vec::new());
        }
        // The empty line stays if it is one; a line of blanks would continue the field before it.
        if matches!(self.bytes.get(fields_end..header.end), Some([b'\r' | b'\n', ..])) {
            self.patch(header.end..self.bytes.len(), bytes);
        } else {
            self.patch(fields_end..self.bytes.len(), [self.eol.as_bytes(), &bytes].concat());
        }
    }

    fn content_fields(&self, encoding: &str) -> String {
        let eol = self.eol;
        format!("Content-Type: text/plain; charset=utf-8{eol}Content-Transfer-Encoding: {encoding}{eol}")
    }
}

/// The number of the multipart a part is in; empty for the message.
fn parent(number: &str) -> &str {
    number.rsplit_once('.').map_or("", |(outer, _)| outer)
}

/// The numbers of the multiparts a part is in, innermost first, without the message itself.
fn ancestors(number: &str) -> impl Iterator<Item = &str> {
    core::iter::successors(Some(number), |n| n.rsplit_once('.').map(|(outer, _)| outer)).skip(1)
}
