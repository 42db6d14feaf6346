#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use hickory_resolver::proto::op::{Message, OpCode};
use hickory_resolver::proto::rr::Record;
use hickory_resolver::proto::rr::rdata::{A, MX, SOA, TXT};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

use super::*;
use crate::sources::Sources;

/// A name server on loopback that knows the zone below, and what it was asked.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Server {
    async fn start() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(address).await.unwrap();
        let asked = Arc::<Mutex<BTreeMap<String, u32>>>::default();
        let (by_udp, by_tcp) = (Arc::clone(&asked), Arc::clone(&asked));
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
                if let Some(answer) = answer(&buffer[..length], &by_udp, false) {
                    udp.send_to(&answer, from).await.unwrap();
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let length = stream.read_u16().await.unwrap();
                let mut question = vec![0; usize::from(length)];
                stream.read_exact(&mut question).await.unwrap();
                if let Some(answer) = answer(&question, &by_tcp, true) {
                    stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                    stream.write_all(&answer).await.unwrap();
                }
            }
        });
        Self { address, asked }
    }

    fn settings(&self) -> Settings {
        Settings {
            servers: vec![self.address],
            timeout: Duration::from_millis(150),
            cache: 100,
            negative: (Duration::from_secs(30), Duration::from_secs(60)),
            concurrency: 8,
        }
    }

    fn dns(&self) -> Arc<Dns> {
        Arc::new(Dns::new(&self.settings(), Arc::default()).unwrap())
    }

    fn count(&self, question: &str) -> u32 {
        self.asked.lock().unwrap().get(question).copied().unwrap_or(0)
    }

    fn all(&self) -> u32 {
        self.asked.lock().unwrap().values().sum()
    }
}

/// What is in the zone. Names that are not in it do not exist.
fn zone(name: &str, kind: RecordType) -> Option<Vec<RData>> {
    let host = |name: &str| Name::from_ascii(name).unwrap();
    let text = |text: &str| RData::TXT(TXT::new(vec![text.to_owned()]));
    Some(match (name, kind) {
        ("shop.example.", RecordType::MX) => vec![RData::MX(MX::new(10, host("mx.shop.example.")))],
        ("sub.shop.example." | "shop.example.", _) => vec![],
        ("_dmarc.shop.example.", RecordType::TXT) => vec![text("v=DMARC1; p=reject; sp=quarantine")],
        ("null.example.", RecordType::MX) => vec![RData::MX(MX::new(0, Name::root()))],
        ("host.example.", RecordType::A) => vec![RData::A(A::new(192, 0, 2, 1))],
        ("host.example." | "bare.example." | "half.example.", _) => vec![],
        ("large.example.", RecordType::MX) => (0..40u16)
            .map(|n| RData::MX(MX::new(n, host(&format!("mail-exchanger-number-{n}.large.example.")))))
            .collect(),
        ("xn--caf-dma.example.", RecordType::MX) => vec![RData::MX(MX::new(10, host("mx.shop.example.")))],
        _ => return None,
    })
}

fn answer(question: &[u8], asked: &Mutex<BTreeMap<String, u32>>, tcp: bool) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries[0].clone();
    let (name, kind) = (query.name().to_ascii().to_ascii_lowercase(), query.query_type());
    *asked.lock().unwrap().entry(format!("{kind} {name}{}", if tcp { " tcp" } else { "" })).or_default() += 1;
    let mut out = Message::response(question.metadata.id, OpCode::Query);
    out.metadata.recursion_available = true;
    out.add_query(query.clone());
    match (name.as_str(), kind) {
        ("silent.example.", _) => return None,
        ("slow.example.", _) => std::thread::sleep(Duration::from_millis(100)),
        ("broken.example.", _) | ("half.example.", RecordType::AAAA) => {
            out.metadata.response_code = ResponseCode::ServFail;
        }
        _ => {}
    }
    let records = zone(&name, kind);
    if records.is_none() && out.metadata.response_code == ResponseCode::NoError && name != "slow.example." {
        out.metadata.response_code = ResponseCode::NXDomain;
    }
    let records = records.unwrap_or_default();
    if records.is_empty() {
        let root = Name::root();
        let soa = SOA::new(root.clone(), root.clone(), 1, 1, 1, 1, 60);
        out.add_authority(Record::from_rdata(root, 60, RData::SOA(soa)));
    }
    for data in records {
        out.add_answer(Record::from_rdata(query.name().clone(), 300, data));
    }
    let whole = out.to_vec().unwrap();
    if whole.len() > 512 && !tcp {
        out.answers.clear();
        out.metadata.truncation = true;
        return Some(out.to_vec().unwrap());
    }
    Some(whole)
}

