//! `[quarantine]`, and what listeners say of it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::quarantine::{Server, Spool, SpoolError};

/// `[quarantine]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Quarantine {
    /// Where held mail lies: a directory of the gate's user alone.
    pub directory: PathBuf,
    /// The most mail in it; when it is full, mail that belongs there is told "not now".
    #[serde(default = "max_mib")]
    pub max_mib: u64,
    /// How long mail is kept.
    #[serde(default = "keep_days")]
    pub keep_days: u64,
    /// The mail server that takes released mail: a port of it without the gate.
    pub release_to: Option<SocketAddr>,
    /// What that mail server speaks.
    #[serde(default)]
    pub release_protocol: Protocol,
}

fn max_mib() -> u64 {
    1024
}

fn keep_days() -> u64 {
    30
}

/// How mail is handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// RFC 5321.
    #[default]
    Smtp,
    /// RFC 2033.
    Lmtp,
}

impl Quarantine {
    /// Opens the spool.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn open(&self) -> Result<Spool, SpoolError> {
        let keep = Duration::from_secs(self.keep_days.saturating_mul(86_400));
        Spool::open(&self.directory, self.max_mib.saturating_mul(1 << 20), keep)
    }

    /// Where released mail goes.
    #[must_use]
    pub fn server(&self) -> Option<Server> {
        let lmtp = self.release_protocol == Protocol::Lmtp;
        self.release_to.map(|address| Server { address, lmtp })
    }
}

/// An action whose mail the gate can keep itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// `quarantine`
    Quarantine,
    /// `hold`
    Hold,
}

/// The actions whose mail goes into the spool, where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Spooled(Vec<Kept>);

impl Default for Spooled {
    fn default() -> Self {
        Self(vec![Kept::Quarantine])
    }
}

impl Spooled {
    /// No action.
    #[must_use]
    pub fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Does mail with this action of a report go there?
    #[must_use]
    pub fn holds(&self, action: &str) -> bool {
        self.0.iter().any(|kept| match kept {
            Kept::Quarantine => action == "quarantine",
            Kept::Hold => action == "hold",
        })
    }
}

/// The mailbox that takes quarantined mail instead of its recipients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Mailbox(String);

impl Mailbox {
    /// Its address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Mailbox {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let whole = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>'));
        if whole && plain { Ok(Self(text)) } else { Err(format!("`{text}` is no address of a mailbox")) }
    }
}
