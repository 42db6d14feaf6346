//! The pipeline of a sender alone: a header or an address → identities → findings → report.

use super::{judged, rule_names};
use crate::container::Mail;
use crate::message::decode::{TransferEncoding, decode};
use crate::policy::Policy;
use crate::report::{Context, Fact, Inspection, PolicyError, Report, Severity};
use crate::rules::{self, Rule, Scene};
use crate::sender::policy::{Prepared, SenderPolicy};
use crate::sender::{self, Sender};

/// Is this sender who he seems to be? `sender` is a header section (a whole message will do), the value of a From field, or
/// a bare domain; what has a field that tells of the sender is a header section.
///
/// # Errors
/// Only a policy can be wrong; a sender never is.
pub fn check_sender(sender: &[u8], context: &Context, policy: &str) -> Result<Report, PolicyError> {
    let policy = Policy::parse(policy, context.direction, rule_names())?;
    let prepared = prepare(policy.sender.clone(), context);
    let sender = if sender::header::is_section(sender) {
        sender::read(sender, &prepared, context)
    } else {
        sender::read_value(&String::from_utf8_lossy(sender), &prepared, context)
    };
    let mail = Mail::default();
    let scene = Scene { mail: &mail, context, sender: Some(&sender), forwarding: None };
    let hits = rules::run(&scene).into_iter().map(|(rule, hit)| judged(&mail, rule, hit)).collect();
    let inspection = Inspection::Inspected;
    let mut report = policy.decide(context, inspection, Vec::new(), hits, &|id| rules::find(id).map(Rule::info));
    // There is no mail here that could be changed.
    report.edits.clear();
    // Where something was found, the score says more than how many rules found it.
    if report.findings.iter().any(|f| f.severity >= Severity::Medium) {
        report.risk = report.risk.max(u8::try_from(sender.scores.total / 10).unwrap_or(100));
    }
    report.remember.extend(score(&sender));
    Ok(report)
}

/// What the policy says of senders, ready for use, with the packed lists of the host: facts of kind `sender-index` whose
/// key the policy names, base64.
pub(super) fn prepare(policy: SenderPolicy, context: &Context) -> Prepared {
    let named = |f: &&Fact| f.kind == "sender-index" && policy.indexes.contains(&f.key);
    let list = |f: &Fact| decode(f.value.as_bytes(), TransferEncoding::Base64).bytes.into_owned();
    let lists = context.facts.iter().filter(named).map(list).collect();
    Prepared::new(policy, lists)
}

/// How suspicious the sender is as a whole, 0.000 to 1.000; what a host sorts by when nothing was found.
fn score(sender: &Sender) -> Option<Fact> {
    let total = sender.scores.total;
    let address = sender.of(sender::Role::From).next().map(|i| i.domain.clone()).unwrap_or_default();
    let value = format!("{}.{:03}", total / 1000, total % 1000);
    (total > 0).then(|| Fact { kind: "sender-score".to_owned(), key: address, value })
}
