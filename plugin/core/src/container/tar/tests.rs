#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

use super::*;
use crate::budget::Limits;
use crate::container::open::open_bytes;

/// A header block with a right checksum.
fn header(name: &[u8], size: u64, flag: u8) -> Vec<u8> {
    let mut block = vec![0u8; BLOCK];
    block[..name.len()].copy_from_slice(name);
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[156] = flag;
    seal(block)
}

/// Writes the checksum.
fn seal(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|b| u64::from(*b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

/// Data, padded.
fn padded(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    out.resize(data.len().next_multiple_of(BLOCK), 0);
    out
}

fn file(name: &[u8], data: &[u8]) -> Vec<u8> {
    [header(name, data.len() as u64, b'0'), padded(data)].concat()
}

const END: &[u8] = &[0; 2 * BLOCK];

fn open_with(limits: Limits, archive: &[u8]) -> Vec<Item> {
    open_bytes(archive, &mut Budget::new(limits, archive.len())).items.split_off(1)
}

fn open(archive: &[u8]) -> Vec<Item> {
    open_with(Limits::default(), archive)
}

fn names(items: &[Item]) -> Vec<&str> {
    items[1..].iter().map(Item::name).collect()
}

#[test]
fn members_follow_each_other() {
    let folder = header(b"d", 0, b'5');
    let items = open(&[&folder[..], &file(b"d/a.txt", b"hello"), &file(b"b", b""), END].concat());
    assert_eq!((items[0].format.id, items[0].inspection), ("tar", Inspection::Inspected));
    assert_eq!((names(&items), items[2].size), (vec!["d/", "d/a.txt", "b"], 5));
}

#[test]
fn a_posix_prefix_and_other_numbers_are_read() {
    let mut block = header(b"a.txt", 5, b'0');
    block[257..263].copy_from_slice(b"ustar\0");
    block[345..351].copy_from_slice(b"folder");
    block[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
    let items = open(&[&seal(block)[..], &padded(b"hello"), END].concat());
    assert_eq!((names(&items), items[1].size), (vec!["folder/a.txt"], 5));
}

#[test]
fn longer_names_come_first_and_both_spellings_count() {
    let long = [header(b"././@LongLink", 9, b'L'), padded(b"run.exe\0\0")].concat();
    let items = open(&[&long[..], &file(b"run.txt", b"x"), &file(b"c", b""), END].concat());
    let spellings: Vec<_> = items[1].names.iter().map(|n| n.text.as_str()).collect();
    assert_eq!((spellings, items[2].names.len()), (vec!["run.exe", "run.txt"], 1));

    let pax = [header(b"PaxHeaders/x", 18, b'x'), padded(b"18 path=long/name\n")].concat();
    let items = open(&[&pax[..], &file(b"long", b"x"), END].concat());
    assert_eq!(items[1].names.len(), 1, "the beginning of a longer name is no spelling of its own");
    assert_eq!(items[1].name(), "long/name");
}

#[test]
fn archives_behind_each_other_are_one() {
    let items = open(&[&file(b"a", b"1")[..], END, &file(b"b", b"2"), END].concat());
    assert_eq!((names(&items), items[0].inspection), (vec!["a", "b"], Inspection::Inspected));
}

#[test]
fn damage_is_said_and_the_walk_goes_on() {
    let mut archive = [file(b"a", b"1"), file(b"b", b"2"), file(b"c", b"3"), END.to_vec()].concat();
    archive[2 * BLOCK] = b'X'; // the name of the second member, so that its checksum does not hold
    let items = open(&archive);
    assert_eq!((names(&items), items[0].inspection), (vec!["a", "", "c"], Inspection::Broken));
    let facts = items[0].archives().next().unwrap();
    assert_eq!(facts.damage, [(2 * BLOCK, "no header where one should be")]);

    let cut = open(&file(b"a", &[b'x'; 1000])[..700]);
    assert_eq!((names(&cut), cut[1].size, cut[0].inspection), (vec!["a"], 188, Inspection::Broken));
}

#[test]
fn data_behind_the_end_are_looked_at() {
    let items = open(&[&file(b"a", b"1")[..], END, b"From: a@b\nSubject: c\n\nd"].concat());
    let facts = items[0].archives().next().unwrap();
    assert_eq!((facts.trailing, items[2].format.id), (Some((4 * BLOCK, 23)), "message"));
    assert_eq!(items[0].inspection, Inspection::Inspected);
}

#[test]
fn sparse_files_are_not_read() {
    let mut block = header(b"s", 5, b'S');
    block[482] = 1;
    let mut more = vec![0u8; BLOCK];
    more[504] = 0;
    let items = open(&[&seal(block)[..], &more, &padded(b"hello"), &file(b"b", b""), END].concat());
    assert_eq!((names(&items), items[1].inspection), (vec!["s", "b"], Inspection::OpaqueUnsupported));
}

#[test]
fn old_archives_are_known_by_their_checksum_alone() {
    assert!(is_tar_header(&header(b"a", 0, 0)));
    assert!(!is_tar_header(&[0; BLOCK]));
    assert!(!is_tar_header(&[b' '; BLOCK]));
    let mut signed = header(b"\xE9", 0, 0);
    signed[148..156].fill(b' ');
    let sum: i64 = signed.iter().map(|b| i64::from(b.cast_signed())).sum();
    signed[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert!(is_tar_header(&signed));
}

#[test]
fn more_members_than_allowed_are_a_limit() {
    let archive = [file(b"a", b"").repeat(50), END.to_vec()].concat();
    let items = open_with(Limits { entries: 10, ..Limits::default() }, &archive);
    assert!(items.iter().any(|i| i.limits.contains(&Limit::Entries)));
    assert_eq!(items[0].inspection, Inspection::OpaqueLimit);
}

proptest::proptest! {
    #[test]
    fn any_blocks_are_walked(seed in proptest::collection::vec((0..8u8, 0..2000u64), 0..20), cut in 0..20_000usize) {
        let mut archive = Vec::new();
        for (flag, size) in seed {
            archive.extend(header(b"name", size, b"0LxSM5gV"[usize::from(flag)]));
            archive.extend(vec![b'1'; usize::try_from(size / 2).unwrap()]);
        }
        archive.truncate(cut);
        let _ = open(&archive);
    }
}
