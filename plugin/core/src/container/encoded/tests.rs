#![allow(clippy::arithmetic_side_effects, clippy::string_slice, reason = "tests")]

use base64_simd::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::budget::Limits;
use crate::container::{Mail, open};

/// A ZIP archive of one stored member, long enough for a few lines.
fn zip() -> Vec<u8> {
    let content: Vec<u8> = (0..200u8).map(|n| n.wrapping_mul(37)).collect();
    let size = 200u32.to_le_bytes();
    let crc = crc32fast::hash(&content).to_le_bytes();
    let fields = [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x5A][..], &crc, &size, &size, &[5, 0, 0, 0]].concat();
    let local = [b"PK\x03\x04", &fields[..], b"a.bin", &content].concat();
    let central = [b"PK\x01\x02\x14\0", &fields[..], &[0; 14], b"a.bin"].concat();
    let (size, offset) = ((central.len() as u32).to_le_bytes(), (local.len() as u32).to_le_bytes());
    [&local[..], &central, b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &size, &offset, &[0, 0]].concat()
}

fn lines(bytes: &[u8], width: usize, prefix: &str) -> String {
    STANDARD
        .encode_to_string(bytes)
        .as_bytes()
        .chunks(width)
        .map(|l| format!("{prefix}{}\r\n", std::str::from_utf8(l).unwrap()))
        .collect()
}

/// What is found in a text, with the decoded bytes of every child.
fn look(text: &[u8]) -> (EncodedFacts, Vec<(String, Vec<u8>)>) {
    let mut budget = Budget::new(Limits::default(), text.len());
    let mut mail = Mail::default();
    // The opener makes an item; only its class and type matter here.
    mail.items.extend(open::open(text, &mut budget).items.into_iter().take(1));
    let Some(opened) = read(text, &mail.items[0], &mut budget) else { return Default::default() };
    assert_eq!(opened.inspection, Inspection::Inspected);
    let Facts::Encoded(facts) = opened.facts else { panic!("other facts") };
    let children = opened.children.into_iter().map(|child| {
        let bytes = match child.readings.into_iter().next().unwrap() {
            Content::Owned(bytes) => bytes,
            Content::Encoded { body, encoding } => {
                let decoded = crate::message::decode::decode(body, encoding);
                assert!(decoded.notes.iter().all(|n| n.is_harmless()), "{:?}", decoded.notes);
                decoded.bytes.into_owned()
            }
            _ => panic!("other content"),
        };
        (child.names.first().map(|n| n.text.clone()).unwrap_or_default(), bytes)
    });
    (*facts, children.collect())
}

fn only(text: &str) -> (Found, String, Vec<u8>) {
    let (mut facts, mut children) = look(text.as_bytes());
    assert_eq!((facts.found.len(), children.len()), (1, 1), "{text}");
    let (name, bytes) = children.remove(0);
    (facts.found.remove(0), name, bytes)
}

fn yenc(bytes: &[u8]) -> Vec<u8> {
    let mut out = format!("=ybegin line=128 size={} name=data file.zip\r\n", bytes.len()).into_bytes();
    for line in bytes.chunks(128) {
        for byte in line.iter().map(|b| b.wrapping_add(42)) {
            match byte {
                0 | b'\r' | b'\n' | b'=' => out.extend([b'=', byte.wrapping_add(64)]),
                _ => out.push(byte),
            }
        }
        out.extend(b"\r\n");
    }
    out.extend(format!("=yend size={} crc32={:08x}\r\n", bytes.len(), crc32fast::hash(bytes)).bytes());
    out
}

fn binhex(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
    fn crc(bytes: &[u8]) -> [u8; 2] {
        let mut crc = 0u32;
        for bit in bytes.iter().chain(&[0, 0]).flat_map(|b| (0..8).rev().map(move |n| b >> n & 1)) {
            crc = crc << 1 | u32::from(bit);
            crc ^= (crc >> 16 & 1) * 0x1_1021;
        }
        (crc as u16).to_be_bytes()
    }
    let size = (bytes.len() as u32).to_be_bytes();
    let header = [&[8][..], b"data.zip", &[0], b"TEXTttxt", &[0, 0], &size, &[0; 4]].concat();
    let stream = [&header[..], &crc(&header), bytes, &crc(bytes), &crc(&[])].concat();
    let mut packed = Vec::new();
    for run in stream.chunk_by(|a, b| a == b) {
        for piece in run.chunks(255) {
            packed.push(piece[0]);
            if piece[0] == 0x90 {
                packed.push(0);
            }
            if piece.len() > 1 {
                packed.extend([0x90, piece.len() as u8]);
            }
        }
    }
    let mut characters = String::from(":");
    for group in packed.chunks(3) {
        let quad = group.iter().chain(&[0, 0]).take(3).fold(0u32, |n, b| n << 8 | u32::from(*b));
        for n in 0..=group.len() {
            characters.push(char::from(ALPHABET[(quad >> (18 - 6 * n) & 63) as usize]));
        }
    }
    characters.push(':');
    let lines: Vec<_> = characters.as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l)).collect();
    format!("(This file must be converted with BinHex 4.0)\r\n\r\n{}\r\n", lines.join("\r\n"))
}

