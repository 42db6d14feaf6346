//! What must hold for the walk of any bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests stop at the first surprise"
)]

use proptest::prelude::*;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::container::open;
use sekisho_core::message::{Message, Part, QuirkKind, walk};

fn walked(bytes: &[u8]) -> Message {
    walk(bytes, &mut Budget::new(Limits::default(), bytes.len()))
}

/// Every byte belongs to exactly one span, in order; parts lie within the message.
fn check_spans(bytes: &[u8], message: &Message) {
    let mut at = 0;
    for span in &message.spans {
        assert_eq!(span.range.start, at, "{:?}", message.spans);
        assert!(span.range.end > at);
        at = span.range.end;
    }
    assert_eq!(at, bytes.len());
    for part in message.parts.iter().chain(&message.hidden) {
        assert!(part.header.start <= part.header.end && part.header.end <= part.body.start, "{part:?}");
        assert!(part.body.start <= part.body.end && part.body.end <= bytes.len(), "{part:?}");
        assert_eq!(part.multipart, part.readings.is_empty(), "{part:?}");
        assert!(part.readings.iter().all(|r| r.body.start <= r.body.end && r.body.end <= bytes.len()), "{part:?}");
    }
    assert!(message.quirks.iter().all(|q| q.at <= bytes.len()));
}

/// Pieces of which mail is made, right and wrong.
const PIECES: &[&str] = &[
    "--a",
    "--b",
    "--ab",
    "--a--",
    "--b--",
    "--",
    "-",
    "\n",
    "\n",
    "\n",
    "\n\n",
    "\n\n",
    " ",
    "\t",
    "\0",
    ";",
    ":",
    "\nContent-Type: multipart/mixed; boundary=a\n\n",
    "\nContent-Type: multipart/mixed; boundary=\"b\"\n\n",
    "Content-Type: multipart/mixed",
    "Content-Type: multipart/mixed; boundary=a; boundary=b",
    "Content-Type: text/plain; name=\"x.txt",
    "Content-Type: message/rfc822",
    "Content-Type: multipart/digest; boundary=a",
    "\nContent-Transfer-Encoding: base64",
    "\nContent-Transfer-Encoding: base-64",
    "Content-Transfer-Encoding: (x) 7bit",
    "Content-Disposition: attachment; filename*0*=utf-8''%e3%81; filename*1=x",
    "Content-Disposition: attachment; filename=\"=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=\"",
    "Subject: x",
    "From a@b",
    "UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAFAAAAYS50eHQUEsDBBQAAAAIAAAAIQAA",
    "text",
    "=?utf-8?Q?=e3?=",
    "(",
    ")",
    "\"",
    "\\",
    "\u{feff}",
    "begin 644 x\n",
];

fn mail_like() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

/// Number, multipart, type, names, readings and body of a part, whatever its lines end in.
type Said = (String, bool, String, Vec<String>, usize, Vec<u8>);

fn said(bytes: &[u8], part: &Part) -> Said {
    let body = bytes[part.body.clone()].iter().copied().filter(|b| *b != b'\r').collect();
    let names = part.names.iter().map(|n| n.text.clone()).collect();
    (part.number.clone(), part.multipart, part.media_type.clone(), names, part.readings.len(), body)
}

fn all_said(bytes: &[u8]) -> Vec<Said> {
    let message = walked(bytes);
    message.parts.iter().chain(&message.hidden).map(|p| said(bytes, p)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_spans(&bytes, &walked(&bytes));
    }

    #[test]
    fn anything_like_mail(text in mail_like(), crs in prop::collection::vec(0usize..4000, 0..4)) {
        let mut bytes = text.into_bytes();
        for cr in crs {
            bytes.insert(cr % (bytes.len() + 1), b'\r');
        }
        check_spans(&bytes, &walked(&bytes));
    }

    /// LF, CRLF and bare CR give the same parts.
    #[test]
    fn line_ends_do_not_matter(text in mail_like()) {
        let text = format!("X: y\n{text}");
        let lf = all_said(text.as_bytes());
        let crlf = all_said(text.replace('\n', "\r\n").as_bytes());
        prop_assert_eq!(&lf, &crlf);
    }

    /// What stands around the parts takes none of them away.
    #[test]
    fn a_preamble_hides_nothing(text in "[ -,.-~\n]{0,200}") {
        let mail = |preamble: &str| format!(
            "Content-Type: multipart/mixed; boundary=\"--=x\"\n\n{preamble}\n----=x\nContent-Type: application/zip\n\nPK\n----=x--\n"
        );
        let with = mail(&text);
        let parts = all_said(with.as_bytes());
        prop_assert!(parts.iter().any(|p| p.0 == "1" && p.5 == b"PK"));
    }

    /// The opener takes what the walk describes, and the same bytes give the same objects.
    #[test]
    fn opening_is_total_and_deterministic(text in mail_like()) {
        let open = || {
            let mail = open::open(text.as_bytes(), &mut Budget::new(Limits::default(), text.len()));
            mail.items.iter().map(|i| (i.place.clone(), i.format.id, i.size, i.inspection)).collect::<Vec<_>>()
        };
        prop_assert_eq!(open(), open());
    }
}

/// Work that was paid for beyond the first look.
fn work(bytes: &[u8]) -> u64 {
    let mut budget = Budget::new(Limits::default(), bytes.len());
    let before = budget.work_left();
    let message = walk(bytes, &mut budget);
    let parts = (message.parts.len() + message.hidden.len() + message.quirks.len() + message.spans.len()) as u64;
    before - budget.work_left() + parts
}

