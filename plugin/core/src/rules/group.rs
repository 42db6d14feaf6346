//! Findings by archive: a thousand programs in one archive are one finding, not a thousand.

use crate::container::{Item, Mail};
use crate::report::{Inspection, Severity};
use crate::rules::Hits;

/// What a rule saw at one object.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The object, an index into [`Mail::items`].
    pub at: usize,
    /// The name in question, in the spelling that was judged; may be empty.
    pub name: String,
    /// How bad it is; `None` for the rule's own severity.
    pub severity: Option<Severity>,
    /// What else there is to say; of each group the first is shown.
    pub detail: Vec<(&'static str, String)>,
}

impl Seen {
    /// An object by its name, with the rule's own severity.
    #[must_use]
    pub fn of(at: usize, item: &Item) -> Self {
        Self { at, name: item.name().to_owned(), severity: None, detail: Vec::new() }
    }

    /// The same with something to say.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.detail.push((key, value.into()));
        self
    }
}

/// How many names a finding shows.
const SHOWN: usize = 8;

/// Reports what was seen, one finding for every archive (or MIME part), severity and readability. `message` gets the
/// number of names.
pub fn report(mail: &Mail, seen: Vec<Seen>, hits: &mut Hits, message: impl Fn(usize) -> String) {
    let mut groups: Vec<(Key<'_>, Vec<Seen>)> = Vec::new();
    for one in seen {
        let Some(item) = mail.items.get(one.at) else { continue };
        let key = Key { part: &item.mime_part, parent: item.parent, severity: one.severity, sealed: is_sealed(item) };
        // Members of one archive stand together, so that looking at the last few groups is enough.
        match groups.iter_mut().rev().take(8).find(|(k, _)| *k == key) {
            Some((_, group)) => group.push(one),
            None => groups.push((key, vec![one])),
        }
    }
    for (key, group) in groups {
        let Some(first) = group.first() else { continue };
        let at = first.at;
        let mut evidence: Vec<(&str, String)> =
            group.iter().filter(|s| !s.name.is_empty()).take(SHOWN).map(|s| ("name", s.name.clone())).collect();
        if group.len() > SHOWN {
            evidence.push(("objects", group.len().to_string()));
        }
        evidence.extend(first.detail.iter().cloned());
        match key.severity {
            Some(severity) => hits.push_as(severity, at, message(group.len()), evidence),
            None => hits.push(at, message(group.len()), evidence),
        }
    }
}

#[derive(PartialEq, Eq)]
struct Key<'m> {
    part: &'m str,
    parent: Option<usize>,
    severity: Option<Severity>,
    sealed: bool,
}

/// Can its content not be read without a secret?
#[must_use]
pub fn is_sealed(item: &Item) -> bool {
    matches!(item.own_inspection, Inspection::NamesOnly | Inspection::OpaqueEncrypted)
}
