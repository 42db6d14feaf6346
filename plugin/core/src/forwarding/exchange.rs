//! Exchange and Microsoft 365 as administrators export them, JSON or CSV: `Get-InboxRule`, `Get-Mailbox`,
//! `Get-TransportRule`, `Get-JournalRule`, `Get-MailboxPermission`, sweep and calendar settings.

use std::sync::Arc;

use super::Dialect;
use super::address::{Target, split_list};
use super::model::{AddressPart, Does, Field, Folder, Guard, Op, Origin, Reach, Rule, State, Test, Via, Visible};
use super::reading::Reading;
use super::source::{Source, Span};
use super::table::{Record, columns, is_json, is_type_name, mentions, printed_column, printed_names, records};

/// The dialect.
pub const DIALECT: Dialect =
    Dialect { name: "exchange", files: &["InboxRules.csv", "InboxRules.json", "TransportRules.json"], claims, read };

/// Names only these exports have.
const MARKS: &[&str] = &[
    "ForwardingSmtpAddress",
    "DeliverToMailboxAndForward",
    "ForwardAsAttachmentTo",
    "BlindCopyTo",
    "RedirectMessageTo",
    "RuleIdentity",
    "StopProcessingRules",
    "SoftDeleteMessage",
    "JournalEmailAddress",
    "RedirectTo",
    "DeleteMessage",
    "AddToRecipients",
    "ForwardTo",
    "MoveToFolder",
    "MarkAsRead",
    "SubjectContainsWords",
    "SubjectOrBodyContainsWords",
    "FromAddressContainsWords",
    "ForwardRequestsToDelegates",
    "KeepForDays",
    "ForwardingAddress",
    "AccessRights",
];

fn claims(text: &str) -> bool {
    if is_json(text) {
        MARKS.iter().any(|m| mentions(text, &[&format!("\"{m}\"")]))
    } else if printed_column(text).is_some() {
        printed_names(text).any(|name| MARKS.contains(&name))
    } else {
        let columns = columns(text);
        columns.len() > 1 && MARKS.iter().any(|m| columns.iter().any(|c| c.eq_ignore_ascii_case(m)))
    }
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    for record in records(&source.text, MARKS, reading) {
        one(&record, reading);
    }
}

/// One record, whichever command wrote it.
pub fn one(record: &Record, reading: &mut Reading<'_>) {
    if record.knows("JournalEmailAddress") {
        reading.set.covers("tenant-routing");
        reading.rule(journal_rule(record));
    } else if ["BlindCopyTo", "RedirectMessageTo", "AddToRecipients", "RouteMessageOutboundConnector"]
        .iter()
        .any(|f| record.knows(f))
    {
        reading.set.covers("tenant-routing");
        reading.rule(transport_rule(record));
    } else if ["ForwardingSmtpAddress", "ForwardingAddress", "DeliverToMailboxAndForward"]
        .iter()
        .any(|f| record.knows(f))
    {
        reading.set.covers("admin-setting");
        if let Some(rule) = mailbox(record) {
            reading.rule(rule);
        }
    } else if record.knows("ForwardRequestsToDelegates") {
        reading.set.covers("user-setting");
        if let Some(rule) = calendar(record) {
            reading.rule(rule);
        }
    } else if record.knows("KeepForDays") || record.knows("SweepRuleId") {
        reading.set.covers("user-setting");
        reading.rule(sweep_rule(record));
    } else if record.knows("AccessRights") && record.knows("User") {
        reading.set.covers("admin-setting");
        if let Some(rule) = permission(record) {
            reading.rule(rule);
        }
    } else {
        reading.set.covers("user-setting");
        reading.rule(inbox_rule(record));
    }
}

/// The recipients of a field. Several may stand in one text, joined by `;` or `,`.
fn recipients(record: &Record, name: &str) -> Vec<Target> {
    record
        .all(name)
        .filter(|v| !is_type_name(v))
        .flat_map(|v| split_list(v.trim().trim_start_matches('{').trim_end_matches('}')))
        .map(|(_, one)| Target::parse(one))
        .collect()
}

/// The words of a field. Lists in CSV and in logs are joined by `;` or `,`.
fn values(record: &Record, name: &str) -> Vec<String> {
    let trim = |v: &str| v.trim().trim_matches(['{', '}', '"']).trim().to_owned();
    record
        .all(name)
        .filter(|v| !is_type_name(v))
        .flat_map(|v| v.split([';', ',']))
        .map(trim)
        .filter(|v| !v.is_empty())
        .collect()
}