/// Twice the input, twice the work at most: for each shape that could make it worse.
#[test]
fn work_is_linear() {
    const HEAD: &str = "Content-Type: multipart/mixed; boundary=b\n\n";
    const TWO: &str = "Content-Type: multipart/mixed; boundary=b; boundary=c\n\n";
    let numbered = |n: usize, f: fn(usize) -> String| (0..n).map(f).collect::<String>();
    let shapes: &[(&str, &dyn Fn(usize) -> String)] = &[
        ("parts", &|n| HEAD.to_owned() + &"--b\n\nx\n".repeat(n)),
        ("lines of dashes", &|n| HEAD.to_owned() + "--b\n\n" + &"--\n".repeat(n)),
        ("dashes", &|n| HEAD.to_owned() + "--b\n\n" + &"-".repeat(n)),
        ("nearly boundaries", &|n| HEAD.to_owned() + "--b\n\n" + &"--bx\n".repeat(n)),
        ("NULs", &|n| HEAD.to_owned() + &"\0\0\0\0\0\0--b\n".repeat(n)),
        ("nested", &|n| numbered(n, |k| format!("Content-Type: multipart/mixed; boundary=b{k}\n\n--b{k}\n"))),
        ("epilogues", &|n| {
            HEAD.to_owned() + "--b--\n" + &numbered(n, |k| format!("--x{k}\nContent-Type: a/b\n\n--x{k}--\n"))
        }),
        ("inner epilogues", &|n| {
            HEAD.to_owned()
                + &numbered(n, |k| {
                    format!("--b\nContent-Type: multipart/x; boundary=i{k}\n\n--i{k}--\n--y\nContent-Type: a/b\n\nz\n")
                })
        }),
        ("without boundary", &|n| HEAD.to_owned() + &"--b\nContent-Type: multipart/mixed\n\n".repeat(n)),
        ("two boundaries", &|n| TWO.to_owned() + &"--b\n\nx\n--c\n\ny\n".repeat(n)),
        ("types", &|n| "Content-Type: multipart/mixed; boundary=b\n".repeat(n) + "Content-Type: a/b\n\n--b\n\nx"),
        ("fields", &|n| "a: b\n".repeat(n) + "\nx"),
        ("encoded words", &|n| format!("Content-Type: a/b; name=\"{}\"\n\nx", "=?a?B?".repeat(n))),
    ];
    for (name, shape) in shapes {
        let (small, large) = (work(shape(1500).as_bytes()), work(shape(3000).as_bytes()));
        assert!(large <= small * 2 + small / 4 + 100, "{name}: {small} and {large}");
    }
}

#[test]
fn a_small_mail() {
    let mail = b"From: a@sender.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b1\"\n\nThis is a multi-part message.\n--b1\nContent-Type: text/plain\n\nhello\n--b1\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n\nx\n--b2\nContent-Type: text/html\n\n<p>\n--b2--\n\n--b1\nContent-Type: application/zip; name=\"a.zip\"\nContent-Transfer-Encoding: base64\n\nUEsDBA==\n--b1--\n";
    let message = walked(mail);
    check_spans(mail, &message);
    let numbers: Vec<_> = message.parts.iter().map(|p| p.number.as_str()).collect();
    assert_eq!(numbers, ["", "1", "2", "2.1", "2.2", "3"]);
    assert!(message.hidden.is_empty(), "{:?}", message.hidden);
    assert!(message.quirks.is_empty(), "{:?}", message.quirks);
    let zip = message.part("3").unwrap();
    assert_eq!(&mail[zip.body.clone()], b"UEsDBA==");
    assert_eq!(zip.names[0].text, "a.zip");
}

#[test]
fn the_head_keeps_its_fields() {
    let message = walked(
        "From taro Tue Nov 24 09:00:00 2026\nReceived: from a\n\tby b\nSubject: =?utf-8?B?6KuL5rGC?=\n =?utf-8?B?5pu4?=\nsubject: second\nX-Empty:\n\nbody".as_bytes(),
    );
    let head = &message.head;
    assert_eq!(head.fields().len(), 5 - 1);
    assert_eq!(head.values("received").next().unwrap().as_ref(), b"from a\tby b");
    assert_eq!(head.text("Subject").as_deref(), Some("請求書"));
    assert_eq!(head.values("SUBJECT").count(), 2);
    assert_eq!(head.values("x-empty").next().unwrap().as_ref(), b"");
    assert_eq!(head.text("to"), None);
}

#[test]
fn thousands_of_parts_stop_at_the_limit() {
    let limits = Limits { entries: 10_000, ..Limits::default() };
    let mail = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(20_000));
    let mut budget = Budget::new(limits, mail.len());
    let message = walk(mail.as_bytes(), &mut budget);
    check_spans(mail.as_bytes(), &message);
    assert_eq!(message.parts.len() as u64, limits.entries);
    assert!(!budget.drain_spent().is_empty());
}

#[test]
fn quirks_say_where() {
    let mail = b"Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n--a--\n";
    let message = walked(mail);
    let quirk = message.quirks.iter().find(|q| q.kind == QuirkKind::DuplicateBoundary).unwrap();
    assert!(mail[quirk.at..].starts_with(b"boundary=b"));
    assert_eq!((quirk.part.as_str(), quirk.text.as_str()), ("", "b"));
}
