//! The configuration file. `gate.toml` beside the README shows every key with its default.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde::Deserialize;

use crate::verdict::{OnFailure, WithoutHold};

mod listen;
mod quarantine;

pub use listen::{Listen, SocketMode};
pub use quarantine::{Kept, Mailbox, Protocol, Quarantine, Spooled};

/// Everything an operator can set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// The process.
    pub gate: GateConfig,
    /// The sandbox.
    pub sandbox: Sandbox,
    /// What is let in at once.
    pub limits: Limits,
    /// What is kept of verdicts; nothing by default.
    pub record: Option<Record>,
    /// Held mail; without it mail servers hold it themselves, as far as they can.
    pub quarantine: Option<Quarantine>,
    /// Milter listeners.
    pub milter: Vec<Milter>,
    /// MTA Hooks listeners.
    pub hooks: Vec<Hooks>,
    /// clamd listeners.
    pub clamd: Vec<Clamd>,
}

/// `[gate]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GateConfig {
    /// Where `/metrics`, `/healthz` and `/readyz` are; nowhere by default.
    pub status: Option<SocketAddr>,
    /// How the log is written.
    pub log: LogFormat,
    /// How long mail in flight may take to finish once the gate was told to stop.
    pub grace_seconds: u64,
    /// How often policies are looked at for changes; 0: on SIGHUP only.
    pub watch_seconds: u64,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self { status: None, log: LogFormat::Text, grace_seconds: 30, watch_seconds: 5 }
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `[sandbox]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Sandbox {
    /// A component other than the one built in.
    pub component: Option<PathBuf>,
    /// A directory of this user alone, where compiled code is kept for the next start.
    pub cache: Option<PathBuf>,
    /// The most memory a sandbox may have.
    pub memory_mib: usize,
    /// The longest a mail may be looked at. Keep it under half of the mail server's timeout.
    pub deadline_ms: u64,
    /// How many mails are looked at side by side; one a hardware thread by default.
    pub concurrency: Option<usize>,
    /// How long a mail waits for its turn.
    pub wait_ms: u64,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self { component: None, cache: None, memory_mib: 256, deadline_ms: 10_000, concurrency: None, wait_ms: 10_000 }
    }
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Limits {
    /// The largest message; keep it above the mail server's own limit.
    pub message_mib: usize,
    /// Bytes of all messages in flight.
    pub in_flight_mib: usize,
    /// Connections of one listener; more wait to be accepted.
    pub connections: usize,
    /// How long a connection may be silent.
    pub idle_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message_mib: 64, in_flight_mib: 512, connections: 512, idle_seconds: 1800 }
    }
}

/// `[record]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Record {
    /// A directory of this user alone.
    pub directory: PathBuf,
    /// Records older than so many days are deleted.
    #[serde(default = "record_days")]
    pub days: u64,
    /// When records take more room, the oldest are deleted.
    #[serde(default = "record_mib")]
    pub mib: u64,
}

fn record_days() -> u64 {
    30
}

fn record_mib() -> u64 {
    1024
}

/// What is set for each listener, whatever its door.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Way {
    /// Which way its mail goes.
    #[serde(default)]
    pub direction: WayDirection,
    /// The policy, `.toml` or `.json`; without one the defaults hold.
    pub policy: Option<PathBuf>,
    /// What happens when no verdict can be had.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// What happens to mail that is to be held, when the mail server cannot.
    #[serde(default)]
    pub without_hold: WithoutHold,
    /// The actions whose mail goes into the spool, where there is one.
    #[serde(default)]
    pub spool: Spooled,
    /// A mailbox that takes quarantined mail instead of its recipients.
    pub quarantine_to: Option<Mailbox>,
}

/// Which way mail goes, seen from the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayDirection {
    /// From outside to one of our mailboxes.
    Inbound,
    /// From one of our users to the outside.
    Outbound,
    /// Outbound when the client logged in, inbound otherwise.
    #[default]
    ByLogin,
}

/// `[[milter]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Milter {
    /// Its name in logs and metrics.
    pub name: String,
    /// Where it listens.
    pub listen: Listen,
    /// The mode of a Unix socket, octal.
    #[serde(default)]
    pub socket_mode: SocketMode,
    /// See [`Way`].
    #[serde(default)]
    pub direction: WayDirection,
    /// See [`Way`].
    pub policy: Option<PathBuf>,
    /// See [`Way`].
    #[serde(default)]
    pub on_failure: OnFailure,
    /// See [`Way`].
    #[serde(default)]
    pub without_hold: WithoutHold,
    /// See [`Way`].
    #[serde(default)]
    pub spool: Spooled,
    /// See [`Way`].
    pub quarantine_to: Option<Mailbox>,
}

impl Milter {
    /// What is set for each listener.
    #[must_use]
    pub fn way(&self) -> Way {
        Way {
            direction: self.direction,
            policy: self.policy.clone(),
            on_failure: self.on_failure,
            without_hold: self.without_hold,
            spool: self.spool.clone(),
            quarantine_to: self.quarantine_to.clone(),
        }
    }
}

/// `[[hooks]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hooks {
    /// Its name in logs and metrics.
    pub name: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The path of the hook.
    #[serde(default = "hook_path")]
    pub path: String,
    /// Who may call: name and password (basic authentication).
    pub username: Option<String>,
    /// See `username`.
    pub secret: Option<String>,
    /// Who may call: a bearer token.
    pub token: Option<String>,
    /// See [`Way`].
    #[serde(default)]
    pub direction: WayDirection,
    /// See [`Way`].
    pub policy: Option<PathBuf>,
    /// See [`Way`].
    #[serde(default)]
    pub on_failure: OnFailure,
    /// See [`Way`].
    #[serde(default)]
    pub without_hold: WithoutHold,
    /// See [`Way`].
    #[serde(default)]
    pub spool: Spooled,
    /// See [`Way`].
    pub quarantine_to: Option<Mailbox>,
}

