//! What is counted, and how Prometheus reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::quarantine::Survey;
use crate::recent::Recent;

mod facts;

pub use facts::Facts;

/// Upper bounds of the latency histogram, seconds.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// All counters of the gate.
#[derive(Debug, Default)]
pub struct Metrics {
    counted: Mutex<Counted>,
    /// The last verdicts.
    pub recent: Recent,
    /// Mails that have their turn or wait for it.
    pub judging: Gauge,
    /// Connections.
    pub connections: Gauge,
    /// Bytes kept of messages that come in or wait.
    pub in_flight: Gauge,
    /// Mails without a verdict since the last verdict.
    failures_in_a_row: AtomicU64,
    /// Reloads of policies that were refused.
    pub bad_reloads: AtomicU64,
    /// Records that were not kept.
    pub lost_records: AtomicU64,
    /// Questions to the memory, and notes for it, that failed.
    pub failed_memories: AtomicU64,
    /// Facts from the DNS and the memory.
    pub facts: Facts,
    /// The quarantine, as it was last looked through.
    pub quarantine: Quarantine,
}

/// What lies in quarantine.
#[derive(Debug, Default)]
pub struct Quarantine {
    seen: AtomicBool,
    mails: AtomicU64,
    bytes: AtomicU64,
    releasing: AtomicU64,
    expired: AtomicU64,
}

impl Quarantine {
    /// Takes over what was found.
    pub fn set(&self, survey: &Survey) {
        self.mails.store(survey.mails, Ordering::Relaxed);
        self.bytes.store(survey.bytes, Ordering::Relaxed);
        self.releasing.store(survey.releasing, Ordering::Relaxed);
        self.expired.fetch_add(survey.expired, Ordering::Relaxed);
        self.seen.store(true, Ordering::Relaxed);
    }

    /// One more mail lies there; the next look counts anew.
    pub fn stored(&self, bytes: usize) {
        self.mails.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// What was found last; nothing before the first look.
    #[must_use]
    pub fn last(&self) -> Option<Survey> {
        self.seen.load(Ordering::Relaxed).then(|| Survey {
            mails: self.mails.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            releasing: self.releasing.load(Ordering::Relaxed),
            expired: self.expired.load(Ordering::Relaxed),
        })
    }

    fn text(&self, out: &mut String) {
        if !self.seen.load(Ordering::Relaxed) {
            return;
        }
        for (name, kind, help, value) in [
            ("sekisho_quarantine_mails", "gauge", "Mails that wait in quarantine.", &self.mails),
            ("sekisho_quarantine_bytes", "gauge", "Their bytes.", &self.bytes),
            ("sekisho_quarantine_releasing", "gauge", "Mails whose release runs or broke off.", &self.releasing),
            ("sekisho_quarantine_expired_total", "counter", "Mails thrown away because of their age.", &self.expired),
        ] {
            head(out, name, kind, help);
            let _ = writeln!(out, "{name} {}", value.load(Ordering::Relaxed));
        }
    }
}

#[derive(Debug, Default)]
struct Counted {
    /// Verdicts by listener and action.
    verdicts: BTreeMap<(String, String), u64>,
    /// Mails by rule that spoke.
    rules: BTreeMap<String, u64>,
    /// Mails without a verdict, by reason.
    failures: BTreeMap<&'static str, u64>,
    /// Mails at most as slow as each bound, and slower than all.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
    bytes: u64,
}

/// The counters that people look at.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Verdicts by listener and action.
    pub verdicts: BTreeMap<(String, String), u64>,
    /// Mails without a verdict, by reason.
    pub failures: BTreeMap<&'static str, u64>,
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Counts `n` until the guard is dropped.
    pub fn hold(&self, n: u64) -> Held<'_> {
        self.0.fetch_add(n, Ordering::Relaxed);
        Held { gauge: self, n }
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Part of a [`Gauge`].
#[derive(Debug)]
pub struct Held<'g> {
    gauge: &'g Gauge,
    n: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.gauge.0.fetch_sub(self.n, Ordering::Relaxed);
    }
}

