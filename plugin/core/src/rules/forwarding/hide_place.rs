//! Rules that keep mail from its owner's eyes: by deleting it, by moving it where nobody looks, by marking it as read.

use super::at_rule;
use crate::forwarding::Survey;
use crate::forwarding::folders::Role;
use crate::forwarding::guard::Strength;
use crate::forwarding::model::{Does, Field, Origin, Rule};
use crate::forwarding::survey::Hiding;
use crate::forwarding::words::Topic;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    DELETE,
    id: "hide-delete",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: delete,
}

declare_rule! {
    MOVE,
    id: "hide-move",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: bury,
}

declare_rule! {
    READ,
    id: "hide-read",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: read,
}

fn delete(scene: &Scene<'_>, hits: &mut Hits) {
    each(scene, |survey, index, rule, hiding| {
        if hiding != Hiding::Deleted || survey.sends_out(rule) || is_junk(survey, index, rule) {
            return;
        }
        let (severity, message) = match rule.guard.strength() {
            Strength::Topic if sensitive(survey, index) => {
                (Severity::High, "Mail about money or security is deleted before the owner sees it.")
            }
            Strength::Topic => (Severity::Medium, "Mail about a topic is deleted before the owner sees it."),
            Strength::All | Strength::Most => {
                (Severity::High, "All or nearly all mail is deleted before the owner sees it.")
            }
            _ => return,
        };
        let words: Vec<String> = survey.topics(index).iter().map(|(_, _, value)| value.clone()).collect();
        let words = (!words.is_empty()).then(|| ("words", words.join(", ")));
        at_rule(survey, hits, severity, rule, message, words.into_iter().collect());
    });
}

fn bury(scene: &Scene<'_>, hits: &mut Hits) {
    each(scene, |survey, index, rule, hiding| {
        let Hiding::Buried(role) = hiding else { return };
        // Moving unwanted mail to the junk folder is what the folder is for; feeds and newsletters are alike.
        let to_junk = role == Role::Junk;
        let narrow = rule.guard.strength() >= Strength::Sender && !sensitive(survey, index);
        if to_junk && narrow || matches!(role, Role::Junk | Role::Rss) && is_junk(survey, index, rule) {
            return;
        }
        let severity = if to_junk && !sensitive(survey, index) { Severity::Medium } else { Severity::High };
        let folder = rule.actions.iter().find_map(|a| match &a.does {
            Does::File { folder, .. } => Some(crate::forwarding::folders::decode(&folder.name).into_owned()),
            _ => None,
        });
        let more = vec![("folder", folder.unwrap_or_default()), ("role", role.as_str().to_owned())];
        at_rule(survey, hits, severity, rule, "Mail is moved to a folder that is hardly ever opened.", more);
    });
}

fn read(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (index, rule) in survey.running() {
        let read = rule.actions.iter().any(|a| a.does == Does::MarkRead);
        let out_of_inbox =
            rule.actions.iter().any(|a| matches!(a.does, Does::File { copy: false, .. } | Does::Archive));
        if !(read && out_of_inbox) || is_junk(survey, index, rule) {
            continue;
        }
        // People do this with mailing lists and newsletters all the time.
        let severity = if rule.guard.strength() >= Strength::Sender { Severity::Low } else { Severity::Medium };
        at_rule(survey, hits, severity, rule, "Mail is marked as read and taken out of the inbox.", Vec::new());
    }
}

fn each(scene: &Scene<'_>, mut look: impl FnMut(&Survey<'_>, usize, &Rule, Hiding)) {
    let Some(survey) = scene.forwarding else { return };
    // An alias that leads nowhere is how a server gets rid of an address.
    for (index, rule) in survey.running().filter(|(_, r)| r.origin != Origin::Table) {
        if let Some(hiding) = survey.hiding(index) {
            look(survey, index, rule, hiding);
        }
    }
}

fn sensitive(survey: &Survey<'_>, index: usize) -> bool {
    survey.about(index, Topic::Money).is_some() || survey.about(index, Topic::Security).is_some()
}

/// Is it about what people honestly throw away?
fn is_junk(survey: &Survey<'_>, index: usize, rule: &Rule) -> bool {
    let mut verdict = false;
    rule.guard.each_test(&mut |test| {
        verdict = verdict
            || test.fields.iter().any(|f| match f {
                Field::Spam => true,
                Field::Header(name) => {
                    name.starts_with("list-") || name == "precedence" || name.contains("spam") || name.contains("virus")
                }
                _ => false,
            });
    });
    (verdict || survey.about(index, Topic::Junk).is_some()) && !sensitive(survey, index)
}
