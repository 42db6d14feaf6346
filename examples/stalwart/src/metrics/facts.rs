//! What is counted of facts: questions, their answers, and what could not be had.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sekisho_host::Fact;

use super::{head, label, up};

/// Counters of facts.
#[derive(Debug, Default)]
pub struct Facts(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// Questions to the resolver, answered from its cache or not, by result.
    questions: BTreeMap<&'static str, u64>,
    question_seconds: f64,
    /// What mails waited for facts.
    waits: u64,
    wait_seconds: f64,
    /// What could not be had, by kind and reason. The plugin, not the mail, names the kinds.
    unavailable: BTreeMap<(String, String), u64>,
}

impl Facts {
    /// A question to the resolver has its answer, or none.
    pub fn question(&self, result: &'static str, took: Duration) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        up(counted.questions.entry(result).or_default());
        counted.question_seconds += took.as_secs_f64();
    }

    /// A mail has its facts.
    pub fn told(&self, facts: &[Fact], took: Duration) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        up(&mut counted.waits);
        counted.wait_seconds += took.as_secs_f64();
        for fact in facts.iter().filter(|fact| fact.kind == "unavailable") {
            up(counted.unavailable.entry((fact.key.clone(), fact.value.clone())).or_default());
        }
    }

    pub(super) fn text(&self, out: &mut String) {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = "sekisho_dns_questions_total";
        head(out, name, "counter", "Questions to the resolver, by result; many are answered from its cache.");
        for (result, count) in &counted.questions {
            let _ = writeln!(out, "{name}{{result=\"{result}\"}} {count}");
        }
        let name = "sekisho_dns_seconds";
        head(out, name, "summary", "How long such questions took.");
        let _ = writeln!(out, "{name}_sum {}", counted.question_seconds);
        let _ = writeln!(out, "{name}_count {}", counted.questions.values().sum::<u64>());
        let name = "sekisho_facts_seconds";
        head(out, name, "summary", "How long mails waited for facts.");
        let _ = writeln!(out, "{name}_sum {}", counted.wait_seconds);
        let _ = writeln!(out, "{name}_count {}", counted.waits);
        let name = "sekisho_facts_unavailable_total";
        head(out, name, "counter", "Facts that could not be had in time, by kind and reason.");
        for ((kind, why), count) in &counted.unavailable {
            let _ = writeln!(out, "{name}{{kind=\"{}\",reason=\"{}\"}} {count}", label(kind), label(why));
        }
    }
}
