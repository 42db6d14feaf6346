//! Thunderbird's `msgFilterRules.dat`: lines `key="value"`, one filter after the other.

use std::sync::Arc;

use super::Dialect;
use super::address::Target;
use super::model::{AddressPart, Does, Field, Folder, Guard, Op, Origin, Rule, State, Test, Via, Visible};
use super::reading::Reading;
use super::source::{Source, Span, lines};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "thunderbird", files: &["msgFilterRules.dat"], claims, read };

fn claims(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    lines.next().is_some_and(|l| l.starts_with("version=\"") || l.starts_with("name=\""))
        && lines.take(4).any(|l| ["logging=\"", "name=\"", "enabled=\"", "type=\""].iter().any(|k| l.starts_with(k)))
}

/// A filter being read.
struct Filter {
    rule: Rule,
    /// The action whose value may follow.
    action: Option<(String, Span)>,
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("client");
    let mut filter: Option<Filter> = None;
    for (start, line) in lines(&source.text) {
        let span = Span::new(start, start.saturating_add(line.len()));
        if line.trim().is_empty() {
            continue;
        }
        let Some((key, value)) = line.split_once('=').and_then(|(k, v)| Some((k.trim(), quoted(v)?))) else {
            reading.unreadable(span, "a line is no key and value", line);
            continue;
        };
        if key == "name" {
            close(filter.take(), reading);
            let rule = Rule { name: Some(value), origin: Origin::Client, visible: Visible::Yes, ..Rule::at(span) };
            filter = Some(Filter { rule, action: None });
            continue;
        }
        let Some(current) = &mut filter else {
            if !matches!(key, "version" | "logging") {
                reading.unreadable(span, "a key stands before the first filter", key);
            }
            continue;
        };
        current.rule.span = current.rule.span.to(span);
        property(current, key, value, span, reading);
    }
    close(filter, reading);
}

fn property(filter: &mut Filter, key: &str, value: String, span: Span, reading: &mut Reading<'_>) {
    match key {
        "enabled" if value != "yes" => filter.rule.state = State::Off("switched off"),
        "enabled" | "description" | "type" => {}
        "action" => {
            settle(filter, None);
            filter.action = Some((value, span));
        }
        "actionValue" => settle(filter, Some(value)),
        "customId" => filter.rule.act(Does::Run { program: value, copy: true }, span),
        "condition" => {
            filter.rule.guard = condition(&value, span, reading);
            filter.rule.guard_span = span;
        }
        _ => {
            // Thunderbird disables a filter with a key it does not know.
            filter.rule.state = State::Off("a key is not known");
            reading.unreadable(span, "the key is not known", key);
        }
    }
}

/// Puts down the action that waited for its value.
fn settle(filter: &mut Filter, value: Option<String>) {
    let Some((action, span)) = filter.action.take() else { return };
    let value = value.unwrap_or_default();
    let does = match action.as_str() {
        "Forward" => Does::send(Target::parse(&value), Via::Forward, true),
        "Move to folder" => Does::File { folder: Folder::named(value), copy: false },
        "Copy to folder" => Does::File { folder: Folder::named(value), copy: true },
        "Delete" | "Delete from Pop3 server" => Does::Delete { permanent: false },
        "Mark read" | "Ignore thread" | "Ignore subthread" => Does::MarkRead,
        "JunkScore" if value == "0" => Does::NeverJunk,
        "Reply" => Does::Reply { from: None, carries: String::new(), refuses: false },
        "Stop execution" => {
            filter.rule.stop = true;
            Does::Stop
        }
        "Custom" => return,
        other => Does::Mark(format!("{other} {value}").trim().to_owned()),
    };
    filter.rule.act(does, span);
}

fn close(filter: Option<Filter>, reading: &mut Reading<'_>) {
    if let Some(mut filter) = filter {
        settle(&mut filter, None);
        reading.rule(filter.rule);
    }
}

/// A value: it ends at the quote or at the line's end.
fn quoted(text: &str) -> Option<String> {
    let inside = text.trim().strip_prefix('"')?;
    let mut out = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some(next @ ('"' | '\\')) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    Some(out)
}

/// `AND (subject,contains,x) AND (from,is,y)`, `OR (…)`, `ALL`.
fn condition(text: &str, span: Span, reading: &mut Reading<'_>) -> Guard {
    if text.trim() == "ALL" {
        return Guard::Always;
    }
    let mut all = true;
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while let Some((word, after)) = rest.split_once('(') {
        all = word.trim() != "OR";
        let (term, tail) = term(after);
        match test(term, span) {
            Some(test) => parts.push(Arc::new(Guard::test(test))),
            None => {
                reading.unreadable(span, "a term of a condition could not be read", term);
                parts.push(Arc::new(Guard::Opaque(Arc::from(term), span)));
            }
        }
        rest = tail;
    }
    if parts.is_empty() {
        return Guard::Opaque(Arc::from(text), span);
    }
    if all { Guard::all(parts) } else { Guard::any(parts) }
}

/// The text up to the closing parenthesis outside quotes, and what follows.
fn term(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ')' if !quoted => return (text.get(..at).unwrap_or(""), text.get(at.saturating_add(1)..).unwrap_or("")),
            _ => {}
        }
    }
    (text, "")
}

fn test(term: &str, span: Span) -> Option<Test> {
    let (field, rest) = match term.strip_prefix('"') {
        Some(inner) => inner.split_once("\",")?,
        None => term.split_once(',')?,
    };
    let (op, value) = rest.split_once(',')?;
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value).replace("\\\"", "\"");
    let fields = match field {
        "subject" | "from" | "to" | "cc" | "date" => vec![Field::header(field)],
        "to or cc" => vec![Field::header("to"), Field::header("cc")],
        "all addresses" | "from, to, cc or bcc" => {
            vec![Field::header("from"), Field::header("to"), Field::header("cc")]
        }
        "body" => vec![Field::Body],
        "size" => vec![Field::Size],
        "has attachment status" => vec![Field::Attachment],
        "junk status" | "junk score origin" | "junk percent" => vec![Field::Spam],
        "priority" | "status" | "age in days" | "tag" | "label" => vec![Field::Other(field.to_owned())],
        other => vec![Field::header(other)],
    };
    let size = fields == [Field::Size];
    let op = match op {
        "contains" => Op::Contains,
        "is" => Op::Is,
        "begins with" => Op::Begins,
        "ends with" => Op::Ends,
        "is greater than" if size => Op::Over,
        "is less than" if size => Op::Under,
        "matches" => Op::Regex,
        _ => Op::Other,
    };
    let value = if size { value.parse::<u64>().unwrap_or(0).saturating_mul(1024).to_string() } else { value };
    Some(Test { fields, op, part: AddressPart::Text, values: vec![value], dynamic: false, case_sensitive: false, span })
}
