//! Fragments, haste, and people who leave.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::kit::{Fake, INSIDE, OUTSIDE, Proxy, judge, settings};

#[tokio::test]
async fn a_command_may_come_in_fragments() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.login().await;
    for (name, script, answer) in [("a", INSIDE, "OK"), ("b", OUTSIDE, "NO")] {
        for byte in format!("PUTSCRIPT \"{name}\" {{{}+}}\r\n{script}\r\n", script.len()).bytes() {
            raw.send([byte]).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        raw.response().await.starts(answer);
    }
    assert_eq!((fake.script("a").unwrap().as_str(), fake.script("b")), (INSIDE, None));
}

#[tokio::test]
async fn commands_may_come_all_at_once() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.login().await;
    let put = |name: &str, script: &str| format!("PUTSCRIPT \"{name}\" {{{}+}}\r\n{script}\r\n", script.len());
    let all = [
        &put("a", INSIDE),
        &put("b", OUTSIDE),
        "LISTSCRIPTS\r\nHAVESPACE \"x\" 99\r\n",
        &put("c", INSIDE),
        "SETACTIVE \"c\"\r\nXUNKNOWN word {3+}\r\nabc\r\nLOGOUT\r\n",
    ];
    raw.send(all.concat()).await;
    raw.response().await.starts("OK \"stored\"");
    raw.response().await.starts("NO {");
    assert_eq!(raw.response().await.data, "\"a\"\r\n");
    raw.response().await.starts("OK");
    raw.response().await.starts("OK \"stored\"");
    raw.response().await.starts("OK");
    raw.response().await.starts("OK \"as you like\"");
    raw.response().await.starts("OK \"bye\"");
    assert!(raw.ended().await);
    assert_eq!((fake.script("c").unwrap().as_str(), fake.heard("XUNKNOWN")), (INSIDE, 1));
}

#[tokio::test]
async fn a_client_that_leaves_in_a_literal_leaves_nothing() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    for start in [
        "PUTSCRIPT \"a\" {100+}\r\nkeep;\r\n",
        "PUTSCRIPT \"a\" {1",
        "PUTSCRIPT \"a",
        "\"",
        "AUTHENTICATE \"PLAIN\"\r\n",
    ] {
        let mut raw = proxy.login().await;
        raw.send(start).await;
        raw.stream.shutdown().await.unwrap();
        drop(raw);
        fake.left_alone().await;
    }
    assert_eq!(fake.heard("PUTSCRIPT"), 0);
    proxy.login().await.put("a", INSIDE).await.starts("OK");
}

#[tokio::test]
async fn a_server_that_leaves_is_told_to_the_client() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.login().await;
    raw.ask("XDIE\r\n").await.starts("BYE (TRYLATER)");
    assert!(raw.ended().await);
    // Unasked, between two commands.
    let mut raw = proxy.login().await;
    raw.ask("XBYE\r\n").await.starts("OK");
    raw.response().await.starts("BYE \"restart\"");
    assert!(raw.ended().await);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_to_the_client() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = Proxy::start(settings(nobody, judge())).await;
    let stream = tokio::net::TcpStream::connect(proxy.address).await.unwrap();
    let mut raw = crate::kit::Raw::new(stream);
    raw.response().await.starts("BYE (TRYLATER)");
    assert!(raw.ended().await);
}

#[tokio::test]
async fn the_end_lets_clients_end_their_command() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.login().await;
    proxy.stop.send_replace(true);
    raw.response().await.starts("BYE (TRYLATER)");
    assert!(raw.ended().await);
    tokio::time::timeout(Duration::from_secs(4), proxy.done).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(proxy.address).await.is_err());
}

#[tokio::test]
async fn silence_ends() {
    let fake = Fake::start().await;
    let mut hasty = settings(fake.address, judge());
    hasty.entry = Duration::from_millis(200);
    let proxy = Proxy::start(hasty).await;
    let mut raw = proxy.connect().await;
    raw.response().await.starts("BYE");
    let mut raw = proxy.connect().await;
    raw.send("PUTSCRIPT \"a\" {5+}\r\n").await;
    raw.response().await.starts("BYE");
    // Who has logged in has more time.
    let mut raw = proxy.login().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    raw.ask("NOOP\r\n").await.starts("OK");
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_never_reaches_the_server() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    for text in [
        "PUTSCRIPT \"a\" {3 +}\r\nabc\r\n",
        "PUTSCRIPT \"a\0\" \"b\"\r\n",
        "PUTSCRIPT \"a\r\nb\" \"c\"\r\n",
        "{1+}\r\nx\r\n",
    ] {
        let mut raw = proxy.login().await;
        raw.ask(text).await.starts("BYE");
        assert!(raw.ended().await);
    }
    let mut raw = proxy.login().await;
    for text in
        ["PUTSCRIPT \"a\"\r\n", "PUTSCRIPT a \"keep;\"\r\n", "SETACTIVE old\r\n", "PUTSCRIPT \"a\" \"b\" \"c\"\r\n"]
    {
        raw.ask(text).await.starts("NO");
    }
    assert_eq!((fake.heard("PUTSCRIPT"), fake.heard("SETACTIVE")), (0, 0));
}
