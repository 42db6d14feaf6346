//! The memory of several gates: a Redis or Valkey server.
//!
//! What one gate notes the others know. Every note has a key of its own that the server forgets after `keep-days`; one more
//! key says when the memory was begun. The server is asked in one round trip a mail, within a deadline. Whether it is there
//! or not, mail goes on.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, Pipeline, RedisError};
use sekisho_host::{Fact, Need};
use serde::Deserialize;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::Bounds;
use crate::sources::fact;

/// What all keys begin with.
const PREFIX: &str = "sekisho:";
/// When the memory was begun, seconds since 1970.
const BEGUN: &str = "sekisho:begun";

/// The longest address that is noted or asked for; no mail system has longer ones (RFC 5321 section 4.5.3.1).
const ADDRESS: usize = 320;
/// The longest value; `yes` and `no` are all there are today.
const VALUE: usize = 32;

/// How long connecting may take, and how long data may stay without a sign of life from the server.
const CONNECT: Duration = Duration::from_secs(2);
/// How long the thread waits for the server to take notes.
const WRITE: Duration = Duration::from_secs(2);

/// Where a server is, and how to log in. Neither is told to anybody.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Server(ConnectionInfo);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server(..)")
    }
}

impl TryFrom<String> for Server {
    type Error = &'static str;

    /// `redis://`, `rediss://` (TLS) or `unix://`, with user, password and database.
    fn try_from(url: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "no URL of a server: redis://, rediss:// or unix:// is";
        let info = url.into_connection_info().map_err(|_| WRONG)?;
        match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => {
                Err("certificates are checked; #insecure is not to be had")
            }
            _ => {
                let tcp = info.tcp_settings().clone().set_nodelay(true);
                #[cfg(target_os = "linux")]
                let tcp = tcp.set_user_timeout(CONNECT);
                Ok(Self(info.set_tcp_settings(tcp)))
            }
        }
    }
}

impl Server {
    /// A connection that is made when it is needed, and made anew when it broke. To be called inside a runtime.
    fn connect(&self, answer: Duration) -> Result<ConnectionManager, RedisError> {
        // Whoever finds the connection broken has it made anew and does not wait; retries come with the next mail.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(answer));
        ConnectionManager::new_lazy_with_config(Client::open(self.0.clone())?, config)
    }
}

/// The side that asks.
pub struct Store {
    connection: ConnectionManager,
    learn: Duration,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store(..)")
    }
}

impl Store {
    /// To be called inside a runtime.
    pub fn new(server: &Server, bounds: Bounds) -> Result<Self, RedisError> {
        Ok(Self { connection: server.connect(bounds.deadline)?, learn: bounds.learn })
    }

    /// What the server knows of what is needed.
    pub async fn facts(&self, needs: &[Need], now: u64) -> Result<Vec<Fact>, String> {
        let needs: Vec<&Need> = needs.iter().filter(|need| need.key.len() <= ADDRESS).collect();
        let mut question = redis::pipe();
        question.cmd("GET").arg(BEGUN);
        for need in &needs {
            question.cmd("GET").arg(key(&need.kind, &need.key));
        }
        let answer = question.query_async(&mut self.connection.clone()).await;
        let answer: Vec<Option<Vec<u8>>> = answer.map_err(|error| why(&error))?;
        let mut answer = answer.into_iter().map(|value| String::from_utf8(value?).ok());
        let begun = answer.next().flatten().and_then(|begun| begun.parse().ok());
        let learnt = begun.is_some_and(|begun| now.saturating_sub(begun) >= self.learn.as_secs());
        let mut out = Vec::new();
        for (need, value) in needs.into_iter().zip(answer) {
            match value.filter(|value| value.len() <= VALUE) {
                Some(value) => out.push(fact(&need.kind, &need.key, &value)),
                None if need.kind == "first-contact" && learnt => out.push(fact(&need.kind, &need.key, "yes")),
                None => {}
            }
        }
        Ok(out)
    }
}

/// The side that writes, on the thread of the memory.
pub struct Writer {
    /// Its own, so that the thread ends when it has written all, whatever the rest of the gate does.
    runtime: Runtime,
    server: Server,
    connection: Option<ConnectionManager>,
    keep: Duration,
}

impl Writer {
    pub fn new(server: Server, bounds: Bounds) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, server, connection: None, keep: bounds.keep })
    }

    /// Writes notes, in one round trip.
    pub fn keep(&mut self, notes: &[Fact], now: u64) -> Result<(), String> {
        let Self { runtime, server, connection, keep } = self;
        let notes = pipeline(notes, keep.as_secs(), now);
        runtime.block_on(async {
            // A connection that failed is not kept. The server may have been restarted since: once more, with a new one.
            if let Some(connected) = connection.take()
                && let Ok(connected) = write(&notes, connected).await
            {
                *connection = Some(connected);
                return Ok(());
            }
            let connected = server.connect(WRITE).map_err(|error| why(&error))?;
            *connection = Some(write(&notes, connected).await?);
            Ok(())
        })
    }
}

/// Writes, and gives the connection back.
async fn write(notes: &Pipeline, mut connection: ConnectionManager) -> Result<ConnectionManager, String> {
    let written = timeout(WRITE, notes.exec_async(&mut connection)).await;
    written.map_err(|_| "no answer in time".to_owned())?.map_err(|error| why(&error))?;
    Ok(connection)
}

/// The commands that write notes, each once.
fn pipeline(notes: &[Fact], keep: u64, now: u64) -> Pipeline {
    let fitting = notes.iter().filter(|note| note.key.len() <= ADDRESS && note.value.len() <= VALUE);
    let notes: BTreeMap<String, &str> = fitting.map(|note| (key(&note.kind, &note.key), note.value.as_str())).collect();
    let mut out = redis::pipe();
    out.cmd("SET").arg(BEGUN).arg(now).arg("NX").ignore();
    for (key, value) in &notes {
        out.cmd("SET").arg(key).arg(value).arg("EX").arg(keep.max(1)).ignore();
    }
    out
}

fn key(kind: &str, key: &str) -> String {
    format!("{PREFIX}{kind}:{}", key.to_ascii_lowercase())
}

/// What went wrong, without what was asked for.
fn why(error: &RedisError) -> String {
    match error.code() {
        Some(code) => format!("{} ({code})", error.category()),
        None => error.category().to_owned(),
    }
}

#[cfg(test)]
mod tests;
