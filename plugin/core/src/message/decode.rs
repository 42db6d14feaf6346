//! Transfer decoding (RFC 2045 section 6): what a body says once its transport armour is off.
//!
//! Readers of mail disagree about bodies that are not quite right, and an attacker needs only one of them to hand the
//! file to the victim. So [`decode`] gives the reading most of them share, and lists the other ones. Those are made only
//! when somebody asks ([`Other::bytes`]): a clean body costs exactly one buffer, a tricky one never holds two at once.

use std::borrow::Cow;

mod base64;
mod quoted_printable;
mod survey;
pub mod uuencode;

pub use base64::{base64_value, encode_base64, is_base64, looks_base64};

/// How a body is encoded for transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEncoding {
    /// `7bit`, `8bit`, `binary` (RFC 2045 section 6.2): the bytes as they are.
    Identity,
    /// `base64` (RFC 2045 section 6.8).
    Base64,
    /// `quoted-printable` (RFC 2045 section 6.7).
    QuotedPrintable,
    /// `x-uuencode` and its other names: never registered, understood all the same.
    Uuencode,
}

impl TransferEncoding {
    /// The encoding with this name (RFC 2045 section 6.1), whatever its case. `None` when nobody defined it.
    #[must_use]
    pub fn named(word: &[u8]) -> Option<Self> {
        const NAMES: &[(&str, TransferEncoding)] = &[
            ("7bit", TransferEncoding::Identity),
            ("8bit", TransferEncoding::Identity),
            ("binary", TransferEncoding::Identity),
            ("base64", TransferEncoding::Base64),
            ("quoted-printable", TransferEncoding::QuotedPrintable),
            ("x-uuencode", TransferEncoding::Uuencode),
            ("x-uue", TransferEncoding::Uuencode),
            ("uuencode", TransferEncoding::Uuencode),
            ("uue", TransferEncoding::Uuencode),
        ];
        NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|(_, encoding)| *encoding)
    }
}

/// Something noticed while decoding. Every `offset` counts bytes from the start of the encoded body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// `=` stands inside base64 data: some readers stop there, some skip it, some start a new quad behind it.
    MidPadding {
        /// Where the first one stands.
        offset: usize,
    },
    /// Base64 data ends in proper padding at the end of a line, and more base64 data follow: readers that stop at the
    /// padding see a file that readers which go on do not see, and the other way round.
    Decoy {
        /// Where the padding stands.
        offset: usize,
        /// How many padded pieces there are in all.
        chunks: usize,
    },
    /// `-` and `_` of the URL alphabet (RFC 4648 section 5) inside base64 data: skipped by some, 62 and 63 for others.
    UrlAlphabet {
        /// Where the first one stands.
        offset: usize,
        /// How many there are.
        count: usize,
    },
    /// Bytes outside the alphabet inside base64 data, white space not counted.
    ForeignBytes {
        /// Where the first one stands.
        offset: usize,
        /// How many there are.
        count: usize,
    },
    /// The body is declared base64 and is mostly something else.
    NotBase64 {
        /// Where the first foreign byte stands.
        offset: usize,
    },
    /// Ordinary text behind the base64 data, such as the footer of a mailing list. Harmless.
    TrailingText {
        /// Where it begins.
        offset: usize,
    },
    /// The last quad lacks its `=`. Some senders leave them out. Harmless.
    MissingPadding {
        /// Where it should stand.
        offset: usize,
    },
    /// The data break off within a byte.
    Truncated {
        /// Where they break off.
        offset: usize,
    },
    /// `=` without two hexadecimal digits in quoted-printable; kept as it stands.
    BadEscape {
        /// Where the first one stands.
        offset: usize,
        /// How many there are.
        count: usize,
    },
    /// A uuencoded body without its `begin` line.
    NoBegin,
    /// A uuencoded body without its `end` line.
    NoEnd {
        /// Where the data break off.
        offset: usize,
    },
    /// Lines within uuencoded data whose length is not the one they state.
    BadLine {
        /// Where the first one begins.
        offset: usize,
        /// How many there are.
        count: usize,
    },
}

impl Note {
    /// Where it was noticed, in bytes from the start of the encoded body.
    #[must_use]
    pub fn offset(&self) -> usize {
        match *self {
            Self::NoBegin => 0,
            Self::MidPadding { offset }
            | Self::Decoy { offset, .. }
            | Self::UrlAlphabet { offset, .. }
            | Self::ForeignBytes { offset, .. }
            | Self::NotBase64 { offset }
            | Self::TrailingText { offset }
            | Self::MissingPadding { offset }
            | Self::Truncated { offset }
            | Self::BadEscape { offset, .. }
            | Self::NoEnd { offset }
            | Self::BadLine { offset, .. } => offset,
        }
    }

    /// Is it what honest software does every day?
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        matches!(self, Self::TrailingText { .. } | Self::MissingPadding { .. })
    }
}

/// A decoded body.
#[derive(Clone, Debug)]
pub struct Decoded<'a> {
    /// The bytes most readers of mail would get.
    pub bytes: Cow<'a, [u8]>,
    /// What other readers of mail would get, where that differs; at most [`OTHERS`].
    pub others: Vec<Other<'a>>,
    /// What was noticed.
    pub notes: Vec<Note>,
}

/// The most other readings a body can have.
pub const OTHERS: usize = 10;

/// Another reading of a body, not made yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other<'a> {
    body: &'a [u8],
    how: How,
}

/// How another reading is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Raw,
    Base64(base64::Way),
    QuotedPrintable(quoted_printable::Way),
    Uuencode,
}

impl<'a> Other<'a> {
    /// Makes the reading. Never longer than [`Other::most`].
    #[must_use]
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        match self.how {
            How::Raw => Cow::Borrowed(self.body),
            How::Base64(way) => Cow::Owned(base64::run(self.body, way).bytes),
            How::QuotedPrintable(way) => Cow::Owned(quoted_printable::run(self.body, way).bytes),
            How::Uuencode => Cow::Owned(uuencode::decode_lines(self.body)),
        }
    }

    /// The most bytes it can have.
    #[must_use]
    pub fn most(&self) -> usize {
        match self.how {
            // A line end of one byte may become two.
            How::QuotedPrintable(_) => self.body.len().saturating_mul(2),
            _ => self.body.len(),
        }
    }
}

/// Decodes a body. Never fails: what cannot be decoded is skipped and noted. The result is never longer than the body.
#[must_use]
pub fn decode(body: &[u8], encoding: TransferEncoding) -> Decoded<'_> {
    match encoding {
        TransferEncoding::Identity => Decoded { bytes: Cow::Borrowed(body), others: Vec::new(), notes: Vec::new() },
        TransferEncoding::Base64 => base64::decode(body),
        TransferEncoding::QuotedPrintable => quoted_printable::decode(body),
        TransferEncoding::Uuencode => uuencode::decode(body),
    }
}

#[cfg(test)]
mod tests;
