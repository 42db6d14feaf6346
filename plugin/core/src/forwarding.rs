//! Where mail is sent on to: rule documents of many dialects, read into one model. Readers describe; rules judge.
//!
//! `model` is what every dialect is read into, `guard` tells conditions from what only looks like one, `address` tells
//! where mail goes, `known` what is known about the world. Each dialect is one file (Sieve a folder): it says which
//! documents are its own and reads them. `effects` answers "who gets this mailbox's mail", `diff` what changed in it.

pub mod address;
pub mod chains;
pub mod diff;
pub mod effects;
pub mod folders;
pub mod guard;
pub mod known;
pub mod likeness;
pub mod model;
pub mod providers;
pub mod reading;
pub mod settings;
pub mod sieve;
pub mod source;
pub mod survey;
pub mod trial;
pub mod words;

mod aliases;
mod audit;
mod cpanel;
mod dotforward;
mod exchange;
mod exim;
mod gmail_api;
mod gmail_export;
mod graph;
mod json;
mod maildrop;
mod procmail;
mod qmail;
mod shell;
mod table;
mod thunderbird;
mod zimbra;

pub use effects::{Effects, Route, effects};
pub use known::{Known, Scope};
pub use model::RuleSet;
pub use reading::{Library, Reading};
pub use settings::ForwardingPolicy;
pub use survey::Survey;

use crate::budget::Budget;
use model::ProblemKind;
use source::{Source, Span};

/// One dialect.
pub struct Dialect {
    /// Its name, for `--dialect`.
    pub name: &'static str,
    /// File names that are its own: whole names, or endings that begin with `*`.
    pub files: &'static [&'static str],
    /// Does this text look like it?
    pub claims: fn(&str) -> bool,
    /// Reads it.
    pub read: fn(&Source, &mut Reading<'_>),
}

/// All dialects, the ones that cannot be mistaken first.
pub static DIALECTS: &[Dialect] = &[
    audit::DIALECT,
    gmail_export::DIALECT,
    graph::DIALECT,
    gmail_api::DIALECT,
    exchange::DIALECT,
    thunderbird::DIALECT,
    exim::DIALECT,
    zimbra::DIALECT,
    cpanel::DIALECT,
    SIEVE,
    procmail::DIALECT,
    maildrop::DIALECT,
    aliases::VALIASES,
    aliases::ALIASES,
    aliases::VIRTUAL,
    aliases::BCC,
    qmail::DIALECT,
    dotforward::DIALECT,
];

const SIEVE: Dialect = Dialect {
    name: "sieve",
    files: &["*.sieve", "*.siv", ".dovecot.sieve"],
    claims: sieve::claims,
    read: |source, reading| {
        reading.set.covers("user-script");
        sieve::read(source, 0, source.text.len(), model::Origin::User, false, reading);
    },
};

/// The dialect of this name, or the one a file of this name is written in.
#[must_use]
pub fn dialect(name: &str) -> Option<&'static Dialect> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    DIALECTS.iter().find(|d| d.name == name).or_else(|| {
        DIALECTS.iter().find(|d| {
            d.files.iter().any(|pattern| match pattern.strip_prefix('*') {
                Some(ending) => file.len() > ending.len() && file.ends_with(ending),
                None => match pattern.strip_suffix('*') {
                    Some(beginning) => file.starts_with(beginning),
                    None => file == *pattern,
                },
            })
        })
    })
}

/// Reads a rule document. The dialect is named (by its name, or by the name of the file), or recognised by content.
/// Never fails: what could not be read stands in [`RuleSet::problems`].
#[must_use]
pub fn read(document: &[u8], dialect: Option<&str>, budget: &mut Budget) -> RuleSet {
    read_with(document, dialect, Library::default(), budget)
}

/// Like [`read`], with the scripts and files the document may include.
#[must_use]
pub fn read_with(document: &[u8], named: Option<&str>, library: Library<'_>, budget: &mut Budget) -> RuleSet {
    let source = Source::decode("", document);
    let whole = Span::new(0, source.text.len());
    let mut reading = Reading { set: RuleSet::default(), library, budget, blocks: 0 };
    reading.reserve();
    if reading.work(document.len(), whole).is_ok() {
        if source.damaged {
            reading.unreadable(Span::default(), "the text is not valid UTF-8, some characters were replaced", "");
        }
        let named = named.filter(|n| !n.is_empty());
        let found = named.and_then(dialect).or_else(|| DIALECTS.iter().find(|d| (d.claims)(&source.text)));
        match found {
            Some(dialect) => {
                reading.set.dialect = dialect.name;
                (dialect.read)(&source, &mut reading);
            }
            None if is_empty(&source.text) => {}
            None => reading.unreadable(Span::default(), "the dialect of the document is not known", ""),
        }
    }
    reading.keep(0, source);
    finish(&mut reading.set);
    reading.set
}

/// Nothing at all, or what an interface answers where there are no rules.
fn is_empty(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).take(20).collect();
    matches!(bare.as_str(), "" | "[]" | "{}" | "null" | "{\"value\":[]}" | "{\"filter\":[]}")
}

/// What holds for every dialect: rules behind one that always ends processing are never reached.
fn finish(set: &mut RuleSet) {
    let mut ended: std::collections::BTreeMap<String, Span> = std::collections::BTreeMap::new();
    for rule in &mut set.rules {
        if rule.shadowed_by.is_none() {
            rule.shadowed_by = ended.get(&rule.owner).copied();
        }
        if rule.stop && rule.runs() && rule.guard == model::Guard::Always {
            ended.entry(rule.owner.clone()).or_insert(rule.span);
        }
    }
    if set.problems.len() > PROBLEMS {
        let span = set.problems.get(PROBLEMS).map(|p| p.span).unwrap_or_default();
        set.problems.truncate(PROBLEMS);
        set.problem(ProblemKind::Limit, span, "there are more problems than are listed", "");
    }
}

/// More problems than these are not listed.
const PROBLEMS: usize = 2000;
