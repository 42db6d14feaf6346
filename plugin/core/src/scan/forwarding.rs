//! The pipeline of a rule document: bytes → rule set → ways out → findings → report.

use super::sender::prepare;
use super::{judged, rule_names};
use crate::budget::Budget;
use crate::container::Mail;
use crate::forwarding::diff::{Digests, Picture};
use crate::forwarding::model::{ProblemKind, RuleSet};
use crate::forwarding::{Known, Library, Survey, read_with};
use crate::policy::Policy;
use crate::report::{Context, Fact, Inspection, Part, PolicyError, Report};
use crate::rules::{self, Rule, Scene};

/// Where does this rule document send mail? `dialect` is its name or a file name; empty to recognise it by content.
/// Scripts the document includes come as facts of kind `include` (key: name, value: text).
///
/// The report's `remember` holds, besides what finds one target of several owners, the whole answer: a
/// `forwarding-route` for every way out and a `forwarding-rule` for every rule. Handed in with a later document they
/// come back as `forwarding-change`, one for every change.
///
/// # Errors
/// Only a policy can be wrong; a rule document never is.
pub fn lint_forwarding(document: &[u8], dialect: &str, context: &Context, policy: &str) -> Result<Report, PolicyError> {
    let policy = Policy::parse(policy, context.direction, rule_names())?;
    let mut budget = Budget::new(policy.limits, document.len());
    let files: Vec<(String, Vec<u8>)> = context
        .facts
        .iter()
        .filter(|f| f.kind == "include")
        .map(|f| (f.key.clone(), f.value.clone().into_bytes()))
        .collect();
    let set = read_with(document, Some(dialect), Library { files: &files }, &mut budget);
    let known = Known::new(&policy.forwarding, context, &set);
    let survey = Survey::new(&set, known, &prepare(policy.sender.clone(), context));
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
    // There is no mail here that could be changed.
    report.edits.clear();
    report.remember.extend(remember(&survey, context));
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

/// As many ways out, and as many rules, are remembered.
const REMEMBERED: usize = 1000;

/// What a host may keep: the hash of the rules, who sends where, the whole picture, and what changed since an earlier one.
fn remember(survey: &Survey<'_>, context: &Context) -> Vec<Fact> {
    let owner =
        survey.effects.routes.iter().map(|r| r.owner.as_str()).find(|o| !o.is_empty()).unwrap_or(&survey.set.owner);
    let digests = Digests::of(survey.set);
    let mut out = vec![fact("forwarding-model", owner.to_owned(), digests.model_hash(survey.set))];
    for route in survey.exits().filter(|r| !r.owner.is_empty()) {
        if let Some(address) = route.to.address() {
            let one = fact("forward-target", address.shown(), route.owner.clone());
            if !out.contains(&one) && out.len() < REMEMBERED {
                out.push(one);
            }
        }
    }
    // An earlier picture has no more rules either, so that what lies beyond is not told as new.
    let picture = Picture::of_first(REMEMBERED, survey.set, &survey.effects, &digests);
    out.extend(picture.ways.iter().take(REMEMBERED).map(|(key, way)| fact("forwarding-route", json(key), json(way))));
    out.extend(picture.rules.iter().map(|rule| fact("forwarding-rule", rule.hash.clone(), json(rule))));
    if let Some(earlier) = earlier(context) {
        let changes = picture.since(&earlier);
        out.extend(
            changes.iter().take(REMEMBERED).map(|c| fact("forwarding-change", c.class.as_str().to_owned(), json(c))),
        );
    }
    out
}

/// The picture that facts of an earlier report make, if there are any.
fn earlier(context: &Context) -> Option<Picture> {
    let of = |kind: &'static str| context.facts.iter().filter(move |f| f.kind == kind);
    let ways = of("forwarding-route").filter_map(|f| Some((read(&f.key)?, read(&f.value)?)));
    let picture =
        Picture { ways: ways.collect(), rules: of("forwarding-rule").filter_map(|f| read(&f.value)).collect() };
    (!picture.ways.is_empty() || !picture.rules.is_empty()).then_some(picture)
}

fn fact(kind: &str, key: String, value: String) -> Fact {
    Fact { kind: kind.to_owned(), key, value }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
