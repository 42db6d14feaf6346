//! Extra fields (APPNOTE 4.5): id, length, data, one after the other.

use crate::bytes::{u16_le, u32_le};

/// ZIP64 extended information (4.5.3).
pub const ZIP64: u16 = 0x0001;
/// Strong encryption header (7.2.5), in the central directory only.
pub const STRONG: u16 = 0x0017;
/// Info-ZIP Unicode path (4.6.9).
pub const UNICODE_PATH: u16 = 0x7075;
/// WinZip AES ("AES Encryption Information", section II).
pub const AES: u16 = 0x9901;

/// One extra field.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Where its id stands, counted from the start of the extra fields.
    pub at: usize,
    /// What it is.
    pub id: u16,
    /// What it says; shorter than stated when the extra fields end before.
    pub data: &'a [u8],
}

/// All extra fields. Ends at the first that is not whole, after giving what is there of it.
pub fn fields(extra: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut at = 0usize;
    core::iter::from_fn(move || {
        let (id, len) = (u16_le(extra, at)?, u16_le(extra, at.saturating_add(2))?);
        let from = at.saturating_add(4);
        let to = from.saturating_add(usize::from(len));
        let whole = extra.get(from..to);
        let field = Field { at, id, data: whole.or_else(|| extra.get(from..))? };
        at = to;
        Some(field)
    })
}

/// The first field with this id.
pub fn find(extra: &[u8], id: u16) -> Option<Field<'_>> {
    fields(extra).find(|f| f.id == id)
}

/// What a WinZip AES extra field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aes {
    /// 1 for AE-1, 2 for AE-2, which states no CRC-32.
    pub vendor_version: u16,
    /// 1, 2, 3 for 128, 192, 256 bits; 0 when it says something else.
    pub strength: u8,
    /// The compression method of the plain data.
    pub method: u16,
}

impl Aes {
    /// Reads the field; a malformed one still says that there is encryption.
    pub fn parse(data: &[u8]) -> Self {
        Self {
            vendor_version: u16_le(data, 0).unwrap_or(0),
            strength: data.get(4).copied().filter(|s| matches!(s, 1..=3)).unwrap_or(0),
            method: u16_le(data, 5).unwrap_or(u16::MAX),
        }
    }
}

/// What a strong encryption extra field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strong {
    /// The algorithm (7.2.3.2 lists them).
    pub algorithm: u16,
    /// 1 password, 2 certificates, 3 either.
    pub flags: u16,
}

impl Strong {
    /// Reads the field.
    pub fn parse(data: &[u8]) -> Option<Self> {
        (u16_le(data, 0)? == 2).then_some(Self { algorithm: u16_le(data, 2)?, flags: u16_le(data, 6)? })
    }
}

/// The name in an Info-ZIP Unicode path field, if it belongs to this raw name (4.6.9).
pub fn unicode_path<'a>(extra: &'a [u8], raw_name: &[u8]) -> Option<&'a [u8]> {
    let field = find(extra, UNICODE_PATH)?;
    let matches = field.data.first() == Some(&1) && u32_le(field.data, 1) == Some(crc32fast::hash(raw_name));
    matches.then(|| field.data.get(5..)).flatten()
}
