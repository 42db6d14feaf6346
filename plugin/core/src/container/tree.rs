//! The words every reader speaks.

use core::ops::Range;

use crate::budget::Limit;
use crate::container::encoded::EncodedFacts;
use crate::container::sniff::Format;
use crate::container::zip::ZipFacts;
use crate::message::Message;
use crate::message::decode::{Note, TransferEncoding};
use crate::report::Inspection;

/// A name an object bears, in one of its spellings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Decoded. Not yet harmless to show: see [`crate::text::visible`].
    pub text: String,
    /// As it stood in the message or archive.
    pub raw: Vec<u8>,
    /// Where it stood, for example `filename`, `name`, `local-header`, `central-directory`, `unicode-path`.
    pub source: &'static str,
    /// How it was decoded, for example `utf-8`, `cp932`, `rfc2231`, `raw-8bit`.
    pub charset: &'static str,
}

/// How an object came to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The whole input.
    Root,
    /// A MIME part.
    MimePart,
    /// A MIME part that most readers of mail do not show: preamble, epilogue, text between parts.
    Hidden,
    /// A member of an archive.
    Member,
    /// Something encoded inside a text: uuencode, a run of base64.
    Encoded,
    /// The plain content of a compressed file, a package around one thing.
    Wrapped,
}

/// Where the bytes of a child come from. Decoding and unpacking are put off until the opener has paid for them.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// Part of the parent's bytes, as they are.
    Slice(&'a [u8]),
    /// A MIME body in its transfer encoding (RFC 2045 section 6), decoded by the opener.
    Encoded {
        /// The body as it stands in the message.
        body: &'a [u8],
        /// How to decode it.
        encoding: TransferEncoding,
    },
    /// Made by the reader, which has charged [`Budget::take_bytes`](crate::budget::Budget::take_bytes) for it.
    Owned(Vec<u8>),
    /// Raw deflate data (RFC 1951) with the CRC-32 and size the archive states, if it states them.
    Deflate {
        /// The compressed bytes.
        packed: &'a [u8],
        /// The stated CRC-32 of the plain bytes.
        crc: Option<u32>,
        /// The stated number of plain bytes.
        size: Option<u64>,
    },
    /// Nothing to look at, and why. `Inspection::Inspected` for things that have no content, such as directories.
    Sealed(Inspection),
}

/// Something a reader found inside.
#[derive(Clone, Debug)]
pub struct Child<'a> {
    /// Its place below the parent. For members of archives the shown name; for MIME parts the part number.
    pub step: Step,
    /// All spellings of its name, best first; empty when it has none.
    pub names: Vec<Name>,
    /// The declared media type, lower case; empty when none.
    pub media_type: String,
    /// How it came to be looked at.
    pub origin: Origin,
    /// Its readings: usually one. Several when readers of mail or archives disagree on the bytes; all are opened.
    pub readings: Vec<Content<'a>>,
    /// Its length as stated, for children whose content is sealed.
    pub stated_size: u64,
}

impl Child<'_> {
    /// The ranges of the parent's bytes that it takes over as they are.
    pub fn covered(&self, parent: &[u8]) -> impl Iterator<Item = Range<usize>> {
        self.readings.iter().filter_map(move |reading| match reading {
            Content::Slice(bytes) | Content::Encoded { body: bytes, encoding: TransferEncoding::Identity } => {
                range_in(parent, bytes)
            }
            _ => None,
        })
    }
}

/// Where a part of some bytes lies in them, if it is a part of them.
fn range_in(whole: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= whole.len()).then_some(start..end)
}

/// How a child's place is spelled below its parent's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A MIME part with its number, for example `2.1`, relative to the message it belongs to.
    Part(String),
    /// A member of an archive or package: `parent!/name`.
    Member(String),
    /// Something inside without a name of its own, for example `uuencode-1`, `at-4096`: `parent!/#label`.
    Inner(String),
}

/// What a format reader describes beyond children, for the rules of that format.
#[derive(Clone, Debug)]
pub enum Facts {
    /// A message (RFC 5322).
    Message(Box<Message>),
    /// A ZIP archive, or several in one file.
    Zip(Box<ZipFacts>),
    /// A text with files encoded inside it.
    Encoded(Box<EncodedFacts>),
    /// An archive or a packed file of a format that has little to tell beyond its members.
    Archive(Box<ArchiveFacts>),
}

