//! A visit to a server.

use std::sync::{Arc, Mutex};

use forwarding_guard::client::Server;
use forwarding_guard::http::Site;
use forwarding_guard::judge::Verdict;
use forwarding_guard::pull::{Key, Place, Script, deactivate, judge, scripts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::kit::{self, Fake, INSIDE, OUTSIDE};

fn key(form: Option<&str>) -> Key {
    Key { admin: "root".into(), password: "pw".into(), form: form.map(str::to_owned) }
}

#[tokio::test]
async fn a_managesieve_server_is_visited_for_a_user() {
    let fake = Fake::start().await;
    fake.add("evil", OUTSIDE);
    fake.add("fine", INSIDE);
    fake.state.lock().unwrap().active = "evil".into();
    let server = Server { address: fake.address.to_string(), trust: None, limit: 1 << 20 };
    let place = Place::ManageSieve(server);
    let found = scripts(&place, &key(None), "sato").await.unwrap();
    let seen: Vec<_> = found.iter().map(|s| (s.name.as_str(), s.active, s.text.len())).collect();
    assert_eq!(seen, [("evil", true, OUTSIDE.len()), ("fine", false, INSIDE.len())]);
    // `sato\0root\0pw`.
    assert_eq!(fake.state.lock().unwrap().logins, ["c2F0bwByb290AHB3"]);
    let judged = judge(&kit::judge(), &found, Some("corp.example")).await;
    let words: Vec<_> = judged.iter().map(|(_, seen)| seen.as_ref().unwrap().verdict.as_str()).collect();
    assert_eq!(words, ["refuse", "pass"]);
    let json = judged[0].1.as_ref().unwrap().json(&judged[0].0);
    assert_eq!((&json["user"], &json["verdict"], &json["active"]), (&"sato".into(), &"refuse".into(), &true.into()));
    deactivate(&place, &key(Some("{user}*{admin}")), "sato").await.unwrap();
    assert_eq!(fake.state.lock().unwrap().active, "");
    // `\0sato*root\0pw`.
    assert_eq!(fake.state.lock().unwrap().logins[1], "AHNhdG8qcm9vdABwdw==");
}

#[tokio::test]
async fn one_target_of_several_users_is_found() {
    let script = |user: &str, to: &str| Script {
        user: user.into(),
        name: "s".into(),
        active: true,
        text: format!("if header :contains \"subject\" \"lunch\" {{ redirect \"{to}\"; }}").into(),
    };
    let all = [script("a", "x@outside.example"), script("b", "y@outside.example"), script("c", "x@outside.example")];
    let judged = judge(&kit::judge(), &all, Some("corp.example")).await;
    let shared = |n: usize| {
        let report = &judged[n].1.as_ref().unwrap().report;
        report.findings.iter().any(|f| f.rule == "forward-shared-target")
    };
    assert_eq!([shared(0), shared(1), shared(2)], [true, false, true]);
    assert!(matches!(judged[0].1.as_ref().unwrap().verdict, Verdict::Refuse(_)));
}

/// A JMAP server that answers what RFC 9661 shows, and what it was asked.
async fn jmap() -> (Site, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (asked, there) = (heard.clone(), base.clone());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            let whole = |r: &str| {
                let Some((head, body)) = r.split_once("\r\n\r\n") else { return false };
                let length =
                    head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).map_or(0, |l| l.parse().unwrap());
                body.len() >= length
            };
            while !whole(&request) {
                let mut chunk = [0; 4096];
                let got = stream.read(&mut chunk).await.unwrap();
                request.push_str(&String::from_utf8_lossy(&chunk[..got]));
            }
            let body = match request.split(' ').nth(1).unwrap() {
                "/.well-known/jmap" => String::new(),
                "/session" => format!(
                    r#"{{"accounts":{{"u1":{{"name":"root"}},"u2":{{"name":"sato@corp.example"}}}},
                    "primaryAccounts":{{"urn:ietf:params:jmap:sieve":"u1"}},"apiUrl":"{there}/api",
                    "downloadUrl":"{there}/get/{{accountId}}/{{blobId}}/{{name}}?type={{type}}"}}"#
                ),
                "/api" if request.contains("SieveScript/set") => {
                    r#"{"methodResponses":[["SieveScript/set",{"accountId":"u2"},"0"]]}"#.into()
                }
                "/api" => r#"{"methodResponses":[["SieveScript/get",{"accountId":"u2","list":[
                    {"id":"1","name":"main","blobId":"b/1","isActive":true}]},"0"]]}"#
                    .into(),
                "/get/u2/b%2F1/script?type=application%2Fsieve" => OUTSIDE.to_owned(),
                path => panic!("{path}"),
            };
            let status = if body.is_empty() { "307 There\r\nLocation: /session" } else { "200 OK" };
            asked.lock().unwrap().push(request);
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (Site { base, trust: None }, heard)
}

#[tokio::test]
async fn a_jmap_server_is_visited_for_a_user() {
    let (site, heard) = jmap().await;
    let place = Place::Jmap(site);
    let found = scripts(&place, &key(None), "sato@corp.example").await.unwrap();
    assert_eq!((found[0].name.as_str(), found[0].active, found[0].text.as_slice()), ("main", true, OUTSIDE.as_bytes()));
    // `root:pw`.
    assert!(heard.lock().unwrap()[0].contains("Authorization: Basic cm9vdDpwdw==\r\n"));
    deactivate(&place, &key(None), "sato@corp.example").await.unwrap();
    let last = heard.lock().unwrap().last().cloned().unwrap();
    assert!(last.contains("\"accountId\":\"u2\"") && last.contains("\"onSuccessDeactivateScript\":true"), "{last}");
    // Somebody without an account is an error, not the administrator's own scripts.
    assert!(scripts(&place, &key(None), "nobody@corp.example").await.is_err());
}
