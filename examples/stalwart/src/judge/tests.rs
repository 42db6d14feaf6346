//! Mails against the real plugin.

use super::*;

const PPAP: &[u8] = include_bytes!("../../../mail/ppap.eml");
const PLAIN: &[u8] = include_bytes!("../../../mail/plain.eml");

struct Bench {
    judge: Judge,
    metrics: Arc<Metrics>,
    host: Arc<Host>,
}

impl Bench {
    fn new() -> Self {
        let (host, metrics) = (crate::plugin(), Arc::new(Metrics::default()));
        let judge = Judge::new(Arc::clone(&host), 1, Duration::from_millis(50), Arc::clone(&metrics));
        Self { judge, metrics, host }
    }

    fn course(&self, policy: &str, on_failure: OnFailure) -> Arc<Course> {
        let file = std::env::temp_dir().join(format!("sekisho-gate-{}.json", reference::next()));
        std::fs::write(&file, if policy.is_empty() { "{}" } else { policy }).unwrap();
        let policy = Policy::load(Some(file.clone()), &self.host).unwrap();
        std::fs::remove_file(file).unwrap();
        Arc::new(Course { name: "t".into(), way: Way { on_failure, ..Way::default() }, policy })
    }

    async fn verdict(&self, bytes: &[u8], policy: &str) -> Verdict {
        let mail = Mail { bytes: bytes.to_vec(), size: bytes.len(), ..Mail::default() };
        self.judge.judge(mail, &self.course(policy, OnFailure::Tempfail)).await
    }
}

