//! Records of Microsoft's Unified Audit Log: what was done to rules, by whom, from where. JSON, JSON lines, or CSV with
//! the record as JSON in `AuditData`.

use super::Dialect;
use super::exchange::{inbox_rule, journal_rule, mailbox, transport_rule};
use super::json::{Node, Object, values};
use super::model::{Event, Origin, Rule, State};
use super::reading::Reading;
use super::source::{Source, Span};
use super::table::{Record, columns, is_json, mentions, objects_of, records};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "audit", files: &["AuditLog*", "UnifiedAuditLog*"], claims, read };

fn claims(text: &str) -> bool {
    if is_json(text) {
        ["\"AuditData\"", "\"auditData\""].iter().any(|w| mentions(text, &[w]))
            || (mentions(text, &["\"Operation\""])
                && ["\"Workload\"", "\"Parameters\"", "\"OperationProperties\"", "\"UserId\""]
                    .iter()
                    .any(|w| mentions(text, &[w])))
    } else {
        let columns = columns(text);
        columns.iter().any(|c| c.eq_ignore_ascii_case("AuditData"))
    }
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("audit-log");
    if is_json(&source.text) {
        let wanted =
            |o: &Object<'_>| o.has("AuditData") || o.has("Operation") && (o.has("UserId") || o.has("Parameters"));
        for (object, span, _) in objects_of(&source.text, &wanted, reading) {
            let inner = object.get("AuditData");
            match (inner.and_then(|n| n.object()), inner.and_then(|n| n.text())) {
                (Some(inner), _) => entry(&inner, span, reading),
                (None, Some(text)) => wrapped(&text, span, reading),
                (None, None) => entry(&object, span, reading),
            }
        }
        return;
    }
    for record in records(&source.text, &["AuditData"], reading) {
        if let Some(inner) = record.get("AuditData") {
            wrapped(inner, record.span, reading);
        }
    }
}

/// A record as JSON in a string: its places are those of the string.
fn wrapped(inner: &str, span: Span, reading: &mut Reading<'_>) {
    let (nodes, rest) = values(inner);
    if rest.is_some() {
        reading.unreadable(span, "the record in AuditData is not valid JSON", "");
    }
    for object in nodes.iter().filter_map(Node::object) {
        entry(&object, span, reading);
    }
}

fn entry(object: &Object<'_>, span: Span, reading: &mut Reading<'_>) {
    let text = |name: &str| object.text(name).unwrap_or_default();
    let mut event = Event {
        operation: text("Operation"),
        actor: text("UserId"),
        ip: address_of(
            &["ClientIP", "ClientIPAddress", "ActorIpAddress"]
                .iter()
                .map(|n| text(n))
                .find(|t| !t.is_empty())
                .unwrap_or_default(),
        ),
        app: ["ClientAppId", "AppId", "ClientInfoString", "ClientAppName"]
            .iter()
            .map(|n| text(n))
            .find(|t| !t.is_empty())
            .unwrap_or_default(),
        time: text("CreationTime"),
        span,
        ..Event::default()
    };
    let mut record = Record::at(span);
    for list in ["Parameters", "OperationProperties"] {
        for pair in object.get(list).map(|n| n.each()).unwrap_or_default() {
            let Some(pair) = pair.object() else { continue };
            let (name, value) = (pair.text("Name").unwrap_or_default(), pair.get("Value"));
            for value in value.map(|v| texts(&v)).unwrap_or_default() {
                event.parameters.push((name.clone(), value.clone()));
                record.put(name.clone(), vec![value]);
            }
        }
    }
    event.owner = owner(&event, &text("MailboxOwnerUPN"), &text("ObjectId"));
    let index = reading.set.events.len();
    let rule = rule(&event, record, &text("ObjectId"), reading);
    if let Some(mut rule) = rule {
        rule.event = Some(index);
        rule.owner = event.owner.clone();
        rule.origin = if rule.origin == Origin::Tenant { Origin::Tenant } else { Origin::Log };
        if event.operation.starts_with("Disable-") {
            rule.state = State::Off("switched off");
        }
        reading.rule(rule);
    }
    reading.set.events.push(event);
}

fn texts(node: &Node<'_>) -> Vec<String> {
    node.each().iter().map(|n| n.text().unwrap_or_else(|| n.raw().to_owned())).collect()
}

/// What the event made, if it made something.
fn rule(event: &Event, mut record: Record, object_id: &str, reading: &mut Reading<'_>) -> Option<Rule> {
    match event.operation.as_str() {
        "New-InboxRule" | "Set-InboxRule" | "Enable-InboxRule" | "Disable-InboxRule" => {
            if !record.knows("Name") {
                // `sato\Home copy` names the rule, `sato\12345` only numbers it.
                let name = object_id.rsplit('\\').next().unwrap_or("");
                if name.chars().any(|c| !c.is_ascii_digit()) {
                    record.put("Name", vec![name.to_owned()]);
                }
            }
            let mut rule = inbox_rule(&record);
            if event.operation == "Enable-InboxRule" && rule.actions.is_empty() {
                rule.name = None;
            }
            Some(rule)
        }
        "UpdateInboxRules" => Some(client_rule(event, record.span, reading)),
        "Set-Mailbox" | "Set-RemoteMailbox" => mailbox(&record),
        "New-TransportRule" | "Set-TransportRule" | "Enable-TransportRule" => Some(transport_rule(&record)),
        "New-JournalRule" | "Set-JournalRule" | "Enable-JournalRule" => Some(journal_rule(&record)),
        "Add-MailboxPermission" => {
            super::exchange::one(&record, reading);
            reading.set.rules.pop()
        }
        _ => None,
    }
}