#[test]
fn uuencode_in_a_body() {
    let (found, name, bytes) = only("Hello,\r\n\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n\r\nbye\r\n");
    assert_eq!((found.transport, found.offset, found.complete), (Transport::Uuencode, 10, true));
    assert_eq!((name.as_str(), &bytes[..], found.label.as_str()), ("cat.txt", &b"Cat"[..], "uuencode-1"));
    let text = format!("begin-base64 644 data.zip\n{}====\n", lines(&zip(), 60, ""));
    let (found, name, bytes) = only(&text);
    assert_eq!((found.transport, found.length, found.complete), (Transport::UuencodeBase64, text.len(), true));
    assert_eq!((name.as_str(), bytes), ("data.zip", zip()));
}

#[test]
fn yenc_in_a_body() {
    let text = [b"Hello\r\n".to_vec(), yenc(&zip()), b"bye".to_vec()].concat();
    let (facts, children) = look(&text);
    assert_eq!(children, [("data file.zip".to_owned(), zip())]);
    assert!(facts.found[0].complete && facts.found[0].offset == 7);
    let cut = &text[..200];
    assert!(!look(cut).0.found[0].complete);
}

#[test]
fn binhex_in_a_body() {
    for content in [zip(), vec![0x90; 1000], b"x\0\0\0\0\0\0\x90\x90yyyy".to_vec()] {
        let text = format!("Hello\r\n\r\n{}bye\r\n", binhex(&content));
        let (found, name, bytes) = only(&text);
        assert_eq!((found.transport, found.complete, found.offset), (Transport::BinHex, true, 9));
        assert_eq!((name.as_str(), bytes), ("data.zip", content));
    }
}

#[test]
fn a_bomb_of_runs_stops_at_the_budget() {
    let text = binhex(&vec![0; 20 << 20]);
    let mut budget = Budget::new(Limits::default(), text.len());
    let item = open::open(b"x", &mut budget).items.remove(0);
    let opened = read(text.as_bytes(), &item, &mut budget).unwrap();
    assert_eq!(opened.inspection, Inspection::OpaqueLimit);
}

#[test]
fn bare_base64_is_found_wherever_it_stands() {
    let data = lines(&zip(), 76, "");
    let one_line = data.replace("\r\n", "");
    for text in [
        format!("Hello,\r\n\r\n{data}\r\nbye\r\n"),
        format!("Attachment\r\n{data}"),
        format!("Hello\n\n{}Regards, A\n", data.replace("\r\n", "\n")),
        data.replace("\r\n", "\r"),
        one_line.clone(),
        format!("see {one_line} there"),
        format!("<a href=\"data:application/zip;base64,{one_line}\">x</a>"),
        format!("cid/attachments/{one_line}"),
        lines(&zip(), 20, ""),
        lines(&zip(), 40, "").replace("\r\n", " \t\r\n"),
        lines(&zip(), 76, "    "),
        lines(&zip(), 76, "> "),
        lines(&zip(), 64, ">> "),
    ] {
        let (found, _, bytes) = only(&text);
        assert_eq!(found.transport, Transport::Base64);
        assert!(bytes.starts_with(&zip()), "{text}");
    }
}

#[test]
fn an_archive_in_the_middle_is_found_at_every_alignment() {
    for before in 0..3 {
        let bytes = [vec![0x51; 50 + before], zip()].concat();
        for width in [60, 75, 76, 77] {
            assert_eq!(only(&lines(&bytes, width, "")).2, bytes, "{before} {width}");
        }
    }
}

