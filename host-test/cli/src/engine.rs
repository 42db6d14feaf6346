//! Where the plugin runs: in the sandbox, or in this process.

use sekisho_host::{Context, Host, HostConfig, Report, RuleInfo};

use crate::args::EngineKind;

/// The plugin, wherever it runs.
#[derive(Debug)]
pub enum Engine {
    Sandbox(Box<Host>),
    Native,
}

impl Engine {
    pub fn new(kind: EngineKind, jobs: usize) -> anyhow::Result<Self> {
        Ok(match kind {
            EngineKind::Sandbox => Self::Sandbox(Box::new(Host::new(HostConfig {
                concurrency: jobs,
                cache: cache_dir(),
                ..HostConfig::default()
            })?)),
            EngineKind::Native => Self::Native,
        })
    }

    pub fn scan(&self, message: &[u8], context: &Context, policy: &str) -> anyhow::Result<Report> {
        match self {
            Self::Sandbox(host) => Ok(host.scan_message(message, context, policy)?),
            Self::Native => native::scan(message, context, policy),
        }
    }

    pub fn rules(&self) -> anyhow::Result<Vec<RuleInfo>> {
        match self {
            Self::Sandbox(host) => Ok(host.rules()?),
            Self::Native => native::rules(),
        }
    }
}

/// `$XDG_CACHE_HOME/sekisho`, or `~/.cache/sekisho`.
fn cache_dir() -> Option<std::path::PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty()) {
        Some(dir) => dir.into(),
        None => std::env::home_dir()?.join(".cache"),
    };
    Some(base.join("sekisho"))
}

/// The core, called directly. Its types and the host's have one JSON spelling, and that is the way between them.
mod native {
    use super::{Context, Report, RuleInfo};
    use anyhow::Context as _;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    pub fn scan(message: &[u8], context: &Context, policy: &str) -> anyhow::Result<Report> {
        let report = sekisho_core::scan_message(message, &same(context)?, policy)
            .map_err(|e| sekisho_host::PolicyError { path: e.path, message: e.message })
            .map_err(sekisho_host::CallError::Policy)?;
        same(&report)
    }

    pub fn rules() -> anyhow::Result<Vec<RuleInfo>> {
        same(&sekisho_core::rules())
    }

    fn same<T: DeserializeOwned>(value: &(impl Serialize + ?Sized)) -> anyhow::Result<T> {
        serde_json::to_value(value).and_then(serde_json::from_value).context("core and host spell a type differently")
    }
}
