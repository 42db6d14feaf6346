//! The configuration file. `gate.toml` beside the README shows every key with its default.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde::Deserialize;

use crate::verdict::{OnFailure, WithoutHold};

mod facts;
mod listen;
mod listener;
mod operator;
mod quarantine;
mod telemetry;

pub use facts::{Dns, Memory};
pub use listen::{Listen, SocketMode};
pub use listener::{Clamd, Hooks, Milter, MtaHooks, Tls};
pub use operator::{HelpUrl, Operator, OperatorName};
pub use quarantine::{Kept, Mailbox, Protocol, Quarantine, Spooled};
pub use telemetry::{Endpoint, Telemetry};

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
    /// Who is known; nobody by default.
    pub memory: Option<Memory>,
    /// What the DNS says of senders; it is not asked by default.
    pub dns: Option<Dns>,
    /// A span a mail for a collector; none by default.
    pub telemetry: Option<Telemetry>,
    /// Who may look into the quarantine and act on it, on the status page; nobody by default.
    pub operator: Vec<Operator>,
    /// Milter listeners.
    pub milter: Vec<Milter>,
    /// Listeners for MTA Hooks, version 1.
    pub hooks: Vec<Hooks>,
    /// Listeners for MTA Hooks as the IETF draft has it.
    pub mta_hooks: Vec<MtaHooks>,
    /// clamd listeners.
    pub clamd: Vec<Clamd>,
    /// Where each listener is named in the file.
    #[serde(skip)]
    lines: BTreeMap<String, usize>,
}

/// `[gate]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GateConfig {
    /// Where the status page, `/metrics`, `/healthz` and `/readyz` are; nowhere by default.
    pub status: Option<SocketAddr>,
    /// Certificate and key of the status page; without them it is HTTP.
    pub status_tls: Option<Tls>,
    /// Where senders find the help pages; without it replies name none.
    pub help_url: Option<HelpUrl>,
    /// How the log is written.
    pub log: LogFormat,
    /// How long mail in flight may take to finish once the gate was told to stop.
    pub grace_seconds: u64,
    /// How often policies are looked at for changes; 0: on SIGHUP only.
    pub watch_seconds: u64,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            status: None,
            status_tls: None,
            help_url: None,
            log: LogFormat::Text,
            grace_seconds: 30,
            watch_seconds: 5,
        }
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

/// The name of the status page among those that have a certificate.
pub const STATUS: &str = "[gate] status";

