//! `.qmail` (dot-qmail(5)) and Courier's `.courier` (dot-courier(5)): one delivery a line.

use super::Dialect;
use super::address::{Target, split_list};
use super::model::{Does, Folder, Rule, Via};
use super::reading::Reading;
use super::shell::{Variables, command};
use super::source::{Source, Span, lines};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "qmail", files: &[".qmail*", ".courier*"], claims, read };

fn claims(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).filter(|l| !l.is_empty() && !l.starts_with('#')).peekable();
    let mut sure = false;
    lines.peek().is_some()
        && lines.all(|l| {
            sure |= l.starts_with("./") || l.starts_with('&');
            l.starts_with(['|', '/', '&', '!', '.']) || Target::parse(l).address().is_some()
        })
        && sure
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-script");
    // All lines work on one message, so they are one rule: a mailbox line keeps the owner's copy.
    let mut rule = Rule::at(Span::new(0, source.text.len()));
    for (n, (start, line)) in lines(&source.text).enumerate() {
        let span = Span::new(start, start.saturating_add(line.len()));
        let text = line.trim_end();
        if text.is_empty() {
            if n == 0 && source.text.trim() != "" {
                reading.unreadable(span, "the first line must not be empty", "");
            }
            continue;
        }
        delivery(text, span, &mut rule);
    }
    if !rule.actions.is_empty() {
        reading.rule(rule);
    }
}

fn delivery(text: &str, span: Span, rule: &mut Rule) {
    match text.split_at_checked(1).unwrap_or(("", text)) {
        ("#", _) => {}
        ("|", program) => {
            let mut acts = Vec::new();
            command(program.trim_start_matches('|'), &Variables::default(), false, &mut acts);
            acts.into_iter().for_each(|does| rule.act(does, span));
        }
        ("/" | ".", _) => rule.act(folder(text), span),
        (mark, rest) => {
            let list = if matches!(mark, "&" | "!") { rest } else { text };
            for (_, target) in split_list(list) {
                rule.act(Does::send(Target::parse(target), Via::Redirect, false), span);
            }
        }
    }
}

/// The usual mailbox is the inbox; another path is a folder of it, or a file elsewhere.
fn folder(path: &str) -> Does {
    let usual = ["./Maildir", "./Mailbox", "Maildir", "./mbox"];
    let bare = path.trim_end_matches('/');
    if usual.contains(&bare)
        || bare.ends_with("/Maildir")
        || bare.starts_with("/var/mail/")
        || bare.starts_with("/var/spool/mail/")
    {
        return Does::Keep;
    }
    if bare == "/dev/null" {
        return Does::Delete { permanent: true };
    }
    match usual.iter().find_map(|u| bare.strip_prefix(u)) {
        Some(below) => Does::File { folder: Folder::named(below.trim_start_matches(['/', '.'])), copy: false },
        None => Does::Write { path: path.to_owned(), copy: false },
    }
}
