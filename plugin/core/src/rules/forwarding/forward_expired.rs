//! Forwards that were approved, and no longer are.

use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-expired",
    family: "forwarding",
    severity: Medium,
    kind: Note,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.is_live_exit()) {
        let Some(address) = route.to.address() else { continue };
        if let Some((entry, false)) = survey.known.allowance(&route.owner, address) {
            let mut evidence = survey.evidence(route);
            evidence.push(("until", entry.until.clone()));
            evidence.push(("reason", entry.reason.clone()));
            let message =
                "The approval of this forward has run out or cannot be checked, or the rules were changed since.";
            hits.push(survey.place(route.span), message, evidence);
        }
    }
}
