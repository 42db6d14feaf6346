//! A mail server that keeps to the draft, over real sockets.

use sekisho_protocol::mta_hooks::format::Raw;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;
use crate::config::{Config, Limits};
use crate::hooks::http::tests::{Caller, Heard, identity};
use crate::hooks::http::{Listening, serve};
use crate::judge::Judge;
use crate::metrics::Metrics;
use crate::policy::Policy;

const PPAP: &[u8] = include_bytes!("../../../../mail/ppap.eml");
const PLAIN: &[u8] = include_bytes!("../../../../mail/plain.eml");
const PROPERTIES: [&str; 8] =
    ["/stage", "/action", "/timestamp", "/protocol", "/rawMessage", "/envelope", "/queue", "/client"];

/// A gate, and a mail server that calls it.
struct Bench {
    caller: Caller,
    metrics: Arc<Metrics>,
    authorization: &'static str,
    _stopper: watch::Sender<bool>,
}

/// What a mail server remembers of its registration.
#[derive(Clone, Debug)]
struct Registered {
    id: String,
    hook: String,
    format: Format,
}

impl Bench {
    async fn new(keys: &str, tls: bool) -> Self {
        Self::open(keys, None, tls).await
    }

    async fn with_policy(policy: &std::path::Path) -> Self {
        Self::open("", Some(policy.to_owned()), false).await
    }

    async fn open(keys: &str, policy: Option<std::path::PathBuf>, tls: bool) -> Self {
        let host = crate::plugin();
        let metrics = Arc::new(Metrics::default());
        let judge = Judge::new(Arc::clone(&host), 1, Duration::from_secs(20), Arc::clone(&metrics));
        let limits = Limits { message_mib: 1, in_flight_mib: 8, ..Limits::default() };
        let house = Arc::new(House::new(judge, limits, Arc::clone(&metrics)));
        let keys = format!("[[mta-hooks]]\nname = \"d\"\nlisten = \"127.0.0.1:0\"\ntoken = \"t0ken\"\n{keys}");
        let config = Config::parse(&keys).unwrap();
        let hooks = &config.mta_hooks[0];
        let course = Course { name: "d".into(), way: hooks.way(), policy: Policy::load(policy, &host).unwrap() };
        let door = Door::new(house, Arc::new(course), hooks, Duration::from_secs(20));
        let listener = TcpListener::bind(hooks.listen).await.unwrap();
        let (address, (stopper, stop)) = (listener.local_addr().unwrap(), watch::channel(false));
        let (identity, trusted) = tls.then(identity).unzip();
        tokio::spawn(serve(Listening::new(listener, identity, 9), door.router(), stop));
        let authorization = "Authorization: Bearer t0ken\r\n";
        Self { caller: Caller { address, trusted }, metrics, authorization, _stopper: stopper }
    }

    async fn call(&self, method: &str, path: &str, format: Format, more: &str, body: &[u8]) -> Heard {
        let headers = format!("Content-Type: {}\r\n{}{more}", format.content_type(), self.authorization);
        self.caller.call(method, path, &headers, body).await
    }

    async fn json(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let heard = self.call(method, path, Format::Json, "", body.to_string().as_bytes()).await;
        (heard.status, serde_json::from_slice(&heard.body).unwrap_or(Value::Null))
    }

    /// Finds out where, registers.
    async fn register(&self, format: Format, more: Value) -> Registered {
        let found = self.caller.call("GET", "/.well-known/mta-hooks", "", b"").await;
        assert_eq!(found.status, 200);
        let found: Value = serde_json::from_slice(&found.body).unwrap();
        let mut request = json!({"name": "mx.a.test", "version": "1", "timeoutMs": 30000, "serialization": format.name(),
            "inbound": {"stages": ["data"], "properties": PROPERTIES}, "outbound": null});
        request["inbound"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, told) = self.json("POST", found["endpoints"]["registration"].as_str().unwrap(), &request).await;
        assert_eq!((status, &told["status"]), (201, &json!("active")), "{told}");
        assert_eq!(told["negotiated"]["serialization"], format.name());
        assert_eq!(told["negotiated"]["inbound"]["properties"], json!(PROPERTIES));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Registered { id: text(&told["registrationId"]), hook: text(&told["hookEndpoint"]), format }
    }

