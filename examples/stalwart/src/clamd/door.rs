//! Connections of clients of clamd.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sekisho_protocol::clamd::content::mail;
use sekisho_protocol::clamd::session::{Call, Request, Session};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::buffers::{BUFFERS, LARGE, ROOM};
use crate::house::{House, Place};
use crate::judge::{Course, Judged};
use crate::mail::{Mail, Refused};
use crate::socket::Stream;
use crate::verdict::{OnFailure, Verdict};

/// Bytes read at once.
const READ: usize = 64 << 10;

/// What all connections of a listener share.
#[derive(Debug)]
pub struct Door {
    /// What all doors share.
    pub house: Arc<House>,
    /// What is set for this listener.
    pub course: Arc<Course>,
    /// How long a client waits for an answer; they give up early and ask again.
    pub deadline: Duration,
}

impl Door {
    /// Serves one connection to its end. Told to stop, it finishes the scan under way.
    pub async fn serve(&self, stream: Stream, stop: watch::Receiver<bool>) {
        let _connection = self.house.metrics.connections.hold(1);
        if let Err(error) = self.converse(stream, stop).await {
            tracing::warn!(listener = self.course.name, "clamd connection closed: {error}");
        }
    }

    async fn converse(&self, mut stream: Stream, mut stop: watch::Receiver<bool>) -> io::Result<()> {
        let mut session = Session::new(self.house.largest());
        let mut place = Place::new(&self.house);
        let mut buffer = Vec::with_capacity(READ);
        // The number of the command, within IDSESSION.
        let mut number: Option<u64> = None;
        let idle = Duration::from_secs(self.house.limits.idle_seconds);
        loop {
            buffer.clear();
            let read = tokio::select! {
                read = timeout(idle, stream.read(&mut buffer)) => read.map_err(|_| io::ErrorKind::TimedOut)??,
                _ = stop.wait_for(|stop| *stop), if !session.is_busy() => return Ok(()),
            };
            if read == 0 {
                return Ok(());
            }
            let mut bytes = buffer.as_slice();
            while let Some(Call { request, end }) = session.take(&mut bytes) {
                let last = matches!(request, Request::End | Request::Scan(None) | Request::Unknown);
                match request {
                    Request::End => return Ok(()),
                    Request::Begin => {
                        number = Some(0);
                        continue;
                    }
                    _ => {}
                }
                number = number.map(|n| n.saturating_add(1));
                let said = self.answer(request).await;
                let prefix = number.map(|n| format!("{n}: ")).unwrap_or_default();
                let line = [prefix.as_bytes(), said.as_bytes(), &[end]].concat();
                stream.write_all(&line).await?;
                if last || number.is_none() {
                    return stream.shutdown().await;
                }
            }
            if session.kept() >= LARGE && session.room() < ROOM {
                session.move_into(BUFFERS.lend());
            }
            if !place.fit(session.kept()).await {
                let said = self.scan(Mail { refused: Some(Refused::Overload), ..Mail::default() }).await;
                stream.write_all(format!("{said}\0").as_bytes()).await?;
                return stream.shutdown().await;
            }
        }
    }

    async fn answer(&self, request: Request) -> String {
        match request {
            Request::Ping => "PONG".to_owned(),
            Request::Version => concat!("Sekisho ", env!("CARGO_PKG_VERSION")).to_owned(),
            Request::Scan(Some(content)) => self.scan(mail(content)).await,
            Request::Scan(None) => "INSTREAM size limit exceeded. ERROR".to_owned(),
            Request::Begin | Request::End | Request::Unknown => "UNKNOWN COMMAND".to_owned(),
        }
    }

    async fn scan(&self, mail: Mail) -> String {
        match timeout(self.deadline, self.house.judge.judged(mail, &self.course)).await {
            Ok(judged) => said(&judged),
            Err(_) if self.course.way.on_failure == OnFailure::Accept => "stream: OK".to_owned(),
            Err(_) => "stream: no verdict in time ERROR".to_owned(),
        }
    }
}

/// A verdict in clamd's words. There is no way to mark or change a mail here: what may pass with a mark passes.
fn said(judged: &Judged) -> String {
    match (&judged.verdict, judged.action.as_str()) {
        (_, "strip") | (Verdict::Hold { .. } | Verdict::Discard | Verdict::Redirect { .. }, _) => {
            format!("stream: {} FOUND", name(judged))
        }
        (Verdict::Pass(_), _) => "stream: OK".to_owned(),
        (Verdict::Refuse(refusal), _) if refusal.code < 500 => "stream: no verdict for now ERROR".to_owned(),
        (Verdict::Refuse(_), _) => format!("stream: {} FOUND", name(judged)),
    }
}

/// What was found. "Encrypted" and "could not look inside" have prefixes by which Rspamd and others tell them from viruses.
fn name(judged: &Judged) -> String {
    let rule = judged.rules.first().map_or("policy", String::as_str);
    if rule.contains("encrypt") {
        format!("Heuristics.Encrypted.{rule}")
    } else if rule.starts_with("limit-") || rule.ends_with("-unsupported") || judged.action == "too-large" {
        format!("Heuristics.Limits.Exceeded.{rule}")
    } else {
        format!("Sekisho.{rule}")
    }
}

#[cfg(test)]
mod tests;
