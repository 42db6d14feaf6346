//! A rule set as the rules of the lint see it: with what is known about the world, with its ways out, and with what each
//! rule is about.

use std::collections::{BTreeMap, BTreeSet};

use super::effects::{Effects, Live, Route, effects, folder_role};
use super::folders::Role;
use super::guard::Strength;
use super::known::{Known, Login, Scope};
use super::likeness::{Likenesses, likenesses};
use super::model::{Does, Field, Folder, Op, Reach, Rule, RuleSet};
use super::source::Span;
use super::words::{Topic, topic_of};
use crate::report::Severity;
use crate::sender::policy::Prepared;

/// What the lint looks at.
#[derive(Debug)]
pub struct Survey<'a> {
    /// The rules.
    pub set: &'a RuleSet,
    /// What is known besides.
    pub known: Known<'a>,
    /// The ways out.
    pub effects: Effects,
    /// What rules that send or hide are about: the topic, the listed word, the value it was found in.
    topics: BTreeMap<usize, Vec<(Topic, &'static str, String)>>,
    /// Blocks with a way out.
    exits: BTreeSet<u32>,
    /// What the domains of targets outside resemble.
    pub likenesses: Likenesses,
    /// How each rule hides mail.
    hidings: Vec<Option<Hiding>>,
}

/// How a rule keeps mail from its owner's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hiding {
    /// Deleted, or not kept at all.
    Deleted,
    /// In a folder nobody reads.
    Buried(Role),
    /// Marked as read and taken out of the inbox.
    ReadAndMoved,
}

impl Hiding {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Buried(role) => role.as_str(),
            Self::ReadAndMoved => "read-and-moved",
        }
    }
}

/// Words looked for in one rule; more are not.
const VALUES: usize = 500;

impl<'a> Survey<'a> {
    /// Looks over a rule set.
    #[must_use]
    pub fn new(set: &'a RuleSet, known: Known<'a>, sender: &Prepared) -> Self {
        let effects = effects(set, &known);
        let outside = effects.routes.iter().filter(|r| r.scope.leaves());
        let targets = outside.filter_map(|r| Some((r.owner.as_str(), r.to.address()?)));
        let likenesses = likenesses(targets, &known, sender);
        let (about, exits, hidings) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let mut survey = Self { set, topics: about, exits, likenesses, hidings, effects, known };
        let role = |folder: &Folder| folder_role(folder, &survey.known);
        survey.hidings = set.rules.iter().map(|r| hiding(r, &role)).collect();
        let exits = survey.effects.routes.iter().filter(|r| r.is_live_exit());
        survey.exits = exits.filter_map(|r| set.rules.get(r.rule)).map(|r| r.block).collect();
        for (index, rule) in set.rules.iter().enumerate().filter(|(_, r)| r.runs()) {
            if survey.exits.contains(&rule.block) || survey.hiding(index).is_some() {
                let topics = topics(rule);
                if !topics.is_empty() {
                    survey.topics.insert(index, topics);
                }
            }
        }
        survey
    }

    /// What a rule is about.
    #[must_use]
    pub fn topics(&self, rule: usize) -> &[(Topic, &'static str, String)] {
        self.topics.get(&rule).map_or(&[], Vec::as_slice)
    }

    /// The first word of a topic in a rule, and the value it stands in.
    #[must_use]
    pub fn about(&self, rule: usize, topic: Topic) -> Option<(&'static str, &str)> {
        self.topics(rule).iter().find(|(t, _, _)| *t == topic).map(|(_, word, value)| (*word, value.as_str()))
    }

    /// Does the block of this rule send mail out?
    #[must_use]
    pub fn sends_out(&self, rule: &Rule) -> bool {
        self.exits.contains(&rule.block)
    }

    /// The rules that run, with their index.
    pub fn running(&self) -> impl Iterator<Item = (usize, &'a Rule)> {
        self.set.rules.iter().enumerate().filter(|(_, r)| r.runs())
    }

    /// Ways out that work and carry mail of one mailbox (or all of a domain) outside to something that is a place.
    pub fn exits(&self) -> impl Iterator<Item = &Route> {
        use super::address::Target;
        self.effects.routes.iter().filter(|r| r.is_live_exit()).filter(|r| {
            matches!(r.to, Target::Address(_) | Target::Elsewhere(_) | Target::Directory(_)) && !self.is_calendar(r)
        })
    }

    /// Does it carry meeting mail only?
    #[must_use]
    pub fn is_calendar(&self, route: &Route) -> bool {
        self.rule_of(route).is_some_and(|r| r.reach == Reach::Calendar)
    }

    /// Does it carry the mail of a whole domain?
    #[must_use]
    pub fn is_wide(&self, route: &Route) -> bool {
        self.rule_of(route).is_some_and(|r| matches!(r.reach, Reach::Wide(_)))
    }

    /// The rule of a way out.
    #[must_use]
    pub fn rule_of(&self, route: &Route) -> Option<&'a Rule> {
        self.set.rules.get(route.rule)
    }

