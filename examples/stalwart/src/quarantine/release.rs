//! Letting a held mail go: handed to a mail server, at most once unless somebody insists.

use super::smtp::{Client, Failure, Letter, Server};
use super::{Entry, Spool, SpoolError, State, disk};
use crate::changes::{Changes, without_forged_results};

/// What became of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server took it for all recipients.
    Released,
    /// The mail server took it for some; it stays for the others.
    Partly {
        /// What the mail server said of one of the others.
        said: String,
    },
    /// The mail server did not take it; it stays.
    Refused {
        /// What the mail server said.
        said: String,
    },
    /// The connection broke after the message was sent: it may have arrived. It stays `releasing`.
    Unknown {
        /// How it broke.
        said: String,
    },
}

impl Spool {
    /// Hands a mail to a mail server, with the envelope it came with. `again` is for one whose last release broke off:
    /// it may arrive a second time.
    ///
    /// # Errors
    /// [`SpoolError`]: it is not there, not to be released, or the disk failed.
    pub fn release(&self, reference: &str, to: &Server, again: bool) -> Result<Outcome, SpoolError> {
        let _lock = self.lock(reference)?;
        let mut entry = self.get(reference)?;
        match entry.state {
            State::Held => {}
            State::Releasing if again => {}
            state => return Err(SpoolError::State { reference: reference.to_owned(), state }),
        }
        let was = entry.state;
        let message = self.bytes(reference)?;
        let message = without_forged_results(&message, &mut Changes::default()).into_owned();
        let message = marked(&message, &entry);
        let mut client = match Client::open(to) {
            Ok(client) => client,
            Err(failure) => return self.stays(entry, was, &failure),
        };
        let letter = Letter { from: &entry.mail_from, to: &entry.recipients, message: &message };
        let ready = match client.envelope(letter) {
            Ok(ready) => ready,
            Err(failure) => return self.stays(entry, was, &failure),
        };
        // From here on a crash leaves a mail that says so.
        entry.becomes(State::Releasing);
        self.save(&entry)?;
        disk::sync(&self.directory)?;
        match client.data(&message, ready) {
            Ok(refused) if refused.is_empty() => {
                entry.recipients.clear();
                self.is_gone(entry)?;
                Ok(Outcome::Released)
            }
            Ok(refused) => {
                let said = refused.first().map(|(_, said)| said.clone()).unwrap_or_default();
                entry.recipients = refused.into_iter().map(|(recipient, _)| recipient).collect();
                entry.trouble.clone_from(&said);
                self.waits(entry, was)?;
                Ok(Outcome::Partly { said })
            }
            Err(failure @ Failure::Unknown(_)) => {
                let said = failure.to_string();
                entry.trouble.clone_from(&said);
                self.save(&entry)?;
                disk::sync(&self.directory)?;
                Ok(Outcome::Unknown { said })
            }
            Err(failure) => self.stays(entry, was, &failure),
        }
    }

    fn stays(&self, mut entry: Entry, was: State, failure: &Failure) -> Result<Outcome, SpoolError> {
        let said = failure.to_string();
        entry.trouble.clone_from(&said);
        // One that may have arrived before does not become one that surely did not.
        entry.becomes(was);
        self.save(&entry)?;
        disk::sync(&self.directory)?;
        Ok(Outcome::Refused { said })
    }

    fn waits(&self, mut entry: Entry, was: State) -> Result<(), SpoolError> {
        entry.becomes(was);
        self.save(&entry)?;
        disk::sync(&self.directory)
    }

    /// The record first: were the message removed before, a crash would leave a mail that looks held and is empty.
    fn is_gone(&self, mut entry: Entry) -> Result<(), SpoolError> {
        entry.becomes(State::Released);
        entry.trouble.clear();
        self.save(&entry)?;
        disk::sync(&self.directory)?;
        disk::remove(&self.message(&entry.reference))?;
        disk::sync(&self.directory)
    }
}

/// The message with a field that says where it was.
fn marked(message: &[u8], entry: &Entry) -> Vec<u8> {
    let field = format!("X-Sekisho-Released: {}; held since {}\r\n", entry.reference, entry.time);
    [field.as_bytes(), message].concat()
}
