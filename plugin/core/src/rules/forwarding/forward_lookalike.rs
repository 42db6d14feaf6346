//! Targets that are taken for others: a domain made to look like the own one, or a slip that swallows mail for years.

use std::collections::BTreeMap;

use crate::forwarding::likeness::{like, like_own, slip_of_provider};
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    LOOKALIKE,
    id: "forward-lookalike",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: lookalike,
}

declare_rule! {
    TYPO,
    id: "forward-target-typo",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: typo,
}

fn lookalike(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.scope.leaves()) {
        let Some(address) = route.to.address() else { continue };
        for own in survey.known.internal_domains(&route.owner) {
            let Some(likeness) = like_own(&address.domain, &own) else { continue };
            let mut evidence = survey.evidence(route);
            evidence.push(("looks-like", own));
            evidence.push(("likeness", likeness.as_str().to_owned()));
            let message = "The target looks like a domain of the organisation and is none.";
            hits.push_as(Severity::Critical, survey.place(route.span), message, evidence);
            break;
        }
    }
}

fn typo(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    let partner = |domain: &str| survey.known.partner_domains().iter().find(|p| like(domain, p).is_some());
    let mut judged: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for route in survey.effects.routes.iter().filter(|r| r.scope.leaves()) {
        let Some(domain) = route.to.address().map(|a| a.domain.as_str()) else { continue };
        let judge = || slip_of_provider(domain).or_else(|| partner(domain).map(String::as_str));
        let Some(meant) = *judged.entry(domain).or_insert_with(judge) else { continue };
        let mut evidence = survey.evidence(route);
        evidence.push(("meant", meant.to_owned()));
        let message = "The target is a slip of a well-known domain, and such domains accept mail.";
        hits.push(survey.place(route.span), message, evidence);
    }
}