    /// How a rule keeps mail from its owner's eyes, if it does.
    #[must_use]
    pub fn hiding(&self, rule: usize) -> Option<Hiding> {
        self.hidings.get(rule).copied().flatten()
    }

    /// What a finding about a way out rests on.
    #[must_use]
    pub fn evidence(&self, route: &Route) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        if let Some(rule) = self.rule_of(route) {
            out.extend(self.named(rule));
        }
        let whose = route.whose(self.set);
        if !whose.is_empty() {
            out.push(("owner", whose.to_owned()));
        }
        out.push(("target", route.masked()));
        out.push(("scope", route.scope.as_str().to_owned()));
        out.push(("kind", route.via.as_str().to_owned()));
        out.push(("mail", route.strength.as_str().to_owned()));
        if let Some(guard) = self.rule_of(route).map(|r| self.guard(r)).filter(|g| !g.is_empty()) {
            out.push(("guard", guard));
        }
        out.push(("copy", route.copy.as_str().to_owned()));
        out
    }

    /// The name of a rule, as evidence.
    #[must_use]
    pub fn named(&self, rule: &Rule) -> Option<(&'static str, String)> {
        rule.name.clone().filter(|n| !n.is_empty()).map(|name| ("name", name))
    }

    /// The condition of a rule as its document spells it, cut.
    #[must_use]
    pub fn guard(&self, rule: &Rule) -> String {
        self.set.condition(rule)
    }

    /// Where something stands, for a finding.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        self.set.place(span)
    }

    /// A severity as the facts have it: lower where the border is not known or little mail goes, higher where the login
    /// that made the change was weak or not the owner's.
    #[must_use]
    pub fn weigh(&self, base: Severity, route: &Route) -> Severity {
        let mut level = rank(base);
        if route.scope == Scope::Unknown {
            level = level.saturating_sub(1);
        }
        let sensitive = [Topic::Money, Topic::Security].iter().any(|t| self.about(route.rule, *t).is_some());
        level = level.saturating_sub(match route.strength {
            _ if sensitive => 0,
            Strength::All | Strength::Most | Strength::Unknown | Strength::Side => 0,
            Strength::Topic | Strength::Sender => 1,
            Strength::Rare | Strength::None => 2,
        });
        if route.via == super::model::Via::Notify && route.carries.is_empty() {
            level = level.saturating_sub(1);
        }
        let actor = self.known.actor();
        let stranger = !actor.is_empty() && !route.owner.is_empty() && !same_person(actor, &route.owner);
        if !actor.is_empty() && (stranger || self.known.login() == Login::Password) {
            level = level.saturating_add(1);
        }
        severity(level.max(1))
    }

    /// Ways out that are switched off now, and by what.
    pub fn armed(&self) -> impl Iterator<Item = (&Route, &'static str)> {
        self.effects.routes.iter().filter(|r| r.scope.leaves()).filter_map(|r| match r.live {
            Live::Armed(how) => Some((r, how)),
            _ => None,
        })
    }
}

