//! A policy document as it is written. [`super::shape::check`] has seen it before, so that nothing in it is wrong; the
//! names of the fields are those of [`super::keys`].

use std::collections::BTreeMap;

use serde::Deserialize;

use super::profile::Profile;
use crate::forwarding::ForwardingPolicy;
use crate::report::{Action, Severity};
use crate::sender::policy::SenderPolicy;

/// The document, or one of its sections `inbound` and `outbound`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Section {
    pub profile: Option<Profile>,
    pub rules: BTreeMap<String, Setting>,
    pub exceptions: Vec<Exception>,
    pub limits: Limits,
    pub rescue: Rescue,
    pub tag: Tag,
    pub sender: SenderPolicy,
    pub forwarding: Option<ForwardingPolicy>,
    pub inbound: Option<Box<Section>>,
    pub outbound: Option<Box<Section>>,
}

/// What is set for one rule or one family.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    pub severity: Option<Severity>,
    pub action: Option<Action>,
}

/// One exception.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exception {
    pub id: String,
    pub rules: Vec<String>,
    pub senders: Vec<String>,
    pub recipients: Vec<String>,
    pub expires: Option<String>,
    pub ticket: String,
    pub reason: String,
    pub action: Option<Action>,
}

/// The bounds that are set; the others keep their defaults.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub bytes: Option<u64>,
    pub memory: Option<u64>,
    pub ratio: Option<u64>,
    pub entries: Option<u64>,
    pub depth: Option<u32>,
    pub work: Option<u64>,
}

/// The way out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rescue {
    pub url: Option<String>,
    pub contact: Option<String>,
}

/// The marks of tagged mail.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tag {
    pub subject: Option<String>,
    pub banner: Option<String>,
}
