#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::message::decode::decode;

fn edit(place: &str, kind: &str, value: &str) -> Edit {
    Edit { place: place.to_owned(), kind: kind.to_owned(), value: value.to_owned() }
}

/// The message after one edit, with line ends as LF.
fn edited(message: &str, place: &str, kind: &str, value: &str) -> String {
    String::from_utf8(rewrite(message.as_bytes(), &[edit(place, kind, value)])).unwrap()
}

/// The text of a part as a reader of mail shows it.
fn shown(message: &[u8], number: &str) -> String {
    let walked = walk(message, &mut Budget::new(Limits::default(), message.len()));
    let part = walked.part(number).unwrap_or_else(|| panic!("no part {number}"));
    let reading = &part.readings[0];
    let bytes = decode(&message[reading.body.clone()], reading.encoding).bytes;
    crate::message::words::decode(&bytes, part.charset.as_bytes()).0
}

const MIXED: &str = "From: a@sender.example\nSubject: Hello\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n\
    preamble\n--b\nContent-Type: text/plain\n\nfirst\n\n--b\nContent-Type: application/zip; name=a.zip\n\
    Content-Transfer-Encoding: base64\n\nUEsDBA==\n--b \nContent-Type: text/html\n\n<html><body class=x>third</body></html>\n--b--\nepilogue\n";

#[test]
fn without_edits_nothing_changes() {
    assert_eq!(rewrite(MIXED.as_bytes(), &[]), MIXED.as_bytes());
}

#[test]
fn edits_that_do_not_fit_are_left_out() {
    for (place, kind, value) in [
        ("4", "remove-part", ""),
        ("2.1", "replace-part", "x"),
        ("x", "prepend-text", "x"),
        ("", "no-such-kind", "x"),
        ("2", "add-header", "X-A: b"),
        ("", "add-header", "no colon"),
        ("", "add-header", "X A: b"),
        ("", "add-header", ": b"),
        ("", "add-header", "X-A: b\r\nBcc: c@d.example"),
        ("", "add-header", "X-A: b\nc"),
        ("", "add-header", "X-A: b\0c"),
        ("", "add-header", "X-A\r\n: b"),
        ("", "add-header", "Content-Type: text/html"),
        ("", "add-header", "MIME-Version: 2.0"),
        ("", "prepend-subject", "a\r\nBcc: c@d.example"),
        ("", "prepend-text", "  \n"),
        ("2", "prepend-text", "x"),
    ] {
        assert_eq!(edited(MIXED, place, kind, value), MIXED, "{place} {kind} {value:?}");
    }
}

#[test]
fn a_part_is_taken_out_with_its_delimiter() {
    let expected = MIXED
        .replace("\n--b\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\nUEsDBA==", "");
    assert_eq!(edited(MIXED, "2", "remove-part", ""), expected);
    let crlf = MIXED.replace('\n', "\r\n");
    assert_eq!(edited(&crlf, "2", "remove-part", ""), expected.replace('\n', "\r\n"));
    let all: Vec<_> = ["1", "2", "3"].map(|n| edit(n, "remove-part", "")).into();
    let result = String::from_utf8(rewrite(MIXED.as_bytes(), &all)).unwrap();
    assert_eq!(shown(result.as_bytes(), "1"), "");
    assert!(!result.contains("first") && !result.contains("UEsDBA") && !result.contains("third"));
    assert!(
        result.contains("preamble\n--b\nContent-Type: text/plain; charset=utf-8\n")
            && result.ends_with("\n--b--\nepilogue\n")
    );
}

#[test]
fn a_text_comes_in_the_place_of_a_part() {
    let result = edited(MIXED, "2", "replace-part", "Removed.\r\nSorry.\n");
    let part = "Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\nUEsDBA==";
    let note = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\nRemoved.\nSorry.\n";
    assert_eq!(result, MIXED.replace(part, note));
    for text in [
        "添付ファイルは取り除かれました。",
        "Entfernt wegen Größe – sorry",
        "--b\nx\n--b--",
        "From here\n.\n",
        &"x".repeat(2000),
        "blank \nend",
    ] {
        let result = rewrite(MIXED.as_bytes(), &[edit("2", "replace-part", text)]);
        assert!(result.is_ascii());
        assert_eq!(shown(&result, "2"), text);
        assert_eq!(shown(&result, "3"), "<html><body class=x>third</body></html>");
        assert!(result.split(|b| *b == b'\n').all(|line| line.len() <= 998));
        let cr = rewrite(MIXED.replace('\n', "\r").as_bytes(), &[edit("2", "replace-part", text)]);
        assert_eq!(shown(&cr, "2"), text.replace('\n', "\r"));
    }
}