fn hook_path() -> String {
    "/mta-hook".to_owned()
}

impl Hooks {
    /// What is set for each listener.
    #[must_use]
    pub fn way(&self) -> Way {
        Way {
            direction: self.direction,
            policy: self.policy.clone(),
            on_failure: self.on_failure,
            without_hold: self.without_hold,
            spool: self.spool.clone(),
            quarantine_to: self.quarantine_to.clone(),
        }
    }

    fn check(&self) -> Result<(), &'static str> {
        match (&self.username, &self.secret, &self.token) {
            (None, None, None) if !self.listen.ip().is_loopback() => {
                Err("beyond loopback a hook needs `token`, or `username` and `secret`")
            }
            (Some(_), None, _) | (None, Some(_), _) => Err("`username` and `secret` go together"),
            _ if !self.path.starts_with('/') || self.path.contains(['{', '}']) => {
                Err("`path` begins with /, no braces")
            }
            _ => Ok(()),
        }
    }
}

/// `[[clamd]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Clamd {
    /// Its name in logs and metrics.
    pub name: String,
    /// Where it listens: loopback or a Unix socket, for the protocol knows no credentials.
    pub listen: Listen,
    /// The mode of a Unix socket, octal.
    #[serde(default)]
    pub socket_mode: SocketMode,
    /// How long a client waits.
    #[serde(default = "clamd_deadline")]
    pub deadline_ms: u64,
    /// `inbound` or `outbound`: the protocol knows no login.
    #[serde(default)]
    pub direction: WayDirection,
    /// See [`Way`].
    pub policy: Option<PathBuf>,
    /// See [`Way`].
    #[serde(default)]
    pub on_failure: OnFailure,
}

fn clamd_deadline() -> u64 {
    2000
}

impl Clamd {
    /// What is set for each listener.
    #[must_use]
    pub fn way(&self) -> Way {
        // There is no way to have this mail dropped, or delivered elsewhere.
        Way {
            direction: self.direction,
            policy: self.policy.clone(),
            on_failure: self.on_failure,
            without_hold: WithoutHold::default(),
            spool: Spooled::nothing(),
            quarantine_to: None,
        }
    }
}

impl Config {
    /// Reads a file. Paths in it are relative to its directory.
    ///
    /// # Errors
    /// One line that names file, line and key.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut config = Self::parse(&text).map_err(|error| anyhow!("{}{error}", path.display()))?;
        let directory = path.parent().unwrap_or(Path::new(""));
        for file in config.files() {
            *file = directory.join(&*file);
        }
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// `:line: key: message`, to stand behind the name of the file.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| anyhow!("{}", place(text, &error)))?;
        if config.milter.is_empty() && config.hooks.is_empty() && config.clamd.is_empty() {
            bail!(": no listener: add a [[milter]], [[hooks]] or [[clamd]] section");
        }
        for hooks in &config.hooks {
            hooks.check().map_err(|message| anyhow!(": hooks `{}`: {message}", hooks.name))?;
        }
        let mut names: Vec<_> = config.milter.iter().map(|m| m.name.as_str()).collect();
        names.extend(config.hooks.iter().map(|h| h.name.as_str()));
        names.extend(config.clamd.iter().map(|c| c.name.as_str()));
        for clamd in &config.clamd {
            if matches!(clamd.listen, Listen::Tcp(address) if !address.ip().is_loopback()) {
                bail!(": clamd `{}`: listens on loopback or a Unix socket only: anybody may ask", clamd.name);
            }
        }
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
            bail!(": name: two listeners are called `{twice}`");
        }
        if config.limits.message_mib == 0 || config.limits.in_flight_mib < config.limits.message_mib {
            bail!(": limits: one message of message-mib must fit into in-flight-mib");
        }
        Ok(config)
    }

    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let record = self.record.as_mut().map(|record| &mut record.directory).into_iter();
        let own = [&mut self.sandbox.component, &mut self.sandbox.cache].into_iter();
        let spool = self.quarantine.iter_mut().map(|q| &mut q.directory);
        let milters = self.milter.iter_mut().map(|m| &mut m.policy);
        let hooks = self.hooks.iter_mut().map(|h| &mut h.policy);
        let policies = milters.chain(hooks).chain(self.clamd.iter_mut().map(|c| &mut c.policy));
        own.chain(policies).flatten().chain(record).chain(spool)
    }

    /// How long mail in flight may take to finish.
    #[must_use]
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.gate.grace_seconds)
    }
}

/// `:line: key: message`.
fn place(text: &str, error: &toml::de::Error) -> String {
    let mut out = String::new();
    if let Some(span) = error.span() {
        let before = text.get(..span.start).unwrap_or(text);
        let number = before.bytes().filter(|b| *b == b'\n').count().saturating_add(1);
        let _ = write!(out, ":{number}");
        let line = text.lines().nth(number.saturating_sub(1)).unwrap_or("");
        if let Some((key, _)) = line.split_once('=') {
            let section = before.lines().rev().map(str::trim).find(|line| line.starts_with('['));
            let section = section.map(|s| s.trim_matches(['[', ']'])).unwrap_or("");
            let _ = write!(out, ": {section}{}{}", if section.is_empty() { "" } else { "." }, key.trim());
        }
    }
    let message = error.message().lines().next().unwrap_or("");
    let _ = write!(out, ": {message}");
    out
}

#[cfg(test)]
mod tests;