/// An inbox rule (`Get-InboxRule`, `New-InboxRule`, `Set-InboxRule`).
pub fn inbox_rule(record: &Record) -> Rule {
    let span = record.span;
    let mut rule = Rule { visible: Visible::Yes, owner: owner(record), ..Rule::at(span) };
    rule.name = record.knows("Name").then(|| record.get("Name").unwrap_or("").to_owned());
    if record.is_true("IsHidden") || record.is_true("Hidden") {
        rule.visible = Visible::No("a hidden inbox rule");
    }
    if record.is_false("Enabled") {
        rule.state = State::Off("switched off");
    } else if record.is_true("InError") {
        rule.state = State::Off("in error");
    }
    rule.guard = conditions(record, span);
    for (name, via) in
        [("ForwardTo", Via::Forward), ("ForwardAsAttachmentTo", Via::Attachment), ("RedirectTo", Via::Redirect)]
    {
        for to in recipients(record, name) {
            rule.act(Does::send(to, via, true), span);
        }
    }
    if let Some(number) = record.get("SendTextMessageNotificationTo").filter(|v| !is_type_name(v)) {
        let does = Does::Send {
            to: Target::Elsewhere(number.to_owned()),
            via: Via::Notify,
            copy: true,
            carries: String::new(),
        };
        rule.act(does, span);
    }
    if record.is_true("DeleteMessage") || record.is_true("SoftDeleteMessage") {
        rule.act(Does::Delete { permanent: false }, span);
    }
    for (name, copy) in [("MoveToFolder", false), ("CopyToFolder", true)] {
        if let Some(folder) = record.get(name) {
            // `user@corp.example:\RSS Feeds`
            let path = folder.rsplit_once(":\\").map_or(folder, |(_, path)| path);
            rule.act(Does::File { folder: Folder::named(path), copy }, span);
        }
    }
    if record.is_true("MarkAsRead") {
        rule.act(Does::MarkRead, span);
    }
    if let Some(mark) = record.get("MarkImportance").or(record.get("ApplyCategory")).filter(|v| !is_type_name(v)) {
        rule.act(Does::Mark(mark.to_owned()), span);
    }
    if record.is_true("StopProcessingRules") {
        rule.stop = true;
        rule.act(Does::Stop, span);
    }
    rule
}

/// Whose rule it is: the mailbox, never the rule's own number behind it.
fn owner(record: &Record) -> String {
    let found =
        ["MailboxOwnerId", "Mailbox", "PrimarySmtpAddress", "UserPrincipalName"].iter().find_map(|n| record.get(n));
    found.or_else(|| record.get("Identity").map(|i| i.split('\\').next().unwrap_or(i))).unwrap_or("").to_owned()
}

/// All conditions must hold, the values of one are alternatives, exceptions negate.
fn conditions(record: &Record, span: Span) -> Guard {
    let mut parts = Vec::new();
    for (name, _) in record.filled() {
        let (bare, exception) = match name.get(..8) {
            Some(p) if p.eq_ignore_ascii_case("ExceptIf") => (name.get(8..).unwrap_or(""), true),
            _ => (name, false),
        };
        let Some(guard) = condition(bare, record, name, span) else { continue };
        parts.push(Arc::new(if exception { Guard::negated(Arc::new(guard)) } else { guard }));
    }
    Guard::all(parts)
}

