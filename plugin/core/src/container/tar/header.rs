//! The fields of a header block, and the headers that speak of the next member.

use super::trim_nul;
use crate::container::tree::Name;
use crate::text::unlabelled;

/// Everything in a tar archive is padded to this many bytes.
pub(super) const BLOCK: usize = 512;

/// What a header announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file. Unknown types count as files, as the standard wants it.
    File,
    /// A file of which only pieces are stored (GNU `S`).
    Sparse,
    /// The rest of a file that began in another volume (GNU `M`).
    Continued,
    /// A folder.
    Folder,
    /// A link, a device, a pipe: no content.
    Special,
    /// The name of the next member (GNU `L`).
    LongName,
    /// The target of the next member (GNU `K`).
    LongLink,
    /// The name of the volume (GNU `V`).
    Label,
    /// Records about the next member (pax `x`, Solaris `X`).
    Pax,
    /// Records about all further members (pax `g`).
    GlobalPax,
}

/// A header block.
pub(super) struct Header<'a> {
    block: &'a [u8],
}

impl<'a> Header<'a> {
    pub(super) fn of(block: &'a [u8]) -> Self {
        Self { block }
    }

    fn field(&self, at: usize, length: usize) -> &'a [u8] {
        self.block.get(at..at.saturating_add(length)).unwrap_or(&[])
    }

    fn flag(&self) -> u8 {
        self.block.get(156).copied().unwrap_or(0)
    }

    pub(super) fn kind(&self) -> Kind {
        match self.flag() {
            b'0' | 0 if self.name().ends_with(b"/") => Kind::Folder,
            b'1'..=b'4' | b'6' => Kind::Special,
            b'5' | b'D' => Kind::Folder,
            b'S' => Kind::Sparse,
            b'M' => Kind::Continued,
            b'L' => Kind::LongName,
            b'K' => Kind::LongLink,
            b'V' => Kind::Label,
            b'x' | b'X' => Kind::Pax,
            b'g' => Kind::GlobalPax,
            _ => Kind::File,
        }
    }

    /// Links, devices and folders have none, whatever their size field says; the content list of a GNU `D` folder has.
    pub(super) fn has_data(&self) -> bool {
        !matches!(self.flag(), b'1'..=b'6' | b'V')
    }

    /// The length of the data.
    pub(super) fn size(&self) -> Option<u64> {
        number(self.field(124, 12))
    }

    /// How many bytes of further maps stand between the header of a GNU sparse file and its data.
    pub(super) fn sparse_blocks(&self, bytes: &[u8], at: usize) -> usize {
        let mut length = 0usize;
        let mut more = self.flag() == b'S' && self.block.get(482).is_some_and(|b| *b != 0);
        while more {
            length = length.saturating_add(BLOCK);
            more = bytes.get(at.saturating_add(length).saturating_add(504)).is_some_and(|b| *b != 0);
        }
        length
    }

    /// The name in the block itself, without the prefix.
    fn name(&self) -> &'a [u8] {
        trim_nul(self.field(0, 100))
    }

    /// All spellings of the name: that of an earlier header before that of the block, unless the latter is only the
    /// beginning of the former.
    pub(super) fn names(&self, longer: &Longer<'a>, is_folder: bool) -> Vec<Name> {
        let mut names = Vec::with_capacity(1);
        let stated = longer.pax_name.map(|n| (n, "pax")).or(longer.name.map(|n| (n, "gnu-long-name")));
        if let Some((raw, source)) = stated {
            names.push(name(raw, source, is_folder));
        }
        let is_posix = self.field(257, 6) == b"ustar\0";
        let prefix = if is_posix { trim_nul(self.field(345, 155)) } else { &[] };
        let whole = if prefix.is_empty() { self.name().to_vec() } else { [prefix, b"/", self.name()].concat() };
        if stated.is_none_or(|(raw, _)| !whole.is_empty() && !raw.starts_with(&whole)) {
            names.push(name(&whole, "header", is_folder));
        }
        names
    }
}

/// A name as it stood; folders end in `/`.
fn name(raw: &[u8], source: &'static str, is_folder: bool) -> Name {
    let (mut text, charset) = unlabelled::decode(raw);
    if is_folder && !text.ends_with('/') {
        text.push('/');
    }
    Name { text, raw: raw.to_vec(), source, charset }
}

/// A number field: octal digits with blanks around, or base 256 when the first bit is set (GNU).
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        return rest.iter().try_fold(u64::from(first & 0x7F), |n, b| n.checked_mul(256)?.checked_add(u64::from(*b)));
    }
    let digits = field.trim_ascii_start().split(|b| matches!(b, b' ' | 0)).next().unwrap_or(&[]);
    digits.iter().try_fold(0u64, |n, b| match b {
        b'0'..=b'7' => n.checked_mul(8)?.checked_add(u64::from(b.wrapping_sub(b'0'))),
        _ => None,
    })
}

/// What earlier headers say of the next member.
#[derive(Debug, Default)]
pub(super) struct Longer<'a> {
    /// From a GNU `L` header.
    pub(super) name: Option<&'a [u8]>,
    pax_name: Option<&'a [u8]>,
    pax_size: Option<u64>,
    sparse: bool,
}

impl<'a> Longer<'a> {
    /// The size that counts instead of the header's.
    pub(super) fn size(&self) -> Option<u64> {
        self.pax_size
    }

    /// The member is a GNU sparse file in a pax archive.
    pub(super) fn is_sparse(&self) -> bool {
        self.sparse
    }

    /// Reads the records of a pax header: `length key=value` and a line feed, the length counting itself. `false` when
    /// they are damaged.
    pub(super) fn read_pax(&mut self, mut data: &'a [u8]) -> bool {
        while !data.is_empty() {
            let Some(record) = pax_record(data) else { return data.iter().all(|b| *b == 0) };
            match record.key {
                b"path" if !self.sparse => self.pax_name = Some(record.value),
                b"GNU.sparse.name" => self.pax_name = Some(record.value),
                b"size" => self.pax_size = core::str::from_utf8(record.value).ok().and_then(|v| v.parse().ok()),
                _ => {}
            }
            self.sparse |= record.key.starts_with(b"GNU.sparse.");
            data = record.rest;
        }
        true
    }
}

struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
    rest: &'a [u8],
}

fn pax_record(data: &[u8]) -> Option<Record<'_>> {
    let blank = memchr::memchr(b' ', data.get(..data.len().min(20))?)?;
    let length: usize = core::str::from_utf8(data.get(..blank)?).ok()?.parse().ok()?;
    let body = data.get(blank.checked_add(1)?..length)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', body)?;
    Some(Record { key: body.get(..equals)?, value: body.get(equals.checked_add(1)?..)?, rest: data.get(length..)? })
}
