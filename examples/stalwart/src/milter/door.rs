//! Connections: sockets, deadlines, room for messages.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sekisho_protocol::milter::frame::{FrameError, Frames, put};
use sekisho_protocol::milter::session::{Session, SessionError, Step};
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::buffers::{BUFFERS, LARGE, ROOM};
use crate::house::{House, Place};
use crate::judge::Course;
use crate::mail::Mail;
use crate::socket::Stream;
use crate::verdict::Verdict;

/// Bytes read at once: a body frame, and its header.
const READ: usize = 68 << 10;

/// How often a mail server is told that work goes on; it restarts its timeout then.
const PROGRESS: Duration = Duration::from_secs(5);

/// How long an answer may take to be taken.
const WRITE: Duration = Duration::from_secs(60);

/// What all connections of a milter listener share.
#[derive(Debug)]
pub struct Door {
    /// What all doors share.
    pub house: Arc<House>,
    /// What is set for this listener.
    pub course: Arc<Course>,
}

/// Why a connection ended early.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("{0}")]
    Session(#[from] SessionError),
    #[error("the peer went away in the middle of a message")]
    Gone,
    #[error("silent for too long")]
    Idle,
    #[error("the peer does not take its answer")]
    Slow,
}

impl Door {
    /// Serves one connection to its end. Told to stop, it finishes the mail under way.
    pub async fn serve(&self, stream: Stream, stop: watch::Receiver<bool>) {
        let _connection = self.house.metrics.connections.hold(1);
        if let Err(broken) = self.converse(stream, stop).await {
            tracing::warn!(listener = self.course.name, "milter connection closed: {broken}");
        }
    }

    async fn converse(&self, mut stream: Stream, mut stop: watch::Receiver<bool>) -> Result<(), Broken> {
        let limit = self.house.limits.message_mib.saturating_mul(1 << 20);
        let mut session = Session::new(limit, self.course.way.without_hold);
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        let mut place = Place::new(&self.house);
        loop {
            while let Some(frame) = frames.next_frame()? {
                match session.take(frame, &mut out)? {
                    Step::Next => {}
                    Step::Close => return flush(&mut stream, &mut out).await,
                    Step::Judge(mail) => {
                        let verdict = self.wait_for_verdict(*mail, &mut stream, &mut out).await?;
                        session.answer(&verdict, &mut out);
                    }
                }
                if !place.fit(session.kept()).await {
                    session.overload();
                }
                if session.kept() >= LARGE && session.room() < ROOM {
                    session.move_into(BUFFERS.lend());
                }
            }
            flush(&mut stream, &mut out).await?;
            let buffer = frames.space();
            if buffer.is_empty() && !session.is_busy() {
                // Idle connections are many; they cost nothing.
                buffer.shrink_to(0);
            }
            buffer.reserve(if session.is_busy() { READ } else { READ >> 4 });
            let idle = Duration::from_secs(self.house.limits.idle_seconds);
            let read = tokio::select! {
                read = timeout(idle, stream.read(buffer)) => read.map_err(|_| Broken::Idle)??,
                () = stopped(&mut stop), if !session.is_busy() => return Ok(()),
            };
            if read == 0 {
                let midway = frames.is_broken_off() || session.is_busy() && !session.may_go();
                return if midway { Err(Broken::Gone) } else { Ok(()) };
            }
        }
    }

    /// Waits for the verdict, and tells the mail server now and then that it will come.
    async fn wait_for_verdict(&self, mail: Mail, stream: &mut Stream, out: &mut Vec<u8>) -> Result<Verdict, Broken> {
        let verdict = self.house.judge.judge(mail, &self.course);
        tokio::pin!(verdict);
        let mut ticks = tokio::time::interval_at(saturating_later(PROGRESS), PROGRESS);
        loop {
            tokio::select! {
                verdict = &mut verdict => return Ok(verdict),
                _ = ticks.tick() => {
                    put(out, b'p', &[]);
                    flush(stream, out).await?;
                }
            }
        }
    }
}

fn saturating_later(by: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(by).unwrap_or(now)
}

/// Until the gate is told to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // When the sender is gone the gate is gone as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// All answers in one write: small packets one by one would wait for each other.
async fn flush(stream: &mut Stream, out: &mut Vec<u8>) -> Result<(), Broken> {
    if !out.is_empty() {
        timeout(WRITE, stream.write_all(out)).await.map_err(|_| Broken::Slow)??;
        out.clear();
        out.shrink_to(READ);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
