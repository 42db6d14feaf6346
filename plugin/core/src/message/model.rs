//! What is said of a message. Owned throughout: offsets into the bytes that were walked, and short texts.

use std::borrow::Cow;
use std::ops::Range;

use super::decode::TransferEncoding;
use super::{fields, words};

/// The description of one message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its header section.
    pub head: Head,
    /// What most readers of mail see, in order; multiparts stand before their parts.
    pub parts: Vec<Part>,
    /// What only some readers of mail see: objects in preambles and epilogues, and what other readings of the structure
    /// bring to light. No multiparts.
    pub hidden: Vec<Part>,
    /// Every byte exactly once, in order.
    pub spans: Vec<Span>,
    /// Where it departs from the standards in a way that readers of mail take differently.
    pub quirks: Vec<Quirk>,
}

impl Message {
    /// The parts that hold content, first those most readers see.
    pub fn leaves(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|p| !p.multipart).chain(&self.hidden)
    }

    /// The part with this number or label.
    #[must_use]
    pub fn part(&self, number: &str) -> Option<&Part> {
        self.parts.iter().chain(&self.hidden).find(|p| p.number == number)
    }
}

/// A part of a message, or the message itself seen as one (RFC 2045 section 2.4 calls it an entity).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its number (RFC 3501 section 6.4.5), for example `2.1`; empty for a message that is a multipart. Hidden parts
    /// bear a label instead, for example `epilogue-1`.
    pub number: String,
    /// It is a multipart: its content are the parts after it.
    pub multipart: bool,
    /// Most readers of mail show it.
    pub shown: bool,
    /// The media type, lower case; `message/rfc822` where that is the default (RFC 2046 section 5.1.5), otherwise empty
    /// when none is declared.
    pub media_type: String,
    /// The `charset` parameter, lower case; empty when there is none.
    pub charset: String,
    /// The disposition type (RFC 2183), lower case; empty when none is declared.
    pub disposition: String,
    /// The transfer encoding as declared, lower case and without comments; empty when none is declared.
    pub encoding: String,
    /// All spellings of its file name, best first.
    pub names: Vec<FileName>,
    /// Its header section, including the empty line that ends it.
    pub header: Range<usize>,
    /// Its body: for a multipart everything after the header, to where it ends.
    pub body: Range<usize>,
    /// How its content can be read, likeliest first; empty for multiparts.
    pub readings: Vec<Reading>,
}

/// One way to read the content of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The encoded bytes.
    pub body: Range<usize>,
    /// How to decode them.
    pub encoding: TransferEncoding,
}

/// A file name in one of its spellings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileName {
    /// Decoded.
    pub text: String,
    /// As it stood in the message, without quotes.
    pub raw: Vec<u8>,
    /// The parameter: `filename` (RFC 2183) or `name` (RFC 2045).
    pub source: &'static str,
    /// How it was decoded, for example `us-ascii`, `utf-8`, `iso-2022-jp`.
    pub charset: &'static str,
}

/// What a run of bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// Before the message: a byte order mark, an mbox `From ` line, empty lines.
    Envelope,
    /// The header section of the message or of a part.
    Header,
    /// The content of a part that is not a multipart.
    Body,
    /// A boundary delimiter line with the line end before it (RFC 2046 section 5.1.1).
    Boundary,
    /// Text before the first boundary.
    Preamble,
    /// Text after the last boundary.
    Epilogue,
    /// What was not looked at because a limit was reached.
    Unread,
}

/// A run of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// The bytes; may be empty for a body.
    pub range: Range<usize>,
    /// The part it belongs to, an index into [`Message::parts`]; `None` for [`SpanKind::Envelope`] and
    /// [`SpanKind::Unread`].
    pub part: Option<usize>,
}

/// A departure from the standards that readers of mail take differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// What it is.
    pub kind: QuirkKind,
    /// Where it is, in bytes from the start of the message.
    pub at: usize,
    /// The number or label of the part it concerns.
    pub part: String,
    /// The text it rests on, as it stands in the message; may be empty.
    pub text: String,
}

/// Sorts of departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuirkKind {
    /// Several `boundary` parameters with different values.
    DuplicateBoundary,
    /// Several `Content-Type` fields that say different things.
    DuplicateType,
    /// Several `Content-Transfer-Encoding` fields that say different things.
    DuplicateEncoding,
    /// Several file names in one field, or several `Content-Disposition` fields, that say different things.
    DuplicateName,
    /// A transfer encoding nobody defined.
    UnknownEncoding,
    /// A transfer encoding that is only recognised with good will: quoted, misspelt, with trailing characters.
    MisspeltEncoding,
    /// No (or no known) transfer encoding is declared, and the body looks like base64.
    LooksBase64,
    /// A multipart without a usable `boundary` parameter; it was guessed from the first `--` line.
    GuessedBoundary,
    /// A line that begins with a boundary and goes on: a delimiter to the letter of RFC 2046, text to most readers.
    PrefixBoundary,
    /// A NUL before or after a boundary.
    NulBoundary,
    /// A boundary or header field after a bare CR, in a message whose lines end in LF.
    BareCr,
    /// A line within a header section that is no field; some readers end the header there.
    JunkInHeader,
    /// A multipart without its closing boundary.
    Unterminated,
    /// A file name in unlabelled bytes above 127.
    RawName,
    /// A multipart whose body is transfer-encoded (RFC 2045 section 6.4 forbids it).
    EncodedMultipart,
}

/// The header section of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    fields: Vec<HeadField>,
}

/// One header field, as offsets into the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadField {
    /// Its name.
    pub name: Range<usize>,
    /// Its value with its folding, without the line end.
    pub value: Range<usize>,
}

impl Head {
    /// Keeps a copy of the header section, as far as it counts.
    pub(super) fn new(bytes: &[u8], end: usize, fields: Vec<HeadField>) -> Self {
        let end = end.min(fields.last().map_or(0, |f| f.value.end));
        Self { bytes: bytes.get(..end).unwrap_or(&[]).to_vec(), fields }
    }

    /// All fields in order, at most [`Head::MOST`].
    #[must_use]
    pub fn fields(&self) -> &[HeadField] {
        &self.fields
    }

    /// The most fields that are kept.
    pub const MOST: usize = 1000;

    /// The name of a field as it stands in the message.
    #[must_use]
    pub fn name(&self, field: &HeadField) -> &[u8] {
        self.bytes.get(field.name.clone()).unwrap_or(&[])
    }

    /// The values of all fields of this name (case does not count), unfolded (RFC 5322 section 2.2.3), in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = Cow<'_, [u8]>> {
        self.fields
            .iter()
            .filter(move |f| self.name(f).eq_ignore_ascii_case(name.as_bytes()))
            .map(|f| fields::unfold(self.bytes.get(f.value.clone()).unwrap_or(&[])))
    }

    /// The first value of this name as text, encoded words (RFC 2047) decoded.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.values(name).next().map(|v| words::decode_text(&v).0)
    }
}
