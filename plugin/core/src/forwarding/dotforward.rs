//! `.forward` (aliases(5), local(8)): targets separated by commas or line ends. Its first line may say that it is an Exim
//! or a Sieve filter instead.

use super::Dialect;
use super::address::{Target, split_list};
use super::model::{Does, Origin, Rule, Via};
use super::reading::Reading;
use super::shell::{Variables, command};
use super::source::{Source, Span, lines};
use super::{exim, sieve};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "forward", files: &[".forward*", "*.forward"], claims, read };

fn claims(text: &str) -> bool {
    let (mut items, mut rows, mut telling) = (0usize, 0usize, false);
    for (_, line) in lines(text).filter(|(_, l)| !l.trim().is_empty() && !l.trim_start().starts_with('#')).take(200) {
        rows = rows.saturating_add(1);
        for (_, item) in split_list(line) {
            items = items.saturating_add(1);
            let known = item.starts_with(['\\', '|', '/']) || item.starts_with("\"|") || item.starts_with(":include:");
            match Target::parse(item.trim_matches('"')) {
                _ if known => telling = true,
                Target::Address(_) => telling = true,
                Target::Local(_) => {}
                _ => return false,
            }
        }
    }
    // Bare names alone are a list of users on one line, and anything at all on several.
    items > 0 && (telling || rows == 1)
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-script");
    let first: String = source.text.lines().next().unwrap_or("").to_lowercase().split_whitespace().collect();
    if first.starts_with("#eximfilter") {
        exim::filter(&source.text, 0, source.text.len(), reading);
        return;
    }
    if first.starts_with("#sievefilter") {
        sieve::read(source, 0, source.text.len(), Origin::User, false, reading);
        return;
    }
    let mut rule = Rule::at(Span::new(0, source.text.trim_end().len()));
    for (start, line) in lines(&source.text) {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for (at, item) in split_list(line) {
            let from = start.saturating_add(at);
            deliver(item, "", Span::new(from, from.saturating_add(item.len())), &mut rule);
        }
    }
    if !rule.actions.is_empty() {
        reading.rule(rule);
    }
}

/// One target of a `.forward` or of an alias: an address, `\user`, `"|program"`, `/file`, `:include:/file`. `own` is the
/// name the line is about: delivering to it keeps the copy.
pub fn deliver(item: &str, own: &str, span: Span, rule: &mut Rule) {
    let inner = item.strip_prefix('"').and_then(|i| i.strip_suffix('"')).unwrap_or(item).trim();
    if let Some(user) = inner.strip_prefix('\\') {
        let mine = own.is_empty() || own.split('@').next() == user.split('@').next();
        rule.act(if mine { Does::Keep } else { Does::send(Target::parse(user), Via::Redirect, false) }, span);
    } else if let Some(program) = inner.strip_prefix('|') {
        let mut acts = Vec::new();
        command(program, &Variables::default(), false, &mut acts);
        acts.into_iter().for_each(|does| rule.act(does, span));
    } else if let Some(path) = inner.strip_prefix(":include:") {
        rule.act(Does::send(Target::List(path.trim().to_owned()), Via::Redirect, false), span);
        rule.act(Does::Write { path: path.trim().to_owned(), copy: true }, span);
    } else if inner == "/dev/null" || inner.starts_with(":blackhole:") {
        rule.act(Does::Delete { permanent: true }, span);
    } else if inner.starts_with(":fail:") || inner.starts_with(":defer:") || inner.starts_with("error:") {
        rule.act(Does::Reply { from: None, carries: String::new(), refuses: true }, span);
    } else if inner.starts_with('/') {
        let mailbox =
            ["/var/mail/", "/var/spool/mail/"].iter().any(|p| inner.starts_with(p)) || inner.contains("/Maildir");
        rule.act(if mailbox { Does::Keep } else { Does::Write { path: inner.to_owned(), copy: false } }, span);
    } else {
        let to = Target::parse(inner);
        let same = !own.is_empty() && to.shown().eq_ignore_ascii_case(own);
        rule.act(if same { Does::Keep } else { Does::send(to, Via::Redirect, false) }, span);
    }
}