fn condition(bare: &str, record: &Record, name: &str, span: Span) -> Option<Guard> {
    let header = |n: &str| vec![Field::header(n)];
    let both = || vec![Field::header("subject"), Field::Body];
    let to = || vec![Field::header("to"), Field::header("cc")];
    let test = |fields: Vec<Field>, op, values: Vec<String>| {
        Some(Guard::test(Test {
            fields,
            op,
            part: AddressPart::Text,
            values,
            dynamic: false,
            case_sensitive: false,
            span,
        }))
    };
    let words = values(record, name);
    let flag = record.is_true(name);
    match bare.to_ascii_lowercase().as_str() {
        "subjectcontainswords" => test(header("subject"), Op::Contains, words),
        "bodycontainswords" => test(vec![Field::Body], Op::Contains, words),
        "subjectorbodycontainswords" => test(both(), Op::Contains, words),
        "subjectmatchespatterns" => test(header("subject"), Op::Regex, words),
        "subjectorbodymatchespatterns" => test(both(), Op::Regex, words),
        "fromaddresscontainswords" | "senderdomainis" => test(header("from"), Op::Contains, words),
        "fromaddressmatchespatterns" => test(header("from"), Op::Regex, words),
        "from" | "fromsubscription" | "frommemberof" => {
            test(header("from"), Op::Is, recipients(record, name).iter().map(Target::shown).collect())
        }
        "recipientaddresscontainswords" | "recipientdomainis" => test(to(), Op::Contains, words),
        "sentto" | "senttomemberof" | "anyoftoheader" | "anyoftoccheader" => {
            test(to(), Op::Is, recipients(record, name).iter().map(Target::shown).collect())
        }
        "headercontainswords" | "headercontainsmessageheader" => test(header("*"), Op::Contains, words),
        "hasattachment" if flag => test(vec![Field::Attachment], Op::Exists, Vec::new()),
        "mynameintobox" | "mynameintoorccbox" | "sentonlytome" | "mynameinccbox" if flag => {
            test(vec![Field::EnvelopeTo], Op::Is, vec![bare.to_owned()])
        }
        "mynamenotintobox" if flag => test(vec![Field::Side], Op::Other, Vec::new()),
        "fromscope" | "senttoscope" => test(vec![Field::Side], Op::Is, words),
        "withinsizerangeminimum" | "messagesizeover" | "attachmentsizeover" => {
            test(vec![Field::Size], Op::Over, vec![bytes(record.get(name)?)])
        }
        "withinsizerangemaximum" => test(vec![Field::Size], Op::Under, vec![bytes(record.get(name)?)]),
        "withimportance" | "withsensitivity" | "messagetypematches" | "hasclassification" | "flaggedforaction"
        | "receivedafterdate" | "receivedbeforedate" => test(vec![Field::Other(bare.to_owned())], Op::Other, words),
        _ => None,
    }
}

/// `10 KB (10,240 bytes)` or a plain number of kilobytes.
fn bytes(text: &str) -> String {
    if let Some((_, inside)) = text.split_once('(') {
        return inside.chars().filter(char::is_ascii_digit).collect();
    }
    let number: String = text.chars().take_while(char::is_ascii_digit).collect();
    let scale = match text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').to_ascii_uppercase().as_str() {
        "B" => 1u64,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => 1 << 10,
    };
    number.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(scale).to_string()
}

/// A forward on the mailbox itself: everything goes. `ForwardingAddress` wins over `ForwardingSmtpAddress`.
pub fn mailbox(record: &Record) -> Option<Rule> {
    let span = record.span;
    let admin = recipients(record, "ForwardingAddress");
    let mut rule = Rule { owner: owner(record), ..Rule::at(span) };
    let targets = if admin.is_empty() {
        rule.visible = Visible::Yes;
        recipients(record, "ForwardingSmtpAddress")
    } else {
        rule.origin = Origin::Admin;
        rule.visible = Visible::No("a forward that an administrator set on the mailbox");
        admin.into_iter().map(directory).collect()
    };
    let copy = record.is_true("DeliverToMailboxAndForward");
    for to in targets {
        rule.act(Does::send(to, Via::Redirect, copy), span);
    }
    (!rule.actions.is_empty()).then_some(rule)
}

/// A bare name in a directory field is an entry of the directory.
fn directory(target: Target) -> Target {
    match target {
        Target::Local(name) | Target::Odd(name) => Target::Directory(name),
        other => other,
    }
}

/// Requests for meetings go to the delegates of a calendar (`Get-CalendarProcessing`).
fn calendar(record: &Record) -> Option<Rule> {
    let mut rule =
        Rule { owner: owner(record), reach: Reach::Calendar, visible: Visible::Yes, ..Rule::at(record.span) };
    if !record.is_true("ForwardRequestsToDelegates") {
        rule.state = State::Off("switched off");
    }
    for to in recipients(record, "ResourceDelegates") {
        rule.act(Does::send(directory(to), Via::Forward, true), record.span);
    }
    (!rule.actions.is_empty()).then_some(rule)
}

