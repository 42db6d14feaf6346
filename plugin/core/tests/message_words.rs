//! Letters in header fields: what is labelled, what is labelled wrongly, what is not labelled at all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests stop at the first surprise")]

use encoding_rs::{EUC_JP, GB18030, ISO_2022_JP, SHIFT_JIS, WINDOWS_1252};
use proptest::prelude::*;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::message::{decode_charset, decode_words, walk};

fn words(text: &str) -> String {
    decode_words(text.as_bytes()).0
}

/// The names of the only part of a mail with these fields.
fn names(fields: &[u8]) -> Vec<(String, &'static str, &'static str)> {
    let mail = [fields, b"\n\nbody"].concat();
    let message = walk(&mail, &mut Budget::new(Limits::default(), mail.len()));
    message.parts[0].names.iter().map(|n| (n.text.clone(), n.source, n.charset)).collect()
}

fn texts(fields: &[u8]) -> Vec<String> {
    names(fields).into_iter().map(|n| n.0).collect()
}

#[test]
fn encoded_words() {
    assert_eq!(words("plain"), "plain");
    assert_eq!(words("=?utf-8?Q?caf=C3=A9_noir?="), "café noir");
    assert_eq!(words("a =?utf-8?B?44GC?= b"), "a あ b");
    assert_eq!(words("=?utf-8?B?44GC?= \r\n =?utf-8?B?44GE?="), "あい");
    assert_eq!(words("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?="), "テスト");
    assert_eq!(words("=?utf-8*ja?Q?a?="), "a");
    assert_eq!(words("=?x-unknown?Q?=82=A0?="), "あ");
    assert_eq!(words("=?not a word"), "=?not a word");
    assert_eq!(words("=?utf-8?X?abc?="), "=?utf-8?X?abc?=");
    assert_eq!(words("\"=?utf-8?Q?in_quotes?=\""), "\"in quotes\"");
}

#[test]
fn a_character_cut_in_two_is_joined() {
    // E3 81 | 82
    assert_eq!(words("=?utf-8?B?44E=?= =?UTF-8?B?gg==?="), "あ");
}

#[test]
fn nobody_labelled_it() {
    let guess = |bytes: &[u8]| {
        let (text, charset) = decode_words(bytes);
        (text, charset)
    };
    assert_eq!(guess("請求書.pdf".as_bytes()), ("請求書.pdf".to_owned(), "utf-8"));
    for text in ["請求書.pdf", "予定表.zip", "カタログ.xls", "ﾃｽﾄﾃﾞｰﾀ.txt"] {
        assert_eq!(guess(&SHIFT_JIS.encode(text).0), (text.to_owned(), "cp932"));
    }
    for text in ["請求書.pdf", "ご案内.doc"] {
        assert_eq!(guess(&EUC_JP.encode(text).0), (text.to_owned(), "euc-jp"));
        assert_eq!(guess(&ISO_2022_JP.encode(text).0), (text.to_owned(), "iso-2022-jp"));
    }
    for text in ["Übersicht.pdf", "Müller Größe.doc", "résumé.pdf", "Årsmøte.txt"] {
        assert_eq!(guess(&WINDOWS_1252.encode(text).0), (text.to_owned(), "windows-1252"));
    }
    assert_eq!(decode_charset(&GB18030.encode("发票").0, b"gb2312").0, "发票");
    assert_eq!(decode_charset(b"+AGE-b", b"utf-7").0, "ab");
    assert_eq!(decode_charset("あ".as_bytes(), b"").0, "あ");
}

#[test]
fn parameters_in_every_form() {
    assert_eq!(texts(b"Content-Type: a/b; name=plain.txt"), ["plain.txt"]);
    assert_eq!(texts(b"Content-Type: a/b; name=two words.txt; x=y"), ["two words.txt"]);
    assert_eq!(texts(b"Content-Type: a/b name=no-semicolon.txt charset=x"), ["no-semicolon.txt"]);
    assert_eq!(texts(b"Content-Type: a/b; name=\"quo\\\"ted.txt\""), ["quo\"ted.txt"]);
    assert_eq!(texts(b"Content-Type: a/b; name=\"open.txt"), ["open.txt"]);
    assert_eq!(texts(b"Content-Type: a/b; (c;) name (d) = (e) \"comment.txt\" (f)"), ["comment.txt"]);
    assert_eq!(texts(b"Content-Type: a/b; name=\"trailing.exe   \""), ["trailing.exe   "]);
    assert_eq!(texts(b"Content-Type: a/b;\n\tNAME=\"folded\n name.txt\""), ["folded name.txt"]);
    assert_eq!(texts(b"Content-Disposition: attachment; filename*=utf-8'ja'%e3%81%82.txt"), ["\u{3042}.txt"]);
    assert_eq!(texts(b"Content-Disposition: attachment; filename*=\"UTF-8''%E3%81%82.txt\""), ["\u{3042}.txt"]);
    assert_eq!(
        texts(b"Content-Disposition: attachment; filename*1*=%82.txt; filename*0*=utf-8''%e3%81"),
        ["\u{3042}.txt"]
    );
    assert_eq!(texts(b"Content-Disposition: attachment; filename*10=k; filename*9=j; filename*0=a"), ["ajk"]);
    assert_eq!(
        texts(b"Content-Type: a/b; name==?utf-8?B?44GC?= =?utf-8?B?44GE?=; x=y"),
        ["\u{3042}\u{3044}"],
        "an encoded word without quotes, with the blank between two"
    );
    assert_eq!(texts(b"Content-Type: a/b; name=\"\""), Vec::<String>::new());
}

#[test]
fn all_spellings_are_kept() {
    let all = names(
        b"Content-Type: a/b; name=\"n.txt\"\nContent-Disposition: attachment; filename=\"f.txt\"; filename=\"g.exe\"; filename*=utf-8''e.txt",
    );
    let all: Vec<_> = all.iter().map(|(text, source, _)| (text.as_str(), *source)).collect();
    assert_eq!(all, [("e.txt", "filename"), ("f.txt", "filename"), ("g.exe", "filename"), ("n.txt", "name")]);
}

proptest! {
    /// Whoever encodes properly is decoded properly.
    #[test]
    fn what_is_labelled_is_a_round_trip(text in "[ぁ-んァ-ヶ一-龠a-z0-9._]{1,20}") {
        for (encoding, label) in [(SHIFT_JIS, "Shift_JIS"), (EUC_JP, "EUC-JP"), (ISO_2022_JP, "ISO-2022-JP"), (GB18030, "GB18030")] {
            let (bytes, _, lossy) = encoding.encode(&text);
            prop_assume!(!lossy);
            let percent: String = bytes.iter().map(|b| format!("%{b:02X}")).collect();
            prop_assert_eq!(
                texts(format!("Content-Disposition: attachment; filename*={label}'ja'{percent}").as_bytes()),
                [text.clone()]
            );
            let quoted: String = bytes.iter().map(|b| format!("={b:02X}")).collect();
            prop_assert_eq!(words(&format!("=?{label}?Q?{quoted}?=")), text.clone());
        }
    }

    #[test]
    fn any_bytes_are_decoded(bytes in prop::collection::vec(any::<u8>(), 0..200), label in "[a-z0-9-]{0,12}") {
        let _ = decode_words(&bytes);
        let _ = decode_charset(&bytes, label.as_bytes());
        names(&[b"Content-Type: a/b; name=", bytes.as_slice()].concat());
    }
}
