//! What is known about the ZIP archives in some bytes, in the words the rules need: counts, and the bytes that show each
//! thing.

use super::encryption::{Mark, Scheme};
use crate::container::sniff::Format;

/// So many examples of one thing are kept.
const EXAMPLES: usize = 8;
/// So many names of encrypted members are kept.
const NAMES: usize = 32;

/// The bytes that show something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sign {
    /// The member it concerns; empty for the archive as a whole.
    pub member: String,
    /// Offset of the first of these bytes in the file.
    pub offset: usize,
    /// What they are.
    pub field: &'static str,
    /// The bytes, hexadecimal, two digits each, separated by blanks.
    pub value: String,
    /// What else there is to say; empty when nothing.
    pub detail: String,
}

impl Sign {
    /// A sign at a mark, with the bytes that stand there.
    #[must_use]
    pub fn at(bytes: &[u8], mark: Mark, member: &str) -> Self {
        let shown = bytes.get(mark.at..).map_or(&[][..], |b| b.get(..mark.len).unwrap_or(b));
        let value = shown.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ");
        Self { member: member.to_owned(), offset: mark.at, field: mark.field, value, detail: String::new() }
    }

    /// The same with something more to say.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// How often something was seen, and the first examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: usize,
    /// The first few.
    pub signs: Vec<Sign>,
}

impl Tally {
    /// Counts one more; `sign` is made only if there is room for it.
    pub fn add(&mut self, sign: impl FnOnce() -> Sign) {
        self.count = self.count.saturating_add(1);
        if self.signs.len() < EXAMPLES {
            self.signs.push(sign());
        }
    }

    /// Was it seen?
    #[must_use]
    pub const fn any(&self) -> bool {
        self.count > 0
    }
}

/// What is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encrypted {
    /// How many members.
    pub count: usize,
    /// How often each scheme.
    pub schemes: Vec<(Scheme, usize)>,
    /// The first names.
    pub names: Vec<String>,
    /// The bytes that say so, for the first member.
    pub sign: Option<Sign>,
}

impl Encrypted {
    /// Counts one more member.
    pub fn add(&mut self, scheme: Scheme, name: &str, sign: impl FnOnce() -> Sign) {
        self.count = self.count.saturating_add(1);
        match self.schemes.iter_mut().find(|(s, _)| *s == scheme) {
            Some((_, n)) => *n = n.saturating_add(1),
            None => self.schemes.push((scheme, 1)),
        }
        if self.names.len() < NAMES && !name.is_empty() {
            self.names.push(name.to_owned());
        }
        if self.sign.is_none() {
            self.sign = Some(sign());
        }
    }
}

/// What stands around an archive that does not fill the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surrounding {
    /// A program: the archive is its payload.
    Program(Format),
    /// Another format that people open as what it is: picture, document, script, page.
    Disguise(Format),
    /// A format that holds other files as they are, so an archive in it is no surprise.
    Holder(Format),
    /// Bytes that are nothing in particular.
    Bytes,
}

/// What a range of bytes of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// In front of the first record.
    Prefix,
    /// Local header, data and descriptor of a member.
    Member,
    /// Central headers.
    Directory,
    /// End record with the ZIP64 records before it.
    End,
    /// Comment of an end record.
    Comment,
    /// The mark of a split archive.
    SegmentMark,
    /// The signing block of an Android package (APK Signature Scheme v2).
    SigningBlock,
    /// Zeros between records, and placeholders without a name.
    Padding,
    /// Between records, unexplained.
    Gap,
    /// Behind the last record.
    Trailer,
}

/// A range of bytes and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// What it is.
    pub kind: SpanKind,
}

/// What is known about the ZIP archives in some bytes.
#[derive(Clone, Debug, Default)]
pub struct ZipFacts {
    /// Members that are not directories.
    pub files: usize,
    /// Members that are directories.
    pub directories: usize,
    /// What is encrypted.
    pub encrypted: Encrypted,
    /// Members with content that is not encrypted.
    pub plain: usize,
    /// Encrypted directories and masked headers.
    pub headers_hidden: Tally,
    /// Encrypted members whose flags do not say so.
    pub flag_hidden: Tally,
    /// Members whose headers say "encrypted" and whose data are plain.
    pub flag_false: Tally,
    /// What stands in front of the first record, and its length.
    pub prefix: Option<(Surrounding, usize)>,
    /// The offsets in the archive count from its own start, not from the start of the file.
    pub rebased: bool,
    /// Archives with members of their own, one behind the other.
    pub concatenated: Tally,
    /// Fields that say something else in the local header than in the directory.
    pub disagree: Tally,
    /// Members without an entry in any directory, although there is a directory.
    pub local_only: Tally,
    /// Members without a local header.
    pub central_only: Tally,
    /// End records that count other members than there are.
    pub miscounted: Tally,
    /// End records beyond the one that closes the archive.
    pub more_ends: Tally,
    /// There are members and no directory.
    pub no_directory: Option<Sign>,
    /// ZIP64 values that do not fit each other.
    pub odd_zip64: Tally,
    /// Members whose data are packed otherwise than stated.
    pub method_lie: Tally,
    /// Members that share bytes.
    pub overlap: Tally,
    /// This is one segment of a split archive.
    pub part: Option<Sign>,
    /// Data behind the last record, and how many bytes.
    pub trailing: Option<(Sign, usize)>,
    /// Bytes between records that nothing explains.
    pub gaps: Tally,
    /// Data that are missing or do not have the stated CRC-32 or size.
    pub damaged: Tally,
    /// Every byte of the file, in order, without holes.
    pub spans: Vec<Span>,
}
