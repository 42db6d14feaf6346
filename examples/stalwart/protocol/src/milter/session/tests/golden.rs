//! Each dialogue split at every byte: the same mails, the same answers, the same end.

use super::*;

/// RSET before DATA, and after it.
fn reset() -> Dialogue {
    Dialogue::with(POSTFIX)
        .say(b'C', b"client.test\x004\xd4\xfc192.0.2.9\0")
        .say(b'H', b"mx.a.test\0")
        .say(b'M', b"<a@a.test>\0")
        .say(b'R', b"<b@b.test>\0")
        .say(b'A', b"")
        .say(b'M', b"<c@a.test>\0")
        .say(b'R', b"<d@b.test>\0")
        .say(b'T', b"")
        .say(b'L', b"Subject\0 half\0")
        .say(b'A', b"")
        .say(b'A', b"")
        .say(b'M', b"<e@a.test>\0")
        .say(b'R', b"<f@b.test>\0")
        .say(b'T', b"")
        .say(b'L', b"Subject\0 whole\0")
        .say(b'N', b"")
        .say(b'E', b"")
        .say(b'Q', b"")
}

/// Another SMTP client on the same connection.
fn next_client() -> Dialogue {
    let mut dialogue = reset();
    dialogue.0.truncate(dialogue.0.len().strict_sub(5));
    dialogue
        .say(b'K', b"")
        .say(b'C', b"other.test\x006\0\x19IPv6:2001:db8::9\0")
        .say(b'M', b"<>\0")
        .say(b'U', b"XCMD\0")
        .say(b'R', b"<f@b.test>\0")
        .say(b'E', b"body")
        .say(b'Q', b"")
}

/// Stalwart asks at the stage of MAIL, and goes away.
fn stalwart_early() -> Dialogue {
    Dialogue::with(STALWART)
        .say(b'D', b"C{daemon_name}\0Stalwart v0.15.5\0{client_addr}\x00192.0.2.9\0{client_ptr}\0\0")
        .say(b'C', b"mx.a.test\x004\xd4\xfc192.0.2.9\0")
        .say(b'H', b"mx.a.test\0")
        .say(b'M', b"<a@a.test>\0")
}

fn all() -> Vec<Dialogue> {
    let malformed = Dialogue::with(POSTFIX).say(b'M', b"<>\0").say(b'L', b"no end");
    let over = Dialogue(Dialogue::with(POSTFIX).0.into_iter().chain(*b"\0\x10\0\x01B").collect());
    let empty = Dialogue(Dialogue::with(STALWART).0.into_iter().chain([0; 4]).collect());
    let stranger = Dialogue(b"GET / HTTP/1.1\r\n\r\n".to_vec());
    vec![postfix(), reset(), next_client(), stalwart(), stalwart_early(), malformed, over, empty, stranger]
}

#[test]
fn every_dialogue_split_at_every_byte_is_the_same() {
    for dialogue in all() {
        let whole = dialogue.run(usize::MAX, &pass());
        for cut in 0..dialogue.0.len() {
            let (head, tail) = dialogue.0.split_at(cut);
            assert!(dialogue.run_pieces([head, tail].into_iter(), &pass()) == whole, "cut at {cut}");
        }
        assert!(dialogue.run(1, &pass()) == whole, "byte by byte");
    }
}

#[test]
fn given_up_mail_leaves_nothing_behind() {
    let (mails, out, end) = reset().run(usize::MAX, &pass());
    let [mail] = &mails[..] else { panic!("{}", mails.len()) };
    assert_eq!(mail.bytes, b"Subject: whole\r\n\r\n");
    assert_eq!(
        (mail.transaction.mail_from.as_str(), &mail.transaction.recipients[..]),
        ("e@a.test", &["f@b.test".into()][..])
    );
    assert_eq!((mail.transaction.client_ip.as_str(), mail.transaction.helo.as_str()), ("192.0.2.9", "mx.a.test"));
    assert_eq!((out.len(), end), (17 + 5, Ok(())));
}

#[test]
fn another_client_is_not_taken_for_the_last_one() {
    let (mails, ..) = next_client().run(usize::MAX, &pass());
    let last = &mails[1].transaction;
    assert_eq!((last.client_ip.as_str(), last.helo.as_str()), ("2001:db8::9", ""));
}

#[test]
fn connections_end_where_the_frames_do() {
    let ends: Vec<_> = all().iter().map(|d| d.run(usize::MAX, &pass()).2.err().unwrap_or_default()).collect();
    assert_eq!(ends[..5], [const { String::new() }; 5]);
    assert_eq!(ends[5], "malformed data of command `L`");
    assert_eq!(ends[6], "a frame of 1048577 bytes, more than 1048576");
    assert_eq!(ends[7], "a frame of length 0");
    assert!(ends[8].starts_with("a frame of 1195725856 bytes"), "{}", ends[8]);
}
