#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use base64_simd::{STANDARD, URL_SAFE};
use proptest::prelude::*;

use super::*;

/// The plainest decoder there is: skip what is foreign, stop at padding where a quad may end.
fn reference(body: &[u8]) -> Vec<u8> {
    let (mut out, mut quad) = (Vec::new(), Vec::new());
    for byte in body {
        match byte {
            b'A'..=b'Z' => quad.push(byte - b'A'),
            b'a'..=b'z' => quad.push(byte - b'a' + 26),
            b'0'..=b'9' => quad.push(byte - b'0' + 52),
            b'+' => quad.push(62),
            b'/' => quad.push(63),
            b'=' if quad.len() >= 2 => break,
            _ => continue,
        }
        if let [a, b, c, d] = quad[..] {
            out.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
            quad.clear();
        }
    }
    match quad[..] {
        [a, b] => out.push(a << 2 | b >> 4),
        [a, b, c] => out.extend([a << 2 | b >> 4, b << 4 | c >> 2]),
        _ => {}
    }
    out
}

/// Encodes in lines.
fn lines(bytes: &[u8], width: usize, line_end: &str) -> String {
    let encoded = STANDARD.encode_to_string(bytes);
    let lines: Vec<_> = encoded.as_bytes().chunks(width).map(|l| std::str::from_utf8(l).unwrap()).collect();
    lines.join(line_end) + line_end
}

fn base64(body: &[u8]) -> Decoded<'_> {
    decode(body, TransferEncoding::Base64)
}

fn readings(decoded: &Decoded<'_>) -> Vec<Vec<u8>> {
    decoded.others.iter().map(|o| o.bytes().into_owned()).collect()
}

/// Bytes that no text editor would make.
fn file(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 7 + n / 251 * 13) as u8).collect()
}

#[test]
fn a_clean_body_is_one_buffer_and_nothing_more() {
    for len in [0, 1, 2, 3, 57, 100, 3071, 3072, 3073, 10_000] {
        for line_end in ["\r\n", "\n", "\r"] {
            for width in [4, 60, 64, 72, 76, 4096, 100_000] {
                let body = lines(&file(len), width, line_end);
                let decoded = base64(body.as_bytes());
                assert_eq!(decoded.bytes, file(len), "{len} {width} {line_end:?}");
                assert!(decoded.others.is_empty() && decoded.notes.is_empty(), "{len} {width} {line_end:?}");
                let Cow::Owned(bytes) = decoded.bytes else { panic!("a copy") };
                assert!(bytes.capacity() <= body.len().div_ceil(4) * 3);
            }
        }
    }
}

#[test]
fn what_honest_software_adds_is_harmless() {
    let footer = "_______________________________________________\r\nUsers mailing list -- users@lists.example\r\n\
                  To unsubscribe send an email to users-leave@lists.example\r\nhttps://lists.example/mailman/listinfo\r\n";
    for len in [300, 301, 302] {
        let clean = lines(&file(len), 76, "\r\n");
        let spaced = clean.replace("\r\n", "  \r\n");
        for (body, same) in [
            (format!("{clean}\r\n\r\n"), true),
            (format!("\r\n \r\n{clean}"), true),
            (spaced, true),
            (format!("{clean}\r\n{footer}"), len % 3 != 0),
        ] {
            let decoded = base64(body.as_bytes());
            assert!(decoded.notes.iter().all(Note::is_harmless), "{:?}", decoded.notes);
            assert!(decoded.bytes.starts_with(&file(len)));
            assert_eq!(same, decoded.bytes.len() == len, "{body}");
        }
    }
    let unpadded = lines(&file(301), 76, "\n").replace('=', "");
    assert_eq!(base64(unpadded.as_bytes()).notes, [Note::MissingPadding { offset: unpadded.len() - 1 }]);
    assert_eq!(base64(unpadded.as_bytes()).bytes, file(301));
}

