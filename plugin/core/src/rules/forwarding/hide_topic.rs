//! Rules that hide or send out what a thief wants: warnings, money, the answers of a partner.

use super::at_rule;
use crate::forwarding::Survey;
use crate::forwarding::address::normal_domain;
use crate::forwarding::folders::Role;
use crate::forwarding::guard::Strength;
use crate::forwarding::model::{Field, Op, Rule};
use crate::forwarding::survey::Hiding;
use crate::forwarding::words::Topic;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    SECURITY,
    id: "hide-security",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: security,
}

declare_rule! {
    MONEY,
    id: "hide-money",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: money,
}

declare_rule! {
    CORRESPONDENT,
    id: "hide-correspondent",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: correspondent,
}

fn security(scene: &Scene<'_>, hits: &mut Hits) {
    topic(scene, hits, Topic::Security, "A rule hides or sends out messages that would warn the owner.");
}

fn money(scene: &Scene<'_>, hits: &mut Hits) {
    topic(scene, hits, Topic::Money, "A rule hides or sends out messages about money.");
}

fn topic(scene: &Scene<'_>, hits: &mut Hits, topic: Topic, message: &str) {
    let Some(survey) = scene.forwarding else { return };
    for (index, rule) in survey.running() {
        let Some((word, value)) = survey.about(index, topic) else { continue };
        let hiding = survey.hiding(index);
        let how = match hiding {
            _ if survey.sends_out(rule) => "sent out",
            Some(Hiding::Buried(Role::Junk)) if survey.about(index, Topic::Junk).is_some() => continue,
            Some(hiding) => hiding.as_str(),
            None => continue,
        };
        let more = vec![("word", word.to_owned()), ("value", value.to_owned()), ("how", how.to_owned())];
        at_rule(survey, hits, Severity::High, rule, message, more);
    }
}

fn correspondent(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (index, rule) in survey.running() {
        let Some(hiding) = survey.hiding(index).filter(|_| rule.guard.strength() == Strength::Sender) else { continue };
        let Some(who) = known_sender(survey, rule) else { continue };
        let more = vec![("sender", who), ("how", hiding.as_str().to_owned())];
        at_rule(
            survey,
            hits,
            Severity::Medium,
            rule,
            "Mail of a colleague or a partner is hidden from the owner.",
            more,
        );
    }
}

/// A sender the rule names that is of the own organisation or of a partner.
fn known_sender(survey: &Survey<'_>, rule: &Rule) -> Option<String> {
    let owner = survey.known.owner(survey.set, rule).to_owned();
    let mut found = None;
    rule.guard.each_test(&mut |test| {
        let named = test.fields.iter().any(Field::is_sender)
            && matches!(test.op, Op::Is | Op::Contains | Op::Matches | Op::Ends);
        for value in test.values.iter().filter(|_| named) {
            let domain = normal_domain(value.rsplit('@').next().unwrap_or(value).trim_matches(['*', '<', '>', ' ']));
            let partner = survey.known.partner_domains().contains(&domain);
            if !domain.is_empty() && (partner || survey.known.is_internal(&owner, &domain)) {
                found.get_or_insert_with(|| value.clone());
            }
        }
    });
    found
}
