//! Tables of the mail server: `aliases` (aliases(5)), `virtual` (virtual(5)) and Exim's and cPanel's `valiases`.

use super::Dialect;
use super::address::{Target, split_list};
use super::dotforward::deliver;
use super::model::{Does, Origin, Reach, Rule, Via};
use super::reading::Reading;
use super::source::{Source, Span, lines};

/// `name: value, value`.
pub const ALIASES: Dialect =
    Dialect { name: "aliases", files: &["aliases", "*.aliases"], claims: claims_aliases, read: read_aliases };

/// `a@domain: b@domain`, `*: default`.
pub const VALIASES: Dialect =
    Dialect { name: "valiases", files: &["valiases"], claims: claims_valiases, read: read_aliases };

/// `pattern  address, address`.
pub const VIRTUAL: Dialect = Dialect {
    name: "virtual",
    files: &["virtual", "*.virtual", "canonical"],
    claims: claims_virtual,
    read: |source, reading| read_virtual(source, false, reading),
};

/// Written like it, but the addresses get a copy of what goes on its way (postconf(5), `recipient_bcc_maps`). Only the name
/// of the file tells.
pub const BCC: Dialect = Dialect {
    name: "virtual",
    files: &["recipient_bcc*", "sender_bcc*", "*_bcc", "*_bcc_maps"],
    claims: |_| false,
    read: |source, reading| read_virtual(source, true, reading),
};

/// A logical line: lines that begin with white space go on with the one before.
struct Entry<'a> {
    pieces: Vec<(usize, &'a str)>,
    span: Span,
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut out: Vec<Entry<'_>> = Vec::new();
    for (start, line) in lines(text) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let span = Span::new(start, start.saturating_add(line.len()));
        match out.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => {
                last.pieces.push((start, line));
                last.span = last.span.to(span);
            }
            _ => out.push(Entry { pieces: vec![(start, line)], span }),
        }
    }
    out
}

/// The name before the colon; it may be quoted.
fn key(line: &str) -> Option<(&str, usize)> {
    let colon = match line.strip_prefix('"') {
        Some(rest) => rest.find('"')?.saturating_add(2),
        None => line.find(':')?,
    };
    let name = line.get(..colon)?;
    line.get(colon..)?.trim_start().strip_prefix(':')?;
    let after = line.get(colon..)?.find(':')?.saturating_add(colon).saturating_add(1);
    let name = name.trim();
    // Only a quoted name may hold spaces.
    let plain = name.starts_with('"') || !name.contains([' ', '\t', '{', '(', ';', '/']);
    let name = name.trim_matches('"');
    (!name.is_empty() && name.len() < 200 && plain).then_some((name, after))
}

/// Could this be what mail is delivered to?
fn is_target(item: &str) -> bool {
    item.starts_with(['\\', '|', '/', '"', ':'])
        || item.starts_with("error:")
        || matches!(Target::parse(item), Target::Address(_) | Target::Local(_))
}

fn claims_aliases(text: &str) -> bool {
    let entries = entries(text);
    !entries.is_empty()
        && entries.iter().take(200).all(|e| {
            let Some((_, line)) = e.pieces.first() else { return false };
            key(line)
                .is_some_and(|(_, after)| split_list(line.get(after..).unwrap_or("")).iter().all(|(_, i)| is_target(i)))
        })
}

fn claims_valiases(text: &str) -> bool {
    claims_aliases(text)
        && entries(text)
            .iter()
            .any(|e| e.pieces.first().and_then(|(_, l)| key(l)).is_some_and(|(n, _)| n == "*" || n.contains('@')))
}

/// `if /pattern/` and `endif` of tables with patterns (regexp_table(5), pcre_table(5)).
fn is_bracket(entry: &Entry<'_>) -> bool {
    entry.pieces.first().is_some_and(|(_, line)| {
        let line = line.trim();
        line == "endif" || line.strip_prefix("if ").is_some_and(|p| p.trim_start().starts_with(['/', '!']))
    })
}