fn refusal(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refuse(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_profile_is_carried_out() {
    let bench = Bench::new();
    assert_eq!(bench.verdict(PLAIN, "").await, Verdict::Pass(Changes::default()));

    let line = refusal(bench.verdict(PPAP, "").await).line();
    assert!(line.starts_with("550 5.7.1 Message refused (zip-encrypted): "), "{line}");
    assert!(line.ends_with(']') && line.len() < 500, "{line}");

    let url = "https://mail.example.co.jp/help/".to_owned().try_into().unwrap();
    let helping = Bench { judge: Bench::new().judge.with_help(Some(url)), ..Bench::new() };
    let line = refusal(helping.verdict(PPAP, "").await).line();
    assert!(line.ends_with("] see https://mail.example.co.jp/help/zip-encrypted.html") && line.len() < 500, "{line}");

    let Verdict::Pass(tag) = bench.verdict(PPAP, r#"{"profile":"tag","tag":{"subject":"[!]"}}"#).await else {
        panic!()
    };
    let on_top: Vec<_> = tag.insert.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
    assert_eq!(on_top, ["X-Sekisho-Reference", "X-Sekisho-Action", "X-Sekisho-Findings", "X-Sekisho-Risk"]);
    assert!(tag.change.iter().any(|(name, _, value)| name == b"subject" && value.starts_with(b" [!]")), "{tag:?}");
    assert_eq!(tag.body, None);

    let Verdict::Pass(strip) = bench.verdict(PPAP, r#"{"profile":"strip"}"#).await else { panic!() };
    let body = strip.body.unwrap();
    assert!(!body.windows(4).any(|w| w == b"UEsD"), "the archive is gone");

    let Verdict::Hold { reason, .. } = bench.verdict(PPAP, r#"{"profile":"hold"}"#).await else { panic!() };
    assert!(reason.contains("zip-encrypted"), "{reason}");

    let defer = r#"{"rules":{"zip-encrypted":{"action":"defer"}}}"#;
    assert_eq!(refusal(bench.verdict(PPAP, defer).await).code, 451);
}

#[tokio::test]
async fn forged_results_do_not_pass() {
    let bench = Bench::new();
    let forged = [b"X-Sekisho-Action: deliver\r\n".as_slice(), PLAIN].concat();
    let Verdict::Pass(changes) = bench.verdict(&forged, "").await else { panic!() };
    assert_eq!(changes.delete, [(b"X-Sekisho-Action".to_vec(), 1)]);
}

#[tokio::test]
async fn without_a_verdict_the_listener_decides() {
    let config = sekisho_host::HostConfig { fuel: Some(100_000), ..sekisho_host::HostConfig::default() };
    let host = Arc::new(Host::new(config).unwrap());
    let metrics = Arc::new(Metrics::default());
    let judge = Judge::new(Arc::clone(&host), 1, Duration::from_millis(50), Arc::clone(&metrics));
    for (on_failure, refused, wanted) in [
        (OnFailure::Tempfail, None, "451 4.7.1"),
        (OnFailure::Accept, None, "unscanned"),
        (OnFailure::Tempfail, Some(Refused::Overload), "451 4.7.1"),
        (OnFailure::Tempfail, Some(Refused::TooLarge), "552 5.3.4"),
        (OnFailure::Accept, Some(Refused::TooLarge), "unscanned"),
    ] {
        let way = Way { on_failure, ..Way::default() };
        let course = Course { name: "t".into(), way, policy: Policy::load(None, &host).unwrap() };
        let mail = Mail { bytes: PPAP.to_vec(), size: PPAP.len(), refused, ..Mail::default() };
        let said = match judge.judge(mail, &Arc::new(course)).await {
            Verdict::Refuse(refusal) => refusal.line(),
            Verdict::Pass(changes) => String::from_utf8_lossy(&changes.insert[0].1).into_owned(),
            other => panic!("{other:?}"),
        };
        assert!(said.trim().starts_with(wanted), "{said}");
    }
    let text = metrics.text();
    assert!(text.contains("sekisho_failures_total{reason=\"fuel\"} 2"), "{text}");
    assert!(text.contains("sekisho_failures_total{reason=\"overload\"} 1"), "{text}");
}

#[tokio::test]
async fn a_full_house_is_no_verdict() {
    let bench = Bench::new();
    let turn = bench.judge.turns.clone().acquire_owned().await.unwrap();
    assert_eq!(refusal(bench.verdict(PLAIN, "").await).code, 451);
    assert!(bench.metrics.text().contains("\nsekisho_failures_in_a_row 1\n"));
    drop(turn);
    assert_eq!(bench.verdict(PLAIN, "").await, Verdict::Pass(Changes::default()));
    assert!(bench.metrics.text().contains("reason=\"busy\"} 1"));
    assert!(bench.metrics.text().contains("\nsekisho_failures_in_a_row 0\n"), "a verdict ends the row");
}

#[test]
fn the_direction_comes_from_the_listener_or_the_login() {
    let stranger = Transaction::default();
    let user = Transaction { login: "bob@b.test".into(), ..Transaction::default() };
    for (from, direction, wanted) in [
        (&stranger, WayDirection::ByLogin, Direction::Inbound),
        (&user, WayDirection::ByLogin, Direction::Outbound),
        (&user, WayDirection::Inbound, Direction::Inbound),
        (&stranger, WayDirection::Outbound, Direction::Outbound),
    ] {
        assert_eq!(context(from, direction).direction, wanted);
    }
}

#[tokio::test]
async fn quarantined_mail_is_safe_before_it_is_dropped() {
    let directory = std::env::temp_dir().join(format!("sekisho-spool-{}", reference::next()));
    let spool = Arc::new(Spool::open(&directory, 4096, Duration::from_secs(60)).unwrap());
    let mut bench = Bench::new();
    bench.judge = bench.judge.with_spool(Some(Arc::clone(&spool)));
    let course = bench.course(r#"{"rules":{"zip-encrypted":{"action":"quarantine"}}}"#, OnFailure::Accept);
    let transaction = Transaction { recipients: vec!["b@b.test".into()], ..Transaction::default() };
    let mail = || Mail { bytes: PPAP.to_vec(), size: PPAP.len(), transaction: transaction.clone(), ..Mail::default() };

    let judged = bench.judge.judged(mail(), &course).await;
    assert_eq!((judged.verdict, judged.action.as_str()), (Verdict::Discard, "quarantine"));
    let (held, _) = spool.list().unwrap();
    assert_eq!((held.len(), held[0].rules[0].as_str()), (1, "zip-encrypted"));
    assert_eq!(spool.bytes(&held[0].reference).unwrap(), PPAP);

    // Full: the client keeps it, even where mail may pass without a verdict.
    assert_eq!(refusal(bench.judge.judge(mail(), &course).await).code, 451);
    assert!(bench.metrics.text().contains("reason=\"quarantine-full\"} 1"));

    // What may be damaged is whole in the mail server alone.
    let damaged = Mail { damaged: true, ..mail() };
    assert!(matches!(bench.judge.judge(damaged, &course).await, Verdict::Hold { .. }));

    let to = crate::config::Mailbox::try_from("q@b.test".to_owned()).unwrap();
    let mut way = course.way.clone();
    way.quarantine_to = Some(to);
    let json = r#"{"rules":{"zip-encrypted":{"action":"quarantine"}}}"#;
    let policy = bench.course(json, OnFailure::Accept);
    let policy = Arc::into_inner(policy).unwrap().policy;
    let elsewhere = Arc::new(Course { name: "t".into(), way, policy });
    let Verdict::Redirect { changes, recipients, to } = bench.judge.judge(mail(), &elsewhere).await else { panic!() };
    assert_eq!((recipients, to.as_str()), (transaction.recipients.clone(), "q@b.test"));
    assert!(!format!("{changes:?}").contains("b@b.test"), "no recipient in a field");
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn whom_our_users_write_to_is_known_later() {
    let file = std::env::temp_dir().join(format!("sekisho-gate-{}.redb", reference::next()));
    let day = Duration::from_secs(86_400);
    let bounds = crate::acquaintances::Bounds { keep: day, most: 100, learn: day, deadline: day };
    let memory = || crate::acquaintances::Acquaintances::open(&file, bounds, Arc::default()).unwrap();
    let mut bench = Bench::new();
    let sources = Sources::new(Some(memory()), None, crate::sources::DEADLINE, Arc::default());
    bench.judge = bench.judge.with_sources(sources);
    let bytes = b"From: a@here.example\r\nTo: b@partner.example\r\nSubject: x\r\n\r\nHello.\r\n";
    let transaction = Transaction {
        mail_from: "a@here.example".into(),
        recipients: vec!["b@partner.example".into(), "blind@other.example".into()],
        login: "a".into(),
        ..Transaction::default()
    };
    let mail = Mail { bytes: bytes.to_vec(), size: bytes.len(), transaction, ..Mail::default() };
    let verdict = bench.judge.judge(mail, &bench.course("", OnFailure::Tempfail)).await;
    assert_eq!(verdict, Verdict::Pass(Changes::default()));
    // The thread ends when all is written.
    drop(bench);
    let need = |key: &str| sekisho_host::Need { kind: "known-correspondent".into(), key: key.into() };
    let needs = [need("b@partner.example"), need("blind@other.example")];
    let facts = memory().facts(&needs, tokio::time::Instant::now() + day).await;
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        facts.iter().map(|f| (f.key.as_str(), f.value.as_str())).collect::<Vec<_>>(),
        [("b@partner.example", "yes")]
    );
}
