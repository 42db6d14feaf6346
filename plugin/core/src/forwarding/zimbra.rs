//! Zimbra's account settings as `zmprov ga` prints them: `attribute: value`, values may run over several lines.

use super::Dialect;
use super::address::{Target, split_list};
use super::model::{Does, Origin, Reach, Rule, Via, Visible};
use super::reading::Reading;
use super::sieve;
use super::source::{Source, Span, lines};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "zimbra", files: &["*.zmprov"], claims, read };

fn claims(text: &str) -> bool {
    text.lines().take(400).any(|l| l.starts_with("zimbra") && l.contains(": "))
        || text.starts_with("# name ") && text.contains("\nzimbra")
}

/// One attribute: name, value, where the value begins.
struct Attribute<'a> {
    name: &'a str,
    start: usize,
    end: usize,
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    for account in accounts(&source.text) {
        let value = |a: &Attribute<'_>| source.text.get(a.start..a.end).unwrap_or("").trim();
        let find = |name: &str| account.attributes.iter().find(|a| a.name == name).map(value);
        let owner = account.owner.to_owned();
        let list = account.attributes.iter().any(|a| a.name == "objectClass" && value(a) == "zimbraDistributionList");
        let lost = find("zimbraPrefMailLocalDeliveryDisabled").is_some_and(|v| v.eq_ignore_ascii_case("TRUE"));
        for attribute in &account.attributes {
            let from = reading.set.rules.len();
            setting(attribute, value(attribute), source, list, !lost, reading);
            for rule in reading.set.rules.iter_mut().skip(from) {
                rule.owner.clone_from(&owner);
            }
        }
    }
}

struct Account<'a> {
    owner: &'a str,
    attributes: Vec<Attribute<'a>>,
}

/// Accounts begin with `# name sato@corp.example`; attributes with a name and a colon, everything else goes on.
fn accounts(text: &str) -> Vec<Account<'_>> {
    let mut out = vec![Account { owner: "", attributes: Vec::new() }];
    for (start, line) in lines(text) {
        let end = start.saturating_add(line.len());
        // `zmprov` heads distribution lists with a word of their own, and how many members they have.
        let head = ["# name ", "# distributionList "].iter().find_map(|h| line.strip_prefix(h));
        if let Some(owner) = head.and_then(|h| h.split_whitespace().next()) {
            out.push(Account { owner, attributes: Vec::new() });
            continue;
        }
        let named = line
            .split_once(':')
            .map(|(n, _)| n)
            .filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric()));
        let is_new = named.is_some_and(|n| {
            n.starts_with("zimbra")
                || n == "objectClass"
                || n == "mail"
                || n == "displayName"
                || n == "uid"
                || n == "cn"
                || n == "sn"
        });
        let Some(account) = out.last_mut() else { continue };
        match named {
            Some(name) if is_new => {
                let behind = line.get(name.len().saturating_add(1)..).unwrap_or("");
                let from = end.saturating_sub(behind.trim_start().len());
                account.attributes.push(Attribute { name, start: from, end });
            }
            _ => {
                if let Some(last) = account.attributes.last_mut() {
                    last.end = end;
                }
            }
        }
    }
    out
}

fn setting(attribute: &Attribute<'_>, value: &str, source: &Source, list: bool, copy: bool, reading: &mut Reading<'_>) {
    let script =
        |origin, reading: &mut Reading<'_>| sieve::read(source, attribute.start, attribute.end, origin, true, reading);
    match attribute.name {
        "zimbraPrefMailForwardingAddress" => {
            reading.set.covers("user-setting");
            forward(attribute, value, copy, Rule { visible: Visible::Yes, ..Rule::default() }, reading);
        }
        "zimbraMailForwardingAddress" if !list => {
            reading.set.covers("admin-setting");
            let rule = Rule {
                origin: Origin::Admin,
                visible: Visible::No("an address only the administrator sees"),
                ..Rule::default()
            };
            forward(attribute, value, copy, rule, reading);
        }
        "zimbraPrefCalendarForwardInvitesTo" => {
            reading.set.covers("user-setting");
            let rule = Rule { reach: Reach::Calendar, visible: Visible::Yes, ..Rule::default() };
            forward(attribute, value, true, rule, reading);
        }
        "zimbraMailSieveScript" | "zimbraMailOutgoingSieveScript" => {
            reading.set.covers("user-script");
            script(Origin::User, reading);
        }
        "zimbraAdminSieveScriptBefore" | "zimbraAdminSieveScriptAfter" => {
            reading.set.covers("admin-setting");
            let from = reading.set.rules.len();
            script(Origin::Admin, reading);
            for rule in reading.set.rules.iter_mut().skip(from) {
                rule.visible = Visible::No("a script only the administrator sees");
            }
        }
        _ => {}
    }
}

fn forward(attribute: &Attribute<'_>, value: &str, copy: bool, rule: Rule, reading: &mut Reading<'_>) {
    let mut rule = Rule { span: Span::new(attribute.start, attribute.end), ..rule };
    for (at, target) in split_list(value) {
        let from = attribute.start.saturating_add(at);
        let span = Span::new(from, from.saturating_add(target.len()));
        rule.act(Does::send(Target::parse(target), Via::Redirect, copy), span);
    }
    if !rule.actions.is_empty() {
        reading.rule(rule);
    }
}
