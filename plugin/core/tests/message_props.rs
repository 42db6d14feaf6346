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
use sekisho_core::message::{Message, walk};

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
        assert!(part.header.start <= part.header.end, "{part:?}");
        assert!(part.body.start <= part.body.end && part.body.end <= bytes.len(), "{part:?}");
    }
}

/// Pieces of which mail is made, right and wrong.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
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
        "\r",
        " ",
        "\t",
        "\0",
        ";",
        ":",
        "Content-Type: multipart/mixed; boundary=a",
        "Content-Type: multipart/mixed; boundary=\"b\"",
        "Content-Type: multipart/mixed",
        "Content-Type: multipart/mixed; boundary=a; boundary=b",
        "Content-Type: text/plain; name=\"x.txt",
        "Content-Type: message/rfc822",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: base-64",
        "Content-Disposition: attachment; filename*0*=utf-8''%e3%81; filename*1=x",
        "Content-Disposition: attachment; filename=\"=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=\"",
        "Subject: x",
        "From a@b",
        "UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAFAAAAYS50eHR",
        "text",
        "=?utf-8?Q?=e3?=",
        "(",
        ")",
        "\"",
        "\\",
        "\u{feff}",
    ])
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_spans(&bytes, &walked(&bytes));
    }

    #[test]
    fn anything_like_mail(pieces in prop::collection::vec(piece(), 0..60)) {
        let bytes = pieces.concat().into_bytes();
        check_spans(&bytes, &walked(&bytes));
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
