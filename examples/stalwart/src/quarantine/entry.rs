//! The envelope of a held mail, and why it is held.

use serde::{Deserialize, Serialize};

use super::Why;
use crate::clock;
use crate::mail::Mail;

/// Where a held mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It waits.
    Held,
    /// It is on its way, or was when a process died or a connection broke: nobody knows whether it arrived.
    Releasing,
    /// The mail server took it; the message is gone, the record stays until it is too old.
    Released,
}

impl State {
    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Releasing => "releasing",
            Self::Released => "released",
        }
    }
}

/// A held mail. The recipients, Bcc among them, stand here and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The reference number; also the name of the files.
    pub reference: String,
    /// When it came, RFC 3339, UTC.
    pub time: String,
    /// Where it stands.
    pub state: State,
    /// When it came to stand there, RFC 3339, UTC.
    pub changed: String,
    /// The listener it came through.
    pub listener: String,
    /// The id in the queue of the mail server.
    pub queue_id: String,
    /// The address of the SMTP client.
    pub client_ip: String,
    /// The reverse-path.
    pub mail_from: String,
    /// The forward-paths that still wait for it.
    pub recipients: Vec<String>,
    /// Bytes of the message.
    pub size: u64,
    /// The action of the report: `quarantine` or `hold`.
    pub action: String,
    /// The risk of the report.
    pub risk: u8,
    /// The rules that spoke.
    pub rules: Vec<String>,
    /// What the first of them says.
    pub reason: String,
    /// What the mail server said at the last release that failed.
    #[serde(default)]
    pub trouble: String,
}

impl Entry {
    /// A mail that is held from now on.
    #[must_use]
    pub fn new(mail: &Mail, why: Why<'_>) -> Self {
        let from = &mail.transaction;
        let now = clock::now();
        Self {
            reference: why.reference.to_owned(),
            time: now.clone(),
            state: State::Held,
            changed: now,
            listener: why.listener.to_owned(),
            queue_id: from.queue_id.clone(),
            client_ip: from.client_ip.clone(),
            mail_from: from.mail_from.clone(),
            recipients: from.recipients.clone(),
            size: u64::try_from(mail.bytes.len()).unwrap_or(u64::MAX),
            action: why.action.to_owned(),
            risk: why.risk,
            rules: why.rules.to_vec(),
            reason: why.reason.to_owned(),
            trouble: String::new(),
        }
    }

    /// It stands elsewhere from now on.
    pub fn becomes(&mut self, state: State) {
        self.state = state;
        self.changed = clock::now();
    }
}
