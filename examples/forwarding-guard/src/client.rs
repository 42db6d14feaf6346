//! A client of a ManageSieve server: for the proxy's other side, and for pulling scripts.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::tls::Trust;
use crate::wire::{Arg, Command, Response, Status, Wire, WireError, string};

/// How long a server may take for an answer.
pub const ANSWER: Duration = Duration::from_secs(60);
/// A server may send strings so many times longer than a script may be: what is stored already can be fetched.
const STORED: usize = 4;

/// Where a server is, and how to know it.
#[derive(Clone)]
pub struct Server {
    /// `host:port`.
    pub address: String,
    /// STARTTLS with this trust; without it the connection stays open to everybody on the way.
    pub trust: Option<Trust>,
    /// The longest script that is taken, bytes.
    pub limit: usize,
}

/// A connection to a server.
pub struct Client {
    /// The connection.
    pub wire: Wire,
    /// What the server last said it can do.
    pub capabilities: Response,
}

impl Client {
    /// Connects, and turns on TLS where the server's trust is known.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, or is not the one that is trusted.
    pub async fn connect(server: &Server) -> Result<Self, WireError> {
        let stream = timeout(ANSWER, TcpStream::connect(&server.address)).await.map_err(|_| WireError::late())??;
        stream.set_nodelay(true)?;
        let mut wire = Wire::new(Box::new(stream), server.limit.saturating_mul(STORED));
        let mut capabilities = greeting(&mut wire).await?;
        if let Some(trust) = &server.trust {
            wire.send(b"STARTTLS\r\n").await?;
            let answer = answer(&mut wire).await?;
            if answer.status != Status::Ok || wire.has_more() {
                return Err(WireError::Syntax("the server does not start TLS"));
            }
            let stream = timeout(ANSWER, trust.connect(wire.into_stream())).await.map_err(|_| WireError::late())??;
            wire = Wire::new(stream, server.limit.saturating_mul(STORED));
            capabilities = greeting(&mut wire).await?;
        }
        Ok(Self { wire, capabilities })
    }

    /// Tells a server that trusts us (`XCLIENT` of Dovecot) who the client is, so that its log, its limits and its locks
    /// see him and not us. Other servers are told nothing.
    ///
    /// # Errors
    /// When the server goes away.
    pub async fn introduce(&mut self, peer: SocketAddr) -> Result<(), WireError> {
        if self.capability("XCLIENT").is_none() {
            return Ok(());
        }
        let line = format!("XCLIENT ADDR={} PORT={}\r\n", peer.ip().to_canonical(), peer.port());
        self.wire.send(line.as_bytes()).await?;
        answer(&mut self.wire).await.map(drop)
    }

    /// Sends a command, waits for the answer.
    ///
    /// # Errors
    /// When the server goes away.
    pub async fn ask(&mut self, command: &Command) -> Result<Response, WireError> {
        self.wire.send(&command.encode()).await?;
        answer(&mut self.wire).await
    }

    /// Logs in by PLAIN (RFC 4616), on behalf of somebody when `owner` is not empty.
    ///
    /// # Errors
    /// When the server goes away; a refusal is an answer.
    pub async fn log_in(&mut self, owner: &str, name: &str, password: &str) -> Result<Response, WireError> {
        let message = format!("{owner}\0{name}\0{password}");
        let mut line = b"AUTHENTICATE \"PLAIN\" ".to_vec();
        string(base64_simd::STANDARD.encode_to_string(message.as_bytes()).as_bytes(), true, &mut line);
        line.extend_from_slice(b"\r\n");
        self.wire.send(&line).await?;
        answer(&mut self.wire).await
    }

    /// The names of all scripts, and whether each is the active one.
    ///
    /// # Errors
    /// When the server goes away or refuses.
    pub async fn scripts(&mut self) -> Result<Vec<(String, bool)>, WireError> {
        let response = self.ask(&Command::new("LISTSCRIPTS", &[])).await?;
        if response.status != Status::Ok {
            return Err(WireError::Syntax("the server does not list scripts"));
        }
        let name = |line: Vec<Arg>| {
            let active = line.iter().any(|a| matches!(a, Arg::Word(w) if w.eq_ignore_ascii_case("ACTIVE")));
            match line.into_iter().next() {
                Some(Arg::Text(name)) => Some((String::from_utf8_lossy(&name).into_owned(), active)),
                _ => None,
            }
        };
        Ok(response.lines().into_iter().filter_map(name).collect())
    }

    /// The text of a script; `None` when there is none of this name.
    ///
    /// # Errors
    /// When the server goes away.
    pub async fn script(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, WireError> {
        let response = self.ask(&Command::new("GETSCRIPT", &[name])).await?;
        if response.status != Status::Ok {
            return Ok(None);
        }
        Ok(response.lines().into_iter().flatten().find_map(|a| if let Arg::Text(t) = a { Some(t) } else { None }))
    }

    /// What a capability says; `None` when the server does not have it.
    #[must_use]
    pub fn capability(&self, name: &str) -> Option<String> {
        self.capabilities.lines().into_iter().find_map(|line| match line.as_slice() {
            [Arg::Text(key), rest @ ..] if key.eq_ignore_ascii_case(name.as_bytes()) => {
                Some(rest.first().map(|v| String::from_utf8_lossy(v.bytes()).into_owned()).unwrap_or_default())
            }
            _ => None,
        })
    }
}

/// The capabilities a server greets with.
async fn greeting(wire: &mut Wire) -> Result<Response, WireError> {
    let greeting = answer(wire).await?;
    if greeting.status == Status::Ok { Ok(greeting) } else { Err(WireError::Syntax("the server does not greet")) }
}

/// The answer to what was sent.
async fn answer(wire: &mut Wire) -> Result<Response, WireError> {
    let answer = timeout(ANSWER, wire.response()).await.map_err(|_| WireError::late())??;
    answer.ok_or_else(WireError::gone)
}
