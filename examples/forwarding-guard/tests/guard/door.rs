//! TLS at the proxy, and who is let in.

use std::sync::Arc;

use forwarding_guard::client::{Client, Server};
use forwarding_guard::tls::{Identity, Trust};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::kit::{Fake, INSIDE, LOGIN, OUTSIDE, Proxy, Raw, judge, settings};

/// A proxy with TLS, a certificate for `localhost`, and the folder that holds it.
async fn with_tls(fake: &Fake, name: &str) -> (Proxy, std::path::PathBuf, rcgen::Certificate) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.key_pair.serialize_pem()).unwrap();
    let mut settings = settings(fake.address, judge());
    settings.identity = Some(Identity::read(&cert, &key).unwrap());
    settings.plaintext = false;
    (Proxy::start(settings).await, cert, made.cert)
}

#[tokio::test]
async fn tls_ends_at_the_proxy() {
    let fake = Fake::start().await;
    let (proxy, _, cert) = with_tls(&fake, "tls").await;
    let mut raw = Raw::new(tokio::net::TcpStream::connect(proxy.address).await.unwrap());
    let greeting = raw.response().await;
    greeting.starts("OK");
    assert!(greeting.data.contains("\"STARTTLS\"\r\n") && greeting.data.contains("\"SASL\" \"\"\r\n"), "{greeting:?}");
    // No password in the open, wherever it would go.
    raw.ask(LOGIN).await.starts("NO (ENCRYPT-NEEDED)");
    assert_eq!(fake.heard("AUTHENTICATE"), 0);
    raw.ask("STARTTLS\r\n").await.starts("OK");

    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), raw.stream).await.unwrap();
    let mut raw = Raw::new(stream);
    let greeting = raw.response().await;
    greeting.starts("OK");
    assert!(!greeting.data.contains("STARTTLS") && greeting.data.contains("\"SASL\" \"PLAIN\"\r\n"), "{greeting:?}");
    raw.ask(LOGIN).await.starts("OK");
    raw.put("a", OUTSIDE).await.starts("NO");
    raw.put("a", INSIDE).await.starts("OK");
    raw.ask("STARTTLS\r\n").await.starts("NO");
    assert_eq!((fake.script("a").unwrap().as_str(), fake.heard("STARTTLS")), (INSIDE, 0));
}

#[tokio::test]
async fn nothing_said_before_tls_counts_after_it() {
    let fake = Fake::start().await;
    let (proxy, _, _) = with_tls(&fake, "before").await;
    let mut raw = proxy.connect().await;
    raw.ask("STARTTLS\r\nNOOP\r\n").await.starts("BYE");
    assert!(raw.ended().await);
}

#[tokio::test]
async fn a_proxy_may_stand_before_a_proxy() {
    let fake = Fake::start().await;
    let (inner, cert, _) = with_tls(&fake, "chain").await;
    let trust = |name: &str| Some(Trust::new(name, Some(&cert)).unwrap());
    let server = |name| Server { address: inner.address.to_string(), trust: trust(name), limit: 1 << 20 };
    assert!(Client::connect(&server("elsewhere.example")).await.is_err());
    let mut settings = settings(fake.address, judge());
    settings.server = server("localhost");
    let outer = Proxy::start(settings).await;
    let mut raw = outer.login().await;
    raw.put("a", INSIDE).await.starts("OK");
    assert_eq!(fake.script("a").unwrap(), INSIDE);
}

#[tokio::test]
async fn a_client_cannot_say_where_it_comes_from() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.connect().await;
    let seen = raw.ask("CAPABILITY\r\n").await;
    assert!(
        !seen.data.contains("XCLIENT") && !seen.data.contains("-PLUS") && seen.data.contains("\"Fake\""),
        "{seen:?}"
    );
    raw.ask("XCLIENT ADDR=192.0.2.1\r\n").await.starts("NO");
    // Once, by the proxy.
    assert_eq!(fake.heard("XCLIENT"), 1);
    // Nor does it get anything judged or stored before it says who it is.
    raw.put("a", INSIDE).await.starts("NO \"Log in");
    assert_eq!(fake.heard("PUTSCRIPT"), 0);
}

#[tokio::test]
async fn a_login_may_take_a_challenge() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.connect().await;
    raw.send("AUTHENTICATE \"PLAIN\"\r\n{12+}\r\nAHNhdG8AcHc=\r\nNOOP\r\n").await;
    let said = raw.response().await;
    assert_eq!((said.data.as_str(), said.last.as_str()), ("\"\"\r\n", "OK\r\n"));
    raw.response().await.starts("OK \"as you like\"");
    assert_eq!(fake.state.lock().unwrap().logins, ["AHNhdG8AcHc="]);
}
