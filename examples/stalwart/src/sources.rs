//! Where facts come from: what the plugin would like to know of a mail is asked everywhere at once, under one deadline.
//!
//! Facts make verdicts better and are never a condition for one. What cannot be had in time is a fact of kind
//! `unavailable`, and the mail is judged without it.

use std::sync::Arc;
use std::time::Duration;

use sekisho_host::{Fact, Need};
use tokio::time::Instant;

use crate::acquaintances::Acquaintances;
use crate::dns::Dns;
use crate::metrics::Metrics;

/// How long a mail waits for facts when nothing else is said.
pub const DEADLINE: Duration = Duration::from_millis(1500);

/// All sources of a gate.
#[derive(Debug)]
pub struct Sources {
    memory: Option<Acquaintances>,
    dns: Option<Arc<Dns>>,
    deadline: Duration,
    metrics: Arc<Metrics>,
}

impl Sources {
    /// These sources; a mail waits for them `deadline` at most.
    #[must_use]
    pub fn new(memory: Option<Acquaintances>, dns: Option<Dns>, deadline: Duration, metrics: Arc<Metrics>) -> Self {
        Self { memory, dns: dns.map(Arc::new), deadline, metrics }
    }

    /// Is there nobody to ask?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.memory.is_none() && self.dns.is_none()
    }

    /// What can be found out of what the plugin needs.
    pub async fn facts(&self, needs: &[Need]) -> Vec<Fact> {
        if needs.is_empty() {
            return Vec::new();
        }
        let start = Instant::now();
        let until = start.checked_add(self.deadline).unwrap_or(start);
        let memory = async {
            match &self.memory {
                Some(memory) => memory.facts(needs, until).await,
                None => Vec::new(),
            }
        };
        let dns = async {
            match &self.dns {
                Some(dns) => dns.facts(needs, until).await,
                None => Vec::new(),
            }
        };
        let (mut facts, found) = tokio::join!(memory, dns);
        facts.extend(found);
        self.metrics.facts.told(&facts, start.elapsed());
        facts
    }

    /// Keeps what a report wants remembered.
    pub fn keep(&self, remember: &[Fact]) {
        if let Some(memory) = &self.memory {
            memory.keep(remember);
        }
    }
}

/// A fact.
#[must_use]
pub fn fact(kind: &str, key: &str, value: &str) -> Fact {
    Fact { kind: kind.to_owned(), key: key.to_owned(), value: value.to_owned() }
}

/// The fact that facts of a kind could not be had, and why: one of a few words.
#[must_use]
pub fn unavailable(kind: &str, why: &str) -> Fact {
    fact("unavailable", kind, why)
}
