//! What Sekisho judges. A rule looks at the described [`Mail`] and the [`Context`]; it never parses bytes and never
//! decides what happens to the mail.
//!
//! A rule is one file and its page, and one line in [`RULES`]. The page (`<id>.md`) is manual, help text and test at
//! once; CONTRIBUTING.md shows how to write one.

use crate::container::{Item, Mail};
use crate::forwarding::Survey;
use crate::report::{Context, Evidence, Kind, RuleInfo, Severity};
use crate::sender::Sender;

pub mod group;
pub mod page;
pub mod subject;

use subject::Subject;

/// One rule. Made with [`declare_rule!`](crate::declare_rule) only.
pub struct Rule {
    /// Its id, kebab-case.
    pub id: &'static str,
    /// The family, the folder it lies in.
    pub family: &'static str,
    /// Its severity when the policy says nothing.
    pub severity: Severity,
    /// What sort of fact it states.
    pub kind: Kind,
    /// Its page, Markdown.
    pub page: &'static str,
    /// The judge.
    pub check: fn(&Scene<'_>, &mut Hits),
}

/// Everything a rule may look at.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The objects that were found.
    pub mail: &'a Mail,
    /// What the gateway knows.
    pub context: &'a Context,
    /// Who the mail says it is from, when there is one.
    pub sender: Option<&'a Sender>,
    /// The forwarding rules, when they are what is asked about.
    pub forwarding: Option<&'a Survey<'a>>,
}

/// Where a rule saw something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// At an object, an index into [`Mail::items`].
    Item(usize),
    /// Elsewhere; the place as it shall stand in the finding.
    Place(String),
}

impl From<usize> for At {
    fn from(item: usize) -> Self {
        Self::Item(item)
    }
}

impl From<String> for At {
    fn from(place: String) -> Self {
        Self::Place(place)
    }
}

impl Rule {
    /// What hosts are told about it.
    #[must_use]
    pub fn info(&self) -> RuleInfo {
        let page = page::Page::of(self.page);
        RuleInfo {
            id: self.id.to_owned(),
            family: self.family.to_owned(),
            severity: self.severity,
            summary: page.summary.to_owned(),
            rescue_ja: page.rescue_ja.to_owned(),
            rescue_en: page.rescue_en.to_owned(),
            page: self.page.to_owned(),
        }
    }
}

/// One thing a rule saw, before the policy had its say.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Where it is.
    pub at: At,
    /// One sentence for a person, free of text an attacker could choose.
    pub message: String,
    /// What it rests on.
    pub evidence: Evidence,
    /// Another severity than the rule's own, where the case is worse or milder.
    pub severity: Option<Severity>,
}

/// Where a rule puts what it saw.
#[derive(Debug, Default)]
pub struct Hits {
    hits: Vec<Hit>,
}

impl Hits {
    /// Reports something at an item (or another place). Values of the evidence are made harmless to show here.
    pub fn push<K: Into<String>, V: AsRef<str>>(
        &mut self,
        at: impl Into<At>,
        message: impl Into<String>,
        evidence: impl IntoIterator<Item = (K, V)>,
    ) {
        let evidence = evidence.into_iter().map(|(k, v)| (k.into(), crate::text::visible(v.as_ref()))).collect();
        self.hits.push(Hit { at: at.into(), message: message.into(), evidence, severity: None });
    }

    /// Like [`Hits::push`], with another severity than the rule's own.
    pub fn push_as<K: Into<String>, V: AsRef<str>>(
        &mut self,
        severity: Severity,
        at: impl Into<At>,
        message: impl Into<String>,
        evidence: impl IntoIterator<Item = (K, V)>,
    ) {
        self.push(at, message, evidence);
        if let Some(hit) = self.hits.last_mut() {
            hit.severity = Some(severity);
        }
    }

    /// Everything seen so far, taken out.
    pub fn drain(&mut self) -> Vec<Hit> {
        core::mem::take(&mut self.hits)
    }
}

/// Calls `look` for every item with its index: the way most rules begin.
pub fn each_item(mail: &Mail, mut look: impl FnMut(usize, &Item)) {
    for (index, item) in mail.items.iter().enumerate() {
        look(index, item);
    }
}

/// Declares the rule of a file as `pub static RULE: Rule`.
///
/// ```ignore
/// declare_rule! {
///     id: "zip-encrypted",
///     family: "zip",
///     severity: Medium,
///     kind: Encryption,
///     check: check,
/// }
/// ```
/// The page `<id>.md` lies beside the file.
#[macro_export]
macro_rules! declare_rule {
    (id: $id:literal, family: $family:literal, severity: $severity:ident, kind: $kind:ident, check: $check:path $(,)?) => {
        $crate::declare_rule! { RULE, id: $id, family: $family, severity: $severity, kind: $kind, check: $check }
    };
    ($name:ident, id: $id:literal, family: $family:literal, severity: $severity:ident, kind: $kind:ident, check: $check:path $(,)?) => {
        #[doc = concat!("The rule `", $id, "`; its page says what it sees and why.")]
        pub static $name: $crate::rules::Rule = $crate::rules::Rule {
            id: $id,
            family: $family,
            severity: $crate::report::Severity::$severity,
            kind: $crate::report::Kind::$kind,
            page: {
                const PAGE: &str = include_str!(concat!($id, ".md"));
                const TOLD: [u8; $crate::rules::page::told(PAGE)] = $crate::rules::page::cut(PAGE);
                $crate::rules::page::text(&TOLD)
            },
            check: $check,
        };
    };
}

/// All rules by what they look at, in the order they run. Each family keeps its own slice in `rules/<family>.rs`; a rule
/// that is not in it does not exist, and a test says so.
pub static RULES: &[(Subject, &[&Rule])] = &[
    (Subject::Archives, zip::RULES),
    (Subject::Objects, archive::RULES),
    (Subject::Objects, document::RULES),
    (Subject::Departures, mime::RULES),
    (Subject::Names, name::RULES),
    (Subject::Nesting, nesting::RULES),
    (Subject::Bounds, limit::RULES),
    (Subject::Sender, sender::RULES),
    (Subject::Decision, policy::RULES),
    (Subject::Forwarding, forwarding::RULES),
];

pub mod archive;
pub mod document;
pub mod forwarding;
pub mod limit;
pub mod mime;
pub mod name;
pub mod nesting;
pub mod policy;
pub mod sender;
pub mod zip;

/// All rules, one after the other.
pub fn all() -> impl Iterator<Item = &'static Rule> + Clone {
    RULES.iter().flat_map(|(_, family)| family.iter().copied())
}

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|r| r.id == id)
}

/// Lets every rule look that may see something, in order.
#[must_use]
pub fn run(scene: &Scene<'_>) -> Vec<(&'static Rule, Hit)> {
    let mut hits = Hits::default();
    let mut seen = Vec::new();
    for (subject, family) in RULES {
        let asked = subject.is_in(scene);
        // What is not asked has nothing to say; builds with debug assertions ask all the same.
        if !asked && !cfg!(debug_assertions) {
            continue;
        }
        for rule in *family {
            (rule.check)(scene, &mut hits);
            let told = hits.drain();
            debug_assert!(asked || told.is_empty(), "{} sees what {subject:?} does not name", rule.id);
            seen.extend(told.into_iter().map(|hit| (*rule, hit)));
        }
    }
    seen
}
