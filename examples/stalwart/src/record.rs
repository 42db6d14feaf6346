//! Records of verdicts: enough to repeat each one, without the message.
//!
//! A record is made where the verdict is and written by a thread of its own. Mail never waits for a disk: when the thread
//! falls behind, records are left out and counted.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use sekisho_host::record::{POLICIES, Record, sha256};
use sekisho_host::{Context, Report};

use crate::clock;
use crate::metrics::Metrics;

/// Records that wait for the thread.
const WAITING: usize = 1024;
/// Bytes of records that wait for the thread.
const WAITING_BYTES: usize = 16 << 20;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Records older than so many days go.
    pub days: u64,
    /// When there are more bytes, the oldest go.
    pub bytes: u64,
}

/// Keeps records.
#[derive(Debug)]
pub struct Recorder {
    queue: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
    waiting: Arc<AtomicUsize>,
    /// Policies and their hashes: one a listener, and a few that were exchanged.
    policies: Mutex<Vec<(Arc<str>, String)>>,
    metrics: Arc<Metrics>,
}

/// What the thread has to write.
#[derive(Debug)]
struct Job {
    /// `REFERENCE.json`
    name: String,
    record: Vec<u8>,
    /// What `policies/HASH.json` holds.
    policy: Option<(String, Arc<str>)>,
}

impl Recorder {
    /// Makes the directory if it is missing (mode 700), and starts the thread.
    ///
    /// # Errors
    /// When the directory cannot be made or written to.
    pub fn start(dir: &Path, bounds: Bounds, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let mut store = Store::open(dir, bounds).with_context(|| format!("records in {}", dir.display()))?;
        let (queue, jobs): (_, Receiver<Job>) = sync_channel(WAITING);
        let waiting = Arc::new(AtomicUsize::new(0));
        let (left, counted) = (Arc::clone(&waiting), Arc::clone(&metrics));
        let work = move || {
            for job in jobs {
                left.fetch_sub(job.record.len(), Ordering::Relaxed);
                if let Err(error) = store.keep(&job) {
                    counted.lost_records.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!("record {} was not kept: {error}", job.name);
                }
            }
        };
        let writer = std::thread::Builder::new().name("records".to_owned()).spawn(work)?;
        Ok(Self { queue: Some(queue), writer: Some(writer), waiting, policies: Mutex::default(), metrics })
    }

    /// Hands a record to the thread, or leaves it out when the thread is behind.
    pub fn keep(
        &self,
        (reference, listener): (&str, &str),
        message: &[u8],
        context: &Context,
        (policy, component): (&Arc<str>, &str),
        report: &Report,
    ) {
        let hash = self.hash(policy);
        let record = Record::of((reference, listener), message, context, (&hash, component), report);
        let Ok(record) = record.and_then(|record| serde_json::to_vec(&record)) else { return self.lost() };
        let size = record.len();
        if self.waiting.fetch_add(size, Ordering::Relaxed).saturating_add(size) > WAITING_BYTES {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            return self.lost();
        }
        let policy = (!policy.is_empty()).then(|| (hash, Arc::clone(policy)));
        let job = Job { name: format!("{reference}.json"), record, policy };
        if self.queue.as_ref().is_none_or(|queue| queue.try_send(job).is_err()) {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            self.lost();
        }
    }

    fn lost(&self) {
        self.metrics.lost_records.fetch_add(1, Ordering::Relaxed);
    }

    /// The hash of a policy, computed once.
    fn hash(&self, policy: &Arc<str>) -> String {
        if policy.is_empty() {
            return String::new();
        }
        let mut known = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, hash)) = known.iter().find(|(known, _)| Arc::ptr_eq(known, policy)) {
            return hash.clone();
        }
        let hash = sha256(policy.as_bytes());
        // Policies that were exchanged are of no use any more.
        known.retain(|(known, _)| Arc::strong_count(known) > 1);
        known.push((Arc::clone(policy), hash.clone()));
        hash
    }
}

