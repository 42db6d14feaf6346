//! Visits a server, reads the scripts of its users, and says where they send mail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;
use sekisho_host::{Fact, Report};
use serde_json::json;

use crate::client::{Client, Server};
use crate::http::Site;
use crate::jmap;
use crate::judge::{Judge, Verdict, fact};
use crate::login::Login;
use crate::wire::{Command, Status};

/// One script.
#[derive(Clone, Debug)]
pub struct Script {
    /// Whose.
    pub user: String,
    /// Its name.
    pub name: String,
    /// It is the one that runs.
    pub active: bool,
    /// Its text.
    pub text: Vec<u8>,
}

/// How to come in as an administrator.
#[derive(Clone, Debug)]
pub struct Key {
    /// His name.
    pub admin: String,
    /// His password.
    pub password: String,
    /// The form of login names, `{user}*{admin}`; without it the user is named beside him (RFC 4616).
    pub form: Option<String>,
}

impl Key {
    /// The name to log in with for a user.
    #[must_use]
    pub fn name(&self, user: &str) -> String {
        match &self.form {
            Some(form) => form.replace("{user}", user).replace("{admin}", &self.admin),
            None => self.admin.clone(),
        }
    }
}

/// Where scripts are.
pub enum Place {
    /// A ManageSieve server.
    ManageSieve(Server),
    /// A JMAP server.
    Jmap(Site),
}

/// What was seen in a script.
pub struct Seen {
    /// The report.
    pub report: Report,
    /// What becomes of it by the policy.
    pub verdict: Verdict,
    /// It was switched off.
    pub deactivated: bool,
}

impl Seen {
    /// One line of JSON.
    #[must_use]
    pub fn json(&self, script: &Script) -> serde_json::Value {
        json!({
            "user": script.user,
            "script": script.name,
            "active": script.active,
            "verdict": self.verdict.as_str(),
            "deactivated": self.deactivated,
            "report": self.report,
        })
    }
}

/// Reads the scripts of one user.
///
/// # Errors
/// When the server cannot be reached, or does not let the administrator in.
pub async fn scripts(place: &Place, key: &Key, user: &str) -> anyhow::Result<Vec<Script>> {
    match place {
        Place::Jmap(site) => jmap::scripts(site, key, user).await,
        Place::ManageSieve(server) => {
            let mut client = visit(server, key, user).await?;
            let mut out = Vec::new();
            for (name, active) in client.scripts().await? {
                let text = client.script(name.as_bytes()).await?;
                let text = text.with_context(|| format!("the server does not hand out {}", name.escape_debug()))?;
                out.push(Script { user: user.to_owned(), name, active, text });
            }
            client.ask(&Command::new("LOGOUT", &[])).await.ok();
            Ok(out)
        }
    }
}

/// A connection as a user.
async fn visit(server: &Server, key: &Key, user: &str) -> anyhow::Result<Client> {
    let mut client = Client::connect(server).await.with_context(|| format!("cannot reach {}", server.address))?;
    let owner = if key.form.is_some() { "" } else { user };
    let answer = client.log_in(owner, &key.name(user), &key.password).await?;
    anyhow::ensure!(
        answer.status == Status::Ok,
        "the server does not let {} in: {}",
        key.admin,
        answer.reason().escape_debug()
    );
    Ok(client)
}

/// Switches a user's scripts off.
///
/// # Errors
/// When the server refuses.
pub async fn deactivate(place: &Place, key: &Key, user: &str) -> anyhow::Result<()> {
    let server = match place {
        Place::Jmap(site) => return jmap::deactivate(site, key, user).await,
        Place::ManageSieve(server) => server,
    };
    let mut client = visit(server, key, user).await?;
    let answer = client.ask(&Command::new("SETACTIVE", &[b""])).await?;
    anyhow::ensure!(answer.status == Status::Ok, "the script stays active: {}", answer.reason().escape_debug());
    Ok(())
}

/// Lints all scripts of all users. Those that share a target with another user's are linted again with that knowledge:
/// one thief, several victims. A script that gets no verdict stands there as an error.
pub async fn judge(
    judge: &Arc<Judge>,
    scripts: &[Script],
    domain: Option<&str>,
) -> Vec<(Script, anyhow::Result<Seen>)> {
    let mut first = Vec::with_capacity(scripts.len());
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for of_one_user in scripts.chunk_by(|a, b| a.user == b.user) {
        for script in of_one_user {
            let known = facts(script, of_one_user, domain);
            let report = judge.lint(script.text.clone(), &Login::default(), known.clone()).await;
            for target in report.iter().flat_map(targets) {
                owners.entry(target.key.clone()).or_default().insert(target.value.clone());
            }
            first.push((script, known, report));
        }
    }
    let mut out = Vec::with_capacity(first.len());
    for (script, mut known, mut report) in first {
        let mine: BTreeSet<&String> = report.iter().flat_map(targets).map(|t| &t.key).collect();
        let shared: Vec<Fact> = mine
            .into_iter()
            .filter_map(|target| Some((target, owners.get(target).filter(|o| o.len() > 1)?)))
            .flat_map(|(target, owners)| owners.iter().map(|owner| fact("forward-target", target, owner)))
            .collect();
        if !shared.is_empty() {
            known.extend(shared);
            report = judge.lint(script.text.clone(), &Login::default(), known).await;
        }
        let seen = report.map(|report| Seen { verdict: judge.verdict(&report), report, deactivated: false });
        out.push((script.clone(), seen));
    }
    out
}

fn targets(report: &Report) -> impl Iterator<Item = &Fact> {
    report.remember.iter().filter(|f| f.kind == "forward-target")
}

/// Whose script it is, and the others of the same user, which it may include.
fn facts(script: &Script, of_one_user: &[Script], domain: Option<&str>) -> Vec<Fact> {
    let owner = Login { owner: script.user.clone(), ..Login::default() }.at(domain).owner;
    let others = of_one_user.iter().filter(|s| s.name != script.name);
    let mut out: Vec<Fact> = others.map(|s| fact("include", &s.name, &String::from_utf8_lossy(&s.text))).collect();
    out.push(fact("owner", "", &owner));
    out
}
