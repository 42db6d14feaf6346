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
    let half = error(&format!("{LISTENER}tls = {{ certificate = \"a.pem\" }}\n"));
    assert!(half.starts_with(":4: milter.tls: missing field `key`"), "{half}");
    let hooks = "[[hooks]]\nname = \"h\"\nlisten = \"0.0.0.0:9901\"\n";
    assert!(error(hooks).contains("hooks `h`: beyond loopback a hook needs `token`"));
    assert!(error(&format!("{hooks}secret = \"x\"\n")).contains("go together"));
    Config::parse(&format!("{hooks}token = \"x\"\n")).unwrap();
    assert!(error(&format!("[limits]\nin-flight-mib = 1\n{LISTENER}")).contains("must fit"));
}
