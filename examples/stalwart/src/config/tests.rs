//! Files as operators write them.

use super::*;

fn error(text: &str) -> String {
    Config::parse(text).unwrap_err().to_string()
}

const LISTENER: &str = "[[milter]]\nname = \"mx\"\nlisten = \"127.0.0.1:9900\"\n";

#[test]
fn a_listener_is_enough() {
    let config = Config::parse(LISTENER).unwrap();
    assert_eq!(config.milter[0].listen, Listen::Tcp("127.0.0.1:9900".parse().unwrap()));
    assert_eq!(config.milter[0].on_failure, OnFailure::Tempfail);
    assert_eq!(config.limits.message_mib, 64);
}

#[test]
fn the_sample_is_right() {
    let text = include_str!("../../gate.toml");
    Config::parse(text).unwrap();
    // Every key that stands behind a comment sign is a key, too.
    let all: String =
        text.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).map(|l| format!("{l}\n")).collect();
    Config::parse(&all).unwrap();
}

#[test]
fn errors_name_line_and_key() {
    let unknown = error(&format!("[limits]\nmessage-mb = 5\n{LISTENER}"));
    assert!(unknown.starts_with(":2: limits.message-mb: unknown field `message-mb`"), "{unknown}");
    let kind = error(&format!("{LISTENER}on-failure = \"open\"\n"));
    assert!(kind.starts_with(":4: milter.on-failure: unknown variant `open`"), "{kind}");
    let listen = error("[[milter]]\nname = \"x\"\nlisten = \"localhost\"\n");
    assert!(listen.starts_with(":3: milter.listen: `localhost` is neither"), "{listen}");
    assert!(error(&format!("{LISTENER}{LISTENER}")).contains("two listeners are called `mx`"));
    assert!(error("").contains("no listener"));
    let server = error(&format!("[dns]\nservers = [\"ns.example\"]\n{LISTENER}"));
    assert!(server.starts_with(":2: dns.servers: `ns.example` is no address of a name server"), "{server}");
    let memory = |keys: &str| error(&format!("[memory]\n{keys}\n{LISTENER}"));
    assert!(memory("keep-days = 5").contains("memory: either `file` or `url`"));
    assert!(memory("file = \"m\"\nurl = \"redis://127.0.0.1\"").contains("memory: `file` and `url` do not go"));
    assert!(memory("url = \"redis://127.0.0.1\"\nmost = 5").contains("memory: `most` is for a file"));
    let half = error(&format!("{LISTENER}tls = {{ certificate = \"a.pem\" }}\n"));
    assert!(half.starts_with(":4: milter.tls: missing field `key`"), "{half}");
    let hooks = "[[hooks]]\nname = \"h\"\nlisten = \"0.0.0.0:9901\"\n";
    assert!(error(hooks).contains("hooks `h`: beyond loopback a hook needs `token`"));
    assert!(error(&format!("{hooks}secret = \"x\"\n")).contains("go together"));
    Config::parse(&format!("{hooks}token = \"x\"\n")).unwrap();
    let draft = "[[mta-hooks]]\nname = \"d\"\nlisten = \"127.0.0.1:9902\"\n";
    assert!(error(draft).contains("mta-hooks `d`: needs `token`"));
    Config::parse(&format!("{draft}token = \"x\"\n")).unwrap();
    let beyond = draft.replace("127.0.0.1", "192.0.2.1");
    assert!(error(&format!("{beyond}token = \"x\"\n")).contains("beyond loopback it needs `tls`"));
    Config::parse(&format!("{beyond}token = \"x\"\ntls = {{ certificate = \"c\", key = \"k\" }}\n")).unwrap();
    assert!(
        error(&format!("{draft}token = \"x\"\nupdate-properties = [\"/action\"]\n"))
            .contains("nothing could be refused")
    );
    assert!(error(&format!("{draft}token = \"x\"\npath = \"/hooks/\"\n")).contains("does not end with /"));
    assert!(error(&format!("[limits]\nin-flight-mib = 1\n{LISTENER}")).contains("must fit"));
}

#[test]
fn nobody_is_told_how_to_log_in_at_the_memory() {
    let config = |url: &str| Config::parse(&format!("[memory]\nurl = \"{url}\"\n{LISTENER}"));
    for url in ["redis://gate:s3cret@127.0.0.1:6379/2", "rediss://:s3cret@memory.example", "unix:///run/redis.sock"] {
        let memory = config(url).unwrap().memory.unwrap();
        assert!(!format!("{memory:?}").contains("s3cret"), "{memory:?}");
    }
    for url in
        ["http://gate:s3cret@127.0.0.1", "redis://gate:s3cret@127.0.0.1:x", "rediss://gate:s3cret@h/#insecure", ""]
    {
        let error = config(url).unwrap_err().to_string();
        assert!(error.starts_with(":2: memory.url: ") && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_login_beyond_loopback_needs_tls() {
    let hash = crate::password::hash("correct horse battery").unwrap();
    let operator = format!("[[operator]]\nname = \"aiko\"\npassword = \"{hash}\"\n");
    let gate = |status: &str| format!("[gate]\nstatus = \"{status}\"\n{operator}{LISTENER}");
    Config::parse(&gate("127.0.0.1:9909")).unwrap();
    assert!(error(&gate("192.0.2.1:9909")).contains("beyond loopback a login needs `status-tls`"));
    let tls = "status-tls = { certificate = \"a.pem\", key = \"b.pem\" }\n";
    let secured =
        Config::parse(&gate("192.0.2.1:9909").replace("[[operator]]", &format!("{tls}[[operator]]"))).unwrap();
    assert_eq!((secured.tls().next().unwrap().0, secured.line(STATUS)), (STATUS, 3));
    assert!(error(&format!("{operator}{LISTENER}")).contains("of no use without `status`"));
    assert!(
        error(&gate("127.0.0.1:9909").replace(LISTENER, &format!("{operator}{LISTENER}")))
            .contains("two are called `aiko`")
    );
    let plain = error(&format!("[[operator]]\nname = \"aiko\"\npassword = \"secret\"\n{LISTENER}"));
    assert!(plain.starts_with(":3: operator.password: no hash") && !plain.contains("secret"), "{plain}");
    for url in ["https://x.example/help", "ftp://x.example/", "https://x.example/ヘルプ/"] {
        assert!(
            error(&format!("[gate]\nhelp-url = \"{url}\"\n{LISTENER}")).starts_with(":2: gate.help-url: `"),
            "{url}"
        );
    }
}
