//! What a scan goes by: policy and context, from the files of the command line.

use anyhow::Context as _;
use sekisho_host::{CallError, Context, Document, DocumentError, Fact};

use super::time;
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
            basis.context = context(&Document::read(path)?)?;
        }
        with_time(&mut basis.context);
        if let Some(path) = &args.policy {
            basis.policy = policy(&Document::read(path)?, engine)?;
        }
        Ok(basis)
    }
}

/// The context a document describes.
fn context(document: &Document) -> anyhow::Result<Context> {
    let json = document.json().to_string();
    sekisho_core::wire::context_from_json(&json)
        .map_err(|sekisho_core::PolicyError { path: key, message }| document.error(&key, &message))?;
    serde_json::from_str(&json).with_context(|| document.path().display().to_string())
}

/// Tells the time, unless the context does.
pub fn with_time(context: &mut Context) {
    if !context.facts.iter().any(|fact| fact.kind == "time") {
        context.facts.push(Fact { kind: "time".to_owned(), key: String::new(), value: time::now() });
    }
}

/// A policy document as the plugin takes it.
pub fn policy(document: &Document, engine: &Engine) -> anyhow::Result<String> {
    let json = document.json().to_string();
    wrong(document, &json, engine)?.map_or(Ok(json), |error| Err(error.into()))
}

/// What the plugin finds wrong with a policy.
pub fn wrong(document: &Document, json: &str, engine: &Engine) -> Result<Option<DocumentError>, CallError> {
    match engine.scan(b"", &Context::default(), json) {
        Ok(_) => Ok(None),
        Err(CallError::Policy(error)) => Ok(Some(document.policy_error(&error))),
        Err(other) => Err(other),
    }
}
