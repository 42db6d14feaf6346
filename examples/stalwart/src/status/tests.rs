//! Requests as browsers send them, and as others do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::config::{Config, Limits};
use crate::judge::Judge;
use crate::mail::{Mail, Transaction};
use crate::metrics::Metrics;
use crate::quarantine::Why;

const PASSWORD: &str = "correct horse battery";

/// The pages on a port of loopback, with one mail in quarantine.
struct Page {
    address: std::net::SocketAddr,
    spool: Arc<Spool>,
    _stop: watch::Sender<bool>,
}

struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn code(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn field(&self, name: &str) -> &str {
        let field = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        field.unwrap_or("")
    }

    fn csrf(&self) -> &str {
        self.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
    }
}

impl Page {
    async fn open(with_operator: bool, release_to: Option<std::net::SocketAddr>) -> Self {
        let directory = std::env::temp_dir().join(format!("sekisho-status-{}", crate::reference::next()));
        let spool = Arc::new(Spool::open(&directory, 1 << 20, Duration::from_secs(3600)).unwrap());
        let transaction = Transaction {
            mail_from: "a@sender.example".into(),
            recipients: vec!["b@here.example".into(), "blind@here.example".into()],
            ..Transaction::default()
        };
        let bytes = b"Subject: secret offer\r\nTo: b@here.example\r\n\r\nraw text\r\n".to_vec();
        let mail = Mail { size: bytes.len(), bytes, transaction, ..Mail::default() };
        let rules = ["zip-encrypted".to_owned()];
        let why = Why { reference: "A", listener: "mx", action: "quarantine", risk: 1, rules: &rules, reason: "So." };
        spool.store(&mail, why).unwrap();
        let text = if with_operator {
            let hash = crate::password::hash(PASSWORD).unwrap();
            format!("[gate]\nstatus = \"127.0.0.1:1\"\n[[operator]]\nname = \"aiko\"\npassword = \"{hash}\"\n")
        } else {
            String::new()
        };
        let listener = "[[milter]]\nname = \"mx\"\nlisten = \"127.0.0.1:9900\"\n";
        let config = Config::parse(&format!("{text}{listener}")).unwrap();
        let (host, metrics) = (crate::plugin(), Arc::new(Metrics::default()));
        let judge = Judge::new(Arc::clone(&host), 1, Duration::from_secs(1), Arc::clone(&metrics));
        let (stopper, stop) = watch::channel(false);
        let server = release_to.map(|address| Server { address, lmtp: false });
        let status = Status {
            house: Arc::new(House::new(judge, Limits::default(), metrics)),
            stop,
            catalogue: Arc::new(Catalogue::of(&host).unwrap()),
            desk: Desk::new(&config.operator, Some(Arc::clone(&spool)), server).map(Arc::new),
            has_tls: false,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(Listening::new(listener, None, 64), status));
        Self { address, spool, _stop: stopper }
    }

