//! Microsoft Graph `messageRule` (Outlook inbox rules): `GET /me/mailFolders/inbox/messageRules`.

use std::sync::Arc;

use super::Dialect;
use super::address::Target;
use super::json::{Node, Object};
use super::model::{AddressPart, Does, Field, Folder, Guard, Op, Rule, State, Test, Via, Visible};
use super::reading::Reading;
use super::source::{Source, Span};
use super::table::{is_json, mentions, objects_of};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "graph", files: &["messageRules.json"], claims, read };

fn claims(text: &str) -> bool {
    // The API writes `isEnabled`, its PowerShell module `IsEnabled`.
    is_json(text)
        && (mentions(text, &["\"actions\""])
            && ["\"isEnabled\"", "\"sequence\"", "messageRule"].iter().any(|w| mentions(text, &[w]))
            || mentions(text, &["\"Actions\"", "\"IsEnabled\""])
            || mentions(text, &["@odata.context", "messageRules"]))
}

/// A name as the API writes it: the first letter small.
fn camel(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

/// Values that say nothing: missing ones, false ones, empty lists and objects.
fn is_idle(node: &Node<'_>) -> bool {
    node.is_null()
        || node.truth() == Some(false)
        || node.list().is_some_and(|l| l.is_empty())
        || node.object().is_some_and(|o| o.members().all(|(_, n)| is_idle(&n)))
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-setting");
    let found = objects_of(&source.text, &|object| object.has("actions"), reading);
    let mut rules: Vec<(i64, Rule)> = found
        .iter()
        .map(|(object, span, owner)| {
            let (sequence, mut rule) = rule(object, *span, reading);
            if rule.owner.is_empty() {
                rule.owner.clone_from(owner);
            }
            (sequence, rule)
        })
        .collect();
    rules.sort_by_key(|(sequence, _)| *sequence);
    for (_, rule) in rules {
        reading.rule(rule);
    }
}

fn rule(object: &Object<'_>, span: Span, reading: &mut Reading<'_>) -> (i64, Rule) {
    let mut rule = Rule::at(span);
    rule.name = Some(object.text("displayName").unwrap_or_default());
    rule.visible = Visible::Yes;
    rule.owner = object.text("mailbox").or_else(|| object.text("userPrincipalName")).unwrap_or_default();
    if object.get("isEnabled").and_then(|n| n.truth()) == Some(false) {
        rule.state = State::Off("switched off");
    } else if object.is_true("hasError") {
        rule.state = State::Off("in error");
    }
    let mut parts = Vec::new();
    if let Some(conditions) = object.get("conditions").and_then(|n| n.object()) {
        rule.guard_span = object.get("conditions").map(|n| n.span()).unwrap_or_default();
        parts.extend(conditions.members().filter_map(|(name, node)| condition(name, &node)).map(Arc::new));
    }
    if let Some(exceptions) = object.get("exceptions").and_then(|n| n.object()) {
        let each = exceptions.members().filter_map(|(name, node)| condition(name, &node));
        parts.extend(each.map(|g| Arc::new(Guard::negated(Arc::new(g)))));
    }
    rule.guard = Guard::all(parts);
    if let Some(actions) = object.get("actions").and_then(|n| n.object()) {
        for (name, node) in actions.members() {
            action(name, &node, &mut rule, reading);
        }
    }
    let sequence = object.text("sequence").and_then(|s| s.parse().ok()).unwrap_or(i64::MAX);
    (sequence, rule)
}

/// Conditions of one rule must all hold; the values of one are alternatives.
fn condition(name: &str, node: &Node<'_>) -> Option<Guard> {
    if is_idle(node) {
        return None;
    }
    let name = camel(name);
    let span = node.span();
    let test = |fields: Vec<Field>, op, values: Vec<String>| {
        Guard::test(Test { fields, op, part: AddressPart::Text, values, dynamic: false, case_sensitive: false, span })
    };
    let texts = || node.each().iter().filter_map(Node::text).collect::<Vec<_>>();
    let addresses = || node.each().iter().filter_map(address).collect::<Vec<_>>();
    let header = |name: &str| vec![Field::header(name)];
    Some(match name.as_str() {
        "subjectContains" => test(header("subject"), Op::Contains, texts()),
        "bodyContains" => test(vec![Field::Body], Op::Contains, texts()),
        "bodyOrSubjectContains" => test(vec![Field::header("subject"), Field::Body], Op::Contains, texts()),
        "senderContains" => test(header("from"), Op::Contains, texts()),
        "recipientContains" => test(vec![Field::header("to"), Field::header("cc")], Op::Contains, texts()),
        "headerContains" => test(header("*"), Op::Contains, texts()),
        "fromAddresses" => test(header("from"), Op::Is, addresses()),
        "sentToAddresses" => test(vec![Field::header("to"), Field::header("cc")], Op::Is, addresses()),
        "hasAttachments" => test(vec![Field::Attachment], Op::Exists, Vec::new()),
        "withinSizeRange" => size_range(node, span)?,
        "sentToMe" | "sentOnlyToMe" | "sentCcMe" | "sentToOrCcMe" => {
            test(vec![Field::EnvelopeTo], Op::Is, vec![name.to_owned()])
        }
        "notSentToMe" => test(vec![Field::Side], Op::Other, Vec::new()),
        other => test(vec![Field::Other(other.to_owned())], Op::Other, texts()),
    })
}

/// Kilobytes; a range from 0 or 1 that has no end worth the name is no condition.
fn size_range(node: &Node<'_>, span: Span) -> Option<Guard> {
    let object = node.object()?;
    let bytes = |name: &str| object.text(name).and_then(|n| n.parse::<u64>().ok()).map(|kb| kb.saturating_mul(1024));
    let bound = |op, value: u64| {
        Arc::new(Guard::test(Test {
            fields: vec![Field::Size],
            op,
            part: AddressPart::Text,
            values: vec![value.to_string()],
            dynamic: false,
            case_sensitive: false,
            span,
        }))
    };
    let low = bytes("minimumSize").map(|n| bound(Op::Over, n));
    let high = bytes("maximumSize").filter(|n| *n > 0).map(|n| bound(Op::Under, n));
    Some(Guard::all(low.into_iter().chain(high)))
}

fn address(node: &Node<'_>) -> Option<String> {
    let object = node.object()?;
    let email = object.get("emailAddress").and_then(|n| n.object()).unwrap_or(object);
    email.text("address").or_else(|| email.text("name"))
}

fn action(name: &str, node: &Node<'_>, rule: &mut Rule, reading: &mut Reading<'_>) {
    if is_idle(node) {
        return;
    }
    let name = camel(name);
    let span = node.span();
    let folder = || Folder::named(node.text().unwrap_or_default());
    match name.as_str() {
        "forwardTo" | "forwardAsAttachmentTo" | "redirectTo" => {
            let via = match name.as_str() {
                "forwardTo" => Via::Forward,
                "redirectTo" => Via::Redirect,
                _ => Via::Attachment,
            };
            for recipient in node.each() {
                let to =
                    address(&recipient).map_or_else(|| Target::Odd(recipient.raw().to_owned()), |a| Target::parse(&a));
                rule.act(Does::send(to, via, true), recipient.span());
            }
        }
        "delete" => rule.act(Does::Delete { permanent: false }, span),
        "permanentDelete" => rule.act(Does::Delete { permanent: true }, span),
        "moveToFolder" => rule.act(Does::File { folder: folder(), copy: false }, span),
        "copyToFolder" => rule.act(Does::File { folder: folder(), copy: true }, span),
        "markAsRead" => rule.act(Does::MarkRead, span),
        "markImportance" => rule.act(Does::Mark(node.text().unwrap_or_default()), span),
        "assignCategories" => {
            rule.act(Does::Mark(node.each().iter().filter_map(Node::text).collect::<Vec<_>>().join(" ")), span)
        }
        "stopProcessingRules" => {
            rule.stop = true;
            rule.act(Does::Stop, span);
        }
        other if other.starts_with("@odata") => {}
        other => {
            reading.unreadable(span, "the action is not known", other);
            rule.act(Does::Opaque(other.to_owned()), span);
        }
    }
}