#[test]
fn nested_parts_go_alone_or_with_what_holds_them() {
    let message = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n--a\n\nthree\n--a--\n";
    let result = edited(message, "1.2", "replace-part", "gone");
    assert!(result.contains("\none\n--b\nContent-Type: text/plain") && result.contains("gone\n--b--\n--a\n\nthree\n"));
    let both = rewrite(message.as_bytes(), &[edit("1.2", "replace-part", "inner"), edit("1", "replace-part", "outer")]);
    let both = String::from_utf8(both).unwrap();
    assert!(both.contains("outer") && !both.contains("inner") && !both.contains("one") && both.contains("three"));
}

#[test]
fn the_only_part_leaves_the_other_fields_alone() {
    let message = "Received: x\nContent-Type: application/zip;\n name=a.zip\nSubject: s\nContent-Transfer-Encoding: base64\nMIME-Version: 1.0\nX-Last: y\n\nUEsDBA==\n";
    for place in ["1", ""] {
        assert_eq!(
            edited(message, place, "replace-part", "gone\n"),
            "Received: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\nSubject: s\nMIME-Version: 1.0\nX-Last: y\n\ngone\n"
        );
    }
    assert!(edited(message, "1", "remove-part", "").ends_with("X-Last: y\n\n"));
    assert_eq!(
        edited("Subject: s\n\nbegin 644 x\n#0V%T\n`\nend\n", "1", "replace-part", "gone"),
        "Subject: s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7bit\n\ngone"
    );
    for odd in [
        "Subject: s",
        "Subject: s\n  \nbody",
        "no header at all",
        "",
        "\nbody",
        "Subject: s\nbody: not\n\x01 a field\n",
    ] {
        let result = rewrite(odd.as_bytes(), &[edit("1", "replace-part", "a: note")]);
        assert_eq!(shown(&result, "1"), "a: note", "{odd:?}: {}", String::from_utf8_lossy(&result));
    }
}

#[test]
fn where_readers_disagree_the_whole_body_goes() {
    for message in [
        MIXED.replace("boundary=\"b\"", "boundary=\"b\"; boundary=\"c\"") + "--c\n\nother\n--c--\n",
        MIXED.replace("\n\npreamble", "\nContent-Type: multipart/mixed; boundary=c\n\npreamble")
            + "--c\n\nother\n--c--\n",
        MIXED.replace("UEsDBA==\n", "UEsDBA==\n--bc\n\nUEsD\n"),
        MIXED.replace("UEsDBA==\n", "UEsDBA==\n\0--b\n\nUEsD\n"),
        MIXED.replace("UEsDBA==\n", "UEsDBA==\n--b\r\rUEsD\n"),
    ] {
        let result = edited(&message, "2", "replace-part", "gone");
        assert!(!result.contains("UEsD") && !result.contains("other") && !result.contains("third"), "{result}");
        assert_eq!(shown(result.as_bytes(), "1"), "gone");
        assert!(result.starts_with("From: a@sender.example\nSubject: Hello\nMIME-Version: 1.0\n"));
    }
}

#[test]
fn what_was_not_looked_at_does_not_stay() {
    let parts = "--b\n\nUEsD\n".repeat(Limits::default().entries as usize + 10);
    let message = format!("Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n");
    let result = edited(&message, "2", "replace-part", "gone");
    assert!(!result.contains("UEsD") && result.ends_with("\n\ngone"));
}

#[test]
fn fields_go_on_top() {
    assert_eq!(edited("A: b\r\n\r\nc", "", "add-header", "X-Note:  two words "), "X-Note: two words\r\nA: b\r\n\r\nc");
    assert_eq!(
        edited("From a@b.example Thu Jan  1 00:00:00 1970\nA: b\n\nc", "", "add-header", "X: y"),
        "From a@b.example Thu Jan  1 00:00:00 1970\nX: y\nA: b\n\nc"
    );
    assert_eq!(edited("no header", "", "add-header", "X: y"), "X: y\r\n\r\nno header");
    assert_eq!(edited("\nbody", "", "add-header", "X: y"), "X: y\n\nbody");
    assert_eq!(edited("", "", "add-header", "X: y"), "X: y\r\n\r\n");
    let two = rewrite(b"A: b\n\n", &[edit("", "add-header", "X: 1"), edit("", "add-header", "X: 2")]);
    assert_eq!(two, b"X: 1\nX: 2\nA: b\n\n");
}

