//! A mail server that says anything: no panic, no memory beyond the limits, the same conversation however its bytes are cut.
//!
//! The first byte says how the rest is read: as bytes of a connection, or as commands (letter, length, data) behind a
//! negotiation; and how they are cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_protocol::changes::Changes;
use sekisho_protocol::mail::Mail;
use sekisho_protocol::milter::frame::{Frames, LARGEST, put};
use sekisho_protocol::milter::session::{Session, Step};
use sekisho_protocol::verdict::{Refusal, Verdict, WithoutHold};

/// The largest message.
const LIMIT: usize = 4096;

/// Mails, answers, and how the connection ended.
type Outcome = (Vec<Mail>, Vec<u8>, Result<(), String>);

fn converse<'a>(pieces: impl Iterator<Item = &'a [u8]>, verdict: &Verdict) -> Outcome {
    let (mut session, mut frames) = (Session::new(LIMIT, WithoutHold::Defer), Frames::default());
    let (mut mails, mut out) = (Vec::new(), Vec::new());
    for piece in pieces {
        let space = frames.space();
        space.extend_from_slice(piece);
        assert!(space.len() <= LARGEST + 4 + piece.len(), "more than a frame and a read is held");
        loop {
            let step = match frames.next_frame() {
                Ok(Some(frame)) => session.take(frame, &mut out),
                Ok(None) => break,
                Err(error) => return (mails, out, Err(error.to_string())),
            };
            assert!(session.kept() <= LIMIT, "more than the limit is kept");
            match step {
                Ok(Step::Next) => {}
                Ok(Step::Judge(mail)) => {
                    assert!(mail.refused.is_some() || mail.bytes.len() == mail.size);
                    mails.push(*mail);
                    session.answer(verdict, &mut out);
                }
                Ok(Step::Close) => return (mails, out, Ok(())),
                Err(error) => return (mails, out, Err(error.to_string())),
            }
        }
    }
    (mails, out, Ok(()))
}

/// A conversation of a mail server (Postfix or Stalwart) that has negotiated.
fn commands(mut records: &[u8], stalwart: bool) -> Vec<u8> {
    let mut stream = Vec::new();
    let offer: [&[u8]; 2] = [b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff", b"\0\0\0\x06\0\0\0\xff\0\0\0\x42"];
    put(&mut stream, b'O', &[offer[usize::from(stalwart)]]);
    if stalwart {
        put(&mut stream, b'D', &[b"C{daemon_name}\0Stalwart v0.16.19\0"]);
    }
    while let [letter, length, rest @ ..] = records {
        let (data, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        put(&mut stream, b"ODCHMRTLNBEAQKU?"[usize::from(letter & 15)], &[data]);
        records = rest;
    }
    stream
}

fuzz_target!(|data: &[u8]| {
    let Some((&how, rest)) = data.split_first() else { return };
    let stream = if how & 1 == 0 { rest.to_vec() } else { commands(rest, how & 2 != 0) };
    let changes = Changes { insert: vec![(b"X-A".to_vec(), b" 1".to_vec())], body: Some(vec![]), ..Changes::default() };
    let verdict = match how >> 2 & 3 {
        0 => Verdict::Pass(Changes::default()),
        1 => Verdict::Pass(changes),
        2 => Verdict::Hold { changes, reason: "held".to_owned() },
        _ => Verdict::Refuse(Refusal::for_now("100% not now")),
    };
    let whole = converse([&stream[..]].into_iter(), &verdict);
    assert!(converse(stream.chunks(usize::from(how >> 4) + 1), &verdict) == whole, "the cut matters");
});