/// A sweep rule clears the mail of one sender away from time to time (`Get-SweepRule`).
fn sweep_rule(record: &Record) -> Rule {
    let span = record.span;
    let mut rule = Rule { owner: owner(record), visible: Visible::Yes, ..Rule::at(span) };
    rule.name = record.get("Name").or(record.get("RuleName")).map(str::to_owned);
    if record.is_false("Enabled") {
        rule.state = State::Off("switched off");
    }
    if let Some(sender) = record.get("Sender") {
        rule.guard = Guard::test(Test {
            fields: vec![Field::header("from")],
            op: Op::Is,
            part: AddressPart::Text,
            values: vec![Target::parse(sender).shown()],
            dynamic: false,
            case_sensitive: false,
            span,
        });
    }
    if let Some(folder) = record.get("DestinationFolder") {
        let path = folder.rsplit_once(":\\").map_or(folder, |(_, path)| path);
        rule.act(Does::File { folder: Folder::named(path), copy: false }, span);
    }
    rule
}

/// Full access is as good as a copy.
fn permission(record: &Record) -> Option<Rule> {
    let user = record.get("User").filter(|u| !u.eq_ignore_ascii_case("NT AUTHORITY\\SELF"))?;
    let full = values(record, "AccessRights").iter().any(|r| r.eq_ignore_ascii_case("FullAccess"));
    if !full || record.is_true("Deny") || record.is_true("IsInherited") {
        return None;
    }
    let mut rule = Rule { owner: owner(record), origin: Origin::Admin, ..Rule::at(record.span) };
    rule.act(Does::send(directory(Target::parse(user)), Via::Delegate, true), record.span);
    Some(rule)
}

/// A mail flow rule of the whole tenant.
pub fn transport_rule(record: &Record) -> Rule {
    let span = record.span;
    let mut rule =
        Rule { origin: Origin::Tenant, visible: Visible::No("a mail flow rule of the tenant"), ..Rule::at(span) };
    rule.name = record.knows("Name").then(|| record.get("Name").unwrap_or("").to_owned());
    rule.reach = Reach::Wide(record.get("RecipientDomainIs").or(record.get("SenderDomainIs")).unwrap_or("").to_owned());
    if record.get("State").is_some_and(|s| s.eq_ignore_ascii_case("Disabled")) || record.is_false("Enabled") {
        rule.state = State::Off("switched off");
    } else if record.get("Mode").is_some_and(|m| m.to_ascii_lowercase().starts_with("audit")) {
        rule.state = State::Off("only audited");
    }
    rule.guard = conditions(record, span);
    let sends = [
        ("BlindCopyTo", Via::Bcc, true),
        ("CopyTo", Via::Forward, true),
        ("AddToRecipients", Via::Forward, true),
        ("RedirectMessageTo", Via::Redirect, false),
    ];
    for (name, via, copy) in sends {
        for to in recipients(record, name) {
            rule.act(Does::send(to, via, copy), span);
        }
    }
    if record.is_true("DeleteMessage") {
        rule.act(Does::Delete { permanent: true }, span);
    }
    if record.get("SetSCL") == Some("-1") {
        rule.act(Does::NeverJunk, span);
    }
    if let Some(name) = record.get("RemoveHeader") {
        rule.act(Does::EditHeader { name: name.to_ascii_lowercase(), delete: true }, span);
    }
    if let Some(name) = record.get("SetHeaderName") {
        rule.act(Does::EditHeader { name: name.to_ascii_lowercase(), delete: false }, span);
    }
    if record.is_true("StopRuleProcessing") {
        rule.stop = true;
        rule.act(Does::Stop, span);
    }
    rule
}

/// A journal gets a copy of everything in its scope.
pub fn journal_rule(record: &Record) -> Rule {
    let mut rule =
        Rule { origin: Origin::Tenant, visible: Visible::No("a journal rule of the tenant"), ..Rule::at(record.span) };
    rule.name = record.knows("Name").then(|| record.get("Name").unwrap_or("").to_owned());
    match record.get("Recipient") {
        Some(one) if one.contains('@') => rule.owner = one.to_owned(),
        scope => rule.reach = Reach::Wide(scope.or(record.get("Scope")).unwrap_or("").to_owned()),
    }
    if record.is_false("Enabled") {
        rule.state = State::Off("switched off");
    }
    for to in recipients(record, "JournalEmailAddress") {
        rule.act(Does::send(directory(to), Via::Bcc, true), record.span);
    }
    rule
}
