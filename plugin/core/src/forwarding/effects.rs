//! "Who gets this mailbox's mail": every way out of a rule set, under which condition, with or without a copy for the
//! owner.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::address::Target;
use super::folders::Role;
use super::guard::Strength;
use super::known::{Known, Scope};
use super::model::{Does, Folder, Guard, Origin, Reach, Rule, RuleSet, State, Via, Visible};
use super::source::Span;

/// All ways out.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// One for each target of each rule, in the order of the document.
    pub routes: Vec<Route>,
    /// Aliases that lead outside or in circles through others.
    pub chains: Vec<Chain>,
    /// There are more ways out than are listed.
    pub truncated: bool,
}

/// More ways out than these are not listed.
const ROUTES: usize = 5000;

/// One way out.
#[derive(Clone, Debug)]
pub struct Route {
    /// Whose mail; empty when not known, or when it is a whole domain's.
    pub owner: String,
    /// To whom.
    pub to: Target,
    /// On which side that is.
    pub scope: Scope,
    /// How.
    pub via: Via,
    /// How much of the mail.
    pub strength: Strength,
    /// What becomes of the owner's copy.
    pub copy: OwnerCopy,
    /// Can the owner see the rule?
    pub visible: Visible,
    /// Does it work?
    pub live: Live,
    /// Text out of the message that goes along where only a notice should.
    pub carries: String,
    /// The rule, an index into [`RuleSet::rules`].
    pub rule: usize,
    /// Where the target stands.
    pub span: Span,
    /// Another rule takes exactly what this one leaves, and sends it to the same place.
    pub with_opposite: bool,
}

/// What becomes of the owner's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerCopy {
    /// It stays, and looks untouched.
    Kept,
    /// It stays, marked as read or out of sight.
    Hidden,
    /// There is none.
    Lost,
    /// Not known.
    Unknown,
}

impl OwnerCopy {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Hidden => "hidden",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }
}

/// Does a way out work?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// It does.
    Yes,
    /// Not now; the text says what keeps it from it, and taking that away arms it.
    Armed(&'static str),
    /// It is never reached.
    Unreachable,
}

/// A path through aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The names on the way, the last one is where it ends.
    pub path: Vec<String>,
    /// It comes back to a name on the way.
    pub circle: bool,
    /// The rule it begins with.
    pub rule: usize,
}

/// What the rules that surely act together do to the owner's copy.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    cancels: bool,
    keeps: bool,
    files: bool,
    deletes: bool,
    hides: bool,
}

impl Together {
    fn of(rule: &Rule, known: &Known<'_>) -> Self {
        let mut all = Self::default();
        for action in &rule.actions {
            match &action.does {
                Does::Send { copy, .. } | Does::Run { copy, .. } | Does::Write { copy, .. } => all.cancels |= !copy,
                Does::File { folder, copy } => all.file(folder_role(folder, known), *copy),
                Does::Keep => all.keeps = true,
                Does::Discard | Does::Reply { refuses: true, .. } => all.cancels = true,
                Does::Delete { .. } => all.deletes = true,
                Does::Archive | Does::MarkRead => all.hides = true,
                _ => {}
            }
        }
        all
    }

    fn file(&mut self, role: Option<Role>, copy: bool) {
        self.cancels |= !copy;
        match role {
            Some(Role::Trash) if !copy => self.deletes = true,
            Some(role) if role.is_unread() && !copy => {
                self.files = true;
                self.hides = true;
            }
            _ => self.files = true,
        }
    }

    fn with(self, other: Self) -> Self {
        Self {
            cancels: self.cancels | other.cancels,
            keeps: self.keeps | other.keeps,
            files: self.files | other.files,
            deletes: self.deletes | other.deletes,
            hides: self.hides | other.hides,
        }
    }

    fn copy(self) -> OwnerCopy {
        if self.deletes || (self.cancels && !self.keeps && !self.files) {
            OwnerCopy::Lost
        } else if self.hides {
            OwnerCopy::Hidden
        } else {
            OwnerCopy::Kept
        }
    }
}

/// What a folder is for: by its special use, by a fact of the host, by its name.
#[must_use]
pub fn folder_role(folder: &Folder, known: &Known<'_>) -> Option<Role> {
    Role::of_special_use(&folder.special_use)
        .or_else(|| known.keyed("folder-role", &folder.name).and_then(Role::of_special_use))
        .or_else(|| {
            let plain = |name: &str| super::words::plain(name);
            let listed = known.policy.stealth_folders.iter().any(|f| plain(f) == plain(&folder.name));
            listed.then_some(Role::Obscure)
        })
        .or_else(|| Role::of_name(&folder.name))
}

/// Who gets this mailbox's mail.
#[must_use]
pub fn effects(set: &RuleSet, known: &Known<'_>) -> Effects {
    let sends = |rule: &&Rule| rule.actions.iter().any(|a| matches!(a.does, Does::Send { .. }));
    if !set.rules.iter().any(|r| sends(&r)) {
        return Effects::default();
    }
    let together = Groups::new(set, known, &sends);
    let mut routes = Vec::new();
    for (index, rule) in set.rules.iter().enumerate() {
        let owner = known.owner(set, rule);
        let mut about: Option<(Strength, OwnerCopy, Live)> = None;
        for action in &rule.actions {
            let Does::Send { to, via, carries, .. } = &action.does else { continue };
            if routes.len() >= ROUTES {
                return Effects { routes, chains: Vec::new(), truncated: true };
            }
            let (strength, copy, live) =
                *about.get_or_insert_with(|| (rule.guard.strength(), together.copy(rule), live(rule)));
            routes.push(Route {
                owner: owner.to_owned(),
                scope: known.scope(owner, to),
                to: to.clone(),
                via: *via,
                strength,
                copy,
                visible: rule.visible,
                live,
                carries: carries.clone(),
                rule: index,
                span: action.span,
                with_opposite: false,
            });
        }
    }
    find_opposites(set, &mut routes);
    Effects { chains: super::chains::find(set, known), routes, truncated: false }
}