#[test]
fn a_decoy_does_not_hide_what_follows() {
    let decoy = lines(b"Nothing here.", 76, "\r\n");
    let body = format!("{decoy}\r\n{}", lines(&file(500), 76, "\r\n"));
    let decoded = base64(body.as_bytes());
    assert_eq!(decoded.bytes, &b"Nothing here."[..]);
    assert_eq!(decoded.notes, [Note::Decoy { offset: 18, chunks: 2 }]);
    let others = readings(&decoded);
    assert!(others.contains(&file(500)), "on its own");
    assert!(others.contains(&[b"Nothing here.".to_vec(), file(500)].concat()), "joined");
}

#[test]
fn padding_in_the_middle_is_read_in_every_way() {
    let encoded = STANDARD.encode_to_string(file(300));
    let (head, tail) = encoded.split_at(102);
    let body = format!("{head}={tail}");
    let decoded = base64(body.as_bytes());
    assert_eq!(decoded.notes, [Note::MidPadding { offset: 102 }]);
    assert_eq!(decoded.bytes, &file(300)[..76]);
    assert!(readings(&decoded).contains(&file(300)), "skipped");
    // A quad cannot end behind one character, so this `=` ends nothing.
    let (head, tail) = encoded.split_at(101);
    let body = format!("{head}={tail}");
    assert_eq!(base64(body.as_bytes()).bytes, file(300));
    assert_eq!(base64(body.as_bytes()).notes, [Note::MidPadding { offset: 101 }]);
    let mut place = reference(format!("{head}A{tail}").as_bytes());
    place.remove(77);
    assert_eq!(readings(&base64(body.as_bytes())), [place], "a place of its own, and one byte less");
    assert!(readings(&base64(b"QQ=BQUJD")).is_empty(), "too little to hide anything");
}

#[test]
fn junk_is_skipped_and_counted() {
    let body = lines(&file(6000), 76, "\r\n").replace("\r\n", "!\r\n*");
    let decoded = base64(body.as_bytes());
    assert_eq!(decoded.bytes, file(6000));
    let count = body.matches(['!', '*']).count();
    assert_eq!(decoded.notes[0], Note::NotBase64 { offset: 76 });
    assert!(decoded.others.iter().any(|o| o.bytes() == body.as_bytes()), "as it stands");
    let body = lines(&file(6000), 76, "\r\n").replacen("\r\n", "!\r\n*", 3);
    let decoded = base64(body.as_bytes());
    assert_eq!(decoded.notes, [Note::ForeignBytes { offset: 76, count: 6 }]);
    assert!(count > 6);
}

#[test]
fn the_url_alphabet_is_another_reading() {
    let bytes = [file(100), [0xFB, 0xFF, 0xFE].repeat(30)].concat();
    let body = URL_SAFE.encode_to_string(&bytes);
    let decoded = base64(body.as_bytes());
    assert!(matches!(decoded.notes[0], Note::UrlAlphabet { .. }), "{:?}", decoded.notes);
    assert!(readings(&decoded).contains(&bytes));
}

#[test]
fn text_declared_base64_is_also_read_as_it_stands() {
    let body = b"Dear Sir,\r\n\r\nplease find the invoice attached: no. 4711.\r\nRegards\r\n";
    let decoded = base64(body);
    assert_eq!(decoded.notes, [Note::NotBase64 { offset: 8 }]);
    assert!(readings(&decoded).contains(&body.to_vec()));
}

#[test]
fn data_that_break_off_are_told() {
    assert_eq!(base64(b"QUJDRA==").notes, []);
    assert_eq!(base64(b"QUJDR").notes, [Note::Truncated { offset: 5 }]);
    assert_eq!(base64(b"QUJDRA").notes, [Note::MissingPadding { offset: 6 }]);
}

