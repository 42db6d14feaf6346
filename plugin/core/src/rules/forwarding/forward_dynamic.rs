//! Targets that are only known when a message comes.

use crate::forwarding::address::Target;
use crate::forwarding::model::Origin;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-dynamic",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.is_live_exit()) {
        let constant = match &route.to {
            Target::Template { constant, .. } => constant,
            // A list a table of the server reads from a file is told as such.
            Target::List(_) if survey.rule_of(route).is_some_and(|r| r.origin == Origin::Table) => continue,
            Target::List(name) => name,
            _ => continue,
        };
        let mut evidence = survey.evidence(route);
        evidence.push(("constant", constant.clone()));
        let message = "Where mail is sent depends on the message, a variable or a list kept elsewhere.";
        hits.push_as(Severity::High, survey.place(route.span), message, evidence);
    }
}
