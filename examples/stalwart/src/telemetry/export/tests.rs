//! A collector of a few lines takes what is sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use super::*;
use crate::config::{Config, Way};
use crate::judge::{Course, Judge};
use crate::mail::{Mail, Transaction};
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::recent::Entry;

/// The heads and bodies of the requests a collector gets; it answers each with an empty success.
fn collector() -> (Settings, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = to(&listener);
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                while let Some(request) = request(&mut stream) {
                    let answer =
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
                    stream.get_mut().write_all(answer).unwrap();
                    if sender.send(request).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (settings, receiver)
}

fn to(listener: &TcpListener) -> Settings {
    let text = format!("endpoint = \"http://{}/\"", listener.local_addr().unwrap());
    toml::from_str(&text).unwrap()
}

fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

fn entry(reference: &str) -> Entry {
    Entry {
        time: "2026-11-24T09:00:00Z".into(),
        reference: reference.into(),
        listener: "mx".into(),
        action: "reject".into(),
        rules: vec!["zip-encrypted".into()],
        reason: String::new(),
        size: 3453,
        ms: 1,
    }
}

#[tokio::test]
async fn a_collector_hears_of_every_mail_and_of_no_address() {
    let (settings, requests) = collector();
    let telemetry = Arc::new(Telemetry::start(&settings).unwrap());
    let host = crate::plugin();
    let metrics = Arc::new(Metrics::default());
    let judge = Judge::new(Arc::clone(&host), 1, Duration::from_secs(5), Arc::clone(&metrics));
    let judge = judge.with_telemetry(Some(Arc::clone(&telemetry)));
    let course = Course { name: "border".into(), way: Way::default(), policy: Policy::load(None, &host).unwrap() };
    let course = Arc::new(course);
    let bytes = include_bytes!("../../../../mail/ppap.eml").to_vec();
    let transaction = Transaction {
        mail_from: "alice@sender.example".into(),
        recipients: vec!["bob@example.test".into()],
        client_ip: "192.0.2.9".into(),
        ..Transaction::default()
    };
    for _ in 0..3 {
        judge
            .judge(
                Mail { size: bytes.len(), bytes: bytes.clone(), transaction: transaction.clone(), ..Mail::default() },
                &course,
            )
            .await;
    }
    tokio::task::spawn_blocking(move || telemetry.finish()).await.unwrap();
    let (head, body) = requests.try_recv().expect("what waits is sent before the end");
    assert!(
        head.starts_with("post /v1/traces http/1.1") && head.contains("content-type: application/x-protobuf"),
        "{head}"
    );
    let references: Vec<_> = metrics.recent.all().into_iter().map(|entry| entry.reference).collect();
    assert_eq!(references.len(), 3);
    for text in references.iter().map(String::as_str).chain(["sekisho-gate", "border", "reject", "zip-encrypted"]) {
        assert!(holds(&body, text), "{text}");
    }
    for text in ["alice", "bob", "192.0.2.9", "sender.example", "example.test"] {
        assert!(!holds(&body, text), "{text}");
    }
}

#[test]
fn mail_waits_for_no_collector() {
    // Takes connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let telemetry = Telemetry::start(&to(&listener)).unwrap();
    let start = Instant::now();
    for number in 0..WAITING * 4 {
        telemetry.mail(Span { start: SystemTime::now(), entry: &entry(&number.to_string()), risk: 10 });
    }
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    telemetry.finish();
    assert!(start.elapsed() < PATIENCE * 3, "{:?}", start.elapsed());
}

#[test]
fn addresses_are_read_as_operators_write_them() {
    let read = |endpoint: &str| {
        let listener = "[[milter]]\nname = \"mx\"\nlisten = \"127.0.0.1:9900\"\n";
        Config::parse(&format!("[telemetry]\nendpoint = \"{endpoint}\"\n{listener}"))
    };
    let endpoint = read("http://127.0.0.1:4318/").unwrap().telemetry.unwrap().endpoint.unwrap();
    assert_eq!(endpoint.traces(), "http://127.0.0.1:4318/v1/traces");
    let error = read("https://collector.example").unwrap_err().to_string();
    assert!(error.starts_with(":2: telemetry.endpoint: no TLS here"), "{error}");
    assert!(read("collector:4318").unwrap_err().to_string().contains("is no address"));
}
