//! What is known about the world a rule set lives in: whose domains are whose, who is at the keyboard, what time it is.
//! A missing fact gives "unknown", never "fine".

use serde::{Deserialize, Serialize};

use super::address::{Address, Target, normal_domain};
use super::model::{Reach, Rule, RuleSet};
use super::providers::{is_or_below, open_to_all};
use super::settings::{Allowed, ForwardingPolicy};
use crate::report::Context;

/// On which side of the organisation's border a target lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Inside, or the owner himself.
    Internal,
    /// Outside, and allowed for this owner.
    Allowed,
    /// Outside.
    External,
    /// Not known: no internal domain is known, or the target is no plain address.
    Unknown,
}

impl Scope {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Allowed => "allowed",
            Self::External => "external",
            Self::Unknown => "unknown",
        }
    }

    /// Does mail leave, as far as can be told?
    #[must_use]
    pub fn leaves(self) -> bool {
        matches!(self, Self::External | Self::Unknown)
    }
}

/// How the login behind a change was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// By a password alone.
    Password,
    /// By a token, a certificate or a second factor.
    Strong,
    /// Not known.
    Unknown,
}

/// Everything known besides the document.
#[derive(Clone, Debug, Default)]
pub struct Known<'a> {
    /// The operator's settings.
    pub policy: ForwardingPolicy,
    /// What the gateway knows.
    context: Option<&'a Context>,
    internal: Vec<String>,
    partners: Vec<String>,
    owner: String,
}

impl<'a> Known<'a> {
    /// Puts together what policy, gateway and document say. Facts used: `owner`, `internal-domain` (key: domain),
    /// `partner-domain`, `sieve-capability`, `folder-role` (key: name or id, value: role), `directory-entry` (key: path,
    /// value: address), `forward-allowed` (key: address, value: until when), `forward-target` (key: address, value: owner), `forwarding-model` (key: owner, value: hash),
    /// `known-ip` (key: owner), `known-app`, `sign-in-risk` (key: owner, value: time), `time`.
    #[must_use]
    pub fn new(policy: &ForwardingPolicy, context: &'a Context, set: &RuleSet) -> Self {
        let mut known = Self { policy: policy.clone(), context: Some(context), ..Self::default() };
        let keyed =
            |kind: &str| context.facts.iter().filter(|f| f.kind == kind).map(|f| f.key.clone()).collect::<Vec<_>>();
        known.internal = normal(policy.internal_domains.iter().cloned().chain(keyed("internal-domain")));
        known.partners = normal(policy.partner_domains.iter().cloned().chain(keyed("partner-domain")));
        let allowed = context.facts.iter().filter(|f| f.kind == "forward-allowed");
        known.policy.allowed.extend(allowed.map(|f| Allowed {
            target: f.key.clone(),
            until: f.value.clone(),
            ..Allowed::default()
        }));
        known.owner = context.fact("owner", None).map_or_else(|| set.owner.clone(), str::to_owned);
        known
    }

