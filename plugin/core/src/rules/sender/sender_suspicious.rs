//! Signs that say little alone and much together.

use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "sender-suspicious",
    family: "sender",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    let scores = sender.scores;
    let parts = [
        ("domain", scores.domain),
        ("idn", scores.idn),
        ("header", scores.header),
        ("name", scores.name),
        ("reply-to", scores.reply),
        ("origin", scores.authentication),
    ];
    let alone = parts.iter().map(|(_, s)| *s).max().unwrap_or(0);
    // What one sign says by itself, its own rule says.
    if scores.total < sender.warn || alone >= sender.warn {
        return;
    }
    let number = |score: u16| format!("{}.{:03}", score / 1000, score % 1000);
    let mut evidence = vec![("score", number(scores.total))];
    evidence.extend(parts.into_iter().filter(|(_, s)| *s > 0).map(|(name, s)| (name, number(s))));
    let message = "Several weak signs together make this sender suspicious.";
    if scores.total >= sender.quarantine {
        hits.push_as(Severity::High, "from".to_owned(), message, evidence);
    } else {
        hits.push("from".to_owned(), message, evidence);
    }
}
