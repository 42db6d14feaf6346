//! Files that stand encoded inside a text: uuencode, yEnc, BinHex 4.0, and base64 without a word of MIME. They come from
//! before MIME or around it; readers of mail still offer them as attachments, and people still decode them by hand.
//!
//! One pass: `memmem` jumps to the words that announce a file, probes 60 bytes apart find base64. Ordinary text costs a
//! fraction of a millisecond a megabyte.

use memchr::memmem;

use super::sniff::Class;
use super::tree::{Child, Content, Facts, Name, Opened, Origin, Step};
use super::{Item, Reader};
use crate::budget::{Budget, Exhausted};
use crate::message::decode::{TransferEncoding, uuencode};
use crate::report::Inspection;

mod binhex;
mod run;
mod yenc;

/// The reader.
pub const READER: Reader = Reader { name: "encoded", claims, read };

/// How a file is encoded inside a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// `begin 644 name` and lines that state their length (POSIX uuencode).
    Uuencode,
    /// `begin-base64 644 name` (POSIX uuencode -m).
    UuencodeBase64,
    /// `=ybegin … name=` (yEnc 1.3).
    YEnc,
    /// `(This file must be converted with BinHex 4.0)` (RFC 1741).
    BinHex,
    /// A run of base64 that decodes to a file of a known format, with nothing around it that says so.
    Base64,
}

impl Transport {
    /// The word that stands for it in places and evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uuencode => "uuencode",
            Self::UuencodeBase64 => "begin-base64",
            Self::YEnc => "yenc",
            Self::BinHex => "binhex",
            Self::Base64 => "base64",
        }
    }
}

/// One file that stands encoded inside a text. It is also a child of the text, under [`Found::label`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How it is encoded.
    pub transport: Transport,
    /// Where it begins in the text, its announcing line included; in bytes.
    pub offset: usize,
    /// How long it is in its encoded form, in bytes.
    pub length: usize,
    /// The label of the child: its place is the text's, followed by `!/#` and this.
    pub label: String,
    /// Its end is where and as it should be. Bare base64 states no end and is always complete.
    pub complete: bool,
}

/// What stands encoded inside one text.
///
/// For the rule `mime-encoded-in-text`: one finding a text, at the text; `found` gives the evidence (transport and
/// offset). The content of each file is judged by the other rules, at the child.
#[derive(Clone, Debug, Default)]
pub struct EncodedFacts {
    /// The files, transport by transport, each in the order of the text.
    pub found: Vec<Found>,
}

/// Declared types of texts, beyond `text/…`, that hold these transports.
static TYPES: &[&str] =
    &["application/mac-binhex40", "application/x-binhex40", "application/x-uuencode", "application/x-yencode"];

/// Text by its bytes, or declared as text. A message is no text: its parts are.
fn claims(bytes: &[u8], item: &Item) -> bool {
    match item.format.class {
        Class::Text | Class::Markup | Class::Script => true,
        // Armour at the very beginning says nothing about the rest.
        Class::Crypto => bytes.starts_with(b"-----BEGIN "),
        // The eight-bit characters of yEnc do not look like text.
        Class::Data => {
            item.media_type.starts_with("text/")
                || TYPES.contains(&item.media_type.as_str())
                || memmem::find(bytes.get(..bytes.len().min(1024)).unwrap_or(bytes), b"=ybegin ").is_some()
        }
        _ => false,
    }
}

fn read<'a>(text: &'a [u8], _item: &Item, budget: &mut Budget) -> Option<Opened<'a>> {
    let mut gathered = Gathered::default();
    let outcome = gathered.gather(text, budget);
    let inspection = if outcome.is_err() { Inspection::OpaqueLimit } else { Inspection::Inspected };
    (outcome.is_err() || !gathered.children.is_empty()).then(|| Opened {
        facts: Facts::Encoded(Box::new(gathered.facts)),
        inspection,
        children: gathered.children,
    })
}

/// What was found so far.
#[derive(Default)]
struct Gathered<'a> {
    facts: EncodedFacts,
    children: Vec<Child<'a>>,
    /// The ranges of the text that earlier passes explained, in order.
    covered: Vec<(usize, usize)>,
    /// The ranges that the present pass explained, in order.
    fresh: Vec<(usize, usize)>,
    /// Bytes of children that occupy memory of their own.
    held: u64,
}

impl<'a> Gathered<'a> {
    fn gather(&mut self, text: &'a [u8], budget: &mut Budget) -> Result<(), Exhausted> {
        for at in memmem::find_iter(text, b"begin") {
            self.begin(text, at, budget)?;
        }
        self.next_pass();
        for at in memmem::find_iter(text, binhex::MARK) {
            self.binhex(text, at, budget)?;
        }
        self.next_pass();
        let mut runs = run::Runs::new(text);
        while let Some(run) = runs.next_run()
            && !self.is_full(budget)
        {
            if !self.is_covered(run.start)
                && let Some(file) = run.file(text, budget)?
            {
                self.add(Transport::Base64, (file.start, run.end), true, None, file.content);
            }
        }
        Ok(())
    }

