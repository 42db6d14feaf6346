//! Who is known: what reports ask to be remembered, kept in one file, and told again when the plugin asks for it.
//!
//! Knowledge makes verdicts better and is never a condition for one. So a mail does not wait for the disk: a thread of its
//! own writes what came together since its last turn, and what cannot be read is told as not available.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use sekisho_host::{Fact, Need};
use tokio::time::{Instant, timeout_at};

use crate::metrics::Metrics;
use crate::sources::{fact, unavailable};

/// Kind and address, a line feed between them → seconds since 1970, value.
const KNOWN: TableDefinition<'_, &str, (u64, &str)> = TableDefinition::new("known");
/// When the file was begun, seconds since 1970.
const BEGUN: TableDefinition<'_, (), u64> = TableDefinition::new("begun");

/// The kinds of facts that are kept and can be told.
const KINDS: [&str; 2] = ["first-contact", "known-correspondent"];

/// Notes that wait for the thread.
const WAITING: usize = 4096;
/// Notes written in one go.
const TOGETHER: usize = 1024;
/// Bytes of the file held in memory.
const CACHE: usize = 8 << 20;

/// How much is kept, and from when on it counts.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Who was not seen for so long is a stranger again.
    pub keep: Duration,
    /// The most notes; when there are more, the older half goes.
    pub most: u64,
    /// So long after the file was begun nobody is called a stranger: everybody would be one.
    pub learn: Duration,
}

/// The file, and the thread that writes it.
#[derive(Debug)]
pub struct Acquaintances {
    store: Arc<Store>,
    queue: Option<SyncSender<Fact>>,
    writer: Option<JoinHandle<()>>,
    metrics: Arc<Metrics>,
}

impl Acquaintances {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// It cannot be opened: another gate has it, or it is damaged.
    pub fn open(path: &Path, bounds: Bounds, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        // Addresses stand in it: nobody else's to read.
        OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let store = Arc::new(Store::open(path, bounds, now())?);
        let (queue, notes) = sync_channel(WAITING);
        let (written, counted) = (Arc::clone(&store), Arc::clone(&metrics));
        let work = move || write(&written, &notes, &counted);
        let writer = std::thread::Builder::new().name("memory".to_owned()).spawn(work)?;
        Ok(Self { store, queue: Some(queue), writer: Some(writer), metrics })
    }

    /// What is known of what the plugin needs. What the file should know and cannot tell in time is a fact of kind
    /// `unavailable`.
    pub async fn facts(&self, needs: &[Need], until: Instant) -> Vec<Fact> {
        let asked: Vec<Need> = needs.iter().filter(|n| KINDS.contains(&n.kind.as_str())).cloned().collect();
        if asked.is_empty() {
            return Vec::new();
        }
        let (store, needs) = (Arc::clone(&self.store), asked.clone());
        let read = tokio::task::spawn_blocking(move || store.facts(&needs, now()));
        let why = match timeout_at(until, read).await {
            Ok(Ok(Ok(facts))) => return facts,
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the file did not answer in time".to_owned(),
        };
        self.metrics.failed_memories.fetch_add(1, Ordering::Relaxed);
        tracing::warn!("memory: {why}");
        asked.iter().map(|need| unavailable(&need.kind, "memory")).collect()
    }

    /// Keeps what a report wants remembered.
    pub fn keep(&self, remember: &[Fact]) {
        let Some(queue) = &self.queue else { return };
        for note in remember.iter().filter(|f| KINDS.contains(&f.kind.as_str())) {
            if queue.try_send(note.clone()).is_err() {
                self.metrics.failed_memories.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for Acquaintances {
    /// Waits until all is written.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Writes notes until nobody makes any more.
fn write(store: &Store, notes: &Receiver<Fact>, metrics: &Metrics) {
    while let Ok(first) = notes.recv() {
        let mut together: Vec<Fact> = vec![first];
        together.extend(notes.try_iter().take(TOGETHER));
        if let Err(error) = store.keep(&together, now()) {
            metrics.failed_memories.fetch_add(together.len() as u64, Ordering::Relaxed);
            tracing::warn!("memory: {error}");
        }
    }
}

/// The file. Times come in as seconds since 1970.
#[derive(Debug)]
struct Store {
    database: Database,
    bounds: Bounds,
}

impl Store {
    fn open(path: &Path, bounds: Bounds, now: u64) -> Result<Self, redb::Error> {
        let database = Database::builder().set_cache_size(CACHE).create(path)?;
        let store = Self { database, bounds };
        store.begin(now)?;
        Ok(store)
    }

    fn begin(&self, now: u64) -> Result<(), redb::Error> {
        let change = self.database.begin_write()?;
        {
            let mut begun = change.open_table(BEGUN)?;
            if begun.get(())?.is_none() {
                begun.insert((), now)?;
            }
            change.open_table(KNOWN)?;
        }
        change.commit()?;
        Ok(())
    }

    fn facts(&self, needs: &[Need], now: u64) -> Result<Vec<Fact>, redb::Error> {
        let read = self.database.begin_read()?;
        let known = read.open_table(KNOWN)?;
        let begun = read.open_table(BEGUN)?.get(())?.map_or(now, |at| at.value());
        let learnt = now.saturating_sub(begun) >= self.bounds.learn.as_secs();
        let mut out = Vec::new();
        for need in needs {
            let note = known.get(key(&need.kind, &need.key).as_str())?;
            let note = note.as_ref().map(redb::AccessGuard::value).filter(|(at, _)| self.counts(*at, now));
            match note {
                Some((_, value)) => out.push(fact(&need.kind, &need.key, value)),
                None if need.kind == "first-contact" && learnt => out.push(fact(&need.kind, &need.key, "yes")),
                None => {}
            }
        }
        Ok(out)
    }

    fn counts(&self, at: u64, now: u64) -> bool {
        now.saturating_sub(at) < self.bounds.keep.as_secs()
    }

    fn keep(&self, notes: &[Fact], now: u64) -> Result<(), redb::Error> {
        // What is noted twice is written once.
        let notes: BTreeMap<String, &str> =
            notes.iter().map(|note| (key(&note.kind, &note.key), note.value.as_str())).collect();
        let change = self.database.begin_write()?;
        {
            let mut known = change.open_table(KNOWN)?;
            for (key, value) in &notes {
                known.insert(key.as_str(), (now, *value))?;
            }
            if known.len()? > self.bounds.most {
                let mut times = Vec::new();
                for note in known.iter()? {
                    times.push(note?.1.value().0);
                }
                times.sort_unstable();
                let middle = times.get(times.len().wrapping_div(2)).copied().unwrap_or(now);
                known.retain(|_, (at, _)| at >= middle && self.counts(at, now))?;
                // All of one second: there is no older half.
                let mut left = self.bounds.most;
                known.retain(|_, _| {
                    let stays = left > 0;
                    left = left.saturating_sub(1);
                    stays
                })?;
            }
        }
        change.commit()?;
        Ok(())
    }
}

fn key(kind: &str, key: &str) -> String {
    format!("{kind}\n{}", key.to_ascii_lowercase())
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
