//! The two headers of a member (APPNOTE 4.3.7, 4.3.12), parsed from their bytes. Nothing here trusts a number: a header is
//! parsed when its fixed part and the lengths it states fit into the bytes; whether it is believed is decided elsewhere.

use super::extra;
use crate::bytes::{u16_le, u32_le, u64_le};

/// Local file header (4.3.7).
pub const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// Central directory header (4.3.12).
pub const CENTRAL: &[u8; 4] = b"PK\x01\x02";

/// General purpose bit 0: encrypted (4.4.4).
pub const FLAG_ENCRYPTED: u16 = 1;
/// Bit 3: sizes and CRC-32 follow the data in a descriptor.
pub const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// Bit 6: strong encryption.
pub const FLAG_STRONG: u16 = 1 << 6;
/// Bit 11: name and comment are UTF-8.
pub const FLAG_UTF8: u16 = 1 << 11;
/// Bit 13: values of the local header are masked, the directory is encrypted.
pub const FLAG_MASKED: u16 = 1 << 13;
/// Bits no writer sets: 7 to 10 are unused, 15 is reserved.
const FLAGS_UNUSED: u16 = 0b1000_0111_1000_0000;

/// No compression.
pub const STORED: u16 = 0;
/// Deflate.
pub const DEFLATED: u16 = 8;
/// Deflate64.
pub const DEFLATE64: u16 = 9;
/// WinZip AES when an extra field 0x9901 or the encryption flag is there; Apple's LZFSE otherwise.
pub const AES_OR_LZFSE: u16 = 99;

/// Which of the two headers of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The local header, in front of the data.
    Local,
    /// The entry of the central directory.
    Central,
}

/// A local or a central header, with ZIP64 values put in their places.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// Which one.
    pub side: Side,
    /// Where it begins.
    pub at: usize,
    /// The first byte after it; for a local header the first byte of the data.
    pub end: usize,
    /// Version needed to extract.
    pub need: u16,
    /// General purpose bit flag.
    pub flags: u16,
    /// Compression method.
    pub method: u16,
    /// DOS date.
    pub date: u16,
    /// CRC-32 of the plain data.
    pub crc: u32,
    /// Length of the data as they stand in the archive, encryption header included.
    pub packed: u64,
    /// Length of the plain data.
    pub plain: u64,
    /// The name, raw.
    pub name: &'a [u8],
    /// The extra fields, raw.
    pub extra: &'a [u8],
    /// Where the local header is, seen from the start of the archive (central only).
    pub offset: u64,
    /// On which segment it is (central only).
    pub disk: u32,
    /// The ZIP64 extra field does not fit the values that ask for it, or is missing.
    pub odd_zip64: bool,
}

impl<'a> Header<'a> {
    /// The header of this kind at `at`, if it fits into the bytes.
    pub fn parse(bytes: &'a [u8], at: usize, side: Side) -> Option<Self> {
        match side {
            Side::Local => Self::local(bytes, at),
            Side::Central => Self::central(bytes, at),
        }
    }

    /// The local header at `at` (4.3.7).
    pub fn local(bytes: &'a [u8], at: usize) -> Option<Self> {
        let b = bytes.get(at..)?;
        if !b.starts_with(LOCAL) {
            return None;
        }
        let (name, extra, end) = variable(bytes, at, 30, u16_le(b, 26)?, u16_le(b, 28)?, 0)?;
        let mut header = Self {
            side: Side::Local,
            at,
            end,
            need: u16_le(b, 4)?,
            flags: u16_le(b, 6)?,
            method: u16_le(b, 8)?,
            date: u16_le(b, 12)?,
            crc: u32_le(b, 14)?,
            packed: u64::from(u32_le(b, 18)?),
            plain: u64::from(u32_le(b, 22)?),
            name,
            extra,
            offset: 0,
            disk: 0,
            odd_zip64: false,
        };
        header.apply_zip64();
        Some(header)
    }

    /// The central header at `at` (4.3.12).
    pub fn central(bytes: &'a [u8], at: usize) -> Option<Self> {
        let b = bytes.get(at..)?;
        if !b.starts_with(CENTRAL) {
            return None;
        }
        let (name, extra, end) = variable(bytes, at, 46, u16_le(b, 28)?, u16_le(b, 30)?, u16_le(b, 32)?)?;
        let mut header = Self {
            side: Side::Central,
            at,
            end,
            need: u16_le(b, 6)?,
            flags: u16_le(b, 8)?,
            method: u16_le(b, 10)?,
            date: u16_le(b, 14)?,
            crc: u32_le(b, 16)?,
            packed: u64::from(u32_le(b, 20)?),
            plain: u64::from(u32_le(b, 24)?),
            name,
            extra,
            offset: u64::from(u32_le(b, 42)?),
            disk: u32::from(u16_le(b, 34)?),
            odd_zip64: false,
        };
        header.apply_zip64();
        Some(header)
    }

