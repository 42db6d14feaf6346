//! Every knob and its default; findings → action. Policy never looks at the mail, only at what the rules saw.

use crate::budget::Limits;
use crate::report::{Action, Context, Finding, Inspection, Kind, Part, PolicyError, Report, Severity};

/// One finding with what a policy may know about it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The finding, with the rule's own severity.
    pub finding: Finding,
    /// What sort of fact it states.
    pub kind: Kind,
    /// The MIME part it concerns, for edits; empty for the message as a whole.
    pub mime_part: String,
    /// It concerns something that cannot be read without a secret, or something in it.
    pub sealed: bool,
}

/// A policy document, parsed and checked.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The bounds of a scan.
    pub limits: Limits,
}

impl Policy {
    /// Reads a policy document; the empty string means the defaults.
    ///
    /// # Errors
    /// The dotted path of the first key that is unknown or has a value it must not have.
    pub fn parse(_json: &str) -> Result<Self, PolicyError> {
        Ok(Self::default())
    }

    /// Decides what happens to a message.
    #[must_use]
    pub fn decide(&self, _context: &Context, inspection: Inspection, parts: Vec<Part>, judged: Vec<Judged>) -> Report {
        let worst = judged.iter().map(|j| j.finding.severity).max().unwrap_or(Severity::Info);
        Report {
            action: if worst >= Severity::Medium { Action::Reject } else { Action::Deliver },
            risk: 0,
            inspection,
            findings: judged.into_iter().map(|j| j.finding).collect(),
            parts,
            edits: Vec::new(),
            reply: None,
            remember: Vec::new(),
        }
    }
}
