//! What an archive lies in when it does not fill the file.

use memchr::memmem;

use super::facts::Surrounding;
use crate::bytes::{u16_le, u32_le};
use crate::container::sniff::{self, Class, Format};

/// Readers of archives look for the end record this far from the end of the file: the record and the longest comment.
const REACH: usize = 22 + 0xFFFF;

/// Names what stands in front of an archive: `from` is the first byte of its first record, `to` the first byte after
/// its last.
pub fn classify(bytes: &[u8], from: usize, to: usize) -> Surrounding {
    let prefix = bytes.get(..from).unwrap_or(&[]);
    let mut format = sniff::sniff(bytes);
    if matches!(format.class, Class::Data | Class::Text | Class::Empty) || format == sniff::ZIP {
        format = sniff::sniff(prefix);
    }
    let reachable = bytes.len().saturating_sub(to) <= REACH;
    match format.class {
        _ if format == sniff::ZIP => Surrounding::Bytes,
        Class::Executable if reachable || to >= overlay(bytes).unwrap_or(usize::MAX) => Surrounding::Program(format),
        Class::Archive | Class::DiskImage | Class::Compressor | Class::Executable | Class::Message => {
            Surrounding::Holder(format)
        }
        Class::Document if holds_files(format) || in_a_stream(bytes, from, to) => Surrounding::Holder(format),
        Class::Document | Class::Media | Class::Markup | Class::Script | Class::Shortcut => {
            Surrounding::Disguise(format)
        }
        _ if is_boot_sector(bytes) => Surrounding::Holder(format),
        _ if is_script(prefix) => Surrounding::Disguise(Format { id: "script", class: Class::Script }),
        _ => Surrounding::Bytes,
    }
}

/// Documents that are file systems of their own: files lie in them as they are.
fn holds_files(format: Format) -> bool {
    matches!(format.id, "ole" | "tnef" | "pst" | "onenote" | "chm" | "rtf")
}

/// A bare file system (FAT and kin): a jump, and the mark at the end of the first sector.
fn is_boot_sector(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0xEB | 0xE9)) && bytes.get(510..512) == Some(&[0x55, 0xAA])
}

/// Does the archive fill a stream of a PDF (ISO 32000-1, 7.3.8), as a file attached without compression does?
fn in_a_stream(bytes: &[u8], from: usize, to: usize) -> bool {
    let before = bytes.get(from.saturating_sub(8)..from).unwrap_or(&[]).trim_ascii_end();
    let after = bytes.get(to..).unwrap_or(&[]);
    let after = after.get(..after.len().min(16)).unwrap_or(&[]).trim_ascii_start();
    before.ends_with(b"stream") && after.starts_with(b"endstream")
}

/// Text that a shell, a command interpreter or an engine starts, told by how such files usually begin.
fn is_script(prefix: &[u8]) -> bool {
    let head = prefix.get(..prefix.len().min(256)).unwrap_or(prefix).trim_ascii_start();
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).to_ascii_lowercase();
    let starts: [&[u8]; 6] = [b"@echo", b"@rem", b"@set", b"rem ", b"<?php", b"::"];
    starts.iter().any(|s| head.starts_with(s)) || memmem::find(&head, b"powershell").is_some()
}

/// Where the sections of a portable executable end and its overlay begins.
fn overlay(bytes: &[u8]) -> Option<usize> {
    let header = usize::try_from(u32_le(bytes, 0x3C)?).ok()?;
    let pe = bytes.get(header..).filter(|b| b.starts_with(b"PE\0\0"))?;
    let sections = usize::from(u16_le(pe, 6)?);
    let table = usize::from(u16_le(pe, 20)?).saturating_add(24);
    let ends = (0..sections).filter_map(|n| {
        let at = table.saturating_add(n.saturating_mul(40));
        Some(u32_le(pe, at.saturating_add(16))?.saturating_add(u32_le(pe, at.saturating_add(20))?))
    });
    ends.max().and_then(|end| usize::try_from(end).ok()).filter(|end| *end > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_named_by_its_bytes() {
        let zip_at = |prefix: &[u8]| classify(&[prefix, b"PK\x03\x04"].concat(), prefix.len(), prefix.len() + 4);
        assert!(matches!(zip_at(b"\x89PNG\r\n\x1A\n...."), Surrounding::Disguise(f) if f.id == "png"));
        assert!(matches!(zip_at(b"#!/bin/sh\nexit\n"), Surrounding::Disguise(_)));
        assert!(matches!(zip_at(b"@echo off\r\nexit\r\n"), Surrounding::Disguise(_)));
        assert!(matches!(zip_at(b"\x7FELF\x02\x01\x01"), Surrounding::Program(_)));
        assert!(matches!(zip_at(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Surrounding::Holder(_)));
        assert_eq!(zip_at(b"\x01\x02junk\x03\x04"), Surrounding::Bytes);
    }
}
