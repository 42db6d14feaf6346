//! Targets anybody can have, and targets that are no people.

use crate::forwarding::Survey;
use crate::forwarding::effects::Route;
use crate::forwarding::known::Scope;
use crate::forwarding::providers::{is_or_below, open_to_all, saas_intake};
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    FREEMAIL,
    id: "forward-freemail",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: freemail,
}

declare_rule! {
    SAAS,
    id: "forward-saas-intake",
    family: "forwarding",
    severity: Medium,
    kind: Note,
    check: saas,
}

fn freemail(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    each(survey, |route, domain| {
        let listed = survey.known.policy.freemail_domains.iter().any(|d| is_or_below(domain, &d.to_lowercase()));
        let Some(sort) = open_to_all(domain).or(listed.then_some("listed")) else { return };
        let mut evidence = survey.evidence(route);
        evidence.push(("list", sort.to_owned()));
        let message = "Mail is sent to a mailbox of a kind that anybody can have.";
        hits.push_as(survey.weigh(Severity::High, route), survey.place(route.span), message, evidence);
    });
}

fn saas(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    each(survey, |route, domain| {
        let listed = survey.known.policy.saas_domains.iter().find(|d| is_or_below(domain, &d.to_lowercase()));
        let Some(service) = saas_intake(domain).or(listed.map(String::as_str)) else { return };
        let mut evidence = survey.evidence(route);
        evidence.push(("service", service.to_owned()));
        let message = "Mail is sent to the mail-in address of an online service.";
        hits.push(survey.place(route.span), message, evidence);
    });
}

/// Every way out with the domain it leads to.
fn each(survey: &Survey<'_>, mut look: impl FnMut(&Route, &str)) {
    for route in survey.exits().filter(|r| r.scope != Scope::Allowed) {
        if let Some(address) = route.to.address() {
            look(route, &address.domain);
        }
    }
}
