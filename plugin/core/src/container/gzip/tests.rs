#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::budget::Limits;
use crate::container::open::open_bytes;
use crate::container::tree::Item;

/// A member with one stored deflate block (RFC 1951 section 3.2.4).
fn member(flags: u8, fields: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let mut out = vec![0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3];
    out.extend_from_slice(fields);
    out.push(1);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(&crc32fast::hash(data).to_le_bytes());
    out.extend_from_slice(&u32::from(length).to_le_bytes());
    out
}

fn open_with(limits: Limits, file: &[u8]) -> Vec<Item> {
    open_bytes(file, &mut Budget::new(limits, file.len())).items
}

/// The objects inside a file: the file itself first.
fn open(file: &[u8]) -> Vec<Item> {
    open_with(Limits::default(), file).split_off(1)
}

fn facts(item: &Item) -> &ArchiveFacts {
    item.archives().next().unwrap()
}

#[test]
fn all_header_fields_are_skipped_and_the_name_is_read() {
    let items = open(&member(0x1E, b"\x03\0abcname.txt\0comment\0\0\0", b"hello"));
    assert_eq!((items[1].name(), items[1].size, items[1].inspection), ("name.txt", 5, Inspection::Inspected));
    assert_eq!(facts(&items[0]), &ArchiveFacts { format: "gzip", ..ArchiveFacts::default() });
}

#[test]
fn members_are_one_file() {
    let items = open(&[member(8, b"x\0", b"From: a@b\nSub"), member(0, b"", b"ject: c\n\nd")].concat());
    assert_eq!((items[1].name(), items[1].size, items[1].format.id), ("x", 23, "message"));
}

#[test]
fn padding_is_no_trailing_data_and_other_bytes_are_looked_at() {
    let file = member(0, b"", b"hello");
    assert_eq!(open(&[&file[..], &[0; 100]].concat()).len(), 2);
    let items = open(&[&file[..], b"rest"].concat());
    assert_eq!(facts(&items[0]).trailing, Some((file.len(), 4)));
    assert_eq!((items[2].place.ends_with(&format!("#after-{}", file.len())), items[2].format.id), (true, "text"));
    assert_eq!(items[0].inspection, Inspection::Inspected);
}

#[test]
fn damage_is_said_and_what_came_out_is_looked_at() {
    let file = member(0, b"", b"hello");
    let mut wrong = file.clone();
    wrong[15] ^= 1; // in the data, so that the CRC-32 does not fit
    for (broken, size) in [(wrong, 5), (file[..17].to_vec(), 2), (file[..22].to_vec(), 5)] {
        let items = open(&broken);
        assert_eq!((items[0].inspection, items[1].size), (Inspection::Broken, size));
        assert!(!facts(&items[0]).damage.is_empty());
    }
}

#[test]
fn reserved_flags_are_not_read() {
    let items = open(&member(0x20, b"", b"hello"));
    assert_eq!(items[0].inspection, Inspection::OpaqueUnsupported);
    assert_eq!(facts(&items[0]).unread, [(0, "reserved flags")]);
}

#[test]
fn many_empty_members_are_bounded_by_work() {
    let file = member(0, b"", b"").repeat(2000);
    let limits = Limits { work: 1 << 20, ..Limits::default() };
    assert_eq!(open_with(limits, &file)[1].limits, [Limit::Work]);
    assert_eq!(open(&file)[0].inspection, Inspection::Inspected);
}

#[test]
fn content_beyond_the_bytes_left_is_a_limit() {
    // Four thousand times the letter a (fixed Huffman codes, RFC 1951 section 3.2.6).
    let packed = [
        0x4B, 0x4C, 0x1C, 0x05, 0xA3, 0x60, 0x14, 0x8C, 0x82, 0x51, 0x30, 0x0A, 0x46, 0xC1, 0x28, 0x18, 0x05, 0xA3,
        0x60, 0x14, 0x8C, 0x82, 0x51, 0x30, 0x0A, 0x46, 0xC1, 0x40, 0x03, 0x00,
    ];
    let letters = [b'a'; 4000];
    let mut file = member(0, b"", b"").get(..10).unwrap().to_vec();
    file.extend_from_slice(&packed);
    file.extend_from_slice(&crc32fast::hash(&letters).to_le_bytes());
    file.extend_from_slice(&4000u32.to_le_bytes());
    assert_eq!((open(&file)[1].size, open(&file)[0].inspection), (4000, Inspection::Inspected));
    let items = open_with(Limits { bytes: 1000, ..Limits::default() }, &file);
    assert_eq!((items[1].inspection, &items[1].limits[..]), (Inspection::OpaqueLimit, &[Limit::Bytes][..]));
}

#[test]
fn names_follow_the_outer_name() {
    for (outer, inner) in
        [("a.txt.gz", "a.txt"), ("a.TGZ", "a.tar"), ("pic.svgz", "pic.svg"), ("a.bin", "a.bin"), (".gz", "")]
    {
        assert_eq!(unpacked_name(outer), inner);
    }
}
