//! Policies: read from files, tried on the plugin, exchanged while mail flows.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context as _, anyhow, bail};
use sekisho_host::{CallError, Context, Host};
use serde_json::Value;

use crate::config::place;

/// The policy of a listener.
#[derive(Debug)]
pub struct Policy {
    file: Option<PathBuf>,
    json: RwLock<Arc<str>>,
}

impl Policy {
    /// Reads a policy and has the plugin check it. Without a file the defaults hold.
    ///
    /// # Errors
    /// One line that names the file and the key.
    pub fn load(file: Option<PathBuf>, host: &Host) -> anyhow::Result<Self> {
        let json = match &file {
            Some(file) => read(file, host)?,
            None => Arc::from(""),
        };
        Ok(Self { file, json: RwLock::new(json) })
    }

    /// The JSON document that counts now.
    #[must_use]
    pub fn json(&self) -> Arc<str> {
        Arc::clone(&self.json.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where it comes from.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the file again; says whether anything changed. A policy that is wrong changes nothing.
    ///
    /// # Errors
    /// As [`load`](Self::load); the old policy stays.
    pub fn reload(&self, host: &Host) -> anyhow::Result<bool> {
        let Some(file) = &self.file else { return Ok(false) };
        let new = read(file, host)?;
        let mut json = self.json.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *json != new;
        *json = new;
        Ok(changed)
    }
}

fn read(file: &Path, host: &Host) -> anyhow::Result<Arc<str>> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let json = match file.extension().and_then(|e| e.to_str()) {
        Some("json") => text,
        Some("toml") => {
            let value: toml::Value = toml::from_str(&text).map_err(|e| anyhow!("{name}{}", place(&text, &e)))?;
            from_toml(value).to_string()
        }
        _ => bail!("{name}: neither a .toml nor a .json file"),
    };
    match host.scan_message(b"\r\n", &Context::default(), &json) {
        Ok(_) => Ok(json.into()),
        Err(CallError::Policy(error)) => Err(anyhow!("{name}: {error}")),
        Err(error) => Err(anyhow!("{name}: {error}")),
    }
}

/// Dates become text; everything else has its like.
fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(yes) => Value::Bool(yes),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(values) => values.into_iter().map(from_toml).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, from_toml(value))).collect(),
    }
}
