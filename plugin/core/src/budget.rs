//! The only place where numbers stop a bomb. One [`Budget`] walks through the whole scan; every reader charges it before
//! it works. Spending it is never "clean": what was not looked at is `opaque-limit`, with a `limit-…` finding.

use serde::{Deserialize, Serialize};

/// The bounds of one scan. All are totals over the whole message, except `ratio` and `depth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes that decoding and unpacking may produce in all, beyond four times the message (which plain transfer
    /// decodings need).
    pub bytes: u64,
    /// Bytes of produced content that may be held at once, beyond four times the message.
    pub memory: u64,
    /// How many times larger than its packed form one member may become once it exceeds 1 MiB.
    pub ratio: u64,
    /// MIME parts, members of archives and other objects.
    pub entries: u64,
    /// How deep objects may be nested: message, archive, compressor, message in message.
    pub depth: u32,
    /// Units of reading work, about one per byte looked at, beyond 64 times the message.
    pub work: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 512 << 20, memory: 64 << 20, ratio: 250, entries: 50_000, depth: 16, work: 1 << 30 }
    }
}

/// Which bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// [`Limits::bytes`].
    Bytes,
    /// [`Limits::ratio`].
    Ratio,
    /// [`Limits::entries`].
    Entries,
    /// [`Limits::depth`].
    Depth,
    /// [`Limits::work`].
    Work,
    /// More readings, passwords or places to look at than are tried.
    Candidates,
}

/// A bound was reached; it has been noted in the [`Budget`], the reader only has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a limit of the scan was reached")]
pub struct Exhausted(pub Limit);

/// What is left to spend.
#[derive(Clone, Debug)]
pub struct Budget {
    limits: Limits,
    bytes: u64,
    memory: u64,
    entries: u64,
    work: u64,
    spent: Vec<Limit>,
}

impl Budget {
    /// A budget for a message of `message_len` bytes.
    #[must_use]
    pub fn new(limits: Limits, message_len: usize) -> Self {
        let len = message_len as u64;
        Self {
            limits,
            bytes: limits.bytes.saturating_add(len.saturating_mul(4)),
            memory: limits.memory.saturating_add(len.saturating_mul(4)),
            entries: limits.entries,
            work: limits.work.saturating_add(len.saturating_mul(64)),
            spent: Vec::new(),
        }
    }

    /// The bounds it was made from.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Pays for `n` bytes of output.
    ///
    /// # Errors
    /// [`Exhausted`] when fewer are left; nothing is charged then.
    pub fn take_bytes(&mut self, n: usize) -> Result<(), Exhausted> {
        match self.bytes.checked_sub(n as u64) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => Err(self.note(Limit::Bytes)),
        }
    }

    /// Sets aside memory for `n` bytes of content that will be held; [`Budget::release`] gives it back.
    ///
    /// # Errors
    /// [`Exhausted`] when fewer are left; nothing is charged then.
    pub fn hold(&mut self, n: usize) -> Result<(), Exhausted> {
        match self.memory.checked_sub(n as u64) {
            Some(left) => {
                self.memory = left;
                Ok(())
            }
            None => Err(self.note(Limit::Bytes)),
        }
    }

    /// Gives back what [`Budget::hold`] set aside.
    pub fn release(&mut self, n: usize) {
        self.memory = self.memory.saturating_add(n as u64);
    }

    /// Pays for one object.
    ///
    /// # Errors
    /// [`Exhausted`] when none is left.
    pub fn take_entry(&mut self) -> Result<(), Exhausted> {
        match self.entries.checked_sub(1) {
            Some(left) => {
                self.entries = left;
                Ok(())
            }
            None => Err(self.note(Limit::Entries)),
        }
    }

    /// Pays for `n` units of work (about one per byte looked at, beyond the first look).
    ///
    /// # Errors
    /// [`Exhausted`] when fewer are left; nothing is charged then.
    pub fn take_work(&mut self, n: u64) -> Result<(), Exhausted> {
        match self.work.checked_sub(n) {
            Some(left) => {
                self.work = left;
                Ok(())
            }
            None => Err(self.note(Limit::Work)),
        }
    }

    /// May something stand at this depth? The message is at depth 0.
    ///
    /// # Errors
    /// [`Exhausted`] when it may not.
    pub fn check_depth(&mut self, depth: u32) -> Result<(), Exhausted> {
        if depth <= self.limits.depth { Ok(()) } else { Err(self.note(Limit::Depth)) }
    }

    /// May `unpacked` bytes come from `packed` ones? The first MiB is always allowed.
    ///
    /// # Errors
    /// [`Exhausted`] when they may not.
    pub fn check_ratio(&mut self, packed: usize, unpacked: usize) -> Result<(), Exhausted> {
        let allowed = (packed as u64).saturating_mul(self.limits.ratio).max(1 << 20);
        if unpacked as u64 <= allowed { Ok(()) } else { Err(self.note(Limit::Ratio)) }
    }

    /// Objects that may still be looked at.
    #[must_use]
    pub fn entries_left(&self) -> u64 {
        self.entries
    }

    /// Bytes of output that are left to produce.
    #[must_use]
    pub fn bytes_left(&self) -> u64 {
        self.bytes
    }

    /// Bytes that may still be held.
    #[must_use]
    pub fn memory_left(&self) -> u64 {
        self.memory
    }

    /// Units of work that are left.
    #[must_use]
    pub fn work_left(&self) -> u64 {
        self.work
    }

    /// Notes that a bound was reached.
    pub fn note(&mut self, limit: Limit) -> Exhausted {
        if !self.spent.contains(&limit) {
            self.spent.push(limit);
        }
        Exhausted(limit)
    }

    /// Hands over what was noted since the last call, so that it can be booked on the object being read.
    pub fn drain_spent(&mut self) -> Vec<Limit> {
        core::mem::take(&mut self.spent)
    }
}
