//! From findings to the report: severities, actions, exceptions, and which line of the policy decided.

use core::cmp::Reverse;
use std::collections::BTreeMap;

use super::exception::{Exception, Parties, Refusal};
use super::{Judged, Line, Policy, edits, reply, risk};
use crate::report::{Action, Context, Evidence, Finding, Inspection, Part, Report, RuleInfo, Severity};
use crate::text::visible;

/// What a policy may ask about a rule when it writes to people.
pub type Words<'w> = &'w dyn Fn(&str) -> Option<RuleInfo>;

/// What happens because of one finding.
#[derive(Debug)]
pub struct Ruling<'p> {
    /// The finding.
    pub judged: Judged,
    /// The action it asks for, after exceptions.
    pub action: Action,
    /// What the policy says without exceptions.
    without: Action,
    /// What the policy names, before `strip` becomes `hold` where there is no part to take out.
    asked: Action,
    basis: Basis<'p>,
    exemption: Option<&'p Exception>,
    refusals: Vec<(&'p Exception, Refusal)>,
}

/// Which part of the policy spoke.
#[derive(Clone, Copy, Debug)]
enum Basis<'p> {
    Profile,
    Rule(Line<'p>),
}

impl Policy {
    /// Decides what happens to a message. `words` tells what the page of a rule says.
    #[must_use]
    pub fn decide(
        &self,
        context: &Context,
        inspection: Inspection,
        parts: Vec<Part>,
        judged: Vec<Judged>,
        words: Words<'_>,
    ) -> Report {
        let parties = Parties::of(context);
        let mut rulings: Vec<Ruling<'_>> = judged.into_iter().map(|j| self.rule(j, &parties)).collect();
        rulings.sort_by_key(|r| (Reverse(r.judged.finding.severity), r.judged.order));
        let action = rulings.iter().map(|r| r.action).max().unwrap_or(Action::Deliver);
        let risk = risk::risk(worst_by_rule(&rulings));
        let mut findings: Vec<Finding> = self.matched(&rulings, action).into_iter().collect();
        findings.extend(exempted(&rulings));
        let edits = edits::edits(action, risk, &rulings, &parts, &self.tag, &self.rescue, words);
        let decider = rulings.iter().find(|r| r.action == action);
        let reply = decider.and_then(|r| reply::reply(action, &r.judged.finding.rule, &self.rescue, words));
        Report {
            action,
            risk,
            inspection,
            findings: rulings.into_iter().map(|r| r.judged.finding).chain(findings).collect(),
            parts,
            edits,
            reply,
            remember: Vec::new(),
        }
    }

