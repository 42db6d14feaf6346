//! The core, called directly; its records become the host's. Destructured without `..`, so that a new field does not
//! compile until it is mapped here.

use sekisho_core as core;
use sekisho_host::{
    CallError, Context, Direction, Edit, Fact, Finding, Part, PolicyError, Reply, Report, RuleInfo, Severity,
};

pub fn scan(message: &[u8], context: &Context, policy: &str) -> Result<Report, CallError> {
    core::scan_message(message, &context_in(context), policy).map(report).map_err(error)
}

pub fn check_sender(sender: &[u8], context: &Context, policy: &str) -> Result<Report, CallError> {
    core::check_sender(sender, &context_in(context), policy).map(report).map_err(error)
}

pub fn lint(document: &[u8], dialect: &str, context: &Context, policy: &str) -> Result<Report, CallError> {
    core::lint_forwarding(document, dialect, &context_in(context), policy).map(report).map_err(error)
}

fn error(core::PolicyError { path, message }: core::PolicyError) -> CallError {
    CallError::Policy(PolicyError { path, message })
}

pub fn rewrite(message: &[u8], edits: &[Edit]) -> Vec<u8> {
    let edits: Vec<_> =
        edits.iter().cloned().map(|Edit { place, kind, value }| core::Edit { place, kind, value }).collect();
    core::rewrite(message, &edits)
}

pub fn rules() -> Vec<RuleInfo> {
    core::rules()
        .into_iter()
        .map(|core::RuleInfo { id, family, severity: s, summary, rescue_ja, rescue_en, page }| RuleInfo {
            id,
            family,
            severity: severity(s),
            summary,
            rescue_ja,
            rescue_en,
            page,
        })
        .collect()
}

pub fn context_in(context: &Context) -> core::Context {
    let Context { direction, mail_from, recipients, client_ip, helo, tls, login, login_method, facts } =
        context.clone();
    core::Context {
        direction: match direction {
            Direction::Inbound => core::Direction::Inbound,
            Direction::Outbound => core::Direction::Outbound,
        },
        mail_from,
        recipients,
        client_ip,
        helo,
        tls,
        login,
        login_method,
        facts: facts.into_iter().map(|Fact { kind, key, value }| core::Fact { kind, key, value }).collect(),
    }
}

fn report(report: core::Report) -> Report {
    let core::Report { action, risk, inspection, findings, parts, edits, reply, remember } = report;
    Report {
        action: action.as_str().to_owned(),
        risk,
        inspection: inspection.as_str().to_owned(),
        findings: findings
            .into_iter()
            .map(|core::Finding { rule, severity: s, message, place, evidence }| Finding {
                rule,
                severity: severity(s),
                message,
                place,
                evidence,
            })
            .collect(),
        parts: parts
            .into_iter()
            .map(|core::Part { place, name, media_type, format, size, inspection }| Part {
                place,
                name,
                media_type,
                format,
                size,
                inspection: inspection.as_str().to_owned(),
            })
            .collect(),
        edits: edits.into_iter().map(|core::Edit { place, kind, value }| Edit { place, kind, value }).collect(),
        reply: reply.map(|core::Reply { code, enhanced, text }| Reply { code, enhanced, text }),
        remember: remember.into_iter().map(|core::Fact { kind, key, value }| Fact { kind, key, value }).collect(),
    }
}

fn severity(severity: core::Severity) -> Severity {
    match severity {
        core::Severity::Info => Severity::Info,
        core::Severity::Low => Severity::Low,
        core::Severity::Medium => Severity::Medium,
        core::Severity::High => Severity::High,
        core::Severity::Critical => Severity::Critical,
    }
}
