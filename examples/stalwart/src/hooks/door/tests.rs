//! Calls over a real socket, as Stalwart makes them.

use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::super::http::tests::{Caller, identity};
use super::super::http::{Listening, serve};
use super::*;
use crate::config::{Config, Limits};
use crate::judge::Judge;
use crate::metrics::Metrics;
use crate::policy::Policy;

const PPAP: &str = include_str!("../../../../mail/ppap.eml");

/// A door with these keys in its section; where it is, and what stops it.
async fn open(keys: &str) -> (std::net::SocketAddr, watch::Sender<bool>) {
    let (door, listener) = door(keys).await;
    let (address, (stopper, stop)) = (listener.local_addr().unwrap(), watch::channel(false));
    tokio::spawn(serve(Listening::new(listener, None, 9), door.router(), stop));
    (address, stopper)
}

/// A door with these keys in its section, and where it will be.
async fn door(keys: &str) -> (Door, TcpListener) {
    let host = crate::plugin();
    let metrics = Arc::new(Metrics::default());
    let judge = Judge::new(Arc::clone(&host), 1, Duration::from_secs(10), Arc::clone(&metrics));
    let limits = Limits { message_mib: 1, in_flight_mib: 8, ..Limits::default() };
    let house = Arc::new(House::new(judge, limits, metrics));
    let config = Config::parse(&format!("[[hooks]]\nname = \"h\"\nlisten = \"127.0.0.1:0\"\n{keys}")).unwrap();
    let hooks = &config.hooks[0];
    let course = Course { name: "h".into(), way: hooks.way(), policy: Policy::load(None, &host).unwrap() };
    let door = Door::new(house, Arc::new(course), hooks);
    let listener = TcpListener::bind(hooks.listen).await.unwrap();
    (door, listener)
}

/// Status and JSON (or nothing) of one call.
async fn call(address: std::net::SocketAddr, authorization: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /mta-hook HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{authorization}\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Stalwart's client sends all of it before it reads.
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
}

fn at_data(contents: &str, headers: &[(String, String)]) -> String {
    json!({"context": {"stage": "data", "client": {"ip": "192.0.2.9", "helo": "mx"}},
        "envelope": {"from": {"address": "a@a.test"}, "to": [{"address": "b@b.test"}]},
        "message": {"headers": headers, "contents": contents, "size": 1}})
    .to_string()
}

fn ppap() -> String {
    let wire = PPAP.replace("\r\n", "\n").replace('\n', "\r\n");
    let (head, contents) = wire.split_once("\r\n\r\n").unwrap();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match headers.last_mut() {
            Some((_, value)) if line.starts_with([' ', '\t']) => *value = format!("{value}{line}\r\n"),
            _ => {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.into(), format!("{value}\r\n")));
            }
        }
    }
    at_data(contents, &headers)
}

#[tokio::test]
async fn mail_is_judged_at_data_only() {
    let (address, _stopper) = open("").await;
    let (status, said) = call(address, "", &ppap()).await;
    assert_eq!((status, &said["action"], &said["response"]["status"]), (200, &json!("reject"), &json!(550)));
    assert!(said["response"]["message"].as_str().unwrap().starts_with("Message refused (zip-encrypted): "), "{said}");

    let honest = at_data("hello\r\n", &[("Subject".into(), " hello\r\n".into())]);
    assert_eq!(call(address, "", &honest).await, (200, json!({"action": "accept", "modifications": []})));

    let mail = r#"{"context":{"stage":"mail","client":{"ip":"192.0.2.9"}},"envelope":{"from":{"address":"a@a.test"}}}"#;
    assert_eq!(call(address, "", mail).await, (200, go_on()));

    for other in ["", "[]", "{}", r#"{"stage":"data","action":"accept","protocol":{"version":"1.0"}}"#] {
        assert_eq!(call(address, "", other).await.0, 400, "{other}");
    }
}

#[tokio::test]
async fn only_those_who_may_call_are_answered() {
    let (address, _stopper) = open("username = \"gate\"\nsecret = \"s3cret\"\ntoken = \"t0ken\"\n").await;
    for (authorization, wanted) in [
        ("", 401),
        ("Authorization: Basic Z2F0ZTpzM2NyZXR4\r\n", 401),
        ("Authorization: Bearer t0kem\r\n", 401),
        ("Authorization: Basic Z2F0ZTpzM2NyZXQ=\r\n", 200),
        ("Authorization: Bearer t0ken\r\n", 200),
    ] {
        assert_eq!(call(address, authorization, r#"{"context":{"stage":"ehlo"}}"#).await.0, wanted, "{authorization}");
    }
}

#[tokio::test]
async fn too_much_gets_a_decision() {
    for (keys, wanted) in [("", "552"), ("on-failure = \"accept\"\n", "unscanned")] {
        let (address, _stopper) = open(keys).await;
        for size in [(1 << 20) + 1, 5 << 20] {
            let (status, said) = call(address, "", &at_data(&"x".repeat(size), &[])).await;
            assert_eq!(status, 200);
            assert!(said.to_string().contains(wanted), "{said}");
        }
    }
}

#[tokio::test]
async fn over_tls_it_is_the_same_dialogue() {
    let (identity, certificate) = identity();
    let (door, listener) = door("token = \"t0ken\"\n").await;
    let (address, (_stopper, stop)) = (listener.local_addr().unwrap(), watch::channel(false));
    tokio::spawn(serve(Listening::new(listener, Some(identity), 9), door.router(), stop));
    let caller = Caller { address, trusted: Some(certificate) };
    let say = async |authorization: &str, body: &str| {
        let headers = format!("Content-Type: application/json\r\nAuthorization: {authorization}\r\n");
        let heard = caller.call("POST", "/mta-hook", &headers, body.as_bytes()).await;
        (heard.status, serde_json::from_slice(&heard.body).unwrap_or(Value::Null))
    };
    let mail = r#"{"context":{"stage":"mail","client":{"ip":"192.0.2.9"}},"envelope":{"from":{"address":"a@a.test"}}}"#;
    assert_eq!(say("Bearer t0ken", mail).await, (200, go_on()));
    let honest = at_data("hello\r\n", &[("Subject".into(), " hello\r\n".into())]);
    assert_eq!(say("Bearer t0ken", &honest).await, (200, json!({"action": "accept", "modifications": []})));
    let (status, said) = say("Bearer t0ken", &ppap()).await;
    assert_eq!((status, &said["action"], &said["response"]["status"]), (200, &json!("reject"), &json!(550)));
    assert_eq!(say("Bearer wrong", &ppap()).await, (401, Value::Null));
}
