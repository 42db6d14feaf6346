//! The bindings wasmtime makes from `wit/`, and the way between its records and [`crate::types`]. Records are
//! destructured without `..`, so that a new field does not compile until it is mapped here.

mod generated {
    #![allow(missing_docs, clippy::all, reason = "generated code")]
    wasmtime::component::bindgen!({ world: "plugin", path: "../../wit" });
}

pub(crate) use generated::{Plugin, PluginPre};

use crate::types::{
    Context, Direction, Edit, Fact, Finding, Need, Part, PolicyError, Reply, Report, RuleInfo, Severity,
};
use generated::exports::sekisho::mail::types as wit;

pub(crate) fn context_in(context: &Context) -> wit::Context {
    let Context { direction, mail_from, recipients, client_ip, helo, tls, login, login_method, facts } =
        context.clone();
    wit::Context {
        direction: match direction {
            Direction::Inbound => wit::Direction::Inbound,
            Direction::Outbound => wit::Direction::Outbound,
        },
        mail_from,
        recipients,
        client_ip,
        helo,
        tls,
        login,
        login_method,
        facts: facts.into_iter().map(|Fact { kind, key, value }| wit::Fact { kind, key, value }).collect(),
    }
}

pub(crate) fn edit_in(edit: &Edit) -> wit::Edit {
    let Edit { place, kind, value } = edit.clone();
    wit::Edit { place, kind, value }
}

pub(crate) fn report_out(report: wit::Report) -> Report {
    let wit::Report { action, risk, inspection, findings, parts, edits, reply, remember } = report;
    Report {
        action,
        risk,
        inspection,
        findings: findings.into_iter().map(finding_out).collect(),
        parts: parts.into_iter().map(part_out).collect(),
        edits: edits.into_iter().map(|wit::Edit { place, kind, value }| Edit { place, kind, value }).collect(),
        reply: reply.map(|wit::Reply { code, enhanced, text }| Reply { code, enhanced, text }),
        remember: remember.into_iter().map(|wit::Fact { kind, key, value }| Fact { kind, key, value }).collect(),
    }
}

pub(crate) fn need_out(need: wit::Need) -> Need {
    let wit::Need { kind, key } = need;
    Need { kind, key }
}

fn finding_out(finding: wit::Finding) -> Finding {
    let wit::Finding { rule, severity, message, place, evidence } = finding;
    Finding { rule, severity: severity_out(severity), message, place, evidence }
}

fn part_out(part: wit::Part) -> Part {
    let wit::Part { place, name, media_type, format, size, inspection } = part;
    Part { place, name, media_type, format, size, inspection }
}

pub(crate) fn rule_out(rule: wit::RuleInfo) -> RuleInfo {
    let wit::RuleInfo { id, family, severity, summary, rescue_ja, rescue_en, page } = rule;
    RuleInfo { id, family, severity: severity_out(severity), summary, rescue_ja, rescue_en, page }
}

pub(crate) fn policy_error_out(error: wit::PolicyError) -> PolicyError {
    let wit::PolicyError { path, message } = error;
    PolicyError { path, message }
}

fn severity_out(severity: wit::Severity) -> Severity {
    match severity {
        wit::Severity::Info => Severity::Info,
        wit::Severity::Low => Severity::Low,
        wit::Severity::Medium => Severity::Medium,
        wit::Severity::High => Severity::High,
        wit::Severity::Critical => Severity::Critical,
    }
}