#[test]
fn text_does_not_look_like_base64() {
    for width in [60, 64, 72, 76] {
        let body = lines(&file(1000), width, "\r\n");
        assert!(looks_base64(body.as_bytes()));
        assert!(looks_base64(format!("\r\n{body}\r\n-- \r\nfooter").as_bytes()));
        assert!(!looks_base64(format!("Hello,\r\n{body}").as_bytes()));
    }
    assert!(looks_base64(STANDARD.encode_to_string(file(120)).as_bytes()), "one long line");
    for text in [
        "",
        "Hello",
        "THISISALLCAPITALS",
        &"=".repeat(76),
        &"a".repeat(200),
        &"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n".repeat(20),
        &"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n".repeat(9),
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n",
        "VGhpcyBpcyBvbmUgc2hvcnQgdG9rZW4gb24gYSBsaW5lIG9mIGl0cyBvd24hISEh",
        "https://track.example/VGhpcyBpcyBvbmUgc2hvcnQgdG9rZW4gb24gYSBsaW5lIG9mIGl0cyBvd24hISEhISEhISEh",
    ] {
        assert!(!looks_base64(text.as_bytes()), "{text}");
    }
}

#[test]
fn quoted_printable_follows_the_rfc() {
    for (body, plain) in [
        ("caf=C3=A9", "café"),
        ("=e3=81=82", "あ"),
        ("one =\r\nline", "one line"),
        ("one= \t\r\nline=", "oneline"),
        ("blanks go  \r\nhere\t\n", "blanks go\r\nhere\n"),
        ("escaped ones stay=20\r\n", "escaped ones stay \r\n"),
        ("=20  \r\n", " \r\n"),
        ("end of body  ", "end of body"),
    ] {
        let decoded = decode(body.as_bytes(), TransferEncoding::QuotedPrintable);
        assert_eq!(decoded.bytes, plain.as_bytes(), "{body:?}");
        assert!(decoded.notes.is_empty() && decoded.others.is_empty(), "{body:?}");
    }
    let decoded = decode(b"a=ZZ 1+1=2 ==41", TransferEncoding::QuotedPrintable);
    assert_eq!(decoded.bytes, &b"a=ZZ 1+1=2 =A"[..]);
    assert_eq!(decoded.notes, [Note::BadEscape { offset: 1, count: 3 }]);
}

#[test]
fn line_breaks_in_a_quoted_printable_file_are_read_both_ways() {
    let decoded = decode(b"PK=03=04=00\r\nA \r\n", TransferEncoding::QuotedPrintable);
    assert_eq!(decoded.bytes, &b"PK\x03\x04\0\r\nA\r\n"[..]);
    assert_eq!(readings(&decoded), [b"PK\x03\x04\0\nA\n".to_vec(), b"PK\x03\x04\0\r\nA \r\n".to_vec()]);
    let decoded = decode(b"PK=03=04=00\nA\n", TransferEncoding::QuotedPrintable);
    assert_eq!(readings(&decoded), [b"PK\x03\x04\0\r\nA\r\n".to_vec()]);
}

/// Uuencodes like the tool: `zero` stands for six zero bits.
fn uuencode(bytes: &[u8], zero: char) -> String {
    let character = |v: u8| if v == 0 { zero } else { char::from(v + b' ') };
    let mut out = String::new();
    for line in bytes.chunks(45) {
        out.push(character(line.len() as u8));
        for group in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|n| group.get(n).copied().unwrap_or(0));
            out.extend([a >> 2, (a << 4 | b >> 4) & 63, (b << 2 | c >> 6) & 63, c & 63].map(character));
        }
        out.push('\n');
    }
    format!("begin 644 test data.zip\n{out}{}\nend\n", character(0))
}

#[test]
fn uuencode_is_read_with_all_its_habits() {
    let bytes = [file(500), vec![0; 90], file(7)].concat();
    let grave = uuencode(&bytes, '`');
    let blank = uuencode(&bytes, ' ');
    let stripped: String = blank.lines().map(|l| l.trim_end().to_owned() + "\r\n").collect();
    for text in [&grave, &blank, &stripped, &grave.replace('\n', "\r\n"), &format!("Hello,\n\n{grave}\nbye\n")] {
        let decoded = decode(text.as_bytes(), TransferEncoding::Uuencode);
        assert_eq!(decoded.bytes, bytes, "{text}");
        assert!(decoded.notes.is_empty(), "{:?}", decoded.notes);
        let section = uuencode::sections(text.as_bytes()).next().unwrap();
        assert_eq!(section.name, b"test data.zip");
        assert!(section.complete);
    }
    let cut = grave.split_at(300).0;
    assert!(matches!(decode(cut.as_bytes(), TransferEncoding::Uuencode).notes[..], [Note::NoEnd { .. }]));
    let (_, headless) = grave.split_once('\n').unwrap();
    assert_eq!(decode(headless.as_bytes(), TransferEncoding::Uuencode).notes, [Note::NoBegin]);
}

