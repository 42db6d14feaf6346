//! A domain of the sender imitates another one. The two rules differ in where it stands.

use crate::report::Severity;
use crate::rules::{Hits, Scene};
use crate::sender::lookalike::{Found, Op, Source};
use crate::sender::{DomainView, Role};

declare_rule! { SENDER, id: "sender-lookalike", family: "sender", severity: High, kind: Deception, check: sender }
declare_rule! { REPLY_TO, id: "reply-to-lookalike", family: "sender", severity: High, kind: Deception, check: reply_to }

/// Resemblances to what the policy protects are worth knowing from here on, in thousandths.
const NOTICED: u16 = 250;

fn sender(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |role| role != Role::ReplyTo, "The domain of the sender imitates another one.");
}

fn reply_to(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |role| role == Role::ReplyTo, "Answers go to a domain that imitates another one.");
}

fn look(scene: &Scene<'_>, hits: &mut Hits, here: impl Fn(Role) -> bool, message: &str) {
    let Some(sender) = scene.sender else { return };
    for domain in sender.domains.iter().filter(|d| here(d.role)) {
        let Some(found) = domain.found.first() else { continue };
        let severity = match found.score {
            s if s >= sender.quarantine => Severity::High,
            s if s >= sender.warn => Severity::Medium,
            s if s >= NOTICED && matches!(found.source, Source::Protected | Source::Message) => Severity::Info,
            _ => continue,
        };
        let place = domain.role.as_str().to_owned();
        match severity {
            Severity::High => hits.push(place, message, evidence(domain, found)),
            Severity::Medium => hits.push_as(severity, place, message, evidence(domain, found)),
            _ => hits.push_as(
                severity,
                place,
                "The domain of the sender resembles another one.",
                evidence(domain, found),
            ),
        }
    }
}

/// Everything a person needs to see the trick at a glance.
fn evidence(domain: &DomainView, found: &Found) -> Vec<(&'static str, String)> {
    let mut out = vec![
        ("domain", domain.unicode.clone()),
        ("target", found.target.clone()),
        ("target-source", found.source.as_str().to_owned()),
        ("kind", found.kind.as_str().to_owned()),
        ("score", thousandths(found.score)),
        ("registrable", domain.registrable.clone()),
    ];
    if domain.ascii != domain.unicode {
        out.push(("ascii", domain.ascii.clone()));
    }
    if domain.shown != domain.unicode && domain.shown != domain.ascii {
        out.push(("shown", domain.shown.clone()));
    }
    let changes: Vec<String> = found.alignment.ops.iter().map(change).collect();
    if !changes.is_empty() {
        out.push(("changes", changes.join(", ")));
    }
    out.extend(letters(domain));
    out
}

/// `rn for m at 0 (look-alike)`.
fn change(op: &Op) -> String {
    let text = |bytes: [u8; 2]| -> String { bytes.into_iter().filter(|b| *b != 0).map(char::from).collect() };
    let (from, to) = (text(op.from), text(op.to));
    let what = match (from.is_empty(), to.is_empty()) {
        (true, _) => format!("{to} put in"),
        (_, true) => format!("{from} left out"),
        _ => format!("{to} for {from}"),
    };
    format!("{what} at {} ({})", op.at, op.kind.as_str())
}

/// `U+0456 (Cyrl, reads i)` for every letter beyond ASCII.
fn letters(domain: &DomainView) -> Option<(&'static str, String)> {
    let list: Vec<String> = domain
        .letters
        .iter()
        .map(|l| match l.reads {
            "" => format!("U+{:04X} ({})", u32::from(l.character), l.script),
            reads => format!("U+{:04X} ({}, reads {reads})", u32::from(l.character), l.script),
        })
        .collect();
    (!list.is_empty()).then(|| ("letters", list.join(", ")))
}

/// A score as people write it: `0.93`.
fn thousandths(score: u16) -> String {
    format!("{}.{:03}", score / 1000, score % 1000)
}
