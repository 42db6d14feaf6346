//! The mail of a whole domain or tenant that leaves.

use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-domain-wide",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.is_live_exit() && survey.is_wide(r)) {
        let message = "The mail of a whole domain or tenant is sent outside.";
        hits.push_as(
            survey.weigh(Severity::Critical, route),
            survey.place(route.span),
            message,
            survey.evidence(route),
        );
    }
}