    async fn ask(&self, registered: &Registered, request: &str, body: &[u8]) -> Heard {
        let named = format!("X-MTA-Hooks-Registration: {}\r\nX-MTA-Hooks-Request-Id: {request}\r\n", registered.id);
        self.call("POST", &registered.hook, registered.format, &named, body).await
    }

    /// What a mail gets: status and patch.
    async fn judge(&self, registered: &Registered, request: &str, mail: &[u8]) -> (u16, Value) {
        let heard = self.ask(registered, request, &at_data(registered.format, mail)).await;
        (heard.status, read(&heard, registered.format))
    }

    fn verdicts(&self) -> u64 {
        let text = self.metrics.text();
        let count = text.lines().find_map(|line| line.strip_prefix("sekisho_judge_seconds_count "));
        count.unwrap().parse().unwrap()
    }
}

/// A patch, whose bytes (in CBOR) are told as base64.
fn read(heard: &Heard, format: Format) -> Value {
    if heard.status != 200 {
        return Value::Null;
    }
    assert!(heard.head.contains(&format!("content-type: {}", format.content_type())), "{}", heard.head);
    match format {
        Format::Json => serde_json::from_slice(&heard.body).unwrap(),
        Format::Cbor => serde_json::to_value(format.read::<ciborium::Value>(&heard.body).unwrap()).unwrap(),
    }
}

/// A call at the end of DATA, bytes as bytes.
fn at_data(format: Format, mail: &[u8]) -> Vec<u8> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Call {
        stage: &'static str,
        action: &'static str,
        timestamp: &'static str,
        protocol: Value,
        raw_message: Raw,
        envelope: Value,
        queue: Value,
        client: Value,
    }
    let call = Call {
        stage: "data",
        action: "accept",
        timestamp: "2026-11-24T12:00:00.000Z",
        protocol: json!({"version": "1.0"}),
        raw_message: Raw(mail.to_vec()),
        envelope: json!({"from": {"address": "a@a.test", "parameters": {}}, "to": [{"address": "b@b.test", "parameters": {}}]}),
        queue: json!({"id": "4c005a3e"}),
        client: json!({"ip": "192.0.2.9", "port": 40112, "ehlo": "mx.a.test"}),
    };
    format.write(&call).unwrap()
}

fn code(patch: &Value) -> (&Value, &Value) {
    (&patch["set"][0]["value"], &patch["set"][1]["value"]["code"])
}

/// From discovery to goodbye.
async fn dialogue(format: Format, tls: bool) {
    let bench = Bench::new("", tls).await;
    let mx = bench.register(format, json!({})).await;
    assert_eq!(bench.judge(&mx, "1", PLAIN).await, (204, Value::Null));
    let (status, patch) = bench.judge(&mx, "2", PPAP).await;
    assert_eq!((status, code(&patch)), (200, (&json!("reject"), &json!(550))), "{patch}");
    let message = patch["set"][1]["value"]["message"].as_str().unwrap();
    assert!(message.starts_with("Message refused (zip-encrypted): "), "{message}");
    let early = format.write(&json!({"stage": "rcpt", "envelope": null})).unwrap();
    assert_eq!(bench.ask(&mx, "3", &early).await.status, 204);

    let registration = format!("/mta-hooks/register/{}", mx.id);
    let (status, told) = bench.json("GET", &format!("{registration}/status"), &Value::Null).await;
    assert_eq!((status, &told["status"]), (200, &json!("active")));
    let (status, told) = bench.json("DELETE", &registration, &Value::Null).await;
    assert_eq!((status, &told["status"]), (200, &json!("deregistered")));
    assert_eq!(bench.judge(&mx, "4", PLAIN).await.0, 410);
    assert_eq!(bench.verdicts(), 2);
}

#[tokio::test]
async fn a_dialogue_in_json() {
    dialogue(Format::Json, false).await;
}

#[tokio::test]
async fn a_dialogue_in_cbor() {
    dialogue(Format::Cbor, false).await;
}

#[tokio::test]
async fn a_dialogue_over_tls() {
    dialogue(Format::Json, true).await;
    dialogue(Format::Cbor, true).await;
}

