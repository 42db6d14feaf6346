//! The records that close an archive or a member (APPNOTE 4.3.9, 4.3.14 to 4.3.16), parsed from their bytes, and the
//! signatures of the others.

use crate::bytes::{u16_le, u32_le, u64_le};

/// End of central directory record (4.3.16).
pub const END: &[u8; 4] = b"PK\x05\x06";
/// ZIP64 end of central directory record (4.3.14).
pub const ZIP64_END: &[u8; 4] = b"PK\x06\x06";
/// ZIP64 end of central directory locator (4.3.15).
pub const ZIP64_LOCATOR: &[u8; 4] = b"PK\x06\x07";
/// Data descriptor (4.3.9), and the mark of the first segment of a split archive (8.5.4).
pub const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";
/// Archive extra data record (4.3.11).
pub const ARCHIVE_EXTRA: &[u8; 4] = b"PK\x06\x08";
/// Digital signature (4.3.13).
pub const DIGITAL_SIGNATURE: &[u8; 4] = b"PK\x05\x05";
/// The mark of an archive that was to be split and fits into one segment (8.5.4).
pub const SINGLE_SEGMENT: &[u8; 4] = b"PK00";

/// An end of central directory record (4.3.16).
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// Where it begins.
    pub at: usize,
    /// Number of this segment.
    pub disk: u16,
    /// Number of the segment on which the directory begins.
    pub directory_disk: u16,
    /// Entries on this segment.
    pub here: u16,
    /// Entries in all.
    pub total: u16,
    /// Length of the directory in bytes.
    pub size: u32,
    /// Where the directory begins, seen from the start of the archive.
    pub offset: u32,
    /// The first byte after the comment, at most the length of the file.
    pub end: usize,
    /// The comment goes on beyond the file.
    pub cut: bool,
}

impl End {
    /// Length without the comment.
    pub const FIXED: usize = 22;

    /// The record at `at`.
    pub fn parse(bytes: &[u8], at: usize) -> Option<Self> {
        let b = bytes.get(at..)?;
        if !b.starts_with(END) {
            return None;
        }
        let stated = at.checked_add(Self::FIXED)?.checked_add(usize::from(u16_le(b, 20)?))?;
        Some(Self {
            at,
            disk: u16_le(b, 4)?,
            directory_disk: u16_le(b, 6)?,
            here: u16_le(b, 8)?,
            total: u16_le(b, 10)?,
            size: u32_le(b, 12)?,
            offset: u32_le(b, 16)?,
            end: stated.min(bytes.len()),
            cut: stated > bytes.len(),
        })
    }

    /// Where its comment begins.
    pub const fn comment_at(&self) -> usize {
        self.at.saturating_add(Self::FIXED)
    }

    /// Says that there is nothing in the archive.
    pub const fn is_empty(&self) -> bool {
        self.total == 0 && self.here == 0 && self.size == 0 && self.disk == 0 && self.directory_disk == 0
    }

    /// Some value is all ones: look in the ZIP64 record.
    pub const fn asks_for_zip64(&self) -> bool {
        self.here == u16::MAX || self.total == u16::MAX || self.size == u32::MAX || self.offset == u32::MAX
    }
}

/// A ZIP64 end of central directory record, version 1 or 2 (4.3.14, 7.3.4).
#[derive(Clone, Copy, Debug)]
pub struct Zip64End {
    /// Where it begins.
    pub at: usize,
    /// The first byte after it.
    pub end: usize,
    /// Entries in all.
    pub total: u64,
    /// Length of the directory in bytes.
    pub size: u64,
    /// Where the directory begins, seen from the start of the archive.
    pub offset: u64,
    /// The encryption algorithm of the directory (version 2).
    pub algorithm: Option<u16>,
}

impl Zip64End {
    /// The record at `at`.
    pub fn parse(bytes: &[u8], at: usize) -> Option<Self> {
        let b = bytes.get(at..)?;
        if !b.starts_with(ZIP64_END) {
            return None;
        }
        let size = usize::try_from(u64_le(b, 4)?).ok()?;
        let end = at.checked_add(12)?.checked_add(size)?;
        if size < 44 || end > bytes.len() {
            return None;
        }
        let version_two = size >= 72 && u16_le(b, 14)? >= 62;
        Some(Self {
            at,
            end,
            total: u64_le(b, 32)?,
            size: u64_le(b, 40)?,
            offset: u64_le(b, 48)?,
            algorithm: version_two.then(|| u16_le(b, 74)).flatten(),
        })
    }

    /// Where the algorithm of version 2 stands.
    pub const fn algorithm_at(&self) -> usize {
        self.at.saturating_add(74)
    }
}

/// A ZIP64 end of central directory locator (4.3.15).
#[derive(Clone, Copy, Debug)]
pub struct Locator {
    /// Where it begins.
    pub at: usize,
    /// Where the ZIP64 record begins, seen from the start of the archive.
    pub offset: u64,
}

impl Locator {
    /// Its length.
    pub const LEN: usize = 20;

    /// The locator that stands right before an end record at `end`.
    pub fn before(bytes: &[u8], end: usize) -> Option<Self> {
        let at = end.checked_sub(Self::LEN)?;
        let b = bytes.get(at..)?;
        b.starts_with(ZIP64_LOCATOR).then_some(Self { at, offset: u64_le(b, 8)? })
    }
}

/// A data descriptor (4.3.9), with or without signature, with 32- or 64-bit sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Where it begins.
    pub at: usize,
    /// The first byte after it.
    pub end: usize,
    /// CRC-32 of the plain data.
    pub crc: u32,
    /// Length of the data.
    pub packed: u64,
    /// Length of the plain data.
    pub plain: u64,
}

impl Descriptor {
    /// Every way to read a descriptor at `at`.
    pub fn readings(bytes: &[u8], at: usize) -> impl Iterator<Item = Self> {
        let signed = bytes.get(at..).is_some_and(|b| b.starts_with(DESCRIPTOR));
        let starts = [signed.then(|| at.saturating_add(4)), Some(at)];
        starts.into_iter().flatten().flat_map(move |crc_at| {
            [false, true].into_iter().filter_map(move |wide| Self::fields(bytes, at, crc_at, wide))
        })
    }

    /// The descriptor of this length at `at`: each of the four forms has its own.
    pub fn of_length(bytes: &[u8], at: usize, length: usize) -> Option<Self> {
        Self::readings(bytes, at).find(|d| d.end.saturating_sub(at) == length)
    }

    /// Of two descriptors that state the same length of data, the likelier one: the earlier, and at the same place the
    /// one with 64-bit sizes unless its second size makes no sense. Small sizes in 64 bits also read as 32 bits.
    pub fn likelier(self, other: Self) -> Self {
        let wide = |d: &Self| d.end.saturating_sub(d.at) >= 20 && d.plain <= u64::from(u32::MAX);
        if self.at == other.at && wide(&other) && !wide(&self) { other } else { self }
    }

    /// Its fields, from the CRC-32 on.
    fn fields(bytes: &[u8], at: usize, crc_at: usize, wide: bool) -> Option<Self> {
        let crc = u32_le(bytes, crc_at)?;
        let sizes = crc_at.saturating_add(4);
        let (packed, plain, end) = if wide {
            (u64_le(bytes, sizes)?, u64_le(bytes, sizes.saturating_add(8))?, sizes.saturating_add(16))
        } else {
            let narrow = |at| u32_le(bytes, at).map(u64::from);
            (narrow(sizes)?, narrow(sizes.saturating_add(4))?, sizes.saturating_add(8))
        };
        Some(Self { at, end, crc, packed, plain })
    }
}