fn need(kind: &str, key: &str) -> Need {
    Need { kind: kind.to_owned(), key: key.to_owned() }
}

fn in_two_seconds() -> Instant {
    Instant::now() + Duration::from_secs(2)
}

/// Kind and value of the fact the DNS tells.
async fn told(dns: &Arc<Dns>, kind: &str, domain: &str) -> Option<(String, String)> {
    let mut facts = dns.facts(&[need(kind, domain)], in_two_seconds()).await;
    assert!(facts.len() < 2);
    facts.pop().map(|fact| (fact.kind, fact.value))
}

async fn takes_mail(dns: &Arc<Dns>, domain: &str) -> String {
    told(dns, "domain-mail", domain).await.map(|(kind, value)| format!("{kind} {value}")).unwrap_or_default()
}

#[tokio::test]
async fn who_takes_mail_is_told() {
    let server = Server::start().await;
    let dns = server.dns();
    for (domain, wanted) in [
        ("shop.example", "domain-mail mx"),
        ("SHOP.example.", "domain-mail mx"),
        ("café.example", "domain-mail mx"),
        ("null.example", "domain-mail null-mx"),
        ("host.example", "domain-mail address"),
        ("bare.example", "domain-mail none"),
        ("invented.example", "domain-mail nxdomain"),
        ("broken.example", "unavailable failed"),
        ("half.example", "unavailable failed"),
        ("silent.example", "unavailable timeout"),
    ] {
        assert_eq!(takes_mail(&dns, domain).await, wanted, "{domain}");
    }
    let facts = dns.facts(&[need("domain-mail", "Shop.Example")], in_two_seconds()).await;
    assert_eq!(facts, [fact("domain-mail", "Shop.Example", "mx")], "in the words it was asked for");
}

#[tokio::test]
async fn what_a_domain_publishes_is_told() {
    let server = Server::start().await;
    let dns = server.dns();
    let policy = async |domain| told(&dns, "dmarc-policy", domain).await.map(|(_, value)| value);
    assert_eq!(policy("shop.example").await.as_deref(), Some("reject"));
    assert_eq!(policy("a.sub.shop.example").await.as_deref(), Some("quarantine"));
    assert_eq!(policy("invented.example").await, None);
}

#[tokio::test]
async fn what_does_not_fit_is_asked_again_over_tcp() {
    let server = Server::start().await;
    assert_eq!(takes_mail(&server.dns(), "large.example").await, "domain-mail mx");
    assert_eq!((server.count("MX large.example."), server.count("MX large.example. tcp")), (1, 1));
}

#[tokio::test]
async fn answers_are_held() {
    let server = Server::start().await;
    let dns = server.dns();
    for _ in 0..3 {
        for domain in ["shop.example", "invented.example", "host.example"] {
            takes_mail(&dns, domain).await;
        }
    }
    assert_eq!((server.count("MX shop.example."), server.count("MX invented.example.")), (1, 1));
    assert_eq!(server.count("A host.example."), 1);
    let text = dns.metrics.text();
    assert!(text.contains("sekisho_dns_questions_total{result=\"nxdomain\"} 3\n"), "{text}");
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let server = Server::start().await;
    let patient = Settings { timeout: Duration::from_secs(30), ..server.settings() };
    let dns = Arc::new(Dns::new(&patient, Arc::default()).unwrap());
    let start = Instant::now();
    let needs = [need("domain-mail", "silent.example"), need("domain-mail", "shop.example")];
    let facts = dns.facts(&needs, start + Duration::from_millis(500)).await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(facts, [fact("unavailable", "domain-mail", "timeout"), fact("domain-mail", "shop.example", "mx")]);
}

