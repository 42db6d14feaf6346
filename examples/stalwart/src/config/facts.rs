//! `[memory]` and `[dns]`: where facts about senders come from.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

use crate::acquaintances::{Acquaintances, Bounds, Server};
use crate::dns::Settings;
use crate::metrics::Metrics;

/// `[memory]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Memory {
    /// The file of one gate; its directory is there and of this user alone.
    pub file: Option<PathBuf>,
    /// Or the Redis or Valkey server of several.
    pub url: Option<Server>,
    /// How long a mail waits for it.
    #[serde(default = "memory_deadline")]
    pub deadline_ms: u64,
    /// Who was not seen for so many days is a stranger again.
    #[serde(default = "memory_days")]
    pub keep_days: u64,
    /// The most notes in a file; when there are more, the older half goes. A server has bounds of its own.
    pub most: Option<u64>,
    /// So many days after the memory was begun nobody is called a stranger.
    #[serde(default = "memory_learn")]
    pub learn_days: u64,
}

fn memory_days() -> u64 {
    400
}

fn memory_deadline() -> u64 {
    250
}

/// The most notes in a file when nothing is said.
const MOST: u64 = 1_000_000;

fn memory_learn() -> u64 {
    14
}

impl Memory {
    /// # Errors
    /// What does not go together, one line.
    pub fn check(&self) -> Result<(), &'static str> {
        match (&self.file, &self.url) {
            (Some(_), Some(_)) => Err("`file` and `url` do not go together"),
            (None, None) => Err("either `file` or `url` says where it is"),
            (None, Some(_)) if self.most.is_some() => Err("`most` is for a file; the server has its own `maxmemory`"),
            _ => Ok(()),
        }
    }

    /// Opens it; to be called inside a runtime.
    ///
    /// # Errors
    /// The file cannot be opened. A server may be there or not.
    pub fn open(&self, metrics: Arc<Metrics>) -> anyhow::Result<Option<Acquaintances>> {
        match (&self.file, &self.url) {
            (Some(file), _) => {
                let opened = Acquaintances::open(file, self.bounds(), metrics);
                opened.map(Some).with_context(|| format!("memory in {}", file.display()))
            }
            (_, Some(server)) => Acquaintances::share(server, self.bounds(), metrics).map(Some).context("memory"),
            (None, None) => Ok(None),
        }
    }

    /// How much is kept, and from when on it counts.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let days = |days: u64| Duration::from_secs(days.saturating_mul(86_400));
        Bounds {
            keep: days(self.keep_days),
            most: self.most.unwrap_or(MOST),
            learn: days(self.learn_days),
            deadline: Duration::from_millis(self.deadline_ms),
        }
    }
}

/// `[dns]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Dns {
    /// Whom to ask; those of `/etc/resolv.conf` by default.
    pub servers: Vec<NameServer>,
    /// How long one attempt of a question waits; there are two.
    pub timeout_ms: u64,
    /// How long a mail waits for all its facts, those of the memory too.
    pub deadline_ms: u64,
    /// The most answers held.
    pub cache: u64,
    /// How long "there is none" is held at least.
    pub negative_min_seconds: u64,
    /// How long "there is none" is held at most.
    pub negative_max_seconds: u64,
    /// Questions under way at once.
    pub concurrency: usize,
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            timeout_ms: 700,
            deadline_ms: 1500,
            cache: 20_000,
            negative_min_seconds: 30,
            negative_max_seconds: 900,
            concurrency: 64,
        }
    }
}

impl Dns {
    /// How long a mail waits for all its facts.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }

    /// How the resolver is to be.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let seconds = |seconds: u64| Duration::from_secs(seconds.min(86_400));
        Settings {
            servers: self.servers.iter().map(|server| server.0).collect(),
            timeout: Duration::from_millis(self.timeout_ms),
            cache: self.cache,
            negative: (seconds(self.negative_min_seconds), seconds(self.negative_max_seconds)),
            concurrency: self.concurrency,
        }
    }
}

/// The address of a name server, with a port where it is not 53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NameServer(SocketAddr);

impl TryFrom<String> for NameServer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let with_port = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53));
        with_port
            .or_else(|_| text.parse())
            .map(Self)
            .map_err(|_| format!("`{text}` is no address of a name server, with or without a port"))
    }
}
