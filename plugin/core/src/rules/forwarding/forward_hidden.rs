//! Ways out the owner of the mailbox cannot see.

use crate::forwarding::model::Visible;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-hidden",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.is_live_exit() && !survey.is_wide(r)) {
        if let Visible::No(home) = route.visible {
            let mut evidence = survey.evidence(route);
            evidence.push(("lives-in", home.to_owned()));
            let message = "Mail is sent outside by a rule the owner of the mailbox cannot see.";
            hits.push_as(survey.weigh(Severity::High, route), survey.place(route.span), message, evidence);
        }
    }
}