#[test]
fn fields_are_folded_and_encoded() {
    let long = "word ".repeat(40);
    let japanese = "添付ファイルは暗号化されており安全性を確認できません。".repeat(3);
    let token = "x".repeat(2000);
    for value in [long.trim(), &japanese, &token, "=?UTF-8?Q?no?="] {
        let result = edited("A: b\n\nc", "", "add-header", &format!("X-Note: {value}"));
        assert!(result.is_ascii() && result.lines().all(|l| l.len() <= 78), "{result}");
        let walked = walk(result.as_bytes(), &mut Budget::new(Limits::default(), 10_000));
        assert_eq!(walked.head.text("x-note").as_deref(), Some(value));
        assert_eq!(walked.head.fields().len(), 2);
    }
}

#[test]
fn the_subject_is_marked() {
    for (subject, mark, shown) in [
        ("Subject: Hello\n", "[!]", "[!] Hello"),
        ("Subject:Hello\n", "[!]", "[!] Hello"),
        ("Subject:\n", "[!]", "[!]"),
        ("subject:\n folded\n", "[!]", "[!] folded"),
        ("Subject: =?UTF-8?B?44GC?=\n", "[!]", "[!] あ"),
        ("Subject: =?UTF-8?B?44GC?=\n", "【注意】", "【注意】 あ"),
        ("Subject: Hello\n", "【注意】", "【注意】 Hello"),
        (
            "Subject: a subject of many words that fills its line nearly to the end of it\n",
            "[external mail]",
            "[external mail] a subject of many words that fills its line nearly to the end of it",
        ),
        ("", "[!]", "[!]"),
    ] {
        let message = format!("A: b\n{subject}C: d\n\nbody");
        let result = edited(&message, "", "prepend-subject", mark);
        let walked = walk(result.as_bytes(), &mut Budget::new(Limits::default(), 10_000));
        assert_eq!(walked.head.text("subject").as_deref(), Some(shown), "{result}");
        assert_eq!(walked.head.fields().len(), 3);
    }
}

#[test]
fn text_stands_in_front_of_plain_text_and_html() {
    let result = edited(MIXED, "", "prepend-text", "Careful: <external>");
    let plain = MIXED.replace("\n\nfirst", "\n\nCareful: <external>\n\nfirst");
    assert_eq!(result, plain.replace("<body class=x>", "<body class=x><p>Careful: &lt;external&gt;</p>\n"));
    let result = edited(MIXED, "3", "prepend-text", "x");
    assert_eq!(result, MIXED.replace("<body class=x>", "<body class=x><p>x</p>\n"));
}

#[test]
fn text_comes_in_the_charset_and_encoding_of_the_part() {
    use base64_simd::STANDARD;
    let jis = "これはテストです".to_owned();
    let iso_2022_jp = String::from_utf8(encoding_rs::ISO_2022_JP.encode(&jis).0.into_owned()).unwrap();
    for (fields, body, old) in [
        ("", "ascii", "ascii"),
        ("Content-Type: text/plain; charset=us-ascii\n", "ascii", "ascii"),
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n", "あ", "あ"),
        (
            "Content-Type: text/plain; charset=utf-8; format=flowed\nContent-Transfer-Encoding: quoted-printable\n",
            "=E3=81=82 =\nx",
            "あ x",
        ),
        ("Content-Type: text/plain; charset=iso-2022-jp\n", &iso_2022_jp, &jis),
        (
            "Content-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: base64\n",
            &STANDARD.encode_to_string(&iso_2022_jp),
            &jis,
        ),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n",
            &STANDARD.encode_to_string(&jis),
            &jis,
        ),
        (
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n",
            "caf=E9",
            "café",
        ),
    ] {
        let message = format!("A: b\n{fields}\n{body}");
        for text in ["Careful!", "Careful!!", "Careful!!!", "【注意】社外から届いたメールです。\n確認してください。"]
        {
            let result = rewrite(message.as_bytes(), &[edit("", "prepend-text", text)]);
            let seen = shown(&result, "1");
            let spaced: Vec<_> = seen.lines().map(str::trim_end).collect();
            assert_eq!(spaced.join("\n"), format!("{text}\n\n{old}"), "{}", String::from_utf8_lossy(&result));
            assert!(result.is_ascii() || body.contains('あ'));
        }
    }
    // The rest of the body is not encoded anew.
    let body = "5pel5pys6Kqe\n44Gu5pys5paH\n";
    let message = format!("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{body}");
    assert!(edited(&message, "", "prepend-text", "注意").ends_with(&format!("\n{body}")));
}