    /// Values that are all ones stand in the extra field 0x0001, in a fixed order and only those (4.5.3).
    fn apply_zip64(&mut self) {
        let ones = u64::from(u32::MAX);
        let central = self.side == Side::Central;
        let asks = [
            self.plain == ones,
            self.packed == ones,
            central && self.offset == ones,
            central && self.disk == u32::from(u16::MAX),
        ];
        if !asks.contains(&true) {
            return;
        }
        let Some(field) = extra::find(self.extra, extra::ZIP64) else {
            self.odd_zip64 = true;
            return;
        };
        let mut at = 0usize;
        let mut next = |asked: bool| {
            let value = asked.then(|| u64_le(field.data, at)).flatten();
            at = at.saturating_add(if asked { 8 } else { 0 });
            value
        };
        let (plain, packed, offset) = (next(asks[0]), next(asks[1]), next(asks[2]));
        let disk = asks[3].then(|| u32_le(field.data, at)).flatten();
        let given = [plain.is_some(), packed.is_some(), offset.is_some(), disk.is_some()];
        self.odd_zip64 = given != asks;
        self.plain = plain.unwrap_or(self.plain);
        self.packed = packed.unwrap_or(self.packed);
        self.offset = offset.unwrap_or(self.offset);
        self.disk = disk.unwrap_or(self.disk);
    }

    /// Does this flag stand in the header?
    pub const fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Where the flags stand in the file.
    pub const fn flags_at(&self) -> usize {
        self.field_at(6)
    }

    /// Where the compression method stands.
    pub const fn method_at(&self) -> usize {
        self.field_at(8)
    }

    /// Where the CRC-32 stands; the packed and the plain size follow it.
    pub const fn crc_at(&self) -> usize {
        self.field_at(14)
    }

    /// Where the name stands.
    pub const fn name_at(&self) -> usize {
        self.at.saturating_add(match self.side {
            Side::Local => 30,
            Side::Central => 46,
        })
    }

    /// Where the extra fields begin.
    pub const fn extra_at(&self) -> usize {
        self.name_at().saturating_add(self.name.len())
    }

    /// A field of the part both headers share, by its place in the local one.
    const fn field_at(&self, local: usize) -> usize {
        self.at.saturating_add(match self.side {
            Side::Local => local,
            Side::Central => local.saturating_add(2),
        })
    }

    /// The packed size if the header states it. A local header that announces a descriptor may leave zeros, and some
    /// writers leave zeros without announcing one.
    pub const fn stated_packed(&self) -> Option<u64> {
        match self.side {
            Side::Local if self.packed == 0 && (self.has(FLAG_DESCRIPTOR) || self.plain != 0) => None,
            _ => Some(self.packed),
        }
    }

    /// Are CRC-32 and both sizes zero? In a local header this states nothing.
    pub const fn is_blank(&self) -> bool {
        self.crc == 0 && self.packed == 0 && self.plain == 0
    }

    /// Are its values masked because the directory is encrypted (7.3.4)?
    pub const fn is_masked(&self) -> bool {
        self.has(FLAG_MASKED) && self.crc == 0 && self.plain == 0
    }

    /// Is it a placeholder that fills the space of a removed member?
    pub const fn is_placeholder(&self) -> bool {
        self.name.is_empty() && self.is_blank()
    }

    /// Could a writer of archives have made this? Asked where nothing else points at the record: four bytes of
    /// signature also stand in programs that read archives.
    pub fn is_plausible(&self) -> bool {
        let (day, month) = (self.date & 31, self.date >> 5 & 15);
        self.need & 0xFF <= 90
            && self.flags & FLAGS_UNUSED == 0
            && matches!(self.method, 0..=20 | 93..=99)
            && (self.date == 0 || (day != 0 && matches!(month, 1..=12)))
            && !self.name.is_empty()
            && self.name.len() <= 4096
            && !self.name.iter().any(|b| *b < 0x20 || *b == 0x7F)
    }
}

/// The variable part of a header: name, extra fields, comment.
fn variable(
    bytes: &[u8],
    at: usize,
    fixed: usize,
    name: u16,
    extra: u16,
    comment: u16,
) -> Option<(&[u8], &[u8], usize)> {
    let name_at = at.checked_add(fixed)?;
    let extra_at = name_at.checked_add(usize::from(name))?;
    let comment_at = extra_at.checked_add(usize::from(extra))?;
    let end = comment_at.checked_add(usize::from(comment))?;
    bytes.get(comment_at..end)?;
    Some((bytes.get(name_at..extra_at)?, bytes.get(extra_at..comment_at)?, end))
}
