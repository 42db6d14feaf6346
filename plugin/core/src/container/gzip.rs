//! gzip files (RFC 1952): one or more members; their contents, one after the other, are the file.

use super::inflate::{Plain, inflate};
use super::tree::{ArchiveFacts, Step};
use super::{Child, Content, Facts, Item, Name, Opened, Origin, Reader};
use crate::budget::{Budget, Limit};
use crate::bytes::{u16_le, u32_le};
use crate::report::Inspection;
use crate::text::{filename, unlabelled};

/// The reader.
pub const READER: Reader = Reader { name: "gzip", claims, read };

/// Identification and the only compression method there is (section 2.3.1).
const MAGIC: &[u8] = &[0x1F, 0x8B, 8];
/// Flags (section 2.3.1). The reserved ones mean what this version of the format does not know; the lowest of them once
/// meant "encrypted".
const FHCRC: u8 = 0x02;
const FEXTRA: u8 = 0x04;
const FNAME: u8 = 0x08;
const FCOMMENT: u8 = 0x10;
const RESERVED: u8 = 0xE0;
/// What one more member costs beyond its bytes: setting up the decompressor.
const MEMBER_WORK: u64 = 64 << 10;

fn claims(bytes: &[u8], _item: &Item) -> bool {
    bytes.starts_with(MAGIC)
}

fn read<'a>(bytes: &'a [u8], item: &Item, budget: &mut Budget) -> Option<Opened<'a>> {
    let first = header(bytes)?;
    let mut file = File { facts: ArchiveFacts { format: "gzip", ..ArchiveFacts::default() }, ..File::default() };
    let end = file.unpack(bytes, budget);
    let rest = bytes.get(end..).unwrap_or(&[]);
    let mut children = vec![content(first.name, item, file.bytes, file.size)];
    // Zeros and line ends are padding.
    if rest.iter().any(|b| !matches!(b, 0 | b'\r' | b'\n')) {
        file.facts.trailing = Some((end, rest.len()));
        children.push(Child {
            step: Step::Inner(format!("after-{end}")),
            names: Vec::new(),
            media_type: String::new(),
            origin: Origin::Wrapped,
            readings: vec![Content::Slice(rest)],
            stated_size: rest.len() as u64,
        });
    }
    Some(Opened { inspection: file.inspection, facts: Facts::Archive(Box::new(file.facts)), children })
}

/// What the members hold together.
struct File {
    facts: ArchiveFacts,
    bytes: Vec<u8>,
    size: u64,
    inspection: Inspection,
}

impl Default for File {
    fn default() -> Self {
        Self { facts: ArchiveFacts::default(), bytes: Vec::new(), size: 0, inspection: Inspection::Inspected }
    }
}

impl File {
    /// Unpacks member after member. Gives the offset behind the last byte that belongs to one.
    fn unpack(&mut self, bytes: &[u8], budget: &mut Budget) -> usize {
        let mut at = 0usize;
        while let Some(header) = bytes.get(at..).and_then(header) {
            if header.flags & RESERVED != 0 {
                self.facts.unread.push((at, "reserved flags"));
                self.inspection = self.inspection.worst(Inspection::OpaqueUnsupported);
                return bytes.len();
            }
            if budget.take_work(MEMBER_WORK).is_err() {
                self.inspection = self.inspection.worst(Inspection::OpaqueLimit);
                return bytes.len();
            }
            let start = at.saturating_add(header.length);
            let packed = bytes.get(start..).unwrap_or(&[]);
            let plain = inflate(packed, None, None, budget);
            let trailer = start.saturating_add(plain.used);
            let (stopped, broken) = (plain.stopped, plain.damaged);
            if broken {
                self.damaged(start, "deflate data");
            } else if !stopped && !has_trailer(bytes, trailer, &plain) {
                self.damaged(trailer, "CRC-32 or length");
            }
            let kept = self.append(plain, budget);
            if stopped || !kept {
                self.inspection = self.inspection.worst(Inspection::OpaqueLimit);
                return bytes.len();
            }
            if broken {
                return trailer.min(bytes.len());
            }
            at = trailer.saturating_add(8).min(bytes.len());
        }
        at
    }

