//! The structure of a message as one reader of mail sees it (RFC 2046 section 5.1), in one pass and without recursion.

use std::ops::Range;

use super::decode::{TransferEncoding, looks_base64};
use super::delimiter::{self, Delimiter, Delimiters, Frame, Missed, Tolerance};
use super::encoding::{self, Declared};
use super::entity::{self, Entity};
use super::fields::{self, Section};
use super::model::{Head, Part, Quirk, QuirkKind, Span, SpanKind};
use crate::budget::{Budget, Limit};

/// The most departures of one kind that are listed.
const QUIRKS: usize = 32;

/// How one sort of reader takes what the standards forbid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Habit {
    /// Which of several different `Content-Type` fields counts.
    pub nth_type: usize,
    /// Which of several different boundaries counts.
    pub nth_boundary: usize,
    /// What is taken for a delimiter beyond what must be.
    pub tolerance: Tolerance,
    /// The header ends at the first line that is no field.
    pub strict_header: bool,
}

/// What stands at the place where a walk begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task<'t> {
    /// A message.
    Message,
    /// A part: header and body.
    Part,
    /// The body of a multipart without its header, and its boundary; without one it is guessed.
    Body(Option<&'t [u8]>),
}

/// What one reader sees.
#[derive(Debug, Default)]
pub(super) struct Structure {
    pub head: Head,
    pub parts: Vec<Part>,
    pub spans: Vec<Span>,
    pub quirks: Vec<Quirk>,
    /// Delimiters and field ends other readers would see.
    pub missed: Missed,
    /// A header section goes on after a line that is no field.
    pub junk: bool,
    /// The most different types a part has, and boundaries a multipart has.
    pub types: usize,
    pub boundaries: usize,
}

/// Walks from `from` to the end, as a reader of this habit does. Comparisons are paid from the budget.
pub(super) fn walk(bytes: &[u8], from: usize, task: Task<'_>, habit: Habit, budget: &mut Budget) -> Structure {
    let bare_cr = habit.tolerance == Tolerance::BareCr || delimiter::ends_in_cr(bytes);
    let mut walker = Walker {
        bytes,
        habit,
        budget,
        delimiters: Delimiters::new(bytes, habit.tolerance, bare_cr),
        encoding: Declared::default(),
        paid: 0,
        out: Structure::default(),
    };
    walker.run(from, task);
    walker.pay();
    walker.close_down_to(0, bytes.len());
    let missed = walker.delimiters.missed;
    walker.out.missed = Missed { bare_cr: walker.out.missed.bare_cr.or(missed.bare_cr), ..missed };
    walker.out
}

struct Walker<'a, 'b> {
    bytes: &'a [u8],
    habit: Habit,
    budget: &'b mut Budget,
    delimiters: Delimiters<'a>,
    /// What the part being read declares of its transfer encoding.
    encoding: Declared,
    /// Comparisons that are paid.
    paid: u64,
    out: Structure,
}

/// What stands at a place.
enum At {
    /// A part with this number.
    Part(usize, String),
    /// The content of a part, or the text around the parts of a multipart.
    Text(usize, SpanKind, usize),
}

impl Walker<'_, '_> {
    fn run(&mut self, from: usize, task: Task<'_>) {
        let mut at = self.begin(from, task);
        loop {
            at = match at {
                At::Part(start, number) => {
                    if self.out.parts.len() as u64 >= self.budget.limits().entries {
                        self.budget.note(Limit::Entries);
                        return self.span(SpanKind::Unread, start..self.bytes.len(), None);
                    }
                    self.part(start, number)
                }
                At::Text(start, kind, part) => {
                    let Some(delimiter) = self.delimiters.next(start) else {
                        return self.text(start..self.bytes.len(), kind, part);
                    };
                    self.text(start..delimiter.start, kind, part);
                    let owner = self.delimiters.frames.get(delimiter.level).map(|f| f.part);
                    self.span(SpanKind::Boundary, delimiter.start..delimiter.end, owner);
                    if !self.pay() {
                        return self.span(SpanKind::Unread, delimiter.end..self.bytes.len(), None);
                    }
                    self.cross(delimiter)
                }
            };
        }
    }

    /// Pays for the comparisons made since the last time. `false` when the budget is spent.
    fn pay(&mut self) -> bool {
        let steps = self.delimiters.steps.saturating_sub(self.paid);
        self.paid = self.delimiters.steps;
        self.budget.take_work(steps).is_ok()
    }

    fn begin(&mut self, from: usize, task: Task<'_>) -> At {
        match task {
            Task::Message => {
                let start = fields::envelope(self.bytes, from);
                self.span(SpanKind::Envelope, from..start, None);
                At::Part(start, String::new())
            }
            Task::Part => At::Part(from, String::new()),
            Task::Body(boundary) => {
                let root = Part { multipart: true, body: from..from, ..Part::default() };
                self.out.parts.push(root);
                let boundary = boundary.map(<[u8]>::to_vec).or_else(|| self.delimiters.guess(from));
                let frame = boundary.map(|b| Frame { guessed: true, ..Frame::new(vec![b], String::new(), 0) });
                self.delimiters.frames.extend(frame);
                At::Text(from, SpanKind::Preamble, 0)
            }
        }
    }