    /// A file that a line with this word may announce.
    fn begin(&mut self, text: &'a [u8], at: usize, budget: &mut Budget) -> Result<(), Exhausted> {
        if self.is_covered(at) || self.is_full(budget) {
            return Ok(());
        }
        let rest = text.get(at..).unwrap_or(&[]);
        if let Some(file) = at.checked_sub(2).and_then(|at| yenc::file_at(text, at)) {
            budget.take_bytes(file.data.len())?;
            let (bytes, complete) = file.decode();
            let name = name(file.name, "yenc");
            self.add(Transport::YEnc, (file.start, file.end), complete, name, Content::Owned(bytes));
        } else if rest.starts_with(b"begin ") {
            self.uuencode(text, at);
        } else if rest.starts_with(b"begin-base64 ") {
            self.uuencode_base64(text, at);
        }
        Ok(())
    }

    /// The file a BinHex mark announces. Its runs make it a bomb, so all such files together may take a quarter of the
    /// memory.
    fn binhex(&mut self, text: &'a [u8], at: usize, budget: &mut Budget) -> Result<(), Exhausted> {
        let most = budget.memory_left().checked_div(4).unwrap_or(0).saturating_sub(self.held);
        if self.is_covered(at) || self.is_full(budget) {
            return Ok(());
        }
        let Some(file) = binhex::file_at(text, at, most, budget)? else { return Ok(()) };
        self.held = self.held.saturating_add(file.data.len() as u64).saturating_add(file.resource.len() as u64);
        let name = name(&file.name, "binhex");
        self.add(Transport::BinHex, (at, file.end), file.complete, name.clone(), Content::Owned(file.data));
        if !file.resource.is_empty() {
            self.child("binhex-resource", name, Content::Owned(file.resource));
        }
        Ok(())
    }

    fn uuencode(&mut self, text: &'a [u8], at: usize) {
        if let Some(section) = uuencode::section_at(text, at) {
            let body = text.get(section.start..section.end).unwrap_or(&[]);
            let content = Content::Encoded { body, encoding: TransferEncoding::Uuencode };
            let name = name(section.name, "uuencode");
            self.add(Transport::Uuencode, (at, section.end), section.complete, name, content);
        }
    }

    fn uuencode_base64(&mut self, text: &'a [u8], at: usize) {
        if let Some(section) = uuencode::base64_section_at(text, at) {
            let content = Content::Encoded { body: section.data, encoding: TransferEncoding::Base64 };
            let name = name(section.name, "begin-base64");
            self.add(Transport::UuencodeBase64, (at, section.end), section.complete, name, content);
        }
    }

    fn add(
        &mut self,
        transport: Transport,
        (start, end): (usize, usize),
        complete: bool,
        name: Option<Name>,
        content: Content<'a>,
    ) {
        let label = self.child(transport.as_str(), name, content);
        self.fresh.push((start, end));
        let length = end.saturating_sub(start);
        self.facts.found.push(Found { transport, offset: start, length, label, complete });
    }

    /// Adds a child; says under which label.
    fn child(&mut self, kind: &str, name: Option<Name>, content: Content<'a>) -> String {
        let label = format!("{kind}-{}", self.children.len().saturating_add(1));
        self.children.push(Child {
            step: Step::Inner(label.clone()),
            names: name.into_iter().collect(),
            media_type: String::new(),
            origin: Origin::Encoded,
            readings: vec![content],
            stated_size: 0,
        });
        label
    }

    /// Ends a pass over the text.
    fn next_pass(&mut self) {
        self.covered.append(&mut self.fresh);
        self.covered.sort_unstable();
    }

    /// Are there more files than the opener will look at? It says so when it meets the last one.
    fn is_full(&self, budget: &Budget) -> bool {
        self.children.len() as u64 > budget.limits().entries
    }

    /// Does this byte belong to a file found before?
    fn is_covered(&self, at: usize) -> bool {
        [&self.covered, &self.fresh].iter().any(|ranges| {
            let before = ranges.partition_point(|(start, _)| *start <= at);
            before.checked_sub(1).and_then(|n| ranges.get(n)).is_some_and(|(_, end)| at < *end)
        })
    }
}

/// The name a transport states; `None` when it states none.
fn name(raw: &[u8], source: &'static str) -> Option<Name> {
    if raw.is_empty() {
        return None;
    }
    let (text, charset) = match core::str::from_utf8(raw) {
        Ok(text) => (text.to_owned(), "utf-8"),
        // None of the transports has a word for the charset; what is not UTF-8 comes from Japan more than from elsewhere.
        Err(_) => (encoding_rs::SHIFT_JIS.decode_without_bom_handling(raw).0.into_owned(), "cp932"),
    };
    Some(Name { text, raw: raw.to_vec(), source, charset })
}

#[cfg(test)]
mod tests;
