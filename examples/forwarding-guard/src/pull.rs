//! Visits a server, reads the scripts of its users, and says where they send mail.

use std::sync::Arc;

use anyhow::Context as _;
use sekisho_host::{Fact, Report};
use serde_json::json;

use crate::client::{Client, Server};
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
    Jmap(jmap::Site),
}

/// What was seen of one script.
pub struct Seen {
    /// The script.
    pub script: Script,
    /// The report.
    pub report: Report,
    /// What becomes of it.
    pub verdict: Verdict,
    /// It was switched off.
    pub deactivated: bool,
}

impl Seen {
    /// One line of JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        json!({
            "user": self.script.user,
            "script": self.script.name,
            "active": self.script.active,
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
                if let Some(text) = client.script(name.as_bytes()).await? {
                    out.push(Script { user: user.to_owned(), name, active, text });
                }
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
        "{user}: the server does not let {} in: {}",
        key.admin,
        answer.reason()
    );
    Ok(client)
}

/// Switches a user's scripts off.
///
/// # Errors
/// When the server refuses.
pub async fn deactivate(server: &Server, key: &Key, user: &str) -> anyhow::Result<()> {
    let mut client = visit(server, key, user).await?;
    let answer = client.ask(&Command::new("SETACTIVE", &[b""])).await?;
    anyhow::ensure!(answer.status == Status::Ok, "{user}: the script stays active: {}", answer.reason());
    Ok(())
}

/// Lints all scripts of all users: twice, so that one target of several users is found.
///
/// # Errors
/// When the sandbox gives no answer.
pub async fn judge(judge: &Arc<Judge>, scripts: Vec<Script>, domain: Option<&str>) -> anyhow::Result<Vec<Seen>> {
    let mut shared: Vec<Fact> = Vec::new();
    for script in &scripts {
        let report = judge.lint(script.text.clone(), &Login::default(), facts(script, &scripts, domain)).await?;
        shared.extend(report.remember.into_iter().filter(|f| f.kind == "forward-target"));
    }
    let mut out = Vec::new();
    for script in &scripts {
        let mut known = facts(script, &scripts, domain);
        known.extend(shared.iter().cloned());
        let report = judge.lint(script.text.clone(), &Login::default(), known).await?;
        let verdict = judge.verdict(&report);
        out.push(Seen { script: script.clone(), report, verdict, deactivated: false });
    }
    Ok(out)
}

/// Whose script it is, and the others of the same user, which it may include.
fn facts(script: &Script, all: &[Script], domain: Option<&str>) -> Vec<Fact> {
    let owner = Login { owner: script.user.clone(), ..Login::default() }.at(domain).owner;
    let others = all.iter().filter(|s| s.user == script.user && s.name != script.name);
    let mut out: Vec<Fact> = others.map(|s| fact("include", &s.name, &String::from_utf8_lossy(&s.text))).collect();
    out.push(fact("owner", "", &owner));
    out
}