#[tokio::test]
async fn what_comes_too_late_is_there_for_the_next_mail() {
    let server = Server::start().await;
    let dns = server.dns();
    let facts = dns.facts(&[need("domain-mail", "slow.example")], Instant::now() + Duration::from_millis(20)).await;
    assert_eq!(facts, [fact("unavailable", "domain-mail", "timeout")]);
    tokio::time::sleep(Duration::from_millis(600)).await;
    let before = server.all();
    assert_eq!(takes_mail(&dns, "slow.example").await, "domain-mail none");
    assert_eq!(server.all(), before, "the cache answers");
}

#[tokio::test]
async fn questions_are_bounded() {
    let server = Server::start().await;
    let dns = server.dns();
    let many: Vec<_> = (0..100).map(|n| need("domain-mail", &format!("{n}.invented.example"))).collect();
    assert_eq!(dns.facts(&many, in_two_seconds()).await.len(), MOST);
    assert_eq!(server.all(), u32::try_from(MOST).unwrap());

    let one = Settings { concurrency: 1, ..server.settings() };
    let dns = Arc::new(Dns::new(&one, Arc::default()).unwrap());
    let until = Instant::now() + Duration::from_millis(50);
    let needs = [need("domain-mail", "silent.example"), need("domain-mail", "shop.example")];
    let facts = dns.facts(&needs, until).await;
    assert!(facts.iter().all(|fact| fact.kind == "unavailable"), "one question at a time: {facts:?}");
    assert_eq!(server.count("MX shop.example."), 0);
}

#[tokio::test]
async fn what_is_no_name_is_not_asked_for() {
    let server = Server::start().await;
    let dns = server.dns();
    let long = format!("{}.example", "a".repeat(64));
    let longer = "a.".repeat(127) + "example";
    for domain in [
        "",
        ".",
        "..",
        "a..b",
        "192.0.2.1",
        "[192.0.2.1]",
        "a b.example",
        "a\\.b",
        "*.example",
        "a\n.b",
        &long,
        &longer,
    ] {
        assert_eq!(told(&dns, "domain-mail", domain).await, None, "{domain:?}");
    }
    assert_eq!(told(&dns, "known-correspondent", "shop.example").await, None, "not a matter of the DNS");
    assert_eq!(server.all(), 0);
}

mod judged {
    use super::*;
    use crate::config::Way;
    use crate::judge::{Course, Judge, Judged};
    use crate::mail::Mail;
    use crate::policy::Policy;

    async fn judged(judge: &Judge, from: &str) -> Judged {
        let bytes = format!(
            "From: a@{from}\r\nTo: b@here.example\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 09:00:00 +0900\r\n\r\nHello.\r\n"
        );
        let course =
            Course { name: "t".into(), way: Way::default(), policy: Policy::load(None, &crate::plugin()).unwrap() };
        let mail = Mail { size: bytes.len(), bytes: bytes.into_bytes(), ..Mail::default() };
        judge.judged(mail, &Arc::new(course)).await
    }

    /// A runtime with one thread and one turn: whoever held either while he waits would wait for ever.
    #[tokio::test]
    async fn mails_are_judged_by_what_the_dns_says_and_without_it() {
        let server = Server::start().await;
        let metrics = Arc::<Metrics>::default();
        let patient = Settings { timeout: Duration::from_secs(30), ..server.settings() };
        let dns = Dns::new(&patient, Arc::clone(&metrics)).unwrap();
        let sources = Sources::new(None, Some(dns), Duration::from_secs(1), Arc::clone(&metrics));
        let judge = Judge::new(crate::plugin(), 1, Duration::from_secs(20), Arc::clone(&metrics)).with_sources(sources);
        let (fine, invented, silent) = tokio::join!(
            judged(&judge, "shop.example"),
            judged(&judge, "invented.example"),
            judged(&judge, "silent.example")
        );
        assert_eq!((fine.action.as_str(), fine.rules.as_slice()), ("deliver", [].as_slice()));
        assert_eq!((invented.action.as_str(), invented.rules[0].as_str()), ("tag", "sender-domain-no-mail"));
        assert_eq!((silent.action.as_str(), silent.rules), ("deliver", vec!["facts-unavailable".to_owned()]));
        let text = metrics.text();
        let line = "sekisho_facts_unavailable_total{kind=\"domain-mail\",reason=\"timeout\"} 1\n";
        assert!(text.contains(line) && text.contains("sekisho_facts_seconds_count 3\n"), "{text}");
    }
}