impl Drop for Recorder {
    /// Writes what still waits.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// The directory: `DAY/REFERENCE.json`, `policies/HASH.json`. References sort by time.
struct Store {
    dir: PathBuf,
    bounds: Bounds,
    /// The day whose records are written now.
    today: String,
    /// Policies written today.
    policies: BTreeSet<String>,
    /// Bytes of all records.
    bytes: u64,
}

impl Store {
    fn open(dir: &Path, bounds: Bounds) -> io::Result<Self> {
        make(dir)?;
        make(&dir.join(POLICIES))?;
        // Better told at the start than by the first mail.
        let probe = dir.join(".probe");
        drop(create(&probe)?);
        fs::remove_file(probe)?;
        let mut store = Self { dir: dir.to_owned(), bounds, today: String::new(), policies: BTreeSet::new(), bytes: 0 };
        store.new_day()?;
        Ok(store)
    }

    fn keep(&mut self, job: &Job) -> io::Result<()> {
        if !clock::now().starts_with(&self.today) {
            self.new_day()?;
        }
        if let Some((hash, policy)) = &job.policy
            && !self.policies.contains(hash)
        {
            // Written anew once a day: its age says when it was last used.
            write(&self.dir.join(POLICIES).join(format!("{hash}.json")), policy.as_bytes())?;
            self.policies.insert(hash.clone());
        }
        write(&self.dir.join(&self.today).join(&job.name), &job.record)?;
        self.bytes = self.bytes.saturating_add(u64::try_from(job.record.len()).unwrap_or(u64::MAX));
        if self.bytes > self.bounds.bytes {
            self.tidy()?;
        }
        Ok(())
    }

    fn new_day(&mut self) -> io::Result<()> {
        self.today = clock::now().get(..10).unwrap_or_default().to_owned();
        self.policies.clear();
        make(&self.dir.join(&self.today))?;
        self.tidy()
    }

    /// Deletes what is too old, then the oldest until a tenth of the room is free.
    fn tidy(&mut self) -> io::Result<()> {
        let oldest =
            SystemTime::now().checked_sub(DAY.saturating_mul(u32::try_from(self.bounds.days).unwrap_or(u32::MAX)));
        for policy in list(&self.dir.join(POLICIES))? {
            let written = policy.metadata().and_then(|found| found.modified());
            if written.ok().zip(oldest).is_some_and(|(written, oldest)| written < oldest) {
                fs::remove_file(policy.path())?;
            }
        }
        let mut days: Vec<_> =
            list(&self.dir)?.into_iter().map(|entry| entry.path()).filter(|path| is_day(path)).collect();
        days.sort();
        let mut records = Vec::new();
        let mut bytes = 0_u64;
        for day in &days {
            let mut files = list(day)?;
            files.sort_by_key(std::fs::DirEntry::file_name);
            for file in files {
                let Ok(found) = file.metadata() else { continue };
                bytes = bytes.saturating_add(found.len());
                records.push((file.path(), found));
            }
        }
        let wanted =
            if bytes > self.bounds.bytes { self.bounds.bytes.saturating_sub(self.bounds.bytes / 10) } else { bytes };
        for (path, found) in records {
            let is_old = found.modified().ok().zip(oldest).is_some_and(|(written, oldest)| written < oldest);
            if is_old || bytes > wanted {
                fs::remove_file(path)?;
                bytes = bytes.saturating_sub(found.len());
            }
        }
        for day in days.iter().filter(|day| !day.ends_with(&self.today)) {
            // Goes when nothing is in it.
            let _ = fs::remove_dir(day);
        }
        self.bytes = bytes;
        Ok(())
    }
}

fn list(dir: &Path) -> io::Result<Vec<fs::DirEntry>> {
    fs::read_dir(dir)?.collect()
}

/// `2026-11-24`: whatever else lies in the directory is not ours.
fn is_day(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.len() == 10
        && name.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() })
}

