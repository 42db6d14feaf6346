//! Dialogues as real mail servers hold them.

use proptest::prelude::*;

use super::super::frame::Frames;
use super::*;
use crate::changes::Changes;
use crate::verdict::Refusal;

mod golden;

const POSTFIX: Offer = Offer { version: 6, actions: 0x1ff, protocol: 0x1f_ffff };
const STALWART: Offer = Offer { version: 6, actions: 0xff, protocol: 0x42 };

/// Mails, answers, and how the connection ended.
type Outcome = (Vec<Mail>, Vec<u8>, Result<(), String>);

#[derive(Default)]
struct Dialogue(Vec<u8>);

impl Dialogue {
    fn with(offer: Offer) -> Self {
        let numbers = [offer.version, offer.actions, offer.protocol].map(u32::to_be_bytes).concat();
        Self::default().say(b'O', &numbers)
    }

    fn say(mut self, command: u8, data: &[u8]) -> Self {
        put(&mut self.0, command, &[data]);
        self
    }

    /// What a session makes of it, when the bytes come in pieces of this size.
    fn run(&self, piece: usize, verdict: &Verdict) -> Outcome {
        self.run_pieces(self.0.chunks(piece), verdict)
    }

    fn run_pieces<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>, verdict: &Verdict) -> Outcome {
        let (mut session, mut frames) = (Session::new(1 << 20, WithoutHold::Defer), Frames::default());
        let (mut mails, mut out) = (Vec::new(), Vec::new());
        for bytes in pieces {
            frames.space().extend_from_slice(bytes);
            loop {
                let step = match frames.next_frame() {
                    Ok(Some(frame)) => session.take(frame, &mut out),
                    Ok(None) => break,
                    Err(error) => return (mails, out, Err(error.to_string())),
                };
                match step {
                    Ok(Step::Next) => {}
                    Ok(Step::Judge(mail)) => {
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
}

/// Two mails on one connection, the second with the null sender, and a mail given up between them.
fn postfix() -> Dialogue {
    Dialogue::with(POSTFIX)
        .say(b'D', b"Cj\0mx.test\0{daemon_name}\0mx.test\0v\0Postfix 3.7.11\0")
        .say(b'C', b"client.test\x004\xd4\xfc192.0.2.9\0")
        .say(b'D', b"H{tls_version}\0TLSv1.3\0")
        .say(b'H', b"mx.a.test\0")
        .say(b'D', b"M{auth_type}\0PLAIN\0{auth_authen}\0bob@b.test\0")
        .say(b'M', b"<a@a.test>\0SIZE=99\0")
        .say(b'D', b"R{rcpt_addr}\0b@b.test\0")
        .say(b'R', b"<b@b.test>\0")
        .say(b'R', b"<c@b.test>\0NOTIFY=NEVER\0")
        .say(b'D', b"Ti\0DD0F7A6E0A2\0")
        .say(b'T', b"")
        .say(b'D', b"Li\0DD0F7A6E0A2\0")
        .say(b'L', b"Subject\0 \x93\xfa\n\t\x96{\0")
        .say(b'N', b"")
        .say(b'B', &[b'x'; 65_535])
        .say(b'B', &[b'y'; 4465])
        .say(b'B', b"z\r\n")
        .say(b'E', b"")
        .say(b'A', b"")
        .say(b'M', b"<given@up.test>\0")
        .say(b'D', b"U")
        .say(b'A', b"")
        .say(b'M', b"<>\0")
        .say(b'R', b"<d@b.test>\0")
        .say(b'T', b"")
        .say(b'L', b"To\0 d\0")
        .say(b'N', b"")
        .say(b'E', b"last piece")
        .say(b'A', b"")
        .say(b'A', b"")
        .say(b'Q', b"")
}

fn stalwart() -> Dialogue {
    Dialogue::with(STALWART)
        .say(b'D', b"C{daemon_name}\0Stalwart v0.16.19\0{client_addr}\x00192.0.2.9\0")
        .say(b'C', b"mx.a.test\x004\xd4\xfc192.0.2.9\0")
        .say(b'D', b"H{tls_version}\0\0")
        .say(b'H', b"mx.a.test\0")
        .say(b'M', b"<a@a.test>\0")
        .say(b'R', b"<b@b.test>\0")
        .say(b'T', b"")
        .say(b'L', b"Subject\0\0")
        .say(b'L', b"To\0b\0")
        .say(b'N', b"")
        .say(b'B', b"Subject: \x93\xfa\r\nTo: b\r\n\r\nbody\r\n")
        .say(b'E', b"")
}

fn pass() -> Verdict {
    Verdict::Pass(Changes::default())
}

#[test]
fn postfix_sends_many_mails_and_wants_few_answers() {
    let (mails, out, end) = postfix().run(usize::MAX, &pass());
    assert_eq!(end, Ok(()));
    let [first, second] = &mails[..] else { panic!("{}", mails.len()) };
    let (head, body) = first.bytes.split_at(20);
    assert_eq!(head, b"Subject: \x93\xfa\r\n\t\x96{\r\n\r\n");
    assert_eq!(body, [[b'x'; 65_535].as_slice(), &[b'y'; 4465], b"z\r\n"].concat());
    assert_eq!(
        first.transaction,
        Transaction {
            client_ip: "192.0.2.9".into(),
            helo: "mx.a.test".into(),
            tls: "TLSv1.3".into(),
            login: "bob@b.test".into(),
            login_method: "PLAIN".into(),
            mail_from: "a@a.test".into(),
            recipients: vec!["b@b.test".into(), "c@b.test".into()],
            queue_id: "DD0F7A6E0A2".into(),
            known: vec![],
        }
    );
    assert_eq!(second.bytes, b"To: d\r\n\r\nlast piece");
    let mut wanted = second.transaction.clone();
    wanted.login = String::new();
    assert_eq!(second.transaction, wanted, "a login belongs to its mail");
    assert_eq!((second.transaction.mail_from.as_str(), second.transaction.helo.as_str()), ("", "mx.a.test"));
    assert_eq!(out, b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x3f\0\x1f\xf1\x80\0\0\0\x01a\0\0\0\x01a");
}

#[test]
fn stalwart_gets_an_answer_to_each_command() {
    let (mails, out, end) = stalwart().run(usize::MAX, &pass());
    assert_eq!((end, mails.len()), (Ok(()), 1));
    assert_eq!(mails[0].bytes, b"Subject: \x93\xfa\r\nTo: b\r\n\r\nbody\r\n");
    let (agreed, rest) = out.split_at(17);
    assert_eq!(agreed, b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x3f\0\0\0\0");
    assert_eq!(rest, [b"\0\0\0\x01c".repeat(9), b"\0\0\0\x01a".to_vec()].concat());
}

#[test]
fn whoever_does_not_negotiate_is_shown_out() {
    let (_, out, end) = Dialogue::default().say(b'M', b"<>\0").run(9, &pass());
    assert!(out.is_empty() && end.is_err());
    let (.., end) = Dialogue(b"zPING\0\0\0".to_vec()).run(9, &pass());
    assert!(end.unwrap_err().contains("more than"), "the protocol of another scanner");
}

#[test]
fn a_refusal_doubles_percent_signs_for_postfix_only() {
    let refusal = Refusal { code: 550, enhanced: "5.7.1".into(), text: "100% no".into() };
    let end = |dialogue: Dialogue| dialogue.run(999, &Verdict::Refuse(refusal.clone())).1;
    assert!(end(postfix()).ends_with(b"y550 5.7.1 100%% no\0"));
    assert!(end(stalwart()).ends_with(b"y550 5.7.1 100% no\0"));
}

#[test]
fn held_mail_goes_to_the_queue_that_postfix_has_and_stalwart_has_not() {
    let hold = Verdict::Hold { changes: Changes::default(), reason: "zip-encrypted".into() };
    assert!(postfix().run(999, &hold).1.ends_with(b"\0\0\0\x0fqzip-encrypted\0\0\0\0\x01a"));
    assert!(stalwart().run(999, &hold).1.ends_with(b"y451 4.7.1 Message held: zip-encrypted\0"));
}

#[test]
fn edits_come_before_the_verdict() {
    let changes = Changes {
        delete: vec![(b"X-Sekisho-Risk".to_vec(), 2)],
        change: vec![(b"subject".to_vec(), 1, b" [!]\r\n a".to_vec())],
        append: vec![(b"MIME-Version".to_vec(), b" 1.0".to_vec())],
        insert: vec![(b"X-A".to_vec(), b" 1".to_vec()), (b"X-B".to_vec(), b" 2".to_vec())],
        body: Some(vec![b'x'; 65_536]),
        ..Changes::default()
    };
    let out = postfix().run(999, &Verdict::Pass(changes.clone())).1;
    let mut wanted = b"\0\0\0\x15m\0\0\0\x02X-Sekisho-Risk\0\0".to_vec();
    wanted.extend(b"\0\0\0\x15m\0\0\0\x01subject\0 [!]\n a\0");
    wanted.extend(b"\0\0\0\x13hMIME-Version\0 1.0\0");
    wanted.extend(b"\0\0\0\x0ci\0\0\0\0X-B\0 2\0\0\0\0\x0ci\0\0\0\0X-A\0 1\0");
    let at = out.windows(wanted.len()).position(|w| w == wanted).expect("edits as wanted");
    assert_eq!(&out[at + wanted.len()..][..5], b"\0\x01\0\0b");
    assert!(out.ends_with(b"\0\0\0\x02bx\0\0\0\x01a"));
    let out = stalwart().run(999, &Verdict::Pass(changes)).1;
    assert!(out.windows(14).any(|w| w == b"subject\0[!] a\0"), "no leading space, no folds");
    let empty = Verdict::Pass(Changes { body: Some(vec![]), ..Changes::default() });
    assert!(postfix().run(999, &empty).1.ends_with(b"\0\0\0\x01b\0\0\0\x01a"));
    assert!(stalwart().run(999, &empty).1.ends_with(b"\0\0\0\x03b\r\n\0\0\0\x01a"), "it does not take an empty one");
}

#[test]
fn a_server_that_forbids_changes_gets_no_unchanged_mail() {
    let mut changes = Changes::default();
    changes.put_on_top("X-Sekisho-Action", "tag");
    let offer = Offer { actions: 0, ..POSTFIX };
    let dialogue = Dialogue::with(offer).say(b'M', b"<>\0").say(b'E', b"body");
    let (_, out, _) = dialogue.run(999, &Verdict::Pass(changes));
    assert!(out.windows(4).any(|w| w == b"y451"));
    assert!(dialogue.run(999, &pass()).1.ends_with(b"\0\0\0\x01a"));
}

#[test]
fn redirected_mail_loses_its_recipients_or_is_not_taken() {
    let recipients = vec!["c@b.test".into(), "b@b.test".into(), "b@b.test".into()];
    let redirect = Verdict::Redirect { changes: Changes::default(), recipients, to: "q\r\n\0@b.test".into() };
    let edits = b"\0\0\0\x0c-<b@b.test>\0\0\0\0\x0c-<c@b.test>\0\0\0\0\x0c+<q@b.test>\0\0\0\0\x01a";
    assert!(postfix().run(999, &redirect).1.ends_with(edits));
    let dialogue = Dialogue::with(Offer { actions: 0xf7, ..POSTFIX }).say(b'M', b"<>\0").say(b'E', b"body");
    assert!(dialogue.run(999, &redirect).1.windows(4).any(|w| w == b"y451"));
    assert!(dialogue.run(999, &Verdict::Discard).1.ends_with(b"\0\0\0\x01d"));
}

#[test]
fn recipients_without_end_are_not_kept_and_not_ignored() {
    let mut dialogue = Dialogue::with(POSTFIX).say(b'M', b"<>\0");
    let long = [b"<".as_slice(), &vec![b'x'; 1 << 19], b">\0"].concat();
    for _ in 0..20 {
        dialogue = dialogue.say(b'R', &long);
    }
    let dialogue = dialogue.say(b'E', b"body").say(b'M', b"<>\0").say(b'R', b"<b@b.test>\0").say(b'E', b"body");
    let (mails, ..) = dialogue.run(usize::MAX, &pass());
    assert_eq!((mails[0].refused, mails[0].transaction.recipients.len()), (Some(Refused::Overload), 0));
    assert_eq!((mails[1].refused, mails[1].transaction.recipients.len()), (None, 1));
}

proptest! {
    #[test]
    fn any_commands_are_survived(
        commands in prop::collection::vec((prop::sample::select(b"ODCHMRTLNBEAQKU".to_vec()), prop::collection::vec(any::<u8>(), 0..20)), 0..20),
    ) {
        let mut dialogue = Dialogue::with(POSTFIX);
        for (command, data) in commands {
            dialogue = dialogue.say(command, &data);
        }
        let _ = dialogue.run(7, &pass());
    }
}
