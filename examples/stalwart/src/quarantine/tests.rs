//! The spool on a real disk, released to a mail server that does as it is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::JoinHandle;

use super::release::Outcome;
use super::*;
use crate::mail::Transaction;

/// A spool that goes away with the test.
struct Temporary {
    spool: Spool,
    directory: PathBuf,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn spool(most: u64) -> Temporary {
    let directory = std::env::temp_dir().join(format!("sekisho-spool-{}", crate::reference::next()));
    let spool = Spool::open(&directory, most, Duration::from_secs(3600)).unwrap();
    Temporary { spool, directory }
}

fn mail(bytes: &[u8]) -> Mail {
    let transaction = Transaction {
        mail_from: "a@sender.example".into(),
        recipients: vec!["b@here.example".into(), "hidden@here.example".into()],
        ..Transaction::default()
    };
    Mail { bytes: bytes.to_vec(), size: bytes.len(), transaction, ..Mail::default() }
}

fn why(reference: &str) -> Why<'_> {
    Why { reference, listener: "mx", action: "quarantine", risk: 9, rules: &[], reason: "because" }
}

const MESSAGE: &[u8] = b"X-Sekisho-Action: deliver\r\nSubject: x\r\n\r\n.dot\r\nbare\nend";

/// What a mail server does with one mail.
#[derive(Clone, Copy)]
enum Manner {
    Takes,
    RefusesAll,
    RefusesHidden,
    DropsAfterDot,
    RefusesAtDot,
}

/// A mail server for one connection; what it heard.
fn server(manner: Manner, lmtp: bool) -> (Server, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let talk = move || {
        let (stream, _) = listener.accept().unwrap();
        let mut out = stream.try_clone().unwrap();
        let mut heard = String::new();
        let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).unwrap();
        say("220-hello\r\n220 again");
        let mut data = false;
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            heard.push_str(&line);
            heard.push('\n');
            match (data, line.as_str(), manner) {
                (true, ".", Manner::DropsAfterDot) => return heard,
                (true, ".", Manner::RefusesAtDot) => (data, ()) = (false, say("554 5.6.0 no")),
                (true, ".", Manner::RefusesHidden) if lmtp => (data, ()) = (false, say("250 ok\r\n550 5.1.1 nobody")),
                (true, ".", _) => (data, ()) = (false, say(if lmtp { "250 ok\r\n250 ok" } else { "250 ok" })),
                (true, ..) => {}
                (_, "EHLO localhost" | "LHLO localhost", _) => say("250-x\r\n250-8BITMIME\r\n250 SMTPUTF8"),
                (_, "DATA", _) => (data, ()) = (true, say("354 go")),
                (_, "QUIT", _) => return heard,
                (_, l, Manner::RefusesAll) if l.starts_with("RCPT") => say("550 5.1.1 nobody"),
                (_, l, Manner::RefusesHidden) if l.contains("hidden") && !lmtp => {
                    say("550-5.1.1 no\r\n550 5.1.1 nobody")
                }
                _ => say("250 ok"),
            }
        }
        heard
    };
    (Server { address, lmtp }, std::thread::spawn(talk))
}

#[test]
fn a_stored_mail_is_whole_and_private() {
    let t = spool(1000);
    t.spool.store(&mail(MESSAGE), why("T43FJ-HRM00")).unwrap();
    let entry = t.spool.get("T43FJ-HRM00").unwrap();
    assert_eq!((entry.state, entry.recipients.len(), entry.size), (State::Held, 2, MESSAGE.len() as u64));
    assert_eq!(t.spool.bytes("T43FJ-HRM00").unwrap(), MESSAGE);
    for file in std::fs::read_dir(&t.directory).unwrap() {
        let file = file.unwrap();
        assert!(!file.file_name().to_str().unwrap().ends_with(".tmp"));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0);
    }
    assert_eq!(std::fs::metadata(&t.directory).unwrap().permissions().mode() & 0o077, 0);
    // Another process finds the same.
    let again = Spool::open(&t.directory, 1000, Duration::from_secs(1)).unwrap();
    assert_eq!(again.list().unwrap().0, [entry]);
}

#[test]
fn a_full_spool_takes_nothing_and_room_comes_back() {
    let t = spool(MESSAGE.len() as u64);
    t.spool.store(&mail(MESSAGE), why("A")).unwrap();
    assert!(matches!(t.spool.store(&mail(b"x"), why("B")), Err(SpoolError::Full { .. })));
    assert!(matches!(t.spool.get("B"), Err(SpoolError::Unknown(_))));
    t.spool.delete("A").unwrap();
    assert_eq!(t.spool.survey().unwrap(), Survey::default());
    t.spool.store(&mail(b"x"), why("B")).unwrap();
}

#[test]
fn what_cannot_be_written_is_not_taken() {
    let t = spool(1000);
    std::fs::remove_dir_all(&t.directory).unwrap();
    assert!(matches!(t.spool.store(&mail(b"x"), why("A")), Err(SpoolError::Disk { .. })));
    // Nothing is counted that is not there.
    std::fs::create_dir(&t.directory).unwrap();
    t.spool.store(&mail(&[b'x'; 1000]), why("A")).unwrap();
}

#[test]
fn a_reference_names_no_other_file() {
    let t = spool(1000);
    t.spool.store(&mail(b"x"), why("A")).unwrap();
    for name in ["../A", "a", "", "A.json", "A/../A", &"A".repeat(40)] {
        assert!(matches!(t.spool.get(name), Err(SpoolError::Unknown(_))), "{name}");
        assert!(matches!(t.spool.delete(name), Err(SpoolError::Unknown(_))), "{name}");
    }
}

