//! The memory of one gate: a file.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use sekisho_host::{Fact, Need};

use super::Bounds;
use crate::sources::fact;

/// Kind and address, a line feed between them → seconds since 1970, value.
const KNOWN: TableDefinition<'_, &str, (u64, &str)> = TableDefinition::new("known");
/// When the file was begun, seconds since 1970.
const BEGUN: TableDefinition<'_, (), u64> = TableDefinition::new("begun");

/// Bytes of the file held in memory.
const CACHE: usize = 8 << 20;

/// The file. Times come in as seconds since 1970.
#[derive(Debug)]
pub struct Store {
    database: Database,
    bounds: Bounds,
}

impl Store {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// It cannot be opened: another gate has it, or it is damaged.
    pub fn open(path: &Path, bounds: Bounds, now: u64) -> anyhow::Result<Self> {
        // Addresses stand in it: nobody else's to read.
        OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
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

    /// What the file knows of what is needed.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn facts(&self, needs: &[Need], now: u64) -> Result<Vec<Fact>, redb::Error> {
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

    /// Writes notes.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, notes: &[Fact], now: u64) -> Result<(), redb::Error> {
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

#[cfg(test)]
mod tests;
