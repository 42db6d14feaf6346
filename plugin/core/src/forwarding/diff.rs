//! What changed between two rule sets, in terms of who gets the mail: for an approval mail to the owner, and for a host
//! that keeps the hash of what was approved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::effects::{Effects, Live, OwnerCopy, Route, effects};
use super::guard::{Strength, counted};
use super::known::{Known, Scope};
use super::model::{Does, Guard, Rule, RuleSet, State, Visible};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What sort.
    pub class: Class,
    /// Whose mail.
    pub owner: String,
    /// Which target or rule.
    pub what: String,
    /// How it was.
    pub before: String,
    /// How it is.
    pub after: String,
    /// Where it stands in the new document, or in the old one when it is gone.
    pub place: String,
}

/// What sort of change, the weightiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Somebody new gets mail.
    RecipientAdded,
    /// A target gets more mail than before.
    GuardWidened,
    /// The condition is another one, neither wider nor narrower.
    GuardChanged,
    /// The owner no longer has a copy.
    CopyLost,
    /// A way out that was off works now.
    Enabled,
    /// The owner can no longer see the rule.
    Hidden,
    /// A rule that sends nothing appeared, changed or went.
    RuleChanged,
    /// A way out no longer works.
    Disabled,
    /// A target gets less mail than before.
    GuardNarrowed,
    /// The owner has a copy again.
    CopyKept,
    /// Somebody no longer gets mail.
    RecipientRemoved,
    /// Rules stand in another order.
    Order,
    /// A rule has another name.
    Name,
}

impl Class {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecipientAdded => "recipient-added",
            Self::GuardWidened => "guard-widened",
            Self::GuardChanged => "guard-changed",
            Self::CopyLost => "copy-lost",
            Self::Enabled => "enabled",
            Self::Hidden => "hidden",
            Self::RuleChanged => "rule-changed",
            Self::Disabled => "disabled",
            Self::GuardNarrowed => "guard-narrowed",
            Self::CopyKept => "copy-kept",
            Self::RecipientRemoved => "recipient-removed",
            Self::Order => "order",
            Self::Name => "name",
        }
    }

    /// Does it need a new approval?
    #[must_use]
    pub fn widens(self) -> bool {
        self <= Self::Hidden
    }
}

/// What changed from one rule set to the other, weightiest first.
#[must_use]
pub fn diff(old: &RuleSet, new: &RuleSet, known: &Known<'_>) -> Vec<Change> {
    let picture = |set| Picture::of(set, &effects(set, known), &Digests::of(set));
    picture(new).since(&picture(old))
}

/// What a rule set does, small enough to be kept and compared with a later one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The ways out.
    pub ways: BTreeMap<Key, Way>,
    /// The rules in order.
    pub rules: Vec<Spelt>,
}

/// Owner, target, way.
pub type Key = (String, String, String);

/// All routes to one target, put together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// How much of the mail.
    pub mail: Strength,
    /// The conditions, as hashes of their canonical spelling.
    pub guards: Vec<String>,
    /// The conditions as the document spells them, cut.
    pub when: Vec<String>,
    /// On which side of the border.
    pub scope: Scope,
    /// It works.
    pub live: bool,
    /// What becomes of the owner's copy.
    pub copy: OwnerCopy,
    /// The owner can see it.
    pub visible: bool,
    /// Where the first one stands.
    pub place: String,
}

/// A rule by the hash of its canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelt {
    /// The hash.
    pub hash: String,
    /// Its name.
    pub name: String,
    /// Whose mail it handles.
    pub owner: String,
    /// Where it stands.
    pub place: String,
    /// It sends mail somewhere, so it is told as a way out.
    pub sends: bool,
}

impl Way {
    fn told(&self) -> String {
        let state = if self.live { "on" } else { "off" };
        format!("{state}, {} mail, copy {}", self.mail.as_str(), self.copy.as_str())
    }
}

impl Picture {
    /// What a rule set does.
    #[must_use]
    pub fn of(set: &RuleSet, effects: &Effects, digests: &Digests) -> Self {
        Self::of_first(usize::MAX, set, effects, digests)
    }