#[test]
fn released_is_as_it_came_and_only_once() {
    for lmtp in [false, true] {
        let t = spool(1000);
        t.spool.store(&mail(MESSAGE), why("A")).unwrap();
        let (to, heard) = server(Manner::Takes, lmtp);
        assert_eq!(t.spool.release("A", &to, false).unwrap(), Outcome::Released);
        let heard = heard.join().unwrap();
        let since = t.spool.get("A").unwrap().time;
        let hello = if lmtp { "LHLO" } else { "EHLO" };
        assert_eq!(
            heard,
            format!(
                "{hello} localhost\nMAIL FROM:<a@sender.example>\nRCPT TO:<b@here.example>\nRCPT TO:<hidden@here.example>\nDATA\n\
                 X-Sekisho-Released: A; held since {since}\nSubject: x\n\n..dot\nbare\nend\n.\nQUIT\n"
            )
        );
        let entry = t.spool.get("A").unwrap();
        assert_eq!((entry.state, entry.recipients.len()), (State::Released, 0));
        assert!(t.spool.bytes("A").unwrap().is_empty(), "the message is gone, the record stays");
        let twice = t.spool.release("A", &to, true);
        assert!(matches!(twice, Err(SpoolError::State { state: State::Released, .. })), "{twice:?}");
    }
}

#[test]
fn a_refused_mail_stays() {
    for (manner, lmtp, left) in [
        (Manner::RefusesAll, false, 2),
        (Manner::RefusesAtDot, false, 2),
        (Manner::RefusesHidden, false, 1),
        (Manner::RefusesHidden, true, 1),
    ] {
        let t = spool(1000);
        t.spool.store(&mail(MESSAGE), why("A")).unwrap();
        let (to, _heard) = server(manner, lmtp);
        let outcome = t.spool.release("A", &to, false).unwrap();
        assert!(!matches!(outcome, Outcome::Released | Outcome::Unknown { .. }), "{outcome:?}");
        let entry = t.spool.get("A").unwrap();
        assert_eq!((entry.state, entry.recipients.len()), (State::Held, left), "{outcome:?}");
        assert!(entry.trouble.starts_with("55"), "{entry:?}");
        assert_eq!(t.spool.bytes("A").unwrap(), MESSAGE);
    }
    let t = spool(1000);
    t.spool.store(&mail(MESSAGE), why("A")).unwrap();
    let nobody = Server { address: "127.0.0.1:1".parse().unwrap(), lmtp: false };
    assert!(matches!(t.spool.release("A", &nobody, false).unwrap(), Outcome::Refused { .. }));
    assert_eq!(t.spool.get("A").unwrap().state, State::Held);
}

#[test]
fn who_cannot_know_says_so() {
    let t = spool(1000);
    t.spool.store(&mail(MESSAGE), why("A")).unwrap();
    let (to, _heard) = server(Manner::DropsAfterDot, false);
    assert!(matches!(t.spool.release("A", &to, false).unwrap(), Outcome::Unknown { .. }));
    assert_eq!(t.spool.survey().unwrap().releasing, 1);
    let (to, heard) = server(Manner::RefusesAtDot, false);
    let blind = t.spool.release("A", &to, false);
    assert!(matches!(blind, Err(SpoolError::State { state: State::Releasing, .. })), "not a second time unasked");
    assert!(matches!(t.spool.release("A", &to, true).unwrap(), Outcome::Refused { .. }));
    heard.join().unwrap();
    assert_eq!(t.spool.get("A").unwrap().state, State::Releasing, "the first time may have arrived all the same");
    let (to, _heard) = server(Manner::Takes, false);
    assert_eq!(t.spool.release("A", &to, true).unwrap(), Outcome::Released);
}

#[test]
fn one_at_a_time() {
    let t = spool(1000);
    t.spool.store(&mail(MESSAGE), why("A")).unwrap();
    let lock = t.spool.lock("A").unwrap();
    let to = Server { address: "127.0.0.1:1".parse().unwrap(), lmtp: false };
    assert!(matches!(t.spool.release("A", &to, false), Err(SpoolError::Busy(_))));
    assert!(matches!(t.spool.delete("A"), Err(SpoolError::Busy(_))));
    drop(lock);
    t.spool.delete("A").unwrap();
}

#[test]
fn old_mail_goes_and_young_mail_stays() {
    let t = spool(1000);
    t.spool.store(&mail(b"x"), why("A")).unwrap();
    t.spool.store(&mail(b"yy"), why("B")).unwrap();
    let mut old = t.spool.get("A").unwrap();
    old.time = clock::before(Duration::from_secs(7200));
    t.spool.save(&old).unwrap();
    assert_eq!(t.spool.survey().unwrap(), Survey { mails: 1, bytes: 2, releasing: 0, expired: 1 });
    assert!(matches!(t.spool.get("A"), Err(SpoolError::Unknown(_))));
    assert!(!t.directory.join("A.eml").exists());
}

#[test]
fn an_address_cannot_say_more_than_itself() {
    let t = spool(1000);
    let mut evil = mail(MESSAGE);
    evil.transaction.recipients = vec!["a@b>\r\nRCPT TO:<c@d".into()];
    t.spool.store(&evil, why("A")).unwrap();
    let (to, _heard) = server(Manner::Takes, false);
    assert!(matches!(t.spool.release("A", &to, false).unwrap(), Outcome::Refused { .. }));
}