    fn damaged(&mut self, at: usize, what: &'static str) {
        if self.facts.damage.is_empty() {
            self.facts.damage.push((at, what));
        }
        self.inspection = self.inspection.worst(Inspection::Broken);
    }

    /// Appends the content of a member; `false` when there is no room. A member of which only the beginning was worth
    /// holding ends what is held.
    fn append(&mut self, plain: Plain, budget: &mut Budget) -> bool {
        let is_whole = self.bytes.len() as u64 == self.size;
        self.size = self.size.saturating_add(plain.size);
        if !is_whole {
            return true;
        }
        if self.bytes.is_empty() {
            self.bytes = plain.bytes;
            return true;
        }
        if self.bytes.len().saturating_add(plain.bytes.len()) as u64 > budget.memory_left() {
            budget.note(Limit::Bytes);
            return false;
        }
        self.bytes.extend_from_slice(&plain.bytes);
        true
    }
}

/// Do CRC-32 and length behind the packed data fit (section 2.3.1)?
fn has_trailer(bytes: &[u8], at: usize, plain: &Plain) -> bool {
    let length = u32::try_from(plain.size & 0xFFFF_FFFF).ok();
    u32_le(bytes, at) == Some(plain.crc) && u32_le(bytes, at.saturating_add(4)) == length
}

/// The header of a member.
struct Header<'a> {
    flags: u8,
    /// The original name, without its NUL; ISO 8859-1 by the standard, anything in life.
    name: Option<&'a [u8]>,
    length: usize,
}

/// Reads the header of a member (section 2.3).
fn header(bytes: &[u8]) -> Option<Header<'_>> {
    let flags = *bytes.get(3)?;
    if !bytes.starts_with(MAGIC) {
        return None;
    }
    let mut length = 10usize;
    if flags & FEXTRA != 0 {
        length = length.checked_add(2)?.checked_add(usize::from(u16_le(bytes, length)?))?;
    }
    let mut name = None;
    for flag in [FNAME, FCOMMENT] {
        if flags & flag != 0 {
            let text = bytes.get(length..)?;
            let end = memchr::memchr(0, text)?;
            if flag == FNAME {
                name = text.get(..end);
            }
            length = length.checked_add(end)?.checked_add(1)?;
        }
    }
    if flags & FHCRC != 0 {
        length = length.checked_add(2)?;
    }
    (length <= bytes.len()).then_some(Header { flags, name, length })
}

/// The content as a child: under the name in the header, as 7-Zip has it, and under the file's own name without its
/// extension, as gzip has it.
fn content<'a>(stated: Option<&[u8]>, item: &Item, bytes: Vec<u8>, size: u64) -> Child<'a> {
    let mut names: Vec<Name> = Vec::new();
    if let Some(raw) = stated.filter(|n| !n.is_empty()) {
        let (text, charset) = unlabelled::decode(raw);
        names.push(Name { text, raw: raw.to_vec(), source: "gzip-name", charset });
    }
    for outer in &item.names {
        let text = unpacked_name(&outer.text);
        if !text.is_empty() && names.iter().all(|n| n.text != text) {
            names.push(Name { raw: text.clone().into_bytes(), text, source: "outer-name", charset: outer.charset });
        }
    }
    let step = match names.first() {
        Some(name) => Step::Member(name.text.clone()),
        None => Step::Inner("content".to_owned()),
    };
    Child {
        step,
        names,
        media_type: String::new(),
        origin: Origin::Wrapped,
        readings: vec![Content::Owned(bytes)],
        stated_size: size,
    }
}

/// `a.txt.gz` → `a.txt`, `a.tgz` → `a.tar`; other names stay.
fn unpacked_name(name: &str) -> String {
    let Some(saved) = filename::saved_as(name).into_iter().next() else { return String::new() };
    let stem = saved.rsplit_once('.').map_or("", |(stem, _)| stem);
    match filename::extension(&saved).as_str() {
        "gz" | "z" | "gzip" => stem.to_owned(),
        "tgz" | "taz" => format!("{stem}.tar"),
        "svgz" => format!("{stem}.svg"),
        "emz" => format!("{stem}.emf"),
        "wmz" => format!("{stem}.wmf"),
        _ => saved.into_owned(),
    }
}

#[cfg(test)]
mod tests;
