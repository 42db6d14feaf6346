//! A case: a mail, what is known of it, and what must become of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use sekisho_host::{Context, Document, Fact};
use serde::Deserialize;

use crate::command::explain::nearest;
use crate::input::document;

/// The actions a policy can come to.
const ACTIONS: [&str; 7] = ["deliver", "tag", "strip", "hold", "quarantine", "defer", "reject"];

/// The file of a case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    mail: Option<PathBuf>,
    policy: Option<PathBuf>,
    #[serde(default)]
    context: Context,
    #[serde(default)]
    facts: Vec<Fact>,
    expect: Expect,
}

/// What must become of the mail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expect {
    /// The action.
    pub action: String,
    /// Rules that must speak.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Rules that must not.
    #[serde(default)]
    pub not_rules: Vec<String>,
    /// What the answer to the sender must say.
    #[serde(default)]
    pub reply: String,
}

/// A case, its files found.
#[derive(Debug)]
pub struct Case {
    /// Its own file.
    pub path: PathBuf,
    /// Its mail.
    pub mail: PathBuf,
    /// Its policy; without one the defaults hold.
    pub policy: Option<PathBuf>,
    /// What is known of the mail.
    pub context: Context,
    /// What must become of it.
    pub expect: Expect,
}

impl Case {
    /// Reads a case. One that names no policy takes `policy`, then the nearest `policy.toml` from its directory up to
    /// `top`. A slip in a rule would make a case that always passes, so `rules` must have each one it names.
    pub fn read(path: &Path, policy: Option<&Path>, top: &Path, rules: &BTreeSet<String>) -> anyhow::Result<Self> {
        let document = Document::read(path)?;
        let File { mail, policy: own, mut context, facts, expect } = document.to().map_err(|error| {
            let hint = "; a policy beside cases is called policy.toml or NAME.policy.toml";
            let is_policy = document.json().get("expect").is_none() && document.json().get("mail").is_none();
            anyhow!("{error}{}", if is_policy { hint } else { "" })
        })?;
        context.facts.extend(facts);
        let json = serde_json::to_string(&context)?;
        sekisho_core::wire::context_from_json(&json).map_err(|error| {
            let key = error
                .path
                .strip_prefix("facts")
                .map_or_else(|| format!("context.{}", error.path), |_| error.path.clone());
            document.error(&key, &error.message)
        })?;
        document::with_time(&mut context);
        if !ACTIONS.contains(&expect.action.as_str()) {
            let message = format!("no action `{}`; there are {}", expect.action, ACTIONS.join(", "));
            return Err(document.error("expect.action", &message).into());
        }
        for (key, ids) in [("rules", &expect.rules), ("not-rules", &expect.not_rules)] {
            if let Some((number, id)) = ids.iter().enumerate().find(|(_, id)| !rules.contains(*id)) {
                let near = nearest(id, rules.iter().map(String::as_str));
                let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                let key = format!("expect.{key}.{number}");
                return Err(document.error(&key, &format!("there is no rule `{id}`{hint}")).into());
            }
        }
        let beside = path.parent().unwrap_or(Path::new(""));
        let mail = mail.map_or_else(|| path.with_extension("eml"), |mail| beside.join(mail));
        if !mail.is_file() {
            return Err(anyhow!("{}: there is no mail {}", path.display(), mail.display()));
        }
        let policy = match (own, policy) {
            (Some(own), _) => Some(beside.join(own)),
            (None, Some(policy)) => Some(policy.to_owned()),
            (None, None) => nearest_policy(beside, top),
        };
        Ok(Self { path: path.to_owned(), mail, policy, context, expect })
    }
}

/// The nearest `policy.toml`, from a directory upwards, `top` being the last.
fn nearest_policy(from: &Path, top: &Path) -> Option<PathBuf> {
    let up = from.ancestors().take_while(|dir| dir.starts_with(top));
    up.map(|dir| dir.join("policy.toml")).find(|file| file.is_file())
}

/// All cases below a directory, in the order of names.
pub fn below(dir: &Path, out: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let list = std::fs::read_dir(dir).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut paths: Vec<PathBuf> =
        list.with_context(|| format!("cannot read {}", dir.display()))?.into_iter().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Links to directories may lead round in a circle.
        if std::fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()) {
            if !name.starts_with('.') {
                below(&path, out)?;
            }
        } else if name.ends_with(".toml") && name != "policy.toml" && !name.ends_with(".policy.toml") {
            out.push(path);
        }
    }
    Ok(())
}
