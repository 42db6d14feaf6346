//! The opener: turns a message into the tree of objects in it, depth first, paying from the budget before every step.

use std::borrow::Cow;

use super::READERS;
use super::sniff::{self, Class, Format};
use super::tree::{Child, Content, Item, Mail, Origin, Step};
use crate::budget::{Budget, Limit};
use crate::message::decode;
use crate::report::Inspection;
use crate::text::visible;

/// Opens a message and everything in it.
#[must_use]
pub fn open(message: &[u8], budget: &mut Budget) -> Mail {
    let mut opener = Opener { mail: Mail::default(), budget };
    let root = Child {
        step: Step::Part(String::new()),
        names: Vec::new(),
        media_type: "message/rfc822".to_owned(),
        origin: Origin::Root,
        readings: vec![Content::Slice(message)],
        stated_size: message.len() as u64,
    };
    opener.visit(None, root);
    opener.mail
}

/// Opens a file by itself: it becomes the only part of an empty message. For tests, fuzzing and comparisons with tools
/// that know no mail.
#[must_use]
pub fn open_bytes(file: &[u8], budget: &mut Budget) -> Mail {
    let mut opener = Opener { mail: Mail::default(), budget };
    let child = |step, origin, content, stated_size| Child {
        step,
        names: Vec::new(),
        media_type: String::new(),
        origin,
        readings: vec![content],
        stated_size,
    };
    let nothing = Content::Sealed(Inspection::Inspected);
    opener.visit(None, child(Step::Part(String::new()), Origin::Root, nothing, 0));
    let part = child(Step::Part("1".to_owned()), Origin::MimePart, Content::Slice(file), file.len() as u64);
    opener.visit(Some(0), part);
    opener.mail
}

struct Opener<'b> {
    mail: Mail,
    budget: &'b mut Budget,
}

