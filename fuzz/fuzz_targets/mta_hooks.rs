//! A mail server that speaks MTA Hooks and sends anything: no panic, no memory beyond what was sent, no answer beyond what was
//! agreed.
//!
//! The first byte says how the rest is read: as a registration or a call, in JSON or CBOR; and which verdict the mail gets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_protocol::changes::{Changes, without_forged_results};
use sekisho_protocol::mta_hooks::answer::Manner;
use sekisho_protocol::mta_hooks::format::Format;
use sekisho_protocol::mta_hooks::register::{Register, Terms};
use sekisho_protocol::mta_hooks::request::{Asked, Hook};
use sekisho_protocol::verdict::{Refusal, Verdict, WithoutHold};

fn updates(raw: bool) -> Vec<String> {
    let all = ["/action", "/response", "/message/headers", "/rawMessage"];
    all.iter().take(if raw { 4 } else { 3 }).map(|pointer| (*pointer).to_owned()).collect()
}

fn terms(format: Format, raw: bool) -> Terms {
    let request = format!(r#"{{"name":"x","serialization":"{}","inbound":{{}}}}"#, format.name());
    Format::Json.read::<Register>(request.as_bytes()).unwrap().negotiate(&updates(raw)).unwrap()
}

fn verdict(how: u8, message: &[u8]) -> Verdict {
    let mut changes = Changes::default();
    let _ = without_forged_results(message, &mut changes);
    changes.put_on_top("X-Sekisho-Action", "tag");
    match how {
        0 => Verdict::Pass(Changes::default()),
        1 => Verdict::Pass(changes),
        2 => Verdict::Hold { changes, reason: "held".to_owned() },
        _ => Verdict::Refuse(Refusal::for_now("not now")),
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&how, rest)) = data.split_first() else { return };
    let format = if how & 1 == 0 { Format::Json } else { Format::Cbor };
    if how & 2 != 0 {
        let Ok(register) = format.read::<Register>(rest) else { return };
        if let Ok(terms) = register.negotiate(&updates(false)) {
            assert!(terms.may("/action") && terms.may("/response") && terms.offers("reject"));
        }
        return;
    }
    let Ok(hook) = format.read::<Hook>(rest) else { return };
    let Ok(Asked::Mail(mail, given)) = hook.asked() else { return };
    assert!(mail.bytes.len() <= rest.len() && mail.transaction.recipients.len() <= 100_000);
    let terms = terms(format, how & 4 != 0);
    let manner = Manner { terms: &terms, without_hold: WithoutHold::Defer, message: &mail.bytes, given: &given };
    let patch = manner.answer(&verdict(how >> 3 & 3, &mail.bytes));
    let written = format.write(&patch).unwrap();
    assert!(written.len() <= rest.len() * 4 + 4096, "an answer about as long as the call");
});
