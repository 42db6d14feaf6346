//! The WIT face: maps the records of `wit/types.wit` to the core's and back. Core types are destructured without `..`,
//! so that a new field does not compile until it is mapped here.

mod bindings {
    #![allow(missing_docs, unsafe_code, clippy::all, reason = "generated code")]
    wit_bindgen::generate!({ world: "plugin", path: "../../wit" });
}

use bindings::exports::sekisho::mail::scanner::Guest;
use bindings::exports::sekisho::mail::types as wit;
use sekisho_core as core;

struct Plugin;

impl Guest for Plugin {
    fn needs(head: Vec<u8>, context: wit::Context, policy: String) -> Result<Vec<wit::Need>, wit::PolicyError> {
        let needs = core::needs(&head, &context_in(context), &policy).map_err(error_out)?;
        Ok(needs.into_iter().map(|core::Need { kind, key }| wit::Need { kind, key }).collect())
    }

    fn scan_message(message: Vec<u8>, context: wit::Context, policy: String) -> Result<wit::Report, wit::PolicyError> {
        core::scan_message(&message, &context_in(context), &policy).map(report_out).map_err(error_out)
    }

    fn check_sender(sender: Vec<u8>, context: wit::Context, policy: String) -> Result<wit::Report, wit::PolicyError> {
        core::check_sender(&sender, &context_in(context), &policy).map(report_out).map_err(error_out)
    }

    fn lint_forwarding(
        document: Vec<u8>,
        dialect: String,
        context: wit::Context,
        policy: String,
    ) -> Result<wit::Report, wit::PolicyError> {
        let report = core::lint_forwarding(&document, &dialect, &context_in(context), &policy);
        report.map(report_out).map_err(error_out)
    }

    fn rewrite(message: Vec<u8>, edits: Vec<wit::Edit>) -> Vec<u8> {
        let edits: Vec<_> =
            edits.into_iter().map(|wit::Edit { place, kind, value }| core::Edit { place, kind, value }).collect();
        core::rewrite(&message, &edits)
    }

    fn rules() -> Vec<wit::RuleInfo> {
        core::rules().into_iter().map(rule_out).collect()
    }
}

fn context_in(context: wit::Context) -> core::Context {
    let wit::Context { direction, mail_from, recipients, client_ip, helo, tls, login, login_method, facts } = context;
    core::Context {
        direction: match direction {
            wit::Direction::Inbound => core::Direction::Inbound,
            wit::Direction::Outbound => core::Direction::Outbound,
        },
        mail_from,
        recipients,
        client_ip,
        helo,
        tls,
        login,
        login_method,
        facts: facts.into_iter().map(|wit::Fact { kind, key, value }| core::Fact { kind, key, value }).collect(),
    }
}

fn error_out(error: core::PolicyError) -> wit::PolicyError {
    let core::PolicyError { path, message } = error;
    wit::PolicyError { path, message }
}

fn severity_out(severity: core::Severity) -> wit::Severity {
    match severity {
        core::Severity::Info => wit::Severity::Info,
        core::Severity::Low => wit::Severity::Low,
        core::Severity::Medium => wit::Severity::Medium,
        core::Severity::High => wit::Severity::High,
        core::Severity::Critical => wit::Severity::Critical,
    }
}

fn report_out(report: core::Report) -> wit::Report {
    let core::Report { action, risk, inspection, findings, parts, edits, reply, remember } = report;
    wit::Report {
        action: action.as_str().to_owned(),
        risk,
        inspection: inspection.as_str().to_owned(),
        findings: findings.into_iter().map(finding_out).collect(),
        parts: parts.into_iter().map(part_out).collect(),
        edits: edits.into_iter().map(|core::Edit { place, kind, value }| wit::Edit { place, kind, value }).collect(),
        reply: reply.map(|core::Reply { code, enhanced, text }| wit::Reply { code, enhanced, text }),
        remember: remember.into_iter().map(|core::Fact { kind, key, value }| wit::Fact { kind, key, value }).collect(),
    }
}

fn finding_out(finding: core::Finding) -> wit::Finding {
    let core::Finding { rule, severity, message, place, evidence } = finding;
    wit::Finding { rule, severity: severity_out(severity), message, place, evidence }
}

fn part_out(part: core::Part) -> wit::Part {
    let core::Part { place, name, media_type, format, size, inspection } = part;
    wit::Part { place, name, media_type, format, size, inspection: inspection.as_str().to_owned() }
}

fn rule_out(rule: core::RuleInfo) -> wit::RuleInfo {
    let core::RuleInfo { id, family, severity, summary, rescue_ja, rescue_en, page } = rule;
    wit::RuleInfo { id, family, severity: severity_out(severity), summary, rescue_ja, rescue_en, page }
}

bindings::export!(Plugin with_types_in bindings);