#[test]
fn prose_is_no_uuencode() {
    for text in [
        "begin 644 words with a number\nand go on in prose.\n",
        "We begin 644 readme.txt\n#0V%T\n`\nend\n",
        "begin  with care\n",
        "begin 9999 x\n#0V%T\n`\nend\n",
    ] {
        assert_eq!(uuencode::sections(text.as_bytes()).count(), 0, "{text}");
    }
}

#[test]
fn names_of_encodings() {
    assert_eq!(TransferEncoding::named(b"BASE64"), Some(TransferEncoding::Base64));
    assert_eq!(TransferEncoding::named(b"X-UUEncode"), Some(TransferEncoding::Uuencode));
    assert_eq!(TransferEncoding::named(b"base-64"), None);
}

/// Bodies near base64: mostly alphabet, with everything else now and then.
fn near_base64() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => "[A-Za-z0-9+/]{1,80}",
        2 => Just("\r\n".to_owned()),
        1 => Just("=".to_owned()),
        1 => Just("==\n".to_owned()),
        1 => "[-_!. \\t\r\n]{1,3}",
        1 => "[A-Za-z0-9+/]{4000,5000}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn simd_equals_the_reference(body in near_base64()) {
        prop_assert_eq!(base64(&body).bytes, reference(&body));
    }

    #[test]
    fn encoding_and_decoding_is_a_round_trip(
        bytes in prop::collection::vec(any::<u8>(), 0..9000),
        breaks in prop::collection::vec((0usize..12_000, "[\r\n \\t!.]{1,3}"), 0..40),
    ) {
        let mut body = STANDARD.encode_to_string(&bytes);
        let data = body.trim_end_matches('=').len();
        for (at, junk) in breaks {
            body.insert_str(at % (data + 1), &junk);
        }
        prop_assert_eq!(base64(body.as_bytes()).bytes, bytes);
    }

    #[test]
    fn nothing_is_longer_than_promised(body in prop_oneof![near_base64(), prop::collection::vec(any::<u8>(), 0..2000)]) {
        for encoding in [TransferEncoding::Identity, TransferEncoding::Base64, TransferEncoding::QuotedPrintable, TransferEncoding::Uuencode] {
            let decoded = decode(&body, encoding);
            prop_assert!(decoded.bytes.len() <= body.len());
            prop_assert!(decoded.others.len() <= OTHERS);
            for other in &decoded.others {
                prop_assert!(other.bytes().len() <= other.most());
                // A single `-` at the very end may decode to nothing, and so may characters behind the padding.
                let may_be_same = matches!(
                    other.how,
                    How::Base64(base64::Way { url: true, .. } | base64::Way { padding: base64::Padding::Place, .. })
                );
                prop_assert!(may_be_same || other.bytes() != decoded.bytes, "{:?}", other);
            }
            for note in &decoded.notes {
                prop_assert!(note.offset() <= body.len());
            }
        }
    }

    #[test]
    fn uuencode_is_a_round_trip(bytes in prop::collection::vec(any::<u8>(), 1..2000), grave in any::<bool>()) {
        let text = uuencode(&bytes, if grave { '`' } else { ' ' });
        prop_assert_eq!(decode(text.as_bytes(), TransferEncoding::Uuencode).bytes, bytes);
    }

    #[test]
    fn quoted_printable_is_a_round_trip(bytes in prop::collection::vec(any::<u8>(), 0..500), width in 1usize..30) {
        let mut body = String::new();
        for line in bytes.chunks(width) {
            body.extend(line.iter().map(|b| format!("={b:02X}")));
            body.push_str("=\r\n");
        }
        let decoded = decode(body.as_bytes(), TransferEncoding::QuotedPrintable);
        prop_assert_eq!(&decoded.bytes, &bytes);
        prop_assert!(decoded.notes.is_empty());
    }
}
