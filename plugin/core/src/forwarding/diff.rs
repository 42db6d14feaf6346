//! What changed between two rule sets, in terms of who gets the mail: for an approval mail to the owner, and for a host
//! that keeps the hash of what was approved.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::effects::{Live, OwnerCopy, Route, effects};
use super::guard::Strength;
use super::known::Known;
use super::model::{Does, Guard, Rule, RuleSet, State, Visible};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    let (before, after) = (ways(old, known), ways(new, known));
    let mut out = Vec::new();
    for (key, now) in &after {
        match before.get(key) {
            Some(was) => compare(key, was, now, &mut out),
            None => out.push(change(Class::RecipientAdded, key, String::new(), now.told(), &now.place)),
        }
    }
    for (key, was) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        out.push(change(Class::RecipientRemoved, key, was.told(), String::new(), &was.place));
    }
    rules(old, new, &mut out);
    out.sort_by(|a, b| (a.class, &a.owner, &a.what).cmp(&(b.class, &b.owner, &b.what)));
    out
}

/// Owner, target, way.
type Key = (String, String, &'static str);

/// All routes to one target, put together.
struct Way {
    strength: Strength,
    guards: Vec<String>,
    live: bool,
    copy: OwnerCopy,
    visible: bool,
    place: String,
}

impl Way {
    fn told(&self) -> String {
        let state = if self.live { "on" } else { "off" };
        format!("{state}, {} mail, copy {}", self.strength.as_str(), self.copy.as_str())
    }
}

fn ways(set: &RuleSet, known: &Known<'_>) -> BTreeMap<Key, Way> {
    let mut out: BTreeMap<Key, Way> = BTreeMap::new();
    for route in effects(set, known).routes {
        let key = (route.owner.clone(), route.to.shown(), route.via.as_str());
        let guard = set.rules.get(route.rule).map(|r| r.guard.canonical()).unwrap_or_default();
        let one = way(set, &route, guard);
        match out.get_mut(&key) {
            None => {
                out.insert(key, one);
            }
            Some(all) => {
                all.strength = all.strength.min(one.strength);
                all.guards.extend(one.guards);
                all.live |= one.live;
                all.visible &= one.visible;
                all.copy = all.copy.max(one.copy);
            }
        }
    }
    for way in out.values_mut() {
        way.guards.sort();
        way.guards.dedup();
    }
    out
}

fn way(set: &RuleSet, route: &Route, guard: String) -> Way {
    Way {
        strength: route.strength,
        guards: vec![guard],
        live: route.live == Live::Yes,
        copy: route.copy,
        visible: !matches!(route.visible, Visible::No(_)),
        place: set.place(route.span),
    }
}

fn compare(key: &Key, was: &Way, now: &Way, out: &mut Vec<Change>) {
    let mut add = |class| out.push(change(class, key, was.told(), now.told(), &now.place));
    if was.live != now.live {
        add(if now.live { Class::Enabled } else { Class::Disabled });
    }
    if was.guards != now.guards {
        let wider = now.strength < was.strength || was.guards.iter().all(|g| now.guards.contains(g));
        let narrower = now.strength > was.strength || now.guards.iter().all(|g| was.guards.contains(g));
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
fn rules(old: &RuleSet, new: &RuleSet, out: &mut Vec<Change>) {
    let (before, after): (Vec<_>, Vec<_>) = (spelt(old), spelt(new));
    let count = |list: &[Spelt]| {
        let mut map: BTreeMap<String, usize> = BTreeMap::new();
        for one in list.iter().filter(|s| !s.sends) {
            let n = map.entry(one.text.clone()).or_default();
            *n = n.saturating_add(1);
        }
        map
    };
    let (had, has) = (count(&before), count(&after));
    for (list, other, gone) in [(&after, &had, false), (&before, &has, true)] {
        for one in list.iter().filter(|s| !s.sends && !other.contains_key(&s.text)) {
            let (before, after) =
                if gone { (one.text.clone(), String::new()) } else { (String::new(), one.text.clone()) };
            out.push(Change {
                class: Class::RuleChanged,
                owner: one.owner.clone(),
                what: one.name.clone(),
                before: crate::text::visible(&before),
                after: crate::text::visible(&after),
                place: one.place.clone(),
            });
        }
    }
    let texts = |list: &[Spelt]| list.iter().map(|s| s.text.clone()).collect::<Vec<_>>();
    let (mut was, mut is) = (texts(&before), texts(&after));
    if was != is {
        was.sort();
        is.sort();
        if was == is {
            out.push(Change {
                class: Class::Order,
                owner: new.owner.clone(),
                what: String::new(),
                before: String::new(),
                after: String::new(),
                place: String::new(),
            });
        }
        return;
    }
    for (was, is) in before.iter().zip(&after).filter(|(was, is)| was.name != is.name) {
        out.push(Change {
            class: Class::Name,
            owner: is.owner.clone(),
            what: is.name.clone(),
            before: was.name.clone(),
            after: is.name.clone(),
            place: is.place.clone(),
        });
    }
}

/// A rule in canonical spelling.
struct Spelt {
    text: String,
    name: String,
    owner: String,
    place: String,
    sends: bool,
}

fn spelt(set: &RuleSet) -> Vec<Spelt> {
    let one = |rule: &Rule| Spelt {
        text: canonical(rule),
        name: rule.name.clone().unwrap_or_default(),
        owner: set.owner_of(rule).to_owned(),
        place: set.place(rule.span),
        sends: rule.actions.iter().any(|a| matches!(a.does, Does::Send { .. })),
    };
    set.rules.iter().map(one).collect()
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
            other => write!(out, " {other:?}"),
        };
    }
    if rule.stop {
        out.push_str(" stop");
    }
    out
}

/// The hash of a rule set: SHA-256 over its canonical spelling, in hexadecimal digits. Two sets with one hash do the same.
#[must_use]
pub fn model_hash(set: &RuleSet) -> String {
    let mut hash = Sha256::new();
    for rule in &set.rules {
        hash.update(set.owner_of(rule).as_bytes());
        hash.update([0]);
        hash.update(canonical(rule).as_bytes());
        hash.update([0]);
    }
    let mut out = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}
