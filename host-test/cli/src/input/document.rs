//! Policy and context files: JSON for machines, TOML for people, errors with file, line and key.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use sekisho_host::{CallError, Context, Fact, PolicyError, toml_to_json};
use serde_json::Value;

use super::{locate, source, time};
use crate::args::PolicyArgs;
use crate::engine::Engine;

/// What a scan goes by.
#[derive(Debug, Default)]
pub struct Basis {
    /// The policy, JSON; empty for the defaults.
    pub policy: String,
    /// What is known of the transaction.
    pub context: Context,
}

impl Basis {
    /// Reads and checks the files named on the command line.
    pub fn read(args: &PolicyArgs, engine: &Engine) -> anyhow::Result<Self> {
        let mut basis = Self::default();
        if let Some(path) = &args.context {
            let document = Document::read(path)?;
            let json = document.json.to_string();
            sekisho_core::wire::context_from_json(&json)
                .map_err(|sekisho_core::PolicyError { path: key, message }| document.error(path, &key, &message))?;
            basis.context = serde_json::from_str(&json).with_context(|| path.display().to_string())?;
        }
        if !basis.context.facts.iter().any(|fact| fact.kind == "time") {
            let now = Fact { kind: "time".to_owned(), key: String::new(), value: time::now() };
            basis.context.facts.push(now);
        }
        if let Some(path) = &args.policy {
            let document = Document::read(path)?;
            basis.policy = document.json.to_string();
            match engine.scan(b"", &basis.context, &basis.policy) {
                Err(CallError::Policy(PolicyError { path: key, message })) => {
                    return Err(document.error(path, &key, &message));
                }
                other => other.map(drop)?,
            }
        }
        Ok(basis)
    }
}

/// A file and what it says.
struct Document {
    text: String,
    syntax: Syntax,
    json: Value,
}

#[derive(Clone, Copy)]
enum Syntax {
    Json,
    Toml,
}

impl Document {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let syntax = match path.extension().and_then(|e| e.to_str()) {
            Some("json") => Syntax::Json,
            Some("toml") => Syntax::Toml,
            _ => bail!("{}: neither a .toml nor a .json file", path.display()),
        };
        let bytes = source::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("{}: not UTF-8", path.display()))?;
        let json = match syntax {
            Syntax::Json => serde_json::from_str(&text).map_err(|e| place(path, Some(e.line()), "", &plain(&e)))?,
            Syntax::Toml => toml::from_str(&text).map(toml_to_json).map_err(|e| {
                let line = e.span().map(|span| locate::line(&text, span.start));
                place(path, line, "", e.message())
            })?,
        };
        Ok(Self { text, syntax, json })
    }

    /// An error at a key of the document.
    fn error(&self, path: &Path, key: &str, message: &str) -> anyhow::Error {
        let offset = match self.syntax {
            Syntax::Json => locate::in_json(&self.text, key),
            Syntax::Toml => locate::in_toml(&self.text, key),
        };
        place(path, offset.map(|at| locate::line(&self.text, at)), key, message)
    }
}

/// `file:line: key: message`, as compilers and editors know it.
fn place(path: &Path, line: Option<usize>, key: &str, message: &str) -> anyhow::Error {
    let mut text = path.display().to_string();
    if let Some(line) = line {
        text.push_str(&format!(":{line}"));
    }
    if !key.is_empty() {
        text.push_str(&format!(": {key}"));
    }
    anyhow!("{text}: {message}")
}

/// The message of a JSON error without the place, which stands before it.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}