impl Opener<'_> {
    /// Looks at one child and everything in it. `false` when the budget has no room for another object.
    fn visit(&mut self, parent: Option<usize>, child: Child<'_>) -> bool {
        if self.budget.take_entry().is_err() {
            return false;
        }
        let index = self.mail.items.len();
        let item = self.item(parent, &child);
        let depth = item.depth;
        self.mail.items.push(item);
        if self.budget.check_depth(depth).is_err() {
            self.worsen(index, Inspection::OpaqueLimit);
        } else {
            let readings = child.readings.len();
            let mut formats = Vec::with_capacity(readings);
            for content in child.readings {
                self.read(index, content, &mut formats);
            }
            if formats.iter().any(|f| Some(f) != formats.first() && f.class != Class::Text && f.class != Class::Data) {
                self.worsen(index, Inspection::Ambiguous);
            }
        }
        self.book_limits(index);
        self.pass_up(index);
        true
    }

    fn item(&self, parent: Option<usize>, child: &Child<'_>) -> Item {
        let above = parent.and_then(|p| self.mail.items.get(p));
        let name = child.names.first().map_or("", |n| n.text.as_str());
        Item {
            parent,
            step: child.step.clone(),
            depth: above.map_or(0, |p| p.depth.saturating_add(1)),
            place: place(above.map(|p| p.place.as_str()), &child.step, name),
            mime_part: match (above, &child.step) {
                (Some(p), Step::Part(number)) if p.origin == Origin::Root => number.clone(),
                (Some(p), _) => p.mime_part.clone(),
                (None, _) => String::new(),
            },
            names: child.names.clone(),
            media_type: child.media_type.clone(),
            origin: child.origin,
            format: sniff::DATA,
            size: child.stated_size,
            inspection: Inspection::Inspected,
            own_inspection: Inspection::Inspected,
            facts: Vec::new(),
            limits: Vec::new(),
            decoding: Vec::new(),
            damaged: false,
            covered: Vec::new(),
        }
    }

    /// Gets the bytes of one reading and looks at them.
    fn read(&mut self, index: usize, content: Content<'_>, formats: &mut Vec<Format>) {
        match content {
            Content::Sealed(state) => self.worsen(index, state),
            Content::Slice(bytes) => self.look(index, bytes, formats),
            Content::Owned(bytes) => self.made(index, &bytes, formats),
            Content::Encoded { body, encoding } => self.decode(index, body, encoding, formats),
            Content::Deflate { packed, crc, size } => self.inflate(index, packed, crc, size, formats),
        }
    }

    /// Looks at bytes a reader made. They may be only the beginning of what it states.
    fn made(&mut self, index: usize, bytes: &[u8], formats: &mut Vec<Format>) {
        let stated = self.mail.items.get(index).map_or(0, |item| item.size);
        self.look_held(index, bytes, formats);
        if let Some(item) = self.mail.items.get_mut(index) {
            item.size = item.size.max(stated);
        }
    }

    /// Decodes a MIME body and looks at every reading of it, holding one at a time.
    fn decode(&mut self, index: usize, body: &[u8], how: decode::TransferEncoding, formats: &mut Vec<Format>) {
        if self.budget.take_bytes(body.len()).is_err() {
            self.worsen(index, Inspection::OpaqueLimit);
            return;
        }
        let decoded = decode::decode(body, how);
        if let Some(item) = self.mail.items.get_mut(index) {
            item.decoding.extend(decoded.notes);
        }
        self.look_at(index, decoded.bytes, formats);
        for other in decoded.others {
            if self.budget.take_bytes(other.most()).is_err() {
                self.worsen(index, Inspection::OpaqueLimit);
                break;
            }
            self.look_at(index, other.bytes(), formats);
        }
    }

    /// Looks at bytes that may or may not occupy memory of their own.
    fn look_at(&mut self, index: usize, bytes: Cow<'_, [u8]>, formats: &mut Vec<Format>) {
        match bytes {
            Cow::Borrowed(bytes) => self.look(index, bytes, formats),
            Cow::Owned(bytes) => self.look_held(index, &bytes, formats),
        }
    }

    /// Unpacks raw deflate data. Large members are first unpacked piecemeal; only what a reader would open is held.
    fn inflate(&mut self, index: usize, packed: &[u8], crc: Option<u32>, size: Option<u64>, formats: &mut Vec<Format>) {
        let plain = super::inflate::inflate(packed, crc, size, self.budget);
        // Whatever stands behind the end of the stream was not looked at.
        let damaged = plain.damaged || (!plain.stopped && plain.used < packed.len());
        if let Some(item) = self.mail.items.get_mut(index) {
            item.size = plain.size;
            item.damaged |= damaged;
        }
        if plain.stopped {
            self.worsen(index, Inspection::OpaqueLimit);
        } else if damaged {
            self.worsen(index, Inspection::Broken);
        }
        self.look_held(index, &plain.bytes, formats);
        if let Some(item) = self.mail.items.get_mut(index) {
            item.size = plain.size;
        }
    }

    /// Looks at bytes that occupy memory of their own.
    fn look_held(&mut self, index: usize, bytes: &[u8], formats: &mut Vec<Format>) {
        if self.budget.hold(bytes.len()).is_err() {
            self.worsen(index, Inspection::OpaqueLimit);
            return;
        }
        self.look(index, bytes, formats);
        self.budget.release(bytes.len());
    }

    /// Names the format and lets every reader that claims the bytes describe them.
    fn look(&mut self, index: usize, bytes: &[u8], formats: &mut Vec<Format>) {
        if self.budget.take_work(bytes.len() as u64).is_err() {
            self.worsen(index, Inspection::OpaqueLimit);
            return;
        }
        let format = sniff::sniff(bytes);
        formats.push(format);
        let Some(item) = self.mail.items.get_mut(index) else { return };
        // The readers are told the format of these bytes. What stays is the first one that tells something.
        let before = Some(item.format).filter(|f| formats.len() > 1 && !matches!(f.class, Class::Text | Class::Data));
        item.format = format;
        if before.is_none() {
            item.size = bytes.len() as u64;
        }
        let mut understood = false;
        for reader in READERS {
            let Some(item) = self.mail.items.get(index) else { return };
            if !(reader.claims)(bytes, item) {
                continue;
            }
            let Some(opened) = (reader.read)(bytes, item, self.budget) else { continue };
            self.book_limits(index);
            understood |= reader.name == format.id;
            self.worsen(index, opened.inspection);
            if let Some(item) = self.mail.items.get_mut(index) {
                item.facts.push(opened.facts);
                item.covered.extend(opened.children.iter().flat_map(|c| c.covered(bytes)));
                if reader.name == sniff::MESSAGE.id && format.class == Class::Text {
                    item.format = sniff::MESSAGE;
                }
            }
            for child in opened.children {
                if !self.visit(Some(index), child) {
                    self.worsen(index, Inspection::OpaqueLimit);
                    break;
                }
            }
        }
        if let Some(item) = self.mail.items.get_mut(index) {
            item.covered.clear();
            item.format = before.unwrap_or(item.format);
        }
        // An archive found inside a document does not mean that somebody read the document.
        if !understood {
            self.worsen(index, unread_state(format));
        }
    }

    fn worsen(&mut self, index: usize, state: Inspection) {
        if let Some(item) = self.mail.items.get_mut(index) {
            item.own_inspection = item.own_inspection.worst(state);
            item.inspection = item.inspection.worst(state);
        }
    }

    /// Books the bounds that were reached on the object that was being read.
    fn book_limits(&mut self, index: usize) {
        let spent: Vec<Limit> = self.budget.drain_spent();
        if let Some(item) = self.mail.items.get_mut(index) {
            for limit in spent {
                if !item.limits.contains(&limit) {
                    item.limits.push(limit);
                }
            }
            if !item.limits.is_empty() {
                item.own_inspection = item.own_inspection.worst(Inspection::OpaqueLimit);
                item.inspection = item.inspection.worst(Inspection::OpaqueLimit);
            }
        }
    }

    /// The worst state of a child is the state of its parent.
    fn pass_up(&mut self, index: usize) {
        let Some((parent, state)) = self.mail.items.get(index).and_then(|i| i.parent.map(|p| (p, i.inspection))) else {
            return;
        };
        if let Some(above) = self.mail.items.get_mut(parent) {
            above.inspection = above.inspection.worst(state);
        }
    }
}

/// The state of something whose own format no reader read.
fn unread_state(format: Format) -> Inspection {
    match format.class {
        Class::Archive | Class::Compressor | Class::DiskImage | Class::Document => Inspection::OpaqueUnsupported,
        Class::Sealed => Inspection::OpaqueEncrypted,
        _ => Inspection::Inspected,
    }
}

/// Spells the place of a child: `2/invoice.zip`, `2/invoice.zip!/run.exe`, `2/fwd.eml!/1`.
fn place(parent: Option<&str>, step: &Step, name: &str) -> String {
    let mut out = match parent {
        None => return String::new(),
        Some("") => String::new(),
        Some(p) => format!("{p}!/"),
    };
    match step {
        Step::Part(number) => {
            out.push_str(number);
            if !name.is_empty() {
                out.push('/');
                out.push_str(&visible(name));
            }
        }
        Step::Member(name) => out.push_str(&visible(name)),
        Step::Inner(label) => {
            out.push('#');
            out.push_str(label);
        }
    }
    out
}