/// How long the left side of a line is. A pattern between slashes may hold spaces, and flags follow it.
fn pattern_length(line: &str) -> usize {
    let word = |from: usize| {
        line.get(from..).and_then(|rest| rest.find([' ', '\t'])).map_or(line.len(), |at| from.saturating_add(at))
    };
    let lead = line.len().saturating_sub(line.trim_start_matches('!').len());
    if !line.get(lead..).unwrap_or("").starts_with('/') {
        return word(0);
    }
    let mut escaped = false;
    let close = line.char_indices().skip(lead.saturating_add(1)).find(|(_, c)| {
        let ends = *c == '/' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    close.map_or_else(|| word(0), |(at, _)| word(at))
}

fn claims_virtual(text: &str) -> bool {
    let entries: Vec<_> = entries(text).into_iter().filter(|e| !is_bracket(e)).collect();
    let split = |line: &str| {
        let (k, v) = line.trim_end().split_at_checked(pattern_length(line))?;
        (!v.is_empty()).then(|| (k.to_owned(), v.trim().to_owned()))
    };
    !entries.is_empty()
        && entries.iter().take(200).all(|e| {
            e.pieces.first().and_then(|(_, line)| split(line)).is_some_and(|(key, value)| {
                let left =
                    key.contains('@') || key.starts_with(['/', '!']) || (key.contains('.') && !key.contains('='));
                left && !value.is_empty()
                    && (value.contains('$') || split_list(&value).iter().all(|(_, i)| is_target(i)))
            })
        })
}

fn read_aliases(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("mta-table");
    for entry in entries(&source.text) {
        let Some((first, rest)) = entry.pieces.split_first() else { continue };
        let Some((name, after)) = key(first.1) else {
            reading.unreadable(entry.span, "a line is no alias", "");
            continue;
        };
        let mut rule = Rule { owner: name.to_owned(), origin: Origin::Table, ..Rule::at(entry.span) };
        if name == "*" || name.starts_with('@') {
            rule.reach = Reach::Wide(name.trim_start_matches('@').to_owned());
            rule.owner.clear();
        }
        let values = [(first.0.saturating_add(after), first.1.get(after..).unwrap_or(""))];
        put(&values, rest, name, &mut rule);
        reading.rule(rule);
    }
}

/// The targets of an entry.
fn put(first: &[(usize, &str)], rest: &[(usize, &str)], own: &str, rule: &mut Rule) {
    for (start, text) in first.iter().chain(rest) {
        for (at, item) in split_list(text) {
            let from = start.saturating_add(at);
            deliver(item, own, Span::new(from, from.saturating_add(item.len())), rule);
        }
    }
}

fn read_virtual(source: &Source, copies: bool, reading: &mut Reading<'_>) {
    reading.set.covers("mta-table");
    for entry in entries(&source.text) {
        let Some(((start, line), rest)) = entry.pieces.split_first() else { continue };
        if is_bracket(&entry) {
            continue;
        }
        let length = pattern_length(line).min(line.len());
        let (pattern, value) = line.split_at_checked(length).unwrap_or((line, ""));
        if !pattern.contains('@') && !pattern.starts_with(['/', '!']) && pattern.contains('.') {
            continue; // a bare domain only says that the domain is virtual
        }
        let mut rule = Rule { owner: pattern.to_owned(), origin: Origin::Table, ..Rule::at(entry.span) };
        if let Some(domain) = pattern.strip_prefix('@') {
            rule.reach = Reach::Wide(domain.to_owned());
            rule.owner.clear();
        } else if pattern.starts_with(['/', '!']) {
            rule.reach = Reach::Wide(pattern.to_owned());
            rule.owner.clear();
        }
        if value.contains('$') {
            let item = value.trim();
            let constant = item
                .split('$')
                .map(|p| p.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '{' | '}' | '(' | ')')))
                .collect();
            let to = super::address::Target::Template { raw: item.to_owned(), constant };
            rule.act(Does::send(to, Via::Redirect, false), entry.span);
        } else {
            put(&[(start.saturating_add(length), value)], rest, pattern, &mut rule);
        }
        if copies {
            rule.actions.iter_mut().for_each(|action| {
                if let Does::Send { via, copy, .. } = &mut action.does {
                    (*via, *copy) = (Via::Bcc, true);
                }
            });
            rule.act(Does::Keep, entry.span);
        }
        reading.rule(rule);
    }
}
