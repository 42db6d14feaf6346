//! Meeting mail that leaves.

use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-calendar",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.is_live_exit() && survey.is_calendar(r)) {
        hits.push(survey.place(route.span), "Invitations to meetings are sent outside.", survey.evidence(route));
    }
}