fn live(rule: &Rule) -> Live {
    match rule.state {
        State::Off(how) => return Live::Armed(how),
        State::On => {}
    }
    if rule.shadowed_by.is_some() {
        return Live::Unreachable;
    }
    if rule.guard.strength() == Strength::None {
        return Live::Armed("a condition that never holds");
    }
    let mut waits = false;
    rule.guard.each_test(&mut |test| {
        waits |= test.fields.iter().any(|f| matches!(f, super::model::Field::Other(name) if name == "ihave"));
    });
    if waits { Live::Armed("ihave") } else { Live::Yes }
}

/// Rules that surely act together: pieces of one block, rules with the same condition, rules without one.
struct Groups {
    blocks: BTreeMap<u32, Together>,
    guards: BTreeMap<(String, String), Together>,
    always: BTreeMap<String, Together>,
}

impl Groups {
    fn new(set: &RuleSet, known: &Known<'_>, sends: &dyn Fn(&&Rule) -> bool) -> Self {
        // Conditions are spelt out only where a rule that sends has the same one.
        let asked: BTreeSet<u64> = set.rules.iter().filter(sends).map(|r| r.guard.fingerprint()).collect();
        let blocks: BTreeSet<u32> = set.rules.iter().filter(sends).map(|r| r.block).collect();
        let mut groups = Self { blocks: BTreeMap::new(), guards: BTreeMap::new(), always: BTreeMap::new() };
        for rule in set.rules.iter().filter(|r| r.runs()) {
            let same = asked.contains(&rule.guard.fingerprint());
            let all = rule.guard.strength() == Strength::All;
            if !all && !same && !blocks.contains(&rule.block) {
                continue;
            }
            let does = Together::of(rule, known);
            let add = |place: &mut Together| *place = place.with(does);
            add(groups.blocks.entry(rule.block).or_default());
            // A rule that only keeps its own piece in order says nothing of others.
            if rule.origin == Origin::Log || rule.origin == Origin::Table {
                continue;
            }
            if all {
                add(groups.always.entry(rule.owner.clone()).or_default());
            } else if same {
                add(groups.guards.entry((rule.owner.clone(), rule.guard.canonical())).or_default());
            }
        }
        groups
    }

    fn copy(&self, rule: &Rule) -> OwnerCopy {
        if rule.origin == Origin::Table && !rule.actions.iter().any(|a| a.does == Does::Keep) {
            return OwnerCopy::Unknown; // an alias need not have a mailbox
        }
        if rule.guard.is_opaque() && rule.actions.iter().all(|a| matches!(a.does, Does::Opaque(_))) {
            return OwnerCopy::Unknown;
        }
        let mut all = self.blocks.get(&rule.block).copied().unwrap_or_default();
        if !rule.runs() {
            // A rule that is off is judged as if it were on, alone.
            return rule_alone(rule).copy();
        }
        if let Some(more) = self.always.get(&rule.owner) {
            all = all.with(*more);
        }
        if let Some(more) = self.guards.get(&(rule.owner.clone(), rule.guard.canonical())) {
            all = all.with(*more);
        }
        all.copy()
    }
}

fn rule_alone(rule: &Rule) -> Together {
    Together::of(rule, &Known::default())
}

/// "From inside" and "not from inside" to the same address are two narrow rules that take everything.
fn find_opposites(set: &RuleSet, routes: &mut [Route]) {
    let mut by_target: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (at, route) in routes.iter().enumerate().filter(|(_, r)| r.live == Live::Yes && r.strength != Strength::All) {
        by_target.entry((route.owner.clone(), route.to.shown())).or_default().push(at);
    }
    for group in by_target.values().filter(|g| g.len() > 1 && g.len() <= 32) {
        let spelt = |at: &usize| {
            let route = routes.get(*at)?;
            let guard = &set.rules.get(route.rule)?.guard;
            Some((guard.canonical(), Guard::negated(std::sync::Arc::new(guard.clone())).canonical()))
        };
        let all: Vec<(String, String)> = group.iter().filter_map(spelt).collect();
        for ((guard, _), at) in all.iter().zip(group) {
            if all.iter().any(|(_, opposite)| opposite == guard)
                && let Some(route) = routes.get_mut(*at)
            {
                route.with_opposite = true;
                route.strength = Strength::All;
            }
        }
    }
}

impl Route {
    /// Does it carry mail out of the organisation, as far as can be told, and does it work?
    #[must_use]
    pub fn is_live_exit(&self) -> bool {
        self.live == Live::Yes && self.scope.leaves()
    }

    /// The target as it stands in evidence, the local part covered.
    #[must_use]
    pub fn masked(&self) -> String {
        self.to.address().map_or_else(|| self.to.shown(), super::address::Address::masked)
    }

    /// Whose mail, in words.
    #[must_use]
    pub fn whose<'s>(&'s self, set: &'s RuleSet) -> &'s str {
        match set.rules.get(self.rule).map(|r| &r.reach) {
            Some(Reach::Wide(pattern)) if !pattern.is_empty() => pattern,
            Some(Reach::Wide(_)) => "*",
            _ => &self.owner,
        }
    }
}
