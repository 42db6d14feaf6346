//! What the reader of a document met: rules that differ only in the kind of problem.

use super::problems;
use crate::forwarding::model::{Does, ProblemKind};
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    MISMATCH,
    id: "rule-comment-mismatch",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: mismatch,
}

declare_rule! {
    UNREADABLE,
    id: "rule-unreadable",
    family: "forwarding",
    severity: Medium,
    kind: Opaque,
    check: unreadable,
}

declare_rule! {
    LOSSY,
    id: "export-lossy",
    family: "forwarding",
    severity: Medium,
    kind: Opaque,
    check: lossy,
}

declare_rule! {
    REQUIRE,
    id: "sieve-require",
    family: "forwarding",
    severity: Low,
    kind: Note,
    check: require,
}

declare_rule! {
    ARITY,
    id: "sieve-arity",
    family: "forwarding",
    severity: Low,
    kind: Note,
    check: arity,
}

declare_rule! {
    CONTROL,
    id: "sieve-control-char",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: control,
}

declare_rule! {
    INCLUDE,
    id: "sieve-include-unknown",
    family: "forwarding",
    severity: Medium,
    kind: Opaque,
    check: include,
}

declare_rule! {
    COST,
    id: "sieve-cost",
    family: "forwarding",
    severity: Medium,
    kind: Note,
    check: cost,
}

declare_rule! {
    LIMIT,
    id: "limit-forwarding",
    family: "forwarding",
    severity: High,
    kind: Opaque,
    check: limit,
}

fn mismatch(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::CommentMismatch, None);
}

fn unreadable(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::Unreadable, None);
    let Some(survey) = scene.forwarding else { return };
    for (_, rule) in survey.running() {
        for action in &rule.actions {
            let Does::Opaque(word) = &action.does else { continue };
            let told = survey.set.problems.iter().any(|p| p.span == action.span || p.span.start == action.span.start);
            if !told && word != "include" {
                hits.push(survey.place(action.span), "A rule does something that could not be read.", [("word", word)]);
            }
        }
    }
}

fn lossy(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::Lossy, None);
}

fn require(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::Require, None);
    problems(scene, hits, ProblemKind::RequireUnused, Some(Severity::Info));
}

fn arity(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::Arity, None);
}

fn control(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::Control, None);
}

fn include(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::IncludeUnknown, None);
}

fn cost(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::Cost, None);
}

fn limit(scene: &Scene<'_>, hits: &mut Hits) {
    problems(scene, hits, ProblemKind::Limit, None);
    if scene.forwarding.is_some_and(|s| s.effects.truncated) {
        let message = "There are more targets than are listed.";
        hits.push(String::new(), message, [("text", "")].into_iter().filter(|(_, v)| !v.is_empty()));
    }
}
