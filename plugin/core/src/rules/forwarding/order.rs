//! What the order and the state of rules hide.

use super::at_rule;
use crate::forwarding::guard::Strength;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    FIRST_STOP,
    id: "rule-first-stop",
    family: "forwarding",
    severity: Low,
    kind: Note,
    check: first_stop,
}

declare_rule! {
    ARMED,
    id: "rule-disabled-armed",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: armed,
}

declare_rule! {
    UNREACHABLE,
    id: "rule-unreachable",
    family: "forwarding",
    severity: Info,
    kind: Note,
    check: unreachable,
}

fn first_stop(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    let Some((index, first)) = survey.running().next() else { return };
    let others = survey.set.rules.iter().skip(index.saturating_add(1)).any(|r| r.owner == first.owner);
    if first.stop && others && first.guard.strength() <= Strength::Most {
        at_rule(
            survey,
            hits,
            Severity::Low,
            first,
            "The first rule takes nearly all mail and ends processing.",
            Vec::new(),
        );
    }
}

fn armed(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (route, how) in survey.armed() {
        let mut evidence = survey.evidence(route);
        evidence.push(("held-by", how.to_owned()));
        let message = "A rule that sends mail outside is off, and one click or one change arms it.";
        hits.push(survey.place(route.span), message, evidence);
    }
}

fn unreachable(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for rule in &survey.set.rules {
        if let Some(shadow) = rule.shadowed_by {
            let by = survey.set.place(shadow);
            at_rule(survey, hits, Severity::Info, rule, "A rule is never reached.", vec![("behind", by)]);
        }
    }
}
