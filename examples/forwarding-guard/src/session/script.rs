//! A script on its way to the server, or about to be switched on.

use sekisho_host::Fact;

use super::{Next, Session};
use crate::judge::{Verdict, fact, missing};
use crate::setup::told;
use crate::wire::{Command, Status, WireError, last_line};

/// Scripts that include one another are followed so far.
const INCLUDES: usize = 10;

impl Session<'_> {
    /// A script that is on the server already.
    pub(super) async fn judged_stored(&mut self, command: &Command, name: &[u8]) -> Result<Next, WireError> {
        match self.server.script(name).await? {
            Some(script) => self.judged(command, name, script).await,
            // The server knows best what to say of a script that is not there.
            None => self.pass(command).await,
        }
    }

    /// Looks at a script, and passes the command on only then.
    pub(super) async fn judged(&mut self, command: &Command, name: &[u8], script: Vec<u8>) -> Result<Next, WireError> {
        // Strangers get no work out of the plugin.
        if self.login.method.is_empty() {
            return self.no("Log in first.").await;
        }
        let verdict = match self.verdict(script).await? {
            Ok(verdict) => verdict,
            Err(error) => {
                let open = self.settings.open || self.settings.judge.policy().observes;
                self.log(command, name, if open { "passed without a verdict" } else { "put off" }, &told(&error));
                if !open {
                    let text = "The script could not be looked at. Please try again later.";
                    self.client.send(&last_line("NO", "TRYLATER", text)).await?;
                    return Ok(Next::Go);
                }
                Verdict::Pass(String::new())
            }
        };
        match verdict {
            Verdict::Pass(text) => {
                if !text.is_empty() {
                    self.log(command, name, "observed", &text);
                }
                self.pass(command).await
            }
            Verdict::Warn(text) => {
                self.log(command, name, "warned", &text);
                let mut response = self.server.ask(command).await?;
                if response.status == Status::Ok {
                    let own = response.reason();
                    let text = if own.is_empty() { text } else { format!("{own}\n{text}") };
                    response.last = last_line("OK", "WARNINGS", &text);
                }
                self.answer(&response).await
            }
            Verdict::Refuse(text) => {
                self.log(command, name, "refused", &text);
                self.no(&text).await
            }
        }
    }

    /// Asks the plugin; scripts it includes are fetched from the server.
    async fn verdict(&mut self, script: Vec<u8>) -> Result<anyhow::Result<Verdict>, WireError> {
        let mut facts = self.known();
        for _ in 0..INCLUDES {
            let report = match self.settings.judge.lint(script.clone(), &self.login, facts.clone()).await {
                Ok(report) => report,
                Err(error) => return Ok(Err(error)),
            };
            let mut found = false;
            for name in missing(&report) {
                if facts.iter().any(|f| f.kind == "include" && f.key == name) {
                    continue;
                }
                if let Some(text) = self.server.script(name.as_bytes()).await? {
                    facts.push(fact("include", &name, &String::from_utf8_lossy(&text)));
                    found = true;
                }
            }
            if !found {
                return Ok(Ok(self.settings.judge.verdict(&report)));
            }
        }
        Ok(Err(anyhow::anyhow!("scripts include one another too deep")))
    }

    /// What the server can run.
    fn known(&self) -> Vec<Fact> {
        let sieve = self.server.capability("SIEVE").unwrap_or_default();
        sieve.split_whitespace().map(|name| fact("sieve-capability", name, "")).collect()
    }

    fn log(&self, command: &Command, name: &[u8], done: &str, why: &str) {
        let name = String::from_utf8_lossy(name);
        tracing::warn!(peer = %self.peer, owner = self.login.owner, actor = self.login.actor, command = command.name,
            script = %name.escape_debug(), why = why.lines().next().unwrap_or_default(), "script {done}");
    }
}
