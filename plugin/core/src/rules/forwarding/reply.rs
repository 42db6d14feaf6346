//! Notices and replies that do more than they should.

use crate::forwarding::known::Scope;
use crate::forwarding::model::{Does, Via};
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    NOTIFY,
    id: "notify-content",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: notify,
}

declare_rule! {
    FOREIGN,
    id: "reply-from-foreign",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: foreign,
}

fn notify(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.is_live_exit()) {
        if route.via == Via::Notify && !route.carries.is_empty() {
            let mut evidence = survey.evidence(route);
            evidence.push(("carries", route.carries.clone()));
            let message = "A notice that goes outside carries text of the message.";
            hits.push_as(survey.weigh(Severity::High, route), survey.place(route.span), message, evidence);
        }
    }
}

fn foreign(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (_, rule) in survey.running() {
        for action in &rule.actions {
            let Does::Reply { from: Some(from), .. } = &action.does else { continue };
            let owner = survey.known.owner(survey.set, rule);
            if survey.known.scope(owner, from) == Scope::External {
                let masked = from.address().map_or_else(|| from.shown(), crate::forwarding::address::Address::masked);
                let message = "An automatic reply goes out under an address that is not the owner's.";
                hits.push(survey.place(action.span), message, [("from", masked)]);
            }
        }
    }
}
