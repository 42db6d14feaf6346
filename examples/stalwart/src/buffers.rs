//! Buffers for large mail, handed on from mail to mail.
//!
//! The system clears each page of a new buffer when it is first written to, which takes longer than receiving the mail. So a
//! few buffers are kept for the mail that follows, and given back when none does. They are handed on empty: what an earlier
//! mail left in the memory behind cannot be read.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// From so many bytes on a mail is worth a buffer; smaller ones are at home on the heap.
pub const LARGE: usize = 256 << 10;

/// The room of a buffer, bytes. Larger mail outgrows it, and what has grown is not kept.
pub const ROOM: usize = 8 << 20;

/// As many are kept. With what the sandboxes keep, memory stays below 64 MB.
const KEPT: usize = 2;

/// How long they lie about unused.
const IDLE: Duration = Duration::from_secs(5);

/// The buffers of the process: they stand before its allocator.
pub static BUFFERS: Buffers = Buffers::new();

/// A lender of buffers.
#[derive(Debug)]
pub struct Buffers {
    free: Mutex<Vec<Vec<u8>>>,
    returned: Notify,
}

impl Buffers {
    const fn new() -> Self {
        Self { free: Mutex::new(Vec::new()), returned: Notify::const_new() }
    }

    /// An empty buffer with [`ROOM`].
    #[must_use]
    pub fn lend(&self) -> Vec<u8> {
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Vec::with_capacity(ROOM))
    }

    /// Takes a buffer back; one from elsewhere, or one too many, is dropped.
    pub fn take_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() != ROOM {
            return;
        }
        buffer.clear();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(buffer);
            drop(free);
            self.returned.notify_one();
        }
    }

    /// Gives the buffers back to the system once none came back for a while, until the gate stops.
    pub async fn tidy(&self, mut stop: watch::Receiver<bool>) {
        let mut due: Option<Instant> = None;
        loop {
            let idle = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.returned.notified() => due = Instant::now().checked_add(IDLE),
                () = idle => {
                    due = None;
                    let idle = std::mem::take(&mut *self.free.lock().unwrap_or_else(PoisonError::into_inner));
                    drop(idle);
                }
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Buffers {
        fn kept(&self) -> usize {
            self.free.lock().unwrap().len()
        }
    }

    #[test]
    fn a_buffer_comes_back_empty_and_the_same() {
        let buffers = Buffers::new();
        let mut buffer = buffers.lend();
        buffer.extend_from_slice(b"mail of someone else");
        let at = buffer.as_ptr();
        buffers.take_back(buffer);
        let again = buffers.lend();
        assert_eq!((again.len(), again.capacity(), again.as_ptr()), (0, ROOM, at));
        assert_eq!(buffers.kept(), 0);
    }

    #[test]
    fn few_are_kept_and_none_that_grew() {
        let buffers = Buffers::new();
        let mut grown = buffers.lend();
        grown.resize(ROOM + 1, 0);
        buffers.take_back(grown);
        buffers.take_back(b"small".to_vec());
        assert_eq!(buffers.kept(), 0);
        let all: Vec<_> = (0..=KEPT).map(|_| buffers.lend()).collect();
        all.into_iter().for_each(|buffer| buffers.take_back(buffer));
        assert_eq!(buffers.kept(), KEPT);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_ones_go_and_used_ones_stay() {
        let (stopper, stop) = watch::channel(false);
        let buffers: &Buffers = Box::leak(Box::new(Buffers::new()));
        let tidying = tokio::spawn(buffers.tidy(stop));
        for _ in 0..3 {
            buffers.take_back(buffers.lend());
            tokio::time::sleep(IDLE * 3 / 4).await;
            assert_eq!(buffers.kept(), 1);
        }
        tokio::time::sleep(IDLE).await;
        assert_eq!(buffers.kept(), 0);
        stopper.send(true).unwrap();
        tidying.await.unwrap();
    }
}
