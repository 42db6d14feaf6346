//! The little HTTP (RFC 9112) that JMAP takes: one request a connection.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::tls::Trust;
use crate::wire::Stream;

/// The longest answer that is read, bytes.
const ANSWER: u64 = 64 << 20;
/// How long a request may take, all in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server.
pub struct Site {
    /// `https://mail.example`, without a path.
    pub base: String,
    /// How to know it; not used for `http`.
    pub trust: Option<Trust>,
}

/// The path of a URL: requests go to the server that was named, whatever its answers say.
#[must_use]
pub fn path_of(url: &str) -> String {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/").to_owned(),
        None => url.to_owned(),
    }
}

/// Fetches a document.
///
/// # Errors
/// When the server cannot be reached or does not hand it out.
pub async fn get(site: &Site, auth: &str, path: &str) -> anyhow::Result<Vec<u8>> {
    let mut path = path.to_owned();
    for _ in 0..3 {
        let answer = request(site, &format!("GET {path} HTTP/1.1\r\n"), auth, b"").await?;
        match answer.status {
            200 => return Ok(answer.body),
            301 | 302 | 307 | 308 => path = path_of(&answer.location),
            status => bail!("the server answers {status} to {path}"),
        }
    }
    bail!("the server sends us in circles")
}

/// Posts JSON.
///
/// # Errors
/// When the server cannot be reached or refuses.
pub async fn post(site: &Site, auth: &str, path: &str, body: &Value) -> anyhow::Result<Vec<u8>> {
    let body = body.to_string();
    let head = format!("POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let answer = request(site, &head, auth, body.as_bytes()).await?;
    ensure!(answer.status == 200, "the server answers {} to {path}", answer.status);
    Ok(answer.body)
}

/// An answer of HTTP.
struct Answer {
    status: u16,
    location: String,
    body: Vec<u8>,
}

async fn request(site: &Site, head: &str, auth: &str, body: &[u8]) -> anyhow::Result<Answer> {
    timeout(PATIENCE, exchange(site, head, auth, body)).await.context("the server takes too long")?
}

async fn exchange(site: &Site, head: &str, auth: &str, body: &[u8]) -> anyhow::Result<Answer> {
    let (scheme, host) = site.base.trim_end_matches('/').split_once("://").context("a URL begins with https://")?;
    let port = if scheme == "https" { 443 } else { 80 };
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
    let mut stream: Box<dyn Stream> =
        Box::new(TcpStream::connect(&address).await.with_context(|| format!("cannot reach {address}"))?);
    if scheme == "https" {
        stream = site.trust.as_ref().context("no trust for https")?.connect(stream).await?;
    }
    let head = format!("{head}Host: {host}\r\nAuthorization: {auth}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.flush().await?;
    let mut bytes = Vec::new();
    match stream.take(ANSWER).read_to_end(&mut bytes).await {
        Ok(_) => {}
        // Servers that hang up without closing TLS properly have said everything all the same.
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(error.into()),
    }
    answer(&bytes).context("the answer is no HTTP, or not the whole of it")
}

fn answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let body = bytes.get(end.saturating_add(4)..)?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let fields: Vec<(String, &str)> =
        lines.filter_map(|l| l.split_once(':').map(|(n, v)| (n.to_ascii_lowercase(), v.trim()))).collect();
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| *v).unwrap_or_default();
    let body = match (field("transfer-encoding"), field("content-length")) {
        (coding, _) if coding.eq_ignore_ascii_case("chunked") => unchunked(body)?,
        (_, "") => body.to_vec(),
        // A script that was cut off must not be judged by its beginning.
        (_, length) => body.get(..length.parse().ok()?)?.to_vec(),
    };
    Some(Answer { status, location: field("location").to_owned(), body })
}

/// RFC 9112 section 7.1.
fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = body.windows(2).position(|w| w == b"\r\n")?;
        let size = std::str::from_utf8(body.get(..end)?).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        let from = end.saturating_add(2);
        if size == 0 {
            return Some(out);
        }
        let to = from.checked_add(size)?;
        out.extend_from_slice(body.get(from..to)?);
        body = body.get(to.checked_add(2)?..)?;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let plain = answer(b"HTTP/1.1 301 Moved\r\nLocation: https://x.example/jmap/session\r\n\r\n").unwrap();
        assert_eq!((plain.status, path_of(&plain.location).as_str()), (301, "/jmap/session"));
        let chunked =
            answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
                .unwrap();
        assert_eq!(chunked.body, b"abcde");
        assert!(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc").is_none());
        assert!(answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc").is_none());
    }
}
