//! The pipeline of a rule document: bytes → rule set → ways out → findings → report.

use super::{judged, rule_names};
use crate::budget::Budget;
use crate::container::Mail;
use crate::forwarding::diff::model_hash;
use crate::forwarding::model::{ProblemKind, RuleSet};
use crate::forwarding::{ForwardingPolicy, Known, Library, Survey, read_with};
use crate::policy::Policy;
use crate::report::{Context, Fact, Inspection, Part, PolicyError, Report};
use crate::rules::{self, Rule, Scene};

/// Where does this rule document send mail? `dialect` is its name or a file name; empty to recognise it by content.
/// Scripts the document includes come as facts of kind `include` (key: name, value: text).
///
/// # Errors
/// Only a policy can be wrong; a rule document never is.
pub fn lint_forwarding(document: &[u8], dialect: &str, context: &Context, policy: &str) -> Result<Report, PolicyError> {
    lint_with(document, dialect, context, policy, &ForwardingPolicy::default())
}

/// Like [`lint_forwarding`], with settings that are no part of the policy document.
///
/// # Errors
/// As [`lint_forwarding`].
pub fn lint_with(
    document: &[u8],
    dialect: &str,
    context: &Context,
    policy: &str,
    settings: &ForwardingPolicy,
) -> Result<Report, PolicyError> {
    let policy = Policy::parse(policy, context.direction, rule_names())?;
    let mut budget = Budget::new(policy.limits, document.len());
    let files: Vec<(String, Vec<u8>)> = context
        .facts
        .iter()
        .filter(|f| f.kind == "include")
        .map(|f| (f.key.clone(), f.value.clone().into_bytes()))
        .collect();
    let set = read_with(document, Some(dialect), Library { files: &files }, &mut budget);
    let known = Known::new(settings, context, &set);
    let survey = Survey::new(&set, known);
    let mail = Mail::default();
    let scene = Scene { mail: &mail, context, sender: None, forwarding: Some(&survey) };
    let hits = rules::run(&scene).into_iter().map(|(rule, hit)| judged(&mail, rule, hit)).collect();
    let inspection = inspection(&set);
    let part = Part {
        place: String::new(),
        name: String::new(),
        media_type: String::new(),
        format: set.dialect.to_owned(),
        size: document.len() as u64,
        inspection,
    };
    let mut report = policy.decide(context, inspection, vec![part], hits, &|id| rules::find(id).map(Rule::info));
    report.remember.extend(remember(&survey));
    Ok(report)
}

/// How far a document could be read.
fn inspection(set: &RuleSet) -> Inspection {
    let any = |kind| set.problems.iter().any(|p| p.kind == kind);
    if any(ProblemKind::Limit) {
        Inspection::OpaqueLimit
    } else if set.dialect.is_empty() && any(ProblemKind::Unreadable) {
        Inspection::OpaqueUnsupported
    } else if any(ProblemKind::Unreadable) || any(ProblemKind::Lossy) {
        Inspection::Broken
    } else {
        Inspection::Inspected
    }
}

/// What a host may keep: the hash of the rules, and who sends where, so that one target of several owners is found.
fn remember(survey: &Survey<'_>) -> Vec<Fact> {
    let fact = |kind: &str, key: String, value: String| Fact { kind: kind.to_owned(), key, value };
    let owner =
        survey.effects.routes.iter().map(|r| r.owner.as_str()).find(|o| !o.is_empty()).unwrap_or(&survey.set.owner);
    let mut out = vec![fact("forwarding-model", owner.to_owned(), model_hash(survey.set))];
    for route in survey.exits().filter(|r| !r.owner.is_empty()) {
        if let Some(address) = route.to.address() {
            let one = fact("forward-target", address.shown(), route.owner.clone());
            if !out.contains(&one) && out.len() < 1000 {
                out.push(one);
            }
        }
    }
    out
}
