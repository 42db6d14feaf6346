//! Rules that keep much mail from the junk filter.

use super::at_rule;
use crate::forwarding::guard::Strength;
use crate::forwarding::model::Does;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "spam-bypass",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (_, rule) in survey.running() {
        let broad = rule.guard.strength() <= Strength::Side;
        if broad && rule.actions.iter().any(|a| a.does == Does::NeverJunk) {
            at_rule(survey, hits, Severity::Medium, rule, "Much of the mail is kept from the junk filter.", Vec::new());
        }
    }
}