    /// What happens because of one finding.
    fn rule(&self, mut judged: Judged, parties: &Parties<'_>) -> Ruling<'_> {
        let rule = judged.finding.rule.as_str();
        if judged.usual
            && let Some(severity) = self.severity_of(rule, judged.family)
        {
            judged.finding.severity = severity;
        }
        let (mut asked, basis) = match self.action_of(rule, judged.family) {
            Some((action, line)) => (action, Basis::Rule(line)),
            None => (self.profile.action(judged.kind, judged.finding.severity), Basis::Profile),
        };
        if judged.finding.severity == Severity::Info {
            asked = Action::Deliver;
        }
        let action = feasible(asked, &judged);
        let mut ruling =
            Ruling { judged, action, without: action, asked, basis, exemption: None, refusals: Vec::new() };
        for exception in self.exceptions.iter().filter(|e| e.action < action) {
            match exception.covers(&ruling.judged, parties) {
                None => {}
                Some(Err(refusal)) => ruling.refusals.push((exception, refusal)),
                Some(Ok(())) => {
                    ruling.asked = exception.action;
                    ruling.action = feasible(exception.action, &ruling.judged);
                    ruling.exemption = Some(exception);
                    break;
                }
            }
        }
        ruling
    }

    /// The finding that tells which line of the policy decided: when something other than `deliver` happens, and when a
    /// setting of a rule kept it from happening.
    fn matched(&self, rulings: &[Ruling<'_>], action: Action) -> Option<Finding> {
        let ruling = rulings.iter().find(|r| match action {
            Action::Deliver => r.exemption.is_none() && self.spared(r),
            _ => r.action == action,
        })?;
        let (decided, line) = match (ruling.exemption, ruling.basis) {
            (Some(exception), _) => (format!("exception {}", exception.terms.id), format!("{}.action", exception.line)),
            (None, Basis::Rule(line)) => (format!("action of {}", line.key), line.to_string()),
            (None, Basis::Profile) => {
                (format!("profile {}", self.profile.as_str()), format!("{}profile", self.profile_prefix))
            }
        };
        let mut evidence = vec![
            pair("decided", &decided),
            pair("rule", &ruling.judged.finding.rule),
            pair("line", &line),
            pair("action", action.as_str()),
        ];
        if ruling.asked != ruling.action {
            evidence.push(pair("instead-of", "strip, which needs a part that can be taken out"));
        }
        evidence.extend(
            ruling
                .refusals
                .iter()
                .map(|(e, why)| pair("exception-not-applied", &format!("{} {}", e.terms.id, why.as_str()))),
        );
        Some(note("policy-matched", "The policy decided what happens to the message.", &ruling.judged, evidence))
    }

    /// Does a setting of the rule let pass what the profile would stop?
    fn spared(&self, ruling: &Ruling<'_>) -> bool {
        matches!(ruling.basis, Basis::Rule(_))
            && self.profile.action(ruling.judged.kind, ruling.judged.finding.severity) > Action::Deliver
    }
}

/// `strip` needs a part to take out; where there is none, the message is held.
fn feasible(action: Action, judged: &Judged) -> Action {
    if action == Action::Strip && judged.mime_part.is_empty() { Action::Hold } else { action }
}

/// Each rule once, with the worst severity of its findings.
fn worst_by_rule(rulings: &[Ruling<'_>]) -> impl Iterator<Item = (crate::report::Kind, Severity)> {
    let mut worst = BTreeMap::new();
    for judged in rulings.iter().map(|r| &r.judged) {
        // The heaviest stand first.
        worst.entry(judged.finding.rule.as_str()).or_insert((judged.kind, judged.finding.severity));
    }
    worst.into_values()
}

/// One finding for every exception and rule it let pass.
fn exempted(rulings: &[Ruling<'_>]) -> Vec<Finding> {
    let mut out: Vec<(&str, &str, usize, Finding)> = Vec::new();
    for ruling in rulings {
        let Some(exception) = ruling.exemption else { continue };
        let (rule, line) = (ruling.judged.finding.rule.as_str(), exception.line.as_str());
        if let Some((_, _, count, _)) = out.iter_mut().find(|(r, l, ..)| (*r, *l) == (rule, line)) {
            *count = count.saturating_add(1);
            continue;
        }
        let terms = &exception.terms;
        let mut evidence = vec![pair("rule", rule), pair("exception", &terms.id)];
        for (key, value) in [("ticket", &terms.ticket), ("reason", &terms.reason)] {
            if !value.is_empty() {
                evidence.push(pair(key, value));
            }
        }
        if let Some(expires) = &terms.expires {
            evidence.push(pair("expires", expires));
        }
        evidence.push(pair("line", line));
        evidence.push(pair("action", ruling.action.as_str()));
        evidence.push(pair("instead-of", ruling.without.as_str()));
        out.push((
            rule,
            line,
            1,
            note("policy-exempted", "An exception covers this finding.", &ruling.judged, evidence),
        ));
    }
    out.into_iter()
        .map(|(_, _, count, mut finding)| {
            if count > 1 {
                finding.evidence.push(pair("findings", &count.to_string()));
            }
            finding
        })
        .collect()
}

/// A finding of the policy itself, at the place of the finding it speaks of.
fn note(rule: &str, message: &str, about: &Judged, evidence: Evidence) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity: Severity::Info,
        message: message.to_owned(),
        place: about.finding.place.clone(),
        evidence,
    }
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), visible(value))
}
