//! Connections: sockets, deadlines, room for messages.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::frame::{FrameError, Frames, put};
use super::session::{Session, SessionError, Step};
use crate::config::Limits;
use crate::judge::{Course, Judge};
use crate::mail::Mail;
use crate::metrics::{Held, Metrics};
use crate::socket::Stream;
use crate::verdict::Verdict;

/// Bytes read at once: a body frame, and its header.
const READ: usize = 68 << 10;

/// A unit of room for messages in flight, bytes.
const UNIT: usize = 64 << 10;

/// How long a message waits for room before its verdict is "not now".
const ROOM_WAIT: Duration = Duration::from_secs(10);

/// How often a mail server is told that work goes on; it restarts its timeout then.
const PROGRESS: Duration = Duration::from_secs(5);

/// How long an answer may take to be taken.
const WRITE: Duration = Duration::from_secs(60);

/// What all connections of a milter listener share.
#[derive(Debug)]
pub struct Door {
    /// The plugin.
    pub judge: Arc<Judge>,
    /// What is set for this listener.
    pub course: Arc<Course>,
    /// Bounds.
    pub limits: Limits,
    /// Room for messages of all listeners.
    pub room: Arc<Room>,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Room for messages in flight.
#[derive(Debug)]
pub struct Room(Arc<Semaphore>);

impl Room {
    /// Room for this many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS))))
    }
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
        let _connection = self.metrics.connections.hold(1);
        if let Err(broken) = self.converse(stream, stop).await {
            tracing::warn!(listener = self.course.name, "milter connection closed: {broken}");
        }
    }

    async fn converse(&self, mut stream: Stream, mut stop: watch::Receiver<bool>) -> Result<(), Broken> {
        let limit = self.limits.message_mib.saturating_mul(1 << 20);
        let mut session = Session::new(limit, self.course.way.without_hold);
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        let mut place = Place::new(self);
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
                place.fit(&mut session).await;
            }
            flush(&mut stream, &mut out).await?;
            let buffer = frames.space();
            if buffer.is_empty() && !session.is_busy() {
                // Idle connections are many; they cost nothing.
                buffer.shrink_to(0);
            }
            buffer.reserve(if session.is_busy() { READ } else { READ >> 4 });
            let idle = Duration::from_secs(self.limits.idle_seconds);
            let read = tokio::select! {
                read = timeout(idle, stream.read(buffer)) => read.map_err(|_| Broken::Idle)??,
                () = stopped(&mut stop), if !session.is_busy() => return Ok(()),
            };
            if read == 0 {
                let midway = session.is_busy() || frames.is_broken_off();
                return if midway { Err(Broken::Gone) } else { Ok(()) };
            }
        }
    }

    /// Waits for the verdict, and tells the mail server now and then that it will come.
    async fn wait_for_verdict(&self, mail: Mail, stream: &mut Stream, out: &mut Vec<u8>) -> Result<Verdict, Broken> {
        let verdict = self.judge.judge(mail, &self.course);
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
        out.shrink_to(UNIT);
    }
    Ok(())
}

/// The room a connection has taken.
struct Place<'d> {
    door: &'d Door,
    taken: Option<OwnedSemaphorePermit>,
    counted: Option<Held<'d>>,
}

impl<'d> Place<'d> {
    fn new(door: &'d Door) -> Self {
        Self { door, taken: None, counted: None }
    }

    /// Takes room as the message grows, and gives it back when it is gone.
    async fn fit(&mut self, session: &mut Session) {
        let kept = session.kept();
        if kept == 0 {
            self.leave();
            return;
        }
        let wanted = kept.div_ceil(UNIT);
        let has = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = wanted.checked_sub(has).and_then(|more| u32::try_from(more).ok()).filter(|more| *more > 0)
        else {
            return;
        };
        match timeout(ROOM_WAIT, Arc::clone(&self.door.room.0).acquire_many_owned(more)).await {
            Ok(Ok(permit)) => {
                match &mut self.taken {
                    Some(taken) => taken.merge(permit),
                    None => self.taken = Some(permit),
                }
                let bytes = wanted.saturating_mul(UNIT);
                self.counted = Some(self.door.metrics.in_flight.hold(u64::try_from(bytes).unwrap_or(0)));
            }
            _ => {
                session.overload();
                self.leave();
            }
        }
    }

    fn leave(&mut self) {
        self.taken = None;
        self.counted = None;
    }
}