impl Metrics {
    /// A mail has its verdict.
    pub fn verdict(&self, listener: &str, action: &str, rules: &[&str], size: usize, took: Duration) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        up(counted.verdicts.entry((listener.to_owned(), action.to_owned())).or_default());
        for rule in rules {
            match counted.rules.get_mut(*rule) {
                Some(count) => up(count),
                None => {
                    counted.rules.insert((*rule).to_owned(), 1);
                }
            }
        }
        let seconds = took.as_secs_f64();
        for (bucket, bound) in counted.buckets.iter_mut().zip(BOUNDS) {
            if seconds <= bound {
                up(bucket);
            }
        }
        up(&mut counted.count);
        counted.seconds += seconds;
        counted.bytes = counted.bytes.wrapping_add(u64::try_from(size).unwrap_or(0));
    }

    /// The plugin answered for a mail: what went wrong before is over.
    pub fn answered(&self) {
        self.failures_in_a_row.store(0, Ordering::Relaxed);
    }

    /// A mail has no verdict.
    pub fn failure(&self, reason: &'static str) {
        self.failures_in_a_row.fetch_add(1, Ordering::Relaxed);
        up(self.counted.lock().unwrap_or_else(PoisonError::into_inner).failures.entry(reason).or_default());
    }

    /// What people look at.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        Tally { verdicts: counted.verdicts.clone(), failures: counted.failures.clone() }
    }

    /// Everything in the text format of Prometheus, version 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        head(&mut out, "sekisho_verdicts_total", "counter", "Mails by listener and action.");
        for ((listener, action), count) in &counted.verdicts {
            let listener = label(listener);
            let _ = writeln!(out, "sekisho_verdicts_total{{listener=\"{listener}\",action=\"{action}\"}} {count}");
        }
        head(&mut out, "sekisho_rules_total", "counter", "Mails by rule that spoke, whatever the action.");
        for (rule, count) in &counted.rules {
            let _ = writeln!(out, "sekisho_rules_total{{rule=\"{}\"}} {count}", label(rule));
        }
        head(&mut out, "sekisho_failures_total", "counter", "Mails without a verdict, by reason.");
        for (reason, count) in &counted.failures {
            let _ = writeln!(out, "sekisho_failures_total{{reason=\"{reason}\"}} {count}");
        }
        head(&mut out, "sekisho_judge_seconds", "histogram", "From the end of a message to its verdict.");
        for (bound, count) in BOUNDS.iter().zip(counted.buckets) {
            let _ = writeln!(out, "sekisho_judge_seconds_bucket{{le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(out, "sekisho_judge_seconds_bucket{{le=\"+Inf\"}} {}", counted.count);
        let _ = writeln!(out, "sekisho_judge_seconds_sum {}", counted.seconds);
        let _ = writeln!(out, "sekisho_judge_seconds_count {}", counted.count);
        head(&mut out, "sekisho_message_bytes_total", "counter", "Bytes of all mails that got a verdict.");
        let _ = writeln!(out, "sekisho_message_bytes_total {}", counted.bytes);
        drop(counted);
        let in_a_row = self.failures_in_a_row.load(Ordering::Relaxed);
        for (name, help, value) in [
            ("sekisho_failures_in_a_row", "Mails without a verdict since the last verdict; 0 is good.", in_a_row),
            ("sekisho_judging", "Mails in a sandbox or waiting for one.", self.judging.get()),
            ("sekisho_connections", "Connections of mail servers.", self.connections.get()),
            ("sekisho_in_flight_bytes", "Room reserved for messages in flight.", self.in_flight.get()),
        ] {
            head(&mut out, name, "gauge", help);
            let _ = writeln!(out, "{name} {value}");
        }
        let bad = self.bad_reloads.load(Ordering::Relaxed);
        head(&mut out, "sekisho_bad_reloads_total", "counter", "Policies that were refused while running.");
        let _ = writeln!(out, "sekisho_bad_reloads_total {bad}");
        let lost = self.lost_records.load(Ordering::Relaxed);
        head(&mut out, "sekisho_lost_records_total", "counter", "Records of verdicts that were not kept.");
        let _ = writeln!(out, "sekisho_lost_records_total {lost}");
        let failed = self.failed_memories.load(Ordering::Relaxed);
        head(
            &mut out,
            "sekisho_failed_memories_total",
            "counter",
            "Questions to the memory, and notes for it, that failed.",
        );
        let _ = writeln!(out, "sekisho_failed_memories_total {failed}");
        self.facts.text(&mut out);
        self.quarantine.text(&mut out);
        out
    }
}

fn up(count: &mut u64) {
    *count = count.wrapping_add(1);
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// The value of a label.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_as_prometheus_reads_them() {
        let metrics = Metrics::default();
        let connection = metrics.connections.hold(1);
        metrics.verdict("m\"x", "reject", &["zip-encrypted"], 100, Duration::from_millis(3));
        metrics.verdict("m\"x", "reject", &["zip-encrypted"], 100, Duration::from_secs(60));
        metrics.failure("deadline");
        let text = metrics.text();
        for line in [
            "sekisho_verdicts_total{listener=\"m\\\"x\",action=\"reject\"} 2",
            "sekisho_rules_total{rule=\"zip-encrypted\"} 2",
            "sekisho_failures_total{reason=\"deadline\"} 1",
            "sekisho_failures_in_a_row 1",
            "sekisho_judge_seconds_bucket{le=\"0.0025\"} 0",
            "sekisho_judge_seconds_bucket{le=\"0.005\"} 1",
            "sekisho_judge_seconds_bucket{le=\"+Inf\"} 2",
            "sekisho_message_bytes_total 200",
            "sekisho_connections 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        drop(connection);
        assert_eq!(metrics.connections.get(), 0);
    }

    #[test]
    fn failures_in_a_row_end_with_an_answer() {
        let metrics = Metrics::default();
        let told = |count: u64| metrics.text().lines().any(|l| l == format!("sekisho_failures_in_a_row {count}"));
        assert!(told(0));
        metrics.failure("trap");
        metrics.failure("busy");
        assert!(told(2));
        metrics.answered();
        assert!(told(0));
        metrics.failure("trap");
        assert!(told(1));
    }
}
