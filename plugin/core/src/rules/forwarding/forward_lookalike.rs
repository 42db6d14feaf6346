//! Targets that are taken for others: a domain made to look like the own one, or a slip that swallows mail for years.

use crate::forwarding::Survey;
use crate::forwarding::effects::Route;
use crate::forwarding::likeness::{Likeness, Whose, slip_of_provider};
use crate::report::Severity;
use crate::rules::{Hits, Scene};

/// From this score on, in thousandths, a likeness to the own domain is no accident.
const SURE: u16 = 500;

declare_rule! {
    LOOKALIKE,
    id: "forward-lookalike",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: lookalike,
}

declare_rule! {
    TYPO,
    id: "forward-target-typo",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: typo,
}

fn lookalike(scene: &Scene<'_>, hits: &mut Hits) {
    each(scene, |survey, route, domain| {
        let likeness = survey.likenesses.get(domain).filter(|l| l.whose != Whose::Partner)?;
        if likeness.whose == Whose::Known && slip_of_provider(domain).is_some() {
            return None;
        }
        // What is merely a namesake of a brand, or only faintly like the own domain, may be nobody's trick.
        let sure = likeness.score.is_none_or(|score| score >= SURE) && likeness.whose == Whose::Own;
        let severity = if sure { Severity::Critical } else { Severity::High };
        let message = match likeness.whose {
            Whose::Own => "The target looks like a domain of the organisation and is none.",
            _ => "The target looks like a domain of a well-known name and is none.",
        };
        hits.push_as(severity, survey.place(route.span), message, evidence(survey, route, likeness));
        Some(())
    });
}

fn typo(scene: &Scene<'_>, hits: &mut Hits) {
    each(scene, |survey, route, domain| {
        let partner = survey.likenesses.get(domain).filter(|l| l.whose == Whose::Partner);
        let evidence = match (slip_of_provider(domain), partner) {
            (Some(meant), _) => {
                survey.evidence(route).into_iter().chain([("meant", meant.to_owned())]).collect::<Vec<_>>()
            }
            (None, Some(likeness)) => evidence(survey, route, likeness),
            (None, None) => return None,
        };
        let message = "The target is a slip of a well-known domain, and such domains accept mail.";
        hits.push(survey.place(route.span), message, evidence);
        Some(())
    });
}

/// Looks at every way out to an address outside.
fn each(scene: &Scene<'_>, mut look: impl FnMut(&Survey<'_>, &Route, &str) -> Option<()>) {
    let Some(survey) = scene.forwarding else { return };
    for route in survey.effects.routes.iter().filter(|r| r.scope.leaves()) {
        if let Some(address) = route.to.address() {
            look(survey, route, &address.domain);
        }
    }
}

fn evidence(survey: &Survey<'_>, route: &Route, likeness: &Likeness) -> Vec<(&'static str, String)> {
    let name = if likeness.whose == Whose::Partner { "meant" } else { "looks-like" };
    let score = likeness.score.map(|s| ("score", format!("{}.{:03}", s / 1000, s % 1000)));
    let more = [(name, likeness.meant.clone()), ("likeness", likeness.kind.to_owned())];
    survey.evidence(route).into_iter().chain(more).chain(score).collect()
}