/// `UpdateInboxRules`: a client wrote the rule; its actions stand by name, its recipients in the JSON of `ServerRule`.
fn client_rule(event: &Event, span: Span, reading: &mut Reading<'_>) -> Rule {
    let mut record = Record::at(span);
    let name = event.parameter("RuleName").unwrap_or_default();
    record.put("Name", vec![name.to_owned()]);
    let actions = event.parameter("RuleActions").unwrap_or_default();
    let mut named = Vec::new();
    collect_strings(actions, &mut named);
    if named.is_empty() {
        named.extend(actions.split([',', ';', ' ']).map(str::to_owned));
    }
    let mut recipients = Vec::new();
    for text in [event.parameter("ServerRule"), event.parameter("RuleActions")].into_iter().flatten() {
        let mut strings = Vec::new();
        collect_strings(text, &mut strings);
        recipients.extend(strings.into_iter().filter(|s| s.contains('@') && !s.contains(' ')));
    }
    recipients.sort();
    recipients.dedup();
    let mut sends = false;
    for action in &named {
        let field = match action.as_str() {
            "ForwardToRecipientsAction" | "Forward" => "ForwardTo",
            "ForwardAsAttachmentToRecipientsAction" | "ForwardAsAttachment" => "ForwardAsAttachmentTo",
            "RedirectToRecipientsAction" | "Redirect" => "RedirectTo",
            "DeleteAction" | "Delete" | "PermanentDeleteAction" => {
                record.put("DeleteMessage", vec!["true".into()]);
                continue;
            }
            "MarkAsReadAction" | "MarkAsRead" => {
                record.put("MarkAsRead", vec!["true".into()]);
                continue;
            }
            "StopProcessingAction" | "StopProcessing" => {
                record.put("StopProcessingRules", vec!["true".into()]);
                continue;
            }
            _ => continue,
        };
        sends = true;
        record.put(field, recipients.clone());
    }
    if sends && recipients.is_empty() {
        reading.unreadable(span, "the log names a forward without its recipients", "");
    }
    if let Some(condition) = event.parameter("RuleCondition").filter(|c| !c.is_empty()) {
        let mut rule = inbox_rule(&record);
        let end = condition.char_indices().nth(80).map_or(condition.len(), |(at, _)| at);
        rule.guard = super::model::Guard::Opaque(condition.get(..end).unwrap_or("").into(), span);
        return rule;
    }
    inbox_rule(&record)
}

/// All strings of a JSON text, wherever they stand.
fn collect_strings(text: &str, out: &mut Vec<String>) {
    fn walk(value: &serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => out.push(text.clone()),
            serde_json::Value::Array(items) => items.iter().for_each(|i| walk(i, out)),
            serde_json::Value::Object(members) => members.values().for_each(|m| walk(m, out)),
            _ => {}
        }
    }
    if text.trim_start().starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str(text)
    {
        walk(&value, out);
    }
}

/// Whose mailbox it is about: named, or the beginning of the object's path, or the one who did it.
fn owner(event: &Event, upn: &str, object_id: &str) -> String {
    let tenant = ["TransportRule", "JournalRule", "AuditLogConfig", "SpamFilter", "RemoteDomain"];
    if tenant.iter().any(|t| event.operation.contains(t)) {
        return String::new();
    }
    let named = ["Mailbox", "Identity"].iter().find_map(|n| event.parameter(n)).filter(|v| v.contains('@'));
    let path = object_id.split(['\\', '/']).find(|p| p.contains('@'));
    named
        .map(|n| n.split('\\').next().unwrap_or(n))
        .or(Some(upn).filter(|u| !u.is_empty()))
        .or(path)
        .unwrap_or(&event.actor)
        .to_owned()
}

/// An address without port and brackets: `[2001:db8::7]:443`, `192.0.2.1:5000`.
fn address_of(text: &str) -> String {
    if let Some(inside) = text.strip_prefix('[') {
        return inside.split(']').next().unwrap_or(inside).to_owned();
    }
    match text.split_once(':') {
        Some((ip, port)) if !port.contains(':') => ip.to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_ports() {
        assert_eq!(address_of("[2001:db8::7]:443"), "2001:db8::7");
        assert_eq!(address_of("2001:db8::7"), "2001:db8::7");
        assert_eq!(address_of("192.0.2.1:5000"), "192.0.2.1");
        assert_eq!(address_of("192.0.2.1"), "192.0.2.1");
    }
}
