//! The pipeline: bytes → objects → findings → report.

use std::borrow::Cow;

use crate::budget::Budget;
use crate::container::{Item, Mail, open};
use crate::policy::{Judged, Policy, RuleName};
use crate::report::{Context, Direction, Fact, Finding, Inspection, Part, PolicyError, Report};
use crate::rules::{self, At, Hit, Rule, Scene};
use crate::sender::{self as senders, Role, Sender};
use crate::text::visible;

pub mod forwarding;
pub mod needs;
mod remember;
pub mod sender;

/// May this message pass? `policy` is one JSON document; the empty string means the defaults.
///
/// # Errors
/// Only a policy can be wrong; mail never is.
pub fn scan_message(message: &[u8], context: &Context, policy: &str) -> Result<Report, PolicyError> {
    let policy = Policy::parse(policy, context.direction, rule_names())?;
    let mut budget = Budget::new(policy.limits, message.len());
    let mail = open::open(message, &mut budget);
    let sender = senders::read(message, &sender::prepare(policy.sender.clone(), context), context);
    let judged = rules::run(&Scene { mail: &mail, context, sender: Some(&sender), forwarding: None })
        .into_iter()
        .map(|(rule, hit)| judged(&mail, rule, hit))
        .collect();
    let inspection = mail.items.first().map_or(Inspection::Inspected, |root| root.inspection);
    let parts = mail.items.iter().skip(1).map(part).collect();
    let vouched = vouched(context, &sender);
    let mut report = policy.decide(&vouched, inspection, parts, judged, &|id| rules::find(id).map(Rule::info));
    report.remember = remember::remember(message, context, &sender, report.action);
    Ok(report)
}

/// The context, and for exceptions the domain in From where a host that the policy trusts vouches for it.
fn vouched<'c>(context: &'c Context, sender: &Sender) -> Cow<'c, Context> {
    let mut authors = sender.of(Role::From);
    let (author, other) = (authors.next(), authors.next());
    let counts = context.direction == Direction::Inbound && other.is_none() && sender.authentication.is_vouched_for();
    let Some(author) = author.filter(|author| counts && !author.domain.is_empty()) else {
        return Cow::Borrowed(context);
    };
    let fact = |kind: &str, value: &str| Fact { kind: kind.into(), key: author.domain.clone(), value: value.into() };
    let mut context = context.clone();
    context.facts.push(fact("authenticated-domain", "dmarc"));
    Cow::Owned(context)
}

/// The rules a policy may speak of.
pub fn rule_names() -> impl Iterator<Item = RuleName> + Clone {
    rules::all().map(|r| RuleName { id: r.id, family: r.family })
}

/// A hit with what a policy may know about it.
fn judged(mail: &Mail, rule: &Rule, hit: Hit) -> Judged {
    let (item, order, place) = match hit.at {
        At::Item(index) => (mail.items.get(index), index, String::new()),
        At::Place(place) => (None, 0, place),
    };
    let sealed = item.is_some_and(|i| is_sealed(mail, i));
    Judged {
        finding: Finding {
            rule: rule.id.to_owned(),
            severity: hit.severity.unwrap_or(rule.severity),
            message: hit.message,
            place: item.map_or(place, |i| i.place.clone()),
            evidence: hit.evidence,
        },
        family: rule.family,
        kind: rule.kind,
        usual: hit.severity.is_none(),
        mime_part: item.map(|i| i.mime_part.clone()).unwrap_or_default(),
        sealed,
        order,
    }
}

/// Does it need a secret to be read, or is it in something that does?
fn is_sealed(mail: &Mail, item: &Item) -> bool {
    core::iter::successors(Some(item), |i| mail.parent(i)).any(|i| {
        matches!(
            i.own_inspection,
            Inspection::InspectedAfterDecrypt | Inspection::NamesOnly | Inspection::OpaqueEncrypted
        )
    })
}

/// What a report says of an object.
fn part(item: &Item) -> Part {
    Part {
        place: item.place.clone(),
        name: visible(item.name()),
        media_type: visible(&item.media_type),
        format: item.format.id.to_owned(),
        size: item.size,
        inspection: item.inspection,
    }
}