fn make(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// A file is there whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half = path.with_extension("half");
    create(&half)?.write_all(bytes)?;
    fs::rename(half, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::reference;

    fn place() -> PathBuf {
        std::env::temp_dir().join(format!("sekisho-records-{}", reference::next()))
    }

    fn records(dir: &Path) -> Vec<PathBuf> {
        let days = list(dir).unwrap().into_iter().map(|e| e.path()).filter(|path| is_day(path));
        let mut all: Vec<_> = days.flat_map(|day| list(&day).unwrap()).map(|e| e.path()).collect();
        all.sort();
        all
    }

    fn report() -> Report {
        let host = crate::plugin();
        host.scan_message(b"Subject: x\r\n\r\nx\r\n", &Context::default(), "").unwrap()
    }

    #[test]
    fn what_is_kept_repeats_the_verdict_and_belongs_to_one_user() {
        let (dir, metrics, report) = (place(), Arc::new(Metrics::default()), report());
        let bounds = Bounds { days: 1, bytes: 1 << 20 };
        let policy: Arc<str> = r#"{"profile":"tag"}"#.into();
        let context = Context { recipients: vec!["b@b.test".into()], ..Context::default() };
        let recorder = Recorder::start(&dir, bounds, Arc::clone(&metrics)).unwrap();
        for reference in ["T43FJ-HRM00", "T43FJ-HRM01"] {
            recorder.keep((reference, "mx"), b"abc", &context, (&policy, "c0"), &report);
        }
        drop(recorder);
        let kept = records(&dir);
        assert_eq!(kept.len(), 2);
        let record: Record = serde_json::from_slice(&fs::read(&kept[0]).unwrap()).unwrap();
        assert_eq!((record.reference.as_str(), &record.context), ("T43FJ-HRM00", &context));
        assert_eq!(record.report.get(), serde_json::to_string(&report).unwrap());
        let file = dir.join(POLICIES).join(format!("{}.json", record.policy_sha256));
        assert_eq!(fs::read_to_string(&file).unwrap(), &*policy);
        for path in [&kept[0], &file] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(metrics.lost_records.load(Ordering::Relaxed), 0);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn the_oldest_go_when_there_is_no_room() {
        let (dir, report) = (place(), report());
        let bounds = Bounds { days: 1, bytes: 20_000 };
        let recorder = Recorder::start(&dir, bounds, Arc::new(Metrics::default())).unwrap();
        let policy: Arc<str> = "".into();
        fs::write(dir.join("notes.txt"), "not ours").unwrap();
        for number in 0..200 {
            recorder.keep((&format!("{number:05}"), "mx"), b"abc", &Context::default(), (&policy, "c0"), &report);
        }
        drop(recorder);
        let kept = records(&dir);
        let bytes: u64 = kept.iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert!(bytes <= bounds.bytes && bytes > bounds.bytes / 2, "{bytes}");
        assert!(kept.last().unwrap().ends_with("00199.json") && !kept[0].ends_with("00000.json"));
        assert!(dir.join("notes.txt").exists());
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn what_is_too_old_goes() {
        let (dir, bounds) = (place(), Bounds { days: 2, bytes: 1 << 20 });
        let old = dir.join("2020-01-01");
        make(&old).unwrap();
        let file = create(&old.join("A.json")).unwrap();
        file.set_modified(SystemTime::now().checked_sub(DAY * 3).unwrap()).unwrap();
        Store::open(&dir, bounds).unwrap();
        assert!(!old.exists());
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_disk_that_is_gone_costs_records_and_nothing_else() {
        let (dir, metrics, report) = (place(), Arc::new(Metrics::default()), report());
        let recorder = Recorder::start(&dir, Bounds { days: 1, bytes: 1 << 20 }, Arc::clone(&metrics)).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        recorder.keep(("A", "mx"), b"abc", &Context::default(), (&"".into(), "c0"), &report);
        drop(recorder);
        assert_eq!(metrics.lost_records.load(Ordering::Relaxed), 1);
    }
}