impl Config {
    /// Reads a file. Paths in it are relative to its directory.
    ///
    /// # Errors
    /// One line that names file, line and key.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let parsed = Self::parse(&text).and_then(|config| {
            telemetry::check(config.telemetry.as_ref(), &text)?;
            Ok(config)
        });
        let mut config = parsed.map_err(|error| anyhow!("{}{error}", path.display()))?;
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
        let mut config: Self = toml::from_str(text).map_err(|error| anyhow!("{}", place(text, &error)))?;
        let names: Vec<_> = config.names().map(str::to_owned).collect();
        if names.is_empty() {
            bail!(": no listener: add a [[milter]], [[hooks]], [[mta-hooks]] or [[clamd]] section");
        }
        for name in names {
            let line = line_of(text, &name);
            if let Some(first) = config.lines.insert(name.clone(), line) {
                bail!(":{}: name: two listeners are called `{name}`", line.max(first));
            }
        }
        if config.gate.status_tls.is_some() {
            let tls = (1..).zip(text.lines()).find(|(_, line)| line.trim().starts_with("status-tls"));
            config.lines.insert(STATUS.to_owned(), tls.map_or(0, |(number, _)| number));
        }
        let at = |name: &str| config.line(name);
        for hooks in &config.hooks {
            hooks.check().map_err(|message| anyhow!(":{}: hooks `{}`: {message}", at(&hooks.name), hooks.name))?;
        }
        for hooks in &config.mta_hooks {
            hooks.check().map_err(|message| anyhow!(":{}: mta-hooks `{}`: {message}", at(&hooks.name), hooks.name))?;
        }
        for clamd in &config.clamd {
            clamd.check().map_err(|message| anyhow!(":{}: clamd `{}`: {message}", at(&clamd.name), clamd.name))?;
        }
        if let Some(Err(message)) = config.memory.as_ref().map(Memory::check) {
            bail!(": memory: {message}");
        }
        operator::check(config.gate.status, config.gate.status_tls.as_ref(), &config.operator)
            .map_err(|message| anyhow!(": {message}"))?;
        if config.limits.message_mib == 0 || config.limits.in_flight_mib < config.limits.message_mib {
            bail!(": limits: one message of message-mib must fit into in-flight-mib");
        }
        Ok(config)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let milters = self.milter.iter().map(|m| m.name.as_str());
        let hooks = self.hooks.iter().map(|h| h.name.as_str());
        let mta_hooks = self.mta_hooks.iter().map(|h| h.name.as_str());
        milters.chain(hooks).chain(mta_hooks).chain(self.clamd.iter().map(|c| c.name.as_str()))
    }

    /// The line of the file where a listener is named.
    #[must_use]
    pub fn line(&self, name: &str) -> usize {
        self.lines.get(name).copied().unwrap_or(0)
    }

    /// Certificates and keys, with the names of their listeners.
    pub fn tls(&self) -> impl Iterator<Item = (&str, &Tls)> {
        let milters = self.milter.iter().map(|m| (m.name.as_str(), m.tls.as_ref()));
        let hooks = self.hooks.iter().map(|h| (h.name.as_str(), h.tls.as_ref()));
        let status = std::iter::once((STATUS, self.gate.status_tls.as_ref()));
        let mta_hooks = self.mta_hooks.iter().map(|h| (h.name.as_str(), h.tls.as_ref()));
        milters.chain(hooks).chain(mta_hooks).chain(status).filter_map(|(name, tls)| Some((name, tls?)))
    }

    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let own = [&mut self.sandbox.component, &mut self.sandbox.cache].into_iter().flatten();
        let status = self.gate.status_tls.as_mut().into_iter().flat_map(|tls| [&mut tls.certificate, &mut tls.key]);
        let record = self.record.as_mut().map(|record| &mut record.directory).into_iter();
        let spool = self.quarantine.iter_mut().map(|q| &mut q.directory);
        let memory = self.memory.iter_mut().filter_map(|m| m.file.as_mut());
        let milters = self.milter.iter_mut().flat_map(Milter::files);
        let hooks = self.hooks.iter_mut().flat_map(Hooks::files);
        let mta_hooks = self.mta_hooks.iter_mut().flat_map(MtaHooks::files);
        let clamd = self.clamd.iter_mut().flat_map(Clamd::files);
        let doors = milters.chain(hooks).chain(mta_hooks).chain(clamd);
        own.chain(status).chain(record).chain(spool).chain(memory).chain(doors)
    }

    /// How long a verdict takes at most: a mail waits for its turn, for facts, and is looked at.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let facts = self.dns.as_ref().map_or(Duration::ZERO, Dns::deadline);
        Duration::from_millis(self.sandbox.wait_ms.saturating_add(self.sandbox.deadline_ms)).saturating_add(facts)
    }

    /// How long mail in flight may take to finish.
    #[must_use]
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.gate.grace_seconds)
    }
}

/// The line where a listener says its name; the last one that says it.
fn line_of(text: &str, name: &str) -> usize {
    let says = |line: &str| {
        let value = line.trim().strip_prefix("name").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
        value.is_some_and(|value| value.contains(&format!("\"{name}\"")) || value.contains(&format!("'{name}'")))
    };
    (1..).zip(text.lines()).filter(|(_, line)| says(line)).map(|(number, _)| number).last().unwrap_or(0)
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
