//! The `forwarding` family: where rule documents send mail, and how they keep it from their owners.

use std::collections::BTreeMap;

use super::{Hits, Rule, Scene};
use crate::forwarding::Survey;
use crate::forwarding::model::{Problem, ProblemKind};
use crate::report::Severity;

mod audit;
mod document;
mod forward_calendar;
mod forward_chain;
mod forward_copy;
mod forward_domain_wide;
mod forward_dynamic;
mod forward_expired;
mod forward_external;
mod forward_freemail;
mod forward_hidden;
mod forward_lookalike;
mod forward_many;
mod forward_shared_target;
mod forward_target_odd;
mod hide_place;
mod hide_topic;
mod name;
mod order;
mod reply;
mod run_program;
mod sieve_header_tamper;
mod sieve_not_on_server;
mod spam_bypass;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[
    &forward_external::ALL,
    &forward_external::SOME,
    &forward_copy::SILENT,
    &forward_copy::DELETE,
    &forward_freemail::FREEMAIL,
    &forward_freemail::SAAS,
    &forward_lookalike::LOOKALIKE,
    &forward_lookalike::TYPO,
    &forward_dynamic::RULE,
    &forward_many::RULE,
    &forward_chain::CHAIN,
    &forward_chain::LOOP,
    &forward_shared_target::RULE,
    &forward_domain_wide::RULE,
    &forward_hidden::RULE,
    &forward_calendar::RULE,
    &forward_target_odd::RULE,
    &forward_expired::RULE,
    &reply::NOTIFY,
    &reply::FOREIGN,
    &run_program::RUN,
    &run_program::WRITE,
    &hide_place::DELETE,
    &hide_place::MOVE,
    &hide_place::READ,
    &hide_topic::SECURITY,
    &hide_topic::MONEY,
    &hide_topic::CORRESPONDENT,
    &spam_bypass::RULE,
    &name::OBSCURED,
    &name::MISLEADING,
    &order::FIRST_STOP,
    &order::ARMED,
    &order::UNREACHABLE,
    &document::MISMATCH,
    &document::UNREADABLE,
    &document::LOSSY,
    &document::REQUIRE,
    &document::ARITY,
    &sieve_not_on_server::RULE,
    &document::CONTROL,
    &document::INCLUDE,
    &sieve_header_tamper::RULE,
    &document::COST,
    &document::LIMIT,
    &audit::ORIGIN,
    &audit::BURST,
    &audit::LOG_OFF,
    &audit::DRIFT,
];

/// More words than these of one problem at one place are not listed.
const WORDS: usize = 12;

/// Reports every problem of a kind that the reader met; the same one with several words at one place is one finding.
fn problems(scene: &Scene<'_>, hits: &mut Hits, kind: ProblemKind, severity: Option<Severity>) {
    let Some(survey) = scene.forwarding else { return };
    let mut groups: Vec<(&Problem, Vec<&str>)> = Vec::new();
    let mut places = BTreeMap::new();
    for problem in survey.set.problems.iter().filter(|p| p.kind == kind) {
        let key = (problem.span.source, problem.span.start, problem.what.as_str());
        let at = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, words)) if words.len() < WORDS => words.push(&problem.word),
            Some(_) => {}
            None => groups.push((problem, vec![&problem.word])),
        }
    }
    for (problem, words) in groups {
        let mut sentence = problem.what.clone();
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        sentence.push('.');
        let evidence = [("text", words.join(", "))];
        let evidence = evidence.into_iter().filter(|(_, v)| !v.is_empty());
        match severity {
            Some(severity) => hits.push_as(severity, survey.place(problem.span), sentence, evidence),
            None => hits.push(survey.place(problem.span), sentence, evidence),
        }
    }
}

/// Reports at a rule of the document.
fn at_rule(
    survey: &Survey<'_>,
    hits: &mut Hits,
    severity: Severity,
    rule: &crate::forwarding::model::Rule,
    message: &str,
    more: Vec<(&'static str, String)>,
) {
    let guard = Some(("guard", survey.guard(rule))).filter(|(_, g)| !g.is_empty());
    let owner = survey.known.owner(survey.set, rule);
    let owner = Some(("owner", owner.to_owned())).filter(|(_, o)| !o.is_empty());
    let evidence = survey.named(rule).into_iter().chain(owner).chain(more).chain(guard);
    hits.push_as(severity, survey.place(rule.span), message, evidence);
}
