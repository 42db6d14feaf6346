//! More targets than one person needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::forwarding::effects::Route;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-many",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    let mut owners: BTreeMap<&str, (BTreeSet<String>, Option<&Route>)> = BTreeMap::new();
    for route in survey.effects.routes.iter().filter(|r| r.is_live_exit()) {
        let (targets, first) = owners.entry(&route.owner).or_default();
        targets.insert(route.to.shown());
        first.get_or_insert(route);
    }
    for (owner, (targets, first)) in owners {
        if let Some(route) = first.filter(|_| targets.len() > survey.known.policy.max_targets) {
            let evidence = [("owner", owner.to_owned()), ("targets", targets.len().to_string())];
            hits.push(survey.place(route.span), "Mail of one owner is sent to many addresses outside.", evidence);
        }
    }
}
