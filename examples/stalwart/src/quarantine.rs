//! The quarantine spool: mail that was taken from the mail server and waits for a person.
//!
//! ```text
//! store ─▶ held ─▶ releasing ─▶ released
//!            │ ◀──────┘ (refused, or never sent)
//!            └─▶ deleted
//! ```
//!
//! Each mail is two files: `REFERENCE.eml`, the message as it came, and `REFERENCE.json`, its envelope and why it is here.
//! The second is written last, so what has one is whole. Only then may the mail server be told to drop its copy.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use crate::clock;
use crate::mail::Mail;

pub mod command;
mod disk;
mod entry;
pub mod release;
mod smtp;

pub use entry::{Entry, State};
pub use smtp::Server;

/// How long a message without its envelope is left alone: somebody may be writing it.
const UNFINISHED: Duration = Duration::from_secs(3600);

/// As much of a message as is read for its header, bytes.
const BEGINNING: u64 = 256 << 10;

/// Why the spool did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk.
    #[error("{}: {error}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// The bound is reached.
    #[error("the quarantine is full: {held} bytes of {most}")]
    Full {
        /// What is in it.
        held: u64,
        /// What may be in it.
        most: u64,
    },
    /// There is no such mail.
    #[error("no mail with the reference {0} in quarantine")]
    Unknown(String),
    /// Another process is at it.
    #[error("{0} is being released right now")]
    Busy(String),
    /// The state does not allow it.
    #[error("{reference} is {}", state.as_str())]
    State {
        /// The mail.
        reference: String,
        /// What it is.
        state: State,
    },
    /// An envelope that cannot be read.
    #[error("{}: not an envelope: {error}", path.display())]
    Envelope {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: serde_json::Error,
    },
}

/// A directory of held mail.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    /// The most bytes of mail.
    most: u64,
    keep: Duration,
    /// Bytes of mail in it, as far as known; whoever stores holds it.
    held: Mutex<u64>,
}

/// Why a mail goes into quarantine.
#[derive(Clone, Copy, Debug)]
pub struct Why<'a> {
    /// The reference number.
    pub reference: &'a str,
    /// The listener it came through.
    pub listener: &'a str,
    /// The action of the report.
    pub action: &'a str,
    /// The risk of the report.
    pub risk: u8,
    /// The rules that spoke.
    pub rules: &'a [String],
    /// What the first of them says.
    pub reason: &'a str,
}

/// What a look through the spool found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Mails that wait.
    pub mails: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Mails that are being released, or whose release broke off.
    pub releasing: u64,
    /// Mails that were too old and are gone now.
    pub expired: u64,
}

impl Spool {
    /// Opens a directory, which is made (for its owner alone) if it is missing.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]: it cannot be written.
    pub fn open(directory: &Path, most: u64, keep: Duration) -> Result<Self, SpoolError> {
        disk::directory(directory)?;
        let spool = Self { directory: directory.to_owned(), most, keep, held: Mutex::new(0) };
        let held = spool.messages()?.iter().map(|(_, size, _)| *size).fold(0, u64::saturating_add);
        *spool.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
        Ok(spool)
    }

    /// Puts a mail away. When this returns it is on the disk, whatever happens to this process or machine.
    ///
    /// # Errors
    /// [`SpoolError`]: it is not in the spool, and must not be taken from the client.
    pub fn store(&self, mail: &Mail, why: Why<'_>) -> Result<(), SpoolError> {
        let size = u64::try_from(mail.bytes.len()).unwrap_or(u64::MAX);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let after = held.saturating_add(size);
        if after > self.most {
            return Err(SpoolError::Full { held: *held, most: self.most });
        }
        // Counted before it is written: two at once must not both find the last room.
        *held = after;
        drop(held);
        let entry = Entry::new(mail, why);
        let written = disk::write(&self.message(why.reference), &mail.bytes)
            .and_then(|()| self.save(&entry))
            .and_then(|()| disk::sync(&self.directory));
        if written.is_err() {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            *held = held.saturating_sub(size);
            // Best effort: without its envelope it is cleared away later.
            let _ = std::fs::remove_file(self.envelope(why.reference));
            let _ = std::fs::remove_file(self.message(why.reference));
        }
        written
    }

    /// All mails, the oldest first. What cannot be read is told beside them.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]: the directory cannot be read.
    pub fn list(&self) -> Result<(Vec<Entry>, Vec<SpoolError>), SpoolError> {
        let mut names = disk::names(&self.directory, "json")?;
        names.sort();
        let (mut entries, mut broken) = (Vec::new(), Vec::new());
        for name in names {
            match self.get(&name) {
                Ok(entry) => entries.push(entry),
                // Gone between the two looks.
                Err(SpoolError::Unknown(_)) => {}
                Err(error) => broken.push(error),
            }
        }
        Ok((entries, broken))
    }

