//! The last verdicts, for the status page. Nothing of a mail's text or addresses is kept.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How many are kept.
const KEPT: usize = 200;

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, RFC 3339, UTC.
    pub time: String,
    /// Its reference number.
    pub reference: String,
    /// The listener.
    pub listener: String,
    /// The action.
    pub action: String,
    /// The rules that spoke.
    pub rules: Vec<String>,
    /// What the first of them says; free of text from the mail.
    pub reason: String,
    /// The size of the message, bytes.
    pub size: usize,
    /// How long it took, milliseconds.
    pub ms: u128,
}

/// The last verdicts.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<Entry>>);

impl Recent {
    /// Keeps one more, and drops the oldest.
    pub fn push(&self, entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push_front(entry);
        entries.truncate(KEPT);
    }

    /// All of them, the newest first.
    #[must_use]
    pub fn all(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
