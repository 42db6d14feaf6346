//! What both versions of MTA Hooks share: who may call, over what, and how much.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::house::Place;
use crate::mail::Refused;
use crate::socket::Stream;
use crate::tls::Identity;

/// How long a body may take to come.
pub const READ: Duration = Duration::from_secs(60);

/// Values of `Authorization` that are let in; without any everybody is.
#[derive(Debug)]
pub struct Credentials(Vec<String>);

impl Credentials {
    /// Name and password (RFC 7617), a bearer token (RFC 6750), or both.
    #[must_use]
    pub fn new(username: Option<&String>, secret: Option<&String>, token: Option<&String>) -> Self {
        let mut known = Vec::new();
        if let (Some(username), Some(secret)) = (username, secret) {
            let pair = format!("{username}:{secret}");
            known.push(format!("Basic {}", base64_simd::STANDARD.encode_to_string(pair)));
        }
        known.extend(token.map(|token| format!("Bearer {token}")));
        Self(known)
    }

    /// Is the caller let in?
    #[must_use]
    pub fn let_in(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        // All are compared, each to its end: time tells nothing.
        let matching = self.0.iter().filter(|known| same(known.as_bytes(), shown)).count();
        self.0.is_empty() || matching > 0
    }
}

/// "Who are you?"
pub fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"sekisho\"")]).into_response()
}

/// Are they equal? Takes as long whatever differs.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Serves calls until the gate stops; calls under way are finished.
pub async fn serve(listening: Listening, router: Router, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listening, router).with_graceful_shutdown(stopped).await {
        tracing::error!("MTA Hooks door: {error}");
    }
}

/// A listening socket whose connections may be secured, and are not more than a limit.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    identity: Option<Arc<Identity>>,
    places: Arc<Semaphore>,
    /// Peers that agree on keys; one that dawdles does not keep the others waiting.
    shaking: JoinSet<io::Result<(Connection, SocketAddr)>>,
}

impl Listening {
    /// Over TLS when there is an identity.
    #[must_use]
    pub fn new(listener: TcpListener, identity: Option<Arc<Identity>>, most: usize) -> Self {
        let places = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        Self { listener, identity, places, shaking: JoinSet::new() }
    }

    async fn take(&mut self) -> io::Result<(Connection, SocketAddr)> {
        loop {
            let next = async {
                let place = Arc::clone(&self.places).acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                next = next => next,
                Some(done) = self.shaking.join_next() => match done {
                    Ok(Ok(connection)) => return Ok(connection),
                    Ok(Err(error)) => {
                        tracing::warn!("HTTP: no TLS with a peer: {error}");
                        continue;
                    }
                    Err(_) => continue,
                },
            };
            let (stream, address) = accepted?;
            // Without this the second packet of an answer would wait for the acknowledgement of the first.
            stream.set_nodelay(true)?;
            let (stream, place) = (Stream::Tcp(stream), place.map_err(io::Error::other)?);
            match self.identity.clone() {
                None => return Ok((Connection { stream, _place: place }, address)),
                Some(identity) => {
                    self.shaking.spawn(async move {
                        Ok((Connection { stream: identity.secure(stream).await?, _place: place }, address))
                    });
                }
            }
        }
    }
}

impl axum::serve::Listener for Listening {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.take().await {
                Ok(connection) => return connection,
                Err(error) => {
                    // Out of descriptors, most likely; it passes when connections end.
                    tracing::error!("accept: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection and its place among those that are allowed.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// The whole body. What is too much is still read to its end (or the caller would not read our answer), and not kept.
pub async fn read(
    mut body: Body,
    limit: usize,
    place: &mut Place<'_>,
) -> Result<Result<Vec<u8>, (Refused, usize)>, axum::Error> {
    let (mut bytes, mut size, mut refused) = (Vec::new(), 0_usize, None);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        size = size.saturating_add(data.len());
        if size > limit {
            refused.get_or_insert(Refused::TooLarge);
        } else if refused.is_none() && !place.fit(size).await {
            refused = Some(Refused::Overload);
        }
        match refused {
            None => bytes.extend_from_slice(&data),
            Some(_) => bytes = Vec::new(),
        }
    }
    Ok(refused.map_or(Ok(bytes), |why| Err((why, size))))
}

#[cfg(test)]
pub mod tests;
