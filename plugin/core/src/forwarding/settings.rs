//! What an operator can tell the lint: the keys of the policy that concern forwarding rules.

use serde::{Deserialize, Serialize};

/// The forwarding section of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ForwardingPolicy {
    /// Domains of the organisation, sub-domains included. Without any, the domain of the owner's address counts.
    pub internal_domains: Vec<String>,
    /// Domains mail may be sent on to, sub-domains included.
    pub partner_domains: Vec<String>,
    /// Single forwards that somebody approved.
    pub allowed: Vec<Allowed>,
    /// Domains of free, carrier or disposable mail besides the built-in ones.
    pub freemail_domains: Vec<String>,
    /// Mail-in domains of chat, board and automation services besides the built-in ones.
    pub saas_domains: Vec<String>,
    /// Folders nobody reads besides the built-in ones.
    pub stealth_folders: Vec<String>,
    /// Capabilities of the Sieve server; empty when not known.
    pub sieve_capabilities: Vec<String>,
    /// How many distinct targets one owner may send to before `forward-many` speaks.
    pub max_targets: usize,
}

impl Default for ForwardingPolicy {
    fn default() -> Self {
        Self {
            internal_domains: Vec::new(),
            partner_domains: Vec::new(),
            allowed: Vec::new(),
            freemail_domains: Vec::new(),
            saas_domains: Vec::new(),
            stealth_folders: Vec::new(),
            sieve_capabilities: Vec::new(),
            max_targets: 5,
        }
    }
}

/// One approved forward.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Allowed {
    /// Whose mailbox; empty for every one.
    pub owner: String,
    /// The address it may go to; `@domain` for all of a domain.
    pub target: String,
    /// Until when (RFC 3339 date or time); empty for ever.
    pub until: String,
    /// Why.
    pub reason: String,
    /// The hash of the rule set it was approved for; empty for any. A changed rule set voids it.
    pub model: String,
}
