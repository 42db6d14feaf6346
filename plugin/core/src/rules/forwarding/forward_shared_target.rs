//! One address outside that several owners send to: one thief with several victims.

use std::collections::{BTreeMap, BTreeSet};

use crate::forwarding::effects::Route;
use crate::forwarding::model::Origin;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "forward-shared-target",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    let mut targets: BTreeMap<String, (BTreeSet<String>, Option<&Route>)> = BTreeMap::new();
    for route in survey.exits().filter(|r| !survey.is_wide(r)) {
        let of_a_person = survey.rule_of(route).is_some_and(|r| r.origin != Origin::Table);
        if let Some(address) = route.to.address().filter(|_| of_a_person) {
            let (owners, first) = targets.entry(address.shown().to_lowercase()).or_default();
            if !route.owner.is_empty() {
                owners.insert(route.owner.to_lowercase());
            }
            first.get_or_insert(route);
        }
    }
    // What the host saw in other documents.
    for (target, owner) in survey.known.all("forward-target") {
        if let Some((owners, _)) = targets.get_mut(&target.to_lowercase()) {
            owners.insert(owner.to_lowercase());
        }
    }
    for (owners, first) in targets.values() {
        if let Some(route) = first.filter(|_| owners.len() > 1) {
            let mut evidence = survey.evidence(route);
            evidence.push(("owners", owners.len().to_string()));
            let message = "Several owners send mail to one address outside.";
            hits.push_as(survey.weigh(Severity::Critical, route), survey.place(route.span), message, evidence);
        }
    }
}
