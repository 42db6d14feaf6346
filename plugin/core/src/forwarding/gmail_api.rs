//! The Gmail API: `users.settings.filters`, `forwardingAddresses`, `autoForwarding`, `delegates`, `sendAs`.

use std::sync::Arc;

use super::Dialect;
use super::address::Target;
use super::json::{Node, Object};
use super::model::{AddressPart, Does, Field, Folder, Guard, Op, Rule, State, Test, Via, Visible};
use super::reading::Reading;
use super::source::{Source, Span};
use super::table::{is_json, mentions, objects};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "gmail", files: &["gmail.json", "filters.json"], claims, read };

fn claims(text: &str) -> bool {
    is_json(text)
        && (mentions(text, &["\"criteria\"", "\"action\""])
            || ["\"forwardingEmail\"", "\"autoForwarding\"", "\"delegateEmail\"", "\"sendAsEmail\""]
                .iter()
                .any(|w| mentions(text, &[w]))
            || mentions(text, &["\"disposition\"", "\"emailAddress\""])
            || (mentions(text, &["\"filter\""]) && mentions(text, &["LabelIds"])))
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-setting");
    for (object, span) in objects(&source.text, reading) {
        settings(&object, span, "", 0, reading);
    }
}

/// How deep bundles may be nested.
const BUNDLED: usize = 8;

/// An answer of the API, or a bundle of several: one filter, or an object that holds lists of settings.
fn settings(object: &Object<'_>, span: Span, owner: &str, depth: usize, reading: &mut Reading<'_>) {
    let named = ["owner", "user", "userEmail"].iter().find_map(|n| object.text(n));
    let owner = named.as_deref().unwrap_or(owner);
    if object.get("criteria").is_some() || object.get("action").is_some() {
        let rule = filter(object, span, owner);
        reading.rule(rule);
        return;
    }
    if object.get("disposition").is_some() || object.get("emailAddress").is_some() && object.get("enabled").is_some() {
        reading.rule(auto_forwarding(object, span, owner));
        return;
    }
    for (name, node) in object.members() {
        for item in node.each() {
            let Some(inner) = item.object() else { continue };
            match name {
                "filter" | "filters" => {
                    let rule = filter(&inner, item.span(), owner);
                    reading.rule(rule);
                }
                "autoForwarding" => reading.rule(auto_forwarding(&inner, item.span(), owner)),
                "forwardingAddresses" => forwarding_address(&inner, item.span(), owner, reading),
                "delegates" => delegate(&inner, item.span(), owner, reading),
                "sendAs" => {}
                // Bundles name what they hold as they like; an address is whose it is.
                other if depth < BUNDLED => {
                    let owner = if other.contains('@') { other } else { owner };
                    settings(&inner, item.span(), owner, depth.saturating_add(1), reading);
                }
                _ => reading.limit(item.span()),
            }
        }
    }
}

fn filter(object: &Object<'_>, span: Span, owner: &str) -> Rule {
    let mut rule = Rule { owner: owner.to_owned(), visible: Visible::Yes, ..Rule::at(span) };
    if let Some(node) = object.get("criteria") {
        rule.guard_span = node.span();
        if let Some(criteria) = node.object() {
            rule.guard = guard(&criteria);
        }
    }
    let Some(action) = object.get("action").and_then(|n| n.object()) else { return rule };
    let labels = |name: &str| action.get(name).map(|n| n.each()).unwrap_or_default();
    if let Some(node) = action.get("forward")
        && let Some(to) = node.text()
    {
        rule.act(Does::send(Target::parse(&to), Via::Redirect, true), node.span());
    }
    for node in labels("addLabelIds") {
        let label = node.text().unwrap_or_default();
        rule.act(
            match label.as_str() {
                "TRASH" => Does::Delete { permanent: false },
                "SPAM" => {
                    Does::File { folder: Folder { special_use: "junk".into(), ..Folder::named(&label) }, copy: false }
                }
                _ => Does::Mark(label),
            },
            node.span(),
        );
    }
    for node in labels("removeLabelIds") {
        let does = match node.text().unwrap_or_default().as_str() {
            "INBOX" => Does::Archive,
            "UNREAD" => Does::MarkRead,
            "SPAM" => Does::NeverJunk,
            other => Does::Mark(format!("-{other}")),
        };
        rule.act(does, node.span());
    }
    rule
}

