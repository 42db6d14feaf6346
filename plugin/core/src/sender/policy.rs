//! What the operator says about senders, and the lists that come with Sekisho.

use serde::Deserialize;

use crate::text::domain::Domain;
use crate::text::fold::fold;
use crate::text::kana::NameKey;
use crate::text::skeleton::skeleton;

use super::lookalike::{Index, IndexBuilder, Source};
use super::{brands, free_mail};

/// A person others are told to obey, so that mail is forged in the name of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Vip {
    /// Every spelling of the name: `佐倉 遥`, `Sakura Haruka`. The order of the words does not matter.
    pub names: Vec<String>,
    /// The person's addresses, private ones too.
    pub addresses: Vec<String>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// The section `sender` of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SenderPolicy {
    /// Domains worth imitating: the operator's own, partners.
    pub protected: Vec<String>,
    /// Names of the operator's own organisation.
    pub organisation: Vec<String>,
    /// Persons.
    pub vips: Vec<Vip>,
    /// Groups of domains with one owner each, beyond the built-in ones.
    pub same_owner: Vec<Vec<String>>,
    /// authserv-ids (RFC 8601) of the operator's own border.
    pub trusted_authserv: Vec<String>,
    /// Domains whose ARC seals (RFC 8617) are believed.
    pub trusted_sealers: Vec<String>,
    /// More domains where anybody gets an address.
    pub free_mail: Vec<String>,
    /// Domains that may speak in other names: invoicing, signing, ticketing.
    pub may_speak: Vec<String>,
    /// From this score on a sender is suspicious, in thousandths.
    pub warn: u16,
    /// From this score on he is held to be false.
    pub quarantine: u16,
    /// Compare with the built-in brands too.
    pub brands: Switch,
    /// Names of packed lists of the host to compare with: the keys of its facts of kind `sender-index`.
    pub indexes: Vec<String>,
}

impl Default for SenderPolicy {
    fn default() -> Self {
        Self {
            protected: Vec::new(),
            organisation: Vec::new(),
            vips: Vec::new(),
            same_owner: Vec::new(),
            trusted_authserv: Vec::new(),
            trusted_sealers: Vec::new(),
            free_mail: Vec::new(),
            may_speak: Vec::new(),
            warn: 500,
            quarantine: 850,
            brands: Switch::On,
            indexes: Vec::new(),
        }
    }
}

/// A policy made ready: packed and folded once, used for every domain and name of a mail.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// What the policy says.
    pub policy: SenderPolicy,
    /// Protected domains and their owners' others, packed.
    protected: Vec<u8>,
    /// Lists of the host, packed by [`IndexBuilder`].
    lists: Vec<Vec<u8>>,
    /// The names of each VIP, folded, the words sorted.
    vips: Vec<(usize, Vec<NameKey>)>,
    organisation: Vec<NameKey>,
}

impl Prepared {
    /// Makes a policy ready. `lists` are packed indexes of the host; bytes that are no index are left out.
    #[must_use]
    pub fn new(policy: SenderPolicy, lists: Vec<Vec<u8>>) -> Self {
        let mut builder = IndexBuilder::default();
        for (alone, domain) in (1_000_000u32..).zip(&policy.protected) {
            builder.add(domain, Source::Protected, owner_of(&policy, domain).unwrap_or(alone), false);
        }
        for (owner, group) in (0u32..).zip(&policy.same_owner) {
            for domain in group.iter().filter(|d| !policy.protected.contains(d)) {
                builder.add(domain, Source::Protected, owner, true);
            }
        }
        let vips = policy.vips.iter().enumerate();
        let vips = vips.flat_map(|(i, v)| v.names.iter().map(move |n| (i, words(n))).filter(|(_, w)| !w.is_empty()));
        let (vips, organisation) =
            (vips.collect(), policy.organisation.iter().map(|n| NameKey::of(n).joined()).collect());
        let protected = if builder.is_empty() { Vec::new() } else { builder.pack() };
        Self { protected, lists, vips, organisation, policy }
    }

    /// All indexes, the operator's first.
    #[must_use]
    pub fn indexes(&self) -> Vec<Index<'_>> {
        let built_in = if self.policy.brands == Switch::On { brands::index() } else { None };
        let lists = self.lists.iter().filter_map(|list| Index::open(list));
        [Index::open(&self.protected), built_in].into_iter().flatten().chain(lists).collect()
    }

    /// Does anybody get an address there?
    #[must_use]
    pub fn is_free_mail(&self, domain: &Domain<'_>) -> bool {
        free_mail::sort_of(domain).is_some() || self.policy.free_mail.iter().any(|d| domain.is_within(d))
    }

    /// May it speak in other names?
    #[must_use]
    pub fn may_speak(&self, domain: &Domain<'_>) -> bool {
        self.policy.may_speak.iter().any(|d| domain.is_within(d))
    }

    /// Do two registrable names belong to one owner, as far as the lists know?
    #[must_use]
    pub fn same_owner(&self, a: &str, b: &str) -> bool {
        let owner = |index: &Index<'_>, name: &str| {
            index.exact(name, &skeleton(&fold(Domain::parse(name).label()))).map(|t| t.owner)
        };
        a == b || self.indexes().iter().any(|i| owner(i, a).is_some_and(|o| owner(i, b) == Some(o)))
    }

    /// The VIPs with their folded names.
    pub(super) fn vips(&self) -> impl Iterator<Item = (&Vip, &[NameKey])> {
        self.vips.iter().filter_map(|(i, names)| Some((self.policy.vips.get(*i)?, names.as_slice())))
    }

    /// The folded names of the organisation.
    pub(super) fn organisation(&self) -> &[NameKey] {
        &self.organisation
    }
}

fn owner_of(policy: &SenderPolicy, domain: &str) -> Option<u32> {
    policy.same_owner.iter().position(|g| g.iter().any(|d| d == domain)).and_then(|i| u32::try_from(i).ok())
}

/// The words of a name, folded; their order does not matter to those who compare.
pub(super) fn words(name: &str) -> Vec<NameKey> {
    NameKey::of(name).words().collect()
}
