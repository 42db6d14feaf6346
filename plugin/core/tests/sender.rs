//! Senders from end to end: what is read, how suspicious it is, and what adds suspicion and never takes it away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests stop at the first surprise"
)]

use proptest::prelude::*;
use sekisho_core::Context;
use sekisho_core::report::Fact;
use sekisho_core::sender::policy::{Prepared, SenderPolicy, Vip};
use sekisho_core::sender::{Role, Sender, read, read_value};

fn prepared() -> Prepared {
    let text = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<String>>();
    let policy = SenderPolicy {
        protected: text(&[
            "merrowmint.com",
            "hexacopy.com",
            "aldermoor.com",
            "pinecrate.com",
            "dandelo.net",
            "hoshimaru.co.jp",
        ]),
        same_owner: vec![text(&["merrowmint.com", "merrowmint-billing.com"])],
        organisation: text(&["ホシマル"]),
        vips: vec![Vip { names: text(&["佐倉 遥", "Sakura Haruka"]), addresses: text(&["haruka@hoshimaru.co.jp"]) }],
        trusted_authserv: text(&["mx.hoshimaru.co.jp"]),
        ..SenderPolicy::default()
    };
    Prepared::new(policy, Vec::new())
}

fn value(value: &str) -> Sender {
    read_value(value, &prepared(), &Context::default())
}

fn head(head: &str) -> Sender {
    let context = Context { recipients: vec!["taro@hoshimaru.co.jp".to_owned()], ..Context::default() };
    read(head.as_bytes(), &prepared(), &context)
}

#[test]
fn imitations_are_false() {
    for domain in [
        "merrowm\u{456}nt.com",
        "xn--merrowmnt-19h.com",
        "һехасору.com",
        "aldermøør.com",
        "ałdermoor.com",
        "mérrowmint.com",
        "hexac\u{323}opy.com",
        "merrowm工nt.com",
        "a丨dermoor.com",
        "rnerrowmint.com",
        "merr0wmint.com",
        "hexac0py.com",
        "aIdermoor.com",
        "rnerovvmlnt.com",
        "hexxacopy.com",
        "merorwmint.com",
        "merrow-mint.com",
        "merrowmint-login.com",
        "merrowmint.com.portal-check.example",
        "pine.crate.com",
        "hosimaru.co.jp",
        "xn--merrowmint-.com",
    ] {
        let seen = value(&format!("a@{domain}"));
        assert!(seen.scores.total >= 500, "{domain}: {:?} {:?}", seen.scores, seen.domains);
        assert_eq!(value(domain).scores.domain, seen.scores.domain, "a bare domain is judged like an address");
    }
}

#[test]
fn honest_senders_are_not() {
    for address in [
        "pay@merrowmint.com",
        "pay@mail.merrowmint.com",
        "x@merrowmint-billing.com",
        "佐倉 遥 <haruka@hoshimaru.co.jp>",
        "x@sender.example",
        "Müller <info@müller.de>",
        "x@日本語.jp",
        "x@アロエ茶x7.jp",
        "x@工場長.jp",
        "Haruka <haruka@freemail.example>",
        "山田 太郎 様 <yamada@例え.example>",
        "\"Doe, John\" <john@shop.example>",
        "営業部 佐倉 <sakura@tsukinoha.example>",
        "x@xn--wgv71a119e.jp",
        "GitHub <noreply@github.com>",
        "楽天カード <info@mail.rakuten-card.co.jp>",
        "\"佐倉＠営業\" <s@tsukinoha.example>",
        "❤ Sale ❤ <a@shop.example>",
        "Amazon.co.jp <auto@amazon.co.jp>",
    ] {
        let seen = value(address);
        assert!(seen.scores.total < 400, "{address}: {:?} {:?}", seen.scores, seen.tricks);
    }
}

#[test]
fn display_names_deceive() {
    for name in [
        "\"pay@merrowmint.com\" <k81@tq-9.example>",
        "pay＠merrowmint.com <k81@tq-9.example>",
        "佐倉 遥 <haruka.s.ceo@gmail.com>",
        "SAKURA, Haruka (代表取締役) <x@tq-9.example>",
        "佐倉遥 <x@tq-9.example>",
        "ホシマル カスタマーセンター <info@tq-9.example>",
        "木ツマル <info@tq-9.example>",
        "\u{202E}moc.tnimworrem\u{202C} <x@tq-9.example>",
        "PayPa1 <x@tq-9.example>",
        "Amazon <amazon.support@gmail.com>",
        "Pay\u{200B}Pal <x@tq-9.example>",
        "経理部 <x@gmail.com>",
    ] {
        let seen = value(name);
        assert!(seen.scores.name >= 500, "{name}: {:?} {:?}", seen.scores, seen.tricks);
    }
}

#[test]
fn readers_disagree() {
    for fields in [
        "From: a@tq-9.example\r\nFrom: pay@merrowmint.com",
        "From: a@tq-9.example\r\nFrom\t: pay@merrowmint.com",
        "From: a@tq-9.example, pay@merrowmint.com",
        "From: <@tq-9.example:pay@merrowmint.com>",
        "From: pay@merrowmint.com@tq-9.example",
        "From: <a@tq-9.example> pay@merrowmint.com",
        "From: pay@(merrowmint.com)tq-9.example",
        "From: =?utf-8?B?PHBheUBtZXJyb3dtaW50LmNvbT4=?= <a@tq-9.example>",
        "From: pay\0@merrowmint.com",
        "Subject: x\r\n From: a@tq-9.example\r\nFrom: b@hexacopy.com",
        "From: pay@merrowmint.com(@tq-9.example)",
    ] {
        let seen = head(&format!("{fields}\r\nTo: taro@hoshimaru.co.jp\r\n\r\n"));
        assert!(seen.scores.header >= 500, "{fields}: {:?} {:?}", seen.scores, seen.oddities);
    }
}