/// What is known about an archive or a packed file beyond its members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveFacts {
    /// The format, as in [`Format::id`].
    pub format: &'static str,
    /// What is damaged: offset and words. The first of each sort is enough.
    pub damage: Vec<(usize, &'static str)>,
    /// What is not read by this version: offset and words.
    pub unread: Vec<(usize, &'static str)>,
    /// Data behind the end: offset and length.
    pub trailing: Option<(usize, usize)>,
}

/// What one reader says of the bytes it was given.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    /// The description.
    pub facts: Facts,
    /// How far the reader itself could look. The states of children are added by the opener.
    pub inspection: Inspection,
    /// What is inside.
    pub children: Vec<Child<'a>>,
}

/// One object that was looked at.
#[derive(Clone, Debug)]
pub struct Item {
    /// The index of the object it is in; `None` for the message itself.
    pub parent: Option<usize>,
    /// Its place below the object it is in.
    pub step: Step,
    /// How deep it is nested; the message is 0.
    pub depth: u32,
    /// Where it is, harmless to show; empty for the message itself.
    pub place: String,
    /// The number of the outermost MIME part that holds it, for edits; empty for the message itself.
    pub mime_part: String,
    /// All spellings of its name, best first.
    pub names: Vec<Name>,
    /// The declared media type, lower case; empty when none.
    pub media_type: String,
    /// How it came to be looked at.
    pub origin: Origin,
    /// What the bytes say it is.
    pub format: Format,
    /// Its length in bytes; for sealed content the stated length.
    pub size: u64,
    /// Its state, the worst of its own and its children's.
    pub inspection: Inspection,
    /// Its own state, without the children's.
    pub own_inspection: Inspection,
    /// What the readers described, one entry a reader and reading.
    pub facts: Vec<Facts>,
    /// Which bounds of the budget were reached while it was read.
    pub limits: Vec<Limit>,
    /// What was noticed while its transfer encoding was decoded.
    pub decoding: Vec<Note>,
    /// Its content did not have the CRC-32 or the length its archive states.
    pub damaged: bool,
    /// While its bytes are read: the ranges of them that children found by earlier readers fill. A reader that searches
    /// anywhere in the bytes leaves these to the children.
    pub covered: Vec<Range<usize>>,
}

impl Item {
    /// The best spelling of its name; empty when it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |n| n.text.as_str())
    }

    /// The description of the message, if it is one.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.facts.iter().filter_map(|f| match f {
            Facts::Message(m) => Some(m.as_ref()),
            _ => None,
        })
    }

    /// The descriptions of ZIP archives in it.
    pub fn zips(&self) -> impl Iterator<Item = &ZipFacts> {
        self.facts.iter().filter_map(|f| match f {
            Facts::Zip(z) => Some(z.as_ref()),
            _ => None,
        })
    }

    /// The files that stand encoded inside its text.
    pub fn encoded(&self) -> impl Iterator<Item = &EncodedFacts> {
        self.facts.iter().filter_map(|f| match f {
            Facts::Encoded(e) => Some(e.as_ref()),
            _ => None,
        })
    }

    /// The descriptions of other archives and packed files in it.
    pub fn archives(&self) -> impl Iterator<Item = &ArchiveFacts> {
        self.facts.iter().filter_map(|f| match f {
            Facts::Archive(a) => Some(a.as_ref()),
            _ => None,
        })
    }

    /// Did a reader of its own format describe it?
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.facts.iter().any(|f| match f {
            Facts::Message(_) => self.format.id == "message",
            Facts::Zip(_) => self.format.id == "zip",
            Facts::Encoded(_) => false,
            Facts::Archive(a) => self.format.id == a.format,
        })
    }
}

/// Everything that was found: the message is the first item, parents stand before their children.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// All objects in the order of the message.
    pub items: Vec<Item>,
}

impl Mail {
    /// The direct children of an item.
    pub fn children(&self, index: usize) -> impl Iterator<Item = (usize, &Item)> {
        self.items.iter().enumerate().skip(index.saturating_add(1)).filter(move |(_, i)| i.parent == Some(index))
    }

    /// The object an item is in.
    #[must_use]
    pub fn parent(&self, item: &Item) -> Option<&Item> {
        item.parent.and_then(|p| self.items.get(p))
    }
}
