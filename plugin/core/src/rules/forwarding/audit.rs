//! Who changed rules, when, from where: what an audit log and the host's memory add.

use crate::forwarding::diff::model_hash;
use crate::forwarding::model::Event;
use crate::report::Severity;
use crate::rules::{Hits, Scene};
use crate::time::moment;

declare_rule! {
    ORIGIN,
    id: "audit-unusual-origin",
    family: "forwarding",
    severity: Medium,
    kind: Deception,
    check: origin,
}

declare_rule! {
    BURST,
    id: "audit-burst",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: burst,
}

declare_rule! {
    LOG_OFF,
    id: "audit-log-off",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: log_off,
}

declare_rule! {
    DRIFT,
    id: "baseline-drift",
    family: "forwarding",
    severity: Medium,
    kind: Note,
    check: drift,
}

/// Does an event make or change a rule?
fn makes_rule(event: &Event) -> bool {
    let operation = event.operation.as_str();
    ["New-", "Set-", "Enable-", "Update"].iter().any(|p| operation.starts_with(p))
        && (operation.contains("InboxRule") || operation.contains("TransportRule") || operation.contains("JournalRule"))
        || operation == "Set-Mailbox"
            && event.parameters.iter().any(|(n, v)| n.starts_with("Forwarding") && !v.is_empty())
}

fn origin(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for event in survey.set.events.iter().filter(|e| makes_rule(e)) {
        let known = |kind: &str, value: &str| {
            let mut of_owner =
                survey.known.all(kind).filter(|(key, _)| key.eq_ignore_ascii_case(&event.owner)).peekable();
            of_owner.peek().is_some() && !of_owner.any(|(_, v)| v.eq_ignore_ascii_case(value))
        };
        let stranger =
            event.owner.contains('@') && event.actor.contains('@') && !event.actor.eq_ignore_ascii_case(&event.owner);
        let (message, what) = if stranger {
            ("A rule of a mailbox was changed by somebody else.", "actor")
        } else if !event.ip.is_empty() && known("known-ip", &event.ip) {
            ("A rule was changed from an address its owner was not seen at before.", "ip")
        } else if !event.app.is_empty() && known("known-app", &event.app) {
            ("A rule was changed with a program its owner did not use before.", "app")
        } else {
            continue;
        };
        let evidence = evidence(event).chain([("unusual", what.to_owned())]);
        hits.push(survey.place(event.span), message, evidence);
    }
}

fn evidence(event: &Event) -> impl Iterator<Item = (&'static str, String)> {
    [
        ("operation", event.operation.clone()),
        ("owner", event.owner.clone()),
        ("actor", event.actor.clone()),
        ("ip", event.ip.clone()),
        ("app", event.app.clone()),
        ("time", event.time.clone()),
    ]
    .into_iter()
    .filter(|(_, v)| !v.is_empty())
}

/// Minutes within which two events belong together.
const MINUTES: i64 = 10;

fn burst(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    let mut made: Vec<(i64, &Event)> =
        survey.set.events.iter().filter(|e| makes_rule(e)).filter_map(|e| Some((minutes(&e.time)?, e))).collect();
    made.sort_by_key(|(at, e)| (*at, e.span));
    let risks: Vec<(i64, &str)> =
        survey.known.all("sign-in-risk").filter_map(|(owner, time)| Some((minutes(time)?, owner))).collect();
    let mut previous: Option<&(i64, &Event)> = None;
    for one in &made {
        let (at, event) = one;
        let after_risk = risks.iter().any(|(risk, owner)| {
            owner.eq_ignore_ascii_case(&event.owner) && (0..=MINUTES).contains(&at.saturating_sub(*risk))
        });
        let after_rule = previous.is_some_and(|(before, other)| {
            at.saturating_sub(*before) <= MINUTES
                && !other.owner.is_empty()
                && !event.owner.eq_ignore_ascii_case(&other.owner)
                && (other.actor.eq_ignore_ascii_case(&event.actor) || (!event.ip.is_empty() && other.ip == event.ip))
        });
        if after_risk || after_rule {
            let what = if after_risk { "a risky sign-in" } else { "a rule in another mailbox" };
            let message = "A rule appeared within minutes of a suspicious event.";
            hits.push(survey.place(event.span), message, evidence(event).chain([("after", what.to_owned())]));
        }
        previous = Some(one);
    }
}

/// Logs write times with and without an offset; without one they mean UTC.
fn minutes(time: &str) -> Option<i64> {
    let seconds = moment(time).or_else(|| moment(&format!("{time}Z")))?;
    Some(seconds.div_euclid(60))
}

fn log_off(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for event in &survey.set.events {
        let is = |name: &str, value: &str| event.parameter(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        let off = match event.operation.as_str() {
            "Set-AdminAuditLogConfig" => {
                is("UnifiedAuditLogIngestionEnabled", "False") || is("AdminAuditLogEnabled", "False")
            }
            "Set-Mailbox" => is("AuditEnabled", "False"),
            "Set-MailboxAuditBypassAssociation" => is("AuditBypassEnabled", "True"),
            "Set-OrganizationConfig" => is("AuditDisabled", "True"),
            "Set-HostedOutboundSpamFilterPolicy" | "New-HostedOutboundSpamFilterPolicy" => {
                is("AutoForwardingMode", "On")
            }
            "Set-RemoteDomain" | "New-RemoteDomain" => is("AutoForwardEnabled", "True"),
            "Remove-UnifiedAuditLogRetentionPolicy" => true,
            _ => false,
        };
        if off {
            let message = "Auditing, or the protection against forwarding, was switched off.";
            hits.push_as(Severity::High, survey.place(event.span), message, evidence(event));
        }
    }
}

fn drift(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    let owner = scene.context.fact("owner", None).unwrap_or(&survey.set.owner);
    let approved =
        scene.context.facts.iter().find(|f| f.kind == "forwarding-model" && f.key.eq_ignore_ascii_case(owner));
    if let Some(approved) = approved {
        let now = model_hash(survey.set);
        if now != approved.value {
            let message = "The rules differ from the ones that were approved.";
            hits.push("1:1".to_owned(), message, [("approved", approved.value.clone()), ("now", now)]);
        }
    }
}