    /// Reads the header section of a part and turns to its content.
    fn part(&mut self, start: usize, number: String) -> At {
        let index = self.out.parts.len();
        let section = fields::scan(self.bytes, start, &mut self.delimiters, self.habit.strict_header, index == 0);
        let entity = entity::interpret(self.bytes, &section, self.habit.nth_type, self.habit.nth_boundary);
        let body = section.end;
        self.span(SpanKind::Header, start..body, Some(index));
        let digest = self.delimiters.frames.last().is_some_and(|f| f.digest);
        let mut part = Part {
            number,
            multipart: false,
            shown: !self.delimiters.frames.iter().any(|f| f.guessed),
            media_type: entity.media_type.clone(),
            charset: entity.charset.clone(),
            disposition: entity.disposition.clone(),
            encoding: entity.encoding.text.clone(),
            names: entity.names.clone(),
            header: start..body,
            body: body..body,
            readings: Vec::new(),
        };
        if part.media_type.is_empty() && digest {
            part.media_type.push_str("message/rfc822");
        }
        let frame = self.frame(&entity, &part.number, body, index);
        part.multipart = frame.is_some();
        if frame.is_none() && part.number.is_empty() {
            part.number.push('1');
        }
        self.out.parts.push(part);
        self.note(index, &section, &entity);
        if index == 0 {
            self.out.head = Head::new(self.bytes, body, section.all);
        }
        self.encoding = entity.encoding;
        match frame {
            Some(frame) => {
                self.delimiters.frames.push(frame);
                At::Text(body, SpanKind::Preamble, index)
            }
            None => At::Text(body, SpanKind::Body, index),
        }
    }

    /// The multipart a part opens, if it is one and may.
    fn frame(&mut self, entity: &Entity, number: &str, body: usize, index: usize) -> Option<Frame> {
        if !entity.is_multipart() {
            return None;
        }
        let level = u32::try_from(self.delimiters.frames.len()).unwrap_or(u32::MAX);
        if self.budget.check_depth(level.saturating_add(1)).is_err() {
            return None;
        }
        if self.is_encoded(entity, body) {
            return None;
        }
        let (boundaries, guessed) = if entity.boundaries.is_empty() {
            (vec![self.delimiters.guess(body)?], true)
        } else {
            (entity.boundaries.clone(), false)
        };
        let digest = entity.media_type == "multipart/digest";
        Some(Frame { guessed, digest, ..Frame::new(boundaries, number.to_owned(), index) })
    }

    /// Is the body of a multipart transfer-encoded as a whole?
    fn is_encoded(&self, entity: &Entity, body: usize) -> bool {
        entity.encoding.meant.iter().any(|e| *e != TransferEncoding::Identity)
            && looks_base64(self.bytes.get(body..).unwrap_or(&[]))
    }

    /// Notes what is odd about a header section.
    fn note(&mut self, index: usize, section: &Section, entity: &Entity) {
        self.out.types = self.out.types.max(entity.types);
        self.out.boundaries = self.out.boundaries.max(entity.choices);
        self.out.missed.bare_cr = self.out.missed.bare_cr.or(section.bare_cr);
        if entity.cut {
            self.budget.note(Limit::Candidates);
        }
        if let Some(at) = section.junk {
            self.out.junk = true;
            self.quirk(QuirkKind::JunkInHeader, at, index, String::new());
        }
        for (kind, at, text) in entity.quirks.iter().chain(&entity.encoding.quirks) {
            self.quirk(*kind, *at, index, text.clone());
        }
        let multipart = self.out.parts.get(index).is_some_and(|p| p.multipart);
        if entity.is_multipart() && !multipart && self.is_encoded(entity, section.end) {
            self.quirk(QuirkKind::EncodedMultipart, section.end, index, entity.encoding.text.clone());
        }
        if multipart && entity.boundaries.is_empty() {
            self.quirk(QuirkKind::GuessedBoundary, section.end, index, String::new());
        }
    }

    /// Goes over a delimiter: multiparts within its own end here, and its own goes on or ends.
    fn cross(&mut self, delimiter: Delimiter) -> At {
        self.close_down_to(delimiter.level.saturating_add(1), delimiter.start);
        if delimiter.close {
            let part = self.delimiters.frames.pop().map_or(0, |f| f.part);
            return At::Text(delimiter.end, SpanKind::Epilogue, part);
        }
        let number = self.delimiters.frames.last_mut().map_or_else(String::new, Frame::next_number);
        At::Part(delimiter.end, number)
    }

    /// Ends the multiparts above `level`, which have no closing delimiter.
    fn close_down_to(&mut self, level: usize, at: usize) {
        while self.delimiters.frames.len() > level {
            let Some(frame) = self.delimiters.frames.pop() else { return };
            if let Some(part) = self.out.parts.get_mut(frame.part) {
                part.body.end = at;
            }
            self.quirk(QuirkKind::Unterminated, at, frame.part, String::new());
        }
    }

    /// Books the content of a part, or the text around the parts of a multipart.
    fn text(&mut self, range: Range<usize>, kind: SpanKind, index: usize) {
        let mut quirk = None;
        if let Some(part) = self.out.parts.get_mut(index) {
            part.body.end = range.end;
            if kind == SpanKind::Body {
                (part.readings, quirk) = encoding::readings(self.bytes, &range, &self.encoding);
            }
        }
        if let Some(kind) = quirk {
            self.quirk(kind, range.start, index, String::new());
        }
        self.span(kind, range, Some(index));
    }

    fn span(&mut self, kind: SpanKind, range: Range<usize>, part: Option<usize>) {
        if !range.is_empty() {
            self.out.spans.push(Span { kind, range, part });
        }
    }

    fn quirk(&mut self, kind: QuirkKind, at: usize, part: usize, text: String) {
        // One is a fact, thousands are none the more.
        if self.out.quirks.iter().filter(|q| q.kind == kind).count() >= QUIRKS {
            return;
        }
        let part = self.out.parts.get(part).map_or_else(String::new, |p| p.number.clone());
        self.out.quirks.push(Quirk { kind, at, part, text });
    }
}