fn guard(criteria: &Object<'_>) -> Guard {
    let mut parts = Vec::new();
    let test = |fields: Vec<Field>, op, value: String, node: &Node<'_>| {
        Arc::new(Guard::test(Test {
            fields,
            op,
            part: AddressPart::Text,
            values: vec![value],
            dynamic: false,
            case_sensitive: false,
            span: node.span(),
        }))
    };
    for (name, node) in criteria.members() {
        let Some(value) = node.text() else { continue };
        match name {
            "from" | "to" | "subject" if !value.is_empty() => parts.push(words(name, &value, node.span())),
            "query" => parts.push(test(vec![Field::Anything], Op::Query, value, &node)),
            "negatedQuery" if !value.is_empty() => {
                parts.push(Arc::new(Guard::negated(test(vec![Field::Anything], Op::Query, value, &node))));
            }
            "hasAttachment" if node.truth() == Some(true) => {
                parts.push(test(vec![Field::Attachment], Op::Exists, value, &node))
            }
            "size" if value != "0" => {
                let smaller = criteria.text("sizeComparison").is_some_and(|c| c == "smaller");
                parts.push(test(vec![Field::Size], if smaller { Op::Under } else { Op::Over }, value, &node));
            }
            _ => {}
        }
    }
    Guard::all(parts)
}

/// A condition on `from`, `to` or `subject`: a search in that field, `a OR b` are alternatives.
pub fn words(name: &str, value: &str, span: Span) -> Arc<Guard> {
    let values: Vec<String> =
        value.split(" OR ").map(|v| v.trim_matches(['(', ')', '{', '}', '"', ' ']).to_owned()).collect();
    // `*` in a field is ignored by the search, so alone it matches everything.
    let values = values.into_iter().map(|v| if v == "*" { String::new() } else { v }).collect();
    Arc::new(Guard::test(Test {
        fields: vec![Field::header(name)],
        op: Op::Contains,
        part: AddressPart::Text,
        values,
        dynamic: false,
        case_sensitive: false,
        span,
    }))
}

/// Everything that arrives is sent on; `disposition` says what becomes of the owner's copy.
fn auto_forwarding(object: &Object<'_>, span: Span, owner: &str) -> Rule {
    let mut rule = Rule { owner: owner.to_owned(), visible: Visible::Yes, ..Rule::at(span) };
    if object.get("enabled").and_then(|n| n.truth()) == Some(false) {
        rule.state = State::Off("switched off");
    }
    if let Some(node) = object.get("emailAddress")
        && let Some(to) = node.text().filter(|t| !t.is_empty())
    {
        rule.act(Does::send(Target::parse(&to), Via::Redirect, true), node.span());
    }
    let place = object.get("disposition").map_or(span, |n| n.span());
    match object.text("disposition").as_deref() {
        Some("archive") => rule.act(Does::Archive, place),
        Some("trash") => rule.act(Does::Delete { permanent: false }, place),
        Some("markRead") => rule.act(Does::MarkRead, place),
        _ => {}
    }
    rule
}

/// An address that was set up, and that any filter may use at once when it is verified.
fn forwarding_address(object: &Object<'_>, span: Span, owner: &str, reading: &mut Reading<'_>) {
    let Some(to) = object.text("forwardingEmail") else { return };
    let mut rule = Rule { owner: owner.to_owned(), visible: Visible::Yes, ..Rule::at(span) };
    let accepted = object.text("verificationStatus").is_some_and(|s| s.eq_ignore_ascii_case("accepted"));
    rule.state =
        State::Off(if accepted { "set up and verified, used by no filter" } else { "waiting for verification" });
    rule.act(Does::send(Target::parse(&to), Via::Redirect, true), span);
    reading.rule(rule);
}

fn delegate(object: &Object<'_>, span: Span, owner: &str, reading: &mut Reading<'_>) {
    let Some(to) = object.text("delegateEmail") else { return };
    let mut rule = Rule { owner: owner.to_owned(), visible: Visible::Yes, ..Rule::at(span) };
    if !object.text("verificationStatus").is_none_or(|s| s.eq_ignore_ascii_case("accepted")) {
        rule.state = State::Off("waiting for verification");
    }
    rule.act(Does::send(Target::parse(&to), Via::Delegate, true), span);
    reading.rule(rule);
}
