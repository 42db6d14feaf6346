//! Who is known: what reports ask to be remembered, kept in one file or in a server that several gates share, and told
//! again when the plugin asks for it.
//!
//! Knowledge makes verdicts better and is never a condition for one. So a mail does not wait for the disk or the server: a
//! thread of its own writes what came together since its last turn, and what cannot be read in time is told as not available.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use sekisho_host::{Fact, Need};
use tokio::time::{Instant, timeout_at};

use crate::metrics::Metrics;
use crate::sources::unavailable;

mod file;
mod shared;

pub use shared::Server;

/// The kinds of facts that are kept and can be told.
const KINDS: [&str; 2] = ["first-contact", "known-correspondent"];

/// Notes that wait for the thread.
const WAITING: usize = 4096;
/// Notes written in one go.
const TOGETHER: usize = 1024;

/// How much is kept, from when on it counts, how long is waited for it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Who was not seen for so long is a stranger again.
    pub keep: Duration,
    /// The most notes of a file; when there are more, the older half goes. A server has bounds of its own.
    pub most: u64,
    /// So long after the memory was begun nobody is called a stranger: everybody would be one.
    pub learn: Duration,
    /// How long a mail waits for what is known of its sender.
    pub deadline: Duration,
}

/// Where notes are, and the thread that writes them.
#[derive(Debug)]
pub struct Acquaintances {
    store: Store,
    deadline: Duration,
    queue: Option<SyncSender<Fact>>,
    writer: Option<JoinHandle<()>>,
    counted: Arc<Counted>,
}

#[derive(Debug)]
enum Store {
    File(Arc<file::Store>),
    Shared(shared::Store),
}

/// Failures are counted one by one, and logged once until it goes well again.
#[derive(Debug)]
struct Counted {
    metrics: Arc<Metrics>,
    fails: AtomicBool,
}

impl Counted {
    fn new(metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { metrics, fails: AtomicBool::new(false) })
    }

    fn failed(&self, many: usize, why: &str) {
        self.metrics.failed_memories.fetch_add(many as u64, Ordering::Relaxed);
        if !self.fails.swap(true, Ordering::Relaxed) {
            tracing::warn!("the memory fails, mail is judged without it: {why}");
        }
    }

    fn went_well(&self) {
        if self.fails.load(Ordering::Relaxed) && self.fails.swap(false, Ordering::Relaxed) {
            tracing::info!("the memory is back");
        }
    }
}

impl Acquaintances {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// It cannot be opened: another gate has it, or it is damaged.
    pub fn open(path: &Path, bounds: Bounds, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let store = Arc::new(file::Store::open(path, bounds, now())?);
        let writes = Arc::clone(&store);
        let write = move |notes: &[Fact]| writes.keep(notes, now()).map_err(|error| error.to_string());
        Self::new(Store::File(store), bounds, write, metrics)
    }

    /// Uses a server that is there or not; to be called inside a runtime.
    ///
    /// # Errors
    /// The system has no thread or no certificates for it.
    pub fn share(server: &Server, bounds: Bounds, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let store = shared::Store::new(server, bounds)?;
        let mut writer = shared::Writer::new(server.clone(), bounds)?;
        Self::new(Store::Shared(store), bounds, move |notes: &[Fact]| writer.keep(notes, now()), metrics)
    }

    fn new(
        store: Store,
        bounds: Bounds,
        write: impl FnMut(&[Fact]) -> Result<(), String> + Send + 'static,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Self> {
        let (queue, notes) = sync_channel(WAITING);
        let counted = Counted::new(metrics);
        let counts = Arc::clone(&counted);
        let work = move || write_all(write, &notes, &counts);
        let writer = std::thread::Builder::new().name("memory".to_owned()).spawn(work)?;
        Ok(Self { store, deadline: bounds.deadline, queue: Some(queue), writer: Some(writer), counted })
    }

    /// What is known of what the plugin needs. What should be known and cannot be told in time is a fact of kind
    /// `unavailable`.
    pub async fn facts(&self, needs: &[Need], until: Instant) -> Vec<Fact> {
        let asked: Vec<Need> = needs.iter().filter(|n| KINDS.contains(&n.kind.as_str())).cloned().collect();
        if asked.is_empty() {
            return Vec::new();
        }
        let now_it_is = Instant::now();
        let until = now_it_is.checked_add(self.deadline).map_or(until, |own| own.min(until));
        let answer = timeout_at(until, self.read(asked.clone())).await;
        match answer.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
            Ok(facts) => {
                self.counted.went_well();
                facts
            }
            Err(why) => {
                self.counted.failed(1, &why);
                asked.iter().map(|need| unavailable(&need.kind, "memory")).collect()
            }
        }
    }

    async fn read(&self, needs: Vec<Need>) -> Result<Vec<Fact>, String> {
        match &self.store {
            Store::File(store) => {
                let store = Arc::clone(store);
                let read = tokio::task::spawn_blocking(move || store.facts(&needs, now()));
                let facts = read.await.map_err(|error| error.to_string())?;
                facts.map_err(|error| error.to_string())
            }
            Store::Shared(store) => store.facts(&needs, now()).await,
        }
    }

    /// Keeps what a report wants remembered.
    pub fn keep(&self, remember: &[Fact]) {
        let Some(queue) = &self.queue else { return };
        for note in remember.iter().filter(|f| KINDS.contains(&f.kind.as_str())) {
            if queue.try_send(note.clone()).is_err() {
                self.counted.failed(1, "more notes than can be written");
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

/// Writes notes until nobody makes any more. What cannot be written is counted and gone.
fn write_all(mut write: impl FnMut(&[Fact]) -> Result<(), String>, notes: &Receiver<Fact>, counted: &Counted) {
    while let Ok(first) = notes.recv() {
        let mut together: Vec<Fact> = vec![first];
        together.extend(notes.try_iter().take(TOGETHER));
        match write(&together) {
            Ok(()) => counted.went_well(),
            Err(why) => counted.failed(together.len(), &why),
        }
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