#[test]
fn html_keeps_its_encoding() {
    use base64_simd::STANDARD;
    for html in ["<p>old</p>", "<html><BODY bgcolor=\"#fff\">\n<p>old = é</p></BODY></html>", "<!-- <body --><p>é"] {
        for (encoding, body) in [
            ("8bit", html.to_owned()),
            ("base64", STANDARD.encode_to_string(html)),
            ("quoted-printable", String::from_utf8(encode::quoted_printable(html.as_bytes(), "\n")).unwrap()),
        ] {
            for text in ["a", "ab", "abc", "注意"] {
                let message =
                    format!("Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}");
                let result = edited(&message, "", "prepend-text", text);
                let seen = shown(result.as_bytes(), "1");
                let paragraph = format!("<p>{text}</p>");
                assert!(seen.contains(&paragraph), "{seen}");
                assert_eq!(seen.replace(&paragraph, "").replace(['\n', ' '], ""), html.replace(['\n', ' '], ""));
                assert_eq!(result.matches("Content-Transfer-Encoding").count(), 1);
                if html.contains("BODY") {
                    assert!(seen.starts_with("<html><BODY bgcolor=\"#fff\"><p>"), "{seen}");
                }
            }
        }
    }
}

#[test]
fn a_paragraph_is_put_where_everybody_sees_it() {
    let head = "<!DOCTYPE html>\n<html><head><meta charset=utf-8><title>a <b> c</title><style>p{}</style><!--[if mso]><x><![endif]--></head>\n";
    for (html, at) in [
        (format!("{head}<body class=\">\">text"), format!("{head}<body class=\">\">").len()),
        ("<BODY>x".to_owned(), 6),
        ("\u{FEFF}<body>x".to_owned(), 9),
        ("日本語<body>x".to_owned(), 0),
        ("<!-- <body> -->x".to_owned(), 0),
        ("<title><body></title>x".to_owned(), 0),
        ("<div hidden><body>x".to_owned(), 0),
        ("text <body>".to_owned(), 0),
        ("<meta x='<body>'>x".to_owned(), 0),
        ("<script>'<body>'".to_owned(), 0),
        ("<body".to_owned(), 0),
        ("<bodyguard>".to_owned(), 0),
        (String::new(), 0),
    ] {
        assert_eq!(html::content(html.as_bytes()), at, "{html}");
    }
}

#[test]
fn signed_and_encrypted_mail_stays_as_it_is() {
    for message in [
        MIXED.replace("multipart/mixed", "multipart/signed; protocol=x"),
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/signed; boundary=b\n\n--b\nContent-Type: text/plain\n\none\n--b\n\ntwo\n--b--\n--a--\n".to_owned(),
        "A: b\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n".to_owned(),
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nMIAG\n".to_owned(),
    ] {
        assert_eq!(edited(&message, "", "prepend-text", "Careful"), message);
    }
}

/// Messages of all sorts, most of them odd.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("Content-Type: multipart/mixed; boundary=b".to_owned()),
        Just("Content-Type: multipart/mixed; boundary=c".to_owned()),
        Just("Content-Type: text/html".to_owned()),
        Just("Content-Type: text/plain; charset=iso-2022-jp".to_owned()),
        Just("Content-Transfer-Encoding: base64".to_owned()),
        Just("Content-Transfer-Encoding: quoted-printable".to_owned()),
        Just("Subject: x".to_owned()),
        Just(" folded".to_owned()),
        Just("--b".to_owned()),
        Just("--c".to_owned()),
        Just("--b--".to_owned()),
        Just("--c--".to_owned()),
        Just(String::new()),
        Just(String::new()),
        "[ -~]{0,20}",
    ];
    let eol = prop_oneof![4 => Just("\n"), 4 => Just("\r\n"), 1 => Just("\r")];
    (prop::collection::vec(line, 0..30), eol).prop_map(|(lines, eol)| lines.join(eol).into_bytes())
}