#[test]
fn several_files_are_told_apart() {
    let text = format!(
        "{}\r\nand\r\n\r\n{}\r\nbegin 600 x\n#0V%T\n`\nend\n{}",
        lines(&zip(), 76, ""),
        lines(&zip(), 60, ""),
        binhex(b"y")
    );
    let (facts, children) = look(text.as_bytes());
    let labels: Vec<_> = facts.found.iter().map(|f| f.label.as_str()).collect();
    assert_eq!(labels, ["uuencode-1", "binhex-2", "base64-3", "base64-4"]);
    assert_eq!(children[2].1, zip());
    assert_eq!(children[3].1, zip());
}

#[test]
fn honest_text_holds_nothing() {
    let noise: Vec<u8> = (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let noise = STANDARD.encode_to_string(&noise);
    let key = lines(noise.as_bytes(), 64, "");
    let png =
        STANDARD.encode_to_string([b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec(), noise.clone().into_bytes()].concat());
    for text in [
        "Hello,\r\n\r\nbegin with the words: begin 644 files.\r\nbegin 644 files and go\r\nRegards\r\n".to_owned(),
        "a word\nbegin 755 at the gate\nand end\n".to_owned(),
        "(This file must be converted with BinHex 4.0) is what it says.\r\n\r\n: nothing\r\n".to_owned(),
        "=ybegin is how yEnc begins\n=ybegin line=128 size=\n".to_owned(),
        format!(
            "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n{key}-----END CERTIFICATE-----\n"
        ),
        format!("-----BEGIN PGP SIGNATURE-----\n\n{key}=abcd\n-----END PGP SIGNATURE-----\n"),
        format!("v=DKIM1; k=rsa; p={}", &noise[..392]),
        format!("<img src=\"data:image/png;base64,{png}\"><a href=\"https://t.example/c/{}\">x</a>", &noise[..200]),
        format!("https://t.example/{}\r\n", noise.replace('+', "/")),
        "A ZIP file begins with PK, in base64 UEsDBBQAAAAIAA, and so on.".to_owned(),
        "one\nword\na\nline\n".repeat(500),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  file\n".repeat(50),
        "A".repeat(5000),
        "diff --git a/x b/x\nGIT binary patch\nliteral 100\nzcmV-n0ASDzP)<h;3K|Lk000e1NJLTq001xm001xu1^@s6z{Xt~0001\n"
            .to_owned(),
    ] {
        let (facts, _) = look(text.as_bytes());
        assert!(facts.found.is_empty(), "{text}\n{facts:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(text in prop::collection::vec(any::<u8>(), 0..3000)) {
        look_safely(&text)?;
    }

    #[test]
    fn any_near_miss_is_read(pieces in prop::collection::vec(prop_oneof![
        Just("begin 644 x\n".to_owned()), Just("=ybegin line=128 size=3 name=x\n".to_owned()), Just("=yend size=3\n".to_owned()),
        Just("begin-base64 644 x\n".to_owned()), Just("====\n".to_owned()), Just("end\n".to_owned()), Just("`\n".to_owned()),
        Just("(This file must be converted with BinHex 4.0)\n".to_owned()), Just(":".to_owned()), Just("\n".to_owned()),
        Just("UEsDBBQAAAAIAA".to_owned()), "[ -~]{0,100}", "[A-Za-z0-9+/]{50,80}\n", Just("#0V%T\n".to_owned()),
    ], 0..40)) {
        look_safely(pieces.concat().as_bytes())?;
    }

    #[test]
    fn prose_around_it_hides_no_archive(before in "([a-z]{1,9}[ ,.]{1,2}){0,40}\n", after in "\n([a-z]{1,9}[ ,.]{1,2}){0,40}", width in 30usize..100) {
        let text = format!("{before}{}{after}", lines(&zip(), width, ""));
        prop_assert_eq!(only(&text).2, zip());
    }
}

/// Files lie within the text and do not overlap.
fn look_safely(text: &[u8]) -> Result<(), TestCaseError> {
    let mut budget = Budget::new(Limits::default(), text.len());
    let item = open::open(b"x", &mut budget).items.remove(0);
    if let Some(opened) = read(text, &item, &mut budget)
        && let Facts::Encoded(facts) = opened.facts
    {
        let mut ranges: Vec<_> = facts.found.iter().map(|f| (f.offset, f.offset + f.length)).collect();
        ranges.sort_unstable();
        prop_assert!(ranges.iter().all(|(_, end)| *end <= text.len()));
        prop_assert!(ranges.windows(2).all(|w| w[0].1 <= w[1].0), "{ranges:?}");
    }
    Ok(())
}
