//! From reports to readers: people, programs, code-scanning tools.

pub mod compare;
pub mod human;
pub mod json;
pub mod progress;
pub mod routes;
pub mod sarif;
pub mod senders;
pub mod terminal;
pub mod wrap;

use std::collections::BTreeMap;
use std::io::{self, Write};

use sekisho_host::Report;

use crate::Exit;

/// Where reports go.
pub trait Sink {
    /// One message was looked at.
    fn report(&mut self, _out: &mut dyn Write, _label: &str, _report: &Report) -> io::Result<()> {
        Ok(())
    }

    /// One message could not be looked at. The user has been told on standard error.
    fn failure(&mut self, _out: &mut dyn Write, _label: &str, _error: &str) -> io::Result<()> {
        Ok(())
    }

    /// That was all.
    fn finish(&mut self, _out: &mut dyn Write, _tally: &Tally) -> io::Result<()> {
        Ok(())
    }
}

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Tally {
    /// Messages with a report.
    pub mails: u64,
    /// Messages and paths without.
    pub errors: u64,
    /// How many reports asked for each action.
    pub actions: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a report.
    pub fn count(&mut self, report: &Report) {
        self.mails = self.mails.saturating_add(1);
        let count = self.actions.entry(report.action.clone()).or_default();
        *count = count.saturating_add(1);
    }

    /// Counts something that could not be looked at, and says so.
    pub fn failed(&mut self, message: &str) {
        self.errors = self.errors.saturating_add(1);
        terminal::complain(message);
    }

    /// How the run ends.
    pub fn exit(&self) -> Exit {
        if self.errors > 0 {
            Exit::Failed
        } else if self.actions.keys().any(|action| action != "deliver") {
            Exit::Stopped
        } else {
            Exit::Delivered
        }
    }
}
