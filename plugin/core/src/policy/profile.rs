//! Profiles: what happens to findings for which the policy says nothing else.

use serde::Deserialize;

use crate::report::{Action, Kind, Severity};

/// How strict a checkpoint is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Report, change nothing.
    Observe,
    /// Deliver with marks.
    Tag,
    /// Deliver without the parts in question.
    Strip,
    /// Keep until somebody decides.
    Hold,
    /// Refuse while the client is still connected.
    #[default]
    Reject,
}

impl Profile {
    /// The word that stands for it in policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Tag => "tag",
            Self::Strip => "strip",
            Self::Hold => "hold",
            Self::Reject => "reject",
        }
    }

    /// What it does when it acts.
    const fn full(self) -> Action {
        match self {
            Self::Observe => Action::Deliver,
            Self::Tag => Action::Tag,
            Self::Strip => Action::Strip,
            Self::Hold => Action::Hold,
            Self::Reject => Action::Reject,
        }
    }

    /// What happens to a finding. What could not be seen is acted on whatever its severity, what was seen according to it;
    /// a finding that is only information is never acted on.
    #[must_use]
    pub fn action(self, kind: Kind, severity: Severity) -> Action {
        let unseen = matches!(kind, Kind::Encryption | Kind::Opaque);
        match severity {
            Severity::Info => Action::Deliver,
            _ if unseen => self.full(),
            Severity::Low => Action::Deliver,
            Severity::Medium => self.full().min(Action::Tag),
            Severity::High | Severity::Critical => self.full(),
        }
    }
}
