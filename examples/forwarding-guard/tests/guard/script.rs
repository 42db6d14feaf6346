//! Which scripts get to the server.

use forwarding_guard::judge::Judge;
use sekisho_host::{Host, HostConfig};

use crate::kit::{Fake, INSIDE, OUTSIDE, Proxy, judge, policy, settings};

#[tokio::test]
async fn a_redirect_outside_is_refused_with_the_reason_and_the_way_out() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.login().await;
    for said in
        [raw.put("a", OUTSIDE).await, raw.ask(format!("CHECKSCRIPT {{{}+}}\r\n{OUTSIDE}\r\n", OUTSIDE.len())).await]
    {
        said.starts("NO {");
        assert!(said.last.contains("All mail is sent outside. [forward-external-all, line 1"), "{said:?}");
        assert!(
            said.last.contains("tell your administrator") && said.last.contains("管理者へお知らせください"),
            "{said:?}"
        );
    }
    assert_eq!((fake.script("a"), fake.heard("PUTSCRIPT"), fake.heard("CHECKSCRIPT")), (None, 0, 0));
    // The connection goes on.
    raw.put("a", INSIDE).await.starts("OK \"stored\"");
    assert_eq!(fake.script("a").unwrap(), INSIDE);
    assert_eq!(fake.state.lock().unwrap().logins, ["AHNhdG8AcHc="]);
}

#[tokio::test]
async fn every_spelling_of_a_string_is_looked_at_and_arrives() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.login().await;
    raw.ask("putscript \"a\" \"redirect \\\"x@outside.example\\\";\"\r\n").await.starts("NO");
    raw.ask("PutScript {1+}\r\na {29+}\r\nredirect \"x@outside.example\";\r\n").await.starts("NO");
    raw.ask("PUTSCRIPT \"\\\"日本\\\\\" \"keep;\"\r\n").await.starts("OK");
    assert_eq!(fake.script("\"日本\\").unwrap(), "keep;");
    raw.ask("PUTSCRIPT {3+}\r\nb c {10+}\r\n# \"\r\nkeep;\r\n").await.starts("OK");
    assert_eq!(fake.script("b c").unwrap(), "# \"\r\nkeep;");
    assert_eq!(fake.state.lock().unwrap().scripts.len(), 2);
}

#[tokio::test]
async fn what_is_on_the_server_already_is_looked_at_before_it_is_switched_on() {
    let fake = Fake::start().await;
    fake.add("old", OUTSIDE);
    fake.add("fine", INSIDE);
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.login().await;
    raw.ask("SETACTIVE \"old\"\r\n").await.starts("NO {");
    raw.ask("RENAMESCRIPT \"old\" \"new\"\r\n").await.starts("NO {");
    assert_eq!((fake.heard("SETACTIVE"), fake.heard("RENAMESCRIPT")), (0, 0));
    raw.ask("SETACTIVE \"fine\"\r\n").await.starts("OK");
    assert_eq!(fake.state.lock().unwrap().active, "fine");
    raw.ask("SETACTIVE \"\"\r\n").await.starts("OK");
    raw.ask("SETACTIVE \"none\"\r\n").await.starts("OK");
    // An included script counts as part of the one that includes it.
    raw.put("main", "require \"include\";\r\ninclude :personal \"old\";\r\n").await.starts("NO {");
    raw.put("main", "require \"include\";\r\ninclude :personal \"fine\";\r\n").await.starts("OK");
}

#[tokio::test]
async fn observe_stops_nothing_and_a_policy_may_be_exchanged() {
    let fake = Fake::start().await;
    let judge = Judge::new(policy("profile = \"observe\""), vec!["corp.example".into()]).unwrap();
    let proxy = Proxy::start(settings(fake.address, judge.clone())).await;
    let mut raw = proxy.login().await;
    raw.put("a", OUTSIDE).await.starts("OK \"stored\"");
    assert_eq!(fake.script("a").unwrap(), OUTSIDE);
    assert!(judge.exchange(policy("profile = \"nonsense\"")).is_err());
    raw.put("b", OUTSIDE).await.starts("OK");
    judge.exchange(policy("[rescue]\nurl = \"https://help.corp.example/\"")).unwrap();
    let said = raw.put("c", OUTSIDE).await;
    said.starts("NO {");
    assert!(said.last.contains("https://help.corp.example/"), "{said:?}");
    // Marked, not stopped.
    judge.exchange(policy("profile = \"tag\"")).unwrap();
    raw.put("d", OUTSIDE).await.starts("OK (WARNINGS) {");
    assert_eq!(fake.script("d").unwrap(), OUTSIDE);
}

#[tokio::test]
async fn without_a_verdict_a_script_is_put_off_unless_the_policy_observes() {
    let fake = Fake::start().await;
    let host = Host::new(HostConfig { fuel: Some(20_000_000), ..HostConfig::default() }).unwrap();
    let judge = Judge::with(host, policy(""), vec![]).unwrap();
    let big = "if header :contains \"subject\" \"a\" { keep; }\r\n".repeat(10_000);
    let proxy = Proxy::start(settings(fake.address, judge.clone())).await;
    let mut raw = proxy.login().await;
    raw.put("a", &big).await.starts("NO (TRYLATER)");
    assert_eq!(fake.heard("PUTSCRIPT"), 0);
    judge.exchange(policy("profile = \"observe\"")).unwrap();
    raw.put("a", &big).await.starts("OK");
    judge.exchange(policy("")).unwrap();
    let mut open = settings(fake.address, judge);
    open.open = true;
    let proxy = Proxy::start(open).await;
    proxy.login().await.put("b", &big).await.starts("OK");
}

#[tokio::test]
async fn big_scripts_pass_and_too_big_ones_do_not() {
    let fake = Fake::start().await;
    let proxy = Proxy::start(settings(fake.address, judge())).await;
    let mut raw = proxy.login().await;
    let big = format!("{}{INSIDE}", "# 日本\r\n".repeat(90_000));
    raw.put("big", &big).await.starts("OK");
    assert_eq!(fake.script("big").unwrap(), big);
    assert!(raw.ask("GETSCRIPT \"big\"\r\n").await.data.ends_with(&format!("{INSIDE}\r\n")));
    raw.put("bigger", &"#".repeat((1 << 20) + 1)).await.starts("NO (QUOTA/MAXSIZE)");
    raw.ask("NOOP\r\n").await.starts("OK");
    // So long that nobody reads it to its end.
    raw.ask("PUTSCRIPT \"huge\" {999999999999+}\r\n").await.starts("BYE");
    assert!(raw.ended().await);
    fake.left_alone().await;
}

#[tokio::test]
async fn the_name_of_a_login_does_not_make_a_domain_ours() {
    let fake = Fake::start().await;
    let proxy = Proxy::before(&fake).await;
    let mut raw = proxy.connect().await;
    // `\0thief@outside.example\0pw`, which a server may take for its user `thief`.
    raw.ask("AUTHENTICATE \"PLAIN\" \"AHRoaWVmQG91dHNpZGUuZXhhbXBsZQBwdw==\"\r\n").await.starts("OK");
    raw.put("a", OUTSIDE).await.starts("NO {");
    raw.put("a", INSIDE).await.starts("OK");
    // Nor does one leave one's name behind by asking for it.
    let mut raw = proxy.login().await;
    raw.ask("UNAUTHENTICATE\r\n").await.starts("NO");
    fake.add("old", OUTSIDE);
    raw.put("main", "require \"include\";\r\ninclude :personal \"old\";\r\n").await.starts("NO {");
}
