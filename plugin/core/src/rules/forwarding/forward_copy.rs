//! What becomes of the owner's copy when mail leaves: it stays, so that nobody notices, or it goes, so that nobody knows.

use crate::forwarding::Survey;
use crate::forwarding::effects::{OwnerCopy, Route};
use crate::forwarding::model::{Does, Origin, Via};
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    SILENT,
    id: "forward-silent",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: silent,
}

declare_rule! {
    DELETE,
    id: "forward-and-delete",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: delete,
}

fn silent(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in exits(survey).filter(|r| r.copy == OwnerCopy::Kept) {
        let message = "Mail is sent on while the owner's copy stays untouched, so nothing looks different.";
        hits.push_as(survey.weigh(Severity::High, route), survey.place(route.span), message, survey.evidence(route));
    }
}

fn delete(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in exits(survey).filter(|r| matches!(r.copy, OwnerCopy::Lost | OwnerCopy::Hidden)) {
        let on_purpose = route.copy == OwnerCopy::Hidden || deletes(survey, route);
        // A plain forward leaves no copy by default; only somebody who deletes as well wants it so.
        let base = if on_purpose { Severity::High } else { Severity::Medium };
        let message = match (on_purpose, route.copy) {
            (_, OwnerCopy::Hidden) => "Mail is sent on and the owner's copy is put out of sight.",
            (true, _) => "Mail is sent on and the owner's copy is deleted.",
            (false, _) => "Mail is sent on and the owner keeps no copy.",
        };
        let mut evidence = survey.evidence(route);
        evidence.extend(actions(survey, route));
        hits.push_as(survey.weigh(base, route), survey.place(route.span), message, evidence);
    }
}

fn exits<'s>(survey: &'s Survey<'_>) -> impl Iterator<Item = &'s Route> {
    survey.exits().filter(|r| !matches!(r.via, Via::Notify | Via::Delegate))
}

/// Does this owner delete on purpose, in this rule or in one that always applies?
fn deletes(survey: &Survey<'_>, route: &Route) -> bool {
    let Some(own) = survey.rule_of(route) else { return false };
    survey
        .running()
        .filter(|(_, r)| r.owner == own.owner && r.origin != Origin::Table)
        .flat_map(|(_, r)| &r.actions)
        .any(|a| matches!(a.does, Does::Delete { .. } | Does::Discard))
}

/// The other actions of the rule.
fn actions(survey: &Survey<'_>, route: &Route) -> Option<(&'static str, String)> {
    let rule = survey.rule_of(route)?;
    let words: Vec<&str> = rule
        .actions
        .iter()
        .filter_map(|a| match &a.does {
            Does::Delete { .. } => Some("delete"),
            Does::Discard => Some("discard"),
            Does::MarkRead => Some("mark read"),
            Does::Archive => Some("archive"),
            Does::File { .. } => Some("move"),
            _ => None,
        })
        .collect();
    (!words.is_empty()).then(|| ("actions", words.join(", ")))
}
