//! Where the plugin runs: in the sandbox, or in this process.

use std::path::PathBuf;

use sekisho_host::{CallError, ComponentSource, Context, Edit, Host, HostConfig, Report, RuleInfo};

use crate::args::{EngineArgs, EngineKind};
use crate::native;

/// The plugin, wherever it runs.
#[derive(Debug)]
pub enum Engine {
    Sandbox(Box<Host>),
    Native,
}

impl Engine {
    /// An engine that `jobs` threads may call side by side.
    pub fn new(args: &EngineArgs, jobs: usize) -> anyhow::Result<Self> {
        Ok(match args.kind {
            EngineKind::Sandbox => {
                let component = args.component.clone().map_or(ComponentSource::Embedded, ComponentSource::File);
                let config = HostConfig { component, concurrency: jobs, cache: cache_dir(), ..HostConfig::default() };
                Self::Sandbox(Box::new(Host::new(config)?))
            }
            EngineKind::Native => Self::Native,
        })
    }

    /// May this message pass?
    pub fn scan(&self, message: &[u8], context: &Context, policy: &str) -> Result<Report, CallError> {
        match self {
            Self::Sandbox(host) => host.scan_message(message, context, policy),
            Self::Native => native::scan(message, context, policy),
        }
    }

    /// Is this sender who he seems to be?
    pub fn check_sender(&self, sender: &[u8], context: &Context, policy: &str) -> Result<Report, CallError> {
        match self {
            Self::Sandbox(host) => host.check_sender(sender, context, policy),
            Self::Native => native::check_sender(sender, context, policy),
        }
    }

    /// Where does this rule document send mail?
    pub fn lint(&self, document: &[u8], dialect: &str, context: &Context, policy: &str) -> Result<Report, CallError> {
        match self {
            Self::Sandbox(host) => host.lint_forwarding(document, dialect, context, policy),
            Self::Native => native::lint(document, dialect, context, policy),
        }
    }

    /// Carries out edits.
    pub fn rewrite(&self, message: &[u8], edits: &[Edit]) -> Result<Vec<u8>, CallError> {
        match self {
            Self::Sandbox(host) => host.rewrite(message, edits),
            Self::Native => Ok(native::rewrite(message, edits)),
        }
    }

    /// All rules.
    pub fn rules(&self) -> Result<Vec<RuleInfo>, CallError> {
        match self {
            Self::Sandbox(host) => host.rules(),
            Self::Native => Ok(native::rules()),
        }
    }
}

/// `$XDG_CACHE_HOME/sekisho`, or `~/.cache/sekisho`.
pub fn cache_dir() -> Option<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => std::env::home_dir()?.join(".cache"),
    };
    Some(base.join("sekisho"))
}
