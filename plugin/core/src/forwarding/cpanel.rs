//! cPanel's `filter.yaml`, the list its pages show. What runs is the Exim filter beside it; they may differ.

use std::sync::Arc;

use super::Dialect;
use super::address::Target;
use super::model::{AddressPart, Does, Field, Guard, Op, Rule, State, Test, Via, Visible};
use super::reading::Reading;
use super::shell::{Variables, command, mailbox};
use super::source::{Source, Span, lines};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "cpanel", files: &["filter.yaml"], claims, read };

fn claims(text: &str) -> bool {
    text.lines().any(|l| l.trim() == "filter:" || l.trim() == "filter: []")
        && (text.contains("filtername:") || text.contains("dest:"))
}

/// The filter being read.
struct Filter {
    rule: Rule,
    tests: Vec<Arc<Guard>>,
    any: bool,
    action: (String, String, Span),
    part: String,
    matching: String,
}

impl Filter {
    fn new(span: Span) -> Self {
        Self {
            rule: Rule { visible: Visible::Yes, ..Rule::at(span) },
            tests: Vec::new(),
            any: false,
            action: (String::new(), String::new(), span),
            part: String::new(),
            matching: String::new(),
        }
    }
}

/// The file has one fixed shape, so its lines are read by their key; which list they stand in follows from the key.
fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-setting");
    let mut filter: Option<Filter> = None;
    let mut depth = None;
    for (start, line) in lines(&source.text) {
        let span = Span::new(start, start.saturating_add(line.len()));
        let indent = line.len().saturating_sub(line.trim_start().len());
        let text = line.trim();
        let begins = text == "-" || text.starts_with("- ");
        if begins && depth.is_none_or(|d| indent <= d) {
            close(filter.take(), reading);
            depth = Some(indent);
            filter = Some(Filter::new(span));
        }
        let Some(current) = &mut filter else { continue };
        current.rule.span = current.rule.span.to(span);
        if let Some((key, value)) = text.trim_start_matches('-').trim().split_once(':') {
            property(current, key.trim(), unquoted(value), span);
        }
    }
    close(filter, reading);
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    match value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        Some(inside) => inside.replace("''", "'"),
        None => value.trim_matches('"').to_owned(),
    }
}

fn property(filter: &mut Filter, key: &str, value: String, span: Span) {
    match key {
        "action" if filter.action.0.is_empty() && !filter.action.1.is_empty() => {
            filter.action.0 = value;
            act(filter);
        }
        "action" => {
            act(filter);
            filter.action = (value, String::new(), span);
        }
        "dest" => {
            // Some actions have no destination; what waits for its destination waited for this one.
            filter.action.1 = value;
            if !filter.action.0.is_empty() {
                act(filter);
            }
        }
        "enabled" if value == "0" => filter.rule.state = State::Off("switched off"),
        "filtername" => filter.rule.name = Some(value),
        "match" => filter.matching = value,
        "opt" => filter.any |= value == "or",
        "part" => filter.part = value,
        "val" => {
            let test = test(&filter.part, &filter.matching, value, span);
            filter.tests.push(Arc::new(test));
            let first = filter.rule.guard_span == Span::default();
            filter.rule.guard_span = if first { span } else { filter.rule.guard_span.to(span) };
        }
        _ => {}
    }
}

fn test(part: &str, matching: &str, value: String, span: Span) -> Guard {
    let name = part.trim_start_matches('$').trim_end_matches(':');
    let field = match name.strip_prefix("header_") {
        Some(header) => Field::header(header),
        None if name == "message_body" => Field::Body,
        None if name == "message_headers" => Field::header("*"),
        None => Field::Other(name.to_owned()),
    };
    let (op, negated) = match matching {
        "is" => (Op::Is, false),
        "contains" => (Op::Contains, false),
        "begins" => (Op::Begins, false),
        "ends" => (Op::Ends, false),
        "matches" => (Op::Regex, false),
        "does not contain" => (Op::Contains, true),
        "is not" => (Op::Is, true),
        "does not match" => (Op::Regex, true),
        "does not begin" => (Op::Begins, true),
        "does not end" => (Op::Ends, true),
        _ => (Op::Other, false),
    };
    let test = Guard::test(Test {
        fields: vec![field],
        op,
        part: AddressPart::Text,
        values: vec![value],
        dynamic: false,
        case_sensitive: false,
        span,
    });
    if negated { Guard::negated(Arc::new(test)) } else { test }
}

/// Puts down the action that was collected.
fn act(filter: &mut Filter) {
    let (action, dest, span) = core::mem::replace(&mut filter.action, (String::new(), String::new(), filter.rule.span));
    match action.as_str() {
        "deliver" => filter.rule.act(Does::send(Target::parse(&dest), Via::Redirect, false), span),
        "save" => filter.rule.act(mailbox(&dest, false), span),
        "pipe" => {
            let mut acts = Vec::new();
            command(&dest, &Variables::default(), false, &mut acts);
            acts.into_iter().for_each(|does| filter.rule.act(does, span));
        }
        "fail" => filter.rule.act(Does::Reply { from: None, carries: String::new(), refuses: true }, span),
        "finish" => {
            filter.rule.stop = true;
            filter.rule.act(Does::Stop, span);
        }
        _ => filter.action.1 = dest,
    }
}

fn close(filter: Option<Filter>, reading: &mut Reading<'_>) {
    let Some(mut filter) = filter else { return };
    act(&mut filter);
    filter.rule.guard = if filter.any { Guard::any(filter.tests) } else { Guard::all(filter.tests) };
    if !filter.rule.actions.is_empty() || filter.rule.name.is_some() {
        reading.rule(filter.rule);
    }
}
