//! The changes that carry out `tag` and `strip`.

use super::decide::{Ruling, Words};
use super::document::{Rescue, Tag};
use crate::report::{Action, Edit, Part, Severity};

/// The edits of an action; none for actions that leave the message alone or do not deliver it.
#[must_use]
pub fn edits(
    action: Action,
    risk: u8,
    rulings: &[Ruling<'_>],
    parts: &[Part],
    tag: &Tag,
    rescue: &Rescue,
    words: Words<'_>,
) -> Vec<Edit> {
    if !matches!(action, Action::Tag | Action::Strip) {
        return Vec::new();
    }
    let mut edits = headers(action, risk, rulings);
    if action == Action::Tag {
        let marks = [("prepend-subject", &tag.subject), ("prepend-text", &tag.banner)];
        edits.extend(marks.into_iter().filter_map(|(kind, text)| Some(edit("", kind, text.clone()?))));
    } else {
        edits.extend(
            guilty(rulings)
                .into_iter()
                .map(|(part, rules)| edit(part, "replace-part", note(part, &rules, parts, rescue, words))),
        );
    }
    edits
}

fn edit(place: &str, kind: &str, value: String) -> Edit {
    Edit { place: place.to_owned(), kind: kind.to_owned(), value }
}

/// The header fields every changed message gets.
fn headers(action: Action, risk: u8, rulings: &[Ruling<'_>]) -> Vec<Edit> {
    let ids = distinct(rulings.iter().filter(|r| r.action > Action::Deliver).map(|r| r.judged.finding.rule.as_str()));
    [
        format!("X-Sekisho-Action: {}", action.as_str()),
        format!("X-Sekisho-Findings: {}", list(&ids)),
        format!("X-Sekisho-Risk: {risk}"),
    ]
    .into_iter()
    .map(|field| edit("", "add-header", field))
    .collect()
}

/// Ids in one line that no mail system has to fold (RFC 5322 section 2.1.1 allows 998 characters).
fn list(ids: &[&str]) -> String {
    let mut out = String::new();
    for id in ids {
        if out.len().saturating_add(id.len()) > 900 {
            out.push_str("; ...");
            break;
        }
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(id);
    }
    out
}

fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out = Vec::new();
    for word in words {
        if !out.contains(&word) {
            out.push(word);
        }
    }
    out
}

/// The MIME parts to take out, in the order of their numbers, with the rules that condemn each. A part inside another
/// one goes with it.
fn guilty<'r>(rulings: &'r [Ruling<'_>]) -> Vec<(&'r str, Vec<&'r str>)> {
    let condemned =
        || rulings.iter().filter(|r| r.action == Action::Strip && r.judged.finding.severity > Severity::Info);
    let mut parts = distinct(condemned().map(|r| r.judged.mime_part.as_str()));
    parts.sort_by_key(|p| p.split('.').map(|n| n.parse::<u32>().unwrap_or(u32::MAX)).collect::<Vec<_>>());
    let mut outer: Vec<&str> = Vec::new();
    for part in parts {
        if !outer.iter().any(|o| is_inside(part, o)) {
            outer.push(part);
        }
    }
    outer
        .into_iter()
        .map(|part| {
            let rules = condemned().filter(|r| r.judged.mime_part == part || is_inside(&r.judged.mime_part, part));
            (part, distinct(rules.map(|r| r.judged.finding.rule.as_str())))
        })
        .collect()
}

/// Is part `2.1` inside part `2`?
fn is_inside(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

/// How many rules a note explains; more would be read by nobody.
const EXPLAINED: usize = 3;

/// What stands in the place of a part, in Japanese and in English.
fn note(part: &str, rules: &[&str], parts: &[Part], rescue: &Rescue, words: Words<'_>) -> String {
    let name = name(part, parts);
    let infos: Vec<_> = rules.iter().take(EXPLAINED).filter_map(|r| words(r)).collect();
    let reasons = rules.join(", ");
    let mut ja =
        format!("【お知らせ】組織のメール方針により、この位置にあった部分を取り除きました。\n  部分: {part}\n");
    let mut en = format!(
        "[Notice] By the mail policy of the organisation, the part that stood here was removed.\n  Part: {part}\n"
    );
    if !name.is_empty() {
        ja.push_str(&format!("  ファイル名: {name}\n"));
        en.push_str(&format!("  File name: {name}\n"));
    }
    ja.push_str(&format!("  理由: {reasons}\n\n送信された方へ:\n"));
    en.push_str(&format!("  Reason: {reasons}\n"));
    for info in &infos {
        ja.push_str(&format!("  {}\n", one_line(&info.rescue_ja)));
        en.push_str(&format!("  {}\n", info.summary));
    }
    en.push_str("\nTo the sender:\n");
    for info in &infos {
        en.push_str(&format!("  {}\n", one_line(&info.rescue_en)));
    }
    if let Some(url) = &rescue.url {
        ja.push_str(&format!("  別の送り方: {url}\n"));
        en.push_str(&format!("  Another way to send it: {url}\n"));
    }
    if let Some(contact) = &rescue.contact {
        ja.push_str(&format!("  お問い合わせ先: {contact}\n"));
        en.push_str(&format!("  Contact: {contact}\n"));
    }
    format!("{ja}\n{en}")
}

/// The name a MIME part bears, harmless to show.
fn name<'p>(part: &str, parts: &'p [Part]) -> &'p str {
    let is_it = |place: &str| match place.strip_prefix(part) {
        Some("") => true,
        Some(rest) => rest.starts_with('/') && !rest.contains("!/"),
        None => false,
    };
    parts.iter().find(|p| is_it(&p.place)).map_or("", |p| p.name.as_str())
}

/// A paragraph of a page as one line; Japanese lines are joined without a space.
fn one_line(paragraph: &str) -> String {
    let mut out = String::new();
    for line in paragraph.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if out.ends_with(|c: char| c.is_ascii()) && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}
