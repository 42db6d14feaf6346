//! Aliases that lead outside through others, and aliases that lead back to themselves.

use crate::rules::{Hits, Scene};

declare_rule! {
    CHAIN,
    id: "forward-chain",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: chain,
}

declare_rule! {
    LOOP,
    id: "forward-loop",
    family: "forwarding",
    severity: Low,
    kind: Note,
    check: circle,
}

fn chain(scene: &Scene<'_>, hits: &mut Hits) {
    tell(scene, hits, false, "An alias leads outside through other aliases.");
}

fn circle(scene: &Scene<'_>, hits: &mut Hits) {
    tell(scene, hits, true, "Aliases lead back to themselves.");
}

fn tell(scene: &Scene<'_>, hits: &mut Hits, circle: bool, message: &str) {
    let Some(survey) = scene.forwarding else { return };
    for chain in survey.effects.chains.iter().filter(|c| c.circle == circle) {
        let Some(rule) = survey.set.rules.get(chain.rule) else { continue };
        let steps = chain.path.len().saturating_sub(1).to_string();
        hits.push(survey.place(rule.span), message, [("path", chain.path.join(" > ")), ("steps", steps)]);
    }
}