#[tokio::test]
async fn a_call_that_comes_again_gets_the_same_answer() {
    let bench = Bench::new("", false).await;
    let mx = bench.register(Format::Json, json!({})).await;
    let body = at_data(Format::Json, PPAP);
    // Twice at once, and once afterwards: the reference in the answer shows whether it is the same.
    let (one, two) = tokio::join!(bench.ask(&mx, "same", &body), bench.ask(&mx, "same", &body));
    let three = bench.ask(&mx, "same", &body).await;
    assert_eq!((&one.body, &one.body), (&two.body, &three.body));
    assert_eq!((one.status, bench.verdicts()), (200, 1));
    let other = bench.ask(&mx, "other", &body).await;
    assert_ne!(other.body, one.body);
    assert_eq!(bench.verdicts(), 2);
}

#[tokio::test]
async fn after_a_restart_the_mail_server_registers_again() {
    let before = Bench::new("", false).await;
    let mx = before.register(Format::Json, json!({})).await;
    let bench = Bench::new("", false).await;
    let heard = bench.ask(&mx, "1", &at_data(Format::Json, &vec![b'x'; 900_000])).await;
    let said: Value = serde_json::from_slice(&heard.body).unwrap();
    assert_eq!((heard.status, &said["error"]["code"]), (404, &json!("REGISTRATION_NOT_FOUND")));
    let mx = bench.register(Format::Json, json!({})).await;
    assert_eq!(code(&bench.judge(&mx, "1", PPAP).await.1).1, 550);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_for_now() {
    let bench = Bench::new("", false).await;
    let mx = bench.register(Format::Json, json!({})).await;
    let cbor = Registered { format: Format::Cbor, ..mx.clone() };
    let unknown_stage = r#"{"stage":"delivery","rawMessage":""}"#;
    let version_1 = r#"{"context":{"stage":"data"},"message":{"headers":[],"contents":""}}"#;
    for (number, body) in ["", "[]", unknown_stage, r#"{"stage":"data"}"#, version_1].iter().enumerate() {
        let heard = bench.ask(&mx, &number.to_string(), body.as_bytes()).await;
        assert_eq!(code(&read(&heard, Format::Json)), (&json!("reject"), &json!(451)), "{body}");
    }
    // Not written as was agreed; a name that is too long, and none.
    let heard = bench.ask(&cbor, "cbor", &at_data(Format::Cbor, PLAIN)).await;
    assert_eq!(code(&read(&heard, Format::Json)).1, 451);
    for name in ["x".repeat(129), String::new()] {
        assert_eq!(code(&bench.judge(&mx, &name, PLAIN).await.1).1, 451);
    }
    assert_eq!(bench.judge(&mx, &"x".repeat(128), PLAIN).await.0, 204);
    assert_eq!(bench.verdicts(), 1);
}

#[tokio::test]
async fn an_action_nobody_knows_changes_nothing() {
    let bench = Bench::new("", false).await;
    let mx = bench.register(Format::Json, json!({})).await;
    for (action, mail, wanted) in [("wave-through", PPAP, 200), ("wave-through", PLAIN, 204), ("reject", PLAIN, 204)] {
        let call = String::from_utf8(at_data(Format::Json, mail)).unwrap();
        let call = call.replace(r#""action":"accept""#, &format!(r#""action":"{action}""#));
        assert_eq!(bench.ask(&mx, &format!("{action}{wanted}"), call.as_bytes()).await.status, wanted, "{action}");
    }
}

#[tokio::test]
async fn too_much_gets_a_decision() {
    for (keys, wanted) in [("", "552"), ("on-failure = \"accept\"\n", "unscanned")] {
        let bench = Bench::new(keys, false).await;
        for format in [Format::Json, Format::Cbor] {
            let mx = bench.register(format, json!({})).await;
            for size in [(1 << 20) + 1, 5 << 20] {
                let (status, patch) = bench.judge(&mx, &size.to_string(), &vec![b'x'; size]).await;
                assert_eq!(status, 200);
                assert!(patch.to_string().contains(wanted), "{patch}");
            }
        }
    }
}

#[tokio::test]
async fn only_those_who_may_call_are_answered() {
    let mut bench = Bench::new("username = \"gate\"\nsecret = \"s3cret\"\n", false).await;
    let mx = bench.register(Format::Json, json!({})).await;
    for authorization in ["", "Authorization: Bearer t0kem\r\n", "Authorization: Basic Z2F0ZTpzM2NyZXR4\r\n"] {
        bench.authorization = authorization;
        let registration = format!("/mta-hooks/register/{}", mx.id);
        for (method, path) in [
            ("POST", "/mta-hooks/register"),
            ("GET", &format!("{registration}/status")),
            ("DELETE", &registration),
            ("POST", "/mta-hooks/hook"),
        ] {
            assert_eq!(bench.json(method, path, &json!({})).await.0, 401, "{method} {path}");
        }
        assert_eq!(bench.judge(&mx, "1", PLAIN).await.0, 401);
        assert_eq!(bench.caller.call("GET", "/.well-known/mta-hooks", authorization, b"").await.status, 200);
    }
    bench.authorization = "Authorization: Basic Z2F0ZTpzM2NyZXQ=\r\n";
    assert_eq!(bench.judge(&mx, "1", PLAIN).await.0, 204);
}

#[tokio::test]
async fn registrations_have_their_limit_and_their_time() {
    let bench = Bench::new("registrations = 2\n", false).await;
    let request = |name: &str, more: Value| {
        let mut request = json!({"name": name, "inbound": {"stages": ["data"], "properties": null}});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let register = async |request: Value| bench.json("POST", "/mta-hooks/register", &request).await;
    let soon = clock::spell(clock::seconds() + 60);
    let (status, told) = register(request("a", json!({"expiresAt": soon}))).await;
    assert_eq!((status, &told["expiresAt"]), (201, &json!(soon)));
    assert_eq!(register(request("b", json!({}))).await.0, 201);
    let (status, told) = register(request("c", json!({}))).await;
    assert_eq!((status, &told["error"]["code"]), (429, &json!("RATE_LIMITED")));
    for (request, wanted) in [
        (request("b", json!({"expiresAt": "2020-01-01T00:00:00Z"})), 400),
        (request("b", json!({"expiresAt": "soon"})), 400),
        (request("b", json!({"filter": {"x": 1}})), 422),
        (json!({"context": {"stage": "data"}}), 400),
        (json!({"name": "x".repeat(70_000), "inbound": {}}), 413),
    ] {
        assert_eq!(register(request.clone()).await.0, wanted);
    }
    let text = bench.caller.call("POST", "/mta-hooks/register", bench.authorization, b"{}").await;
    assert_eq!(text.status, 415);
}

#[tokio::test]
async fn a_call_of_version_1_is_told_so() {
    let bench = Bench::new("", false).await;
    let call = json!({"context": {"stage": "data"}, "message": {"headers": [], "contents": ""}});
    assert_eq!(bench.json("POST", "/mta-hooks/hook", &call).await.0, 400);
}

#[tokio::test]
async fn only_with_the_grant_a_message_is_set_anew() {
    let directory = crate::tls::tests::directory();
    std::fs::create_dir_all(&directory).unwrap();
    let policy = directory.join("strip.toml");
    std::fs::write(&policy, "profile = \"strip\"\n").unwrap();
    let bench = Bench::with_policy(&policy).await;
    std::fs::remove_dir_all(directory).unwrap();
    let plain = bench.register(Format::Json, json!({})).await;
    assert_eq!(code(&bench.judge(&plain, "1", PPAP).await.1).1, 550, "what must go cannot go");
    let grant = json!({"updateProperties": ["/action", "/response", "/message/headers", "/rawMessage"]});
    let mx = bench.register(Format::Json, grant).await;
    let (status, patch) = bench.judge(&mx, "1", PPAP).await;
    assert_eq!(
        (status, &patch["set"][0]["path"], patch["set"].as_array().unwrap().len()),
        (200, &json!("/rawMessage"), 1)
    );
    let raw = base64_simd::STANDARD.decode_to_vec(patch["set"][0]["value"].as_str().unwrap()).unwrap();
    let text = String::from_utf8_lossy(&raw);
    assert!(text.starts_with("X-Sekisho-Reference: ") && !text.contains("UEsD"), "{text}");
    assert_eq!(bench.judge(&mx, "2", PLAIN).await.0, 204);
}