    /// What a rule set does, with the first `most` rules only.
    #[must_use]
    pub fn of_first(most: usize, set: &RuleSet, effects: &Effects, digests: &Digests) -> Self {
        let mut ways: BTreeMap<Key, Way> = BTreeMap::new();
        for route in &effects.routes {
            let key = (route.owner.clone(), route.to.shown(), route.via.as_str().to_owned());
            let one = way(set, route);
            match ways.get_mut(&key) {
                None => {
                    ways.insert(key, one);
                }
                Some(all) => all.add(one),
            }
        }
        let rules = set.rules.iter().zip(&digests.0).take(most).map(|(rule, digest)| spelt(set, rule, digest));
        Self { ways, rules: rules.collect() }
    }

    /// What changed since an earlier one, weightiest first.
    #[must_use]
    pub fn since(&self, old: &Self) -> Vec<Change> {
        let mut out = Vec::new();
        for (key, now) in &self.ways {
            match old.ways.get(key) {
                Some(was) => compare(key, was, now, &mut out),
                None => out.push(change(Class::RecipientAdded, key, String::new(), now.told(), &now.place)),
            }
        }
        for (key, was) in old.ways.iter().filter(|(key, _)| !self.ways.contains_key(*key)) {
            out.push(change(Class::RecipientRemoved, key, was.told(), String::new(), &was.place));
        }
        rules(&old.rules, &self.rules, &mut out);
        out.sort_by(|a, b| (a.class, &a.owner, &a.what).cmp(&(b.class, &b.owner, &b.what)));
        out
    }
}

impl Way {
    fn add(&mut self, other: Self) {
        self.mail = self.mail.min(other.mail);
        self.live |= other.live;
        self.visible &= other.visible;
        self.copy = self.copy.max(other.copy);
        for guard in other.guards {
            if let Err(at) = self.guards.binary_search(&guard) {
                self.guards.insert(at, guard);
            }
        }
        for when in other.when {
            if self.when.len() < 8 && !self.when.contains(&when) {
                self.when.push(when);
            }
        }
    }
}

fn way(set: &RuleSet, route: &Route) -> Way {
    let rule = set.rules.get(route.rule);
    let when = rule.map(|r| set.condition(r)).filter(|w| !w.is_empty());
    Way {
        mail: route.strength,
        guards: rule.map(|r| short_hash(&r.guard.canonical())).into_iter().collect(),
        when: when.map(|w| crate::text::visible(&w)).into_iter().collect(),
        scope: route.scope,
        live: route.live == Live::Yes,
        copy: route.copy,
        visible: !matches!(route.visible, Visible::No(_)),
        place: set.place(route.span),
    }
}

fn spelt(set: &RuleSet, rule: &Rule, digest: &Digest32) -> Spelt {
    Spelt {
        hash: short(digest),
        name: rule.name.clone().unwrap_or_default(),
        owner: set.owner_of(rule).to_owned(),
        place: set.place(rule.span),
        sends: rule.actions.iter().any(|a| matches!(a.does, Does::Send { .. })),
    }
}

fn compare(key: &Key, was: &Way, now: &Way, out: &mut Vec<Change>) {
    let mut add = |class| out.push(change(class, key, was.told(), now.told(), &now.place));
    if was.live != now.live {
        add(if now.live { Class::Enabled } else { Class::Disabled });
    }
    if was.guards != now.guards {
        let wider = now.mail < was.mail || was.guards.iter().all(|g| now.guards.contains(g));
        let narrower = now.mail > was.mail || now.guards.iter().all(|g| was.guards.contains(g));
        add(match (wider, narrower) {
            (true, _) => Class::GuardWidened,
            (false, true) => Class::GuardNarrowed,
            (false, false) => Class::GuardChanged,
        });
    }
    match (was.copy, now.copy) {
        (OwnerCopy::Kept | OwnerCopy::Unknown, OwnerCopy::Lost | OwnerCopy::Hidden)
        | (OwnerCopy::Hidden, OwnerCopy::Lost) => {
            add(Class::CopyLost);
        }
        (OwnerCopy::Lost | OwnerCopy::Hidden, OwnerCopy::Kept) | (OwnerCopy::Lost, OwnerCopy::Hidden) => {
            add(Class::CopyKept)
        }
        _ => {}
    }
    if was.visible && !now.visible {
        add(Class::Hidden);
    }
}

