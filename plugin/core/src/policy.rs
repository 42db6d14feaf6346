//! Every knob and its default; findings → action. Policy never looks at the mail, only at what the rules saw.
//!
//! [`keys`] is the table of a policy document; it checks documents ([`shape`]) and makes their JSON Schema ([`schema`]).
//! A [`Policy`] is what holds for one direction of mail: the section `inbound` or `outbound` before the top level.

mod decide;
mod document;
mod edits;
mod exception;
mod keys;
mod profile;
mod reply;
mod risk;
mod schema;
pub mod shape;

use std::collections::BTreeMap;

use crate::budget::Limits;
use crate::forwarding::ForwardingPolicy;
use crate::report::{Action, Direction, Finding, Kind, PolicyError, Severity};
use crate::sender::policy::SenderPolicy;
use document::{Rescue, Section, Setting, Tag};
use exception::Exception;
pub use profile::Profile;

/// The id and the family of a rule a policy may speak of. Handed in, because policy stands below the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleName {
    /// Its id.
    pub id: &'static str,
    /// The family it belongs to.
    pub family: &'static str,
}

/// One finding with what a policy may know about it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The finding, with the severity the rule gave it.
    pub finding: Finding,
    /// The family of the rule.
    pub family: &'static str,
    /// What sort of fact it states.
    pub kind: Kind,
    /// The severity is the rule's own, not a milder or a worse one for this case.
    pub usual: bool,
    /// The MIME part it concerns, for edits; empty for the message as a whole.
    pub mime_part: String,
    /// It concerns something that cannot be read without a secret, or something in it.
    pub sealed: bool,
    /// Where it stands among the objects of the message, for the order of findings.
    pub order: usize,
}

/// What a policy document says for one direction of mail.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The bounds of a scan.
    pub limits: Limits,
    profile: Profile,
    /// What stands before `profile` in its dotted path: nothing, `inbound.` or `outbound.`.
    profile_prefix: &'static str,
    /// Settings of rules and families, the section of the direction first.
    rules: Vec<Layer>,
    /// Exceptions, those of the section first.
    exceptions: Vec<Exception>,
    rescue: Rescue,
    tag: Tag,
    /// What the operator says about senders.
    pub sender: SenderPolicy,
    /// What the lint of forwarding rules is told.
    pub forwarding: ForwardingPolicy,
}

/// The settings of one `rules` object.
#[derive(Clone, Debug)]
struct Layer {
    /// What stands before `rules` in dotted paths: nothing, `inbound.` or `outbound.`.
    prefix: &'static str,
    settings: BTreeMap<String, Setting>,
}

impl Policy {
    /// Reads a policy document; the empty string means the defaults and costs nothing. `rules` are all rules there are.
    ///
    /// # Errors
    /// The dotted path of the first key that is unknown or has a value it must not have. The whole document is checked,
    /// whatever the direction.
    pub fn parse(
        json: &str,
        direction: Direction,
        rules: impl Iterator<Item = RuleName> + Clone,
    ) -> Result<Self, PolicyError> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let is_rule = |word: &str| rules.clone().any(|r| r.id == word || r.family == word);
        shape::check(json, keys::DOCUMENT, &is_rule)?;
        let document: Section =
            serde_json::from_str(json).map_err(|e| PolicyError { path: String::new(), message: e.to_string() })?;
        exception::check(&document)?;
        Ok(Self::resolve(document, direction))
    }

    /// Checks a policy document without using it.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn check(json: &str, rules: impl Iterator<Item = RuleName> + Clone) -> Result<(), PolicyError> {
        Self::parse(json, Direction::Inbound, rules).map(drop)
    }

    /// The JSON Schema (2020-12) of policy documents.
    #[must_use]
    pub fn schema(rules: impl Iterator<Item = RuleName> + Clone) -> String {
        let mut words: Vec<&str> = rules.clone().map(|r| r.id).collect();
        for rule in rules {
            if !words.contains(&rule.family) {
                words.push(rule.family);
            }
        }
        schema::of(keys::DOCUMENT, &words)
    }

    /// What holds for one direction.
    fn resolve(mut top: Section, direction: Direction) -> Self {
        let (inbound, outbound) = (top.inbound.take(), top.outbound.take());
        let (section, prefix) = match direction {
            Direction::Inbound => (inbound, "inbound."),
            Direction::Outbound => (outbound, "outbound."),
        };
        let section = section.map(|s| *s).unwrap_or_default();
        let exceptions = [(section.exceptions, prefix), (top.exceptions, "")];
        let exceptions = exceptions
            .into_iter()
            .flat_map(|(list, prefix)| list.into_iter().enumerate().map(move |(n, e)| Exception::new(e, prefix, n)));
        Self {
            limits: limits(section.limits, top.limits),
            profile: section.profile.or(top.profile).unwrap_or_default(),
            profile_prefix: if section.profile.is_some() { prefix } else { "" },
            exceptions: exceptions.collect(),
            rules: vec![Layer { prefix, settings: section.rules }, Layer { prefix: "", settings: top.rules }],
            rescue: Rescue {
                url: section.rescue.url.or(top.rescue.url),
                contact: section.rescue.contact.or(top.rescue.contact),
            },
            sender: top.sender,
            tag: Tag {
                subject: section.tag.subject.or(top.tag.subject),
                banner: section.tag.banner.or(top.tag.banner),
            },
            forwarding: top.forwarding.unwrap_or_default(),
        }
    }

    /// Does any exception expire?
    #[must_use]
    pub fn has_expiry(&self) -> bool {
        self.exceptions.iter().any(|e| e.terms.expires.is_some())
    }

    /// Is any exception made for certain senders?
    #[must_use]
    pub fn asks_for_senders(&self) -> bool {
        self.exceptions.iter().any(|e| !e.terms.senders.is_empty())
    }

    /// The action that is set for a rule, and the dotted path of the key.
    fn action_of(&self, rule: &str, family: &str) -> Option<(Action, Line<'_>)> {
        self.setting(rule, family, |s| s.action)
    }

    /// The severity that is set for a rule.
    fn severity_of(&self, rule: &str, family: &str) -> Option<Severity> {
        self.setting(rule, family, |s| s.severity).map(|(severity, _)| severity)
    }

    /// What is set for a rule: the section before the top level, in each the rule itself before its family.
    fn setting<T>(&self, rule: &str, family: &str, get: impl Fn(&Setting) -> Option<T>) -> Option<(T, Line<'_>)> {
        self.rules.iter().find_map(|layer| {
            [rule, family].into_iter().find_map(|name| {
                let (key, setting) = layer.settings.get_key_value(name)?;
                Some((get(setting)?, Line { prefix: layer.prefix, key }))
            })
        })
    }
}

/// Where a setting of a rule stands in the document.
#[derive(Clone, Copy, Debug)]
struct Line<'p> {
    prefix: &'static str,
    key: &'p str,
}

impl core::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}rules.{}.action", self.prefix, self.key)
    }
}

/// The bounds of a scan: the section's, else the top level's, else the defaults.
fn limits(section: document::Limits, top: document::Limits) -> Limits {
    let usual = Limits::default();
    Limits {
        bytes: section.bytes.or(top.bytes).unwrap_or(usual.bytes),
        memory: section.memory.or(top.memory).unwrap_or(usual.memory),
        ratio: section.ratio.or(top.ratio).unwrap_or(usual.ratio),
        entries: section.entries.or(top.entries).unwrap_or(usual.entries),
        depth: section.depth.or(top.depth).unwrap_or(usual.depth),
        work: section.work.or(top.work).unwrap_or(usual.work),
    }
}

#[cfg(test)]
mod tests;
