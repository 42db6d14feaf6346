//! The changes that carry out `tag` and `strip`.

use std::collections::BTreeMap;

use super::decide::{Ruling, Words};
use super::document::{Rescue, Tag};
use crate::report::{Action, Edit, Part};

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
        let names = names(parts);
        edits.extend(guilty(rulings).iter().map(|guilty| {
            let name = names.get(guilty.part).copied().unwrap_or("");
            edit(guilty.part, "replace-part", note(guilty, name, rescue, words))
        }));
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

/// A MIME part to take out, and the rules that condemn it.
struct Guilty<'r> {
    part: &'r str,
    rules: Vec<&'r str>,
}

/// The MIME parts to take out, in the order of their numbers. A part inside another one goes with it.
fn guilty<'r>(rulings: &'r [Ruling<'_>]) -> Vec<Guilty<'r>> {
    let mut by_number: BTreeMap<Vec<u32>, Guilty<'r>> = BTreeMap::new();
    for ruling in rulings.iter().filter(|r| r.action == Action::Strip) {
        let (part, rule) = (ruling.judged.mime_part.as_str(), ruling.judged.finding.rule.as_str());
        let number = part.split('.').map(|n| n.parse().unwrap_or(u32::MAX)).collect();
        let guilty = by_number.entry(number).or_insert_with(|| Guilty { part, rules: Vec::new() });
        if !guilty.rules.contains(&rule) {
            guilty.rules.push(rule);
        }
    }
    let mut outer: Vec<Guilty<'r>> = Vec::new();
    for guilty in by_number.into_values() {
        // A part stands before those inside it.
        match outer.last_mut().filter(|o| is_inside(guilty.part, o.part)) {
            Some(around) => around.rules = distinct(around.rules.iter().chain(&guilty.rules).copied()),
            None => outer.push(guilty),
        }
    }
    outer
}

/// Is part `2.1` inside part `2`?
fn is_inside(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

/// How many rules a note explains; more would be read by nobody.
const EXPLAINED: usize = 3;

/// What stands in the place of a part, in Japanese and in English.
fn note(guilty: &Guilty<'_>, name: &str, rescue: &Rescue, words: Words<'_>) -> String {
    let part = guilty.part;
    let infos: Vec<_> = guilty.rules.iter().take(EXPLAINED).filter_map(|r| words(r)).collect();
    let reasons = guilty.rules.join(", ");
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

/// The names MIME parts bear, harmless to show, by their numbers.
fn names(parts: &[Part]) -> BTreeMap<&str, &str> {
    let mut names = BTreeMap::new();
    for part in parts.iter().filter(|p| !p.place.contains("!/")) {
        let number = part.place.split('/').next().unwrap_or(&part.place);
        names.entry(number).or_insert(part.name.as_str());
    }
    names
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
