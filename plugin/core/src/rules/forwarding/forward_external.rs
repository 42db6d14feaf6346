//! Mail that leaves: all of it, or some.

use crate::forwarding::address::Target;
use crate::forwarding::effects::{OwnerCopy, Route};
use crate::forwarding::guard::Strength;
use crate::forwarding::model::{Origin, Via};
use crate::forwarding::{Scope, Survey};
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    ALL,
    id: "forward-external-all",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: all,
}

declare_rule! {
    SOME,
    id: "forward-external",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: some,
}

fn all(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.exits().filter(|r| !survey.is_wide(r) && takes_all(survey, r)) {
        let message = match (route.scope, route.via) {
            (_, Via::Delegate) => "Somebody outside may read the whole mailbox.",
            (Scope::Unknown, _) => "All mail is sent to an address that is not known to be inside.",
            _ => "All mail is sent outside.",
        };
        let mut evidence = survey.evidence(route);
        if route.with_opposite {
            evidence.push(("why", "another rule sends exactly the rest to the same address".to_owned()));
        }
        hits.push_as(weighed(survey, Severity::Critical, route), survey.place(route.span), message, evidence);
    }
}

fn some(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.exits().filter(|r| !survey.is_wide(r) && !takes_all(survey, r)) {
        let message = match route.scope {
            Scope::Unknown => "Mail is sent to an address that is not known to be inside.",
            _ => "Mail is sent outside.",
        };
        hits.push_as(weighed(survey, Severity::High, route), survey.place(route.span), message, survey.evidence(route));
    }
}

/// Does this take all of somebody's mail? An alias without a mailbox of its own has no owner to take it from.
fn takes_all(survey: &Survey<'_>, route: &Route) -> bool {
    let bare_alias =
        survey.rule_of(route).is_some_and(|r| r.origin == Origin::Table) && route.copy == OwnerCopy::Unknown;
    route.strength == Strength::All && !bare_alias && route.via != Via::Notify
}

/// An entry of the directory that nobody resolved is most often a colleague.
fn weighed(survey: &Survey<'_>, base: Severity, route: &Route) -> Severity {
    if matches!(route.to, Target::Directory(_)) { Severity::Low } else { survey.weigh(base, route) }
}