fn change(class: Class, key: &Key, before: String, after: String, place: &str) -> Change {
    Change { class, owner: key.0.clone(), what: format!("{} {}", key.2, key.1), before, after, place: place.to_owned() }
}

/// Rules that send nothing, and names and order of all.
fn rules(before: &[Spelt], after: &[Spelt], out: &mut Vec<Change>) {
    let hashes = |list: &[Spelt]| list.iter().map(|s| s.hash.clone()).collect::<BTreeSet<_>>();
    let (had, has) = (hashes(before), hashes(after));
    let mut add = |class, one: &Spelt, before: &str, after: &str| {
        out.push(Change {
            class,
            owner: one.owner.clone(),
            what: one.name.clone(),
            before: before.to_owned(),
            after: after.to_owned(),
            place: one.place.clone(),
        });
    };
    for one in after.iter().filter(|s| !s.sends && !had.contains(&s.hash)) {
        add(Class::RuleChanged, one, "", &one.hash);
    }
    for one in before.iter().filter(|s| !s.sends && !has.contains(&s.hash)) {
        add(Class::RuleChanged, one, &one.hash, "");
    }
    let in_order = |list: &[Spelt]| list.iter().map(|s| s.hash.clone()).collect::<Vec<_>>();
    let (mut was, mut is) = (in_order(before), in_order(after));
    if was == is {
        for (was, is) in before.iter().zip(after).filter(|(was, is)| was.name != is.name) {
            add(Class::Name, is, &was.name, &is.name);
        }
        return;
    }
    was.sort();
    is.sort();
    if let Some(first) = after.first().filter(|_| was == is) {
        let whole = Spelt { name: String::new(), place: String::new(), ..first.clone() };
        add(Class::Order, &whole, "", "");
    }
}

/// One spelling for rules that do the same: names, places, comments and the order of alternatives are left out.
#[must_use]
pub fn canonical(rule: &Rule) -> String {
    let mut out = String::new();
    if rule.state != State::On || rule.guard == Guard::Never {
        out.push_str("off ");
    }
    out.push_str(&rule.guard.canonical());
    for action in &rule.actions {
        // Writing to a string does not fail.
        let _ = match &action.does {
            Does::Send { to, via, copy, carries } => write!(out, " {} {} {copy} {carries:?}", via.as_str(), to.shown()),
            Does::File { folder, copy } => {
                out.push_str(if *copy { " copy" } else { " file" });
                counted(&folder.name, &mut out);
                counted(&folder.special_use, &mut out);
                out.push_str(if folder.create { " create" } else { "" });
                Ok(())
            }
            other => write!(out, " {other:?}"),
        };
    }
    if rule.stop {
        out.push_str(" stop");
    }
    out
}

/// The SHA-256 of the canonical spelling of each rule of a set. Spelling is most of the work, so it is done once.
pub struct Digests(Vec<Digest32>);

type Digest32 = [u8; 32];

impl Digests {
    /// In the order of the rules.
    #[must_use]
    pub fn of(set: &RuleSet) -> Self {
        Self(set.rules.iter().map(|rule| Sha256::digest(canonical(rule).as_bytes()).into()).collect())
    }

    /// The hash of the set: SHA-256 over owner, NUL and digest of every rule, in hexadecimal digits. Two sets with one
    /// hash do the same.
    #[must_use]
    pub fn model_hash(&self, set: &RuleSet) -> String {
        let mut hash = Sha256::new();
        for (rule, digest) in set.rules.iter().zip(&self.0) {
            hash.update(set.owner_of(rule).as_bytes());
            hash.update([0]);
            hash.update(digest);
        }
        digits(&hash.finalize())
    }
}

/// The hash of a rule set, see [`Digests::model_hash`].
#[must_use]
pub fn model_hash(set: &RuleSet) -> String {
    Digests::of(set).model_hash(set)
}

/// The first half of the SHA-256 of a text.
fn short_hash(text: &str) -> String {
    short(&Sha256::digest(text.as_bytes()).into())
}

fn short(digest: &Digest32) -> String {
    digits(digest.get(..16).unwrap_or_default())
}

fn digits(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    for byte in bytes {
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    out
}
