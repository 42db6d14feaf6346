#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::super::Acquaintances;
use super::*;
use crate::metrics::Metrics;

const DAY: u64 = 86_400;

fn bounds() -> Bounds {
    let days = |days| Duration::from_secs(days * DAY);
    Bounds { keep: days(30), most: 100, learn: days(14), deadline: Duration::from_millis(200) }
}

fn need(kind: &str, key: &str) -> Need {
    Need { kind: kind.to_owned(), key: key.to_owned() }
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// A server that takes connections and answers each piece of bytes with the next of these.
async fn server(answers: &'static [&'static str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                // CLIENT SETINFO comes first, twice in one piece.
                let mut answers = ["+OK\r\n+OK\r\n"].iter().chain(answers);
                while stream.read(&mut buffer).await.unwrap_or(0) > 0 {
                    let Some(answer) = answers.next() else { std::future::pending().await };
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    Server::try_from(url).unwrap()
}

#[test]
fn notes_are_keys_that_are_forgotten() {
    let long = "a".repeat(321);
    let notes = [
        fact("first-contact", "A@x.example", "no"),
        fact("first-contact", "a@x.example", "no"),
        fact("first-contact", &long, "no"),
    ];
    let sent = String::from_utf8(pipeline(&notes, 7, 5).get_packed_pipeline()).unwrap();
    let words: Vec<_> = sent.split("\r\n").filter(|word| !word.starts_with(['*', '$'])).collect();
    let key = "sekisho:first-contact:a@x.example";
    assert_eq!(words, ["SET", "sekisho:begun", "5", "NX", "SET", key, "no", "EX", "7", ""]);
}

#[tokio::test]
async fn strangers_are_told_once_enough_was_learnt() {
    let needs = [need("first-contact", "a@x.example"), need("known-correspondent", "a@x.example")];
    for (begun, day, wanted) in [
        ("$1\r\n0\r\n$-1\r\n$3\r\nyes\r\n", 15, vec!["first-contact", "known-correspondent"]),
        ("$1\r\n0\r\n$-1\r\n$-1\r\n", 13, vec![]),
        ("$-1\r\n$-1\r\n$-1\r\n", 15, vec![]),
        ("$1\r\nx\r\n$-1\r\n$33\r\n123456789012345678901234567890123\r\n", 15, vec![]),
    ] {
        let store = Store::new(&server(Box::leak(Box::new([begun]))).await, bounds()).unwrap();
        let facts = store.facts(&needs, day * DAY).await.unwrap();
        assert_eq!(facts.iter().map(|fact| fact.kind.as_str()).collect::<Vec<_>>(), wanted, "{begun:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_gone_or_odd_is_not_waited_for() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone = Server::try_from(format!("redis://{free}")).unwrap();
    for server in [gone, server(&[]).await, server(&["-NOPERM no\r\n"]).await, server(&["junk\r\n"]).await] {
        let metrics = Arc::<Metrics>::default();
        let start = Instant::now();
        let memory = Acquaintances::share(&server, bounds(), Arc::clone(&metrics)).unwrap();
        let facts = memory.facts(&[need("first-contact", "a@x.example")], later()).await;
        assert_eq!(facts, [fact("unavailable", "first-contact", "memory")]);
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_eq!(metrics.failed_memories.load(Ordering::Relaxed), 1);
        assert_eq!(memory.facts(&[need("domain-mail", "x.example")], later()).await, []);
    }
}

/// The runtime has one thread, and that one waits for the notes to be written.
#[tokio::test]
async fn notes_that_cannot_be_written_are_counted_and_gone() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone = Server::try_from(format!("redis://{free}")).unwrap();
    let metrics = Arc::<Metrics>::default();
    let memory = Acquaintances::share(&gone, bounds(), Arc::clone(&metrics)).unwrap();
    memory.keep(&[fact("first-contact", "a@x.example", "no"), fact("first-contact", "b@x.example", "no")]);
    drop(memory);
    assert_eq!(metrics.failed_memories.load(Ordering::Relaxed), 2);
}