    /// Whose mail a rule handles; empty when nobody says.
    #[must_use]
    pub fn owner<'r>(&'r self, set: &'r RuleSet, rule: &'r Rule) -> &'r str {
        match (&rule.reach, set.owner_of(rule)) {
            (Reach::Wide(_), "") => "",
            (_, "") => &self.owner,
            (_, owner) => owner,
        }
    }

    /// On which side a target lies, for this owner.
    #[must_use]
    pub fn scope(&self, owner: &str, target: &Target) -> Scope {
        match target {
            Target::Address(address) => self.address_scope(owner, address),
            Target::Local(_) => Scope::Internal,
            Target::Directory(path) => match self.keyed("directory-entry", path) {
                Some(resolved) => match Target::parse(resolved) {
                    Target::Address(address) => self.address_scope(owner, &address),
                    _ => Scope::Unknown,
                },
                None => Scope::Unknown,
            },
            Target::Elsewhere(_) => Scope::External,
            // `${1}@corp.example` stays inside whatever comes.
            Target::Template { constant, .. } => match constant.rsplit_once('@') {
                Some((_, domain)) if self.is_internal(owner, &normal_domain(domain)) => Scope::Internal,
                _ => Scope::Unknown,
            },
            Target::List(_) | Target::Odd(_) => Scope::Unknown,
        }
    }

    fn address_scope(&self, owner: &str, address: &Address) -> Scope {
        if self.is_internal(owner, &address.domain) || address.shown().eq_ignore_ascii_case(owner) {
            // `a%b@internal` is relayed to b by some servers, so an inner path keeps it from counting as inside.
            return if address.odd.is_empty() { Scope::Internal } else { Scope::Unknown };
        }
        if self.partners.iter().any(|d| is_or_below(&address.domain, d))
            || self.allowance(owner, address).is_some_and(|(_, valid)| valid)
        {
            return Scope::Allowed;
        }
        let border_known = !self.internal.is_empty() || self.home(owner).is_some();
        if border_known || open_to_all(&address.domain).is_some() { Scope::External } else { Scope::Unknown }
    }

    /// Is this one of the organisation's own domains?
    #[must_use]
    pub fn is_internal(&self, owner: &str, domain: &str) -> bool {
        if self.internal.is_empty() {
            return self.home(owner).is_some_and(|own| is_or_below(domain, &own) && open_to_all(&own).is_none());
        }
        self.internal.iter().any(|d| is_or_below(domain, d))
    }

    /// The organisation's own domains, as far as they are known.
    #[must_use]
    pub fn internal_domains(&self, owner: &str) -> Vec<String> {
        if self.internal.is_empty() { self.home(owner).into_iter().collect() } else { self.internal.clone() }
    }

    /// The domain of an owner's address, or of the owner the host named.
    fn home(&self, owner: &str) -> Option<String> {
        domain_of(owner).or_else(|| domain_of(&self.owner))
    }

    /// The domains of partners.
    #[must_use]
    pub fn partner_domains(&self) -> &[String] {
        &self.partners
    }

    /// The allow-list entry for this forward, and whether it is still valid.
    #[must_use]
    pub fn allowance(&self, owner: &str, address: &Address) -> Option<(&Allowed, bool)> {
        let shown = address.shown();
        let fits = |entry: &&Allowed| {
            let target = entry.target.trim();
            let whole_domain = target.strip_prefix('@').is_some_and(|d| normal_domain(d) == address.domain);
            (whole_domain || target.eq_ignore_ascii_case(&shown))
                && (entry.owner.is_empty() || entry.owner.eq_ignore_ascii_case(owner))
        };
        let mut found = None;
        for entry in self.policy.allowed.iter().filter(fits) {
            let valid = self.still_valid(owner, entry);
            if valid || found.is_none() {
                found = Some((entry, valid));
            }
            if valid {
                break;
            }
        }
        found
    }

    /// Without a clock an approval that ends does not count.
    fn still_valid(&self, owner: &str, entry: &Allowed) -> bool {
        let now = self.context.and_then(|c| c.fact("time", None)).and_then(crate::time::moment);
        let in_time = entry.until.is_empty()
            || now.zip(crate::time::last_moment(&entry.until)).is_some_and(|(now, last)| now <= last);
        let same_model =
            entry.model.is_empty() || self.keyed("forwarding-model", owner).is_none_or(|hash| hash == entry.model);
        in_time && same_model
    }

    /// How the login behind this change was proved.
    #[must_use]
    pub fn login(&self) -> Login {
        let method = self.context.map(|c| c.login_method.to_ascii_uppercase()).unwrap_or_default();
        match method.as_str() {
            "" => Login::Unknown,
            "PLAIN" | "LOGIN" | "CRAM-MD5" | "DIGEST-MD5" | "PASSWORD" | "BASIC" | "NTLM" => Login::Password,
            m if m.starts_with("SCRAM-") => Login::Password,
            "XOAUTH2" | "OAUTHBEARER" | "OAUTH" | "EXTERNAL" | "MFA" | "GSSAPI" | "PASSKEY" => Login::Strong,
            _ => Login::Unknown,
        }
    }

    /// Who makes this change, when the gateway knows.
    #[must_use]
    pub fn actor(&self) -> &str {
        self.context.map_or("", |c| c.login.as_str())
    }

    /// A fact about a key.
    #[must_use]
    pub fn keyed(&self, kind: &str, key: &str) -> Option<&str> {
        self.context.and_then(|c| c.fact(kind, Some(key)))
    }

    /// All facts of a kind: key and value.
    pub fn all<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = (&'s str, &'s str)> {
        self.context
            .into_iter()
            .flat_map(|c| c.facts.iter())
            .filter(move |f| f.kind == kind)
            .map(|f| (f.key.as_str(), f.value.as_str()))
    }
}

fn normal(domains: impl Iterator<Item = String>) -> Vec<String> {
    let mut list: Vec<String> =
        domains.map(|d| normal_domain(d.trim_start_matches(['@', '.', '*']))).filter(|d| !d.is_empty()).collect();
    list.sort();
    list.dedup();
    list
}

fn domain_of(address: &str) -> Option<String> {
    address.rsplit_once('@').map(|(_, d)| normal_domain(d)).filter(|d| !d.is_empty())
}
