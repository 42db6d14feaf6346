//! `sekisho-gate quarantine …`.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::release::Outcome;
use super::{Entry, Spool, State};
use crate::config::{Config, Quarantine};

/// What to do with the quarantine.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the mails that wait, the oldest first
    List {
        /// The configuration
        config: PathBuf,
        /// Those that were released, too
        #[arg(long)]
        all: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Tells why a mail is held, and its header
    Show {
        /// Which
        #[command(flatten)]
        one: One,
        /// The message alone, byte for byte
        #[arg(long, conflicts_with = "json")]
        raw: bool,
    },
    /// Hands a mail to the mail server of `release-to`
    Release {
        /// Which
        #[command(flatten)]
        one: One,
        /// Even if an earlier release broke off, so that the mail may arrive twice
        #[arg(long)]
        again: bool,
    },
    /// Throws a mail away
    Delete {
        /// Which
        #[command(flatten)]
        one: One,
    },
}

/// One mail.
#[derive(Debug, Args)]
pub struct One {
    /// The configuration
    config: PathBuf,
    /// The reference number
    reference: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// One line: why it was not done.
    pub fn run(self) -> anyhow::Result<()> {
        let (Self::List { config, .. }
        | Self::Show { one: One { config, .. }, .. }
        | Self::Release { one: One { config, .. }, .. }
        | Self::Delete { one: One { config, .. } }) = &self;
        let (quarantine, spool) = open(config)?;
        match self {
            Self::List { all, json, .. } => list(&spool, all, json),
            Self::Show { one, raw } => show(&spool, &one, raw),
            Self::Release { one, again } => release(&quarantine, &spool, &one, again),
            Self::Delete { one } => {
                spool.delete(&one.reference)?;
                tell(one.json, &json!({ "reference": one.reference, "deleted": true }), "deleted")
            }
        }
    }
}

fn open(config: &std::path::Path) -> anyhow::Result<(Quarantine, Spool)> {
    let all = Config::read(config)?;
    let quarantine = all.quarantine.with_context(|| format!("{}: no [quarantine] section", config.display()))?;
    let spool = quarantine.open()?;
    Ok((quarantine, spool))
}

/// What is told of a mail. How many recipients, not who: some were blind copies.
fn summary(entry: &Entry) -> Value {
    json!({
        "reference": entry.reference, "time": entry.time, "state": entry.state.as_str(), "changed": entry.changed,
        "listener": entry.listener, "queue-id": entry.queue_id, "client-ip": entry.client_ip,
        "mail-from": entry.mail_from, "recipients": entry.recipients.len(), "size": entry.size,
        "action": entry.action, "risk": entry.risk, "rules": entry.rules, "reason": entry.reason,
        "trouble": entry.trouble,
    })
}

fn list(spool: &Spool, all: bool, json: bool) -> anyhow::Result<()> {
    let (entries, broken) = spool.list()?;
    let entries: Vec<_> = entries.iter().filter(|e| all || e.state != State::Released).collect();
    let mut out = std::io::stdout().lock();
    if json {
        let list: Vec<Value> = entries.into_iter().map(summary).collect();
        writeln!(out, "{}", Value::from(list))?;
    } else {
        for entry in entries {
            let rules = entry.rules.join(",");
            let (reference, time, size) = (&entry.reference, &entry.time, entry.size);
            writeln!(out, "{reference}  {time}  {:9}  {size:>9}  {rules}", entry.state.as_str())?;
        }
    }
    if let Some(error) = broken.first() {
        bail!("{error}");
    }
    Ok(())
}

fn show(spool: &Spool, one: &One, raw: bool) -> anyhow::Result<()> {
    let entry = spool.get(&one.reference)?;
    let mut out = std::io::stdout().lock();
    if raw {
        out.write_all(&spool.bytes(&one.reference)?)?;
        return Ok(());
    }
    let mut told = summary(&entry);
    let bytes = spool.bytes(&one.reference)?;
    let header = String::from_utf8_lossy(crate::fields::Split::of(&bytes).header).into_owned();
    if one.json {
        if let Some(told) = told.as_object_mut() {
            told.insert("header".to_owned(), header.into());
        }
        writeln!(out, "{told}")?;
        return Ok(());
    }
    for (key, value) in told.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(out, "{key}: {}", visible(&value))?;
    }
    writeln!(out)?;
    for line in header.lines() {
        writeln!(out, "  {}", visible(line))?;
    }
    Ok(())
}

/// Nothing that could steer a terminal.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn release(quarantine: &Quarantine, spool: &Spool, one: &One, again: bool) -> anyhow::Result<()> {
    let server = quarantine.server().context("[quarantine] has no `release-to`: nobody takes released mail")?;
    let reference = &one.reference;
    let outcome = spool.release(reference, &server, again).map_err(|error| match error {
        super::SpoolError::State { state: State::Releasing, .. } => anyhow::anyhow!(
            "an earlier release of {reference} broke off: look whether the mail arrived, then `delete` it or release it `--again`"
        ),
        other => other.into(),
    })?;
    match outcome {
        Outcome::Released => tell(one.json, &json!({ "reference": reference, "released": true }), "released"),
        Outcome::Partly { said } => bail!("released for some recipients, it stays for the others: {}", visible(&said)),
        Outcome::Refused { said } => bail!("not released: {}", visible(&said)),
        Outcome::Unknown { said } => bail!("it may have arrived or not: {}", visible(&said)),
    }
}

fn tell(as_json: bool, json: &Value, text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{json}")?
    } else {
        writeln!(out, "{text}")?
    }
    Ok(())
}