#[test]
fn a_near_miss_of_a_recipient_is_no_accident() {
    let seen = head("From: x@tsukinoba.example\r\nTo: taro@hoshimaru.co.jp, jiro@tsukinoha.example\r\n\r\n");
    assert!(seen.scores.domain >= 500, "{:?}", seen.domains);
    let reply = head("From: x@tsukinoha.example\r\nReply-To: x@tsukinhoa.example\r\nTo: taro@hoshimaru.co.jp\r\n\r\n");
    assert!(reply.scores.domain >= 500, "{:?}", reply.domains);
    assert!(reply.reply_elsewhere);
}

#[test]
fn a_pass_never_makes_an_imitation_honest() {
    let fact = |kind: &str, value: &str| Fact { kind: kind.into(), key: "rnerrowmint.com".into(), value: value.into() };
    let context = Context { facts: vec![fact("dmarc", "pass"), fact("spf", "pass")], ..Context::default() };
    let with = read_value("a@rnerrowmint.com", &prepared(), &context);
    assert!(with.authentication.is_proved());
    assert_eq!(with.scores.domain, value("a@rnerrowmint.com").scores.domain);
}

#[test]
fn a_forged_protected_domain_fails() {
    let fields = "Authentication-Results: mx.hoshimaru.co.jp; dmarc=fail (p=NONE) header.from=merrowmint.com\r\nReceived: from x by mx.hoshimaru.co.jp with SMTP\r\nFrom: pay@merrowmint.com\r\n\r\n";
    assert!(head(fields).scores.authentication >= 850);
    let list = format!("List-Id: <x.lists.example>\r\n{fields}");
    assert!(head(&list).scores.authentication < 500);
}

#[test]
fn a_mailing_list_is_excused_only_when_proved() {
    let fields = "From: \"Merrow via list\" <list@lists.example>\r\nReply-To: a@freemail.example\r\nList-Id: <x.lists.example>\r\nSender: list@lists.example\r\n\r\n";
    let proved = format!(
        "Authentication-Results: mx.hoshimaru.co.jp; dmarc=pass header.from=lists.example\r\nReceived: from x by mx.hoshimaru.co.jp\r\n{fields}"
    );
    assert_eq!(head(&proved).scores.reply, 0);
    assert!(head(&proved).scores.total < 300);
}

#[test]
fn every_part_is_told() {
    let seen = head(
        "From: A <a@x.example>\r\nSender: b@y.example\r\nReply-To: c@z.example\r\nReturn-Path: <d@w.example>\r\n\r\n",
    );
    let roles: Vec<_> = seen.identities.iter().map(|i| (i.role, i.registrable.as_str())).collect();
    assert_eq!(
        roles,
        [
            (Role::From, "x.example"),
            (Role::Sender, "y.example"),
            (Role::ReplyTo, "z.example"),
            (Role::Envelope, "w.example")
        ]
    );
    assert!(seen.envelope_elsewhere);
}

const TARGETS: [&str; 4] = ["merrowmint", "hexacopy", "aldermoor", "pinecrate"];

proptest! {
    #[test]
    fn any_header_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes, &prepared(), &Context::default());
    }

    #[test]
    fn any_value_is_read(text in "\\PC{0,80}") {
        let _ = read_value(&text, &prepared(), &Context::default());
    }

    #[test]
    fn a_trick_more_never_makes_a_sender_better(
        target in 0usize..4, name in "[a-z]{3,9}", invisible in any::<bool>(), twice in any::<bool>(), brand in any::<bool>(), reply in any::<bool>(),
    ) {
        let from = |name: &str| format!("From: \"{name}\" <x@{}-login.example>\r\n", TARGETS[target]);
        let plain = head(&format!("{}\r\n", from(&name))).scores.total;
        let mut shown = name.clone();
        if invisible { shown.push('\u{200B}'); shown.push('x'); }
        if brand { shown.push_str(" 佐倉 遥"); }
        let mut fields = from(&shown);
        if twice { fields.push_str("From: y@shop.example\r\n"); }
        if reply { fields.push_str("Reply-To: x@gmail.com\r\n"); }
        let more = head(&format!("{fields}\r\n")).scores.total;
        prop_assert!(more >= plain, "{} < {}", more, plain);
    }

    #[test]
    fn a_homoglyph_more_is_still_an_imitation(target in 0usize..4, at in 0usize..8) {
        let label: String = TARGETS[target].chars().enumerate().map(|(i, c)| match (i == at, c) {
            (true, 'o') => '\u{43e}', (true, 'e') => '\u{435}', (true, 'a') => '\u{430}', (true, 'c') => '\u{441}', (true, 'p') => '\u{440}', (_, c) => c,
        }).collect();
        let seen = value(&format!("a@{label}.com"));
        let changed = label != TARGETS[target];
        prop_assert!(!changed || seen.scores.total >= 850, "{} {:?}", label, seen.scores);
    }
}
