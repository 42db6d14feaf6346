//! Asks the plugin what a script does, and says it so that its owner understands.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use sekisho_host::{Context, Fact, Finding, Host, Report, RuleInfo, Severity};

use crate::clock;
use crate::login::Login;
use crate::policy::Policy;

/// What becomes of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may pass. Something may have been seen all the same, which an observer wants to read in the log.
    Pass(String),
    /// It may pass, with a word.
    Warn(String),
    /// It must not.
    Refuse(String),
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pass(_) => "pass",
            Self::Warn(_) => "warn",
            Self::Refuse(_) => "refuse",
        }
    }
}

/// The plugin with a policy, which may be exchanged while it works.
pub struct Judge {
    host: Host,
    policy: RwLock<Arc<Policy>>,
    internal: Vec<String>,
    rules: BTreeMap<String, RuleInfo>,
}

impl Judge {
    /// Loads the plugin and checks the policy. `internal` are the domains of the organisation.
    ///
    /// # Errors
    /// When the plugin does not load or the policy is wrong.
    pub fn new(policy: Policy, internal: Vec<String>) -> anyhow::Result<Arc<Self>> {
        Self::with(Host::embedded().context("the plugin does not load")?, policy, internal)
    }

    /// The same with a host that has bounds of its own.
    ///
    /// # Errors
    /// As [`Judge::new`].
    pub fn with(host: Host, policy: Policy, internal: Vec<String>) -> anyhow::Result<Arc<Self>> {
        let rules = host.rules().context("the plugin does not answer")?;
        let rules = rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
        let judge = Self { host, policy: RwLock::default(), internal, rules };
        judge.exchange(policy)?;
        Ok(Arc::new(judge))
    }

    /// Takes another policy for all scripts that come from now on.
    ///
    /// # Errors
    /// When the policy is wrong; then the old one stays.
    pub fn exchange(&self, policy: Policy) -> anyhow::Result<()> {
        self.host
            .lint_forwarding(b"", "sieve", &Context::default(), &policy.document)
            .map_err(|error| policy.error(error))
            .context("the policy is wrong")?;
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        Ok(())
    }

    /// The policy that holds now.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lints a script in a fresh sandbox, on a thread that may take its time.
    ///
    /// # Errors
    /// When the sandbox gives no answer.
    pub async fn lint(self: &Arc<Self>, script: Vec<u8>, login: &Login, facts: Vec<Fact>) -> anyhow::Result<Report> {
        let context = self.context(login, facts);
        let (judge, policy) = (self.clone(), self.policy());
        let asked = move || judge.host.lint_forwarding(&script, "sieve", &context, &policy.document);
        Ok(tokio::task::spawn_blocking(asked).await??)
    }

    fn context(&self, login: &Login, mut facts: Vec<Fact>) -> Context {
        facts.extend(self.internal.iter().map(|domain| fact("internal-domain", domain, "")));
        facts.push(fact("time", "", &clock::now()));
        if self.is_ours(&login.owner) {
            facts.push(fact("owner", "", &login.owner));
        }
        Context {
            client_ip: login.address.clone(),
            login: login.actor.clone(),
            login_method: login.method.clone(),
            facts,
            ..Context::default()
        }
    }

    /// Can this name be the owner's address? Some servers let `sato@anything.example` in as `sato`, and mail to the owner
    /// himself stays inside; so where the domains of the organisation are known, the name must be in one of them.
    fn is_ours(&self, name: &str) -> bool {
        let policy = self.policy();
        let mut known = self.internal.iter().chain(&policy.internal).peekable();
        let domain = name.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()).unwrap_or_default();
        let within = |ours: &String| {
            let ours = ours.to_ascii_lowercase();
            domain == ours || domain.strip_suffix(&ours).is_some_and(|rest| rest.ends_with('.'))
        };
        !name.is_empty() && (domain.is_empty() || known.peek().is_none() || known.any(within))
    }

    /// Does anybody say which domains are the organisation's?
    #[must_use]
    pub fn knows_borders(&self) -> bool {
        !self.internal.is_empty() || !self.policy().internal.is_empty()
    }

    /// What becomes of a script with this report. `observe` in the policy makes every action `deliver`.
    #[must_use]
    pub fn verdict(&self, report: &Report) -> Verdict {
        let told = self.told(report);
        match report.action.as_str() {
            "deliver" => Verdict::Pass(told),
            "tag" | "strip" => Verdict::Warn(told),
            _ => Verdict::Refuse(told),
        }
    }

    /// What was seen and where, then the way out in both languages; empty when there is nothing to say.
    #[must_use]
    pub fn told(&self, report: &Report) -> String {
        let mut findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|f| f.severity >= Severity::Medium && !f.rule.starts_with("policy-"))
            .collect();
        findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
        let mut out = String::new();
        for finding in findings.iter().take(SHOWN) {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{}", sentence(finding));
        }
        let more = findings.len().saturating_sub(SHOWN);
        if more > 0 {
            let _ = writeln!(out, "({more} more)");
        }
        if let Some(rule) = findings.first().and_then(|f| self.rules.get(&f.rule)) {
            let _ = writeln!(out, "{}\n{}", one_line(&rule.rescue_en), one_line(&rule.rescue_ja));
            let _ = writeln!(out, "{}", self.policy().way_out);
        }
        out.trim_end().to_owned()
    }
}

/// So many findings are told to the owner of a script.
const SHOWN: usize = 3;

/// `All mail is sent outside. [forward-external-all, line 3, t***@gmail.com]`
fn sentence(finding: &Finding) -> String {
    let line = finding.place.rsplit(':').nth(1).unwrap_or_default();
    let place = if line.is_empty() { String::new() } else { format!(", line {line}") };
    let target = finding.evidence.iter().find(|(key, _)| key == "target");
    let target = target.map(|(_, value)| format!(", {value}")).unwrap_or_default();
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