#[test]
fn a_part_without_a_body_gets_a_text_on_lines_of_its_own() {
    let message = b"Content-Type: multipart/mixed; boundary=c\n\n--c\n\n--c--\n--c";
    let text = rewrite(message, &[edit("", "prepend-text", "\u{6CE8}\u{610F}")]);
    assert!(String::from_utf8_lossy(&text).contains("=\n--c--\n"), "{}", String::from_utf8_lossy(&text));
    let note = rewrite(message, &[edit("1", "replace-part", "note")]);
    assert!(String::from_utf8_lossy(&note).contains("\n--c--\n"), "{}", String::from_utf8_lossy(&note));
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let place = prop_oneof!["", "1", "2", "3", "1.1", "2.1", "2.2"];
    let kind = prop_oneof![
        Just("remove-part"),
        Just("replace-part"),
        Just("add-header"),
        Just("prepend-text"),
        Just("prepend-subject")
    ];
    let value = prop_oneof![Just("X-Note: text".to_owned()), Just("注意".to_owned()), "[ -~\n]{0,40}"];
    prop::collection::vec((place, kind, value).prop_map(|(p, k, v)| edit(&p, k, &v)), 0..5)
}

proptest! {
    #[test]
    fn anything_can_be_rewritten(message in messages(), edits in edits()) {
        let once = rewrite(&message, &edits);
        prop_assert_eq!(&once, &rewrite(&message, &edits));
    }

    #[test]
    fn an_added_field_is_an_insertion(message in messages(), value in "[!-~][ -~]{0,100}") {
        let result = rewrite(&message, &[edit("", "add-header", &format!("X-Note: {value}"))]);
        let before = result.iter().zip(&message).take_while(|(a, b)| a == b).count();
        let after = result.iter().rev().zip(message.iter().rev()).take_while(|(a, b)| a == b).count();
        prop_assert!(result.len() > message.len() && before + after >= message.len());
    }

    #[test]
    fn a_text_in_front_changes_no_structure(message in messages(), text in prop_oneof![Just("注意: x"), Just("Careful: x"), Just("--b\n\nx")]) {
        let structure = |bytes: &[u8]| {
            let walked = walk(bytes, &mut Budget::new(Limits::default(), bytes.len()));
            let names = |p: &Part| (p.number.clone(), p.media_type.clone(), p.names.clone());
            walked.parts.iter().chain(&walked.hidden).map(names).collect::<Vec<_>>()
        };
        let before = structure(&message);
        let after = structure(&rewrite(&message, &[edit("", "prepend-text", text)]));
        prop_assert_eq!(before.len(), after.len(), "{:?}", String::from_utf8_lossy(&message));
        for (before, after) in before.iter().zip(&after) {
            prop_assert_eq!(&before.0, &after.0, "{:?}", String::from_utf8_lossy(&message));
            prop_assert!(before.1 == after.1 || before.1.is_empty() && after.1 == "text/plain");
        }
    }

    #[test]
    fn other_parts_keep_their_bytes(bodies in prop::collection::vec("[a-z=\n]{0,60}", 2..6), n in 0usize..6, remove in any::<bool>()) {
        let n = n % bodies.len();
        let parts: String = bodies.iter().map(|b| format!("--=_b\nX-Body: y\n\n{b}\n")).collect();
        let message = format!("Content-Type: multipart/mixed; boundary=\"=_b\"\n\n{parts}--=_b--\n");
        let kind = if remove { "remove-part" } else { "replace-part" };
        let result = rewrite(message.as_bytes(), &[edit(&(n + 1).to_string(), kind, "note")]);
        let walked = walk(&result, &mut Budget::new(Limits::default(), result.len()));
        let seen: Vec<_> = walked.parts.iter().skip(1).map(|p| String::from_utf8_lossy(&result[p.body.clone()]).into_owned()).collect();
        let mut expected = bodies.clone();
        if remove { expected.remove(n); } else { expected[n] = "note".to_owned(); }
        prop_assert_eq!(seen, expected);
    }
}