    /// One mail.
    ///
    /// # Errors
    /// [`SpoolError::Unknown`], or its envelope cannot be read.
    pub fn get(&self, reference: &str) -> Result<Entry, SpoolError> {
        self.known(reference)?;
        let path = self.envelope(reference);
        let json = disk::read(&path)?.ok_or_else(|| SpoolError::Unknown(reference.to_owned()))?;
        serde_json::from_slice(&json).map_err(|error| SpoolError::Envelope { path, error })
    }

    /// The message as it came; empty once it was released.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]
    pub fn bytes(&self, reference: &str) -> Result<Vec<u8>, SpoolError> {
        self.known(reference)?;
        Ok(disk::read(&self.message(reference))?.unwrap_or_default())
    }

    /// The beginning of the message: its header, or as much as may be one.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]
    pub fn beginning(&self, reference: &str) -> Result<Vec<u8>, SpoolError> {
        self.known(reference)?;
        disk::beginning(&self.message(reference), BEGINNING)
    }

    /// Throws a mail away.
    ///
    /// # Errors
    /// [`SpoolError`]: it is still there.
    pub fn delete(&self, reference: &str) -> Result<(), SpoolError> {
        let _lock = self.lock(reference)?;
        self.remove(reference)
    }

    /// Counts what is there, removes what is too old and what a crash left half written.
    ///
    /// # Errors
    /// [`SpoolError::Disk`]: the directory cannot be read.
    pub fn survey(&self) -> Result<Survey, SpoolError> {
        let mut survey = Survey::default();
        let (entries, broken) = self.list()?;
        for error in broken {
            tracing::error!("quarantine: {error}");
        }
        let oldest = clock::before(self.keep);
        for entry in entries {
            if entry.time < oldest && self.delete(&entry.reference).is_ok() {
                tracing::warn!(reference = entry.reference, state = entry.state.as_str(), "quarantine: too old, gone");
                survey.expired = survey.expired.saturating_add(u64::from(entry.state != State::Released));
                continue;
            }
            match entry.state {
                State::Held => survey.mails = survey.mails.saturating_add(1),
                State::Releasing => survey.releasing = survey.releasing.saturating_add(1),
                State::Released => continue,
            }
            survey.bytes = survey.bytes.saturating_add(entry.size);
        }
        self.clear_unfinished()?;
        // A mail stored meanwhile may be counted by both; the next look mends it.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = self.messages()?.iter().map(|(_, size, _)| *size).fold(0, u64::saturating_add);
        Ok(survey)
    }

    fn clear_unfinished(&self) -> Result<(), SpoolError> {
        for (name, _, written) in self.messages()? {
            let old = SystemTime::now().duration_since(written).is_ok_and(|age| age > UNFINISHED);
            if old && !self.envelope(&name).exists() {
                tracing::warn!(reference = name, "quarantine: a message that was never taken is cleared away");
                disk::remove(&self.message(&name))?;
            }
        }
        disk::clear_temporary(&self.directory, UNFINISHED)
    }

    fn remove(&self, reference: &str) -> Result<(), SpoolError> {
        disk::remove(&self.envelope(reference))?;
        disk::remove(&self.message(reference))?;
        disk::sync(&self.directory)
    }

    fn save(&self, entry: &Entry) -> Result<(), SpoolError> {
        let json = serde_json::to_vec_pretty(entry).unwrap_or_default();
        disk::write(&self.envelope(&entry.reference), &json)
    }

    /// Nobody else releases or deletes it while the lock is held; a process that dies loses it.
    fn lock(&self, reference: &str) -> Result<disk::Lock, SpoolError> {
        self.known(reference)?;
        let lock = disk::lock(&self.directory.join(format!("{reference}.lock")))?;
        lock.ok_or_else(|| SpoolError::Busy(reference.to_owned()))
    }

    /// References become names of files: nothing else may.
    fn known(&self, reference: &str) -> Result<(), SpoolError> {
        let fits = (1..=32).contains(&reference.len())
            && reference.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        if fits && self.envelope(reference).exists() {
            Ok(())
        } else {
            Err(SpoolError::Unknown(reference.chars().filter(char::is_ascii_graphic).take(40).collect()))
        }
    }

    /// Name, size and time of writing of every message.
    fn messages(&self) -> Result<Vec<(String, u64, SystemTime)>, SpoolError> {
        let names = disk::names(&self.directory, "eml")?;
        let look = |name: String| {
            let metadata = std::fs::metadata(self.message(&name)).ok()?;
            Some((name, metadata.len(), metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
        };
        Ok(names.into_iter().filter_map(look).collect())
    }

    fn message(&self, reference: &str) -> PathBuf {
        self.directory.join(format!("{reference}.eml"))
    }

    fn envelope(&self, reference: &str) -> PathBuf {
        self.directory.join(format!("{reference}.json"))
    }
}

#[cfg(test)]
mod tests;
