//! Asks the plugin what a script does, and says it so that its owner understands.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::Context as _;
use sekisho_host::{Context, Fact, Finding, Host, Report, RuleInfo, Severity};

use crate::clock;
use crate::login::Login;

/// What becomes of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may pass.
    Pass,
    /// It may pass, with a word.
    Warn(String),
    /// It must not.
    Refuse(String),
}

/// The plugin with a policy.
pub struct Judge {
    host: Host,
    policy: String,
    internal: Vec<String>,
    rules: BTreeMap<String, RuleInfo>,
}

impl Judge {
    /// Loads the plugin and checks the policy (JSON; empty for the defaults).
    ///
    /// # Errors
    /// When the plugin does not load or the policy is wrong.
    pub fn new(policy: String, internal: Vec<String>) -> anyhow::Result<Arc<Self>> {
        let host = Host::embedded().context("the plugin does not load")?;
        host.lint_forwarding(b"", "sieve", &Context::default(), &policy).context("the policy is wrong")?;
        let rules = host.rules().context("the plugin does not answer")?;
        let rules = rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
        Ok(Arc::new(Self { host, policy, internal, rules }))
    }

    /// Lints a script in a fresh sandbox, on a thread that may take its time.
    ///
    /// # Errors
    /// When the sandbox gives no answer.
    pub async fn lint(self: &Arc<Self>, script: Vec<u8>, login: &Login, facts: Vec<Fact>) -> anyhow::Result<Report> {
        let context = self.context(login, facts);
        let judge = self.clone();
        let asked = move || judge.host.lint_forwarding(&script, "sieve", &context, &judge.policy);
        Ok(tokio::task::spawn_blocking(asked).await??)
    }

    fn context(&self, login: &Login, mut facts: Vec<Fact>) -> Context {
        facts.extend(self.internal.iter().map(|domain| fact("internal-domain", domain, "")));
        facts.push(fact("time", "", &clock::now()));
        if !login.owner.is_empty() {
            facts.push(fact("owner", "", &login.owner));
        }
        Context { login: login.actor.clone(), login_method: login.method.clone(), facts, ..Context::default() }
    }

    /// What becomes of a script with this report. `observe` in the policy makes every action `deliver`.
    #[must_use]
    pub fn verdict(&self, report: &Report) -> Verdict {
        match report.action.as_str() {
            "deliver" => Verdict::Pass,
            "tag" | "strip" => Verdict::Warn(self.told(report)),
            _ => Verdict::Refuse(self.told(report)),
        }
    }

    /// What was seen, where, and the way out, in both languages.
    #[must_use]
    pub fn told(&self, report: &Report) -> String {
        let mut out = String::new();
        let findings =
            || report.findings.iter().filter(|f| f.severity >= Severity::Medium && !f.rule.starts_with("policy-"));
        for finding in findings().take(3) {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{}", sentence(finding));
        }
        let more = findings().count().saturating_sub(3);
        if more > 0 {
            let _ = writeln!(out, "({more} more)");
        }
        if let Some(rule) = findings().next().and_then(|f| self.rules.get(&f.rule)) {
            let _ = write!(out, "{}\n{}", one_line(&rule.rescue_en), one_line(&rule.rescue_ja));
        }
        out.trim_end().to_owned()
    }
}

/// `Mail is sent outside. [forward-external, line 3]`
fn sentence(finding: &Finding) -> String {
    let line = finding.place.rsplit(':').nth(1).unwrap_or_default();
    let target = finding.evidence.iter().find(|(k, _)| k == "target").map(|(_, v)| format!(" {v}")).unwrap_or_default();
    let place = if line.is_empty() { String::new() } else { format!(", line {line}") };
    format!("{} [{}{place}{target}]", finding.message, finding.rule)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A fact.
#[must_use]
pub fn fact(kind: &str, key: &str, value: &str) -> Fact {
    Fact { kind: kind.to_owned(), key: key.to_owned(), value: value.to_owned() }
}

/// The names of scripts that a script includes and that were not at hand.
#[must_use]
pub fn missing(report: &Report) -> Vec<String> {
    let texts = report.findings.iter().filter(|f| f.rule == "sieve-include-unknown").flat_map(|f| &f.evidence);
    texts.filter(|(k, _)| k == "text").filter_map(|(_, v)| v.strip_prefix("personal ")).map(str::to_owned).collect()
}
