//! What is known about where the mail comes from.

use crate::report::Severity;
use crate::rules::{Hits, Scene};
use crate::sender::authentication::Outcome;
use crate::sender::{Role, scores};

declare_rule! { FORGED, id: "auth-results-forged", family: "sender", severity: High, kind: Deception, check: forged }
declare_rule! { DMARC, id: "dmarc-failed", family: "sender", severity: High, kind: Deception, check: dmarc }
declare_rule! { CONTRADICTS, id: "auth-results-contradict", family: "sender", severity: Medium, kind: Deception, check: contradicts }

fn forged(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    for id in sender.authentication.forged.iter().take(4) {
        let message = "The mail brings along results in the name of our own border.";
        hits.push("authentication-results".to_owned(), message, [("authserv-id", id.as_str())]);
    }
}

fn dmarc(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    let known = &sender.authentication;
    if known.dmarc != Outcome::Fail {
        return;
    }
    let from = sender.of(Role::From).next().map(|i| i.domain.clone()).unwrap_or_default();
    let evidence = [
        ("domain", from),
        ("policy", known.policy.clone()),
        ("spf", known.spf.0.as_str().to_owned()),
        ("dkim", known.dkim.0.as_str().to_owned()),
        ("arc", known.arc.as_str().to_owned()),
        ("source", known.source.clone()),
    ];
    let message = "The domain in From did not send this mail, or somebody on the way changed it.";
    match scores::failed(sender) {
        s if s >= 600 => hits.push("from".to_owned(), message, evidence),
        s if s >= 300 => hits.push_as(Severity::Medium, "from".to_owned(), message, evidence),
        _ => hits.push_as(Severity::Info, "from".to_owned(), message, evidence),
    }
}

fn contradicts(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    let known = &sender.authentication;
    if known.contradicts {
        let evidence =
            [("spf", known.spf.0.as_str()), ("dkim", known.dkim.0.as_str()), ("source", known.source.as_str())];
        let message = "DMARC is said to have passed, and no result that passed belongs to the domain in From.";
        hits.push("authentication-results".to_owned(), message, evidence);
    }
}
