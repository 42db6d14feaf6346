//! A caller for the tests of both versions, over TCP or TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::*;
use crate::tls::tests::{directory, trusting, write};

/// What came back.
#[derive(Debug)]
pub struct Heard {
    /// The status.
    pub status: u16,
    /// The header, as it came.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Where the gate is.
    pub address: SocketAddr,
    /// The certificate it trusts; without one there is no TLS.
    pub trusted: Option<CertificateDer<'static>>,
}

impl Caller {
    /// Calls once. `headers` end with line breaks.
    pub async fn call(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Heard {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
        );
        match &self.trusted {
            None => converse(stream, &head, body).await,
            Some(trusted) => converse(trusting(stream, trusted).await.unwrap(), &head, body).await,
        }
    }
}

/// All is said before anything is heard, as Stalwart does.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str, body: &[u8]) -> Heard {
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Heard { status, head: head.to_ascii_lowercase(), body: answer.split_off(end.strict_add(4)) }
}

/// An identity and the certificate that is to be trusted for it.
pub fn identity() -> (Arc<Identity>, CertificateDer<'static>) {
    let directory = directory();
    let (files, certificate) = write(&directory);
    let identity = Arc::new(Identity::read(&files).unwrap());
    std::fs::remove_dir_all(directory).unwrap();
    (identity, certificate)
}
