//! Names of rules: none to see, or one that says something else.

use super::at_rule;
use crate::forwarding::Survey;
use crate::forwarding::model::{Does, Rule};
use crate::forwarding::words::{Topic, topic_of};
use crate::report::Severity;
use crate::rules::{Hits, Scene};
use crate::text::{is_bidi_control, is_invisible};

declare_rule! {
    OBSCURED,
    id: "name-obscured",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: obscured,
}

declare_rule! {
    MISLEADING,
    id: "name-misleading",
    family: "forwarding",
    severity: Low,
    kind: Deception,
    check: misleading,
}

fn obscured(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (index, rule) in survey.set.rules.iter().enumerate() {
        let Some(how) = rule.name.as_deref().and_then(obscurity) else { continue };
        // A sloppy name alone is no crime.
        let severity = if acts(survey, index, rule) { Severity::High } else { Severity::Low };
        let points: Vec<String> =
            rule.name.iter().flat_map(|n| n.chars().take(8)).map(|c| format!("U+{:04X}", u32::from(c))).collect();
        let more = vec![("how", how.to_owned()), ("code-points", points.join(" "))];
        at_rule(survey, hits, severity, rule, "The name of a rule tells nothing, or cannot be seen.", more);
    }
}

/// Does the rule send, delete or hide?
fn acts(survey: &Survey<'_>, index: usize, rule: &Rule) -> bool {
    survey.hiding(index).is_some()
        || rule
            .actions
            .iter()
            .any(|a| matches!(a.does, Does::Send { .. } | Does::Run { .. } | Does::Delete { .. } | Does::MarkRead))
}

/// Empty, one or two characters, punctuation only, characters nobody sees. A CJK character is as good as a word.
fn obscurity(name: &str) -> Option<&'static str> {
    if name
        .chars()
        .any(|c| is_bidi_control(c) || is_invisible(c) || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
    {
        return Some("invisible or reordering characters");
    }
    let letters: usize =
        name.chars().filter(|c| c.is_alphanumeric()).map(|c| if c >= '\u{2E80}' { 3 } else { 1 }).sum();
    if name.trim().is_empty() {
        Some("empty")
    } else if letters == 0 {
        Some("punctuation only")
    } else if letters <= 2 && name.trim().chars().count() <= 2 {
        Some("one or two characters")
    } else {
        None
    }
}

fn misleading(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (_, rule) in survey.running().filter(|(_, r)| survey.sends_out(r)) {
        let harmless = rule.name.as_deref().and_then(topic_of).is_some_and(|(topic, _)| topic == Topic::Junk);
        if harmless {
            at_rule(
                survey,
                hits,
                Severity::Low,
                rule,
                "A rule is named after unwanted mail and sends mail out.",
                Vec::new(),
            );
        }
    }
}
