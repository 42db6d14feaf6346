//! Targets spelt in a way few honest addresses are.

use crate::forwarding::address::Target;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-target-odd",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in &survey.effects.routes {
        let (raw, odd) = match &route.to {
            Target::Address(address) if !address.odd.is_empty() => (&address.raw, address.odd.join(", ")),
            Target::Odd(raw) => (raw, "no address".to_owned()),
            _ => continue,
        };
        let message = "A target is spelt in a way that hides where it leads, or is no address.";
        hits.push(survey.place(route.span), message, [("target", raw.clone()), ("oddity", odd)]);
    }
}