    async fn ask(&self, method: &str, path: &str, fields: &str, body: &str) -> Answer {
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let (host, length) = (self.address, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer { head: head.to_owned(), body: body.to_owned() }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask("GET", path, &format!("Cookie: {cookie}\r\n"), "").await
    }

    /// As a page of ours posts it.
    async fn post(&self, path: &str, cookie: &str, body: &str) -> Answer {
        self.ask("POST", path, &format!("Cookie: {cookie}\r\nOrigin: http://{}\r\n", self.address), body).await
    }

    async fn log_in(&self) -> String {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("name", "aiko"), ("password", PASSWORD)])
            .finish();
        let answer = self.post("/login", "", &body).await;
        assert_eq!((answer.code(), answer.field("location")), (303, "/quarantine"), "{}", answer.body);
        let cookie = answer.field("set-cookie");
        assert!(cookie.ends_with("; Path=/; Max-Age=28800; HttpOnly; SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn without_operators_nothing_of_the_quarantine_is_shown() {
    let page = Page::open(false, None).await;
    let front = page.get("/", "").await;
    assert_eq!(front.code(), 200);
    assert!(!front.body.contains("/quarantine") && !front.body.contains("/login"), "{}", front.body);
    for path in ["/quarantine", "/quarantine/A", "/login"] {
        let answer = page.get(path, "").await;
        assert!(!answer.body.contains("secret") && !answer.body.contains("@here"), "{path}: {}", answer.body);
        assert_eq!(answer.code(), 404, "{path}");
    }
    assert_eq!(page.post("/quarantine/A/delete", "", "csrf=").await.code(), 403);
    assert!(page.spool.get("A").is_ok());
}

#[tokio::test]
async fn a_page_may_do_nothing_but_be_shown_and_send_its_forms() {
    let page = Page::open(true, None).await;
    let front = page.get("/", "").await;
    let policy = front.field("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("form-action 'self'; frame-ancestors 'none'; base-uri 'none'"), "{policy}");
    assert_eq!((front.field("cache-control"), front.field("x-content-type-options")), ("no-store", "nosniff"));
    assert!(!front.body.contains("<script") && !front.body.contains(" style=") && !front.body.contains(" on"));
    // A language is remembered.
    let japanese = page.get("/?lang=ja", "").await;
    assert!(japanese.body.contains("<html lang=\"ja\">") && japanese.body.contains("最近の判定"));
    let cookie = japanese.field("set-cookie").split(';').next().unwrap();
    assert!(page.get("/", cookie).await.body.contains("<html lang=\"ja\">"));
    let accepted = page.ask("GET", "/help/zip-encrypted.html", "Accept-Language: ja\r\n", "").await;
    assert!(accepted.body.contains("救済措置") && accepted.body.contains("What you can do"));
    assert_eq!(page.get("/help/no-such-rule.html", "").await.code(), 404);
}

#[tokio::test]
async fn the_quarantine_is_for_who_has_logged_in() {
    let page = Page::open(true, None).await;
    for path in ["/quarantine", "/quarantine/A"] {
        assert_eq!(page.get(path, "sekisho=forged").await.field("location"), "/login");
    }
    let cookie = page.log_in().await;
    assert!(page.get("/quarantine", &cookie).await.body.contains("href=\"/quarantine/A\""));
    let one = page.get("/quarantine/A", &cookie).await;
    assert!(one.body.contains("secret offer") && one.body.contains("b@here.example"), "{}", one.body);
    assert!(!one.body.contains("raw text") && !one.body.contains("blind@"), "{}", one.body);
    assert_eq!(page.get("/quarantine/..%2FA", &cookie).await.code(), 404);

    // Forms from elsewhere, without the token, or with that of another session do nothing.
    let other = page.get("/quarantine/A", &page.log_in().await).await;
    for body in ["", "csrf=", "csrf=x", &format!("csrf={}", other.csrf())] {
        assert_eq!(page.post("/quarantine/A/delete", &cookie, body).await.code(), 403, "{body}");
    }
    let right = format!("csrf={}", one.csrf());
    for fields in ["", "Origin: http://evil.example\r\n", "Origin: null\r\n"] {
        let fields = format!("Cookie: {cookie}\r\n{fields}");
        assert_eq!(page.ask("POST", "/quarantine/A/delete", &fields, &right).await.code(), 403, "{fields}");
    }
    assert_eq!(page.ask("GET", "/quarantine/A/delete", &format!("Cookie: {cookie}\r\n"), "").await.code(), 405);
    assert!(page.spool.get("A").is_ok());
    // Nor does a logout from elsewhere; a right one ends the session on the server.
    assert_eq!(page.post("/logout", &cookie, "csrf=x").await.code(), 403);
    assert_eq!(page.post("/logout", &cookie, &right).await.field("location"), "/");
    assert_eq!(page.post("/quarantine/A/delete", &cookie, &right).await.code(), 403);
    assert!(page.spool.get("A").is_ok());

    let cookie = page.log_in().await;
    let right = format!("csrf={}", page.get("/quarantine/A", &cookie).await.csrf());
    assert_eq!(page.post("/quarantine/A/delete", &cookie, &right).await.field("location"), "/quarantine");
    assert!(page.spool.get("A").is_err());
    assert!(page.get("/quarantine", &cookie).await.body.contains("Deleted."));
    assert!(!page.get("/quarantine", &cookie).await.body.contains("Deleted."), "told once");
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_cost_time() {
    let page = Page::open(true, None).await;
    let mut codes = Vec::new();
    for name in ["aiko", "nobody", "aiko", "aiko"] {
        let answer = page.post("/login", "", &format!("name={name}&password=wrong")).await;
        assert_eq!(answer.field("set-cookie"), "");
        codes.push(answer.code());
    }
    assert_eq!(codes, [403, 403, 403, 429]);
    let right = page.post("/login", "", "name=aiko&password=correct+horse+battery").await;
    assert_eq!((right.code(), right.field("retry-after")), (429, "1"), "even the right one");
    let elsewhere = page.ask("POST", "/login", "Origin: http://evil.example\r\n", "name=aiko&password=x").await;
    assert_eq!(elsewhere.code(), 403);
    let large = page.post("/login", "", &"x".repeat(FORM + 1)).await;
    assert!(large.code() >= 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_release_at_once_send_one_mail() {
    let sink = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = sink.local_addr().unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = sink.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move { take(stream, &count).await });
        }
    });
    let page = Page::open(true, Some(address)).await;
    let (one, two) = (page.log_in().await, page.log_in().await);
    let csrf = |page: Answer| format!("csrf={}", page.csrf());
    let (mine, yours) = (csrf(page.get("/quarantine/A", &one).await), csrf(page.get("/quarantine/A", &two).await));
    let path = "/quarantine/A/release";
    let (first, second) = tokio::join!(page.post(path, &one, &mine), page.post(path, &two, &yours));
    assert_eq!((first.code(), second.code()), (303, 303));
    let told = page.get("/quarantine/A", &one).await.body + &page.get("/quarantine/A", &two).await.body;
    assert_eq!(told.matches("Released: the mail server took it.").count(), 1, "{told}");
    assert!(told.contains("right now") || told.contains("released before"), "{told}");
    assert_eq!(taken.load(Ordering::SeqCst), 1);
    assert_eq!(page.spool.get("A").unwrap().state, crate::quarantine::State::Released);
}

/// A mail server that takes its time.
async fn take(stream: tokio::net::TcpStream, count: &AtomicUsize) {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 sink\r\n").await.unwrap();
    let (mut line, mut data) = (String::new(), false);
    while stream.read_line(&mut line).await.is_ok_and(|n| n > 0) {
        let reply = match (data, line.trim_end()) {
            (true, ".") => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                count.fetch_add(1, Ordering::SeqCst);
                data = false;
                "250 taken\r\n"
            }
            (true, _) => "",
            (_, "DATA") => {
                data = true;
                "354 go\r\n"
            }
            _ => "250 ok\r\n",
        };
        stream.get_mut().write_all(reply.as_bytes()).await.unwrap();
        line.clear();
    }
}