/// How a rule keeps mail from its owner's eyes.
fn hiding(rule: &Rule, role_of: &dyn Fn(&Folder) -> Option<Role>) -> Option<Hiding> {
    let mut worst: Option<Hiding> = None;
    let (mut read, mut moved, mut kept) = (false, false, false);
    for action in &rule.actions {
        let seen = match &action.does {
            Does::Delete { .. } | Does::Discard => Some(Hiding::Deleted),
            Does::File { folder, copy } => {
                moved |= !copy;
                kept |= *copy;
                let role = role_of(folder);
                role.filter(|r| r.is_unread() && !copy).map(|role| match role {
                    Role::Trash => Hiding::Deleted,
                    role => Hiding::Buried(role),
                })
            }
            Does::Archive => {
                moved = true;
                None
            }
            Does::MarkRead => {
                read = true;
                None
            }
            Does::Keep => {
                kept = true;
                None
            }
            _ => None,
        };
        worst = match (worst, seen) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    if kept && worst != Some(Hiding::Deleted) {
        return None;
    }
    worst.or((read && moved).then_some(Hiding::ReadAndMoved))
}

/// `sato` and `sato@corp.example` may be one person; an administrator who acts for a user writes `user%admin`.
fn same_person(actor: &str, owner: &str) -> bool {
    let local = |name: &str| name.split('@').next().unwrap_or(name).to_lowercase();
    actor.eq_ignore_ascii_case(owner) || (!actor.contains('@') || !owner.contains('@')) && local(actor) == local(owner)
}

fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

fn severity(rank: u8) -> Severity {
    match rank {
        0 => Severity::Info,
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        _ => Severity::Critical,
    }
}

/// The words of a rule's condition, and who it is about where that tells a topic.
fn topics(rule: &Rule) -> Vec<(Topic, &'static str, String)> {
    let mut out: Vec<(Topic, &'static str, String)> = Vec::new();
    let mut left = VALUES;
    rule.guard.each_test(&mut |test| {
        let topic = test.fields.iter().any(Field::is_topic);
        let sender = test.fields.iter().any(Field::is_sender);
        for value in &test.values {
            left = left.saturating_sub(1);
            if left == 0 || !(topic || sender) {
                return;
            }
            let found = if topic { words_of(value, test.op) } else { sender_topic(value) };
            if let Some((topic, word)) = found
                && !out.iter().any(|(t, _, _)| *t == topic)
            {
                out.push((topic, word, value.clone()));
            }
        }
    });
    out
}

/// The topic of a value; of a pattern or a search, of its pieces too.
fn words_of(value: &str, op: Op) -> Option<(Topic, &'static str)> {
    let whole = topic_of(value);
    if whole.is_some() || !matches!(op, Op::Regex | Op::Matches | Op::Query) {
        return whole;
    }
    value.split(|c: char| !c.is_alphanumeric() && !matches!(c, ' ' | '-')).filter(|p| p.len() >= 4).find_map(topic_of)
}

/// Senders whose mail would warn the owner.
fn sender_topic(value: &str) -> Option<(Topic, &'static str)> {
    const SENDERS: &[&str] = &[
        "mailer-daemon",
        "postmaster",
        "helpdesk",
        "help-desk",
        "servicedesk",
        "itsupport",
        "it-support",
        "security",
        "soc@",
        "abuse@",
        "csirt",
        "quarantine",
        "no-reply@accounts.google.com",
        "account-security-noreply",
        "accountprotection",
        "msonlineservicesteam",
        "mfa@",
    ];
    let bytes = value.as_bytes();
    (0..bytes.len()).find_map(|at| {
        // Few letters begin one of the words, so most places cost one comparison.
        let rest = bytes.get(at..)?;
        let first = rest.first()?.to_ascii_lowercase();
        if !matches!(first, b'a' | b'c' | b'h' | b'i' | b'm' | b'n' | b'p' | b'q' | b's') {
            return None;
        }
        let here = |s: &&&str| rest.get(..s.len()).is_some_and(|head| head.eq_ignore_ascii_case(s.as_bytes()));
        SENDERS.iter().filter(|s| s.as_bytes().first() == Some(&first)).find(here).map(|s| (Topic::Security, *s))
    })
}
