//! Many messages at once, told in their order.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use sekisho_host::Report;

use super::source::{Message, Sources};

/// What became of one message.
#[derive(Debug)]
pub struct Scanned {
    /// Its path, and its number in a mailbox.
    pub label: String,
    /// Its length, bytes.
    pub size: u64,
    /// The report, or why there is none.
    pub report: Result<Report, String>,
}

/// Looks at one message.
pub type Scan<'s> = &'s (dyn Fn(&[u8]) -> Result<Report, String> + Sync);

/// A message on its way: its place in the order, its label, its bytes.
type Job = (u64, String, io::Result<Message>);

/// Reading is recursive; native code gets as much stack as the main thread has.
const STACK: usize = 8 << 20;

/// Scans all messages on `jobs` threads and calls `tell` with each result, in the order of the sources. Only as many
/// messages are in memory as there are threads, and twice as many again waiting.
///
/// # Errors
/// The first error of `tell`; then the rest is left alone.
pub fn each(
    sources: &Sources,
    jobs: usize,
    scan: Scan<'_>,
    mut tell: impl FnMut(Scanned) -> io::Result<()>,
) -> io::Result<()> {
    let (give, take) = sync_channel::<Job>(jobs.saturating_mul(2));
    let (done, results) = sync_channel::<(u64, Scanned)>(jobs);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut order = 0..;
            for source in &sources.files {
                let going = source.messages(|label, message| {
                    order.next().is_some_and(|number| give.send((number, label, message)).is_ok())
                });
                if !going {
                    break;
                }
            }
        });
        // The last worker to leave drops the receiver, and then the thread above stops as well.
        let take = Arc::new(Mutex::new(take));
        for _ in 0..jobs {
            let (take, done) = (Arc::clone(&take), done.clone());
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
                while let Some((number, label, message)) = next(&take) {
                    if done.send((number, look(label, message, scan))).is_err() {
                        break;
                    }
                }
            })?;
        }
        drop((take, done));
        in_order(results, &mut tell)
    })
}

/// Asks `look` of all items on `jobs` threads and calls `tell` with each answer, in the order of the items.
///
/// # Errors
/// The first error of `tell`; then the rest is left alone.
pub fn all<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    look: &(dyn Fn(&T) -> R + Sync),
    mut tell: impl FnMut(&T, R) -> io::Result<()>,
) -> io::Result<()> {
    for block in items.chunks(jobs.saturating_mul(BLOCK).max(1)) {
        let answers = thread::scope(|scope| -> io::Result<Vec<Vec<R>>> {
            let workers: Vec<_> = block
                .chunks(block.len().div_ceil(jobs.max(1)))
                .map(|share| {
                    let work = || share.iter().map(look).collect::<Vec<R>>();
                    thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work)
                })
                .collect::<io::Result<_>>()?;
            workers.into_iter().map(|w| w.join().map_err(|_| io::Error::other("a thread has panicked"))).collect()
        })?;
        for (item, answer) in block.iter().zip(answers.into_iter().flatten()) {
            tell(item, answer)?;
        }
    }
    Ok(())
}

/// Items a thread looks at before it tells of them.
const BLOCK: usize = 256;

fn next(take: &Mutex<Receiver<Job>>) -> Option<Job> {
    take.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn look(label: String, message: io::Result<Message>, scan: Scan<'_>) -> Scanned {
    match message.and_then(Message::read) {
        Ok(bytes) => Scanned { label, size: bytes.len() as u64, report: scan(&bytes) },
        Err(error) => Scanned { label, size: 0, report: Err(error.to_string()) },
    }
}

/// Results come as they are ready; those that are early wait.
fn in_order(results: Receiver<(u64, Scanned)>, tell: &mut impl FnMut(Scanned) -> io::Result<()>) -> io::Result<()> {
    let mut early = BTreeMap::new();
    let mut wanted = 0_u64;
    for (number, scanned) in results {
        early.insert(number, scanned);
        while let Some(scanned) = early.remove(&wanted) {
            tell(scanned)?;
            wanted = wanted.saturating_add(1);
        }
    }
    Ok(())
}
